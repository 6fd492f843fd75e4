#!/usr/bin/env python3
"""Kills a streaming job and its executors, and then looks for each row: `python kills.py [ROUNDS [SEED]]`.

Each round starts the job, kills one of its two executors at a random moment, and at a later one the driver with all that
it has started. The last run goes on to the end. Then every row must be there once, and be what a sealer gives. Five rounds
are ten kills. It takes minutes, so ci/python does not run it.
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

FILES, ROWS = 60, 500
JOB = pathlib.Path(__file__).with_name("streaming_job.py")


def number_of(row):
    return f"+44{7700900000 + row % 1000}"


def prepare(folder):
    (folder / "calls").mkdir()
    (folder / "acme.kek").write_bytes(os.urandom(32))
    keyring = telseal.Keyring.generate()
    keyring.save(folder / "acme.keyring", kek=f"file:{folder}/acme.kek")
    for file in range(FILES):
        rows = range(file * ROWS, (file + 1) * ROWS)
        schema = pa.schema([("id", pa.int64()), ("caller", pa.string())])
        pq.write_table(pa.table([list(rows), [number_of(row) for row in rows]], schema=schema), folder / "calls" / f"{file:04}.parquet")
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


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def batches(folder):
    return len([path for path in (folder / "checkpoint" / "commits").glob("*") if path.name.isdigit()])


def wait_for_batch(folder, job, before):
    """Whether a batch was finished before the job ended."""
    while job.poll() is None:
        if batches(folder) > before:
            return True
        time.sleep(0.02)
    return False


def start(folder, keyring, log):
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    command = [sys.executable, str(JOB), str(folder), keyring.fingerprint]
    return subprocess.Popen(command, env=environment, start_new_session=True, cwd=folder, stdout=log, stderr=log)


def run(folder, rounds, chance):
    keyring, kills = prepare(folder), {"executor": 0, "driver": 0}
    with open(folder / "log", "wb") as log:
        for _ in range(rounds):
            job = start(folder, keyring, log)
            if wait_for_batch(folder, job, batches(folder)):
                time.sleep(chance.uniform(0, 1))
                executors = [pid for pid, command in session_of(job.pid) if b"CoarseGrainedExecutorBackend" in command]
                if executors:
                    kill(chance.choice(executors))
                    kills["executor"] += 1
                wait_for_batch(folder, job, batches(folder))
                time.sleep(chance.uniform(0, 1))
            if job.poll() is None:
                kills["driver"] += 1
            # The driver first, and then all else, so that nothing of it goes on.
            kill(job.pid)
            for _ in range(3):
                for pid, _ in list(session_of(job.pid)):
                    kill(pid)
                time.sleep(0.1)
            job.wait()
            print(f"batches {batches(folder)}, kills {kills}", flush=True)
        status = start(folder, keyring, log).wait()
    assert status == 0, (folder / "log").read_text()[-3000:]
    return keyring, kills


def committed(folder):
    """The files that Spark's log of the folder names: a killed task leaves others, which are no part of the table."""
    log, names = folder / "sealed" / "_spark_metadata", set()
    for path in sorted(log.iterdir(), key=lambda path: path.name):
        if path.name.removesuffix(".compact").isdigit():
            for line in path.read_text().splitlines()[1:]:
                names.add(pathlib.Path(json.loads(line)["path"]).name)
    return [folder / "sealed" / name for name in names]


def check(folder, keyring):
    """Every row is there once, and none differs."""
    table = pa.concat_tables([pq.read_table(path, schema=pa.schema([("id", pa.int64()), ("caller", pa.binary())])) for path in committed(folder)])
    found = dict(zip(table["id"].to_pylist(), table["caller"].to_pylist(), strict=True))
    sealer = keyring.sealer("phone", "acme", "routing")
    assert table.num_rows == len(found) == FILES * ROWS, (table.num_rows, len(found))
    assert all(found[row] == sealer.seal(number_of(row)) for row in range(FILES * ROWS))
    left_over = len(list((folder / "sealed").glob("*.parquet"))) - len(committed(folder))
    return table.num_rows, left_over


def main(rounds=5, seed=None):
    seed = int(seed) if seed is not None else random.randrange(10**6)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        keyring, kills = run(folder, int(rounds), random.Random(seed))
        rows, left_over = check(folder, keyring)
        print(f"seed {seed}: {rows} rows, each once, after {sum(kills.values())} kills {kills}; {left_over} files that no log names")
    return kills


if __name__ == "__main__":
    main(*sys.argv[1:])
