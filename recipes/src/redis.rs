//! A directory in Redis, or in a Redis Cluster.
//!
//! An operation that must be one step is a script, and all keys of a script must be in one slot of the cluster. But the
//! tokens of one subscriber under two key versions have nothing in common: that is their purpose. So a gateway sends,
//! with the tokens, which of 1024 buckets the subscriber is in ([`Placement`]). The bucket depends on a key that does
//! not rotate. The rows of a bucket under one key version are one hash, `directory:{bucket}:kind:version`. All hashes
//! of a bucket are in one slot, which the part in braces decides. The kind is its letter, so two kinds in one Redis
//! share no hash.
//!
//! The price: the bucket, a pseudonym of 10 bits, stays the same when the tokens change. From it the servers can tell
//! that an old row and a new one are of one subscriber, with a chance of 1 in the number of rows in a bucket. But they
//! see the reseal move the one to the other anyway. Somebody who has only the placement key can find out by enumeration
//! which 1/1024 of all numbers a row is of, and nothing more.
//!
//! Redis acknowledges writes that it has not yet written to the disk or sent to replicas. With `appendonly yes`, a kill
//! of the server loses nothing, and a power cut loses up to a second unless `appendfsync always` is set. After a
//! fail-over, acknowledged registrations and reseals may be lost; then start the reseal again. So retire a version only
//! when the directory is empty of it durably, and on every replica that is read or may be promoted (`WAITAOF`, or
//! `WAIT` where there is no such command). Keep the old wrapped keyring for as long as you keep any backup from before.
//! This holds for every kind, scope and directory.
//!
//! Set `maxmemory-policy noeviction`: an evicted hash is thousands of subscribers. Do not reshard during a rotation, or
//! repeat each request that answers `TRYAGAIN`: while a slot moves, a script whose hashes are on both sides is refused.

use crate::{Counts, Event, Report, resealed};
use ::redis::{
    ConnectionLike, FromRedisValue, ParsingError, RedisError, RedisWrite, Script, ToRedisArgs, ToSingleRedisArg, Value,
    cmd,
};
use std::{collections::HashSet, num::NonZeroU32};
use telseal::{Identifier, Indexer, KeyVersion, Sealer, Token};

/// Many more than there are servers, so that they spread evenly; few enough to tell little about a subscriber.
pub const BUCKETS: u16 = 1024;

/// Decides which bucket a subscriber is in. The gateway has it. An index key is enough for this, and it opens no token.
#[derive(Debug)]
pub struct Placement<I>(Indexer<I>);

impl<I: Identifier> Placement<I> {
    /// `indexer` must come from a separate keyring that is never rotated, and have a separate scope. Returns `None` if
    /// that keyring was rotated: with another key, nearly every subscriber would be in another bucket and would be
    /// missed.
    ///
    /// ```
    /// # use recipes::redis::Placement;
    /// # use telseal::{Imsi, Keyring, Scope};
    /// let (mut keyring, scope) = (Keyring::generate()?, Scope::new(["acme", "placement"])?);
    /// assert!(Placement::<Imsi>::new(keyring.indexer(&scope)).is_some());
    /// let first = keyring.primary();
    /// keyring.rotate()?;
    /// assert!(Placement::<Imsi>::new(keyring.indexer(&scope)).is_none());
    /// keyring.retire(first)?;
    /// assert!(Placement::<Imsi>::new(keyring.indexer(&scope)).is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(indexer: Indexer<I>) -> Option<Self> {
        indexer.versions().eq([KeyVersion::FIRST]).then_some(Placement(indexer))
    }

    pub fn bucket(&self, identifier: &I) -> u16 {
        let [high, low, ..] = *self.0.tag(identifier).as_bytes();
        u16::from_be_bytes([high, low]) % BUCKETS
    }
}

pub struct Directory<C> {
    connection: C,
    register: Script,
    lookup: Script,
    reseal: Script,
}

impl<C: ConnectionLike> Directory<C> {
    pub fn new(connection: C) -> Self {
        Directory {
            connection,
            // Keys: the hashes of the live tokens and that of the new one. Arguments: the live tokens, the new one
            // and its endpoint.
            register: Script::new(
                "for i = 1, #KEYS - 1 do
                    local endpoint = redis.call('HGET', KEYS[i], ARGV[i])
                    if endpoint then return endpoint end
                end
                if redis.call('HSETNX', KEYS[#KEYS], ARGV[#KEYS], ARGV[#KEYS + 1]) == 0 then
                    return redis.call('HGET', KEYS[#KEYS], ARGV[#KEYS])
                end
                return false",
            ),
            lookup: Script::new(
                "for i, key in ipairs(KEYS) do
                    local endpoint = redis.call('HGET', key, ARGV[i])
                    if endpoint then return endpoint end
                end
                return false",
            ),
            // Keys: the hashes of the old and the new version. Arguments: an old token and a new one in turn.
            // Returns how many were moved, and those of the old ones that have a row under the new one.
            reseal: Script::new(
                "local moved, doubled = 0, {}
                for i = 1, #ARGV, 2 do
                    local endpoint = redis.call('HGET', KEYS[1], ARGV[i])
                    if endpoint and redis.call('HSETNX', KEYS[2], ARGV[i + 1], endpoint) == 1 then
                        redis.call('HDEL', KEYS[1], ARGV[i])
                        moved = moved + 1
                    elseif endpoint then
                        doubled[#doubled + 1] = ARGV[i]
                    end
                end
                return {moved, doubled}",
            ),
        }
    }

    /// Adds a row under `token`. If the subscriber has a row under any of the `live` tokens, it returns the endpoint of
    /// that row and changes nothing. `token` must be one of `live`: otherwise nothing prevents a second row.
    ///
    /// If the answer is lost, repeat the call: it then returns the caller's own endpoint from the row that is already
    /// there.
    pub fn register<I: Identifier>(
        &mut self,
        bucket: u16,
        live: &[Token<I>],
        token: &Token<I>,
        endpoint: u64,
    ) -> Result<Option<u64>, RedisError> {
        let mut call = self.register.prepare_invoke();
        for token in live.iter().chain([token]) {
            call.key(key::<I>(bucket, token.key_version())).arg(token.as_ref());
        }
        call.arg(endpoint).invoke(&mut self.connection)
    }

    /// The endpoint of the row under any of the `live` tokens, by one script.
    pub fn lookup<I: Identifier>(&mut self, bucket: u16, live: &[Token<I>]) -> Result<Option<u64>, RedisError> {
        let mut call = self.lookup.prepare_invoke();
        for token in live {
            call.key(key::<I>(bucket, token.key_version())).arg(token.as_ref());
        }
        call.invoke(&mut self.connection)
    }

    /// Moves the rows of the key version `old` to their tokens under the sealer's primary version, about `batch` at a
    /// time. Rows registered under `old` meanwhile may be left: repeat it until [`is_empty`](Self::is_empty) returns
    /// true. It begins with 1024 questions for each version that has ever existed.
    pub fn reseal<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        old: KeyVersion,
        batch: NonZeroU32,
        mut watch: impl FnMut(Event<'_>),
    ) -> Result<Report, RedisError> {
        let new = sealer.primary();
        // All versions that there have been: what is left under one that is not live any more is told of.
        let newest = sealer.versions().map(KeyVersion::get).max().unwrap_or(0);
        let mut report = Report::begin(&self.counts::<I>((1..=newest).flat_map(KeyVersion::try_from))?, old, sealer);
        if old == new {
            return Ok(report);
        }
        for bucket in 0..BUCKETS {
            let (from, to) = (key::<I>(bucket, old), key::<I>(bucket, new));
            let mut left = HashSet::new(); // a scan may give a row twice
            let mut cursor = 0_u64;
            loop {
                let fields: Vec<(Vec<u8>, Vec<u8>)>;
                (cursor, fields) =
                    cmd("HSCAN").arg(&from).arg(cursor).arg("COUNT").arg(batch.get()).query(&mut self.connection)?;
                let mut call = self.reseal.prepare_invoke();
                call.key(&from).key(&to);
                for (row, _) in &fields {
                    match resealed(sealer, row) {
                        Ok(token) => {
                            call.arg(&**row).arg(token.as_ref());
                        }
                        Err(why) => {
                            if left.insert(row.clone()) {
                                report.unreadable += 1;
                                watch(Event::Unreadable(row, why));
                            }
                        }
                    }
                }
                if !fields.is_empty() {
                    let (moved, doubled): (u64, Vec<Vec<u8>>) = call.invoke(&mut self.connection)?;
                    report.moved += moved;
                    for row in doubled {
                        if left.insert(row.clone()) {
                            report.doubled += 1;
                            watch(Event::Doubled(&row));
                        }
                    }
                    watch(Event::Batch(&report));
                }
                if cursor == 0 {
                    break;
                }
            }
        }
        Ok(report)
    }

    /// Whether no row of a key version is left, for this kind in this directory. `Keyring::retire` removes a version
    /// from every kind, scope and directory of the keyring. So ask for each of them, when nobody registers under it any
    /// more.
    pub fn is_empty<I: Identifier>(&mut self, version: KeyVersion) -> Result<bool, RedisError> {
        Ok(self.counts::<I>([version])?.of(version) == 0)
    }

    /// Asks for the length of each bucket under the given versions, one after the other.
    pub fn counts<I: Identifier>(
        &mut self,
        versions: impl IntoIterator<Item = KeyVersion>,
    ) -> Result<Counts, RedisError> {
        let mut counts = Counts::default();
        for version in versions {
            let mut rows = 0;
            for bucket in 0..BUCKETS {
                rows += cmd("HLEN").arg(key::<I>(bucket, version)).query::<u64>(&mut self.connection)?;
            }
            if rows != 0 {
                counts.versions.insert(version, rows);
            }
        }
        Ok(counts)
    }

    /// The connection, for other data in the store.
    pub fn connection(&mut self) -> &mut C {
        &mut self.connection
    }
}

/// The hash with the rows of a bucket, a kind and a key version.
pub fn key<I: Identifier>(bucket: u16, version: KeyVersion) -> String {
    format!("directory:{{{bucket}}}:{}:{version}", I::KIND.letter())
}

/// A token as an argument and as a result of any command: its 27 bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Field<I: Identifier>(pub Token<I>);

impl<I: Identifier> ToRedisArgs for Field<I> {
    fn write_redis_args<W: ?Sized + RedisWrite>(&self, out: &mut W) {
        out.write_arg(self.0.as_ref());
    }
}

impl<I: Identifier> ToSingleRedisArg for Field<I> {}

impl<I: Identifier> FromRedisValue for Field<I> {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        // An error of the crate's own would show what was found instead.
        let Value::BulkString(bytes) = value else { return Err("expected a token".into()) };
        Token::try_from(&bytes[..]).map(Field).map_err(|error| error.to_string().into())
    }
}
