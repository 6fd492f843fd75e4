//! What has to hold of each store.

use crate::{
    load::{Books, Care, Gateway, Random, handle, promoted, row, scope, sealer, wrap},
    servers::{Folder, Result, Server, Stop},
    service::{moved, report},
    stores::{Directory, Handle, Resealing, Row, Store},
};
use recipes::Report;
use std::{
    fs,
    io::BufRead,
    num::NonZeroU32,
    path::Path,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};
use telseal::{Imei, KeyVersion, Keyring, Scope, Sealer, Token};

pub struct Outcome {
    pub good: bool,
    /// It does not apply to this store, and did not run.
    pub skipped: bool,
    pub found: String,
}

type Check = fn(&dyn Store) -> Result<Outcome>;

pub const ALL: [(&str, Check); 7] = [
    ("rotation under load, with kills", kills),
    ("two gateways register one subscriber while a third reseals", races),
    ("lookups of rows that are moved to and fro", to_and_fro),
    ("rows that cannot be read", bad_rows),
    ("the store goes away while rows are resealed", gone),
    ("control: lookups by the newest token only", newest_only),
    ("control: registrations that do not look, a row taken out, a row nobody registered", no_look),
];

/// At least so many kills of a reseal that had begun to move rows and had not ended.
const KILLS: u32 = 20;
/// At least so many lookups and registrations meanwhile.
const OPERATIONS: u64 = 100_000;
/// Registered before the first rotation.
const SEEDED: usize = 20_000;
const GATEWAYS: u64 = 3;
const BATCH: NonZeroU32 = NonZeroU32::new(50).expect("not 0");
/// A kill comes up to so many milliseconds after the first batch.
const KILL_WITHIN: usize = 150;

fn kills(store: &dyn Store) -> Result<Outcome> {
    let mut keyring = Keyring::generate()?;
    let books = Books::new(10 * SEEDED);
    let mut directory = store.connect()?;
    books.seed(&mut *directory, &keyring.sealer(&scope()), SEEDED)?;

    let (stop, start) = (AtomicBool::new(false), Instant::now());
    let gateways: Vec<_> = (0..GATEWAYS).map(|_| Gateway::new(keyring.sealer(&scope()))).collect();
    let (mut kills, mut rotations, mut moved) = (0, 0, 0);
    thread::scope(|threads| {
        let running: Vec<_> = (1..)
            .zip(&gateways)
            .map(|(seed, gateway)| {
                let (books, stop) = (&books, &stop);
                threads.spawn(move || gateway.run(store, books, seed, stop))
            })
            .collect();
        let mut rotate_all = || {
            let mut random = Random(99);
            while kills < KILLS || books.operations() < OPERATIONS {
                if running.iter().any(|gateway| gateway.is_finished()) {
                    break; // it tells why below
                }
                let (more, rows) = rotate(store, &mut *directory, &mut keyring, &gateways, &mut random)?;
                kills += more;
                moved += rows;
                rotations += 1;
            }
            Ok(())
        };
        let rotated: Result<()> = rotate_all();
        stop.store(true, SeqCst);
        let mut told = Vec::new();
        for gateway in running {
            told.extend(gateway.join().map_err(|_| "a gateway panicked")??);
        }
        books.check(&told);
        rotated
    })?;

    let audit = books.audit(&mut *directory, &keyring)?;
    let [lookups, registered, refused, misses, wrong, twice] =
        [&books.found, &books.registered, &books.refused, &books.misses, &books.wrong, &books.twice]
            .map(|count| count.load(SeqCst));
    let faults = misses + wrong + twice + (audit.duplicates + audit.lost + audit.strange) as u64;
    Ok(Outcome {
        skipped: false,
        good: faults == 0
            && kills >= KILLS
            && books.operations() >= OPERATIONS
            && audit.rows as u64 == SEEDED as u64 + registered,
        found: format!(
            "{} s, {rotations} rotations, {kills} kills, {moved} rows moved; {lookups} \
             lookups, {registered} registrations, {refused} refused since there was a row; {misses} misses, {wrong} \
             wrong answers, {twice} registered twice; {} rows, {} duplicates, {} lost, {} that nobody registered",
            start.elapsed().as_secs(),
            audit.rows,
            audit.duplicates,
            audit.lost,
            audit.strange,
        ),
    })
}

/// From one key version to the next, as docs/rotation.md says. But resealing begins when only the
/// first gateway has been told to seal under the new version, which is earlier than need be.
fn rotate(
    store: &dyn Store,
    directory: &mut dyn Directory,
    keyring: &mut Keyring,
    gateways: &[Gateway],
    random: &mut Random,
) -> Result<(u32, u64)> {
    let old = keyring.primary();
    let new = keyring.stage()?;
    for gateway in gateways {
        gateway.hand(keyring.sealer(&scope()));
    }
    keyring.promote(new)?;
    let folder = Folder::new()?;
    let file = folder.0.join("keyring");
    fs::write(&file, wrap(keyring))?;

    let (mut told, mut kills, mut moved) = (gateways.iter(), 0, 0);
    loop {
        if let Some(gateway) = told.next() {
            gateway.hand(keyring.sealer(&scope()));
        }
        let kill_after = (kills < KILLS / 2).then(|| Duration::from_millis(random.below(KILL_WITHIN) as u64));
        match reseal(store, &file, old, kill_after)? {
            Resealed::Killed(rows) => {
                kills += 1;
                moved += rows;
            }
            Resealed::Ended(report) => {
                moved += report.moved;
                if report.unreadable + report.doubled + report.other != 0 {
                    return Err(format!("{report:?}").into());
                }
                if told.len() == 0 && directory.is_empty(old)? {
                    break;
                }
            }
        }
    }
    keyring.retire(old)?;
    for gateway in gateways {
        gateway.hand(keyring.sealer(&scope()));
    }
    // Nobody has the old version any more, and no row is under it.
    let counts = directory.counts(&[old, new])?;
    if counts.of(old) != 0 || counts.versions.len() != 1 || counts.other != 0 {
        return Err(format!("version {old} was retired with rows left: {counts:?}").into());
    }
    Ok((kills, moved))
}

/// What became of a reseal.
enum Resealed {
    Ended(Report),
    /// After it had told of so many rows moved.
    Killed(u64),
}

/// Reseals to the end, or kills the reseal some time after its first batch.
fn reseal(store: &dyn Store, keyring: &Path, old: KeyVersion, kill_after: Option<Duration>) -> Result<Resealed> {
    let Resealing { lines, end } = store.reseal(keyring, old, BATCH)?;
    let (mut end, mut killed, mut told) = (Some(end), false, 0);
    for line in lines.lines() {
        let line = match line {
            Ok(line) => line,
            Err(_) if killed => break,
            Err(error) => return Err(error.into()),
        };
        if let Some(report) = report(&line) {
            if let Some(end) = end.take() {
                end(false)?;
            }
            return Ok(Resealed::Ended(report));
        }
        told = moved(&line).unwrap_or(told);
        if let Some(after) = kill_after
            && let Some(end) = end.take()
        {
            thread::sleep(after);
            killed = end(true)?; // what it told before is still to be read
        }
    }
    if killed { Ok(Resealed::Killed(told)) } else { Err("the reseal gave no report".into()) }
}

/// A keyring with two versions, of which the first is the primary one. There was one before.
fn two_versions() -> Result<(Keyring, KeyVersion, KeyVersion)> {
    let mut keyring = Keyring::generate()?;
    let old = keyring.rotate()?;
    keyring.retire(KeyVersion::FIRST)?;
    let new = keyring.stage()?;
    Ok((keyring, old, new))
}

/// Lookups of a few rows that are moved all the while, back and forth. By all live tokens in one question none misses;
/// by one after the other, which is the control, some do.
fn to_and_fro(store: &dyn Store) -> Result<Outcome> {
    const SUBSCRIBERS: usize = 20;
    const RESEALS: u32 = 6;
    const ENOUGH: Duration = Duration::from_secs(3);
    const PATIENCE: Duration = Duration::from_secs(60);
    let (keyring, old, new) = two_versions()?;
    let books = Books::new(SUBSCRIBERS);
    let (mut directory, sealer) = (store.connect()?, sealer(&keyring, old)?);
    books.seed(&mut *directory, &sealer, SUBSCRIBERS)?;
    let handles: Vec<_> = (0..SUBSCRIBERS).map(|number| handle(&sealer, Care::All, number)).collect();
    let folder = Folder::new()?;
    let mut moves = Vec::new();
    for (from, to) in [(old, new), (new, old)] {
        let file = folder.0.join(format!("keyring-{to}"));
        fs::write(&file, wrap(&promoted(&keyring, to)?))?;
        moves.push((file, from));
    }

    let (stop, reseals) = (AtomicBool::new(false), AtomicU32::new(0));
    let (meanwhile, missed_one_by_one) = thread::scope(|threads| -> Result<(u32, u32)> {
        let resealing = threads.spawn(|| -> Result<()> {
            while !stop.load(SeqCst) {
                for (file, from) in &moves {
                    reseal(store, file, *from, None)?;
                    reseals.fetch_add(1, SeqCst);
                }
            }
            Ok(())
        });
        let mut look = || -> Result<(u32, u32)> {
            let (start, done) = (Instant::now(), || reseals.load(SeqCst));
            for (number, handle) in (0..SUBSCRIBERS).zip(&handles).cycle() {
                if start.elapsed() > if done() < RESEALS { PATIENCE } else { ENOUGH } {
                    break;
                }
                books.lookup(&mut *directory, handle, books.registered_endpoint(number))?;
            }
            let meanwhile = done();
            let (start, mut missed) = (Instant::now(), 0);
            for handle in handles.iter().cycle() {
                if missed > 0 || start.elapsed() > PATIENCE {
                    break;
                }
                let mut found = None;
                for token in &handle.live {
                    found = found.or(directory.lookup(&Handle { live: vec![*token], ..handle.clone() })?);
                }
                missed += u32::from(found.is_none());
            }
            Ok((meanwhile, missed))
        };
        let looked = look();
        stop.store(true, SeqCst);
        resealing.join().map_err(|_| "the reseal panicked")??;
        looked
    })?;
    let [found, misses, wrong] = [&books.found, &books.misses, &books.wrong].map(|count| count.load(SeqCst));
    Ok(Outcome {
        skipped: false,
        good: found > 0 && misses + wrong == 0 && meanwhile >= RESEALS && missed_one_by_one > 0,
        found: format!(
            "{found} lookups, {misses} misses, {meanwhile} reseals meanwhile; control, one token after the other: \
             {missed_one_by_one} missed"
        ),
    })
}

/// Exactly one of two registrations is taken, whichever version the gateways seal under and wherever the reseal is.
fn races(store: &dyn Store) -> Result<Outcome> {
    // Redis answers fast, and goes through 1024 buckets.
    let subscribers = if store.is_by_version() { 8000 } else { 300 };
    let (keyring, old, new) = two_versions()?;
    let (before, behind) = (sealer(&keyring, old)?, sealer(&keyring, new)?);
    let folder = Folder::new()?;
    let file = folder.0.join("keyring");
    fs::write(&file, wrap(&promoted(&keyring, new)?))?;

    let (books, barrier, stop) = (Books::new(subscribers), Barrier::new(2), AtomicBool::new(false));
    let register = |sealer: &Sealer<_>, attempt: u64| -> Result<Vec<_>> {
        let mut directory = store.connect()?;
        let mut told = Vec::new();
        let mut done = Ok(());
        for number in 0..subscribers {
            barrier.wait();
            let handle = handle(sealer, Care::All, number);
            // The other one waits at the barrier, so that an error may not end this loop.
            done = done.and(books.register(&mut *directory, &handle, number, attempt, &mut told));
        }
        done.map(|()| told)
    };
    let reseals = thread::scope(|threads| -> Result<u32> {
        let resealing = threads.spawn(|| -> Result<u32> {
            let mut reseals = 0;
            while !stop.load(SeqCst) {
                reseal(store, &file, old, None)?;
                reseals += 1;
            }
            Ok(reseals)
        });
        let both = [threads.spawn(|| register(&before, 1)), threads.spawn(|| register(&behind, 2))];
        let told: Vec<Result<_>> =
            both.map(|gateway| gateway.join().map_err(|_| "a gateway panicked".into()).flatten()).into();
        stop.store(true, SeqCst);
        let reseals = resealing.join().map_err(|_| "the reseal panicked")??;
        books.check(&told.into_iter().collect::<Result<Vec<_>>>()?.concat());
        Ok(reseals)
    })?;
    let audit = books.audit(&mut *store.connect()?, &keyring)?;
    let [registered, refused, wrong, twice] =
        [&books.registered, &books.refused, &books.wrong, &books.twice].map(|count| count.load(SeqCst));
    let faults = (wrong + twice) as usize + audit.duplicates + audit.lost + audit.strange;
    Ok(Outcome {
        skipped: false,
        good: faults == 0 && [registered, refused, audit.rows as u64] == [subscribers as u64; 3] && reseals >= 2,
        found: format!(
            "{registered} registered, {refused} refused, {reseals} reseals meanwhile; {} rows, {} duplicates, {} lost",
            audit.rows, audit.duplicates, audit.lost
        ),
    })
}

/// Foreign, altered, truncated and doubled rows are reported and stay; the others move; the version stays until
/// somebody has taken them out.
fn bad_rows(store: &dyn Store) -> Result<Outcome> {
    const GOOD: usize = 200;
    let (mut keyring, old, new) = two_versions()?;
    let sealer = keyring.sealer(&scope());
    let books = Books::new(GOOD);
    let mut directory = store.connect()?;
    books.seed(&mut *directory, &sealer, GOOD)?;

    let endpoint = 1 << 50;
    let changed = |number, change: fn(&mut Vec<u8>)| {
        let mut row = row(&sealer, number, endpoint);
        change(&mut row.token);
        row
    };
    let mut unreadable = vec![
        row(&keyring.sealer(&Scope::new(["another"])?), 7, endpoint),
        row(&two_versions()?.0.sealer(&scope()), 7, endpoint),
        changed(GOOD, |altered| altered[26] ^= 1),
        changed(GOOD + 1, |truncated| truncated.truncate(20)),
        changed(GOOD + 2, |too_long| too_long.push(0)),
    ];
    let imei: Token<Imei> = keyring.sealer(&scope()).seal(&"49-015420-323751-8".parse()?);
    let mut others = [7, 8, 9].map(|number| row(&sealer, number, endpoint));
    others[0].token = imei.as_ref().to_vec();
    others[1].token = b"+".to_vec();
    others[2].token[2] ^= 4; // of a version that nobody has
    keyring.promote(new)?;
    let doubled = row(&keyring.sealer(&scope()), 3, endpoint);
    let mut planted: Vec<Row> = unreadable.iter().chain(&others).chain([&doubled]).cloned().collect();
    let mut other = others.len() as u64;
    if store.is_by_version() {
        // They are met under the version whose hash they are in. One is in a hash of a version that was retired.
        unreadable.extend(others);
        let mut retired = row(&sealer, GOOD + 3, endpoint);
        retired.place.1 = KeyVersion::FIRST;
        planted.push(retired);
        other = 1;
    }
    directory.put(&planted)?;

    let folder = Folder::new()?;
    let file = folder.0.join("keyring");
    fs::write(&file, wrap(&keyring))?;
    let reseal = || -> Result<(Report, Vec<String>)> {
        let Resealing { lines, end } = store.reseal(&file, old, NonZeroU32::MIN.saturating_add(6))?;
        let mut told: Vec<String> = Vec::new();
        for line in lines.lines() {
            let line = line?;
            let done = line.starts_with("done");
            told.push(line);
            if done {
                break; // the redb service keeps the connection
            }
        }
        end(false)?;
        let report = told.last().and_then(|line| report(line)).ok_or("the reseal gave no report")?;
        Ok((report, told))
    };
    let bad = unreadable.len() as u64;
    let (good, of_old) = (GOOD as u64, (GOOD as u64) + bad);
    let (first, told) = reseal()?;
    let mut faults = Vec::new();
    let mut expect = |what: &str, is: bool| {
        if !is {
            faults.push(what.to_string());
        }
    };
    let want = Report { old: of_old, already_new: 1, moved: good - 1, unreadable: bad, doubled: 1, other };
    expect("the first report", first == want);
    for (row, kind) in unreadable.iter().map(|row| (row, "unreadable")).chain([(&row(&sealer, 3, 0), "doubled")]) {
        let line = format!("{kind} {:02x?}", row.token);
        expect("a row is told of", told.iter().filter(|told| told.starts_with(&line)).count() == 1);
    }
    expect("progress", told.iter().filter(|line| line.starts_with("batch")).count() >= GOOD / 7);
    let (again, _) = reseal()?;
    expect("the second report", again == Report { old: bad + 1, already_new: good, moved: 0, ..want });

    let twice = handle(&keyring.sealer(&scope()), Care::All, 3);
    expect("a doubled subscriber is found by the newest token", directory.lookup(&twice)? == Some(endpoint));
    let all = [KeyVersion::FIRST, old, new];
    let rows = directory.rows(&all)?;
    for planted in &planted {
        let is_there = rows.iter().any(|row| row.token == planted.token && row.endpoint == planted.endpoint);
        expect("a row is left in place", is_there);
    }
    let counts = directory.counts(&all)?;
    let left = (counts.of(old), counts.of(new), counts.other + counts.versions.values().sum::<u64>());
    expect("counts", left == (bad + 1, good, bad + 1 + good + other));
    expect("not to be retired yet", !directory.is_empty(old)?);
    directory.remove(&planted)?;
    expect("not to be retired yet", !directory.is_empty(old)?);
    let (last, _) = reseal()?;
    expect("the last report", last == Report { old: 1, already_new: good - 1, moved: 1, ..Report::default() });
    expect("to be retired", directory.is_empty(old)?);
    let audit = books.audit(&mut *directory, &keyring)?;
    expect("all rows are there", (audit.rows, audit.duplicates, audit.lost, audit.strange) == (GOOD, 0, 0, 0));
    Ok(Outcome {
        skipped: false,
        good: faults.is_empty(),
        found: if faults.is_empty() {
            format!(
                "{bad} unreadable, {other} of other kinds or versions and 1 doubled reported and left, {} moved",
                want.moved
            )
        } else {
            format!("not as expected: {}; {first:?}, {again:?}, {last:?}, {left:?}", faults.join(", "))
        },
    })
}

/// A reseal whose store goes away ends with an error that says so, and is finished when the store is back.
fn gone(store: &dyn Store) -> Result<Outcome> {
    let Some(server) = store.server() else {
        let found = "the store is a part of the process: see the kills".into();
        return Ok(Outcome { good: true, skipped: true, found });
    };
    let at_once = stopped(store, server, Stop::AtOnce)?;
    store.connect()?.clear()?;
    let in_order = stopped(store, server, Stop::InOrder)?;
    Ok(Outcome {
        skipped: false,
        good: at_once.good && in_order.good,
        found: format!("{}; {}", at_once.found, in_order.found),
    })
}

fn stopped(store: &dyn Store, server: &dyn Server, how: Stop) -> Result<Outcome> {
    const SUBSCRIBERS: usize = 5000;
    let (mut keyring, old, new) = two_versions()?;
    let books = Books::new(SUBSCRIBERS);
    let mut directory = store.connect()?;
    books.seed(&mut *directory, &keyring.sealer(&scope()), SUBSCRIBERS)?;
    keyring.promote(new)?;
    let folder = Folder::new()?;
    let file = folder.0.join("keyring");
    fs::write(&file, wrap(&keyring))?;

    let Resealing { lines, end } = store.reseal(&file, old, NonZeroU32::MIN.saturating_add(4))?;
    let (mut told, mut stopped) = (String::new(), false);
    for line in lines.lines() {
        told = line?;
        if !stopped {
            server.stop(how)?;
            stopped = true;
        }
    }
    end(false)?;
    server.start()?;
    let mut directory = store.connect()?;
    let left = directory.counts(&[old, new])?.of(old);
    let report = match reseal(store, &file, old, None)? {
        Resealed::Ended(report) => report,
        Resealed::Killed(_) => return Err("killed by nobody here".into()),
    };
    let audit = books.audit(&mut *directory, &keyring)?;
    let faults = audit.duplicates + audit.lost + audit.strange;
    Ok(Outcome {
        skipped: false,
        good: told.starts_with("error: ")
            && !told.contains("db error.")
            && left > 0
            && report.moved == left
            && directory.is_empty(old)?
            && (audit.rows, faults) == (SUBSCRIBERS, 0),
        found: format!(
            "{how:?}: \"{told}\" with {left} of {SUBSCRIBERS} rows left; {} moved when it was back",
            report.moved
        ),
    })
}

/// The misses of a directory that is asked for the newest token only are counted.
fn newest_only(store: &dyn Store) -> Result<Outcome> {
    const SUBSCRIBERS: usize = 100;
    let (mut keyring, old, new) = two_versions()?;
    let books = Books::new(SUBSCRIBERS);
    let mut directory = store.connect()?;
    books.seed(&mut *directory, &sealer(&keyring, old)?, SUBSCRIBERS)?;
    keyring.promote(new)?;
    let promoted = keyring.sealer(&scope());
    for care in [Care::Newest, Care::All] {
        for number in 0..SUBSCRIBERS {
            let expected = books.registered_endpoint(number);
            books.lookup(&mut *directory, &handle(&promoted, care, number), expected)?;
        }
    }
    let [found, misses] = [&books.found, &books.misses].map(|count| count.load(SeqCst));
    Ok(Outcome {
        skipped: false,
        good: [found, misses] == [SUBSCRIBERS as u64; 2],
        found: format!("{misses} misses in {SUBSCRIBERS}; {} by all live tokens", SUBSCRIBERS as u64 - found),
    })
}

/// Duplicates, lost rows and strange ones are counted.
fn no_look(store: &dyn Store) -> Result<Outcome> {
    const SUBSCRIBERS: usize = 100;
    let (mut keyring, old, new) = two_versions()?;
    let books = Books::new(SUBSCRIBERS);
    let mut directory = store.connect()?;
    books.seed(&mut *directory, &sealer(&keyring, old)?, SUBSCRIBERS)?;
    keyring.promote(new)?;
    let promoted = keyring.sealer(&scope());
    let told = &mut Vec::new();
    for (number, care) in [(1, Care::Newest), (2, Care::All), (3, Care::Newest)] {
        books.register(&mut *directory, &handle(&promoted, care, number), number, 9, told)?;
    }
    directory.remove(&[row(&sealer(&keyring, old)?, 50, 0)])?;
    directory.put(&[row(&promoted, SUBSCRIBERS, 1)])?;
    let audit = books.audit(&mut *directory, &keyring)?;
    let [registered, refused, twice] =
        [&books.registered, &books.refused, &books.twice].map(|count| count.load(SeqCst));
    Ok(Outcome {
        skipped: false,
        good: (registered, refused, twice, audit.duplicates, audit.lost, audit.strange) == (2, 1, 2, 2, 1, 1),
        found: format!(
            "{twice} registered twice, {} duplicates, {} lost, {} that nobody registered",
            audit.duplicates, audit.lost, audit.strange
        ),
    })
}
