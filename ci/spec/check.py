"""Computes every file of tests/vectors/ and every example of SPEC.md anew, and fails where they differ.

With --write, writes the files that are made here. With a file and a number, writes so many random inputs, and what
SPEC.md says of them, to that file.
"""

import json
import re
import sys

import ff1
import fingerprints
import front_door
import generated
import oblivious
import refused
import short
import telseal
from telseal import INDEX_KEY, KEYRING, LETTERS, Refused, block, text

VECTORS = refused.ROOT / "tests/vectors"


def token(entry):
    kind, version, scope, secret = of_key(entry)
    digits = front_door.read(kind, entry["input"])
    sealed = telseal.seal(kind, digits, secret, version, scope)
    assert telseal.open_token(kind, telseal.read_token(kind, sealed), {version: secret}, scope) == digits
    return {
        "digits": digits,
        "block": block(digits).hex(),
        "siv_key": telseal.siv_key(secret, kind, scope).hex(),
        "token": sealed.hex(),
        "text": text(sealed),
    }


def prefix_tag(entry):
    kind, version, scope, secret = of_key(entry)
    digits = front_door.read_prefix(kind, entry["input"])
    tag = telseal.prefix_tag(kind, digits, secret, version, scope)
    return {"digits": digits, "tag": tag.hex(), "text": text(tag)}


def of_key(entry):
    return entry["kind"], entry["key_version"], entry["scope"], bytes.fromhex(entry["secret"])


def wrapped(entry):
    """A keyring or an index key."""
    primary, kek = entry["primary"], bytes.fromhex(entry["kek"])
    secrets = [(version, bytes.fromhex(secret)) for version, secret in entry["secrets"]]
    if "scope" not in entry:
        made = telseal.wrap(KEYRING, kek, telseal.keyring_contents(primary, secrets))
        read = lambda: telseal.unwrap_keyring(kek, made)
    else:
        name = entry["kind"], entry["prefixes"], entry["scope"]
        made = telseal.wrap(INDEX_KEY, kek, telseal.index_key_contents(*name, primary, secrets))
        needed = telseal.fingerprints_of_k1(*name[:2], secrets, name[2])
        read = lambda: telseal.unwrap_index_key(kek, made, *name, needed)
    return {"wrapped": made.hex(), **class_of(read)}


def refused_token(entry):
    kind, version, scope, secret = of_key(entry)
    sealed = telseal.seal_block(kind, bytes.fromhex(entry["block"]), secret, version, scope)
    read = lambda: telseal.open_token(kind, sealed, {version: secret}, scope)
    return {"token": sealed.hex(), **class_of(read)}


def class_of(read):
    try:
        read()
    except Refused as refused:
        return {"class": str(refused)}
    return {}


def exchange(entry):
    kind, version, scope, secret = of_key(entry)
    seed = oblivious.seed_of(secret, kind, scope)
    sk, pk = oblivious.derive_key_pair(seed)
    inputs = [oblivious.private_input(kind, front_door.read(kind, text), scope) for text in entry["identifiers"]]
    blinds = [oblivious.scalar(bytes.fromhex(blind)) for blind in entry["blinds"]]
    blinded = [oblivious.multiply(blind, oblivious.hash_to_group(i)) for blind, i in zip(blinds, inputs, strict=True)]
    evaluated = [oblivious.multiply(sk, element) for element in blinded]
    random = oblivious.scalar(bytes.fromhex(entry["proof_random_scalar"]))
    proof = oblivious.generate_proof(sk, pk, blinded, evaluated, random)
    public_key = oblivious.public_key(kind, version, pk, scope)
    request = oblivious.elements_message("B", kind, version, blinded)
    response = oblivious.response(kind, version, evaluated, proof)

    # As a handset reads it.
    pk_read, scope_read = oblivious.read_public_key(kind, public_key)
    elements, proof = oblivious.read_response(kind, response)
    assert scope_read == scope
    assert oblivious.verify_proof(pk_read, oblivious.read_request(kind, request), elements, proof)
    outputs = [oblivious.finalize(*each) for each in zip(inputs, blinds, elements, strict=True)]
    assert outputs == [oblivious.evaluate(sk, i) for i in inputs]
    return {
        "seed": seed.hex(),
        "sk": sk.to_bytes(32, "little").hex(),
        "public_key": public_key.hex(),
        "inputs": [i.hex() for i in inputs],
        "request": request.hex(),
        "response": response.hex(),
        "tags": [output[:16].hex() for output in outputs],
    }


def rfc9497(entry, sk, pk):
    inputs = [bytes.fromhex(i) for i in entry["inputs"]]
    blinds = [oblivious.scalar(bytes.fromhex(blind)) for blind in entry["blinds"]]
    blinded = [oblivious.multiply(blind, oblivious.hash_to_group(i)) for blind, i in zip(blinds, inputs, strict=True)]
    evaluated = [oblivious.multiply(sk, element) for element in blinded]
    random = oblivious.scalar(bytes.fromhex(entry["proof_random_scalar"]))
    proof = oblivious.generate_proof(sk, pk, blinded, evaluated, random)
    return {
        "blinded_elements": [oblivious.encode(element).hex() for element in blinded],
        "evaluation_elements": [oblivious.encode(element).hex() for element in evaluated],
        "proof": b"".join(part.to_bytes(32, "little") for part in proof).hex(),
        "outputs": [oblivious.finalize(*each).hex() for each in zip(inputs, blinds, evaluated, strict=True)],
    }


GIVEN = {
    token: {"kind", "input", "secret", "key_version", "scope"},
    prefix_tag: {"kind", "input", "secret", "key_version", "scope"},
    wrapped: {"kek", "primary", "secrets", "kind", "prefixes", "scope", "why"},
    refused_token: {"kind", "why", "block", "secret", "key_version", "scope"},
    exchange: {"kind", "secret", "key_version", "scope", "identifiers", "blinds", "proof_random_scalar"},
    rfc9497: {"inputs", "blinds", "proof_random_scalar"},
}


def check(entries, compute, *arguments):
    """Each entry is what is given and what is computed from it, and nothing else."""
    for entry in entries:
        computed = {key: value for key, value in entry.items() if key not in GIVEN[compute]}
        assert compute(entry, *arguments) == computed, entry
    return len(entries)


def check_files(write):
    load = lambda name: json.loads((VECTORS / name).read_text())
    first, more = load("telseal-v1.json"), load("telseal-v1-more.json")
    yield "tokens", check(first.pop("tokens") + more.pop("tokens"), token)
    yield "prefix tags", check(more.pop("prefix_tags"), prefix_tag)
    yield "keyrings", check(more.pop("keyrings") + more.pop("refused_keyrings"), wrapped)
    yield "index keys", check(more.pop("index_keys") + more.pop("refused_index_keys"), wrapped)
    yield "malformed tokens", check(more.pop("refused_tokens"), refused_token)

    exchanges, rfc = load("telseal-v1-oblivious.json"), load("rfc9497-voprf.json")
    yield "exchanges", check(exchanges.pop("exchanges"), exchange)
    for element in exchanges["accepted_elements"]:
        assert oblivious.encode(oblivious.read_element(bytes.fromhex(element))).hex() == element
    for entry in exchanges["refused_elements"]:
        assert class_of(lambda: oblivious.read_element(bytes.fromhex(entry["element"]))), entry
    yield "elements", len(exchanges.pop("accepted_elements")) + len(exchanges.pop("refused_elements"))
    seed, key_info = (bytes.fromhex(rfc.pop(field)) for field in ("seed", "key_info"))
    sk, pk = oblivious.derive_key_pair(seed, key_info)
    assert [rfc.pop("sk"), rfc.pop("pk")] == [sk.to_bytes(32, "little").hex(), oblivious.encode(pk).hex()]
    yield "exchanges of RFC 9497", check(rfc.pop("vectors"), rfc9497, sk, pk)

    for rest in (first, more, exchanges, rfc):
        assert rest.keys() <= {"format", "origin"}, rest.keys()

    yield "refused inputs", len(made("telseal-v1-refused.json", refused.refusals(), write)["refused"])
    yield "fingerprinted keyrings", len(made("telseal-v1-fingerprints.json", fingerprints.vectors(), write)["keyrings"])
    yield "encrypted digits", len(made("telseal-v1-digits.json", ff1.vectors(), write)["digits"])
    yield "samples of FF1", ff1.check_samples()
    shorts = made("telseal-v1-short.json", short.vectors(), write)
    yield "short tags", len(shorts["short_tags"]) + len(shorts["refused"])
    names = {"", "-more", "-oblivious", "-refused", "-fingerprints", "-digits", "-short"}
    files = {"rfc9497-voprf.json"} | {f"telseal-v1{name}.json" for name in names}
    assert files == {path.name for path in VECTORS.iterdir()}


def made(name, vectors, write):
    """A file that is made here."""
    text = json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
    if write:
        (VECTORS / name).write_text(text)
    assert (VECTORS / name).read_text() == text, f"{name} is another: run this with --write, and look at what changed"
    return vectors


def values_of_the_examples():
    """What SPEC.md shows, one after the other."""
    secret, scope, kek = bytes(range(32)), ["acme", "routing"], bytes(range(0x20, 0x40))
    secrets = [(1, secret), (2, bytes(range(0x40, 0x60)))]
    cmac, dbl, xor = telseal.cmac, telseal.dbl, telseal.xor

    number = block("442079460018")
    key, start = telseal.siv_key(secret, "phone", scope), telseal.header("P", 1)
    k1, k2 = key[:32], key[32:]
    first, second = cmac(k1, bytes(16)), cmac(k1, start)
    d = xor(dbl(first), second)
    v = telseal.s2v(k1, start, number)
    q = (int.from_bytes(v, "big") & ~(1 << 63 | 1 << 31)).to_bytes(16, "big")
    m = xor(xor(dbl(d), bytes(8) + b"\x80" + bytes(7)), dbl(telseal.aes(k1, bytes(16))))
    assert v == telseal.aes(k1, xor(number + bytes(8), m))
    sealed = telseal.seal("phone", "442079460018", secret, 1, scope)
    yield from (number, telseal.info(b"telseal/v1/siv", "P", scope))
    yield telseal.hmac.digest(b"telseal/v1", secret, "sha256")
    yield from (k1, k2, start, first, second, d, dbl(d), xor(dbl(d), number + b"\x80" + bytes(7)), v, q)
    yield from (telseal.aes(k2, q), sealed[19:], m, sealed, text(sealed), text(v))
    for kind, digits in ("imsi", "001010123456789"), ("imei", "49015420323751"), ("imeisv", "4901542032375112"):
        yield from (block(digits), text(telseal.seal(kind, digits, secret, 1, scope)))
    yield text(telseal.seal("phone", "442079460018", secret, 258, scope))

    for label in (KEYRING, INDEX_KEY):
        yield telseal.hkdf(kek, label[1])
    yield telseal.wrap(KEYRING, kek, telseal.keyring_contents(1, secrets))
    contents = telseal.index_key_contents("phone", False, scope, 1, secrets)
    yield from (contents, telseal.wrap(INDEX_KEY, kek, contents))

    yield from (telseal.fingerprint_of_secret(secret, version) for version, secret in secrets)
    yield from telseal.fingerprints_of_k1("phone", False, secrets, scope).values()
    yield telseal.fingerprint_of_keyring(1, secrets)

    example = short.forms(short.bits_of(bytes.fromhex("62b4a7f5" + 24 * "0"), 20))
    yield from (f"`{example['bytes']}`", f"`{example['text']}`", f"number{example['number']}.")

    for kind, digits in ("phone", "44"), ("phone", "4420"), ("imsi", "00101"), ("imei", "49015420"):
        yield from (telseal.prefix_key(secret, kind, scope), telseal.header(LETTERS[kind].lower(), 1), block(digits))
        yield telseal.prefix_tag(kind, digits, secret, 1, scope)
    yield text(telseal.prefix_tag("phone", "44", secret, 1, scope))

    example = json.loads((VECTORS / "telseal-v1-oblivious.json").read_text())["exchanges"][0]
    for field in ("seed", "sk", "public_key", "inputs", "blinds", "request", "proof_random_scalar", "response", "tags"):
        yield from [example[field]] if isinstance(example[field], str) else example[field]


def check_examples():
    spec = (refused.ROOT / "SPEC.md").read_text()
    shown = "".join(spec.split())
    count = 0
    for value in values_of_the_examples():
        value = value if isinstance(value, str) else value.hex()
        assert value in shown or all(half in shown for half in (value[:64], value[64:])), value
        count += 1
    yield "values in SPEC.md", count
    yield "rows of section 5", front_door.check_rows(spec)
    rows = list(ff1.rows_of_the_examples())
    assert all(row in spec for row in rows), "\n".join(rows)
    yield "rows of section 11", len(rows)
    programs = re.findall(r"```python\n(.*?)```", spec, re.DOTALL)
    for program in programs:
        exec(program, {})
    yield "programs in SPEC.md", len(programs)


def main(arguments):
    match arguments:
        case [path, count]:
            with open(path, "w") as file:
                json.dump(generated.generated(int(count)), file)
        case [] | ["--write"]:
            for name, count in (*check_files("--write" in arguments), *check_examples()):
                assert count, name
                print(f"{count:4} {name}")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
