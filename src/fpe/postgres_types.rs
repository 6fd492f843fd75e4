//! Encrypted digits in PostgreSQL: their digits in a column of texts. A number would lose zeros at the beginning.

use super::EncryptedDigits;
use crate::{
    identifier::Identifier,
    token::postgres_types::{Result, read_text, write_text},
};
use bytes::BytesMut;
use postgres_types::{FromSql, IsNull, ToSql, Type, accepts, to_sql_checked};
use std::boxed::Box;

impl<I: Identifier> ToSql for EncryptedDigits<I> {
    accepts!(TEXT, VARCHAR, BPCHAR);
    to_sql_checked!();

    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull> {
        write_text(self, out)
    }
}

impl<I: Identifier> FromSql<'_> for EncryptedDigits<I> {
    accepts!(TEXT, VARCHAR, BPCHAR);

    fn from_sql(_: &Type, raw: &[u8]) -> Result<Self> {
        read_text(raw)
    }
}
