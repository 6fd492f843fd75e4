//! A directory in PostgreSQL: a B-tree on a server. Use one connection for each thread. The statements are the same
//! with `tokio-postgres`, on which `postgres` is built. When you log an `Error`, log its `source` too: it has the
//! server's message, and the error's own text is only "db error".
//!
//! A statement sees the directory at one point in time. So a lookup by all live tokens finds a row that is being moved,
//! in one place or in the other. For a registration this is not enough. If two transactions both look up before either
//! writes, neither sees the other, and the primary key does not help if they seal under two versions. So a registration
//! first takes a lock for each of the subscriber's live tokens, always in the same order. Two gateways exclude each
//! other if they have one live version in common. They have: a version is handed to all gateways before one of them
//! seals under it, and it is retired when none does any more.

use crate::{Counts, Event, Report, resealed, tokens_of};
use ::postgres::{Client, Config, Error, NoTls, Statement};
use std::num::NonZeroU32;
use telseal::{Identifier, KeyVersion, Sealer, Token};

/// The function makes a registration one round trip. Each of its statements must see what was committed before it. That
/// is so under READ COMMITTED, the default. Under a stricter level, it would see the directory from before it had the
/// locks.
const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS directory (token bytea PRIMARY KEY, endpoint bigint NOT NULL);

    CREATE OR REPLACE FUNCTION directory_register(locks bigint[], live bytea[], new_token bytea, new_endpoint bigint)
    RETURNS bigint LANGUAGE plpgsql AS $$
    DECLARE
        registered bigint;
    BEGIN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE 'directory_register needs a READ COMMITTED transaction';
        END IF;
        PERFORM pg_advisory_xact_lock(lock) FROM unnest(locks) AS lock;
        SELECT endpoint INTO registered FROM directory WHERE token = ANY (live);
        IF NOT FOUND THEN
            INSERT INTO directory VALUES (new_token, new_endpoint);
        END IF;
        RETURN registered;
    END $$";

pub struct Directory {
    client: Client,
    register: Statement,
    lookup: Statement,
    old_rows: Statement,
    reseal: Statement,
}

impl Directory {
    /// Makes the table and the function. Call it once, before anything else.
    pub fn create(config: &Config) -> Result<(), Error> {
        config.connect(NoTls)?.batch_execute(SCHEMA)
    }

    pub fn open(config: &Config) -> Result<Self, Error> {
        let mut client = config.connect(NoTls)?;
        Ok(Directory {
            register: client.prepare("SELECT directory_register($1, $2, $3, $4)")?,
            lookup: client.prepare(
                "SELECT endpoint FROM directory WHERE token = ANY ($1) ORDER BY array_position($1, token) LIMIT 1",
            )?,
            old_rows: client.prepare(
                "SELECT token FROM directory WHERE token >= $1 AND token < $2 AND token > $3 ORDER BY token LIMIT $4",
            )?,
            reseal: client.prepare(
                "UPDATE directory SET token = moved.new
                 FROM unnest($1::bytea[], $2::bytea[]) AS moved (old, new)
                 WHERE token = moved.old AND NOT EXISTS (SELECT FROM directory WHERE token = moved.new)
                 RETURNING moved.old",
            )?,
            client,
        })
    }

    /// Adds a row under `token`. If the subscriber has a row under any of the `live` tokens, it returns the endpoint of
    /// that row and changes nothing. `token` must be one of `live`: otherwise nothing prevents a second row.
    ///
    /// If the answer is lost, repeat the call: it then returns the caller's own endpoint from the row that is already
    /// there.
    pub fn register<I: Identifier>(
        &mut self,
        live: &[Token<I>],
        token: &Token<I>,
        endpoint: i64,
    ) -> Result<Option<i64>, Error> {
        // 64 bits of the tag: others with the same wait for no reason, which does no harm.
        let lock = |token: &Token<I>| i64::from_le_bytes(*token.tag().as_bytes().first_chunk().expect("8 of 16 bytes"));
        let mut locks: Vec<i64> = live.iter().map(lock).collect();
        locks.sort_unstable(); // in one order for all, so that no two wait for each other
        self.client.query_one(&self.register, &[&locks, &bytes(live), &token.as_ref(), &endpoint])?.try_get(0)
    }

    /// The endpoint of the row under any of the `live` tokens, by one statement. If a subscriber has two rows, it is
    /// the row of the first token that has one: the newest, in the order of `Sealer::lookup`.
    pub fn lookup<I>(&mut self, live: &[Token<I>]) -> Result<Option<i64>, Error> {
        self.client.query(&self.lookup, &[&bytes(live)])?.first().map(|row| row.try_get(0)).transpose()
    }

    /// Moves the rows of the key version `old` to their tokens under the sealer's primary version, `batch` at a time.
    /// Rows registered under `old` meanwhile may be left: repeat it until [`is_empty`](Self::is_empty) returns true.
    ///
    /// It locks only the rows that it moves. A registration needs no lock against it, because the subscriber's row is
    /// there at any time, under one token or the other.
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
        let mut after = Vec::new();
        loop {
            let bounds = self
                .client
                .query(&self.old_rows, &[&&range.start[..], &&range.end[..], &after, &i64::from(batch.get())])?;
            let rows: Vec<Vec<u8>> = bounds.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
            let Some(last) = rows.last() else { return Ok(report) };
            after.clone_from(last);
            let (mut readable, mut tokens) = (Vec::new(), Vec::new());
            for row in &rows {
                match resealed(sealer, row) {
                    Ok(token) => {
                        readable.push(&**row);
                        tokens.push(token);
                    }
                    Err(why) => {
                        report.unreadable += 1;
                        watch(Event::Unreadable(row, why));
                    }
                }
            }
            let moved = self.client.query(&self.reseal, &[&readable, &bytes(&tokens)])?;
            report.moved += moved.len() as u64;
            if moved.len() != readable.len() {
                // Those that are not there any more were deleted meanwhile.
                let moved: Vec<&[u8]> = moved.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
                readable.retain(|row| !moved.contains(row));
                for row in self.client.query("SELECT token FROM directory WHERE token = ANY ($1)", &[&readable])? {
                    report.doubled += 1;
                    watch(Event::Doubled(row.try_get(0)?));
                }
            }
            watch(Event::Batch(&report));
        }
    }

    /// Whether no row of a key version is left, for this kind in this directory. `Keyring::retire` removes a version
    /// from every kind, scope and directory of the keyring. So ask for each of them, when nobody registers under it any
    /// more.
    pub fn is_empty<I: Identifier>(&mut self, version: KeyVersion) -> Result<bool, Error> {
        let range = tokens_of::<I>(version);
        let select = "SELECT NOT EXISTS (SELECT FROM directory WHERE token >= $1 AND token < $2)";
        self.client.query_one(select, &[&&range.start[..], &&range.end[..]])?.try_get(0)
    }

    /// Reads all rows.
    pub fn counts<I: Identifier>(&mut self) -> Result<Counts, Error> {
        let mut counts = Counts::default();
        let select = "SELECT substring(token FROM 1 FOR 3), count(*) FROM directory GROUP BY 1";
        for group in self.client.query(select, &[])? {
            counts.add::<I>(group.try_get(0)?, group.try_get::<_, i64>(1)?.unsigned_abs());
        }
        Ok(counts)
    }

    /// The client, for other data in the database.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }
}

fn bytes<I>(tokens: &[Token<I>]) -> Vec<&[u8]> {
    tokens.iter().map(AsRef::as_ref).collect()
}
