//! A token put together and taken apart: what only a key holder does.

use super::{HEADER, KeyVersion, TAG, Token};
use crate::identifier::Identifier;

impl<I: Identifier> Token<I> {
    /// Writes header and tag; the ciphertext follows.
    #[inline(always)]
    pub(crate) fn new(version: KeyVersion, tag: [u8; TAG], ciphertext: u64) -> Self {
        let mut token = Self::BLANK;
        token.bytes[..HEADER].copy_from_slice(&Self::header(version));
        token.bytes[HEADER..][..TAG].copy_from_slice(&tag);
        token.set_ciphertext(ciphertext);
        token
    }

    #[inline(always)]
    pub(crate) fn set_tag(&mut self, header: u32, tag: [u8; TAG]) {
        self.bytes[..4].copy_from_slice(&header.to_le_bytes()); // in one piece, and the tag overwrites the end
        self.bytes[HEADER..][..TAG].copy_from_slice(&tag);
    }

    #[inline(always)]
    pub(crate) fn set_ciphertext(&mut self, ciphertext: u64) {
        self.bytes[HEADER + TAG..].copy_from_slice(&ciphertext.to_le_bytes());
    }

    #[inline(always)]
    pub(crate) fn tag_bytes(&self) -> &[u8; TAG] {
        self.bytes[HEADER..].first_chunk().expect("a part of the 27 bytes")
    }

    pub(crate) fn ciphertext(&self) -> u64 {
        u64::from_le_bytes(self.part(HEADER + TAG))
    }
}
