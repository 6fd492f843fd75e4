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

/// The bytes of many tokens as their texts. No text has padding, so all of them are one long text.
pub(crate) fn encode_column(bytes: &[u8], text: &mut [u8]) {
    let ((bytes, bytes_left), (text, text_left)) = (bytes.as_chunks(), text.as_chunks_mut());
    for (text, bytes) in text.iter_mut().zip(bytes) {
        *text = encode_48(bytes);
    }
    if !bytes_left.is_empty() {
        let mut last = [0; 48];
        last[..bytes_left.len()].copy_from_slice(bytes_left);
        text_left.copy_from_slice(&encode_48(&last)[..text_left.len()]);
    }
}

/// The texts of many tokens as their bytes. Whether all characters are in the alphabet; if not, the bytes mean nothing.
pub(crate) fn decode_column(text: &[u8], bytes: &mut [u8]) -> bool {
    let ((text, text_left), (bytes, bytes_left)) = (text.as_chunks(), bytes.as_chunks_mut());
    let mut any = 0;
    for (bytes, text) in bytes.iter_mut().zip(text) {
        any |= decode_64(text, bytes);
    }
    if !text_left.is_empty() {
        let (mut last, mut decoded) = ([b'A'; 64], [0; 48]);
        last[..text_left.len()].copy_from_slice(text_left);
        any |= decode_64(&last, &mut decoded);
        bytes_left.copy_from_slice(&decoded[..bytes_left.len()]);
    }
    any & 0x80 == 0
}

/// Sixteen groups of three bytes, step by step for all of them, so that vectors are made of them.
#[inline(always)]
fn encode_48(bytes: &[u8; 48]) -> [u8; 64] {
    let (mut groups, mut text) = ([0; 16], [0; 64]);
    for (i, group) in groups.iter_mut().enumerate() {
        // Of four bytes, of which no sextet takes from the last; at the end there is no fourth.
        let at = (3 * i).min(44);
        let four = bytes[at..].first_chunk().expect("four of the 48 bytes");
        *group = u32::from_le_bytes(*four) >> (8 * (3 * i - at));
    }
    for (four, group) in text.as_chunks_mut::<4>().0.iter_mut().zip(groups) {
        let sextets = group >> 2 & 0x3F
            | (group << 12 & 0x3000 | group >> 4 & 0xF00)
            | (group << 10 & 0x3C_0000 | group >> 6 & 0x3_0000)
            | group << 8 & 0x3F00_0000;
        *four = sextets.to_le_bytes();
    }
    text.map(character)
}

/// The same backwards. The top bit of what it returns says whether a character is in no alphabet.
#[inline(always)]
fn decode_64(text: &[u8; 64], bytes: &mut [u8; 48]) -> u8 {
    let mut sextets = [0; 64];
    for (sextet, char) in sextets.iter_mut().zip(text) {
        *sextet = self::sextet(*char);
    }
    let any = sextets.iter().fold(0, |any, sextet| any | sextet);
    let mut groups = [0; 16];
    for (group, four) in groups.iter_mut().zip(sextets.as_chunks().0) {
        let four = u32::from_le_bytes(*four);
        *group = (four << 2 & 0xFC | four >> 12 & 3)
            | (four << 4 & 0xF000 | four >> 10 & 0xF00)
            | (four << 6 & 0xC0_0000 | four >> 8 & 0x3F_0000);
    }
    for (i, group) in groups[..15].iter().enumerate() {
        // The next group overwrites the fourth byte.
        *bytes[3 * i..].first_chunk_mut().expect("four of the 48 bytes") = group.to_le_bytes();
    }
    bytes[45..].copy_from_slice(&groups[15].to_le_bytes()[..3]);
    any
}

/// The character of a sextet.
#[inline(always)]
fn character(sextet: u8) -> u8 {
    // Signed, since that is how vectors compare.
    let past = |last: i8| mask(sextet as i8 > last);
    let [lower, digit, hyphen, underscore] = [past(25), past(51), past(61), past(62)];
    // From the upper-case letters on to each next part of the alphabet.
    (sextet + b'A' + (lower & 6)).wrapping_sub(digit & 75).wrapping_sub(hyphen & 13).wrapping_add(underscore & 49)
}

/// What a character stands for, and [`NONE`] for one that is not in the alphabet.
#[inline(always)]
fn sextet(char: u8) -> u8 {
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
