//! Why a row is refused. No digit of an identifier stands in any of it.

use std::fmt;
use telseal::{OpenError, ParseError};
use telseal_national::NationalError;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    // a row
    Ragged { expected: usize, found: usize },
    NoObject { byte: usize },
    NoKey,
    KeyTwice,
    // a field
    NoText,
    NotUtf8 { byte: usize },
    Identifier(ParseError),
    Token(ParseError),
    Exponent,
    Decimal,
    IsToken,
    NoCountry,
    National(NationalError),
    NotOpened(OpenError),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Refusal::Ragged { expected, found } => {
                return write!(f, "the row has {found} fields where the first row has {expected}");
            }
            Refusal::NoObject { byte } => return write!(f, "the line is no JSON object: see byte {byte} of it"),
            Refusal::NoKey => "the object has no such key",
            Refusal::KeyTwice => "the object has this key twice",
            Refusal::NoText => "the value is no text, number or null",
            Refusal::NotUtf8 { byte } => return write!(f, "expected UTF-8 at byte {byte}"),
            Refusal::Identifier(error) | Refusal::Token(error) => return error.fmt(f),
            Refusal::Exponent => {
                "a spreadsheet has rounded the number (1.2E+11): its last digits are lost; export the column as text"
            }
            Refusal::Decimal => "a spreadsheet has written the number with decimals (.0): export the column as text",
            Refusal::IsToken => "the field is sealed already",
            Refusal::NoCountry => "the column of countries has no code of ISO 3166-1, such as GB",
            Refusal::National(error) => return error.fmt(f),
            Refusal::NotOpened(OpenError::UnknownKeyVersion(version)) => {
                return write!(f, "the token names key version {version}, which is not in the keyring");
            }
            Refusal::NotOpened(_) => "the token does not open: another keyring or scope, or altered",
        })
    }
}
