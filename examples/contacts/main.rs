//! Contact discovery in which nobody but the handset learns its address book.
//!
//! `cargo run --release --example contacts` starts a key holder, which has a keyring and sees
//! blinded elements only, and a router, which has a directory of tags and no key, as two processes more. This one is
//! 200 handsets with 500 contacts each. They ask the key holder for the tags of their contacts and look them up at
//! the router; opt in and out; and do so over a key rotation. It then looks for every number in all that key holder
//! and router stored, were sent and had in their memory; and does the same once more with numbers in plaintext, to
//! show that the search finds what is there, and with hashes of them. It ends with 1 if anything was not as it
//! must be. With a number behind it, there are fewer handsets; with `--verbose`, it prints what was counted.
//!
//! Three things that a service needs are left out: accounts that are proven, a code by message that proves the own
//! number to the router, and TLS.

mod handset;
mod key_holder;
#[allow(dead_code)] // the iterator with progress is for the other example
#[path = "../messaging/process.rs"]
mod process;
mod router;
#[path = "../messaging/search.rs"]
mod search;
mod service;
#[allow(dead_code)] // of their identifiers only phone numbers are needed here
#[path = "../messaging/subscribers.rs"]
mod subscribers;
mod wire;

use handset::{Control, Handset, MAX_HANDSETS, RESERVED, e164, handle};
use process::{Progress, Result};
use search::{Needles, Search};
use service::{Cost, Outcome, Place, Step};
use std::{
    collections::{HashMap, HashSet},
    env, mem,
    path::Path,
    process::ExitCode,
    time::Instant,
};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let is_verbose = arguments.iter().any(|argument| argument == "--verbose");
    let arguments: Vec<_> = arguments.iter().map(String::as_str).filter(|argument| *argument != "--verbose").collect();
    let done = match arguments[..] {
        [] => all_runs(MAX_HANDSETS, is_verbose),
        ["key-holder", log] => key_holder::run(Path::new(log)).map(|()| true),
        ["router", size, path] => {
            size.parse().map_err(Into::into).and_then(|size| router::run(size, Path::new(path))).map(|()| true)
        }
        [handsets] => match handsets.parse() {
            Ok(handsets @ 20..=MAX_HANDSETS) => all_runs(handsets, is_verbose),
            _ => Err(format!("expected no argument, or 20 to {MAX_HANDSETS} handsets").into()),
        },
        _ => Err("expected at most one argument".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("contacts: {error}");
            ExitCode::FAILURE
        }
    }
}

fn all_runs(handsets: usize, is_verbose: bool) -> Result<bool> {
    println!("Handsets find their contacts, and nobody else learns an address book\n");
    println!("1. Who holds what");
    println!("    {handsets:>3} handsets   a public key, and {} contacts each", handset::CONTACTS);
    println!("    key holder     the keyring: evaluates blinded numbers, and sees neither numbers nor tags");
    println!("    router         no key: stores the tags of those who have opted in, with their endpoints\n");
    let start = Instant::now();
    let mut oblivious = service::oblivious(handsets)?;
    let seconds = start.elapsed().as_secs_f64();
    print_story(&oblivious)?;
    let hashes = service::control(handsets, Control::Hashes)?;
    let plaintext = service::control(handsets, Control::Plaintext)?;
    let people = handset::people(handsets);
    let numbers: Vec<Vec<String>> = (0..people)
        .map(|person| e164(person).parse().map(|phone| subscribers::phone_digits(&phone)))
        .collect::<std::result::Result<_, _>>()?;
    let numbers = Search::new(numbers.iter().map(Vec::as_slice))?;
    let (patterns, not_found) = numbers.planted();

    let mut tally = subscribers::Tally::default();
    oblivious.handsets.iter_mut().for_each(|handset| tally.add(mem::take(&mut handset.tally)));
    if is_verbose {
        println!("\nThe entries of all address books, with the own numbers:");
        tally.print();
        println!("\n{:56} {:>9} {:>9}", "what was done", "times", "misses");
    }
    let mut misses = 0;
    let mut row = |what: &str, times: usize, missed: usize| {
        if is_verbose || missed != 0 {
            println!("{what:56} {times:>9} {missed:>9}");
        }
        misses += missed;
    };
    for Step { what, times, missed } in &oblivious.steps {
        row(what, *times, *missed);
    }
    for (what, control) in [("control with hashes", &hashes), ("control in plaintext", &plaintext)] {
        let sum = |of: fn(&Step) -> usize| control.steps.iter().map(of).sum();
        row(what, sum(|step| step.times), sum(|step| step.missed));
    }
    row("search patterns found where they were planted", patterns, not_found);

    let tags = tags(&oblivious.handsets);
    row("people with one tag, whoever asked for it", tags.len(), tags.iter().filter(|(_, tag)| tag.is_none()).count());
    let tags = tags.into_iter().filter_map(|(person, tag)| Some((person, tag?))).collect();
    let octets = |account: u64| [account.to_le_bytes().into(), account.to_be_bytes().into()];
    let accounts =
        oblivious.handsets.iter().flat_map(|handset| octets(handset.account).map(|octets| (handset.people[0], octets)));
    let sought = Sought { numbers, tags: Needles::new(tags)?, accounts: Needles::new(accounts.collect())? };

    println!("\n4. What key holder and router could have seen");
    println!(
        "    {people} numbers are searched for, in ASCII, BCD, TBCD and binary. That the right bytes are searched"
    );
    println!("    shows in accounts, which only the key holder knows, and in tags, which only the router knows. The");
    println!("    control is the same service in plaintext: there the numbers must be found.");
    println!("\n{:34} {:>12} {:>14} {:>14} {:>14}", "", "bytes", "numbers", "tags", "accounts");
    for (run, outcome) in [("tags", &oblivious), ("plaintext", &plaintext)] {
        for place in &outcome.places {
            misses += sought.report(run, place, [people, people, handsets]);
        }
    }
    let (uploaded, guessed, guessing) = enumerate(&hashes.handsets)?;
    println!(
        "\n    Hashes in place of tags hide nothing: whoever hashes all {RESERVED} numbers reads {guessed} of the"
    );
    println!(
        "    {uploaded} that were uploaded, in {:.0} ms. A router cannot make tags: it has no key.",
        1000.0 * guessing
    );
    misses += uploaded - guessed;

    print_costs([&oblivious, &hashes, &plaintext].map(|outcome| &*outcome.costs).concat());
    println!(
        "\n    The run with tags took {seconds:.1} s, most of it arithmetic on the curve, for each contact once a key"
    );
    println!("    version: the handset blinds, checks the proof and finalizes; the key holder evaluates.");
    println!("\n{}", if misses == 0 { "All is as it must be." } else { "Something is NOT as it must be." });
    Ok(misses == 0)
}

/// One handset's contacts, and what all handsets found.
fn print_story(outcome: &Outcome) -> Result<()> {
    let handset = outcome.handsets.first().ok_or("no handset")?;
    println!("\n2. One handset: tags come from the key holder, endpoints from the router (tags shortened)");
    let endpoints = service::opted_in(&outcome.handsets);
    let contacts = || handset.people.iter().zip(&handset.handles[0].1).skip(1);
    let (found, others): (Vec<_>, Vec<_>) = contacts().partition(|(person, _)| endpoints.contains_key(person));
    for (person, tag) in found.iter().take(2).chain(others.iter().take(2)) {
        let answer = match endpoints.get(person) {
            Some(endpoint) => format!("endpoint {endpoint}"),
            None => "not registered".to_owned(),
        };
        println!("    contact {:13}   tag {}...   {answer}", e164(**person), hex::encode(&tag[..6]));
    }

    println!("\n3. All handsets, while the key rotates from version 1 to 2");
    println!("    {:44} {:>10} {:>11}", "", "looked up", "registered");
    let lookups = outcome.steps.windows(2).filter(|steps| steps[1].what == service::FOUND);
    for (steps, when) in
        lookups.zip(["before", "half of them have new tags", "all have both tags", "the old key is gone"])
    {
        println!("    {when:44} {:>10} {:>11}", steps[0].times, steps[1].times);
    }
    let missed: usize = outcome.steps.iter().map(|step| step.missed).sum();
    println!("    {missed} answers were wrong. Not all are registered throughout: some opt in or out meanwhile.");
    Ok(())
}

/// The tag of each person that any handset asked for; `None` where two handsets got two.
fn tags(handsets: &[Handset]) -> HashMap<usize, Option<Vec<u8>>> {
    let mut tags = HashMap::new();
    for handset in handsets {
        for (person, tag) in handset.people.iter().zip(&handset.handles[0].1) {
            let known = tags.entry(*person).or_insert_with(|| Some(tag.clone()));
            known.take_if(|known| known != tag);
        }
    }
    tags
}

/// What is searched for.
struct Sought {
    numbers: Search,
    tags: Needles,
    accounts: Needles,
}

impl Sought {
    /// Searches a place for so many numbers, tags and accounts, and returns how much was not as it must be.
    fn report(&self, run: &str, place: &Place, all: [usize; 3]) -> usize {
        let title = format!("{run}: {}", place.what);
        let Some(pieces) = &place.pieces else {
            println!("{title:34} skipped: only Linux shows the memory of a process");
            return 0;
        };
        let bytes = pieces.iter().map(Vec::len).sum();
        let mut found = [0; 3].map(|_| HashSet::new());
        let progress = Progress::new("search", bytes);
        for piece in pieces {
            let [numbers, tags, accounts] = &mut found;
            self.numbers.find(piece, numbers);
            self.tags.find(piece, tags);
            self.accounts.find(piece, accounts);
            progress.add(piece.len());
        }
        drop(progress);
        print!("{title:34} {bytes:>12}");
        let mut misses = 0;
        for ((found, expected), all) in found.iter().zip(&place.expected).zip(all) {
            let missing = expected.difference(found).count();
            let (found, of, missed) = match expected.len() {
                0 => (found.len(), all, found.len()),
                of => (of - missing, of, missing),
            };
            print!(" {:>14}", format!("{found} of {of}"));
            misses += missed;
        }
        println!();
        misses
    }
}

/// What a router that gets hashes can do. Returns how many different numbers were uploaded, how many of them it can
/// read, and in how many seconds.
fn enumerate(handsets: &[Handset]) -> Result<(usize, usize, f64)> {
    let mut uploaded: HashSet<&[u8]> =
        handsets.iter().flat_map(|handset| &handset.handles[0].1).map(|hash| &**hash).collect();
    let (all, start) = (uploaded.len(), Instant::now());
    for number in 0..RESERVED {
        uploaded.remove(&*handle(&e164(number).parse()?, Control::Hashes));
    }
    Ok((all, all - uploaded.len(), start.elapsed().as_secs_f64()))
}

fn print_costs(costs: Vec<Cost>) {
    println!("\n5. What a contact costs: bytes on the wire, and milliseconds of processor time in each process");
    println!("\n{:38} {:>8} {:>8} {:>10} {:>10} {:>10}", "", "sent", "received", "handset", "key holder", "router");
    for Cost { what, contacts, bytes, processor } in costs {
        let [sent, received] = bytes.map(|bytes| bytes as f64 / contacts as f64);
        print!("{what:38} {sent:>8.1} {received:>8.1}");
        for seconds in processor {
            let milliseconds = seconds.map(|seconds| format!("{:.5}", 1000.0 * seconds / contacts as f64));
            print!(" {:>10}", milliseconds.unwrap_or("-".into()));
        }
        println!();
    }
}
