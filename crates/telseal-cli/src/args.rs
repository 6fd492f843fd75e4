//! What can be asked of the command.

use crate::kind::KindName;
use clap::{Args, Parser, Subcommand};
use std::{ffi::OsString, path::PathBuf};

/// Seals phone numbers, IMSIs and IMEIs into tokens that servers can store, compare and route by, and cannot read
#[derive(Debug, Parser)]
#[command(name = "telseal", version, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Makes and changes the file of a keyring
    #[command(subcommand)]
    Keyring(KeyringCommand),
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyringCommand {
    /// Makes a keyring with one key version; never overwrites a file
    New(KeyArgs),
    /// Lists the live key versions, newest first
    List(KeyArgs),
    /// Adds a key version that opens and is looked up, and that nothing is sealed under yet
    Stage(KeyArgs),
    /// Makes a key version the primary one: the one that is sealed under
    Promote {
        /// The number of the key version
        version: String,
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Wipes a key version; what is still sealed under it never opens again
    Retire {
        /// The number of the key version
        version: String,
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Wraps the keyring under another key-encryption key
    Rewrap {
        /// Where the new key-encryption key comes from, as in --kek
        #[arg(long, value_name = "SOURCE")]
        new_kek: OsString,
        #[command(flatten)]
        key: KeyArgs,
    },
    /// Writes an index key: for a front end that looks up in one scope and opens nothing
    Index(IndexArgs),
    /// Prints the public keys for handsets, one a key version, in hexadecimal
    PublicKey(PublicKeyArgs),
}

#[derive(Args, Debug)]
pub(crate) struct KeyArgs {
    /// The file of the keyring
    #[arg(short, long, env = "TELSEAL_KEYRING", value_name = "FILE")]
    pub(crate) keyring: PathBuf,
    /// Where the key-encryption key comes from: file:PATH, fd:NUMBER, credential:NAME or command:COMMAND
    ///
    /// The key is 32 random bytes, or 64 hexadecimal digits. A credential is a file in $CREDENTIALS_DIRECTORY, where
    /// systemd puts it. A command is run by `sh` and prints the key.
    #[arg(long, env = "TELSEAL_KEK", hide_env_values = true, value_name = "SOURCE")]
    pub(crate) kek: OsString,
}

#[derive(Args, Debug)]
pub(crate) struct IndexArgs {
    /// The kind of identifier that is looked up
    #[arg(long)]
    pub(crate) kind: KindName,
    /// A label of the scope; give it once for each, in order
    #[arg(short, long, required = true, value_name = "LABEL")]
    pub(crate) scope: Vec<String>,
    /// For the prefixes of identifiers instead
    #[arg(long)]
    pub(crate) prefixes: bool,
    /// Where the front end's own key-encryption key comes from, as in --kek
    #[arg(long, value_name = "SOURCE")]
    pub(crate) index_kek: OsString,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Overwrites the file
    #[arg(long)]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}

#[derive(Args, Debug)]
pub(crate) struct PublicKeyArgs {
    /// The kind of identifier that handsets ask for
    #[arg(long)]
    pub(crate) kind: KindName,
    /// A label of the scope; give it once for each, in order
    #[arg(short, long, required = true, value_name = "LABEL")]
    pub(crate) scope: Vec<String>,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}
