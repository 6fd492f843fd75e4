//! From a column of phone numbers, of ciphertexts or of hashes to a column of tokens, while the table is in use.
//!
//! The new column stands beside the old one, so that there is a way back until the old one is dropped:
//!
//! 1. `prepare` adds the column, its index, and a trigger. A program that knows nothing of the new column may go on
//!    changing the old one: the trigger then empties the token, and the row waits to be moved again.
//! 2. `move_rows` reads the old column and writes tokens, batch by batch. The rows still to be moved are those without a
//!    token. There is no other state: after a crash, start it again.
//! 3. Meanwhile `lookup` asks by both columns in one statement, so that it finds a row on either side of the move.
//! 4. When no row is left but those that somebody has decided on, ask by tokens alone, and drop the old column.
//!
//! A column of HMACs cannot be read. `move_known` moves the rows of identifiers that are known from elsewhere: all
//! numbers of the operator's ranges, another table, or the number of each request that comes in.
//!
//! Two spellings of one subscriber were two rows in the old column. Their tokens are equal: `duplicates` counts them. Put
//! a unique index on the tokens only when none is left.

pub mod postgres;
pub mod sqlite;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;
use telseal::{Identifier, ParseError};
use tink_core::DeterministicAead;

/// The names in the table. They become part of statements: never take them from a request.
#[derive(Clone, Copy, Debug)]
pub struct Columns {
    pub table: &'static str,
    /// An integer that is the primary key.
    pub key: &'static str,
    pub old: &'static str,
    pub form: Form,
    /// The column of tokens, of bytes. `prepare` adds it.
    pub new: &'static str,
}

/// What the old column is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Text,
    Bytes,
}

/// The old column, whatever is in it.
pub trait Old<I> {
    /// The values by which programs have looked for an identifier. A row in another spelling is found when it is moved.
    fn values(&self, identifier: &I) -> Vec<Vec<u8>>;
}

/// A column that can be read.
pub trait Readable<I>: Old<I> {
    fn read(&self, value: &[u8]) -> Result<I, Unreadable>;
}

/// Why a row stays as it is. It has nothing of what stands in the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Another key, other associated data, or altered.
    Decryption,
    Utf8,
    Identifier(ParseError),
}

/// How identifiers are spelt in the old column, and how it is read.
#[derive(Clone, Copy)]
pub struct Spelling<I> {
    /// The spellings that programs look for, such as `+442079460018` and `442079460018`.
    pub write: fn(&I) -> Vec<String>,
    pub read: fn(&str) -> Result<I, ParseError>,
}

impl<I> Spelling<I> {
    fn parse(&self, bytes: &[u8]) -> Result<I, Unreadable> {
        let text = str::from_utf8(bytes).map_err(|_| Unreadable::Utf8)?;
        (self.read)(text).map_err(Unreadable::Identifier)
    }
}

/// Identifiers in the clear.
pub struct Plaintext<I>(pub Spelling<I>);

impl<I> Old<I> for Plaintext<I> {
    fn values(&self, identifier: &I) -> Vec<Vec<u8>> {
        (self.0.write)(identifier).into_iter().map(String::into_bytes).collect()
    }
}

impl<I> Readable<I> for Plaintext<I> {
    fn read(&self, value: &[u8]) -> Result<I, Unreadable> {
        self.0.parse(value)
    }
}

/// Ciphertexts of Tink's deterministic AEAD. It encrypts under the primary key of its keyset alone: `lookup` finds rows
/// under older keys when they are moved, and no sooner.
pub struct Daead<I> {
    pub daead: Box<dyn DeterministicAead>,
    pub associated_data: Vec<u8>,
    pub spelling: Spelling<I>,
}

impl<I> Old<I> for Daead<I> {
    fn values(&self, identifier: &I) -> Vec<Vec<u8>> {
        let encrypt = |text: String| self.daead.encrypt_deterministically(text.as_bytes(), &self.associated_data);
        (self.spelling.write)(identifier).into_iter().filter_map(|text| encrypt(text).ok()).collect()
    }
}

impl<I> Readable<I> for Daead<I> {
    fn read(&self, value: &[u8]) -> Result<I, Unreadable> {
        let opened = self.daead.decrypt_deterministically(value, &self.associated_data);
        self.spelling.parse(&opened.map_err(|_| Unreadable::Decryption)?)
    }
}

/// HMAC-SHA256 of identifiers.
pub struct Macs<I> {
    pub key: Vec<u8>,
    pub spelling: Spelling<I>,
}

impl<I> Old<I> for Macs<I> {
    fn values(&self, identifier: &I) -> Vec<Vec<u8>> {
        let keyed = Hmac::<Sha256>::new_from_slice(&self.key).expect("HMAC takes keys of any length");
        let mac = |text: String| keyed.clone().chain_update(text).finalize().into_bytes().to_vec();
        (self.spelling.write)(identifier).into_iter().map(mac).collect()
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Rows that have a token now.
    pub moved: u64,
    /// Rows whose old value is nothing that the reader reads.
    pub unreadable: u64,
    /// Rows that were deleted, changed or moved by somebody else meanwhile.
    pub changed: u64,
    /// Rows without a token when the run ended: the unreadable ones, and those that were changed behind it.
    pub left: u64,
}

/// Subscribers with several rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Duplicates {
    pub subscribers: u64,
    pub rows: u64,
}

impl Columns {
    /// A name in a statement.
    fn quoted(name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// A statement, with `{table}`, `{key}`, `{old}` and `{new}` replaced, and `{type}` by the type of the old column.
    fn statement(&self, template: &str, text: &str, bytes: &str) -> String {
        template
            .replace("{table}", &Self::quoted(self.table))
            .replace("{key}", &Self::quoted(self.key))
            .replace("{old}", &Self::quoted(self.old))
            .replace("{new}", &Self::quoted(self.new))
            .replace("{index}", &Self::quoted(&format!("{}_{}", self.table, self.new)))
            .replace("{type}", if self.form == Form::Text { text } else { bytes })
    }
}

/// Reads a batch, and seals what can be read.
fn sealed<I: Identifier>(
    sealer: &telseal::Sealer<I>,
    source: &impl Readable<I>,
    rows: Vec<(i64, Vec<u8>)>,
    report: &mut Report,
    watch: &mut impl FnMut(i64, Unreadable),
) -> Vec<(i64, Vec<u8>, [u8; 27])> {
    let mut readable = Vec::with_capacity(rows.len());
    for (key, value) in rows {
        match source.read(&value) {
            Ok(identifier) => readable.push((key, value, sealer.seal(&identifier).into())),
            Err(why) => {
                report.unreadable += 1;
                watch(key, why);
            }
        }
    }
    readable
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::Decryption => f.write_str("the value does not decrypt"),
            Unreadable::Utf8 => f.write_str("the value is no UTF-8"),
            Unreadable::Identifier(error) => error.fmt(f),
        }
    }
}
