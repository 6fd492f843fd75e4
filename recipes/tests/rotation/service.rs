//! What runs in other processes: a reseal, and the service that has the redb file open.

use crate::{
    load::{scope, unwrap},
    servers::Result,
    stores::{self, Directory, Handle, Row},
};
use recipes::{Counts, Event, Report};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{
    env,
    error::Error,
    fs,
    io::{BufRead, BufReader, Cursor, Read, Write, stdout},
    num::NonZeroU32,
    os::unix::{
        net::{UnixListener, UnixStream},
        process::ExitStatusExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};
use telseal::{Imsi, KeyVersion, Sealer};

/// Reseals, and tells of it line by line. Says whether it came to the end.
pub fn reseal(store: &str, location: &str, keyring: &str, old: &str, batch: &str) -> Result<bool> {
    let done = stores::open(store, location)
        .and_then(|mut directory| tell(&mut *directory, keyring.as_ref(), old.parse()?, batch.parse()?, &mut stdout()));
    if let Err(error) = &done {
        println!("error: the reseal stopped: {}. Start it again when the store is back", causes(&**error));
    }
    Ok(done.is_ok())
}

/// An error with what caused it, to which some leave what happened: PostgreSQL's own text is "db error".
pub fn causes(error: &dyn Error) -> String {
    let (mut told, mut cause) = (error.to_string(), error.source());
    while let Some(error) = cause {
        told += &format!(": {error}");
        cause = error.source();
    }
    told
}

fn tell(
    directory: &mut dyn Directory,
    keyring: &Path,
    old: KeyVersion,
    batch: NonZeroU32,
    out: &mut dyn Write,
) -> Result<()> {
    let sealer = unwrap(&fs::read(keyring)?)?.sealer(&scope());
    let mut told = Ok(());
    let report = directory.reseal(&sealer, old, batch, &mut |event| {
        let line = match event {
            Event::Batch(report) => format!("batch {} of {}", report.moved, report.old),
            Event::Unreadable(row, why) => format!("unreadable {row:02x?}: {why}"),
            Event::Doubled(row) => format!("doubled {row:02x?}"),
        };
        if let Err(error) = writeln!(out, "{line}") {
            told = Err(error);
        }
    })?;
    told?;
    let Report { old, already_new, moved, unreadable, doubled, other } = report;
    Ok(writeln!(out, "done {old} {already_new} {moved} {unreadable} {doubled} {other}")?)
}

/// How many rows are moved, by a line that tells of a batch.
pub fn moved(line: &str) -> Option<u64> {
    line.strip_prefix("batch ")?.split(' ').next()?.parse().ok()
}

/// The report in the last line of a reseal.
pub fn report(line: &str) -> Option<Report> {
    let numbers: Vec<u64> = line.trim().strip_prefix("done ")?.split(' ').filter_map(|n| n.parse().ok()).collect();
    let [old, already_new, moved, unreadable, doubled, other] = numbers[..] else { return None };
    Some(Report { old, already_new, moved, unreadable, doubled, other })
}

#[derive(Serialize, Deserialize)]
enum Request {
    Register(Handle, u64),
    Lookup(Handle),
    IsEmpty(KeyVersion),
    Counts,
    Rows,
    Put(Vec<Row>),
    Remove(Vec<Row>),
    Reseal(PathBuf, KeyVersion, NonZeroU32),
}

/// Serves a redb file: a line of JSON for each request, and one for the answer.
pub fn serve(socket: &Path, path: &Path) -> Result<()> {
    let _ = fs::remove_file(socket);
    let directory = Arc::new(recipes::redb::Directory::open(path)?);
    for stream in UnixListener::bind(socket)?.incoming() {
        let (stream, directory) = (stream?, directory.clone());
        thread::spawn(move || {
            if let Err(error) = serve_one(stream, directory) {
                eprintln!("redb service: {error}");
            }
        });
    }
    Ok(())
}

fn serve_one(stream: UnixStream, mut directory: Arc<recipes::redb::Directory>) -> Result<()> {
    let mut out = stream.try_clone()?;
    for line in BufReader::new(stream).lines() {
        let line = match serde_json::from_str(&line?)? {
            Request::Register(handle, endpoint) => serde_json::to_string(&directory.register(&handle, endpoint)?)?,
            Request::Lookup(handle) => serde_json::to_string(&directory.lookup(&handle)?)?,
            Request::IsEmpty(version) => serde_json::to_string(&directory.is_empty(version)?)?,
            Request::Counts => {
                let Counts { versions, other } = directory.counts(&[])?;
                serde_json::to_string(&(versions.into_iter().collect::<Vec<_>>(), other))?
            }
            Request::Rows => serde_json::to_string(&directory.rows(&[])?)?,
            Request::Put(rows) => serde_json::to_string(&directory.put(&rows)?)?,
            Request::Remove(rows) => serde_json::to_string(&directory.remove(&rows)?)?,
            Request::Reseal(keyring, old, batch) => {
                tell(&mut directory, &keyring, old, batch, &mut out)?;
                continue;
            }
        };
        out.write_all((line + "\n").as_bytes())?;
    }
    Ok(())
}

/// A connection to the service. Waits while it is started again, and repeats what was not answered.
pub struct Client {
    socket: PathBuf,
    stream: Option<BufReader<UnixStream>>,
}

impl Client {
    pub fn connect(socket: &Path) -> Result<Self> {
        Ok(Client { socket: socket.into(), stream: None })
    }

    fn send(&mut self, request: &Request) -> Result<&mut BufReader<UnixStream>> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(BufReader::new(UnixStream::connect(&self.socket)?)),
        };
        let line = serde_json::to_string(request)? + "\n";
        stream.get_mut().write_all(line.as_bytes())?;
        Ok(stream)
    }

    /// Sends a request and reads one line, until that has worked.
    fn ask_for_line(&mut self, request: &Request) -> Result<String> {
        let start = Instant::now();
        loop {
            let mut line = String::new();
            match self.send(request).and_then(|stream| Ok(stream.read_line(&mut line)?)) {
                Ok(_) if line.ends_with('\n') => return Ok(line),
                _ if start.elapsed() < Duration::from_secs(20) => self.stream = None,
                Ok(_) => return Err("the redb service closes the connection".into()),
                Err(error) => return Err(error),
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn ask<T: DeserializeOwned>(&mut self, request: &Request) -> Result<T> {
        Ok(serde_json::from_str(&self.ask_for_line(request)?)?)
    }

    /// The lines of a reseal.
    pub fn reseal(mut self, keyring: &Path, old: KeyVersion, batch: NonZeroU32) -> Result<Box<dyn BufRead + Send>> {
        let first = self.ask_for_line(&Request::Reseal(keyring.into(), old, batch))?;
        Ok(Box::new(Cursor::new(first).chain(self.stream.take().ok_or("not connected")?)))
    }
}

impl Directory for Client {
    fn register(&mut self, handle: &Handle, endpoint: u64) -> Result<Option<u64>> {
        self.ask(&Request::Register(handle.clone(), endpoint))
    }
    fn lookup(&mut self, handle: &Handle) -> Result<Option<u64>> {
        self.ask(&Request::Lookup(handle.clone()))
    }
    fn is_empty(&mut self, version: KeyVersion) -> Result<bool> {
        self.ask(&Request::IsEmpty(version))
    }
    fn counts(&mut self, _: &[KeyVersion]) -> Result<Counts> {
        let (versions, other): (Vec<_>, u64) = self.ask(&Request::Counts)?;
        Ok(Counts { versions: versions.into_iter().collect(), other })
    }
    fn reseal(
        &mut self,
        _: &Sealer<Imsi>,
        _: KeyVersion,
        _: NonZeroU32,
        _: &mut dyn FnMut(Event<'_>),
    ) -> Result<Report> {
        Err("asked of the service by `Store::reseal`".into())
    }
    fn rows(&mut self, _: &[KeyVersion]) -> Result<Vec<Row>> {
        self.ask(&Request::Rows)
    }
    fn put(&mut self, rows: &[Row]) -> Result<()> {
        self.ask(&Request::Put(rows.to_vec()))
    }
    fn remove(&mut self, rows: &[Row]) -> Result<()> {
        self.ask(&Request::Remove(rows.to_vec()))
    }
}

/// The service's process, killed on drop.
pub struct Served {
    pub socket: PathBuf,
    path: PathBuf,
    child: Mutex<Child>,
}

impl Served {
    pub fn start(folder: &Path) -> Result<Self> {
        let (socket, path) = (folder.join("socket"), folder.join("directory"));
        let child = Mutex::new(spawn(&socket, &path)?);
        Ok(Served { socket, path, child })
    }

    /// Says whether it was running until it was killed.
    pub fn kill_and_restart(&self) -> Result<bool> {
        let mut child = self.child.lock().map_err(|_| "a thread panicked")?;
        child.kill()?;
        let killed = child.wait()?.signal() == Some(9);
        *child = spawn(&self.socket, &self.path)?;
        Ok(killed)
    }
}

fn spawn(socket: &Path, path: &Path) -> Result<Child> {
    Ok(Command::new(env::current_exe()?).args(["child", "serve"]).arg(socket).arg(path).spawn()?)
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Ok(child) = self.child.get_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
