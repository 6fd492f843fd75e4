//! Scopes: what is one, what it is compared by, and what is refused.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{CUTS, LONG, all_different, refused};
use proptest::{collection::vec, prelude::*};
use std::{
    hash::{BuildHasher, RandomState},
    iter,
};
use telseal::Scope;

#[test]
fn labels_come_back_in_order() {
    for labels in [
        &["routing"][..],
        &["acme", "routing"],
        &["a|b", "c"],
        &["a", "b|c"],
        &["\0", "\u{1}a", "é", "日本", "\u{10FFFF}"],
        &["same", "same"],
        &[" "],
    ] {
        let scope = Scope::new(labels).unwrap();
        assert!(scope.labels().eq(labels.iter().copied()), "{labels:?}");
        assert_eq!(Scope::new(labels.iter().map(|label| label.to_string())).unwrap(), scope);
        assert_eq!(scope.clone(), scope);
    }
}

#[test]
fn the_length_of_a_label_is_counted_in_bytes() {
    for length in 0..=300 {
        for (first, label) in [(0, "x".repeat(length)), (1, "é".repeat(length / 2))] {
            let labels: Vec<_> = iter::repeat_n("first", first).chain([label.as_str()]).collect();
            let read = Scope::new(&labels);
            match label.len() {
                1..=255 => assert!(read.unwrap().labels().eq(labels)),
                found => {
                    refused(read, &format!("scope: expected 1 to 255 bytes in label {}, found {found}", first + 1))
                }
            }
        }
    }
    refused(Scope::new([&"x".repeat(LONG)]), &format!("scope: expected 1 to 255 bytes in label 1, found {LONG}"));
}

#[test]
fn there_is_no_empty_scope() {
    refused(Scope::new::<&str>([]), "scope: expected at least one label");
    refused(Scope::new([""]), "scope: expected 1 to 255 bytes in label 1, found 0");
    refused(Scope::new(["a", "", "b"]), "scope: expected 1 to 255 bytes in label 2, found 0");
    refused(Scope::new(["a", "b", ""]), "scope: expected 1 to 255 bytes in label 3, found 0");
}

#[test]
fn as_many_labels_as_are_wanted() {
    let labels = vec!["label"; 10_000];
    assert!(Scope::new(&labels).unwrap().labels().eq(labels));
}

#[test]
fn labels_are_not_joined() {
    all_different(&CUTS.map(|labels| Scope::new(labels).unwrap()));
}

/// A scope is no secret.
#[test]
fn debug_shows_the_labels() {
    assert_eq!(format!("{:?}", Scope::new(["acme", "routing"]).unwrap()), r#"Scope["acme", "routing"]"#);
}

proptest! {
    #[test]
    fn two_scopes_are_equal_where_their_labels_are(a in vec("[ab\u{1}\u{2}|]{1,3}", 1..4), b in vec("[ab\u{1}\u{2}|]{1,3}", 1..4)) {
        let [x, y] = [&a, &b].map(|labels| Scope::new(labels).unwrap());
        prop_assert!(x.labels().eq(a.iter().map(String::as_str)));
        prop_assert_eq!(x == y, a == b);
        let hasher = RandomState::new();
        prop_assert_eq!(hasher.hash_one(x) == hasher.hash_one(y), a == b);
    }
}
