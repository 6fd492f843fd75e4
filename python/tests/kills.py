#!/usr/bin/env python3
"""Kills a streaming job and its executors, and then looks for each row: `python kills.py [ROUNDS [SEED]]`.

Each round starts the job, kills one of its two executors at a random moment, and at a later one the driver with all that
it has started. The last run goes on to the end. Then every row must be there once, and be what a sealer gives. Five rounds
are ten kills. They take minutes: the tests run one round.

A kill counts if it ended a process that was alive, while rows were left to seal. A round whose kills do not count is done
again, as long as rows are left.
"""

import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import pyarrow as pa
import pyarrow.parquet as pq

import telseal

ROWS, FILES_OF_A_BATCH = 500, 2
JOB = pathlib.Path(__file__).with_name("streaming_job.py")
SCHEMA = pa.schema([("id", pa.int64()), ("caller", pa.binary())])


def number_of(row):
    return f"+44{7700900000 + row % 1000}"


def prepare(folder, files):
    (folder / "calls").mkdir()
    (folder / "acme.kek").write_bytes(os.urandom(32))
    keyring = telseal.Keyring.generate()
    keyring.save(folder / "acme.keyring", kek=f"file:{folder}/acme.kek")
    for file in range(files):
        rows = range(file * ROWS, (file + 1) * ROWS)
        table = pa.table({"id": rows, "caller": [number_of(row) for row in rows]}, pa.schema([("id", pa.int64()), ("caller", pa.string())]))
        pq.write_table(table, folder / "calls" / f"{file:04}.parquet")
    return keyring


def session_of(leader):
    """The processes of a session, each with its command."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.getsid(int(entry.name)) == leader:
                    yield int(entry.name), (entry / "cmdline").read_bytes()
            except OSError:
                pass  # it has ended


def is_alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def kill(*pids):
    """Whether processes that were all alive have all ended by this."""
    hit = 0
    for pid in filter(is_alive, pids):
        try:
            os.kill(pid, signal.SIGKILL)
            hit += 1
        except ProcessLookupError:
            pass  # it has ended by itself just now
    for _ in range(500):
        if not any(map(is_alive, pids)):
            return hit == len(pids)
        time.sleep(0.01)
    return False


class Job:
    def __init__(self, folder, keyring, files, log):
        self.folder, self.batches = folder, files // FILES_OF_A_BATCH
        environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
        command = [sys.executable, str(JOB), str(folder), keyring.fingerprint]
        self.process = subprocess.Popen(command, env=environment, start_new_session=True, cwd=folder, stdout=log, stderr=log)

    def finished(self):
        """The number of batches that Spark will not do again."""
        return len([path for path in (self.folder / "checkpoint" / "commits").glob("*") if path.name.isdigit()])

    def wait_for_batch(self, chance):
        """Waits for the end of a batch and a random moment."""
        before = self.finished()
        while self.process.poll() is None and self.finished() == before:
            time.sleep(0.02)
        time.sleep(chance.uniform(0, 0.7))

    def kill_executor(self, chance):
        executors = [pid for pid, command in session_of(self.process.pid) if b"CoarseGrainedExecutorBackend" in command]
        return bool(executors) and kill(chance.choice(executors)) and self.finished() < self.batches

    def kill_driver(self):
        """The driver is a program of Python and one of Java. They end first, and then all else, so that nothing goes on."""
        java = [pid for pid, command in session_of(self.process.pid) if b"org.apache.spark.deploy.SparkSubmit" in command]
        was_killed = kill(self.process.pid, *java)
        while others := [pid for pid, _ in session_of(self.process.pid) if is_alive(pid)]:
            kill(*others)
        return bool(java) and was_killed and self.process.wait() == -signal.SIGKILL and self.finished() < self.batches


def run(folder, files, rounds, chance):
    """The keyring, and how many kills of each sort counted."""
    keyring, kills = prepare(folder, files), {"executor": 0, "driver": 0}
    with open(folder / "log", "wb") as log:
        while min(kills.values()) < rounds:
            job = Job(folder, keyring, files, log)
            if kills["executor"] < rounds:
                job.wait_for_batch(chance)
                kills["executor"] += job.kill_executor(chance)
            job.wait_for_batch(chance)
            kills["driver"] += job.kill_driver()
            print(f"{job.finished()} of {job.batches} batches, kills {kills}", flush=True)
            assert job.finished() < job.batches, "it is done before the last kill: it needs more files"
        status = Job(folder, keyring, files, log).process.wait()
    assert status == 0, (folder / "log").read_text()[-3000:]
    return keyring, kills


def committed(folder):
    """The files that Spark's log of the folder names: a killed task leaves others, which are no part of the table."""
    log, names = folder / "sealed" / "_spark_metadata", set()
    for path in log.iterdir():
        if path.name.removesuffix(".compact").isdigit():
            names |= {pathlib.Path(json.loads(line)["path"]).name for line in path.read_text().splitlines()[1:]}
    return [folder / "sealed" / name for name in names]


def sealed(folder):
    return pa.concat_tables([pq.read_table(path, schema=SCHEMA) for path in committed(folder)])


def check(table, keyring, rows):
    """Every row is there once, and none differs."""
    assert sorted(table["id"].to_pylist()) == list(range(rows))
    sealer = keyring.sealer("phone", "acme", "routing")
    expected = pa.array(sealer.seal(pa.array([number_of(row) for row in table["id"].to_pylist()])))
    assert table["caller"].to_pylist() == expected.to_pylist()


def main(rounds=5, seed=None, files=None):
    rounds, seed = int(rounds), int(seed) if seed is not None else random.randrange(10**6)
    files = files or 20 * rounds
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keyring, kills = run(folder, files, rounds, random.Random(seed))
        check(sealed(folder), keyring, files * ROWS)
        assert kills == {"executor": rounds, "driver": rounds}
        left_over = len(list((folder / "sealed").glob("*.parquet"))) - len(committed(folder))
        print(f"seed {seed}: {files * ROWS} rows, each once, after {sum(kills.values())} kills {kills}; {left_over} files that no log names")


if __name__ == "__main__":
    main(*sys.argv[1:])
