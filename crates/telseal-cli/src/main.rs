//! The command `telseal`: keyrings, and columns of files, sealed and opened.

#![forbid(unsafe_code)]

mod args;
mod failure;
mod interrupt;
mod kek;
mod keyring;
mod keyring_file;
mod kind;
mod output;

use args::{Arguments, Command};
use clap::Parser;
use failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.is_silent() {
                eprintln!("{failure}");
            }
            ExitCode::from(failure.status())
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    interrupt::catch().map_err(|error| Failure::new(format!("cannot wait for signals: {error}")))?;
    match &arguments.command {
        Command::Keyring(command) => keyring::run(command),
    }
}
