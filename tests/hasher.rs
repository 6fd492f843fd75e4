//! `TagHasher`: a directory by tag or token is a map like any other, also where they are one part of the key.

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

fn hash(parts: &[&[u8]]) -> u64 {
    let mut hasher = TagHasher::default();
    parts.iter().for_each(|part| hasher.write(part));
    hasher.finish()
}

#[test]
fn every_bit_of_a_key_counts() {
    // Tags, tokens, and keys that are shorter than a word.
    for length in [1, 2, 7, 8, 9, 16, 27] {
        let bytes: Vec<_> = (0..length as u8).map(|i| i.wrapping_mul(0x51) ^ 0x2C).collect();
        let mut hashes: Vec<_> = (0..8 * length)
            .map(|bit| {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                hash(&[&changed])
            })
            .chain([hash(&[&bytes]), hash(&[&bytes, &[0]]), hash(&[&[0], &bytes])])
            .collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 8 * length + 3, "{length} bytes");
    }
    assert_eq!(hash(&[]), 0);
    assert_ne!(hash(&[&[1]]), hash(&[&[1, 0]]));
    assert_ne!(hash(&[&[1], &[2]]), hash(&[&[2], &[1]]));
}

#[test]
fn tokens_are_hashed_as_their_bytes() {
    let mut bytes: [u8; 27] = core::array::from_fn(|i| i as u8);
    bytes[..3].copy_from_slice(&[0x49, 0, 1]);
    let token = Token::<Imsi>::try_from(bytes).unwrap();
    assert_eq!(Build::default().hash_one(token), hash(&[&bytes]));
    assert_eq!(Build::default().hash_one(token.tag()), hash(&[&bytes[3..19]]));
}

/// Of so many hashes no two are alike, and neither the low bits, by which a table places, nor the high seven, by which it
/// compares, are those of many: for keys of several parts of which all but one are the same, whichever that is.
#[test]
fn keys_of_several_parts_are_spread() {
    const KEYS: usize = 40_000;
    let tags: Vec<_> = (0..KEYS as u64).map(tag).collect();
    let spread = |what: &str, hash: &dyn Fn(usize) -> u64| {
        let mut hashes: Vec<_> = (0..KEYS).map(hash).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), KEYS, "{what}");
        let mut places = vec![0_u32; 1 << 16];
        hashes.iter().for_each(|hash| places[(hash & 0xFFFF) as usize] += 1);
        // Thrown at random, the fullest of 65536 places gets 8 or so.
        assert!(*places.iter().max().unwrap() <= 16, "{what}: {}", places.iter().max().unwrap());
        let mut heads = [0_usize; 128];
        hashes.iter().for_each(|hash| heads[(hash >> 57) as usize] += 1);
        assert!(heads.iter().all(|count| (KEYS / 256..KEYS / 64).contains(count)), "{what}: {heads:?}");
    };
    let build = Build::default();
    spread("tags", &|i| build.hash_one(tags[i]));
    spread("tag and one number", &|i| build.hash_one((tags[i], 7_u64)));
    spread("one number and tag", &|i| build.hash_one((7_u64, tags[i])));
    spread("one tag and numbers", &|i| build.hash_one((tags[0], i as u64)));
    spread("numbers and one tag", &|i| build.hash_one((i as u64, tags[0])));
    spread("one tag and multiples of a power of two", &|i| build.hash_one((tags[0], (i as u64) << 40)));
    spread("tag and text", &|i| build.hash_one((tags[i], "endpoint")));
    spread("two tags", &|i| build.hash_one((tags[i], tags[0])));
    spread("two other tags", &|i| build.hash_one((tags[0], tags[i])));
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
