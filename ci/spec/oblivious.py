"""Oblivious tags: RFC 9496 (ristretto255), RFC 9497 (its verifiable mode), and section 9 of SPEC.md."""

from hashlib import sha512

from telseal import LETTERS, block, check_header, encoded, header, hkdf, info, labels_of, refuse_unless

# RFC 9496 section 4: ristretto255. An element is a point of edwards25519 as (x, y, z, t), x * y = z * t.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def is_negative(x):
    return x % P & 1


def absolute(x):
    return -x % P if is_negative(x) else x % P


def sqrt_ratio(u, v):
    """Whether u/v is a square, and the root of it or of SQRT_M1 * u/v that is not negative."""
    root = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    check = v * root * root % P
    if check in (-u % P, -u * SQRT_M1 % P):
        root = root * SQRT_M1 % P
    return check in (u % P, -u % P), absolute(root)


SQRT_AD_MINUS_ONE = -sqrt_ratio(-D - 1, 1)[1] % P
INVSQRT_A_MINUS_D = sqrt_ratio(1, -1 - D)[1]
IDENTITY = 0, 1, 1, 0


def decode(data):
    s = int.from_bytes(data, "little")
    refuse_unless(s < P and not is_negative(s), "element")
    u1, u2 = (1 - s * s) % P, (1 + s * s) % P
    v = (-D * u1 * u1 - u2 * u2) % P
    was_square, invsqrt = sqrt_ratio(1, v * u2 * u2)
    den_x = invsqrt * u2 % P
    x, y = absolute(2 * s * den_x), u1 * invsqrt * den_x * v % P
    refuse_unless(was_square and not is_negative(x * y) and y != 0, "element")
    return x, y, 1, x * y % P


def encode(element):
    x, y, z, t = element
    u1, u2 = (z + y) * (z - y) % P, x * y % P
    _, invsqrt = sqrt_ratio(1, u1 * u2 * u2)
    den1, den2 = invsqrt * u1 % P, invsqrt * u2 % P
    z_inv = den1 * den2 * t % P
    den = den2
    if is_negative(t * z_inv):
        x, y, den = y * SQRT_M1 % P, x * SQRT_M1 % P, den1 * INVSQRT_A_MINUS_D % P
    if is_negative(x * z_inv):
        y = -y
    return absolute(den * (z - y)).to_bytes(32, "little")


def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (x1 + y1) * (x2 + y2) - x1 * x2 - y1 * y2, z1 * z2 - D * t1 * t2
    g, h = z1 * z2 + D * t1 * t2, y1 * y2 + x1 * x2
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, element):
    product = IDENTITY
    for bit in f"{scalar % ORDER:b}":
        product = add(product, product)
        if bit == "1":
            product = add(product, element)
    return product


def of_half(data):
    """MAP of section 4.3.4."""
    t = int.from_bytes(data, "little") % 2**255 % P
    r = SQRT_M1 * t * t % P
    u, v = (r + 1) * (1 - D * D) % P, (-1 - r * D) * (r + D) % P
    was_square, s = sqrt_ratio(u, v)
    c = -1
    if not was_square:
        s, c = -absolute(s * t), r
    n = (c * (r - 1) * (D - 1) ** 2 - v) % P
    w0, w1, w2, w3 = 2 * s * v, n * SQRT_AD_MINUS_ONE, 1 - s * s, 1 + s * s
    return w0 * w3 % P, w2 * w1 % P, w1 * w3 % P, w0 * w2 % P


def from_uniform(data):
    return add(of_half(data[:32]), of_half(data[32:]))


GENERATOR = decode(bytes.fromhex("e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76"))

# RFC 9497: ristretto255-SHA512 in the mode VOPRF

CONTEXT = b"OPRFV1-\x01-ristretto255-SHA512"


def framed(*parts):
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def expand(message, dst):
    """expand_message_xmd of RFC 9380 section 5.3.1, 64 bytes by SHA-512."""
    dst += bytes([len(dst)])
    b0 = sha512(bytes(128) + message + b"\0\x40\0" + dst).digest()
    return sha512(b0 + b"\1" + dst).digest()


def hash_to_group(message):
    return from_uniform(expand(message, b"HashToGroup-" + CONTEXT))


def hash_to_scalar(message, dst=b"HashToScalar-" + CONTEXT):
    return int.from_bytes(expand(message, dst), "little") % ORDER


def derive_key_pair(seed, key_info=b""):
    for counter in range(256):
        message = seed + framed(key_info) + bytes([counter])
        if sk := hash_to_scalar(message, b"DeriveKeyPair" + CONTEXT):
            return sk, multiply(sk, GENERATOR)


def composites(pk, blinded, evaluated):
    """The two composites of section 2.2, without the key: M, and Z as the verifier has it."""
    seed = sha512(framed(encode(pk), b"Seed-" + CONTEXT)).digest()
    m = z = IDENTITY
    for i, (c, d) in enumerate(zip(blinded, evaluated, strict=True)):
        transcript = framed(seed) + i.to_bytes(2, "big") + framed(encode(c), encode(d)) + b"Composite"
        weight = hash_to_scalar(transcript)
        m, z = add(multiply(weight, c), m), add(multiply(weight, d), z)
    return m, z


def challenge(pk, *elements):
    return hash_to_scalar(framed(encode(pk), *map(encode, elements)) + b"Challenge")


def generate_proof(sk, pk, blinded, evaluated, random):
    m, z = composites(pk, blinded, evaluated)
    c = challenge(pk, m, z, multiply(random, GENERATOR), multiply(random, m))
    return c, (random - c * sk) % ORDER


def verify_proof(pk, blinded, evaluated, proof):
    c, s = proof
    m, z = composites(pk, blinded, evaluated)
    t2 = add(multiply(s, GENERATOR), multiply(c, pk))
    t3 = add(multiply(s, m), multiply(c, z))
    return c == challenge(pk, m, z, t2, t3)


def finalize(message, blind, evaluated):
    unblinded = encode(multiply(pow(blind, -1, ORDER), evaluated))
    return sha512(framed(message, unblinded) + b"Finalize").digest()


def evaluate(sk, message):
    unblinded = encode(multiply(sk, hash_to_group(message)))
    return sha512(framed(message, unblinded) + b"Finalize").digest()


# SPEC.md, section 9

MOST_ELEMENTS = 1000
LONGEST_SCOPE = 65526


def scalar(data):
    return int.from_bytes(data, "little")


def seed_of(secret, kind, scope):
    return hkdf(secret, info(b"telseal/v1/oblivious", LETTERS[kind], scope), 32)


def private_input(kind, digits, scope):
    return LETTERS[kind].encode() + encoded(scope) + block(digits)


def message_header(letter, kind, version):
    return letter.encode() + header(LETTERS[kind], version)


def public_key(kind, version, pk, scope):
    return message_header("K", kind, version) + encode(pk) + encoded(scope)


def elements_message(letter, kind, version, elements):
    return message_header(letter, kind, version) + len(elements).to_bytes(2, "big") + b"".join(map(encode, elements))


def response(kind, version, elements, proof):
    return elements_message("E", kind, version, elements) + b"".join(part.to_bytes(32, "little") for part in proof)


def read_header(letter, kind, message):
    refuse_unless(message[:1] == letter.encode(), "letter")
    check_header(kind, message[1], message[2:4])


def read_element(data):
    refuse_unless(data != bytes(32), "identity")
    return decode(data)


def read_scalar(data):
    refuse_unless(0 < scalar(data) < ORDER, "scalar")
    return scalar(data)


def read_public_key(kind, message):
    refuse_unless(len(message) >= 38, "length")
    read_header("K", kind, message)
    element = read_element(message[4:36])
    refuse_unless(len(message) - 36 <= LONGEST_SCOPE, "scope length")
    return element, labels_of(message[36:])


def read_elements(letter, kind, message, behind):
    refuse_unless(len(message) >= 38 + behind, "length")
    read_header(letter, kind, message)
    count = int.from_bytes(message[4:6], "big")
    refuse_unless(1 <= count <= MOST_ELEMENTS, "count")
    refuse_unless(len(message) >= 6 + 32 * count + behind, "length")
    refuse_unless(len(message) == 6 + 32 * count + behind, "trailing bytes")
    return [read_element(message[6 + 32 * i : 38 + 32 * i]) for i in range(count)]


def read_request(kind, message):
    return read_elements("B", kind, message, 0)


def read_response(kind, message):
    elements = read_elements("E", kind, message, 64)
    return elements, (read_scalar(message[-64:-32]), read_scalar(message[-32:]))
