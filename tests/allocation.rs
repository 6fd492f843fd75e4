//! No operation on identifiers, tokens and sealers allocates, once the sealer is there.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use allocation_counter::measure;
use common::{Sample, for_every_kind};
use std::{
    fmt::{self, Write},
    hint::black_box,
};
use telseal::{Identifier, Imei, Imeisv, Imsi, MncLength, PhoneNumber, Tag, Token};

/// Does it, and counts.
#[track_caller]
fn allocates_nothing<T>(operation: impl FnOnce() -> T) -> T {
    let mut result = None;
    let info = measure(|| result = Some(black_box(operation())));
    assert_eq!(info.count_total, 0);
    result.unwrap()
}

/// A fixed place to print to.
struct Buffer {
    bytes: [u8; 256],
    len: usize,
}

impl Write for Buffer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.len + text.len();
        self.bytes.get_mut(self.len..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.len = end;
        Ok(())
    }
}

fn print(arguments: fmt::Arguments<'_>) -> usize {
    let mut buffer = Buffer { bytes: [0; 256], len: 0 };
    buffer.write_fmt(arguments).unwrap();
    buffer.len
}

/// The control: without it, a counter that counts nothing would pass.
#[test]
fn an_allocation_is_counted() {
    assert_eq!(measure(|| drop(black_box(Box::new(1)))).count_total, 1);
    assert_eq!(measure(|| drop(black_box(Token::<Imsi>::BLANK.to_string()))).count_total, 1);
}

#[test]
fn reading_and_printing_identifiers() {
    fn read<I: Identifier>(texts: &[&str]) {
        for text in texts {
            let read = allocates_nothing(|| text.parse::<I>());
            allocates_nothing(|| match &read {
                Ok(identifier) => print(format_args!("{identifier:?}")),
                Err(error) => print(format_args!("{error} {error:?}")),
            });
        }
    }
    read::<PhoneNumber>(&["+44 (20) 7946-0018", "tel:+442079460018;npdi", "msisdn-442079460018", "020 7946 0018"]);
    read::<Imsi>(&["001010123456789", "imsi-001010123456789", "00101", "imsi-00101012345678x"]);
    read::<Imei>(&[
        "49015420323751",
        "49-015420-323751-8",
        "urn:gsma:imei:49015420-323751-0;svn=42",
        "490154203237519",
    ]);
    read::<Imeisv>(&["4901542032375142", "imeisv-4901542032375142", ""]);

    let (phone, imsi) = (PhoneNumber::sample(18), Imsi::sample(18));
    let (imei, imeisv) = (Imei::sample(18), Imeisv::sample(18));
    allocates_nothing(|| {
        print(format_args!("{} {} {}", phone.expose_e164(), phone.expose_tel_uri(), phone.expose_gpsi()));
        print(format_args!("{} {} {}", imsi.expose_supi(), imsi.expose_mcc(), imsi.expose_msin(MncLength::Two)));
        print(format_args!("{} {} {}", imei.expose_hyphenated(), imei.expose_pei(), imei.expose_urn()));
        print(format_args!("{} {}", imeisv.expose_pei(), imeisv.expose_svn()));
        PhoneNumber::from_address_string(&phone.expose_address_string()) == Ok(phone)
            && PhoneNumber::from_msisdn(&imsi.expose_digits()).is_ok()
            && Imsi::from_tbcd(&imsi.expose_tbcd()) == Ok(imsi)
            && Imei::from_tbcd(&imei.expose_tbcd()) == Ok(imei)
            && Imeisv::from_tbcd(&imeisv.expose_tbcd()).map(|imeisv| imeisv.imei()).is_ok()
    });
}

#[test]
fn reading_and_printing_tokens() {
    fn check<I: Identifier>() {
        let token = Token::<I>::BLANK;
        let (text, hex) = (token.to_string(), format!("{token:x}"));
        let (tag_text, tag_hex) = (token.tag().to_string(), format!("{:x}", token.tag()));
        allocates_nothing(|| {
            assert_eq!(text.parse::<Token<I>>(), Ok(token));
            assert_eq!(Token::<I>::from_hex(&hex), Ok(token));
            assert_eq!(Token::<I>::try_from(token.as_ref()), Ok(token));
            assert_eq!(tag_text.parse::<Tag<I>>(), Ok(token.tag()));
            assert_eq!(Tag::<I>::from_hex(&tag_hex), Ok(token.tag()));
            assert_eq!(token.encode(&mut [0; 36]), text);
            assert!(tag_hex.parse::<Token<I>>().is_err());
            print(format_args!("{token} {token:x} {token:?} {} {:x}", token.tag(), token.tag()));
        });
    }
    for_every_kind!(check());
}

#[cfg(feature = "seal")]
#[test]
fn sealing_opening_and_looking_up() {
    use common::{keyring, scope};
    use telseal::{OpenError, Sealer};

    fn check<I: Sample>() {
        let sealer: Sealer<I> = keyring(&[1, 2, 3]).sealer(&scope());
        let identifiers: Vec<_> = (0..300).map(I::sample).collect();
        let texts: Vec<_> = (0..300).map(|i| PhoneNumber::sample(i).expose_e164().to_string()).collect();
        let phones: Sealer<PhoneNumber> = keyring(&[1, 2]).sealer(&scope());
        let mut lookups = vec![[0; 27]; 600];
        let mut tokens = vec![Token::BLANK; 300];
        let mut tags = vec![Tag::from_bytes([0; 16]); 300];
        let mut opened = vec![Err(OpenError::NotOpened); 300];
        let (mut rows, mut tag_rows, mut places) = (vec![None; 300], vec![None; 300], vec![None; 300]);
        let (mut bytes, mut tag_bytes, mut valid) = ([[0; 27]; 300], [[0; 16]; 300], [0; 5]);
        allocates_nothing(|| {
            let token = sealer.seal(&identifiers[0]);
            assert_eq!(sealer.tag(&identifiers[0]), token.tag());
            assert!(sealer.open(&token).is_ok() && sealer.open(&Token::BLANK).is_err());
            let oldest = sealer.lookup(&identifiers[0]).last();
            assert_eq!(oldest.map(|oldest| sealer.reseal(&oldest)), Some(Ok(token)));
            sealer.seal_into(&identifiers, &mut tokens).unwrap();
            sealer.tag_into(&identifiers, &mut tags).unwrap();
            tokens[7] = Token::BLANK;
            sealer.open_into(&tokens, &mut opened).unwrap();
            assert_eq!(opened.iter().filter(|opened| opened.is_err()).count(), 1);
            let read = || texts.iter().map(|text| text.parse());
            phones.seal_rows_into(read(), &mut rows, |_, _| ()).unwrap();
            phones.tag_rows_into(read(), &mut tag_rows, |_, _| ()).unwrap();
            phones.seal_column(read(), &mut bytes, &mut valid, |_, _| ()).unwrap();
            phones.tag_column(read(), &mut tag_bytes, &mut valid, |_, _| ()).unwrap();
            phones.seal_rows_into(texts.iter().map(|text| &text[..]), &mut rows, |_, _| ()).unwrap();
            phones.tag_column(texts.iter().map(|text| Some(&text[..])), &mut tag_bytes, &mut valid, |_, _| ()).unwrap();
            phones.lookup_column(read(), &mut lookups, &mut valid, |_, _| ()).unwrap();
            phones.open_column(&bytes, &mut places, |_, _| ()).unwrap();
        });
    }
    for_every_kind!(check());
}

#[cfg(feature = "seal")]
#[test]
fn indexing() {
    use common::{keyring, scope};
    use telseal::{Indexed, Indexer, Prefix, PrefixLengths, Prefixed};

    fn check<T: Indexed>(of: &[T]) {
        let indexer: Indexer<T> = keyring(&[1, 2, 3]).indexer(&scope());
        let mut tags = vec![Tag::from_bytes([0; 16]); of.len()];
        allocates_nothing(|| {
            indexer.tag_into(of, &mut tags).unwrap();
            assert_eq!(indexer.tag(&of[0]), tags[0]);
            assert_eq!(indexer.lookup(&of[0]).next(), Some(tags[0]));
            assert_eq!(indexer.versions().len(), 3);
        });
    }
    fn check_prefixes<I: Prefixed + Sample>() {
        let (identifier, lengths) = (I::sample(18), PrefixLengths::new([1, 3, 5, 8]).unwrap());
        let prefixes: Vec<_> = (0..300).map(|_| Prefix::of(&identifier, 5).unwrap()).collect();
        check(&prefixes);
        let indexer: Indexer<Prefix<I>> = keyring(&[1, 2, 3]).indexer(&scope());
        allocates_nothing(|| assert_eq!(indexer.tags(&identifier, lengths).count(), 4));
        let text = "+44 20";
        allocates_nothing(|| text.parse::<Prefix<PhoneNumber>>().unwrap());
    }
    fn check_identifiers<I: Sample>() {
        check(&(0..300).map(I::sample).collect::<Vec<_>>());
    }
    for_every_kind!(check_identifiers());
    check_prefixes::<PhoneNumber>();
    check_prefixes::<Imsi>();
    check_prefixes::<Imei>();
}

/// A buffer that has to grow leaves secrets behind where it was.
#[cfg(feature = "seal")]
#[test]
fn what_is_wrapped_never_outgrows_its_buffer() {
    use common::{keyring, scope};

    for count in [1, 2, 64] {
        let versions: Vec<_> = (1..=count).collect();
        let keyring = keyring(&versions);
        let indexer = keyring.indexer::<PhoneNumber>(&scope());
        // One for what is encrypted, one for the file.
        assert_eq!(measure(|| drop(black_box(keyring.wrap(&[7; 32])))).count_total, 2, "keyring, {count} versions");
        assert_eq!(measure(|| drop(black_box(indexer.wrap(&[7; 32])))).count_total, 2, "index key, {count} versions");
    }
}

/// Evaluating allocates for what comes out. Where the quota refuses, nothing was evaluated before it was asked.
#[cfg(all(feature = "seal", feature = "oblivious"))]
#[test]
fn nothing_is_evaluated_before_the_quota_is_asked() {
    use common::{keyring, scope};
    use telseal::oblivious::{EvaluateError, Evaluator};

    let evaluator: Evaluator<PhoneNumber> = keyring(&[1]).evaluator(&scope()).unwrap();
    let key = evaluator.public_keys().next().unwrap();
    let blinding = key.blind(&[PhoneNumber::sample(18), PhoneNumber::sample(19)]).unwrap();
    let refused = allocates_nothing(|| evaluator.evaluate(blinding.request(), |_| false).map(drop));
    assert_eq!(refused, Err(EvaluateError::NotAdmitted(2)));
    // The control: where it admits, evaluating is seen.
    let admitted = measure(|| drop(black_box(evaluator.evaluate(blinding.request(), |_| true).unwrap())));
    assert!(admitted.count_total > 0);
}
