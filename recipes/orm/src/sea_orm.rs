//! For SeaORM 2: `Binary(27)`, which is `bytea` in PostgreSQL, in entities and conditions.

use sea_orm::{
    ColIdx, ColumnType, DbErr, QueryResult, TryGetError, TryGetable, Value,
    sea_query::{ArrayType, Nullable, ValueType, ValueTypeErr},
};
use telseal::{Identifier, Token};

#[derive(Clone, Debug, PartialEq)]
pub struct Column<I: Identifier>(pub Token<I>);

impl<I: Identifier> From<Column<I>> for Value {
    fn from(column: Column<I>) -> Value {
        column.0.as_bytes().to_vec().into()
    }
}

impl<I: Identifier> ValueType for Column<I> {
    fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
        let bytes = <Vec<u8> as ValueType>::try_from(value)?;
        Token::try_from(&bytes[..]).map(Column).map_err(|_| ValueTypeErr)
    }

    fn type_name() -> String {
        "Token".to_owned()
    }

    fn array_type() -> ArrayType {
        Vec::<u8>::array_type()
    }

    fn column_type() -> ColumnType {
        ColumnType::Binary(27)
    }
}

/// For `Option` of it.
impl<I: Identifier> Nullable for Column<I> {
    fn null() -> Value {
        Vec::<u8>::null()
    }
}

impl<I: Identifier> TryGetable for Column<I> {
    fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Self, TryGetError> {
        let bytes = Vec::<u8>::try_get_by(row, column)?;
        Token::try_from(&bytes[..]).map(Column).map_err(|error| DbErr::Type(error.to_string()).into())
    }
}
