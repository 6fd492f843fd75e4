//! The exceptions of `telseal._errors`, each with a `kind` for programs and, in a column, a `row`.

use arrow_schema::ArrowError;
use pyo3::prelude::*;
use std::fmt::{Debug, Display};
use telseal::{KeyringError, OpenError, ParseError};
use telseal_arrow::{KernelError, Reason};

/// The name of a variant, without what it holds.
pub(crate) fn name(kind: &impl Debug) -> String {
    let mut name = format!("{kind:?}");
    name.truncate(name.find(|char: char| !char.is_ascii_alphanumeric()).unwrap_or(name.len()));
    name
}

/// Makes one of the exceptions that `telseal._errors` defines.
pub(crate) fn exception(py: Python<'_>, class: &str, message: &str, kind: &str, row: Option<usize>) -> PyErr {
    let made = || py.import("telseal._errors")?.getattr(class)?.call1((message, kind, row));
    made().map_or_else(|error| error, PyErr::from_value)
}

pub(crate) fn parse(py: Python<'_>, error: &ParseError) -> PyErr {
    exception(py, "ParseError", &error.to_string(), &name(&error.kind()), None)
}

pub(crate) fn open(py: Python<'_>, error: OpenError) -> PyErr {
    exception(py, "OpenError", &error.to_string(), &name(&error), None)
}

pub(crate) fn keyring(py: Python<'_>, error: KeyringError) -> PyErr {
    exception(py, "KeyringError", &error.to_string(), &name(&error), None)
}

/// Of what is read or written, by a kind that is not the library's.
pub(crate) fn keyring_file(py: Python<'_>, kind: &str, message: &str) -> PyErr {
    exception(py, "KeyringError", message, kind, None)
}

/// A text that is not UTF-8: Python's own exception would hold the text.
pub(crate) fn not_utf8(py: Python<'_>) -> PyErr {
    exception(py, "ParseError", "the text has a surrogate, which is no character", "NotUtf8", None)
}

/// Why a column has no result.
pub(crate) enum Fault {
    Kernel { error: KernelError, rows_before: usize },
    Arrow(ArrowError),
}

impl From<ArrowError> for Fault {
    fn from(error: ArrowError) -> Self {
        Fault::Arrow(error)
    }
}

impl Fault {
    pub(crate) fn raise(self, py: Python<'_>) -> PyErr {
        let column_error = |kind, message: &dyn Display| exception(py, "ColumnError", &message.to_string(), kind, None);
        match self {
            Fault::Kernel { error: KernelError::Refused { row, reason }, rows_before } => {
                refused(py, row + rows_before, reason)
            }
            Fault::Kernel { error: KernelError::Type { kernel, expected, found }, .. } => {
                column_error("Type", &format!("{kernel} works on {expected}, and the column is {found}"))
            }
            Fault::Kernel { error: KernelError::TooLong, .. } => {
                column_error("TooLong", &"the result is too long for 32-bit offsets: hand the column over in chunks")
            }
            Fault::Kernel { error, .. } => column_error("Other", &error),
            Fault::Arrow(error) => arrow_error(py, &error),
        }
    }
}

fn refused(py: Python<'_>, row: usize, reason: Reason) -> PyErr {
    let class = match reason {
        Reason::Open(_) => "OpenError",
        _ => "ParseError",
    };
    exception(py, class, &format!("row {row}: {reason}"), &reason_name(reason), Some(row))
}

/// The kind of a refusal.
pub(crate) fn reason_name(reason: Reason) -> String {
    match reason {
        Reason::Parse(kind) => name(&kind),
        Reason::Open(error) => name(&error),
        _ => "Other".to_owned(),
    }
}

/// What Arrow's checks found. Their messages can quote the content of a column, and are left out.
fn arrow_error(py: Python<'_>, error: &ArrowError) -> PyErr {
    let message = match error {
        ArrowError::CDataInterface(message) => message.as_str(),
        _ => "the column is not a valid Arrow array",
    };
    exception(py, "ColumnError", message, "Arrow", None)
}

pub(crate) fn arrow(error: ArrowError) -> PyErr {
    Python::attach(|py| arrow_error(py, &error))
}
