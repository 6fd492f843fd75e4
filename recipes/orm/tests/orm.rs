//! Each newtype writes and reads: sqlx and Diesel in SQLite itself, SeaORM in the rows of its mock.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use std::{error::Error, fmt::Debug};
use telseal::{Identifier, Imei, Imsi, KeyVersion, Token};

fn token<I: Identifier>() -> Token<I> {
    let mut bytes: [u8; 27] = std::array::from_fn(|i| (i * 9) as u8);
    bytes[..3].copy_from_slice(&Token::<I>::header(KeyVersion::FIRST));
    bytes.try_into().unwrap()
}

/// A phone number in the wrong column.
const NUMBER: &[u8] = b"442079460018";
const NO_TOKEN: &str = "token of IMSIs: expected 27 bytes, found 12";
const NO_IMSI: &str = "token of IMSIs: expected the kind letter `S` at byte 0";

#[track_caller]
fn says(error: &(dyn Error + 'static), message: &str) {
    let mut all = format!("{error}\n{error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        all += &format!("\n{error}\n{error:?}");
        source = error.source();
    }
    assert!(all.contains(message), "{all}, not {message}");
    assert!(!all.contains("442") && !all.contains("52, 52, 50") && !all.contains("34343"), "{all}");
}

#[test]
fn sqlx() {
    use orm::sqlx::Column;
    use sqlx::{Connection, Row, SqliteConnection, query};
    futures_executor::block_on(async {
        let mut connection = SqliteConnection::connect("sqlite::memory:").await?;
        let create = "CREATE TABLE directory (token BLOB PRIMARY KEY, device BLOB, endpoint INTEGER NOT NULL) STRICT";
        query(create).execute(&mut connection).await?;
        let (imsi, device) = (token::<Imsi>(), None::<Column<Imei>>);
        let insert = "INSERT INTO directory VALUES (?, ?, 7)";
        query(insert).bind(Column(imsi)).bind(&device).execute(&mut connection).await?;

        let select = "SELECT * FROM directory WHERE token = ?";
        let row = query(select).bind(Column(imsi)).fetch_one(&mut connection).await?;
        assert_eq!((row.try_get::<Column<Imsi>, _>("token")?, row.try_get(1)?), (Column(imsi), device));
        assert_eq!(row.try_get::<Vec<u8>, _>(0)?, imsi.as_bytes());
        let none = query(select).bind(Column(Token::<Imsi>::BLANK)).fetch_optional(&mut connection).await?;
        assert!(none.is_none());

        for (other, message) in [(NUMBER, NO_TOKEN), (token::<Imei>().as_ref(), NO_IMSI)] {
            let row = query("SELECT ?").bind(other).fetch_one(&mut connection).await?;
            says(&row.try_get::<Column<Imsi>, _>(0).unwrap_err(), message);
        }
        Ok::<_, sqlx::Error>(())
    })
    .unwrap();
}

#[test]
fn diesel() {
    use diesel::{Connection, RunQueryDsl, SqliteConnection, connection::SimpleConnection, prelude::*};
    use orm::diesel::Column;
    diesel::table! {
        directory (token) {
            token -> Binary,
            device -> Nullable<Binary>,
            endpoint -> BigInt,
        }
    }
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    let create = "CREATE TABLE directory (token BLOB PRIMARY KEY, device BLOB, endpoint INTEGER NOT NULL) STRICT";
    connection.batch_execute(create).unwrap();
    let (imsi, device) = (token::<Imsi>(), None::<Column<Imei>>);
    let row = (directory::token.eq(Column(imsi)), directory::device.eq(&device), directory::endpoint.eq(7));
    diesel::insert_into(directory::table).values(row).execute(&mut connection).unwrap();

    let found = || directory::table.filter(directory::token.eq(Column(imsi)));
    assert_eq!(found().first(&mut connection), Ok((Column(imsi), device, 7_i64)));
    assert_eq!(found().select(directory::token).first(&mut connection), Ok(imsi.as_bytes().to_vec()));
    let none = directory::table.find(Column(Token::<Imsi>::BLANK)).count().get_result(&mut connection);
    assert_eq!(none, Ok(0_i64));

    for (other, message) in [(NUMBER, NO_TOKEN), (token::<Imei>().as_ref(), NO_IMSI)] {
        let update = diesel::update(directory::table).set(directory::token.eq(other));
        update.execute(&mut connection).unwrap();
        let read = directory::table.select(directory::token).first::<Column<Imsi>>(&mut connection);
        says(&read.unwrap_err(), message);
    }
}

#[test]
fn sea_orm() {
    use orm::sea_orm::Column;
    use sea_orm::{DbBackend, DbErr, MockDatabase, QueryResult, Statement, Value, sea_query::ValueType};
    use std::collections::BTreeMap;

    fn row(value: Value) -> QueryResult {
        let mock = MockDatabase::new(DbBackend::Postgres).append_query_results([[BTreeMap::from([("token", value)])]]);
        let select = Statement::from_string(DbBackend::Postgres, "SELECT token FROM directory");
        let connection = mock.into_connection();
        futures_executor::block_on(sea_orm::ConnectionTrait::query_one_raw(&connection, select)).unwrap().unwrap()
    }
    fn get<T: sea_orm::TryGetable>(value: Value) -> Result<T, DbErr> {
        row(value).try_get("", "token")
    }

    let imsi = || Column(token::<Imsi>());
    assert_eq!(Value::from(imsi()), Value::from(imsi().0.as_bytes().to_vec()));
    assert_eq!(get::<Column<Imsi>>(imsi().into()), Ok(imsi()));
    assert_eq!(get::<Option<Column<Imsi>>>(imsi().into()), Ok(Some(imsi())));
    assert_eq!(get::<Option<Column<Imsi>>>(None::<Column<Imsi>>.into()), Ok(None));
    assert!(<Column<Imsi> as ValueType>::try_from(imsi().into()).is_ok_and(|column| column == imsi()));

    let others: [(Value, &str); 2] = [(NUMBER.to_vec().into(), NO_TOKEN), (Column(token::<Imei>()).into(), NO_IMSI)];
    for (other, message) in others {
        fn refused<T: Debug, E: Error + 'static>(read: Result<T, E>, message: &str) {
            says(&read.unwrap_err(), message);
        }
        refused(<Column<Imsi> as ValueType>::try_from(other.clone()), "");
        refused(get::<Column<Imsi>>(other), message);
    }
}
