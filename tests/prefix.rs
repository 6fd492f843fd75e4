//! Prefixes, their tags, and routes by the longest prefix.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{Sample, all_different, keyring, oracle_header, oracle_key, oracle_seal, refused, scope, tbcd, version};
use proptest::{
    collection::{btree_map, vec},
    prelude::*,
    sample::select,
    string::string_regex,
};
use std::{
    collections::{BTreeMap, HashMap},
    hash::BuildHasherDefault,
};
use telseal::{
    Identifier, Imei, Imeisv, Imsi, Indexer, Keyring, PhoneNumber, Prefix, PrefixLengths, PrefixTag, Prefixed, Scope,
    Tag, TagHasher,
};

/// A kind by its digits.
trait Digits: Prefixed {
    fn of(digits: &str) -> Self;
    fn prefix(digits: &str) -> Prefix<Self>;
    /// The digits of identifiers that are reserved for tests and have many beginnings in common.
    const RESERVED: &'static str;
    /// The beginning of such identifiers, behind which four digits 2 or 3 may stand somewhere in `REST`.
    const START: &'static str;
    const REST: [&'static str; 2];
}

impl Digits for PhoneNumber {
    fn of(digits: &str) -> Self {
        PhoneNumber::from_msisdn(digits).unwrap()
    }
    fn prefix(digits: &str) -> Prefix<Self> {
        format!("+{digits}").parse().unwrap()
    }
    const RESERVED: &'static str = "44(2079460|7700900)[0-9]{3}|1[2-4][0-2][0-2]55501[0-9]{2}|61491570[0-9]{3}";
    const START: &'static str = "1";
    const REST: [&'static str; 2] = ["55501", "0"];
}

impl Digits for Imsi {
    fn of(digits: &str) -> Self {
        digits.parse().unwrap()
    }
    fn prefix(digits: &str) -> Prefix<Self> {
        digits.parse().unwrap()
    }
    const RESERVED: &'static str = "(001|999)[0-2]{3,12}";
    const START: &'static str = "999";
    const REST: [&'static str; 2] = ["", "01234567"];
}

impl Digits for Imei {
    fn of(digits: &str) -> Self {
        digits.parse().unwrap()
    }
    fn prefix(digits: &str) -> Prefix<Self> {
        digits.parse().unwrap()
    }
    const RESERVED: &'static str = "00[0-2]{12}";
    const START: &'static str = "00";
    const REST: [&'static str; 2] = ["", "01234567"];
}

fn indexer<I: Prefixed>(versions: &[u16]) -> Indexer<Prefix<I>> {
    keyring(versions).indexer(&scope())
}

fn all_lengths<I: Prefixed>() -> PrefixLengths<I> {
    PrefixLengths::new(1..=I::MAX_PREFIX).unwrap()
}

/// By other means: AES-SIV and HKDF of other crates.
fn oracle<I: Identifier>(digits: &str, number: u16) -> [u8; 16] {
    let letter = I::KIND.letter().to_ascii_lowercase();
    let mut block = tbcd(digits);
    block.resize(8, 0xFF);
    let key = oracle_key("telseal/v1/prefix", number, letter, &["acme", "routing"]);
    oracle_seal(&key, &oracle_header(letter, number), &block)[..16].try_into().unwrap()
}

#[test]
fn tags_are_those_of_the_format_by_other_means() {
    fn check<I: Digits + Sample>(max: usize) {
        assert_eq!(I::MAX_PREFIX, max);
        let indexer = indexer::<I>(&[1, 258]);
        for number in 0..20 {
            let identifier = I::sample(number);
            let digits = identifier.digits();
            for length in 1..=max {
                let prefix = Prefix::of(&identifier, length).unwrap();
                assert_eq!((&prefix, prefix.len()), (&I::prefix(&digits[..length]), length));
                let expected = [258, 1].map(|number| Tag::from_bytes(oracle::<I>(&digits[..length], number)));
                assert_eq!(indexer.tag(&prefix), expected[0]);
                assert!(indexer.lookup(&prefix).eq(expected));
            }
        }
    }
    check::<PhoneNumber>(10);
    check::<Imsi>(10);
    check::<Imei>(8);
}

/// Made with HKDF and AES-SIV of OpenSSL, for the secret 00..1f, the scope ["acme", "routing"] and key version 1.
#[test]
fn known_tags() {
    let secret = core::array::from_fn(|i| i as u8);
    let keyring = Keyring::from_secrets([(version(1), &secret)]).unwrap();
    fn check<I: Prefixed>(keyring: &Keyring, prefix: &str, tag: &str) {
        let indexer: Indexer<Prefix<I>> = keyring.indexer(&scope());
        assert_eq!(format!("{:x}", indexer.tag(&prefix.parse().unwrap())), tag, "{prefix}");
    }
    check::<PhoneNumber>(&keyring, "+44", "9ee4729c11e9d26dfac4fe09c92111d6");
    check::<PhoneNumber>(&keyring, "+44 20", "2772ca46d6c48dde1fc97d3a95dc799f");
    check::<Imsi>(&keyring, "00101", "6d16cd01eda45f91fccb97d14d713b95");
    check::<Imei>(&keyring, "49015420", "49261e8f5735a9ed50d976f8b4636525");
}

#[test]
fn prefixes_of_identifiers() {
    let number: PhoneNumber = "+4420794".parse().unwrap(); // 7 digits, as few as there can be
    for (length, expected) in [(1, Some("+4")), (2, Some("+44")), (7, Some("+4420794")), (8, None), (10, None)] {
        assert_eq!(Prefix::of(&number, length), expected.map(|text| text.parse().unwrap()), "{length}");
    }
    let imei: Imei = "49015420323751".parse().unwrap();
    for length in [0, 9, 14, 15, 16, 17, 64, usize::MAX] {
        assert_eq!(Prefix::of(&imei, length), None, "{length}");
    }
    let longest: PhoneNumber = "+999123456789012".parse().unwrap();
    assert_eq!(Prefix::of(&longest, 10), "+9991234567".parse().ok());
    assert_eq!(Prefix::of(&longest, 11), None);
}

/// An IMEI and the IMEISVs of the device have one type allocation code, and one tag of it.
#[test]
fn an_imeisv_has_the_prefixes_of_its_imei() {
    let (imei, lengths) = ("49-015420-323751-8".parse::<Imei>().unwrap(), all_lengths());
    let indexer = indexer::<Imei>(&[1]);
    for imeisv in ["4901542032375112", "4901542032375113"] {
        let imeisv: Imeisv = imeisv.parse().unwrap();
        assert!(indexer.tags(&imeisv.imei(), lengths).eq(indexer.tags(&imei, lengths)));
    }
}

#[test]
fn texts_of_prefixes() {
    fn same<I: Prefixed>(texts: &[&str], length: usize) {
        let prefixes: Vec<Prefix<I>> = texts.iter().map(|text| text.parse().unwrap()).collect();
        common::all_equal(&prefixes);
        assert!(prefixes.iter().all(|prefix| prefix.len() == length));
    }
    same::<PhoneNumber>(&["+4"], 1);
    same::<PhoneNumber>(&["+4420", "+44 20", "+44 (20)", "+44-20", "+44.20 "], 4);
    same::<PhoneNumber>(&["+1 212 555 01", "+121255501"], 9);
    same::<PhoneNumber>(&["+44 20 7946 00", "+4420794600"], 10);
    same::<Imsi>(&["0"], 1);
    same::<Imsi>(&["00101"], 5);
    same::<Imsi>(&["9997012345"], 10);
    same::<Imei>(&["49015420"], 8);
    same::<Imei>(&["00"], 2);
    // 04 and 004 are two networks.
    assert_ne!("99904".parse::<Prefix<Imsi>>(), "999004".parse());
}

#[test]
fn texts_that_are_no_prefix() {
    fn check<I: Prefixed>(what: &str, refusals: &[(&str, &str)]) {
        for (text, message) in refusals {
            refused(text.parse::<Prefix<I>>(), &format!("prefix of {what}: {message}"));
        }
    }
    check::<PhoneNumber>(
        "phone numbers",
        &[
            ("", "expected an identifier, found an empty text"),
            ("44", "expected `+` and the country code at byte 0"),
            ("0044", "expected `+` and the country code at byte 0"),
            ("tel:+44", "expected `+` and the country code at byte 0"),
            ("+", "expected 1 to 10 digits, found 0"),
            ("+ ", "expected 1 to 10 digits, found 0"),
            ("+0", "expected a country code, which never begins with zero, at byte 1"),
            ("+44207946001", "expected 1 to 10 digits, found 11"),
            ("+44 20 7946 0018 0000", "expected 1 to 10 digits, found 16"),
            ("+44 20 7946 0018 00000", "expected 1 to 10 digits, found 17"),
            ("+44 (0)20", "expected no trunk prefix after the country code at byte 5"),
            ("+44 020", "expected no trunk prefix after the country code at byte 4"),
            ("+44 (20", "expected parentheses in pairs, none inside another, at byte 4"),
            ("+44*", "expected a digit at byte 3"),
            ("+٤²", "expected a digit at byte 3"),
        ],
    );
    check::<Imsi>(
        "IMSIs",
        &[
            ("", "expected an identifier, found an empty text"),
            ("99970123456", "expected 1 to 10 digits, found 11"),
            ("001.01", "expected a digit at byte 3"),
            ("imsi-00101", "expected one of the forms that are read at byte 0"),
        ],
    );
    check::<Imei>(
        "IMEIs",
        &[
            ("", "expected an identifier, found an empty text"),
            ("490154203", "expected 1 to 8 digits, found 9"),
            ("49·015420", "expected a digit, found U+00B7, at byte 2"),
        ],
    );
}

#[test]
fn lengths() {
    fn check<I: Prefixed>(what: &str) {
        let max = I::MAX_PREFIX;
        let message = |found| format!("prefix of {what}: expected 1 to {max} digits, found {found}");
        for lengths in [&[][..], &[0], &[1, 0], &[0, 2, 99]] {
            refused(PrefixLengths::<I>::new(lengths.iter().copied()), &message(0));
        }
        for found in [max + 1, 15, 16, 64, usize::MAX] {
            refused(PrefixLengths::<I>::new([1, found]), &message(found));
        }
        let lengths = PrefixLengths::<I>::new([3, 1, 8, 3]).unwrap();
        assert_eq!(lengths, PrefixLengths::new([1, 3, 8]).unwrap());
        assert_ne!(lengths, PrefixLengths::new([1, 3]).unwrap());
        for lengths in [lengths, Clone::clone(&lengths)] {
            assert_eq!(format!("{lengths:?}"), "PrefixLengths{1, 3, 8}");
        }
    }
    check::<PhoneNumber>("phone numbers");
    check::<Imsi>("IMSIs");
    check::<Imei>("IMEIs");
}

/// Every set of lengths: those that the number has, the longest first, and each as it is alone.
#[test]
fn the_tags_of_an_identifier() {
    fn check<I: Prefixed>(identifiers: &[&str]) {
        let indexer = indexer::<I>(&[1, 2]);
        for text in identifiers {
            let identifier: I = text.parse().unwrap();
            let alone: Vec<_> =
                (1..=I::MAX_PREFIX).map(|n| Prefix::of(&identifier, n).map(|prefix| indexer.tag(&prefix))).collect();
            for set in 1_u32..1 << I::MAX_PREFIX {
                let is_in = |n: &usize| set >> (n - 1) & 1 == 1;
                let lengths = PrefixLengths::new((1..=I::MAX_PREFIX).filter(is_in)).unwrap();
                let expected: Vec<_> = (1..=I::MAX_PREFIX).rev().filter(is_in).filter_map(|n| alone[n - 1]).collect();
                let tags = indexer.tags(&identifier, lengths);
                assert_eq!(tags.len(), expected.len());
                assert!(tags.eq(expected));
            }
        }
    }
    check::<PhoneNumber>(&["+4420794", "+44207946", "+447700900123"]);
    check::<Imsi>(&["001010", "00101012", "999701234567890"]);
    check::<Imei>(&["49015420323751"]);
}

/// Where everything is the same that can be: other kinds, other lengths, other scopes, other versions, and the tag of
/// the identifier that has these digits and no more.
#[test]
fn no_two_tags_meet() {
    let mut tags = Vec::new();
    for labels in [&["acme", "routing"][..], &["acme"]] {
        let (keyring, scope) = (keyring(&[1, 2, 0x0102, 0x0201]), Scope::new(labels).unwrap());
        let digits = "9991234";
        let (phones, imsis) = (keyring.indexer::<PhoneNumber>(&scope), keyring.indexer::<Imsi>(&scope));
        tags.extend(phones.lookup(&PhoneNumber::of(digits)).map(|tag| *tag.as_bytes()));
        tags.extend(imsis.lookup(&Imsi::of(digits)).map(|tag| *tag.as_bytes()));
        for length in 1..=digits.len() {
            let digits = &digits[..length];
            tags.extend(keyring.indexer(&scope).lookup(&PhoneNumber::prefix(digits)).map(|tag| *tag.as_bytes()));
            tags.extend(keyring.indexer(&scope).lookup(&Imsi::prefix(digits)).map(|tag| *tag.as_bytes()));
            tags.extend(keyring.indexer(&scope).lookup(&Imei::prefix(digits)).map(|tag| *tag.as_bytes()));
        }
    }
    assert_eq!(tags.len(), 2 * 4 * (2 + 3 * 7));
    all_different(&tags);
    // Nor do their keys: each letter and each label, under one version.
    let keys = ["telseal/v1/siv", "telseal/v1/prefix"];
    let keys = keys.iter().flat_map(|label| "PSEVpse".chars().map(|letter| oracle_key(label, 1, letter, &["acme"])));
    all_different(&keys.collect::<Vec<_>>());
    all_different(&"PSEVpse".chars().map(|letter| oracle_header(letter, 1)).collect::<Vec<_>>());
    assert_eq!(["p", "s", "e"].map(|letter| oracle_header(letter.chars().next().unwrap(), 1)[0]), [0xA5, 0xB1, 0x79]);
}

/// Routes in plaintext: a tree of digits.
#[derive(Default)]
struct Trie {
    route: Option<u32>,
    next: [Option<Box<Trie>>; 10],
}

impl Trie {
    fn add(&mut self, digits: &str, route: u32) {
        match digits.bytes().next() {
            None => self.route = Some(route),
            Some(digit) => {
                self.next[usize::from(digit - b'0')].get_or_insert_default().add(&digits[1..], route);
            }
        }
    }

    /// The route deepest down on the way along the digits.
    fn find(&self, digits: &str) -> Option<u32> {
        let further = digits.bytes().next().and_then(|digit| self.next[usize::from(digit - b'0')].as_ref());
        further.and_then(|node| node.find(&digits[1..])).or(self.route)
    }
}

/// What a router holds, and what it does with the tags that come with a message.
#[derive(Default)]
struct Router<I: Prefixed>(HashMap<PrefixTag<I>, u32, BuildHasherDefault<TagHasher>>);

impl<I: Prefixed> Router<I> {
    fn find(&self, mut tags: impl Iterator<Item = PrefixTag<I>>) -> Option<u32> {
        tags.find_map(|tag| self.0.get(&tag).copied())
    }
}

/// The same routes as a tree of digits and as tags, with the lengths that they have.
fn routes_agree<I: Digits>(table: &BTreeMap<String, u32>, numbers: &[String]) {
    // While keys rotate: the table is filled under both versions, and a gateway asks under either.
    let mut keyring = keyring(&[1, 2]);
    let newer: Indexer<Prefix<I>> = keyring.indexer(&scope());
    keyring.promote(version(1)).unwrap();
    let older: Indexer<Prefix<I>> = keyring.indexer(&scope());
    let lengths = PrefixLengths::new(table.keys().map(String::len)).unwrap();

    let (mut trie, mut router) = (Trie::default(), Router::<I>(HashMap::default()));
    for (digits, &route) in table {
        trie.add(digits, route);
        for tag in newer.lookup(&I::prefix(digits)) {
            assert_eq!(router.0.insert(tag, route), None);
        }
    }
    for digits in numbers {
        let (identifier, expected) = (I::of(digits), trie.find(digits));
        assert_eq!(router.find(newer.tags(&identifier, lengths)), expected);
        assert_eq!(router.find(older.tags(&identifier, lengths)), expected);
        // Lengths that no route has change nothing.
        assert_eq!(router.find(newer.tags(&identifier, all_lengths())), expected);
    }
}

/// Every table of routes whose prefixes have one to three digits 2 or 3 behind a common beginning, and every number of
/// four such digits.
#[test]
fn every_table_of_a_small_domain_routes_as_in_plaintext() {
    fn check<I: Digits>() {
        let words = |length: usize| {
            let digit = move |bits: usize| move |at: usize| if bits >> at & 1 == 1 { '3' } else { '2' };
            (0..1 << length).map(move |bits| (0..length).map(digit(bits)).collect::<String>())
        };
        let prefixes: Vec<_> = (1..=3).flat_map(words).map(|word| format!("{}{word}", I::START)).collect();
        assert_eq!(prefixes.len(), 2 + 4 + 8);
        let number = |word: String| [I::START, &word[..3], I::REST[0], &word[3..], I::REST[1]].concat();
        let numbers: Vec<_> = words(4).map(number).collect();
        assert_eq!(numbers.len(), 16);
        let (indexer, lengths) = (indexer::<I>(&[1]), all_lengths());
        let prefix_tags: Vec<_> = prefixes.iter().map(|prefix| indexer.tag(&I::prefix(prefix))).collect();
        let tags: Vec<Vec<_>> = numbers.iter().map(|number| indexer.tags(&I::of(number), lengths).collect()).collect();
        for table in 0_u32..1 << prefixes.len() {
            let (mut trie, mut router) = (Trie::default(), Router::<I>(HashMap::default()));
            for route in (0..prefixes.len()).filter(|route| table >> route & 1 == 1) {
                trie.add(&prefixes[route], route as u32);
                router.0.insert(prefix_tags[route], route as u32);
            }
            for (number, tags) in numbers.iter().zip(&tags) {
                assert_eq!(router.find(tags.iter().copied()), trie.find(number));
            }
        }
    }
    check::<PhoneNumber>();
    check::<Imsi>();
    check::<Imei>();
}

/// A table of up to 40 routes, and numbers: most prefixes are beginnings of the numbers, and so of each other.
fn tables<I: Digits>() -> impl Strategy<Value = (BTreeMap<String, u32>, Vec<String>)> {
    vec(I::RESERVED, 1..60).prop_flat_map(|numbers| {
        let beginning = (select(numbers.clone()), 1..=I::MAX_PREFIX)
            .prop_map(|(number, length)| number[..length.min(number.len())].to_string());
        let other = string_regex(&format!("[1-3]([1-9]{{3}}[0-9]{{0,{}}})?", I::MAX_PREFIX - 4)).unwrap();
        (btree_map(prop_oneof![4 => beginning, 1 => other], any::<u32>(), 1..40), Just(numbers))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn phone_numbers_are_routed_as_in_plaintext((table, numbers) in tables::<PhoneNumber>()) {
        routes_agree::<PhoneNumber>(&table, &numbers);
    }

    #[test]
    fn imsis_are_routed_as_in_plaintext((table, numbers) in tables::<Imsi>()) {
        routes_agree::<Imsi>(&table, &numbers);
    }

    #[test]
    fn imeis_are_routed_as_in_plaintext((table, numbers) in tables::<Imei>()) {
        routes_agree::<Imei>(&table, &numbers);
    }
}

#[test]
fn prefixes_show_nothing() {
    let prefix: Prefix<Imsi> = "99970".parse().unwrap();
    assert_eq!(format!("{prefix:?} {:?}", Some(&prefix)), "Prefix(..) Some(Prefix(..))");
    assert_eq!(format!("{prefix:#?}"), "Prefix(..)");
}
