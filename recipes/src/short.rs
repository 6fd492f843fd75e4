//! Tables that are asked by short tag, in two stores. The server learns which set of subscribers a question is about;
//! the gateway opens the tokens of the set and keeps the rows of its own subscriber. `telseal plan` says how many bits.
//!
//! Every short tag in a table has one length. In a program the type says so: [`sqlite::Table`] and [`postgres::Table`]
//! take a `ShortTag<I, BITS>` and no other. The table keeps the length too, and a program with another one cannot open
//! it. Otherwise a row that is asked for by two lengths would be known by the longer one.
//!
//! To rotate, move a row with its short tag as `sqlite.rs` and `postgres.rs` move it without.

pub mod postgres;
pub mod sqlite;

use std::{error, fmt};
use telseal::{Identifier, OpenError, Sealer, Token};

/// A row whose short tag was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    pub token: Vec<u8>,
    pub endpoint: i64,
}

/// The rows of one subscriber.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub endpoints: Vec<i64>,
    /// Matches that are no token or do not open: somebody altered them.
    pub unreadable: u64,
}

/// Opens the matches and keeps the rows of `identifier`.
pub fn sift<I: Identifier>(sealer: &Sealer<I>, identifier: &I, matches: &[Match]) -> Found {
    let mut found = Found::default();
    let (mut tokens, mut endpoints) = (Vec::with_capacity(matches.len()), Vec::with_capacity(matches.len()));
    for row in matches {
        match Token::<I>::try_from(&row.token[..]) {
            Ok(token) => {
                tokens.push(token);
                endpoints.push(row.endpoint);
            }
            Err(_) => found.unreadable += 1,
        }
    }
    let mut opened = vec![Err(OpenError::NotOpened); tokens.len()];
    sealer.open_into(&tokens, &mut opened).expect("a result for each token");
    for (opened, endpoint) in opened.iter().zip(endpoints) {
        match opened {
            Ok(opened) if opened == identifier => found.endpoints.push(endpoint),
            Ok(_) => {}
            Err(_) => found.unreadable += 1,
        }
    }
    found
}

#[derive(Debug)]
pub enum Error<E> {
    Store(E),
    /// The short tags of the table have another length than those of the program.
    OtherLength {
        table: i64,
        program: u32,
    },
}

impl<E> Error<E> {
    /// Whether the table has short tags of this many bits.
    fn unless_same(table: i64, program: u32) -> Result<(), Self> {
        if table == i64::from(program) { Ok(()) } else { Err(Error::OtherLength { table, program }) }
    }
}

impl<E> From<E> for Error<E> {
    fn from(error: E) -> Self {
        Error::Store(error)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Store(error) => error.fmt(f),
            Error::OtherLength { table, program } => {
                write!(f, "the table has short tags of {table} bits, and the program those of {program}")
            }
        }
    }
}

impl<E: error::Error + 'static> error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match self {
            Error::Store(error) => Some(error),
            Error::OtherLength { .. } => None,
        }
    }
}
