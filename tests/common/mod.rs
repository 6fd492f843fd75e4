//! What several files of tests need.

#![allow(unused)] // no file needs all of it

use std::fmt::Debug;
use telseal::{Identifier, Imei, Imeisv, Imsi, ParseError, PhoneNumber};

#[cfg(feature = "seal")]
mod keys;
#[cfg(feature = "seal")]
pub(crate) use keys::*;

/// One mebibyte: longer than any input that means something.
pub(crate) const LONG: usize = 1 << 20;

/// Labels that would be the same if they were joined, and one that looks like the length of another.
pub(crate) const CUTS: [&[&str]; 9] = [
    &["a|b", "c"],
    &["a", "b|c"],
    &["a|b|c"],
    &["a", "b", "c"],
    &["ab", "c"],
    &["a", "bc"],
    &["abc"],
    &["\u{1}a\u{1}b\u{1}c"],
    &["a\u{1}b\u{1}c"],
];

/// Whether a part of what is the same in each feature is enough: under memcheck, which takes fifty times as long, and
/// where `.ci/run` tests one feature after the other.
pub(crate) fn few() -> bool {
    cfg!(telseal_ct) || std::env::var_os("TELSEAL_FEW").is_some()
}

/// Every length from 0 to 300; of few, those around a batch.
pub(crate) fn lengths() -> impl Iterator<Item = usize> {
    let few = few();
    (0..=300).filter(move |length| !few || [0, 1, 2, 8, 63, 64, 65, 127, 128, 129, 300].contains(length))
}

/// Every place below `count`, or few.
pub(crate) fn places(count: usize) -> impl Iterator<Item = usize> + Clone {
    (0..count).step_by(if few() { 43 } else { 1 })
}

/// The input is refused with this message and no other, and the position in it is the position of the error.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, ParseError>, message: &str) {
    let error = result.expect_err(message);
    assert_eq!(error.to_string(), message);
    let position = message.rsplit_once(" at byte ").map(|(_, position)| position.parse().unwrap());
    assert_eq!(error.position(), position, "{message}");
}

/// Every value equals every other one.
#[track_caller]
pub(crate) fn all_equal<T: PartialEq>(values: &[T]) {
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate() {
            assert!(a == b, "values {i} and {j} differ");
        }
    }
}

/// No value equals another one.
#[track_caller]
pub(crate) fn all_different<T: PartialEq>(values: &[T]) {
    for (i, a) in values.iter().enumerate() {
        for (j, b) in values.iter().enumerate() {
            assert_eq!(a == b, i == j, "values {i} and {j}");
        }
    }
}

/// Digits, written as hexadecimal ones where they are nibbles above 9, as TBCD; `F` fills an odd end.
pub(crate) fn tbcd(digits: &str) -> Vec<u8> {
    let nibbles: Vec<_> = digits.chars().map(|char| char.to_digit(16).unwrap() as u8).collect();
    nibbles.chunks(2).map(|pair| pair[0] | pair.get(1).unwrap_or(&0xF) << 4).collect()
}

/// A kind with as many test identifiers as are wanted, from ranges that belong to nobody.
pub(crate) trait Sample: Identifier {
    fn sample(number: u32) -> Self;
    /// The digits in the digit block.
    fn digits(&self) -> String;
}

impl Sample for PhoneNumber {
    /// +1, area code, 555 01xx.
    fn sample(number: u32) -> Self {
        let (area, line) = (200 + number / 100 % 800, number % 100);
        format!("+1 {area} 555 01{line:02}").parse().unwrap()
    }
    fn digits(&self) -> String {
        self.expose_msisdn().to_string()
    }
}

impl Sample for Imsi {
    fn sample(number: u32) -> Self {
        format!("99970{number:010}").parse().unwrap()
    }
    fn digits(&self) -> String {
        self.expose_digits().to_string()
    }
}

impl Sample for Imei {
    fn sample(number: u32) -> Self {
        format!("00{number:012}").parse().unwrap()
    }
    fn digits(&self) -> String {
        self.expose_digits()[..14].to_string()
    }
}

impl Sample for Imeisv {
    fn sample(number: u32) -> Self {
        format!("00{number:014}").parse().unwrap()
    }
    fn digits(&self) -> String {
        self.expose_digits().to_string()
    }
}

/// Runs a generic function for each of the four kinds.
macro_rules! for_every_kind {
    ($check:ident $arguments:tt) => {
        $check::<telseal::PhoneNumber> $arguments;
        $check::<telseal::Imsi> $arguments;
        $check::<telseal::Imei> $arguments;
        $check::<telseal::Imeisv> $arguments;
    };
}
pub(crate) use for_every_kind;

/// How an error names a character that stands where a digit should: by its code point, unless it is ASCII, a letter or
/// a number.
pub(crate) fn no_digit(char: char, at: usize) -> String {
    // Marks and symbols behind the Basic Multilingual Plane may name a digit, and are not told.
    match char.is_ascii() || char.is_alphanumeric() || char > '\u{FFFF}' {
        true => format!("expected a digit at byte {at}"),
        false => format!("expected a digit, found U+{:04X}, at byte {at}", u32::from(char)),
    }
}
