"""What is refused, one fault each: tests/vectors/telseal-v1-refused.json, and the readers that must refuse it."""

from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

import oblivious
import telseal
from telseal import INDEX_KEY, KEYRING, Refused, text

ROOT = Path(__file__).parents[2]
SECRETS = {1: bytes(range(32)), 2: bytes(range(0x40, 0x60))}
PRIMARY = 1
KEK = bytes(range(0x20, 0x40))
SCOPE = ["acme", "routing"]
NUMBER = "442079460018"
OF_KIND = {"phone": NUMBER, "imsi": "001010123456789", "imei": "49015420323751", "imeisv": "4901542032375112"}


def needed(kind):
    return telseal.fingerprints_of_k1(kind, False, SECRETS.items(), SCOPE)


READERS = {
    "token": telseal.read_token,
    "token, base64url": lambda kind, text: telseal.read_token(kind, telseal.read_base64url(text, 36, 27)),
    "token, hexadecimal": lambda kind, text: telseal.read_token(kind, telseal.read_hexadecimal(text, 27)),
    "tag": lambda _, tag: telseal.read_tag(tag),
    "tag, base64url": lambda _, text: telseal.read_base64url(text, 22, 16),
    "tag, hexadecimal": lambda _, text: telseal.read_hexadecimal(text, 16),
    "open": lambda kind, token: telseal.open_token(kind, telseal.read_token(kind, token), SECRETS, SCOPE),
    "keyring": lambda _, wrapped: telseal.unwrap_keyring(KEK, wrapped),
    "index key": lambda kind, wrapped: telseal.unwrap_index_key(KEK, wrapped, kind, False, SCOPE, needed(kind)),
    "public key": oblivious.read_public_key,
    "request": oblivious.read_request,
    "response": oblivious.read_response,
}


def flipped(data, at, bits=1):
    return data[:at] + bytes([data[at] ^ bits]) + data[at + 1 :]


def put(data, at, part):
    return data[:at] + part + data[at + len(part) :]


def faults():
    """(reader, kind, why, class, input)"""
    yield from tokens()
    yield from texts()
    yield from opened()
    yield from wrapped("keyring", KEYRING, telseal.keyring_contents)
    of_phones = lambda primary, secrets: telseal.index_key_contents("phone", False, SCOPE, primary, secrets)
    yield from wrapped("index key", INDEX_KEY, of_phones)
    yield from index_keys()
    yield from messages()


def tokens():
    for kind, digits in OF_KIND.items():
        token = telseal.seal(kind, digits, SECRETS[1], 1, SCOPE)
        yield "token", kind, "no bytes", "length", b""
        yield "token", kind, "26 bytes", "length", token[:-1]
        yield "token", kind, "28 bytes", "length", token + b"\0"
        for other in OF_KIND:
            if other != kind:
                start = telseal.header(telseal.LETTERS[other], 1)
                yield "token", kind, f"kind: {other}", "kind", put(token, 0, start)
        yield "token", kind, "kind: prefix of the same kind", "kind", flipped(token, 0, 26 << 2)
        for version in (0, 2, 3):
            yield "token", kind, f"format version {version}", "format version", flipped(token, 0, version ^ 1)
        yield "token", kind, "key version 0", "key version", put(token, 1, bytes(2))


def texts():
    token = telseal.seal("phone", NUMBER, SECRETS[1], 1, SCOPE)
    for name, data in ("token", token), ("tag", token[3:19]):
        base64url, hexadecimal = text(data), data.hex()
        for reader, right, other in ("base64url", base64url, hexadecimal), ("hexadecimal", hexadecimal, base64url):
            reader = f"{name}, {reader}"
            yield reader, "phone", "no text", "length", ""
            yield reader, "phone", "one octet less", "length", right[:-1]
            yield reader, "phone", "one octet more", "length", right + "A"
            yield reader, "phone", "the other form", "length", other
            yield reader, "phone", "white space around it", "length", f" {right}\n"
            yield reader, "phone", "padding", "length", right + "="
            yield reader, "phone", "padding in the last place", "alphabet", right[:-1] + "="
            yield reader, "phone", "a space in the last place", "alphabet", right[:-1] + " "
            yield reader, "phone", "a letter that is no ASCII, of two octets", "alphabet", right[:-2] + "\u00e9"
            yield reader, "phone", "as many characters as octets are wanted", "length", right[:-1] + "\u00e9"
        for char in "+/":
            why = "a character of base64 that base64url has not"
            yield f"{name}, base64url", "phone", why, "alphabet", base64url[:-1] + char
        yield f"{name}, hexadecimal", "phone", "a letter behind f", "alphabet", "g" + hexadecimal[1:]
    tag = text(token[3:19])
    for bit in range(4):
        last = telseal.ALPHABET[telseal.ALPHABET.index(tag[-1]) | 1 << bit]
        yield "tag, base64url", "phone", f"unused bit {bit}", "unused bits", tag[:-1] + last
    for data, why, error_class in (
        (flipped(token, 0, (15 ^ 18) << 2), "kind: imsi", "kind"),
        (flipped(token, 0, 3), "format version 2", "format version"),
        (put(token, 1, bytes(2)), "key version 0", "key version"),
    ):
        yield "token, base64url", "phone", why, error_class, text(data)
        yield "token, hexadecimal", "phone", why, error_class, data.hex()
    yield "tag", "phone", "15 bytes", "length", token[3:18]
    yield "tag", "phone", "17 bytes", "length", token[3:20]
    yield "tag", "phone", "a whole token", "length", token


BLOCKS = {
    "phone": {
        "nibble A": "4402976400a1ffff",
        "nibble E": "44029764008effff",
        "a digit behind F": "440297640081ff1f",
        "F between digits": "4402f7640081ffff",
        "no digit": "ff" * 8,
        "6 digits": "440297ffffffffff",
        "16 digits": "4402976400810000",
        "first digit 0": "2070490610f8ffff",
        "eight zeros": "0000000000000000",
    },
    "imsi": {"nibble A": "0001012143658afa", "5 digits": "0001f1ffffffffff", "16 digits": "0001012143658709"},
    "imei": {"13 digits": "941045022373f5ff", "15 digits": "94104502237315f8", "16 digits": "9410450223731521"},
    "imeisv": {"14 digits": "94104502237315ff", "15 digits": "94104502237315f1", "nibble F first": "9f10450223731521"},
}


def opened():
    token = telseal.seal("phone", NUMBER, SECRETS[1], 1, SCOPE)
    start, sealed, block = token[:3], token[3:], telseal.block(NUMBER)
    for version in (3, 258, 65535):
        of_another = telseal.seal("phone", NUMBER, SECRETS[1], version, SCOPE)
        yield "open", "phone", f"key version {version}, which is not live", "unknown key version", of_another
    yield "open", "phone", "key version 2 in the header of one under version 1", "not opened", put(token, 2, b"\2")
    for at in (3, 10, 11, 18, 19, 26):
        for bit in (0x01, 0x80):
            yield "open", "phone", f"byte {at} altered by {bit:#04x}", "not opened", flipped(token, at, bit)
    yield "open", "phone", "ciphertext before the tag", "not opened", start + sealed[16:] + sealed[:16]
    others = {
        "another secret": (SECRETS[2], "phone", SCOPE),
        "the key of another kind": (SECRETS[1], "imsi", SCOPE),
        "a scope of one label": (SECRETS[1], "phone", ["acme|routing"]),
        "labels in another order": (SECRETS[1], "phone", SCOPE[::-1]),
        "one label more": (SECRETS[1], "phone", [*SCOPE, "x"]),
    }
    for why, (secret, kind, scope) in others.items():
        key = telseal.siv_key(secret, kind, scope)
        yield "open", "phone", why, "not opened", start + telseal.siv_encrypt(key, start, block)
    key = telseal.siv_key(SECRETS[1], "phone", SCOPE)
    swapped = AESSIV(key[32:] + key[:32]).encrypt(block, [start])
    yield "open", "phone", "K2 before K1", "not opened", start + swapped
    for why, items in ("no", None), ("a second, empty", [start, b""]), ("a longer", [start + b"\0"]):
        why += " item of associated data"
        yield "open", "phone", why, "not opened", start + AESSIV(key).encrypt(block, items)
    for kind, blocks in BLOCKS.items():
        for why, data in blocks.items():
            sealed = telseal.seal_block(kind, bytes.fromhex(data), SECRETS[1], 1, SCOPE)
            yield "open", kind, f"authentic: {why}", "not opened", sealed


def wrapped(reader, form, contents):
    start = form[0]
    secrets = list(SECRETS.items())
    right = telseal.wrap(form, KEK, contents(PRIMARY, secrets))
    case = lambda why, error_class, data: (reader, "phone", why, error_class, data)
    yield case("no bytes", "length", b"")
    yield case("the header without its last byte", "length", start[:-1])
    yield case("the header alone", "length", start)
    yield case("no key version", "length", telseal.wrap(form, KEK, contents(PRIMARY, [])))
    yield case("one byte less", "length", right[:-1])
    yield case("one byte more", "length", right + b"\0")
    yield case("first byte of the name", "name", flipped(right, 0))
    yield case("last byte of the name", "name", flipped(right, len(start) - 2))
    yield case("format version 0", "format version", put(right, len(start) - 1, b"\0"))
    yield case("format version 255", "format version", put(right, len(start) - 1, b"\xff"))
    other = telseal.wrap(form, bytes(32), contents(PRIMARY, secrets))
    yield case("another key-encryption key", "not unwrapped", other)
    yield case("V altered", "not unwrapped", flipped(right, len(start)))
    yield case("ciphertext altered", "not unwrapped", flipped(right, len(right) - 1, 0x80))
    yield case("one key version cut off", "not unwrapped", right[:-34])
    one, two = secrets
    for why, primary, listed in (
        ("descending", 1, [two, one]),
        ("a version twice", 1, [one, (1, SECRETS[2])]),
        ("a version twice, with one secret", 1, [one, one]),
        ("version 0", 1, [(0, SECRETS[2]), one]),
        ("primary 0", 0, secrets),
        ("a primary that is not there", 3, secrets),
    ):
        yield case(f"authentic: {why}", "malformed", telseal.wrap(form, KEK, contents(primary, listed)))


def index_keys():
    secrets = list(SECRETS.items())
    for why, error_class, kind, prefixes, scope, primary, listed in (
        ("of IMSIs", "other kind", "imsi", False, SCOPE, 1, secrets),
        ("of prefixes", "other kind", "phone", True, SCOPE, 1, secrets),
        ("of a scope of one label", "other scope", "phone", False, ["acme|routing"], 1, secrets),
        ("without version 2", "missing key version", "phone", False, SCOPE, 1, secrets[:1]),
        ("with another secret of version 2", "other key", "phone", False, SCOPE, 1, [secrets[0], (2, KEK)]),
        ("primary 3, which is not needed", "primary", "phone", False, SCOPE, 3, [*secrets, (3, KEK)]),
    ):
        contents = telseal.index_key_contents(kind, prefixes, scope, primary, listed)
        yield "index key", "phone", why, error_class, telseal.wrap(INDEX_KEY, KEK, contents)
    for at in (0, 31):
        contents = telseal.index_key_contents("phone", False, SCOPE, 1, secrets)
        wrapped = telseal.wrap(INDEX_KEY, KEK, flipped(contents, 1 + at))
        yield "index key", "phone", f"byte {at} of the scope's digest altered", "other scope", wrapped


def messages():
    sk, pk = oblivious.derive_key_pair(oblivious.seed_of(SECRETS[1], "phone", SCOPE))
    elements = [oblivious.multiply(n, oblivious.GENERATOR) for n in (2, 3)]
    evaluated = [oblivious.multiply(sk, element) for element in elements]
    proof = oblivious.generate_proof(sk, pk, elements, evaluated, 4)
    right = {
        "public key": oblivious.public_key("phone", 1, pk, SCOPE),
        "request": oblivious.elements_message("B", "phone", 1, elements),
        "response": oblivious.response("phone", 1, evaluated, proof),
    }
    not_elements = {
        "identity": bytes(32),
        "not reduced": (oblivious.P + 2).to_bytes(32, "little"),
        "negative": (1).to_bytes(32, "little"),
        "top bit set": flipped(oblivious.encode(oblivious.GENERATOR), 31, 0x80),
    }
    for reader, message in right.items():
        case = lambda why, error_class, data: (reader, "phone", why, error_class, data)
        least = {"public key": 38, "request": 38, "response": 102}[reader]
        yield case("no bytes", "length", b"")
        yield case(f"{least - 1} bytes", "length", message[: least - 1])
        letter = {"public key": b"B", "request": b"E", "response": b"K"}[reader]
        yield case("the letter of another message", "letter", put(message, 0, letter))
        yield case("kind: imsi", "kind", put(message, 1, b"\x49"))
        yield case("format version 2", "format version", put(message, 1, b"\x3e"))
        yield case("key version 0", "key version", put(message, 2, bytes(2)))
        at = 4 if reader == "public key" else 38
        for why, data in not_elements.items():
            error_class = "identity" if why == "identity" else "element"
            yield case(f"element: {why}", error_class, put(message, at, data))
        if reader != "public key":
            yield case("no elements", "count", put(message, 4, bytes(2)))
            yield case("1001 elements", "count", put(message, 4, b"\x03\xe9"))
            yield case("65535 elements", "count", put(message, 4, b"\xff\xff"))
            yield case("one element less than it says", "length", put(message, 4, b"\0\3"))
            yield case("one element more than it says", "trailing bytes", put(message, 4, b"\0\1"))
            yield case("one byte less", "length", message[:-1])
            yield case("one byte more", "trailing bytes", message + b"\0")
    for name, at in ("c", -64), ("s", -32):
        for why, scalar in ("zero", 0), ("the order of the group", oblivious.ORDER), ("all ones", 2**256 - 1):
            message, at = right["response"], at % 134
            yield "response", "phone", f"{name}: {why}", "scalar", put(message, at, scalar.to_bytes(32, "little"))
    key = right["public key"]
    labels = {
        "a label of length 0": b"\4acme\0",
        "a label longer than what is left": b"\4acme\x08routing",
        "a label shorter than what is left": b"\4acme\x06routing",
        "a label that is no UTF-8": b"\4acme\2\xc3(",
    }
    for why, scope in labels.items():
        yield "public key", "phone", why, "label", key[:36] + scope


def class_of(reader, kind, data):
    try:
        READERS[reader](kind, data)
    except Refused as error:
        return str(error)
    return "read"


def entry(reader, kind, why, error_class, data):
    encoded = data if isinstance(data, str) else data.hex()
    return {"reader": reader, "kind": kind, "why": why, "class": error_class, "input": encoded}


def vectors(listed):
    return {
        "format": "telseal/v1",
        "origin": "ci/oracle, an implementation in Python that shares no code with the library",
        "secrets": [[version, secret.hex()] for version, secret in SECRETS.items()],
        "kek": KEK.hex(),
        "scope": SCOPE,
        "refused": listed,
    }


def refusals():
    for reader, kind, why, error_class, data in faults():
        assert class_of(reader, kind, data) == error_class, (reader, kind, why)
    return vectors([entry(*fault) for fault in faults()])
