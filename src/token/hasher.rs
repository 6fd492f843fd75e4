use core::hash::Hasher;

/// Hashes a [`Tag`](crate::Tag) or a [`Token`](crate::Token) by taking eight of its bytes, which are random
/// already.
///
/// For a directory in memory whose keys come from a key holder, who alone can make them: anybody else who may
/// put keys of their choice into the table could make them collide; keep the standard library's hasher there.
///
/// ```
/// use std::{collections::HashMap, hash::BuildHasherDefault};
/// use telseal::{PhoneNumber, Tag, TagHasher};
///
/// let mut directory = HashMap::<Tag<PhoneNumber>, &str, BuildHasherDefault<TagHasher>>::default();
/// directory.insert("LNOmdHdFCmZYp1Lb1vOXAA".parse()?, "endpoint");
/// # Ok::<(), telseal::ParseError>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TagHasher(u64);

impl Hasher for TagHasher {
    /// Of tags and tokens the last eight bytes; shorter input is mixed in byte by byte.
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 = match bytes.last_chunk() {
            Some(last) => u64::from_le_bytes(*last),
            None => bytes.iter().fold(self.0, |hash, &byte| hash.rotate_left(8) ^ u64::from(byte)),
        };
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}
