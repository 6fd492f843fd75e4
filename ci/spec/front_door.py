"""Which digits a text or octet string means: section 5 of SPEC.md."""

import re

from telseal import LENGTHS, Refused, refuse_unless

# Typed text

ZEROS = (
    "0030 0660 06F0 07C0 0966 09E6 0A66 0AE6 0B66 0BE6 0C66 0CE6 0D66 0DE6 0E50 0ED0 0F20 1040 1090 17E0 1810 1946 "
    "19D0 1A80 1A90 1B50 1BB0 1C40 1C50 A620 A8D0 A900 A9D0 A9F0 AA50 ABF0 FF10 10D30 11136 1E950"
)
ALIKE = {
    "": "00AD 061C 200B-200F 202A-202E 2060 2066-2069 FEFF",
    " ": "0009-000D 0020 0085 00A0 1680 2000-200A 2028 2029 202F 205F 3000",
    "-": "002D 2010-2015 2212 30FC FE63 FF0D",
    ".": "002E FF0E",
    "/": "002F FF0F",
    "\u00b7": "00B7",
    "+": "002B FF0B",
    "(": "0028 FF08",
    ")": "0029 FF09",
}


def code_points(ranges):
    for first, last in (each.split("-") if "-" in each else (each, each) for each in ranges.split()):
        yield from range(int(first, 16), int(last, 16) + 1)


PLAIN = {code: plain for plain, ranges in ALIKE.items() for code in code_points(ranges)}
PLAIN |= {zero + digit: str(digit) for zero in code_points(ZEROS) for digit in range(10)}
BLANK = "".join(chr(code) for code, plain in PLAIN.items() if plain in ("", " "))


def typed(text):
    """The text without blanks at its ends."""
    refuse_unless(len(text.encode()) <= 1024, "length")
    text = text.strip(BLANK)
    refuse_unless(text, "empty")
    return text


def plain(text):
    """What is seen of a text, in ASCII where that has a character alike."""
    return text.translate(PLAIN)


def match(pattern, text):
    found = re.fullmatch(pattern, text, re.ASCII)
    refuse_unless(found, "form")
    return found


def only_digits(text):
    return re.sub("[^0-9]", "", text)


def in_range(kind, digits):
    least, most = LENGTHS[kind]
    refuse_unless(least <= len(digits) <= most, "digits")
    refuse_unless(kind != "phone" or digits[0] != "0", "first digit 0")
    return digits


# Phone numbers

VALUE = r"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|%[0-9A-Fa-f]{2})+"
PARAMETERS = rf"(?:;[A-Za-z0-9\-]+(?:={VALUE})?)*"
TWO_DIGIT_CODES = (
    "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 "
    "91 92 93 94 95 98"
).split()
CODES_BEFORE_ZERO = "39 47 225 226 227 229 241 242 247 267 268 378 501 676 679 687 800 853 881 888 974 992".split()


def country_code(digits):
    return digits[: 1 if digits[0] in "17" else 2 if digits[:2] in TWO_DIGIT_CODES else 3]


def global_number(text):
    """The digits of a plus sign and a number."""
    number = match(r"\( *\+.*|\+.*", plain(text))[0]
    number = number.replace("+", "", 1)
    match(r"[0-9 \-./\u00b7]*(\([0-9 \-./\u00b7]*\)[0-9 \-./\u00b7]*)*", number)
    before, between, behind = match(r"([^0-9]*)(.*?)([^0-9]*)", number).groups()
    refuse_unless(not set("/\u00b7") & set(before + behind), "separator")
    groups = re.findall(r"\((.*?)\)", number)
    refuse_unless(not any(re.fullmatch("0+", only_digits(group)) for group in groups), "trunk prefix")
    separators = re.findall("[^0-9]", between)
    refuse_unless(not (separators == ["."] and re.search(r"\.00?$", between)), "decimal part")
    digits = only_digits(number)
    refuse_unless(digits and digits[0] != "0", "first digit 0")
    code = country_code(digits)
    refuse_unless(digits[len(code) :][:1] != "0" or code in CODES_BEFORE_ZERO, "trunk prefix")
    return digits


def subscriber(text):
    number, *_ = text.split(";", 1)
    parameters = match(PARAMETERS, text[len(number) :])[0]
    names = {parameter.split("=")[0].lower() for parameter in parameters.split(";")}
    refuse_unless(not names & {"ext", "isub"}, "parameter")
    return global_number(number)


def characters(plain):
    """A pattern for the characters that are alike."""
    return f"[{re.escape(''.join(chr(code) for code in code_points(ALIKE[plain])))}]"


def behind(word, text):
    """The text behind a word and white space. A space in it is any, and invisible characters may stand in it."""
    letters = (characters(" ") if letter == " " else letter for letter in word)
    found = re.match((characters("") + "*").join(letters) + f"[{re.escape(BLANK)}]*", text, re.IGNORECASE | re.ASCII)
    return text[found.end() :] if found else None


def sip_user(uri):
    user, at, host = uri.partition("@")
    host, *parts = host.split("?")[0].split(";")
    visible = all("!" <= char <= "~" for char in host + "".join(parts))
    refuse_unless(at and host and visible and "user=phone" in map(str.lower, parts), "SIP URI")
    return user


def read_phone(text):
    if text.startswith("msisdn-"):
        return in_range("phone", match("msisdn-([0-9]*)", text)[1])
    text = typed(text)
    if (number := behind("tel:", text)) is not None:
        return in_range("phone", subscriber(number))
    for scheme in ("sip:", "sips:"):
        if (uri := behind(scheme, text)) is not None:
            return in_range("phone", subscriber(sip_user(uri)))
    return in_range("phone", global_number(text))


# IMSIs and IMEIs


def spaced(text, separators):
    """Digits between which separators stand."""
    return match(rf"[0-9]([0-9 \-{separators}]*)", plain(text))[0]


def read_imsi(text):
    if text.startswith("imsi-"):
        return in_range("imsi", match("imsi-([0-9]*)", text)[1])
    return in_range("imsi", only_digits(spaced(typed(text), "")))


def with_slashes(text):
    text = spaced(text, "/")
    refuse_unless(not re.search("/[^0-9]*$", text), "slash")
    return text


def read_imei(text):
    urn = rf"(?i:urn:gsma:imei:)([0-9]{{8}})-([0-9]{{6}})-([0-9])(?:;(?i:svn|vers)(?:={VALUE})?)*"
    if found := re.fullmatch(rf"imei-([0-9]{{15}})|{urn}", text, re.ASCII):
        return without_fifteenth("".join(found.groups("")), spare=True)
    text = typed(text)
    text = next((rest for word in ("imei:", "imei ") if (rest := behind(word, text)) is not None), text)
    text = with_slashes(text)
    digits = only_digits(text)
    version = only_digits(text.rpartition("/")[2])
    refuse_unless(len(digits) in (14, 15) or len(digits) == 17 and "/" in text and len(version) == 2, "digits")
    return without_fifteenth(digits[:15], spare=False)


def without_fifteenth(digits, spare):
    refuse_unless(len(digits) == 14 or digits[14] in luhn(digits[:14]) + "0" * spare, "check digit")
    return digits[:14]


def luhn(digits):
    doubled = "".join(str(int(digit) * 2) if at % 2 else digit for at, digit in enumerate(digits))
    return str(-sum(map(int, doubled)) % 10)


def read_imeisv(text):
    if text.startswith("imeisv-"):
        return in_range("imeisv", match("imeisv-([0-9]*)", text)[1])
    return in_range("imeisv", only_digits(with_slashes(typed(text))))


def read(kind, text):
    return {"phone": read_phone, "imsi": read_imsi, "imei": read_imei, "imeisv": read_imeisv}[kind](text)


def read_prefix(kind, text):
    text = typed(text)
    if kind == "phone":
        digits = global_number(text)
    else:
        digits = only_digits(with_slashes(text) if kind == "imei" else spaced(text, ""))
    refuse_unless(1 <= len(digits) <= (8 if kind == "imei" else 10), "digits")
    return digits


# Octets


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
    escape = re.compile(r"\\u([0-9a-f]{4})")
    return [(form, escape.sub(lambda code: chr(int(code[1], 16)), text), digits) for form, text, digits in rows]


def check_rows(spec):
    for form, text, expected in rows(spec):
        assert digits_or_refused(form, text) == expected, (form, text)
    return len(rows(spec))
