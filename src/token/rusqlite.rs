//! Tokens, tags and short tags in SQLite: a BLOB of their bytes. Their text is read too. Key versions: an INTEGER.

use super::{KeyVersion, ShortTag, Tag, Token};
use crate::{
    error::ParseError,
    identifier::{Identifier, Indexed},
};
use core::str::FromStr;
use rusqlite::{
    Result,
    types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

/// A BLOB of 27 bytes.
impl<I> ToSql for Token<I> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.as_ref().into())
    }
}

/// From the BLOB, or from a TEXT in base64url.
impl<I: Identifier> FromSql for Token<I> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        bytes_or_text(value)
    }
}

/// A BLOB of 16 bytes.
impl<T> ToSql for Tag<T> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.as_ref().into())
    }
}

/// From the BLOB, or from a TEXT in base64url.
impl<T: Indexed> FromSql for Tag<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        bytes_or_text(value)
    }
}

/// A BLOB of `BITS` / 8 bytes, rounded up.
impl<T, const BITS: u32> ToSql for ShortTag<T, BITS> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.as_ref().into())
    }
}

/// From the BLOB, or from a TEXT of hexadecimal digits.
impl<T: Indexed, const BITS: u32> FromSql for ShortTag<T, BITS> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        bytes_or_text(value)
    }
}

/// An INTEGER.
impl ToSql for KeyVersion {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.get().into())
    }
}

impl FromSql for KeyVersion {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        // Not `u16::column_result`, whose error shows the number. 0 is no key version either.
        let number = u16::try_from(value.as_i64()?).unwrap_or(0);
        KeyVersion::try_from(number).map_err(FromSqlError::other)
    }
}

fn bytes_or_text<T>(value: ValueRef<'_>) -> FromSqlResult<T>
where
    T: FromStr<Err = ParseError> + for<'a> TryFrom<&'a [u8], Error = ParseError>,
{
    match value {
        ValueRef::Blob(bytes) => T::try_from(bytes).map_err(FromSqlError::other),
        _ => text(value),
    }
}

pub(crate) fn text<T: FromStr<Err = ParseError>>(value: ValueRef<'_>) -> FromSqlResult<T> {
    value.as_str()?.parse().map_err(FromSqlError::other)
}
