#![allow(clippy::unwrap_used)] // what fails here fails the test

use super::*;
use ::fpe::ff1::{FF1, FlexibleNumeralString};
use proptest::{collection::vec, prelude::*};
use std::{format, string::String, vec, vec::Vec};

fn word(digits: &[u8]) -> u64 {
    digits.iter().rev().fold(0, |word, &digit| word << 4 | u64::from(digit))
}

fn digits(text: &str) -> Vec<u8> {
    text.bytes().map(|byte| byte - b'0').collect()
}

fn tweak_word(tweak: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..tweak.len()].copy_from_slice(tweak);
    u128::from_be_bytes(bytes)
}

fn words_of(tweak: u128) -> [u64; 2] {
    [(tweak >> 64) as u64, tweak as u64]
}

/// Many in place.
fn many<const DECRYPT: bool>(ff1: &Ff1, n: usize, tweak: impl Fn(u64, u64) -> [u64; 2], words: &mut [u64]) {
    let mut batch = Batch::new();
    batch.words[..words.len()].copy_from_slice(words);
    ff1.many::<DECRYPT>(n, &mut batch, tweak);
    words.copy_from_slice(&batch.words[..words.len()]);
}

fn oracle(key: &[u8; 32], tweak: &[u8], digits: &[u8]) -> Vec<u8> {
    let numerals = FlexibleNumeralString::from(digits.iter().map(|&digit| digit.into()).collect::<Vec<u16>>());
    let encrypted = FF1::<aes::Aes256>::new(key, 10).unwrap().encrypt(tweak, &numerals).unwrap();
    Vec::<u16>::from(encrypted).into_iter().map(|digit| digit as u8).collect()
}

/// The samples of NIST for FF1 with AES-256 and radix 10: "FF1 Samples", samples 7 and 8.
#[test]
fn samples_of_nist() {
    let key = hex::decode("2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94").unwrap();
    let key = <&[u8; 32]>::try_from(&key[..]).unwrap();
    for (tweak, encrypted) in [("", "6657667009"), ("39383736353433323130", "1001623463")] {
        let tweak = hex::decode(tweak).unwrap();
        let ff1 = Ff1::new(key, tweak.len());
        let (plain, encrypted) = (word(&digits("0123456789")), word(&digits(encrypted)));
        assert_eq!(ff1.one::<false>(10, words_of(tweak_word(&tweak)), 0, plain), encrypted);
        assert_eq!(ff1.one::<true>(10, words_of(tweak_word(&tweak)), 0, encrypted), plain);
    }
}

proptest! {
    /// `fpe` says the same, one at a time and many at once, and it is decrypted again.
    #[test]
    fn equals_another_crate(
        key: [u8; 32], tweak in vec(any::<u8>(), 0..=11), plain in vec(0_u8..10, 6..=16), count in 1..=BATCH,
    ) {
        let (n, ff1) = (plain.len(), Ff1::new(&key, tweak.len()));
        let encrypted = word(&oracle(&key, &tweak, &plain));
        prop_assert_eq!(ff1.one::<false>(n, words_of(tweak_word(&tweak)), 0, word(&plain)), encrypted);
        prop_assert_eq!(ff1.one::<true>(n, words_of(tweak_word(&tweak)), 0, encrypted), word(&plain));

        let mut words = vec![word(&plain); count];
        many::<false>(&ff1, n, |_, _| words_of(tweak_word(&tweak)), &mut words);
        prop_assert_eq!(&words, &vec![encrypted; count]);
        many::<true>(&ff1, n, |_, _| words_of(tweak_word(&tweak)), &mut words);
        prop_assert_eq!(&words, &vec![word(&plain); count]);
    }

    /// Each place of a batch has its own message and tweak, and keeps the digits before and behind those that change.
    #[test]
    fn places_of_a_batch_are_apart(key: [u8; 32], n in 6_usize..=16, count in 1..=BATCH, seed: u64) {
        let ff1 = Ff1::new(&key, 11);
        let random = |i: usize| (seed ^ i as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29);
        let before = |i: usize| i % (17 - n);
        let block = |i: usize| {
            let width = n + before(i);
            word(&digits(&format!("{:020}", random(i)))[4..][..width]) | u64::MAX.checked_shl(4 * width as u32).unwrap_or(0)
        };
        let tweak = |block: u64, before: u64| {
            let clear = block & ((1 << (4 * before)) - 1);
            [clear.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ before, clear << 40]
        };
        let plain: Vec<u64> = (0..count).map(block).collect();
        let mut batch = Batch::new();
        for (i, plain) in plain.iter().enumerate() {
            (batch.words[i], batch.before[i]) = (*plain, before(i) as u64);
        }
        ff1.many::<false>(n, &mut batch, tweak);
        for (i, plain) in plain.iter().enumerate() {
            let encrypted = ff1.one::<false>(n, tweak(*plain, before(i) as u64), before(i), *plain);
            prop_assert_eq!(batch.words[i], encrypted);
            // As `fpe` has it.
            let tweak: Vec<u8> = tweak(*plain, before(i) as u64).iter().flat_map(|word| word.to_be_bytes()).take(11).collect();
            let nibble = |at: usize| (plain >> (4 * at) & 0xF) as u8;
            let part: Vec<u8> = (before(i)..before(i) + n).map(nibble).collect();
            let expected: Vec<u8> =
                (0..before(i)).map(nibble).chain(oracle(&key, &tweak, &part)).chain((before(i) + n..16).map(nibble)).collect();
            prop_assert_eq!(encrypted, word(&expected));
        }
        ff1.many::<true>(n, &mut batch, tweak);
        prop_assert_eq!(&batch.words[..count], &plain);
    }

    #[test]
    fn remainders(y: u64, low in any::<u32>(), digits in 3_u32..=8, a: u64) {
        let (m, modulus) = (10_u64.pow(digits), Modulus::new(digits));
        for y in [y, low.into(), u64::from(low) << 32, y % m, y - y % m, (y - y % m).wrapping_sub(1)] {
            prop_assert_eq!(modulus.reduce(y), y % m);
            prop_assert_eq!(modulus.reduce_in_vectors(y), y % m);
            let (a, y) = (a % m, y % m);
            prop_assert_eq!(modulus.step::<false>(a, y), (a + y) % m);
            prop_assert_eq!(modulus.step::<true>(a, y), (a + m - y) % m);
        }
    }
}

#[test]
fn edges_of_remainders() {
    for digits in 3..=8 {
        let (m, modulus) = (10_u64.pow(digits), Modulus::new(digits));
        let corners = [0, 1, m - 1, m, m + 1, 2 * m - 1, 2 * m, u64::from(u32::MAX), 1 << 32, (1 << 32) + m, u64::MAX];
        for y in corners.into_iter().chain(corners.map(|corner| u64::MAX - corner)) {
            assert_eq!([modulus.reduce(y), modulus.reduce_in_vectors(y)], [y % m; 2], "{y} mod {m}");
        }
        for high in (0..=u32::MAX).step_by(65_521) {
            for y in [u64::from(high) << 32, u64::from(high) << 32 | u64::from(u32::MAX)] {
                assert_eq!([modulus.reduce(y), modulus.reduce_in_vectors(y)], [y % m; 2], "{y} mod {m}");
            }
        }
    }
}

/// All numbers of 8 digits, near the ends and by steps between.
#[test]
fn digits_of_numbers() {
    let edges = (0..100_000).chain(99_900_000..100_000_000);
    for value in edges.chain((0..100_000_000).step_by(997)) {
        let text: String = format!("{value:08}");
        assert_eq!(nibbles(value), word(&digits(&text)), "{text}");
        assert_eq!(number(nibbles(value)), value);
    }
}

/// 10⁶ messages, 10⁶ results.
#[test]
fn a_permutation_of_the_smallest_domain() {
    let ff1 = Ff1::new(&[0x42; 32], 11);
    let mut hit = vec![false; 1_000_000];
    let mut batch = [0; BATCH];
    for start in (0..1_000_000).step_by(BATCH) {
        for (i, word) in batch.iter_mut().enumerate() {
            // 6 digits are the last 6 of 8.
            *word = nibbles(start + i as u64) >> 8;
        }
        let plain = batch;
        many::<false>(&ff1, 6, |_, _| [7 << 40, 0], &mut batch);
        for (encrypted, plain) in batch.iter().zip(plain) {
            let place = &mut hit[number(encrypted << 8) as usize];
            assert!(!*place, "{encrypted:06x} twice");
            *place = true;
            assert!(plain & !0xFF_FFFF == 0);
        }
    }
    assert!(hit.iter().all(|hit| *hit));
}

#[test]
fn depths_are_in_kib() {
    assert_eq!(crate::stack::kib(core::hint::black_box(3), 3), 3072);
}
