//! What can be asked of the command.

use crate::{kind::KindName, plan::PlanArgs};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
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
    /// Replaces identifiers by their tokens
    Seal(ColumnArgs),
    /// Replaces identifiers by the tags of their tokens
    Tag(ColumnArgs),
    /// Replaces tokens by their identifiers
    Open(ColumnArgs),
    /// Replaces identifiers by the tokens that they may be stored under, one a live key version, newest first
    Lookup(ColumnArgs),
    /// Replaces tokens by those of the same identifiers under the primary key version
    Reseal(ColumnArgs),
    /// Tells what a token, tag, keyring or index key is, and counts the tokens of tables; needs no key
    Inspect(InspectArgs),
    /// Prints the completions for a shell
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Writes the manual pages into a folder
    Man {
        /// The folder
        folder: PathBuf,
    },
    /// Tells how many others a short tag hides a subscriber among, and what a lookup by it costs
    Plan(PlanArgs),
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
    /// Where the key-encryption key comes from: file:PATH, fd:NUMBER, credential:NAME, command:COMMAND or pkcs11:URI
    ///
    /// The key is 32 random bytes, or 64 hexadecimal digits. A credential is a file in $CREDENTIALS_DIRECTORY, where
    /// systemd puts it. A command is run by `sh` and prints the key. A URI as in RFC 7512 names
    /// a PKCS #11 module, in builds with the feature `pkcs11`.
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

/// A format of tables
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatName {
    /// Comma-separated values, RFC 4180
    Csv,
    /// Tab-separated values
    Tsv,
    /// A JSON object a line
    Jsonl,
    /// Apache Parquet, in builds with the feature `parquet`
    Parquet,
}

/// How tables are written.
#[derive(Args, Debug)]
pub(crate) struct TableArgs {
    /// The format; by the ending of the input's name, or csv, without
    #[arg(short, long)]
    pub(crate) format: Option<FormatName>,
    /// What stands between the fields of a row
    #[arg(short, long, value_name = "CHARACTER")]
    pub(crate) delimiter: Option<char>,
    /// The first row is data; columns are given by number, from 1
    #[arg(long)]
    pub(crate) no_header: bool,
    /// Quotes mean nothing
    #[arg(long)]
    pub(crate) no_quotes: bool,
}

#[derive(Args, Debug)]
pub(crate) struct InspectArgs {
    /// A token, tag, short tag or public key as text or hexadecimal digits, or the file of one, of a keyring or of an
    /// index key; with --column the tables, or a folder of them, standard input without
    #[arg(value_name = "INPUT", required_unless_present = "column")]
    pub(crate) inputs: Vec<OsString>,
    /// Counts the tokens in a column of tables, by kind and key version; give it once for each column
    #[arg(short, long, value_name = "COLUMN")]
    pub(crate) column: Vec<String>,
    #[command(flatten)]
    pub(crate) table: TableArgs,
}

#[derive(Args, Debug)]
pub(crate) struct ColumnArgs {
    /// A column and what it holds: phone, msisdn, imsi, imei or imeisv; give it once for each column
    ///
    /// `phone` is phone numbers with `+` and country code, `msisdn` the same without `+`.
    #[arg(short, long, required = true, value_name = "COLUMN=KIND")]
    pub(crate) column: Vec<String>,
    /// A label of the scope; give it once for each, in order
    #[arg(short, long, required = true, value_name = "LABEL")]
    pub(crate) scope: Vec<String>,
    /// The files to read, or a folder of them; standard input without
    #[arg(value_name = "INPUT")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The file to write, or the folder for several inputs; standard output without
    ///
    /// It is written beside its place as FILE.part and gets its name when all of it is on the disk. In a folder, what
    /// is finished is skipped. Only its owner can read it.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Leaves refused rows out and lists them in this file, or in a file for each input in this folder; the status is
    /// then 3
    ///
    /// A row of the list has the number of the refused row, its line, the column and the reason, and nothing of what
    /// stands in it. Without this option the first refused row ends the run.
    #[arg(long, value_name = "FILE")]
    pub(crate) rejects: Option<PathBuf>,
    /// The country whose national phone numbers are read too, ISO 3166-1
    #[arg(long, value_name = "CODE")]
    pub(crate) country: Option<String>,
    /// The column that has the country of each row; where it is empty, only numbers with country code are read
    #[arg(long, value_name = "COLUMN", conflicts_with = "country")]
    pub(crate) country_column: Option<String>,
    /// Reads IMSIs of less than 15 digits, and IMEIs without check digit
    ///
    /// A spreadsheet drops zeros at the beginning, and what is left reads as another identifier.
    #[arg(long)]
    pub(crate) any_length: bool,
    /// Tokens and tags are hexadecimal digits, for columns that ignore case
    #[arg(long)]
    pub(crate) hex: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    /// Overwrites what is there
    #[arg(long)]
    pub(crate) force: bool,
    /// Shows neither progress nor the number of rows
    #[arg(short, long)]
    pub(crate) quiet: bool,
    #[command(flatten)]
    pub(crate) key: KeyArgs,
}
