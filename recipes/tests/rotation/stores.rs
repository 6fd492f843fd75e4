//! The four stores, as the checks use them.

use crate::{
    servers::{Folder, Postgres, RedisCluster, Result, Server, Stop, cluster_client},
    service::{Client, Served},
};
use recipes::{
    Counts, Event, Report,
    redis::{BUCKETS, key},
};
use redis::{ConnectionLike, cmd};
use serde::{Deserialize, Serialize};
use std::{
    env,
    io::{BufRead, BufReader},
    num::NonZeroU32,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};
use telseal::{Imsi, KeyVersion, Sealer, Token};

pub const NAMES: [&str; 4] = ["redb", "sqlite", "postgres", "redis"];

/// What a gateway sends for one subscriber.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handle {
    /// Newest first.
    pub live: Vec<Token<Imsi>>,
    /// The one of them that a new row gets.
    pub token: Token<Imsi>,
    /// Where Redis has the subscriber.
    pub bucket: u16,
}

/// One connection to a directory.
pub trait Directory: Send {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>>;
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>>;
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool>;
    /// Of these versions at least.
    fn counts(&mut self, versions: &[KeyVersion]) -> Result<Counts>;
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: NonZeroU32,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report>;

    // What only the checks do: all rows, and rows put in and taken out past the recipe.
    fn rows(&mut self, versions: &[KeyVersion]) -> Result<Vec<Row>>;
    fn put(&mut self, rows: &[Row]) -> Result<()>;
    fn remove(&mut self, rows: &[Row]) -> Result<()>;
    fn clear(&mut self) -> Result<()> {
        let rows = self.rows(&[])?;
        self.remove(&rows)
    }
}

/// A row, whatever is in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub token: Vec<u8>,
    pub endpoint: u64,
    /// In which of Redis's hashes.
    pub place: (u16, KeyVersion),
}

/// A store that is running.
pub trait Store: Sync {
    fn connect(&self) -> Result<Box<dyn Directory>>;

    /// Starts to reseal in another process, under the keyring in a file.
    fn reseal(&self, keyring: &Path, old: KeyVersion, batch: NonZeroU32) -> Result<Resealing<'_>>;

    /// What can be taken away while a reseal runs; nothing where the store is a part of the process.
    fn server(&self) -> Option<&dyn Server> {
        None
    }

    /// Whether rows are kept apart by key version, whatever they begin with.
    fn is_by_version(&self) -> bool {
        false
    }
}

/// A reseal in another process.
pub struct Resealing<'a> {
    /// What it tells, line by line.
    pub lines: Box<dyn BufRead + Send>,
    /// Waits for its end, or kills it. Says whether it was killed.
    pub end: Box<dyn FnOnce(bool) -> Result<bool> + 'a>,
}

/// Starts a store, or says why it cannot be.
pub fn start(name: &str) -> Result<std::result::Result<Box<dyn Store>, String>> {
    let direct =
        |name, location, server: Box<dyn Server>| -> Box<dyn Store> { Box::new(Direct { name, location, server }) };
    Ok(match name {
        "redb" => {
            let folder = Folder::new()?;
            Ok(Box::new(Redb(Served::start(&folder.0)?, folder)))
        }
        "sqlite" => {
            let file = SqliteFile::new()?;
            Ok(direct("sqlite", file.location(), Box::new(file)))
        }
        "postgres" => Postgres::new()?.map(|server| direct("postgres", server.location(), Box::new(server))),
        "redis" => RedisCluster::new()?.map(|server| direct("redis", server.location(), Box::new(server))),
        _ => return Err(format!("no store is called {name}").into()),
    })
}

/// A connection to a store that several processes may use.
pub fn open(name: &str, location: &str) -> Result<Box<dyn Directory>> {
    Ok(match name {
        "sqlite" => Box::new(recipes::sqlite::Directory::open(location.as_ref())?),
        "postgres" => Box::new(recipes::postgres::Directory::open(&location.parse()?)?),
        "redis" => Box::new(recipes::redis::Directory::new(cluster_client(location)?.get_connection()?)),
        _ => return Err(format!("no store is called {name}").into()),
    })
}

/// Each connection goes to the store itself, and so does the process that reseals.
struct Direct {
    name: &'static str,
    location: String,
    server: Box<dyn Server>,
}

impl Store for Direct {
    fn server(&self) -> Option<&dyn Server> {
        Some(&*self.server)
    }

    fn is_by_version(&self) -> bool {
        self.name == "redis"
    }

    fn connect(&self) -> Result<Box<dyn Directory>> {
        open(self.name, &self.location)
    }

    fn reseal(&self, keyring: &Path, old: KeyVersion, batch: NonZeroU32) -> Result<Resealing<'_>> {
        let mut child = Command::new(env::current_exe()?)
            .args(["child", "reseal", self.name, &self.location])
            .arg(keyring)
            .args([old.to_string(), batch.to_string()])
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = Box::new(BufReader::new(child.stdout.take().ok_or("no stdout")?));
        Ok(Resealing {
            lines,
            end: Box::new(move |kill| {
                if kill {
                    child.kill()?;
                }
                Ok(child.wait()?.signal() == Some(9))
            }),
        })
    }
}

/// A file that others can lock.
struct SqliteFile {
    folder: Folder,
    lock: Mutex<Option<rusqlite::Connection>>,
}

impl SqliteFile {
    fn new() -> Result<Self> {
        Ok(SqliteFile { folder: Folder::new()?, lock: Mutex::default() })
    }

    fn location(&self) -> String {
        self.folder.0.join("directory").display().to_string()
    }
}

impl Server for SqliteFile {
    /// Somebody else begins to write, and does not come to an end.
    fn stop(&self, _: Stop) -> Result<()> {
        let connection = rusqlite::Connection::open(self.location())?;
        // Asked for again at once, to come early in the reseal: SQLite itself waits longer each time.
        connection.busy_timeout(Duration::ZERO)?;
        while let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
            if error.sqlite_error_code() != Some(rusqlite::ErrorCode::DatabaseBusy) {
                return Err(error.into());
            }
        }
        *self.lock.lock().map_err(|_| "a thread panicked")? = Some(connection);
        Ok(())
    }

    fn start(&self) -> Result<()> {
        *self.lock.lock().map_err(|_| "a thread panicked")? = None;
        Ok(())
    }
}

/// One process has the file, so that killing the reseal kills it too.
struct Redb(Served, #[expect(dead_code, reason = "removed on drop")] Folder);

impl Store for Redb {
    fn connect(&self) -> Result<Box<dyn Directory>> {
        Ok(Box::new(Client::connect(&self.0.socket)?))
    }

    fn reseal(&self, keyring: &Path, old: KeyVersion, batch: NonZeroU32) -> Result<Resealing<'_>> {
        let lines = Client::connect(&self.0.socket)?.reseal(keyring, old, batch)?;
        Ok(Resealing { lines, end: Box::new(|kill| if kill { self.0.kill_and_restart() } else { Ok(false) }) })
    }
}

/// redb's recipe takes `&self`: one directory for all threads.
impl Directory for Arc<recipes::redb::Directory> {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>> {
        Ok(recipes::redb::Directory::register(self, &handle.live, &handle.token, endpoint)?)
    }
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>> {
        Ok(recipes::redb::Directory::lookup(self, &handle.live)?)
    }
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool> {
        Ok(recipes::redb::Directory::is_empty::<Imsi>(self, version)?)
    }
    fn counts(&mut self, _: &[KeyVersion]) -> Result<Counts> {
        Ok(recipes::redb::Directory::counts::<Imsi>(self)?)
    }
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: NonZeroU32,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Ok(recipes::redb::Directory::reseal(self, sealer, old, batch, watch)?)
    }

    fn rows(&mut self, _: &[KeyVersion]) -> Result<Vec<Row>> {
        use redb::{ReadableDatabase, ReadableTable};
        let table = self.database().begin_read()?.open_table(REDB)?;
        table
            .iter()?
            .map(|row| row.map(|(token, endpoint)| Row::new(token.value(), endpoint.value())))
            .map(|row| Ok(row?))
            .collect()
    }
    fn put(&mut self, rows: &[Row]) -> Result<()> {
        let transaction = self.database().begin_write()?;
        for row in rows {
            transaction.open_table(REDB)?.insert(&*row.token, row.endpoint)?;
        }
        Ok(transaction.commit()?)
    }
    fn remove(&mut self, rows: &[Row]) -> Result<()> {
        let transaction = self.database().begin_write()?;
        for row in rows {
            transaction.open_table(REDB)?.remove(&*row.token)?;
        }
        Ok(transaction.commit()?)
    }
}

const REDB: redb::TableDefinition<&[u8], u64> = redb::TableDefinition::new("directory");

impl Directory for recipes::sqlite::Directory {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>> {
        let endpoint = endpoint.cast_signed();
        Ok(recipes::sqlite::Directory::register(self, &handle.live, &handle.token, endpoint)?.map(i64::cast_unsigned))
    }
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>> {
        Ok(recipes::sqlite::Directory::lookup(self, &handle.live)?.map(i64::cast_unsigned))
    }
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool> {
        Ok(recipes::sqlite::Directory::is_empty::<Imsi>(self, version)?)
    }
    fn counts(&mut self, _: &[KeyVersion]) -> Result<Counts> {
        Ok(recipes::sqlite::Directory::counts::<Imsi>(self)?)
    }
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: NonZeroU32,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Ok(recipes::sqlite::Directory::reseal(self, sealer, old, batch, watch)?)
    }

    fn rows(&mut self, _: &[KeyVersion]) -> Result<Vec<Row>> {
        let mut select = self.connection().prepare("SELECT token, endpoint FROM directory")?;
        let rows = select
            .query_map([], |row| Ok(Row::new(row.get_ref(0)?.as_blob()?, row.get::<_, i64>(1)?.cast_unsigned())))?;
        rows.map(|row| Ok(row?)).collect()
    }
    fn put(&mut self, rows: &[Row]) -> Result<()> {
        let transaction = self.connection().unchecked_transaction()?;
        for row in rows {
            let row = rusqlite::params![row.token, row.endpoint.cast_signed()];
            transaction.prepare_cached("INSERT INTO directory VALUES (?1, ?2)")?.execute(row)?;
        }
        Ok(transaction.commit()?)
    }
    fn remove(&mut self, rows: &[Row]) -> Result<()> {
        let transaction = self.connection().unchecked_transaction()?;
        for row in rows {
            transaction.prepare_cached("DELETE FROM directory WHERE token = ?1")?.execute([&row.token])?;
        }
        Ok(transaction.commit()?)
    }
}

impl Directory for recipes::postgres::Directory {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>> {
        let endpoint = endpoint.cast_signed();
        let registered = recipes::postgres::Directory::register(self, &handle.live, &handle.token, endpoint)?;
        Ok(registered.map(i64::cast_unsigned))
    }
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>> {
        Ok(recipes::postgres::Directory::lookup(self, &handle.live)?.map(i64::cast_unsigned))
    }
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool> {
        Ok(recipes::postgres::Directory::is_empty::<Imsi>(self, version)?)
    }
    fn counts(&mut self, _: &[KeyVersion]) -> Result<Counts> {
        Ok(recipes::postgres::Directory::counts::<Imsi>(self)?)
    }
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: NonZeroU32,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Ok(recipes::postgres::Directory::reseal(self, sealer, old, batch, watch)?)
    }

    fn rows(&mut self, _: &[KeyVersion]) -> Result<Vec<Row>> {
        let rows = self.client().query("SELECT token, endpoint FROM directory", &[])?;
        rows.iter().map(|row| Ok(Row::new(row.try_get(0)?, row.try_get::<_, i64>(1)?.cast_unsigned()))).collect()
    }
    fn put(&mut self, rows: &[Row]) -> Result<()> {
        let (tokens, endpoints): (Vec<&[u8]>, Vec<i64>) =
            rows.iter().map(|row| (&*row.token, row.endpoint.cast_signed())).unzip();
        let insert = "INSERT INTO directory SELECT * FROM unnest($1::bytea[], $2::bigint[])";
        self.client().execute(insert, &[&tokens, &endpoints])?;
        Ok(())
    }
    fn remove(&mut self, rows: &[Row]) -> Result<()> {
        let tokens: Vec<&[u8]> = rows.iter().map(|row| &*row.token).collect();
        self.client().execute("DELETE FROM directory WHERE token = ANY ($1)", &[&tokens])?;
        Ok(())
    }
}

impl<C: ConnectionLike + Send> Directory for recipes::redis::Directory<C> {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>> {
        let Handle { live, token, bucket } = handle;
        Ok(recipes::redis::Directory::register(self, *bucket, live, token, endpoint)?)
    }
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>> {
        Ok(recipes::redis::Directory::lookup(self, handle.bucket, &handle.live)?)
    }
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool> {
        Ok(recipes::redis::Directory::is_empty::<Imsi>(self, version)?)
    }
    fn counts(&mut self, versions: &[KeyVersion]) -> Result<Counts> {
        Ok(recipes::redis::Directory::counts::<Imsi>(self, versions.iter().copied())?)
    }
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: NonZeroU32,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Ok(recipes::redis::Directory::reseal(self, sealer, old, batch, watch)?)
    }

    fn rows(&mut self, versions: &[KeyVersion]) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for &version in versions {
            for bucket in 0..BUCKETS {
                let hash =
                    cmd("HGETALL").arg(key::<Imsi>(bucket, version)).query::<Vec<(Vec<u8>, u64)>>(self.connection())?;
                let place = (bucket, version);
                rows.extend(hash.into_iter().map(|(token, endpoint)| Row { token, endpoint, place }));
            }
        }
        Ok(rows)
    }
    fn put(&mut self, rows: &[Row]) -> Result<()> {
        for Row { token, endpoint, place: (bucket, version) } in rows {
            cmd("HSET").arg(key::<Imsi>(*bucket, *version)).arg(&**token).arg(endpoint).exec(self.connection())?;
        }
        Ok(())
    }
    fn remove(&mut self, rows: &[Row]) -> Result<()> {
        for Row { token, place: (bucket, version), .. } in rows {
            cmd("HDEL").arg(key::<Imsi>(*bucket, *version)).arg(&**token).exec(self.connection())?;
        }
        Ok(())
    }
    fn clear(&mut self) -> Result<()> {
        Ok(cmd("FLUSHALL").exec(self.connection())?)
    }
}

impl Row {
    fn new(token: &[u8], endpoint: u64) -> Self {
        Row { token: token.into(), endpoint, place: (0, KeyVersion::FIRST) }
    }
}
