"""telseal/v1, from SPEC.md and sharing no code with the library. Section numbers are those of SPEC.md."""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR, ECB
from cryptography.hazmat.primitives.cmac import CMAC

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
LETTERS = {"phone": "P", "imsi": "S", "imei": "E", "imeisv": "V"}
LENGTHS = {"phone": (7, 15), "imsi": (6, 15), "imei": (14, 14), "imeisv": (16, 16)}


class Refused(Exception):
    """Its message is the class of the error, section 12."""


def refuse_unless(holds, error_class):
    if not holds:
        raise Refused(error_class)


# Section 1: digit blocks


def block(digits):
    nibbles = [int(digit) for digit in digits] + [15] * (16 - len(digits))
    return bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2]))


def digits_of(kind, block):
    """The digits of a block that is well-formed for the kind."""
    text = "".join(f"{byte & 15:x}{byte >> 4:x}" for byte in block)
    digits = text.rstrip("f")
    least, most = LENGTHS[kind]
    well_formed = least <= len(digits) <= most and digits.isdecimal() and not (kind == "phone" and digits[0] == "0")
    refuse_unless(well_formed, "not opened")
    return digits


# Section 2: keys


def hkdf(ikm, info, length=64):
    prk = hmac.digest(b"telseal/v1", ikm, "sha256")
    okm = part = b""
    while len(okm) < length:
        part = hmac.digest(prk, part + info + bytes([len(okm) // 32 + 1]), "sha256")
        okm += part
    return okm[:length]


def encoded(scope):
    labels = [label.encode() for label in scope]
    return b"".join(bytes([len(label)]) + label for label in labels)


def labels_of(encoded):
    labels = []
    while encoded or not labels:
        length = encoded[0] if encoded else 0
        label, encoded = encoded[1 : 1 + length], encoded[1 + length :]
        refuse_unless(0 < length == len(label), "label")
        try:
            labels.append(label.decode())
        except UnicodeDecodeError:
            raise Refused("label") from None
    return labels


def info(label, letter, scope):
    return label + b"\0" + letter.encode() + encoded(scope)


def siv_key(secret, kind, scope):
    return hkdf(secret, info(b"telseal/v1/siv", LETTERS[kind], scope))


# Section 3: AES-256-SIV of RFC 5297 with one item of associated data


def dbl(block):
    number = int.from_bytes(block, "big") << 1
    return (number ^ (0x87 | 1 << 128 if number >> 128 else 0)).to_bytes(16, "big")


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def aes(key, block):
    return Cipher(AES(key), ECB()).encryptor().update(block)


def cmac(key, message):
    mac = CMAC(AES(key))
    mac.update(message)
    return mac.finalize()


def s2v(k1, header, plaintext):
    d = xor(dbl(cmac(k1, bytes(16))), cmac(k1, header))
    if len(plaintext) >= 16:
        return cmac(k1, plaintext[:-16] + xor(plaintext[-16:], d))
    return cmac(k1, xor(dbl(d), plaintext + b"\x80" + bytes(15 - len(plaintext))))


def ctr(k2, v, text):
    q = int.from_bytes(v, "big") & ~(1 << 63 | 1 << 31)
    return Cipher(AES(k2), CTR(q.to_bytes(16, "big"))).encryptor().update(text)


def siv_encrypt(key, header, plaintext):
    v = s2v(key[:32], header, plaintext)
    sealed = v + ctr(key[32:], v, plaintext)
    assert sealed == AESSIV(key).encrypt(plaintext, [header])
    return sealed


def siv_decrypt(key, header, sealed, error_class):
    v, ciphertext = sealed[:16], sealed[16:]
    plaintext = ctr(key[32:], v, ciphertext)
    refuse_unless(hmac.compare_digest(s2v(key[:32], header, plaintext), v), error_class)
    return plaintext


# Section 3: tokens


def text(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def header(letter, version):
    return bytes([ALPHABET.index(letter) * 4 + 1]) + version.to_bytes(2, "big")


def seal_block(kind, block, secret, version, scope):
    start = header(LETTERS[kind], version)
    return start + siv_encrypt(siv_key(secret, kind, scope), start, block)


def seal(kind, digits, secret, version, scope):
    return seal_block(kind, block(digits), secret, version, scope)


def check_header(kind, first, version):
    refuse_unless(first >> 2 == ALPHABET.index(LETTERS[kind]), "kind")
    refuse_unless(first & 3 == 1, "format version")
    refuse_unless(version != bytes(2), "key version")


def read_token(kind, token):
    refuse_unless(len(token) == 27, "length")
    check_header(kind, token[0], token[1:3])
    return token


def read_base64url(text, octets, length):
    refuse_unless(len(text.encode()) == octets, "length")
    refuse_unless(all(char in ALPHABET for char in text), "alphabet")
    number = 0
    for char in text:
        number = number << 6 | ALPHABET.index(char)
    unused = 6 * octets - 8 * length
    refuse_unless(number & ((1 << unused) - 1) == 0, "unused bits")
    return (number >> unused).to_bytes(length, "big")


def read_hexadecimal(text, length):
    refuse_unless(len(text.encode()) == 2 * length, "length")
    refuse_unless(all(char in "0123456789abcdefABCDEF" for char in text), "alphabet")
    return bytes.fromhex(text)


def read_tag(tag):
    refuse_unless(len(tag) == 16, "length")
    return tag


def open_token(kind, token, secrets, scope):
    version = int.from_bytes(token[1:3], "big")
    refuse_unless(version in secrets, "unknown key version")
    key = siv_key(secrets[version], kind, scope)
    return digits_of(kind, siv_decrypt(key, token[:3], token[3:], "not opened"))


# Section 7: prefix tags


def prefix_key(secret, kind, scope):
    return hkdf(secret, info(b"telseal/v1/prefix", LETTERS[kind].lower(), scope), 32)


def prefix_tag(kind, digits, secret, version, scope):
    return s2v(prefix_key(secret, kind, scope), header(LETTERS[kind].lower(), version), block(digits))


# Sections 6 and 8: the wrapped keyring and the wrapped index key

KEYRING = b"telseal-keyring\x01", b"telseal/v1/keyring", 2
INDEX_KEY = b"telseal-index\x01", b"telseal/v1/index", 35


def versions_contents(primary, entries):
    return primary.to_bytes(2, "big") + b"".join(version.to_bytes(2, "big") + key for version, key in entries)


def keyring_contents(primary, secrets):
    return versions_contents(primary, secrets)


def index_key_contents(kind, prefixes, scope, primary, secrets):
    letter = LETTERS[kind].lower() if prefixes else LETTERS[kind]
    derive = prefix_key if prefixes else siv_key
    entries = [(version, derive(secret, kind, scope)[:32]) for version, secret in secrets]
    return letter.encode() + scope_digest(scope) + versions_contents(primary, entries)


def scope_digest(scope):
    return sha256(encoded(scope)).digest()


def wrap(form, kek, contents):
    start, label, _ = form
    return start + siv_encrypt(hkdf(kek, label), start, contents)


def unwrap(form, kek, wrapped):
    start, label, fixed = form
    refuse_unless(len(wrapped) >= len(start), "length")
    refuse_unless(wrapped.startswith(start[:-1]), "name")
    refuse_unless(wrapped.startswith(start), "format version")
    entries = len(wrapped) - len(start) - 16 - fixed
    refuse_unless(entries >= 34 and entries % 34 == 0, "length")
    return siv_decrypt(hkdf(kek, label), start, wrapped[len(start) :], "not unwrapped")


def read_versions(contents):
    primary, rest = int.from_bytes(contents[:2], "big"), contents[2:]
    entries = [rest[at : at + 34] for at in range(0, len(rest), 34)]
    entries = [(int.from_bytes(entry[:2], "big"), entry[2:]) for entry in entries]
    numbers = [version for version, _ in entries]
    ascending = numbers == sorted(set(numbers)) and numbers[0] > 0
    refuse_unless(ascending and primary in numbers, "malformed")
    return primary, entries


def unwrap_keyring(kek, wrapped):
    return read_versions(unwrap(KEYRING, kek, wrapped))


def unwrap_index_key(kek, wrapped, kind, prefixes, scope, needed):
    contents = unwrap(INDEX_KEY, kek, wrapped)
    primary, entries = read_versions(contents[33:])
    letter = LETTERS[kind].lower() if prefixes else LETTERS[kind]
    refuse_unless(contents[:1] == letter.encode(), "other kind")
    refuse_unless(contents[1:33] == scope_digest(scope), "other scope")
    for version, expected in needed.items():
        refuse_unless(version in dict(entries), "missing key version")
        refuse_unless(fingerprint(dict(entries)[version], header(letter, version)) == expected, "other key")
    refuse_unless(primary in needed, "primary")
    return primary, entries


# Section 10: fingerprints


def fingerprint(key, of):
    return hkdf(key, b"telseal/v1/fingerprint\0" + of, 8)


def fingerprint_of_secret(secret, version):
    return fingerprint(secret, version.to_bytes(2, "big"))


def fingerprint_of_k1(kind, prefixes, secret, version, scope):
    if prefixes:
        return fingerprint(prefix_key(secret, kind, scope), header(LETTERS[kind].lower(), version))
    return fingerprint(siv_key(secret, kind, scope)[:32], header(LETTERS[kind], version))


def fingerprints_of_k1(kind, prefixes, secrets, scope):
    return {version: fingerprint_of_k1(kind, prefixes, secret, version, scope) for version, secret in secrets}


def fingerprint_of_keyring(primary, secrets):
    parts = (version.to_bytes(2, "big") + fingerprint_of_secret(secret, version) for version, secret in sorted(secrets))
    return sha256(b"telseal/v1/fingerprint\0" + primary.to_bytes(2, "big") + b"".join(parts)).digest()[:8]
