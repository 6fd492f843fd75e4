//! Arrow's PyCapsule interface: the structs of Arrow's C data interface, handed over in capsules of Python.
//!
//! All unsafe code of this package is here. The structs hold pointers that only their producer can vouch for: no safe
//! function can take them. What comes in is checked in full before a kernel sees it, as far as its lengths allow.
#![allow(unsafe_code)]

use arrow_array::{
    Array, ArrayRef, ArrowNativeTypeOp, OffsetSizeTrait, ffi, ffi_stream::FFI_ArrowArrayStream, make_array,
};
use arrow_data::{ArrayData, ffi::FFI_ArrowArray};
use arrow_schema::{ArrowError, DataType, ffi::FFI_ArrowSchema};
use pyo3::{prelude::*, types::PyCapsule};
use std::{
    ffi::{CStr, c_char, c_int},
    ptr, vec,
};

const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";
const STREAM: &CStr = c"arrow_array_stream";

/// What an object has handed over.
pub(crate) enum Imported {
    Array(FFI_ArrowSchema, FFI_ArrowArray),
    Stream(FFI_ArrowArrayStream),
}

/// Takes what an object hands over. `None` if it does not speak the interface.
pub(crate) fn import(value: &Bound<'_, PyAny>) -> PyResult<Option<Imported>> {
    if value.hasattr("__arrow_c_array__")? {
        let capsules = value.call_method0("__arrow_c_array__")?;
        let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = capsules.extract()?;
        let schema = take(&schema, SCHEMA, FFI_ArrowSchema::empty())?;
        return Ok(Some(Imported::Array(schema, take(&array, ARRAY, FFI_ArrowArray::empty())?)));
    }
    if value.hasattr("__arrow_c_stream__")? {
        let capsule = value.call_method0("__arrow_c_stream__")?;
        let stream = take(capsule.cast::<PyCapsule>()?, STREAM, FFI_ArrowArrayStream::empty())?;
        return Ok(Some(Imported::Stream(stream)));
    }
    Ok(None)
}

fn take<T>(capsule: &Bound<'_, PyCapsule>, name: &'static CStr, empty: T) -> PyResult<T> {
    let pointer = capsule.pointer_checked(Some(name))?.cast::<T>();
    // SAFETY: the interface says that a capsule of this name holds this struct, and that it is taken by moving it out and
    // leaving a released one behind. No other Python code runs meanwhile.
    Ok(unsafe { pointer.replace(empty) })
}

impl Imported {
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Imported::Stream(_))
    }

    /// Gives each array, and at least one: an empty stream gives an empty array of its type.
    pub(crate) fn each<E: From<ArrowError>>(self, mut take: impl FnMut(ArrayRef) -> Result<(), E>) -> Result<(), E> {
        let mut stream = match self {
            Imported::Array(schema, array) => return take(checked(array, &schema)?),
            Imported::Stream(stream) => stream,
        };
        let (get_schema, get_next) = stream.get_schema.zip(stream.get_next).ok_or_else(released)?;
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the stream is not released, and its callbacks take it and a place to write to.
        succeeded(unsafe { get_schema(&mut stream, &mut schema) })?;
        let mut is_empty = true;
        loop {
            let mut array = FFI_ArrowArray::empty();
            // SAFETY: as above.
            succeeded(unsafe { get_next(&mut stream, &mut array) })?;
            if array.is_released() {
                break;
            }
            is_empty = false;
            take(checked(array, &schema)?)?;
        }
        if is_empty {
            take(arrow_array::new_empty_array(&data_type(&schema)?))?;
        }
        Ok(())
    }
}

/// An array whose offsets, keys and texts are what they must be.
fn checked(array: FFI_ArrowArray, schema: &FFI_ArrowSchema) -> Result<ArrayRef, ArrowError> {
    if array.is_released() {
        return Err(released());
    }
    data_type(schema)?;
    // SAFETY: the interface says that the array is of this schema, and that its buffers are as long as its lengths say.
    let data = unsafe { ffi::from_ffi(array, schema) }?;
    if data.is_empty() {
        // An empty slice begins where its buffer of no bytes does not.
        return Ok(arrow_array::new_empty_array(data.data_type()));
    }
    // The ends of texts lie in their buffer. In between, Python code can call anything a text: a kernel must not see what
    // is not UTF-8.
    data.validate()?;
    let data = match data.data_type() {
        DataType::Utf8 => own_texts::<i32>(data)?,
        DataType::LargeUtf8 => own_texts::<i64>(data)?,
        _ => data,
    };
    data.validate_full()?;
    Ok(make_array(data))
}

/// A slice without the texts before it. They would be checked too, so that a column in slices would take the square of
/// its length. It is not empty.
fn own_texts<O: OffsetSizeTrait + ArrowNativeTypeOp>(data: ArrayData) -> Result<ArrayData, ArrowError> {
    let ends = &data.buffer::<O>(0)[..=data.len()];
    let (first, last) = (ends[0], ends[data.len()]);
    if first.as_usize() == 0 {
        return Ok(data);
    }
    // What is wrong between them stays wrong.
    let ends: Vec<O> = ends.iter().map(|end| end.sub_wrapping(first)).collect();
    let texts = data.buffers()[1].slice_with_length(first.as_usize(), last.as_usize() - first.as_usize());
    let own = ArrayData::builder(data.data_type().clone()).len(data.len()).nulls(data.nulls().cloned());
    own.add_buffer(ends.into()).add_buffer(texts).build()
}

fn data_type(schema: &FFI_ArrowSchema) -> Result<DataType, ArrowError> {
    if schema.release.is_none() {
        return Err(released());
    }
    DataType::try_from(schema)
}

fn released() -> ArrowError {
    ArrowError::CDataInterface("the object was taken before: it has nothing more to hand over".to_owned())
}

/// The message of the producer is left out, since it may have content in it.
fn succeeded(code: c_int) -> Result<(), ArrowError> {
    match code {
        0 => Ok(()),
        code => Err(ArrowError::CDataInterface(format!("the stream failed with code {code}"))),
    }
}

/// Hands a schema over.
pub(crate) fn export_schema<'py>(py: Python<'py>, data_type: &DataType) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(data_type).map_err(crate::error::arrow)?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}

/// Hands an array over.
pub(crate) fn export_array<'py>(py: Python<'py>, array: &dyn Array) -> PyResult<Bound<'py, PyCapsule>> {
    PyCapsule::new_with_value(py, FFI_ArrowArray::new(&array.to_data()), ARRAY)
}

/// Hands arrays over as a stream.
pub(crate) fn export_stream<'py>(
    py: Python<'py>,
    data_type: DataType,
    chunks: Vec<ArrayRef>,
) -> PyResult<Bound<'py, PyCapsule>> {
    let exported = Box::new(Exported { data_type, chunks: chunks.into_iter() });
    let stream = FFI_ArrowArrayStream {
        get_schema: Some(get_schema),
        get_next: Some(get_next),
        get_last_error: Some(get_last_error),
        release: Some(release),
        private_data: Box::into_raw(exported).cast(),
    };
    PyCapsule::new_with_value(py, stream, STREAM)
}

/// arrow's own export is for batches of a table, whose type is a struct.
struct Exported {
    data_type: DataType,
    chunks: vec::IntoIter<ArrayRef>,
}

/// The value of `EINVAL` on every system that has Arrow.
const INVALID: c_int = 22;

unsafe extern "C" fn get_schema(stream: *mut FFI_ArrowArrayStream, out: *mut FFI_ArrowSchema) -> c_int {
    // SAFETY: the caller gives a stream that is not released, so its data is what `export_stream` has put there.
    let exported = unsafe { &*(*stream).private_data.cast::<Exported>() };
    match FFI_ArrowSchema::try_from(&exported.data_type) {
        Ok(schema) => {
            // SAFETY: the caller gives a place, which has nothing to be dropped.
            unsafe { ptr::write(out, schema) };
            0
        }
        Err(_) => INVALID,
    }
}

unsafe extern "C" fn get_next(stream: *mut FFI_ArrowArrayStream, out: *mut FFI_ArrowArray) -> c_int {
    // SAFETY: as in `get_schema`; and no two threads use one stream.
    let exported = unsafe { &mut *(*stream).private_data.cast::<Exported>() };
    let array = match exported.chunks.next() {
        Some(chunk) => FFI_ArrowArray::new(&chunk.to_data()),
        None => FFI_ArrowArray::empty(),
    };
    // SAFETY: the caller gives a place, which has nothing to be dropped.
    unsafe { ptr::write(out, array) };
    0
}

/// There is no message.
unsafe extern "C" fn get_last_error(_: *mut FFI_ArrowArrayStream) -> *const c_char {
    ptr::null()
}

unsafe extern "C" fn release(stream: *mut FFI_ArrowArrayStream) {
    // SAFETY: the caller gives a stream that is not released, and does so once: `release` is null after that.
    unsafe {
        drop(Box::from_raw((*stream).private_data.cast::<Exported>()));
        (*stream).private_data = ptr::null_mut();
        (*stream).release = None;
    }
}
