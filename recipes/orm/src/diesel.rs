//! For Diesel 2: `Binary` in `table!`, which is `BLOB` in SQLite, `bytea` in PostgreSQL and `BINARY(27)` in MySQL.

use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    serialize::{self, Output, ToSql},
    sql_types::Binary,
};
use telseal::{Identifier, Token};

#[derive(AsExpression, Clone, Debug, FromSqlRow, PartialEq)]
#[diesel(sql_type = Binary)]
pub struct Column<I: Identifier>(pub Token<I>);

impl<I: Identifier, DB: Backend> ToSql<Binary, DB> for Column<I>
where
    [u8]: ToSql<Binary, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_bytes()[..].to_sql(out)
    }
}

impl<I: Identifier, DB: Backend> FromSql<Binary, DB> for Column<I>
where
    Vec<u8>: FromSql<Binary, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Column(Token::try_from(&Vec::from_sql(value)?[..])?))
    }
}
