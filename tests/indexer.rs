//! Index keys: tags without the half that opens, and the wrapped form in which they are handed over.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use aes_siv::{KeyInit, siv::Aes256Siv};
use common::{
    Sample, derive, encoded, for_every_kind, keyring, oracle_header, oracle_key, oracle_seal, scope, secret, tbcd,
    version,
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use telseal::{
    Fingerprint, Imei, Imeisv, Imsi, IndexKeyError, Indexed, Indexer, KeyVersion, Keyring, KeyringError,
    LengthMismatch, OpenError, PhoneNumber, Prefix, Scope, Sealer, Tag, Token,
};

const KEK: [u8; 32] = *b"a key-encryption key of 32 bytes";
const LABELS: [&str; 2] = ["acme", "routing"];

/// What tells one index key from another: its versions, its primary and its tags under each.
fn seen<T: Indexed>(indexer: &Indexer<T>, of: &T) -> (Vec<KeyVersion>, KeyVersion, Tag<T>, Vec<Tag<T>>) {
    (indexer.versions().collect(), indexer.primary(), indexer.tag(of), indexer.lookup(of).collect())
}

fn unwrap<T: Indexed>(wrapped: &[u8]) -> Result<Indexer<T>, IndexKeyError> {
    // Of whatever primary version it is: where all else is right, it is told.
    match Indexer::<T>::unwrap(wrapped, &KEK, &scope(), &[]) {
        Err(IndexKeyError::Primary(primary)) => Indexer::unwrap(wrapped, &KEK, &scope(), &live::<T>(&[primary.get()])),
        Err(error) => Err(error),
        Ok(_) => panic!("loaded, for no version"),
    }
}

/// These versions, with the fingerprints of the keys that come of their secrets.
fn live<T: Indexed>(versions: &[u16]) -> Vec<(KeyVersion, Fingerprint)> {
    versions
        .iter()
        .flat_map(|&number| keyring(&[number]).indexer::<T>(&scope()).fingerprints().collect::<Vec<_>>())
        .collect()
}

#[track_caller]
fn fails<T: Indexed>(result: Result<Indexer<T>, IndexKeyError>, error: IndexKeyError, message: &str) {
    assert_eq!(result.map(drop).unwrap_err(), error);
    assert_eq!(error.to_string(), format!("wrapped index key: {message}"));
}

#[test]
fn its_tags_are_those_of_the_sealer() {
    fn check<I: Sample>() {
        let mut keyring = keyring(&[1, 2, 300]);
        for primary in [1, 2, 300] {
            keyring.promote(version(primary)).unwrap();
            let sealer: Sealer<I> = keyring.sealer(&scope());
            let wrapped = sealer.indexer().wrap(&KEK);
            for indexer in [sealer.indexer(), keyring.indexer(&scope()), unwrap(&wrapped).unwrap()] {
                assert_eq!(indexer.primary(), version(primary));
                assert!(indexer.versions().eq([300, 2, 1].map(version)) && indexer.versions().len() == 3);
                for identifier in (0..50).map(I::sample) {
                    let token = sealer.seal(&identifier);
                    assert_eq!(indexer.tag(&identifier), token.tag());
                    assert_eq!(indexer.lookup(&identifier).len(), 3);
                    assert!(indexer.lookup(&identifier).eq(sealer.lookup(&identifier).map(|token| token.tag())));
                }
            }
        }
    }
    for_every_kind!(check());
}

#[test]
fn many_are_as_one_by_one() {
    fn check<I: Sample>() {
        let indexer: Indexer<I> = keyring(&[1, 2]).indexer(&scope());
        let identifiers: Vec<_> = (0..300).map(I::sample).collect();
        let blank = Tag::from_bytes([0xEE; 16]);
        for count in [0, 1, 2, 3, 7, 8, 9, 63, 64, 65, 127, 128, 129, 255, 256, 257, 300] {
            let mut tags = vec![blank; count];
            indexer.tag_into(&identifiers[..count], &mut tags).unwrap();
            assert!(tags.iter().zip(&identifiers).all(|(tag, identifier)| *tag == indexer.tag(identifier)));
        }
        for (input, output) in [(0, 1), (1, 0), (128, 129), (300, 299)] {
            let mut tags = vec![blank; output];
            let error: LengthMismatch = indexer.tag_into(&identifiers[..input], &mut tags).unwrap_err();
            assert_eq!(error.to_string(), format!("{input} items do not fit one to one into {output} places"));
            assert!(tags.iter().all(|tag| *tag == blank), "nothing is written");
        }
    }
    for_every_kind!(check());
}

/// The contents: the letter, the digest of the scope, the primary, then each version with K1.
fn contents(letter: char, labels: &[&str], primary: u16, versions: &[u16]) -> Vec<u8> {
    let label = if letter.is_lowercase() { "telseal/v1/prefix" } else { "telseal/v1/siv" };
    let mut contents = [&[letter as u8][..], &Sha256::digest(encoded(labels)), &primary.to_be_bytes()].concat();
    for &number in versions {
        contents.extend(number.to_be_bytes());
        contents.extend(&oracle_key(label, number, letter, labels)[..32]);
    }
    contents
}

/// The wrapped form by other means.
fn wrapped(contents: &[u8]) -> Vec<u8> {
    let header = b"telseal-index\x01";
    [header, &oracle_seal(&derive(&KEK, b"telseal/v1/index"), header, contents)[..]].concat()
}

#[test]
fn wrapped_bytes_are_the_format_by_other_means() {
    fn check<T: Indexed>(letter: char) {
        for numbers in [&[1][..], &[65535], &[1, 2], &[3, 256, 257, 40000]] {
            let mut keyring = keyring(numbers);
            for &primary in numbers {
                keyring.promote(version(primary)).unwrap();
                for labels in [&LABELS[..], &["a|b", "c"], &["ü"]] {
                    let indexer: Indexer<T> = keyring.indexer(&Scope::new(labels).unwrap());
                    let bytes = indexer.wrap(&KEK);
                    assert_eq!(bytes, wrapped(&contents(letter, labels, primary, numbers)));
                    assert_eq!(bytes.len(), 65 + 34 * numbers.len());
                    assert_eq!(indexer.wrap(&KEK), bytes, "equal index keys have equal wrappings");
                }
            }
        }
    }
    check::<PhoneNumber>('P');
    check::<Imsi>('S');
    check::<Imei>('E');
    check::<Imeisv>('V');
    check::<Prefix<PhoneNumber>>('p');
    check::<Prefix<Imsi>>('s');
    check::<Prefix<Imei>>('e');
}

/// Made with HKDF and AES-SIV of OpenSSL: the example of SPEC.md, and the same for prefixes.
#[test]
fn known_wrapped_bytes() {
    fn check<T: Indexed>(expected: &[&str]) {
        let bytes = |start: u8| core::array::from_fn(|i| start + i as u8);
        let (kek, one, two) = (bytes(0x20), bytes(0x00), bytes(0x40));
        let mut keyring = Keyring::from_secrets([(version(1), &one), (version(2), &two)]).unwrap();
        keyring.promote(version(1)).unwrap();
        assert_eq!(hex::encode(keyring.indexer::<T>(&scope()).wrap(&kek)), expected.concat());
        let live: Vec<_> = keyring.indexer::<T>(&scope()).fingerprints().collect();
        let unwrapped = Indexer::<T>::unwrap(&hex::decode(expected.concat()).unwrap(), &kek, &scope(), &live);
        assert_eq!(unwrapped.unwrap().wrap(&kek), keyring.indexer::<T>(&scope()).wrap(&kek));
    }
    check::<PhoneNumber>(&[
        "74656c7365616c2d696e646578012ed4ef166c0978a301e0f44a2a01cbcb9e952ec0fed79bbff75907fd05ddd3e1f55e5be466620ae4",
        "ca5dc3d907034d9c30d7336ca1d6480ee8d57f2ca89d07344364a144e626ba1ad1e008d541717cef5c66d0714fa126432ac8fb17e8c0",
        "7c3a40eaa171b1d9c1b2bb1d5aea03710946b32a509ac2b25e",
    ]);
    check::<Prefix<PhoneNumber>>(&[
        "74656c7365616c2d696e6465780149a653100bf877f5531cc6d16a196612a177e08796a3c63b5bd12c393e7f771289ad6a69d79d4c0d",
        "2f54ee92e698a6f1688adc5be291f90187c47f9d0da703da7f6bafb98f46ef8c47dea26f6b0efefd9cf4028d61881260181f70a0f043",
        "90354ee222306874b488d08940d9758900142b270ab132a925",
    ]);
}

#[test]
fn wrapped_and_unwrapped_an_index_key_is_the_same() {
    fn check<T: Indexed>(of: &T) {
        for numbers in [&[1][..], &[1, 2, 3], &[65535, 9, 300]] {
            let mut keyring = keyring(numbers);
            keyring.promote(version(numbers[0])).unwrap();
            let indexer: Indexer<T> = keyring.indexer(&scope());
            for kek in [KEK, [0; 32], [0xFF; 32]] {
                let live: Vec<_> = indexer.fingerprints().collect();
                let unwrapped = Indexer::unwrap(&indexer.wrap(&kek), &kek, &scope(), &live).unwrap();
                assert_eq!(seen(&unwrapped, of), seen(&indexer, of));
                assert_eq!(unwrapped.wrap(&KEK), indexer.wrap(&KEK));
            }
        }
    }
    check(&PhoneNumber::sample(18));
    check(&Imsi::sample(18));
    check(&Imei::sample(18));
    check(&Imeisv::sample(18));
    check(&"+44 20".parse::<Prefix<PhoneNumber>>().unwrap());
    let many: Vec<_> = (u16::MAX - 499..=u16::MAX).collect();
    let indexer: Indexer<Imsi> = keyring(&many).indexer(&scope());
    let unwrapped: Indexer<Imsi> = unwrap(&indexer.wrap(&KEK)).unwrap();
    assert!(unwrapped.versions().map(KeyVersion::get).eq(many.into_iter().rev()));
}

const NOT_UNWRAPPED: &str = "another key-encryption key, or altered bytes";

fn two_versions() -> Vec<u8> {
    keyring(&[1, 2]).indexer::<PhoneNumber>(&scope()).wrap(&KEK)
}

#[test]
fn another_key_encryption_key() {
    let bytes = two_versions();
    for bit in 0..256 {
        let mut other = KEK;
        other[bit / 8] ^= 1 << (bit % 8);
        let unwrapped = Indexer::<PhoneNumber>::unwrap(&bytes, &other, &scope(), &[]);
        fails(unwrapped, IndexKeyError::NotUnwrapped, NOT_UNWRAPPED);
    }
}

/// Neither shorter nor longer: not even by whole entries.
#[test]
fn every_other_length() {
    let bytes = two_versions();
    let longer = [&bytes[..], &bytes].concat();
    for length in (0..=longer.len()).filter(|&length| length != bytes.len()) {
        let unwrapped = unwrap::<PhoneNumber>(&longer[..length]);
        if length < 65 + 34 || (length - 65) % 34 != 0 {
            let message = format!("expected 65 bytes and 34 more for every key version, found {length} in all");
            fails(unwrapped, IndexKeyError::WrappedLength(length), &message);
        } else {
            fails(unwrapped, IndexKeyError::NotUnwrapped, NOT_UNWRAPPED);
        }
    }
}

#[test]
fn any_flipped_bit() {
    let bytes = two_versions();
    for bit in 0..8 * bytes.len() {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        let unwrapped = unwrap::<PhoneNumber>(&other);
        match bit / 8 {
            0..13 => fails(unwrapped, IndexKeyError::NotAnIndexKey, "expected `telseal-index` at its beginning"),
            13 => {
                let message = format!("expected format version 1, found {}", other[13]);
                fails(unwrapped, IndexKeyError::WrappedFormat(other[13]), &message);
            }
            _ => fails(unwrapped, IndexKeyError::NotUnwrapped, NOT_UNWRAPPED),
        }
    }
}

#[test]
fn what_is_no_index_key_at_all() {
    for bytes in [&keyring(&[1, 2]).wrap(&KEK)[..], &[0; 99], &[0xFF; 14], b"telseal-indeX\x01"] {
        assert_eq!(unwrap::<Imsi>(bytes).map(drop), Err(IndexKeyError::NotAnIndexKey));
    }
    for length in 0..14 {
        assert_eq!(unwrap::<Imsi>(&[0xFF; 14][..length]).map(drop), Err(IndexKeyError::WrappedLength(length)));
    }
    // Nor is an index key a keyring.
    assert_eq!(Keyring::unwrap(&two_versions(), &KEK).map(drop), Err(KeyringError::NotAKeyring));
    // Not even where somebody takes the one header for the other.
    let renamed = [b"telseal-index\x01", &keyring(&[1, 2]).wrap(&KEK)[16..], &[0; 33]].concat();
    assert_eq!(unwrap::<Imsi>(&renamed).map(drop), Err(IndexKeyError::NotUnwrapped));
}

/// Encrypted under the right key, but not by `wrap`.
#[test]
fn authentic_contents_that_are_no_index_key() {
    for (fault, primary, versions) in [
        ("unsorted", 2, &[2, 1][..]),
        ("unsorted at the end", 1, &[1, 2, 4, 3]),
        ("a version twice", 1, &[1, 1]),
        ("version 0", 1, &[0, 1]),
        ("primary 0", 0, &[1, 2]),
        ("primary absent", 3, &[1, 2]),
        ("primary absent between two", 2, &[1, 3]),
    ] {
        let unwrapped = unwrap::<Imsi>(&wrapped(&contents('S', &LABELS, primary, versions)));
        assert_eq!(unwrapped.map(drop), Err(IndexKeyError::Malformed), "{fault}");
    }
    assert_eq!(
        IndexKeyError::Malformed.to_string(),
        "wrapped index key: authentic, but not in the form that `wrap` gives"
    );
    // The same way, what is an index key is read.
    let unwrapped = unwrap::<Imsi>(&wrapped(&contents('S', &LABELS, 2, &[1, 2, 3]))).unwrap();
    assert_eq!(unwrapped.tag(&Imsi::sample(18)), keyring(&[1, 2]).indexer(&scope()).tag(&Imsi::sample(18)));
}

/// Each kind, and the prefixes of each, are refused as every other one.
#[test]
fn an_index_key_of_another_kind() {
    fn read<T: Indexed>(letter: char) {
        for other in "PSEVpse".chars() {
            let unwrapped = unwrap::<T>(&wrapped(&contents(other, &LABELS, 1, &[1])));
            match other == letter {
                true => drop(unwrapped.unwrap()),
                false => fails(unwrapped, IndexKeyError::OtherKind, "of another kind"),
            }
        }
    }
    read::<PhoneNumber>('P');
    read::<Imsi>('S');
    read::<Imei>('E');
    read::<Imeisv>('V');
    read::<Prefix<PhoneNumber>>('p');
    read::<Prefix<Imsi>>('s');
    read::<Prefix<Imei>>('e');
}

#[test]
fn an_index_key_of_another_scope() {
    let scopes: [&[&str]; 6] =
        [&LABELS, &["acme"], &["routing", "acme"], &["acmerouting"], &["acme", "routing", "x"], &["acme", "Routing"]];
    for (i, made) in scopes.iter().enumerate() {
        let indexer = keyring(&[1]).indexer::<Imei>(&Scope::new(*made).unwrap());
        let (bytes, live) = (indexer.wrap(&KEK), indexer.fingerprints().collect::<Vec<_>>());
        for (j, asked) in scopes.iter().enumerate() {
            let unwrapped = Indexer::<Imei>::unwrap(&bytes, &KEK, &Scope::new(*asked).unwrap(), &live);
            match i == j {
                true => drop(unwrapped.unwrap()),
                false => fails(unwrapped, IndexKeyError::OtherScope, "of another scope"),
            }
        }
    }
}

/// All 32 bytes of the scope's digest are compared. What was encrypted has it behind 14 bytes of header, 16 of SIV and the
/// letter; here another implementation makes index keys whose digest differs in one bit.
#[test]
fn an_index_key_of_a_scope_that_differs_in_one_bit() {
    let digest: [u8; 32] = Sha256::digest(encoded(&LABELS)).into();
    let header = b"telseal-index\x01";
    let unwrapped = |digest: &[u8; 32]| {
        let key = oracle_key("telseal/v1/siv", 1, 'P', &LABELS);
        let contents = [&b"P"[..], digest, &[0, 1, 0, 1], &key[..32]].concat();
        let bytes = [&header[..], &oracle_seal(&derive(&KEK, b"telseal/v1/index"), header, &contents)].concat();
        Indexer::<PhoneNumber>::unwrap(&bytes, &KEK, &scope(), &live::<PhoneNumber>(&[1])).map(drop)
    };
    unwrapped(&digest).unwrap();
    for bit in 0..256 {
        let mut other = digest;
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(unwrapped(&other), Err(IndexKeyError::OtherScope), "bit {bit}");
    }
}

/// Rows of a version that is not in it would be missed, and nobody would be told.
#[test]
fn an_index_key_without_a_version() {
    let bytes = keyring(&[2, 3, 300]).indexer::<Imsi>(&scope()).wrap(&KEK);
    for live in [&[300][..], &[300, 2], &[2, 3, 300], &[300, 3, 3]] {
        let live = self::live::<Imsi>(live);
        Indexer::<Imsi>::unwrap(&bytes, &KEK, &scope(), &live).unwrap();
    }
    for (live, missing) in [(&[1][..], 1), (&[3, 2, 1], 1), (&[300, 301, 4], 301), (&[65535], 65535)] {
        let live = self::live::<Imsi>(live);
        let unwrapped = Indexer::<Imsi>::unwrap(&bytes, &KEK, &scope(), &live);
        fails(unwrapped, IndexKeyError::MissingKeyVersion(version(missing)), &format!("no key of version {missing}"));
    }
    // What it makes tags under must be live too.
    for live in [&[][..], &[2], &[3, 2], &[3, 3]] {
        let live = self::live::<Imsi>(live);
        let unwrapped = Indexer::<Imsi>::unwrap(&bytes, &KEK, &scope(), &live);
        fails(unwrapped, IndexKeyError::Primary(version(300)), "primary key version 300, which no row is under");
    }
}

/// One keyring file is opened twice, and both stage a version 2: one number, two secrets. The index key of one is no
/// index key of the other.
#[test]
fn an_index_key_of_another_keyring_with_the_same_versions() {
    let file = keyring(&[1]).wrap(&KEK);
    let [one, other] = [7, 8].map(|byte| {
        // As `stage` does, with secrets that are known.
        assert_eq!(Keyring::unwrap(&file, &KEK).unwrap().fingerprint(), keyring(&[1]).fingerprint());
        let secrets = [(version(1), secret(1)), (version(2), [byte; 32])];
        Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret))).unwrap()
    });
    assert!(one.versions().eq(other.versions()) && one.primary() == other.primary());
    assert_ne!(one.fingerprint(), other.fingerprint());
    assert_ne!(format!("{one:?}"), format!("{other:?}"));

    let live: Vec<_> = one.sealer::<Imei>(&scope()).fingerprints().collect();
    let wrapped = one.indexer::<Imei>(&scope()).wrap(&KEK);
    assert!(Indexer::<Imei>::unwrap(&wrapped, &KEK, &scope(), &live).unwrap().fingerprints().eq(live.iter().copied()));
    let wrapped = other.indexer::<Imei>(&scope()).wrap(&KEK);
    let unwrapped = Indexer::<Imei>::unwrap(&wrapped, &KEK, &scope(), &live);
    fails(unwrapped, IndexKeyError::OtherKey(version(2)), "key version 2 with another fingerprint");
    // Version 1 is the same one in both.
    let unwrapped = Indexer::<Imei>::unwrap(&wrapped, &KEK, &scope(), &live[1..]);
    fails(unwrapped, IndexKeyError::Primary(version(2)), "primary key version 2, which no row is under");
}

/// Many versions: what is asked for is found in one search each.
#[test]
fn every_version_is_asked_for() {
    let numbers: Vec<_> = (1..=2000).collect();
    let indexer = keyring(&numbers).indexer::<Imei>(&scope());
    let mut live: Vec<_> = indexer.fingerprints().collect();
    let wrapped = indexer.wrap(&KEK);
    assert!(Indexer::<Imei>::unwrap(&wrapped, &KEK, &scope(), &live).is_ok());
    live[0].1 = live[1].1;
    let unwrapped = Indexer::<Imei>::unwrap(&wrapped, &KEK, &scope(), &live);
    assert_eq!(unwrapped.map(drop).unwrap_err(), IndexKeyError::OtherKey(version(2000)));
}

/// Whoever has the index key, the key it was wrapped under and all tokens: nothing but enumeration gives an identifier.
#[test]
fn an_index_key_and_all_tokens_open_none() {
    fn check<I: Sample>() {
        let numbers = [1, 2];
        let sealer: Sealer<I> = keyring(&numbers).sealer(&scope());
        let identifiers: Vec<_> = (0..100).map(I::sample).collect();
        let tokens: Vec<Token<I>> = identifiers.iter().flat_map(|identifier| sealer.lookup(identifier)).collect();
        let file = sealer.indexer().wrap(&KEK);

        // All that is in it: K1 of each version. No secret, no K2, no part of either.
        let (header, sealed) = file.split_at(14);
        let mut cipher = Aes256Siv::new_from_slice(&derive(&KEK, b"telseal/v1/index")).unwrap();
        let material = cipher.decrypt([header], sealed).unwrap();
        for number in numbers {
            let key = oracle_key("telseal/v1/siv", number, I::KIND.letter(), &LABELS);
            let has = |bytes: &[u8]| material.windows(bytes.len()).any(|window| window == bytes);
            assert!(has(&key[..32]), "the control: K1 is found");
            for part in key[32..].windows(4).chain(secret(number).windows(4)) {
                assert!(!has(part));
            }
        }

        // Each 64 bytes that can be made of it, as a key. With the right K1 and another K2 the digits are wrong.
        let halves: Vec<_> = material.windows(32).map(<[u8]>::to_vec).chain([vec![0; 32], KEK.to_vec()]).collect();
        for token in &tokens[..4] {
            let (header, sealed) = token.as_bytes().split_at(3);
            let k1 = oracle_key("telseal/v1/siv", token.key_version().get(), I::KIND.letter(), &LABELS)[..32].to_vec();
            assert!(halves.contains(&k1));
            for k2 in &halves {
                let mut cipher = Aes256Siv::new_from_slice(&[&k1[..], k2].concat()).unwrap();
                assert!(cipher.decrypt([header], sealed).is_err());
            }
        }
        // Nor does a keyring whose secrets are made of it.
        let secrets = numbers.map(|number| contents(I::KIND.letter(), &LABELS, 1, &[number])[37..].try_into().unwrap());
        let guess = Keyring::from_secrets([(version(1), &secrets[0]), (version(2), &secrets[1])]).unwrap();
        for token in &tokens {
            assert_eq!(guess.sealer::<I>(&scope()).open(token), Err(OpenError::NotOpened));
        }

        // Enumeration does. That is what an index key is: keep it from whoever must not do this.
        let index: Indexer<I> = unwrap(&file).unwrap();
        let rows: HashMap<_, _> = tokens.iter().map(|token| (token.tag(), token)).collect();
        let found = (0..1000).map(I::sample).filter(|guess| index.lookup(guess).all(|tag| rows.contains_key(&tag)));
        assert_eq!(found.collect::<Vec<_>>(), identifiers);
    }
    for_every_kind!(check());
}

/// It cannot tell an authentic token from one with another ciphertext: only the tag is looked up by.
#[test]
fn an_altered_ciphertext_is_not_seen() {
    let sealer: Sealer<Imsi> = keyring(&[1]).sealer(&scope());
    let imsi = Imsi::sample(18);
    let mut bytes = *sealer.seal(&imsi).as_bytes();
    bytes[26] ^= 1;
    let altered = Token::<Imsi>::try_from(bytes).unwrap();
    assert_eq!(altered.tag(), sealer.indexer().tag(&imsi));
    assert_eq!(sealer.open(&altered), Err(OpenError::NotOpened));
}

/// The tag is AES-SIV's, whatever the second half of the key.
#[test]
fn the_second_half_has_no_part_in_it() {
    fn check<I: Sample>() {
        let (indexer, identifier) = (keyring(&[7]).indexer(&scope()), I::sample(18));
        let mut key = oracle_key("telseal/v1/siv", 7, I::KIND.letter(), &LABELS);
        for k2 in [0, 0x5A, 0xFF] {
            key[32..].fill(k2);
            let mut block = tbcd(&identifier.digits());
            block.resize(8, 0xFF);
            let sealed = oracle_seal(&key, &oracle_header(I::KIND.letter(), 7), &block);
            assert_eq!(indexer.tag(&identifier).as_bytes(), &sealed[..16]);
        }
    }
    for_every_kind!(check());
}
