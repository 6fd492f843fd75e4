//! The four stores, as the checks use them.

use crate::service::{Client, Served};
use recipes::{Counts, Event, Report};
use serde::{Deserialize, Serialize};
use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};
use telseal::{Imsi, KeyVersion, Sealer, Token};

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

pub const NAMES: [&str; 2] = ["redb", "sqlite"];

/// What a gateway sends for one subscriber.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Handle {
    /// Newest first.
    pub live: Vec<Token<Imsi>>,
    /// The one of them that a new row gets.
    pub token: Token<Imsi>,
}

/// One connection to a directory.
pub trait Directory: Send {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>>;
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>>;
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool>;
    fn counts(&mut self) -> Result<Counts>;
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: usize,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report>;

    // What only the checks do: all rows, and rows put in and taken out past the recipe.
    fn rows(&mut self) -> Result<Vec<(Vec<u8>, u64)>>;
    fn put(&mut self, rows: &[(Vec<u8>, u64)]) -> Result<()>;
    fn remove(&mut self, rows: &[Vec<u8>]) -> Result<()>;
}

/// A store that is running.
pub trait Store: Sync {
    fn connect(&self) -> Result<Box<dyn Directory>>;

    /// Starts to reseal in another process, under the keyring in a file.
    fn reseal(&self, keyring: &Path, old: KeyVersion, batch: usize) -> Result<Resealing<'_>>;

    /// Removes all rows.
    fn clear(&self) -> Result<()> {
        let mut directory = self.connect()?;
        let rows: Vec<_> = directory.rows()?.into_iter().map(|(row, _)| row).collect();
        directory.remove(&rows)
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
    let folder = Folder::new()?;
    Ok(Ok(match name {
        "redb" => Box::new(Redb(Served::start(&folder.0)?, folder)),
        "sqlite" => Box::new(Direct {
            name: "sqlite",
            location: folder.0.join("directory").display().to_string(),
            _server: Box::new(folder),
        }),
        _ => return Err(format!("no store is called {name}").into()),
    }))
}

/// A connection to a store that several processes may use.
pub fn open(name: &str, location: &str) -> Result<Box<dyn Directory>> {
    Ok(match name {
        "sqlite" => Box::new(recipes::sqlite::Directory::open(location.as_ref())?),
        _ => return Err(format!("no store is called {name}").into()),
    })
}

/// Each connection goes to the store itself, and so does the process that reseals.
struct Direct {
    name: &'static str,
    location: String,
    _server: Box<dyn Send + Sync>,
}

impl Store for Direct {
    fn connect(&self) -> Result<Box<dyn Directory>> {
        open(self.name, &self.location)
    }

    fn reseal(&self, keyring: &Path, old: KeyVersion, batch: usize) -> Result<Resealing<'_>> {
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

/// One process has the file, so that killing the reseal kills it too.
struct Redb(Served, #[expect(dead_code, reason = "removed on drop")] Folder);

impl Store for Redb {
    fn connect(&self) -> Result<Box<dyn Directory>> {
        Ok(Box::new(Client::connect(&self.0.socket)?))
    }

    fn reseal(&self, keyring: &Path, old: KeyVersion, batch: usize) -> Result<Resealing<'_>> {
        let lines = Client::connect(&self.0.socket)?.reseal(keyring, old, batch)?;
        Ok(Resealing { lines, end: Box::new(|kill| if kill { self.0.kill_and_restart() } else { Ok(false) }) })
    }
}

/// A temporary directory, removed on drop.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Result<Self> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("telseal-recipes-{}-{}", process::id(), NEXT.fetch_add(1, Relaxed));
        let folder = Folder(env::temp_dir().join(name));
        fs::create_dir(&folder.0)?;
        Ok(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
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
    fn counts(&mut self) -> Result<Counts> {
        Ok(recipes::redb::Directory::counts::<Imsi>(self)?)
    }
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: usize,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Ok(recipes::redb::Directory::reseal(self, sealer, old, batch, watch)?)
    }

    fn rows(&mut self) -> Result<Vec<(Vec<u8>, u64)>> {
        use redb::{ReadableDatabase, ReadableTable};
        let table = self.database().begin_read()?.open_table(REDB)?;
        table
            .iter()?
            .map(|row| row.map(|(token, endpoint)| (token.value().into(), endpoint.value())))
            .map(|row| Ok(row?))
            .collect()
    }
    fn put(&mut self, rows: &[(Vec<u8>, u64)]) -> Result<()> {
        let transaction = self.database().begin_write()?;
        for (row, endpoint) in rows {
            transaction.open_table(REDB)?.insert(&**row, endpoint)?;
        }
        Ok(transaction.commit()?)
    }
    fn remove(&mut self, rows: &[Vec<u8>]) -> Result<()> {
        let transaction = self.database().begin_write()?;
        for row in rows {
            transaction.open_table(REDB)?.remove(&**row)?;
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
    fn counts(&mut self) -> Result<Counts> {
        Ok(recipes::sqlite::Directory::counts::<Imsi>(self)?)
    }
    fn reseal(
        &mut self,
        sealer: &Sealer<Imsi>,
        old: KeyVersion,
        batch: usize,
        watch: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Ok(recipes::sqlite::Directory::reseal(self, sealer, old, batch, watch)?)
    }

    fn rows(&mut self) -> Result<Vec<(Vec<u8>, u64)>> {
        let mut select = self.connection().prepare("SELECT token, endpoint FROM directory")?;
        let rows = select.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned())))?;
        rows.map(|row| Ok(row?)).collect()
    }
    fn put(&mut self, rows: &[(Vec<u8>, u64)]) -> Result<()> {
        let transaction = self.connection().unchecked_transaction()?;
        for (row, endpoint) in rows {
            let row = rusqlite::params![row, endpoint.cast_signed()];
            transaction.prepare_cached("INSERT INTO directory VALUES (?1, ?2)")?.execute(row)?;
        }
        Ok(transaction.commit()?)
    }
    fn remove(&mut self, rows: &[Vec<u8>]) -> Result<()> {
        let transaction = self.connection().unchecked_transaction()?;
        for row in rows {
            transaction.prepare_cached("DELETE FROM directory WHERE token = ?1")?.execute([row])?;
        }
        Ok(transaction.commit()?)
    }
}
