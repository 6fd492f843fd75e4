//! `telseal keyring …` through the real binary.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{Folder, KEK};
use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    process::{Command, Stdio},
    thread,
    time::Duration,
};
use telseal::{Imei, Indexer, KeyVersion, Keyring, PhoneNumber, Prefix, Scope, oblivious::PublicKey};

/// What `list` prints, without the fingerprints.
fn list(folder: &Folder, arguments: &str) -> String {
    let table = folder.run(&format!("keyring list {arguments}"));
    let rows = table.lines().map(|row| row.rsplit_once('\t').unwrap().0.to_owned() + "\n");
    rows.collect()
}

const ALL: &str = "version\tstate\n";

#[test]
fn the_life_of_a_keyring() {
    let folder = Folder::new();
    assert_eq!(folder.run("keyring new"), "`keyring` is a new keyring with version 1\n");
    assert_eq!(list(&folder, ""), format!("{ALL}1\tprimary\n"));
    assert!(folder.run("keyring stage").starts_with("version 2 is staged"));
    assert_eq!(list(&folder, ""), format!("{ALL}2\tstaged\n1\tprimary\n"));
    assert!(folder.run("keyring promote 2").starts_with("version 2 is the primary version"));
    assert_eq!(list(&folder, ""), format!("{ALL}2\tprimary\n1\told\n"));
    assert!(folder.run("keyring retire 1").starts_with("version 1 is retired"));
    assert_eq!(list(&folder, ""), format!("{ALL}2\tprimary\n"));
    assert_eq!(folder.names(), ["kek", "keyring"]);
}

#[test]
fn the_file_is_what_the_library_reads() {
    let folder = Folder::new();
    folder.run("keyring new");
    let first = Keyring::unwrap(&folder.bytes("keyring"), &KEK).unwrap();
    folder.run("keyring stage");
    let second = Keyring::unwrap(&folder.bytes("keyring"), &KEK).unwrap();
    assert_eq!(second.versions().map(KeyVersion::get).collect::<Vec<_>>(), [2, 1]);
    let scope = Scope::new(["test"]).unwrap();
    let number: PhoneNumber = "+442079460018".parse().unwrap();
    let (before, after) = (first.sealer::<PhoneNumber>(&scope), second.sealer::<PhoneNumber>(&scope));
    assert_eq!(before.seal(&number), after.seal(&number)); // the secret of version 1 is the one it was
}

#[test]
fn versions_are_listed_with_the_fingerprints_of_the_library() {
    let folder = Folder::with_keyring(2);
    let expected: Vec<_> =
        common::keyring(2).fingerprints().map(|(version, fingerprint)| format!("{version} {fingerprint}")).collect();
    let table = folder.run("keyring list");
    let listed = table.lines().skip(1).map(|row| {
        let fields: Vec<_> = row.split('\t').collect();
        format!("{} {}", fields[0], fields[2])
    });
    assert!(listed.eq(expected), "{table}");
}

#[test]
fn two_keyrings_have_two_secrets() {
    let folder = Folder::new();
    folder.run("keyring new --keyring one");
    folder.run("keyring new --keyring two");
    assert_ne!(folder.bytes("one"), folder.bytes("two"));
}

#[test]
fn only_the_owner_reads_the_file() {
    let folder = Folder::new();
    let mode = || fs::metadata(folder.path("keyring")).unwrap().permissions().mode() & 0o7777;
    folder.run("keyring new");
    assert_eq!(mode(), 0o600);
    fs::set_permissions(folder.path("keyring"), Permissions::from_mode(0o644)).unwrap();
    folder.run("keyring stage");
    assert_eq!(mode(), 0o600);
}

#[test]
fn a_file_that_is_there_is_not_overwritten() {
    let folder = Folder::new();
    folder.run("keyring new");
    let before = folder.bytes("keyring");
    folder.fails(
        "keyring new",
        "telseal: error: `keyring` is there already, and a keyring is never overwritten\n\
         telseal: hint: what was sealed under the keyring in a file that is lost never opens again: choose another name",
    );
    assert_eq!(folder.bytes("keyring"), before);
    // Nor is the end of a link that leads nowhere.
    symlink("nowhere", folder.path("link")).unwrap();
    folder.telseal("keyring new --keyring link").assert().code(1);
    assert_eq!(folder.names(), ["kek", "keyring", "link"]);
}

#[test]
fn a_refused_change_changes_nothing() {
    let folder = Folder::with_keyring(3);
    folder.run("keyring promote 2");
    let before = folder.bytes("keyring");
    for (arguments, message) in [
        ("keyring retire 2", "keyring `keyring`: key version 2 is the primary one: promote another first"),
        ("keyring retire 3", "keyring `keyring`: key version 3 is the newest one: stage the next first"),
        (
            "keyring retire 7",
            "keyring `keyring`: key version 7 is not in the keyring\ntelseal: hint: `telseal keyring list` shows the versions",
        ),
        (
            "keyring promote 7",
            "keyring `keyring`: key version 7 is not in the keyring\ntelseal: hint: `telseal keyring list` shows the versions",
        ),
        (
            "keyring promote 0",
            "key version: expected a key version from 1 to 65535\ntelseal: hint: `telseal keyring list` shows the versions",
        ),
    ] {
        folder.fails(arguments, &format!("telseal: error: {message}"));
        assert_eq!(folder.bytes("keyring"), before, "{arguments}");
    }
    assert_eq!(folder.names(), ["kek", "keyring"]);
}

#[test]
fn what_is_no_keyring_is_told() {
    let folder = Folder::with_keyring(1);
    let wrapped = folder.bytes("keyring");
    fs::create_dir(folder.path("folder")).unwrap();
    folder.write("empty", "");
    folder.write("other", "id,msisdn\n1,+442079460018\n and so on, for many a line");
    folder.write("cut", &wrapped[..wrapped.len() - 1]);
    let mut altered = wrapped.clone();
    altered[40] ^= 1;
    folder.write("altered", &altered);
    altered = wrapped.clone();
    altered[15] = 2;
    folder.write("newer", &altered);
    let made = "telseal: hint: give a file that `telseal keyring new` made";
    for (name, message) in [
        ("folder", "the keyring `folder` is a folder\ntelseal: hint: give the path of the file in it"),
        (
            "none",
            "there is no keyring `none`\n\
             telseal: hint: make one with `telseal keyring new`, or give its path with --keyring",
        ),
        (
            "empty",
            &format!(
                "keyring `empty`: wrapped keyring: expected 34 bytes and 34 more for every key version, found 0 in all\n{made}"
            ),
        ),
        ("other", &format!("keyring `other`: wrapped keyring: expected `telseal-keyring` at its beginning\n{made}")),
        (
            "cut",
            &format!(
                "keyring `cut`: wrapped keyring: expected 34 bytes and 34 more for every key version, found 67 in all\n{made}"
            ),
        ),
        (
            "altered",
            "keyring `altered`: wrapped keyring: another key-encryption key, or altered bytes\n\
             telseal: hint: check which key-encryption key the file was wrapped under",
        ),
        (
            "newer",
            "keyring `newer`: wrapped keyring: expected format version 1, found 2\n\
             telseal: hint: a newer telseal made the file: use that",
        ),
    ] {
        folder.fails(&format!("keyring list --keyring {name}"), &format!("telseal: error: {message}"));
    }
    // One that is no file for changes either.
    folder.telseal("keyring stage --keyring folder").assert().code(1);
    folder.telseal("keyring stage --keyring none").assert().code(1);
}

#[test]
fn the_key_comes_from_a_file_a_descriptor_a_credential_or_a_command() {
    let folder = Folder::with_keyring(1);
    let hex: String = KEK.iter().map(|byte| format!("{byte:02x}")).collect();
    folder.write_key("hex", format!("{hex}\n"));
    fs::create_dir(folder.path("credentials")).unwrap();
    folder.write_key("credentials/telseal", KEK);

    let list = folder.run("keyring list");
    for source in ["file:hex", "fd:0", "credential:telseal", "command:cat kek", "command:cat hex"] {
        let mut command = folder.telseal("keyring list");
        command.env("CREDENTIALS_DIRECTORY", folder.path("credentials")).write_stdin(KEK);
        command.args(["--kek", source]).assert().success().stdout(list.clone()).stderr("");
    }
    // A descriptor other than standard input, as a shell opens it.
    let script = format!("{} keyring list --keyring keyring --kek fd:7 7< kek", env!("CARGO_BIN_EXE_telseal"));
    let output = Command::new("sh").args(["-c", &script]).current_dir(folder.path("")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), list);
    // The environment names the source where the arguments do not; no test above needed more.
    folder.telseal("keyring list").assert().success().stdout(list).stderr("");
}

#[test]
fn a_key_that_cannot_be_had_is_told_and_never_shown() {
    let folder = Folder::with_keyring(1);
    let hex = "ab".repeat(32);
    folder.write_key("short", [1; 31]);
    folder.write_key("password", "correct horse battery staple xyz");
    let form =
        "telseal: hint: it is 32 random bytes, or 64 hexadecimal digits: (umask 077; head -c 32 /dev/urandom > KEK)";
    let scheme = "the source of the key-encryption key has no known form\n\
                  telseal: hint: give file:PATH, fd:NUMBER, credential:NAME, command:COMMAND or pkcs11:URI; the key itself never \
                  stands in arguments or in the environment, where other processes can read it";
    let command = "telseal: hint: run it by itself, and see that it prints the key and nothing else";
    for (source, message) in [
        (hex.as_str(), scheme.to_owned()),
        ("kek", scheme.to_owned()),
        ("", scheme.to_owned()),
        ("hex:00", scheme.to_owned()),
        ("file:none", "cannot read the key-encryption key from `none`: No such file or directory (os error 2)".into()),
        ("file:short", format!("the key-encryption key from `short` has another length\n{form}")),
        (
            "file:password",
            format!("the key-encryption key from `password` is text of 32 characters, no random bytes\n{form}"),
        ),
        ("file:/dev/zero", format!("the key-encryption key from `/dev/zero` is too long\n{form}")),
        ("file:/dev/null", format!("the key-encryption key from `/dev/null` is empty\n{form}")),
        (
            "fd:-1",
            "the source fd: of the key-encryption key takes the number of a file descriptor\n\
             telseal: hint: for example: --kek fd:3 3< KEK"
                .into(),
        ),
        (
            "fd:999",
            "cannot read the key-encryption key from `/dev/fd/999`: No such file or directory (os error 2)".into(),
        ),
        (
            "credential:telseal",
            "there is no $CREDENTIALS_DIRECTORY to read the key-encryption key from\n\
             telseal: hint: systemd sets it for units with LoadCredential= or LoadCredentialEncrypted="
                .into(),
        ),
        ("command:exit 4", format!("the command that gives the key-encryption key failed: exit status: 4\n{command}")),
        ("command:true", format!("the key-encryption key from the command is empty\n{form}")),
    ] {
        let output = folder.telseal("keyring list").args(["--kek", source]).assert().code(1).get_output().clone();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.trim_end(), format!("telseal: error: {message}"), "{source}");
        assert!(!stderr.contains("abab") && output.stdout.is_empty());
    }
    // A credential is a name, never a path out of the folder.
    for name in ["../kek", "..", ".", ""] {
        let mut command = folder.telseal("keyring list");
        command.env("CREDENTIALS_DIRECTORY", folder.path("")).args(["--kek", &format!("credential:{name}")]);
        command.assert().code(1);
    }
}

#[test]
fn no_argument_takes_the_key_itself() {
    let folder = Folder::with_keyring(1);
    let help = folder.run("keyring list --help");
    assert!(help.contains("file:PATH, fd:NUMBER, credential:NAME, command:COMMAND or pkcs11:URI"), "{help}");
    assert!(!help.contains("file:kek"), "the help shows what the environment holds: {help}");
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let folder = Folder::with_keyring(1);
    for (mode, warns) in [(0o600, false), (0o400, false), (0o644, true), (0o604, true), (0o640, true), (0o602, true)] {
        fs::set_permissions(folder.path("kek"), Permissions::from_mode(mode)).unwrap();
        let expected = match warns {
            true => {
                "telseal: warning: others can read or change the key-encryption key `kek`\ntelseal: hint: chmod 600 'kek'\n"
            }
            false => "",
        };
        folder.telseal("keyring list").assert().success().stderr(expected);
    }
}

#[test]
fn a_keyring_is_wrapped_under_another_key() {
    let folder = Folder::with_keyring(2);
    let before = Keyring::unwrap(&folder.bytes("keyring"), &KEK).unwrap();
    folder.write_key("new", [9; 32]);
    folder.run("keyring rewrap --new-kek file:new");
    assert!(Keyring::unwrap(&folder.bytes("keyring"), &KEK).is_err());
    let after = Keyring::unwrap(&folder.bytes("keyring"), &[9; 32]).unwrap();
    assert_eq!(before.wrap(&KEK), after.wrap(&KEK));
    folder.telseal("keyring list").assert().code(1);
    folder.run("keyring list --kek file:new");
    // A new key that cannot be had leaves the file as it is.
    let wrapped = folder.bytes("keyring");
    folder.telseal("keyring rewrap --kek file:new --new-kek file:none").assert().code(1);
    assert_eq!(folder.bytes("keyring"), wrapped);
}

/// A limit on the size of files stands for a disk that is full.
#[test]
fn a_full_disk_leaves_the_keyring_as_it_was() {
    let folder = Folder::with_keyring(2);
    folder.write_key("new", [9; 32]);
    let before = folder.bytes("keyring");
    for arguments in ["stage", "promote 2", "rewrap --new-kek file:new", "new --keyring other"] {
        let script = format!("trap '' XFSZ; ulimit -f 0; exec {} keyring {arguments}", env!("CARGO_BIN_EXE_telseal"));
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(folder.path("")).env("TELSEAL_KEK", "file:kek");
        if !arguments.contains("--keyring") {
            command.env("TELSEAL_KEYRING", "keyring");
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains("File too large"), "{message}");
        assert_eq!((folder.bytes("keyring"), folder.names().len()), (before.clone(), 3), "{arguments}");
    }
}

#[test]
fn a_link_to_a_keyring_stays_a_link() {
    let folder = Folder::with_keyring(1);
    fs::create_dir(folder.path("real")).unwrap();
    fs::rename(folder.path("keyring"), folder.path("real/keyring")).unwrap();
    symlink("real/keyring", folder.path("keyring")).unwrap();
    folder.run("keyring stage");
    assert!(fs::symlink_metadata(folder.path("keyring")).unwrap().is_symlink());
    assert_eq!(Keyring::unwrap(&folder.bytes("real/keyring"), &KEK).unwrap().versions().len(), 2);
}

#[test]
fn writers_at_once_lose_no_change() {
    let folder = Folder::with_keyring(1);
    let runs: Vec<_> = (0..12)
        .map(|_| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_telseal"));
            command
                .args(["keyring", "stage", "--keyring", "keyring", "--kek", "file:kek"])
                .current_dir(folder.path(""));
            command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let mut staged: Vec<_> = runs
        .into_iter()
        .map(|run| {
            let output = run.wait_with_output().unwrap();
            assert!(output.status.success());
            String::from_utf8(output.stdout).unwrap().split(' ').nth(1).unwrap().parse::<u16>().unwrap()
        })
        .collect();
    staged.sort_unstable();
    assert_eq!(staged, Vec::from_iter(2..=13));
    assert_eq!(Keyring::unwrap(&folder.bytes("keyring"), &KEK).unwrap().versions().len(), 13);
    assert_eq!(folder.names(), ["kek", "keyring"]);
}

#[test]
fn a_writer_waits_for_the_one_before_it() {
    let folder = Folder::with_keyring(1);
    let held = File::open(folder.path("keyring")).unwrap();
    held.lock().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_telseal"));
    command.args(["keyring", "stage", "--keyring", "keyring", "--kek", "file:kek"]).current_dir(folder.path(""));
    let mut run = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(200));
    assert!(run.try_wait().unwrap().is_none());
    // Reading takes no lock: the file is replaced whole.
    folder.run("keyring list");
    drop(held);
    let output = run.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("telseal: waiting for another run that is changing"));
}

#[test]
fn an_index_key_is_one_that_the_library_loads() {
    let folder = Folder::with_keyring(2);
    folder.write_key("index-kek", [5; 32]);
    let arguments = "keyring index --kind phone --scope acme --scope routing --index-kek file:index-kek -o index";
    let scope = Scope::new(["acme", "routing"]).unwrap();
    let table = folder.run(arguments);
    let fingerprints = |table: &str| -> Vec<(KeyVersion, telseal::Fingerprint)> {
        let rows = table.lines().skip(1).map(|row| row.split_once('\t').unwrap());
        rows.map(|(version, fingerprint)| (version.parse().unwrap(), fingerprint.parse().unwrap())).collect()
    };
    let versions = fingerprints(&table);
    assert_eq!(versions.iter().map(|(version, _)| version.get()).collect::<Vec<_>>(), [2, 1]);
    let index = Indexer::<PhoneNumber>::unwrap(&folder.bytes("index"), &[5; 32], &scope, &versions).unwrap();
    let number: PhoneNumber = "+442079460018".parse().unwrap();
    assert_eq!(index.tag(&number), common::keyring(2).sealer::<PhoneNumber>(&scope).tag(&number));
    assert_eq!(fs::metadata(folder.path("index")).unwrap().permissions().mode() & 0o7777, 0o600);

    folder.fails(
        arguments,
        "telseal: error: the output `index` is there already\n\
         telseal: hint: choose another name, or overwrite it with --force",
    );
    let versions = fingerprints(&folder.run(&format!("{arguments} --force --prefixes")));
    Indexer::<Prefix<PhoneNumber>>::unwrap(&folder.bytes("index"), &[5; 32], &scope, &versions).unwrap();
    let versions = fingerprints(&folder.run(&format!("{arguments} --force").replace("phone", "imei")));
    Indexer::<Imei>::unwrap(&folder.bytes("index"), &[5; 32], &scope, &versions).unwrap();

    folder.fails(
        &format!("{arguments} --prefixes --force").replace("phone", "imeisv"),
        "telseal: error: an IMEISV has no prefixes of its own\n\
         telseal: hint: its first digits are those of its IMEI: ask for --kind imei",
    );
    folder.fails(
        &arguments.replace("file:index-kek", "file:kek"),
        "telseal: error: the index key would be wrapped under the keyring's key-encryption key\n\
         telseal: hint: whoever loads the index key has that key, and would open the keyring with it: make another one",
    );
}

#[test]
fn public_keys_are_those_that_handsets_read() {
    let folder = Folder::with_keyring(2);
    let table = folder.run("keyring public-key --kind phone --scope acme");
    let (header, rows) = table.split_once('\n').unwrap();
    assert_eq!(header, "version\tpublic_key");
    let evaluator = common::keyring(2).evaluator::<PhoneNumber>(&Scope::new(["acme"]).unwrap()).unwrap();
    let expected: Vec<_> = evaluator.public_keys().map(|key| key.to_bytes()).collect();
    for (row, expected) in rows.lines().zip(&expected) {
        let (version, hex) = row.split_once('\t').unwrap();
        let bytes: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        let key = PublicKey::<PhoneNumber>::try_from(&bytes[..]).unwrap();
        assert_eq!((&bytes, key.key_version().to_string()), (expected, version.to_owned()));
    }
    assert_eq!(rows.lines().count(), 2);
}

#[test]
fn a_scope_is_what_the_library_takes() {
    let folder = Folder::with_keyring(1);
    folder.telseal("keyring public-key --kind phone --scope").arg("").assert().code(1).stderr(
        "telseal: error: scope: expected 1 to 255 bytes in label 1, found 0\n\
         telseal: hint: give --scope once for each label, in order\n",
    );
    folder.telseal("keyring public-key --kind phone").assert().code(2);
}
