//! The identifiers that every row works on, and the key that telseal derives for them.

use aes_siv::Key;
use aes_siv::siv::Aes256Siv;
use hkdf::Hkdf;
use sha2::Sha256;
use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};

/// Under which kind and key version: bytes 0 to 2 of every token here.
pub const HEADER: [u8; 3] = [((b'P' - b'A') << 2) | 1, 0, 1];

const SECRET: [u8; 32] = [0x5A; 32];
const LABEL: &[u8] = b"peers";

/// One row of identifiers in the forms that the libraries take.
pub struct Input {
    pub numbers: Vec<PhoneNumber>,
    /// `+` and 12 or 11 digits: E.164.
    pub texts: Vec<String>,
    /// Digit blocks: what telseal encrypts.
    pub blocks: Vec<[u8; 8]>,
}

impl Input {
    pub fn new(items: usize) -> Self {
        let texts: Vec<_> = (0..items).map(e164).collect();
        let numbers: Vec<PhoneNumber> = texts.iter().map(|text| text.parse().expect("a phone number")).collect();
        let blocks = numbers.iter().map(|number| {
            let mut block = [0xFF; 8];
            let octets = number.expose_tbcd();
            block[..octets.len()].copy_from_slice(&octets);
            block
        });
        Input { blocks: blocks.collect(), numbers, texts }
    }
}

/// Numbers that are reserved for tests and fiction in four numbering plans. There are 83,000.
pub fn e164(i: usize) -> String {
    let (plan, i) = (i % 4, i / 4);
    match plan {
        0 => format!("+442079460{:03}", i % 1000),
        1 => format!("+447700900{:03}", i % 1000),
        2 => format!("+61491570{:03}", i % 1000),
        _ => format!("+1{}55501{:02}", 200 + i / 100 % 800, i % 100),
    }
}

pub fn keyring() -> Keyring {
    Keyring::from_secrets([(KeyVersion::FIRST, &SECRET)]).expect("one secret")
}

pub fn scope() -> Scope {
    Scope::new(["peers"]).expect("one label")
}

pub fn sealer() -> Sealer<PhoneNumber> {
    keyring().sealer(&scope())
}

/// The AES-256-SIV key of [`sealer`], so that a peer that computes the same function is seen to.
pub fn siv_key() -> Key<Aes256Siv> {
    let info: [&[u8]; 3] = [b"telseal/v1/siv\0P", &[LABEL.len() as u8], LABEL];
    let mut key = Key::<Aes256Siv>::default();
    Hkdf::<Sha256>::new(Some(b"telseal/v1"), &SECRET).expand_multi_info(&info, &mut key).expect("64 bytes");
    key
}
