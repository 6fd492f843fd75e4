//! Sealing an Arrow column beside the library's rows form and beside SHA-256 over the same array.
//!
//! `cargo bench -p telseal-arrow`. It prints ratios of medians. Compare within one run only.

use arrow_array::{ArrayRef, StringArray, StringViewArray};
use sha2::{Digest, Sha256};
use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};
use telseal::{KeyVersion, Keyring, ParseError, PhoneNumber, Scope, Sealer};
use telseal_arrow::{OnRefusal, lookup, open, seal, tag};

const ROWS: usize = 100_000;
const ROUNDS: usize = 31;

type Path<'a> = Box<dyn FnMut() + 'a>;

fn main() {
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])]).expect("a key");
    let phones: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["bench"]).expect("a scope"));
    let secrets =
        [1, 2, 3].map(|number: u8| (KeyVersion::try_from(u16::from(number)).expect("a version"), [number; 32]));
    let live = Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret))).expect("keys");
    let live: Sealer<PhoneNumber> = live.sealer(&Scope::new(["bench"]).expect("a scope"));
    let texts: Vec<String> = (0..ROWS).map(|row| format!("+44770090{:04}", row % 1000)).collect();
    let column = StringArray::from_iter_values(&texts);
    let views: ArrayRef = Arc::new(StringViewArray::from_iter_values(&texts));
    let tokens = seal(&phones, &column, OnRefusal::Fail).expect("numbers");
    let (mut places, mut bytes, mut bits) = (vec![None; ROWS], vec![[0; 27]; ROWS], vec![0; ROWS.div_ceil(64)]);

    let mut paths: Vec<(&str, Path<'_>)> = vec![
        (
            "rows form",
            Box::new(|| {
                let rows = texts.iter().map(|text| text.as_str());
                phones.seal_rows_into(rows, &mut places, |_, _: ParseError| ()).expect("a place for each");
                black_box(&places);
            }),
        ),
        (
            "column form",
            Box::new(|| {
                let rows = texts.iter().map(|text| text.as_str());
                phones.seal_column(rows, &mut bytes, &mut bits, |_, _: ParseError| ()).expect("a place for each");
                black_box(&bytes);
            }),
        ),
        ("seal Utf8", Box::new(|| _ = black_box(seal(&phones, &column, OnRefusal::Fail)))),
        ("seal Utf8View", Box::new(|| _ = black_box(seal(&phones, &views, OnRefusal::Fail)))),
        ("tag Utf8", Box::new(|| _ = black_box(tag(&phones, &column, OnRefusal::Fail)))),
        ("lookup, 3 versions", Box::new(|| _ = black_box(lookup(&live, &column, OnRefusal::Fail)))),
        (
            "lookup row by row",
            Box::new(|| {
                let mut bytes = Vec::with_capacity(3 * 27 * ROWS);
                for text in column.iter().flatten() {
                    let number = text.parse().expect("a number");
                    live.lookup(&number).for_each(|token| bytes.extend_from_slice(token.as_bytes()));
                }
                black_box(bytes);
            }),
        ),
        ("open", Box::new(|| _ = black_box(open(&phones, &tokens, OnRefusal::Fail)))),
        (
            "sha2 over the array",
            Box::new(|| {
                for text in column.iter().flatten() {
                    black_box(Sha256::digest(text.as_bytes()));
                }
            }),
        ),
    ];
    let mut times = vec![Vec::with_capacity(ROUNDS); paths.len()];
    // Taken in turns, so that a slow moment of the machine meets all of them.
    for _ in 0..ROUNDS {
        for ((_, path), times) in paths.iter_mut().zip(&mut times) {
            let start = Instant::now();
            path();
            times.push(start.elapsed());
        }
    }
    let medians: Vec<Duration> = times.iter_mut().map(|times| *times.select_nth_unstable(ROUNDS / 2).1).collect();
    let of = |name: &str| medians[paths.iter().position(|path| path.0 == name).expect("a path")].as_secs_f64();
    let (rows, hash) = (of("rows form"), of("sha2 over the array"));
    println!("{:22}{:>8}{:>14}{:>9}", "", "ns/row", "to rows form", "to sha2");
    for (name, _) in &paths {
        let time = of(name);
        println!("{name:22}{:8.1}{:14.2}{:9.2}", time * 1e9 / ROWS as f64, time / rows, time / hash);
    }
}
