//! Keyrings: their versions, and the wrapped form in which they are stored.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{Sample, derive, keyring, oracle_header, oracle_key, oracle_seal, scope, secret, version};
use sha2::{Digest, Sha256};
use telseal::{
    Fingerprint, Imei, Imsi, Indexed, Indexer, KeyVersion, Keyring, KeyringError, PhoneNumber, Prefix, Sealer, Token,
};

const KEK: [u8; 32] = *b"a key-encryption key of 32 bytes";

fn versions(keyring: &Keyring) -> Vec<u16> {
    keyring.versions().map(KeyVersion::get).collect()
}

/// What tells one keyring from another: its versions, its primary and what it seals under each.
fn seen(keyring: &Keyring) -> (KeyVersion, Token<PhoneNumber>, Vec<Token<PhoneNumber>>) {
    let sealer = keyring.sealer(&scope());
    let number = PhoneNumber::sample(18);
    (keyring.primary(), sealer.seal(&number), sealer.lookup(&number).collect())
}

#[track_caller]
fn fails<T: std::fmt::Debug>(result: Result<T, KeyringError>, error: KeyringError, message: &str) {
    assert_eq!(result.unwrap_err(), error);
    assert_eq!(error.to_string(), message);
}

#[test]
fn from_secrets_in_any_order() {
    let expected = seen(&keyring(&[1, 2, 300]));
    for order in [[1, 2, 300], [1, 300, 2], [2, 1, 300], [2, 300, 1], [300, 1, 2], [300, 2, 1]] {
        let keyring = keyring(&order);
        assert_eq!(versions(&keyring), [300, 2, 1]);
        assert_eq!(keyring.versions().len(), 3);
        assert_eq!(keyring.primary(), version(300));
        assert_eq!(seen(&keyring), expected);
    }
}

#[test]
fn from_secrets_that_make_no_keyring() {
    fails(Keyring::from_secrets([]), KeyringError::Empty, "a keyring needs at least one secret");
    for (duplicate, numbers) in [(1, &[1, 1][..]), (7, &[7, 1, 7]), (9, &[1, 9, 2, 9, 3]), (1, &[2, 2, 1, 1])] {
        // Whether the two secrets are the same or not.
        for other in [secret(0), secret(1)] {
            let mut secrets: Vec<_> = numbers.iter().map(|&number| (version(number), secret(0))).collect();
            secrets[0].1 = other;
            let made = Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret)));
            let message = format!("two secrets for key version {duplicate}");
            fails(made, KeyringError::Duplicate(version(duplicate)), &message);
        }
    }
}

/// A rotation from one to the other would change nothing but the number.
#[test]
fn one_secret_under_two_versions() {
    for (numbers, [one, other]) in
        [(&[1, 2][..], [1, 2]), (&[2, 1], [1, 2]), (&[7, 3, 65535], [3, 7]), (&[9, 4, 300, 5], [4, 9])]
    {
        // The first two that are given have the same.
        let mut secrets: Vec<_> = numbers.iter().map(|&number| (version(number), secret(number))).collect();
        secrets[1].1 = secrets[0].1;
        let given = |secrets: &[(KeyVersion, [u8; 32])]| {
            Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret)))
        };
        let message = format!("one secret for key versions {one} and {other}");
        fails(given(&secrets), KeyringError::SameSecret(version(one), version(other)), &message);
        // All 32 bytes are compared: one bit is enough, wherever it is.
        for bit in 0..256 {
            secrets[1].1 = secrets[0].1;
            secrets[1].1[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(given(&secrets).unwrap().versions().len(), numbers.len());
        }
    }
}

#[cfg(feature = "getrandom")]
#[test]
fn a_generated_keyring_has_one_version_and_a_secret_of_its_own() {
    let made: Vec<_> = (0..8).map(|_| Keyring::generate().unwrap()).collect();
    for keyring in &made {
        assert_eq!((versions(keyring), keyring.primary()), (vec![1], KeyVersion::FIRST));
    }
    let tokens: Vec<_> = made.iter().map(|keyring| seen(keyring).1).collect();
    common::all_different(&tokens);
}

#[cfg(feature = "getrandom")]
#[test]
fn stage_promote_rotate_retire() {
    let mut keyring = keyring(&[4, 7]);
    let before = seen(&keyring);

    assert_eq!(keyring.stage(), Ok(version(8)));
    assert_eq!((versions(&keyring), keyring.primary()), (vec![8, 7, 4], version(7)));
    assert_eq!(seen(&keyring).2[1..], before.2);
    assert_eq!(keyring.rotate(), Ok(version(9)));
    assert_eq!((versions(&keyring), keyring.primary()), (vec![9, 8, 7, 4], version(9)));
    for number in [4, 8, 9, 7, 7] {
        assert_eq!(keyring.promote(version(number)), Ok(()));
        assert_eq!((versions(&keyring), keyring.primary()), (vec![9, 8, 7, 4], version(number)));
    }

    let unchanged = seen(&keyring);
    for number in [1, 5, 10, 65535] {
        let message = format!("key version {number} is not in the keyring");
        fails(keyring.promote(version(number)), KeyringError::UnknownKeyVersion(version(number)), &message);
        fails(keyring.retire(version(number)), KeyringError::UnknownKeyVersion(version(number)), &message);
    }
    let message = "key version 7 is the primary one: promote another first";
    fails(keyring.retire(version(7)), KeyringError::Primary(version(7)), message);
    assert_eq!(seen(&keyring), unchanged);

    for (number, left) in [(8, vec![9, 7, 4]), (4, vec![9, 7])] {
        assert_eq!(keyring.retire(version(number)), Ok(()));
        assert_eq!((versions(&keyring), keyring.primary()), (left, version(7)));
        assert_eq!(keyring.retire(version(number)), Err(KeyringError::UnknownKeyVersion(version(number))));
    }
    // The newest stays until there is a newer one: its number must not be given to another secret.
    let newest = "key version 9 is the newest one: stage the next first";
    fails(keyring.retire(version(9)), KeyringError::Newest(version(9)), newest);
    assert_eq!(keyring.stage(), Ok(version(10)));
    assert_eq!(keyring.retire(version(9)), Ok(()));
    assert_eq!(versions(&keyring), [10, 7]);
    assert_eq!(seen(&keyring).2[1..], seen(&common::keyring(&[7])).2);
    fails(keyring.retire(version(7)), KeyringError::Primary(version(7)), message);
}

#[cfg(feature = "getrandom")]
#[test]
fn a_staged_secret_is_new() {
    let mut keyring = keyring(&[1]);
    for _ in 0..8 {
        keyring.rotate().unwrap();
    }
    let number = PhoneNumber::sample(18);
    let tags: Vec<_> = keyring.sealer(&scope()).lookup(&number).map(|token: Token<_>| token.tag()).collect();
    assert_eq!(tags.len(), 9);
    common::all_different(&tags);
}

/// The one error that cannot be brought about.
#[test]
fn without_random_bytes() {
    assert_eq!(KeyringError::Random.to_string(), "the operating system gave no random bytes");
}

#[cfg(feature = "getrandom")]
#[test]
fn behind_the_last_version_there_is_none() {
    let mut keyring = keyring(&[1, 65534]);
    assert_eq!(keyring.rotate(), Ok(version(65535)));
    let before = seen(&keyring);
    let message = "key version 65535 is in use and is the last";
    fails(keyring.stage(), KeyringError::Exhausted, message);
    fails(keyring.rotate(), KeyringError::Exhausted, message);
    assert_eq!(seen(&keyring), before);
    assert_eq!(versions(&keyring), [65535, 65534, 1]);
}

/// The wrapped form by other means: what stands in front of the SIV, and the contents.
fn wrapped(contents: &[u8]) -> Vec<u8> {
    let header = b"telseal-keyring\x01";
    [header, &oracle_seal(&derive(&KEK, b"telseal/v1/keyring"), header, contents)[..]].concat()
}

/// The contents: the primary, then each version with its secret.
fn contents(primary: u16, versions: &[u16]) -> Vec<u8> {
    let entries = versions.iter().flat_map(|&number| [&number.to_be_bytes()[..], &secret(number)].concat());
    primary.to_be_bytes().into_iter().chain(entries).collect()
}

#[test]
fn wrapped_bytes_are_the_format_by_other_means() {
    for numbers in [&[1][..], &[65535], &[1, 2], &[3, 256, 257, 40000]] {
        let mut keyring = keyring(numbers);
        for &primary in numbers {
            keyring.promote(version(primary)).unwrap();
            let bytes = keyring.wrap(&KEK);
            assert_eq!(bytes, wrapped(&contents(primary, numbers)));
            assert_eq!(bytes.len(), 34 + 34 * numbers.len());
            assert_eq!(keyring.wrap(&KEK), bytes, "equal keyrings have equal wrappings");
        }
    }
}

/// Made with HKDF and AES-SIV of OpenSSL: key-encryption key 00..1f, version 1 with the secret 20..3f, which is the
/// primary, and version 258 with the secret 40..5f.
#[test]
fn known_wrapped_bytes() {
    let bytes = |start: u8| core::array::from_fn(|i| start + i as u8);
    let (kek, one, two) = (bytes(0x00), bytes(0x20), bytes(0x40));
    let mut keyring = Keyring::from_secrets([(version(1), &one), (version(258), &two)]).unwrap();
    keyring.promote(version(1)).unwrap();
    let expected = [
        "74656c7365616c2d6b657972696e67014c52f07bce46e7cb473e9984bef9e1151f56",
        "e7c6ca657dc9d2de136ced9b9f655d4d59191eaa063c318f9b03a3efbd4d2ff521a0",
        "00fad90e7934c6810055aa6b81b3c969f7ad951c93890b5a5c92396e36b8513c1c78",
    ]
    .concat();
    assert_eq!(hex::encode(keyring.wrap(&kek)), expected);
    assert_eq!(seen(&Keyring::unwrap(&hex::decode(expected).unwrap(), &kek).unwrap()), seen(&keyring));
}

#[test]
fn wrapped_and_unwrapped_a_keyring_is_the_same() {
    for numbers in [&[1][..], &[1, 2, 3], &[65535, 9, 300]] {
        let mut keyring = keyring(numbers);
        keyring.promote(version(numbers[0])).unwrap();
        for kek in [KEK, [0; 32], [0xFF; 32]] {
            let unwrapped = Keyring::unwrap(&keyring.wrap(&kek), &kek).unwrap();
            assert_eq!(seen(&unwrapped), seen(&keyring));
            assert_eq!(versions(&unwrapped), versions(&keyring));
            assert_eq!(unwrapped.wrap(&KEK), keyring.wrap(&KEK));
        }
    }
    let every_version: Vec<_> = (1..=u16::MAX).collect();
    let unwrapped = Keyring::unwrap(&keyring(&every_version).wrap(&KEK), &KEK).unwrap();
    assert!(versions(&unwrapped).into_iter().rev().eq(every_version));
}

const NOT_UNWRAPPED: &str = "wrapped keyring: another key-encryption key, or altered bytes";

#[test]
fn another_key_encryption_key() {
    let bytes = keyring(&[1, 2]).wrap(&KEK);
    for bit in 0..256 {
        let mut other = KEK;
        other[bit / 8] ^= 1 << (bit % 8);
        fails(Keyring::unwrap(&bytes, &other), KeyringError::NotUnwrapped, NOT_UNWRAPPED);
    }
}

/// Neither shorter nor longer: not even by whole entries.
#[test]
fn every_other_length() {
    let bytes = keyring(&[1, 2, 3]).wrap(&KEK);
    let longer = [&bytes[..], &bytes].concat();
    for length in (0..=longer.len()).filter(|&length| length != bytes.len()) {
        let unwrapped = Keyring::unwrap(&longer[..length], &KEK);
        if length < 34 + 34 || length % 34 != 0 {
            let message =
                format!("wrapped keyring: expected 34 bytes and 34 more for every key version, found {length} in all");
            fails(unwrapped, KeyringError::WrappedLength(length), &message);
        } else {
            fails(unwrapped, KeyringError::NotUnwrapped, NOT_UNWRAPPED);
        }
    }
}

#[test]
fn any_flipped_bit() {
    let bytes = keyring(&[1, 2]).wrap(&KEK);
    for bit in 0..8 * bytes.len() {
        let mut other = bytes.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        let unwrapped = Keyring::unwrap(&other, &KEK);
        match bit / 8 {
            0..15 => {
                let message = "wrapped keyring: expected `telseal-keyring` at its beginning";
                fails(unwrapped, KeyringError::NotAKeyring, message);
            }
            15 => {
                let message = format!("wrapped keyring: expected format version 1, found {}", other[15]);
                fails(unwrapped, KeyringError::WrappedFormat(other[15]), &message);
            }
            _ => fails(unwrapped, KeyringError::NotUnwrapped, NOT_UNWRAPPED),
        }
    }
}

#[test]
fn every_other_format_version() {
    let mut bytes = keyring(&[1]).wrap(&KEK);
    for format in (0..=255).filter(|&format| format != 1) {
        bytes[15] = format;
        assert_eq!(Keyring::unwrap(&bytes, &KEK).unwrap_err(), KeyringError::WrappedFormat(format));
    }
}

#[test]
fn what_is_no_keyring_at_all() {
    for bytes in [&b"-----BEGIN PRIVATE KEY-----"[..], &[0; 68], &[0xFF; 100], b"telseal-keyrinG\x01"] {
        assert_eq!(Keyring::unwrap(bytes, &KEK).unwrap_err(), KeyringError::NotAKeyring);
    }
    for length in 0..16 {
        assert_eq!(Keyring::unwrap(&[0xFF; 16][..length], &KEK).unwrap_err(), KeyringError::WrappedLength(length));
    }
}

/// Encrypted under the right key, but not by `wrap`.
#[test]
fn authentic_contents_that_are_no_keyring() {
    for (fault, primary, versions) in [
        ("unsorted", 2, &[2, 1][..]),
        ("unsorted at the end", 1, &[1, 2, 4, 3]),
        ("a version twice", 1, &[1, 1]),
        ("a version twice at the end", 1, &[1, 2, 2]),
        ("version 0", 1, &[0, 1]),
        ("version 0 alone", 0, &[0]),
        ("primary 0", 0, &[1, 2]),
        ("primary absent", 3, &[1, 2]),
        ("primary absent between two", 2, &[1, 3]),
    ] {
        let unwrapped = Keyring::unwrap(&wrapped(&contents(primary, versions)), &KEK);
        assert_eq!(unwrapped.map(drop), Err(KeyringError::Malformed), "{fault}");
    }
    let message = "wrapped keyring: authentic, but not in the form that `wrap` gives";
    assert_eq!(KeyringError::Malformed.to_string(), message);
    // No entry, half an entry, a byte too many: refused by the length, before any key is tried.
    for contents in [contents(1, &[]), contents(1, &[1])[..19].to_vec(), [contents(1, &[1]), vec![0]].concat()] {
        let bytes = wrapped(&contents);
        assert_eq!(Keyring::unwrap(&bytes, &KEK).map(drop), Err(KeyringError::WrappedLength(bytes.len())));
    }
    // The same way, what is a keyring is read.
    let unwrapped = Keyring::unwrap(&wrapped(&contents(2, &[1, 2, 3])), &KEK).unwrap();
    assert_eq!((versions(&unwrapped), unwrapped.primary()), (vec![3, 2, 1], version(2)));
}

/// The header is bound to the contents: the same contents under another header do not unwrap.
#[test]
fn the_header_is_authenticated() {
    let sealed = oracle_seal(&derive(&KEK, b"telseal/v1/keyring"), b"telseal-keyring\x02", &contents(1, &[1]));
    let bytes = [b"telseal-keyring\x01", &sealed[..]].concat();
    assert_eq!(Keyring::unwrap(&bytes, &KEK).map(drop), Err(KeyringError::NotUnwrapped));
    let other_key = oracle_seal(&derive(&KEK, b"telseal/v1/siv"), b"telseal-keyring\x01", &contents(1, &[1]));
    let bytes = [b"telseal-keyring\x01", &other_key[..]].concat();
    assert_eq!(Keyring::unwrap(&bytes, &KEK).map(drop), Err(KeyringError::NotUnwrapped));
}

#[test]
fn a_promoted_keyring_leaves_its_old_sealers_as_they_are() {
    let mut keyring = keyring(&[1, 2, 3]);
    keyring.promote(version(2)).unwrap();
    let (old, number) = (keyring.sealer::<PhoneNumber>(&scope()), PhoneNumber::sample(18));
    keyring.promote(version(1)).unwrap();
    keyring.retire(version(2)).unwrap();
    let new = keyring.sealer::<PhoneNumber>(&scope());
    assert_eq!((old.primary(), new.primary()), (version(2), version(1)));
    assert_eq!(old.open(&old.seal(&number)).as_ref(), Ok(&number));
    assert!(new.open(&old.seal(&number)).is_err());
}

/// By `hkdf` and `sha2` alone, as SPEC.md has it.
fn oracle_fingerprint(key: &[u8; 32], of: &[u8]) -> [u8; 8] {
    *derive(key, &[b"telseal/v1/fingerprint\0", of].concat()).first_chunk().unwrap()
}

#[test]
fn fingerprints_are_those_of_the_format() {
    let mut keyring = keyring(&[1, 2, 300, 65535]);
    keyring.promote(version(300)).unwrap();
    let mut whole = [b"telseal/v1/fingerprint\0".to_vec(), 300_u16.to_be_bytes().to_vec()].concat();
    for number in [1_u16, 2, 300, 65535] {
        let fingerprint = oracle_fingerprint(&secret(number), &number.to_be_bytes());
        assert!(keyring.fingerprints().any(|found| found == (version(number), fingerprint.into())));
        whole.extend([&number.to_be_bytes()[..], &fingerprint].concat());
    }
    assert!(keyring.fingerprints().map(|(version, _)| version).eq(keyring.versions()));
    assert_eq!(keyring.fingerprint().as_bytes()[..], Sha256::digest(whole)[..8]);

    // Of the keys that make tags: K1, with the header of their tokens.
    fn check<T: Indexed>(keyring: &Keyring, label: &str, letter: char) {
        let indexer: Indexer<T> = keyring.indexer(&scope());
        for (version, fingerprint) in indexer.fingerprints() {
            let key = oracle_key(label, version.get(), letter, &["acme", "routing"]);
            let k1 = key.first_chunk().unwrap();
            assert_eq!(*fingerprint.as_bytes(), oracle_fingerprint(k1, &oracle_header(letter, version.get())));
        }
        assert_eq!(indexer.fingerprints().len(), 4);
    }
    check::<PhoneNumber>(&keyring, "telseal/v1/siv", 'P');
    check::<Imei>(&keyring, "telseal/v1/siv", 'E');
    check::<Prefix<Imsi>>(&keyring, "telseal/v1/prefix", 's');
    let sealer: Sealer<PhoneNumber> = keyring.sealer(&scope());
    assert!(sealer.fingerprints().eq(sealer.indexer().fingerprints()));
}

/// Whatever is different between two keyrings, their fingerprints are: which versions, which secrets, which primary.
#[test]
fn fingerprints_of_unlike_keyrings_differ() {
    let keyrings = || {
        let with = |secrets: &[(u16, [u8; 32])]| {
            Keyring::from_secrets(secrets.iter().map(|(number, secret)| (version(*number), secret))).unwrap()
        };
        let mut other_primary = with(&[(1, [1; 32]), (2, [2; 32])]);
        other_primary.promote(version(1)).unwrap();
        [
            with(&[(1, [1; 32])]),
            with(&[(2, [1; 32])]),
            with(&[(1, [2; 32])]),
            with(&[(1, [1; 32]), (2, [2; 32])]),
            with(&[(1, [2; 32]), (2, [1; 32])]),
            with(&[(1, [1; 32]), (3, [2; 32])]),
            other_primary,
        ]
    };
    for (i, one) in keyrings().iter().enumerate() {
        for (j, other) in keyrings().iter().enumerate() {
            assert_eq!(one.fingerprint() == other.fingerprint(), i == j);
            assert_eq!(format!("{one:?}") == format!("{other:?}"), i == j, "{one:?}");
        }
    }
}

#[test]
fn forms_of_a_fingerprint() {
    let fingerprint = Fingerprint::from([0x00, 0x12, 0x34, 0x56, 0x78, 0x9A, 0xBC, 0xDF]);
    assert_eq!(fingerprint.to_string(), "00123456789abcdf");
    assert_eq!(format!("{fingerprint:?}"), "Fingerprint(00123456789abcdf)");
    assert_eq!("00123456789ABCdf".parse(), Ok(fingerprint));
    for (text, message) in [
        ("", "expected 16 bytes, found 0"),
        ("00123456789abcd", "expected 16 bytes, found 15"),
        ("00123456789abcdf0", "expected 16 bytes, found 17"),
        ("00123456789abcdg", "expected a hexadecimal digit at byte 15"),
    ] {
        assert_eq!(text.parse::<Fingerprint>().unwrap_err().to_string(), format!("fingerprint: {message}"));
    }
}
