//! Arrays taken apart into columns, and put together from them.

use crate::error::KernelError;
use arrow_array::{
    Array, ArrayRef, FixedSizeBinaryArray, GenericByteArray, ListArray, cast::AsArray, types::ByteArrayType,
};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, Buffer, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};
use std::{borrow::Cow, sync::Arc};
use telseal::LengthMismatch;

/// The bytes of a row, or none for an array that has no bytes.
pub(crate) fn bytes(array: &dyn Array, row: usize) -> &[u8] {
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).as_bytes(),
        DataType::Utf8View => array.as_string_view().value(row).as_bytes(),
        DataType::Binary => array.as_binary::<i32>().value(row),
        DataType::LargeBinary => array.as_binary::<i64>().value(row),
        DataType::BinaryView => array.as_binary_view().value(row),
        DataType::FixedSizeBinary(_) => array.as_fixed_size_binary().value(row),
        _ => &[],
    }
}

/// The rows of an array with bytes. They stay where they are if each has `N` bytes and they have no gaps. Otherwise
/// they are copied, and a row of another length is zeros: no token and no text of one.
pub(crate) fn rows<const N: usize>(array: &dyn Array) -> Cow<'_, [[u8; N]]> {
    let in_place = match array.data_type() {
        DataType::Utf8 => adjacent(array.as_string::<i32>()),
        DataType::LargeUtf8 => adjacent(array.as_string::<i64>()),
        DataType::Binary => adjacent(array.as_binary::<i32>()),
        DataType::LargeBinary => adjacent(array.as_binary::<i64>()),
        DataType::FixedSizeBinary(size) if *size as usize == N => {
            Some(array.as_fixed_size_binary().value_data().as_chunks().0)
        }
        _ => None,
    };
    match in_place {
        Some(rows) => Cow::Borrowed(rows),
        None => (0..array.len()).map(|row| bytes(array, row).try_into().unwrap_or([0; N])).collect(),
    }
}

fn adjacent<T: ByteArrayType, const N: usize>(array: &GenericByteArray<T>) -> Option<&[[u8; N]]> {
    let offsets = array.value_offsets();
    let is_full = offsets.windows(2).all(|pair| pair[1].as_usize() - pair[0].as_usize() == N);
    let (first, last) = (offsets.first()?.as_usize(), offsets.last()?.as_usize());
    is_full.then(|| array.value_data()[first..last].as_chunks().0)
}

pub(crate) fn is_valid(nulls: Option<&NullBuffer>, row: usize) -> bool {
    nulls.is_none_or(|nulls| nulls.is_valid(row))
}

/// Nulls from words of bits as the library writes them, the first row in the lowest bit.
fn nulls(mut valid: Vec<u64>, rows: usize) -> Option<NullBuffer> {
    for word in &mut valid {
        *word = word.to_le();
    }
    let nulls = NullBuffer::new(BooleanBuffer::new(Buffer::from(valid), 0, rows));
    (nulls.null_count() != 0).then_some(nulls)
}

/// An array of `N` bytes a row, which are written into places and bits for so many rows.
pub(crate) fn fixed<const N: usize>(
    rows: usize,
    write: impl FnOnce(&mut [[u8; N]], &mut [u64]) -> Result<(), LengthMismatch>,
) -> FixedSizeBinaryArray {
    let (mut bytes, mut valid) = (vec![0; N * rows], vec![0; rows.div_ceil(64)]);
    write(bytes.as_chunks_mut().0, &mut valid).expect("a place and a bit for each row");
    FixedSizeBinaryArray::new(N as i32, Buffer::from(bytes), nulls(valid, rows))
}

/// A list for each row that is there: `each` values of `N` bytes, which are written into places and bits for so many
/// rows.
pub(crate) fn lists<const N: usize>(
    rows: usize,
    each: usize,
    write: impl FnOnce(&mut [[u8; N]], &mut [u64]) -> Result<(), LengthMismatch>,
) -> Result<ArrayRef, KernelError> {
    fits(each, rows)?;
    let (mut bytes, mut valid) = (vec![0; N * each * rows], vec![0; rows.div_ceil(64)]);
    write(bytes.as_chunks_mut().0, &mut valid).expect("places for each row, and a bit");
    let nulls = nulls(valid, rows);
    // Whoever reads the values alone finds those of rows that are there, and no others.
    let offsets = match &nulls {
        None => OffsetBuffer::from_repeated_length(each, rows),
        Some(nulls) => {
            let size = N * each;
            for (to, from) in nulls.valid_indices().enumerate() {
                bytes.copy_within(size * from..size * (from + 1), size * to);
            }
            bytes.truncate(size * (rows - nulls.null_count()));
            OffsetBuffer::from_lengths(nulls.iter().map(|is_there| if is_there { each } else { 0 }))
        }
    };
    let values = FixedSizeBinaryArray::new(N as i32, Buffer::from(bytes), None);
    let field = Field::new_list_field(values.data_type().clone(), false);
    Ok(Arc::new(ListArray::new(Arc::new(field), offsets, Arc::new(values), nulls)))
}

/// Offsets of rows that all have this length.
pub(crate) fn offsets(length: usize, rows: usize) -> Result<OffsetBuffer<i32>, KernelError> {
    fits(length, rows)?;
    Ok(OffsetBuffer::from_repeated_length(length, rows))
}

/// Whether 32-bit offsets can count so many rows of at most this length.
pub(crate) fn fits(length: usize, rows: usize) -> Result<(), KernelError> {
    let end = length.checked_mul(rows).and_then(|end| i32::try_from(end).ok());
    end.map(|_| ()).ok_or(KernelError::TooLong)
}
