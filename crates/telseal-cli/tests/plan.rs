//! `telseal plan` through the real binary.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::Folder;

/// The values in the columns behind these words.
fn row(table: &str, what: &str) -> Vec<String> {
    let row = table.lines().find(|row| row.starts_with(what)).unwrap_or_else(|| panic!("no {what} in\n{table}"));
    row.split('\t').skip(1).map(str::to_owned).collect()
}

#[test]
fn of_a_length() {
    let table = Folder::new().run("plan -n 100000000 --bits 20 --more-than 120");
    for (what, value) in [
        ("bits", "20"),
        ("subscribers\t", "100000000"),
        ("false matches of a lookup, on average", "95.37"),
        ("false matches of 99 %", "119"),
        ("chance of more than 120 false matches", "0.006427"),
        ("set that a subscriber hides in", "96.37"),
        ("set of 99 %", "74"),
        ("set of 99.9999 %", "54"),
        ("pairs", "4768371534"),
        ("short tags in use", "1048576"),
        ("chance that any two", "1"),
    ] {
        assert_eq!(row(&table, what), [value], "{what}");
    }
    let table = Folder::new().run("plan --subscribers 1000000 -b 64");
    assert_eq!(row(&table, "chance that any two"), ["2.711e-8"]);
    assert_eq!(row(&table, "subscribers who share with nobody"), ["1000000"]);
    assert_eq!(row(&table, "false matches of a lookup"), ["5.421e-14"]);
}

#[test]
fn the_other_way() {
    let folder = Folder::new();
    let bits = |arguments: &str| row(&folder.run(&format!("plan {arguments}")), "bits");
    assert_eq!(bits("-n 100000000 --hide 1000"), ["16"]);
    assert_eq!(bits("-n 100000000 --cost 1000"), ["17"]);
    assert_eq!(bits("-n 20000000 --hide 100 --cost 1000"), ["15", "17"]);
    assert_eq!(bits("-n 20000000 --hide 100 --chance 0.999"), ["17"]);
    assert_eq!(bits("-n 20000000 --hide 150"), ["17"]);
    assert_eq!(bits("-n 20000000 --hide 150 --chance 0.999"), ["16"]);
    assert_eq!(bits("-n 20000000 --cost 153 --chance 0.99"), ["18"]);
    assert_eq!(bits("-n 20000000 --hide 100 --cost 200 --chance 0.99"), ["17"]);
}

#[test]
fn what_is_refused() {
    let folder = Folder::new();
    let fails = |arguments: &str, message: &str| folder.fails(&format!("plan {arguments}"), message);
    fails("-n 0 -b 20", "telseal: error: no plan: expected 1 to 10^12 subscribers");
    fails("-n 9999999999999 --hide 5", "telseal: error: no plan: expected 1 to 10^12 subscribers");
    fails("-n 1000 -b 7", "telseal: error: no plan: expected a short tag of 8 to 64 bits");
    fails(
        "-n 1000 --hide 100",
        "telseal: error: no plan: no short tag of 8 to 64 bits has this\n\
         telseal: hint: a table hides a subscriber among its rows, and among no more",
    );
    fails(
        "-n 1000000 --hide 1000 --cost 10",
        "telseal: error: no short tag does both: 9 bits or fewer hide, 17 or more are cheap\n\
         telseal: hint: ask for a smaller set, or for more false matches",
    );
    for arguments in
        ["-n 1000", "-b 20", "-n 1000 -b 20 --hide 5", "-n 5000 --hide 5 --chance 1.5", "-n 1 --cost 1 --chance nan"]
    {
        folder.telseal(&format!("plan {arguments}")).assert().code(2);
    }
}
