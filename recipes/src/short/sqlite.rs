//! A table in SQLite that is asked by short tag.

use super::{Error, Match};
use rusqlite::{Connection, TransactionBehavior::Immediate, params, params_from_iter};
use std::{marker::PhantomData, path::Path, time::Duration};
use telseal::{Identifier, ShortTag, Token};

/// The rows of a set lie side by side: SQLite reads them with one page, or a few.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS short_length (only_row INTEGER PRIMARY KEY CHECK (only_row = 1), bits INTEGER NOT NULL)
        STRICT;
    CREATE TABLE IF NOT EXISTS by_short (
        short BLOB NOT NULL, token BLOB NOT NULL, endpoint INTEGER NOT NULL, PRIMARY KEY (short, token)
    ) STRICT, WITHOUT ROWID";

pub struct Table<I, const BITS: u32> {
    connection: Connection,
    kind: PhantomData<fn() -> I>,
}

impl<I: Identifier, const BITS: u32> Table<I, BITS> {
    /// Makes the table for short tags of `BITS` bits, or opens it.
    ///
    /// # Errors
    /// [`Error::OtherLength`] if it was made for another length.
    pub fn open(path: &Path) -> Result<Self, Error<rusqlite::Error>> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        let transaction = connection.transaction_with_behavior(Immediate)?;
        transaction.execute_batch(SCHEMA)?;
        transaction.execute("INSERT OR IGNORE INTO short_length VALUES (1, ?1)", [BITS])?;
        let bits = transaction.query_row("SELECT bits FROM short_length", [], |row| row.get(0))?;
        Error::<rusqlite::Error>::unless_same(bits, BITS)?;
        transaction.commit()?;
        Ok(Table { connection, kind: PhantomData })
    }

    /// Adds rows, or changes the endpoints of those that are there.
    pub fn put(&mut self, rows: &[(Token<I>, i64)]) -> Result<(), Error<rusqlite::Error>> {
        let transaction = self.connection.transaction_with_behavior(Immediate)?;
        {
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO by_short VALUES (?1, ?2, ?3)")?;
            for (token, endpoint) in rows {
                insert.execute(params![token.tag().short::<BITS>().as_bytes(), token.as_ref(), endpoint])?;
            }
        }
        Ok(transaction.commit()?)
    }

    /// The rows of the sets of a subscriber, one set for each live key version, by one statement.
    pub fn matches(&self, live: &[ShortTag<I, BITS>]) -> Result<Vec<Match>, Error<rusqlite::Error>> {
        let places = vec!["?"; live.len()].join(", ");
        let select = format!("SELECT token, endpoint FROM by_short WHERE short IN ({places})");
        let mut select = self.connection.prepare_cached(&select)?;
        let rows = select.query_map(params_from_iter(live.iter().map(|short| short.as_bytes())), |row| {
            Ok(Match { token: row.get(0)?, endpoint: row.get(1)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The connection, for other data in the database.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}
