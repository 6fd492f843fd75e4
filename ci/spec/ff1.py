"""Section 11 of SPEC.md: FF1 of NIST SP 800-38G Revision 1, with AES-256 and radix 10, and what it is used for."""

from math import ceil, log2

from front_door import luhn
from telseal import LETTERS, aes, block, hkdf, info, refuse_unless, xor


def prf(key, data):
    mac = bytes(16)
    for at in range(0, len(data), 16):
        mac = aes(key, xor(mac, data[at : at + 16]))
    return mac


def rounds(key, tweak, digits):
    """Steps 1 to 5, and the function of a round: y of its number and of the half that is read."""
    n, t = len(digits), len(tweak)
    u, v = n // 2, n - n // 2
    b = ceil(ceil(v * log2(10)) / 8)
    d = 4 * ceil(b / 4) + 4
    p = bytes([1, 2, 1, 0, 0, 10, 10, u]) + n.to_bytes(4, "big") + t.to_bytes(4, "big")

    def y(i, half):
        q = tweak + bytes((-t - b - 1) % 16) + bytes([i]) + int(half).to_bytes(b, "big")
        r = prf(key, p + q)
        s = r + b"".join(aes(key, xor(r, j.to_bytes(16, "big"))) for j in range(1, ceil(d / 16)))
        return int.from_bytes(s[:d], "big")

    return u, v, y


def encrypt(key, tweak, digits):
    u, v, y = rounds(key, tweak, digits)
    a, b = digits[:u], digits[u:]
    for i in range(10):
        m = v if i % 2 else u
        c = (int(a) + y(i, b)) % 10**m
        a, b = b, f"{c:0{m}}"
    return a + b


def decrypt(key, tweak, digits):
    u, v, y = rounds(key, tweak, digits)
    a, b = digits[:u], digits[u:]
    for i in reversed(range(10)):
        m = v if i % 2 else u
        c = (int(b) - y(i, a)) % 10**m
        a, b = f"{c:0{m}}", a
    return a + b


def of_key(kind, secret, scope):
    return hkdf(secret, info(b"telseal/v1/fpe", LETTERS[kind], scope), 32)


def tweak(kind, digits, clear):
    return LETTERS[kind].encode() + bytes([len(digits), clear]) + block(digits[:clear])


def encrypt_digits(kind, digits, clear, secret, scope):
    refuse_unless(clear >= (kind == "phone") and len(digits) - clear >= 6, "digits")
    key, t = of_key(kind, secret, scope), tweak(kind, digits, clear)
    encrypted = encrypt(key, t, digits[clear:])
    assert decrypt(key, t, encrypted) == digits[clear:]
    return digits[:clear] + encrypted


def printed(kind, digits):
    return digits + luhn(digits) if kind == "imei" else digits


def check_samples():
    """NIST, "FF1 Samples": 7 and 8."""
    key = bytes.fromhex("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94")
    assert encrypt(key, b"", "0123456789") == "6657667009"
    assert encrypt(key, bytes.fromhex("39383736353433323130"), "0123456789") == "1001623463"
    return 2


SECRET, SCOPE = bytes(range(32)), ["acme", "routing"]
EXAMPLES = (
    ("phone", "442079460018", 1),
    ("phone", "442079460018", 2),
    ("imsi", "001010123456789", 0),
    ("imsi", "001010123456789", 5),
    ("imei", "49015420323751", 8),
    ("imeisv", "4901542032375112", 8),
)


def rows_of_the_examples():
    """Those of the table in section 11."""
    for kind, digits, clear in EXAMPLES:
        t = tweak(kind, digits, clear).hex()
        result = printed(kind, encrypt_digits(kind, digits, clear, SECRET, SCOPE))
        yield f"| {kind} | `{digits}` | {clear} | `{t}` | `{result}` |"


def cases():
    yield from EXAMPLES
    digits = {"phone": "442079460018000", "imsi": "001010123456789", "imei": "49015420323751", "imeisv": "4901542032375112"}
    for width in range(7, 16):
        for clear in sorted({1, min(2, width - 6), width - 6}):
            yield "phone", digits["phone"][:width], clear
    for width in range(6, 16):
        for clear in sorted({0, min(5, width - 6), width - 6}):
            yield "imsi", digits["imsi"][:width], clear
    for kind in "imei", "imeisv":
        for clear in 0, 1, 8, len(digits[kind]) - 6:
            yield kind, digits[kind], clear


def vectors():
    keys = (SECRET, SCOPE), (bytes(range(0x40, 0x60)), ["acme"])
    entries = [
        {
            "kind": kind,
            "digits": digits,
            "clear": clear,
            "secret": secret.hex(),
            "scope": scope,
            "encrypted": printed(kind, encrypt_digits(kind, digits, clear, secret, scope)),
        }
        for kind, digits, clear in cases()
        for secret, scope in keys
    ]
    return {"format": "telseal/v1", "origin": "ci/oracle, an implementation in Python that shares no code with the library", "digits": entries}
