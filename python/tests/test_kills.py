"""One round of kills; kills.py does more."""

import random
import shutil
import signal
import subprocess
import time

import kills
import pyarrow as pa
import pytest

FILES = 40  # twice as many as a round has needed

pytestmark = pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java")


def test_killed_executor_and_driver(tmp_path):
    seed = random.randrange(10**6)
    print("seed", seed)
    keyring, counted = kills.run(tmp_path, FILES, 1, random.Random(seed))
    assert counted == {"executor": 1, "driver": 1}
    table, rows = kills.sealed(tmp_path), FILES * kills.ROWS
    kills.check(table, keyring, rows)
    # The check notices a row that is missing, one that is there twice, and one that differs.
    swapped = pa.table([table["id"], pa.concat_arrays([table["caller"].combine_chunks()[1:], table["caller"].combine_chunks()[:1]])], kills.SCHEMA)
    for wrong in (table[1:], pa.concat_tables([table, table[:1]]), swapped):
        with pytest.raises(AssertionError):
            kills.check(wrong, keyring, rows)


def test_kills_that_hit_nothing_do_not_count():
    ended = subprocess.Popen(["true"])
    for _ in range(500):
        if not kills.is_alive(ended.pid):
            break
        time.sleep(0.01)
    assert not kills.kill(ended.pid)
    ended.wait()
    assert not kills.kill(ended.pid)
    running = subprocess.Popen(["sleep", "60"])
    assert kills.kill(running.pid)
    assert running.wait() == -signal.SIGKILL
