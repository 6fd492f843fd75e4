//! telseal once more, by other means: slowly, from SPEC.md and with the crates `aes-siv`, `hkdf` and `sha2` alone.

use aes_siv::{KeyInit, siv::Aes256Siv};
use hkdf::Hkdf;
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::LazyLock};
use telseal::{Fingerprint, IndexKeyError, KeyVersion, KeyringError, OpenError};

pub(crate) fn version(number: u16) -> KeyVersion {
    KeyVersion::try_from(number).unwrap()
}

/// TBCD, nibble by nibble: fillers are refused but in the last half octet.
pub(crate) fn tbcd_digits(octets: &[u8]) -> Option<String> {
    let nibbles: Vec<_> = octets.iter().flat_map(|octet| [octet & 0xF, octet >> 4]).collect();
    let digits = nibbles.strip_suffix(&[0xF]).unwrap_or(&nibbles);
    digits.iter().map(|&digit| char::from_digit(digit.into(), 10)).collect()
}

pub(crate) fn luhn_holds(digits: &str) -> bool {
    let value = |(i, digit): (usize, u8)| match u32::from(digit - b'0') << (i % 2) {
        doubled @ 10.. => doubled - 9,
        value => value,
    };
    digits.bytes().rev().enumerate().map(value).sum::<u32>().is_multiple_of(10)
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The first byte of a token, and of what is authenticated with the tag of a prefix.
pub(crate) fn header(letter: char) -> u8 {
    ALPHABET.iter().position(|&other| other == letter as u8).unwrap() as u8 * 4 + 1
}

/// Bit by bit.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let sextet = |at| (at..at + 6).fold(0, |sextet, at| sextet << 1 | bit(at));
    (0..8 * bytes.len()).step_by(6).map(|at| char::from(ALPHABET[usize::from(sextet(at))])).collect()
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn token_bytes(
    secret: &[u8; 32],
    version: KeyVersion,
    letter: char,
    labels: &[&str],
    block: &[u8],
) -> [u8; 27] {
    let info = [b"telseal/v1/siv\0", &[letter as u8][..], &encoded(labels)].concat();
    let [high, low] = version.get().to_be_bytes();
    let header = [header(letter), high, low];
    let sealed = Aes256Siv::new_from_slice(&derive(secret, &info)).unwrap().encrypt([header], block).unwrap();
    [&header[..], &sealed].concat().try_into().unwrap()
}

fn encoded(labels: &[&str]) -> Vec<u8> {
    labels.iter().flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect()
}

/// The first half of the key of prefixes in one scope.
pub(crate) fn prefix_key(secret: &[u8; 32], letter: char, labels: &[&str]) -> [u8; 32] {
    let info = [b"telseal/v1/prefix\0", &[letter as u8][..], &encoded(labels)].concat();
    *derive(secret, &info).first_chunk().unwrap()
}

/// The tag of a text of digits, from the first half of the key. With any second half, AES-SIV gives this tag.
pub(crate) fn tag_bytes(k1: &[u8; 32], version: KeyVersion, letter: char, digits: &str) -> [u8; 16] {
    let mut nibbles: Vec<_> = digits.bytes().map(|digit| digit - b'0').collect();
    nibbles.resize(16, 0xF);
    let block: Vec<_> = nibbles.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect();
    let [high, low] = version.get().to_be_bytes();
    let key = [*k1, [0; 32]].concat();
    let header = [header(letter), high, low];
    let sealed = Aes256Siv::new_from_slice(&key).unwrap().encrypt([header], &block[..]).unwrap();
    *sealed.first_chunk().unwrap()
}

fn derive(secret: &[u8; 32], info: &[u8]) -> [u8; 64] {
    let mut key = [0; 64];
    Hkdf::<Sha256>::new(Some(b"telseal/v1"), secret).expand(info, &mut key).unwrap();
    key
}

/// The key-encryption key of the wrapping in SPEC.md: the bytes 20 to 3f.
pub(crate) const KEK: [u8; 32] = *b" !\"#$%&'()*+,-./0123456789:;<=>?";
const WRAP_HEADER: [u8; 16] = *b"telseal-keyring\x01";
static WRAP_KEY: LazyLock<[u8; 64]> = LazyLock::new(|| derive(&KEK, b"telseal/v1/keyring"));

/// Contents as a wrapped keyring, whatever they are.
pub(crate) fn wrap(contents: &[u8]) -> Vec<u8> {
    let sealed = Aes256Siv::new_from_slice(&*WRAP_KEY).unwrap().encrypt([&WRAP_HEADER], contents).unwrap();
    [&WRAP_HEADER[..], &sealed].concat()
}

/// What is encrypted in a wrapped keyring.
pub(crate) fn contents_of(wrapped: &[u8]) -> Result<Vec<u8>, KeyringError> {
    let length = KeyringError::WrappedLength(wrapped.len());
    let (header, sealed) = wrapped.split_first_chunk::<16>().ok_or(length)?;
    if header[..15] != WRAP_HEADER[..15] {
        return Err(KeyringError::NotAKeyring);
    }
    if header[15] != WRAP_HEADER[15] {
        return Err(KeyringError::WrappedFormat(header[15]));
    }
    if wrapped.len() < 34 + 34 || !wrapped.len().is_multiple_of(34) {
        return Err(length);
    }
    let mut cipher = Aes256Siv::new_from_slice(&*WRAP_KEY).unwrap();
    let contents = cipher.decrypt([header], sealed).map_err(|_| KeyringError::NotUnwrapped)?;
    let versions: Vec<_> = contents[2..].chunks(34).map(|entry| &entry[..2]).collect();
    let ascending = versions.windows(2).all(|pair| pair[0] < pair[1]);
    if ascending && versions[0] != [0, 0] && versions.contains(&&contents[..2]) {
        Ok(contents)
    } else {
        Err(KeyringError::Malformed)
    }
}

const INDEX_HEADER: [u8; 14] = *b"telseal-index\x01";
static INDEX_KEY: LazyLock<[u8; 64]> = LazyLock::new(|| derive(&KEK, b"telseal/v1/index"));

/// What stands for a scope in an index key.
pub(crate) fn digest(labels: &[&str]) -> [u8; 32] {
    Sha256::digest(encoded(labels)).into()
}

/// Contents as a wrapped index key, whatever they are.
pub(crate) fn wrap_index(contents: &[u8]) -> Vec<u8> {
    let sealed = Aes256Siv::new_from_slice(&*INDEX_KEY).unwrap().encrypt([&INDEX_HEADER], contents).unwrap();
    [&INDEX_HEADER[..], &sealed].concat()
}

/// The primary version and the key versions with their K1 in a wrapped index key of a letter and a scope that must
/// have one of the versions.
pub(crate) fn index_of(
    wrapped: &[u8],
    letter: char,
    labels: &[&str],
    live: u16,
) -> Result<(u16, BTreeMap<u16, [u8; 32]>), IndexKeyError> {
    let length = IndexKeyError::WrappedLength(wrapped.len());
    let (header, sealed) = wrapped.split_first_chunk::<14>().ok_or(length)?;
    if header[..13] != INDEX_HEADER[..13] {
        return Err(IndexKeyError::NotAnIndexKey);
    }
    if header[13] != INDEX_HEADER[13] {
        return Err(IndexKeyError::WrappedFormat(header[13]));
    }
    if wrapped.len() < 65 + 34 || !(wrapped.len() - 65).is_multiple_of(34) {
        return Err(length);
    }
    let mut cipher = Aes256Siv::new_from_slice(&*INDEX_KEY).unwrap();
    let contents = cipher.decrypt([header], sealed).map_err(|_| IndexKeyError::NotUnwrapped)?;
    let number = |at: usize| u16::from_be_bytes([contents[at], contents[at + 1]]);
    let entries: Vec<_> =
        (35..contents.len()).step_by(34).map(|at| (number(at), contents[at + 2..][..32].try_into().unwrap())).collect();
    let keys: BTreeMap<u16, [u8; 32]> = entries.iter().copied().collect();
    if !keys.iter().map(|(number, k1)| (*number, *k1)).eq(entries)
        || keys.contains_key(&0)
        || !keys.contains_key(&number(33))
    {
        Err(IndexKeyError::Malformed)
    } else if contents[0] != letter as u8 {
        Err(IndexKeyError::OtherKind)
    } else if contents[1..33] != digest(labels) {
        Err(IndexKeyError::OtherScope)
    } else if !keys.contains_key(&live) {
        Err(IndexKeyError::MissingKeyVersion(version(live)))
    } else if number(33) != live {
        Err(IndexKeyError::Primary(version(number(33))))
    } else {
        Ok((number(33), keys))
    }
}

/// K1 of a version in a wrapped index key, and zeros where there is none.
pub(crate) fn k1_of(wrapped: &[u8], number: u16) -> [u8; 32] {
    let entry = |contents: Vec<u8>| -> Option<[u8; 32]> {
        contents.get(35..)?.chunks(34).find(|entry| entry.starts_with(&number.to_be_bytes()))?[2..].try_into().ok()
    };
    let contents = wrapped
        .split_first_chunk::<14>()
        .and_then(|(header, sealed)| Aes256Siv::new_from_slice(&*INDEX_KEY).unwrap().decrypt([header], sealed).ok());
    contents.and_then(entry).unwrap_or_default()
}

/// What tells it from others.
pub(crate) fn fingerprint(k1: &[u8; 32], version: KeyVersion, letter: char) -> Fingerprint {
    let [high, low] = version.get().to_be_bytes();
    let info = [&b"telseal/v1/fingerprint\0"[..], &[header(letter), high, low]].concat();
    derive(k1, &info).first_chunk::<8>().copied().unwrap().into()
}

/// What a keyring should be: which secret each live version has, and which version is the primary.
#[derive(Clone)]
pub(crate) struct Model {
    pub(crate) versions: BTreeMap<u16, usize>,
    pub(crate) primary: u16,
}

impl Model {
    /// One version, with secret 0.
    pub(crate) fn new(first: u16) -> Self {
        Model { versions: BTreeMap::from([(first, 0)]), primary: first }
    }

    pub(crate) fn stage(&mut self, secret: usize) -> Result<u16, KeyringError> {
        let (&newest, _) = self.versions.last_key_value().unwrap();
        let next = newest.checked_add(1).ok_or(KeyringError::Exhausted)?;
        self.versions.insert(next, secret);
        Ok(next)
    }

    pub(crate) fn rotate(&mut self, secret: usize) -> Result<u16, KeyringError> {
        self.primary = self.stage(secret)?;
        Ok(self.primary)
    }

    pub(crate) fn promote(&mut self, number: u16) -> Result<(), KeyringError> {
        if !self.versions.contains_key(&number) {
            return Err(KeyringError::UnknownKeyVersion(version(number)));
        }
        self.primary = number;
        Ok(())
    }

    pub(crate) fn retire(&mut self, number: u16) -> Result<(), KeyringError> {
        match self.versions.range(number..).map(|(&live, _)| live).collect::<Vec<_>>()[..] {
            [live, ..] if live == number && live == self.primary => Err(KeyringError::Primary(version(number))),
            [live] if live == number => Err(KeyringError::Newest(version(number))),
            [live, ..] if live == number => {
                self.versions.remove(&number);
                Ok(())
            }
            _ => Err(KeyringError::UnknownKeyVersion(version(number))),
        }
    }

    /// Where the secret of a version is still the one that a token was sealed under.
    pub(crate) fn open(&self, number: u16, secret: usize) -> Result<(), OpenError> {
        match self.versions.get(&number) {
            None => Err(OpenError::UnknownKeyVersion(version(number))),
            Some(&live) if live != secret => Err(OpenError::NotOpened),
            Some(_) => Ok(()),
        }
    }
}
