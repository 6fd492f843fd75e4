//! The laws of the fuzz targets on their seeds, without a fuzzer.

#![cfg(feature = "getrandom")]

#[path = "../fuzz/bodies.rs"]
mod bodies;
#[cfg(feature = "fpe")]
#[path = "../fuzz/digits.rs"]
mod digits;
#[allow(dead_code)]
#[path = "../examples/messaging/directory.rs"]
mod directory;
#[cfg(feature = "oblivious")]
#[path = "../fuzz/oblivious.rs"]
mod oblivious;
#[allow(dead_code)]
#[path = "../examples/messaging/protocol.rs"]
mod protocol;
#[path = "../fuzz/router.rs"]
mod router;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A target, its law and the least number of seeds that it has.
type Target = (&'static str, fn(&[u8]), usize);

const TARGETS: &[Target] = &[
    ("phone", bodies::phone, 37),
    ("imsi", bodies::imsi, 10),
    ("imei", bodies::imei, 19),
    ("imeisv", bodies::imeisv, 8),
    ("tbcd", bodies::tbcd, 23),
    ("token", bodies::token, 28),
    ("tag", bodies::tag, 14),
    ("short", bodies::short, 17),
    ("scope", bodies::scope, 12),
    ("siv", bodies::siv, 16),
    ("many", bodies::many, 18),
    ("unwrap", bodies::unwrap, 14),
    ("contents", bodies::contents, 16),
    ("index", bodies::index, 30),
    ("prefix", bodies::prefix, 24),
    ("keyring", bodies::keyring, 17),
    ("router", router::router, 23),
    #[cfg(feature = "fpe")]
    ("digits", digits::digits, 22),
    #[cfg(feature = "oblivious")]
    ("messages", oblivious::messages, 30),
    #[cfg(feature = "oblivious")]
    ("exchange", oblivious::exchange, 23),
];

#[test]
fn every_seed_keeps_the_law_of_its_target() {
    for (target, law, least) in TARGETS {
        let seeds = names(&format!("seeds/{target}"));
        assert!(seeds.len() >= *least, "{target}: {} seeds", seeds.len());
        for seed in seeds {
            println!("{target}/{seed}"); // shown where the law is broken
            law(&fs::read(folder(&format!("seeds/{target}/{seed}"))).expect("a seed"));
        }
    }
}

#[cfg(all(feature = "fpe", feature = "oblivious"))] // else some are not
#[test]
fn every_target_is_replayed() {
    let targets: BTreeSet<_> = TARGETS.iter().map(|(target, ..)| target.to_string()).collect();
    assert_eq!(names("seeds"), targets);
    assert_eq!(names("fuzz_targets"), targets.iter().map(|target| format!("{target}.rs")).collect());
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(path)
}

/// The names in a folder of `fuzz/`.
fn names(path: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(path)).expect(path);
    entries.map(|entry| entry.expect(path).file_name().into_string().expect("UTF-8")).collect()
}
