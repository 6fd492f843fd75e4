//! Functions that need no key: between the bytes and the text of a token, and the key version in it.

use crate::{column::apply, error::parse, sealer::Kind};
use arrow_array::{Array, ArrayRef};
use pyo3::{
    prelude::*,
    types::{PyBytes, PyString},
};
use telseal::{Identifier, Imei, Imeisv, Imsi, ParseError, PhoneNumber, Tag, Token};
use telseal_arrow::{KernelError, OnRefusal};

/// Calls a generic function for a kind.
macro_rules! of_kind {
    ($kind:expr, $function:ident($($argument:expr),*)) => {
        match $kind {
            Kind::Phone => $function::<PhoneNumber>($($argument),*),
            Kind::Imsi => $function::<Imsi>($($argument),*),
            Kind::Imei => $function::<Imei>($($argument),*),
            Kind::Imeisv => $function::<Imeisv>($($argument),*),
        }
    };
}

/// Writes tokens as texts of 36 characters, and tags as texts of 22.
#[pyfunction]
#[pyo3(signature = (kind, value, *, errors="raise"))]
pub(crate) fn to_text<'py>(kind: &str, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
    let (kind, py) = (Kind::new(kind)?, value.py());
    let single = |bytes: &[u8]| {
        let text = of_kind!(kind, text_of(bytes)).map_err(|error| parse(py, &error))?;
        Ok(PyString::new(py, &text).into_any())
    };
    apply(value, errors, |one| one.bytes(single), |array, on_refusal| of_kind!(kind, text_column(array, on_refusal)))
}

/// Reads texts of tokens: 27 bytes each.
#[pyfunction]
#[pyo3(signature = (kind, value, *, errors="raise"))]
pub(crate) fn from_text<'py>(kind: &str, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
    let (kind, py) = (Kind::new(kind)?, value.py());
    let single = |text: &str| {
        let token = of_kind!(kind, token_of(text)).map_err(|error| parse(py, &error))?;
        Ok(PyBytes::new(py, &token).into_any())
    };
    let column = |array: &ArrayRef, on_refusal: OnRefusal<'_>| of_kind!(kind, token_column(array, on_refusal));
    apply(value, errors, |one| one.text(py, single), column)
}

/// The key version in the header of a token. Nothing is authenticated: that takes the key.
#[pyfunction]
#[pyo3(signature = (kind, value, *, errors="raise"))]
pub(crate) fn key_version<'py>(kind: &str, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
    let (kind, py) = (Kind::new(kind)?, value.py());
    let single = |bytes: &[u8]| {
        let version = of_kind!(kind, version_of(bytes)).map_err(|error| parse(py, &error))?;
        Ok(version.into_pyobject(py)?.into_any())
    };
    let column = |array: &ArrayRef, on_refusal: OnRefusal<'_>| of_kind!(kind, version_column(array, on_refusal));
    apply(value, errors, |one| one.bytes(single), column)
}

fn text_of<I: Identifier>(bytes: &[u8]) -> Result<String, ParseError> {
    match bytes.try_into() {
        Ok(tag) => Ok(Tag::<I>::from_bytes(tag).to_string()),
        Err(_) => Ok(Token::<I>::try_from(bytes)?.to_string()),
    }
}

fn token_of<I: Identifier>(text: &str) -> Result<[u8; 27], ParseError> {
    Ok(*text.parse::<Token<I>>()?.as_bytes())
}

fn version_of<I: Identifier>(bytes: &[u8]) -> Result<u16, ParseError> {
    Ok(Token::<I>::try_from(bytes)?.key_version().get())
}

fn text_column<I: Identifier>(array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    telseal_arrow::text::<I>(array, on_refusal)
}

fn token_column<I: Identifier>(array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    telseal_arrow::from_text::<I>(array, on_refusal)
}

fn version_column<I: Identifier>(array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
    telseal_arrow::key_version::<I>(array, on_refusal)
}
