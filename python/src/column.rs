//! Columns that come in, and columns that go out.

use crate::{
    capsule::{self, Imported},
    error::{self, Fault, reason_name},
};
use arrow_array::{Array as _, ArrayRef};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyBytes, PyCapsule, PyList, PyString},
};
use telseal_arrow::{KernelError, OnRefusal, Reason};

/// A column that telseal has made, as one array. `pyarrow.array`, `polars.Series` and others take it.
#[pyclass(frozen, module = "telseal")]
pub(crate) struct Array {
    array: ArrayRef,
    refused: Vec<(usize, Reason)>,
}

/// A column that telseal has made, in chunks. `pyarrow.chunked_array`, `polars.Series` and others take it.
#[pyclass(frozen, module = "telseal")]
pub(crate) struct ChunkedArray {
    /// At least one.
    chunks: Vec<ArrayRef>,
    refused: Vec<(usize, Reason)>,
}

#[pymethods]
impl Array {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_array__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyCapsule>, Bound<'py, PyCapsule>)> {
        // A producer need not convert: who asks for another type gets this one, and casts it.
        drop(requested_schema);
        let schema = capsule::export_schema(py, self.array.data_type())?;
        Ok((schema, capsule::export_array(py, &self.array)?))
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::export_schema(py, self.array.data_type())
    }

    /// The refused rows, ascending: each with its number and kind.
    #[getter]
    fn refused(&self) -> Vec<(usize, String)> {
        named(&self.refused)
    }

    #[getter]
    fn null_count(&self) -> usize {
        self.array.logical_null_count()
    }

    fn __len__(&self) -> usize {
        self.array.len()
    }

    fn __repr__(&self) -> String {
        describe("Array", &[&self.array], &self.refused)
    }
}

#[pymethods]
impl ChunkedArray {
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        drop(requested_schema);
        capsule::export_stream(py, self.chunks[0].data_type().clone(), self.chunks.clone())
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        capsule::export_schema(py, self.chunks[0].data_type())
    }

    /// The refused rows of the whole column, ascending: each with its number and kind.
    #[getter]
    fn refused(&self) -> Vec<(usize, String)> {
        named(&self.refused)
    }

    #[getter]
    fn null_count(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.logical_null_count()).sum()
    }

    #[getter]
    fn num_chunks(&self) -> usize {
        self.chunks.len()
    }

    fn __len__(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.len()).sum()
    }

    fn __repr__(&self) -> String {
        describe("ChunkedArray", &self.chunks.iter().collect::<Vec<_>>(), &self.refused)
    }
}

fn named(refused: &[(usize, Reason)]) -> Vec<(usize, String)> {
    refused.iter().map(|(row, reason)| (*row, reason_name(*reason))).collect()
}

fn describe(class: &str, chunks: &[&ArrayRef], refused: &[(usize, Reason)]) -> String {
    let rows: usize = chunks.iter().map(|chunk| chunk.len()).sum();
    format!("<telseal.{class} of {rows} rows, {}, {} refused>", chunks[0].data_type(), refused.len())
}

/// What becomes of what is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errors {
    Raise,
    Null,
}

impl Errors {
    pub(crate) fn new(name: &str) -> PyResult<Self> {
        match name {
            "raise" => Ok(Errors::Raise),
            "null" => Ok(Errors::Null),
            _ => Err(PyValueError::new_err("errors is \"raise\" or \"null\"")),
        }
    }
}

/// A single value, as a method takes it.
pub(crate) enum Single<'a, 'py> {
    Text(&'a Bound<'py, PyString>),
    Bytes(&'a Bound<'py, PyBytes>),
}

/// Runs `single` on one value, or `kernel` on a column. `None` stays `None`.
pub(crate) fn apply<'py>(
    value: &Bound<'py, PyAny>,
    errors: &str,
    single: impl FnOnce(Single<'_, 'py>) -> PyResult<Bound<'py, PyAny>>,
    kernel: impl Fn(&ArrayRef, OnRefusal<'_>) -> Result<ArrayRef, KernelError> + Send,
) -> PyResult<Bound<'py, PyAny>> {
    let (py, errors) = (value.py(), Errors::new(errors)?);
    if value.is_none() {
        return Ok(value.clone());
    }
    let one = match (value.cast::<PyString>(), value.cast::<PyBytes>()) {
        (Ok(text), _) => Some(Single::Text(text)),
        (_, Ok(bytes)) => Some(Single::Bytes(bytes)),
        _ => None,
    };
    if let Some(one) = one {
        return match single(one) {
            Err(error) if errors == Errors::Null && is_refusal(py, &error)? => Ok(py.None().into_bound(py)),
            result => result,
        };
    }
    let Some(imported) = capsule::import(value)? else {
        return Err(PyTypeError::new_err(
            "expected one str or bytes, None, or an object with __arrow_c_array__ or __arrow_c_stream__, such as a \
             pyarrow.Array, a polars.Series or a pandas.Series; pyarrow.array makes one of a list",
        ));
    };
    let is_stream = imported.is_stream();
    // Other threads of Python run meanwhile.
    let (mut chunks, refused) = py.detach(|| run(imported, errors, kernel)).map_err(|fault| fault.raise(py))?;
    match chunks.pop() {
        Some(array) if !is_stream => Ok(Bound::new(py, Array { array, refused })?.into_any()),
        last => {
            chunks.extend(last);
            Ok(Bound::new(py, ChunkedArray { chunks, refused })?.into_any())
        }
    }
}

type Made = (Vec<ArrayRef>, Vec<(usize, Reason)>);

fn run(
    imported: Imported,
    errors: Errors,
    kernel: impl Fn(&ArrayRef, OnRefusal<'_>) -> Result<ArrayRef, KernelError>,
) -> Result<Made, Fault> {
    let (mut chunks, mut refused, mut rows_before) = (Vec::new(), Vec::new(), 0);
    imported.each(|array| {
        let mut refuse = |row, reason| refused.push((rows_before + row, reason));
        let on_refusal = match errors {
            Errors::Raise => OnRefusal::Fail,
            Errors::Null => OnRefusal::Null(&mut refuse),
        };
        chunks.push(kernel(&array, on_refusal).map_err(|error| Fault::Kernel { error, rows_before })?);
        rows_before += array.len();
        Ok::<(), Fault>(())
    })?;
    Ok((chunks, refused))
}

/// Whether an exception is about the value, and not about how the method was called.
fn is_refusal(py: Python<'_>, error: &PyErr) -> PyResult<bool> {
    let errors = py.import("telseal._errors")?;
    let value = error.value(py);
    Ok(value.is_instance(&errors.getattr("ParseError")?)? || value.is_instance(&errors.getattr("OpenError")?)?)
}

impl Single<'_, '_> {
    /// Calls `take` with a text.
    pub(crate) fn text<R>(&self, py: Python<'_>, take: impl FnOnce(&str) -> PyResult<R>) -> PyResult<R> {
        match self {
            Single::Text(text) => take(text.to_str().map_err(|_| error::not_utf8(py))?),
            Single::Bytes(_) => Err(PyTypeError::new_err("expected str, found bytes")),
        }
    }

    /// Calls `take` with bytes.
    pub(crate) fn bytes<R>(&self, take: impl FnOnce(&[u8]) -> PyResult<R>) -> PyResult<R> {
        match self {
            Single::Bytes(bytes) => take(bytes.as_bytes()),
            Single::Text(_) => {
                Err(PyTypeError::new_err("expected bytes, found str: telseal.from_text reads the text of a token"))
            }
        }
    }
}

/// A list of what is bytes.
pub(crate) fn list<'py, const N: usize>(
    py: Python<'py>,
    items: impl Iterator<Item = [u8; N]>,
) -> PyResult<Bound<'py, PyAny>> {
    let list = PyList::empty(py);
    for item in items {
        list.append(PyBytes::new(py, &item))?;
    }
    Ok(list.into_any())
}
