"""The life of a keyring, where keys stand, and where they do not."""

import copy
import os
import pickle
import stat

import pytest
from conftest import KEK, SECRETS

import telseal


def test_file(tmp_path, keyring, kek_file):
    path = tmp_path / "acme.keyring"
    keyring.save(path, kek=kek_file)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert set(os.listdir(tmp_path)) == {"kek", "acme.keyring"}, "nothing is left beside it"
    again = telseal.Keyring.open(path, kek=kek_file)
    assert (again.versions, again.primary, again.fingerprint) == ([2, 1], 1, keyring.fingerprint)
    assert path.read_bytes() == keyring.wrap(kek=kek_file)
    assert telseal.Keyring.unwrap(path.read_bytes(), kek=lambda: KEK).fingerprint == keyring.fingerprint


def test_rotation(keyring):
    old = keyring.sealer("phone", "acme")
    token = old.seal("+442079460018")
    version = keyring.stage()
    assert (version, keyring.primary, keyring.versions) == (3, 1, [3, 2, 1])
    keyring.promote(version)
    new = keyring.sealer("phone", "acme")
    assert new.primary == 3 and old.primary == 1
    assert token in new.lookup("+442079460018")
    assert new.reseal(token) == new.seal("+442079460018")
    keyring.retire(1)
    with pytest.raises(telseal.OpenError) as caught:
        keyring.sealer("phone", "acme").open(token)
    assert caught.value.kind == "UnknownKeyVersion"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda keyring: keyring.promote(9), "UnknownKeyVersion"),
        (lambda keyring: keyring.retire(9), "UnknownKeyVersion"),
        (lambda keyring: keyring.retire(1), "Primary"),
        (lambda keyring: keyring.retire(2), "Newest"),
    ],
)
def test_changes_that_are_refused(keyring, change, kind):
    before = keyring.fingerprint
    with pytest.raises(telseal.KeyringError) as caught:
        change(keyring)
    assert caught.value.kind == kind and keyring.fingerprint == before


def test_secrets_that_are_refused():
    for secrets, kind in [({}, "Empty"), ({1: bytes(32), 2: bytes(32)}, "SameSecret")]:
        with pytest.raises(telseal.KeyringError) as caught:
            telseal.Keyring.from_secrets(secrets)
        assert caught.value.kind == kind
    for secrets in ({0: bytes(32)}, {1: bytes(31)}, {65536: bytes(32)}):
        with pytest.raises((ValueError, OverflowError)):
            telseal.Keyring.from_secrets(secrets)
    with pytest.raises(TypeError):
        telseal.Keyring.from_secrets({1: "a" * 32})


def test_sources_of_the_kek(tmp_path, keyring, kek_file, monkeypatch):
    wrapped = keyring.wrap(kek=kek_file)
    hexadecimal = tmp_path / "hexadecimal"
    hexadecimal.write_text(KEK.hex() + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    for source in (lambda: KEK, f"file:{hexadecimal}", "credential:kek", "credential:hexadecimal"):
        assert keyring.wrap(kek=source) == wrapped


def test_sources_that_are_none(tmp_path, keyring, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    weak = tmp_path / "weak"
    weak.write_text("correct horse battery staple xyz")
    empty = tmp_path / "empty"
    empty.touch()
    for source, error in [
        (KEK, ValueError),
        (KEK.hex(), ValueError),
        ("credential:../kek", ValueError),
        ("credential:kek", telseal.KeyringError),
        (f"file:{tmp_path}/none", telseal.KeyringError),
        (f"file:{weak}", telseal.KeyringError),
        (f"file:{empty}", telseal.KeyringError),
        (f"file:{tmp_path}", telseal.KeyringError),
        (lambda: KEK[:31], telseal.KeyringError),
        (lambda: KEK.hex(), TypeError),
    ]:
        with pytest.raises(error) as caught:
            keyring.wrap(kek=source)
        assert KEK.hex() not in str(caught.value) and "horse" not in str(caught.value)


def test_keyrings_that_do_not_open(tmp_path, keyring, kek_file):
    path = tmp_path / "acme.keyring"
    with pytest.raises(telseal.KeyringError) as caught:
        telseal.Keyring.open(path, kek=kek_file)
    assert caught.value.kind == "Unreadable"
    keyring.save(path, kek=kek_file)
    with pytest.raises(telseal.KeyringError) as caught:
        telseal.Keyring.open(path, kek=lambda: bytes(32))
    assert caught.value.kind == "NotUnwrapped"
    with pytest.raises(telseal.KeyringError) as caught:
        keyring.save(tmp_path / "no folder" / "acme.keyring", kek=kek_file)
    assert caught.value.kind == "Unwritable"


def test_pickling_and_copying_are_refused(keyring, phones):
    for holder in (keyring, phones, phones.indexer()):
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            with pytest.raises(TypeError, match="keys would go where the pickle goes"):
                pickle.dumps(holder, protocol)
        for copied in (copy.copy, copy.deepcopy):
            with pytest.raises(TypeError):
                copied(holder)


def test_errors_are_pickled(phones):
    with pytest.raises(telseal.ParseError) as caught:
        phones.seal("x")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), again.kind, again.row, str(again)) == (telseal.ParseError, caught.value.kind, None, str(caught.value))


def test_no_key_in_representations(keyring, phones):
    for holder in (keyring, phones, phones.indexer()):
        shown = repr(holder) + str(holder)
        assert "versions [2, 1]" in shown
        for secret in SECRETS.values():
            assert secret.hex()[:8] not in shown and repr(secret)[2:10] not in shown
        assert not hasattr(holder, "__dict__")


def test_scopes(keyring):
    number = "+442079460018"
    assert keyring.sealer("phone", "a", "bc").seal(number) != keyring.sealer("phone", "ab", "c").seal(number)
    for scope, error in [((), telseal.ParseError), (("",), telseal.ParseError), ((["acme"],), TypeError), ((1,), TypeError)]:
        with pytest.raises(error):
            keyring.sealer("phone", *scope)
    with pytest.raises(ValueError, match="kind is"):
        keyring.sealer("Phone", "acme")
