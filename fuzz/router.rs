//! The law of the messaging example's router, beside `bodies.rs` because it needs the router's modules at the root
//! of the crate.

use crate::{
    directory::Directory,
    protocol::{Handles, answer},
};
use std::sync::{LazyLock, Mutex};

/// Empty before and after every run: making one takes long, and is done only where a row is left that is off.
static DIRECTORY: LazyLock<Mutex<Directory>> = LazyLock::new(|| Mutex::new(Directory::in_memory()));

/// Lines for a router that has no rows: each is answered with one line that repeats no token where it was refused,
/// a question asked twice is answered alike, a row is in all three indices or in none, and is forgotten with its mail
/// unless it is off.
pub(crate) fn router(data: &[u8]) {
    let mut directory = DIRECTORY.lock().expect("no run before this one failed");
    let ask = |line: &[u8]| answer(line, Handles::Tokens, &directory);
    let (mut phones, mut lost) = (Vec::new(), false);
    for line in data.split(|&byte| byte == b'\n').take(32) {
        let (text, answer) = (String::from_utf8_lossy(line), ask(line));
        let (words, said): (Vec<_>, _) = (text.split([' ', ',']).collect(), answer.split_once(' '));
        match said.map_or(&*answer, |(kind, _)| kind) {
            // Under any of these may the row be found at the end.
            "ok" if ["register", "replace"].contains(&words[0]) => phones.extend(text.split(' ').map(String::from)),
            "ok" => lost |= words[0] == "switch-off",
            "no" | "error" => assert!(words.iter().all(|word| word.len() < 36 || !answer.contains(word)), "{answer}"),
            other => panic!("{other}"),
        }
        assert!(!answer.contains(['\r', '\n']), "{answer}");
        if ["phone", "imsi", "imei", "find", "route", "old-rows", "count-old"].contains(&words[0]) {
            assert_eq!(ask(line), answer);
        }
        are_of_one_size(&ask(b"sizes"));
    }
    assert_eq!(ask(b"routes"), "ok");
    phones.iter().for_each(|phone| drop(ask(format!("forget {phone}").as_bytes())));
    let left = (ask(b"sizes"), ask(b"count-old 65535"));
    assert_eq!(left == ("ok 0 0 0 0".into(), "ok 0 0".into()), !lost, "{left:?}");
    if lost {
        *directory = Directory::in_memory();
    }
}

/// Three indices and the rows.
fn are_of_one_size(sizes: &str) {
    let parts: Vec<_> = sizes.split(' ').collect();
    assert!(matches!(parts[..], ["ok", phones, imsis, imeis, rows] if [imsis, imeis, rows] == [phones; 3]), "{sizes}");
}
