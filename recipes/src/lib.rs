//! Directories by token in four stores. Their keys rotate while they are in use. [`migration`] moves a table that has
//! another column than tokens.
//!
//! Each module is one store and one file to copy from. It registers, looks up, reseals in batches, counts rows by key
//! version, and answers the question to ask before a key version is retired. This file has what they share. A directory
//! holds no key: it takes the tokens that a gateway made. Only `reseal` takes a [`Sealer`], so run it where the keyring
//! is.
//!
//! One rule makes this safe: **look rows up by the tokens of all live versions, also before a registration**, and let
//! the store answer for all of them at one point in time. So a reseal may move a row between any two questions, and no
//! question misses it.

pub mod migration;
pub mod postgres;
pub mod redb;
pub mod redis;
pub mod short;
pub mod sqlite;

use std::{collections::BTreeMap, fmt, ops::Range, thread, time::Instant};
use telseal::{Identifier, KeyVersion, OpenError, ParseError, Sealer, Token};

/// The progress of a reseal. A reseal keeps no state: the rows still to be moved are the rows under the old version.
/// After a crash, start it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that were under the old version when it began.
    pub old: u64,
    /// Rows that were under the primary version when it began.
    pub already_new: u64,
    /// Rows moved.
    pub moved: u64,
    /// Rows left in place because their key is not a token or does not open.
    pub unreadable: u64,
    /// Rows left in place because their subscriber has another row under the new token. There are none if all
    /// registrations look up before they write.
    pub doubled: u64,
    /// Rows that, at the start, did not begin like a token of this kind and of a live version. They are left in place:
    /// see [`Counts`]. If the table also holds another kind, they are its rows. If not, they were truncated or altered,
    /// and each may be a row of the old version: examine them before you retire it. In Redis, each version has separate
    /// hashes, and these are the rows in hashes of earlier versions.
    pub other: u64,
}

/// What a reseal reports while it runs.
#[derive(Debug)]
pub enum Event<'a> {
    /// A batch is written.
    Batch(&'a Report),
    /// A row is left in place.
    Unreadable(&'a [u8], Unreadable),
    /// A row is left in place: see [`Report::doubled`].
    Doubled(&'a [u8]),
}

/// Why a row is not resealed.
#[derive(Debug)]
pub enum Unreadable {
    /// It is not a token of this kind: it was truncated, or it is something else.
    Form(ParseError),
    /// It does not open: its scope or secret is another one, or it was altered.
    Key(OpenError),
}

/// The number of rows, by the key version in their first bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub versions: BTreeMap<KeyVersion, u64>,
    /// Rows that do not begin like a token of this kind.
    pub other: u64,
}

impl Report {
    pub(crate) fn begin<I: Identifier>(counts: &Counts, old: KeyVersion, sealer: &Sealer<I>) -> Self {
        let of_no_live = |version: &KeyVersion| sealer.versions().all(|live| live != *version);
        let unknown: u64 =
            counts.versions.iter().filter(|(version, _)| of_no_live(version)).map(|(_, rows)| rows).sum();
        let (already_new, other) = (counts.of(sealer.primary()), counts.other + unknown);
        Report { old: counts.of(old), already_new, other, ..Report::default() }
    }
}

impl Counts {
    pub fn of(&self, version: KeyVersion) -> u64 {
        self.versions.get(&version).copied().unwrap_or(0)
    }

    /// Adds rows that begin with `header`.
    pub(crate) fn add<I: Identifier>(&mut self, header: &[u8], rows: u64) {
        match version::<I>(header) {
            Some(version) => *self.versions.entry(version).or_default() += rows,
            None => self.other += rows,
        }
    }
}

/// Pauses for as long as the batch took that began at `start`, so that other writers get their turn. A store whose
/// writers take turns gives the turns in no order: without the pause, the same writer would often be next again.
pub(crate) fn give_way(start: Instant) {
    thread::sleep(start.elapsed());
}

/// The tokens of one key version, in the order of bytes: from its first three bytes up to those of the next version.
pub fn tokens_of<I: Identifier>(version: KeyVersion) -> Range<[u8; 3]> {
    let [kind, high, low] = Token::<I>::header(version);
    let header = u32::from_be_bytes([0, kind, high, low]);
    let bytes = |header: u32| *header.to_be_bytes().last_chunk().expect("three of four bytes");
    bytes(header)..bytes(header + 1)
}

/// The key version of a row that begins like a token.
fn version<I: Identifier>(row: &[u8]) -> Option<KeyVersion> {
    let header: [u8; 3] = *row.first_chunk()?;
    let version = KeyVersion::try_from(u16::from_be_bytes([header[1], header[2]])).ok()?;
    (header == Token::<I>::header(version)).then_some(version)
}

/// The new token of a row.
pub(crate) fn resealed<I: Identifier>(sealer: &Sealer<I>, row: &[u8]) -> Result<Token<I>, Unreadable> {
    let token = Token::try_from(row).map_err(Unreadable::Form)?;
    sealer.reseal(&token).map_err(Unreadable::Key)
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Form(error) => error.fmt(f),
            Unreadable::Key(error) => error.fmt(f),
        }
    }
}
