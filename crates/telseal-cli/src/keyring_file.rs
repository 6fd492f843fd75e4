//! The file of a keyring: wrapped under a key-encryption key, read whole and replaced whole.
//!
//! There is no file beside it for dates and comments: nothing would authenticate them, and a date that somebody
//! altered would be believed when a version is retired. Fingerprints tell versions apart, and the file's own date when
//! it was last changed.

use crate::{
    failure::{At, Failure},
    interrupt,
    kek::Kek,
};
use std::{
    fs::{self, File, Permissions, TryLockError},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};
use telseal::{Keyring, KeyringError};
use tempfile::NamedTempFile;

/// As many bytes as a keyring of all 65535 versions has.
const LONGEST: u64 = 34 + 34 * 65535;

/// Reads a keyring.
pub(crate) fn load(path: &Path, kek: &Kek) -> Result<Keyring, Failure> {
    unwrap(open(path)?, path, kek)
}

/// Writes a new keyring where there is no file yet.
pub(crate) fn create(path: &Path, wrapped: &[u8]) -> Result<(), Failure> {
    let refused = || {
        Failure::new(format!("`{}` is there already, and a keyring is never overwritten", path.display()))
            .hint("what was sealed under the keyring in a file that is lost never opens again: choose another name")
    };
    if fs::symlink_metadata(path).is_ok() {
        return Err(refused());
    }
    let _uninterrupted = interrupt::unfinished();
    let file = write_beside(path, wrapped).at("write", path)?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(path).at("write", path),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Err(refused()),
        Err(error) => Err(error.error).at("write", path),
    }
}

/// Reads a keyring, changes it and replaces the file, while every other run that wants to change it waits. `change`
/// gives what it has to report and, where the keyring is to be wrapped under another key-encryption key, that.
pub(crate) fn change<T>(
    path: &Path,
    kek: &Kek,
    change: impl FnOnce(&mut Keyring) -> Result<(T, Option<Kek>), Failure>,
) -> Result<T, Failure> {
    // The file itself, and not a link to it, is replaced.
    let path = &fs::canonicalize(path).at("open the keyring", path)?;
    let locked = lock(path)?;
    let mut keyring = unwrap(&locked, path, kek)?;
    let (report, new_kek) = change(&mut keyring)?;
    let _uninterrupted = interrupt::unfinished();
    let file = write_beside(path, &keyring.wrap(new_kek.as_ref().unwrap_or(kek))).at("replace", path)?;
    file.persist(path).map_err(|error| error.error).at("replace", path)?;
    sync_folder(path).at("replace", path)?;
    Ok(report)
}

/// What a person reads of a fault in a keyring.
pub(crate) fn failed(path: &Path, error: KeyringError) -> Failure {
    let failure = Failure::new(format!("keyring `{}`: {error}", path.display()));
    match error {
        KeyringError::NotUnwrapped => failure.hint("check which key-encryption key the file was wrapped under"),
        KeyringError::NotAKeyring | KeyringError::WrappedLength(_) => {
            failure.hint("give a file that `telseal keyring new` made")
        }
        KeyringError::WrappedFormat(_) => failure.hint("a newer telseal made the file: use that"),
        KeyringError::UnknownKeyVersion(_) => failure.hint("`telseal keyring list` shows the versions"),
        _ => failure,
    }
}

fn open(path: &Path) -> Result<File, Failure> {
    let metadata = fs::metadata(path);
    match &metadata {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Failure::new(format!("the keyring `{}` is a folder", path.display()))
                .hint("give the path of the file in it"));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Failure::new(format!("there is no keyring `{}`", path.display()))
                .hint("make one with `telseal keyring new`, or give its path with --keyring"));
        }
        _ => {}
    }
    File::open(path).at("open the keyring", path)
}

/// Opens the file and waits until no other run is changing it.
fn lock(path: &Path) -> Result<File, Failure> {
    loop {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("telseal: waiting for another run that is changing `{}`", path.display());
                file.lock().at("lock", path)?;
            }
            Err(TryLockError::Error(error)) => return Err(error).at("lock", path),
        }
        // The other run may have replaced the file while this one waited.
        let (locked, there) = (file.metadata().at("lock", path)?, fs::metadata(path).at("lock", path)?);
        if (locked.dev(), locked.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
}

fn unwrap(file: impl Read, path: &Path, kek: &Kek) -> Result<Keyring, Failure> {
    let mut wrapped = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut wrapped).at("read the keyring", path)?;
    Keyring::unwrap(&wrapped, kek).map_err(|error| failed(path, error))
}

/// A file in the same folder, readable by its owner alone, whose bytes are on the disk.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let mut file = NamedTempFile::new_in(folder(path))?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(Permissions::from_mode(0o600))?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// A name is on the disk when its folder is.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder(path))?.sync_all()
}

fn folder(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if parent != "" => parent.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
