//! What a kernel does with a row that it refuses, and why it fails.

use arrow_schema::{ArrowError, DataType};
use std::{error::Error, fmt};
use telseal::{OpenError, ParseErrorKind};

/// What becomes of a refused row. A null row is not refused: it stays null.
pub enum OnRefusal<'a> {
    /// The kernel fails with the first refused row and gives no array.
    Fail,
    /// The row becomes null. The closure gets the number and the reason of each refused row, in ascending order.
    Null(&'a mut dyn FnMut(usize, Reason)),
}

impl fmt::Debug for OnRefusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            OnRefusal::Fail => "Fail",
            OnRefusal::Null(_) => "Null(..)",
        })
    }
}

/// The reason why a row is refused. It contains nothing of the row's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The row is not an identifier or token of this kind.
    Parse(ParseErrorKind),
    /// The token does not open.
    Open(OpenError),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Parse(kind) => write!(f, "not read: {kind:?}"),
            Reason::Open(error) => error.fmt(f),
        }
    }
}

/// The kernel gives no array.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelError {
    /// The kernel does not work on arrays of this type.
    Type {
        /// The name of the kernel.
        kernel: &'static str,
        /// The types that it works on, as a text.
        expected: &'static str,
        /// The type of the array. For a dictionary it is the type of its values.
        found: DataType,
    },
    /// A row is refused, and the caller chose [`OnRefusal::Fail`].
    Refused {
        /// The number of the row, counted from 0 where the array or slice begins.
        row: usize,
        /// The reason.
        reason: Reason,
    },
    /// The result has more bytes or tokens than 32-bit offsets can count. Split the array.
    TooLong,
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KernelError::Type { kernel, expected, found } => {
                write!(f, "{kernel} works on {expected}, and the array is {found}")
            }
            KernelError::Refused { row, reason } => write!(f, "row {row}: {reason}"),
            KernelError::TooLong => f.write_str("the result is too long for 32-bit offsets"),
        }
    }
}

impl Error for KernelError {}

impl From<KernelError> for ArrowError {
    fn from(error: KernelError) -> Self {
        ArrowError::from_external_error(Box::new(error))
    }
}

/// Takes the refused rows of one call, in ascending order.
pub(crate) struct Refusals<'a> {
    /// Whether one refused row is too many.
    pub(crate) fails: bool,
    first: Option<(usize, Reason)>,
    refused: Option<&'a mut dyn FnMut(usize, Reason)>,
}

impl<'a> Refusals<'a> {
    pub(crate) fn new(on_refusal: OnRefusal<'a>) -> Self {
        match on_refusal {
            OnRefusal::Fail => Refusals { fails: true, first: None, refused: None },
            OnRefusal::Null(refused) => Refusals { fails: false, first: None, refused: Some(refused) },
        }
    }

    pub(crate) fn refuse(&mut self, row: usize, reason: Reason) {
        self.first.get_or_insert((row, reason));
        if let Some(refused) = &mut self.refused {
            refused(row, reason);
        }
    }

    pub(crate) fn finish(&self) -> Result<(), KernelError> {
        match self.first {
            Some((row, reason)) if self.fails => Err(KernelError::Refused { row, reason }),
            _ => Ok(()),
        }
    }
}
