//! `telseal inspect`, `completions` and `man` through the real binary.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{Folder, keyring};
use std::{fs, process::Command};
use telseal::{Identifier, Imei, Imeisv, Imsi, PhoneNumber, Prefix, Scope, Token};

fn scope() -> Scope {
    Scope::new(["acme", "routing"]).unwrap()
}

fn token<I: Identifier>(version: u16, text: &str) -> Token<I>
where
    I::Err: std::fmt::Debug,
{
    let mut keyring = keyring(3);
    for version in 2..=version {
        keyring.promote(version.try_into().unwrap()).unwrap();
    }
    keyring.sealer(&scope()).seal(&text.parse().unwrap())
}

/// No key, and no place of one, is asked for.
fn keyless(folder: &Folder, arguments: &str) -> assert_cmd::Command {
    let mut command = folder.telseal(arguments);
    command.env_remove("TELSEAL_KEYRING").env_remove("TELSEAL_KEK");
    command
}

fn told(folder: &Folder, argument: &str) -> String {
    let output = keyless(folder, &format!("inspect {argument}")).assert().success().stderr("").get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn tokens_of_all_kinds_in_all_forms() {
    let folder = Folder::new();
    fn check<I: Identifier>(folder: &Folder, token: Token<I>, kind: &str, version: u16) {
        folder.write("bytes", token.as_bytes());
        folder.write("line", format!("{token}\r\n"));
        for (argument, form) in [
            (token.to_string(), "text"),
            (format!("{token:x}"), "hexadecimal digits"),
            (format!("{token:x}").to_uppercase(), "hexadecimal digits"),
            ("bytes".to_owned(), "bytes"),
            ("line".to_owned(), "text"),
        ] {
            let expected = format!(
                "what: token\nkind: {kind}\nformat version: 1\nkey version: {version}\nform: {form}\ntag: {}\n",
                token.tag()
            );
            assert_eq!(told(folder, &argument), expected, "{argument}");
        }
        let beginning = token.to_string()[..4].to_owned();
        let expected = format!(
            "what: the beginning of tokens\nkind: {kind}\nformat version: 1\nkey version: {version}\nform: text\n"
        );
        assert_eq!(told(folder, &beginning), expected);
    }
    check(&folder, token::<PhoneNumber>(1, "+442079460018"), "phone number", 1);
    check(&folder, token::<Imsi>(2, "001010123456789"), "IMSI", 2);
    check(&folder, token::<Imei>(3, "490154203237518"), "IMEI", 3);
    check(&folder, token::<Imeisv>(1, "4901542032375112"), "IMEISV", 1);
    // Several at once.
    let one = token::<PhoneNumber>(1, "+442079460018").to_string();
    assert_eq!(told(&folder, &format!("{one} {one}")), format!("{0}\n{0}", told(&folder, &one)));
}

#[test]
fn tags_short_tags_and_keys() {
    let folder = Folder::with_keyring(3);
    let tag = token::<PhoneNumber>(1, "+442079460018").tag();
    folder.write("bytes", tag.as_bytes());
    for (argument, form) in
        [(tag.to_string(), "text"), (format!("{tag:x}"), "hexadecimal digits"), ("bytes".to_owned(), "bytes")]
    {
        let expected = format!("what: tag, of an identifier or a prefix\nform: {form}\ntext: {tag}\n");
        assert_eq!(told(&folder, &argument), expected);
    }
    let prefix = keyring(1).indexer::<Prefix<PhoneNumber>>(&scope()).tag(&"+4420".parse().unwrap());
    assert!(told(&folder, &prefix.to_string()).starts_with("what: tag, of an identifier or a prefix\n"));
    assert_eq!(told(&folder, "62b4a"), "what: short tag\nbits: 17 to 20\nform: hexadecimal digits\n");
    assert_eq!(told(&folder, "ff"), "what: short tag\nbits: 8 to 8\nform: hexadecimal digits\n");

    assert_eq!(
        told(&folder, "keyring"),
        "what: keyring, wrapped\nformat version: 1\nkey versions: 3\n\
         note: `telseal keyring list` shows its key versions\n"
    );
    folder.write_key("index-kek", [5; 32]);
    folder.run("keyring index --kind imsi --scope acme --index-kek file:index-kek -o index");
    assert_eq!(
        told(&folder, "index"),
        "what: index key, wrapped\nformat version: 1\nkey versions: 3\n\
         note: its kind, scope and key versions are encrypted\n"
    );
}

#[test]
fn public_keys() {
    let folder = Folder::with_keyring(2);
    let table = folder.run("keyring public-key --kind imei --scope acme --scope contacts");
    for (row, version) in table.lines().skip(1).zip([2, 1]) {
        let expected = format!(
            "what: public key for handsets\nkind: IMEI\nformat version: 1\nkey version: {version}\n\
             scope: \"acme\" \"contacts\"\n"
        );
        assert_eq!(told(&folder, row.split_once('\t').unwrap().1), expected);
    }
}

#[test]
fn what_is_none_of_these_is_told_and_not_shown() {
    let folder = Folder::with_keyring(1);
    let token = token::<PhoneNumber>(1, "+442079460018").to_string();
    let wrapped = folder.bytes("keyring");
    folder.write("cut", &wrapped[..40]);
    folder.write("short", &wrapped[..15]);
    folder.write("newer", [&wrapped[..15], &[9], &wrapped[16..]].concat());
    folder.write("empty", "");
    folder.write("binary", [0xFF; 40]);
    folder.write("plain16", "4901542032375112");
    fs::create_dir(folder.path("folder")).unwrap();
    for (argument, message) in [
        ("+442079460018", "argument 1 is not sealed: it reads as an identifier in the clear (phone number)"),
        ("001010123456789", "argument 1 is not sealed: it reads as an identifier in the clear (IMSI)"),
        ("plain16", "`plain16` is not sealed: it reads as an identifier in the clear (IMEISV)"),
        ("442079460018x", "argument 1 is nothing that telseal writes"),
        (&token[..35], "argument 1 is nothing that telseal writes"),
        (&format!("X{}", &token[1..]), "argument 1 has the length of a token and the letter of no kind"),
        (
            &format!("PQAA{}", &token[4..]),
            "argument 1 has the length of a token and is none: token of phone numbers: expected a key version from 1 to \
             65535 at byte 1",
        ),
        ("XQAB", "argument 1 has the length of a token's beginning and is none"),
        ("empty", "`empty` is empty"),
        ("binary", "`binary` is nothing that telseal writes"),
        ("cut", "`cut` begins like a wrapped keyring and has another length: it was cut or altered"),
        ("short", "`short` begins like a wrapped keyring and was cut"),
        ("newer", "`newer` is a wrapped keyring of format version 9: a newer telseal reads it"),
    ] {
        let output = keyless(&folder, &format!("inspect {argument}")).assert().code(1).stdout("").get_output().clone();
        let expected = format!(
            "telseal: error: {message}\ntelseal: hint: telseal inspect knows tokens, tags, short tags, public keys, \
             keyrings and index keys\n"
        );
        assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
    }
    keyless(&folder, "inspect folder").assert().code(1);
    keyless(&folder, "inspect").assert().code(2);
}

#[test]
fn tokens_of_tables_are_counted() {
    let folder = Folder::with_keyring(2);
    let (old, new) = (token::<PhoneNumber>(1, "+442079460018"), token::<PhoneNumber>(2, "+442079460018"));
    let imsi = token::<Imsi>(1, "001010123456789");
    let rows = format!("a,b\n{old},{imsi}\n{old},\n{new},{imsi}\n{new:x},+442079460018\n\n{old}\n,{imsi}\n");
    folder.write("in.csv", &rows);
    let expected = "column\tholds\tversion\trows\n\
                    a\tphone number\t1\t2\na\tphone number\t2\t2\na\tempty\t\t1\na\tno field\t\t1\n\
                    b\tIMSI\t1\t3\nb\tempty\t\t1\nb\tno token\t\t1\nb\tno field\t\t1\n";
    assert_eq!(told(&folder, "in.csv -c a -c b"), expected);
    keyless(&folder, "inspect -c a -c b").write_stdin(rows).assert().success().stdout(expected);
    // A folder is one table.
    fs::create_dir(folder.path("in")).unwrap();
    folder.write("in/one.csv", format!("a\n{old}\n"));
    folder.write("in/two.jsonl", format!("{{\"a\":\"{old}\"}}\n{{\"a\":null}}\n{{\"b\":1}}\n"));
    folder.write("in/notes.txt", "no table");
    let expected = "column\tholds\tversion\trows\na\tphone number\t1\t2\na\tempty\t\t1\na\tno field\t\t1\n";
    assert_eq!(told(&folder, "in -c a"), expected);
    assert_eq!(
        told(&folder, "in/one.csv --no-header -c 1"),
        "column\tholds\tversion\trows\n1\tphone number\t1\t1\n1\tno token\t\t1\n"
    );
    keyless(&folder, "inspect in.csv -c a -c a").assert().code(1);
    keyless(&folder, "inspect in.csv -c c").assert().code(1);
}

/// More rows than a batch, and more bytes than are read at once.
#[test]
fn large_tables_are_counted_whole() {
    let folder = Folder::new();
    let token = token::<PhoneNumber>(1, "+442079460018");
    folder.write("in.csv", format!("a,b\n{}", format!("{token},x\n,y\n").repeat(50_000)));
    assert_eq!(
        told(&folder, "in.csv -c a"),
        "column\tholds\tversion\trows\na\tphone number\t1\t50000\na\tempty\t\t50000\n"
    );
}

#[test]
fn shells_read_the_completions() {
    let folder = Folder::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = told_by(&folder, &format!("completions {shell}"));
        for command in ["keyring", "seal", "reseal", "inspect"] {
            assert!(script.contains(command), "{shell}");
        }
    }
    folder.write("telseal.bash", told_by(&folder, "completions bash"));
    let script = "source ./telseal.bash; COMP_WORDS=(telseal res); COMP_CWORD=1; \
                  _telseal telseal res telseal; echo \"${COMPREPLY[*]}\"";
    let output = Command::new("bash").args(["-c", script]).current_dir(folder.path("")).output().unwrap();
    assert_eq!((String::from_utf8(output.stdout).unwrap(), &*output.stderr), ("reseal\n".to_owned(), &b""[..]));
    keyless(&folder, "completions csh").assert().code(2);
}

fn told_by(folder: &Folder, arguments: &str) -> String {
    String::from_utf8(keyless(folder, arguments).assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = Folder::new();
    keyless(&folder, "man pages").assert().success().stdout("");
    let names = common::names(&folder.path("pages"));
    for name in ["telseal", "telseal-seal", "telseal-inspect", "telseal-keyring", "telseal-keyring-rewrap"] {
        assert!(names.contains(&format!("{name}.1")), "{names:?}");
        let page = folder.read(&format!("pages/{name}.1"));
        assert!(page.contains(&format!(".TH {name} 1")) && page.contains(".SH SYNOPSIS"), "{page}");
    }
    // What the environment holds is in no page.
    folder.telseal("man pages").env("TELSEAL_KEK", "file:hidden").assert().success();
    assert!(!folder.read("pages/telseal-keyring-list.1").contains("file:hidden"));
}
