//! A table in PostgreSQL that is asked by short tag.

use super::{Error, Match};
use ::postgres::{Client, Config, NoTls, Statement};
use std::marker::PhantomData;
use telseal::{Identifier, ShortTag, Token};

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS short_length (
        only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), bits integer NOT NULL
    );
    CREATE TABLE IF NOT EXISTS by_short (
        short bytea NOT NULL, token bytea NOT NULL, endpoint bigint NOT NULL, PRIMARY KEY (short, token)
    )";

pub struct Table<I, const BITS: u32> {
    client: Client,
    put: Statement,
    matches: Statement,
    kind: PhantomData<fn() -> I>,
}

impl<I: Identifier, const BITS: u32> Table<I, BITS> {
    /// Makes the table for short tags of `BITS` bits. Call it once, before anything else.
    pub fn create(config: &Config) -> Result<(), Error<::postgres::Error>> {
        let mut client = config.connect(NoTls)?;
        client.batch_execute(SCHEMA)?;
        client.execute("INSERT INTO short_length (bits) VALUES ($1) ON CONFLICT DO NOTHING", &[&(BITS as i32)])?;
        Ok(())
    }

    /// # Errors
    /// [`Error::OtherLength`] if it was made for another length.
    pub fn open(config: &Config) -> Result<Self, Error<::postgres::Error>> {
        let mut client = config.connect(NoTls)?;
        let bits: i32 = client.query_one("SELECT bits FROM short_length", &[])?.try_get(0)?;
        Error::<::postgres::Error>::unless_same(bits.into(), BITS)?;
        Ok(Table {
            put: client.prepare(
                "INSERT INTO by_short SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bigint[])
                 ON CONFLICT (short, token) DO UPDATE SET endpoint = excluded.endpoint",
            )?,
            matches: client.prepare("SELECT token, endpoint FROM by_short WHERE short = ANY ($1)")?,
            client,
            kind: PhantomData,
        })
    }

    /// Adds rows, or changes the endpoints of those that are there. No token may be there twice.
    pub fn put(&mut self, rows: &[(Token<I>, i64)]) -> Result<(), Error<::postgres::Error>> {
        let shorts: Vec<_> = rows.iter().map(|(token, _)| token.tag().short::<BITS>()).collect();
        let shorts: Vec<&[u8]> = shorts.iter().map(ShortTag::as_bytes).collect();
        let tokens: Vec<&[u8]> = rows.iter().map(|(token, _)| token.as_ref()).collect();
        let endpoints: Vec<i64> = rows.iter().map(|(_, endpoint)| *endpoint).collect();
        self.client.execute(&self.put, &[&shorts, &tokens, &endpoints])?;
        Ok(())
    }

    /// The rows of the sets of a subscriber, one set for each live key version, by one statement.
    pub fn matches(&mut self, live: &[ShortTag<I, BITS>]) -> Result<Vec<Match>, Error<::postgres::Error>> {
        let live: Vec<&[u8]> = live.iter().map(ShortTag::as_bytes).collect();
        let rows = self.client.query(&self.matches, &[&live])?;
        let row = |row: &::postgres::Row| Ok(Match { token: row.try_get(0)?, endpoint: row.try_get(1)? });
        rows.iter().map(row).collect()
    }

    /// The connection, for other data in the database.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }
}
