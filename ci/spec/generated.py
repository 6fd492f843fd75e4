"""Random inputs with some faults each, and what SPEC.md says of them: for the library to say the same.

Faults are checked in an order, so inputs with several show that the order is kept.
"""

import random
import re

import front_door
import refused
import telseal
from telseal import INDEX_KEY, KEYRING

PIECES = [*"0123456789 -.()+;=%_/*", "msisdn-", "imsi-", "imei-", "imeisv-", "tel:+", "TEL:+", "urn:gsma:imei:"]
PIECES += [";svn=42", ";vers", ";ext=1", ";isub", ";rn=+1", "(0)", "(0", "0)", "00", ".0", ".00", "+39 0", "\u00e9"]
PIECES += ["sip:", "sips:", "@example.org;user=phone", "imei:", "IMEI ", "F", "\n", "\t", "\u00a0", "\u2009", "\u3000"]
PIECES += [*"\u00ad\u200b\u061c\u2010\uff0d\u30fc\uff0e\uff0f\u00b7\uff0b\uff08\uff09\u0660\u0664\u0966\uff14\U0001e954"]


def changed(choice, items, pieces):
    """A list of characters or bytes with up to three changes."""
    items = list(items)
    for _ in range(choice.randrange(4)):
        at, end = sorted(choice.randrange(len(items) + 1) for _ in range(2))
        change = choice.randrange(4)
        if change == 0:
            items[at:at] = choice.choice(pieces)
        elif change == 1:
            del items[at : at + choice.choice((1, 1, 2, 32, 34))]
        elif change == 2:
            items[at : at + 1] = choice.choice(pieces)
        else:
            items[at:end] = items[at:end][::-1]
    return items


def rows(choice, count):
    """(form, input, digits or "refused"), as in the examples of section 5."""
    examples = front_door.rows((refused.ROOT / "SPEC.md").read_text())
    texts = [form for form, _, _ in examples if form.endswith("text")]
    for _ in range(count):
        form, text, _ = choice.choice(examples)
        if re.fullmatch(".*(TBCD|AddressString)", form):
            octets = bytes(changed(choice, bytes.fromhex(text), [bytes([n]) for n in range(256)]))
            text = octets.hex()
        else:
            text = "".join(changed(choice, text, PIECES))
            form = choice.choice((form, form, choice.choice(texts)))
        yield form, text, front_door.digits_or_refused(form, text)


def inputs(choice, count):
    """In the form of the vectors of what is refused; the class of what is read is `read`."""
    faults = list(refused.faults())
    for _ in range(count):
        reader, kind, _, _, data = choice.choice(faults)
        if reader in ("keyring", "index key") and choice.randrange(3):
            data = rewrapped(choice, reader)
        if isinstance(data, str):
            data = "".join(changed(choice, data, list(telseal.ALPHABET + "=+/ \u00e9")))
        else:
            data = bytes(changed(choice, data, [bytes([n]) for n in (0, 1, 2, 3, *b"KBE\x11\x3d\x3e\x49\x55\xa5\xff")]))
        yield refused.entry(reader, kind, "generated", refused.class_of(reader, kind, data), data)


def rewrapped(choice, reader):
    """Authentic contents, mostly with faults."""
    secrets = [(version, bytes(32)) for version in choice.choices(range(4), k=choice.randrange(4))]
    secrets = choice.choice((secrets, sorted(secrets), list(refused.SECRETS.items())))
    primary = choice.randrange(4)
    if reader == "keyring":
        return telseal.wrap(KEYRING, refused.KEK, telseal.keyring_contents(primary, secrets))
    kind, prefixes = choice.choice((("phone", False), ("phone", False), ("imsi", False), ("phone", True)))
    scope = choice.choice((refused.SCOPE, refused.SCOPE, ["acme"]))
    contents = telseal.index_key_contents(kind, prefixes, scope, primary, secrets)
    return telseal.wrap(INDEX_KEY, refused.KEK, contents)


def generated(count):
    choice = random.Random()
    return refused.vectors(list(inputs(choice, count))) | {"rows": list(rows(choice, count))}
