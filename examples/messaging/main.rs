//! A messaging service whose router never sees a phone number, an IMSI or an IMEI.
//!
//! `cargo run --release --example messaging` starts three processes: a router, which holds no key and routes by tokens; a
//! front end, which holds index keys and looks numbers up; and the gateway, which holds the keyring, drives both and
//! shows what they do. Then it looks for every identifier in all that the router stored, was sent and had in its memory,
//! in the front end's memory, and in all that the three have printed. The same service runs once more in plaintext, to
//! show that the search finds what is there. The exit code is 1 if anything was not as it must be. `--verbose` adds how
//! often each thing was done.

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
use process::{Progress, Result};
use search::{Needles, Search};
use service::{Outcome, Place, SWAPPED, Step};
use std::{
    collections::HashSet,
    env,
    io::{self, Read, Write},
    path::Path,
    process::{Command, ExitCode},
};
use subscribers::{Digits, SHOWN, Subscriber};
use telseal::Keyring;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => watch(&["gateway"]),
        ["--verbose"] => watch(&["gateway", "--verbose"]),
        ["gateway"] => demonstrate(false),
        ["gateway", "--verbose"] => demonstrate(true),
        ["router", handles, path] => route(handles, path),
        ["front-end", handles, port] => answer_people(handles, port),
        ["generate"] => subscribers::generate().map(|text| print!("{text}")).map(|()| true).map_err(Into::into),
        _ => Err("expected no argument, `--verbose` or `generate`".into()),
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

/// Runs the gateway as a process of its own, passes on what it and the processes that it starts print, and searches that.
fn watch(arguments: &[&str]) -> Result<bool> {
    let (mut reader, writer) = io::pipe()?;
    let mut gateway =
        Command::new(env::current_exe()?).args(arguments).stdout(writer.try_clone()?).stderr(writer).spawn()?;
    let (mut printed, mut piece, mut stdout) = (Vec::new(), [0; 4096], io::stdout());
    loop {
        let length = reader.read(&mut piece)?;
        if length == 0 {
            break;
        }
        stdout.write_all(&piece[..length])?;
        stdout.flush()?;
        printed.extend_from_slice(&piece[..length]);
    }
    let is_right = gateway.wait()?.success();
    let [shown, others, all] = find_printed(&printed, &subscribers::read()?.0)?;
    println!("    {:22} {:>28}", "what is printed above", format!("{others} of {all} in {} bytes", printed.len()));
    println!(
        "        These are all but the 3 of part 2. {shown} of those are found, so the search finds what is printed."
    );
    let is_right = is_right && shown == 3 && others == 0;
    println!("\n{}", if is_right { "All is as it must be." } else { "Something is NOT as it must be." });
    Ok(is_right)
}

/// How many identifiers were printed of the subscriber that is shown, and how many of all others, and how many those are.
fn find_printed(printed: &[u8], subscribers: &[Subscriber]) -> Result<[usize; 3]> {
    let shown = &subscribers[SHOWN];
    let mut ways = vec![
        subscribers::phone_digits(&shown.phone),
        vec![shown.imsi.expose().to_string()],
        subscribers::imei_digits(&shown.imei),
    ];
    for (_, subscriber) in subscribers.iter().enumerate().filter(|(i, _)| *i != SHOWN) {
        let Subscriber { phone, imsi, imei, imeisv, .. } = subscriber;
        ways.push(subscribers::phone_digits(phone));
        ways.push(vec![imsi.expose().to_string()]);
        ways.push(subscribers::imei_digits(imei));
        ways.extend(imeisv.iter().map(|imeisv| vec![imeisv.expose().to_string()]));
    }
    for i in SWAPPED {
        ways.push(vec![subscribers::new_imsi((subscribers.len() + i) as u64)?.expose().to_string()]);
    }
    let mut found = HashSet::new();
    Search::new(ways.iter().map(Vec::as_slice))?.find(printed, &mut found);
    let shown = found.iter().filter(|&&owner| owner < 3).count();
    Ok([shown, found.len() - shown, ways.len() - 3])
}

fn demonstrate(is_verbose: bool) -> Result<bool> {
    let (subscribers, tally) = subscribers::read()?;
    println!("A messaging service that delivers by phone number, with a router that cannot read one\n");
    println!("    The gateway reads a file of subscribers, written as people and systems write them:");
    tally.print();
    let sealed = service::run(&subscribers, Some(Keyring::generate()?))?;
    let control = service::run(&subscribers, None)?;
    let search = Search::new(sealed.known.iter().map(|known| &*known.digits))?;
    let (patterns, not_found) = search.planted();

    let mut misses = 0;
    let mut answers = 0;
    let mut heading = Some(format!("\n    {:52} {:>9} {:>9}", "what was done", "times", "misses"));
    let mut row = |what: &str, times: usize, missed: usize| {
        (answers, misses) = (answers + times, misses + missed);
        if is_verbose || missed > 0 {
            heading.take().iter().for_each(|heading| println!("{heading}"));
            println!("    {what:52} {times:>9} {missed:>9}");
        }
    };
    for Step { what, times, missed } in &sealed.steps {
        row(what, *times, *missed);
    }
    let sum = |of: fn(&Step) -> usize| control.steps.iter().map(of).sum();
    row("the control: the same without keys", sum(|step| step.times), sum(|step| step.missed));
    row("search patterns found where they were planted", patterns, not_found);
    println!("\n    {answers} answers and search patterns were compared with what they must be: {misses} were wrong.");

    println!("\n5. What each party could have seen");
    println!(
        "    Every identifier is searched for, in ASCII, BCD, TBCD and binary. The control is the same service in"
    );
    println!("    plaintext: there the search must find all that the place has held.\n");
    println!("    {:22} {:>28} {:>28}", "identifiers found", "with tokens", "control, in plaintext");
    for (place, control_place) in sealed.router.iter().zip(&control.router) {
        let with_tokens = judge(place, &search, &sealed, None)?;
        let expected = (0..control.known.len()).filter(|&i| (control_place.had)(&control.known[i])).collect();
        let in_plaintext = judge(control_place, &search, &control, Some(expected))?;
        println!("    {:22} {:>28} {:>28}", place.what, with_tokens.identifiers, in_plaintext.identifiers);
        let place_misses = with_tokens.misses + in_plaintext.misses;
        if is_verbose || place_misses > 0 {
            println!("    {:22} {:>28} {:>28}", "    directory entries", with_tokens.entries, in_plaintext.entries);
        }
        misses += place_misses;
    }
    misses += report_front_end(&search, &sealed)?;
    Ok(misses == 0)
}

/// What the search of one of the router's places comes to.
struct Judged {
    /// How many identifiers were found, in how many bytes.
    identifiers: String,
    /// How many of the directory's own entries were found.
    entries: String,
    misses: usize,
}

/// Searches a place. With tokens no identifier may be found. In plaintext all that are expected must be: the search is
/// exact, redb's cache is larger than this directory, and the file was closed, so that no share of them may be missing.
/// The directory's entries must be found in both runs, by what the router knows them: that says that the bytes are what
/// they are taken for.
fn judge(place: &Place, search: &Search, outcome: &Outcome, expected: Option<HashSet<usize>>) -> Result<Judged> {
    let all = outcome.known.iter().filter(|known| known.name.is_some()).count();
    let Some(Found { bytes, identifiers, entries }) = find(place, search, outcome)? else {
        return Ok(Judged { identifiers: SKIPPED.into(), entries: SKIPPED.into(), misses: 0 });
    };
    let (found, of, missed) = match expected {
        None => (identifiers.len(), outcome.known.len(), identifiers.len()),
        Some(expected) => {
            let found = expected.intersection(&identifiers).count();
            (found, expected.len(), expected.len() - found)
        }
    };
    Ok(Judged {
        identifiers: amount(found, of, bytes),
        entries: format!("{entries} of {all}"),
        misses: missed + all - entries,
    })
}

const SKIPPED: &str = "skipped: needs Linux"; // which alone shows the memory of a process

fn amount(found: usize, of: usize, bytes: usize) -> String {
    format!("{found} of {of} in {:.1} MB", bytes as f64 / 1e6)
}

/// The front end must have seen none but those that it was asked about, and as many of them as it keeps must be there:
/// that says that its memory was read. It has no tokens.
fn report_front_end(search: &Search, outcome: &Outcome) -> Result<usize> {
    let place = &outcome.front_end;
    let Some(Found { bytes, identifiers, entries }) = find(place, search, outcome)? else {
        println!("    {:22} {SKIPPED:>28}", place.what);
        return Ok(0);
    };
    let (asked, others): (Vec<_>, Vec<_>) = identifiers.into_iter().partition(|&i| (place.had)(&outcome.known[i]));
    let of = outcome.known.iter().filter(|known| (place.had)(known)).count();
    println!("    {:22} {:>28}", place.what, amount(others.len(), outcome.known.len() - of, bytes));
    println!("        These are all but the {of} phone numbers that people asked it about: it must see those to look");
    println!(
        "        them up, and keeps the last {RECENT}. {} of them are found, so its memory was read.",
        asked.len()
    );
    if entries > 0 {
        println!("        It must have no tokens, and {entries} were found.");
    }
    Ok(others.len() + entries + RECENT.saturating_sub(asked.len()))
}

/// What a search has found, and how many of the directory's entries.
struct Found {
    bytes: usize,
    identifiers: HashSet<usize>,
    entries: usize,
}

/// `None` where the memory of a process cannot be read.
fn find(place: &Place, search: &Search, outcome: &Outcome) -> Result<Option<Found>> {
    let Some(pieces) = &place.pieces else { return Ok(None) };
    let named = outcome.known.iter().enumerate().filter_map(|(i, known)| known.name.clone().map(|name| (i, name)));
    let needles = Needles::new(named.flat_map(|(i, forms)| forms.map(|form| (i, form))).collect())?;
    let bytes = pieces.iter().map(Vec::len).sum();
    let (mut identifiers, mut entries) = (HashSet::new(), HashSet::new());
    let progress = Progress::new("search", bytes);
    for piece in pieces {
        search.find(piece, &mut identifiers);
        needles.find(piece, &mut entries);
        progress.add(piece.len());
    }
    Ok(Some(Found { bytes, identifiers, entries: entries.len() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_that_is_printed_is_found() {
        let (subscribers, _) = subscribers::read().expect("valid");
        let printed = |text: &str| find_printed(text.as_bytes(), &subscribers).expect("patterns")[..2].to_vec();
        let shown = &subscribers[SHOWN];
        let three = format!("{} {} {}", shown.written, &*shown.imsi.expose(), &*shown.imei.expose_hyphenated());
        assert_eq!(printed("no digits"), [0, 0]);
        assert_eq!(printed(&three), [3, 0]);
        for other in [&subscribers[0], &subscribers[1], &subscribers[2], &subscribers[1199]] {
            for form in 0..subscribers::PHONE_FORMS {
                let (typed, _) = subscribers::phone(&other.phone, form);
                assert_eq!(printed(&format!("{three} {typed}")), [3, 1], "form {form}");
            }
            for digits in [other.imsi.expose(), other.imei.expose()] {
                assert_eq!(printed(&format!("{three}\n{}\n", &*digits)), [3, 1]);
            }
        }
        let new_sim = subscribers::new_imsi(subscribers.len() as u64).expect("valid");
        assert_eq!(printed(&new_sim.expose()), [0, 1]);
    }
}
