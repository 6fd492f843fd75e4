//! The types themselves in SQLite and PostgreSQL, by the library's features, and tokens in Redis, by a newtype: written,
//! found, read, and nothing else read.

#[allow(dead_code, reason = "no server is taken away here")]
#[path = "rotation/servers.rs"]
mod servers;

use postgres::NoTls;
use recipes::redis::Field;
use redis::Commands;
use rusqlite::{Connection, params};
use servers::{Postgres, RedisCluster, Result, cluster_client, installed};
use std::{collections::BTreeMap, error::Error, fmt::Debug};
use telseal::{Imei, Imsi, KeyVersion, Keyring, Scope, ShortTag, Tag, Token, fpe::EncryptedDigits};

#[derive(Debug, PartialEq)]
struct Row {
    token: Token<Imsi>,
    tag: Tag<Imsi>,
    short: ShortTag<Imsi, 20>,
    version: KeyVersion,
    digits: EncryptedDigits<Imsi>,
    device: Option<Token<Imei>>,
}

/// Of two key versions, each second one with a device.
fn rows() -> Result<Vec<Row>> {
    let scope = Scope::new(["typed"])?;
    let mut keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32]), (KeyVersion::try_from(65535)?, &[2; 32])])?;
    let mut rows = Vec::new();
    for version in [65535, 1] {
        keyring.promote(KeyVersion::try_from(version)?)?;
        let (imsis, imeis) = (keyring.sealer::<Imsi>(&scope), keyring.sealer::<Imei>(&scope));
        for i in 0..20 {
            let imsi = format!("00101{i:010}").parse()?;
            let token = imsis.seal(&imsi);
            let device = (i % 2 == 0).then(|| format!("00{i:012}").parse()).transpose()?;
            rows.push(Row {
                token,
                tag: token.tag(),
                short: token.tag().short(),
                version: token.key_version(),
                digits: keyring.digit_cipher(&scope).encrypt(&imsi, 5)?,
                device: device.map(|imei| imeis.seal(&imei)),
            });
        }
    }
    Ok(rows)
}

/// What no error may show: a phone number that is in the wrong column.
const NUMBER: &str = "442079460018";

/// The error says so much, and nothing in it or beneath it shows a digit of the number.
#[track_caller]
fn says(error: &(dyn Error + 'static), message: &str) {
    let mut all = format!("{error}\n{error:?}");
    let mut source = error.source();
    while let Some(error) = source {
        all += &format!("\n{error}\n{error:?}");
        source = error.source();
    }
    assert!(all.contains(message), "{all}, not {message}");
    assert!(!all.contains("442") && !all.contains("794") && !all.contains("34, 34"), "{all}");
}

const NO_TOKEN: &str = "token of IMSIs: expected 27 bytes, found 12";
const NO_TEXT: &str = "token of IMSIs: expected 36 bytes, found 12";
const NO_IMSI: &str = "token of IMSIs: expected the kind letter `S` at byte 0";
const NO_VERSION: &str = "key version: expected a key version from 1 to 65535";

#[test]
fn sqlite() -> Result<()> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(
        "CREATE TABLE typed (token BLOB PRIMARY KEY, tag BLOB NOT NULL, short BLOB NOT NULL, version INTEGER NOT NULL,
            digits TEXT NOT NULL, device BLOB) STRICT, WITHOUT ROWID;",
    )?;
    let rows = rows()?;
    for row in &rows {
        let Row { token, tag, short, version, digits, device } = row;
        connection.execute(
            "INSERT INTO typed VALUES (?, ?, ?, ?, ?, ?)",
            params![token, tag, short, version, digits, device],
        )?;
    }
    for row in &rows {
        let same = connection.query_row(
            "SELECT * FROM typed WHERE token = ?1 AND tag = ?2 AND short = ?3 AND version = ?4 AND digits = ?5",
            params![row.token, row.tag, row.short, row.version, row.digits],
            |row| {
                let (token, tag, short) = (row.get("token")?, row.get("tag")?, row.get("short")?);
                Ok(Row { token, tag, short, version: row.get(3)?, digits: row.get(4)?, device: row.get(5)? })
            },
        )?;
        assert_eq!(same, *row);
        // The bytes are those that the arrays have.
        let select = "SELECT token, tag, short, device FROM typed WHERE token = ?1 AND version = ?2 AND digits = ?3";
        let raw = params![<[u8; 27]>::from(row.token), row.version.get(), row.digits.to_string()];
        connection.query_row(select, raw, |bytes| {
            assert_eq!(bytes.get_ref(0)?.as_blob()?, row.token.as_ref());
            assert_eq!(bytes.get_ref(1)?.as_blob()?, row.tag.as_ref());
            assert_eq!(bytes.get_ref(2)?.as_blob()?, row.short.as_ref());
            assert_eq!(bytes.get_ref(3)?.as_blob_or_null()?, row.device.as_ref().map(Token::as_ref));
            Ok(())
        })?;
        // A column of texts.
        let text: Token<Imsi> = connection.query_row("SELECT ?1", [row.token.to_string()], |row| row.get(0))?;
        assert_eq!(text, row.token);
    }
    // What is something else.
    fn refused<T: rusqlite::types::FromSql + Debug>(
        connection: &Connection,
        value: impl rusqlite::ToSql,
        message: &str,
    ) {
        let error = connection.query_row("SELECT ?1 AS value", [value], |row| row.get::<_, T>(0)).expect_err(message);
        says(&error, message);
    }
    refused::<Token<Imsi>>(&connection, NUMBER.as_bytes(), NO_TOKEN);
    refused::<Token<Imsi>>(&connection, NUMBER, NO_TEXT);
    refused::<Token<Imsi>>(&connection, NUMBER.parse::<i64>()?, "Invalid column type Integer");
    refused::<Token<Imsi>>(&connection, rows[0].device, NO_IMSI);
    refused::<Token<Imsi>>(&connection, None::<Token<Imsi>>, "Invalid column type Null");
    refused::<KeyVersion>(&connection, NUMBER.parse::<i64>()?, NO_VERSION);
    Ok(())
}

#[test]
fn postgresql() -> Result<()> {
    let Some(server) = installed(Postgres::new()?) else { return Ok(()) };
    let mut client = server.location().parse::<postgres::Config>()?.connect(NoTls)?;
    client.batch_execute(
        "CREATE TABLE typed (token bytea PRIMARY KEY, tag bytea NOT NULL, short bytea NOT NULL, version integer NOT NULL,
            digits text NOT NULL, device bytea, token_text char(36) NOT NULL, tag_text varchar(22) NOT NULL)",
    )?;
    let rows = rows()?;
    for row in &rows {
        let Row { token, tag, short, version, digits, device } = row;
        client.execute(
            "INSERT INTO typed VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[token, tag, short, version, digits, device, token, tag],
        )?;
    }
    let read = |row: &postgres::Row| -> Result<Row> {
        let (token, tag, short) = (row.try_get("token")?, row.try_get("tag")?, row.try_get("short")?);
        assert_eq!((row.try_get::<_, Token<Imsi>>(6)?, row.try_get::<_, Tag<Imsi>>(7)?), (token, tag));
        assert_eq!(row.try_get::<_, String>(6)?, token.to_string());
        Ok(Row { token, tag, short, version: row.try_get(3)?, digits: row.try_get(4)?, device: row.try_get(5)? })
    };
    for row in &rows {
        let same = client.query_one(
            "SELECT * FROM typed WHERE token = $1 AND tag = $2 AND short = $3 AND version = $4 AND digits = $5
             AND token_text = $6 AND tag_text = $7",
            &[&row.token, &row.tag, &row.short, &row.version, &row.digits, &row.token, &row.tag],
        )?;
        assert_eq!(read(&same)?, *row);
        // The bytes are those that slices have.
        let bytes = client.query_one("SELECT * FROM typed WHERE token = $1", &[&row.token.as_ref()])?;
        assert_eq!(bytes.try_get::<_, &[u8]>(0)?, row.token.as_ref());
        assert_eq!(bytes.try_get::<_, &[u8]>(1)?, row.tag.as_ref());
        assert_eq!(bytes.try_get::<_, &[u8]>(2)?, row.short.as_ref());
        assert_eq!(bytes.try_get::<_, i32>(3)?, i32::from(row.version.get()));
        assert_eq!(bytes.try_get::<_, Option<&[u8]>>(5)?, row.device.as_ref().map(Token::as_ref));
    }
    // A list of them, as a lookup by all live tokens sends it.
    let tokens: Vec<_> = rows.iter().map(|row| row.token).collect();
    let found =
        client.query("SELECT * FROM typed WHERE token = ANY ($1) ORDER BY array_position($1, token)", &[&tokens])?;
    assert_eq!(found.iter().map(read).collect::<Result<Vec<_>>>()?, rows);
    let list: Vec<Token<Imsi>> = client.query_one("SELECT $1::bytea[]", &[&tokens])?.try_get(0)?;
    assert_eq!(list, tokens);

    // What is something else.
    let mut refused = |select: &str, message: &str| -> Result<()> {
        let row = client.query_one(&format!("SELECT {select}"), &[])?;
        let error = match message {
            NO_VERSION => row.try_get::<_, KeyVersion>(0).expect_err(message),
            _ => row.try_get::<_, Token<Imsi>>(0).expect_err(message),
        };
        says(&error, message);
        Ok(())
    };
    refused(&format!("'{NUMBER}'::bytea"), NO_TOKEN)?;
    refused(&format!("'{NUMBER}'::text"), NO_TEXT)?;
    refused(&format!("{NUMBER}::bigint"), "cannot convert between the Rust type")?;
    refused("device FROM typed WHERE device IS NOT NULL LIMIT 1", NO_IMSI)?;
    refused("NULL::bytea", "a Postgres value was `NULL`")?;
    refused("442079460::integer", NO_VERSION)?;
    Ok(())
}

#[test]
fn redis() -> Result<()> {
    let Some(cluster) = installed(RedisCluster::new()?) else { return Ok(()) };
    let mut connection = cluster_client(&cluster.location())?.get_connection()?;
    let rows = rows()?;
    for (endpoint, row) in rows.iter().enumerate() {
        connection.hset::<_, _, _, ()>("typed", Field(row.token), endpoint)?;
    }
    for (endpoint, row) in rows.iter().enumerate() {
        assert_eq!(connection.hget::<_, _, Option<usize>>("typed", Field(row.token))?, Some(endpoint));
        assert_eq!(connection.hget::<_, _, Option<usize>>("typed", row.token.as_ref())?, Some(endpoint));
    }
    let all: Vec<(Field<Imsi>, usize)> = connection.hgetall("typed")?;
    let found: BTreeMap<_, _> = all.into_iter().map(|(field, endpoint)| (field.0, endpoint)).collect();
    assert!(found.into_iter().eq(rows.iter().map(|row| row.token).zip(0..).collect::<BTreeMap<_, _>>()));
    assert_eq!(connection.get::<_, Option<Field<Imsi>>>("nothing")?, None);

    // What is something else.
    let device = rows[0].device.ok_or("a device")?;
    for (other, message) in [(NUMBER.as_bytes(), NO_TOKEN), (device.as_ref(), NO_IMSI)] {
        connection.set::<_, _, ()>("other", other)?;
        says(&connection.get::<_, Field<Imsi>>("other").expect_err(message), message);
    }
    says(&connection.incr::<_, _, Field<Imsi>>("counter", 442079460018_u64).expect_err("a number"), "expected a token");
    Ok(())
}
