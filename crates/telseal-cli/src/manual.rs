//! Shell completions and manual pages, made from the arguments that the command takes.

use crate::{
    args::Arguments,
    failure::{At, Failure},
};
use clap::CommandFactory;
use clap_complete::Shell;
use std::{
    fs,
    io::{self, Write},
    path::Path,
};

pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "telseal", &mut script);
    io::stdout().write_all(&script).at("write to", Path::new("standard output"))
}

/// `telseal.1`, and a page for each of its commands.
pub(crate) fn pages(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).at("make the folder", folder)?;
    clap_mangen::generate_to(Arguments::command(), folder).at("write to", folder)
}
