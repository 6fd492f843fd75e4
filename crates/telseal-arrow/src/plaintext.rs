//! Kernels over arrays of identifiers as texts.

use crate::{
    column::{fixed, is_valid, lists},
    dictionary::{Kernel, run},
    error::{KernelError, OnRefusal, Reason, Refusals},
};
use arrow_array::{Array, ArrayAccessor, ArrayRef, cast::AsArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use std::sync::Arc;
use telseal::{Identifier, Indexer, ParseError, Sealer};

/// Seals a column of texts: `FixedSizeBinary(27)`, the token of each row under the primary key version.
///
/// # Errors
/// [`KernelError::Type`] if the array is not `Utf8`, `LargeUtf8`, `Utf8View` or a dictionary of one of them.
/// [`KernelError::Refused`] if the caller chose [`OnRefusal::Fail`] and a row is not read as an identifier.
pub fn seal<I: Identifier>(
    sealer: &Sealer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&Seal(sealer), array, on_refusal)
}

/// Computes the tags of the tokens that [`seal`] gives, at half the cost: `FixedSizeBinary(16)`.
///
/// # Errors
/// The errors of [`seal`].
pub fn tag<I: Identifier>(
    sealer: &Sealer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&Tag(sealer), array, on_refusal)
}

/// Computes the same tags as [`tag`], for an index holder: `FixedSizeBinary(16)`.
///
/// # Errors
/// The errors of [`seal`].
pub fn index_tag<I: Identifier>(
    indexer: &Indexer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&IndexTag(indexer), array, on_refusal)
}

/// The tokens under which each row may be stored: a `List` of `FixedSizeBinary(27)`, one for each live key version,
/// newest first.
///
/// # Errors
/// The errors of [`seal`]. [`KernelError::TooLong`] for 2³¹ tokens or more.
pub fn lookup<I: Identifier>(
    sealer: &Sealer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&Lookup(sealer), array, on_refusal)
}

/// The tags under which each row may be stored: a `List` of `FixedSizeBinary(16)`, one for each live key version,
/// newest first.
///
/// # Errors
/// The errors of [`lookup`].
pub fn index_lookup<I: Identifier>(
    indexer: &Indexer<I>,
    array: &dyn Array,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    run(&IndexLookup(indexer), array, on_refusal)
}

struct Seal<'a, I>(&'a Sealer<I>);
struct Tag<'a, I>(&'a Sealer<I>);
struct IndexTag<'a, I>(&'a Indexer<I>);
struct Lookup<'a, I>(&'a Sealer<I>);
struct IndexLookup<'a, I>(&'a Indexer<I>);

/// A kernel over any array of texts.
trait TextKernel {
    const NAME: &'static str;

    fn texts<'a>(
        &self,
        texts: impl ArrayAccessor<Item = &'a str>,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError>;
}

impl<T: TextKernel> Kernel for T {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        match array.data_type() {
            DataType::Utf8 => self.texts(array.as_string::<i32>(), nulls, refusals),
            DataType::LargeUtf8 => self.texts(array.as_string::<i64>(), nulls, refusals),
            DataType::Utf8View => self.texts(array.as_string_view(), nulls, refusals),
            found => {
                let expected = "Utf8, LargeUtf8, Utf8View and dictionaries of them";
                Err(KernelError::Type { kernel: T::NAME, expected, found: found.clone() })
            }
        }
    }
}

impl<I: Identifier> TextKernel for Seal<'_, I> {
    const NAME: &'static str = "seal";

    fn texts<'a>(
        &self,
        texts: impl ArrayAccessor<Item = &'a str>,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        Ok(Arc::new(fixed(texts.len(), |tokens, valid| {
            self.0.seal_column(rows(&texts, nulls), tokens, valid, |row, error| refuse(refusals, row, error))
        })))
    }
}

impl<I: Identifier> TextKernel for Tag<'_, I> {
    const NAME: &'static str = "tag";

    fn texts<'a>(
        &self,
        texts: impl ArrayAccessor<Item = &'a str>,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        Ok(Arc::new(fixed(texts.len(), |tags, valid| {
            self.0.tag_column(rows(&texts, nulls), tags, valid, |row, error| refuse(refusals, row, error))
        })))
    }
}

impl<I: Identifier> TextKernel for IndexTag<'_, I> {
    const NAME: &'static str = "tag";

    fn texts<'a>(
        &self,
        texts: impl ArrayAccessor<Item = &'a str>,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        Ok(Arc::new(fixed(texts.len(), |tags, valid| {
            self.0.tag_column(rows(&texts, nulls), tags, valid, |row, error| refuse(refusals, row, error))
        })))
    }
}

impl<I: Identifier> TextKernel for Lookup<'_, I> {
    const NAME: &'static str = "lookup";

    fn texts<'a>(
        &self,
        texts: impl ArrayAccessor<Item = &'a str>,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        lists(texts.len(), self.0.versions().len(), |tokens, valid| {
            self.0.lookup_column(rows(&texts, nulls), tokens, valid, |row, error| refuse(refusals, row, error))
        })
    }
}

impl<I: Identifier> TextKernel for IndexLookup<'_, I> {
    const NAME: &'static str = "lookup";

    fn texts<'a>(
        &self,
        texts: impl ArrayAccessor<Item = &'a str>,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError> {
        lists(texts.len(), self.0.versions().len(), |tags, valid| {
            self.0.lookup_column(rows(&texts, nulls), tags, valid, |row, error| refuse(refusals, row, error))
        })
    }
}

fn rows<'a>(
    texts: &impl ArrayAccessor<Item = &'a str>,
    nulls: Option<&NullBuffer>,
) -> impl ExactSizeIterator<Item = Option<&'a str>> {
    (0..texts.len()).map(move |row| is_valid(nulls, row).then(|| texts.value(row)))
}

/// A row without an error is null.
fn refuse(refusals: &mut Refusals<'_>, row: usize, error: Option<ParseError>) {
    if let Some(error) = error {
        refusals.refuse(row, Reason::Parse(error.kind()));
    }
}
