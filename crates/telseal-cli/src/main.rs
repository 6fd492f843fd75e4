//! The command `telseal`: keyrings, and columns of files, sealed and opened.

#![forbid(unsafe_code)]

mod args;
mod batch;
#[cfg(feature = "parquet")]
mod columnar;
mod columns;
mod failure;
mod form;
mod input;
mod inspect;
mod interrupt;
mod json;
mod kek;
mod keyring;
mod keyring_file;
mod kind;
mod manual;
mod output;
#[cfg(feature = "pkcs11")]
mod pkcs11;
mod plan;
mod progress;
mod refusal;
mod rejects;
mod separated;
mod stream;
mod table;
mod work;

use args::{Arguments, Command};
use clap::Parser;
use failure::{Failure, REFUSED};
use std::process::ExitCode;
use work::Operation;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(REFUSED),
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("{failure}");
            }
            ExitCode::from(failure.status())
        }
    }
}

/// Returns whether no row was refused.
fn run(arguments: &Arguments) -> Result<bool, Failure> {
    interrupt::catch().map_err(|error| Failure::new(format!("cannot wait for signals: {error}")))?;
    match &arguments.command {
        Command::Keyring(command) => keyring::run(command).map(|()| true),
        Command::Seal(args) => columns::run(Operation::Seal, args),
        Command::Tag(args) => columns::run(Operation::Tag, args),
        Command::Open(args) => columns::run(Operation::Open, args),
        Command::Lookup(args) => columns::run(Operation::Lookup, args),
        Command::Reseal(args) => columns::run(Operation::Reseal, args),
        Command::Inspect(args) => inspect::run(args).map(|()| true),
        Command::Completions { shell } => manual::completions(*shell).map(|()| true),
        Command::Man { folder } => manual::pages(folder).map(|()| true),
        Command::Plan(args) => plan::run(args).map(|()| true),
    }
}
