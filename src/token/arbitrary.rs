//! Tokens and tags for a fuzzer: any that are well-formed. None of them opens.

use super::{HEADER, KeyVersion, ShortTag, TAG, TOKEN, Tag, Token};
use crate::identifier::{Identifier, Indexed};
use arbitrary::{Arbitrary, Error, Result, Unstructured};
use core::marker::PhantomData;

impl<I: Identifier> Arbitrary<'_> for Token<I> {
    fn arbitrary(from: &mut Unstructured<'_>) -> Result<Self> {
        let mut bytes = [0; TOKEN];
        bytes[..HEADER].copy_from_slice(&Self::header(from.arbitrary()?));
        from.fill_buffer(&mut bytes[HEADER..])?;
        Ok(Token { bytes, kind: PhantomData })
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (TOKEN - 1, Some(TOKEN - 1)) // the first byte is the kind's
    }
}

impl<T: Indexed> Arbitrary<'_> for Tag<T> {
    fn arbitrary(from: &mut Unstructured<'_>) -> Result<Self> {
        from.arbitrary().map(Tag::from_bytes)
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (TAG, Some(TAG))
    }
}

impl<T: Indexed, const BITS: u32> Arbitrary<'_> for ShortTag<T, BITS> {
    fn arbitrary(from: &mut Unstructured<'_>) -> Result<Self> {
        Tag::arbitrary(from).map(|tag| tag.short())
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (TAG, Some(TAG))
    }
}

impl Arbitrary<'_> for KeyVersion {
    fn arbitrary(from: &mut Unstructured<'_>) -> Result<Self> {
        KeyVersion::try_from(from.int_in_range(1..=u16::MAX)?).map_err(|_| Error::IncorrectFormat)
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        (2, Some(2))
    }
}
