"""telseal beside what does a similar job in pyarrow, DuckDB and Spark: `python/bench/run` runs this."""

import argparse
import importlib.metadata
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from pyspark.sql import SparkSession
from pyspark.sql.functions import aes_encrypt, lit

import telseal
import telseal.spark

PHONE = ("phone", "acme", "routing")
ROUNDS = 5
BATCH = 65_536


def numbers(rows):
    """Texts of the 80,000 numbers from +1 200 555 0100 to +1 999 555 0199, in an order that no cache foresees."""
    at = pc.bit_wise_and(pc.multiply(pa.array(range(rows), pa.int64()), 2_654_435_761), 0xFFFF_FFFF)
    at = pc.subtract(at, pc.multiply(pc.divide(at, 80_000), 80_000))
    area = pc.divide(at, 100)
    number = pc.add(pc.multiply(pc.add(area, 200), 10_000_000), pc.add(pc.subtract(at, pc.multiply(area, 100)), 5_550_100))
    return pc.binary_join_element_wise("+1", number.cast(pa.string()), "")


def seconds(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def side_by_side(works, rounds=ROUNDS):
    """Rows a second, the median of rounds in which each work is done once: what disturbs a round disturbs all."""
    for _, work in works.values():
        work()
    rounds = [{name: rows / seconds(work) for name, (rows, work) in works.items()} for _ in range(rounds)]
    return {name: statistics.median(one[name] for one in rounds) for name in works}


def with_pyarrow(report, phones, rows):
    column = numbers(rows)
    texts = column.to_pylist()
    header = phones.seal(texts[0])[:3]
    siv = AESSIV(os.urandom(64))

    def loop():
        for text in texts:
            siv.encrypt(text.encode(), [header])

    # The peer gets the texts as Python has them, and its results are thrown away.
    rates = side_by_side({"pyarrow: seal": (rows, lambda: pa.array(phones.seal(column))), "cryptography: AESSIV, a loop": (rows, loop)}, 3)
    seal, aessiv = report.rates(rates)
    report.target("seal / AESSIV", seal / aessiv, 20)


def with_growth(report, phones, rows):
    def one(column):
        return len(column), lambda: pa.array(phones.seal(column))

    def in_batches(column):
        # As a program that writes each batch away: no batch needs memory that the one before has not had.
        return len(column), lambda: [len(pa.array(phones.seal(column[at : at + BATCH]))) for at in range(0, len(column), BATCH)]

    columns = [numbers(rows // 5), numbers(rows * 4)]
    for name, work in (("in batches", in_batches), ("at once", one)):
        few, many = report.rates(side_by_side({f"pyarrow: seal, {len(column):,} rows {name}": work(column) for column in columns}))
        if work is in_batches:
            report.target("seal in batches, many rows / few rows", many / few, 0.8)


def with_duckdb(report, phones, rows):
    con = duckdb.connect(config={"threads": 1})
    con.register("texts", pa.table({"caller": numbers(rows)}))
    con.execute("create table calls as select caller from texts")
    con.create_function("seal", lambda column: pc.cast(pa.chunked_array(phones.seal(column)), pa.binary()), ["VARCHAR"], "BLOB", type="arrow")

    def query(function):
        return rows, lambda: con.execute(f"select max({function}(caller)) from calls").fetchall()

    rates = side_by_side({"DuckDB: seal": query("seal"), "DuckDB: sha256": query("sha256")})
    seal, sha256 = report.rates(rates)
    report.target("seal / sha256", seal / sha256, 2)


def with_spark(report, folder, keys, rows):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.memory", "2g")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")

    def frame(rows):
        path = folder / f"calls-{rows}"
        path.mkdir()
        for part in range(4):
            pq.write_table(pa.table({"caller": numbers(rows // 4)}), path / f"{part}.parquet", use_dictionary=False)
        return spark.read.parquet(str(path))

    def run(frame, rows=rows):
        return rows, lambda: frame.write.format("noop").mode("overwrite").save()

    def identity(batches):
        yield from batches

    calls = frame(rows)
    encrypted = calls.select(aes_encrypt("caller", lit(os.urandom(32))).alias("caller"))
    rates = side_by_side(
        {
            "PySpark: telseal.spark.seal": run(telseal.spark.seal(calls, keys, {"caller": PHONE})),
            "PySpark: mapInArrow, identity": run(calls.mapInArrow(identity, calls.schema)),
            "PySpark: aes_encrypt": run(encrypted),
        }
    )
    seal, same, aes = report.rates(rates)
    report.target("telseal.spark.seal / identity", seal / same, 0.8)
    report.target("telseal.spark.seal / aes_encrypt", seal / aes, 4)

    counts = [rows // 5, rows * 4]
    few, many = report.rates(
        side_by_side(
            {f"PySpark: telseal.spark.seal, {count:,} rows": run(telseal.spark.seal(frame(count), keys, {"caller": PHONE}), count) for count in counts}
        )
    )
    report.target("telseal.spark.seal, many rows / few rows", many / few, 0.8)
    spark.stop()


def stream(path):
    """Seals a file of Arrow batch after batch, and prints the peak of memory in KiB.

    Not Parquet: reading it takes more memory the more row groups there are, without a batch being sealed.
    """
    phones = telseal.Keyring.generate().sealer(*PHONE)
    schema = pa.schema([("caller", pa.binary(27))])
    with pa.OSFile(path) as source, pa.ipc.new_stream(f"{path}.sealed", schema) as sink:
        for batch in pa.ipc.open_stream(source):
            sink.write_batch(pa.record_batch([pa.array(phones.seal(batch["caller"]))], ["caller"]))
    # `getrusage` would tell of the parent's peak too.
    print(re.search(r"VmHWM:\s*(\d+) kB", pathlib.Path("/proc/self/status").read_text())[1])


def with_memory(report, folder, rows):
    def peak(count, batch):
        path = str(folder / f"{count}-{batch}.arrow")
        table = pa.table({"caller": numbers(count)})
        with pa.ipc.new_stream(path, table.schema) as sink:
            sink.write_table(table, max_chunksize=batch)
        made = subprocess.run([sys.executable, __file__, "--stream", path], check=True, capture_output=True, text=True)
        mebibytes = int(made.stdout) / 1024
        report.row(f"file to file, {count:,} rows, batches of {batch:,}: peak", f"{mebibytes:.0f} MiB")
        return mebibytes

    few, many = peak(rows // 5, BATCH), peak(rows * 4, BATCH)
    report.target("peak, many rows / few rows", many / few, 1.25, at_most=True)
    # The control: the measure tells a peak that grows.
    report.target("peak, one batch / many batches", peak(rows * 4, rows * 4) / many, 1.25)


class Report:
    def __init__(self):
        self.missed = []

    def row(self, name, value, target=""):
        print(f"| {name} | {value} | {target} |", flush=True)

    def rates(self, rates):
        for name, rate in rates.items():
            self.row(name, f"{rate / 1e6:.2f} M rows/s")
        return rates.values()

    def target(self, name, ratio, target, at_most=False):
        self.row(f"**{name}**", f"**{ratio:.2f}**", f"{'at most' if at_most else 'at least'} {target}")
        if ratio > target if at_most else ratio < target:
            self.missed.append(name)


def machine():
    names = [line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    packages = ("pyarrow", "cryptography", "duckdb", "pyspark")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    return f"{names[0] if names else platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {versions}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--check", action="store_true", help="exit status 1 if a target is missed")
    parser.add_argument("--stream", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.stream:
        return stream(asked.stream)

    report = Report()
    print(machine())
    print(f"{asked.rows:,} rows; load before: {os.getloadavg()[0]:.1f}\n")
    report.row("row", "figure", "target")
    report.row("---", "---", "---")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "acme.kek").write_bytes(os.urandom(32))
        keyring = telseal.Keyring.generate()
        keyring.save(folder / "acme.keyring", kek=f"file:{folder}/acme.kek")
        phones = keyring.sealer(*PHONE)
        with_pyarrow(report, phones, asked.rows)
        with_growth(report, phones, asked.rows)
        with_duckdb(report, phones, asked.rows)
        with_spark(report, folder, telseal.spark.Keys.of(folder / "acme.keyring", f"file:{folder}/acme.kek"), asked.rows)
        with_memory(report, folder, asked.rows)
    for name in report.missed:
        print(f"missed: {name}")
    return 1 if asked.check and report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
