//! Reads lines of a country, a tabulator and a text from standard input, and prints for each all spellings of its number in
//! E.164, or why it is refused. `ci/national` compares what it prints with libphonenumber for Python.
//!
//! An argument says what is taken: `certain` (the default), `without-trunk-prefix` or `possible`. With `reserved`, it prints
//! the ranges that are reserved for examples.

use std::io::{self, BufRead, Write};
use telseal_national::{Accept, Country, RESERVED, parse_with, spellings};

fn main() -> io::Result<()> {
    let accept = match std::env::args().nth(1).as_deref() {
        None | Some("certain") => Accept::Certain,
        Some("without-trunk-prefix") => Accept::WithoutTrunkPrefix,
        Some("possible") => Accept::Possible,
        Some("reserved") => {
            RESERVED.iter().for_each(|reserved| println!("{}", reserved.pattern));
            return Ok(());
        }
        Some(_) => {
            return Err(io::Error::other("expected `certain`, `without-trunk-prefix`, `possible` or `reserved`"));
        }
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let (country, text) = line.split_once('\t').ok_or_else(|| io::Error::other("expected a tabulator"))?;
        match country.parse::<Country>().map(|country| parse_with(text, country, accept)) {
            Err(unknown) => writeln!(out, "{unknown}")?,
            Ok(Err(refused)) => writeln!(out, "{:?}", refused.kind())?,
            Ok(Ok(number)) => {
                let spellings: Vec<_> = spellings(&number).map(|number| number.expose_e164().to_string()).collect();
                writeln!(out, "{}", spellings.join(" "))?;
            }
        }
    }
    out.flush()
}
