//! How far down the stack the crate reaches, and that wiping it asks for no more room than what it wipes after.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;
mod memory;

use common::{keyring, scope};
use memory::{paint, painted};
use std::{hint::black_box, thread};
use telseal::{Identifier, Imei, Imsi, Indexer, Keyring, OpenError, PhoneNumber, Prefix, PrefixLengths, Sealer, Token};

const KIB: usize = 1024;
const KEK: [u8; 32] = [7; 32];
/// The least stack that the crate is promised to work on, and the least for batches and oblivious tags.
const LEAST: usize = if cfg!(debug_assertions) { 48 } else { 16 };
const LEAST_FOR_MANY: usize = if cfg!(debug_assertions) { 64 } else { 16 };

fn number() -> PhoneNumber {
    "+44 20 7946 0018".parse().unwrap()
}

fn sealer() -> Sealer<PhoneNumber> {
    keyring(&[1, 2]).sealer(&scope())
}

/// Has a stack of so many KiB, with what the standard library takes of it. Where it is too small, the process aborts.
fn on_a_stack_of(kib: usize, run: impl FnOnce() + Send) {
    thread::scope(|scope| {
        thread::Builder::new().stack_size(kib * KIB).spawn_scoped(scope, run).unwrap().join().unwrap();
    });
}

/// Wipes as far down as it has reached: below the zeros nothing has changed but the frames of wiping itself. What is made
/// lives on, so that nothing is wiped by dropping it.
#[track_caller]
fn wipes_all<T: Send>(what: &str, run: impl FnOnce() -> T + Send) -> T {
    const FRAMES: usize = 256;
    const ZEROS: usize = 256;
    let (mut lowest, mut made) = (Vec::new(), None);
    on_a_stack_of(512, || {
        let area = paint();
        made = Some(below(run));
        lowest = painted(area);
    });
    let depth = lowest.len();
    let from = lowest.windows(ZEROS).position(|bytes| bytes.iter().all(|&byte| byte == 0));
    println!("{what}: {depth} bytes, zeros from {from:?}");
    assert!(depth > FRAMES + ZEROS, "{what}: {depth}");
    assert!(from.is_some_and(|from| from < FRAMES), "{what}: {depth} bytes down, and not wiped there");
    made.unwrap()
}

#[inline(never)]
fn below<T>(run: impl FnOnce() -> T) -> T {
    run()
}

fn many(sealer: &Sealer<PhoneNumber>) {
    let numbers = vec![number(); 200];
    let mut tokens = vec![sealer.seal(&numbers[0]); 200];
    let mut opened = vec![Err(OpenError::NotOpened); 200];
    let mut tags = vec![tokens[0].tag(); 200];
    let rows = || (0..200).map(|_| "+44 20 7946 0018".parse());
    below(|| sealer.seal_into(&numbers, &mut tokens).unwrap());
    below(|| sealer.tag_into(&numbers, &mut tags).unwrap());
    below(|| sealer.open_into(&tokens, &mut opened).unwrap());
    let mut places = vec![None; 200];
    below(|| sealer.seal_rows_into(rows(), &mut places, |_, _| panic!()).unwrap());
    let mut columns = (vec![[0; 27]; 200], vec![None; 200]);
    below(|| sealer.seal_column(rows(), &mut columns.0, &mut [0; 4], |_, _| panic!()).unwrap());
    let mut lookups = vec![[0; 27]; 400];
    below(|| sealer.lookup_column(rows(), &mut lookups, &mut [0; 4], |_, _| panic!()).unwrap());
    below(|| sealer.open_column(&columns.0, &mut columns.1, |_, _| panic!()).unwrap());
    assert!(columns.1.iter().zip(&opened).all(|(a, b)| a.as_ref() == b.as_ref().ok()));
}

fn one(sealer: &Sealer<PhoneNumber>) {
    let token: Token<_> = below(|| sealer.seal(&number()));
    assert!(below(|| sealer.open(&token)).unwrap() == number());
    assert_eq!(below(|| sealer.lookup(&number()).count()), 2);
    assert_eq!(below(|| sealer.reseal(&token)).unwrap(), token);
}

#[test]
fn keys_are_derived() {
    let keyring = keyring(&[1, 2]);
    let sealer = wipes_all("a sealer", || keyring.sealer::<PhoneNumber>(&scope()));
    wipes_all("its indexer", || sealer.indexer());
    wipes_all("an indexer", || keyring.indexer::<PhoneNumber>(&scope()));
    wipes_all("an indexer of prefixes", || keyring.indexer::<Prefix<PhoneNumber>>(&scope()));
    wipes_all("fingerprints", || keyring.fingerprint());
    wipes_all("secrets", || self::keyring(&[1, 2]));
}

#[cfg(feature = "fpe")]
#[test]
fn digits_are_encrypted() {
    let keyring = keyring(&[1, 2]);
    let cipher = wipes_all("a cipher of digits", || keyring.digit_cipher::<PhoneNumber>(&scope()));
    let use_it = |cipher: &telseal::fpe::DigitCipher<PhoneNumber>| {
        let mut encrypted = vec![Err(telseal::fpe::DigitError::FirstDigit); 100];
        cipher.encrypt_into(&vec![number(); 100], |_| 2, &mut encrypted).unwrap();
        black_box(cipher.decrypt(&encrypted[0].unwrap(), 2, cipher.primary()).unwrap());
    };
    on_a_stack_of(LEAST_FOR_MANY, || use_it(&cipher));
    on_a_stack_of(LEAST, || drop(black_box(keyring.digit_cipher::<PhoneNumber>(&scope()))));
    wipes_all("digits and drop", || {
        use_it(&cipher);
        drop(cipher);
    });
}

#[test]
fn keys_are_wrapped() {
    let keyring = keyring(&[1, 2]);
    let wrapped = wipes_all("wrap", || keyring.wrap(&KEK));
    wipes_all("unwrap", || Keyring::unwrap(&wrapped, &KEK).unwrap());
    wipes_all("refuse", || Keyring::unwrap(&wrapped, &[0; 32]).unwrap_err());
    let indexer = keyring.indexer::<PhoneNumber>(&scope());
    let live: Vec<_> = indexer.fingerprints().collect();
    let wrapped = wipes_all("wrap an index key", || indexer.wrap(&KEK));
    wipes_all("unwrap an index key", || Indexer::<PhoneNumber>::unwrap(&wrapped, &KEK, &scope(), &live).unwrap());
}

/// Dropping a sealer wipes what its use has left.
#[test]
fn a_sealer_is_used_and_dropped() {
    let sealer = sealer();
    wipes_all("one and drop", || {
        one(&sealer);
        drop(sealer);
    });
    let sealer = self::sealer();
    wipes_all("many and drop", || {
        many(&sealer);
        drop(sealer);
    });
}

#[cfg(feature = "oblivious")]
#[test]
fn oblivious_tags() {
    let keyring = keyring(&[1, 2]);
    let evaluator = wipes_all("evaluator", || keyring.evaluator::<PhoneNumber>(&scope()).unwrap());
    let key = evaluator.public_keys().next().unwrap();
    let numbers = vec![number(); 20];
    wipes_all("tag", || evaluator.tag(&numbers[0]));
    wipes_all("lookup", || evaluator.lookup(&numbers[0]).count());
    let blinding = wipes_all("blind", || key.blind(&numbers).unwrap());
    let response = wipes_all("evaluate", || evaluator.evaluate(blinding.request(), |_| true).unwrap());
    wipes_all("finalize", || blinding.finalize(&response).unwrap());
}

/// Which of these bytes a call leaves on the stack.
fn left<'a>(needles: &[&'a [u8]], run: impl FnOnce() + Send) -> Vec<&'a [u8]> {
    /// Where no frame of the search covers it.
    #[inline(never)]
    fn far_below(run: impl FnOnce()) {
        let gap = black_box([0; 8 * KIB]);
        below(run);
        black_box(&gap);
    }
    let mut left = Vec::new();
    on_a_stack_of(512, || {
        let area = paint();
        far_below(run);
        left = painted(area);
    });
    needles.iter().copied().filter(|needle| left.windows(needle.len()).any(|bytes| bytes == *needle)).collect()
}

/// A call leaves none of them, while the objects that it was made on live.
#[track_caller]
fn leaves_none(what: &str, needles: &[&[u8]], run: impl FnOnce() + Send) {
    let found = left(needles, run);
    // Where nothing is optimised, every step of parsing is kept on the stack.
    assert!(found.is_empty() || cfg!(debug_assertions), "{what}: {found:x?}");
}

#[test]
fn digits_are_wiped_by_each_call() {
    fn ascii<I: Identifier + Sync>(texts: &[&str], digits: &[u8], print: impl Fn(&I) + Sync) {
        let needles: Vec<_> = digits.windows(8).collect();
        for text in texts {
            leaves_none(text, &needles, || drop(black_box(text.parse::<I>().ok().unwrap())));
        }
        let identifier: I = texts[0].parse().ok().unwrap();
        leaves_none("printed", &needles, || print(&identifier));
        // The control: what nothing wipes is found.
        let copy =
            || _ = black_box([black_box(digits).first_chunk::<8>().unwrap(); 2].map(|digits| black_box(*digits)));
        assert!(!left(&needles, copy).is_empty());
    }
    ascii::<PhoneNumber>(
        &["+44 7700 900123", "+447700900123", "tel:+44-7700-900123;npdi", "msisdn-447700900123"],
        b"447700900123",
        |number| _ = black_box(number.expose_e164().len() + number.expose_gpsi().len()),
    );
    ascii::<Imsi>(&["999701234567890", "imsi-999701234567890", "999 70 1234567890"], b"999701234567890", |imsi| {
        _ = black_box(imsi.expose_digits().len() + imsi.expose_supi().len());
    });
    ascii::<Imei>(&["00123456789012", "00-123456-789012"], b"00123456789012", |imei| {
        _ = black_box(imei.expose_digits().len() + imei.expose_urn().len());
    });

    let number = number();
    let indexer = keyring(&[1, 2]).indexer::<Prefix<PhoneNumber>>(&scope());
    let lengths = PrefixLengths::new(1..=10).unwrap();
    let octets = number.expose_tbcd();
    let word = u64::from_le_bytes([&octets[..], &[0xFF; 8]].concat()[..8].try_into().unwrap());
    let words: Vec<_> = (6..=10).map(|length| (word | u64::MAX << (4 * length)).to_le_bytes()).collect();
    let needles: Vec<_> = words.iter().map(|word| &word[..]).collect();
    leaves_none("tags of prefixes", &needles, || _ = black_box(indexer.tags(&number, lengths).count()));
}

/// What a batch works in. Each row has digits of its own, so that it shows how many are left: a row that is parsed or moved may
/// leave its digits where the next one leaves its own, a batch that is not wiped leaves 64.
#[test]
fn words_of_a_batch_are_wiped() {
    let texts: Vec<_> = (0..64_u32).map(|i| format!("+447{:04}{:05}", 1000 + 137 * i, 10_000 + 1009 * i)).collect();
    let numbers: Vec<PhoneNumber> = texts.iter().map(|text| text.parse().unwrap()).collect();
    let words: Vec<_> = numbers.iter().map(|number| [&number.expose_tbcd()[..], &[0xFF; 8]].concat()).collect();
    let ends = texts.iter().flat_map(|text| [&text.as_bytes()[1..9], &text.as_bytes()[text.len() - 8..]]);
    let needles: Vec<_> = words.iter().map(|word| &word[..8]).chain(ends).collect();
    let sealer = sealer();
    let tokens: Vec<_> = numbers.iter().map(|number| sealer.seal(number)).collect();
    // Lists of results are made beforehand, so that no frame of theirs covers anything.
    let (mut some, mut tags, mut whole) = (vec![None; 64], vec![None; 64], tokens.clone());
    let (mut bytes, mut tag_bytes, mut opened) = (vec![[0; 27]; 64], vec![[0; 16]; 64], vec![None; 64]);
    let few = |what: &str, run: &mut (dyn FnMut() + Send)| {
        let found = left(&needles, run);
        println!("{what}: {}", found.len());
        assert!(found.len() < 16 || cfg!(debug_assertions), "{what}: digits of {} rows left", found.len());
    };
    let rows = || numbers.iter().map(|number| Ok::<_, ()>(number.clone()));
    let typed = || texts.iter().map(|text| text.as_str());
    few("seal", &mut || sealer.seal_into(&numbers, &mut whole).unwrap());
    few("seal rows", &mut || sealer.seal_rows_into(rows(), &mut some, |_, _| panic!()).unwrap());
    few("tag rows", &mut || sealer.tag_rows_into(rows(), &mut tags, |_, _| panic!()).unwrap());
    few("seal a column", &mut || sealer.seal_column(rows(), &mut bytes, &mut [0], |_, _| panic!()).unwrap());
    few("tag a column", &mut || sealer.tag_column(rows(), &mut tag_bytes, &mut [0], |_, _| panic!()).unwrap());
    few("seal texts", &mut || sealer.seal_column(typed(), &mut bytes, &mut [0], |_, _| panic!()).unwrap());
    few("tag texts", &mut || sealer.tag_column(typed(), &mut tag_bytes, &mut [0], |_, _| panic!()).unwrap());
    let mut lookups = vec![[0; 27]; 64 * sealer.versions().len()];
    few("look up a column", &mut || sealer.lookup_column(rows(), &mut lookups, &mut [0], |_, _| panic!()).unwrap());
    few("look up texts", &mut || sealer.lookup_column(typed(), &mut lookups, &mut [0], |_, _| panic!()).unwrap());
    few("open a column", &mut || sealer.open_column(&bytes, &mut opened, |_, _| panic!()).unwrap());
    assert!(opened.iter().flatten().eq(&numbers) && bytes.iter().zip(&tokens).all(|(a, b)| a == b.as_bytes()));
    // The control: as many words, left.
    let copy = || {
        _ = black_box(
            <[[u8; 8]; 64]>::try_from(
                black_box(&words).iter().map(|word| *word.first_chunk().unwrap()).collect::<Vec<_>>(),
            )
            .unwrap(),
        )
    };
    assert!(left(&needles, copy).len() >= 64);
}

/// All of it on small stacks. Where wiping reached further down than there is, the process would abort here.
#[test]
fn on_small_stacks() {
    let sealer = sealer();
    on_a_stack_of(LEAST, || drop(black_box(keyring(&[1, 2]).sealer::<PhoneNumber>(&scope()))));
    on_a_stack_of(LEAST, || drop(black_box(keyring(&[1, 2]).indexer::<PhoneNumber>(&scope()))));
    on_a_stack_of(LEAST, || _ = black_box(keyring(&[1, 2]).fingerprint()));
    on_a_stack_of(LEAST, || drop(black_box(Keyring::unwrap(&keyring(&[1, 2]).wrap(&KEK), &KEK).unwrap())));
    on_a_stack_of(LEAST, || one(&sealer));
    on_a_stack_of(LEAST_FOR_MANY, || many(&sealer));
    on_a_stack_of(LEAST, || drop(sealer));
}

#[cfg(feature = "oblivious")]
#[test]
fn oblivious_tags_on_small_stacks() {
    let evaluator = keyring(&[1, 2]).evaluator::<PhoneNumber>(&scope()).unwrap();
    let key = evaluator.public_keys().next().unwrap();
    let blinding = key.blind(&[number()]).unwrap();
    on_a_stack_of(LEAST, || drop(black_box(keyring(&[1, 2]).evaluator::<PhoneNumber>(&scope()).unwrap())));
    on_a_stack_of(LEAST_FOR_MANY, || _ = black_box(evaluator.tag(&number())));
    on_a_stack_of(LEAST_FOR_MANY, || drop(black_box(key.blind(&[number()]).unwrap())));
    let mut response = None;
    on_a_stack_of(LEAST_FOR_MANY, || response = Some(evaluator.evaluate(blinding.request(), |_| true).unwrap()));
    on_a_stack_of(LEAST_FOR_MANY, || drop(black_box(blinding.finalize(&response.unwrap()).unwrap())));
    on_a_stack_of(LEAST, || drop(evaluator));
}
