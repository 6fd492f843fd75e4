//! What a value leaves in the heap block it was in, its padding and the key schedules of the crates below included:
//! no byte that depends on the secret.
//!
//! Each is made with two secrets and dropped. A byte that differs then is a residue. Each is its own control: where
//! it is forgotten instead, bytes differ.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod memory;

use memory::{Heap, heap_after, is_counted};
use std::{hint::black_box, mem, panic};
use telseal::{Imei, Imeisv, Imsi, PhoneNumber, Prefix};
use zeroize::zeroize_stack;

#[global_allocator]
static HEAP: Heap = Heap;

/// What is made with one secret and with another one leaves the same bytes. If it did not wipe itself, at least so
/// many would differ.
#[track_caller]
fn wipes<S: ?Sized, T>(secrets: [&S; 2], least: usize, make: impl Fn(&S) -> T) {
    let dropped = differing(secrets, |secret| drop(black_box(Box::new(make(secret)))));
    assert_eq!(dropped, 0, "bytes of the secret left");
    let forgotten = differing(secrets, |secret| mem::forget(black_box(Box::new(make(secret)))));
    assert!(forgotten >= least, "the control shows {forgotten}");
}

/// How many bytes of the heap tell which secret it was.
#[track_caller]
fn differing<S: ?Sized>(secrets: [&S; 2], run: impl Fn(&S)) -> usize {
    let [one, other] = secrets.map(|secret| {
        zeroize_stack::<{ 128 * 1024 }>(); // What was there before gets into padding.
        heap_after(|| run(secret))
    });
    assert_eq!(one.len(), other.len(), "not the same blocks");
    assert!(!one.is_empty(), "no block");
    one.iter().zip(&other).filter(|(one, other)| one != other).count()
}

/// But for the zeros of test equipment, and one in the phone numbers, digits in one place differ.
const PHONES: [&str; 2] = ["+447700900123", "+15555550167"];
const IMSIS: [&str; 2] = ["999701234567890", "001018765432109"];
const IMEIS: [&str; 2] = ["00123456789012", "00876543210987"];
const IMEISVS: [&str; 2] = ["0012345678901234", "0087654321098765"];

#[test]
fn what_wipes_nothing_is_seen() {
    let left = differing([&[1; 32], &[2; 32]], |secret| drop(black_box(Box::new(*secret))));
    assert_eq!(left, 32);
    // Nor does growing.
    let left = differing([&1u8, &2], |&secret| {
        let mut list = Vec::with_capacity(8);
        (0..9).for_each(|_| black_box(&mut list).push(secret));
        list.fill(0);
        black_box(&list);
    });
    assert_eq!(left, 8);
}

/// A test that fails must not take the memory of those behind it.
#[test]
fn a_panic_gives_the_heap_back() {
    panic::catch_unwind(|| heap_after(|| panic!("on purpose"))).unwrap_err();
    assert!(!is_counted());
    assert_eq!(heap_after(|| ()).len(), 0);
    // More than the arena has, a few times.
    for _ in 0..4 {
        assert_eq!(black_box(vec![1_u8; 1 << 20]).len(), 1 << 20);
    }
}

#[test]
fn identifiers() {
    wipes(PHONES, 6, |text| text.parse::<PhoneNumber>().unwrap());
    wipes(IMSIS, 7, |text| text.parse::<Imsi>().unwrap());
    wipes(IMEIS, 6, |text| text.parse::<Imei>().unwrap());
    wipes(IMEISVS, 7, |text| text.parse::<Imeisv>().unwrap());
    wipes(PHONES, 600, |text| vec![text.parse::<PhoneNumber>().unwrap(); 100]);
    // Where nothing is optimised, the padding of a result carries what the stack has held.
    if !cfg!(debug_assertions) {
        wipes(PHONES, 600, |text| vec![text.parse::<PhoneNumber>(); 100]);
    }
}

#[test]
fn prefixes() {
    wipes(PHONES, 4, |text| Prefix::of(&text.parse::<PhoneNumber>().unwrap(), 9).unwrap());
    wipes(["99970123", "00101876"], 4, |text| text.parse::<Prefix<Imsi>>().unwrap());
}

#[test]
fn exposed() {
    wipes(PHONES, 10, |text| text.parse::<PhoneNumber>().unwrap().expose_e164());
    wipes(PHONES, 6, |text| text.parse::<PhoneNumber>().unwrap().expose_address_string());
    wipes(IMSIS, 15, |text| text.parse::<Imsi>().unwrap().expose_digits());
    wipes(IMEIS, 12, |text| text.parse::<Imei>().unwrap().expose_urn());
    wipes(IMEIS, 6, |text| text.parse::<Imei>().unwrap().expose_tbcd());
    wipes(IMEISVS, 14, |text| text.parse::<Imeisv>().unwrap().expose_digits());
}

#[cfg(feature = "seal")]
mod keys {
    use super::*;
    use telseal::{Identifier, Indexer, KeyVersion, Keyring, OpenError, Scope, Sealer, Token};
    use zeroize::Zeroize;

    const SECRETS: [&[u8; 32]; 2] = [&[0x5A; 32], &[0xC3; 32]];

    /// Two versions that are not alike.
    fn keyring(secret: &[u8; 32]) -> Keyring {
        let versions = [1, 2].map(|number| KeyVersion::try_from(number).unwrap());
        let mut second = *secret;
        second.rotate_left(1);
        second[0] ^= 0xFF;
        Keyring::from_secrets(versions.into_iter().zip([secret, &second])).unwrap()
    }

    fn sealer<I: Identifier>(secret: &[u8; 32]) -> Sealer<I> {
        keyring(secret).sealer(&Scope::new(["acme", "routing"]).unwrap())
    }

    #[test]
    fn keyrings() {
        wipes(SECRETS, 64, keyring);
    }

    /// Secrets that make no keyring are wiped too.
    #[test]
    fn refused_secrets() {
        let [first, second] = [1, 2].map(|number| KeyVersion::try_from(number).unwrap());
        let left = differing(SECRETS, |secret| {
            assert!(Keyring::from_secrets([(first, secret), (second, &[7; 32]), (first, secret)]).is_err());
            assert!(Keyring::from_secrets([(first, secret), (second, secret)]).is_err());
        });
        assert_eq!(left, 0);
    }

    #[test]
    fn retired_versions() {
        let first = KeyVersion::try_from(1).unwrap();
        let left = |retire: bool| {
            differing(SECRETS, |secret| {
                let secrets = [(first, secret), (KeyVersion::try_from(2).unwrap(), &[7; 32])];
                let mut keyring = Keyring::from_secrets(secrets).unwrap();
                if retire {
                    keyring.retire(first).unwrap();
                }
                mem::forget(black_box(keyring));
            })
        };
        assert_eq!([left(true), left(false)], [0, 32]);
    }

    #[test]
    fn wrapping() {
        let kek = [0x11; 32];
        let left = differing(SECRETS, |secret| {
            let mut wrapped = keyring(secret).wrap(&kek);
            drop(black_box(Keyring::unwrap(&wrapped, &kek).unwrap()));
            assert!(Keyring::unwrap(&wrapped, secret).is_err());
            // A keyring's wrapping is no secret, and is the caller's.
            wrapped.zeroize();
        });
        assert_eq!(left, 0);
        let left = differing(SECRETS, |kek| keyring(&[7; 32]).wrap(kek).zeroize());
        assert_eq!(left, 0);
    }

    /// Two versions of two keys of 15 round keys: of so many bytes, some are equal by chance.
    const SCHEDULES: usize = 2 * 2 * 15 * 16 - 40;

    #[test]
    fn sealers() {
        wipes(SECRETS, SCHEDULES, sealer::<PhoneNumber>);
        wipes(SECRETS, SCHEDULES, sealer::<Imsi>);
        wipes(SECRETS, SCHEDULES, sealer::<Imei>);
        wipes(SECRETS, SCHEDULES, sealer::<Imeisv>);
    }

    #[test]
    fn indexers() {
        wipes(SECRETS, SCHEDULES / 2, |secret| sealer::<PhoneNumber>(secret).indexer());
        let scope = Scope::new(["acme", "routing"]).unwrap();
        wipes(SECRETS, SCHEDULES / 2, |secret| keyring(secret).indexer::<Imei>(&scope));
        wipes(SECRETS, SCHEDULES / 2, |secret| keyring(secret).indexer::<Prefix<Imei>>(&scope));
    }

    #[cfg(feature = "fpe")]
    #[test]
    fn digit_ciphers() {
        let scope = Scope::new(["acme", "routing"]).unwrap();
        // The key schedule and AES(P) for each of 11 lengths.
        wipes(SECRETS, SCHEDULES / 2, |secret| keyring(secret).digit_cipher::<Imsi>(&scope));
    }

    #[test]
    fn wrapping_of_index_keys() {
        let (kek, scope) = ([0x11; 32], Scope::new(["acme", "routing"]).unwrap());
        let left = differing(SECRETS, |secret| {
            let indexer = keyring(secret).indexer::<Imsi>(&scope);
            let mut live = indexer.fingerprints().next();
            let mut wrapped = indexer.wrap(&kek);
            drop(indexer);
            drop(black_box(Indexer::<Imsi>::unwrap(&wrapped, &kek, &scope, live.as_slice()).unwrap()));
            live = None; // no secret, and different
            assert!(black_box(live).is_none());
            assert!(Indexer::<Imei>::unwrap(&wrapped, &kek, &scope, &[]).is_err());
            assert!(Indexer::<Imsi>::unwrap(&wrapped, secret, &scope, &[]).is_err());
            wrapped.zeroize();
        });
        assert_eq!(left, 0);
        let left = differing(SECRETS, |kek| keyring(&[7; 32]).indexer::<Imsi>(&scope).wrap(kek).zeroize());
        assert_eq!(left, 0);
        wipes(
            SECRETS
                .map(|secret| {
                    let indexer = keyring(secret).indexer::<Imsi>(&scope);
                    (indexer.wrap(&kek), indexer.fingerprints().collect::<Vec<_>>())
                })
                .each_ref(),
            SCHEDULES / 2,
            |(file, live)| {
                // The file and the fingerprints are the caller's, and no secrets.
                Indexer::<Imsi>::unwrap(file, &kek, &scope, live).unwrap()
            },
        );
    }

    #[test]
    fn lookups() {
        let phones = sealer(SECRETS[0]);
        wipes(PHONES, 6, |text| phones.lookup(&text.parse::<PhoneNumber>().unwrap()));
        let index = phones.indexer();
        wipes(PHONES, 6, |text| index.lookup(&text.parse::<PhoneNumber>().unwrap()));
    }

    #[test]
    fn what_was_opened() {
        let phones = sealer(SECRETS[0]);
        let tokens: Vec<Token<PhoneNumber>> = PHONES.iter().map(|text| phones.seal(&text.parse().unwrap())).collect();
        wipes([&tokens[0], &tokens[1]], 6, |token| phones.open(token).unwrap());
        wipes([&tokens[0], &tokens[1]], 6 * 300, |token| {
            let mut opened = vec![Err(OpenError::NotOpened); 300];
            phones.open_into(&[*token; 300], &mut opened).unwrap();
            opened
        });
    }
}

#[cfg(feature = "oblivious")]
mod blinds {
    use super::*;
    use telseal::oblivious::PublicKey;

    /// Inputs and blinds, of which the latter are others each time.
    #[test]
    fn blindings() {
        // The generator, with which all blinded elements are elements.
        const KEY: &[u8] = b"K\x3D\0\x01\xE2\xF2\xAE\x0A\x6A\xBC\x4E\x71\xA8\x84\xA9\x61\xC5\x00\x51\x5F\x58\xE3\x0B\x6A\xA5\x82\xDD\x8D\xB6\xA6\x59\x45\xE0\x8D\x2D\x76\x04acme";
        let key = PublicKey::<PhoneNumber>::try_from(KEY).unwrap();
        wipes(PHONES, 10 * (6 + 30), |text| key.blind(&vec![text.parse().unwrap(); 10]).unwrap());
    }
}

#[cfg(all(feature = "seal", feature = "oblivious"))]
mod oblivious {
    use super::*;
    use telseal::{
        KeyVersion, Keyring, Scope,
        oblivious::{Evaluator, Response},
    };

    const SECRETS: [&[u8; 32]; 2] = [&[0x5A; 32], &[0xC3; 32]];

    fn evaluator(secret: &[u8; 32]) -> Evaluator<PhoneNumber> {
        let keyring = Keyring::from_secrets([(KeyVersion::FIRST, secret)]).unwrap();
        keyring.evaluator(&Scope::new(["acme"]).unwrap()).unwrap()
    }

    #[test]
    fn evaluators() {
        wipes(SECRETS, 32 + 4 * 32 - 10, evaluator);
    }

    #[test]
    fn direct_evaluation() {
        let evaluator = evaluator(SECRETS[0]);
        let left = differing(PHONES, |text| {
            let number = text.parse().unwrap();
            black_box(evaluator.tag(&number));
            assert_eq!(black_box(evaluator.lookup(&number)).count(), 1);
        });
        assert_eq!(left, 0);
    }

    /// The tags are the caller's, all else is wiped.
    #[test]
    fn evaluating_and_finalizing() {
        let evaluator = evaluator(SECRETS[0]);
        let key = evaluator.public_keys().next().unwrap();
        let left = differing(PHONES, |text| {
            let blinding = key.blind(&vec![text.parse().unwrap(); 3]).unwrap();
            let response: Response<_> = evaluator.evaluate(blinding.request(), |_| true).unwrap();
            blinding.finalize(&response).unwrap().fill(telseal::Tag::from_bytes([0; 16]));
        });
        assert_eq!(left, 0);
    }
}
