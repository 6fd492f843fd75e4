//! Does all that telseal does with secrets, under memcheck. `ci/ctgrind` builds and runs it.
//!
//! Every case marks its secrets itself, with telseal's own marks switched off: so it shows that they still are where
//! they should be when they come out.
#![allow(clippy::unwrap_used)] // what fails here fails the check

#[cfg(debug_assertions)]
compile_error!("only the code that is shipped is worth a check: build with --release");

mod cases;
mod controls;
#[path = "../../../tests/common/mod.rs"]
mod tests_common;

use std::{collections::BTreeSet, env, panic, process::ExitCode};

/// Something that telseal does with secrets.
struct Case {
    name: &'static str,
    /// All the reasons for which a secret becomes public in it, no more and no less.
    public: &'static [&'static str],
    run: fn(),
}

fn main() -> ExitCode {
    let (cases, controls) = (cases::CASES, controls::CONTROLS);
    let asked = env::args().nth(1);
    let chosen: Vec<_> = match asked.as_deref() {
        None => cases.iter().collect(),
        Some("--list") => return print(cases.iter().map(|case| case.name)),
        Some("--list-controls") => return print(controls.iter().map(|case| case.name)),
        Some("--list-reasons") => return print(cases.iter().flat_map(|case| case.public).copied()),
        Some(name) => cases.iter().chain(controls).filter(|case| case.name == name).collect(),
    };
    if !memcheck::answers() {
        eprintln!("memcheck does not answer");
        return ExitCode::from(2);
    }
    let aes = match () {
        () if cfg!(aes_backend = "soft") || !is_x86_feature_detected!("aes") => "in software",
        () if is_x86_feature_detected!("vaes") => "VAES",
        () => "AES-NI",
    };
    println!("AES: {aes}");
    memcheck::marking(false);
    let passed = chosen.iter().filter(|case| judge(case)).count();
    println!("{passed} of {} passed", chosen.len());
    if passed == chosen.len() && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print<'a>(lines: impl Iterator<Item = &'a str>) -> ExitCode {
    lines.collect::<BTreeSet<_>>().iter().for_each(|line| println!("{line}"));
    ExitCode::SUCCESS
}

fn judge(case: &Case) -> bool {
    let before = memcheck::errors();
    let run = panic::catch_unwind(case.run);
    let errors = memcheck::errors() - before;
    let public = memcheck::made_public();
    let as_expected = public.keys().copied().collect::<BTreeSet<_>>() == case.public.iter().copied().collect();
    let verdict = match (errors, run.is_ok(), as_expected) {
        (0, true, true) => "ok",
        (0, true, false) => "FAILED: other things became public",
        (0, false, _) => "FAILED: it panicked",
        _ => "FAILED: branches or addresses depend on a secret",
    };
    println!("{verdict}: {}: {errors} reports, made public: {public:?}", case.name);
    verdict == "ok"
}
