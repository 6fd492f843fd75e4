//! The texts of whole columns, in plain Rust. No text of a token has padding, so all of them are one long text.

use super::encoding;

/// The bytes of many tokens as their texts.
pub(super) fn encode_column(bytes: &[u8], text: &mut [u8]) {
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
pub(super) fn decode_column(text: &[u8], bytes: &mut [u8]) -> bool {
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
    text.map(encoding::character)
}

/// The same backwards. The top bit of what it returns says whether a character is in no alphabet.
#[inline(always)]
fn decode_64(text: &[u8; 64], bytes: &mut [u8; 48]) -> u8 {
    let mut sextets = [0; 64];
    for (sextet, char) in sextets.iter_mut().zip(text) {
        *sextet = encoding::sextet(*char);
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

#[cfg(test)]
mod tests;
