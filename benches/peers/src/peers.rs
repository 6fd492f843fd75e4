//! The peers, each used as well as its interface lets it be: the key is kept and buffers are reused wherever
//! the interface takes them. None has a call for many identifiers, so their rows of many are loops.
//!
//! Those that encrypt 8 bytes get the digit block, those that are made for text get the E.164 text.

#[cfg(feature = "openssl")]
pub mod openssl;

use crate::{
    input::{HEADER, Input, siv_key},
    measure::{Group, Table},
};
use aes::Aes256;
use aes_siv::{KeyInit, siv::Aes256Siv};
use fpe::ff1::{FF1, FlexibleNumeralString};
use obcrypt::schemes::dsiv;
use sifredb::prelude::{DeterministicVault, EncryptionContext};
use std::hint::black_box;
use tink_core::DeterministicAead;

pub const AES_SIV: &str = "aes-siv 0.8, 8 bytes";
pub const TINK: &str = "tink-daead 0.3";
pub const OBCRYPT: &str = "obcrypt 1.0, dsiv";
pub const FPE: &str = "fpe 0.7, FF1, 15 digits";

trait Peer {
    /// The token of `plaintext`, in a buffer that the next call may reuse.
    fn seal(&mut self, plaintext: &[u8]) -> &[u8];
    fn open(&mut self, token: &[u8]) -> Vec<u8>;
}

pub fn rows<'a>(table: &mut Table<'a>, input: &'a Input) {
    add(table, AES_SIV, AesSiv::new, &input.blocks);
    #[cfg(feature = "openssl")]
    add(table, openssl::ROW, openssl::Siv::new, &input.blocks);
    add(table, &format!("{TINK}, subtle::AesSiv"), Tink::subtle, &input.texts);
    tink_daead::init();
    let handle = tink_core::keyset::Handle::new(&tink_daead::aes_siv_key_template()).expect("a new key");
    add(table, &format!("{TINK}, keyset handle"), || Tink::keyset(&handle), &input.texts);
    add(table, OBCRYPT, Obcrypt::new, &input.texts);
    add(table, "sifredb 0.1, DeterministicVault", Sifredb::new, &input.texts);
    add(table, FPE, Ff1::new, &input.texts.iter().map(|text| numerals(text)).collect::<Vec<_>>());
    same_function(input);
}

/// The rows of one peer, after a check that each of its tokens opens to what was sealed and that the
/// plaintext tells it.
fn add<'a, P: Peer + 'a, T: AsRef<[u8]>>(table: &mut Table<'a>, name: &str, peer: impl Fn() -> P, plaintexts: &[T]) {
    let plaintexts: Vec<Box<[u8]>> = plaintexts.iter().map(|plaintext| plaintext.as_ref().into()).collect();
    let (mut sealing, mut opening, mut bytes) = (peer(), peer(), 0);
    for plaintext in &plaintexts {
        let token = sealing.seal(plaintext).to_vec();
        assert_ne!(token, **plaintext, "{name} does not encrypt");
        assert_eq!(opening.open(&token), **plaintext, "{name} does not open what it sealed");
        bytes = bytes.max(token.len());
    }
    let (mut one, texts) = (peer(), plaintexts.clone());
    table.add_calls(Group::One, name, Some(bytes), texts.len(), move |i| {
        black_box(one.seal(&texts[i]));
    });
    let mut many = peer();
    table.add_calls(Group::Many, name, Some(bytes), plaintexts.len(), move |i| {
        black_box(many.seal(&plaintexts[i]));
    });
}

/// telseal's token is its header and AES-256-SIV of the digit block: so say the peers that have it, under the same key.
fn same_function(input: &Input) {
    let (ours, mut aes_siv) = (crate::input::sealer(), AesSiv::new());
    #[cfg(feature = "openssl")]
    let mut openssl = openssl::Siv::new();
    for (number, block) in input.numbers.iter().zip(&input.blocks) {
        let token = ours.seal(number);
        let (header, siv) = token.as_bytes().split_at(HEADER.len());
        assert_eq!(header, HEADER);
        assert_eq!(siv, aes_siv.seal(block), "telseal and aes-siv differ");
        #[cfg(feature = "openssl")]
        assert_eq!(siv, openssl.seal(block), "telseal and OpenSSL differ");
    }
}

/// `encrypt_inout_detached` in a buffer of 24 bytes: neither allocates nor moves the plaintext. It expands the
/// CTR key and computes CMAC of the zero block and of the header anew for each message.
struct AesSiv {
    cipher: Aes256Siv,
    token: [u8; 24],
}

impl AesSiv {
    fn new() -> Self {
        AesSiv { cipher: Aes256Siv::new(&siv_key()), token: [0; 24] }
    }
}

impl Peer for AesSiv {
    fn seal(&mut self, plaintext: &[u8]) -> &[u8] {
        let (tag, text) = self.token.split_at_mut(16);
        text.copy_from_slice(plaintext);
        tag.copy_from_slice(&self.cipher.encrypt_inout_detached([HEADER], text.into()).expect("one header"));
        &self.token
    }

    fn open(&mut self, token: &[u8]) -> Vec<u8> {
        self.cipher.decrypt([HEADER], token).expect("a token of this key")
    }
}

/// Each message comes back in a `Vec` of its own. The keyset handle is the documented way in; its tokens begin
/// with 5 bytes that name the key, for which they are copied once more.
struct Tink {
    cipher: Box<dyn DeterministicAead>,
    token: Vec<u8>,
}

impl Tink {
    fn subtle() -> Self {
        let cipher = tink_daead::subtle::AesSiv::new(&siv_key()).expect("a key of 64 bytes");
        Tink { cipher: Box::new(cipher), token: Vec::new() }
    }

    fn keyset(handle: &tink_core::keyset::Handle) -> Self {
        Tink { cipher: tink_daead::new(handle).expect("a keyset of one key"), token: Vec::new() }
    }
}

impl Peer for Tink {
    fn seal(&mut self, plaintext: &[u8]) -> &[u8] {
        self.token = self.cipher.encrypt_deterministically(plaintext, &HEADER).expect("a short text");
        &self.token
    }

    fn open(&mut self, token: &[u8]) -> Vec<u8> {
        self.cipher.decrypt_deterministically(token, &HEADER).expect("a token of this key")
    }
}

/// `encrypt_into` a buffer that is kept. Both key schedules are made anew for each message; it has no
/// associated data.
struct Obcrypt {
    key: obcrypt::Key,
    token: Vec<u8>,
}

impl Obcrypt {
    fn new() -> Self {
        Obcrypt { key: obcrypt::Key::from_slice(&siv_key()).expect("64 bytes"), token: Vec::new() }
    }
}

impl Peer for Obcrypt {
    fn seal(&mut self, plaintext: &[u8]) -> &[u8] {
        self.token.clear();
        dsiv::encrypt_into(plaintext, &self.key, &mut self.token).expect("a short text");
        &self.token
    }

    fn open(&mut self, token: &[u8]) -> Vec<u8> {
        dsiv::decrypt(token, &self.key).expect("a token of this key")
    }
}

/// Each message comes back in a `Vec` of its own. Both key schedules are made and the context is formatted
/// anew for each.
struct Sifredb {
    vault: DeterministicVault,
    context: EncryptionContext,
    token: Vec<u8>,
}

impl Sifredb {
    fn new() -> Self {
        let vault = DeterministicVault::new(siv_key().to_vec().into()).expect("a key of 64 bytes");
        Sifredb { vault, context: EncryptionContext::new("calls", "number"), token: Vec::new() }
    }
}

impl Peer for Sifredb {
    fn seal(&mut self, plaintext: &[u8]) -> &[u8] {
        self.token = self.vault.encrypt(plaintext, &self.context).expect("a short text");
        &self.token
    }

    fn open(&mut self, token: &[u8]) -> Vec<u8> {
        self.vault.decrypt(token, &self.context).expect("a token of this key")
    }
}

/// Format-preserving encryption of 15 digits to 15 digits: not the same job, for it checks nothing when it
/// decrypts. Its digits are 16-bit numbers in a `Vec`, which is made anew for each message.
struct Ff1 {
    cipher: FF1<Aes256>,
    token: Vec<u8>,
}

impl Ff1 {
    fn new() -> Self {
        Ff1 { cipher: FF1::new(&siv_key()[32..], 10).expect("a radix of 10"), token: Vec::new() }
    }
}

impl Peer for Ff1 {
    fn seal(&mut self, plaintext: &[u8]) -> &[u8] {
        let numerals = self.cipher.encrypt(&HEADER, &string(plaintext)).expect("15 digits");
        self.token.clear();
        self.token.extend(Vec::from(numerals).into_iter().map(|digit| digit as u8));
        &self.token
    }

    fn open(&mut self, token: &[u8]) -> Vec<u8> {
        let numerals = self.cipher.decrypt(&HEADER, &string(token)).expect("15 digits");
        Vec::from(numerals).into_iter().map(|digit| digit as u8).collect()
    }
}

/// The digits of a number, filled up with zeros to 15.
fn numerals(text: &str) -> [u8; 15] {
    let mut digits = text.bytes().skip(1).map(|digit| digit - b'0');
    std::array::from_fn(|_| digits.next().unwrap_or(0))
}

fn string(digits: &[u8]) -> FlexibleNumeralString {
    digits.iter().map(|&digit| u16::from(digit)).collect::<Vec<_>>().into()
}
