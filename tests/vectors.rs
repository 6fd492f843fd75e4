//! The published vectors of telseal/v1, made by independent implementations. A field that is not read fails the run.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use aes_siv::{KeyInit, siv::Aes256Siv};
use common::{Sample, derive, encoded, version};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::{collections::HashSet, fmt::Debug};
use telseal::{
    Fingerprint, Identifier, Imei, Imeisv, Imsi, IndexKeyError, Indexed, Indexer, KeyVersion, Keyring, KeyringError,
    OpenError, ParseError, ParseErrorKind, PhoneNumber, Prefix, PrefixTag, Prefixed, Scope, Sealer, Tag, Token,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    format: String,
    #[serde(rename = "origin")]
    _origin: String,
    tokens: Vec<TokenVector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenVector {
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoreVectors {
    format: String,
    #[serde(rename = "origin")]
    _origin: String,
    tokens: Vec<TokenVector>,
    prefix_tags: Vec<PrefixVector>,
    keyrings: Vec<KeyringVector>,
    index_keys: Vec<IndexKeyVector>,
    refused_tokens: Vec<RefusedToken>,
    refused_keyrings: Vec<RefusedKeyring>,
    refused_index_keys: Vec<RefusedIndexKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PrefixVector {
    kind: String,
    input: String,
    digits: String,
    secret: String,
    key_version: u16,
    scope: Vec<String>,
    tag: String,
    text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyringVector {
    kek: String,
    primary: u16,
    secrets: Vec<(u16, String)>,
    wrapped: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndexKeyVector {
    kek: String,
    primary: u16,
    secrets: Vec<(u16, String)>,
    kind: String,
    prefixes: bool,
    scope: Vec<String>,
    wrapped: String,
}

/// An authentic token of what is no identifier.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedToken {
    kind: String,
    why: String,
    class: String,
    block: String,
    secret: String,
    key_version: u16,
    scope: Vec<String>,
    token: String,
}

/// An authentic keyring that breaks one rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedKeyring {
    why: String,
    class: String,
    kek: String,
    primary: u16,
    secrets: Vec<(u16, String)>,
    wrapped: String,
}

/// An authentic index key that breaks one rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedIndexKey {
    why: String,
    class: String,
    kek: String,
    primary: u16,
    secrets: Vec<(u16, String)>,
    kind: String,
    prefixes: bool,
    scope: Vec<String>,
    wrapped: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedVectors {
    format: String,
    #[serde(rename = "origin")]
    _origin: String,
    secrets: Vec<(u16, String)>,
    kek: String,
    scope: Vec<String>,
    refused: Vec<RefusedInput>,
    /// Forms and inputs of identifiers, and their digits: as in the examples of SPEC.md, section 5.
    #[serde(default)]
    rows: Vec<(String, String, String)>,
}

/// An input with one fault.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedInput {
    reader: String,
    kind: String,
    why: String,
    class: String,
    input: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FingerprintVectors {
    format: String,
    #[serde(rename = "origin")]
    _origin: String,
    keyrings: Vec<FingerprintsOfKeyring>,
}

/// The fingerprints of a keyring, of its secrets and of the keys that make tags. Versions are ascending.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FingerprintsOfKeyring {
    primary: u16,
    secrets: Vec<(u16, String)>,
    fingerprint: String,
    of_secrets: Vec<String>,
    of_keys: Vec<FingerprintsOfKeys>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FingerprintsOfKeys {
    kind: String,
    prefixes: bool,
    scope: Vec<String>,
    fingerprints: Vec<String>,
}

/// Calls a generic function with the type of a kind.
macro_rules! with_kind {
    ($kind:expr, $function:ident($($argument:expr),*)) => {
        match $kind {
            "phone" => $function::<PhoneNumber>($($argument),*),
            "imsi" => $function::<Imsi>($($argument),*),
            "imei" => $function::<Imei>($($argument),*),
            "imeisv" => $function::<Imeisv>($($argument),*),
            other => panic!("unknown kind {other}"),
        }
    };
}

/// The same for what an index key gives tags of: with the vector, the letter and other arguments.
macro_rules! with_indexed {
    ($vector:expr, $function:ident($($argument:expr),*)) => {
        match ($vector.kind.as_str(), $vector.prefixes) {
            ("phone", false) => $function::<PhoneNumber>($vector, b'P', $($argument),*),
            ("imsi", false) => $function::<Imsi>($vector, b'S', $($argument),*),
            ("imei", false) => $function::<Imei>($vector, b'E', $($argument),*),
            ("imeisv", false) => $function::<Imeisv>($vector, b'V', $($argument),*),
            ("phone", true) => $function::<Prefix<PhoneNumber>>($vector, b'p', $($argument),*),
            ("imsi", true) => $function::<Prefix<Imsi>>($vector, b's', $($argument),*),
            ("imei", true) => $function::<Prefix<Imei>>($vector, b'e', $($argument),*),
            other => panic!("unknown kind {other:?}"),
        }
    };
}

#[test]
fn every_vector_comes_out_byte_for_byte() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/telseal-v1.json")).unwrap();
    assert_eq!(vectors.format, "telseal/v1");
    assert_eq!(vectors.tokens.len(), 48);
    let more = more();
    assert_eq!(more.tokens.len(), 73);
    for vector in vectors.tokens.iter().chain(&more.tokens) {
        with_kind!(vector.kind.as_str(), check_token(vector));
    }
}

fn check_token<I: Sample>(vector: &TokenVector) {
    let version = version(vector.key_version);
    let sealer: Sealer<I> = keyring(&[(vector.key_version, vector.secret.clone())]).sealer(&scope(&vector.scope));

    let identifier: I = vector.input.parse().unwrap();
    assert_eq!(identifier.digits(), vector.digits);

    let token = sealer.seal(&identifier);
    assert_eq!(hex::encode(token), vector.token, "{}", vector.digits);
    assert_eq!(token.to_string(), vector.text);
    assert_eq!(token.key_version(), version);

    let read: Token<I> = vector.text.parse().unwrap();
    assert_eq!(read, token);
    assert_eq!(sealer.open(&read).unwrap().digits(), vector.digits);

    let mut many = [Token::BLANK];
    sealer.seal_into(std::slice::from_ref(&identifier), &mut many).unwrap();
    assert_eq!(many[0], token);

    // The intermediate values: the token is AES-256-SIV of the block under the key, with the header.
    let (header, siv) = token.as_bytes().split_at(3);
    assert_eq!(decrypted(&bytes(&vector.siv_key), header, siv), bytes::<8>(&vector.block));
}

#[test]
fn every_prefix_tag_comes_out_byte_for_byte() {
    let vectors = more().prefix_tags;
    assert_eq!(vectors.len(), 25);
    for vector in &vectors {
        match vector.kind.as_str() {
            "phone" => check_prefix_tag::<PhoneNumber>(vector, &format!("+{}", vector.digits)),
            "imsi" => check_prefix_tag::<Imsi>(vector, &vector.digits),
            "imei" => check_prefix_tag::<Imei>(vector, &vector.digits),
            other => panic!("unknown kind {other}"),
        }
    }
}

fn check_prefix_tag<I: Prefixed>(vector: &PrefixVector, digits: &str) {
    let keyring = keyring(&[(vector.key_version, vector.secret.clone())]);
    let indexer: Indexer<Prefix<I>> = keyring.indexer(&scope(&vector.scope));
    let prefix: Prefix<I> = vector.input.parse().unwrap();
    assert!(prefix == digits.parse().unwrap(), "{digits}");
    assert_eq!(prefix.len(), vector.digits.len());

    let tag = indexer.tag(&prefix);
    assert_eq!(hex::encode(tag), vector.tag, "{digits}");
    assert_eq!(tag.to_string(), vector.text);
    assert_eq!(vector.text.parse::<PrefixTag<I>>().unwrap(), tag);
}

#[test]
fn every_keyring_comes_out_byte_for_byte() {
    let vectors = more().keyrings;
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        let (kek, wrapped) = (bytes(&vector.kek), hex::decode(&vector.wrapped).unwrap());
        let mut made = keyring(&vector.secrets);
        made.promote(version(vector.primary)).unwrap();
        assert_eq!(hex::encode(made.wrap(&kek)), vector.wrapped);

        let read = Keyring::unwrap(&wrapped, &kek).unwrap();
        assert_eq!(read.primary(), version(vector.primary));
        assert!(read.versions().eq(vector.secrets.iter().rev().map(|(number, _)| version(*number))));
        assert_eq!(read.wrap(&kek), wrapped);
    }
}

#[test]
fn every_index_key_comes_out_byte_for_byte() {
    let vectors = more().index_keys;
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        with_indexed!(vector, check_index_key());
    }
}

fn check_index_key<T: Indexed>(vector: &IndexKeyVector, _: u8) {
    let (kek, wrapped) = (bytes(&vector.kek), hex::decode(&vector.wrapped).unwrap());
    let mut keyring = keyring(&vector.secrets);
    keyring.promote(version(vector.primary)).unwrap();
    let scope = scope(&vector.scope);
    let made: Indexer<T> = keyring.indexer(&scope);
    assert_eq!(hex::encode(made.wrap(&kek)), vector.wrapped);

    let live: Vec<_> = keyring.indexer::<T>(&scope).fingerprints().collect();
    let read = Indexer::<T>::unwrap(&wrapped, &kek, &scope, &live).unwrap();
    assert_eq!(read.primary(), version(vector.primary));
    assert!(read.versions().eq(keyring.versions()));
    assert_eq!(read.wrap(&kek), wrapped);
}

#[test]
fn every_fingerprint_comes_out_byte_for_byte() {
    let vectors: FingerprintVectors =
        serde_json::from_str(include_str!("vectors/telseal-v1-fingerprints.json")).unwrap();
    assert_eq!(vectors.format, "telseal/v1");
    assert_eq!(vectors.keyrings.len(), 4);
    for vector in &vectors.keyrings {
        let mut keyring = keyring(&vector.secrets);
        keyring.promote(version(vector.primary)).unwrap();
        let of = |keys: Vec<(KeyVersion, Fingerprint)>| -> Vec<(KeyVersion, String)> {
            keys.into_iter().rev().map(|(version, fingerprint)| (version, fingerprint.to_string())).collect()
        };
        let numbers = vector.secrets.iter().map(|(number, _)| version(*number));
        let expected = |fingerprints: &[String]| numbers.clone().zip(fingerprints.to_vec()).collect::<Vec<_>>();
        assert_eq!(keyring.fingerprint().to_string(), vector.fingerprint);
        assert_eq!(of(keyring.fingerprints().collect()), expected(&vector.of_secrets));
        assert_eq!(vector.of_keys.len(), 7);
        for keys in &vector.of_keys {
            assert_eq!(of(with_indexed!(keys, fingerprints_of(&keyring))), expected(&keys.fingerprints));
        }
    }
}

/// Newest first.
fn fingerprints_of<T: Indexed>(keys: &FingerprintsOfKeys, _: u8, keyring: &Keyring) -> Vec<(KeyVersion, Fingerprint)> {
    keyring.indexer::<T>(&scope(&keys.scope)).fingerprints().collect()
}

/// Authentic tokens whose digit block breaks one rule: they are not opened, and nothing tells why.
#[test]
fn every_refused_token_is_not_opened() {
    let vectors = more().refused_tokens;
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        with_kind!(vector.kind.as_str(), check_refused_token(vector));
    }
}

fn check_refused_token<I: Identifier>(vector: &RefusedToken) {
    let sealer: Sealer<I> = keyring(&[(vector.key_version, vector.secret.clone())]).sealer(&scope(&vector.scope));
    let token = Token::<I>::try_from(&hex::decode(&vector.token).unwrap()[..]).unwrap();
    assert_eq!(vector.class, "not opened");
    assert_eq!(sealer.open(&token).unwrap_err(), OpenError::NotOpened);
    let mut opened = [Err(OpenError::UnknownKeyVersion(KeyVersion::FIRST))];
    sealer.open_into(&[token], &mut opened).unwrap();
    assert_eq!(*opened[0].as_ref().unwrap_err(), OpenError::NotOpened);

    // It is authentic, and what is wrong with it is what the vector says.
    let letter = I::KIND.letter() as u8;
    let key = siv_key(b"telseal/v1/siv", letter, &bytes(&vector.secret), &vector.scope);
    let (header, siv) = token.as_bytes().split_at(3);
    let block = decrypted(&key, header, siv);
    assert_eq!(hex::encode(&block), vector.block);
    assert_eq!(fault_of_block(letter, &block), Some(vector.why.as_str()));
}

#[test]
fn every_refused_keyring_is_malformed() {
    let vectors = more().refused_keyrings;
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        let (kek, wrapped) = (bytes(&vector.kek), hex::decode(&vector.wrapped).unwrap());
        assert_eq!(vector.class, "malformed");
        assert_eq!(Keyring::unwrap(&wrapped, &kek).unwrap_err(), KeyringError::Malformed);

        let contents = decrypted(&derive(&kek, b"telseal/v1/keyring"), &wrapped[..16], &wrapped[16..]);
        let mut expected = vector.primary.to_be_bytes().to_vec();
        for (number, secret) in &vector.secrets {
            expected.extend_from_slice(&number.to_be_bytes());
            expected.extend_from_slice(&bytes::<32>(secret));
        }
        assert_eq!(contents, expected);
        assert_eq!(fault_of_versions(vector.primary, &vector.secrets), Some(vector.why.as_str()));
    }
}

#[test]
fn every_refused_index_key_is_malformed() {
    let vectors = more().refused_index_keys;
    assert_eq!(vectors.len(), 5);
    for vector in &vectors {
        with_indexed!(vector, check_refused_index_key());
    }
}

fn check_refused_index_key<T: Indexed>(vector: &RefusedIndexKey, letter: u8) {
    let (kek, wrapped) = (bytes(&vector.kek), hex::decode(&vector.wrapped).unwrap());
    assert_eq!(vector.class, "malformed");
    let read = Indexer::<T>::unwrap(&wrapped, &kek, &scope(&vector.scope), &[]);
    assert_eq!(read.map(drop).unwrap_err(), IndexKeyError::Malformed);

    let contents = decrypted(&derive(&kek, b"telseal/v1/index"), &wrapped[..14], &wrapped[14..]);
    let mut expected = vec![letter];
    expected.extend_from_slice(&Sha256::digest(encode(&vector.scope)));
    expected.extend_from_slice(&vector.primary.to_be_bytes());
    let label: &[u8] = if vector.prefixes { b"telseal/v1/prefix" } else { b"telseal/v1/siv" };
    for (number, secret) in &vector.secrets {
        expected.extend_from_slice(&number.to_be_bytes());
        expected.extend_from_slice(&siv_key(label, letter, &bytes(secret), &vector.scope)[..32]);
    }
    assert_eq!(contents, expected);
    assert_eq!(fault_of_versions(vector.primary, &vector.secrets), Some(vector.why.as_str()));
}

/// Each fault is refused for itself: the class of the error is the one that SPEC.md names.
#[test]
fn every_refused_input_is_of_its_class() {
    let vectors: RefusedVectors = serde_json::from_str(include_str!("vectors/telseal-v1-refused.json")).unwrap();
    assert_eq!(vectors.refused.len(), 249);
    assert!(vectors.rows.is_empty() && vectors.refused.iter().all(|input| input.class != "read"));
    let classes = check_classes(&vectors);
    assert_eq!(classes, if cfg!(feature = "oblivious") { 64 } else { 37 });
}

/// Random inputs, and what `ci/oracle` says of them. Run by `ci/oracle --library`.
#[test]
#[ignore = "needs inputs that ci/oracle makes"]
fn generated_inputs_are_read_as_by_the_oracle() {
    let file = std::env::var("TELSEAL_GENERATED").unwrap();
    let vectors: RefusedVectors = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let classes = check_classes(&vectors);
    for (form, input, digits) in &vectors.rows {
        assert_eq!(read(form, input).as_ref().unwrap_or(&"refused".to_owned()), digits, "{form}: {input:?}");
    }
    let read = vectors.rows.iter().filter(|(_, _, digits)| digits != "refused").count();
    let (inputs, rows) = (vectors.refused.len(), vectors.rows.len());
    println!("{inputs} inputs of {classes} classes, {rows} texts and octets of identifiers, {read} of them read");
    assert!(inputs >= 1000 && classes > 60 && read > rows / 20);
}

/// How many classes of errors of how many readers there are.
fn check_classes(vectors: &RefusedVectors) -> usize {
    assert_eq!(vectors.format, "telseal/v1");
    let is_known = |input: &&RefusedInput| cfg!(feature = "oblivious") || !MESSAGES.contains(&input.reader.as_str());
    let mut classes = HashSet::new();
    for input in vectors.refused.iter().filter(is_known) {
        let class = with_kind!(input.kind.as_str(), class(vectors, input));
        assert_eq!(class, input.class, "{}, {}: {}", input.reader, input.why, input.input);
        classes.insert((&input.reader, &input.class));
    }
    classes.len()
}

/// Readers that only the feature `oblivious` has.
const MESSAGES: [&str; 3] = ["public key", "request", "response"];

/// The class of the error, or `read`.
fn class<I: Identifier>(vectors: &RefusedVectors, RefusedInput { reader, input, .. }: &RefusedInput) -> &'static str {
    let octets = || hex::decode(input).unwrap();
    match reader.as_str() {
        "token" => parsed(Token::<I>::try_from(&octets()[..])),
        "token, base64url" => parsed(input.parse::<Token<I>>()),
        "token, hexadecimal" => parsed(Token::<I>::from_hex(input)),
        "tag" => parsed(Tag::<I>::try_from(&octets()[..])),
        "tag, base64url" => parsed(input.parse::<Tag<I>>()),
        "tag, hexadecimal" => parsed(Tag::<I>::from_hex(input)),
        "open" => match Token::<I>::try_from(&octets()[..]) {
            Ok(token) => opened(&keyring(&vectors.secrets).sealer(&scope(&vectors.scope)), token),
            refused => parsed(refused),
        },
        "keyring" => match Keyring::unwrap(&octets(), &bytes(&vectors.kek)) {
            Ok(_) => "read",
            Err(KeyringError::WrappedLength(found)) if found == octets().len() => "length",
            Err(KeyringError::NotAKeyring) => "name",
            Err(KeyringError::WrappedFormat(found)) if found == octets()[15] => "format version",
            Err(KeyringError::NotUnwrapped) => "not unwrapped",
            Err(KeyringError::Malformed) => "malformed",
            Err(other) => panic!("{other}"),
        },
        "index key" => {
            let scope = scope(&vectors.scope);
            let mut live: Vec<_> = keyring(&vectors.secrets).indexer::<I>(&scope).fingerprints().collect();
            live.reverse();
            let versions: Vec<_> = live.iter().map(|(version, _)| *version).collect();
            match Indexer::<I>::unwrap(&octets(), &bytes(&vectors.kek), &scope, &live) {
                Ok(_) => "read",
                Err(IndexKeyError::WrappedLength(found)) if found == octets().len() => "length",
                Err(IndexKeyError::NotAnIndexKey) => "name",
                Err(IndexKeyError::WrappedFormat(found)) if found == octets()[13] => "format version",
                Err(IndexKeyError::NotUnwrapped) => "not unwrapped",
                Err(IndexKeyError::Malformed) => "malformed",
                Err(IndexKeyError::OtherKind) => "other kind",
                Err(IndexKeyError::OtherScope) => "other scope",
                Err(IndexKeyError::MissingKeyVersion(missing)) if versions.contains(&missing) => "missing key version",
                Err(IndexKeyError::OtherKey(other)) if versions.contains(&other) => "other key",
                Err(IndexKeyError::Primary(primary)) if !versions.contains(&primary) => "primary",
                Err(other) => panic!("{other}"),
            }
        }
        #[cfg(feature = "oblivious")]
        "public key" => parsed(telseal::oblivious::PublicKey::<I>::try_from(&octets()[..])),
        #[cfg(feature = "oblivious")]
        "request" => parsed(telseal::oblivious::Request::<I>::try_from(&octets()[..])),
        #[cfg(feature = "oblivious")]
        "response" => parsed(telseal::oblivious::Response::<I>::try_from(&octets()[..])),
        other => panic!("unknown reader {other}"),
    }
}

fn opened<I: Identifier>(sealer: &Sealer<I>, token: Token<I>) -> &'static str {
    let mut many = [Err(OpenError::UnknownKeyVersion(KeyVersion::FIRST))];
    sealer.open_into(&[token], &mut many).unwrap();
    assert_eq!(sealer.open(&token), many[0]);
    match &many[0] {
        Ok(_) => "read",
        Err(OpenError::NotOpened) => "not opened",
        Err(OpenError::UnknownKeyVersion(version)) if *version == token.key_version() => "unknown key version",
        Err(other) => panic!("{other}"),
    }
}

fn parsed<T>(result: Result<T, ParseError>) -> &'static str {
    let Err(error) = result else { return "read" };
    match error.kind() {
        ParseErrorKind::TooFewBytes { .. } | ParseErrorKind::TooManyBytes { .. } => "length",
        ParseErrorKind::Base64Url | ParseErrorKind::Hex => "alphabet",
        ParseErrorKind::TrailingBits => "unused bits",
        ParseErrorKind::MessageLetter { .. } => "letter",
        ParseErrorKind::KindLetter { .. } => "kind",
        ParseErrorKind::FormatVersion => "format version",
        ParseErrorKind::KeyVersion => "key version",
        ParseErrorKind::Elements { .. } => "count",
        ParseErrorKind::TrailingBytes => "trailing bytes",
        ParseErrorKind::Element => "element",
        ParseErrorKind::IdentityElement => "identity",
        ParseErrorKind::Scalar => "scalar",
        ParseErrorKind::Label => "label",
        other => panic!("{other:?}"),
    }
}

/// An input of SPEC.md, section 5, read in its form.
fn read(form: &str, input: &str) -> Result<String, ParseError> {
    let octets = || hex::decode(input).unwrap();
    match form {
        "phone, text" => input.parse().map(|phone: PhoneNumber| phone.digits()),
        "phone, bare" => PhoneNumber::from_msisdn(input).map(|phone| phone.digits()),
        "phone, TBCD" => PhoneNumber::from_tbcd(&octets()).map(|phone| phone.digits()),
        "phone, ISDN-AddressString" => PhoneNumber::from_address_string(&octets()).map(|phone| phone.digits()),
        "IMSI, text" => input.parse().map(|imsi: Imsi| imsi.digits()),
        "IMSI, TBCD" => Imsi::from_tbcd(&octets()).map(|imsi| imsi.digits()),
        "IMEI, text" => input.parse().map(|imei: Imei| imei.digits()),
        "IMEI, TBCD" => Imei::from_tbcd(&octets()).map(|imei| imei.digits()),
        "IMEISV, text" => input.parse().map(|imeisv: Imeisv| imeisv.digits()),
        "IMEISV, TBCD" => Imeisv::from_tbcd(&octets()).map(|imeisv| imeisv.digits()),
        other => panic!("unknown form {other}"),
    }
}

fn more() -> MoreVectors {
    let vectors: MoreVectors = serde_json::from_str(include_str!("vectors/telseal-v1-more.json")).unwrap();
    assert_eq!(vectors.format, "telseal/v1");
    vectors
}

/// The one fault of a digit block; `None` where it has none, `Some("several")` where it has more.
fn fault_of_block(letter: u8, block: &[u8]) -> Option<&'static str> {
    let nibbles: Vec<_> = block.iter().flat_map(|byte| [byte & 0xF, byte >> 4]).collect();
    let digits = nibbles.iter().position(|&nibble| nibble == 0xF).unwrap_or(16);
    let (min, max) = match letter {
        b'P' => (7, 15),
        b'S' => (6, 15),
        b'E' => (14, 14),
        _ => (16, 16),
    };
    one_of([
        ("a nibble A to E", nibbles[..digits].iter().any(|&nibble| nibble > 9)),
        ("a digit behind F", nibbles[digits..].iter().any(|&nibble| nibble != 0xF)),
        ("too few digits", digits < min),
        ("too many digits", digits > max && nibbles[..digits].iter().all(|&nibble| nibble <= 9)),
        ("first digit 0", letter == b'P' && nibbles[0] == 0),
    ])
}

/// The one fault of a list of key versions.
fn fault_of_versions(primary: u16, secrets: &[(u16, String)]) -> Option<&'static str> {
    let numbers: Vec<_> = secrets.iter().map(|(number, _)| *number).collect();
    one_of([
        ("descending", numbers.windows(2).any(|pair| pair[0] > pair[1])),
        ("twice", numbers.windows(2).any(|pair| pair[0] == pair[1])),
        ("version 0", numbers.contains(&0)),
        ("primary 0", primary == 0),
        ("no primary", primary != 0 && !numbers.contains(&primary)),
    ])
}

fn one_of<const N: usize>(faults: [(&'static str, bool); N]) -> Option<&'static str> {
    let mut found = faults.into_iter().filter(|(_, is)| *is).map(|(fault, _)| fault);
    match (found.next(), found.next()) {
        (fault, None) => fault,
        _ => Some("several"),
    }
}

fn keyring(secrets: &[(u16, String)]) -> Keyring {
    let secrets: Vec<_> = secrets.iter().map(|(number, secret)| (version(*number), bytes(secret))).collect();
    Keyring::from_secrets(secrets.iter().map(|(version, secret)| (*version, secret))).unwrap()
}

fn scope(labels: &[String]) -> Scope {
    Scope::new(labels).unwrap()
}

fn encode(labels: &[String]) -> Vec<u8> {
    encoded(&labels.iter().map(String::as_str).collect::<Vec<_>>())
}

/// K1 and K2 of SPEC.md, from `hkdf` alone.
fn siv_key(label: &[u8], letter: u8, secret: &[u8; 32], labels: &[String]) -> [u8; 64] {
    derive(secret, &[label, &[0, letter], &encode(labels)].concat())
}

/// What is authentic under a key, by another crate.
fn decrypted(key: &[u8; 64], header: &[u8], siv: &[u8]) -> Vec<u8> {
    Aes256Siv::new_from_slice(key).unwrap().decrypt([header], siv).unwrap()
}

fn bytes<const N: usize>(text: &str) -> [u8; N]
where
    [u8; N]: hex::FromHex<Error: Debug>,
{
    hex::FromHex::from_hex(text).unwrap()
}
