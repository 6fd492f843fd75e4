//! What tokens, tags, short tags, key versions and encrypted digits are for SQLite and PostgreSQL, and what is refused.
//! Both databases, for real: recipes/tests/typed.rs.

#![cfg(any(feature = "rusqlite", feature = "postgres-types"))]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::for_every_kind;
use std::fmt::{Debug, Display};
use telseal::{Identifier, Imei, KeyVersion, PhoneNumber, Prefix, ShortTag, Tag, Token};

/// A token whose other bytes are all different.
fn token<I: Identifier>() -> Token<I> {
    let mut bytes: [u8; 27] = core::array::from_fn(|i| (i * 9) as u8);
    bytes[0] = Token::<I>::BLANK.as_bytes()[0];
    bytes.try_into().unwrap()
}

/// The digits of a phone number and a token of another kind, as bytes. What the errors of a token, a tag and a short tag of
/// 20 bits say of each; any 16 bytes are a tag.
fn bad_bytes() -> Vec<(Vec<u8>, [Option<String>; 3])> {
    let length = |name: &str, expected, found| {
        (found != expected).then(|| format!("{name}: expected {expected} bytes, found {found}"))
    };
    let message = |bytes: &[u8]| {
        let found = bytes.len();
        let kind = || "token of phone numbers: expected the kind letter `P` at byte 0".to_owned();
        let bits = || "short tag: expected the unused last bits to be zero at byte 2".to_owned();
        [
            length("token of phone numbers", 27, found).or_else(|| Some(kind())),
            length("tag", 16, found),
            length("short tag", 3, found).or_else(|| Some(bits())),
        ]
    };
    let digits = b"442079460018".repeat(4);
    let all = (0..=40).map(|found| digits[..found].to_vec()).chain([token::<Imei>().as_ref().to_vec()]);
    all.map(|bytes| (bytes.clone(), message(&bytes))).collect()
}

/// The same for texts. One is a short tag.
fn bad_texts() -> [(&'static str, [&'static str; 3]); 5] {
    const LENGTHS: [&str; 3] = ["expected 36 bytes", "expected 22 bytes", "expected 5 bytes"];
    [
        ("", LENGTHS),
        ("+442079460018", LENGTHS),
        ("442079460018442079460018442079460018", ["expected the kind letter `P`", LENGTHS[1], LENGTHS[2]]),
        ("4420794600184420794600", [LENGTHS[0], "expected the unused last bits to be zero", LENGTHS[2]]),
        ("44207", [LENGTHS[0], LENGTHS[1], "expected no error"]),
    ]
}

/// The message is this one, and no form of the error shows a digit of the number.
#[track_caller]
fn says(error: impl Display + Debug, message: &str) {
    assert!(error.to_string().contains(message), "{error}, not {message}");
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert!(!text.contains("442") && !text.contains("794") && !text.contains("600"), "{text}");
    }
}

const VERSIONS: [u16; 4] = [1, 258, 32768, 65535];
const NO_VERSIONS: [i32; 6] = [0, -1, 65536, 65537, i32::MIN, 442079460];
const VERSION: &str = "key version: expected a key version from 1 to 65535";

#[cfg(feature = "rusqlite")]
mod sqlite {
    use super::*;
    use rusqlite::types::{
        FromSql, FromSqlError, ToSql, ToSqlOutput,
        Type::{self, Blob},
        ValueRef,
    };

    fn value<'a>(output: &'a ToSqlOutput<'_>) -> ValueRef<'a> {
        match output {
            ToSqlOutput::Borrowed(value) => *value,
            ToSqlOutput::Owned(value) => value.into(),
            _ => panic!("no value"),
        }
    }

    /// Stored as these bytes, and read from them and from the text.
    #[track_caller]
    fn blob<T: ToSql + FromSql + Display + PartialEq + Debug>(token: T, bytes: &[u8]) {
        let output = token.to_sql().unwrap();
        assert_eq!(value(&output), ValueRef::Blob(bytes));
        assert_eq!(T::column_result(value(&output)), Ok(token));
        let token = T::column_result(ValueRef::Blob(bytes)).unwrap();
        assert_eq!(T::column_result(ValueRef::Text(token.to_string().as_bytes())), Ok(token));
    }

    #[test]
    fn blobs() {
        fn check<I: Identifier>() {
            let token = token::<I>();
            blob(token, token.as_bytes());
            blob(token.tag(), token.tag().as_bytes());
            blob(token.tag().short::<8>(), token.tag().short::<8>().as_bytes());
            blob(token.tag().short::<20>(), token.tag().short::<20>().as_bytes());
            blob(token.tag().short::<64>(), token.tag().short::<64>().as_bytes());
        }
        for_every_kind!(check());
        blob(Tag::<Prefix<Imei>>::from_bytes([7; 16]), &[7; 16]);
    }

    #[test]
    fn integers() {
        for number in VERSIONS {
            let version = KeyVersion::try_from(number).unwrap();
            assert_eq!(value(&version.to_sql().unwrap()), ValueRef::Integer(number.into()));
            assert_eq!(KeyVersion::column_result(ValueRef::Integer(number.into())), Ok(version));
        }
        for number in
            NO_VERSIONS.map(i64::from).into_iter().chain([i64::MIN, i64::MAX, 442079460018, 1 << 16 | 1 << 32])
        {
            says(KeyVersion::column_result(ValueRef::Integer(number)).unwrap_err(), VERSION);
        }
    }

    #[test]
    fn what_is_refused() {
        fn refused<T: FromSql + Debug>(value: ValueRef<'_>, message: &str) {
            match T::column_result(value) {
                Ok(read) => panic!("{read:?}, not {message}"),
                Err(error @ FromSqlError::Other(_)) => says(error, message),
                Err(error) => panic!("{error:?} is of another type"),
            }
        }
        for (bytes, [token, tag, short]) in bad_bytes() {
            let value = ValueRef::Blob(&bytes);
            token.inspect(|message| refused::<Token<PhoneNumber>>(value, message));
            tag.inspect(|message| refused::<Tag<PhoneNumber>>(value, message));
            short.inspect(|message| refused::<ShortTag<PhoneNumber, 20>>(value, message));
        }
        for (text, [token, tag, short]) in bad_texts() {
            let value = ValueRef::Text(text.as_bytes());
            refused::<Token<PhoneNumber>>(value, token);
            refused::<Tag<PhoneNumber>>(value, tag);
            match ShortTag::<PhoneNumber, 20>::column_result(value) {
                Ok(read) => assert_eq!((read.to_string().as_str(), short), (text, "expected no error")),
                Err(error) => says(error, short),
            }
        }
    }

    /// Other types, NULL among them, which `Option` reads.
    #[test]
    fn other_types() {
        fn refused<T: FromSql + Debug + PartialEq>(types: &[Type]) {
            let values = [
                ValueRef::Null,
                ValueRef::Integer(442079460018),
                ValueRef::Real(442079460018.0),
                ValueRef::Text(b"442079460018"),
                ValueRef::Blob(b"442079460018"),
            ];
            for value in values.into_iter().filter(|value| types.contains(&value.data_type())) {
                assert_eq!(T::column_result(value), Err(FromSqlError::InvalidType), "{:?}", value.data_type());
            }
            assert_eq!(Option::<T>::column_result(ValueRef::Null), Ok(None));
        }
        let no_bytes = [Type::Null, Type::Integer, Type::Real];
        refused::<Token<PhoneNumber>>(&no_bytes);
        refused::<Tag<PhoneNumber>>(&no_bytes);
        refused::<ShortTag<PhoneNumber, 20>>(&no_bytes);
        refused::<KeyVersion>(&[Type::Null, Type::Real, Type::Text, Blob]);
        let no_text = ValueRef::Text(b"442079460018\xFF");
        says(Token::<PhoneNumber>::column_result(no_text).unwrap_err(), "invalid utf-8");
    }

    #[cfg(feature = "fpe")]
    #[test]
    fn encrypted_digits() {
        use telseal::{Imsi, fpe::EncryptedDigits};
        let digits: EncryptedDigits<Imsi> = "001010123456789".parse().unwrap();
        let output = digits.to_sql().unwrap();
        assert_eq!(value(&output), ValueRef::Text(b"001010123456789"));
        assert_eq!(EncryptedDigits::column_result(value(&output)), Ok(digits));
        let read = |value| EncryptedDigits::<Imsi>::column_result(value).unwrap_err();
        says(read(ValueRef::Text(b"4420794600184420")), "encrypted digits of IMSIs: expected 6 to 15 digits");
        for other in
            [ValueRef::Null, ValueRef::Integer(442079460018), ValueRef::Real(0.0), ValueRef::Blob(b"442079460018")]
        {
            assert_eq!(read(other), FromSqlError::InvalidType);
        }
    }
}

#[cfg(feature = "postgres-types")]
mod postgresql {
    use super::*;
    use bytes::BytesMut;
    use postgres_types::{FromSql, FromSqlOwned, IsNull, ToSql, Type, WrongType};

    const TEXTS: [Type; 3] = [Type::TEXT, Type::VARCHAR, Type::BPCHAR];

    #[track_caller]
    fn sent(value: &dyn ToSql, ty: &Type) -> BytesMut {
        let mut sent = BytesMut::from(&b"before"[..]);
        assert!(matches!(value.to_sql_checked(ty, &mut sent), Ok(IsNull::No)));
        sent.split_off(6)
    }

    #[track_caller]
    fn bytea_or_text<T: ToSql + FromSqlOwned + Display + PartialEq + Copy + Debug>(token: T, bytes: &[u8]) {
        assert_eq!(sent(&token, &Type::BYTEA), bytes);
        assert_eq!(T::from_sql(&Type::BYTEA, bytes).unwrap(), token);
        for text in TEXTS {
            assert_eq!(sent(&token, &text), token.to_string());
            assert_eq!(T::from_sql(&text, token.to_string().as_bytes()).unwrap(), token);
        }
        assert_eq!(sent(&Some(token), &Type::BYTEA), bytes);
        let mut nothing = BytesMut::new();
        assert!(matches!(None::<T>.to_sql_checked(&Type::BYTEA, &mut nothing), Ok(IsNull::Yes)));
        assert_eq!(Option::<T>::from_sql_nullable(&Type::BYTEA, None).unwrap(), None);
        assert!(T::from_sql_nullable(&Type::BYTEA, None).is_err());
        accepts::<T>(&[Type::BYTEA, Type::TEXT, Type::VARCHAR, Type::BPCHAR]);
    }

    /// These types and no other.
    fn accepts<T: ToSql + FromSqlOwned>(types: &[Type]) {
        let all = [
            Type::BYTEA,
            Type::TEXT,
            Type::VARCHAR,
            Type::BPCHAR,
            Type::NAME,
            Type::CHAR,
            Type::BOOL,
            Type::INT2,
            Type::INT4,
            Type::INT8,
            Type::OID,
            Type::NUMERIC,
            Type::FLOAT8,
            Type::JSON,
            Type::JSONB,
            Type::UUID,
            Type::BYTEA_ARRAY,
            Type::TEXT_ARRAY,
            Type::UNKNOWN,
            Type::BIT,
            Type::VARBIT,
        ];
        for ty in all {
            let accepted = types.contains(&ty);
            assert_eq!((<T as FromSql>::accepts(&ty), <T as ToSql>::accepts(&ty)), (accepted, accepted), "{ty}");
        }
    }

    #[test]
    fn bytes_and_texts() {
        fn check<I: Identifier>() {
            let token = token::<I>();
            bytea_or_text(token, token.as_bytes());
            bytea_or_text(token.tag(), token.tag().as_bytes());
            bytea_or_text(token.tag().short::<8>(), token.tag().short::<8>().as_bytes());
            bytea_or_text(token.tag().short::<20>(), token.tag().short::<20>().as_bytes());
            bytea_or_text(token.tag().short::<64>(), token.tag().short::<64>().as_bytes());
        }
        for_every_kind!(check());
        bytea_or_text(Tag::<Prefix<Imei>>::from_bytes([7; 16]), &[7; 16]);
    }

    #[test]
    fn integers() {
        for number in VERSIONS {
            let version = KeyVersion::try_from(number).unwrap();
            let sent = sent(&version, &Type::INT4);
            assert_eq!(sent, &i32::from(number).to_be_bytes()[..]);
            assert_eq!(KeyVersion::from_sql(&Type::INT4, &sent).unwrap(), version);
        }
        for number in NO_VERSIONS {
            says(KeyVersion::from_sql(&Type::INT4, &number.to_be_bytes()).unwrap_err(), VERSION);
        }
        says(KeyVersion::from_sql(&Type::INT4, b"442079460018").unwrap_err(), "invalid buffer size");
        accepts::<KeyVersion>(&[Type::INT4]);
    }

    #[test]
    fn what_is_refused() {
        fn refused<T: FromSqlOwned + Debug>(ty: &Type, raw: &[u8], message: &str) {
            let error = T::from_sql(ty, raw).unwrap_err();
            assert!(error.is::<telseal::ParseError>(), "{error:?} is of another type");
            says(error, message);
        }
        for (bytes, [token, tag, short]) in bad_bytes() {
            token.inspect(|message| refused::<Token<PhoneNumber>>(&Type::BYTEA, &bytes, message));
            tag.inspect(|message| refused::<Tag<PhoneNumber>>(&Type::BYTEA, &bytes, message));
            short.inspect(|message| refused::<ShortTag<PhoneNumber, 20>>(&Type::BYTEA, &bytes, message));
        }
        for ((text, [token, tag, short]), ty) in bad_texts().into_iter().flat_map(|bad| TEXTS.map(|ty| (bad, ty))) {
            refused::<Token<PhoneNumber>>(&ty, text.as_bytes(), token);
            refused::<Tag<PhoneNumber>>(&ty, text.as_bytes(), tag);
            match ShortTag::<PhoneNumber, 20>::from_sql(&ty, text.as_bytes()) {
                Ok(read) => assert_eq!((read.to_string().as_str(), short), (text, "expected no error")),
                Err(error) => says(error, short),
            }
        }
        says(Token::<PhoneNumber>::from_sql(&Type::TEXT, b"442079460018\xFF").unwrap_err(), "invalid utf-8");
        let wrong = token::<PhoneNumber>().to_sql_checked(&Type::INT8, &mut BytesMut::new()).err().unwrap();
        assert!(wrong.is::<WrongType>(), "{wrong:?}");
    }

    #[cfg(feature = "fpe")]
    #[test]
    fn encrypted_digits() {
        use telseal::{Imsi, fpe::EncryptedDigits};
        let digits: EncryptedDigits<Imsi> = "001010123456789".parse().unwrap();
        for text in TEXTS {
            assert_eq!(sent(&digits, &text), "001010123456789");
            assert_eq!(EncryptedDigits::from_sql(&text, b"001010123456789").unwrap(), digits);
        }
        let error = EncryptedDigits::<Imsi>::from_sql(&Type::TEXT, b"4420794600184420").unwrap_err();
        says(error, "encrypted digits of IMSIs: expected 6 to 15 digits");
        accepts::<EncryptedDigits<Imsi>>(&TEXTS);
    }
}
