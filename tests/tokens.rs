//! Tokens, tags and key versions: their forms, and every way in which a form is refused. No key is needed.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{LONG, all_different, for_every_kind, lengths, refused};
use proptest::{array, collection::vec, prelude::*};
use std::{
    collections::{BTreeSet, HashSet},
    fmt::Debug,
    hash::{BuildHasher, RandomState},
};
use subtle::ConstantTimeEq;
use telseal::{Identifier, Imei, Imeisv, Imsi, KeyVersion, Kind, ParseError, PhoneNumber, Tag, Token};

const BASE64URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The first byte of the tokens of a kind, as the format has it.
fn header(kind: Kind) -> u8 {
    (BASE64URL.find(kind.letter()).unwrap() * 4 + 1) as u8
}

/// A token whose other bytes are all different.
fn bytes(kind: Kind) -> [u8; 27] {
    let mut bytes = core::array::from_fn(|i| (i * 9) as u8);
    bytes[0] = header(kind);
    bytes
}

fn token<I: Identifier>() -> Token<I> {
    Token::try_from(bytes(I::KIND)).unwrap()
}

/// Base64url bit by bit.
fn base64url(bytes: &[u8]) -> String {
    let bits: Vec<usize> =
        bytes.iter().flat_map(|byte| (0..8).rev().map(move |i| usize::from(byte >> i & 1))).collect();
    let sextet = |bits: &[usize]| (0..6).fold(0, |word, i| word << 1 | bits.get(i).unwrap_or(&0));
    bits.chunks(6).map(|bits| char::from(BASE64URL.as_bytes()[sextet(bits)])).collect()
}

/// The three forms of a token, one after the other.
fn read<I: Identifier>(bytes: &[u8]) -> [Result<Token<I>, ParseError>; 3] {
    [base64url(bytes).parse(), Token::from_hex(&hex::encode(bytes)), Token::try_from(bytes)]
}

#[test]
fn letters_and_names_of_the_kinds() {
    for (kind, letter, header_byte, name) in [
        (PhoneNumber::KIND, 'P', 0x3D, "phone number"),
        (Imsi::KIND, 'S', 0x49, "IMSI"),
        (Imei::KIND, 'E', 0x11, "IMEI"),
        (Imeisv::KIND, 'V', 0x55, "IMEISV"),
    ] {
        assert_eq!((kind.letter(), header(kind), kind.to_string()), (letter, header_byte, name.into()));
        assert_eq!(format!("{kind:>14}"), format!("{name:>14}"));
    }
}

#[test]
fn known_forms() {
    let mut bytes = [0xFF; 27];
    bytes[..3].copy_from_slice(&[0x3D, 0x01, 0x02]);
    let token: Token<PhoneNumber> = bytes.try_into().unwrap();
    assert_eq!(token.to_string(), "PQEC________________________________");
    assert_eq!(format!("{token:x}"), format!("3d0102{}", "ff".repeat(24)));
    assert_eq!(token.key_version().get(), 0x0102);
    assert_eq!(token.tag().to_string(), "_____________________w");
    assert_eq!(format!("{:x}", token.tag()), "ff".repeat(16));
    assert_eq!(format!("{token:?}"), "Token(PQEC________________________________)");
    assert_eq!(format!("{:?}", token.tag()), "Tag(_____________________w)");
    assert_eq!(format!("{token:>38}|{:<24}|", token.tag()), format!("  {token}|{}  |", token.tag()));

    assert_eq!(Token::<PhoneNumber>::BLANK.to_string(), format!("PQAB{}", "A".repeat(32)));
    assert_eq!(Token::<Imeisv>::BLANK.to_string(), format!("VQAB{}", "A".repeat(32)));
    assert_eq!(Token::<Imsi>::BLANK.key_version(), KeyVersion::FIRST);
}

#[test]
fn parts_of_a_token() {
    fn check<I: Identifier>() {
        let (token, bytes) = (token::<I>(), bytes(I::KIND));
        assert_eq!((token.as_bytes(), token.as_ref()), (&bytes, &bytes[..]));
        assert_eq!(token.key_version().get(), u16::from_be_bytes([bytes[1], bytes[2]]));
        assert_eq!(Token::<I>::header(token.key_version())[..], bytes[..3]);
        assert_eq!(token.tag().as_bytes()[..], bytes[3..19]);
        assert_eq!(token.tag().as_ref(), &bytes[3..19]);
        assert!(token.to_string().starts_with(I::KIND.letter()));
    }
    for_every_kind!(check());
}

#[test]
fn every_key_version_is_read_but_zero() {
    let mut bytes = bytes(Kind::Imsi);
    for version in 1..=u16::MAX {
        bytes[1..3].copy_from_slice(&version.to_be_bytes());
        assert_eq!(Token::<Imsi>::try_from(bytes).unwrap().key_version().get(), version);
    }
}

#[test]
fn key_version_zero() {
    fn check<I: Identifier>() {
        let mut bytes = bytes(I::KIND);
        bytes[1..3].fill(0);
        for (read, at) in read::<I>(&bytes).into_iter().zip([1, 2, 1]) {
            refused(read, &format!("token of {}s: expected a key version from 1 to 65535 at byte {at}", I::KIND));
        }
    }
    for_every_kind!(check());
}

/// All 256 first bytes: the letter is judged first, then the format version.
#[test]
fn every_first_byte() {
    fn check<I: Identifier>() {
        let (kind, right) = (I::KIND, header(I::KIND));
        for first in 0..=255 {
            let mut bytes = bytes(kind);
            bytes[0] = first;
            for (read, format_at) in read::<I>(&bytes).into_iter().zip([1, 1, 0]) {
                if first == right {
                    assert_eq!(read, Ok(token()));
                } else if first >> 2 == right >> 2 {
                    refused(read, &format!("token of {kind}s: expected format version 1 at byte {format_at}"));
                } else {
                    let letter = kind.letter();
                    refused(read, &format!("token of {kind}s: expected the kind letter `{letter}` at byte 0"));
                }
            }
        }
    }
    for_every_kind!(check());
}

#[test]
fn no_token_is_read_as_another_kinds() {
    fn check<I: Identifier>() {
        let token = token::<I>();
        let read_as = [
            read::<PhoneNumber>(token.as_ref()).map(|read| read.is_ok()),
            read::<Imsi>(token.as_ref()).map(|read| read.is_ok()),
            read::<Imei>(token.as_ref()).map(|read| read.is_ok()),
            read::<Imeisv>(token.as_ref()).map(|read| read.is_ok()),
        ];
        let kinds = [PhoneNumber::KIND, Imsi::KIND, Imei::KIND, Imeisv::KIND];
        assert_eq!(read_as, kinds.map(|kind| [kind == I::KIND; 3]));
    }
    for_every_kind!(check());
}

#[test]
fn every_length_of_every_form() {
    fn check<I: Identifier>() {
        let long = [bytes(I::KIND), bytes(I::KIND), bytes(I::KIND)].concat();
        let (text, hex) = (base64url(&long), hex::encode(&long));
        let refused_token = |read, what, expected, found| match found == expected {
            true => assert_eq!(read, Ok(token::<I>())),
            false => refused(read, &format!("token of {}s: expected {expected} {what}, found {found}", I::KIND)),
        };
        let refused_tag = |read, what, expected, found| match found == expected {
            true => assert_eq!(read, Ok(token::<I>().tag())),
            false => refused(read, &format!("tag: expected {expected} {what}, found {found}")),
        };
        let (tag_text, tag_hex) = (base64url(&long[3..19]) + &text, hex::encode(&long[3..]));
        for length in 0..=80 {
            refused_token(text[..length].parse(), "bytes", 36, length);
            refused_token(Token::from_hex(&hex[..length]), "bytes", 54, length);
            refused_token(Token::try_from(&long[..length]), "bytes", 27, length);
            refused_tag(tag_text[..length].parse(), "bytes", 22, length);
            refused_tag(Tag::from_hex(&tag_hex[..length]), "bytes", 32, length);
            refused_tag(Tag::try_from(&long[3..][..length.min(60)]), "bytes", 16, length.min(60));
        }
    }
    for_every_kind!(check());

    let long = "P".repeat(LONG);
    refused(long.parse::<Token<Imsi>>(), &format!("token of IMSIs: expected 36 bytes, found {LONG}"));
    refused(Token::<Imei>::from_hex(&long), &format!("token of IMEIs: expected 54 bytes, found {LONG}"));
    refused(Token::<Imei>::try_from(long.as_bytes()), &format!("token of IMEIs: expected 27 bytes, found {LONG}"));
    refused(long.parse::<Tag<Imsi>>(), &format!("tag: expected 22 bytes, found {LONG}"));
}

/// Every ASCII character in place of every one: another value, or an error at that place. So a value has one
/// spelling.
#[track_caller]
fn one_spelling<T: Copy + PartialEq + Debug>(
    text: &str,
    alphabet: &str,
    read: impl Fn(&str) -> Result<T, ParseError>,
    message: &str,
    other_refusals: &[&str],
) {
    let value = read(text).unwrap();
    for (at, right) in text.char_indices() {
        for char in (0..=0x7F_u8).map(char::from) {
            let other = format!("{}{char}{}", &text[..at], &text[at + 1..]);
            let found = read(&other);
            if char == right {
                assert_eq!(found, Ok(value));
            } else if !alphabet.contains(char) {
                refused(found, &format!("{message} at byte {at}"));
            } else if let Err(error) = found {
                assert!(other_refusals.contains(&error.to_string().as_str()), "{other}: {error}");
            } else {
                assert_ne!(found, Ok(value), "{other}");
            }
        }
        // Two bytes of one character where there were two characters.
        if at + 1 < text.len() {
            let other = format!("{}é{}", &text[..at], &text[at + 2..]);
            refused(read(&other), &format!("{message} at byte {at}"));
        }
    }
}

#[test]
fn a_token_has_one_text() {
    let refusals = [
        "token of IMSIs: expected the kind letter `S` at byte 0",
        "token of IMSIs: expected format version 1 at byte 1",
    ];
    let message = "token of IMSIs: expected a character of base64url";
    one_spelling(&token::<Imsi>().to_string(), BASE64URL, str::parse::<Token<Imsi>>, message, &refusals);
}

#[test]
fn a_token_has_one_hex_form_but_for_case() {
    let token = token::<Imsi>();
    for (text, digits) in
        [(format!("{token:x}"), "0123456789abcdef"), (format!("{token:x}").to_uppercase(), "0123456789ABCDEF")]
    {
        let other_case: String = digits
            .chars()
            .filter(char::is_ascii_alphabetic)
            .map(|char| match char {
                'a'..='f' => char.to_ascii_uppercase(),
                _ => char.to_ascii_lowercase(),
            })
            .collect();
        assert_eq!(Token::from_hex(&text), Ok(token));
        for (at, right) in text.char_indices() {
            for char in (0..=0x7F_u8).map(char::from) {
                let found = Token::<Imsi>::from_hex(&format!("{}{char}{}", &text[..at], &text[at + 1..]));
                if char.eq_ignore_ascii_case(&right) {
                    assert_eq!(found, Ok(token));
                } else if digits.contains(char) || other_case.contains(char) {
                    assert_ne!(found, Ok(token));
                } else {
                    refused(found, &format!("token of IMSIs: expected a hexadecimal digit at byte {at}"));
                }
            }
        }
    }
}

#[test]
fn a_tag_has_one_text() {
    let tag = token::<Imsi>().tag();
    let trailing = "tag: expected the unused last bits to be zero at byte 21";
    let read = str::parse::<Tag<Imsi>>;
    one_spelling(&tag.to_string(), BASE64URL, read, "tag: expected a character of base64url", &[trailing]);
    // Of the 16 last characters that hold the same two bits, one is right.
    let last = |char| format!("{}{char}", "A".repeat(21)).parse::<Tag<Imsi>>();
    let zero = Tag::from_bytes([0; 16]);
    for (i, char) in BASE64URL.char_indices() {
        match i % 16 {
            0 => assert_eq!((last(char) == Ok(zero), last(char).is_ok()), (char == 'A', true)),
            _ => refused(last(char), trailing),
        }
    }
}

#[test]
fn a_tag_has_one_hex_form_but_for_case() {
    let tag = Tag::<Imei>::from_bytes(core::array::from_fn(|i| 0xA0 | i as u8));
    let text = format!("{tag:x}");
    assert_eq!(text, "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf");
    assert_eq!(Tag::from_hex(&text), Ok(tag));
    assert_eq!(Tag::from_hex(&text.to_uppercase()), Ok(tag));
    for at in 0..32 {
        for char in ['g', 'G', '-', '/', ':', '@', '`', ' ', '\0', '\u{7F}'] {
            let other = format!("{}{char}{}", &text[..at], &text[at + 1..]);
            refused(Tag::<Imei>::from_hex(&other), &format!("tag: expected a hexadecimal digit at byte {at}"));
        }
    }
}

#[test]
fn spellings_of_other_encoders() {
    let text = token::<Imsi>().to_string();
    let length = |found| format!("token of IMSIs: expected 36 bytes, found {found}");
    refused(format!("{text}=").parse::<Token<Imsi>>(), &length(37));
    refused(format!("{text}\n").parse::<Token<Imsi>>(), &length(37));
    refused(format!(" {text}").parse::<Token<Imsi>>(), &length(37));
    refused(format!("0x{:x}", token::<Imsi>()).parse::<Token<Imsi>>(), &length(56));
    for char in ['+', '/', '='] {
        let other = format!("{}{char}", &text[..35]);
        refused(other.parse::<Token<Imsi>>(), "token of IMSIs: expected a character of base64url at byte 35");
    }
    refused(format!("{}==", token::<Imsi>().tag()).parse::<Tag<Imsi>>(), "tag: expected 22 bytes, found 24");
}

#[test]
fn every_flipped_bit_is_another_token_in_every_comparison() {
    let (token, bytes) = (token::<Imsi>(), bytes(Kind::Imsi));
    let hasher = RandomState::new();
    let mut others = 0;
    for bit in 0..8 * bytes.len() {
        let mut other = bytes;
        other[bit / 8] ^= 1 << (bit % 8);
        let Ok(other) = Token::try_from(other) else {
            assert!(bit < 8, "all bits but the header's first byte are free here");
            continue;
        };
        assert_ne!(token, other, "bit {bit}");
        assert!(!bool::from(token.ct_eq(&other)), "bit {bit}");
        assert_ne!(token.cmp(&other), core::cmp::Ordering::Equal, "bit {bit}");
        assert_ne!(hasher.hash_one(token), hasher.hash_one(other), "bit {bit}");
        let in_tag = (3..19).contains(&(bit / 8));
        assert_eq!(token.tag() != other.tag(), in_tag, "bit {bit}");
        assert_eq!(!bool::from(token.tag().ct_eq(&other.tag())), in_tag, "bit {bit}");
        others += 1;
    }
    assert_eq!(others, 208);
    let same = Token::try_from(bytes).unwrap();
    assert!(token == same && bool::from(token.ct_eq(&same)) && bool::from(token.tag().ct_eq(&same.tag())));
}

#[test]
fn key_versions() {
    for number in 1..=u16::MAX {
        let version = KeyVersion::try_from(number).unwrap();
        assert_eq!((version.get(), u16::from(version)), (number, number));
        assert_eq!(version.next().map(KeyVersion::get), number.checked_add(1));
    }
    refused(KeyVersion::try_from(0), "key version: expected a key version from 1 to 65535");
    assert_eq!(KeyVersion::FIRST.get(), 1);
    let versions = [1, 2, 255, 256, 65535].map(|number| KeyVersion::try_from(number).unwrap());
    assert!(versions.is_sorted());
    all_different(&versions);
    assert_eq!(versions.map(|version| version.to_string()), ["1", "2", "255", "256", "65535"]);
    assert_eq!(format!("{:?} {:>7}|", versions[1], versions[4]), "KeyVersion(2)   65535|");
}

/// Decimal digits as `Display` writes them; leading zeros do no harm.
#[test]
fn key_versions_as_text() {
    for number in 1..=u16::MAX {
        let version = KeyVersion::try_from(number).unwrap();
        assert_eq!(version.to_string().parse(), Ok(version));
    }
    assert_eq!("007".parse::<KeyVersion>().unwrap().get(), 7);
    for text in [
        "",
        "0",
        "00",
        "65536",
        "65537",
        "131073",
        "442079460018",
        "+1",
        "++1",
        "-1",
        "-0",
        "+",
        "-",
        " 1",
        "1 ",
        "1\n",
        "1.0",
        "1e3",
        "0x1",
        "1_000",
        "one",
        "\u{661}",
        "\u{FF11}",
    ] {
        refused(text.parse::<KeyVersion>(), "key version: expected a key version from 1 to 65535");
    }
}

fn any_bytes(kind: Kind) -> impl Strategy<Value = [u8; 27]> {
    (1..=u16::MAX, array::uniform24(any::<u8>())).prop_map(move |(version, rest)| {
        let mut bytes = [0; 27];
        bytes[0] = header(kind);
        bytes[1..3].copy_from_slice(&version.to_be_bytes());
        bytes[3..].copy_from_slice(&rest);
        bytes
    })
}

/// Printed as the naive encoder does, and read back from each form.
fn round_trip<I: Identifier>(bytes: [u8; 27]) -> Result<(), TestCaseError> {
    let token = Token::<I>::try_from(bytes).unwrap();
    prop_assert_eq!(token.as_bytes(), &bytes);
    prop_assert_eq!(token.to_string(), base64url(&bytes));
    let mut buffer = [0xFF; 36];
    prop_assert_eq!(token.encode(&mut buffer), base64url(&bytes));
    prop_assert_eq!(format!("{token:x}"), hex::encode(bytes));
    prop_assert_eq!(read::<I>(&bytes), [Ok(token), Ok(token), Ok(token)]);
    prop_assert_eq!(Token::from_hex(&hex::encode_upper(bytes)), Ok(token));

    let (tag, bytes) = (token.tag(), &bytes[3..19]);
    prop_assert_eq!(tag.to_string(), base64url(bytes));
    prop_assert_eq!(format!("{tag:x}"), hex::encode(bytes));
    for read in [tag.to_string().parse(), Tag::from_hex(&hex::encode(bytes)), Tag::try_from(bytes)] {
        prop_assert_eq!(read, Ok(tag));
    }
    prop_assert_eq!(Tag::from_hex(&hex::encode_upper(bytes)), Ok(tag));
    prop_assert_eq!(Tag::from_bytes(*tag.as_bytes()), tag);
    Ok(())
}

proptest! {
    #[test]
    fn every_form_of_every_token(
        phone in any_bytes(Kind::PhoneNumber),
        imsi in any_bytes(Kind::Imsi),
        imei in any_bytes(Kind::Imei),
        imeisv in any_bytes(Kind::Imeisv),
    ) {
        round_trip::<PhoneNumber>(phone)?;
        round_trip::<Imsi>(imsi)?;
        round_trip::<Imei>(imei)?;
        round_trip::<Imeisv>(imeisv)?;
    }

    /// A text that is read is printed again to the letter.
    #[test]
    fn what_is_read_is_printed(text in "P[Q-Za-f][B-Za-z0-9_-][A-Za-z0-9_-]{33}", tag in "[A-Za-z0-9_-]{21}[AQgw]") {
        prop_assert_eq!(text.parse::<Token<PhoneNumber>>().unwrap().to_string(), text);
        prop_assert_eq!(tag.parse::<Tag<PhoneNumber>>().unwrap().to_string(), tag);
    }

    #[test]
    fn order_equality_and_hash_are_those_of_the_bytes(all in vec(any_bytes(Kind::Imei), 2..20), copy: prop::sample::Index) {
        let mut all = all;
        all.push(*copy.get(&all)); // one of them twice
        let tokens: Vec<_> = all.iter().map(|&bytes| Token::<Imei>::try_from(bytes).unwrap()).collect();
        let tags: Vec<_> = tokens.iter().map(Token::tag).collect();
        let hasher = RandomState::new();
        for ((a, a_bytes), b) in tokens.iter().zip(&all).zip(&tokens) {
            prop_assert_eq!(hasher.hash_one(a) == hasher.hash_one(b), a == b);
            prop_assert_eq!(a.as_bytes(), a_bytes);
        }
        for (i, j) in (0..all.len()).flat_map(|i| (0..all.len()).map(move |j| (i, j))) {
            prop_assert_eq!(tokens[i].cmp(&tokens[j]), all[i].cmp(&all[j]));
            prop_assert_eq!(tokens[i].partial_cmp(&tokens[j]), all[i].partial_cmp(&all[j]));
            prop_assert_eq!(tokens[i] == tokens[j], all[i] == all[j]);
            prop_assert_eq!(bool::from(tokens[i].ct_eq(&tokens[j])), all[i] == all[j]);
            prop_assert_eq!(tags[i].cmp(&tags[j]), all[i][3..19].cmp(&all[j][3..19]));
            prop_assert_eq!(tags[i] == tags[j], all[i][3..19] == all[j][3..19]);
        }
        let distinct = all.iter().collect::<HashSet<_>>().len();
        prop_assert_eq!(tokens.iter().collect::<HashSet<_>>().len(), distinct);
        prop_assert_eq!(tags.iter().collect::<HashSet<_>>().len(), distinct);
        let sorted: Vec<_> = tokens.iter().collect::<BTreeSet<_>>().into_iter().map(Token::as_bytes).collect();
        prop_assert_eq!(sorted, all.iter().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>());
    }
}

/// Of every version: 4 characters that the texts of its tokens begin with, and no others.
#[test]
fn text_of_a_key_version() {
    fn check<I: Identifier>() {
        let mut seen = HashSet::new();
        for version in (1..=u16::MAX).map(|version| KeyVersion::try_from(version).unwrap()) {
            let mut buffer = [0; 4];
            let text = Token::<I>::encode_header(version, &mut buffer);
            let mut bytes = [0xA5; 27];
            bytes[..3].copy_from_slice(&Token::<I>::header(version));
            let token = Token::<I>::try_from(bytes).unwrap();
            assert_eq!(token.to_string()[..4], *text);
            assert!(text.starts_with(I::KIND.letter()));
            assert!(seen.insert(text.to_owned()), "two versions share {text}");
        }
        assert_eq!(seen.len(), 65535);
    }
    check::<PhoneNumber>();
    check::<Imsi>();
    check::<Imei>();
    check::<Imeisv>();
}

/// A column of texts at every length and with each place bad, in every way in which a text of 36 bytes can be: as one by
/// one.
#[test]
fn columns_of_texts() {
    fn check<I: Identifier>() {
        let good: Vec<[u8; 27]> = (0..300_usize)
            .map(|i| {
                let mut bytes: [u8; 27] = core::array::from_fn(|at| (i * 131 + at * at * 7 + i * at) as u8);
                bytes[..3].copy_from_slice(&Token::<I>::header(KeyVersion::try_from(1 + i as u16).unwrap()));
                bytes
            })
            .collect();
        let texts: Vec<[u8; 36]> = good.iter().map(|bytes| base64url(bytes).as_bytes().try_into().unwrap()).collect();
        for length in lengths() {
            let mut encoded = vec![[0; 36]; length];
            Token::<I>::encode_column(&good[..length], &mut encoded).unwrap();
            assert!(encoded == texts[..length], "{length}");
            let (mut tokens, mut valid) = (vec![[9; 27]; length], vec![9; length.div_ceil(64)]);
            Token::<I>::decode_column(&texts[..length], &mut tokens, &mut valid, |row, error| panic!("{row}: {error}"))
                .unwrap();
            assert!(tokens == good[..length], "{length}");
            assert_eq!(valid.iter().map(|bits| bits.count_ones() as usize).sum::<usize>(), length);
            // One row is bad, at a place that moves with the length, then every third.
            for step in [300, 3] {
                let mut bad = texts[..length].to_vec();
                for at in (length * 7 % 300..length).step_by(step) {
                    let place = (at + length) % 36;
                    match (at + length) % 4 {
                        0 => bad[at][place] = [b'+', b'=', b'/', 0, 0x80, 0xFF, b'@', b'[', b'`', b'{'][at % 10],
                        1 => bad[at][0] = b'A',                     // no kind has this letter
                        2 => bad[at][1] = b'w',                     // another format version
                        _ => bad[at][1..4].copy_from_slice(b"QAA"), // key version 0
                    }
                }
                let (mut tokens, mut valid) = (vec![[9; 27]; length], vec![9; length.div_ceil(64)]);
                let mut refused = Vec::new();
                Token::<I>::decode_column(&bad, &mut tokens, &mut valid, |row, error| refused.push((row, error)))
                    .unwrap();
                let mut errors = refused.into_iter();
                for (row, text) in bad.iter().enumerate() {
                    let read = str::from_utf8(text).map(|text| text.parse::<Token<I>>());
                    let is_there = valid[row / 64] >> (row % 64) & 1 == 1;
                    match read {
                        Ok(Ok(token)) => assert!(is_there && tokens[row] == *token.as_bytes(), "{row} of {length}"),
                        other => {
                            assert!(!is_there && tokens[row] == [0; 27], "{row} of {length}");
                            let (number, error) = errors.next().unwrap();
                            assert_eq!(number, row);
                            if let Ok(Err(expected)) = other {
                                assert_eq!(error, expected);
                            }
                        }
                    }
                }
                assert_eq!(errors.next(), None);
                assert!(valid.last().is_none_or(|bits| length % 64 == 0 || bits >> (length % 64) == 0));
            }
        }
        // What does not fit is left alone.
        let (mut texts_out, mut tokens, mut valid) = ([[9; 36]; 65], [[9; 27]; 65], [9; 2]);
        assert!(Token::<I>::encode_column(&good[..64], &mut texts_out).is_err() && texts_out == [[9; 36]; 65]);
        let refused = |_, _| unreachable!();
        assert!(Token::<I>::decode_column(&texts[..64], &mut tokens, &mut valid, refused).is_err());
        assert!(Token::<I>::decode_column(&texts[..65], &mut tokens, &mut valid[..1], refused).is_err());
        assert!(Token::<I>::decode_column(&texts[..64], &mut tokens[..64], &mut valid, refused).is_err());
        assert!(tokens == [[9; 27]; 65] && valid == [9; 2]);
    }
    for_every_kind!(check());
}
