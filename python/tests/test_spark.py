"""Columns of Spark, sealed and opened by two workers, and what is left in plans and logs."""

import base64
import os
import pathlib
import re
import shutil
import sys

import cluster
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
import pytest
from conftest import KEK, SECRETS
from test_readme import README, examples

import telseal
import telseal.spark

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java")

NUMBERS = [f"+442079460{number:03}" for number in range(990)]
PHONE = ("phone", "acme", "routing")

# Every number of this file, and of the documents' examples, in the ways that they are written.
ANY_NUMBER = re.compile(rb"(?:44|0)[ -]?20[ -]?7946[ -]?0\d{3}")
# What is put into each place on purpose: a search that does not find it there, looks in the wrong place.
NEEDLES = {place: f"+44207946099{at}" for at, place in enumerate(("plans", "events", "workers", "checkpoint", "driver"))}
NEEDLE_SECRET = bytes(range(160, 192))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("spark")
    (folder / "acme.kek").write_bytes(KEK)
    keyring = telseal.Keyring.from_secrets(SECRETS)
    keyring.promote(1)
    keyring.save(folder / "old.keyring", kek=f"file:{folder}/acme.kek")
    keyring.promote(2)
    keyring.save(folder / "acme.keyring", kek=f"file:{folder}/acme.kek")
    for name in ("events", "plans"):
        (folder / name).mkdir()
    return folder


@pytest.fixture(scope="module")
def spark(folder):
    before = os.getcwd()
    os.chdir(folder)  # Spark takes relative paths from where its Java was started
    # The log of the driver is what its Java writes to where errors go.
    errors = os.dup(2)
    with open(folder / "driver.log", "wb") as log:
        os.dup2(log.fileno(), 2)
    session = cluster.session(
        {
            "spark.log.level": "INFO",
            "spark.task.maxFailures": "1",
            "spark.eventLog.enabled": "true",
            "spark.eventLog.compress": "false",
            "spark.eventLog.dir": f"file:{folder}/events",
        }
    )
    os.dup2(errors, 2)
    os.close(errors)
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
        # A checkpoint has the names of files in it.
        name = NEEDLES["checkpoint"] if part == 0 else part
        pq.write_table(table, folder / "calls" / f"{name}.parquet")
    return spark.read.parquet(f"file:{folder}/calls")


def sealer(folder, name="acme"):
    return telseal.Keyring.open(folder / f"{name}.keyring", kek=f"file:{folder}/acme.kek").sealer(*PHONE)


def planned(folder, frame):
    """The plan in full, kept for the search."""
    plan = frame._sc._jvm.PythonSQLUtils.explainString(frame._jdf.queryExecution(), "extended")
    (folder / "plans" / str(len(os.listdir(folder / "plans")))).write_text(plan)
    return plan


def works_of(spark):
    """The folders of the workers, in which each of them keeps what its executors print."""
    homes = {os.environ.get("SPARK_HOME"), str(pathlib.Path(pyspark.__file__).parent)} - {None}
    works = [pathlib.Path(home) / "work" / spark.sparkContext.applicationId for home in homes]
    return [work for work in works if work.is_dir()]


def test_seal_open_and_tag(folder, calls, keys):
    phones = sealer(folder)
    sealed = telseal.spark.seal(calls, keys, {"caller": PHONE})
    assert dict(sealed.dtypes) == {"id": "bigint", "caller": "binary"}
    found = {row.id: row.caller for row in sealed.collect()}
    assert len(found) == 991
    assert all(found[at] == phones.seal(number) for at, number in enumerate(NUMBERS)) and found[990] is None
    opened = telseal.spark.open(sealed, keys, {"caller": PHONE})
    assert sorted(row.caller for row in opened.where("caller is not null").collect()) == NUMBERS
    tags = telseal.spark.tag(calls, keys, {"caller": PHONE}).where("id = 7").collect()
    assert tags[0].caller == phones.tag(NUMBERS[7])
    for frame in (sealed, opened, telseal.spark.reseal(sealed, keys, {"caller": PHONE}, errors="null", reasons="_refused")):
        planned(folder, frame)


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
    join = spark.sql(
        """select r.id, s.account from (select id, phone_reseal(caller) as caller from records) r
           join subscribers s on r.caller = s.subscriber"""
    )
    planned(folder, join)
    joined = join.collect()
    assert len(joined) == 990 and all(row.id == row.account for row in joined)
    versions = spark.sql("select phone_key_version(caller) as version, count(*) as n from records group by 1").collect()
    assert {row.version: row.n for row in versions} == {1: 990, None: 1}
    first = spark.sql("select phone_lookup(caller) as tokens from calls where id = 0").first().tokens
    assert first == phones.lookup(NUMBERS[0])


def test_open_is_not_computed_while_planning(folder, spark, keys):
    telseal.spark.register(spark, "phone_open", keys, "open", *PHONE)
    token = sealer(folder).seal(NUMBERS[3]).hex()
    frame = spark.sql(f"select phone_open(X'{token}') as number")
    plan = planned(folder, frame)
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
    staged = telseal.Keyring.from_secrets({**SECRETS, 3: bytes(range(96, 128))}).sealer(*PHONE).seal(NUMBERS[0])
    frame = spark.createDataFrame([(1, bytearray(other)), (2, bytearray(b"x")), (3, bytearray(staged))], "id int, caller binary").coalesce(1)
    with pytest.raises(Exception, match=r"OpenError: column caller, partition 0, row 0 \(NotOpened\)"):
        telseal.spark.open(frame, keys, {"caller": PHONE}).collect()
    rows = telseal.spark.reseal(frame, keys, {"caller": PHONE}, errors="null").collect()
    assert [row.caller for row in rows] == [None, None, None]


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


@pytest.mark.parametrize("secrets", [{2: bytes(range(96, 128))}, {1: SECRETS[1]}], ids=["another secret", "a version is missing"])
def test_one_worker_with_another_keyring(folder, spark, calls, keys, secrets):
    """A relative path: each executor has a folder of its own, and so a keyring of its own."""
    (work,) = works_of(spark)
    executors = sorted(path for path in work.iterdir() if path.is_dir())
    assert len(executors) >= 2
    for executor in executors:
        shutil.copy(folder / "acme.keyring", executor / f"{len(secrets)}-{min(secrets)}.keyring")
    own = telseal.spark.Keys(f"{len(secrets)}-{min(secrets)}.keyring", keys.kek, keys.fingerprint)
    # Two files of one name are one keyring for a worker that has read it: another name for each case.
    assert telseal.spark.seal(calls, own, {"caller": PHONE}).count() == 991
    other = telseal.spark.Keys(f"other-{own.keyring}", keys.kek, keys.fingerprint)
    for executor in executors:
        shutil.copy(folder / "acme.keyring", executor / other.keyring)
    telseal.Keyring.from_secrets(secrets).save(executors[1] / other.keyring, kek=keys.kek)
    with pytest.raises(Exception, match="KeyringError: .* on this worker has the fingerprint .* every worker needs the same file"):
        telseal.spark.seal(calls, other, {"caller": PHONE}).write.parquet(f"never-{other.keyring}")
    assert not list((folder / f"never-{other.keyring}").glob("*.parquet")), "nothing is written"


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
    assert sealed == {**{at: sealer(folder).seal(number) for at, number in enumerate(NUMBERS)}, 990: None}


def test_walk(folder, spark):
    """The page of docs/, block after block."""
    page = README.parent / "docs" / "spark.md"
    names, blocks = {}, examples(page)
    assert len(blocks) == 6
    for block in blocks:
        exec(compile(block, str(page), "exec"), names)
    versions = {int(path.name.removeprefix("key_version=")) for path in (folder / "walk" / "by-version").glob("key_version=*")}
    assert versions == {1, 2}


def forms(secret):
    return [secret, secret.hex().encode(), secret.hex().upper().encode(), base64.b64encode(secret)[:42], repr(secret)[2:-1].encode()]


def test_nothing_is_left_in_plans_and_logs(folder, spark, calls, keys):
    """The last test of this file: what all others have left is searched."""
    from pyspark.sql.functions import lit

    def with_number(place):
        frame = calls.where("id = 0").withColumn("caller", lit(NEEDLES[place]))
        return telseal.spark.seal(frame, keys, {"caller": PHONE})

    # Workers do not have this file: they get texts.
    printed = b" ".join([NEEDLES["workers"].encode(), *forms(NEEDLE_SECRET)[1:]]).decode()
    message = NEEDLES["driver"]

    def prints(batches):
        print(printed, file=sys.stderr)
        yield from batches

    def fails(batches):
        raise ValueError(message)

    planned(folder, with_number("plans"))
    assert len(with_number("events").collect()) == 1
    calls.mapInArrow(prints, calls.schema).collect()
    with pytest.raises(Exception, match="ValueError"):
        calls.mapInArrow(fails, calls.schema).collect()
    works = works_of(spark)
    spark.stop()

    tops = {"plans": [folder / "plans"], "events": [folder / "events"], "workers": works}
    tops |= {"checkpoint": [folder / "checkpoint"], "driver": [folder / "driver.log"]}
    assert tops.keys() == NEEDLES.keys()
    for place, number in NEEDLES.items():
        files = [path for top in tops[place] for path in (top, *top.rglob("*")) if path.is_file() and path.suffix != ".keyring"]
        contents = b"\0".join(path.read_bytes() for path in files)
        found = set(ANY_NUMBER.findall(contents))
        assert number[1:].encode() in found, f"the search finds what is there: {place}"
        assert found <= {needle[1:].encode() for needle in NEEDLES.values()}, place
        for secret in (KEK, *SECRETS.values()):
            assert not [at for at, form in enumerate(forms(secret)) if form in contents], place
        if place == "workers":
            assert all(form in contents for form in forms(NEEDLE_SECRET)[1:])
    for work in works:
        shutil.rmtree(work)
