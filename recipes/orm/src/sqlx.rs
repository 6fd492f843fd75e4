//! For sqlx 0.9: `BLOB` in SQLite, `bytea` in PostgreSQL, `BINARY(27)` in MySQL.

use sqlx::{Database, Decode, Encode, Type, encode::IsNull, error::BoxDynError};
use telseal::{Identifier, Token};

#[derive(Clone, Debug, PartialEq)]
pub struct Column<I: Identifier>(pub Token<I>);

impl<I: Identifier, DB: Database> Type<DB> for Column<I>
where
    Vec<u8>: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        Vec::type_info()
    }

    fn compatible(ty: &DB::TypeInfo) -> bool {
        Vec::compatible(ty)
    }
}

impl<'q, I: Identifier, DB: Database> Encode<'q, DB> for Column<I>
where
    Vec<u8>: Encode<'q, DB>,
{
    fn encode_by_ref(&self, buffer: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.0.as_bytes().to_vec().encode(buffer)
    }
}

impl<'r, I: Identifier, DB: Database> Decode<'r, DB> for Column<I>
where
    &'r [u8]: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Column(Token::try_from(<&[u8]>::decode(value)?)?))
    }
}
