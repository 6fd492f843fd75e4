"""tests/vectors/telseal-v1-short.json: short tags of section 3, bit by bit, and what is none."""

import telseal
from telseal import Refused, refuse_unless

SECRET, SCOPE = bytes(range(32)), ["acme", "routing"]
TAGS = (
    ("phone", "442079460018", 1),
    ("phone", "442079460019", 2),
    ("imsi", "001010123456789", 1),
    ("imei", "49015420323751", 258),
    ("imeisv", "4901542032375112", 1),
)


def bits_of(tag, bits):
    return f"{int.from_bytes(tag):0128b}"[:bits]


def filled(digits, width):
    """Zeros behind, up to a multiple of the width."""
    return digits + "0" * (-len(digits) % width)


def forms(digits):
    nibbles, octets = filled(digits, 4), filled(digits, 8)
    return {
        "bytes": "".join(f"{int(octets[at:at + 8], 2):02x}" for at in range(0, len(octets), 8)),
        "text": "".join(f"{int(nibbles[at:at + 4], 2):x}" for at in range(0, len(nibbles), 4)),
        "number": str(int(digits, 2)),
    }


def read(bits, form, value):
    """The bits of a form, or the class of the check that fails."""
    if form == "number":
        refuse_unless(int(value) < 1 << bits, "unused bits")
        return f"{int(value):0{bits}b}"
    width = 8 if form == "bytes" else 4
    refuse_unless(len(value.encode()) == -(-bits // width) * width // 4, "length")
    refuse_unless(all(character in "0123456789abcdefABCDEF" for character in value), "alphabet")
    digits = "".join(f"{int(character, 16):04b}" for character in value)
    refuse_unless(set(digits[bits:]) <= {"0"}, "unused bits")
    return digits[:bits]


def of_tag(kind, digits, version, bits):
    tag = telseal.seal(kind, digits, SECRET, version, SCOPE)[3:19]
    short = bits_of(tag, bits)
    made = forms(short)
    assert all(read(bits, form, value) == short for form, value in made.items())
    ends = [short + fill * (128 - bits) for fill in "01"]
    first, last = (int(end, 2).to_bytes(16).hex() for end in ends)
    return {
        "kind": kind,
        "digits": digits,
        "secret": SECRET.hex(),
        "key_version": version,
        "scope": SCOPE,
        "tag": tag.hex(),
        "bits": bits,
        **made,
        "first": first,
        "last": last,
    }


def cases():
    for bits in range(8, 65):
        yield *TAGS[bits % len(TAGS)], bits
    for case in TAGS:
        for bits in 8, 16, 20, 32, 63, 64:
            yield *case, bits


def refused():
    for bits in 8, 9, 12, 15, 16, 20, 33, 63, 64:
        ones = forms("1" * bits)
        octets, text = ones["bytes"], ones["text"]
        yield bits, "bytes", octets[2:], "a byte is missing"
        yield bits, "bytes", octets + "00", "a byte too many"
        yield bits, "text", text[1:], "a digit is missing"
        yield bits, "text", text + "0", "a digit too many"
        yield bits, "text", text[:-1] + "g", "no hexadecimal digit"
        yield bits, "text", "-" + text[1:], "a sign"
        if bits % 8:
            yield bits, "bytes", octets[:-2] + "ff", "unused bits are set"
            yield bits, "bytes", forms("0" * bits + "1")["bytes"], "the first unused bit is set"
        if bits % 4:
            yield bits, "text", text[:-1] + "f", "unused bits are set"
        if bits < 64:
            yield bits, "number", str(1 << bits), "a bit more"
            yield bits, "number", str((1 << 64) - 1), "64 bits"


def class_of(bits, form, value):
    try:
        read(bits, form, value)
    except Refused as error:
        return str(error)
    raise AssertionError((bits, form, value))


def vectors():
    return {
        "format": "telseal/v1",
        "origin": "ci/oracle, an implementation in Python that shares no code with the library",
        "short_tags": [of_tag(*case) for case in dict.fromkeys(cases())],
        "refused": [
            {"bits": bits, "form": form, "value": value, "why": why, "class": class_of(bits, form, value)}
            for bits, form, value, why in refused()
        ],
    }
