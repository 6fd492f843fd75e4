"""The vectors that all implementations of telseal/v1 share."""

import pyarrow as pa
import pytest
from conftest import vectors

import telseal

TOKENS = vectors("telseal-v1")["tokens"] + vectors("telseal-v1-more")["tokens"]
REFUSED = vectors("telseal-v1-refused")


def sealer_of(vector):
    keyring = telseal.Keyring.from_secrets({vector["key_version"]: bytes.fromhex(vector["secret"])})
    return keyring.sealer(vector["kind"], *vector["scope"])


def test_there_are_vectors():
    assert len(TOKENS) == 121
    assert {vector["kind"] for vector in TOKENS} == {"phone", "imsi", "imei", "imeisv"}


@pytest.mark.parametrize("vector", TOKENS, ids=range(len(TOKENS)))
def test_token(vector):
    sealer, token = sealer_of(vector), bytes.fromhex(vector["token"])
    assert sealer.seal(vector["input"]) == token
    assert sealer.tag(vector["input"]) == token[3:19]
    assert sealer.indexer().tag(vector["input"]) == token[3:19]
    assert sealer.lookup(vector["input"]) == [token]
    assert sealer.seal(sealer.open(token)) == token
    assert sealer.open(token).strip("+").startswith(vector["digits"])
    assert telseal.to_text(vector["kind"], token) == vector["text"]
    assert telseal.from_text(vector["kind"], vector["text"]) == token
    assert telseal.key_version(vector["kind"], token) == vector["key_version"]
    column = sealer.seal(pa.array([vector["input"], None]))
    assert pa.array(column).to_pylist() == [token, None]
    assert pa.array(sealer.open(column)).to_pylist() == [sealer.open(token), None]


def test_fingerprints():
    keyrings = vectors("telseal-v1-fingerprints")["keyrings"]
    assert keyrings
    for vector in keyrings:
        keyring = telseal.Keyring.from_secrets({version: bytes.fromhex(secret) for version, secret in vector["secrets"]})
        keyring.promote(vector["primary"])
        assert keyring.fingerprint == vector["fingerprint"]
        assert list(keyring.fingerprints.values()) == vector["of_secrets"][::-1]
        of_identifiers = [of for of in vector["of_keys"] if not of["prefixes"]]
        assert of_identifiers
        for of in of_identifiers:
            for made in (keyring.sealer, keyring.indexer):
                found = made(of["kind"], *of["scope"]).fingerprints
                assert [fingerprint for _, fingerprint in found] == of["fingerprints"][::-1]


def of_reader(reader):
    refused = [case for case in REFUSED["refused"] if case["reader"] == reader]
    assert refused, reader
    return refused


def test_refused_tokens(keyring):
    for case in of_reader("token"):
        sealer, token = keyring.sealer(case["kind"], *REFUSED["scope"]), bytes.fromhex(case["input"])
        for method in (sealer.open, sealer.reseal):
            with pytest.raises(telseal.ParseError) as caught:
                method(token)
            assert caught.value.kind and caught.value.row is None
            with pytest.raises(telseal.OpenError) as in_column:  # of a column: that it does not open
                method(pa.array([None, token], pa.binary()))
            assert in_column.value.row == 1
            column = method(pa.array([token, None], pa.binary()), errors="null")
            assert [row for row, _ in column.refused] == [0]
            assert pa.array(column).to_pylist() == [None, None]


def test_refused_texts():
    for case in of_reader("token, base64url"):
        with pytest.raises(telseal.ParseError):
            telseal.from_text(case["kind"], case["input"])
        column = telseal.from_text(case["kind"], pa.array([case["input"]]), errors="null")
        assert pa.array(column).to_pylist() == [None]


def test_unopened_tokens():
    keyring = telseal.Keyring.from_secrets({version: bytes.fromhex(secret) for version, secret in REFUSED["secrets"]})
    for case in of_reader("open"):
        sealer, token = keyring.sealer(case["kind"], *REFUSED["scope"]), bytes.fromhex(case["input"])
        with pytest.raises(telseal.OpenError) as caught:
            sealer.open(token)
        assert caught.value.kind == {"not opened": "NotOpened", "unknown key version": "UnknownKeyVersion"}[case["class"]]
        with pytest.raises(telseal.OpenError) as in_column:
            sealer.open(pa.array([token]))
        assert (in_column.value.kind, in_column.value.row) == (caught.value.kind, 0)


def test_refused_keyrings():
    for case in of_reader("keyring"):
        with pytest.raises(telseal.KeyringError) as caught:
            telseal.Keyring.unwrap(bytes.fromhex(case["input"]), kek=lambda: bytes.fromhex(REFUSED["kek"]))
        assert caught.value.kind
