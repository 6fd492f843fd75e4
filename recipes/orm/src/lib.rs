//! A token as a column of sqlx, Diesel and SeaORM: each module is one newtype to copy from. All of them store the 27 bytes
//! in a column of bytes. What is something else is an error without a byte of it.
//!
//! A tag is the same with `Tag<T>`, `T: Indexed` and 16 bytes.

pub mod diesel;
pub mod sea_orm;
pub mod sqlx;
