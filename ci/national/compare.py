"""What telseal-national reads, beside libphonenumber for Python with the same metadata.

Every input is made of example numbers of the metadata and of numbers that are reserved for examples. Prints how many agree,
and each disagreement that no rule below explains.
"""

import collections
import random
import subprocess
import sys

import phonenumbers as pn
from phonenumbers.phonenumbermatcher import _is_national_prefix_present_if_required

RESERVED = sys.argv[2:] and [line.strip() for line in open(sys.argv[2])]
ROWS = 100_000
SEPARATORS = [" ", "-", ".", "/", "\u00a0", "\u202f", "\u2009", "\u2013", "\u2011"]
COUNTRIES = sorted(pn.SUPPORTED_REGIONS)
# What a national text is read as in the country it is typed in, unless `certain` asks for more.
KEEP = pn.CountryCodeSource


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
    """All that libphonenumber has to say: the E.164 number or None, and why it is not certain."""
    try:
        number = pn.parse(text, country, keep_raw_input=True)
    except pn.NumberParseException:
        return None, "not read"
    e164 = pn.format_number(number, pn.PhoneNumberFormat.E164)
    if number.extension:
        return None, "extension"
    if not pn.is_valid_number(number):
        return None, "not valid"
    if not _is_national_prefix_present_if_required(number):
        return None, "no prefix"
    return e164, number.country_code_source


def main():
    rng = random.Random(17)
    pool = examples()
    rows = []
    while len(rows) < ROWS:
        country, e164 = reserved(rng) if RESERVED and rng.random() < 0.3 else rng.choice(pool)
        country, text = written(rng, country, e164)
        rows.append((country, text, e164))
    lines = "".join(f"{country}\t{text}\n" for country, text, _ in rows)
    ours = subprocess.run([sys.argv[1]], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(ours) == len(rows)
    verdicts = collections.Counter()
    shown = collections.defaultdict(list)
    for (country, text, e164), our in zip(rows, ours):
        their, why = oracle(country, text)
        spellings = our.split() if our.startswith("+") else []
        if their is None:
            verdict = "both refuse" if not spellings else f"only we read ({why})"
        elif not spellings:
            verdict = f"only they read ({our})"
        else:
            verdict = "both read the same" if their in spellings else "ANOTHER NUMBER"
        verdicts[verdict] += 1
        shown[verdict].append((country, text, e164, our, their))
    for verdict, count in verdicts.most_common():
        print(f"{count:7} {verdict}")
    for verdict, cases in shown.items():
        if not verdict.startswith("both"):
            print("--", verdict)
            for case in cases[: int(sys.argv[3]) if sys.argv[3:] else 5]:
                print("   ", *case)


main()
