//! Format-preserving encryption: through the public API, against `fpe` and `hkdf` alone.

#![cfg(feature = "fpe")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use ::fpe::ff1::{FF1, FlexibleNumeralString};
use common::{Sample, encoded, for_every_kind, keyring, lengths, places, refused, scope, secret, tbcd, version};
use hkdf::Hkdf;
use proptest::prelude::*;
use sha2::Sha256;
use std::collections::HashSet;
use telseal::{
    Identifier, Imei, Imeisv, Imsi, Kind, PhoneNumber,
    fpe::{DigitCipher, DigitError, EncryptedDigits, MIN_ENCRYPTED},
};

/// The digits of a block, encrypted as SPEC.md has it: the check digit of an IMEI is not there.
fn oracle(kind: Kind, number: u16, digits: &str, clear: usize) -> String {
    let mut key = [0; 32];
    let info = [b"telseal/v1/fpe\0", &[kind.letter() as u8][..], &encoded(&["acme", "routing"])].concat();
    Hkdf::<Sha256>::new(Some(b"telseal/v1"), &secret(number)).expand(&info, &mut key).unwrap();

    let mut block = tbcd(&digits[..clear]);
    block.resize(8, 0xFF);
    let tweak = [&[kind.letter() as u8, digits.len() as u8, clear as u8][..], &block].concat();
    let numerals = digits[clear..].bytes().map(|digit| u16::from(digit - b'0')).collect::<Vec<_>>();
    let encrypted = FF1::<aes::Aes256>::new(&key, 10).unwrap().encrypt(&tweak, &FlexibleNumeralString::from(numerals));
    let encrypted: Vec<u16> = encrypted.unwrap().into();
    digits[..clear].to_owned() + &encrypted.iter().map(u16::to_string).collect::<String>()
}

fn luhn(digits: &str) -> u32 {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, digit)| {
            let digit = u32::from(digit - b'0');
            if i % 2 == 0 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    (10 - sum % 10) % 10
}

fn printed(kind: Kind, digits: &str) -> String {
    match kind {
        Kind::Imei => format!("{digits}{}", luhn(digits)),
        _ => digits.to_owned(),
    }
}

fn cipher<I: Identifier>() -> DigitCipher<I> {
    keyring(&[1, 2, 300]).digit_cipher(&scope())
}

/// The fewest digits that stay.
fn least<I: Identifier>() -> usize {
    usize::from(I::KIND == Kind::PhoneNumber)
}

#[test]
fn equals_another_crate() {
    fn check<I: Sample>() {
        let cipher = cipher::<I>();
        for identifier in (0..20).map(I::sample) {
            let digits = identifier.digits();
            for clear in least::<I>()..=digits.len() - MIN_ENCRYPTED {
                for (number, encrypted) in cipher.lookup(&identifier, clear).unwrap() {
                    let expected = oracle(I::KIND, number.get(), &digits, clear);
                    assert_eq!(encrypted.to_string(), printed(I::KIND, &expected));
                    assert!(cipher.decrypt(&encrypted, clear, number).unwrap() == identifier);
                }
                let encrypted = cipher.encrypt(&identifier, clear).unwrap();
                assert!(cipher.lookup(&identifier, clear).unwrap().next() == Some((version(300), encrypted)));
            }
        }
    }
    for_every_kind!(check());
}

/// Every width of a number, with every number of clear digits.
#[test]
fn every_width() {
    let cipher = cipher::<PhoneNumber>();
    for width in 7..=15 {
        let digits = &"442079460018000"[..width];
        let number = PhoneNumber::from_msisdn(digits).unwrap();
        for clear in 0..=20 {
            match cipher.encrypt(&number, clear) {
                Ok(encrypted) => {
                    assert!(clear >= 1 && clear + MIN_ENCRYPTED <= width);
                    assert_eq!(encrypted.to_string(), oracle(Kind::PhoneNumber, 300, digits, clear));
                }
                Err(DigitError::FirstDigit) => assert_eq!(clear, 0),
                Err(DigitError::TooFew { found }) => {
                    assert_eq!(found, width.saturating_sub(clear));
                    assert!(clear > 0 && found < MIN_ENCRYPTED);
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    format: String,
    #[expect(dead_code, reason = "for the reader")]
    origin: String,
    digits: Vec<Vector>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    kind: String,
    digits: String,
    clear: usize,
    secret: String,
    scope: Vec<String>,
    encrypted: String,
}

/// Made by another implementation, in another language.
#[test]
fn vectors() {
    fn check<I: Sample>(vector: &Vector, identifier: I) {
        let secret = hex::decode(&vector.secret).unwrap().try_into().unwrap();
        let keyring = telseal::Keyring::from_secrets([(version(1), &secret)]).unwrap();
        let cipher: DigitCipher<I> = keyring.digit_cipher(&telseal::Scope::new(&vector.scope).unwrap());
        let encrypted = cipher.encrypt(&identifier, vector.clear).unwrap();
        assert_eq!(encrypted.to_string(), vector.encrypted);
        assert!(cipher.decrypt(&vector.encrypted.parse().unwrap(), vector.clear, version(1)).unwrap() == identifier);
    }
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/telseal-v1-digits.json")).unwrap();
    assert_eq!(vectors.format, "telseal/v1");
    assert!(vectors.digits.len() > 100);
    for vector in &vectors.digits {
        match vector.kind.as_str() {
            "phone" => check(vector, PhoneNumber::from_msisdn(&vector.digits).unwrap()),
            "imsi" => check(vector, vector.digits.parse::<Imsi>().unwrap()),
            "imei" => check(vector, vector.digits.parse::<Imei>().unwrap()),
            "imeisv" => check(vector, vector.digits.parse::<Imeisv>().unwrap()),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn messages_of_errors() {
    let phones = cipher::<PhoneNumber>();
    let number: PhoneNumber = "+44 20 7946 0018".parse().unwrap();
    let encrypted = phones.encrypt(&number, 2).unwrap();
    for (error, message) in [
        (
            phones.encrypt(&number, 7).unwrap_err(),
            "not encrypted: expected at least 6 digits behind the clear ones, found 5",
        ),
        (
            phones.encrypt(&number, 99).unwrap_err(),
            "not encrypted: expected at least 6 digits behind the clear ones, found 0",
        ),
        (phones.encrypt(&number, 0).unwrap_err(), "not encrypted: the first digit of a phone number stays clear"),
        (phones.decrypt(&encrypted, 2, version(3)).unwrap_err(), "key version 3 is not live"),
        (
            phones.decrypt(&encrypted, 7, version(2)).unwrap_err(),
            "not encrypted: expected at least 6 digits behind the clear ones, found 5",
        ),
        (phones.reencrypt(&encrypted, 2, version(1), version(9)).unwrap_err(), "key version 9 is not live"),
        (phones.reencrypt(&encrypted, 2, version(9), version(1)).unwrap_err(), "key version 9 is not live"),
    ] {
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(cipher::<Imsi>().encrypt(&"001010".parse().unwrap(), 1).unwrap_err(), DigitError::TooFew { found: 5 });
    assert!(cipher::<Imsi>().encrypt(&"001010".parse().unwrap(), 0).is_ok());
}

/// From one version to another, and back.
#[test]
fn reencrypted() {
    fn check<I: Sample>() {
        let cipher = cipher::<I>();
        for identifier in (0..20).map(I::sample) {
            let of =
                |number| cipher.lookup(&identifier, 3).unwrap().find(|(found, _)| *found == version(number)).unwrap().1;
            for (from, to) in [(1, 2), (2, 1), (1, 300), (300, 300)] {
                assert!(cipher.reencrypt(&of(from), 3, version(from), version(to)) == Ok(of(to)));
            }
        }
    }
    for_every_kind!(check());
}

/// Many at once are as one by one, at every length and with each place of a bad item, in columns of several widths.
#[test]
fn many_are_as_one_by_one() {
    let cipher = cipher::<PhoneNumber>();
    let numbers: Vec<PhoneNumber> = (0..300)
        .map(|i| PhoneNumber::from_msisdn(&format!("4420794600{i:05}")[..15 - [0, 0, 0, 3, 5, 8][i % 6]]).unwrap())
        .collect();
    let clear = |number: &PhoneNumber| number.expose_msisdn().len() % 4;
    for count in lengths() {
        let mut encrypted = vec![Err(DigitError::FirstDigit); count];
        cipher.encrypt_into(&numbers[..count], clear, &mut encrypted).unwrap();
        for (number, encrypted) in numbers.iter().zip(&encrypted) {
            assert!(*encrypted == cipher.encrypt(number, clear(number)), "of {count}");
        }
        let (read, back): (Vec<_>, Vec<_>) =
            encrypted.iter().flatten().map(|one| (*one, one.to_string().len() % 4)).unzip();
        let mut decrypted = vec![Err(DigitError::FirstDigit); read.len()];
        cipher.decrypt_into(&read, |one| one.to_string().len() % 4, version(300), &mut decrypted).unwrap();
        for ((one, clear), decrypted) in read.iter().zip(back).zip(&decrypted) {
            assert!(*decrypted == cipher.decrypt(one, clear, version(300)));
        }
    }
    // One item with too few digits, at each place of two batches.
    let full: Vec<PhoneNumber> = (0..130).map(PhoneNumber::sample).collect();
    for bad in places(130) {
        let mut numbers = full.clone();
        numbers[bad] = "+4420790".parse().unwrap();
        let mut encrypted = vec![Err(DigitError::FirstDigit); 130];
        cipher.encrypt_into(&numbers, |_| 3, &mut encrypted).unwrap();
        for (i, (number, encrypted)) in numbers.iter().zip(&encrypted).enumerate() {
            assert!(*encrypted == cipher.encrypt(number, 3));
            assert_eq!(encrypted.is_err(), i == bad);
        }
    }
    let mut encrypted = vec![Err(DigitError::FirstDigit); 3];
    assert!(cipher.encrypt_into(&full[..2], |_| 2, &mut encrypted).is_err());
    let mut decrypted = vec![Err(DigitError::FirstDigit); 1];
    let one = cipher.encrypt(&full[0], 2).unwrap();
    assert!(cipher.decrypt_into(&[one, one], |_| 2, version(1), &mut decrypted).is_err());
    cipher.decrypt_into(&[one], |_| 2, version(9), &mut decrypted).unwrap();
    assert!(decrypted[0] == Err(DigitError::UnknownKeyVersion(version(9))));
}

/// Kind, scope, version, width, number of clear digits: each changes the digits.
#[test]
fn whatever_differs_changes_the_digits() {
    let tail = "00000000";
    let mut seen = HashSet::new();
    let imsi = |digits: &str| digits.parse::<Imsi>().unwrap();
    let keyring = keyring(&[1, 2]);
    for labels in [&["acme", "routing"][..], &["acme"], &["acmerouting"]] {
        let cipher: DigitCipher<Imsi> = keyring.digit_cipher(&telseal::Scope::new(labels).unwrap());
        for clear_digits in ["", "0", "00", "1", "01", "10"] {
            let identifier = imsi(&format!("{clear_digits}{tail}"));
            for (_, encrypted) in cipher.lookup(&identifier, clear_digits.len()).unwrap() {
                assert!(seen.insert(encrypted.to_string()[clear_digits.len()..].to_owned()));
            }
        }
    }
    // All of these encrypt the same 8 digits. Here the width is the same too, and another part of it is clear.
    let (cipher, identifier) = (keyring.digit_cipher::<Imsi>(&scope()), imsi("00101000000000"));
    let all: HashSet<_> = (0..=8).map(|clear| cipher.encrypt(&identifier, clear).unwrap()).collect();
    assert_eq!(all.len(), 9);
}

#[test]
fn forms() {
    fn check<I: Sample>() {
        let cipher = cipher::<I>();
        let mut all = Vec::new();
        for identifier in (0..200).map(I::sample) {
            let encrypted = cipher.encrypt(&identifier, 1).unwrap();
            let text = encrypted.to_string();
            assert_eq!(text.parse::<EncryptedDigits<I>>(), Ok(encrypted));
            assert_eq!(format!("{encrypted:?}"), "EncryptedDigits { .. }");
            assert_eq!(format!("{encrypted:>20}"), format!("{text:>20}"));
            all.push(encrypted);
        }
        let mut texts: Vec<String> = all.iter().map(ToString::to_string).collect();
        all.sort();
        texts.sort();
        assert!(all.iter().map(ToString::to_string).eq(texts));
        assert_eq!(format!("{cipher:?}"), "DigitCipher { .. }");
    }
    for_every_kind!(check());
    let versions = cipher::<Imsi>();
    assert!(versions.versions().eq([300, 2, 1].map(version)) && versions.primary() == version(300));
    // Shorter ones come first.
    let read = |text: &str| text.parse::<EncryptedDigits<PhoneNumber>>().unwrap();
    assert!(
        read("4420790") < read("44207900") && read("44207900") < read("4420791") && read("4420791") < read("5000000")
    );
    // Validators accept an IMEI.
    let imei: Imei = "49-015420-323751-8".parse().unwrap();
    let encrypted = cipher::<Imei>().encrypt(&imei, 8).unwrap().to_string();
    assert!(encrypted.starts_with("49015420") && encrypted.parse::<Imei>().is_ok());
}

#[test]
fn what_is_no_such_value() {
    let phone = |text: &str| text.parse::<EncryptedDigits<PhoneNumber>>();
    refused(phone(""), "encrypted digits of phone numbers: expected 7 to 15 digits, found 0");
    refused(phone("442079"), "encrypted digits of phone numbers: expected 7 to 15 digits, found 6");
    refused(phone("4420794600180000"), "encrypted digits of phone numbers: expected 7 to 15 digits, found 16");
    refused(phone("+442079460018"), "encrypted digits of phone numbers: expected a digit at byte 0");
    refused(phone("44207946O018"), "encrypted digits of phone numbers: expected a digit at byte 8");
    refused(
        phone("0442079460018"),
        "encrypted digits of phone numbers: expected a country code, which never begins with zero, at byte 0",
    );
    let imei = |text: &str| text.parse::<EncryptedDigits<Imei>>();
    assert!(imei("490154203237518").is_ok());
    refused(imei("49015420323751"), "encrypted digits of IMEIs: expected 15 digits, found 14");
    refused(
        imei("490154203237519"),
        "encrypted digits of IMEIs: the check digit does not fit the digits before it at byte 14",
    );
}

#[cfg(feature = "serde")]
#[test]
fn serde_writes_the_digits() {
    let encrypted = cipher::<Imsi>().encrypt(&Imsi::sample(7), 5).unwrap();
    let json = serde_json::to_string(&encrypted).unwrap();
    assert_eq!(json, format!("\"{encrypted}\""));
    assert_eq!(serde_json::from_str::<EncryptedDigits<Imsi>>(&json).unwrap(), encrypted);
    let binary = postcard::to_allocvec(&encrypted).unwrap();
    assert_eq!(postcard::from_bytes::<EncryptedDigits<Imsi>>(&binary).unwrap(), encrypted);
    for other in ["999700000000007", "[9997]", "null", "\"99970O\""] {
        let error = serde_json::from_str::<EncryptedDigits<Imsi>>(other).unwrap_err().to_string();
        assert!(!error.contains("9970"), "{error}");
    }
}

proptest! {
    /// Any identifier, any number of clear digits: decrypted again, the first digits stay, and no other thing changes.
    #[test]
    fn any_identifier(digits in "[0-9]{6,15}", clear in 0_usize..16) {
        let (cipher, imsi): (_, Imsi) = (cipher::<Imsi>(), digits.parse().unwrap());
        match cipher.encrypt(&imsi, clear) {
            Ok(encrypted) => {
                let text = encrypted.to_string();
                prop_assert_eq!(&text, &oracle(Kind::Imsi, 300, &digits, clear));
                prop_assert_eq!(&text[..clear], &digits[..clear]);
                prop_assert!(cipher.decrypt(&text.parse().unwrap(), clear, version(300)).unwrap() == imsi);
            }
            Err(error) => {
                prop_assert!(clear + MIN_ENCRYPTED > digits.len());
                prop_assert_eq!(error, DigitError::TooFew { found: digits.len().saturating_sub(clear) });
            }
        }
    }

    /// Any digits are decrypted to something, and that is encrypted to them.
    #[test]
    fn any_digits(digits in "[0-9]{16}", clear in 0_usize..=10) {
        let cipher = cipher::<Imeisv>();
        let imeisv = cipher.decrypt(&digits.parse().unwrap(), clear, version(2)).unwrap();
        let again = cipher.lookup(&imeisv, clear).unwrap().find(|(found, _)| *found == version(2)).unwrap().1;
        prop_assert_eq!(again.to_string(), digits);
    }
}

#[test]
fn a_clone_is_the_same() {
    fn cloned<T: Clone>(value: &T) -> T {
        value.clone()
    }
    let encrypted = cipher::<Imsi>().encrypt(&Imsi::sample(1), 5).unwrap();
    assert!(cloned(&encrypted) == encrypted);
}
