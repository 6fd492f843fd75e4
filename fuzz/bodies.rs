//! What the fuzz targets check, without a fuzzer: each `pub(crate)` function takes any bytes and panics where its
//! law is broken. `fuzz_targets/` feeds it from libFuzzer, `tests/replay.rs` from the seeds.

#![allow(dead_code)] // a fuzz target uses one of them
#![allow(clippy::unwrap_used)] // a panic is a finding

mod oracle;
#[path = "typed.rs"]
mod typed;

use oracle::{
    KEK, Model, base64url, contents_of, digest, fingerprint, header, hexadecimal, index_of, k1_of, luhn_holds,
    prefix_key, tag_bytes, tbcd_digits, token_bytes, version, wrap, wrap_index,
};
use std::{str::FromStr, sync::LazyLock};
use telseal::{
    Identifier, Imei, Imeisv, Imsi, Indexed, Indexer, KeyVersion, Keyring, KeyringError, MncLength, OpenError,
    ParseError, PhoneNumber, Prefix, PrefixLengths, Prefixed, Scope, Sealer, ShortTag, Tag, Token,
};

// ---- Texts and octets of identifiers: read, printed and read again, they are the same, and no error tells digits.

/// Any text, as a phone number and as an MSISDN.
pub(crate) fn phone(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    read_as(text, typed::phone(text), |number: &PhoneNumber| {
        let digits = number.expose_msisdn().to_string();
        let mut printed = vec![number.expose_gpsi()];
        // A trunk prefix that a program put there is told to whoever reads it typed.
        if !typed::trunk_zero(&digits) {
            printed.extend([number.expose_e164(), number.expose_tel_uri()]);
        }
        (digits, printed)
    });

    let number = PhoneNumber::from_msisdn(text);
    assert_eq!(number.is_ok(), are_digits(text, 7, 15) && !text.starts_with('0'));
    assert!(number.is_err() || number == format!("msisdn-{text}").parse());
    tells_no_digits(PhoneNumber::from_msisdn, text);
}

/// Any text, as an IMSI.
pub(crate) fn imsi(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    read_as(text, typed::imsi(text), |imsi: &Imsi| {
        let digits = imsi.expose_digits().to_string();
        for length in [MncLength::Two, MncLength::Three] {
            let parts = [imsi.expose_mcc(), imsi.expose_mnc(length), imsi.expose_msin(length)];
            assert_eq!((parts[0].len(), parts[1].len()), (3, length as usize));
            assert_eq!(parts.map(|part| part.to_string()).concat(), digits);
        }
        assert_eq!(Imsi::from_full(text).is_ok(), digits.len() == 15);
        (digits, vec![imsi.expose_digits(), imsi.expose_supi()])
    });
}

/// Any text, as an IMEI.
pub(crate) fn imei(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    read_as(text, typed::imei(text), |imei: &Imei| {
        let printed = imei.expose_digits();
        assert!(are_digits(&printed, 15, 15) && luhn_holds(&printed));
        let parts = [imei.expose_tac(), imei.expose_snr(), imei.expose_check_digit()];
        assert_eq!(parts.map(|part| part.to_string()).concat(), *printed);
        let full = Imei::from_full(text);
        assert!(full.is_err() || full.as_ref() == Ok(imei));
        (
            printed[..14].into(),
            vec![imei.expose_digits(), imei.expose_hyphenated(), imei.expose_pei(), imei.expose_urn()],
        )
    });
}

/// Any text, as an IMEISV.
pub(crate) fn imeisv(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    read_as(text, typed::imeisv(text), |imeisv: &Imeisv| {
        let digits = imeisv.expose_digits();
        assert_eq!(digits[..14].parse(), Ok(imeisv.imei()));
        assert_eq!(digits[14..], *imeisv.expose_svn());
        (digits.to_string(), vec![imeisv.expose_digits(), imeisv.expose_pei()])
    });
}

/// Read as these digits or refused, as the naive reader says; what is printed is read again.
fn read_as<I: Identifier>(
    text: &str,
    expected: Option<String>,
    print: impl Fn(&I) -> (String, Vec<telseal::Exposed<str>>),
) {
    match text.parse::<I>() {
        Ok(identifier) => {
            let (digits, printed) = print(&identifier);
            assert_eq!(Some(digits), expected);
            assert!(printed.iter().all(|printed| printed.parse().as_ref() == Ok(&identifier)));
        }
        Err(error) => {
            assert_eq!(expected, None, "{error}");
            shows_nothing(&error, text.as_bytes());
        }
    }
    tells_no_digits(I::from_str, text);
}

/// Any octets, as TBCD of each kind and as an ISDN-AddressString: read as the text of their digits is.
pub(crate) fn tbcd(data: &[u8]) {
    let digits = tbcd_digits(data).unwrap_or_default();
    let with_fifteenth = if digits.len() == 15 { "imei-" } else { "" };
    alike(PhoneNumber::from_tbcd, 0, data, &format!("msisdn-{digits}"), |number| number.expose_tbcd().to_vec());
    alike(Imsi::from_tbcd, 0, data, &digits, |imsi| imsi.expose_tbcd().to_vec());
    alike(Imei::from_tbcd, 0, data, &format!("{with_fifteenth}{digits}"), |imei| {
        // Printed with the spare digit, whatever was read.
        let printed = imei.expose_tbcd();
        assert!(printed[..7] == data[..7] && printed[7] == 0xF0 && Imei::from_tbcd(&printed).as_ref() == Ok(imei));
        data.to_vec()
    });
    alike(Imeisv::from_tbcd, 0, data, &digits, |imeisv| imeisv.expose_tbcd().to_vec());

    let digits = data.strip_prefix(&[0x91]).and_then(tbcd_digits).unwrap_or_default();
    alike(PhoneNumber::from_address_string, 1, data, &format!("msisdn-{digits}"), |number| {
        number.expose_address_string().to_vec()
    });
}

/// Octets are read where the text is, are the same identifier and are printed again. The digits stand behind the
/// first octets, as many as `at`.
fn alike<I: Identifier>(
    read: impl Fn(&[u8]) -> Result<I, ParseError>,
    at: usize,
    octets: &[u8],
    text: &str,
    print: impl Fn(&I) -> Vec<u8>,
) {
    match (read(octets), text.parse::<I>()) {
        (Ok(identifier), expected) => {
            assert_eq!(Ok(&identifier), expected.as_ref());
            assert_eq!(print(&identifier), octets);
        }
        (Err(error), expected) => {
            assert!(expected.is_err(), "{error}");
            shows_nothing(&error, octets);
        }
    }
    let moved = |nibble: u8| if (1..=9).contains(&nibble) { nibble % 9 + 1 } else { nibble };
    let mut other = octets.to_vec();
    other.iter_mut().skip(at).for_each(|octet| *octet = moved(*octet & 0xF) | moved(*octet >> 4) << 4);
    same_but_for_the_check_digit(read(octets), read(&other));
}

fn are_digits(text: &str, min: usize, max: usize) -> bool {
    (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The numbers in an error are counts and places, which the input's length bounds, and those of the documentation.
fn shows_nothing(error: &ParseError, input: &[u8]) {
    let known = |number| number <= input.len().max(64) || [164, 255, 1024, 3966, 65535].contains(&number);
    for text in [error.to_string(), format!("{error:?}")].map(without_code_point) {
        let mut numbers = text.split(|char: char| !char.is_ascii_digit()).filter(|number| !number.is_empty());
        assert!(text.is_ascii() && numbers.all(|number| number.parse().is_ok_and(known)), "{text}");
    }
    assert!(error.position() <= Some(input.len()), "{error}");
}

/// The text without the code point of a character that is no letter and no digit.
fn without_code_point(text: String) -> String {
    let Some((before, named)) = text.split_once("U+") else { return text };
    let end = named.find(|char: char| !char.is_ascii_hexdigit()).unwrap_or(named.len());
    let char = u32::from_str_radix(&named[..end], 16).ok().and_then(char::from_u32).unwrap();
    assert!(!char.is_alphanumeric() && !char.is_ascii(), "{text}");
    [before, &named[end..]].concat()
}

/// With each digit from 1 to 9 replaced by another, the verdict is the same to the letter.
fn tells_no_digits<T>(read: impl Fn(&str) -> Result<T, ParseError>, text: &str) {
    let moved = |char| if matches!(char, '1'..='9') { char::from((char as u8 - b'0') % 9 + b'1') } else { char };
    same_but_for_the_check_digit(read(text), read(&text.chars().map(moved).collect::<String>()));
}

fn same_but_for_the_check_digit<T>(one: Result<T, ParseError>, other: Result<T, ParseError>) {
    use telseal::ParseErrorKind::{CheckDigit, CheckOrSpareDigit, InternationalPrefix, TrunkPrefix, TypeOfAddress};
    let by_value = [CheckDigit, CheckOrSpareDigit, InternationalPrefix, TrunkPrefix, TypeOfAddress];
    let errors = [one.err(), other.err()];
    let any = errors.iter().flatten().any(|error| by_value.contains(&error.kind()));
    assert!(any || errors[0] == errors[1], "{errors:?}");
}

// ---- Tokens, tags and scopes.

/// Any bytes, as a token of each kind: as bytes, as text and as hexadecimal digits.
pub(crate) fn token(data: &[u8]) {
    token_of::<PhoneNumber>(data);
    token_of::<Imsi>(data);
    token_of::<Imei>(data);
    token_of::<Imeisv>(data);
}

fn token_of<I: Identifier>(data: &[u8]) {
    token_of_bytes::<I>(data);
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<Token<I>>() {
        Ok(token) => {
            assert_eq!(token.to_string(), text);
            token_of_bytes::<I>(token.as_bytes());
        }
        Err(error) => shows_nothing(&error, data),
    }
    match Token::<I>::from_hex(text) {
        Ok(token) => {
            assert_eq!(format!("{token:x}"), text.to_ascii_lowercase());
            token_of_bytes::<I>(token.as_bytes());
        }
        Err(error) => shows_nothing(&error, data),
    }
}

fn token_of_bytes<I: Identifier>(data: &[u8]) {
    let well_formed = data.len() == 27 && data[0] == header(I::KIND.letter()) && data[1..3] != [0, 0];
    match Token::<I>::try_from(data) {
        Ok(token) => {
            assert!(well_formed && token.as_bytes() == data);
            assert_eq!(token.key_version().get().to_be_bytes(), data[1..3]);
            let (text, hex) = (token.to_string(), format!("{token:x}"));
            assert_eq!((&text, &hex), (&base64url(data), &hexadecimal(data)));
            assert!(text.starts_with(I::KIND.letter()) && text.parse() == Ok(token));
            assert!(Token::from_hex(&hex) == Ok(token) && Token::from_hex(&hex.to_uppercase()) == Ok(token));
        }
        Err(error) => {
            assert!(!well_formed);
            shows_nothing(&error, data);
        }
    }
}

/// Any bytes, as a tag: as bytes, as text and as hexadecimal digits.
pub(crate) fn tag(data: &[u8]) {
    match Tag::<Imsi>::try_from(data) {
        Ok(tag) => {
            let (text, hex) = (tag.to_string(), format!("{tag:x}"));
            assert!(tag.as_bytes() == data && text.parse() == Ok(tag));
            assert_eq!((&text, &hex), (&base64url(data), &hexadecimal(data)));
            assert!(Tag::from_hex(&hex) == Ok(tag) && Tag::from_hex(&hex.to_uppercase()) == Ok(tag));
        }
        Err(error) => {
            assert_ne!(data.len(), 16);
            shows_nothing(&error, data);
        }
    }
    let Ok(text) = str::from_utf8(data) else { return };
    match text.parse::<Tag<Imsi>>() {
        Ok(tag) => assert_eq!(tag.to_string(), text),
        Err(error) => shows_nothing(&error, data),
    }
    match Tag::<Imsi>::from_hex(text) {
        Ok(tag) => assert_eq!(format!("{tag:x}"), text.to_ascii_lowercase()),
        Err(error) => shows_nothing(&error, data),
    }
}

/// Any bytes, as short tags of several lengths: as bytes, as text and as a number, and cut from a tag.
pub(crate) fn short(data: &[u8]) {
    fn check<const BITS: u32>(data: &[u8]) {
        let bits = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:08b}")).collect::<String>();
        let (used, all) = (BITS as usize, bits(data));
        match ShortTag::<Imsi, BITS>::try_from(data) {
            Ok(short) => {
                assert!(short.as_bytes() == data && !all[used..].contains('1') && data.len() == used.div_ceil(8));
                let (text, number) = (short.to_string(), u64::from(short));
                assert!(text.parse() == Ok(short) && ShortTag::try_from(number) == Ok(short));
                assert_eq!(text, hexadecimal(data)[..used.div_ceil(4)]);
                assert_eq!(number, u64::from_str_radix(&all[..used], 2).unwrap());
            }
            Err(error) => {
                assert!(data.len() != used.div_ceil(8) || all[used..].contains('1'));
                shows_nothing(&error, data);
            }
        }
        if let Ok(text) = str::from_utf8(data) {
            match text.parse::<ShortTag<Imsi, BITS>>() {
                Ok(short) => assert_eq!(short.to_string(), text.to_ascii_lowercase()),
                Err(error) => shows_nothing(&error, data),
            }
        }
        let Ok(tag) = Tag::<Imsi>::try_from(data) else { return };
        let (short, range) = (tag.short::<BITS>(), tag.short::<BITS>().range());
        assert!(all.starts_with(&bits(short.as_bytes())[..used]) && range.contains(&tag));
        assert_eq!([range.start().short::<BITS>(), range.end().short::<BITS>()], [short; 2]);
    }
    check::<8>(data);
    check::<15>(data);
    check::<20>(data);
    check::<33>(data);
    check::<64>(data);
}

/// Any text, cut into labels at lines and at bars: the labels come back, and two lists of labels are two scopes.
pub(crate) fn scope(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let lists: [Vec<_>; 2] = [text.split('\n').collect(), text.split('|').collect()];
    let scopes = lists.each_ref().map(|labels| {
        let fit = labels.iter().all(|label| (1..=255).contains(&label.len()));
        let scope = Scope::new(labels);
        match &scope {
            Ok(scope) => assert!(
                fit && scope.labels().eq(labels.iter().copied()) && Scope::new(scope.labels()).as_ref() == Ok(scope)
            ),
            Err(error) => {
                assert!(!fit);
                shows_nothing(error, data);
            }
        }
        scope.ok()
    });
    if let [Some(lines), Some(fields)] = scopes {
        assert_eq!(lines == fields, lists[0] == lists[1]);
    }
}

// ---- The format by other means.

/// A letter, 32 bytes of secret, 2 of key version, 8 of block and then labels, one a line: the token that HKDF and
/// AES-SIV of other crates make opens where the block is an identifier's, and is the one that is sealed.
pub(crate) fn siv(data: &[u8]) {
    match data.split_first() {
        Some((b'P', rest)) => siv_of::<PhoneNumber>(rest, "msisdn-"),
        Some((b'S', rest)) => siv_of::<Imsi>(rest, ""),
        Some((b'E', rest)) => siv_of::<Imei>(rest, ""),
        Some((b'V', rest)) => siv_of::<Imeisv>(rest, ""),
        _ => {}
    }
}

fn siv_of<I: Identifier>(data: &[u8], prefix: &str) {
    let Some((secret, rest)) = data.split_first_chunk::<32>() else { return };
    let Some((number, rest)) = rest.split_first_chunk::<2>() else { return };
    let Some((block, labels)) = rest.split_first_chunk::<8>() else { return };
    let Ok(version) = KeyVersion::try_from(u16::from_be_bytes(*number)) else { return };
    let Ok(labels) = str::from_utf8(labels) else { return };
    let labels: Vec<_> = labels.split('\n').collect();
    let Ok(scope) = Scope::new(&labels) else { return };
    let sealer: Sealer<I> = Keyring::from_secrets([(version, secret)]).unwrap().sealer(&scope);

    let expected = Token::<I>::try_from(token_bytes(secret, version, I::KIND.letter(), &labels, block)).unwrap();
    // The identifier of the block: digits, and then fillers to its end.
    let used = block.iter().rposition(|&octet| octet != 0xFF).map_or(0, |last| last + 1);
    let digits = tbcd_digits(&block[..used]).filter(|digits| digits.len() != 15 || I::KIND.letter() != 'E');
    match digits.and_then(|digits| format!("{prefix}{digits}").parse::<I>().ok()) {
        None => assert_eq!(sealer.open(&expected), Err(OpenError::NotOpened)),
        Some(identifier) => {
            assert_eq!(sealer.seal(&identifier), expected);
            assert_eq!(sealer.tag(&identifier), expected.tag());
            assert!(sealer.lookup(&identifier).eq([expected]));
            assert_eq!(sealer.open(&expected).as_ref(), Ok(&identifier));
        }
    }
}

// ---- Many at once and one by one.

/// The most rows at a time: some batches.
const ROWS: usize = 300;
/// The rows, identifiers that differ.
static IMSIS: LazyLock<Vec<Imsi>> = LazyLock::new(|| (0..ROWS).map(imsi_of).collect());
/// A keyring of versions 1 to 3 with each of them as the primary, and one with another secret as version 2.
static SEALERS: LazyLock<[Sealer<Imsi>; 4]> = LazyLock::new(|| {
    let scope = Scope::new(["many"]).unwrap();
    let secrets = [[1; 32], [2; 32], [3; 32]];
    let mut keyring = Keyring::from_secrets((1..=3).map(version).zip(&secrets)).unwrap();
    let mut primary = |number| {
        keyring.promote(version(number)).unwrap();
        keyring.sealer(&scope)
    };
    let foreign = Keyring::from_secrets([(version(2), &[4; 32])]).unwrap();
    [primary(1), primary(2), primary(3), foreign.sealer(&scope)]
});
/// What each sealer makes of the rows, one by one.
static TOKENS: LazyLock<[Vec<Token<Imsi>>; 4]> =
    LazyLock::new(|| SEALERS.each_ref().map(|sealer| IMSIS.iter().map(|imsi| sealer.seal(imsi)).collect()));

/// Two bytes of length, and then bytes that say, over and over again, what becomes of each row.
pub(crate) fn many(data: &[u8]) {
    let [high, low, controls @ ..] = data else { return };
    if controls.is_empty() {
        return;
    }
    let length = usize::from(u16::from_be_bytes([*high, *low])) % (ROWS + 1);
    let controls: Vec<_> = controls.iter().copied().cycle().take(length).collect();
    seals_many_as_one(&controls);
    opens_many_as_one(&controls);
}

/// A row is not read where the top bit of its control is set.
fn seals_many_as_one(controls: &[u8]) {
    let (sealer, rows) = (&SEALERS[0], controls.len());
    let (imsis, expected) = (&IMSIS[..rows], &TOKENS[0][..rows]);
    let old = TOKENS[3][0];

    let mut tokens = vec![old; rows + 1];
    assert!(sealer.seal_into(imsis, &mut tokens).is_err() && tokens.iter().all(|token| *token == old));
    tokens.pop();
    sealer.seal_into(imsis, &mut tokens).unwrap();
    assert_eq!(tokens, expected);

    let mut tags = vec![old.tag(); rows];
    sealer.tag_into(imsis, &mut tags).unwrap();
    assert!(tags.into_iter().eq(expected.iter().map(Token::tag)));

    let (mut tokens, mut refused) = (vec![Some(old); rows], Vec::new());
    let read = || {
        imsis.iter().zip(controls).map(|(imsi, &control)| if control < 0x80 { Ok(imsi.clone()) } else { Err(control) })
    };
    sealer.seal_rows_into(read(), &mut tokens, |row, error| refused.push((row, error))).unwrap();
    let sealed: Vec<_> =
        expected.iter().zip(controls).map(|(&token, &control)| (control < 0x80).then_some(token)).collect();
    assert_eq!(tokens, sealed);
    assert!(refused.into_iter().eq(controls.iter().copied().enumerate().filter(|&(_, control)| control >= 0x80)));

    let mut tags = vec![Some(old.tag()); rows];
    sealer.tag_rows_into(read(), &mut tags, |_, _| ()).unwrap();
    assert!(tags.into_iter().eq(sealed.iter().map(|token| token.map(|token| token.tag()))));
    let (mut bytes, mut valid) = (vec![old.into(); rows], vec![!0; rows.div_ceil(64)]);
    sealer.seal_column(read(), &mut bytes, &mut valid, |_, _| ()).unwrap();
    assert!(bytes.into_iter().eq(sealed.iter().map(|token| token.map_or([0; 27], <[u8; 27]>::from))));
    assert!(sealed.iter().enumerate().all(|(i, token)| token.is_some() == (valid[i / 64] >> (i % 64) & 1 == 1)));
}

/// The lowest two bits of a control say who sealed the row, the upper four what was altered in the token.
fn opens_many_as_one(controls: &[u8]) {
    let intact: Vec<_> = controls.iter().enumerate().map(|(i, control)| TOKENS[usize::from(control & 3)][i]).collect();
    let tokens: Vec<_> = intact.iter().zip(controls).map(|(token, &control)| altered(token, control)).collect();
    let mut opened = vec![Ok(imsi_of(ROWS)); controls.len() + 1];
    assert!(SEALERS[0].open_into(&tokens, &mut opened).is_err() && opened[0].is_ok());
    opened.pop();
    SEALERS[0].open_into(&tokens, &mut opened).unwrap();
    let bytes: Vec<_> = tokens.iter().map(|token| (*token).into()).collect();
    let mut places = vec![None; opened.len()];
    SEALERS[0].open_column(&bytes, &mut places, |row, error| assert_eq!(opened[row], Err(error))).unwrap();
    assert!(places.iter().map(Option::as_ref).eq(opened.iter().map(|opened| opened.as_ref().ok())));
    for (i, (opened, token)) in opened.iter().zip(&tokens).enumerate() {
        assert_eq!(opened, &SEALERS[0].open(token));
        let expected = match token.key_version() {
            version if version.get() > 3 => Err(OpenError::UnknownKeyVersion(version)),
            _ if *token == intact[i] && controls[i] & 3 != 3 => Ok(IMSIS[i].clone()),
            _ => Err(OpenError::NotOpened),
        };
        assert_eq!(opened, &expected);
    }
}

fn altered(token: &Token<Imsi>, control: u8) -> Token<Imsi> {
    let mut bytes = *token.as_bytes();
    let at = usize::from(control & 0xF);
    match control >> 4 {
        11 => bytes[3 + at] ^= 0x80, // the tag; two of its top bits are in no counter block
        12 => bytes[3 + at] ^= 1,
        13 => bytes[19 + at % 8] ^= 0x80,  // the ciphertext
        14 => bytes[2] = bytes[2] % 3 + 1, // another live key version
        15 => bytes[1] = control,          // one that is not
        _ => {}
    }
    bytes.try_into().unwrap()
}

fn imsi_of(number: usize) -> Imsi {
    format!("99970{number:010}").parse().unwrap()
}

// ---- Keyrings.

/// Any bytes, as a wrapped keyring: unwrapped where they are authentic and well-formed, else refused for the reason
/// that SPEC.md, section 6, comes to first.
pub(crate) fn unwrap(data: &[u8]) {
    match (Keyring::unwrap(data, &KEK), contents_of(data)) {
        (Ok(keyring), Ok(contents)) => {
            assert_eq!(keyring.wrap(&KEK), data);
            assert_eq!(keyring.primary().get().to_be_bytes(), contents[..2]);
            let imsi = imsi_of(0);
            let sealer: Sealer<Imsi> = keyring.sealer(&Scope::new(["unwrap"]).unwrap());
            let block = b"\x99\x79\x00\x00\x00\x00\x00\xF0";
            let tokens = contents[2..].chunks(34).rev().map(|entry| {
                let (number, secret) = entry.split_first_chunk().unwrap();
                token_bytes(secret.try_into().unwrap(), version(u16::from_be_bytes(*number)), 'S', &["unwrap"], block)
            });
            assert!(sealer.lookup(&imsi).map(|token| *token.as_bytes()).eq(tokens));
            assert_eq!(Keyring::unwrap(data, &[0; 32]).unwrap_err(), KeyringError::NotUnwrapped);
        }
        (Err(error), Err(expected)) => assert_eq!(error, expected),
        (keyring, contents) => panic!("{keyring:?} where {contents:?} was expected"),
    }
}

/// Any contents, encrypted under the right key: as they are, and as versions of which only the first byte of the
/// secret is given.
pub(crate) fn contents(data: &[u8]) {
    unwrap(&wrap(data));
    if let Some((primary, entries)) = data.split_at_checked(2) {
        let entry = |entry: &[u8]| [entry, &[0; 31]].concat();
        unwrap(&wrap(&[primary, &entries.chunks(3).flat_map(entry).collect::<Vec<_>>()].concat()));
    }
}

// ---- Index keys and prefixes.

const INDEX_LABELS: [&str; 2] = ["acme", "routing"];

/// Any bytes, as a wrapped index key and as its contents; and with the digest of the scope put in, and for every version
/// of which only the first byte of K1 is given the rest.
pub(crate) fn index(data: &[u8]) {
    let unwrap = |wrapped: &[u8]| {
        let imsi = imsi_of(0);
        let prefix = Prefix::of(&imsi, 5).unwrap();
        unwrap_index(wrapped, 'S', &imsi, &imsi.expose_digits());
        unwrap_index(wrapped, 's', &prefix, &imsi.expose_digits()[..5]);
    };
    unwrap(data);
    unwrap(&wrap_index(data));
    if let Some(([letter, high, low], entries)) = data.split_first_chunk() {
        let keys: Vec<_> = entries.chunks(3).flat_map(|entry| [entry, &[0; 31]].concat()).collect();
        unwrap(&wrap_index(&[&[*letter][..], &digest(&INDEX_LABELS), &[*high, *low], &keys].concat()));
    }
}

/// Loaded where it is authentic, well-formed and of this letter, and has version 1; else refused for the reason that
/// SPEC.md, section 8, comes to first.
fn unwrap_index<T: Indexed>(wrapped: &[u8], letter: char, of: &T, digits: &str) {
    let scope = Scope::new(INDEX_LABELS).unwrap();
    let expected = index_of(wrapped, letter, &INDEX_LABELS, 1);
    let live = [(version(1), fingerprint(&k1_of(wrapped, 1), version(1), letter))];
    match (Indexer::<T>::unwrap(wrapped, &KEK, &scope, &live), expected) {
        (Ok(indexer), Ok((primary, keys))) => {
            assert_eq!(indexer.wrap(&KEK), wrapped);
            let tag = |(&number, k1): (&u16, &[u8; 32])| tag_bytes(k1, version(number), letter, digits);
            assert!(indexer.lookup(of).map(|tag| *tag.as_bytes()).eq(keys.iter().rev().map(tag)));
            assert_eq!(*indexer.tag(of).as_bytes(), tag((&primary, &keys[&primary])));
            assert!(Indexer::<T>::unwrap(wrapped, &[0; 32], &scope, &[]).is_err());
        }
        (Err(error), Err(expected)) => assert_eq!(error, expected),
        (indexer, expected) => panic!("{indexer:?} where {expected:?} was expected"),
    }
}

/// Any text, as a prefix of each kind: read where it is so many digits, with the tag that other crates make of them;
/// and so is the prefix of each identifier that begins with them.
pub(crate) fn prefix(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    prefix_of::<PhoneNumber>(text, typed::global_number(text, 1, 10), 10, |digits| format!("msisdn-{digits:0<15}"));
    prefix_of::<Imsi>(text, typed::typed_digits(text, false), 10, |digits| format!("{digits:0<15}"));
    let imei = typed::typed_digits(text, true).map(|digits| digits.replace('|', ""));
    prefix_of::<Imei>(text, imei, 8, |digits| format!("{digits:0<14}"));
}

fn prefix_of<I: Prefixed>(text: &str, digits: Option<String>, max: usize, continued: impl Fn(&str) -> String) {
    let digits = digits.filter(|digits| are_digits(digits, 1, max) && text.len() <= 1024);
    tells_no_digits(Prefix::<I>::from_str, text);
    match (text.parse::<Prefix<I>>(), digits) {
        (Ok(prefix), Some(digits)) => {
            const SECRET: [u8; 32] = [7; 32];
            let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &SECRET)]).unwrap();
            let indexer: Indexer<Prefix<I>> = keyring.indexer(&Scope::new(INDEX_LABELS).unwrap());
            let letter = I::KIND.letter().to_ascii_lowercase();
            let expected = tag_bytes(&prefix_key(&SECRET, letter, &INDEX_LABELS), KeyVersion::FIRST, letter, &digits);
            assert_eq!(*indexer.tag(&prefix).as_bytes(), expected);
            assert_eq!(prefix.len(), digits.len());
            let identifier: I = continued(&digits).parse().unwrap();
            assert_eq!(Prefix::of(&identifier, digits.len()), Some(prefix));
            let tags = indexer.tags(&identifier, PrefixLengths::new([digits.len()]).unwrap());
            assert!(tags.map(|tag| *tag.as_bytes()).eq([expected]));
        }
        (Err(error), None) => shows_nothing(&error, text.as_bytes()),
        (prefix, digits) => panic!("{prefix:?} where {digits:?} was expected"),
    }
}

/// All the tokens there ever were, by version, secret and identifier.
type Sealed = Vec<((u16, usize, usize), Token<Imsi>)>;

/// Two bytes for the first version, and then pairs of a letter and a digit, which are the operation and what it is
/// done to.
pub(crate) fn keyring(data: &[u8]) {
    let Some((first, operations)) = data.split_first_chunk::<2>() else { return };
    let Ok(first) = KeyVersion::try_from(u16::from_be_bytes(*first)) else { return };
    let mut keyring = Keyring::from_secrets([(first, &[7; 32])]).unwrap();
    let mut model = Model::new(first.get());
    let (mut wrapped, mut sealed) = (Vec::new(), Sealed::new());
    for (at, pair) in operations.chunks_exact(2).enumerate().take(64) {
        let n = usize::from(pair[1] & 0xF);
        let number = version(first.get().saturating_add(n as u16));
        match pair[0] {
            b's' => assert_eq!(keyring.stage().map(KeyVersion::get), model.stage(at + 1)),
            b'r' => assert_eq!(keyring.rotate().map(KeyVersion::get), model.rotate(at + 1)),
            b'p' => assert_eq!(keyring.promote(number), model.promote(number.get())),
            b'd' => assert_eq!(keyring.retire(number), model.retire(number.get())),
            b'w' => wrapped.push((keyring.wrap(&KEK), model.clone())),
            b'u' => {
                let Some((bytes, then)) = wrapped.get(n) else { continue };
                assert_eq!(Keyring::unwrap(bytes, &[0; 32]).unwrap_err(), KeyringError::NotUnwrapped);
                (keyring, model) = (Keyring::unwrap(bytes, &KEK).unwrap(), then.clone());
                assert_eq!(&keyring.wrap(&KEK), bytes);
            }
            b'i' | b'l' | b'o' | b't' => seals_and_opens(&keyring, &model, pair[0], n, &mut sealed),
            _ => continue,
        }
        let versions: Vec<_> = keyring.versions().map(KeyVersion::get).collect();
        assert!(versions.iter().eq(model.versions.keys().rev()) && keyring.primary().get() == model.primary);
    }
}

fn seals_and_opens(keyring: &Keyring, model: &Model, operation: u8, n: usize, sealed: &mut Sealed) {
    let sealer = keyring.sealer::<Imsi>(&Scope::new(["model"]).unwrap());
    let mut is_token_of = |number, imsi: usize, token: Token<Imsi>| {
        let of = (number, model.versions[&number], imsi);
        // The same as the last time, and as no other one.
        assert!(sealed.iter().all(|(other, seen)| (*other == of) == (*seen == token)));
        assert_eq!(token.key_version().get(), number);
        sealed.push((of, token));
    };
    match operation {
        b'i' => is_token_of(model.primary, n, sealer.seal(&imsi_of(n))),
        b'l' => {
            let tokens: Vec<_> = sealer.lookup(&imsi_of(n)).collect();
            assert_eq!(tokens.len(), model.versions.len());
            model.versions.keys().rev().zip(tokens).for_each(|(&number, token)| is_token_of(number, n, token));
        }
        _ => {
            let Some(&((number, secret, imsi), token)) = sealed.get(n) else { return };
            let expected = model.open(number, secret);
            assert_eq!(sealer.open(&token), expected.map(|()| imsi_of(imsi)));
            assert_eq!(sealer.reseal(&token), expected.map(|()| sealer.seal(&imsi_of(imsi))));
        }
    }
}
