"""tests/vectors/telseal-v1-fingerprints.json: fingerprints of keyrings, of secrets, and of keys that make tags."""

from hashlib import sha256

import telseal

KEYRINGS = (1, [1]), (2, [1, 2]), (1, [1, 2]), (255, [2, 255, 256, 65535])
SCOPES = ["acme", "routing"], ["a|b", "c"], ["a", "b|c"]


def vectors():
    return {
        "format": "telseal/v1",
        "origin": "ci/oracle, an implementation in Python that shares no code with the library",
        "keyrings": [keyring(primary, versions) for primary, versions in KEYRINGS],
    }


def keyring(primary, versions):
    secrets = [(version, sha256(b"secret %d" % version).digest()) for version in versions]
    names = [(kind, False) for kind in telseal.LETTERS] + [("phone", True), ("imsi", True), ("imei", True)]
    return {
        "primary": primary,
        "secrets": [[version, secret.hex()] for version, secret in secrets],
        "fingerprint": telseal.fingerprint_of_keyring(primary, secrets).hex(),
        "of_secrets": [telseal.fingerprint_of_secret(secret, version).hex() for version, secret in secrets],
        "of_keys": [of_keys(*name, scope, secrets) for name, scope in zip(names, SCOPES * 3, strict=False)],
    }


def of_keys(kind, prefixes, scope, secrets):
    found = telseal.fingerprints_of_k1(kind, prefixes, secrets, scope).values()
    return {"kind": kind, "prefixes": prefixes, "scope": scope, "fingerprints": [each.hex() for each in found]}
