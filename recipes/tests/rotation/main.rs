//! Rotation under load: each recipe with three gateways that look up and register all the while, and with a reseal
//! in a process of its own that is killed at random points.
//!
//! ```text
//! cargo test -p recipes --release                            # all stores
//! cargo test -p recipes --release --test rotation -- redb    # one of them
//! ```
//!
//! PostgreSQL and Redis are started here, on ports of their own in a temporary directory, and stopped again. Where
//! one is not installed its checks are skipped, and with `TELSEAL_ALL_STORES` set that is a failure.

mod checks;
mod load;
mod servers;
mod service;
mod stores;

use checks::Outcome;
use servers::Result;
use std::{env, process::ExitCode};
use stores::Store;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["child", "reseal", store, location, keyring, old, batch] => {
            service::reseal(store, location, keyring, old, batch)
        }
        ["child", "serve", socket, path] => service::serve(socket.as_ref(), path.as_ref()).map(|()| true),
        _ => all(arguments.iter().filter(|argument| !argument.starts_with('-')).copied().collect()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("rotation: {}", service::causes(&*error));
            ExitCode::FAILURE
        }
    }
}

fn all(names: Vec<&str>) -> Result<bool> {
    let (mut good, mut ran, mut skipped) = (true, 0, Vec::new());
    for name in stores::NAMES {
        if !names.is_empty() && !names.contains(&name) {
            continue;
        }
        println!("\n== {name}");
        match stores::start(name)? {
            Ok(store) => good &= one(name, &*store, &mut skipped)?,
            Err(why) => {
                println!("skipped: {why}");
                skipped.push(name.to_string());
                good &= env::var_os("TELSEAL_ALL_STORES").is_none();
            }
        }
        ran += 1;
    }
    println!("\n{}", if good { "All that ran is as it must be." } else { "Something is NOT as it must be." });
    if !skipped.is_empty() {
        println!("Skipped: {}.", skipped.join("; "));
    }
    Ok(good && ran > 0)
}

/// All checks of one store. Each line ends in what was found and whether that is as it must be.
fn one(name: &str, store: &dyn Store, skipped: &mut Vec<String>) -> Result<bool> {
    let mut good = true;
    for (what, check) in checks::ALL {
        let outcome = check(store).map_err(|error| format!("{what}: {}", service::causes(&*error)))?;
        let word = match outcome {
            Outcome { skipped: true, .. } => "skipped",
            Outcome { good: true, .. } => "ok     ",
            Outcome { good: false, .. } => "FAILED ",
        };
        println!("{word} {what}: {}", outcome.found);
        if outcome.skipped {
            skipped.push(format!("{name}, {what}"));
        }
        good &= outcome.good;
        store.connect()?.clear()?;
    }
    Ok(good)
}
