//! telseal beside its floor and beside its peers: every row in one process, on the same identifiers, in turn.
//!
//! ```text
//! cargo run -p peers --profile bench              # the table
//! cargo run -p peers --profile bench -- --check   # and the targets; exit status 1 where one is missed
//! cargo run -p peers --profile bench -- --plot docs/speed.svg   # and a picture of them
//! RUSTFLAGS='--cfg aes_backend="soft" --cfg aes_force_soft' cargo run -p peers --profile bench   # without the AES unit
//! ```
//!
//! Let nothing else run meanwhile: the rows of a million items and more take long enough to be interrupted.
//! A run takes a minute and 1.1 GB of memory, without the AES unit several.
//!
//! `--features openssl` adds OpenSSL's rows and target, and needs OpenSSL 3.0 or newer with its headers: on Debian,
//! `apt-get install libssl-dev pkg-config`. In the run without the AES unit the second flag is for the peers that
//! build on `aes` 0.8; OpenSSL keeps using the unit.
//!
//! Nanoseconds are medians over rounds in which all rows take turns. A row of `one` waits for each call to
//! end before the next begins; a row of `many` does not. Ratios are to the floor and to telseal's row of the
//! same group: `seal` for `one`, `seal_into` of 4096 for `many`. Bytes are those of the longest token.

mod check;
mod directory;
mod floor;
mod input;
mod measure;
mod ours;
mod peers;
mod plot;

use input::Input;
use measure::{Group, Table};
use std::{process::ExitCode, thread::available_parallelism};

const ITEMS: usize = 1 << 12;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (check, plot) = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => (false, None),
        ["--check"] => (true, None),
        ["--plot", path] => (false, Some(path)),
        _ => {
            eprintln!("usage: peers [--check | --plot FILE.svg]");
            return ExitCode::from(2);
        }
    };
    println!("processor    {}", processor());
    println!("aes backend  {}", floor::backend());
    #[cfg(feature = "openssl")]
    println!("OpenSSL      {}", peers::openssl::version());
    #[cfg(not(feature = "openssl"))]
    println!("OpenSSL      left out: it is the feature `openssl`");

    let input = Input::new(ITEMS);
    let many: Vec<_> = input.numbers.iter().cycle().take(ours::SIZES.into_iter().max().unwrap_or(0)).cloned().collect();
    let blocks: Vec<_> = input.blocks.iter().cycle().take(many.len()).copied().collect();
    let mut table = Table::default();
    floor::rows(&mut table, ITEMS);
    floor::rows_of_ten(&mut table, ITEMS);
    floor::memory_rows(&mut table, &blocks, &ours::SIZES);
    ours::single_rows(&mut table, &input);
    ours::rows_of_many(&mut table, &input, &many);
    ours::rows_of_digits(&mut table, &input);
    peers::rows(&mut table, &input);
    directory::rows(&mut table);
    table.measure();

    let (one, least) = (table.ns(Group::One, floor::ONE), table.least(Group::Many, floor::MANY));
    table.print(Group::One, Some(one), table.ns(Group::One, ours::SEAL));
    table.print(Group::Many, Some(least), table.ns(Group::Many, &ours::seal_into(ITEMS)));
    table.print(Group::Lookup, None, table.ns(Group::Lookup, directory::TAGS));

    if let Some(path) = plot
        && let Err(error) = plot::draw(&table, ITEMS, &format!("{}, {}", processor(), floor::backend()), path)
    {
        eprintln!("{path}: {error}");
        return ExitCode::FAILURE;
    }
    if check && !check::check(&table) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// Its name and how many cores the system has, of which all rows but one use one.
fn processor() -> String {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let names: Vec<_> =
        cpuinfo.lines().filter_map(|line| Some(line.strip_prefix("model name")?.split_once(": ")?.1)).collect();
    match names.first() {
        Some(name) => format!("{name}, {} cores", names.len()),
        None => format!("unknown, {} cores", available_parallelism().map_or(0, usize::from)),
    }
}
