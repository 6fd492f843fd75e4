"""The examples of the documents, as written."""

import pathlib
import re

import pytest
from conftest import KEK

import telseal

README = pathlib.Path(__file__).parents[1] / "README.md"


def examples(path, language="python"):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text(), re.DOTALL)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "acme.kek").write_bytes(KEK)
    telseal.Keyring.generate().save("acme.keyring", kek="file:acme.kek")
    return tmp_path


def test_first_example(folder):
    exec(compile(examples(README)[0], str(README), "exec"), {})
