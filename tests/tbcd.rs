//! TBCD octets of all four kinds against a decoder written digit by digit.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{refused, tbcd};
use proptest::{collection::vec, prelude::*};
use telseal::{Imei, Imeisv, Imsi, ParseError, ParseErrorKind, PhoneNumber};

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
    if kind.name == "phone number" && octets[0] & 0x8F == 0x81 && (0xA..0xF).contains(&(octets[0] >> 4)) {
        return Err("expected digits, found the first octet of an address string at byte 0".into());
    }
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

/// The digits of a mobile identity, nibble by nibble: type and odd/even bit, then the digits and a filler for an even
/// number of them.
fn naive_identity(octets: &[u8], types: &[u8], lengths: std::ops::RangeInclusive<usize>) -> Option<String> {
    let nibbles: Vec<u8> = octets.iter().flat_map(|octet| [octet & 0xF, octet >> 4]).collect();
    let (&first, digits) = nibbles.split_first()?;
    let digits = if first & 8 == 0 { digits.strip_suffix(&[0xF])? } else { digits };
    let text: Option<String> = digits.iter().map(|&digit| char::from_digit(digit.into(), 10)).collect();
    text.filter(|text| types.contains(&(first & 7)) && lengths.contains(&text.len()))
}

fn identity(digits: &str, kind: u8) -> Vec<u8> {
    let type_nibble = kind | if digits.len() % 2 == 1 { 8 } else { 0 };
    let all = format!("{type_nibble:X}{digits}");
    tbcd(&all)
}

fn same_identity(octets: &[u8]) {
    let imsi = Imsi::from_mobile_identity(octets).map(|imsi| imsi.expose_digits().to_string());
    assert_eq!(imsi.ok(), naive_identity(octets, &[1], 6..=15), "{octets:02x?}");
    let imeisv = Imeisv::from_mobile_identity(octets).map(|imeisv| imeisv.expose_digits().to_string());
    assert_eq!(imeisv.ok(), naive_identity(octets, &[3, 5], 16..=16), "{octets:02x?}");
    let imei = Imei::from_mobile_identity(octets).map(|imei| imei.expose_digits()[..14].to_string());
    let fits = |digits: &String| digits.ends_with('0') || digits[14..] == luhn(&digits[..14]);
    let expected = naive_identity(octets, &[2, 3], 15..=15).filter(fits).map(|digits| digits[..14].to_string());
    assert_eq!(imei.ok(), expected, "{octets:02x?}");
}

#[test]
fn mobile_identities() {
    // The IMSI of test SIMs, as every one of them has it.
    let file = [0x08, 0x09, 0x10, 0x10, 0x10, 0x32, 0x54, 0x76, 0x98];
    let imsi: Imsi = "001010123456789".parse().unwrap();
    assert_eq!(Imsi::from_ef_imsi(&file).as_ref(), Ok(&imsi));
    assert_eq!(Imsi::from_mobile_identity(&file[1..]).as_ref(), Ok(&imsi));
    let read = Imsi::from_mobile_identity(&hex::decode("0910101032547698").unwrap()).unwrap();
    assert_eq!(&*read.expose_digits(), "001010123456789"); // as in SPEC.md
    assert_eq!(identity("490154203237518", 2), hex::decode("4a09512430325781").unwrap());
    assert_eq!(identity("4901542032375112", 3), hex::decode("4309512430325711f2").unwrap());
    // The same octets as TBCD are other digits: the layout is not in them.
    assert!(Imsi::from_tbcd(&file[1..]).is_err() && Imsi::from_tbcd(&file[2..]) != Ok(imsi));

    let device: Imei = "490154203237518".parse().unwrap();
    for (digits, kind) in [("490154203237518", 2), ("490154203237510", 2), ("490154203237518", 3)] {
        assert_eq!(Imei::from_mobile_identity(&identity(digits, kind)).as_ref(), Ok(&device));
    }
    for kind in [3, 5] {
        let octets = identity("4901542032375112", kind);
        assert_eq!(Imeisv::from_mobile_identity(&octets).unwrap().imei(), device);
        assert_eq!(Imei::from_mobile_identity(&octets).unwrap_err().kind(), ParseErrorKind::Imeisv);
    }
}

#[test]
fn every_length_and_type_of_a_mobile_identity() {
    for length in 0..=20 {
        for kind in 0..8 {
            let digits: String = "49015420323751801234"[..length].into();
            let octets = identity(&digits, kind);
            same_identity(&octets);
            let mut other = octets.clone();
            other[0] ^= 8;
            same_identity(&other);
            other = octets.clone();
            *other.last_mut().unwrap() |= 0xF0;
            same_identity(&other);
        }
    }
}

#[test]
fn refused_mobile_identities() {
    use ParseErrorKind::{
        IdentityType, LengthOctet, NotADigitNibble, OddEven, TooFewBytes, TooFewDigits, TooManyBytes,
    };
    let good = identity("001010123456789", 1);
    let changed = |at: usize, octet: u8| {
        let mut octets = good.clone();
        octets[at] = octet;
        octets
    };
    for (octets, kind, at) in [
        (vec![], TooFewBytes { min: 4, max: 8 }, None),
        (vec![0x09; 3], TooFewBytes { min: 4, max: 8 }, None),
        (vec![0x09; 9], TooManyBytes { min: 4, max: 8 }, None),
        (changed(0, 0x0A), IdentityType, Some(0)),
        (changed(0, 0x01), OddEven, Some(0)),
        (changed(7, 0xF8), OddEven, Some(0)),
        (changed(0, 0xA9), NotADigitNibble, Some(0)),
        (changed(1, 0xA0), NotADigitNibble, Some(1)),
        (changed(7, 0x9A), NotADigitNibble, Some(7)),
        (identity("00101", 1).into_iter().chain([0xFF]).collect(), OddEven, Some(0)),
    ] {
        let error = Imsi::from_mobile_identity(&octets).unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, at), "{octets:02x?}");
    }
    assert_eq!(
        Imei::from_mobile_identity(&identity("49015420323751", 2)).unwrap_err().kind(),
        TooFewDigits { min: 15, max: 15 }
    );

    let file = |length: u8, identity: &[u8], padding: usize| [&[length], identity, &vec![0xFF; padding][..]].concat();
    for digits in 6..=15 {
        let octets = identity(&"001010123456789"[..digits], 1);
        for padding in 0..=8 - octets.len() {
            let read = Imsi::from_ef_imsi(&file(octets.len() as u8, &octets, padding)).unwrap();
            assert_eq!(*read.expose_digits(), "001010123456789"[..digits]);
        }
    }
    let short = identity("0010101", 1); // 4 octets
    for (octets, kind, at) in [
        (vec![], TooFewBytes { min: 5, max: 9 }, None),
        (file(8, &good, 1), TooManyBytes { min: 5, max: 9 }, None),
        (file(9, &good, 0), LengthOctet, Some(0)),
        (file(7, &good, 0), LengthOctet, Some(8)),
        (file(4, &[&short[..], &[0xFF, 0x00]].concat(), 1), LengthOctet, Some(6)),
        (file(3, &short, 4), LengthOctet, Some(4)),
        (file(0, &[], 8), TooFewBytes { min: 5, max: 9 }, None),
        (vec![0xFF; 9], LengthOctet, Some(0)),
    ] {
        let error = Imsi::from_ef_imsi(&octets).unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, at), "{octets:02x?}");
    }
}

/// An address string given to `from_tbcd`: told by its first octet, unless that is two digits as well.
#[test]
fn the_first_octet_of_an_address_string_is_no_tbcd() {
    for octet in 0..=0xFF_u8 {
        let octets = [&[octet], &tbcd("442079460018")[..]].concat();
        let is_address = octet & 0x8F == 0x81 && (0xA..0xF).contains(&(octet >> 4));
        let error = PhoneNumber::from_tbcd(&octets).err().map(|error| (error.kind(), error.position()));
        assert_eq!(error == Some((ParseErrorKind::TypeOfAddress, Some(0))), is_address, "{octet:02x}");
    }
    // 14 other digits: documented, not refused.
    let octets = [0x91, 0x44, 0x02, 0x97, 0x64, 0x00, 0x81];
    assert_eq!(&*PhoneNumber::from_tbcd(&octets).unwrap().expose_msisdn(), "19442079460018");
}

proptest! {
    #[test]
    fn any_mobile_identity(octets in vec(any::<u8>(), 0..12), digits in "[0-9]{6,16}", kind in 0..8_u8) {
        same_identity(&octets);
        same_identity(&identity(&digits, kind));
    }
}
