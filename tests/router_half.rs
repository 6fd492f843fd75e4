//! The router's half has no cipher, hash or allocator among its dependencies: asked of Cargo, not promised.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use std::{collections::BTreeMap, env, process::Command};

/// The packages that are compiled with these features for this machine, each with its own features.
fn packages(features: &[&str]) -> BTreeMap<String, String> {
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", "telseal", "--edges", "normal", "--prefix", "none", "--format", "{p}|{f}"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .args(features)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    tree.lines()
        .map(|line| {
            let (package, features) = line.split_once('|').unwrap();
            let (name, _version) = package.split_once(' ').unwrap();
            (name.to_string(), features.trim_end_matches(" (*)").to_string())
        })
        .collect()
}

#[test]
fn a_router_compiles_two_small_packages_and_no_cipher() {
    for (features, expected) in [
        (&["--no-default-features"][..], &[("subtle", "i128"), ("telseal", ""), ("zeroize", "")][..]),
        (
            &["--no-default-features", "--features", "serde"],
            &[("serde_core", ""), ("subtle", "i128"), ("telseal", "serde"), ("zeroize", "")],
        ),
    ] {
        let found = packages(features);
        assert!(
            found.iter().map(|(name, own)| (name.as_str(), own.as_str())).eq(expected.iter().copied()),
            "{found:?}"
        );
    }
}

/// The control: the check would see a cipher.
#[test]
fn a_key_holder_compiles_a_cipher() {
    let packages = packages(&[]);
    for name in ["aes", "aes-siv", "cmac", "ctr", "getrandom", "hkdf", "hmac", "sha2", "telseal"] {
        assert!(packages.contains_key(name), "{name} is not in {packages:?}");
    }
}

/// A handset that asks for tags has no keyring: none of what keyrings and sealers are made of.
#[test]
fn a_handset_compiles_no_cipher() {
    let packages = packages(&["--no-default-features", "--features", "oblivious"]);
    for name in ["aes", "aes-siv", "cmac", "ctr", "hkdf", "hmac"] {
        assert!(!packages.contains_key(name), "{name} is in {packages:?}");
    }
    for (name, features) in [("curve25519-dalek", "rand_core,zeroize"), ("telseal", "oblivious")] {
        assert_eq!(packages[name], features);
    }
}
