//! Short tags: their three forms, their order and their ranges, against arithmetic on whole tags.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use proptest::prelude::*;
use std::collections::HashSet;
use telseal::{Imei, Imsi, ParseErrorKind, PhoneNumber, ShortTag, Tag};

/// The forms of the first bits of one tag, and of their neighbours, by the definition in SPEC.md.
fn check<const BITS: u32>(bytes: [u8; 16], other: [u8; 16]) {
    let (tag, other) = (Tag::<PhoneNumber>::from_bytes(bytes), Tag::<PhoneNumber>::from_bytes(other));
    let (short, bits) = (tag.short::<BITS>(), BITS as usize);
    let digits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect::<String>()[..bits].to_owned();

    let number = u64::from_str_radix(&digits, 2).unwrap();
    assert_eq!(u64::from(short), number);
    assert_eq!(ShortTag::try_from(number), Ok(short));

    let padded = |to: usize| format!("{digits:0<width$}", width = bits.div_ceil(to) * to);
    let want: Vec<u8> =
        padded(8).as_bytes().chunks(8).map(|b| u8::from_str_radix(str::from_utf8(b).unwrap(), 2).unwrap()).collect();
    assert_eq!(short.as_bytes(), want);
    assert_eq!(ShortTag::try_from(&want[..]), Ok(short));

    let nibbles = padded(4);
    let want: String = nibbles
        .as_bytes()
        .chunks(4)
        .map(|b| format!("{:x}", u8::from_str_radix(str::from_utf8(b).unwrap(), 2).unwrap()))
        .collect();
    assert_eq!(short.to_string(), want);
    assert_eq!(want.parse(), Ok(short));
    assert_eq!(want.to_uppercase().parse(), Ok(short));
    assert_eq!(format!("{short:?}"), format!("ShortTag({want})"));

    // A range has the tags that are cut to this, and no others.
    let range = short.range();
    assert_eq!([range.start().short::<BITS>(), range.end().short::<BITS>()], [short; 2]);
    assert_eq!(range.contains(&other), other.short::<BITS>() == short);
    let whole = |tag: &Tag<PhoneNumber>| u128::from_be_bytes(*tag.as_bytes());
    assert_eq!(whole(range.end()) - whole(range.start()), u128::MAX >> BITS);
    assert_eq!(whole(range.start()) >> (128 - BITS), u128::from(number));

    // All forms sort as the tags do.
    let second = other.short::<BITS>();
    let order = short.cmp(&second);
    assert_eq!(order, u64::from(short).cmp(&second.into()));
    assert_eq!(order, short.as_bytes().cmp(second.as_bytes()));
    assert_eq!(order, short.to_string().cmp(&second.to_string()));
    assert!(order.is_eq() || order == tag.cmp(&other));
    assert_eq!(HashSet::from([short, second]).len(), 1 + usize::from(order.is_ne()));

    // Another length.
    let text = short.to_string();
    let kind = |text: &str| text.parse::<ShortTag<PhoneNumber, BITS>>().unwrap_err().kind();
    let (min, max) = (text.len(), text.len());
    assert_eq!(kind(&format!("{text}0")), ParseErrorKind::TooManyBytes { min, max });
    assert_eq!(kind(&text[1..]), ParseErrorKind::TooFewBytes { min, max });
    assert_eq!(kind(&format!("{}g", &text[1..])), ParseErrorKind::Hex);
    let refused = |bytes: &[u8]| ShortTag::<PhoneNumber, BITS>::try_from(bytes).unwrap_err().kind();
    let (min, max) = (short.as_bytes().len(), short.as_bytes().len());
    assert_eq!(refused(&[short.as_bytes(), &[0]].concat()), ParseErrorKind::TooManyBytes { min, max });
    assert_eq!(refused(&short.as_bytes()[1..]), ParseErrorKind::TooFewBytes { min, max });

    // Each bit behind the last.
    for bit in bits..bits.div_ceil(8) * 8 {
        let mut bytes = short.as_bytes().to_vec();
        bytes[bit / 8] |= 0x80 >> (bit % 8);
        let error = ShortTag::<PhoneNumber, BITS>::try_from(&bytes[..]).unwrap_err();
        assert_eq!((error.kind(), error.position()), (ParseErrorKind::TrailingBits, Some(bit / 8)));
        let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if bit < min_digits(bits) * 4 {
            let error = text[..min_digits(bits)].parse::<ShortTag<PhoneNumber, BITS>>().unwrap_err();
            assert_eq!((error.kind(), error.position()), (ParseErrorKind::TrailingBits, Some(bit / 4)));
        }
    }
    if BITS < 64 {
        for number in [1 << BITS, u64::MAX] {
            let error = ShortTag::<PhoneNumber, BITS>::try_from(number).unwrap_err();
            assert_eq!((error.kind(), error.position()), (ParseErrorKind::ShortTagNumber, None));
        }
    }
}

fn min_digits(bits: usize) -> usize {
    bits.div_ceil(4)
}

/// Each length from 8 to 64.
fn check_all(bytes: [u8; 16], other: [u8; 16]) {
    macro_rules! lengths {
        ($($bits:literal)*) => {$(check::<$bits>(bytes, other);)*};
    }
    lengths!(8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36);
    lengths!(37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_lengths(bytes: [u8; 16], other: [u8; 16]) {
        check_all(bytes, other);
    }

    /// Tags that differ in one bit, so that the last bits of each length decide.
    #[test]
    fn neighbours(bytes: [u8; 16], bit in 0..128_usize) {
        let mut other = bytes;
        other[bit / 8] ^= 0x80 >> (bit % 8);
        check_all(bytes, other);
    }
}

#[test]
fn edges() {
    for bytes in [[0; 16], [0xFF; 16], [0x7F; 16], [0x80; 16]] {
        check_all(bytes, [0; 16]);
        check_all(bytes, [0xFF; 16]);
    }
}

#[test]
fn all_of_the_shortest() {
    for byte in 0..=u8::MAX {
        let short = ShortTag::<Imsi, 8>::try_from(u64::from(byte)).unwrap();
        assert_eq!(short.as_bytes(), [byte]);
        assert_eq!(short.to_string(), format!("{byte:02x}"));
    }
}

#[test]
fn messages() {
    let message = |text: &str| text.parse::<ShortTag<Imei, 20>>().unwrap_err().to_string();
    assert_eq!(message("62b4"), "short tag: expected 5 bytes, found 4");
    assert_eq!(message("62b4é"), "short tag: expected 5 bytes, found 6");
    assert_eq!(message("62-4a"), "short tag: expected a hexadecimal digit at byte 2");
    let message = |bytes: &[u8]| ShortTag::<Imei, 20>::try_from(bytes).unwrap_err().to_string();
    assert_eq!(message(&[0x62, 0xB4, 0xA8]), "short tag: expected the unused last bits to be zero at byte 2");
    let error = ShortTag::<Imei, 20>::try_from(1 << 20).unwrap_err();
    assert_eq!(error.to_string(), "short tag: expected a number with no more bits than the short tag");
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    format: String,
    #[expect(dead_code, reason = "for the reader")]
    origin: String,
    short_tags: Vec<Vector>,
    refused: Vec<Refused>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "some are for the key holder")]
struct Vector {
    kind: String,
    digits: String,
    secret: String,
    key_version: u16,
    scope: Vec<String>,
    tag: String,
    bits: u32,
    bytes: String,
    text: String,
    number: String,
    first: String,
    last: String,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Refused {
    bits: u32,
    form: String,
    value: String,
    why: String,
    class: String,
}

fn vectors() -> Vectors {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/telseal-v1-short.json")).unwrap();
    assert_eq!(vectors.format, "telseal/v1");
    vectors
}

/// Calls a function with the length as a constant.
macro_rules! with_length {
    ($bits:expr, $function:ident($($argument:expr),*)) => {
        with_length!(@ $bits, $function, ($($argument),*), 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28
            29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64)
    };
    (@ $bits:expr, $function:ident, $arguments:tt, $($length:literal)*) => {
        match $bits {
            $($length => with_length!(@ $function $length $arguments),)*
            other => panic!("{other} bits"),
        }
    };
    (@ $function:ident $length:literal ($($argument:expr),*)) => { $function::<$length>($($argument),*) };
}

/// Made by another implementation, in another language.
#[test]
fn vectors_of_all_lengths() {
    fn check<const BITS: u32>(vector: &Vector) {
        let tag = Tag::<Imsi>::from_hex(&vector.tag).unwrap();
        let short = tag.short::<BITS>();
        let bytes = hex::decode(&vector.bytes).unwrap();
        let number: u64 = vector.number.parse().unwrap();
        assert_eq!((short.as_bytes(), short.to_string(), u64::from(short)), (&bytes[..], vector.text.clone(), number));
        assert_eq!(ShortTag::try_from(&bytes[..]), Ok(short));
        assert_eq!(vector.text.parse(), Ok(short));
        assert_eq!(ShortTag::try_from(number), Ok(short));
        let ends = [&vector.first, &vector.last].map(|end| Tag::from_hex(end).unwrap());
        assert_eq!([*short.range().start(), *short.range().end()], ends);
    }
    let all = vectors().short_tags;
    for vector in &all {
        with_length!(vector.bits, check(vector));
    }
    assert!((8..=64).all(|bits| all.iter().any(|vector| vector.bits == bits)));
}

/// The tags of the vectors are those of a sealer and of an indexer, one by one and many at once.
#[cfg(feature = "seal")]
#[test]
fn vectors_by_those_who_hold_keys() {
    fn check<I: telseal::Identifier>(vector: &Vector, identifier: I) {
        let secret = hex::decode(&vector.secret).unwrap().try_into().unwrap();
        let version = telseal::KeyVersion::try_from(vector.key_version).unwrap();
        let keyring = telseal::Keyring::from_secrets([(version, &secret)]).unwrap();
        let scope = telseal::Scope::new(&vector.scope).unwrap();
        let (sealer, indexer) = (keyring.sealer::<I>(&scope), keyring.indexer::<I>(&scope));
        let identifiers = [identifier.clone(), identifier];
        let mut many = [[Tag::from_bytes([0; 16]); 2]; 2];
        sealer.tag_into(&identifiers, &mut many[0]).unwrap();
        indexer.tag_into(&identifiers, &mut many[1]).unwrap();
        let [identifier, _] = identifiers;
        let one = [sealer.tag(&identifier), indexer.tag(&identifier), sealer.seal(&identifier).tag()];
        let expected: u64 = vector.number.parse().unwrap();
        for tag in one.into_iter().chain(many.into_iter().flatten()) {
            // The first bits of the tag, whatever it is of.
            let tag = Tag::<Imsi>::from_bytes(*tag.as_bytes());
            assert_eq!(with_length!(vector.bits, number_of(tag)), expected);
        }
    }
    for vector in vectors().short_tags.iter().filter(|vector| !cfg!(telseal_ct) || vector.bits == 20) {
        match vector.kind.as_str() {
            "phone" => check(vector, PhoneNumber::from_msisdn(&vector.digits).unwrap()),
            "imsi" => check(vector, vector.digits.parse::<Imsi>().unwrap()),
            "imei" => check(vector, vector.digits.parse::<Imei>().unwrap()),
            "imeisv" => check(vector, vector.digits.parse::<telseal::Imeisv>().unwrap()),
            other => panic!("{other}"),
        }
    }
}

#[cfg(feature = "seal")]
fn number_of<const BITS: u32>(tag: Tag<Imsi>) -> u64 {
    tag.short::<BITS>().into()
}

#[test]
fn vectors_of_what_is_none() {
    fn kind<const BITS: u32>(refused: &Refused) -> ParseErrorKind {
        match refused.form.as_str() {
            "text" => refused.value.parse::<ShortTag<Imsi, BITS>>().unwrap_err().kind(),
            "bytes" => ShortTag::<Imsi, BITS>::try_from(&hex::decode(&refused.value).unwrap()[..]).unwrap_err().kind(),
            "number" => ShortTag::<Imsi, BITS>::try_from(refused.value.parse::<u64>().unwrap()).unwrap_err().kind(),
            other => panic!("{other}"),
        }
    }
    let all = vectors().refused;
    assert!(all.len() > 50);
    for refused in &all {
        let class = match with_length!(refused.bits, kind(refused)) {
            ParseErrorKind::TooFewBytes { .. } | ParseErrorKind::TooManyBytes { .. } => "length",
            ParseErrorKind::Hex => "alphabet",
            ParseErrorKind::TrailingBits | ParseErrorKind::ShortTagNumber => "unused bits",
            other => panic!("{other:?}"),
        };
        assert_eq!(class, refused.class, "{} bits, {}: {}", refused.bits, refused.form, refused.why);
    }
}

#[cfg(feature = "serde")]
#[test]
fn serialised() {
    let short = Tag::<Imsi>::from_bytes([0x5A; 16]).short::<20>();
    let json = serde_json::to_string(&short).unwrap();
    assert_eq!(json, "\"5a5a5\"");
    assert_eq!(serde_json::from_str::<ShortTag<Imsi, 20>>(&json).unwrap(), short);
    let bytes = postcard::to_allocvec(&short).unwrap();
    assert_eq!(bytes, [3, 0x5A, 0x5A, 0x50]);
    assert_eq!(postcard::from_bytes::<ShortTag<Imsi, 20>>(&bytes).unwrap(), short);

    assert!(serde_json::from_str::<ShortTag<Imsi, 24>>(&json).is_err());
    assert!(postcard::from_bytes::<ShortTag<Imsi, 32>>(&bytes).is_err());
    for wrong in ["442079460018", "\"442079460018\"", "[90, 90, 80]", "null"] {
        let error = serde_json::from_str::<ShortTag<Imsi, 20>>(wrong).unwrap_err().to_string();
        assert!(!error.contains("4420"), "{error}");
    }
}

#[test]
fn a_clone_is_the_same_and_neither_less_nor_more() {
    fn cloned<T: Clone>(value: &T) -> T {
        value.clone()
    }
    let short = Tag::<PhoneNumber>::from_bytes([7; 16]).short::<24>();
    assert_eq!(cloned(&short).partial_cmp(&short), Some(std::cmp::Ordering::Equal));
}
