//! Tokens, tags and key versions in formats that people read and in binary ones.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::for_every_kind;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        DeserializeOwned, IntoDeserializer, Visitor,
        value::{BytesDeserializer, Error as ValueError, SeqDeserializer, U64Deserializer},
    },
};
use std::{collections::BTreeMap, fmt::Debug};
use telseal::{Identifier, Imei, Imsi, KeyVersion, PhoneNumber, Tag, Token};

/// A token whose other bytes are all different.
fn token<I: Identifier>() -> Token<I> {
    let mut bytes: [u8; 27] = core::array::from_fn(|i| (i * 9) as u8);
    bytes[0] = Token::<I>::BLANK.as_bytes()[0];
    bytes.try_into().unwrap()
}

/// Serialized to exactly this, and back.
#[track_caller]
fn json<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, text: &str) {
    assert_eq!(serde_json::to_string(&value).unwrap(), text);
    assert_eq!(serde_json::from_str::<T>(text).unwrap(), value);
    assert_eq!(serde_json::from_reader::<_, T>(text.as_bytes()).unwrap(), value);
    assert_eq!(serde_json::from_value::<T>(serde_json::to_value(&value).unwrap()).unwrap(), value);
}

#[track_caller]
fn binary<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, bytes: &[u8]) {
    assert_eq!(postcard::to_allocvec(&value).unwrap(), bytes);
    assert_eq!(postcard::from_bytes::<T>(bytes).unwrap(), value);
    for length in 0..bytes.len() {
        assert!(postcard::from_bytes::<T>(&bytes[..length]).is_err(), "{length} bytes");
    }
}

/// A binary format, by what it hands over.
struct Binary<D>(D);

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Binary<D> {
    type Error = D::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_any(visitor)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The text is refused, and the error says so much.
#[track_caller]
fn bad_json<T: DeserializeOwned + Debug>(text: &str, message: &str) {
    let error = serde_json::from_str::<T>(text).unwrap_err().to_string();
    assert_eq!(error.split(" at line ").next(), Some(message), "{text}");
}

#[test]
fn text_for_people_and_bytes_for_machines() {
    fn check<I: Identifier>() {
        let token = token::<I>();
        json(token, &format!("\"{token}\""));
        json(token.tag(), &format!("\"{}\"", token.tag()));
        binary(token, &[&[27], token.as_ref()].concat());
        binary(token.tag(), &[&[16], token.tag().as_ref()].concat());
    }
    for_every_kind!(check());
}

#[test]
fn key_versions_are_numbers() {
    let version = |number| KeyVersion::try_from(number).unwrap();
    json(version(1), "1");
    json(version(65535), "65535");
    binary(version(1), &[1]);
    binary(version(300), &[0xAC, 0x02]);
    let expected = "expected a key version from 1 to 65535";
    for text in ["0", "65536", "-1", "-65535", "18446744073709551615"] {
        bad_json::<KeyVersion>(text, &format!("invalid type: something else, {expected}"));
    }
    for text in ["1.0", "1e2", "18446744073709551616"] {
        bad_json::<KeyVersion>(text, &format!("invalid type: something else, {expected}"));
    }
    bad_json::<BTreeMap<KeyVersion, ()>>("{\"65536\":null}", &format!("invalid type: something else, {expected}"));
    assert!(postcard::from_bytes::<KeyVersion>(&[0]).is_err());
    assert!(postcard::from_bytes::<KeyVersion>(&[0x80, 0x80, 0x04]).is_err()); // 65536
    let zero: U64Deserializer<ValueError> = 0_u64.into_deserializer();
    let message = format!("invalid type: something else, {expected}");
    assert_eq!(KeyVersion::deserialize(zero).unwrap_err().to_string(), message);
}

/// A phone number that stands in the wrong column, as whatever type.
#[test]
fn no_error_shows_what_was_found() {
    #[track_caller]
    fn shows_nothing(input: &dyn Debug, error: impl std::fmt::Display + Debug) {
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(!text.contains("4420") && !text.contains("7946"), "{input:?}: {text}");
            assert!(!text.contains("true") && !text.contains('é'), "{input:?}: {text}");
        }
    }
    fn check<T: DeserializeOwned + Debug>(json: &[&str]) {
        for text in json.iter().chain(&["[442079460018]", "{\"442079460018\": 442079460018}"]) {
            shows_nothing(text, serde_json::from_str::<T>(text).unwrap_err());
            shows_nothing(text, serde_json::from_reader::<_, T>(text.as_bytes()).unwrap_err());
            shows_nothing(text, serde_json::from_value::<T>(text.parse().unwrap()).unwrap_err());
        }
        let bytes = [
            postcard::to_allocvec(&442079460018_u64),
            postcard::to_allocvec(&-442079460018_i64),
            postcard::to_allocvec(&442079460018.0_f64),
            postcard::to_allocvec("442079460018"),
            postcard::to_allocvec("4420794600184420794600"),
        ];
        for bytes in bytes.map(Result::unwrap) {
            match postcard::from_bytes::<T>(&bytes) {
                // A format that does not say what it holds: a few bytes of a float or a length are a number too.
                Ok(read) => assert!(format!("{read:?}").starts_with("KeyVersion(")),
                Err(error) => shows_nothing(&bytes, error),
            }
        }
        fn visited<'de, T: DeserializeOwned + Debug>(found: impl IntoDeserializer<'de, ValueError> + Debug + Copy) {
            shows_nothing(&found, T::deserialize(found.into_deserializer()).unwrap_err());
        }
        visited::<T>(442079460018_u64);
        visited::<T>(-442079460018_i64);
        visited::<T>(442079460018_u128);
        visited::<T>(-442079460018_i128);
        visited::<T>(442079460018.0_f64);
        visited::<T>("442079460018");
        visited::<T>(&b"442079460018"[..]);
        visited::<T>('é');
        visited::<T>(true);
    }
    let texts = [
        "\"442079460018\"",
        "\"+442079460018\"",
        "\"4420794600184420794600\\u00e9\"",
        "\"442079460018442079460018442079460018\"",
        "\"é\"",
    ];
    let numbers =
        ["442079460018", "-442079460018", "442079460018.5", "4.42079460018e11", "442079460018442079460018", "true"];
    let all = [&texts[..], &numbers[..]].concat();
    check::<Token<PhoneNumber>>(&all);
    check::<Tag<PhoneNumber>>(&all);
    check::<KeyVersion>(&all);
}

/// As they are used: fields, options, keys of a map.
#[test]
fn inside_other_types() {
    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Row {
        phone: Token<PhoneNumber>,
        imei: Option<Tag<Imei>>,
        version: KeyVersion,
    }
    let (phone, imei) = (token::<PhoneNumber>(), token::<Imei>());
    let row = Row { phone, imei: Some(imei.tag()), version: phone.key_version() };
    let version = phone.key_version();
    json(row, &format!(r#"{{"phone":"{phone}","imei":"{}","version":{version}}}"#, imei.tag()));
    json(Row { phone, imei: None, version }, &format!(r#"{{"phone":"{phone}","imei":null,"version":{version}}}"#));
    json(BTreeMap::from([(phone, 1)]), &format!(r#"{{"{phone}":1}}"#));
    json(BTreeMap::from([(phone.tag(), 1)]), &format!(r#"{{"{}":1}}"#, phone.tag()));
    binary(vec![(phone, version)], &[&[1, 27], phone.as_ref(), &[0x92, 0x12]].concat());
}

/// Some formats borrow, some unescape, some hand over bytes or single numbers.
#[test]
fn however_a_format_hands_it_over() {
    let token = token::<Imsi>();
    let escaped = format!("\"\\u0053{}\"", &token.to_string()[1..]);
    assert_eq!(serde_json::from_str::<Token<Imsi>>(&escaped).unwrap(), token);

    let bytes = BytesDeserializer::<ValueError>::new(token.as_ref());
    assert_eq!(Token::deserialize(bytes), Ok(token));
    let sequence = SeqDeserializer::<_, ValueError>::new(token.as_ref().iter().copied());
    assert_eq!(Token::deserialize(Binary(sequence)), Ok(token));
    let sequence = SeqDeserializer::<_, ValueError>::new(token.tag().as_ref().to_vec().into_iter());
    assert_eq!(Tag::deserialize(Binary(sequence)), Ok(token.tag()));
}

#[test]
fn every_wrong_length() {
    let long = [token::<Imsi>().as_ref(), token::<Imsi>().as_ref()].concat();
    for length in 0..=40 {
        let bytes = &long[..length];
        let read = || BytesDeserializer::<ValueError>::new(bytes);
        let counted = || SeqDeserializer::<_, ValueError>::new(bytes.iter().copied());
        if length != 27 {
            let error = Token::<Imsi>::deserialize(read()).unwrap_err().to_string();
            assert_eq!(error, format!("token of IMSIs: expected 27 bytes, found {length}"));
            let error = Token::<Imsi>::deserialize(Binary(counted())).unwrap_err().to_string();
            assert_eq!(error, "invalid type: something else, expected the token's 36 characters or 27 bytes");
            let text = "A".repeat(length);
            if length != 36 {
                let message = format!("token of IMSIs: expected 36 bytes, found {length}");
                bad_json::<Token<Imsi>>(&format!("\"{text}\""), &message);
            }
            assert!(postcard::from_bytes::<Token<Imsi>>(&postcard::to_allocvec(bytes).unwrap()).is_err());
        }
        if length != 16 {
            let error = Tag::<Imsi>::deserialize(read()).unwrap_err().to_string();
            assert_eq!(error, format!("tag: expected 16 bytes, found {length}"));
            let error = Tag::<Imsi>::deserialize(Binary(counted())).unwrap_err().to_string();
            assert_eq!(error, "invalid type: something else, expected the tag's 22 characters or 16 bytes");
            assert!(postcard::from_bytes::<Tag<Imsi>>(&postcard::to_allocvec(bytes).unwrap()).is_err());
        }
    }
}

#[test]
fn what_is_no_token_of_the_kind() {
    let imei = token::<Imei>();
    bad_json::<Token<Imsi>>(&format!("\"{imei}\""), "token of IMSIs: expected the kind letter `S` at byte 0");
    assert!(postcard::from_bytes::<Token<Imsi>>(&postcard::to_allocvec(&imei).unwrap()).is_err());
    let sequence = SeqDeserializer::<_, ValueError>::new(imei.as_ref().iter().copied());
    let error = Token::<Imsi>::deserialize(Binary(sequence)).unwrap_err().to_string();
    assert_eq!(error, "token of IMSIs: expected the kind letter `S` at byte 0");

    let type_error = "invalid type: something else, expected the token's 36 characters or 27 bytes";
    for other in ["1", "null", "{}", "true", "1.5"] {
        bad_json::<Token<Imsi>>(other, type_error);
    }
    // One spelling: no list, not even of the right bytes.
    let bytes = serde_json::to_string(token::<Imsi>().as_ref()).unwrap();
    bad_json::<Token<Imsi>>(&bytes, type_error);
    bad_json::<Token<Imsi>>("[73]", type_error);
    let imsi = token::<Imsi>();
    let sequence = SeqDeserializer::<_, ValueError>::new(imsi.as_ref().iter().copied());
    assert_eq!(Token::<Imsi>::deserialize(sequence).unwrap_err().to_string(), type_error);
    bad_json::<Tag<Imsi>>("true", "invalid type: something else, expected the tag's 22 characters or 16 bytes");
    let trailing = format!("\"{}B\"", "A".repeat(21));
    bad_json::<Tag<Imsi>>(&trailing, "tag: expected the unused last bits to be zero at byte 21");
}
