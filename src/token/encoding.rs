//! The texts of tokens and tags: base64url without padding (RFC 4648 section 5) and hexadecimal.
//!
//! Lengths are constants and characters are computed, not looked up, so that the loops over them become vector
//! instructions.

use crate::error::{ParseError, ParseErrorKind, Subject};

/// The `N` characters of `bytes`: 8 for every 6 bytes, and the rest.
#[inline(always)]
pub(crate) fn encode_base64url<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut text = [0; N];
    for (text, bytes) in text.chunks_mut(8).zip(bytes.chunks(6)) {
        let bits = bytes.iter().zip([40, 32, 24, 16, 8, 0]).fold(0, |bits, (&byte, at)| bits | u64::from(byte) << at);
        let halves = (bits & 0xFF_FFFF) | (bits & 0xFFFF_FF00_0000) << 8;
        let quarters = (halves & 0x0000_0FFF_0000_0FFF) | (halves & 0x00FF_F000_00FF_F000) << 4;
        let sextets = (quarters & 0x003F_003F_003F_003F) | (quarters & 0x0FC0_0FC0_0FC0_0FC0) << 2;
        text.copy_from_slice(&sextets.to_be_bytes()[..text.len()]);
    }
    for char in &mut text {
        *char = character(*char);
    }
    text
}

/// The `M` bytes of a text that must have `N` characters and no bit set behind the bytes.
#[inline(always)]
pub(crate) fn decode_base64url<const N: usize, const M: usize>(
    text: &[u8],
    subject: Subject,
) -> Result<[u8; M], ParseError> {
    let text: &[u8; N] = exactly(text, subject)?;
    let sextets = text.map(sextet);
    let mut bytes = [0; M];
    let (mut any, mut rest) = (0, 0);
    for (bytes, sextets) in bytes.chunks_mut(6).zip(sextets.chunks(8)) {
        let mut eight = [0; 8];
        eight[..sextets.len()].copy_from_slice(sextets);
        let sextets = u64::from_be_bytes(eight);
        any |= sextets;
        let quarters = (sextets & 0x003F_003F_003F_003F) | (sextets & 0x3F00_3F00_3F00_3F00) >> 2;
        let halves = (quarters & 0x0000_0FFF_0000_0FFF) | (quarters & 0x0FFF_0000_0FFF_0000) >> 4;
        let bits = (halves & 0xFF_FFFF) | (halves & 0x00FF_FFFF_0000_0000) >> 8;
        bytes.copy_from_slice(&bits.to_be_bytes()[2..][..bytes.len()]);
        rest = bits << (16 + 8 * bytes.len() as u32 - 1) << 1;
    }
    if any & 0x8080_8080_8080_8080 != 0 {
        return Err(not_there(&sextets, subject, ParseErrorKind::Base64Url));
    }
    if rest == 0 { Ok(bytes) } else { Err(ParseError::new(subject, ParseErrorKind::TrailingBits).at(N - 1)) }
}

/// The character of a sextet.
#[inline(always)]
pub(super) fn character(sextet: u8) -> u8 {
    // Signed, since that is how vectors compare.
    let past = |last: i8| mask(sextet as i8 > last);
    let [lower, digit, hyphen, underscore] = [past(25), past(51), past(61), past(62)];
    // From the upper-case letters on to each next part of the alphabet.
    (sextet + b'A' + (lower & 6)).wrapping_sub(digit & 75).wrapping_sub(hyphen & 13).wrapping_add(underscore & 49)
}

/// What a character stands for, and [`NONE`] for one that is not in the alphabet.
#[inline(always)]
pub(super) fn sextet(char: u8) -> u8 {
    let range = |first: u8, count: u8, is: u8| {
        let at = char.wrapping_sub(first);
        mask(at < count) & at.wrapping_add(is).wrapping_sub(NONE)
    };
    NONE.wrapping_add(range(b'A', 26, 0))
        .wrapping_add(range(b'a', 26, 26))
        .wrapping_add(range(b'0', 10, 52))
        .wrapping_add(range(b'-', 1, 62))
        .wrapping_add(range(b'_', 1, 63))
}

/// The characters of `bytes`, which must be exactly `N`.
pub(crate) fn encode_hex<const N: usize>(bytes: &[u8]) -> [u8; N] {
    core::array::from_fn(|i| {
        let nibble = bytes[i / 2] >> (4 - 4 * (i % 2)) & 0xF;
        if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }
    })
}

/// The `M` bytes of a text that must have `N` = 2 `M` characters.
pub(crate) fn decode_hex<const N: usize, const M: usize>(text: &[u8], subject: Subject) -> Result<[u8; M], ParseError> {
    let text: &[u8; N] = exactly(text, subject)?;
    let nibbles = text.map(|char| match char {
        b'0'..=b'9' => char - b'0',
        b'a'..=b'f' => char - (b'a' - 10),
        b'A'..=b'F' => char - (b'A' - 10),
        _ => NONE,
    });
    if nibbles.contains(&NONE) {
        return Err(not_there(&nibbles, subject, ParseErrorKind::Hex));
    }
    Ok(core::array::from_fn(|i| nibbles[2 * i] << 4 | nibbles[2 * i + 1]))
}

/// The input as an array, or how many bytes it has instead.
pub(crate) fn exactly<const N: usize>(input: &[u8], subject: Subject) -> Result<&[u8; N], ParseError> {
    input.try_into().map_err(|_| ParseError::bytes(subject, "bytes", N, N, input.len()))
}

/// All ones where something is so.
#[inline(always)]
fn mask(is: bool) -> u8 {
    u8::from(is).wrapping_neg()
}

/// Stands for a character that is not in the alphabet: the only value with its top bit set.
const NONE: u8 = 0xFF;

/// Blames the first character that is not in the alphabet.
fn not_there(values: &[u8], subject: Subject, kind: ParseErrorKind) -> ParseError {
    let bad = values.iter().take_while(|&&value| value != NONE).count();
    ParseError::new(subject, kind).at(bad)
}
