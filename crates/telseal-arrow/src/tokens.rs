//! Kernels over arrays of tokens as bytes.

use crate::{
    column::{bytes, fits, fixed, is_valid, rows},
    dictionary::{Kernel, run},
    error::{KernelError, OnRefusal, Reason, Refusals},
};
use arrow_array::{Array, ArrayRef, StringArray, UInt16Array};
use arrow_buffer::{Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::DataType;
use std::{borrow::Cow, marker::PhantomData, mem, sync::Arc};
use telseal::{Identifier, Sealer, Token};
use zeroize::Zeroizing;

/// Opens a column of tokens: `Utf8`, each identifier in plaintext, in the form of [`Identifier::expose_into`]. The
/// caller asks for plaintext, and an Arrow array does not wipe itself: keep it no longer than needed.
///
/// # Errors
/// [`KernelError::Type`] if the array is not `FixedSizeBinary(27)`, `Binary`, `LargeBinary`, `BinaryView` or a
/// dictionary of one of them. [`KernelError::Refused`] if the caller chose [`OnRefusal::Fail`] and a token does not
/// open; what was opened before it is wiped then. [`KernelError::TooLong`] for 2²⁷ rows or more.
pub fn open<I: Identifier>(
    sealer: &Sealer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&Open(sealer), array, on_refusal)
}

/// Opens each token and seals its identifier under the primary key version: `FixedSizeBinary(27)`.
///
/// # Errors
/// The errors of [`open`], but no array is too long.
pub fn reseal<I: Identifier>(
    sealer: &Sealer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&Reseal(sealer), array, on_refusal)
}

/// The key version in the header of each token of this kind: `UInt16`. It needs no key, so nothing is authenticated.
///
/// # Errors
/// [`KernelError::Type`] as for [`open`]. [`KernelError::Refused`] if the caller chose [`OnRefusal::Fail`] and a row is
/// not a token of this kind.
pub fn key_version<I: Identifier>(array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    run(&Version::<I>(PhantomData), array, on_refusal)
}

struct Open<'a, I>(&'a Sealer<I>);
struct Reseal<'a, I>(&'a Sealer<I>);
struct Version<I>(PhantomData<I>);

/// How many identifiers are open at a time. Whole words of a bitmap.
const OPEN: usize = 1024;

impl<I: Identifier> Kernel for Open<'_, I> {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        let tokens = tokens("open", array)?;
        fits(16, tokens.len())?;
        // As long as it can get: a buffer that grows leaves plaintext behind.
        let mut values = Zeroizing::new(Vec::with_capacity(16 * tokens.len()));
        let mut text = Zeroizing::new([0; 16]);
        let mut ends = Vec::with_capacity(tokens.len() + 1);
        ends.push(0);
        let mut valid = Vec::with_capacity(tokens.len());
        each_open(self.0, &tokens, nulls, refusals, |_, opened| {
            for identifier in opened {
                if let Some(identifier) = identifier {
                    values.extend_from_slice(identifier.expose_into(&mut text).as_bytes());
                }
                ends.push(values.len() as i32);
                valid.push(identifier.is_some());
            }
        });
        // What is not handed out is wiped.
        refusals.finish()?;
        let nulls = Some(NullBuffer::from(valid)).filter(|nulls| nulls.null_count() != 0);
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        Ok(Arc::new(StringArray::new(offsets, Buffer::from(mem::take(&mut *values)), nulls)))
    }
}

impl<I: Identifier> Kernel for Reseal<'_, I> {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        let old = tokens("reseal", array)?;
        Ok(Arc::new(fixed(old.len(), |new, valid| {
            let mut result = Ok(());
            each_open(self.0, &old, nulls, refusals, |start, opened| {
                let end = start + opened.len();
                let (new, valid) = (&mut new[start..end], &mut valid[start / 64..end.div_ceil(64)]);
                let rows = opened.iter_mut().map(|identifier| identifier.take().ok_or(()));
                result = result.and(self.0.seal_column(rows, new, valid, |_, ()| ()));
            });
            result
        })))
    }
}

impl<I: Identifier> Kernel for Version<I> {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        let tokens = tokens("key_version", array)?;
        let versions = tokens.iter().enumerate().map(|(row, token)| {
            let token = if is_valid(nulls, row) { checked::<I>(array, row, token, refusals) } else { None };
            token.map(|token| token.key_version().get())
        });
        Ok(Arc::new(versions.collect::<UInt16Array>()))
    }
}

/// The rows of an array of tokens.
pub(crate) fn tokens<'a>(kernel: &'static str, array: &'a dyn Array) -> Result<Cow<'a, [[u8; 27]]>, KernelError> {
    match array.data_type() {
        DataType::FixedSizeBinary(27) | DataType::Binary | DataType::LargeBinary | DataType::BinaryView => {
            Ok(rows(array))
        }
        found => {
            let expected = "FixedSizeBinary(27), Binary, LargeBinary, BinaryView and dictionaries of them";
            Err(KernelError::Type { kernel, expected, found: found.clone() })
        }
    }
}

/// The token of a row, if it is one of this kind.
pub(crate) fn checked<I: Identifier>(
    array: &dyn Array,
    row: usize,
    token: &[u8; 27],
    refusals: &mut Refusals<'_>,
) -> Option<Token<I>> {
    let token = Token::try_from(*token);
    // The row itself, which may have another length.
    let token = token.or_else(|_| Token::try_from(bytes(array, row)));
    token.map_err(|error| refusals.refuse(row, Reason::Parse(error.kind()))).ok()
}

/// Opens a column in pieces. Each comes with the number of its first row.
fn each_open<I: Identifier>(
    sealer: &Sealer<I>,
    tokens: &[[u8; 27]],
    nulls: Option<&NullBuffer>,
    refusals: &mut Refusals<'_>,
    mut take: impl FnMut(usize, &mut [Option<I>]),
) {
    let mut opened = vec![None; tokens.len().min(OPEN)];
    let mut refused = Vec::new();
    for (piece, tokens) in tokens.chunks(OPEN).enumerate() {
        let (start, opened) = (piece * OPEN, &mut opened[..tokens.len()]);
        let refuse = |row, error| refused.push((start + row, error));
        sealer.open_column(tokens, opened, refuse).expect("a place for each token");
        // Within a batch they come in any order.
        refused.sort_unstable_by_key(|(row, _)| *row);
        for (row, error) in refused.drain(..).filter(|(row, _)| is_valid(nulls, *row)) {
            refusals.refuse(row, Reason::Open(error));
        }
        if let Some(nulls) = nulls {
            for (_, identifier) in opened.iter_mut().enumerate().filter(|(at, _)| nulls.is_null(start + at)) {
                *identifier = None;
            }
        }
        take(start, opened);
    }
}
