//! A directory in redb: a B-tree in a file that one process has open. That process reseals in a separate thread.
//!
//! Writers take turns, so the lookup and the write of a registration are one step. A reseal pauses after each batch;
//! without the pause, registrations would get no turn. A reader sees the directory at one point in time and does not
//! wait.

use crate::{Counts, Event, Report, give_way, resealed, tokens_of};
use ::redb::{Database, Error, ReadableDatabase, ReadableTable, TableDefinition};
use std::{num::NonZeroU32, ops::Bound, path::Path, time::Instant};
use telseal::{Identifier, KeyVersion, Sealer, Token};

/// Tokens of 27 bytes, and endpoints. The type of the keys has no fixed length, so a row that was cut short can be
/// read.
const DIRECTORY: TableDefinition<&[u8], u64> = TableDefinition::new("directory");

pub struct Directory {
    database: Database,
}

impl Directory {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let database = Database::create(path)?;
        let transaction = database.begin_write()?;
        drop(transaction.open_table(DIRECTORY)?);
        transaction.commit()?;
        Ok(Directory { database })
    }

    /// Adds a row under `token`. If the subscriber has a row under any of the `live` tokens, it returns the endpoint of
    /// that row and changes nothing. `token` must be one of `live`: otherwise nothing prevents a second row.
    ///
    /// If the answer is lost, repeat the call: it then returns the caller's own endpoint from the row that is already
    /// there.
    pub fn register<I>(&self, live: &[Token<I>], token: &Token<I>, endpoint: u64) -> Result<Option<u64>, Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut directory = transaction.open_table(DIRECTORY)?;
            if let Some(endpoint) = first_of(&directory, live)? {
                return Ok(Some(endpoint));
            }
            directory.insert(token.as_ref(), endpoint)?;
        }
        transaction.commit()?;
        Ok(None)
    }

    /// The endpoint of the row under any of the `live` tokens.
    pub fn lookup<I>(&self, live: &[Token<I>]) -> Result<Option<u64>, Error> {
        first_of(&self.database.begin_read()?.open_table(DIRECTORY)?, live)
    }

    /// Moves the rows of the key version `old` to their tokens under the sealer's primary version, `batch` at a time.
    /// Rows registered under `old` meanwhile may be left: repeat it until [`is_empty`](Self::is_empty) returns true.
    pub fn reseal<I: Identifier>(
        &self,
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
        let mut from = Bound::Included(range.start.to_vec());
        loop {
            let transaction = self.database.begin_write()?;
            let start = Instant::now();
            {
                let mut directory = transaction.open_table(DIRECTORY)?;
                let bounds = (from.as_ref().map(|key| &**key), Bound::Excluded(&range.end[..]));
                let mut rows = Vec::new();
                for entry in directory.range::<&[u8]>(bounds)?.take(batch.get() as usize) {
                    let (row, endpoint) = entry?;
                    rows.push((row.value().to_vec(), endpoint.value()));
                }
                let Some((last, _)) = rows.last() else { return Ok(report) };
                from = Bound::Excluded(last.clone());
                for (row, endpoint) in rows {
                    match resealed(sealer, &row) {
                        Ok(token) if directory.get(token.as_ref())?.is_none() => {
                            directory.remove(&*row)?;
                            directory.insert(token.as_ref(), endpoint)?;
                            report.moved += 1;
                        }
                        Ok(_) => {
                            report.doubled += 1;
                            watch(Event::Doubled(&row));
                        }
                        Err(why) => {
                            report.unreadable += 1;
                            watch(Event::Unreadable(&row, why));
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
        let directory = self.database.begin_read()?.open_table(DIRECTORY)?;
        Ok(directory.range::<&[u8]>(&range.start[..]..&range.end[..])?.next().transpose()?.is_none())
    }

    /// Reads all rows.
    pub fn counts<I: Identifier>(&self) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        for entry in self.database.begin_read()?.open_table(DIRECTORY)?.iter()? {
            counts.add::<I>(entry?.0.value(), 1);
        }
        Ok(counts)
    }

    /// The database, for other data in it.
    pub fn database(&self) -> &Database {
        &self.database
    }
}

fn first_of<I>(directory: &impl ReadableTable<&'static [u8], u64>, live: &[Token<I>]) -> Result<Option<u64>, Error> {
    for token in live {
        if let Some(endpoint) = directory.get(token.as_ref())? {
            return Ok(Some(endpoint.value()));
        }
    }
    Ok(None)
}
