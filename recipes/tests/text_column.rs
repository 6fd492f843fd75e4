//! The rows of a key version in a column of texts: for all 65,535 versions, in SQLite and PostgreSQL.
//!
//! Equality of the first 4 characters finds them, and so does a `LIKE` that is escaped. The controls show why nothing else
//! is recommended: a range of texts loses versions, and `LIKE` without an escape finds those of others.

#[allow(dead_code, reason = "Redis is not asked here")]
#[path = "rotation/servers.rs"]
mod servers;

use postgres::NoTls;
use rusqlite::{Connection, params};
use servers::{Postgres, Result, installed};
use std::collections::HashSet;
use telseal::{KeyVersion, PhoneNumber, Token};

/// The column: one token a version. And the questions: each version's 4 characters, and its pattern.
fn versions() -> impl Iterator<Item = (i32, String, String, String)> {
    (1..=u16::MAX).map(|number| {
        let version = KeyVersion::try_from(number).expect("not 0");
        let mut bytes = [0xFF; 27];
        bytes[..3].copy_from_slice(&Token::<PhoneNumber>::header(version));
        let token = Token::<PhoneNumber>::try_from(bytes).expect("a token by its form");
        let characters = Token::<PhoneNumber>::encode_header(version, &mut [0; 4]).to_owned();
        let pattern = characters.replace('_', "\\_") + "%";
        (number.into(), token.to_string(), characters, pattern)
    })
}

/// Each asks for the rows of many versions at once, as pairs of the version that is asked for and the one that is found.
const EQUAL: &str = "SELECT asked.version, found.version FROM tokens asked
    JOIN tokens found ON substr(found.token, 1, 4) = asked.characters";
const ESCAPED: &str = "SELECT asked.version, found.version FROM tokens asked
    JOIN tokens found ON found.token LIKE asked.pattern ESCAPE '\\' WHERE asked.version % 512 = 63";
const UNESCAPED: &str = "SELECT asked.version, found.version FROM tokens asked
    JOIN tokens found ON found.token LIKE asked.characters || '%' WHERE asked.version % 512 = 63";
const RANGE: &str = "SELECT asked.version, found.version FROM tokens asked
    JOIN tokens next ON next.version = asked.version + 1
    JOIN tokens found ON found.token >= asked.characters AND found.token < next.characters
    WHERE asked.version <= 300";

fn judge(ask: impl Fn(&str) -> Result<Vec<(i32, i32)>>) -> Result<()> {
    let equal = ask(EQUAL)?;
    assert_eq!(equal.len(), 65535);
    assert!(equal.iter().all(|(asked, found)| asked == found), "a version's rows are those of another");

    let escaped = ask(ESCAPED)?;
    assert_eq!(escaped.len(), 128); // whose last character is `_`
    assert!(escaped.iter().all(|(asked, found)| asked == found), "a version's rows are those of another");

    // The controls.
    assert!(ask(UNESCAPED)?.iter().any(|(asked, found)| asked != found), "`_` stands for itself");
    let range = ask(RANGE)?;
    let found: HashSet<i32> = range.iter().filter(|(asked, found)| asked == found).map(|(asked, _)| *asked).collect();
    let lost: Vec<i32> = (1..=300).filter(|version| !found.contains(version)).collect();
    assert_eq!(lost.len(), 8);
    assert_eq!(lost[..4], [51, 61, 115, 125]);
    assert!(range.iter().filter(|(asked, _)| *asked == 63).count() > 12, "a range has no other versions in it");
    Ok(())
}

#[test]
fn sqlite() -> Result<()> {
    let mut connection = Connection::open_in_memory()?;
    connection.pragma_update(None, "case_sensitive_like", true)?;
    connection.execute_batch(
        "CREATE TABLE tokens (version INTEGER PRIMARY KEY, token TEXT, characters TEXT, pattern TEXT);
         CREATE INDEX first_characters ON tokens (substr(token, 1, 4));
         CREATE INDEX texts ON tokens (token);",
    )?;
    let transaction = connection.transaction()?;
    for (version, token, characters, pattern) in versions() {
        transaction
            .prepare_cached("INSERT INTO tokens VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![version, token, characters, pattern])?;
    }
    transaction.commit()?;
    judge(|question| {
        let mut select = connection.prepare(question)?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<std::result::Result<_, _>>()?)
    })
}

#[test]
fn postgresql() -> Result<()> {
    let Some(server) = installed(Postgres::new()?) else { return Ok(()) };
    let mut client = server.location().parse::<postgres::Config>()?.connect(NoTls)?;
    client.batch_execute(
        "CREATE TABLE tokens (version integer PRIMARY KEY, token text COLLATE \"C\", characters text, pattern text);
         CREATE INDEX first_characters ON tokens (substr(token, 1, 4));",
    )?;
    let column = |of: fn((i32, String, String, String)) -> String| versions().map(of).collect::<Vec<_>>();
    client.execute(
        "INSERT INTO tokens SELECT * FROM unnest($1::integer[], $2::text[], $3::text[], $4::text[])",
        &[
            &versions().map(|row| row.0).collect::<Vec<_>>(),
            &column(|row| row.1),
            &column(|row| row.2),
            &column(|row| row.3),
        ],
    )?;
    let client = std::cell::RefCell::new(client);
    judge(|question| {
        let rows = client.borrow_mut().query(question, &[])?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    })
}
