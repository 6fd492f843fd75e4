//! Kernels between the bytes of tokens and tags and their texts.

use crate::{
    column::{bytes, fixed, is_valid, offsets, rows},
    dictionary::{Kernel, run},
    error::{KernelError, OnRefusal, Reason, Refusals},
    tokens::{checked, tokens},
};
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_buffer::{Buffer, NullBuffer};
use arrow_schema::DataType;
use std::{io::Write, marker::PhantomData, sync::Arc};
use telseal::{Identifier, Tag, Token};

/// Writes tokens and tags as texts: `Utf8`, 36 characters for a token, 22 for a tag. A row that is not a token of this
/// kind is refused. Any 16 bytes are a tag.
///
/// # Errors
/// [`KernelError::Type`] if the array is not `FixedSizeBinary(27)`, `FixedSizeBinary(16)`, `Binary`, `LargeBinary`,
/// `BinaryView` or a dictionary of one of them. [`KernelError::Refused`] if the caller chose [`OnRefusal::Fail`] and a
/// row is refused. [`KernelError::TooLong`] for 2³¹ characters or more.
pub fn text<I: Identifier>(array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    run(&Writer::<I>(PhantomData), array, on_refusal)
}

/// Reads the texts of tokens, 36 characters each: `FixedSizeBinary(27)`.
///
/// # Errors
/// [`KernelError::Type`] if the array is not `Utf8`, `LargeUtf8`, `Utf8View` or a dictionary of one of them.
/// [`KernelError::Refused`] if the caller chose [`OnRefusal::Fail`] and a row is not the text of a token of this kind.
pub fn from_text<I: Identifier>(array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    run(&Reader::<I>(PhantomData), array, on_refusal)
}

struct Writer<I>(PhantomData<I>);
struct Reader<I>(PhantomData<I>);

impl<I: Identifier> Kernel for Writer<I> {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        if *array.data_type() == DataType::FixedSizeBinary(16) {
            return tags(array, nulls);
        }
        let tokens = tokens("text", array)?;
        let offsets = offsets(36, tokens.len())?;
        let mut texts = vec![0; 36 * tokens.len()];
        let places = texts.as_chunks_mut().0;
        Token::<I>::encode_column(&tokens, places).expect("a place for each token");
        let valid = NullBuffer::from_iter(tokens.iter().zip(places).enumerate().map(|(row, (token, text))| {
            let is_token = is_valid(nulls, row) && checked::<I>(array, row, token, refusals).is_some();
            if !is_token {
                // Nothing of what stands in a row without a token.
                *text = [b'A'; 36];
            }
            is_token
        }));
        Ok(Arc::new(StringArray::new(offsets, Buffer::from(texts), some(valid))))
    }
}

/// Texts of tags. A null row stays in place, and its text is that of zeros.
fn tags(array: &dyn Array, nulls: Option<&NullBuffer>) -> Result<ArrayRef, KernelError> {
    let tags = rows::<16>(array);
    let offsets = offsets(22, tags.len())?;
    let mut texts = Vec::with_capacity(22 * tags.len());
    for (row, tag) in tags.iter().enumerate() {
        let tag = if is_valid(nulls, row) { *tag } else { [0; 16] };
        write!(texts, "{}", Tag::<telseal::PhoneNumber>::from_bytes(tag)).expect("a Vec takes all bytes");
    }
    Ok(Arc::new(StringArray::new(offsets, Buffer::from(texts), nulls.cloned())))
}

impl<I: Identifier> Kernel for Reader<I> {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        let (DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View) = array.data_type() else {
            let expected = "Utf8, LargeUtf8, Utf8View and dictionaries of them";
            return Err(KernelError::Type { kernel: "from_text", expected, found: array.data_type().clone() });
        };
        let texts = rows::<36>(array);
        Ok(Arc::new(fixed(texts.len(), |tokens, valid| {
            Token::<I>::decode_column(&texts, tokens, valid, |row, error| {
                if is_valid(nulls, row) {
                    // The row itself, which may have another length.
                    let text = str::from_utf8(bytes(array, row)).unwrap_or_default();
                    let kind = text.parse::<Token<I>>().map_or_else(|error| error.kind(), |_| error.kind());
                    refusals.refuse(row, Reason::Parse(kind));
                }
            })?;
            for (row, token) in tokens.iter_mut().enumerate().filter(|(row, _)| !is_valid(nulls, *row)) {
                valid[row / 64] &= !(1 << (row % 64));
                *token = [0; 27];
            }
            Ok(())
        })))
    }
}

fn some(nulls: NullBuffer) -> Option<NullBuffer> {
    (nulls.null_count() != 0).then_some(nulls)
}
