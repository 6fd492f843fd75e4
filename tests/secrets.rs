//! Two lists that must not fall behind the sources: where secrets are wiped, which is a table in SECURITY.md, and where
//! they become public, which is `ci/ct/places`.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).into()
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The files of the library, each with its path from the root, without comments and unit tests.
fn sources() -> Vec<(String, String)> {
    fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => collect(&path, files),
                false if path.ends_with("tests.rs") || path.extension().unwrap() != "rs" => {}
                false => files.push(path),
            }
        }
    }
    let mut files = Vec::new();
    collect(&root().join("src"), &mut files);
    let code = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    };
    files.iter().map(|path| (path.strip_prefix(root()).unwrap().to_str().unwrap().into(), code(path))).collect()
}

fn word(text: &str) -> &str {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap()
}

/// The function that a place in a file belongs to.
fn function(code: &str, at: usize) -> &str {
    word(code[..at].rsplit_once("fn ").map_or("-", |(_, behind)| behind))
}

/// What stands in the table of secrets: the rows, each with its cells.
fn table(security: &str) -> Vec<Vec<&str>> {
    let (_, table) = security.split_once("| secret | in the source | taint cases | checked by |\n").unwrap();
    let rows = table.lines().take_while(|line| line.starts_with('|')).skip(1);
    rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

/// Each type that wipes itself and each function that has something to wipe is in the table, with what checks it, and
/// nothing else is.
#[test]
fn every_secret_is_listed() {
    let mut wiped = BTreeSet::new();
    for (path, code) in sources() {
        let file = path.rsplit('/').next().unwrap();
        for (at, _) in code.match_indices("Zeroizing::new(") {
            wiped.insert(format!("{file}: {}", function(&code, at)));
        }
        for line in code.lines().filter(|line| line.starts_with("impl")) {
            if let Some((_, name)) = line.split_once("Drop for ") {
                wiped.insert(format!("{file}: {}", word(name)));
            }
        }
    }
    let security = read("SECURITY.md");
    let mut listed = BTreeSet::new();
    for row in table(&security) {
        for part in row[1].split(';') {
            let (file, names) = part.trim().split_once(": ").unwrap();
            listed.extend(names.split(", ").map(|name| format!("{file}: {name}")));
        }
    }
    assert!(wiped.len() >= 25, "{wiped:#?}");
    let missing: Vec<_> = wiped.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&wiped).collect();
    assert!(missing.is_empty() && gone.is_empty(), "not in SECURITY.md: {missing:#?}; not in src/: {gone:#?}");
}

/// The tests that a row names are looked for by `tests/promises.rs`.
#[test]
fn every_secret_has_a_taint_case() {
    let cases = read("ci/ct/src/cases.rs");
    for row in table(&read("SECURITY.md")) {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row[3].contains("`wiping::") || row[3].contains("`process_memory::"), "{row:?}");
        for case in row[2].split(", ") {
            assert!(cases.contains(&format!("name: \"{case}\",")), "{case} is no case");
        }
    }
}

/// What they wipe lies on the stack, which is wiped too, so that no search would miss them: they are the second line.
#[test]
fn the_features_that_wipe_are_on() {
    let manifest = read("Cargo.toml");
    let (_, dependencies) = manifest.split_once("\n[dependencies]\n").unwrap();
    let (dependencies, _) = dependencies.split_once("\n[").unwrap();
    for name in ["aes", "aes-siv", "cmac", "ctr", "hmac", "sha2"] {
        let line = dependencies.lines().find(|line| line.starts_with(&format!("{name} = "))).unwrap();
        assert!(line.contains("features = [\"zeroize\"]"), "{line}");
    }
}

/// They come through one function, which marks them before anybody sees them; whatever name they are asked for by, the
/// package's stands where it is brought in.
#[test]
fn random_bytes_come_from_one_place() {
    let mut places = Vec::new();
    for (path, code) in sources() {
        for line in code.lines() {
            let line = line.replace("feature = \"getrandom\"", "");
            if ["getrandom", "OsRng", "thread_rng", "/dev/urandom", "RandomState"]
                .iter()
                .any(|name| line.contains(name))
            {
                places.push(format!("{path}: {}", line.trim()));
            }
        }
    }
    let expected = [
        "src/ct.rs: pub(crate) fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {",
        "src/ct.rs: let filled = getrandom::fill(bytes);",
    ];
    assert_eq!(places, expected);
}

/// A reason is no pass: it holds where it was judged. A secret that is let out at another place, for a reason that is known
/// from elsewhere, is missing in the list.
#[test]
fn secrets_become_public_where_it_is_listed() {
    let mut found = Vec::new();
    for (path, code) in sources() {
        for call in ["public(", "first_mark(", "is_zero("] {
            for (at, _) in code.match_indices(call) {
                let arguments = &code[at + call.len()..];
                let quote = arguments.find(['"', '{', '}']).unwrap_or(0);
                if arguments[quote..].starts_with('"') {
                    let reason = arguments[quote + 1..].split('"').next().unwrap();
                    found.push(format!("{path} {}: {reason}", function(&code, at)));
                }
            }
        }
    }
    found.sort();
    let listed = read("ci/ct/places");
    let listed: Vec<_> = listed.lines().collect();
    assert!(listed.len() >= 30 && listed.is_sorted());
    let new: Vec<_> = found.iter().filter(|place| !listed.contains(&place.as_str())).collect();
    let gone: Vec<_> = listed.iter().filter(|place| !found.iter().any(|found| found == *place)).collect();
    assert!(found == listed, "not in ci/ct/places: {new:#?}; not in src/: {gone:#?}; or not as often");
}
