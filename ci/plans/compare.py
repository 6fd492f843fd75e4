"""What telseal-national reads, beside libphonenumber for Python with the same metadata: `ci/national`.

Every input is made of example numbers of the metadata and of numbers that are reserved for examples.
"""

import collections
import random
import subprocess
import sys

import phonenumbers as pn
from phonenumbers.phonenumbermatcher import _is_national_prefix_present_if_required

READ = sys.argv[1]
RESERVED = subprocess.run([READ, "reserved"], capture_output=True, text=True, check=True).stdout.split()
ROWS = 100_000
SEPARATORS = [" ", "-", ".", "/", "\u00a0", "\u202f", "\u2009", "\u2013", "\u2011"]
COUNTRIES = sorted(pn.SUPPORTED_REGIONS)


def examples():
    """(country, number) of every kind of every country, and of the reserved ranges."""
    found = set()
    for country in COUNTRIES:
        for kind in pn.PhoneNumberType.values():
            number = pn.example_number_for_type(country, kind)
            if number is not None and pn.is_valid_number(number):
                found.add((country, pn.format_number(number, pn.PhoneNumberFormat.E164)))
    for code in pn.COUNTRY_CODES_FOR_NON_GEO_REGIONS:
        number = pn.example_number_for_non_geo_entity(code)
        found.add((None, pn.format_number(number, pn.PhoneNumberFormat.E164)))
    return sorted(found, key=str)


def reserved(rng):
    """One number of a reserved range, with its country."""
    pattern = rng.choice(RESERVED)
    digits = "".join(rng.choice("0123456789" if c == "x" else "23456789") if c in "xn" else c for c in pattern)
    number = pn.parse("+" + digits)
    return pn.region_code_for_country_code(number.country_code), "+" + digits


def written(rng, country, e164):
    """The number in one of the forms of lists, and the country it is typed in."""
    number = pn.parse(e164)
    home = country or "GB"
    away = rng.choice(COUNTRIES)
    nsn = pn.national_significant_number(number)
    code = str(number.country_code)
    form = rng.randrange(12)
    if form == 0:
        return home, pn.format_number(number, pn.PhoneNumberFormat.NATIONAL)
    if form == 1:
        return rng.choice([home, away]), pn.format_number(number, pn.PhoneNumberFormat.INTERNATIONAL)
    if form == 2:
        return rng.choice([home, away]), pn.format_number(number, pn.PhoneNumberFormat.RFC3966)
    if form == 3:
        return away, pn.format_out_of_country_calling_number(number, away)
    if form == 4:
        return home, nsn
    if form == 5:
        return home, code + nsn
    if form == 6:
        trunk = pn.ndd_prefix_for_region(home, True) or "0"
        return away, f"+{code} ({trunk}){nsn}"
    if form == 7:
        return home, (pn.ndd_prefix_for_region(home, True) or "") + nsn
    text = pn.format_number(number, rng.choice([0, 1, 2]))
    if form == 8:
        return home, "".join(rng.choice(SEPARATORS) if c in " -" else c for c in text)
    if form == 9:
        at = rng.randrange(1, len(text))
        return home, text[:at] + text[at + 1:]
    if form == 10:
        return home, text + rng.choice("0123456789")
    return away, pn.format_number(number, pn.PhoneNumberFormat.NATIONAL)


def oracle(country, text):
    """The E.164 number that libphonenumber reads and calls valid, or None and the reason."""
    try:
        number = pn.parse(text, country, keep_raw_input=True)
    except pn.NumberParseException:
        return None, "not a number"
    e164 = pn.format_number(number, pn.PhoneNumberFormat.E164)
    if number.extension:
        return None, "extension"
    if not pn.is_valid_number(number):
        return None, "not valid"
    if not _is_national_prefix_present_if_required(number):
        return None, "without trunk prefix"
    return e164, ""


def is_reserved(e164):
    digits = e164[1:]
    return any(
        len(digits) == len(pattern) and all(p in "xn" or p == d for p, d in zip(pattern, digits)) for pattern in RESERVED
    )


def explained(text, spellings, our, their, why):
    """Who is right where the two differ, and why. None: nobody has looked at it."""
    if spellings and their is None:
        if is_reserved(spellings[0]):
            return "we", "the number is reserved for examples, and not in the metadata"
        if len(spellings) > 1 and why == "not valid":
            return "we", "the number has another spelling, which is valid"
        if any(c in text for c in "\u2009\u202f") and why == "not a number":
            return "we", "thin spaces are spaces"
        if "(0)" in text and text.startswith("+"):
            return "we", "`(0)` is notation in a country without a trunk prefix too, where nothing else is valid"
        if why == "not valid" and any(pn.is_valid_number(pn.parse(spelling)) for spelling in spellings):
            return "we", "what they take for a trunk or international prefix leaves no number, and without it there is one"
        if why == "not a number" and text.startswith("01") and spellings[0].startswith("+972"):
            return "-", "Israel: a 0 that nobody needs to dial looks like the beginning of a carrier's prefix"
        if why == "without trunk prefix":
            return "we", "a trunk prefix is there that they do not look for"
    if their and not spellings:
        if our == "NotADigit" and "~" in text:
            return "they", "`~` stands for a tone to wait for; nobody types it"
        if our in ("Parenthesis", "International(Parenthesis)"):
            return "we", "a parenthesis that is not closed: something is missing"
        if our.startswith("International(") and not text.startswith("+"):
            return "we", "the core's forms are stricter"
        if our in ("TooShort", "International(TooFewDigits { min: 7, max: 15 })"):
            return "-", "fewer than the 7 digits that telseal needs"
        if our in ("TooLong", "International(TooManyDigits { min: 7, max: 15 })"):
            return "-", "more than the 15 digits of E.164"
        if our == "NoTrunkPrefix":
            return "we", "Argentina's numbers are written with 0; they take a prefix of no digits for one"
        if our == "Ambiguous":
            return "we", "the text can be read as two numbers"
    return None


def main():
    rng = random.Random(17)
    pool = examples()
    rows = []
    while len(rows) < ROWS:
        country, e164 = reserved(rng) if rng.random() < 0.3 else rng.choice(pool)
        country, text = written(rng, country, e164)
        rows.append((country, text))
    lines = "".join(f"{country}\t{text}\n" for country, text in rows)
    ours = subprocess.run([READ], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(ours) == len(rows)
    verdicts, reasons, unexplained = collections.Counter(), collections.Counter(), []
    for (country, text), our in zip(rows, ours):
        their, why = oracle(country, text)
        spellings = our.split() if our.startswith("+") else []
        if their is None and not spellings:
            verdicts["both refuse"] += 1
        elif their in spellings:
            verdicts["both read the same number"] += 1
        else:
            verdicts["only they read" if not spellings else "only we read" if their is None else "ANOTHER NUMBER"] += 1
            reason = explained(text, spellings, our, their, why)
            if reason is None:
                unexplained.append((country, repr(text), our, their, why))
            else:
                reasons[reason] += 1
    for verdict, count in verdicts.most_common():
        print(f"{count:7} {verdict}")
    print("\nWhere they differ:")
    for (who, reason), count in reasons.most_common():
        print(f"{count:7} right: {who:5} {reason}")
    print(f"{len(unexplained):7} not explained")
    for case in unexplained[:20]:
        print("       ", *case)
    if unexplained or verdicts["ANOTHER NUMBER"] or verdicts["both read the same number"] < ROWS // 2:
        sys.exit(1)


main()
