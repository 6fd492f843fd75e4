//! Tokens, tags and short tags in PostgreSQL: their bytes in a `bytea`, their text in a column of texts. Key versions: an
//! `integer`.

use super::{KeyVersion, ShortTag, Tag, Token};
use crate::{
    error::ParseError,
    identifier::{Identifier, Indexed},
};

use bytes::{BufMut, BytesMut};
use core::{
    error::Error,
    fmt::{Display, Write},
    str::FromStr,
};
use postgres_types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use std::boxed::Box;

pub(crate) type Result<T> = core::result::Result<T, Box<dyn Error + Sync + Send>>;

/// 27 bytes, or 36 characters of base64url.
impl<I: Identifier> ToSql for Token<I> {
    accepts!(BYTEA, TEXT, VARCHAR, BPCHAR);
    to_sql_checked!();

    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull> {
        write(self, ty, out)
    }
}

impl<I: Identifier> FromSql<'_> for Token<I> {
    accepts!(BYTEA, TEXT, VARCHAR, BPCHAR);

    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self> {
        read(ty, raw)
    }
}

/// 16 bytes, or 22 characters of base64url.
impl<T: Indexed> ToSql for Tag<T> {
    accepts!(BYTEA, TEXT, VARCHAR, BPCHAR);
    to_sql_checked!();

    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull> {
        write(self, ty, out)
    }
}

impl<T: Indexed> FromSql<'_> for Tag<T> {
    accepts!(BYTEA, TEXT, VARCHAR, BPCHAR);

    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self> {
        read(ty, raw)
    }
}

/// `BITS` / 8 bytes, or `BITS` / 4 hexadecimal digits, both rounded up.
impl<T: Indexed, const BITS: u32> ToSql for ShortTag<T, BITS> {
    accepts!(BYTEA, TEXT, VARCHAR, BPCHAR);
    to_sql_checked!();

    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull> {
        write(self, ty, out)
    }
}

impl<T: Indexed, const BITS: u32> FromSql<'_> for ShortTag<T, BITS> {
    accepts!(BYTEA, TEXT, VARCHAR, BPCHAR);

    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self> {
        read(ty, raw)
    }
}

/// An `integer`: a `smallint` ends at 32767.
impl ToSql for KeyVersion {
    accepts!(INT4);
    to_sql_checked!();

    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull> {
        i32::from(self.get()).to_sql(ty, out)
    }
}

impl FromSql<'_> for KeyVersion {
    accepts!(INT4);

    fn from_sql(ty: &Type, raw: &[u8]) -> Result<Self> {
        let number = u16::try_from(i32::from_sql(ty, raw)?).unwrap_or(0); // which is no key version either
        Ok(KeyVersion::try_from(number)?)
    }
}

fn write(value: &(impl AsRef<[u8]> + Display), ty: &Type, out: &mut BytesMut) -> Result<IsNull> {
    if *ty == Type::BYTEA {
        out.put_slice(value.as_ref());
        return Ok(IsNull::No);
    }
    write_text(value, out)
}

fn read<T>(ty: &Type, raw: &[u8]) -> Result<T>
where
    T: FromStr<Err = ParseError> + for<'a> TryFrom<&'a [u8], Error = ParseError>,
{
    if *ty == Type::BYTEA { Ok(T::try_from(raw)?) } else { read_text(raw) }
}

pub(crate) fn write_text(value: &impl Display, out: &mut BytesMut) -> Result<IsNull> {
    write!(out, "{value}")?;
    Ok(IsNull::No)
}

pub(crate) fn read_text<T: FromStr<Err = ParseError>>(raw: &[u8]) -> Result<T> {
    Ok(str::from_utf8(raw)?.parse()?)
}
