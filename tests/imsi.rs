//! IMSIs: every form in which they are read and printed, and every way in which they are refused.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{LONG, all_different, all_equal, no_digit, refused, tbcd};
use telseal::{Imsi, MncLength, ParseError};

const EMPTY: &str = "IMSI: expected an identifier, found an empty text";

/// Of a test network (MCC 001); its prefixes stand for shorter ones.
const DIGITS: &str = "001017894561230";

fn parse(text: &str) -> Result<Imsi, ParseError> {
    text.parse()
}

fn count(found: usize) -> String {
    format!("IMSI: expected 6 to 15 digits, found {found}")
}

#[test]
fn every_form_gives_the_same_imsi() {
    for length in 6..=15 {
        let digits = &DIGITS[..length];
        let imsi = parse(digits).unwrap();
        assert_eq!(&*imsi.expose_digits(), digits);
        assert_eq!(&*imsi.expose_supi(), format!("imsi-{digits}"));
        assert_eq!(&*imsi.expose_tbcd(), tbcd(digits));
        all_equal(&[
            parse(&imsi.expose_digits()).unwrap(),
            parse(&imsi.expose_supi()).unwrap(),
            Imsi::from_tbcd(&imsi.expose_tbcd()).unwrap(),
            imsi,
        ]);
    }
    let known = Imsi::from_tbcd(&[0x00, 0x01, 0x21, 0x43, 0x65, 0x87, 0x09, 0xF1]).unwrap();
    assert_eq!(&*known.expose_digits(), "001012345678901");
}

#[test]
fn other_digits_are_other_imsis() {
    let mut imsis: Vec<_> = (6..=15).map(|length| parse(&DIGITS[..length]).unwrap()).collect();
    imsis.extend((0..15).map(|at| {
        let mut digits = DIGITS.as_bytes().to_vec();
        digits[at] = b'9' - u8::from(digits[at] == b'9');
        parse(str::from_utf8(&digits).unwrap()).unwrap()
    }));
    imsis.push(parse("000000").unwrap());
    imsis.push(parse("000000000000000").unwrap());
    all_different(&imsis);
}

#[test]
fn the_parts() {
    use MncLength::{Three, Two};
    for (digits, length, mcc, mnc, msin) in [
        ("001017894561230", Two, "001", "01", "7894561230"),
        ("001017894561230", Three, "001", "017", "894561230"),
        ("99904123456789", Two, "999", "04", "123456789"),
        ("999004123456789", Three, "999", "004", "123456789"),
        ("0010178", Two, "001", "01", "78"),
        ("0010178", Three, "001", "017", "8"),
        ("001017", Two, "001", "01", "7"),
        ("001017", Three, "001", "017", ""),
    ] {
        let imsi = parse(digits).unwrap();
        assert_eq!(&*imsi.expose_mcc(), mcc, "{digits}");
        assert_eq!(&*imsi.expose_mnc(length), mnc, "{digits}");
        assert_eq!(&*imsi.expose_msin(length), msin, "{digits}");
    }
}

#[test]
fn every_length_in_every_form() {
    for length in 0..=20 {
        let digits = &"00101789456123000000"[..length];
        for (read, typed) in [(parse(digits), true), (parse(&format!("imsi-{digits}")), false)] {
            match length {
                0 if typed => refused(read, EMPTY),
                6..=15 => assert_eq!(&*read.unwrap().expose_digits(), digits),
                _ => refused(read, &count(length)),
            }
        }
    }
}

/// White space and hyphens are skipped behind the first digit, and white space before it, but not behind `imsi-`; digits
/// of any script are digits.
#[test]
fn every_character_at_every_place() {
    for prefix in ["", "imsi-"] {
        for at in 0..=8 {
            for char in (0..=0x7F_u8).map(char::from).chain(['\u{80}', 'é', '\u{A0}', '–', '０', '٣', '\u{10FFFF}'])
            {
                let text = format!("{prefix}{}{char}{}", &DIGITS[..at], &DIGITS[at..8]);
                let place = prefix.len() + at;
                let expected = match char {
                    _ if char.is_ascii_digit() => text[prefix.len()..].to_string(),
                    '０' | '٣' if prefix.is_empty() => text.replace('０', "0").replace('٣', "3"),
                    _ if char.is_whitespace() && prefix.is_empty() => DIGITS[..8].to_string(),
                    '-' | '–' if prefix.is_empty() && at > 0 => DIGITS[..8].to_string(),
                    'F' | 'f' if prefix.is_empty() && at == 8 => {
                        refused(parse(&text), "IMSI: expected digits without the filler of octets at byte 8");
                        continue;
                    }
                    '@' if prefix.is_empty() && at == 0 => {
                        refused(parse(&text), "IMSI: expected an identifier, found an e-mail address, at byte 0");
                        continue;
                    }
                    _ => {
                        refused(parse(&text), &format!("IMSI: {}", no_digit(char, place)));
                        continue;
                    }
                };
                assert_eq!(&*parse(&text).unwrap().expose_digits(), expected);
            }
        }
    }
}

#[test]
fn bad_input() {
    for (text, at) in [
        ("IMSI-001010123456789", 0),
        ("imsi", 0),
        ("imsi_001010123456789", 0),
        ("imsi-imsi-001010123456789", 5),
        ("imsi- 001010123456789", 5),
        ("+001010123456789", 0),
        ("00101012345678é", 14),
        ("0010101234567890000x", 19),
    ] {
        refused(parse(text), &format!("IMSI: expected a digit at byte {at}"));
    }
    refused(parse(""), EMPTY);
    refused(parse("imsi-"), &count(0));
}

#[test]
fn very_long_input() {
    let digits = "0".repeat(LONG);
    refused(parse(&digits), &format!("IMSI: expected at most 1024 bytes, found {LONG}"));
    refused(parse(&format!("imsi-{digits}")), &count(LONG));
    refused(parse(&format!("imsi-{digits}x")), &format!("IMSI: expected a digit at byte {}", LONG + 5));
    refused(Imsi::from_tbcd(&vec![0; LONG]), &format!("IMSI: expected 3 to 8 octets, found {LONG}"));
}
