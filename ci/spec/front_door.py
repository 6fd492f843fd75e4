"""Which digits a text or octet string means: section 5 of SPEC.md."""

import re

from telseal import LENGTHS, Refused, refuse_unless

VALUE = r"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|%[0-9A-Fa-f]{2})+"
PARAMETERS = rf"(?:;[A-Za-z0-9\-]+(?:={VALUE})?)*"
PLAIN = r"[0-9 .\-]"
NUMBER = rf"(?:{PLAIN}|\({PLAIN}*\))*"


def match(pattern, text):
    found = re.fullmatch(pattern, text, re.ASCII)
    refuse_unless(found, "form")
    return found


def in_range(kind, digits):
    least, most = LENGTHS[kind]
    refuse_unless(least <= len(digits) <= most, "digits")
    refuse_unless(kind != "phone" or digits[0] != "0", "first digit 0")
    return digits


def number_digits(number):
    groups = (re.sub("[^0-9]", "", group) for group in re.findall(r"\((.*?)\)", number))
    refuse_unless("0" not in groups, "trunk prefix")
    return re.sub("[^0-9]", "", number)


def read_phone(text):
    if text.startswith("msisdn-"):
        return in_range("phone", match(r"msisdn-([0-9]*)", text)[1])
    found = match(rf"(\+|(?i:tel:)\+)({NUMBER})({PARAMETERS})", text)
    refuse_unless(found[1] != "+" or not found[3], "form")
    names = {parameter.split("=")[0].lower() for parameter in found[3].split(";")}
    refuse_unless(not names & {"ext", "isub"}, "parameter")
    return in_range("phone", number_digits(found[2]))


def read_imei(text):
    checked = re.fullmatch(r"([0-9]{14})([0-9]?)|([0-9]{2})-([0-9]{6})-([0-9]{6})-([0-9])", text)
    if checked:
        digits = "".join(checked.groups(""))
    else:
        urn = rf"(?i:urn:gsma:imei:)([0-9]{{8}})-([0-9]{{6}})-([0-9])(?:;(?i:svn|vers)(?:={VALUE})?)*"
        digits = "".join(match(rf"imei-([0-9]{{15}})|{urn}", text).groups(""))
    return without_fifteenth(digits, spare=not checked)


def without_fifteenth(digits, spare):
    refuse_unless(len(digits) == 14 or digits[14] in luhn(digits[:14]) + "0" * spare, "check digit")
    return digits[:14]


def luhn(digits):
    doubled = "".join(str(int(digit) * 2) if at % 2 else digit for at, digit in enumerate(digits))
    return str(-sum(map(int, doubled)) % 10)


def read(kind, text):
    if kind == "phone":
        return read_phone(text)
    if kind == "imei":
        return read_imei(text)
    return in_range(kind, match(rf"(?:{kind}-)?([0-9]*)", text)[1])


def read_prefix(kind, text):
    number = match(rf"\+({NUMBER})" if kind == "phone" else "([0-9]*)", text)[1]
    digits = number_digits(number)
    most = 8 if kind == "imei" else 10
    refuse_unless(1 <= len(digits) <= most and not (kind == "phone" and digits[0] == "0"), "digits")
    return digits


def read_tbcd(kind, octets):
    text = "".join(f"{octet & 15:x}{octet >> 4:x}" for octet in octets)
    digits = text.removesuffix("f")
    refuse_unless(digits.isdecimal(), "TBCD")
    if kind == "imei" and len(digits) == 15:
        return without_fifteenth(digits, spare=True)
    return in_range(kind, digits)


def read_address_string(octets):
    refuse_unless(octets[:1] == b"\x91", "address")
    return read_tbcd("phone", octets[1:])


def read_row(form, text):
    kind, form = form.split(", ")
    kind = kind.lower()
    if form == "bare":
        return in_range(kind, match("([0-9]*)", text)[1])
    if form == "TBCD":
        return read_tbcd(kind, bytes.fromhex(text))
    if form == "ISDN-AddressString":
        return read_address_string(bytes.fromhex(text))
    assert form == "text"
    return read(kind, text)


def digits_or_refused(form, text):
    try:
        return read_row(form, text)
    except Refused:
        return "refused"


def rows(spec):
    """The table of examples: form, input, and digits or "refused"."""
    section = spec.split("### Examples")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+, [\w-]+) \| `(.*)` \| (\w+) \|$", section, re.MULTILINE)
    assert len(rows) == section.count("` |"), "a row is not understood"
    return rows


def check_rows(spec):
    for form, text, expected in rows(spec):
        assert digits_or_refused(form, text) == expected, (form, text)
    return len(rows(spec))
