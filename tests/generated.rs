//! What fuzzers and property tests get: every form that is valid, and nothing else.

#![cfg(feature = "arbitrary")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use arbitrary::{Arbitrary, Unstructured};
use common::{Sample, for_every_kind};
use std::collections::BTreeSet;
use telseal::{Identifier, Imei, Imsi, KeyVersion, PhoneNumber, Prefix, Prefixed, ShortTag, Tag, Token};

/// Random bytes, the same in each run (SplitMix64).
fn random(length: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut state = 0_u64;
    let mut word = move || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ mixed >> 31) as u8
    };
    std::iter::repeat_with(move || (0..length).map(|_| word()).collect()).take(20_000)
}

/// From random bytes, from too few of them, and from none. It takes as many bytes as it says.
fn made<T: for<'a> Arbitrary<'a>>() -> impl Iterator<Item = T> {
    let (least, most) = T::size_hint(0);
    let few = (0..=40).flat_map(|length| [vec![0; length], vec![0xFF; length]]);
    random(40).chain(few).map(move |bytes| {
        let mut from = Unstructured::new(&bytes);
        let value = T::arbitrary(&mut from).unwrap();
        let taken = bytes.len() - from.len();
        assert!(taken <= most.unwrap() && (taken >= least || from.is_empty()), "{least} {taken} {most:?}");
        value
    })
}

#[test]
fn identifiers() {
    fn check<I: Sample + for<'a> Arbitrary<'a>>(lengths: usize) {
        let mut places = BTreeSet::new();
        let mut found = BTreeSet::new();
        for identifier in made::<I>() {
            // What is exposed is read again.
            assert!(identifier.expose_into(&mut [0; 16]).parse::<I>().unwrap() == identifier);
            let digits = identifier.digits();
            places.extend(digits.chars().enumerate());
            found.insert(digits.len());
        }
        // Each length, and each digit in each place, but for a zero at the beginning of a phone number.
        let zero_first = usize::from(I::KIND == PhoneNumber::KIND);
        assert_eq!((found.len(), places.len()), (lengths, 10 * found.last().unwrap() - zero_first));
    }
    check::<PhoneNumber>(9);
    check::<Imsi>(10);
    check::<Imei>(1);
    check::<telseal::Imeisv>(1);
}

/// A byte for each digit, and one where there is a choice how many.
#[test]
fn size_hints() {
    assert_eq!(PhoneNumber::size_hint(0), (8, Some(16)));
    assert_eq!(Imsi::size_hint(0), (7, Some(16)));
    assert_eq!(Imei::size_hint(0), (14, Some(14)));
    assert_eq!(telseal::Imeisv::size_hint(0), (16, Some(16)));
    assert_eq!(Prefix::<PhoneNumber>::size_hint(0), (9, Some(17)));
    assert_eq!(Prefix::<Imsi>::size_hint(0), (8, Some(17)));
    assert_eq!(Prefix::<Imei>::size_hint(0), (15, Some(15)));
}

/// The same digits with a trunk prefix in place of the first national digit are refused.
#[test]
fn no_trunk_prefix() {
    let from = |bytes: &[u8]| PhoneNumber::arbitrary(&mut Unstructured::new(bytes)).unwrap();
    // A length of 12, the first digit less one, and the others.
    let number = from(&[5, 3, 4, 0, 2, 0, 7, 9, 4, 6, 0, 0, 1]);
    assert_eq!(&*number.expose_e164(), "+441207946001");
    assert!("+440207946001".parse::<PhoneNumber>().is_err());
    let number = from(&[4, 2, 9, 0, 6, 9, 8, 0, 0, 0, 0, 0]);
    assert_eq!(&*number.expose_e164(), "+39069800000"); // Italy's begin with zero
}

#[test]
fn prefixes() {
    fn check<I: Prefixed + for<'a> Arbitrary<'a>>() {
        let lengths: BTreeSet<_> = made::<Prefix<I>>().map(|prefix| prefix.len()).collect();
        assert!(lengths.into_iter().eq(1..=I::MAX_PREFIX));
    }
    check::<PhoneNumber>();
    check::<Imsi>();
    check::<Imei>();
}

#[test]
fn tokens_and_tags() {
    fn check<I: Identifier>() {
        let mut places = BTreeSet::new();
        for token in made::<Token<I>>() {
            assert!(Token::try_from(token.as_ref()).unwrap() == token);
            places.extend(token.as_bytes().iter().copied().enumerate());
        }
        assert_eq!(places.len(), 1 + 26 * 256); // the first byte is the kind's
        let tags: BTreeSet<_> = made::<Tag<I>>().collect();
        let shorts: BTreeSet<_> = made::<ShortTag<I, 9>>().collect();
        assert!(tags.len() >= 20_000 && shorts.len() == 512);
    }
    for_every_kind!(check());
    let versions: BTreeSet<_> = made::<KeyVersion>().collect();
    assert!(versions.len() > 10_000 && versions.contains(&KeyVersion::FIRST));
}

#[cfg(feature = "proptest")]
mod properties {
    use super::*;
    use proptest::{
        arbitrary::any,
        prelude::{Arbitrary, prop_assert},
        proptest,
        test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
    };
    use std::fmt::Debug;
    use telseal::Imeisv;

    proptest! {
        #[test]
        fn all_types(
            phone: PhoneNumber, imsi: Imsi, imei: Imei, imeisv: Imeisv, prefix: Prefix<PhoneNumber>,
            token: Token<Imsi>, tag: Tag<Prefix<Imsi>>, short: ShortTag<Imei, 20>, version: KeyVersion,
        ) {
            prop_assert!(phone.expose_e164().parse::<PhoneNumber>().unwrap() == phone);
            prop_assert!(imsi.expose_supi().parse::<Imsi>().unwrap() == imsi);
            prop_assert!(imei.expose_urn().parse::<Imei>().unwrap() == imei);
            prop_assert!(imeisv.expose_pei().parse::<Imeisv>().unwrap() == imeisv);
            prop_assert!((1..=10).contains(&prefix.len()));
            prop_assert!(token.to_string().parse::<Token<Imsi>>().unwrap() == token);
            prop_assert!(tag.to_string().parse::<Tag<Prefix<Imsi>>>().unwrap() == tag);
            prop_assert!(short.to_string().parse::<ShortTag<Imei, 20>>().unwrap() == short);
            prop_assert!(version.to_string().parse::<KeyVersion>().unwrap() == version);
        }
    }

    fn runner() -> TestRunner {
        let config = Config { failure_persistence: None, ..Config::default() };
        TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
    }

    /// The smallest that a property does not hold for.
    fn smallest<T: Arbitrary + Debug>(fails: impl Fn(&T) -> bool) -> T {
        let run = runner().run(&any::<T>(), |value| {
            prop_assert!(!fails(&value));
            Ok(())
        });
        match run {
            Err(TestError::Fail(_, value)) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn they_shrink() {
        let number = smallest(|number: &PhoneNumber| number.expose_msisdn().len() > 9);
        assert_eq!(number.digits(), "1100000000");
        assert_eq!(smallest(|imsi: &Imsi| imsi.expose_digits().contains('7')).digits().len(), 6);
        assert_eq!(smallest(|_: &Token<Imsi>| true), Token::BLANK);
        assert_eq!(smallest(|version: &KeyVersion| version.get() > 300).get(), 301);
    }

    /// What a failure prints.
    #[test]
    fn no_digit_is_printed() {
        let run = runner().run(&any::<(PhoneNumber, Imsi)>(), |_| {
            prop_assert!(false);
            Ok(())
        });
        assert!(
            run.unwrap_err().to_string().contains("minimal failing input: (\n    PhoneNumber(\n        ..,\n    )")
        );
    }
}
