//! Encrypted digits in SQLite: a TEXT of their digits. An INTEGER would lose zeros at the beginning.

use super::EncryptedDigits;
use crate::{identifier::Identifier, token::rusqlite::text};
use alloc::string::ToString;
use rusqlite::{
    Result,
    types::{FromSql, FromSqlResult, ToSql, ToSqlOutput, ValueRef},
};

impl<I: Identifier> ToSql for EncryptedDigits<I> {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.to_string().into())
    }
}

impl<I: Identifier> FromSql for EncryptedDigits<I> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        text(value)
    }
}
