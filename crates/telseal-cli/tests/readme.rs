//! The README's commands, as they are written there.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::Folder;
use std::{env, path::Path, process::Command};

#[test]
fn the_readme_is_run_as_written() {
    let (_, rest) = include_str!("../README.md").split_once("```sh\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    assert_eq!(script.lines().count(), 9);
    let folder = Folder::new();
    folder.write(
        "subscribers.csv",
        "id,msisdn,imsi\n1,+44 20 7946 0018,001010123456789\n2,+44 7700 900123,999990000000001\n",
    );
    let binaries = Path::new(env!("CARGO_BIN_EXE_telseal")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), env::var("PATH").unwrap());
    let output =
        Command::new("sh").args(["-ec", script]).current_dir(folder.path("")).env("PATH", path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    // What is left is counted as the README shows it, with tabs for its spaces.
    let (_, shown) = include_str!("../README.md").split_once("```text\ncolumn").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let counted = printed.split_once("column").unwrap().1;
    let words = |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    assert!(words(counted).starts_with(&words(shown)), "{printed}");

    let (sealed, resealed) = (folder.read("sealed.csv"), folder.read("resealed.csv"));
    assert!(sealed.contains(",PQAB") && sealed.contains(",SQAB") && !resealed.contains(",PQAB"));
    assert!(resealed.contains(",PQAC") && resealed.contains(",SQAC") && !resealed.contains("7946"));
    let open = "open -c msisdn=phone -c imsi=imsi -s acme -s routing -q -k acme.keyring --kek file:acme.kek";
    let opened = folder.run(&format!("{open} resealed.csv"));
    assert_eq!(opened, "id,msisdn,imsi\n1,+442079460018,001010123456789\n2,+447700900123,999990000000001\n");
    folder.telseal(&format!("{open} sealed.csv")).assert().code(1); // version 1 is retired
}
