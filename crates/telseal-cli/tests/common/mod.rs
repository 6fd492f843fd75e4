//! A folder with a key-encryption key, and the real binary in it.
#![allow(dead_code, reason = "each test file uses its part")]

use assert_cmd::Command;
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// A folder of its own for a test. Its keyring has fixed secrets, so that tokens are known.
pub(crate) struct Folder(TempDir);

pub(crate) const KEK: [u8; 32] = *b"\x01key-encryption key of the tests";

impl Folder {
    /// With the file `kek` and nothing else.
    pub(crate) fn new() -> Self {
        let folder = Folder(TempDir::new().unwrap());
        folder.write_key("kek", KEK);
        folder
    }

    /// With the file `keyring` too, of so many versions; the first is the primary one.
    pub(crate) fn with_keyring(versions: u16) -> Self {
        let folder = Folder::new();
        folder.write("keyring", keyring(versions).wrap(&KEK));
        folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// A file that only its owner can read.
    pub(crate) fn write_key(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.write(name, bytes);
        fs::set_permissions(self.path(name), Permissions::from_mode(0o600)).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The names of the files in it, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        names(self.0.path())
    }

    /// `telseal` in this folder, with these arguments, separated by spaces.
    pub(crate) fn telseal(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_telseal"));
        command.current_dir(self.0.path()).env_remove("CREDENTIALS_DIRECTORY");
        command.env("TELSEAL_KEYRING", "keyring").env("TELSEAL_KEK", "file:kek");
        command.args(arguments.split_whitespace());
        command
    }

    /// Runs it, and gives standard output.
    pub(crate) fn run(&self, arguments: &str) -> String {
        let output = self.telseal(arguments).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    }

    /// Runs it and asserts that it fails with this message.
    #[track_caller]
    pub(crate) fn fails(&self, arguments: &str, message: &str) {
        let output = self.telseal(arguments).assert().code(1).get_output().clone();
        assert_eq!(String::from_utf8(output.stderr).unwrap().trim_end(), message);
        assert!(output.stdout.is_empty());
    }
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A keyring with fixed secrets, of so many versions; the first is the primary one.
pub(crate) fn keyring(versions: u16) -> telseal::Keyring {
    let secrets: Vec<_> = (1..=versions).map(|version| (version.try_into().unwrap(), [version as u8; 32])).collect();
    let mut keyring =
        telseal::Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret))).unwrap();
    keyring.promote(telseal::KeyVersion::FIRST).unwrap();
    keyring
}
