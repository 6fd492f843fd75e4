//! Kernels run over an array, or once over the values of a dictionary.

use crate::error::{KernelError, OnRefusal, Refusals};
use arrow_array::{
    Array, ArrayRef, ArrowPrimitiveType, DictionaryArray, PrimitiveArray, downcast_dictionary_array,
    types::ArrowDictionaryKeyType,
};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer};
use std::sync::Arc;

/// A kernel over an array that is no dictionary. The nulls stand in for those of the array.
pub(crate) trait Kernel {
    fn run(
        &self,
        array: &dyn Array,
        nulls: Option<&NullBuffer>,
        refusals: &mut Refusals<'_>,
    ) -> Result<ArrayRef, KernelError>;
}

pub(crate) fn run(kernel: &impl Kernel, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    downcast_dictionary_array! {
        array => over_values(kernel, array, on_refusal),
        _ => {
            let mut refusals = Refusals::new(on_refusal);
            let result = kernel.run(array, array.nulls(), &mut refusals);
            refusals.finish().and(result)
        }
    }
}

fn over_values<K: ArrowDictionaryKeyType>(
    kernel: &impl Kernel,
    array: &DictionaryArray<K>,
    on_refusal: OnRefusal<'_>,
) -> Result<ArrayRef, KernelError> {
    // A slice or a filtered array has values that no row refers to: they are none of the caller's business.
    let used = NullBuffer::new(array.occupancy());
    let nulls = NullBuffer::union(Some(&used), array.values().nulls());
    let mut refused = Vec::new();
    let mut refusals = Refusals::new(on_refusal);
    let mut refuse = |value, reason| refused.push((value, reason));
    let mut of_values = Refusals::new(OnRefusal::Null(&mut refuse));
    // Then no plaintext is left behind by an array that nobody gets.
    of_values.fails = refusals.fails;
    let values = kernel.run(array.values(), nulls.as_ref(), &mut of_values);
    if refused.is_empty() {
        return Ok(Arc::new(array.with_values(values?)));
    }
    let keys = array.keys();
    let valid = BooleanBuffer::collect_bool(keys.len(), |row| {
        if keys.is_null(row) {
            return false;
        }
        let found = refused.binary_search_by_key(&keys.value(row).as_usize(), |(value, _)| *value);
        found.map(|at| refusals.refuse(row, refused[at].1)).is_err()
    });
    refusals.finish()?;
    Ok(Arc::new(DictionaryArray::new(with_nulls(keys, NullBuffer::new(valid)), values?)))
}

fn with_nulls<K: ArrowPrimitiveType>(keys: &PrimitiveArray<K>, nulls: NullBuffer) -> PrimitiveArray<K> {
    PrimitiveArray::new(keys.values().clone(), Some(nulls))
}
