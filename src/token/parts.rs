//! A token put together and taken apart: what only a key holder does.

use super::{HEADER, KeyVersion, TAG, TOKEN, Token};
use crate::identifier::Identifier;
use core::marker::PhantomData;

/// Where the bytes of a token are: in a [`Token`], or in a row of a column, which nobody has checked.
pub(crate) trait TokenBytes: Copy {
    fn bytes(&self) -> &[u8; TOKEN];
    fn bytes_mut(&mut self) -> &mut [u8; TOKEN];

    /// Writes all parts.
    #[inline(always)]
    fn set(&mut self, header: u32, tag: [u8; TAG], ciphertext: u64) {
        let bytes = self.bytes_mut();
        bytes[..4].copy_from_slice(&header.to_le_bytes()); // in one piece, and the tag overwrites the end
        bytes[HEADER..][..TAG].copy_from_slice(&tag);
        bytes[HEADER + TAG..].copy_from_slice(&ciphertext.to_le_bytes());
    }

    #[inline(always)]
    fn header(&self) -> &[u8; HEADER] {
        self.bytes().first_chunk().expect("a part of the 27 bytes")
    }

    /// 0 for the same header, another number for any other one: from one load instead of two.
    #[inline(always)]
    fn header_difference(&self, header: [u8; HEADER]) -> u32 {
        let [first, second, third] = header;
        let begin = u32::from_le_bytes(*self.bytes().first_chunk().expect("a part of the 27 bytes"));
        (begin ^ u32::from_le_bytes([first, second, third, 0])) & 0xFF_FFFF
    }

    #[inline(always)]
    fn tag_bytes(&self) -> &[u8; TAG] {
        self.bytes()[HEADER..].first_chunk().expect("a part of the 27 bytes")
    }

    #[inline(always)]
    fn ciphertext(&self) -> u64 {
        u64::from_le_bytes(*self.bytes().last_chunk().expect("a part of the 27 bytes"))
    }
}

impl TokenBytes for [u8; TOKEN] {
    #[inline(always)]
    fn bytes(&self) -> &[u8; TOKEN] {
        self
    }
    #[inline(always)]
    fn bytes_mut(&mut self) -> &mut [u8; TOKEN] {
        self
    }
}

impl<I> TokenBytes for Token<I> {
    #[inline(always)]
    fn bytes(&self) -> &[u8; TOKEN] {
        &self.bytes
    }
    #[inline(always)]
    fn bytes_mut(&mut self) -> &mut [u8; TOKEN] {
        &mut self.bytes
    }
}

impl<I: Identifier> Token<I> {
    /// Writes header and tag; the ciphertext follows.
    #[inline(always)]
    pub(crate) fn new(version: KeyVersion, tag: [u8; TAG], ciphertext: u64) -> Self {
        let mut token = Self::BLANK;
        token.bytes[..HEADER].copy_from_slice(&Self::header(version));
        token.bytes[HEADER..][..TAG].copy_from_slice(&tag);
        token.bytes[HEADER + TAG..].copy_from_slice(&ciphertext.to_le_bytes());
        token
    }

    /// A token that was put together in a row.
    #[inline(always)]
    pub(crate) fn from_sealed(bytes: [u8; TOKEN]) -> Self {
        Token { bytes, kind: PhantomData }
    }
}
