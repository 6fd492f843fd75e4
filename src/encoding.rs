//! The texts of tokens and tags: base64url without padding (RFC 4648 section 5) and hexadecimal. Both are
//! public, so that tables may be indexed by what they hold.

use crate::{
    ParseError,
    error::{Reason, Subject},
};

const BASE64URL: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const SEXTETS: [u8; 256] = values(&[BASE64URL]);
const NIBBLES: [u8; 256] = values(&[b"0123456789abcdef", b"0123456789ABCDEF"]);
/// Stands in a table of values where a character has none.
const NONE: u8 = 0xFF;

/// The characters of `bytes`, which must be exactly `N`.
pub(crate) fn encode_base64url<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    for (text, bytes) in text.chunks_mut(4).zip(bytes.chunks(3)) {
        let word = bytes.iter().zip([16, 8, 0]).fold(0, |word, (&byte, shift)| word | usize::from(byte) << shift);
        for (char, shift) in text.iter_mut().zip([18, 12, 6, 0]) {
            *char = BASE64URL[word >> shift & 0x3F];
        }
    }
    text
}

/// Reads a text that must fill `bytes` exactly and have no bit set behind them.
pub(crate) fn decode_base64url(text: &[u8], bytes: &mut [u8], subject: Subject) -> Result<(), ParseError> {
    check(text, (8 * bytes.len()).div_ceil(6), &SEXTETS, subject, Reason::Base64Url)?;
    let mut bits = 0;
    for (text, bytes) in text.chunks(4).zip(bytes.chunks_mut(3)) {
        bits = text
            .iter()
            .zip([18, 12, 6, 0])
            .fold(0, |word, (&char, shift)| word | u32::from(SEXTETS[usize::from(char)]) << shift);
        for byte in bytes {
            *byte = (bits >> 16) as u8;
            bits = bits << 8 & 0xFF_FFFF;
        }
    }
    if bits == 0 { Ok(()) } else { Err(ParseError::new(subject, Reason::TrailingBits).at(text.len() - 1)) }
}

/// The characters of `bytes`, which must be exactly `N`.
pub(crate) fn encode_hex<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    for (text, &byte) in text.chunks_exact_mut(2).zip(bytes) {
        text.copy_from_slice(&[byte >> 4, byte & 0xF].map(|nibble| b"0123456789abcdef"[usize::from(nibble)]));
    }
    text
}

/// Reads a text that must fill `bytes` exactly.
pub(crate) fn decode_hex(text: &[u8], bytes: &mut [u8], subject: Subject) -> Result<(), ParseError> {
    check(text, 2 * bytes.len(), &NIBBLES, subject, Reason::Hex)?;
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = NIBBLES[usize::from(pair[0])] << 4 | NIBBLES[usize::from(pair[1])];
    }
    Ok(())
}

fn check(text: &[u8], expected: usize, table: &[u8; 256], subject: Subject, reason: Reason) -> Result<(), ParseError> {
    let found = text.len();
    if found != expected {
        return Err(ParseError::new(subject, Reason::Length { what: "characters", expected, found }));
    }
    match text.iter().position(|&char| table[usize::from(char)] == NONE) {
        Some(bad) => Err(ParseError::new(subject, reason).at(bad)),
        None => Ok(()),
    }
}

/// The place of every character in the alphabets.
const fn values(alphabets: &[&[u8]]) -> [u8; 256] {
    let mut values = [NONE; 256];
    let mut a = 0;
    while a < alphabets.len() {
        let mut i = 0;
        while i < alphabets[a].len() {
            values[alphabets[a][i] as usize] = i as u8;
            i += 1;
        }
        a += 1;
    }
    values
}
