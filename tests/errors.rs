//! Whatever comes in, the answer is a value or an error, never a panic, and no error shows any of the input.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use proptest::{collection::vec, prelude::*, sample::select};
use std::fmt::Debug;
use telseal::{
    Identifier, Imei, Imeisv, Imsi, KeyVersion, ParseError, ParseErrorKind, PhoneNumber, Prefix, Tag, Token,
};

type TextReader = (&'static str, fn(&str) -> Result<(), ParseError>);
type OctetReader = (&'static str, fn(&[u8]) -> Result<(), ParseError>);

/// All that reads a text.
const TEXT_READERS: [TextReader; 18] = [
    ("PhoneNumber", |text| text.parse::<PhoneNumber>().map(drop)),
    ("msisdn", |text| PhoneNumber::from_msisdn(text).map(drop)),
    ("Imsi", |text| text.parse::<Imsi>().map(drop)),
    ("Imeisv", |text| text.parse::<Imeisv>().map(drop)),
    ("Imei", |text| text.parse::<Imei>().map(drop)),
    ("token of phone numbers", |text| text.parse::<Token<PhoneNumber>>().map(drop)),
    ("token of IMSIs", |text| text.parse::<Token<Imsi>>().map(drop)),
    ("token of IMEIs", |text| text.parse::<Token<Imei>>().map(drop)),
    ("token of IMEISVs", |text| text.parse::<Token<Imeisv>>().map(drop)),
    ("hex token of phone numbers", |text| Token::<PhoneNumber>::from_hex(text).map(drop)),
    ("hex token of IMEISVs", |text| Token::<Imeisv>::from_hex(text).map(drop)),
    ("tag", |text| text.parse::<Tag<Imsi>>().map(drop)),
    ("hex tag", |text| Tag::<Imsi>::from_hex(text).map(drop)),
    ("key version", |text| text.parse::<KeyVersion>().map(drop)),
    ("scope", scope),
    ("prefix of phone numbers", |text| text.parse::<Prefix<PhoneNumber>>().map(drop)),
    ("prefix of IMSIs", |text| text.parse::<Prefix<Imsi>>().map(drop)),
    ("prefix of IMEIs", |text| text.parse::<Prefix<Imei>>().map(drop)),
];

#[cfg(feature = "seal")]
fn scope(text: &str) -> Result<(), ParseError> {
    telseal::Scope::new(text.split('|')).map(drop)
}

#[cfg(not(feature = "seal"))]
fn scope(_: &str) -> Result<(), ParseError> {
    Ok(())
}

/// All that reads octets.
const OCTET_READERS: [OctetReader; 8] = [
    ("TBCD of a phone number", |octets| PhoneNumber::from_tbcd(octets).map(drop)),
    ("ISDN-AddressString", |octets| PhoneNumber::from_address_string(octets).map(drop)),
    ("TBCD of an IMSI", |octets| Imsi::from_tbcd(octets).map(drop)),
    ("TBCD of an IMEISV", |octets| Imeisv::from_tbcd(octets).map(drop)),
    ("TBCD of an IMEI", |octets| Imei::from_tbcd(octets).map(drop)),
    ("token of phone numbers", |octets| Token::<PhoneNumber>::try_from(octets).map(drop)),
    ("token of IMEISVs", |octets| Token::<Imeisv>::try_from(octets).map(drop)),
    ("tag", |octets| Tag::<Imsi>::try_from(octets).map(drop)),
];

/// Texts that are read by some reader, and texts that nearly are.
const FORMS: [&str; 26] = [
    "+442079460018",
    "+44 (20) 7946-0018",
    "+44 (0)20 7946 0018",
    "+44 (20 7946 0018",
    "+44 20) 7946 (0018",
    "tel:+44-20-7946-0018;npdi;rn=+442079460999",
    "tel:+442079460018;ext=1234",
    "msisdn-442079460018",
    "442079460018",
    "00442079460018",
    "001010123456789",
    "imsi-999700123456789",
    "490154203237518",
    "49-015420-323751-8",
    "49015420323751",
    "imei-490154203237510",
    "urn:gsma:imei:49015420-323751-0;svn=42;vers=0",
    "4901542032375142",
    "imeisv-4901542032375142",
    "UQABaTuJ6PXLgGNw3yaoYp50kX2QZ8m_-1bC",
    "PQABaTuJ6PXLgGNw3yaoYp50kX2QZ8m_-1bC",
    "SQAB000000000000000000000000000000000",
    "3d0001693b89e8f5cb806370df26a8629e74917d9067c9bffb56c2",
    "0123456789ABCDEFabcdef9876543210",
    "acme|routing",
    "|0123456789",
];

/// The error's texts, without the numbers that the documentation has: whatever is left of digits must be a
/// position or a length.
fn shown(error: &ParseError) -> [String; 2] {
    let constants = ["RFC 3966", "E.164", "65535", "255", "ristretto255", "1024"];
    [error.to_string(), format!("{error:?}")].map(|text| {
        let text = match text.split_once("U+") {
            Some((before, named)) => {
                let end = named.find(|char: char| !char.is_ascii_hexdigit()).unwrap_or(named.len());
                let char = u32::from_str_radix(&named[..end], 16).ok().and_then(char::from_u32).unwrap();
                assert!(!char.is_alphanumeric() && !char.is_ascii(), "{text}");
                [before, &named[end..]].concat()
            }
            None => text,
        };
        constants.iter().fold(text, |text, constant| text.replace(constant, ""))
    })
}

/// No input here has a hundred bytes, so that positions and lengths have two digits: a run of three would be the
/// input's.
#[track_caller]
fn shows_no_run_of_digits(reader: &str, result: Result<(), ParseError>) {
    let Err(error) = result else { return };
    for text in shown(&error) {
        let longest = text.split(|char: char| !char.is_ascii_digit()).map(str::len).max();
        assert!(longest <= Some(2), "{reader}: {error:?}");
    }
    assert!(error.position() < Some(100), "{reader}: {error:?}");
}

/// The text with every digit from 1 to 9 moved on by `by`, and nothing else changed.
fn moved(text: &str, by: u8) -> String {
    text.chars()
        .map(|char| match char {
            '1'..='9' => char::from(b'1' + (char as u8 - b'1' + by) % 9),
            other => other,
        })
        .collect()
}

fn moved_nibbles(octets: &[u8], by: u8) -> Vec<u8> {
    let moved = |nibble| match nibble {
        1..=9 => 1 + (nibble - 1 + by) % 9,
        other => other,
    };
    octets.iter().map(|octet| moved(octet & 0xF) | moved(octet >> 4) << 4).collect()
}

/// Two inputs that differ in the values of their digits alone have one verdict, to the letter: the error says
/// nothing about the digits. That 0 is not moved leaves the rules on leading zeros and spare digits in force. The other
/// verdicts on values are those on the check digit and on prefixes and types that are not the number's.
#[track_caller]
fn same_but_for_the_check_digit(input: &dyn Debug, a: Result<(), ParseError>, b: Result<(), ParseError>) {
    use ParseErrorKind::{CheckDigit, CheckOrSpareDigit, InternationalPrefix, TrunkPrefix, TypeOfAddress};
    // Which country it is decides whether a zero is a trunk prefix, and 011 is an international prefix.
    let by_value = [CheckDigit, CheckOrSpareDigit, InternationalPrefix, TrunkPrefix, TypeOfAddress];
    let on_the_check_digit =
        |result: &Result<(), ParseError>| result.as_ref().is_err_and(|error| by_value.contains(&error.kind()));
    if !on_the_check_digit(&a) && !on_the_check_digit(&b) {
        assert_eq!(a, b, "{input:?}");
    }
}

/// A form with some characters replaced, inserted or taken out.
fn mutated() -> impl Strategy<Value = String> {
    let edit = (
        any::<prop::sample::Index>(),
        0..3_u8,
        prop_oneof![any::<char>(), "[ -~]".prop_map(first), "[0-9]".prop_map(first)],
    );
    (select(&FORMS[..]), vec(edit, 0..4)).prop_map(|(form, edits)| {
        let mut chars: Vec<char> = form.chars().collect();
        for (at, edit, char) in edits {
            let at = at.index(chars.len() + 1);
            match edit {
                0 => chars.insert(at, char),
                1 if at < chars.len() => chars[at] = char,
                _ if at < chars.len() => drop(chars.remove(at)),
                _ => {}
            }
        }
        chars.into_iter().collect()
    })
}

fn first(text: String) -> char {
    text.chars().next().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_text(text in "\\PC{0,24}|[0-9]{0,40}|.{0,24}") {
        for (reader, read) in TEXT_READERS {
            shows_no_run_of_digits(reader, read(&text));
        }
    }

    #[test]
    fn forms_with_some_characters_changed(text in mutated()) {
        for (reader, read) in TEXT_READERS {
            shows_no_run_of_digits(reader, read(&text));
        }
    }

    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..40)) {
        for (reader, read) in OCTET_READERS {
            shows_no_run_of_digits(reader, read(&octets));
        }
    }

    #[test]
    fn the_verdict_on_a_text_does_not_depend_on_its_digits(text in mutated(), by in 1..9_u8) {
        for (_, read) in TEXT_READERS[..5].iter().chain(&TEXT_READERS[15..]) {
            same_but_for_the_check_digit(&text, read(&text), read(&moved(&text, by)));
        }
    }

    #[test]
    fn the_verdict_on_octets_does_not_depend_on_their_digits(octets in vec("[0-9A-F]{2}", 0..10), by in 1..9_u8) {
        let octets = hex::decode(octets.concat()).unwrap();
        let moved = moved_nibbles(&octets, by);
        for (_, read) in [OCTET_READERS[0], OCTET_READERS[2], OCTET_READERS[3], OCTET_READERS[4]] {
            same_but_for_the_check_digit(&octets, read(&octets), read(&moved));
        }
        let [octets, moved] = [octets, moved].map(|octets| [&[0x91], &octets[..]].concat());
        same_but_for_the_check_digit(&octets, OCTET_READERS[1].1(&octets), OCTET_READERS[1].1(&moved));
    }
}

/// What a program counts and decides by: the same for all inputs that break one rule.
#[test]
fn kinds() {
    use ParseErrorKind::*;
    let phone = |text: &str| text.parse::<PhoneNumber>().unwrap_err().kind();
    let imei = |text: &str| text.parse::<Imei>().unwrap_err().kind();
    let token = |text: &str| text.parse::<Token<PhoneNumber>>().unwrap_err().kind();
    let address = |octets: &[u8]| PhoneNumber::from_address_string(octets).unwrap_err().kind();
    for text in ["+44", "+4420", "tel:+44207;npdi", "msisdn-442079"] {
        assert_eq!(phone(text), TooFewDigits { min: 7, max: 15 }, "{text}");
    }
    for text in ["+4420794600180000", "+44 20 7946 0018 00000", "msisdn-4420794600180000"] {
        assert_eq!(phone(text), TooManyDigits { min: 7, max: 15 }, "{text}");
    }
    for (text, kind) in [
        ("+44 20 7946 OO18", NotADigit),
        ("+44 (0)20 7946 0018", TrunkPrefix),
        ("+0442079460018", CountryCode),
        ("+44 (20 7946 0018", Parenthesis),
        ("tel:+442079460018;", Parameter),
        ("tel:+442079460018;ext=7", Extension),
        ("+44 20 7946 0018 ext. 12", Extension),
        ("+44 20 7946 0018 Extension 1234567", Extension),
        ("+44 20 7946 0018x1", Extension),
        ("+44 20 7946 0018 #12", Extension),
        ("+44 20 7946 0018,,12", Extension),
        ("+44 20 7946 0018;12", Extension),
        ("+44 20 7946 0018 p12", Extension),
        ("+44 20 7946 0018 x\u{661}\u{662}", Extension),
        ("+44 20 7946 0018 ext. 12345678", NotADigit),
        ("+44 20 7946 0018 ext.", NotADigit),
        ("+44 20 7946 0018 ext. 1 2", NotADigit),
        ("+44 20 7946 0018 x+44", NotADigit),
        ("+4.42079E+11", NotADigit),
        ("+44 20 7946 0018 home 12", NotADigit),
        ("+44 20 7946 0018; 020 7946 0018", NotADigit),
        ("+x12", NotADigit),
    ] {
        assert_eq!(phone(text), kind, "{text}");
    }
    for (text, kind) in [
        ("490154203237519", CheckDigit),
        ("imei-490154203237511", CheckOrSpareDigit),
        ("4901542032375142", Imeisv),
        ("urn:gsma:imei:49015420-323751-00", UrnGroups),
        ("urn:gsma:imei:490154203237510", Hyphen),
    ] {
        assert_eq!(imei(text), kind, "{text}");
    }
    for (octets, kind) in [
        (&[][..], TooFewBytes { min: 5, max: 9 }),
        (&[0x91; 10], TooManyBytes { min: 5, max: 9 }),
        (&[0x11, 0x44, 0x02, 0x97, 0x64, 0x00, 0x81], AddressExtension),
        (&[0xA1, 0x44, 0x02, 0x97, 0x64, 0x00, 0x81], NatureOfAddress),
        (&[0x92, 0x44, 0x02, 0x97, 0x64, 0x00, 0x81], NumberingPlan),
        (&[0x91, 0x44, 0x02, 0x97, 0x64, 0x00, 0xA1], NotADigitNibble),
        (&[0x91, 0x44, 0xF2, 0x97, 0x64, 0x00, 0x81], Filler),
    ] {
        assert_eq!(address(octets), kind, "{octets:x?}");
    }
    for (text, kind) in [
        ("PQAB", TooFewBytes { min: 36, max: 36 }),
        ("PQABaTuJ6PXLgGNw3yaoYp50kX2QZ8m_-1bC=", TooManyBytes { min: 36, max: 36 }),
        ("PQABaTuJ6PXLgGNw3yaoYp50kX2QZ8m/-1bC", Base64Url),
        ("SQAB00000000000000000000000000000000", KindLetter { expected: 'P' }),
        ("PgABaTuJ6PXLgGNw3yaoYp50kX2QZ8m_-1bC", FormatVersion),
        ("PQAAaTuJ6PXLgGNw3yaoYp50kX2QZ8m_-1bC", KeyVersion),
    ] {
        assert_eq!(token(text), kind, "{text}");
    }
    assert_eq!("_____________________w".parse::<Tag<Imsi>>().map_err(|error| error.kind()).err(), None);
    assert_eq!("______________________".parse::<Tag<Imsi>>().unwrap_err().kind(), TrailingBits);
    assert_eq!(Tag::<Imsi>::from_hex(&"g".repeat(32)).unwrap_err().kind(), Hex);
    assert_eq!("0".parse::<telseal::KeyVersion>().unwrap_err().kind(), KeyVersion);
}

/// The forms above are forms: else the mutations would be of nothing.
#[test]
fn most_forms_are_read_by_a_reader() {
    let read = FORMS.iter().filter(|form| TEXT_READERS[..13].iter().any(|(_, read)| read(form).is_ok()));
    assert_eq!(read.count(), 18);
}

#[test]
fn errors_are_errors() {
    fn is_error<E: std::error::Error + Clone + Eq + Send + Sync + 'static>() {}
    is_error::<ParseError>();
    fn parses<I: Identifier>() -> bool {
        "".parse::<I>().is_err_and(|error| error == error.clone())
    }
    assert!(parses::<PhoneNumber>() && parses::<Imsi>() && parses::<Imei>() && parses::<Imeisv>());
    assert_eq!(KeyVersion::try_from(0).unwrap_err().to_string(), "key version: expected a key version from 1 to 65535");
}

/// `Debug` tells what `Display` tells, by the same rules.
#[test]
fn debug_tells_what_was_found() {
    let shown = |text: &str| format!("{:?}", text.parse::<PhoneNumber>().unwrap_err());
    for (text, found) in
        [("+4420", "found: 4 digits"), ("+44207946\u{2764}0018", "found: U+2764"), ("", "found: Unsaid")]
    {
        let shown = shown(text);
        assert!(shown.contains(found), "{shown}");
    }
}
