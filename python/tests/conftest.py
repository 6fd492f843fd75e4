import json
import os
import pathlib

import pytest

import telseal

VECTORS = pathlib.Path(__file__).parents[2] / "tests" / "vectors"
KEK = bytes(range(0x80, 0xA0))
SECRETS = {1: bytes(range(32)), 2: bytes(range(64, 96))}


def vectors(name):
    return json.loads((VECTORS / f"{name}.json").read_text())


@pytest.fixture
def keyring():
    """Two live versions, of which the first is the primary one."""
    keyring = telseal.Keyring.from_secrets(SECRETS)
    keyring.promote(1)
    return keyring


@pytest.fixture
def phones(keyring):
    return keyring.sealer("phone", "acme", "routing")


@pytest.fixture
def kek_file(tmp_path):
    path = tmp_path / "kek"
    path.write_bytes(KEK)
    os.chmod(path, 0o600)
    return f"file:{path}"
