//! Keys and keyrings, and the token format once more, from `hkdf` and `aes-siv` alone.

use aes_siv::{KeyInit, siv::Aes256Siv};
use hkdf::Hkdf;
use sha2::Sha256;
use telseal::{KeyVersion, Keyring, Kind, Scope};

pub(crate) fn version(number: u16) -> KeyVersion {
    KeyVersion::try_from(number).unwrap()
}

/// A secret for each version.
pub(crate) fn secret(version: u16) -> [u8; 32] {
    core::array::from_fn(|i| (u32::from(version).wrapping_mul(0x9E37_79B9).rotate_left(i as u32)) as u8)
}

/// The keyring of these versions, of which the highest is the primary.
pub(crate) fn keyring(versions: &[u16]) -> Keyring {
    let secrets: Vec<_> = versions.iter().map(|&number| (version(number), secret(number))).collect();
    Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret))).unwrap()
}

pub(crate) fn scope() -> Scope {
    Scope::new(["acme", "routing"]).unwrap()
}

/// HKDF-SHA256 with the salt of the format.
pub(crate) fn derive(secret: &[u8; 32], info: &[u8]) -> [u8; 64] {
    let mut key = [0; 64];
    Hkdf::<Sha256>::new(Some(b"telseal/v1"), secret).expand(info, &mut key).unwrap();
    key
}

/// The token of an 8-byte block, whatever is in it.
pub(crate) fn oracle_token(version: u16, kind: Kind, labels: &[&str], block: &[u8]) -> [u8; 27] {
    let header = oracle_header(kind.letter(), version);
    let key = oracle_key("telseal/v1/siv", version, kind.letter(), labels);
    [&header[..], &oracle_seal(&key, &header, block)].concat().try_into().unwrap()
}

/// K1 and K2.
pub(crate) fn oracle_key(label: &str, version: u16, letter: char, labels: &[&str]) -> [u8; 64] {
    let info = [label.as_bytes(), &[0, letter as u8], &encoded(labels)].concat();
    derive(&secret(version), &info)
}

/// A scope as it is bound to a key.
pub(crate) fn encoded(labels: &[&str]) -> Vec<u8> {
    labels.iter().flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect()
}

/// What stands before a tag.
pub(crate) fn oracle_header(letter: char, version: u16) -> [u8; 3] {
    const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let [high, low] = version.to_be_bytes();
    [ALPHABET.find(letter).unwrap() as u8 * 4 + 1, high, low]
}

/// AES-256-SIV with one item of associated data.
pub(crate) fn oracle_seal(key: &[u8; 64], header: &[u8], plaintext: &[u8]) -> Vec<u8> {
    Aes256Siv::new_from_slice(key).unwrap().encrypt([header], plaintext).unwrap()
}
