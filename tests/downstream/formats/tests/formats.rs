//! Tokens, tags and key versions in each format: what is written is read again, in whatever they stand, and what is no
//! token is refused without a digit of it.

use downstream_formats::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{collections::BTreeMap, fmt::Debug};
use telseal::{Imsi, KeyVersion, PhoneNumber, Tag, Token};

/// Their tags are different in each byte.
fn phone() -> Token<PhoneNumber> {
    let mut bytes: [u8; 27] = std::array::from_fn(|i| (i * 9) as u8);
    bytes[..3].copy_from_slice(&Token::<PhoneNumber>::header(KeyVersion::FIRST));
    bytes.try_into().expect("a token by its form")
}

fn imsi() -> Token<Imsi> {
    let mut bytes: [u8; 27] = std::array::from_fn(|i| (255 - i * 7) as u8);
    bytes[..3].copy_from_slice(&Token::<Imsi>::header(KeyVersion::FIRST));
    bytes.try_into().expect("a token by its form")
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename = "row")]
struct Fields {
    phone: Token<PhoneNumber>,
    tag: Tag<PhoneNumber>,
    version: KeyVersion,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    imsi: Option<Token<Imsi>>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Wrapper(Token<PhoneNumber>);

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename = "row")]
struct Newtype {
    phone: Wrapper,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename = "row")]
struct Lists {
    phone: Vec<Token<PhoneNumber>>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Keys {
    phones: BTreeMap<Token<PhoneNumber>, u8>,
    tags: BTreeMap<Tag<PhoneNumber>, u8>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Inner {
    phone: Token<PhoneNumber>,
    tag: Tag<PhoneNumber>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename = "row")]
struct Flat {
    #[serde(flatten)]
    inner: Inner,
    imsi: Token<Imsi>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Either {
    Phone(Token<PhoneNumber>),
    Imsi(Token<Imsi>),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename = "row")]
struct Untagged {
    first: Either,
    second: Either,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Text {
    Number(u8),
    Text(String),
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(rename = "row")]
struct AnyText {
    text: Text,
}

#[track_caller]
fn round_trip<F: Format, T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let written = F::write(&value).unwrap_or_else(|error| panic!("{}: {value:?} is not written: {error}", F::NAME));
    let read = F::read::<T>(&written);
    assert_eq!(read.as_ref(), Ok(&value), "{}: {}", F::NAME, String::from_utf8_lossy(&written));
}

fn round_trips<F: Format>() {
    let (phone, imsi, tag, version) = (phone(), imsi(), phone().tag(), KeyVersion::try_from(300).expect("not 0"));
    round_trip::<F, _>(Fields { phone, tag, version, imsi: Some(imsi) });
    round_trip::<F, _>(Newtype { phone: Wrapper(phone) });
    round_trip::<F, _>(Lists { phone: vec![phone; 3] });
    if !F::LACKS.contains(&Lacks::Description) {
        round_trip::<F, _>(Fields { phone, tag, version, imsi: None });
    }
    if F::LACKS.contains(&Lacks::Buffers) {
        // The control: a text is not read there either.
        let written = F::write(&AnyText { text: Text::Text("text".to_owned()) });
        assert!(written.and_then(|bytes| F::read::<AnyText>(&bytes)).is_err(), "{} reads texts there", F::NAME);
    } else {
        round_trip::<F, _>(Flat { inner: Inner { phone, tag }, imsi });
        round_trip::<F, _>(Untagged { first: Either::Imsi(imsi), second: Either::Phone(phone) });
    }
    if !F::LACKS.contains(&Lacks::Nesting) && !F::LACKS.contains(&Lacks::Keys) {
        round_trip::<F, _>(Keys { phones: [(phone, 1)].into(), tags: [(tag, 2)].into() });
    }
}

/// A column of something else, by the same name.
#[derive(Serialize)]
#[serde(rename = "row")]
struct Other<T> {
    phone: T,
    tag: T,
    version: T,
}

#[derive(Deserialize, Debug)]
#[expect(dead_code, reason = "nothing is read")]
struct Phone {
    phone: Token<PhoneNumber>,
}

#[derive(Deserialize, Debug)]
#[expect(dead_code, reason = "nothing is read")]
struct OneTag {
    tag: Tag<PhoneNumber>,
}

#[derive(Deserialize, Debug)]
#[expect(dead_code, reason = "nothing is read")]
struct Version {
    version: KeyVersion,
}

/// Digits in the tests are those of this number, and nothing that a format says of lines and columns.
const NUMBER: u64 = 442_079_460_018;

#[track_caller]
fn silent<F: Format, T: DeserializeOwned + Debug>(other: &[u8]) {
    let error = F::read::<T>(other).expect_err(F::NAME);
    for part in ["4420", "7946", "0018", "4.42"] {
        assert!(!error.contains(part), "{}: {error}", F::NAME);
    }
}

fn silent_about<F: Format, T: Serialize + Clone>(value: T) {
    let other = Other { phone: value.clone(), tag: value.clone(), version: value };
    let Ok(other) = F::write(&other) else { return };
    silent::<F, Phone>(&other);
    if F::LACKS.contains(&Lacks::Description) {
        return; // where the first field is read, it is not the one that is asked for
    }
    silent::<F, OneTag>(&other);
    silent::<F, Version>(&other);
}

fn errors<F: Format>() {
    silent_about::<F, _>(NUMBER);
    silent_about::<F, _>(-(NUMBER as i64));
    silent_about::<F, _>(NUMBER as f64);
    silent_about::<F, _>(NUMBER.to_string());
    silent_about::<F, _>(format!("+{NUMBER}"));
    silent_about::<F, _>(format!("{NUMBER}{NUMBER}{NUMBER}"));
    silent_about::<F, _>(vec![NUMBER; 3]);
}

macro_rules! each {
    ($($test:ident: $format:ident),* $(,)?) => {$(
        #[test]
        fn $test() {
            round_trips::<$format>();
            errors::<$format>();
        }
    )*};
}

each! {
    json: Json, yaml: Yaml, toml: Toml, ron: Ron, quick_xml: QuickXml, xml_rs: XmlRs, form: Form,
    message_pack: MessagePack, cbor: Cbor, bson: Bson, bson_document: BsonDocument, postcard: Postcard, bincode: Bincode,
}
