use core::hash::Hasher;

/// Hashes a [`Tag`](crate::Tag), a [`Token`](crate::Token), or a key that contains one. Tags and tokens are random
/// already: one multiplication for every eight bytes spreads them over the whole hash.
///
/// Use it for a directory in memory whose keys all come from a key holder. If anybody else can put keys of their choice
/// into the table, they can make keys collide: keep the standard library's hasher there.
///
/// ```
/// use std::{collections::HashMap, hash::BuildHasherDefault};
/// use telseal::{PhoneNumber, Tag, TagHasher};
///
/// let mut directory = HashMap::<Tag<PhoneNumber>, &str, BuildHasherDefault<TagHasher>>::default();
/// directory.insert("LNOmdHdFCmZYp1Lb1vOXAA".parse()?, "endpoint");
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// Do not store hashes: another release of this crate may compute different ones.
#[derive(Clone, Debug, Default)]
pub struct TagHasher(u64);

impl TagHasher {
    /// Both halves of the product, so that low bits of the hash depend on high bits of the word too.
    #[inline]
    fn mix(&mut self, word: u64) {
        const ODD: u128 = 0x9E37_79B9_7F4A_7C15; // 2^64 divided by the golden ratio: ones and zeros without a pattern
        let product = u128::from(self.0 ^ word) * ODD;
        self.0 = product as u64 ^ (product >> 64) as u64;
    }
}

impl Hasher for TagHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        words.iter().for_each(|word| self.mix(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            // With their number, so that zeros at the end count.
            self.mix(rest.iter().fold(rest.len() as u64, |word, &byte| word << 8 | u64::from(byte)));
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
