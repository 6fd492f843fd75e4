//! Sealing, opening, looking up and resealing: one at a time and many at once.

#![cfg(feature = "seal")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use aes::{
    Aes256, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use common::{
    CUTS, Sample, all_different, for_every_kind, keyring, lengths, oracle_key, oracle_token, scope, secret, tbcd,
    version,
};
use proptest::prelude::*;
#[cfg(feature = "getrandom")]
use std::collections::HashMap;
use telseal::{
    Identifier, Imei, Imeisv, Imsi, KeyVersion, Keyring, Kind, LengthMismatch, OpenError, PhoneNumber, Row, Scope,
    Sealer, Tag, Token,
};

const LABELS: [&str; 2] = ["acme", "routing"];

/// A sealer in the scope of `LABELS` under these versions.
fn sealer<I: Identifier>(versions: &[u16]) -> Sealer<I> {
    keyring(versions).sealer(&scope())
}

/// The digits as a digit block.
fn block(digits: &str) -> Vec<u8> {
    let mut block = tbcd(digits);
    block.resize(8, 0xFF);
    block
}

/// Well-formed, of this version, and sealed by nobody.
fn forged<I: Identifier>(version: u16) -> Token<I> {
    let mut bytes = *Token::<I>::BLANK.as_bytes();
    bytes[1..3].copy_from_slice(&version.to_be_bytes());
    bytes.try_into().unwrap()
}

fn flipped<I: Identifier>(token: &Token<I>, bit: usize) -> Option<Token<I>> {
    let mut bytes = *token.as_bytes();
    bytes[bit / 8] ^= 1 << (bit % 8);
    Token::try_from(bytes).ok()
}

#[test]
fn a_token_is_the_format_by_other_means() {
    fn check<I: Sample>(number: u32, key_version: u16) {
        let identifier = I::sample(number);
        let token = sealer::<I>(&[key_version]).seal(&identifier);
        let oracle = oracle_token(key_version, I::KIND, &LABELS, &block(&identifier.digits()));
        assert_eq!(token.as_bytes(), &oracle);
        assert_eq!(token.key_version(), version(key_version));
    }
    for number in 0..20 {
        for key_version in [1, 2, 255, 256, 65535] {
            for_every_kind!(check(number, key_version));
        }
    }
    // Every number of digits.
    let phones = sealer(&[7]);
    let imsis = sealer(&[7]);
    for length in 6..=15 {
        let digits = &"999700123456789"[..length];
        let oracle = oracle_token(7, Kind::Imsi, &LABELS, &block(digits));
        assert_eq!(imsis.seal(&digits.parse::<Imsi>().unwrap()).as_bytes(), &oracle);
        if length >= 7 {
            let digits = &"442079460018000"[..length];
            let oracle = oracle_token(7, Kind::PhoneNumber, &LABELS, &block(digits));
            assert_eq!(phones.seal(&PhoneNumber::from_msisdn(digits).unwrap()).as_bytes(), &oracle);
        }
    }
}

/// All 216 bits of tokens of all kinds, under one key version and among several.
#[test]
fn any_flipped_bit_is_refused() {
    fn check<I: Sample>(versions: &[u16]) {
        let sealer = sealer::<I>(versions);
        for number in [0, 1, 4_294_967_295] {
            let token = sealer.seal(&I::sample(number));
            assert_eq!(sealer.open(&token), Ok(I::sample(number)));
            let mut read = 0;
            for other in (0..216).filter_map(|bit| flipped(&token, bit)) {
                let live = versions.contains(&other.key_version().get());
                let expected =
                    if live { OpenError::NotOpened } else { OpenError::UnknownKeyVersion(other.key_version()) };
                assert_eq!(sealer.open(&other), Err(expected));
                assert_eq!(sealer.reseal(&other), Err(expected));
                let mut opened = [Ok(I::sample(0))];
                sealer.open_into(&[other], &mut opened).unwrap();
                assert_eq!(opened, [Err(expected)]);
                read += 1;
            }
            assert!(read >= 207, "all but the first byte's bits, and a version that becomes 0, are read");
        }
    }
    for_every_kind!(check(&[1]));
    for_every_kind!(check(&[1, 2, 3, 259, 0x8003]));
}

#[test]
fn errors_name_the_version_and_nothing_else() {
    assert_eq!(OpenError::NotOpened.to_string(), "token not opened");
    let unknown = OpenError::UnknownKeyVersion(version(7));
    assert_eq!(unknown.to_string(), "token not opened: key version 7 is not live here");
}

/// The same digits as every kind that can have them, in many scopes and under many versions.
#[test]
fn no_two_of_kind_scope_and_version_share_a_token_or_a_tag() {
    let others: [&[&str]; 8] = [
        &["c", "b", "a"],
        &["abc", "abc"],
        &["abc", "abc", "abc"],
        &["ABC"],
        &["abc "],
        &["\0"],
        &["e\u{301}"], // not the same as \u{e9}: text is not normalised
        &["\u{e9}"],
    ];
    let mut tokens = Vec::new();
    let mut tags = Vec::new();
    for labels in CUTS.into_iter().chain(others) {
        let scope = Scope::new(labels).unwrap();
        for number in [1, 2, 256, 65535] {
            let keyring = Keyring::from_secrets([(version(number), &[0; 32])]).unwrap();
            let digits = "00101012345678";
            let imsi: Token<Imsi> = keyring.sealer(&scope).seal(&digits.parse().unwrap());
            let imei: Token<Imei> = keyring.sealer(&scope).seal(&digits.parse().unwrap());
            let imeisv: Token<Imeisv> = keyring.sealer(&scope).seal(&format!("{digits}00").parse().unwrap());
            let digits = "99970012345678";
            let phone: Token<PhoneNumber> = keyring.sealer(&scope).seal(&PhoneNumber::from_msisdn(digits).unwrap());
            let imsi_of_phone: Token<Imsi> = keyring.sealer(&scope).seal(&digits.parse().unwrap());
            tokens.extend([*imsi.as_bytes(), *imei.as_bytes(), *imeisv.as_bytes()]);
            tokens.extend([*phone.as_bytes(), *imsi_of_phone.as_bytes()]);
        }
    }
    tags.extend(tokens.iter().map(|token| token[3..19].to_vec()));
    assert_eq!(tokens.len(), 17 * 4 * 5);
    all_different(&tokens);
    all_different(&tags);
}

#[test]
fn nothing_but_the_same_secret_and_scope_opens() {
    let phone = PhoneNumber::sample(18);
    let token = sealer(&[1]).seal(&phone);
    let opened = |secret: &[u8; 32], labels: &[&str]| {
        let keyring = Keyring::from_secrets([(KeyVersion::FIRST, secret)]).unwrap();
        keyring.sealer::<PhoneNumber>(&Scope::new(labels).unwrap()).open(&token)
    };
    assert_eq!(opened(&secret(1), &LABELS), Ok(phone));
    for labels in
        [&["acme"][..], &["routing", "acme"], &["acme", "routing", "x"], &["acmerouting"], &["Acme", "routing"]]
    {
        assert_eq!(opened(&secret(1), labels), Err(OpenError::NotOpened), "{labels:?}");
    }
    for bit in 0..256 {
        let mut other = secret(1);
        other[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(opened(&other, &LABELS), Err(OpenError::NotOpened), "bit {bit}");
    }
    assert_eq!(sealer::<PhoneNumber>(&[1]).open(&Token::BLANK), Err(OpenError::NotOpened));
}

/// Authentic tokens of blocks that are no identifier of the kind: made under the right key by something else.
#[test]
fn authentic_tokens_of_what_is_no_identifier() {
    fn check<I: Identifier>(blocks: &[&str]) {
        let sealer = sealer::<I>(&[1]);
        for digits in blocks {
            let bytes = oracle_token(1, I::KIND, &LABELS, &block(digits));
            let token = Token::try_from(bytes).unwrap();
            assert_eq!(sealer.open(&token), Err(OpenError::NotOpened), "{} {digits}", I::KIND);
            assert_eq!(sealer.reseal(&token), Err(OpenError::NotOpened), "{} {digits}", I::KIND);
            let mut opened = vec![Err(OpenError::UnknownKeyVersion(KeyVersion::FIRST)); 2];
            sealer.open_into(&[token, token], &mut opened).unwrap();
            assert!(opened.iter().all(|opened| *opened == Err(OpenError::NotOpened)));
        }
    }
    check::<PhoneNumber>(&[
        "",
        "442079",           // too short
        "4420794600180000", // too long
        "0442079460018",    // a leading zero
        "44207946001A",     // no digit
        "E42079460018",
        "44207946F018", // a filler before a digit
        "F42079460018",
        "442079460018FFF0",
        "0000000000000000",
        "AAAAAAAAAAAAAAAA",
    ]);
    check::<Imsi>(&["", "00101", "0010101234567890", "00101012345678A", "00101F123456789", "FFFFFFFFFFFFFFF0"]);
    check::<Imei>(&["", "4901542032375", "490154203237518", "4901542032375180", "4901542032375B", "49015420F23751"]);
    check::<Imeisv>(&["", "49015420323751", "490154203237514", "490154203237514C", "4901542F32375142"]);
    // The same way, what is one opens.
    let token: Token<PhoneNumber> =
        oracle_token(1, Kind::PhoneNumber, &LABELS, &block("442079460018")).try_into().unwrap();
    assert_eq!(sealer(&[1]).open(&token), PhoneNumber::from_msisdn("442079460018").map_err(|_| OpenError::NotOpened));
}

/// Only who has the key can make these: the ciphertext is right for the tag, and the tag is off by a difference of
/// their choice. Differences of which one part could undo another are refused like any.
#[test]
fn no_difference_of_a_tag_undoes_another() {
    let sealer = sealer::<PhoneNumber>(&[1]);
    let key = oracle_key("telseal/v1/siv", 1, 'P', &LABELS);
    let opened = |digits: &str, difference: u128| {
        let mut token = oracle_token(1, Kind::PhoneNumber, &LABELS, &block(digits));
        let tag = u128::from_le_bytes(token[3..19].try_into().unwrap()) ^ difference;
        token[3..19].copy_from_slice(&tag.to_le_bytes());
        // RFC 5297 section 2.6: the counter is the tag without two of its bits.
        let mut stream = Block::from((tag & !(1 << 71 | 1 << 103)).to_le_bytes());
        Aes256::new_from_slice(&key[32..]).unwrap().encrypt_block(&mut stream);
        token[19..].iter_mut().zip(block(digits)).zip(stream).for_each(|((byte, plain), key)| *byte = plain ^ key);
        // One by one and in a batch.
        let token = token.try_into().unwrap();
        let (one, mut many) = (sealer.open(&token), [Err(OpenError::UnknownKeyVersion(KeyVersion::FIRST))]);
        sealer.open_into(&[token], &mut many).unwrap();
        assert_eq!(many[0], one);
        one
    };
    // The way that they are made is right.
    assert_eq!(opened("442079460018", 0), PhoneNumber::from_msisdn("442079460018").map_err(|_| OpenError::NotOpened));
    for bit in 0..64 {
        // The same in both halves.
        assert_eq!(opened("442079460018", 1 << bit | 1 << (64 + bit)), Err(OpenError::NotOpened), "bit {bit}");
        // The same as what the digit block is refused for: the last of its nibbles is no digit.
        assert_eq!(opened("44207946001A", 1 << bit), Err(OpenError::NotOpened), "bit {bit}");
    }
}

#[test]
fn lookup_gives_a_token_for_every_live_version_newest_first() {
    fn check<I: Sample>() {
        let identifier = I::sample(18);
        let mut keyring = keyring(&[3, 700, 1, 12]);
        for primary in [700, 3, 12, 1] {
            keyring.promote(version(primary)).unwrap();
            let sealer = keyring.sealer::<I>(&scope());
            assert_eq!(sealer.primary(), version(primary));
            assert_eq!(sealer.seal(&identifier).key_version(), version(primary));
            let mut lookup = sealer.lookup(&identifier);
            for (found, number) in [700, 12, 3, 1].into_iter().enumerate() {
                assert_eq!((lookup.len(), lookup.size_hint()), (4 - found, (4 - found, Some(4 - found))));
                let token = lookup.next().unwrap();
                let alone = common::keyring(&[number]).sealer::<I>(&scope());
                assert_eq!(token, alone.seal(&identifier));
                assert_eq!(sealer.open(&token).as_ref(), Ok(&identifier));
            }
            assert_eq!([lookup.next(), lookup.next()], [None, None]);
        }
    }
    for_every_kind!(check());
}

#[test]
fn reseal_gives_the_token_under_the_primary() {
    fn check<I: Sample>() {
        let identifier = I::sample(18);
        let mut keyring = keyring(&[1, 2, 3]);
        let tokens: Vec<_> = keyring.sealer::<I>(&scope()).lookup(&identifier).collect();
        for primary in [1, 2, 3] {
            keyring.promote(version(primary)).unwrap();
            let sealer = keyring.sealer::<I>(&scope());
            for token in &tokens {
                let resealed = sealer.reseal(token).unwrap();
                assert_eq!(resealed, sealer.seal(&identifier));
                assert_eq!(resealed == *token, token.key_version() == version(primary));
            }
            assert_eq!(sealer.reseal(&forged(1)), Err(OpenError::NotOpened));
            assert_eq!(sealer.reseal(&forged(9)), Err(OpenError::UnknownKeyVersion(version(9))));
        }
    }
    for_every_kind!(check());
}

/// A directory goes through a rotation: what was stored before is found at every step, and once the old version is
/// retired its tokens are refused by name.
#[cfg(feature = "getrandom")]
#[test]
fn a_rotation_misses_nothing() {
    let mut keyring = Keyring::generate().unwrap();
    let numbers: Vec<_> = (0..100).map(PhoneNumber::sample).collect();
    let sealer = |keyring: &Keyring| keyring.sealer::<PhoneNumber>(&scope());
    let old = sealer(&keyring);
    let mut directory: HashMap<_, _> = numbers.iter().enumerate().map(|(i, number)| (old.seal(number), i)).collect();
    let stored: Vec<_> = numbers.iter().map(|number| old.seal(number)).collect();

    let all_are_found = |keyring: &Keyring, directory: &HashMap<Token<PhoneNumber>, usize>| {
        let sealer = sealer(keyring);
        for (i, number) in numbers.iter().enumerate() {
            assert_eq!(sealer.lookup(number).find_map(|token| directory.get(&token)), Some(&i));
        }
    };
    let staged = keyring.stage().unwrap();
    all_are_found(&keyring, &directory);
    assert_eq!(sealer(&keyring).seal(&numbers[0]), stored[0], "a staged version is not sealed under");
    keyring.promote(staged).unwrap();
    all_are_found(&keyring, &directory);
    for token in &stored {
        let row = directory.remove(token).unwrap();
        directory.insert(sealer(&keyring).reseal(token).unwrap(), row);
        all_are_found(&keyring, &directory);
    }
    keyring.retire(KeyVersion::FIRST).unwrap();
    all_are_found(&keyring, &directory);

    let error = sealer(&keyring).open(&stored[0]).unwrap_err();
    assert_eq!(error, OpenError::UnknownKeyVersion(KeyVersion::FIRST));
    assert_eq!(error.to_string(), "token not opened: key version 1 is not live here");
    assert_eq!(old.open(&stored[0]).as_ref(), Ok(&numbers[0]), "a sealer holds the versions of when it was made");
}

/// Of every length, every item agrees with the single forms: three live versions, one that is not, and forgeries.
#[test]
fn many_at_once_at_every_length() {
    fn check<I: Sample>() {
        let mut keyring = keyring(&[1, 2, 3]);
        keyring.promote(version(2)).unwrap(); // the primary need not be the newest
        let sealer = keyring.sealer::<I>(&scope());
        assert!(sealer.versions().eq([3, 2, 1].map(version)) && sealer.primary() == version(2));
        let identifiers: Vec<_> = (0..300).map(I::sample).collect();
        let sealed: Vec<_> = identifiers.iter().map(|identifier| sealer.seal(identifier)).collect();
        let tags: Vec<_> = sealed.iter().map(Token::tag).collect();
        assert!(identifiers.iter().map(|identifier| sealer.tag(identifier)).eq(tags.iter().copied()));
        let mixed: Vec<Token<I>> = (0..300)
            .map(|i| match i * i % 7 {
                0 => forged(1 + i as u16 % 4),
                1 => sealed[i],
                2 => common::keyring(&[9]).sealer(&scope()).seal(&identifiers[i]),
                other => sealer.lookup(&identifiers[i]).nth(other % 3).unwrap(),
            })
            .collect();
        let single: Vec<_> = mixed.iter().map(|token| sealer.open(token)).collect();
        for length in lengths() {
            let mut tokens = vec![Token::BLANK; length];
            sealer.seal_into(&identifiers[..length], &mut tokens).unwrap();
            assert_eq!(tokens, sealed[..length]);
            let mut found = vec![Tag::from_bytes([0; 16]); length];
            sealer.tag_into(&identifiers[..length], &mut found).unwrap();
            assert_eq!(found, tags[..length]);
            // What is in the output before does not matter.
            let mut opened: Vec<_> = identifiers[..length].iter().rev().cloned().map(Ok).collect();
            sealer.open_into(&mixed[..length], &mut opened).unwrap();
            assert_eq!(opened, single[..length]);
        }
    }
    for_every_kind!(check());
}

/// Thousands of tokens: long runs of one version, live or not, and between them stretches of all.
#[test]
fn many_more_at_once() {
    let sealer = sealer::<Imei>(&[1, 2, 3]);
    let identifiers: Vec<_> = (0..5000).map(Imei::sample).collect();
    let tokens: Vec<_> = identifiers
        .iter()
        .enumerate()
        .map(|(i, identifier)| match i {
            700 => forged(2),
            3072..4096 => forged(9),
            2000..2300 => sealer.lookup(identifier).nth(i % 3).unwrap(),
            _ => sealer.seal(identifier),
        })
        .collect();
    let mut opened = vec![Err(OpenError::NotOpened); tokens.len()];
    sealer.open_into(&tokens, &mut opened).unwrap();
    for (i, opened) in opened.into_iter().enumerate() {
        match i {
            700 => assert_eq!(opened, Err(OpenError::NotOpened)),
            3072..4096 => assert_eq!(opened, Err(OpenError::UnknownKeyVersion(version(9)))),
            _ => assert_eq!(opened.as_ref(), Ok(&identifiers[i]), "{i}"),
        }
    }
}

/// At every length each place is bad once: alone where batches end, and with every 13th where not. In three ways.
#[test]
fn a_bad_item_at_every_place_spoils_no_other() {
    let sealer = sealer::<Imsi>(&[1, 2]);
    let identifiers: Vec<_> = (0..300).map(Imsi::sample).collect();
    let good: Vec<_> = identifiers.iter().map(|identifier| sealer.seal(identifier)).collect();
    let (mut opened, mut places) = (vec![Err(OpenError::NotOpened); 300], vec![None; 300]);
    for length in lengths().skip(1) {
        let step = if [1, 2, 63, 64, 65, 127, 128, 129, 257].contains(&length) { 300 } else { 13 };
        for first in 0..length.min(step) {
            let (mut tokens, mut expected) = (good[..length].to_vec(), vec![None; length]);
            for at in (first..length).step_by(step) {
                let (bad, error) = match (length + at) % 3 {
                    0 => (flipped(&good[at], 24 + at % 192).unwrap(), OpenError::NotOpened),
                    1 => (forged(1), OpenError::NotOpened),
                    _ => (forged(9), OpenError::UnknownKeyVersion(version(9))),
                };
                (tokens[at], expected[at]) = (bad, Some(error));
            }
            sealer.open_into(&tokens, &mut opened[..length]).unwrap();
            let bytes: Vec<_> = tokens.iter().map(|token| (*token).into()).collect();
            sealer
                .open_column(&bytes, &mut places[..length], |row, error| assert_eq!(expected[row], Some(error)))
                .unwrap();
            for (i, (opened, place)) in opened[..length].iter().zip(&places).enumerate() {
                let expected = expected[i].as_ref().map_or(Ok(&identifiers[i]), Err);
                assert!(opened.as_ref() == expected, "{i} of {length} where {first} is the first bad one");
                assert!(place.as_ref() == expected.ok(), "{i} of {length} where {first} is the first bad one");
            }
        }
    }
}

/// What the forms for rows and columns make of the same rows. Each starts from places that hold something else.
struct Columns<I, E> {
    tokens: Vec<Option<Token<I>>>,
    tags: Vec<Option<Tag<I>>>,
    token_bytes: Vec<[u8; 27]>,
    tag_bytes: Vec<[u8; 16]>,
    valid: [Vec<u64>; 2],
    /// What each of the five said, one behind the other.
    refused: Vec<(usize, E)>,
}

impl<I: Sample, E> Columns<I, E> {
    fn new<R: Row<I, Error = E>>(
        sealer: &Sealer<I>,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator> + Clone,
    ) -> Result<Self, LengthMismatch> {
        let length = rows.clone().into_iter().len();
        let mut columns = Columns {
            tokens: vec![Some(forged(9)); length],
            tags: vec![Some(Tag::from_bytes([9; 16])); length],
            token_bytes: vec![forged::<I>(9).into(); length],
            tag_bytes: vec![[9; 16]; length],
            valid: [vec![!0; length.div_ceil(64)], vec![!0; length.div_ceil(64)]],
            refused: Vec::new(),
        };
        let Columns { tokens, tags, token_bytes, tag_bytes, valid: [valid, tags_valid], refused } = &mut columns;
        let mut refuse = |row, error| refused.push((row, error));
        sealer.seal_rows_into(rows.clone(), tokens, &mut refuse)?;
        sealer.tag_rows_into(rows.clone(), tags, &mut refuse)?;
        sealer.seal_column(rows.clone(), token_bytes, valid, &mut refuse)?;
        sealer.tag_column(rows.clone(), tag_bytes, tags_valid, &mut refuse)?;
        // All live versions.
        let each = sealer.versions().len();
        let (mut lookups, mut lookups_valid) = (vec![[9; 27]; each * length], vec![!0; valid.len()]);
        sealer.lookup_column(rows.clone(), &mut lookups, &mut lookups_valid, &mut refuse)?;
        for (row, token) in tokens.iter().enumerate() {
            let expected = match token {
                Some(token) => sealer.lookup(&sealer.open(token).unwrap()).map(Into::into).collect(),
                None => vec![[0; 27]; each],
            };
            assert_eq!(lookups[each * row..][..each], expected);
        }
        assert!(lookups_valid == *valid);
        // The indexer's are the same.
        let indexer = sealer.indexer();
        let (mut index_tags, mut index_bytes) = (vec![None; length], vec![[9; 16]; length]);
        let mut index_valid = vec![!0; valid.len()];
        indexer.tag_rows_into(rows.clone(), &mut index_tags, |_, _| ())?;
        indexer.tag_column(rows.clone(), &mut index_bytes, &mut index_valid, |_, _| ())?;
        let mut index_lookups = vec![[9; 16]; each * length];
        let mut lookups_valid = vec![!0; valid.len()];
        indexer.lookup_column(rows, &mut index_lookups, &mut lookups_valid, |_, _| ())?;
        assert!(lookups_valid == *valid);
        for (row, lookups) in lookups.chunks(each).enumerate() {
            let tags = index_lookups[each * row..][..each].iter().zip(lookups);
            assert!(tags.into_iter().all(|(tag, token)| *tag == token[3..19]), "{row}");
        }
        assert!(index_tags == *tags && index_bytes == *tag_bytes && index_valid == *tags_valid);
        Ok(columns)
    }

    /// They are those of `expected`, and bits and zeros say so.
    fn are(&self, expected: &[Option<Token<I>>]) -> bool {
        let mut valid = vec![0; expected.len().div_ceil(64)];
        for (row, _) in expected.iter().enumerate().filter(|(_, token)| token.is_some()) {
            valid[row / 64] |= 1 << (row % 64);
        }
        let tags = expected.iter().map(|token| token.map(|token| token.tag()));
        self.tokens == expected
            && self.tags.iter().copied().eq(tags.clone())
            && self.token_bytes.iter().copied().eq(expected.iter().map(|token| token.map_or([0; 27], Into::into)))
            && self.tag_bytes.iter().copied().eq(tags.map(|tag| tag.map_or([0; 16], Into::into)))
            && self.valid.iter().all(|bits| *bits == valid)
    }
}

/// A column of rows at every length: some are not read, each is told of once and in order, and no other is spoilt.
#[test]
fn rows_that_are_not_read() {
    let mut keyring = keyring(&[1, 2]);
    keyring.promote(version(1)).unwrap();
    let sealer = keyring.sealer::<PhoneNumber>(&scope());
    let column: Vec<String> = (0..300_usize)
        .map(|i| match i * i % 5 {
            1 => format!("0{i}"),
            _ => PhoneNumber::sample(i as u32).expose_tel_uri().to_string(),
        })
        .collect();
    let read: Vec<_> = column.iter().map(|row| row.parse::<PhoneNumber>()).collect();
    let sealed: Vec<_> = read.iter().map(|row| row.as_ref().ok().map(|row| sealer.seal(row))).collect();
    for length in lengths() {
        let columns = Columns::new(&sealer, column[..length].iter().map(|row| row.parse())).unwrap();
        assert!(columns.are(&sealed[..length]), "{length}");
        let expected = read[..length].iter().enumerate().filter_map(|(i, row)| Some((i, row.clone().err()?)));
        let expected: Vec<_> = expected.collect();
        assert!(columns.refused == vec![expected; 5].concat(), "{length}");
    }
    // None of them, all of them, and all but one at each place.
    let good: Vec<_> = (0..300).map(|i| Ok(PhoneNumber::sample(i))).collect();
    let but_one = common::places(300).map(|at| {
        let mut rows = good.clone();
        rows[at] = Err("bad");
        rows
    });
    for rows in but_one.chain([vec![Err("bad"); 300], good.clone()]) {
        let columns = Columns::new(&sealer, rows.clone()).unwrap();
        assert_eq!(columns.refused.len(), 5 * rows.iter().filter(|row| row.is_err()).count());
        assert!(columns.are(&rows.iter().map(|row| row.as_ref().ok().map(|row| sealer.seal(row))).collect::<Vec<_>>()));
    }
}

/// Texts are read as one by one, and refused with the same errors in the same order: at every length, in every mix of forms,
/// with rows that are absent.
#[test]
fn rows_of_texts() {
    fn check<I: Sample>(texts: &[String]) {
        let sealer = sealer::<I>(&[1, 2]);
        let read: Vec<Result<I, _>> = texts.iter().map(|text| text.parse()).collect();
        assert!(read.iter().any(Result::is_ok) && read.iter().any(Result::is_err));
        let sealed: Vec<_> = read.iter().map(|row| row.as_ref().ok().map(|row| sealer.seal(row))).collect();
        let errors: Vec<_> = read.into_iter().map(Result::err).collect();
        for length in lengths() {
            let start = length * 7 % (texts.len() - 300);
            let (texts, sealed) = (&texts[start..][..length], &sealed[start..][..length]);
            let errors = errors[start..][..length].iter().enumerate();
            let columns = Columns::new(&sealer, texts.iter().map(|text| &text[..])).unwrap();
            assert!(columns.are(sealed), "{length}");
            let expected: Vec<_> = errors.clone().filter_map(|(i, error)| Some((i, error.clone()?))).collect();
            assert!(columns.refused == vec![expected; 5].concat(), "{length}");
            let there = |row: usize| !(row * row + length).is_multiple_of(3);
            let rows = texts.iter().enumerate().map(|(row, text)| there(row).then_some(&text[..]));
            let columns = Columns::new(&sealer, rows).unwrap();
            let sealed = sealed.iter().enumerate().map(|(row, token)| token.filter(|_| there(row)));
            assert!(columns.are(&sealed.collect::<Vec<_>>()), "{length}");
            let expected = errors.filter(|(row, error)| !there(*row) || error.is_some());
            let expected: Vec<_> = expected.map(|(row, error)| (row, error.clone().filter(|_| there(row)))).collect();
            assert!(columns.refused == vec![expected; 5].concat(), "{length}");
        }
        // Only plain ones, and one at each place that is another form or none at all.
        let plain = (0..130).map(|i| I::sample(i).expose_into(&mut [0; 16]).to_owned()).collect::<Vec<_>>();
        let sealed: Vec<_> = (0..130).map(|i| Some(sealer.seal(&I::sample(i)))).collect();
        let text = |plain: &String| plain.clone();
        assert!(Columns::new(&sealer, plain.iter().map(|text| &text[..])).unwrap().are(&sealed));
        let some = plain.iter().map(|text| Some(&text[..]));
        assert!(Columns::new(&sealer, some).unwrap().are(&sealed));
        let with = |places: &[usize], other: &str| {
            let (mut texts, mut sealed) = (plain.clone(), sealed.clone());
            let read = other.parse::<I>();
            for &at in places {
                (texts[at], sealed[at]) = (other.to_owned(), read.as_ref().ok().map(|row| sealer.seal(row)));
            }
            let columns = Columns::new(&sealer, texts.iter().map(|text| &text[..])).unwrap();
            let expected: Vec<_> = places.iter().filter_map(|&at| Some((at, read.clone().err()?))).collect();
            assert!(columns.are(&sealed) && columns.refused == vec![expected; 5].concat(), "{places:?} {other}");
        };
        // A trunk zero: its batch has no other fault.
        let trunk = |plain: &String| Some(format!("+440{}", &plain.strip_prefix('+')?[3..]));
        for at in common::places(130) {
            let others = [texts[at].clone(), text(&plain[at]) + "x", text(&plain[at]).replace('0', "O")];
            for other in others.into_iter().chain(trunk(&plain[at])) {
                with(&[at], &other);
            }
        }
        if let Some(other) = trunk(&plain[0]) {
            assert!(other.parse::<I>().is_err());
            with(&[3, 40, 64, 65, 127], &other);
        }
    }
    let mut texts: Vec<String> = Vec::new();
    let digits = "447700900123456789";
    for length in 0..=18 {
        texts.extend(["", "+", "0", "+0", "++", "00", " "].map(|before| format!("{before}{}", &digits[..length])));
        // Each character that is next to a digit, and others, at each place.
        texts.extend("/:+-.ax\u{ff10}\u{0}".chars().enumerate().map(|(i, char)| {
            let mut text = format!("+{}", &digits[..length]);
            text.insert(i * length / 9 + 1, char);
            text
        }));
    }
    // A zero in each of the first places: a trunk zero or none.
    for code in 0..1000 {
        texts.push(format!("+{code:03}0{:08}", 7_009_001));
    }
    for number in 0..40 {
        texts.push(PhoneNumber::sample(number).expose_tel_uri().to_string());
        texts.push(Imsi::sample(number).expose_supi().to_string());
        texts.push(Imeisv::sample(number).expose_digits().to_string());
        texts.push(Imei::sample(number).expose_hyphenated().to_string());
    }
    // Neighbours are unlike.
    let texts: Vec<_> = (0..texts.len()).map(|i| texts[i * 1009 % texts.len()].clone()).collect();
    for_every_kind!(check(&texts));
}

/// An iterator that promises more rows than it has: what is missing is not there, and never a row from before.
#[test]
fn rows_that_never_come() {
    #[derive(Clone)]
    struct Fewer(u32);
    impl Iterator for Fewer {
        type Item = Result<PhoneNumber, ()>;
        fn next(&mut self) -> Option<Self::Item> {
            self.0 += 1;
            (self.0 <= 130).then(|| Ok(PhoneNumber::sample(self.0)))
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (300, Some(300))
        }
    }
    impl ExactSizeIterator for Fewer {}
    let sealer = sealer::<PhoneNumber>(&[1]);
    let columns: Columns<_, ()> = Columns::new(&sealer, Fewer(0)).unwrap();
    let expected = (1..=300).map(|number| (number <= 130).then(|| sealer.seal(&PhoneNumber::sample(number))));
    let expected: Vec<_> = expected.collect();
    assert!(columns.are(&expected) && columns.refused.is_empty());

    #[derive(Clone)]
    struct FewerTexts<'a>(std::slice::Iter<'a, String>);
    impl<'a> Iterator for FewerTexts<'a> {
        type Item = &'a str;
        fn next(&mut self) -> Option<&'a str> {
            self.0.next().map(|text| &text[..])
        }
        fn size_hint(&self) -> (usize, Option<usize>) {
            (300, Some(300))
        }
    }
    impl ExactSizeIterator for FewerTexts<'_> {}
    let texts: Vec<_> = (1..=130).map(|number| PhoneNumber::sample(number).expose_e164().to_string()).collect();
    let columns = Columns::new(&sealer, FewerTexts(texts.iter())).unwrap();
    assert!(columns.are(&expected) && columns.refused.is_empty());
}

/// Bytes that nobody has checked: what is no token of the kind, of every first byte and of key version 0, and at every
/// length what the typed form gives.
#[test]
fn columns_of_bytes_that_are_opened() {
    fn check<I: Sample>() {
        let sealer = sealer::<I>(&[1, 2, 3]);
        let identifiers: Vec<_> = (0..300).map(I::sample).collect();
        let header = Token::<I>::header(version(1));
        let rows: Vec<[u8; 27]> = (0..300)
            .map(|i| {
                let mut bytes: [u8; 27] = sealer.seal(&identifiers[i]).into();
                match i * i % 7 {
                    0 => bytes[0] = i as u8,
                    1 => bytes[1..3].fill(0),
                    2 => bytes = [i as u8; 27],
                    3 => bytes[3 + i % 24] ^= 1 << (i % 8),
                    4 => bytes[1] = 9,
                    _ => bytes = sealer.lookup(&identifiers[i]).nth(i % 3).unwrap().into(),
                }
                bytes
            })
            .collect();
        assert!(rows.iter().any(|row| row[0] != header[0]) && rows.iter().any(|row| row[1..3] == [0; 2]));
        let single: Vec<_> = rows
            .iter()
            .map(|row| Token::try_from(*row).map_or(Err(OpenError::NotOpened), |token| sealer.open(&token)))
            .collect();
        for length in lengths() {
            // What is in the output before does not matter.
            let mut opened: Vec<_> = identifiers[..length].iter().rev().cloned().map(Some).collect();
            let mut refused = Vec::new();
            sealer.open_column(&rows[..length], &mut opened, |row, error| refused.push((row, error))).unwrap();
            assert!(opened.iter().map(Option::as_ref).eq(single[..length].iter().map(|single| single.as_ref().ok())));
            refused.sort_by_key(|(row, _)| *row);
            let expected =
                single[..length].iter().enumerate().filter_map(|(row, single)| Some((row, single.clone().err()?)));
            assert!(refused.into_iter().eq(expected));
        }
    }
    for_every_kind!(check());
}

/// One batch in which every token has a version of its own.
#[test]
fn as_many_versions_as_tokens() {
    let versions: Vec<_> = (1..=130).collect();
    let sealer = sealer::<PhoneNumber>(&versions);
    let number = PhoneNumber::sample(18);
    let tokens: Vec<_> = sealer.lookup(&number).collect();
    assert_eq!(tokens.len(), 130);
    let mut opened = vec![Err(OpenError::NotOpened); 130];
    sealer.open_into(&tokens, &mut opened).unwrap();
    assert!(opened.iter().all(|opened| opened.as_ref() == Ok(&number)));
    let unknown: Vec<_> = (1..=130).map(|i| forged(1000 + i)).collect();
    sealer.open_into(&unknown, &mut opened).unwrap();
    for (opened, token) in opened.iter().zip(&unknown) {
        assert_eq!(opened, &Err(OpenError::UnknownKeyVersion(token.key_version())));
    }
}

#[test]
fn a_length_mismatch_writes_nothing() {
    let sealer = sealer::<Imei>(&[1]);
    let (lengths, tag) = ([0, 1, 2, 127, 128, 129, 256, 257], Tag::from_bytes([9; 16]));
    for (input, output) in lengths.into_iter().flat_map(|input| lengths.map(|output| (input, output))) {
        let identifiers: Vec<_> = (0..input as u32).map(Imei::sample).collect();
        let tokens: Vec<_> = identifiers.iter().map(|identifier| sealer.seal(identifier)).collect();
        let mut sealed = vec![forged(9); output];
        let mut tags = vec![Tag::from_bytes([9; 16]); output];
        let mut opened = vec![Ok(Imei::sample(999)); output];
        let (mut sealed_rows, mut tag_rows) = (vec![Some(forged(9)); output], vec![Some(tag); output]);
        let (mut bytes, mut tag_bytes) = (vec![[9; 27]; output], vec![[9; 16]; output]);
        let (mut valid, mut places) = (vec![9; output.div_ceil(64)], vec![Some(Imei::sample(999)); output]);
        let rows = || identifiers.iter().cloned().map(Ok::<_, ()>);
        let token_bytes: Vec<_> = tokens.iter().map(|token| (*token).into()).collect();
        let none = |_, ()| unreachable!("every row is read");
        let results: [Result<(), LengthMismatch>; 9] = [
            sealer.seal_into(&identifiers, &mut sealed),
            sealer.tag_into(&identifiers, &mut tags),
            sealer.open_into(&tokens, &mut opened),
            sealer.seal_rows_into(rows(), &mut sealed_rows, none),
            sealer.tag_rows_into(rows(), &mut tag_rows, none),
            sealer.seal_column(rows(), &mut bytes, &mut valid, none),
            sealer.tag_column(rows(), &mut tag_bytes, &mut valid, none),
            sealer.lookup_column(rows(), &mut bytes, &mut valid, none),
            sealer.open_column(&token_bytes, &mut places, |_, _| unreachable!("every row opens")),
        ];
        if input == output {
            assert_eq!(results, [Ok(()); 9]);
            // Bits for more batches than there are, and for fewer.
            for words in [valid.len() + 1, valid.len().wrapping_sub(1)].into_iter().filter(|words| *words < 9) {
                let (mut bytes, mut tag_bytes) = (vec![[9; 27]; output], vec![[9; 16]; output]);
                let mut valid = vec![9; words];
                assert!(sealer.seal_column(rows(), &mut bytes, &mut valid, none).is_err());
                assert!(sealer.tag_column(rows(), &mut tag_bytes, &mut valid, none).is_err());
                assert!(sealer.lookup_column(rows(), &mut bytes, &mut valid, none).is_err());
                assert!(bytes.iter().all(|row| *row == [9; 27]) && tag_bytes.iter().all(|row| *row == [9; 16]));
                assert!(valid.iter().all(|bits| *bits == 9));
            }
            continue;
        }
        for result in results {
            let message = format!("{input} items do not fit one to one into {output} places");
            assert_eq!(result.unwrap_err().to_string(), message);
        }
        assert!(sealed.iter().chain(sealed_rows.iter().flatten()).all(|token| *token == forged(9)));
        assert!(sealed_rows.len() == output && tag_rows.iter().all(|row| *row == Some(tag)));
        assert!(bytes.iter().all(|row| *row == [9; 27]) && tag_bytes.iter().all(|row| *row == [9; 16]));
        assert!(valid.iter().all(|bits| *bits == 9) && places.iter().all(|place| *place == Some(Imei::sample(999))));
        assert!(tags.iter().all(|tag| *tag == Tag::from_bytes([9; 16])));
        assert!(opened.iter().all(|opened| *opened == Ok(Imei::sample(999))));
    }
}

#[test]
fn one_sealer_for_many_threads() {
    let sealer = sealer::<PhoneNumber>(&[1, 2]);
    let tokens: Vec<_> = (0..40).map(|number| sealer.seal(&PhoneNumber::sample(number))).collect();
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                for (number, token) in (0..).zip(&tokens) {
                    assert_eq!(sealer.seal(&PhoneNumber::sample(number)), *token);
                    assert_eq!(sealer.open(token), Ok(PhoneNumber::sample(number)));
                }
            });
        }
    });
}

/// Seals twice, opens, and holds the token against the oracle.
fn round_trip<I: Sample>(identifier: I, key_version: u16, labels: &[String]) -> Result<(), TestCaseError> {
    let labels: Vec<_> = labels.iter().map(String::as_str).collect();
    let sealer = || keyring(&[key_version]).sealer::<I>(&Scope::new(&labels).unwrap());
    let token = sealer().seal(&identifier);
    prop_assert_eq!(sealer().seal(&identifier), token);
    prop_assert_eq!(sealer().open(&token), Ok(identifier.clone()));
    prop_assert_eq!(sealer().lookup(&identifier).collect::<Vec<_>>(), [token]);
    prop_assert_eq!(sealer().reseal(&token), Ok(token));
    let oracle = oracle_token(key_version, I::KIND, &labels, &block(&identifier.digits()));
    prop_assert_eq!(token.as_bytes(), &oracle);
    Ok(())
}

fn parsed<I: Identifier>(text: String) -> I {
    text.parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_kind_under_every_version_and_scope(
        phone in r"\+44(2079460|7700900)[0-9]{3}|\+1[2-9][0-9]{2}55501[0-9]{2}|\+61491570[0-9]{3}".prop_map(parsed),
        imsi in "(001|999)[0-9]{3,12}".prop_map(parsed),
        imei in "00[0-9]{12}".prop_map(parsed),
        imeisv in "00[0-9]{14}".prop_map(parsed),
        key_version in 1..=u16::MAX,
        labels in prop::collection::vec(".{1,60}", 1..4),
    ) {
        round_trip::<PhoneNumber>(phone, key_version, &labels)?;
        round_trip::<Imsi>(imsi, key_version, &labels)?;
        round_trip::<Imei>(imei, key_version, &labels)?;
        round_trip::<Imeisv>(imeisv, key_version, &labels)?;
    }

    /// Tokens are equal where identifiers are, and only there.
    #[test]
    fn equal_identifiers_and_no_others_share_a_token(a in 0..50_u32, b in 0..50_u32) {
        fn check<I: Sample>(a: u32, b: u32) -> (bool, bool) {
            let sealer = sealer::<I>(&[1]);
            let [a, b] = [a, b].map(|number| sealer.seal(&I::sample(number)));
            (a == b, a.tag() == b.tag())
        }
        for equal in [check::<PhoneNumber>(a, b), check::<Imsi>(a, b), check::<Imei>(a, b), check::<Imeisv>(a, b)] {
            prop_assert_eq!(equal, (a == b, a == b));
        }
    }

    /// Many at once are as one by one, whatever is among them: rows that are not read, forgeries, versions that are
    /// live or not, of every kind and length.
    #[test]
    fn many_are_as_one_by_one(rows in prop::collection::vec((0..1000_u32, 0..12_u8), 0..=300)) {
        fn check<I: Sample>(rows: &[(u32, u8)]) -> Result<(), TestCaseError> {
            let sealer = sealer::<I>(&[1, 2, 3]);
            let read: Vec<_> = rows.iter().map(|(number, what)| if *what == 0 { Err(what) } else { Ok(I::sample(*number)) }).collect();
            let sealed: Vec<_> =
                read.iter().map(|row| row.as_ref().ok().map(|identifier| sealer.seal(identifier))).collect();
            let columns = Columns::new(&sealer, read.iter().cloned()).unwrap();
            prop_assert!(columns.are(&sealed));
            let refused: Vec<_> = (0..rows.len()).filter(|row| read[*row].is_err()).collect();
            prop_assert!(columns.refused.iter().map(|(row, _)| *row).eq(refused.repeat(5)));
            let mut tokens = vec![forged(9); rows.len()];

            let identifiers: Vec<_> = rows.iter().map(|(number, _)| I::sample(*number)).collect();
            sealer.seal_into(&identifiers, &mut tokens).unwrap();
            prop_assert!(identifiers.iter().map(|identifier| sealer.seal(identifier)).eq(tokens.iter().copied()));
            let mut tags = vec![Tag::from_bytes([0; 16]); rows.len()];
            sealer.tag_into(&identifiers, &mut tags).unwrap();
            prop_assert!(tokens.iter().map(Token::tag).eq(tags));

            for (i, (_, what)) in rows.iter().enumerate() {
                tokens[i] = match what {
                    0 => flipped(&tokens[i], 24 + i % 192).unwrap(),
                    1..=4 => forged((*what).into()),
                    5..=7 => sealer.lookup(&identifiers[i]).nth((what - 5).into()).unwrap(),
                    _ => continue,
                };
            }
            let mut opened = vec![Err(OpenError::NotOpened); rows.len()];
            sealer.open_into(&tokens, &mut opened).unwrap();
            prop_assert!(tokens.iter().map(|token| sealer.open(token)).eq(opened));
            Ok(())
        }
        check::<PhoneNumber>(&rows)?;
        check::<Imsi>(&rows)?;
        check::<Imei>(&rows)?;
        check::<Imeisv>(&rows)?;
    }

    /// Whatever 27 bytes say, they are no token, or opened by nobody.
    #[test]
    fn no_forgery_opens(bytes: [u8; 27], key_version in 0..4_u8) {
        let mut bytes = bytes;
        bytes[..3].copy_from_slice(&[0x3D, 0, key_version]);
        match Token::<PhoneNumber>::try_from(bytes) {
            Ok(token) => prop_assert!(sealer(&[1, 2]).open(&token).is_err()),
            Err(_) => prop_assert_eq!(key_version, 0),
        }
    }
}
