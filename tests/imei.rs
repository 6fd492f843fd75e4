//! IMEIs and IMEISVs: every form in which they are read and printed, and every way in which they are refused.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{LONG, all_different, all_equal, no_digit, refused, tbcd};
use telseal::{Imei, Imeisv, ParseError};

/// The well-known test IMEI, without its check digit 8.
const DIGITS: &str = "49015420323751";

const CHECK: &str = "IMEI: the check digit does not fit the digits before it at byte ";
const CHECK_OR_SPARE: &str = "IMEI: expected the check digit or the spare digit zero at byte ";
const EMPTY: &str = "IMEI: expected an identifier, found an empty text";
const GROUPS: &str = "IMEI: expected 15 digits in hyphenated groups of 8, 6 and 1";
const SV: &str = "IMEI: found an IMEISV, which has 16 digits: read it as `Imeisv`";

fn parse(text: &str) -> Result<Imei, ParseError> {
    text.parse()
}

fn parse_sv(text: &str) -> Result<Imeisv, ParseError> {
    text.parse()
}

/// All forms with a fifteenth digit: the text around it, where the digit stands, whether it may be 0.
fn forms(digits: &str) -> [(String, &'static str, usize, bool); 5] {
    let (reporting, code, serial) = (&digits[..2], &digits[2..8], &digits[8..]);
    [
        (digits.into(), "", 14, false),
        (format!("{reporting}-{code}-{serial}-"), "", 17, false),
        (format!("imei-{digits}"), "", 19, true),
        (format!("urn:gsma:imei:{reporting}{code}-{serial}-"), "", 30, true),
        (format!("URN:GSMA:IMEI:{reporting}{code}-{serial}-"), ";svn=42;vers=0", 30, true),
    ]
}

/// On the wire: the last octet is the fifteenth digit and a filler.
fn on_the_wire(digits: &str, fifteenth: char) -> Result<Imei, ParseError> {
    Imei::from_tbcd(&tbcd(&format!("{digits}{fifteenth}")))
}

#[test]
fn every_form_gives_the_same_imei() {
    let mut imeis: Vec<_> = [
        "49015420323751",
        "490154203237518",
        "49-015420-323751-8",
        "imei-490154203237518",
        "imei-490154203237510",
        "urn:gsma:imei:49015420-323751-8",
        "urn:gsma:imei:49015420-323751-0",
        "urn:gsma:imei:49015420-323751-0;svn=42",
        "urn:gsma:imei:49015420-323751-0;vers=0;svn=42",
        "URN:GSMA:IMEI:49015420-323751-0;SVN=42",
        "Urn:gsma:Imei:49015420-323751-0;svn",
    ]
    .map(|text| parse(text).unwrap())
    .into();
    for octets in [
        &[0x94, 0x10, 0x45, 0x02, 0x23, 0x73, 0x15][..],
        &[0x94, 0x10, 0x45, 0x02, 0x23, 0x73, 0x15, 0xF8],
        &[0x94, 0x10, 0x45, 0x02, 0x23, 0x73, 0x15, 0xF0],
    ] {
        imeis.push(Imei::from_tbcd(octets).unwrap());
    }
    for svn in ["00", "01", "42", "99"] {
        imeis.push(parse_sv(&format!("{DIGITS}{svn}")).unwrap().imei());
    }
    all_equal(&imeis);
}

#[test]
fn printed_forms_are_exact_and_read_back() {
    let imei = parse(DIGITS).unwrap();
    assert_eq!(&*imei.expose_digits(), "490154203237518");
    assert_eq!(&*imei.expose_hyphenated(), "49-015420-323751-8");
    assert_eq!(&*imei.expose_pei(), "imei-490154203237518");
    assert_eq!(&*imei.expose_urn(), "urn:gsma:imei:49015420-323751-0");
    assert_eq!(&*imei.expose_tbcd(), [0x94, 0x10, 0x45, 0x02, 0x23, 0x73, 0x15, 0xF0]);
    all_equal(&[
        parse(&imei.expose_digits()).unwrap(),
        parse(&imei.expose_hyphenated()).unwrap(),
        parse(&imei.expose_pei()).unwrap(),
        parse(&imei.expose_urn()).unwrap(),
        Imei::from_tbcd(&imei.expose_tbcd()).unwrap(),
        imei,
    ]);

    let imeisv = parse_sv("4901542032375142").unwrap();
    assert_eq!(&*imeisv.expose_digits(), "4901542032375142");
    assert_eq!(&*imeisv.expose_pei(), "imeisv-4901542032375142");
    assert_eq!(&*imeisv.expose_tbcd(), [0x94, 0x10, 0x45, 0x02, 0x23, 0x73, 0x15, 0x24]);
    all_equal(&[
        parse_sv(&imeisv.expose_digits()).unwrap(),
        parse_sv(&imeisv.expose_pei()).unwrap(),
        Imeisv::from_tbcd(&imeisv.expose_tbcd()).unwrap(),
        imeisv,
    ]);
}

#[test]
fn the_parts() {
    for (digits, code, serial, check) in [
        ("49015420323751", "49015420", "323751", "8"),
        ("00000000000000", "00000000", "000000", "0"),
        ("00999999999999", "00999999", "999999", "2"),
        ("00123456789012", "00123456", "789012", "8"),
    ] {
        let imei = parse(digits).unwrap();
        assert_eq!(&*imei.expose_tac(), code);
        assert_eq!(&*imei.expose_snr(), serial);
        assert_eq!(&*imei.expose_check_digit(), check, "{digits}");
        for svn in ["00", "09", "90", "99"] {
            let imeisv = parse_sv(&format!("{digits}{svn}")).unwrap();
            assert_eq!(&*imeisv.expose_svn(), svn);
            assert!(imeisv.imei() == imei);
        }
    }
}

/// Ten IMEIs with the check digits 0 to 9: for each, all ten fifteenth digits in all forms. Print takes the check
/// digit alone, the wire that and 0.
#[test]
fn every_fifteenth_digit_in_every_form() {
    for last in 0..10 {
        let digits = format!("0010203040506{last}");
        let imei = parse(&digits).unwrap();
        let check = imei.expose_check_digit().chars().next().unwrap();
        assert_eq!(check, char::from(b'0' + [9, 7, 5, 3, 1, 8, 6, 4, 2, 0][last]), "{digits}");
        for fifteenth in '0'..='9' {
            for (before, behind, at, on_the_wire) in forms(&digits) {
                let text = format!("{before}{fifteenth}{behind}");
                assert_eq!(char::from(text.as_bytes()[at]), fifteenth);
                match (fifteenth, on_the_wire) {
                    (fifteenth, _) if fifteenth == check => assert!(parse(&text).unwrap() == imei),
                    ('0', true) => assert!(parse(&text).unwrap() == imei),
                    (_, true) => refused(parse(&text), &format!("{CHECK_OR_SPARE}{at}")),
                    (_, false) => refused(parse(&text), &format!("{CHECK}{at}")),
                }
            }
            match fifteenth {
                fifteenth if fifteenth == check || fifteenth == '0' => {
                    assert!(on_the_wire(&digits, fifteenth).unwrap() == imei);
                }
                _ => refused(on_the_wire(&digits, fifteenth), &format!("{CHECK_OR_SPARE}7")),
            }
        }
    }
}

/// A mistyped digit never goes unnoticed in print.
#[test]
fn every_single_digit_typed_wrong() {
    for at in 0..15 {
        for digit in b'0'..=b'9' {
            let mut digits = b"490154203237518".to_vec();
            if digits[at] == digit {
                continue;
            }
            digits[at] = digit;
            refused(parse(str::from_utf8(&digits).unwrap()), &format!("{CHECK}14"));
        }
    }
}

#[test]
fn other_digits_are_other_devices() {
    let changed = |digits: &str| {
        let digits = digits.as_bytes().to_vec();
        (0..digits.len()).map(move |at| {
            let mut digits = digits.clone();
            digits[at] = b'9' - u8::from(digits[at] == b'9');
            String::from_utf8(digits).unwrap()
        })
    };
    let mut imeis: Vec<_> = changed(DIGITS).map(|digits| parse(&digits).unwrap()).collect();
    imeis.push(parse(DIGITS).unwrap());
    all_different(&imeis);
    let imeisvs: Vec<_> = changed("4901542032375142").map(|digits| parse_sv(&digits).unwrap()).collect();
    all_different(&imeisvs);
}

/// Every character in place of every one of every form.
#[test]
fn every_character_at_every_place() {
    for text in ["49015420323751", "490154203237518", "49-015420-323751-8"] {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        for (at, right) in text.bytes().enumerate() {
            for byte in 0..=0x7F_u8 {
                let mut other = text.as_bytes().to_vec();
                other[at] = byte;
                let read = parse(str::from_utf8(&other).unwrap());
                let skipped =
                    char::from(byte).is_whitespace() || at > 0 && (byte == b'-' || byte == b'/' && at + 1 < text.len());
                match (right, byte) {
                    (right, byte) if right == byte => assert!(read.is_ok()),
                    (b'-', _) if skipped => assert!(read.is_ok()),
                    (b'-', b'0'..=b'9') => refused(read, SV),
                    (_, b'0'..=b'9') if digits == 14 => assert!(read.is_ok()),
                    (_, b'0'..=b'9') => refused(read, &format!("{CHECK}{}", text.len() - 1)),
                    (_, b'F' | b'f') if at + 1 == text.len() => {
                        refused(read, &format!("IMEI: expected digits without the filler of octets at byte {at}"));
                    }
                    (_, b'@') if at == 0 => {
                        refused(read, "IMEI: expected an identifier, found an e-mail address, at byte 0");
                    }
                    _ if skipped && digits == 14 => refused(read, "IMEI: expected 14 to 15 digits, found 13"),
                    // One digit less: the fourteen that are left are others.
                    _ if skipped => assert!(read.unwrap() != parse(DIGITS).unwrap() || at + 1 == text.len()),
                    _ => refused(read, &format!("IMEI: expected a digit at byte {at}")),
                }
            }
        }
    }
    for (prefix, number) in [("imei-", "490154203237518"), ("urn:gsma:imei:", "49015420-323751-0")] {
        for (at, right) in number.bytes().enumerate() {
            for char in ['x', ' ', '.', '\0', '\u{7F}', 'é', '０', '\u{A0}'] {
                let text = format!("{prefix}{}{char}{}", &number[..at], &number[at + 1..]);
                let place = prefix.len() + at;
                let expected = match (right, prefix) {
                    (b'-', _) => format!("expected a hyphen at byte {place}"),
                    (_, "imei-") => no_digit(char, place),
                    _ => format!("expected a digit at byte {place}"),
                };
                refused(parse(&text), &format!("IMEI: {expected}"));
            }
        }
    }
}

#[test]
fn every_length() {
    for length in 0..=20 {
        let digits = &"49015420323751800000"[..length];
        let read = parse(digits);
        match length {
            0 => refused(read, EMPTY),
            14 | 15 => assert!(read.unwrap() == parse(DIGITS).unwrap()),
            16 => refused(read, SV),
            _ => refused(read, &format!("IMEI: expected 14 to 15 digits, found {length}")),
        }
        let pei = parse(&format!("imei-{digits}"));
        match length {
            15 => assert!(pei.is_ok()),
            _ => refused(pei, &format!("IMEI: expected 15 digits, found {length}")),
        }
        for (imeisv, typed) in [(parse_sv(digits), true), (parse_sv(&format!("imeisv-{digits}")), false)] {
            match length {
                0 if typed => refused(imeisv, "IMEISV: expected an identifier, found an empty text"),
                16 => assert_eq!(&*imeisv.unwrap().expose_digits(), digits),
                _ => refused(imeisv, &format!("IMEISV: expected 16 digits, found {length}")),
            }
        }
    }
}

#[test]
fn bad_imeis() {
    for (text, message) in [
        ("", EMPTY),
        ("imei-", "IMEI: expected 15 digits, found 0"),
        ("urn:gsma:imei:", GROUPS),
        ("imei-49015420323751", "IMEI: expected 15 digits, found 14"),
        ("imei-4901542032375180", "IMEI: expected 15 digits, found 16"),
        ("imei-490154203237518\n", "IMEI: expected a digit at byte 20"),
        ("imei-4901542032375180x", "IMEI: expected a digit at byte 21"),
        ("imei-49-015420-323751-8", "IMEI: expected a digit at byte 7"),
        ("IMEI-490154203237518", "IMEI: expected a digit at byte 0"),
        ("imeisv-4901542032375142", SV),
        ("4901542032375x42", "IMEI: expected a digit at byte 13"),
        ("49-015420-323751-80", SV),
        ("4901542032375é", "IMEI: expected a digit at byte 13"),
        ("urn:gsma:imei:490154203237510", "IMEI: expected a hyphen at byte 22"),
        ("urn:gsma:imei:49-015420-323751-0", "IMEI: expected a digit at byte 16"),
        ("urn:gsma:imei:49015420-323751", GROUPS),
        ("urn:gsma:imei:49015420-323751-", GROUPS),
        ("urn:gsma:imei:49015420-323751-00", GROUPS),
        ("urn:gsma:imei:49015420-323751-0 ", GROUPS),
        ("urn:gsma:imei:49015420-323751;svn=42", GROUPS),
        ("urn:gsma:imeisv:49015420-323751-42", "IMEI: expected another scheme than that of this URI at byte 0"),
        ("urn:gsma:imei-49015420-323751-0", "IMEI: expected another scheme than that of this URI at byte 0"),
        ("urn:gsma:imei:49015420-323751-1;", "IMEI: expected the check digit or the spare digit zero at byte 30"),
    ] {
        refused(parse(text), message);
    }
}

#[test]
fn bad_parameters_of_the_urn() {
    for (parameters, at) in [
        (";", 32),
        (";;svn=42", 32),
        (";svn=42;", 39),
        (";svn=", 32),
        (";svn=4 2", 32),
        (";svn =42", 32),
        (";=42", 32),
        (";sv=42", 32),
        (";svns=42", 32),
        (";version=0", 32),
        (";svn=42;x=y", 39),
        (";npdi", 32),
        (";é", 32),
    ] {
        let message = format!("IMEI: expected a parameter as RFC 3966 writes it at byte {at}");
        refused(parse(&format!("urn:gsma:imei:49015420-323751-0{parameters}")), &message);
    }
}

#[test]
fn bad_imeisvs() {
    for (text, at) in [
        ("IMEISV-4901542032375142", 0),
        ("imeisv-imeisv-4901542032375142", 7),
        ("490154203237514x", 15),
        ("490154203237514é", 15),
        ("imeisv-490154203237514x", 22),
        ("imeisv- 4901542032375142", 7),
    ] {
        refused(parse_sv(text), &format!("IMEISV: expected a digit at byte {at}"));
    }
    refused(parse_sv(""), "IMEISV: expected an identifier, found an empty text");
    refused(parse_sv("imeisv-"), "IMEISV: expected 16 digits, found 0");
    refused(parse_sv("imei-490154203237518"), "IMEISV: found an identifier of another kind at byte 0");
}

#[test]
fn very_long_input() {
    let digits = "4".repeat(LONG);
    refused(parse(&digits), &format!("IMEI: expected at most 1024 bytes, found {LONG}"));
    refused(parse(&format!("imei-{digits}")), &format!("IMEI: expected 15 digits, found {LONG}"));
    refused(parse(&format!("urn:gsma:imei:{digits}")), "IMEI: expected a hyphen at byte 22");
    refused(parse(&format!("urn:gsma:imei:49015420-323751-0{digits}")), GROUPS);
    assert!(parse(&format!("urn:gsma:imei:49015420-323751-0;svn={digits}")).is_ok());
    refused(parse_sv(&digits), &format!("IMEISV: expected at most 1024 bytes, found {LONG}"));
    refused(Imei::from_tbcd(&vec![0; LONG]), &format!("IMEI: expected 7 to 8 octets, found {LONG}"));
    refused(Imeisv::from_tbcd(&vec![0; LONG]), &format!("IMEISV: expected 8 octets, found {LONG}"));
}
