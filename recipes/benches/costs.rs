//! What a routing entry costs: bytes a row and lookups a second in each store, by what the row is found by.
//!
//! ```text
//! cargo bench -p recipes               # a million rows
//! cargo bench -p recipes -- 10000000   # as many as you like
//! ```
//!
//! Rows are written in random order, 10,000 in a transaction, and looked up in another random order by one
//! client that waits for each answer. Bytes are those of the index and the row with an 8-byte endpoint, as the
//! store counts what it occupies: after a load in random order, which is how subscribers come, a B-tree's pages are
//! two thirds full. PostgreSQL is reached through a socket in the file system and the three servers of the Redis
//! Cluster through loopback TCP: between machines the network comes on top, for each row of the table alike.

#[path = "../tests/rotation/servers.rs"]
#[allow(dead_code)] // the tests use all of it
mod servers;

use ::postgres::NoTls;
use ::redb::{Database, ReadableDatabase, ReadableTableMetadata, TableDefinition};
use ::redis::{
    cluster::{ClusterConnection, cluster_pipe},
    cmd,
};
use recipes::redis::{BUCKETS, key};
use servers::{Folder, Postgres, RedisCluster, Result, cluster_client};
use std::{env, num::NonZeroU32, path::Path, time::Instant};
use telseal::{Imsi, KeyVersion, Keyring, Scope, Sealer};

/// What a row is found by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Token,
    TokenText,
    Tag,
    Number,
    Tink,
}

const FORMS: [(Form, &str); 5] = [
    (Form::Number, "plaintext number, 13 digits of text"),
    (Form::Tag, "tag, 16 bytes"),
    (Form::Token, "token, 27 bytes"),
    (Form::Tink, "35 bytes, the size of a Tink ciphertext"),
    (Form::TokenText, "token as text, 36 characters"),
];

/// How many lookups are timed, and how many at a time: the fastest round counts, since others may use the machine.
const LOOKUPS: usize = 100_000;
const ROUND: usize = 10_000;
const TRANSACTION: usize = 10_000;
const BATCH: NonZeroU32 = NonZeroU32::new(1000).expect("not 0");

/// One store with one form in it.
trait Rows {
    /// Adds rows, whose endpoints count up from `first`.
    fn add(&mut self, keys: &[Vec<u8>], first: usize) -> Result<()>;
    /// Its index and its rows, in bytes.
    fn bytes(&mut self) -> Result<f64>;
    fn lookup(&mut self, key: &[u8]) -> Result<Option<u64>>;
    /// By the recipe, [`BATCH`] rows at a time; only of rows of the form [`Form::Token`]. Returns how many were moved.
    fn reseal(&mut self, sealer: &Sealer<Imsi>) -> Result<u64>;
}

fn main() -> Result<()> {
    // `cargo bench` adds an argument of its own.
    let rows = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let (postgres, redis) = (Postgres::new()??, RedisCluster::new()??);
    let (postgres_location, redis_location) = (postgres.location(), redis.location());
    type Start<'a> = Box<dyn Fn(Form, &Path) -> Result<Box<dyn Rows>> + 'a>;
    let stores: [(&str, Start<'_>); 4] = [
        ("redb", Box::new(|_, folder| Ok(Box::new(RedbRows::start(folder)?)))),
        ("SQLite", Box::new(|form, folder| Ok(Box::new(SqliteRows::start(form, folder)?)))),
        ("PostgreSQL", Box::new(|form, _| Ok(Box::new(PostgresRows::start(form, &postgres_location)?)))),
        ("Redis", Box::new(|_, _| Ok(Box::new(RedisRows::start(&redis_location)?)))),
    ];

    let mut keyring = Keyring::generate()?;
    let sealer = keyring.sealer(&Scope::new(["costs"])?);
    keyring.rotate()?;
    let promoted = keyring.sealer(&Scope::new(["costs"])?);

    println!("{rows} rows. Bytes a row, and thousands of lookups a second");
    println!("\n| found by | {} |", stores.each_ref().map(|(name, _)| *name).join(" | "));
    println!("|---|---|---|---|---|");
    let mut reseals = Vec::new();
    for (form, name) in FORMS {
        let mut cells = Vec::new();
        for (store, start) in &stores {
            let folder = Folder::new()?;
            let mut table = start(form, &folder.0)?;
            let empty = table.bytes()?;
            for first in (0..rows).step_by(TRANSACTION) {
                let last = rows.min(first + TRANSACTION);
                let keys: Vec<_> = (first..last).map(|i| key_of(form, &sealer, number(i, rows))).collect();
                table.add(&keys, first)?;
            }
            let bytes = (table.bytes()? - empty) / rows as f64;
            let asked: Vec<usize> = (0..LOOKUPS.min(rows)).map(|i| (i * 7_368_787 + 12_345) % rows).collect();
            let keys: Vec<_> = asked.iter().map(|i| key_of(form, &sealer, number(*i, rows))).collect();
            let mut lookups = 0.0_f64;
            for (keys, asked) in keys.chunks(ROUND).zip(asked.chunks(ROUND)) {
                let start = Instant::now();
                for (key, i) in keys.iter().zip(asked) {
                    if table.lookup(key)? != Some(*i as u64) {
                        return Err(format!("{store}, {name}: another row").into());
                    }
                }
                lookups = lookups.max(keys.len() as f64 / start.elapsed().as_secs_f64());
            }
            cells.push(format!("{bytes:.0} / {:.0}", lookups / 1000.0));
            if form == Form::Token {
                let start = Instant::now();
                let moved = table.reseal(&promoted)?;
                if moved != rows as u64 {
                    return Err(format!("{store}: {moved} rows moved").into());
                }
                reseals.push(format!("{:.0}", moved as f64 / start.elapsed().as_secs_f64() / 1000.0));
            }
        }
        println!("| {name} | {} |", cells.join(" | "));
    }
    println!("| *thousands of rows resealed a second* | {} |", reseals.join(" | "));
    Ok(())
}

/// The subscriber in row `i`: all numbers below `rows`, in an order that has nothing to do with theirs.
fn number(i: usize, rows: usize) -> usize {
    (i * 982_451_653) % rows // a prime that does not divide it
}

/// There are not a million phone numbers that belong to nobody, so these are IMSIs of the test network 001-01, of
/// 13 digits: as long as a phone number is.
fn key_of(form: Form, sealer: &Sealer<Imsi>, number: usize) -> Vec<u8> {
    let text = format!("00101{number:08}");
    let token = || sealer.seal(&text.parse().expect("13 digits"));
    match form {
        Form::Number => text.into_bytes(),
        Form::Tag => token().tag().as_ref().into(),
        Form::Token => token().as_ref().into(),
        // 5 bytes that name the key, a tag of 16, and as many bytes as `+` and 13 digits have.
        Form::Tink => [&[1, 0, 0, 0, 7], &token().as_ref()[3..], &token().as_ref()[5..11]].concat(),
        Form::TokenText => token().to_string().into_bytes(),
    }
}

fn is_text(form: Form) -> bool {
    matches!(form, Form::Number | Form::TokenText)
}

fn text(key: &[u8]) -> Result<&str> {
    Ok(str::from_utf8(key)?)
}

/// The table of the recipe, whatever the form.
const REDB: TableDefinition<&[u8], u64> = TableDefinition::new("directory");

struct RedbRows(recipes::redb::Directory);

impl RedbRows {
    fn start(folder: &Path) -> Result<Self> {
        Ok(RedbRows(recipes::redb::Directory::open(&folder.join("directory"))?))
    }

    fn database(&self) -> &Database {
        self.0.database()
    }
}

impl Rows for RedbRows {
    fn add(&mut self, keys: &[Vec<u8>], first: usize) -> Result<()> {
        let transaction = self.database().begin_write()?;
        {
            let mut table = transaction.open_table(REDB)?;
            for (key, endpoint) in keys.iter().zip(first as u64..) {
                table.insert(&**key, endpoint)?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn bytes(&mut self) -> Result<f64> {
        let stats = self.database().begin_read()?.open_table(REDB)?.stats()?;
        Ok((stats.stored_bytes() + stats.metadata_bytes() + stats.fragmented_bytes()) as f64)
    }

    fn lookup(&mut self, key: &[u8]) -> Result<Option<u64>> {
        Ok(self.database().begin_read()?.open_table(REDB)?.get(key)?.map(|endpoint| endpoint.value()))
    }

    fn reseal(&mut self, sealer: &Sealer<Imsi>) -> Result<u64> {
        Ok(self.0.reseal(sealer, KeyVersion::FIRST, BATCH, |_| ())?.moved)
    }
}

struct SqliteRows(recipes::sqlite::Directory, Form);

impl SqliteRows {
    fn start(form: Form, folder: &Path) -> Result<Self> {
        let directory = recipes::sqlite::Directory::open(&folder.join("directory"))?;
        if is_text(form) {
            directory.connection().execute_batch(
                "DROP TABLE directory;
                 CREATE TABLE directory (token TEXT PRIMARY KEY, endpoint INTEGER NOT NULL) STRICT, WITHOUT ROWID",
            )?;
        }
        Ok(SqliteRows(directory, form))
    }
}

impl Rows for SqliteRows {
    fn add(&mut self, keys: &[Vec<u8>], first: usize) -> Result<()> {
        let transaction = self.0.connection().unchecked_transaction()?;
        {
            let mut insert = transaction.prepare_cached("INSERT INTO directory VALUES (?1, ?2)")?;
            for (key, endpoint) in keys.iter().zip(first as i64..) {
                if is_text(self.1) {
                    insert.execute((text(key)?, endpoint))?;
                } else {
                    insert.execute((key, endpoint))?;
                }
            }
        }
        Ok(transaction.commit()?)
    }

    fn bytes(&mut self) -> Result<f64> {
        let pragma = |name| self.0.connection().pragma_query_value(None, name, |row| row.get::<_, f64>(0));
        Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
    }

    fn lookup(&mut self, key: &[u8]) -> Result<Option<u64>> {
        let mut select = self.0.connection().prepare_cached("SELECT endpoint FROM directory WHERE token = ?1")?;
        let endpoint: i64 = if is_text(self.1) {
            select.query_row([text(key)?], |row| row.get(0))?
        } else {
            select.query_row([key], |row| row.get(0))?
        };
        Ok(Some(endpoint.cast_unsigned()))
    }

    fn reseal(&mut self, sealer: &Sealer<Imsi>) -> Result<u64> {
        Ok(self.0.reseal(sealer, KeyVersion::FIRST, BATCH, |_| ())?.moved)
    }
}

struct PostgresRows {
    directory: recipes::postgres::Directory,
    lookup: ::postgres::Statement,
    form: Form,
}

impl PostgresRows {
    fn start(form: Form, location: &str) -> Result<Self> {
        let config = location.parse()?;
        let of = if is_text(form) { "text COLLATE \"C\"" } else { "bytea" };
        ::postgres::Client::connect(location, NoTls)?.batch_execute(&format!(
            "DROP TABLE IF EXISTS directory;
             CREATE TABLE directory (token {of} PRIMARY KEY, endpoint bigint NOT NULL)"
        ))?;
        if is_text(form) {
            // The recipe's statements are for bytes, so it is opened on another database's table of that name.
            ::postgres::Client::connect(location, NoTls)?
                .batch_execute("ALTER TABLE directory RENAME TO texts; DROP TABLE IF EXISTS directory")?;
            recipes::postgres::Directory::create(&config)?;
        }
        let mut directory = recipes::postgres::Directory::open(&config)?;
        let table = if is_text(form) { "texts" } else { "directory" };
        let lookup = directory.client().prepare(&format!("SELECT endpoint FROM {table} WHERE token = $1"))?;
        Ok(PostgresRows { directory, lookup, form })
    }
}

impl Rows for PostgresRows {
    fn add(&mut self, keys: &[Vec<u8>], first: usize) -> Result<()> {
        let endpoints: Vec<i64> = (first as i64..).take(keys.len()).collect();
        let client = self.directory.client();
        if is_text(self.form) {
            let keys: Vec<&str> = keys.iter().map(|key| text(key)).collect::<Result<_>>()?;
            let insert = "INSERT INTO texts SELECT * FROM unnest($1::text[], $2::bigint[])";
            client.execute(insert, &[&keys, &endpoints])?;
        } else {
            let insert = "INSERT INTO directory SELECT * FROM unnest($1::bytea[], $2::bigint[])";
            client.execute(insert, &[&keys, &endpoints])?;
        }
        Ok(())
    }

    fn bytes(&mut self) -> Result<f64> {
        let table = if is_text(self.form) { "texts" } else { "directory" };
        let select = format!("SELECT pg_total_relation_size('{table}')");
        Ok(self.directory.client().query_one(&select, &[])?.try_get::<_, i64>(0)? as f64)
    }

    fn lookup(&mut self, key: &[u8]) -> Result<Option<u64>> {
        let client = self.directory.client();
        let row = if is_text(self.form) {
            client.query_opt(&self.lookup, &[&text(key)?])?
        } else {
            client.query_opt(&self.lookup, &[&key])?
        };
        row.map(|row| Ok(row.try_get::<_, i64>(0)?.cast_unsigned())).transpose()
    }

    fn reseal(&mut self, sealer: &Sealer<Imsi>) -> Result<u64> {
        Ok(self.directory.reseal(sealer, KeyVersion::FIRST, BATCH, |_| ())?.moved)
    }
}

impl Drop for PostgresRows {
    fn drop(&mut self) {
        let _ = self.directory.client().batch_execute("DROP TABLE IF EXISTS texts");
    }
}

struct RedisRows {
    directory: recipes::redis::Directory<ClusterConnection>,
    servers: Vec<::redis::Client>,
}

impl RedisRows {
    fn start(location: &str) -> Result<Self> {
        let mut directory = recipes::redis::Directory::new(cluster_client(location)?.get_connection()?);
        cmd("FLUSHALL").exec(directory.connection())?;
        let servers = location.split(',').map(::redis::Client::open).collect::<std::result::Result<_, _>>()?;
        Ok(RedisRows { directory, servers })
    }
}

/// As evenly as a placement, and as quick to tell for each form.
fn bucket(key: &[u8]) -> u16 {
    key.iter().fold(0_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)) as u16 % BUCKETS
}

impl Rows for RedisRows {
    fn add(&mut self, keys: &[Vec<u8>], first: usize) -> Result<()> {
        let mut pipe = cluster_pipe();
        for (row, endpoint) in keys.iter().zip(first..) {
            let hash = key::<Imsi>(bucket(row), KeyVersion::FIRST);
            pipe.cmd("HSET").arg(hash).arg(&**row).arg(endpoint).ignore();
        }
        Ok(pipe.query(self.directory.connection())?)
    }

    fn bytes(&mut self) -> Result<f64> {
        let mut bytes = 0.0;
        for server in &self.servers {
            let memory: String = cmd("INFO").arg("memory").query(&mut server.get_connection()?)?;
            let used = memory.lines().find_map(|line| line.strip_prefix("used_memory_dataset:"));
            bytes += used.ok_or("no used_memory_dataset")?.trim().parse::<f64>()?;
        }
        Ok(bytes)
    }

    fn lookup(&mut self, row: &[u8]) -> Result<Option<u64>> {
        let hash = key::<Imsi>(bucket(row), KeyVersion::FIRST);
        Ok(cmd("HGET").arg(hash).arg(row).query(self.directory.connection())?)
    }

    fn reseal(&mut self, sealer: &Sealer<Imsi>) -> Result<u64> {
        Ok(self.directory.reseal(sealer, KeyVersion::FIRST, BATCH, |_| ())?.moved)
    }
}
