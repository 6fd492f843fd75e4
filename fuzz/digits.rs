//! What the fuzz target of the feature `fpe` checks, as `bodies.rs` has it for the others.

#![allow(clippy::unwrap_used)] // a panic is a finding

use fpe::ff1::{FF1, FlexibleNumeralString};
use hkdf::Hkdf;
use sha2::Sha256;
use telseal::{
    Identifier, Imei, Imeisv, Imsi, KeyVersion, Keyring, PhoneNumber, Scope,
    fpe::{DigitCipher, DigitError, EncryptedDigits},
};

/// A letter, 32 bytes of secret, how many digits stay clear, 8 bytes of block and then labels, one a line: the digits of
/// the block become what `fpe` and `hkdf` make of them, and come back.
pub(crate) fn digits(data: &[u8]) {
    match data.split_first() {
        Some((b'P', rest)) => digits_of::<PhoneNumber>(rest, "msisdn-"),
        Some((b'S', rest)) => digits_of::<Imsi>(rest, ""),
        Some((b'E', rest)) => digits_of::<Imei>(rest, ""),
        Some((b'V', rest)) => digits_of::<Imeisv>(rest, ""),
        _ => {}
    }
}

fn digits_of<I: Identifier>(data: &[u8], prefix: &str) {
    let Some((secret, rest)) = data.split_first_chunk::<32>() else { return };
    let Some((&clear, rest)) = rest.split_first() else { return };
    let Some((block, labels)) = rest.split_first_chunk::<8>() else { return };
    let Ok(labels) = str::from_utf8(labels) else { return };
    let labels: Vec<_> = labels.split('\n').collect();
    let Ok(scope) = Scope::new(&labels) else { return };
    let nibbles = block.iter().flat_map(|octet| [octet & 0xF, octet >> 4]);
    let digits: String = nibbles.map_while(|digit| char::from_digit(digit.into(), 10)).collect();
    let Ok(identifier) = format!("{prefix}{digits}").parse::<I>() else { return };
    // Without a check digit.
    let digits = &digits[..digits.len().min(if I::KIND.letter() == 'E' { 14 } else { 16 })];
    let cipher: DigitCipher<I> = Keyring::from_secrets([(KeyVersion::FIRST, secret)]).unwrap().digit_cipher(&scope);
    let clear = usize::from(clear);

    let encrypted = match cipher.encrypt(&identifier, clear) {
        Ok(encrypted) => encrypted,
        Err(DigitError::FirstDigit) => return assert!(clear == 0 && I::KIND.letter() == 'P'),
        Err(error) => {
            let found = digits.len().saturating_sub(clear);
            assert!(found < 6);
            return assert_eq!(error, DigitError::TooFew { found });
        }
    };
    // Equal to another crate's.
    let text = encrypted.to_string();
    assert_eq!(text[..digits.len()], expected(secret, I::KIND.letter(), &labels, digits, clear));
    assert_eq!(text.parse(), Ok(encrypted));
    // The inverse, on both sides.
    let decrypt = |encrypted: &EncryptedDigits<I>| cipher.decrypt(encrypted, clear, KeyVersion::FIRST).unwrap();
    assert!(decrypt(&encrypted) == identifier);
    let read = if I::KIND.letter() == 'E' { with_check_digit(digits) } else { digits.to_owned() };
    let as_encrypted: EncryptedDigits<I> = read.parse().unwrap();
    assert!(cipher.encrypt(&decrypt(&as_encrypted), clear) == Ok(as_encrypted));
    // Another identifier of the same digits in the clear is encrypted to others.
    let last = (digits.as_bytes()[digits.len() - 1] - b'0' + 1) % 10;
    let other: I = format!("{prefix}{}{last}", &digits[..digits.len() - 1]).parse().unwrap();
    let another = cipher.encrypt(&other, clear).unwrap();
    assert!(another != encrypted && another.to_string()[..clear] == text[..clear]);
    // Many at once.
    let mut many = [Err(DigitError::FirstDigit); 3];
    cipher.encrypt_into(&[identifier.clone(), other, identifier], |_| clear, &mut many).unwrap();
    assert!(many == [Ok(encrypted), Ok(another), Ok(encrypted)]);
    assert!(cipher.versions().eq([KeyVersion::FIRST]));
}

fn with_check_digit(digits: &str) -> String {
    let sum: u32 =
        digits.bytes().enumerate().map(|(i, digit)| u32::from(digit - b'0') << (i % 2)).map(|d| d / 10 + d % 10).sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

/// SPEC.md, section 11.
fn expected(secret: &[u8; 32], letter: char, labels: &[&str], digits: &str, clear: usize) -> String {
    let mut info = [b"telseal/v1/fpe\0", &[letter as u8][..]].concat();
    labels.iter().for_each(|label| info.extend([&[label.len() as u8], label.as_bytes()].concat()));
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(Some(b"telseal/v1"), secret).expand(&info, &mut key).unwrap();
    let nibble = |i: usize| if i < clear { digits.as_bytes()[i] - b'0' } else { 0xF };
    let block = (0..8).map(|i| nibble(2 * i) | nibble(2 * i + 1) << 4);
    let tweak: Vec<u8> = [letter as u8, digits.len() as u8, clear as u8].into_iter().chain(block).collect();
    let numerals: Vec<u16> = digits[clear..].bytes().map(|digit| u16::from(digit - b'0')).collect();
    let encrypted =
        FF1::<aes::Aes256>::new(&key, 10).unwrap().encrypt(&tweak, &FlexibleNumeralString::from(numerals)).unwrap();
    digits[..clear].to_owned() + &Vec::<u16>::from(encrypted).iter().map(u16::to_string).collect::<String>()
}
