//! A messaging service whose router never sees a phone number, an IMSI or an IMEI.
//!
//! `cargo run --release --example messaging` starts a router as a second process, which routes by tokens and
//! holds no key, and a front end as a third one, which looks numbers up and holds index keys; and drives both as the
//! gateway, which holds the keyring. It then looks for every identifier in all that the router stored, was sent and had
//! in its memory; and does the same once more in plaintext, to show that the search finds what is there. The front end
//! sees the numbers that it is asked about: its memory is searched for any other. It ends with 1 if anything was not as
//! it must be.

mod directory;
mod front_end;
mod gateway;
mod process;
mod protocol;
mod router;
mod search;
mod service;
mod subscribers;

use directory::Fault;
use front_end::RECENT;
use process::{Result, bar};
use search::{Needles, Search};
use service::{Outcome, Place, Step};
use std::{collections::HashSet, env, path::Path, process::ExitCode};
use telseal::{Keyring, Kind};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => both_runs(),
        ["router", handles, path] => route(handles, path),
        ["front-end", handles, port] => answer_people(handles, port),
        ["generate"] => subscribers::generate().map(|text| print!("{text}")).map(|()| true).map_err(Into::into),
        _ => Err("expected no argument, or `generate`".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("messaging: {error}");
            ExitCode::FAILURE
        }
    }
}

fn route(handles: &str, path: &str) -> Result<bool> {
    match router::run(handles.parse()?, Path::new(path)) {
        Ok(()) => Ok(true),
        Err(Fault::No(message)) => Err(message.into()),
        Err(Fault::Error(message)) => Err(message.into()),
    }
}

fn answer_people(handles: &str, port: &str) -> Result<bool> {
    front_end::run(handles.parse()?, port.parse()?).map(|()| true)
}

fn both_runs() -> Result<bool> {
    let subscribers = subscribers::read()?;
    println!("{} subscribers; first with tokens, then in plaintext as the control", subscribers.len());
    let sealed = service::run(&subscribers, Some(Keyring::generate()?))?;
    let control = service::run(&subscribers, None)?;
    let search = Search::new(sealed.known.iter().map(|known| &*known.digits))?;
    let (patterns, not_found) = search.planted();

    println!("\n{:52} {:>9} {:>9}", "what was done", "times", "misses");
    let mut misses = 0;
    let mut row = |what: &str, times: usize, missed: usize| {
        println!("{what:52} {times:>9} {missed:>9}");
        misses += missed;
    };
    for Step { what, times, missed } in &sealed.steps {
        row(what, *times, *missed);
    }
    let sum = |of: fn(&Step) -> usize| control.steps.iter().map(of).sum();
    row("the control: the same without keys", sum(|step| step.times), sum(|step| step.missed));
    row("search patterns found where they were planted", patterns, not_found);

    let count = |kind| sealed.known.iter().filter(|known| known.kind == kind).count();
    let [phones, imsis, imeis, imeisvs] = [Kind::PhoneNumber, Kind::Imsi, Kind::Imei, Kind::Imeisv].map(count);
    println!("\n{phones} phone numbers, {imsis} IMSIs, {imeis} IMEIs (14 and 15 digits) and {imeisvs} IMEISVs in");
    println!("ASCII, BCD, TBCD and binary, searched for where the router could have seen them; and beside them");
    println!(
        "the directory's own entries (tokens, or plaintext in the control), to see that the bytes are the right ones:"
    );
    println!("\n{:36} {:>12} {:>20} {:>20}", "", "bytes", "identifiers found", "entries found");
    for place in &sealed.router {
        misses += report("tokens", place, &search, &sealed, None)?;
    }
    for place in &control.router {
        let expected = (0..control.known.len()).filter(|&i| (place.had)(&control.known[i])).collect();
        misses += report("plaintext", place, &search, &control, Some(expected))?;
    }
    misses += report_front_end(&search, &sealed)?;
    println!("\n{}", if misses == 0 { "All is as it must be." } else { "Something is NOT as it must be." });
    Ok(misses == 0)
}

/// Searches a place, and returns how much was not as it must be. With tokens no identifier may be found. In plaintext
/// all that are expected must be: the search is exact, redb's cache is larger than this directory, and the file was
/// closed, so that no share of them may be missing. The directory's entries must be found in both runs, by what the
/// router knows them: that says that the bytes are what they are taken for.
fn report(
    run: &str,
    place: &Place,
    search: &Search,
    outcome: &Outcome,
    expected: Option<HashSet<usize>>,
) -> Result<usize> {
    let all = outcome.known.iter().filter(|known| known.name.is_some()).count();
    let Some(Found { title, bytes, identifiers, entries }) = find(run, place, search, outcome)? else { return Ok(0) };
    let (found, of, missed) = match expected {
        None => (identifiers.len(), outcome.known.len(), identifiers.len()),
        Some(expected) => {
            let found = expected.intersection(&identifiers).count();
            (found, expected.len(), expected.len() - found)
        }
    };
    println!("{title:36} {bytes:>12} {:>20} {:>20}", format!("{found} of {of}"), format!("{entries} of {all}"));
    Ok(missed + all - entries)
}

/// The front end must have seen none but those that it was asked about, and as many of them as it keeps must be there:
/// that says that its memory was read. It has no tokens.
fn report_front_end(search: &Search, outcome: &Outcome) -> Result<usize> {
    let place = &outcome.front_end;
    let Some(Found { title, bytes, identifiers, entries }) = find("tokens", place, search, outcome)? else {
        return Ok(0);
    };
    let (asked, others): (Vec<_>, Vec<_>) = identifiers.into_iter().partition(|&i| (place.had)(&outcome.known[i]));
    let of = outcome.known.iter().filter(|known| (place.had)(known)).count();
    println!("\n{title}, {bytes} bytes: {} of the {of} phone numbers that it was asked about,", asked.len());
    println!("{} of the other identifiers, {entries} tokens", others.len());
    Ok(others.len() + entries + RECENT.saturating_sub(asked.len()))
}

/// What a search has found, and how many of the directory's entries.
struct Found {
    title: String,
    bytes: usize,
    identifiers: HashSet<usize>,
    entries: usize,
}

fn find(run: &str, place: &Place, search: &Search, outcome: &Outcome) -> Result<Option<Found>> {
    let title = format!("{run}: {}", place.what);
    let Some(pieces) = &place.pieces else {
        println!("{title:36} skipped: only Linux shows the memory of a process");
        return Ok(None);
    };
    let named = outcome.known.iter().enumerate().filter_map(|(i, known)| known.name.clone().map(|name| (i, name)));
    let needles = Needles::new(named.flat_map(|(i, forms)| forms.map(|form| (i, form))).collect())?;
    let bytes = pieces.iter().map(Vec::len).sum();
    let (mut identifiers, mut entries) = (HashSet::new(), HashSet::new());
    let bar = bar("search", bytes);
    for piece in pieces {
        search.find(piece, &mut identifiers);
        needles.find(piece, &mut entries);
        bar.inc(piece.len() as u64);
    }
    bar.finish_and_clear();
    Ok(Some(Found { title, bytes, identifiers, entries: entries.len() }))
}
