//! SECURITY.md names the test that checks each promise: here, that it does, and that the test exists.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use std::{fs, path::Path};

/// What is written as a name in SECURITY.md and is a function, not a test.
const FUNCTIONS: [&str; 2] = ["zeroize::zeroize_stack", "mem::forget"];

fn read(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}

/// What stands between backticks, and is not code over several lines.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of tests, `file::test`, in a text.
fn tests(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_name =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    let names = quoted(text).filter(|name| !FUNCTIONS.contains(name)).filter_map(|name| name.split_once("::"));
    names.filter(move |(file, test)| is_name(file) && is_name(test))
}

/// Whether there is such a test, in `tests/` or beside the source.
fn exists(file: &str, test: &str) -> bool {
    let rooms = ["", "fpe/", "identifier/", "seal/"].map(|room| format!("src/{room}{file}/tests.rs"));
    let sources = rooms.into_iter().chain([format!("tests/{file}.rs")]);
    sources.filter_map(|path| read(&path)).any(|source| {
        let lines: Vec<_> = source.lines().map(str::trim).collect();
        let at = lines
            .iter()
            .position(|line| line.strip_prefix("fn ").is_some_and(|line| line.starts_with(&format!("{test}("))));
        at.is_some_and(|at| {
            let attributes: Vec<_> = lines[..at].iter().rev().take_while(|line| line.starts_with("#[")).collect();
            attributes.iter().any(|line| **line == "#[test]") && !attributes.iter().any(|line| line.contains("ignore"))
        })
    })
}

/// The promises in a text: the items of the list that promises, and the rows of the tables that say what checks them.
fn promises(text: &str) -> Vec<&str> {
    let (_, section) = text.split_once("\n## What is promised").unwrap();
    let list = section.split("\n#").next().unwrap();
    let mut promises: Vec<_> = list.split("\n- ").skip(1).collect();
    for table in text.split("| checked by |\n").skip(1) {
        promises.extend(table.lines().take_while(|line| line.starts_with('|')).skip(1));
    }
    promises
}

#[test]
fn every_promise_names_a_test() {
    let text = read("SECURITY.md").unwrap();
    let promises = promises(&text);
    assert!(promises.len() >= 25, "{} promises", promises.len());
    for promise in promises {
        let last = promise.trim_end_matches([' ', '|']).rsplit('|').next().unwrap();
        assert!(tests(last).next().is_some(), "no test is named: {promise}");
    }
}

#[test]
fn every_named_test_exists() {
    let text = read("SECURITY.md").unwrap();
    assert!(tests(&text).count() >= 60);
    for (file, test) in tests(&text) {
        assert!(exists(file, test), "{file}::{test} does not exist");
    }
}

#[test]
fn every_named_file_exists() {
    let text = read("SECURITY.md").unwrap();
    let is_path =
        |name: &&str| ["benches/", "ci/", "fuzz/", "src/", "tests/"].iter().any(|folder| name.starts_with(folder));
    assert!(quoted(&text).filter(is_path).count() >= 5);
    for path in quoted(&text).filter(is_path) {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "{path} does not exist");
    }
}

/// The controls: what does not exist is missed, and what is no test is none.
#[test]
fn what_is_missing_is_seen() {
    assert!(exists("promises", "what_is_missing_is_seen"));
    assert!(exists("sealer", "no_forgery_opens")); // in `proptest!`
    assert!(exists("siv", "wycheproof"));
    assert!(!exists("promises", "what_is_missing"));
    assert!(!exists("promises", "exists"));
    assert!(!exists("process_memory", "holder")); // is a test, and ignored
    assert!(!exists("no_such_file", "wycheproof"));
    assert!(tests("`sealer` and `Token::BLANK`, `mem::forget`").next().is_none());
    let text = "\n## What is promised\n- one\n  `a::b`\n- two\n### In numbers\n- three\n| x | checked by |\n|---|---|\n| y | |\n";
    assert_eq!(promises(text), ["one\n  `a::b`", "two", "| y | |"]);
}
