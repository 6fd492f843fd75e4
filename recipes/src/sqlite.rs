//! A directory in SQLite: a B-tree in a file that several processes of one machine may have open.
//!
//! Writers take turns (`BEGIN IMMEDIATE`), so the lookup and the write of a registration are one step. The turns have
//! no order: a waiting writer asks again from time to time. So a reseal pauses after each batch; without the pause,
//! registrations would get no turn. In WAL mode a reader sees the directory at one point in time and does not wait. Use
//! one connection for each thread.

use crate::{Counts, Event, Report, give_way, resealed, tokens_of};
use rusqlite::{Connection, Error, OptionalExtension, TransactionBehavior::Immediate, params, params_from_iter};
use std::{
    num::NonZeroU32,
    path::Path,
    time::{Duration, Instant},
};
use telseal::{Identifier, KeyVersion, Sealer, Token};

/// The row is kept in the index itself. BLOBs are compared byte by byte.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS directory (token BLOB PRIMARY KEY, endpoint INTEGER NOT NULL) STRICT, WITHOUT ROWID";

pub struct Directory {
    connection: Connection,
}

impl Directory {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?; // how long a writer waits for its turn
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?; // what was acknowledged outlives a power cut
        connection.execute(SCHEMA, [])?;
        Ok(Directory { connection })
    }

    /// Adds a row under `token`. If the subscriber has a row under any of the `live` tokens, it returns the endpoint of
    /// that row and changes nothing. `token` must be one of `live`: otherwise nothing prevents a second row.
    ///
    /// If the answer is lost, repeat the call: it then returns the caller's own endpoint from the row that is already
    /// there.
    pub fn register<I>(&mut self, live: &[Token<I>], token: &Token<I>, endpoint: i64) -> Result<Option<i64>, Error> {
        let transaction = self.connection.transaction_with_behavior(Immediate)?;
        let registered = first_of(&transaction, live)?;
        if registered.is_none() {
            let mut insert = transaction.prepare_cached("INSERT INTO directory VALUES (?1, ?2)")?;
            insert.execute(params![token.as_ref(), endpoint])?;
        }
        transaction.commit()?;
        Ok(registered)
    }

    /// The endpoint of the row under any of the `live` tokens, by one statement.
    pub fn lookup<I>(&self, live: &[Token<I>]) -> Result<Option<i64>, Error> {
        first_of(&self.connection, live)
    }

    /// Moves the rows of the key version `old` to their tokens under the sealer's primary version, `batch` at a time.
    /// Rows registered under `old` meanwhile may be left: repeat it until [`is_empty`](Self::is_empty) returns true.
    pub fn reseal<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        old: KeyVersion,
        batch: NonZeroU32,
        mut watch: impl FnMut(Event<'_>),
    ) -> Result<Report, Error> {
        let mut report = Report::begin(&self.counts::<I>()?, old, sealer);
        if old == sealer.primary() {
            return Ok(report);
        }
        let range = tokens_of::<I>(old);
        let mut after: Option<Vec<u8>> = None;
        loop {
            let transaction = self.connection.transaction_with_behavior(Immediate)?;
            let start = Instant::now();
            {
                let mut select = transaction.prepare_cached(
                    "SELECT token FROM directory WHERE token >= ?1 AND token < ?2 AND token > ?3
                     ORDER BY token LIMIT ?4",
                )?;
                let bounds = params![range.start, range.end, after.as_deref().unwrap_or_default(), batch.get()];
                let rows: Vec<Vec<u8>> = select.query_map(bounds, |row| row.get(0))?.collect::<Result<_, _>>()?;
                let Some(last) = rows.last() else { return Ok(report) };
                after = Some(last.clone());
                let mut update =
                    transaction.prepare_cached("UPDATE OR IGNORE directory SET token = ?1 WHERE token = ?2")?;
                for row in &rows {
                    match resealed(sealer, row) {
                        Ok(token) if update.execute([token.as_ref(), row])? == 1 => report.moved += 1,
                        Ok(_) => {
                            report.doubled += 1;
                            watch(Event::Doubled(row));
                        }
                        Err(why) => {
                            report.unreadable += 1;
                            watch(Event::Unreadable(row, why));
                        }
                    }
                }
            }
            transaction.commit()?;
            watch(Event::Batch(&report));
            give_way(start);
        }
    }

    /// Whether no row of a key version is left, for this kind in this directory. `Keyring::retire` removes a version
    /// from every kind, scope and directory of the keyring. So ask for each of them, when nobody registers under it any
    /// more.
    pub fn is_empty<I: Identifier>(&self, version: KeyVersion) -> Result<bool, Error> {
        let range = tokens_of::<I>(version);
        let mut select = self.connection.prepare_cached("SELECT 1 FROM directory WHERE token >= ?1 AND token < ?2")?;
        Ok(!select.exists(params![range.start, range.end])?)
    }

    /// Reads all rows.
    pub fn counts<I: Identifier>(&self) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        let mut select = self.connection.prepare("SELECT substr(token, 1, 3), count(*) FROM directory GROUP BY 1")?;
        let mut groups = select.query([])?;
        while let Some(group) = groups.next()? {
            counts.add::<I>(&group.get::<_, Vec<u8>>(0)?, group.get::<_, i64>(1)?.unsigned_abs());
        }
        Ok(counts)
    }

    /// The connection, for other data in the database.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }
}

fn first_of<I>(connection: &Connection, live: &[Token<I>]) -> Result<Option<i64>, Error> {
    let places = vec!["?"; live.len()].join(", ");
    // A doubled subscriber is found by the newest token: a key version is in a token's first bytes.
    let select = format!("SELECT endpoint FROM directory WHERE token IN ({places}) ORDER BY token DESC LIMIT 1");
    let mut select = connection.prepare_cached(&select)?;
    select.query_row(params_from_iter(live.iter().map(AsRef::as_ref)), |row| row.get(0)).optional()
}
