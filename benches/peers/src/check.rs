//! The targets: what each path may cost.

use crate::{
    directory, floor,
    measure::{Group, Table},
    ours::{self, open_into, seal_into, tag_into},
    peers,
};
use Group::{Lookup, Many, One};

/// Prints every target beside what was measured. Says whether all are met.
pub fn check(table: &Table<'_>) -> bool {
    let mut met = true;
    let mut line = |what: &str, measured: f64, bound: &str, target: f64, ok: bool| {
        println!("{} {what:65} {measured:8.2} {bound:8} {target}", if ok { "ok    " } else { "MISSED" });
        met &= ok;
    };
    println!();

    let mut at_most = |group, row: &str, target| {
        let floor = if group == One { table.ns(One, floor::ONE) } else { table.least(Many, floor::MANY) };
        let ratio = table.ns(group, row) / floor;
        line(&format!("{row} / floor"), ratio, "at most", target, ratio <= target);
    };
    at_most(Many, &seal_into(1 << 12), 1.5);
    at_most(Many, &seal_into(1 << 20), 1.6);
    at_most(Many, &open_into(1 << 12), 2.2);
    at_most(Many, &open_into(1 << 20), 2.5);
    at_most(Many, ours::OPEN_COLUMN, 2.0);
    at_most(Many, &tag_into(1 << 12), 0.6);
    at_most(Many, ours::SEAL_TEXTS, 3.0);
    at_most(Many, ours::ENCODE, 2.2);
    at_most(Many, ours::DECODE, 3.6);
    at_most(Many, ours::PRINT, 16.0);
    at_most(Many, ours::READ, 16.0);
    at_most(One, ours::SEAL, 1.1);
    at_most(One, ours::OPEN, 1.6);

    let mut beside = |row: &str, other: &str, target| {
        let ratio = table.ns(Many, row) / table.ns(Many, other);
        line(&format!("{row} / {other}"), ratio, "at most", target, ratio <= target);
    };
    beside(ours::SEAL_LOOP, floor::LOOP, 2.5);
    beside(ours::OPEN_LOOP, floor::LOOP, 2.5);
    beside(ours::TAG_LOOP, floor::LOOP, 1.0);
    beside(&tag_into(10_000_000), &floor::to_tags(10_000_000), 1.1);

    let times = table.ns(Many, ours::TEXTS_TO_TEXTS) / table.ns(Many, ours::TEXTS_ON_TWO_THREADS);
    let what = format!("{} / {}", ours::TEXTS_TO_TEXTS, ours::TEXTS_ON_TWO_THREADS);
    line(&what, times, "at least", 1.8, times >= 1.8);

    // Ten rounds of FF1 beside ten blocks of AES.
    let mut of_ten = |group, row: &str, floor: &str, target| {
        let ratio = table.ns(group, row) / table.least(group, floor);
        line(&format!("{row} / {floor}"), ratio, "at most", target, ratio <= target);
    };
    of_ten(One, ours::ENCRYPT, floor::TEN_ONE, 1.45);
    of_ten(One, ours::DECRYPT, floor::TEN_ONE, 1.45);
    of_ten(Many, ours::ENCRYPT_INTO, floor::TEN_MANY, 3.9);
    of_ten(Many, ours::DECRYPT_INTO, floor::TEN_MANY, 3.9);

    let mut faster = |group, peer: &str, row: &str, target| {
        let ratio = table.least(group, peer) / table.ns(group, row);
        line(&format!("{peer}, {} / {row}", group.name()), ratio, "at least", target, ratio >= target);
    };
    faster(One, peers::AES_SIV, ours::SEAL, 3.5);
    faster(One, peers::TINK, ours::SEAL, 5.0);
    #[cfg(feature = "openssl")]
    faster(One, peers::openssl::ROW, ours::SEAL, 5.0);
    faster(One, peers::OBCRYPT, ours::SEAL, 5.0);
    faster(Many, peers::AES_SIV, &seal_into(1 << 12), 60.0);
    faster(Many, peers::TINK, &seal_into(1 << 12), 100.0);
    faster(One, peers::FPE, ours::ENCRYPT, 10.0);
    faster(Many, peers::FPE, ours::ENCRYPT_INTO, 150.0);
    faster(Lookup, directory::TEXTS, directory::TAGS, 1.0);

    for (what, row) in
        [("seal_into", seal_into as fn(usize) -> String), ("open_into", open_into), ("tag_into", tag_into)]
    {
        let sizes = ours::SIZES.map(|items| table.ns(Many, &row(items)));
        let [least, most] = [f64::min, f64::max].map(|pick| sizes.into_iter().reduce(pick).expect("five sizes"));
        let (what, ratio) = (format!("telseal {what}, slowest size / fastest size"), most / least);
        line(&what, ratio, "at most", FLAT, ratio <= FLAT);
    }
    met
}

/// What counts as flat, from a thousand items in the first cache to ten million in memory.
const FLAT: f64 = 1.5;
