//! Files that are there whole or not at all.

use crate::{
    failure::{At, Failure},
    interrupt,
    keyring_file::sync_folder,
};
use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions, TryLockError},
    io::Write,
    mem,
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, OpenOptionsExt},
    },
    panic,
    path::{Path, PathBuf},
    sync::mpsc::{self, Receiver, SyncSender, TrySendError},
    thread::{self, Scope, ScopedJoinHandle},
};
use zeroize::Zeroizing;

/// A file that is being written beside the place where it will be: `NAME.part`. A run that is killed leaves it behind,
/// and the next run overwrites it.
#[derive(Debug)]
pub(crate) struct Part {
    file: File,
    part: PathBuf,
    whole: PathBuf,
    is_finished: bool,
}

impl Part {
    /// Begins a file. Another run that writes it at the same time is an error.
    pub(crate) fn begin(whole: &Path) -> Result<Self, Failure> {
        let mut part = OsString::from(whole);
        part.push(".part");
        let part = PathBuf::from(part);
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&part);
        let file = file.at("write", &part)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(busy(whole)),
            Err(TryLockError::Error(error)) => return Err(error).at("lock", &part),
        }
        // Another run may have finished the file, and given it its name, before it was locked here.
        let there = fs::metadata(&part).map(|there| (there.dev(), there.ino())).ok();
        let locked = file.metadata().at("write", &part)?;
        if there != Some((locked.dev(), locked.ino())) {
            return Err(busy(whole));
        }
        interrupt::unfinished().push(part.clone());
        if locked.is_file() {
            file.set_len(0).at("write", &part)?;
        }
        Ok(Part { file, part, whole: whole.to_path_buf(), is_finished: false })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).at("write", &self.part)
    }

    /// Gives the file its name, once its bytes are on the disk.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.file.sync_all().at("write", &self.part)?;
        let mut unfinished = interrupt::unfinished();
        fs::rename(&self.part, &self.whole).at("write", &self.whole)?;
        unfinished.retain(|part| *part != self.part);
        self.is_finished = true;
        sync_folder(&self.whole).at("write", &self.whole)
    }
}

/// What is not finished is removed.
impl Drop for Part {
    fn drop(&mut self) {
        if !self.is_finished {
            let mut unfinished = interrupt::unfinished();
            let _ = fs::remove_file(&self.part); // the next run overwrites it otherwise
            unfinished.retain(|part| *part != self.part);
        }
    }
}

/// Writes a small file whole.
pub(crate) fn replace(path: &Path, bytes: &[u8], force: bool) -> Result<(), Failure> {
    may_write(path, force)?;
    let mut part = Part::begin(path)?;
    part.write(bytes)?;
    part.finish()
}

/// A file that is there is overwritten by `--force` alone.
pub(crate) fn may_write(path: &Path, force: bool) -> Result<(), Failure> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(Failure::new(format!("the output `{}` is a folder", path.display()))),
        Ok(_) if !force => Err(Failure::new(format!("the output `{}` is there already", path.display()))
            .hint("choose another name, or overwrite it with --force")),
        _ => Ok(()),
    }
}

fn busy(whole: &Path) -> Failure {
    Failure::new(format!("another run is writing `{}`", whole.display())).hint("wait for it, or choose another name")
}

/// Where rows go.
pub(crate) enum Output {
    /// A file, which is there when all rows are in it.
    Part(Part),
    /// Standard output, or a device: rows are there as they come.
    Stream(File, PathBuf),
}

impl Output {
    /// Standard output where no path is given.
    pub(crate) fn begin(path: Option<&Path>, force: bool) -> Result<Self, Failure> {
        let Some(path) = path else {
            let name = PathBuf::from("standard output");
            let file = std::io::stdout().as_fd().try_clone_to_owned().at("write to", &name)?;
            return Ok(Output::Stream(File::from(file), name));
        };
        match fs::metadata(path) {
            Ok(metadata) if !metadata.is_file() && !metadata.is_dir() => {
                let file = OpenOptions::new().write(true).open(path).at("write", path)?;
                Ok(Output::Stream(file, path.to_path_buf()))
            }
            _ => {
                may_write(path, force)?;
                Ok(Output::Part(Part::begin(path)?))
            }
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Output::Part(part) => part.write(bytes),
            Output::Stream(file, name) => file.write_all(bytes).at("write to", name),
        }
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Output::Part(part) => part.finish(),
            Output::Stream(..) => Ok(()),
        }
    }
}

/// Rows that are written, and wiped.
pub(crate) type Buffer = Zeroizing<Vec<u8>>;

/// After so many bytes those in memory are put on the disk, if it is not busy with others.
const ON_DISK: usize = 16 << 20;
/// So many buffers wait to be written, unless they are larger than usual: of those there is one.
const WAITING: usize = 4;
const LARGE: usize = 4 << 20;

/// Writes rows while others are worked on.
pub(crate) enum Writer<'scope, 'out> {
    /// A stream is written at once: somebody may wait for its rows.
    Stream(&'out mut Output),
    /// A file is written by a thread of its own, and another one puts it on the disk meanwhile: all of it at the end would
    /// take a third of the time.
    Part {
        full: Option<SyncSender<Buffer>>,
        empty: Receiver<Buffer>,
        /// How many buffers are at the thread.
        away: usize,
        thread: Option<Thread<'scope>>,
    },
}

type Thread<'scope> = ScopedJoinHandle<'scope, Result<(), Failure>>;

impl<'scope, 'out> Writer<'scope, 'out> {
    pub(crate) fn begin(scope: &'scope Scope<'scope, '_>, output: &'out mut Output) -> Result<Self, Failure>
    where
        'out: 'scope,
    {
        let part = match output {
            Output::Part(part) => part,
            stream => return Ok(Writer::Stream(stream)),
        };
        let path = part.part.clone();
        let file = part.file.try_clone().at("write", &path)?;
        let (full, written) = mpsc::sync_channel::<Buffer>(WAITING);
        let (emptied, empty) = mpsc::channel();
        let (enough, to_disk) = mpsc::sync_channel::<()>(1);
        let disk = thread::Builder::new()
            .spawn_scoped(scope, move || to_disk.iter().try_for_each(|()| file.sync_data()))
            .at("start a thread to write", &path)?;
        let write = move || {
            let mut in_memory = 0;
            for mut buffer in written {
                part.write(&buffer)?;
                in_memory += buffer.len();
                if in_memory >= ON_DISK {
                    match enough.try_send(()) {
                        Ok(()) => in_memory = 0,
                        Err(TrySendError::Full(())) => {}
                        Err(TrySendError::Disconnected(())) => break, // it says why below
                    }
                }
                buffer.clear();
                let _ = emptied.send(buffer); // or nobody needs it any more
            }
            drop(enough);
            disk.join().unwrap_or_else(|reason| panic::resume_unwind(reason)).at("write", &part.part)
        };
        let thread = thread::Builder::new().spawn_scoped(scope, write).at("start a thread to write", &path)?;
        Ok(Writer::Part { full: Some(full), empty, away: 0, thread: Some(thread) })
    }

    /// Takes what is in the buffer, and leaves an empty one.
    pub(crate) fn write(&mut self, buffer: &mut Buffer) -> Result<(), Failure> {
        match self {
            Writer::Stream(output) => {
                output.write(buffer)?;
                buffer.clear();
            }
            Writer::Part { full: Some(full), empty, away, .. } => {
                let capacity = buffer.capacity();
                if full.send(mem::take(buffer)).is_err() {
                    return self.finish();
                }
                *away += 1;
                // Of large ones all come back first.
                while let Some(next) = if capacity > LARGE { empty.recv().ok() } else { empty.try_recv().ok() } {
                    (*buffer, *away) = (next, *away - 1);
                    if capacity <= LARGE || *away == 0 {
                        break;
                    }
                }
                if buffer.capacity() == 0 {
                    *buffer = Zeroizing::new(Vec::with_capacity(capacity));
                }
            }
            Writer::Part { full: None, .. } => {}
        }
        Ok(())
    }

    /// Waits until all is written, or says why it is not.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        match self {
            Writer::Stream(_) => Ok(()),
            Writer::Part { full, thread, .. } => {
                *full = None;
                let result = thread.take().map_or(Ok(Ok(())), ScopedJoinHandle::join);
                result.unwrap_or_else(|reason| panic::resume_unwind(reason))
            }
        }
    }
}
