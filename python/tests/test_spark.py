"""Spark with two workers, each a process of its own."""

import base64
import os
import pathlib
import shutil
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
from conftest import KEK, SECRETS
from pyspark.sql import SparkSession
from test_readme import README, examples

import telseal
import telseal.spark

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java")

NUMBERS = [f"+442079460{number:03}" for number in range(1000)]
PHONE = ("phone", "acme", "routing")
LEAKED = "+442079461999"  # nothing but the control has it


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    (folder / "acme.kek").write_bytes(KEK)
    keyring = telseal.Keyring.from_secrets(SECRETS)
    keyring.promote(1)
    keyring.save(folder / "old.keyring", kek=f"file:{folder}/acme.kek")
    keyring.promote(2)
    keyring.save(folder / "acme.keyring", kek=f"file:{folder}/acme.kek")
    (folder / "events").mkdir()
    return folder


@pytest.fixture(scope="module")
def spark(folder):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    before = os.getcwd()
    os.chdir(folder)  # Spark takes relative paths from where its Java was started
    session = (
        SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.executor.memory", "512m")
        .config("spark.sql.shuffle.partitions", "2")
        .config("spark.task.maxFailures", "1")
        .config("spark.eventLog.enabled", "true")
        .config("spark.eventLog.compress", "false")
        .config("spark.eventLog.dir", f"file:{folder}/events")
        .getOrCreate()
    )
    yield session
    session.stop()
    os.chdir(before)


@pytest.fixture(scope="module")
def keys(folder):
    return telseal.spark.Keys.of(folder / "acme.keyring", f"file:{folder}/acme.kek")


@pytest.fixture(scope="module")
def old_keys(folder):
    return telseal.spark.Keys.of(folder / "old.keyring", f"file:{folder}/acme.kek")


@pytest.fixture(scope="module")
def calls(folder, spark):
    (folder / "calls").mkdir()
    rows = [*NUMBERS, None]
    for part in range(4):
        table = pa.table({"id": range(part, len(rows), 4), "caller": rows[part::4]}, pa.schema([("id", pa.int64()), ("caller", pa.string())]))
        pq.write_table(table, folder / "calls" / f"{part}.parquet")
    return spark.read.parquet(f"file:{folder}/calls")


def sealer(folder, name="acme"):
    return telseal.Keyring.open(folder / f"{name}.keyring", kek=f"file:{folder}/acme.kek").sealer(*PHONE)


def test_seal_open_and_tag(folder, calls, keys):
    phones = sealer(folder)
    sealed = telseal.spark.seal(calls, keys, {"caller": PHONE})
    assert dict(sealed.dtypes) == {"id": "bigint", "caller": "binary"}
    found = {row.id: row.caller for row in sealed.collect()}
    assert len(found) == 1001
    assert all(found[at] == phones.seal(number) for at, number in enumerate(NUMBERS)) and found[1000] is None
    opened = telseal.spark.open(sealed, keys, {"caller": PHONE})
    assert sorted(row.caller for row in opened.where("caller is not null").collect()) == NUMBERS
    tags = telseal.spark.tag(calls, keys, {"caller": PHONE}).where("id = 7").collect()
    assert tags[0].caller == phones.tag(NUMBERS[7])


def test_functions_of_sql(folder, spark, calls, keys, old_keys):
    phones = sealer(folder)
    for method in ("seal", "lookup", "open", "reseal", "key_version"):
        telseal.spark.register(spark, f"phone_{method}", keys, method, *PHONE)
    telseal.spark.register(spark, "old_seal", old_keys, "seal", *PHONE)
    calls.createOrReplaceTempView("calls")
    # Call records under the old version, subscribers under the new one, joined while both are live.
    spark.sql("select id, old_seal(caller) as caller from calls").createOrReplaceTempView("records")
    spark.sql("select phone_seal(caller) as subscriber, id as account from calls").createOrReplaceTempView("subscribers")
    assert spark.sql("select count(*) from records join subscribers on caller = subscriber").first()[0] == 0
    joined = spark.sql(
        """select r.id, s.account from (select id, phone_reseal(caller) as caller from records) r
           join subscribers s on r.caller = s.subscriber"""
    ).collect()
    assert len(joined) == 1000 and all(row.id == row.account for row in joined)
    versions = spark.sql("select phone_key_version(caller) as version, count(*) as n from records group by 1").collect()
    assert {row.version: row.n for row in versions} == {1: 1000, None: 1}
    first = spark.sql("select phone_lookup(caller) as tokens from calls where id = 0").first().tokens
    assert first == phones.lookup(NUMBERS[0])


def test_open_is_not_computed_while_planning(folder, spark, keys):
    telseal.spark.register(spark, "phone_open", keys, "open", *PHONE)
    token = sealer(folder).seal(NUMBERS[3]).hex()
    frame = spark.sql(f"select phone_open(X'{token}') as number")
    plan = frame._sc._jvm.PythonSQLUtils.explainString(frame._jdf.queryExecution(), "extended")
    assert "phone_open" in plan
    assert NUMBERS[3] not in plan
    assert frame.first().number == NUMBERS[3]


def test_refused_rows(spark, keys):
    frame = spark.createDataFrame([(1, "+442079460018"), (2, "020 7946 0018"), (3, None)], "id int, caller string").coalesce(1)
    with pytest.raises(Exception, match=r"ParseError: column caller, partition 0, row 1 \(NationalNumber\)") as caught:
        telseal.spark.seal(frame, keys, {"caller": PHONE}).collect()
    assert "7946" not in str(caught.value)
    rows = telseal.spark.seal(frame, keys, {"caller": PHONE}, errors="null", reasons="_refused").orderBy("id").collect()
    assert [row.caller is None for row in rows] == [False, True, True]
    assert [row.caller_refused for row in rows] == [None, "NationalNumber", None]


def test_foreign_tokens(spark, keys, old_keys):
    other = telseal.Keyring.from_secrets({2: bytes(range(96, 128))}).sealer(*PHONE).seal(NUMBERS[0])
    frame = spark.createDataFrame([(1, bytearray(other)), (2, bytearray(b"x"))], "id int, caller binary").coalesce(1)
    with pytest.raises(Exception, match=r"OpenError: column caller, partition 0, row 0 \(NotOpened\)"):
        telseal.spark.open(frame, keys, {"caller": PHONE}).collect()
    rows = telseal.spark.reseal(frame, keys, {"caller": PHONE}, errors="null").collect()
    assert [row.caller for row in rows] == [None, None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"keyring": "/nowhere/acme.keyring"}, "cannot read the keyring `/nowhere/acme.keyring`"),
        ({"kek": "file:/nowhere/acme.kek"}, "the key-encryption key from `/nowhere/acme.kek` cannot be read"),
        ({"fingerprint": "0" * 16}, "every worker needs the same file"),
    ],
)
def test_workers_without_the_keyring(calls, keys, change, message):
    other = telseal.spark.Keys(**{**keys.__dict__, **change})
    with pytest.raises(Exception, match=f"KeyringError: .*{message}"):
        telseal.spark.seal(calls, other, {"caller": PHONE}).collect()


def test_columns_of_another_type(calls, keys):
    with pytest.raises(Exception, match="ColumnError: seal works on Utf8"):
        telseal.spark.seal(calls, keys, {"id": PHONE}).collect()
    with pytest.raises(ValueError, match="no column other"):
        telseal.spark.seal(calls, keys, {"other": PHONE})


def test_keys_are_names(keys):
    for kek in (KEK, KEK.hex(), lambda: KEK, None):
        with pytest.raises(ValueError) as caught:
            telseal.spark.Keys("acme.keyring", kek, "")
        assert KEK.hex() not in str(caught.value)


def test_example_of_the_readme(folder, spark, calls):
    exec(compile(examples(README)[1], str(README), "exec"), {})
    sealed = {row.id: row.caller for row in spark.read.parquet("sealed").collect()}
    assert sealed == {**{at: sealer(folder).seal(number) for at, number in enumerate(NUMBERS)}, 1000: None}


def test_walk(folder, spark):
    """The page of docs/, block after block."""
    page = README.parent / "docs" / "spark.md"
    names, blocks = {}, examples(page)
    assert len(blocks) == 6
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
    versions = {int(path.name.removeprefix("key_version=")) for path in (folder / "walk" / "by-version").glob("key_version=*")}
    assert versions == {1, 2}


def test_nothing_is_left_in_logs(folder, spark, calls, keys):
    """The last test of this file: what all others have left is searched."""
    from pyspark.sql.functions import lit

    # The control: a number that a program puts into a plan by itself.
    frame = calls.where("id = 0").withColumn("caller", lit(LEAKED))
    assert len(telseal.spark.seal(frame, keys, {"caller": PHONE}).collect()) == 1
    application = spark.sparkContext.applicationId
    spark.stop()
    homes = [os.environ.get("SPARK_HOME"), pathlib.Path(pyspark.__file__).parent]
    works = [work for home in homes if home for work in [pathlib.Path(home) / "work" / application] if work.is_dir()]
    assert works, "the workers' logs are there"
    searched = [path for top in (folder / "events", folder / "checkpoint", *works) for path in top.rglob("*") if path.is_file()]
    assert {"stderr"} <= {path.name for path in searched}
    contents = b"\0".join(path.read_bytes() for path in searched)
    assert len(contents) > 100_000

    def digits(number):
        return number.removeprefix("+").encode()

    assert digits(LEAKED) in contents, "the search finds what is there"
    for number in NUMBERS:
        assert digits(number) not in contents
    for secret in (KEK, *SECRETS.values()):
        for form in (secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret)[:42]):
            assert form not in contents
    for work in works:
        shutil.rmtree(work)
