//! HARDWARE.md's commands as they are written there, with SoftHSM; and what is wrong told.

#![cfg(feature = "pkcs11")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::Folder;
use std::{env, fs, path::Path, process::Command};

const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";

/// Runs a script in the folder, where SoftHSM keeps its tokens too.
fn sh(folder: &Folder, script: &str) -> (bool, String, String) {
    let binaries = Path::new(env!("CARGO_BIN_EXE_telseal")).parent().unwrap();
    let path = format!("{}:{}", binaries.display(), env::var("PATH").unwrap());
    let mut command = Command::new("sh");
    command.args(["-ec", script]).current_dir(folder.path("")).env("PATH", path);
    let output = command.env("SOFTHSM2_CONF", folder.path("softhsm2.conf")).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_keyring_whose_key_never_leaves_the_module() {
    if !Path::new(MODULE).exists() {
        assert!(
            env::var_os("TELSEAL_ALL_STORES").is_none(),
            "SoftHSM is not installed: apt-get install softhsm2 opensc"
        );
        return eprintln!("skipped: SoftHSM is not installed: apt-get install softhsm2 opensc");
    }
    let folder = Folder::new();
    fs::create_dir(folder.path("tokens")).unwrap();
    folder.write("softhsm2.conf", format!("directories.tokendir = {}\n", folder.path("tokens").display()));
    folder.write("subscribers.csv", "msisdn\n+44 20 7946 0018\n");

    let (_, rest) = include_str!("../HARDWARE.md").split_once("```sh\n").unwrap();
    let (script, _) = rest.split_once("```").unwrap();
    let (is_good, _, errors) = sh(&folder, script);
    assert!(is_good, "{errors}");
    assert!(!errors.contains("warning: the key may leave"), "{errors}");
    assert!(folder.read("sealed.csv").contains("PQAB"));
    let wrapped = folder.bytes("acme.keyring");

    let source = format!("pkcs11:token=telseal;object=acme-kek?module-path={MODULE}&pin-source=pin");
    let list = |source: &str| sh(&folder, &format!("telseal keyring list -k acme.keyring --kek '{source}'"));
    // The same key every time, and it is none that the file alone would give away.
    let (is_good, listed, errors) = list(&source);
    assert!(is_good && listed.contains("1\tprimary"), "{errors}");
    for (wrong, message) in [
        (source.replace("acme-kek", "other"), "0 secret keys of the PKCS #11 token have this name"),
        (source.replace("token=telseal", "token=other"), "0 tokens of the PKCS #11 module have this name"),
        (source.replace("&pin-source=pin", ""), "0 secret keys of the PKCS #11 token have this name"),
        (source.replace("=pin", "=none"), "cannot read the PIN from `none`"),
        (source.replace("=pin", "=subscribers.csv"), "cannot log in by the PKCS #11 module"),
        (source.replace(MODULE, "./none.so"), "cannot begin by the PKCS #11 module `./none.so`"),
        ("pkcs11:object=acme-kek".to_owned(), "the source pkcs11: of the key-encryption key names no module"),
    ] {
        let (is_good, listed, errors) = list(&wrong);
        assert!(!is_good && listed.is_empty() && errors.contains(message), "{wrong}: {errors}");
    }
    // A key that may leave the token is warned of, and is another key.
    let made = format!(
        "pkcs11-tool --module {MODULE} --token-label telseal --login --pin 87654321 --keygen --key-type GENERIC:32 \
         --label loose --private --extractable 2> /dev/null"
    );
    assert!(sh(&folder, &made).0);
    let (is_good, _, errors) = list(&source.replace("acme-kek", "loose"));
    assert!(!is_good && errors.contains("warning: the key may leave") && errors.contains("another key-encryption key"));
    // From the module to a file and back.
    let rewrap = format!(
        "telseal keyring rewrap -k acme.keyring --kek '{source}' --new-kek file:kek && \
         telseal keyring rewrap -k acme.keyring --kek file:kek --new-kek '{source}'"
    );
    let (is_good, _, errors) = sh(&folder, &rewrap);
    assert!(is_good, "{errors}");
    assert_eq!(folder.bytes("acme.keyring"), wrapped);
}
