//! TBCD octets of all four kinds against a decoder written digit by digit.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{refused, tbcd};
use proptest::{collection::vec, prelude::*};
use telseal::{Imei, Imeisv, Imsi, ParseError, PhoneNumber};

/// A kind, as its decoder is called and as its specification describes it.
struct Kind {
    name: &'static str,
    /// Reads octets and prints the digits of what was read.
    read: fn(&[u8]) -> Result<String, ParseError>,
    min: usize,
    max: usize,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "phone number",
        read: |octets| Ok(PhoneNumber::from_tbcd(octets)?.expose_msisdn().to_string()),
        min: 7,
        max: 15,
    },
    Kind { name: "IMSI", read: |octets| Ok(Imsi::from_tbcd(octets)?.expose_digits().to_string()), min: 6, max: 15 },
    Kind {
        name: "IMEI",
        read: |octets| Ok(Imei::from_tbcd(octets)?.expose_digits()[..14].to_string()),
        min: 14,
        max: 15,
    },
    Kind {
        name: "IMEISV",
        read: |octets| Ok(Imeisv::from_tbcd(octets)?.expose_digits().to_string()),
        min: 16,
        max: 16,
    },
];

/// The digits of the octets, or what is wrong with them.
fn naive(kind: &Kind, octets: &[u8]) -> Result<String, String> {
    let range = |min, max, what, found| match min == max {
        true => Err(format!("expected {min} {what}, found {found}")),
        false => Err(format!("expected {min} to {max} {what}, found {found}")),
    };
    let (min, max) = (kind.min.div_ceil(2), kind.max.div_ceil(2));
    if !(min..=max).contains(&octets.len()) {
        return range(min, max, "octets", octets.len());
    }
    let nibbles: Vec<u8> = octets.iter().flat_map(|octet| [octet & 0xF, octet >> 4]).collect();
    if let Some(bad) = nibbles.iter().position(|nibble| (0xA..0xF).contains(nibble)) {
        return Err(format!("expected a digit in both halves of the octet at byte {}", bad / 2));
    }
    let filler = nibbles.iter().position(|&nibble| nibble == 0xF).unwrap_or(nibbles.len());
    let misplaced = Err(format!("expected a filler in the last half octet only, found one at byte {}", filler / 2));
    if nibbles[filler..].iter().any(|&nibble| nibble != 0xF) {
        return misplaced;
    }
    let digits: String = nibbles[..filler].iter().map(|digit| char::from(b'0' + digit)).collect();
    if kind.name == "IMEI" && digits.len() == 16 {
        return Err("found an IMEISV, which has 16 digits: read it as `Imeisv`".into());
    }
    if !(kind.min..=kind.max).contains(&digits.len()) {
        return range(kind.min, kind.max, "digits", digits.len());
    }
    match kind.name {
        "phone number" if digits.starts_with('0') => {
            Err("expected a country code, which never begins with zero, at byte 0".into())
        }
        // A filler evens out an odd number of digits; a whole octet of them does not.
        _ if filler + 1 < nibbles.len() => misplaced,
        "IMEI" if digits.len() == 15 => {
            let (imei, fifteenth) = digits.split_at(14);
            let check = luhn(imei);
            match fifteenth == "0" || fifteenth == check {
                true => Ok(imei.into()),
                false => Err("expected the check digit or the spare digit zero at byte 7".into()),
            }
        }
        _ => Ok(digits),
    }
}

fn luhn(digits: &str) -> String {
    let sum: u32 = digits
        .chars()
        .map(|char| char.to_digit(10).unwrap())
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight / 10 + digit * weight % 10)
        .sum();
    ((10 - sum % 10) % 10).to_string()
}

#[track_caller]
fn same_verdict(octets: &[u8]) {
    for kind in &KINDS {
        let read = (kind.read)(octets);
        match naive(kind, octets) {
            Ok(digits) => assert_eq!(read, Ok(digits), "{} {octets:02x?}", kind.name),
            Err(message) => refused(read, &format!("{}: {message}", kind.name)),
        }
    }
}

#[test]
fn every_number_of_digits_and_fillers() {
    for octets in 0..=10 {
        for digits in 0..=2 * octets {
            for text in ["4901542032375180", "0010178945612309", "9999999999999999"] {
                let text: String = text.chars().cycle().take(digits).collect();
                let mut octets_read = tbcd(&text);
                octets_read.resize(octets, 0xFF);
                same_verdict(&octets_read);
            }
        }
    }
}

#[test]
fn all_nibbles_at_every_place() {
    for length in 3..=8 {
        for base in ["4901542032375180", "0010178945612309", "442079460018000F", "49015420323751FF"] {
            let base = &base[..2 * length];
            for at in 0..base.len() {
                for nibble in "0123456789ABCDEF".chars() {
                    same_verdict(&tbcd(&format!("{}{nibble}{}", &base[..at], &base[at + 1..])));
                }
            }
        }
    }
}

#[test]
fn all_values_of_every_octet() {
    for length in 3..=8 {
        for at in 0..length {
            for value in 0..=255 {
                let mut octets = tbcd("4901542032375180")[..length].to_vec();
                octets[at] = value;
                same_verdict(&octets);
            }
        }
    }
}

/// What known decoders get wrong: they stop at the first nibble that is no digit and take what they have.
#[test]
fn nothing_is_cut_short() {
    let refusals = [
        ("44207946F018", "phone number: expected a filler in the last half octet only, found one at byte 4"),
        ("4420794600F8", "phone number: expected a filler in the last half octet only, found one at byte 5"),
        ("44207946FF", "phone number: expected a filler in the last half octet only, found one at byte 4"),
        ("4420794FFF", "phone number: expected a filler in the last half octet only, found one at byte 3"),
        ("44207946A018", "phone number: expected a digit in both halves of the octet at byte 4"),
        ("442079FF", "phone number: expected 7 to 15 digits, found 6"),
        ("FFFFFFFF", "phone number: expected 7 to 15 digits, found 0"),
    ];
    for (digits, message) in refusals {
        refused(PhoneNumber::from_tbcd(&tbcd(digits)), message);
    }
}

/// Sixteen digits are an IMEISV, whatever its last two say; with anything else in them the octets are none.
#[test]
fn an_imeisv_is_no_imei() {
    for digits in ["4901542032375142", "4901542032375180", "4901542032375100"] {
        let octets = tbcd(digits);
        refused(Imei::from_tbcd(&octets), "IMEI: found an IMEISV, which has 16 digits: read it as `Imeisv`");
        assert!(Imeisv::from_tbcd(&octets).unwrap().imei() == digits[..14].parse().unwrap());
    }
    refused(Imei::from_tbcd(&tbcd("49015420323751A0")), "IMEI: expected a digit in both halves of the octet at byte 7");
}

proptest! {
    #[test]
    fn any_octets(octets in vec(any::<u8>(), 0..12)) {
        same_verdict(&octets);
    }

    /// Digits, with one nibble changed and some of the last ones fillers.
    #[test]
    fn likely_octets(digits in "[0-9]{6,16}", at: prop::sample::Index, nibble in "[0-9A-F]", fillers in 0..4_usize) {
        let mut text = digits + &"F".repeat(fillers);
        same_verdict(&tbcd(&text));
        let at = at.index(text.len());
        text.replace_range(at..=at, &nibble);
        same_verdict(&tbcd(&text));
    }
}
