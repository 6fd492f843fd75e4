//! The oldest Rust that is promised is not older than what the dependencies ask for.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use serde_json::Value;
use std::{collections::BTreeSet, env, process::Command};

fn metadata() -> Value {
    let cargo = env::var_os("CARGO").unwrap_or("cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--all-features"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn find<'a>(list: &'a Value, id: &str) -> &'a Value {
    list.as_array().unwrap().iter().find(|entry| entry["id"] == id).unwrap()
}

fn rust_version(package: &Value) -> Option<[u64; 3]> {
    let mut parts = package["rust_version"].as_str()?.split('.').map(|part| part.parse().unwrap());
    Some([parts.next().unwrap(), parts.next().unwrap_or(0), parts.next().unwrap_or(0)])
}

#[test]
fn no_dependency_needs_a_newer_rust() {
    let metadata = metadata();
    let telseal = metadata["resolve"]["root"].as_str().unwrap();
    let ours = rust_version(find(&metadata["packages"], telseal)).unwrap();
    let (mut reached, mut left) = (BTreeSet::new(), vec![telseal]);
    while let Some(id) = left.pop() {
        if !reached.insert(id) {
            continue;
        }
        let package = find(&metadata["packages"], id);
        assert!(rust_version(package) <= Some(ours), "{id} needs {}", package["rust_version"]);
        let normal = |edge: &&Value| edge["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"].is_null());
        let edges = find(&metadata["resolve"]["nodes"], id)["deps"].as_array().unwrap();
        left.extend(edges.iter().filter(normal).map(|edge| edge["pkg"].as_str().unwrap()));
    }
    let known = |name: &str| reached.iter().any(|id| find(&metadata["packages"], id)["name"] == name);
    assert!(known("zeroize") && known("aes") && known("cipher") && known("serde_core"), "{reached:?}");
    assert!(!known("criterion"), "{reached:?}");
}
