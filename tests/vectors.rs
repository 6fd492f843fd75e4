//! The published vectors of telseal/v1, made by an independent implementation.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

use aes_siv::{KeyInit, siv::Aes256Siv};
use serde::Deserialize;
use std::fmt::Debug;
use telseal::{Identifier, Imei, Imeisv, Imsi, KeyVersion, Keyring, PhoneNumber, Scope, Sealer, Token};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    format: String,
    #[serde(rename = "origin")]
    _origin: String,
    tokens: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    kind: String,
    input: String,
    digits: String,
    block: String,
    secret: String,
    key_version: u16,
    scope: Vec<String>,
    siv_key: String,
    token: String,
    text: String,
}

#[test]
fn every_vector_comes_out_byte_for_byte() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/telseal-v1.json")).unwrap();
    assert_eq!(vectors.format, "telseal/v1");
    assert_eq!(vectors.tokens.len(), 48);
    for vector in &vectors.tokens {
        match vector.kind.as_str() {
            "phone" => check::<PhoneNumber>(vector, |number| number.expose_msisdn().to_string()),
            "imsi" => check::<Imsi>(vector, |imsi| imsi.expose_digits().to_string()),
            "imei" => check::<Imei>(vector, |imei| imei.expose_digits()[..14].to_string()),
            "imeisv" => check::<Imeisv>(vector, |imeisv| imeisv.expose_digits().to_string()),
            other => panic!("unknown kind {other}"),
        }
    }
}

fn check<I: Identifier>(vector: &Vector, digits: impl Fn(&I) -> String) {
    let secret: [u8; 32] = bytes(&vector.secret);
    let version = KeyVersion::try_from(vector.key_version).unwrap();
    let keyring = Keyring::from_secrets([(version, &secret)]).unwrap();
    let sealer: Sealer<I> = keyring.sealer(&Scope::new(&vector.scope).unwrap());

    let identifier: I = vector.input.parse().unwrap();
    assert_eq!(digits(&identifier), vector.digits);

    let token = sealer.seal(&identifier);
    assert_eq!(hex::encode(token), vector.token, "{}", vector.digits);
    assert_eq!(token.to_string(), vector.text);
    assert_eq!(token.key_version(), version);

    let read: Token<I> = vector.text.parse().unwrap();
    assert_eq!(read, token);
    assert_eq!(digits(&sealer.open(&read).unwrap()), vector.digits);

    let mut many = [Token::BLANK];
    sealer.seal_into(std::slice::from_ref(&identifier), &mut many).unwrap();
    assert_eq!(many[0], token);

    // The intermediate values: the token is AES-256-SIV of the block under the key, with the header.
    let (header, siv) = token.as_bytes().split_at(3);
    let mut oracle = Aes256Siv::new_from_slice(&bytes::<64>(&vector.siv_key)).unwrap();
    assert_eq!(oracle.decrypt([header], siv).unwrap(), bytes::<8>(&vector.block));
}

fn bytes<const N: usize>(text: &str) -> [u8; N]
where
    [u8; N]: hex::FromHex<Error: Debug>,
{
    hex::FromHex::from_hex(text).unwrap()
}
