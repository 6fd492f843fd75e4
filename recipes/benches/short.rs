//! What a lookup by short tag costs beside one by the whole tag, in SQLite and PostgreSQL.
//!
//! ```text
//! cargo bench -p recipes --bench short              # a million rows
//! cargo bench -p recipes --bench short -- 100000    # as many as you like
//! ```
//!
//! One client waits for each answer, and then opens what it got. The last row is a short tag of 64 bits, which has no
//! false matches: it does what a whole tag does.

#[path = "../tests/rotation/servers.rs"]
#[allow(dead_code)] // the tests use all of it
mod servers;

use recipes::short::{Match, postgres, sift, sqlite};
use servers::{Folder, Postgres, Result};
use std::{env, time::Instant};
use telseal::{Imsi, Keyring, Scope, Sealer, ShortTag};

const ROUNDS: usize = 10;
const TRANSACTION: usize = 10_000;

fn imsi(i: usize) -> Imsi {
    format!("00101{i:010}").parse().expect("an IMSI")
}

/// The fastest round: microseconds a lookup, those of opening, and false matches.
fn measure<const BITS: u32>(
    sealer: &Sealer<Imsi>,
    rows: usize,
    lookups: usize,
    mut matches: impl FnMut(ShortTag<Imsi, BITS>) -> Result<Vec<Match>>,
) -> Result<[f64; 3]> {
    let mut best = [f64::INFINITY; 2];
    let mut false_matches = 0;
    for round in 0..ROUNDS {
        let (start, mut opening) = (Instant::now(), 0.0);
        for i in 0..lookups {
            let at = ((round * lookups + i) * 7_368_787 + 12_345) % rows;
            let found = matches(sealer.tag(&imsi(at)).short())?;
            false_matches += found.len() - 1;
            let before = Instant::now();
            if sift(sealer, &imsi(at), &found).endpoints != [at as i64] {
                return Err("another row".into());
            }
            opening += before.elapsed().as_secs_f64();
        }
        let each = |seconds: f64| seconds * 1e6 / lookups as f64;
        best[0] = best[0].min(each(start.elapsed().as_secs_f64()));
        best[1] = best[1].min(each(opening));
    }
    Ok([best[0], best[1], false_matches as f64 / (ROUNDS * lookups) as f64])
}

fn row<const BITS: u32>(sealer: &Sealer<Imsi>, rows: usize, server: &Postgres) -> Result<()> {
    let lookups = if BITS < 12 { 500 } else { 3000 };
    let folder = Folder::new()?;
    let mut lite = sqlite::Table::<Imsi, BITS>::open(&folder.0.join("short"))?;
    let config: ::postgres::Config = server.location().parse()?;
    config.connect(::postgres::NoTls)?.batch_execute("DROP TABLE IF EXISTS by_short, short_length")?;
    postgres::Table::<Imsi, BITS>::create(&config)?;
    let mut pg = postgres::Table::<Imsi, BITS>::open(&config)?;
    for first in (0..rows).step_by(TRANSACTION) {
        let batch: Vec<_> = (first..rows.min(first + TRANSACTION)).map(|i| (sealer.seal(&imsi(i)), i as i64)).collect();
        lite.put(&batch)?;
        pg.put(&batch)?;
    }
    pg.client().batch_execute("ANALYZE by_short")?;
    let in_lite = measure(sealer, rows, lookups, |short| Ok(lite.matches(&[short])?))?;
    let in_pg = measure(sealer, rows, lookups, |short| Ok(pg.matches(&[short])?))?;
    println!("| {BITS} | {:.1} | {:.1} | {:.1} | {:.1} |", in_lite[2], in_lite[0], in_pg[0], in_lite[1]);
    Ok(())
}

fn main() -> Result<()> {
    // `cargo bench` adds an argument of its own.
    let rows = env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let server = Postgres::new()??;
    let sealer: Sealer<Imsi> = Keyring::generate()?.sealer(&Scope::new(["short"])?);
    println!("{rows} rows; µs a lookup");
    println!("\n| bits | false matches | SQLite | PostgreSQL | of that, opening |\n|---|---|---|---|---|");
    row::<10>(&sealer, rows, &server)?;
    row::<12>(&sealer, rows, &server)?;
    row::<14>(&sealer, rows, &server)?;
    row::<16>(&sealer, rows, &server)?;
    row::<18>(&sealer, rows, &server)?;
    row::<64>(&sealer, rows, &server)?;
    Ok(())
}
