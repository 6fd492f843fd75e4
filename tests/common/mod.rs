//! What several files of tests need.

#![allow(dead_code)] // no file needs all of it

use std::fmt::Debug;
use telseal::ParseError;

/// One mebibyte: longer than any input that means something.
pub(crate) const LONG: usize = 1 << 20;

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
