//! `telseal seal`, `tag`, `open`, `lookup` and `reseal` through the real binary.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{Folder, keyring};
use std::{
    fs::{self, File},
    io::Write,
    os::unix::{fs::symlink, process::ExitStatusExt},
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use telseal::{Identifier, Imei, Imeisv, Imsi, PhoneNumber, Scope, Sealer, Token};

fn sealer<I: Identifier>(versions: u16) -> Sealer<I> {
    keyring(versions).sealer(&Scope::new(["acme", "routing"]).unwrap())
}

fn phone(text: &str) -> String {
    sealer::<PhoneNumber>(1).seal(&text.parse().unwrap()).to_string()
}

const PHONE: &str = "-c msisdn=phone -s acme -s routing -q";

/// Runs with this on standard input; gives standard output.
fn pipe(folder: &Folder, arguments: &str, stdin: impl Into<Vec<u8>>) -> String {
    let output = folder.telseal(arguments).write_stdin(stdin).assert().success().stderr("").get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

/// Runs with this on standard input; gives the message, without its hint.
fn refused(folder: &Folder, arguments: &str, stdin: impl Into<Vec<u8>>) -> String {
    let output = folder.telseal(arguments).write_stdin(stdin).assert().code(1).get_output().clone();
    let message = String::from_utf8(output.stderr).unwrap();
    for digits in ["7946", "900123", "3237", "2345"] {
        assert!(!message.contains(digits), "the message has digits of the input: {message}");
    }
    message.lines().next().unwrap().strip_prefix("telseal: error: ").unwrap().to_owned()
}

#[test]
fn columns_are_replaced_and_all_other_bytes_stay() {
    let folder = Folder::with_keyring(1);
    let (one, two) = (phone("+442079460018"), phone("+447700900123"));
    for (text, expected) in [
        ("id,msisdn\n1,+442079460018\n2,+447700900123\n", format!("id,msisdn\n1,{one}\n2,{two}\n")),
        // No end of the last line, CRLF, BOM, blank lines.
        ("id,msisdn\r\n1,+44 20 7946 0018\r\n\r\n2,tel:+447700900123", format!("id,msisdn\r\n1,{one}\r\n\r\n2,{two}")),
        ("\u{feff}msisdn,id\n+442079460018,1\n", format!("\u{feff}msisdn,id\n{one},1\n")),
        // Quotes, delimiters and newlines within them.
        (
            "\"msisdn\",\"a\"\"b\"\n\"+442079460018\",\"x, \"\"y\"\"\n\r\nz\"\n",
            format!("\"msisdn\",\"a\"\"b\"\n\"{one}\",\"x, \"\"y\"\"\n\r\nz\"\n"),
        ),
        // Empty fields, and no row at all.
        ("id,msisdn\n1,\n2,\"\"\n", "id,msisdn\n1,\n2,\"\"\n".to_owned()),
        ("id,msisdn\n", "id,msisdn\n".to_owned()),
        ("id,msisdn", "id,msisdn".to_owned()),
        // Two other columns may share a name.
        ("a,a,msisdn\n1,2,+442079460018\n", format!("a,a,msisdn\n1,2,{one}\n")),
    ] {
        assert_eq!(pipe(&folder, &format!("seal {PHONE}"), text), expected, "{text:?}");
        // And back, but for how the number was written.
        let back = pipe(&folder, &format!("open {PHONE}"), expected.as_str());
        assert_eq!(pipe(&folder, &format!("seal {PHONE}"), back.as_str()), expected);
    }
    // Bytes that are no UTF-8 stay as well.
    let mut command = folder.telseal(&format!("seal {PHONE}"));
    command.write_stdin(&b"msisdn,b\n+442079460018,\xFF\xFE\n"[..]);
    let output = command.assert().success().get_output().stdout.clone();
    assert_eq!(output, [format!("msisdn,b\n{one},").as_bytes(), b"\xFF\xFE\n"].concat());
}

#[test]
fn several_columns_of_several_kinds() {
    let folder = Folder::with_keyring(1);
    let text = "imei,x,imsi,msisdn\n49-015420-323751-8,1,001010123456789,442079460018\n";
    let columns = "-c msisdn=msisdn -c imsi=imsi -c imei=imei -s acme -s routing -q";
    let sealed = pipe(&folder, &format!("seal {columns}"), text);
    let imei = sealer::<Imei>(1).seal(&"490154203237518".parse().unwrap());
    let imsi = sealer::<Imsi>(1).seal(&"001010123456789".parse().unwrap());
    assert_eq!(sealed, format!("imei,x,imsi,msisdn\n{imei},1,{imsi},{}\n", phone("+442079460018")));
    let opened = pipe(&folder, &format!("open {columns}"), sealed);
    assert_eq!(opened, "imei,x,imsi,msisdn\n490154203237518,1,001010123456789,442079460018\n");
    // Without header, by number, and separated by another byte.
    let sealed = pipe(&folder, "seal -c 2=phone --no-header -d ; -s acme -s routing -q", "1;+442079460018\n");
    assert_eq!(sealed, format!("1;{}\n", phone("+442079460018")));
    let sealed = pipe(&folder, &format!("seal -f tsv {PHONE}"), "a\tmsisdn\n1\t+442079460018\n");
    assert_eq!(sealed, format!("a\tmsisdn\n1\t{}\n", phone("+442079460018")));
    let sealed = pipe(&folder, &format!("seal --country GB {PHONE}"), "msisdn\n020 7946 0018\n");
    assert_eq!(sealed, format!("msisdn\n{}\n", phone("+442079460018")));
    // An IMEISV: the software version counts.
    let imeisv = "-c a=imeisv -s acme -s routing -q";
    let sealed = pipe(&folder, &format!("seal {imeisv}"), "a\n4901542032375112\n");
    assert_eq!(sealed, format!("a\n{}\n", sealer::<Imeisv>(1).seal(&"4901542032375112".parse().unwrap())));
    assert_eq!(pipe(&folder, &format!("open {imeisv}"), sealed), "a\n4901542032375112\n");
    let imei = refused(&folder, &format!("seal {imeisv}"), "a\n490154203237518\n");
    assert!(imei.starts_with("standard input, line 2, column `a`: IMEISV: "), "{imei}");
}

#[test]
fn each_row_has_its_country() {
    let folder = Folder::with_keyring(1);
    let (british, american) = (phone("+442079460018"), phone("+12025550123"));
    let seal = format!("seal --country-column land {PHONE}");
    for (text, expected) in [
        (
            "land,msisdn\nGB,020 7946 0018\nus,(202) 555-0123\n GB ,+12025550123\nGB,\nxx,\n".to_owned(),
            format!("land,msisdn\nGB,{british}\nus,{american}\n GB ,{american}\nGB,\nxx,\n"),
        ),
        // Behind the column, and no country: what has a country code needs none.
        (
            "msisdn,land\n020 7946 0018,GB\n+12025550123,\n".to_owned(),
            format!("msisdn,land\n{british},GB\n{american},\n"),
        ),
    ] {
        assert_eq!(pipe(&folder, &seal, text), expected);
    }
    let json = r#"{"msisdn":"020 7946 0018","land":"GB"}"#;
    assert_eq!(pipe(&folder, &format!("{seal} -f jsonl"), json), format!(r#"{{"msisdn":"{british}","land":"GB"}}"#));
    let numbered = "seal --no-header -c 2=phone --country-column 1 -s acme -s routing -q";
    assert_eq!(pipe(&folder, numbered, "GB,020 7946 0018\n"), format!("GB,{british}\n"));
    let tags = pipe(&folder, &seal.replace("seal", "tag"), "land,msisdn\nGB,020 7946 0018\n");
    let lookups = pipe(&folder, &seal.replace("seal", "lookup"), "land,msisdn\nGB,020 7946 0018\n");
    assert_eq!(tags, format!("land,msisdn\nGB,{}\n", british.parse::<Token<PhoneNumber>>().unwrap().tag()));
    assert_eq!(lookups, format!("land,msisdn\nGB,{british}\n"));

    let line = "standard input, line 2, column `msisdn`: ";
    for (text, reason) in [
        ("land,msisdn\nUK,020 7946 0018\n", "the column of countries has no code of ISO 3166-1, such as GB"),
        ("land,msisdn\n020,020 7946 0018\n", "the column of countries has no code of ISO 3166-1, such as GB"),
    ] {
        assert_eq!(refused(&folder, &seal, text), format!("{line}{reason}"));
    }
    assert!(refused(&folder, &seal, "land,msisdn\n,020 7946 0018\n").starts_with(line)); // no country is guessed
    assert_eq!(refused(&folder, &seal, "x,msisdn\n"), "standard input: there is no column `land`");
    let same = refused(&folder, &seal.replace("land", "msisdn"), "msisdn\n");
    assert_eq!(same, "the column `msisdn` is given twice");
    folder.telseal(&format!("{seal} --country GB")).assert().code(2);
    let none = refused(&folder, "seal --country-column land -c a=imsi -s acme -q", "a,land\n");
    assert_eq!(none, "a country is for a column of the kind phone, and there is none");
}

#[test]
fn tokens_and_tags_in_hexadecimal_digits() {
    let folder = Folder::with_keyring(2);
    let number: PhoneNumber = "+442079460018".parse().unwrap();
    let sealer = sealer::<PhoneNumber>(2);
    let token = sealer.seal(&number);
    let text = "msisdn\n+442079460018\n\"\"\n";
    let run = |command: &str, text: &str| pipe(&folder, &format!("{command} --hex {PHONE}"), text);
    let sealed = run("seal", text);
    assert_eq!(sealed, format!("msisdn\n{token:x}\n\"\"\n"));
    assert_eq!(run("open", &sealed), text);
    assert_eq!(run("open", &sealed.to_uppercase().replace("MSISDN", "msisdn")), text);
    assert_eq!(run("tag", text), format!("msisdn\n{:x}\n\"\"\n", token.tag()));
    let tokens: Vec<_> = sealer.lookup(&number).map(|token| format!("{token:x}")).collect();
    assert_eq!(run("lookup", text), format!("msisdn\n{}\n\"\"\n", tokens.join(" ")));
    folder.run("keyring promote 2");
    assert_eq!(run("reseal", &sealed), format!("msisdn\n{}\n\"\"\n", tokens[0]));
    // Sealed already, whatever the form.
    let sealed = refused(&folder, &format!("seal {PHONE}"), sealed);
    assert_eq!(sealed, "standard input, line 2, column `msisdn`: the field is sealed already");
}

#[test]
fn quotes_that_mean_nothing() {
    let folder = Folder::with_keyring(1);
    let one = phone("+442079460018");
    let seal = format!("seal --no-quotes {PHONE}");
    assert_eq!(pipe(&folder, &seal, "a,msisdn\n\"x,+442079460018\n5\" y,\n"), format!("a,msisdn\n\"x,{one}\n5\" y,\n"));
    let quoted = refused(&folder, &seal, "a,msisdn\nx,\"+442079460018\"\n");
    assert!(quoted.starts_with("standard input, line 2, column `msisdn`: "), "{quoted}");
    assert_eq!(
        refused(&folder, &format!("seal {PHONE}"), "\"a,msisdn\nx,1\n"),
        "standard input, line 1: a quote is opened and never closed"
    );
}

#[test]
fn arguments_that_do_not_fit() {
    let folder = Folder::with_keyring(1);
    folder.write("in.csv", "msisdn\n+442079460018\n");
    for name in ["one", "two", "none"] {
        fs::create_dir(folder.path(name)).unwrap();
    }
    folder.write("one/in.csv", "msisdn\n");
    folder.write("two/in.csv", "msisdn\n");
    folder.write("none/in.txt", "msisdn\n");
    let before = folder.names();
    for (arguments, message) in [
        ("in.csv -c msisdn", "a column is given without its kind"),
        ("in.csv -c msisdn=number", "there is no kind `number`"),
        ("in.csv -c msisdn=phone -c msisdn=imsi", "the column `msisdn` is given twice"),
        ("in.csv -f jsonl -c msisdn=phone -c msisdn=imsi", "the column `msisdn` is given twice"),
        ("in.csv -c msisdn=phone --country XX", "there is no country `XX`"),
        ("in.csv -c msisdn=imsi --country GB", "a country is for a column of the kind phone, and there is none"),
        ("in.csv -c msisdn=phone -d +", "this delimiter may stand within a field"),
        ("in.csv -c msisdn=phone -d é", "this delimiter may stand within a field"),
        ("in.csv -c 0=phone --no-header", "`in.csv`: there is no column 0"),
        ("in.csv -c 2=phone --no-header", "`in.csv`: there is no column 2"),
        ("in.csv -c msisdn=phone --no-header", "without a header a column is given by its number"),
        ("in.csv -c msisdn=phone -o one", "the output `one` is a folder"),
        ("in.csv -c msisdn=phone -o in.csv --force", "`in.csv` is the input as well"),
        ("in.csv -c msisdn=phone -o out.csv --rejects in.csv --force", "`in.csv` is the input as well"),
        ("in.csv -c msisdn=phone -o out.csv --rejects out.csv", "the output and the file of rejects are the same file"),
        ("one -c msisdn=phone", "several inputs need a folder for their outputs"),
        ("one two -c msisdn=phone -o out", "two inputs are named `in.csv`"),
        ("none -c msisdn=phone -o out", "there is no file of a known format in the folder"),
        ("nowhere.csv -c msisdn=phone", "cannot open `nowhere.csv`: No such file or directory (os error 2)"),
        (
            "in.csv -c msisdn=phone -o nowhere/out.csv",
            "cannot write `nowhere/out.csv.part`: No such file or directory (os error 2)",
        ),
    ] {
        assert_eq!(refused(&folder, &format!("seal -s acme {arguments}"), ""), message, "{arguments}");
        assert_eq!(folder.names(), before, "{arguments}");
    }
    let mut lookup = folder.telseal("lookup in.csv -s acme -c msisdn=phone -d");
    lookup.arg(" ").assert().code(1); // the tokens of a field stand with spaces between
}

#[test]
fn other_formats_are_told_apart() {
    let folder = Folder::with_keyring(1);
    for (bytes, what) in [
        (&b"\x1F\x8B\x08\x00"[..], "compressed"),
        (b"\x28\xB5\x2F\xFD", "compressed"),
        (b"PK\x03\x04", "a ZIP archive or a spreadsheet"),
        (b"\xFE\xFF\x00m", "UTF-16"),
    ] {
        assert_eq!(refused(&folder, &format!("seal {PHONE}"), bytes), format!("standard input is {what}"));
    }
}

#[test]
fn json_lines() {
    let folder = Folder::with_keyring(1);
    let one = phone("+442079460018");
    let seal = format!("seal -f jsonl {PHONE}");
    for (text, expected) in [
        (r#"{"id":1, "msisdn" : "+442079460018" }"#, format!(r#"{{"id":1, "msisdn" : "{one}" }}"#)),
        (
            r#"{"msisdn":"\u002B442079460018","x":{"msisdn":"+1"}}"#,
            format!(r#"{{"msisdn":"{one}","x":{{"msisdn":"+1"}}}}"#),
        ),
        (r#"{"msisdn":null}"#, r#"{"msisdn":null}"#.to_owned()),
        (r#"{"msisdn":""}"#, r#"{"msisdn":""}"#.to_owned()),
    ] {
        let (text, expected) = (format!("{text}\r\n\n{text}"), format!("{expected}\r\n\n{expected}"));
        assert_eq!(pipe(&folder, &seal, text), expected);
    }
    let number = pipe(&folder, "seal -f jsonl -c m=msisdn -s acme -s routing -q", r#"{"m":442079460018}"#);
    assert_eq!(number, format!(r#"{{"m":"{one}"}}"#));
    for (text, message) in [
        (r#"{"MSISDN":"+442079460018"}"#, "standard input, line 1, column `msisdn`: the object has no such key"),
        (r#"{"msisdn":"","msisdn":""}"#, "standard input, line 1, column `msisdn`: the object has this key twice"),
        (
            r#"{"msisdn":["+442079460018"]}"#,
            "standard input, line 1, column `msisdn`: the value is no text, number or null",
        ),
        (r#""+442079460018""#, "standard input, line 1: the line is no JSON object: see byte 15 of it"),
        (r#"{"msisdn":"+442079460018""#, "standard input, line 1: the line is no JSON object: see byte 25 of it"),
    ] {
        assert_eq!(refused(&folder, &seal, text), message);
    }
}

#[test]
fn tags_lookups_and_reseals() {
    let folder = Folder::with_keyring(2);
    let number: PhoneNumber = "+442079460018".parse().unwrap();
    let text = "msisdn\n+442079460018\n\n";
    let old = sealer::<PhoneNumber>(2);
    assert_eq!(pipe(&folder, &format!("tag {PHONE}"), text), format!("msisdn\n{}\n\n", old.tag(&number)));
    let tokens: Vec<_> = old.lookup(&number).map(|token| token.to_string()).collect();
    assert_eq!(tokens.len(), 2);
    assert_eq!(pipe(&folder, &format!("lookup {PHONE}"), text), format!("msisdn\n{}\n\n", tokens.join(" ")));
    let array = pipe(&folder, &format!("lookup -f jsonl {PHONE}"), r#"{"msisdn":"+442079460018"}"#);
    assert_eq!(array, format!(r#"{{"msisdn":["{}","{}"]}}"#, tokens[0], tokens[1]));

    let sealed = pipe(&folder, &format!("seal {PHONE}"), text);
    assert_eq!(sealed, format!("msisdn\n{}\n\n", tokens[1]));
    folder.run("keyring promote 2");
    let resealed = pipe(&folder, &format!("reseal {PHONE}"), sealed.as_str());
    assert_eq!(resealed, format!("msisdn\n{}\n\n", tokens[0]));
    assert_eq!(pipe(&folder, &format!("reseal {PHONE}"), resealed.as_str()), resealed);
    folder.run("keyring retire 1");
    assert_eq!(
        refused(&folder, &format!("open {PHONE}"), sealed),
        "standard input, line 2, column `msisdn`: the token names key version 1, which is not in the keyring"
    );
    assert_eq!(pipe(&folder, &format!("open {PHONE}"), resealed.as_str()), text);
    let other = refused(&folder, &format!("open {}", PHONE.replace("-s acme", "-s other")), resealed);
    assert!(other.ends_with("the token does not open: another keyring or scope, or altered"), "{other}");
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    let folder = Folder::with_keyring(1);
    let line = |number: u32, reason: &str| format!("standard input, line {number}{reason}");
    for (text, message) in [
        ("", "standard input is empty".to_owned()),
        ("\n\n", "standard input is empty".to_owned()),
        ("id;msisdn\n1;+442079460018\n", "standard input: there is no column `msisdn`".to_owned()),
        ("id,phone\n1,+442079460018\n", "standard input: there is no column `msisdn`".to_owned()),
        ("1,+442079460018\n", "standard input: there is no column `msisdn`".to_owned()),
        ("msisdn,id\r+442079460018,1\r", "standard input: there is no column `msisdn`".to_owned()),
        ("msisdn,msisdn\n+442079460018,1\n", "standard input: two columns are named `msisdn`".to_owned()),
        ("id,msisdn\n1,+442079460018\n2\n", line(3, ": the row has 1 fields where the first row has 2")),
        ("id,msisdn\n1,+442079460018,x\n", line(2, ": the row has 3 fields where the first row has 2")),
        ("id,msisdn\n1,\"+442079460018\n", line(2, ": a quote is opened and never closed")),
        (
            "id,msisdn\n1,\"+442079460018\"x\n",
            line(2, ": neither a delimiter nor the end of the line follows a closing quote"),
        ),
        // A row of three lines stands before.
        (
            "id,msisdn\n\"\n\n\",\n1,4.47701E+11\n",
            line(
                5,
                ", column `msisdn`: a spreadsheet has rounded the number (1.2E+11): its last digits are lost; export the column as text",
            ),
        ),
        (
            "id,msisdn\n1,+447700900123.0\n",
            line(
                2,
                ", column `msisdn`: a spreadsheet has written the number with decimals (.0): export the column as text",
            ),
        ),
    ] {
        assert_eq!(refused(&folder, &format!("seal {PHONE}"), text), message, "{text:?}");
    }
    let utf8 = refused(&folder, &format!("seal {PHONE}"), &b"msisdn\n+44\xFF2079460018\n"[..]);
    assert_eq!(utf8, line(2, ", column `msisdn`: expected UTF-8 at byte 3"));
    let utf16: Vec<u8> = "\u{feff}msisdn\n+442079460018\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&folder, &format!("seal {PHONE}"), utf16), "standard input is UTF-16");
    let sealed = refused(&folder, &format!("seal {PHONE}"), format!("msisdn\n{}\n", phone("+442079460018")));
    assert_eq!(sealed, line(2, ", column `msisdn`: the field is sealed already"));
}

#[test]
fn shortened_identifiers_are_read_only_when_asked() {
    let folder = Folder::with_keyring(1);
    for (kind, text) in [("imsi", "1010123456789"), ("imei", "49015420323751")] {
        let arguments = format!("seal -c a={kind} -s acme -s routing -q");
        let message = refused(&folder, &arguments, format!("a\n{text}\n"));
        assert!(message.starts_with("standard input, line 2, column `a`: "), "{message}");
        pipe(&folder, &format!("{arguments} --any-length"), format!("a\n{text}\n"));
    }
}

#[test]
fn refused_rows_are_listed_without_plaintext() {
    let folder = Folder::with_keyring(1);
    folder.write(
        "in.csv",
        "id,msisdn,imsi\n1,+442079460018,001010123456789\n2,020 7946 0018,1\n3\n4,+447700900123,001010123456789\n",
    );
    let arguments = "seal in.csv -c msisdn=phone -c imsi=imsi -s acme -s routing -o out.csv --rejects rejects.csv";
    let output = folder.telseal(arguments).assert().code(3).stdout("").get_output().clone();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "telseal: 4 rows, 2 of them refused: see `rejects.csv`\n");
    let imsi = sealer::<Imsi>(1).seal(&"001010123456789".parse().unwrap());
    let expected =
        format!("id,msisdn,imsi\n1,{},{imsi}\n4,{},{imsi}\n", phone("+442079460018"), phone("+447700900123"));
    assert_eq!(folder.read("out.csv"), expected);
    let rejects = folder.read("rejects.csv");
    let rows: Vec<_> = rejects.lines().collect();
    assert_eq!(rows[0], "row,line,column,reason");
    assert!(rows[1].starts_with("2,3,msisdn,") && rows[2].starts_with("2,3,imsi,"), "{rejects}");
    assert_eq!(rows[3], "3,4,,the row has 1 fields where the first row has 3");
    assert!(rows.len() == 4 && !rejects.contains("7946"));

    // Without the list the first refused row ends the run, and nothing is written.
    folder.telseal("seal in.csv -c msisdn=phone -s acme -o other.csv").assert().code(1);
    assert_eq!(folder.names(), ["in.csv", "kek", "keyring", "out.csv", "rejects.csv"]);
    // Nothing is overwritten.
    folder.telseal(arguments).assert().code(1);
    assert_eq!(folder.read("rejects.csv"), rejects);
    folder.telseal(arguments).arg("--force").assert().code(3);
    folder.telseal("seal in.csv -c msisdn=phone -s acme --force -o in.csv").assert().code(1);
}

#[test]
fn a_field_of_100_megabytes() {
    let folder = Folder::with_keyring(1);
    let long = "x".repeat(100_000_000);
    folder.write("in.csv", format!("a,msisdn\n\"{long}\",+442079460018\n{long},+442079460018\n"));
    folder.run(&format!("seal in.csv {PHONE} -o out.csv"));
    let one = phone("+442079460018");
    assert!(folder.read("out.csv") == format!("a,msisdn\n\"{long}\",{one}\n{long},{one}\n"));
    // As an identifier it is refused.
    folder.write("in.csv", format!("a,msisdn\n1,{long}\n"));
    folder.telseal(&format!("seal in.csv {PHONE}")).assert().code(1);
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() {
    let folder = Folder::with_keyring(1);
    folder.write("in.csv", "msisdn\n+442079460018\n");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = command(&folder, "seal in.csv -c msisdn=phone -s acme").stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "telseal: error: cannot write to `standard output`: No space left on device (os error 28)\n\
         telseal: hint: make room and run the command again\n"
    );
    symlink("/dev/full", folder.path("out.csv.part")).unwrap();
    folder.telseal("seal in.csv -c msisdn=phone -s acme -o out.csv").assert().code(1);
    assert_eq!(folder.names(), ["in.csv", "kek", "keyring"]);
}

/// 40 MB go to the disk in several parts, while rows are sealed.
#[test]
fn a_large_file_is_written_whole_or_not_at_all() {
    let folder = Folder::with_keyring(1);
    let row = |number: u32, field: &str| format!("{field},{}{number:06}\n", "x".repeat(1000));
    let number = |row: u32| format!("+44207946{:04}", row % 1000);
    let rows = 40_000;
    folder.write("in.csv", (0..rows).fold(String::from("msisdn,note\n"), |all, at| all + &row(at, &number(at))));
    folder.telseal(&format!("seal in.csv {PHONE} -o out.csv")).assert().success();
    let token: Vec<_> = (0..1000).map(|row| phone(&number(row))).collect();
    let expected = (0..rows).fold(String::from("msisdn,note\n"), |all, at| all + &row(at, &token[at as usize % 1000]));
    assert!(folder.bytes("out.csv") == expected.as_bytes());
    // A limit on the size of files stands for a disk that is full, at the beginning, in the middle and near the end.
    for kib in [1, 1000, 17_000, 39_000] {
        let script = format!(
            "trap '' XFSZ; ulimit -f {}; exec {} seal in.csv {PHONE} -o other.csv",
            2 * kib, // of 512 bytes
            env!("CARGO_BIN_EXE_telseal")
        );
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(folder.path(""));
        let output = command.env("TELSEAL_KEYRING", "keyring").env("TELSEAL_KEK", "file:kek").output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{kib}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains("cannot write `other.csv.part`: File too large"), "{message}");
        assert_eq!(folder.names(), ["in.csv", "kek", "keyring", "out.csv"]);
    }
}

fn command(folder: &Folder, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_telseal"));
    command.current_dir(folder.path("")).env("TELSEAL_KEYRING", "keyring").env("TELSEAL_KEK", "file:kek");
    command.args(arguments.split_whitespace()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

#[test]
fn a_reader_that_goes_away_is_no_error_to_tell() {
    let folder = Folder::with_keyring(1);
    folder.write("in.csv", format!("msisdn\n{}", "+442079460018\n".repeat(100_000)));
    let mut run = command(&folder, "seal in.csv -c msisdn=phone -s acme").spawn().unwrap();
    drop(run.stdout.take());
    let output = run.wait_with_output().unwrap();
    assert_eq!((output.status.code(), &*output.stderr), (Some(141), &b""[..]));
}

#[test]
fn signals_leave_no_unfinished_file() {
    for (signal, status) in [("INT", 130), ("TERM", 143)] {
        let folder = Folder::with_keyring(1);
        let mut run =
            command(&folder, "seal -c msisdn=phone -s acme -o out.csv").stdin(Stdio::piped()).spawn().unwrap();
        let open = run.stdin.take(); // `wait` would close it, and the end of the input ends the run too
        while !folder.path("out.csv.part").exists() {
            thread::sleep(Duration::from_millis(5));
        }
        Command::new("kill").args([&format!("-{signal}"), &run.id().to_string()]).status().unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(status));
        drop(open);
        assert_eq!(folder.names(), ["kek", "keyring"]);
    }
}

#[test]
fn two_runs_do_not_write_one_file() {
    let folder = Folder::with_keyring(1);
    folder.write("in.csv", "msisdn\n+442079460018\n");
    let mut first = command(&folder, "seal -c msisdn=phone -s acme -o out.csv").stdin(Stdio::piped()).spawn().unwrap();
    while !folder.path("out.csv.part").exists() {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(100));
    folder.fails(
        "seal in.csv -c msisdn=phone -s acme -o out.csv",
        "telseal: error: another run is writing `out.csv`\ntelseal: hint: wait for it, or choose another name",
    );
    drop(first.stdin.take());
    assert_eq!(first.wait().unwrap().code(), Some(1)); // its input was empty
}

#[test]
fn a_folder_is_sealed_whatever_kills_the_runs_before() {
    let folder = Folder::with_keyring(1);
    fs::create_dir(folder.path("in")).unwrap();
    for file in 0..6 {
        let rows: String = (0..20_000).map(|row| format!("{row},+44207946{:04}\n", (row + file) % 1000)).collect();
        folder.write(&format!("in/{file}.csv"), format!("id,msisdn\n{rows}"));
    }
    folder.write("in/notes.txt", "no table");
    let arguments = "seal in -c msisdn=phone -s acme -s routing -q";
    folder.run(&format!("{arguments} -o expected"));
    let mut killed = 0;
    for i in 0..20 {
        let mut run = command(&folder, &format!("{arguments} -o out")).spawn().unwrap();
        thread::sleep(Duration::from_micros(1500 * (i * 7 % 20)));
        run.kill().unwrap();
        killed += u32::from(run.wait().unwrap().signal() == Some(9));
    }
    assert!(killed > 0, "no run was killed");
    folder.run(&format!("{arguments} -o out"));
    let names = common::names(&folder.path("out"));
    assert_eq!(names, ["0.csv", "1.csv", "2.csv", "3.csv", "4.csv", "5.csv"]);
    for name in names {
        assert!(folder.bytes(&format!("out/{name}")) == folder.bytes(&format!("expected/{name}")), "{name}");
    }
    // What is finished stays, and what has changed since is made again.
    let before = fs::metadata(folder.path("out/0.csv")).unwrap().modified().unwrap();
    thread::sleep(Duration::from_millis(20));
    folder.write("in/1.csv", "msisdn\n");
    folder.run(&format!("{arguments} -o out"));
    assert_eq!(fs::metadata(folder.path("out/0.csv")).unwrap().modified().unwrap(), before);
    assert_eq!(folder.read("out/1.csv"), "msisdn\n");
}

#[test]
fn a_folder_with_refused_rows_ends_alike_whatever_kills_the_runs_before() {
    let folder = Folder::with_keyring(1);
    fs::create_dir(folder.path("in")).unwrap();
    for file in 0..3 {
        let rows: String = (0..5_000).map(|row| format!("{row},{}\n", ["+442079460018", "x"][row % 2])).collect();
        folder.write(&format!("in/{file}.csv"), format!("id,msisdn\n{rows}"));
    }
    let run = |to: &str| format!("seal in -c msisdn=phone -s acme -s routing -q -o {to} --rejects {to}-rejects");
    folder.telseal(&run("expected")).assert().code(3);
    for i in 0..6 {
        let mut run = command(&folder, &run("out")).spawn().unwrap();
        thread::sleep(Duration::from_millis(3 * i));
        run.kill().unwrap();
        run.wait().unwrap();
    }
    // Also when all is finished: rows that were refused before count for the status.
    for _ in 0..2 {
        folder.telseal(&run("out")).assert().code(3);
        for ending in ["", "-rejects"] {
            let (out, expected) = (folder.path(&format!("out{ending}")), folder.path(&format!("expected{ending}")));
            assert_eq!(common::names(&out), common::names(&expected));
            for name in common::names(&out) {
                assert!(fs::read(out.join(&name)).unwrap() == fs::read(expected.join(&name)).unwrap(), "{name}");
            }
        }
    }
    assert_eq!(folder.read("out-rejects/0.csv.rejects.csv").lines().count(), 2501);
}

/// A signal between the reads of a long input, when rows are in the unfinished file.
#[test]
fn a_signal_in_the_middle_leaves_no_unfinished_file() {
    let folder = Folder::with_keyring(1);
    let arguments = "seal -c msisdn=phone -s acme -o out.csv --rejects rejects.csv";
    let mut run = command(&folder, arguments).stdin(Stdio::piped()).spawn().unwrap();
    let mut stdin = run.stdin.take().unwrap();
    stdin.write_all(format!("msisdn\n{}", "+442079460018\nx\n".repeat(50_000)).as_bytes()).unwrap();
    let size = |name: &str| fs::metadata(folder.path(name)).map_or(0, |metadata| metadata.len());
    while size("out.csv.part") == 0 || size("rejects.csv.part") == 0 {
        thread::sleep(Duration::from_millis(5));
    }
    Command::new("kill").args(["-INT", &run.id().to_string()]).status().unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
    assert_eq!(folder.names(), ["kek", "keyring"]);
}

/// On a terminal, which `script` makes, and nowhere else.
#[test]
fn progress_is_for_those_who_wait() {
    let folder = Folder::with_keyring(1);
    folder.write("in.csv", format!("msisdn\n{}", "+442079460018\n".repeat(200_000)));
    let telseal = format!("{} seal in.csv -c msisdn=phone -s acme --force -o out.csv", env!("CARGO_BIN_EXE_telseal"));
    let mut script = Command::new("script");
    script.args(["-qec", &telseal, "/dev/null"]).current_dir(folder.path("")).env("TERM", "xterm");
    script.env("TELSEAL_KEYRING", "keyring").env("TELSEAL_KEK", "file:kek").stdin(Stdio::null());
    let output = script.output().unwrap();
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && shown.contains("rows,") && shown.contains("left"), "{shown}");
    folder
        .telseal("seal in.csv -c msisdn=phone -s acme --force -o out.csv")
        .assert()
        .success()
        .stderr("telseal: 200000 rows\n");
}

#[test]
fn rows_are_the_same_wherever_reads_end() {
    let folder = Folder::with_keyring(1);
    let rows: String = (0..60_000)
        .map(|row| format!("{row},\"{}\",+44207946{:04}\r\n", "q\n,".repeat(row % 13), row % 1000))
        .collect();
    folder.write("in.csv", format!("id,text,msisdn\r\n{rows}"));
    folder.run(&format!("seal in.csv {PHONE} -o out.csv"));
    let tokens: Vec<_> = (0..1000).map(|number| phone(&format!("+44207946{number:04}"))).collect();
    let expected: String =
        (0..60_000).map(|row| format!("{row},\"{}\",{}\r\n", "q\n,".repeat(row % 13), tokens[row % 1000])).collect();
    assert!(folder.read("out.csv") == format!("id,text,msisdn\r\n{expected}"));
    folder.run(&format!("open out.csv {PHONE} -o back.csv"));
    assert!(folder.bytes("back.csv") == folder.bytes("in.csv"));
}
