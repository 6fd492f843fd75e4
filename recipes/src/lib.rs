//! Directories by token in four stores, whose keys rotate while they are in use.
//!
//! Each module is one store and one file to copy from: register, look up, reseal in batches, count by key version,
//! and the question that has to be asked before a key version is retired. What they share is here. A directory
//! holds no key: it takes the tokens that a gateway made. Only `reseal` takes a [`Sealer`], and belongs where the
//! keyring is.
//!
//! The rule that makes all of it safe: **a row is found, and its subscriber's second registration refused, by the
//! tokens of all live versions**, and the store answers for them at one point in time. So a reseal may move a row
//! between any two questions, and no question finds it gone.

pub mod postgres;
pub mod redb;
pub mod redis;
pub mod sqlite;

use std::{collections::BTreeMap, fmt, ops::Range, thread, time::Instant};
use telseal::{Identifier, KeyVersion, OpenError, ParseError, Sealer, Token};

/// How far a reseal has come. It has no state of its own: what is left to do is what is in the directory under the
/// old version, so that after a crash it is simply started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that were under the old version when it began.
    pub old: u64,
    /// Rows that were under the primary version when it began.
    pub already_new: u64,
    /// Rows moved.
    pub moved: u64,
    /// Rows left in place, since what they are found by is no token, or does not open.
    pub unreadable: u64,
    /// Rows left in place, since their subscriber has another row under the new token. There are none where all
    /// registrations look before they write.
    pub doubled: u64,
    /// Rows that, when it began, did not begin as a token of this kind and of a live version does, and are left in
    /// place: see [`Counts`]. Where another kind is kept in the same table, they are its rows. Where not, they were
    /// truncated or altered, and each may be one of the old version: look at them before it is retired. In Redis, where
    /// each version has hashes of its own, these are the rows in hashes of earlier versions.
    pub other: u64,
}

/// What a reseal tells while it runs.
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
    /// It is no token of this kind: truncated, or something else altogether.
    Form(ParseError),
    /// It does not open: of another scope or secret, or altered.
    Key(OpenError),
}

/// How many rows there are, by the key version in their first bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub versions: BTreeMap<KeyVersion, u64>,
    /// Rows that do not begin as a token of this kind does.
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

/// Leaves others as much time to write as the batch took that began at `start`. Stores whose writers take turns give them
/// in no order: who has just ended would often be the next one again.
pub(crate) fn give_way(start: Instant) {
    thread::sleep(start.elapsed());
}

/// The tokens of one key version, in the order of bytes: from the first three bytes of them all, to before those of
/// the next version.
pub fn tokens_of<I: Identifier>(version: KeyVersion) -> Range<[u8; 3]> {
    let [kind, high, low] = Token::<I>::header(version);
    let header = u32::from_be_bytes([0, kind, high, low]);
    let bytes = |header: u32| *header.to_be_bytes().last_chunk().expect("three of four bytes");
    bytes(header)..bytes(header + 1)
}

/// The key version of a row that begins as a token does.
fn version<I: Identifier>(row: &[u8]) -> Option<KeyVersion> {
    let header: [u8; 3] = *row.first_chunk()?;
    let version = KeyVersion::try_from(u16::from_be_bytes([header[1], header[2]])).ok()?;
    (header == Token::<I>::header(version)).then_some(version)
}

/// The token that a row is to be found by from now on.
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
