//! `TagHasher`: a directory by tag or token is a map like any other, and hashes are the keys' own bytes.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, Hasher},
};
use telseal::{Imsi, Tag, TagHasher, Token};

type Build = BuildHasherDefault<TagHasher>;

/// Tags that differ in every byte, the lowest bits included.
fn tag(number: u64) -> Tag<Imsi> {
    let half = number.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes();
    Tag::from_bytes(core::array::from_fn(|i| half[i % 8] ^ i as u8))
}

#[test]
fn the_hash_is_the_last_eight_bytes() {
    let tag = tag(7);
    let last: [u8; 8] = tag.as_bytes()[8..].try_into().unwrap();
    assert_eq!(Build::default().hash_one(tag), u64::from_le_bytes(last));

    let mut bytes: [u8; 27] = core::array::from_fn(|i| i as u8);
    bytes[..3].copy_from_slice(&[0x49, 0, 1]);
    let token = Token::<Imsi>::try_from(bytes).unwrap();
    assert_eq!(Build::default().hash_one(token), u64::from_le_bytes([19, 20, 21, 22, 23, 24, 25, 26]));
}

#[test]
fn every_byte_of_short_input_counts() {
    let hash = |bytes: &[u8]| {
        let mut hasher = TagHasher::default();
        hasher.write(bytes);
        hasher.finish()
    };
    assert_eq!(hash(&[]), 0);
    let hashes: Vec<_> = [&[1][..], &[2], &[1, 2], &[2, 1], &[1, 2, 3, 4, 5, 6, 7]].map(hash).into();
    for (i, a) in hashes.iter().enumerate() {
        assert!(!hashes[..i].contains(a), "{a:x}");
    }
    // Behind a tag too, as in a key of several parts: none is lost in what is there already.
    let mut hasher = TagHasher::default();
    hasher.write(&[0xFF; 16]);
    hasher.write(&[1]);
    assert_eq!(hasher.finish(), !1);
}

#[test]
fn a_directory_finds_what_was_put_in() {
    let mut directory: HashMap<Tag<Imsi>, u64, Build> = (0..10_000).map(|number| (tag(number), number)).collect();
    assert_eq!(directory.len(), 10_000);
    for number in 0..10_000 {
        assert_eq!(directory.get(&tag(number)), Some(&number));
    }
    assert_eq!(directory.remove(&tag(1)), Some(1));
    assert_eq!(directory.get(&tag(1)), None);
    assert_eq!(directory.get(&tag(10_000)), None);
}
