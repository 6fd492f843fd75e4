//! Phone numbers: every form in which they are read and printed, and every way in which they are refused.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::{LONG, all_different, all_equal, no_digit, refused, tbcd};
use telseal::{ParseError, PhoneNumber};

/// Prefixes of it are tried where a number of another length is needed: no subscriber has any of them.
const DIGITS: &str = "442079460018000";

fn parse(text: &str) -> Result<PhoneNumber, ParseError> {
    text.parse()
}

fn number(text: &str) -> PhoneNumber {
    parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The texts are all one number.
#[track_caller]
fn read_as(msisdn: &str, texts: &[&str]) {
    for text in texts {
        assert_eq!(&*number(text).expose_msisdn(), msisdn, "{text}");
    }
}

#[test]
fn every_form_gives_the_same_number() {
    let mut numbers: Vec<_> = [
        "+442079460018",
        "+44 20 7946 0018",
        "+44 (20) 7946-0018",
        "+44.20.7946.0018",
        "+(44)2079460018",
        "+ 44 20 7946 0018 ",
        "+44  20--7946..0018",
        "+44 (20) (7946) 0018",
        "+44()2079460018",
        "+44 20 7946 (0018)",
        "tel:+442079460018",
        "tel:+44-20-7946-0018",
        "TEL:+44-20-7946-0018",
        "Tel:+44(20)7946.0018;npdi",
        "tel:+442079460018;rn=+442079460999;npdi;verstat=TN-Validation-Passed",
        "msisdn-442079460018",
    ]
    .map(number)
    .into();
    numbers.push(PhoneNumber::from_msisdn("442079460018").unwrap());
    numbers.push(PhoneNumber::from_tbcd(&[0x44, 0x02, 0x97, 0x64, 0x00, 0x81]).unwrap());
    numbers.push(PhoneNumber::from_address_string(&[0x91, 0x44, 0x02, 0x97, 0x64, 0x00, 0x81]).unwrap());
    all_equal(&numbers);
}

#[test]
fn other_digits_are_other_numbers() {
    let mut numbers: Vec<_> = (7..=15).map(|length| PhoneNumber::from_msisdn(&DIGITS[..length]).unwrap()).collect();
    numbers.extend((0..15).map(|at| {
        let mut digits = DIGITS.as_bytes().to_vec();
        digits[at] = b'9' - u8::from(digits[at] == b'9');
        PhoneNumber::from_msisdn(str::from_utf8(&digits).unwrap()).unwrap()
    }));
    all_different(&numbers);
}

#[test]
fn printed_forms_are_exact_and_read_back() {
    for length in 7..=15 {
        let digits = &DIGITS[..length];
        let number = PhoneNumber::from_msisdn(digits).unwrap();
        assert_eq!(&*number.expose_msisdn(), digits);
        assert_eq!(&*number.expose_e164(), format!("+{digits}"));
        assert_eq!(&*number.expose_tel_uri(), format!("tel:+{digits}"));
        assert_eq!(&*number.expose_gpsi(), format!("msisdn-{digits}"));
        assert_eq!(&*number.expose_tbcd(), tbcd(digits));
        assert_eq!(&*number.expose_address_string(), [&[0x91], &tbcd(digits)[..]].concat());
        all_equal(&[
            PhoneNumber::from_msisdn(&number.expose_msisdn()).unwrap(),
            parse(&number.expose_e164()).unwrap(),
            parse(&number.expose_tel_uri()).unwrap(),
            parse(&number.expose_gpsi()).unwrap(),
            PhoneNumber::from_tbcd(&number.expose_tbcd()).unwrap(),
            PhoneNumber::from_address_string(&number.expose_address_string()).unwrap(),
            number,
        ]);
    }
}

#[test]
fn known_octets() {
    let number = number("+12025550143");
    assert_eq!(&*number.expose_tbcd(), [0x21, 0x20, 0x55, 0x05, 0x41, 0xF3]);
    assert_eq!(&*number.expose_address_string(), [0x91, 0x21, 0x20, 0x55, 0x05, 0x41, 0xF3]);
}

#[test]
fn display_of_the_exposed_text() {
    let number = number("+442079460018");
    assert_eq!(number.expose_e164().to_string(), "+442079460018");
    assert_eq!(format!("{:>15}", number.expose_e164()), "  +442079460018");
}

/// Behind the `+`, at every place: what may stand between digits is skipped, digits belong to the number, and every other
/// character is refused where it stands, as is a parenthesis alone.
#[test]
fn every_character_at_every_place() {
    for (prefix, digits) in [("+", "442079460018"), ("tel:+", "442079460018")] {
        for at in 0..=digits.len() {
            for char in (0..=0x7F_u8).map(char::from).chain("\u{80}é\u{A0}–·０٣\u{10FFFF}".chars()) {
                let text = format!("{prefix}{}{char}{}", &digits[..at], &digits[at..]);
                let place = prefix.len() + at;
                match char {
                    '-' | '.' | '–' => read_as(digits, &[&text]),
                    '/' | '·' if (1..12).contains(&at) => read_as(digits, &[&text]),
                    _ if char.is_whitespace() => read_as(digits, &[&text]),
                    '(' | ')' => refused(parse(&text), &parenthesis(place)),
                    '0' if at == 0 => refused(parse(&text), &zero_first(place)),
                    '0' if at == 2 => refused(parse(&text), &trunk_prefix(place)),
                    '0'..='9' => read_as(&text[prefix.len()..], &[&text]),
                    '０' | '٣' => {
                        let ascii = text.replace('０', "0").replace('٣', "3");
                        let kind = |error: ParseError| (error.kind(), error.position());
                        assert_eq!(parse(&text).map_err(kind), parse(&ascii).map_err(kind));
                    }
                    ';' if prefix == "tel:+" => match at {
                        ..7 => refused(parse(&text), &count(at)),
                        7..12 => read_as(&digits[..at], &[&text]), // the rest is the name of a parameter
                        _ => refused(parse(&text), &parameter(place + 1)),
                    },
                    // A whole number, and a few digits behind the sign of an extension.
                    'e' | 'E' | 'x' | 'X' | 'p' | 'P' | 'w' | 'W' | '#' | ',' | ';' if (7..12).contains(&at) => {
                        refused(parse(&text), &extension(place));
                    }
                    _ => refused(parse(&text), &format!("phone number: {}", no_digit(char, place))),
                }
            }
        }
    }
}

fn extension(at: usize) -> String {
    format!("phone number: an extension or subaddress names something other than the subscriber at byte {at}")
}

fn trunk_prefix(at: usize) -> String {
    format!("phone number: expected no trunk prefix after the country code at byte {at}")
}

fn zero_first(at: usize) -> String {
    format!("phone number: expected a country code, which never begins with zero, at byte {at}")
}

fn unknown_form(at: usize) -> String {
    format!("phone number: expected `+`, `tel:+`, `sip:+` or `msisdn-`, then the country code, at byte {at}")
}

fn parenthesis(at: usize) -> String {
    format!("phone number: expected parentheses in pairs, none inside another, at byte {at}")
}

fn parameter(at: usize) -> String {
    format!("phone number: expected a parameter as RFC 3966 writes it at byte {at}")
}

fn count(found: usize) -> String {
    format!("phone number: expected 7 to 15 digits, found {found}")
}

#[test]
fn every_length_in_every_form() {
    let long = "4420794600180000000000";
    for length in 0..=long.len() {
        let digits = &long[..length];
        let spaced: String = digits.chars().flat_map(|digit| [digit, ' ']).collect();
        for read in [
            parse(&format!("+{digits}")),
            parse(&format!("+{spaced}")),
            parse(&format!("tel:+{digits}")),
            parse(&format!("tel:+{digits};npdi")),
            parse(&format!("msisdn-{digits}")),
            PhoneNumber::from_msisdn(digits),
        ] {
            match length {
                7..=15 => assert_eq!(&*read.unwrap().expose_msisdn(), digits),
                _ => refused(read, &count(length)),
            }
        }
    }
}

#[test]
fn without_its_country_code_nothing_is_read() {
    let no_code = "expected `+` and the country code; `from_msisdn` reads digits that begin with one, at byte";
    let national = "expected `+` and the country code instead of the trunk prefix of a national number at byte";
    for (text, message) in [
        ("0", format!("{national} 0")),
        ("020 7946 0018", format!("{national} 0")),
        ("442079460018", format!("{no_code} 0")),
        ("00442079460018", "expected `+` instead of an international prefix at byte 0".into()),
        ("tel:442079460018", format!("{no_code} 4")),
        ("tel:020-7946-0018;phone-context=+44", format!("{national} 4")),
        ("sip:+442079460018", "expected a global number and `user=phone` in a SIP URI at byte 4".into()),
        ("https://example.org", "expected another scheme than that of this URI at byte 0".into()),
        ("someone@example.org", "expected an identifier, found an e-mail address, at byte 0".into()),
        ("extid-442079460018@example.com", "found an identifier of another kind at byte 0".into()),
        ("", "expected an identifier, found an empty text".into()),
    ] {
        refused(parse(text), &format!("phone number: {message}"));
    }
    for text in ["tel", "tel+442079460018", "msisdn", "MSISDN-442079460018"] {
        refused(parse(text), &unknown_form(0));
    }
    for text in ["tel:", "tel:tel:+442079460018", "tel:msisdn-442079460018"] {
        refused(parse(text), &unknown_form(4));
    }
}

#[test]
fn a_country_code_does_not_begin_with_zero() {
    refused(parse("+0442079460018"), &zero_first(1));
    refused(parse("+00442079460018"), &zero_first(1));
    refused(parse("+ (-.04)42079460018"), &zero_first(5));
    refused(parse("tel:+0442079460018"), &zero_first(5));
    refused(parse("msisdn-0442079460018"), &zero_first(7));
    refused(PhoneNumber::from_msisdn("00442079460018"), &zero_first(0));
    refused(PhoneNumber::from_tbcd(&tbcd("0442079460018")), &zero_first(0));
    refused(PhoneNumber::from_address_string(&[&[0x91], &tbcd("0442079460018")[..]].concat()), &zero_first(1));
    // The number of digits is told first.
    refused(parse("+044207"), &count(6));
}

#[test]
fn a_trunk_prefix_is_not_dropped() {
    for (text, at) in [
        ("+44 (0)20 7946 0018", 5),
        ("+44(0)2079460018", 4),
        ("+44 ( 0 ) 20 7946 0018", 6),
        ("+44 (-0.)20 7946 0018", 6),
        ("+44 (20)(0)79460018", 9),
        ("+44 (0)20 (7946 0018", 5),
        ("+(0)442079460018", 2),
        ("+44 20 7946 0018 (0)", 18),
        ("+44 (20) (0) 7946 0018", 10),
        ("tel:+44(0)20-7946-0018", 8),
        ("tel:+44-(0)20-7946-0018;npdi", 9),
        ("+44 (0)", 5),
    ] {
        refused(parse(text), &trunk_prefix(at));
    }
    refused(parse("+44207946001800000 (0)00"), &count(20)); // past the seventeenth digit nothing is looked at
    // Other digits in parentheses are digits, their zeros too: some countries' numbers begin with one.
    read_as(
        "442079460018",
        &["+442 (07) 946 0018", "+442(0794)60018", "+4420794600(18)", "+44 20 7946 (0018)", "+44 20 7946 (001)8"],
    );
    read_as("442079460018", &["+44 (2)079460018", "+44 (20) 7946 0018", "+(44)(2079)(460018)"]);
}

/// A zero in parentheses that do not pair may be a trunk prefix or not: what cannot be told is not read.
#[test]
fn parentheses_pair_and_are_not_nested() {
    for (text, at) in [
        ("+44 (0 20 7946 0018", 4),
        ("+44 (0()20) 7946 0018", 6),
        ("+44 (0 (20) 7946 0018", 7),
        ("+44 (() 0) 20 7946 0018", 5),
        ("+44)20(7946 0018", 3),
        ("+44 (20 7946 0018", 4),
        ("+44 20) 7946 0018", 6),
        ("+44 (20)) 7946 0018", 8),
        ("+44 ((20)) 7946 0018", 5),
        ("+44 ((0))20 7946 0018", 5),
        ("+44 (20) (7946 0018", 9),
        ("+44 20 7946 0018(", 16),
        ("+)442079460018", 1),
        ("+(442079460018", 1),
        ("+(", 1),
        ("tel:+44(20-7946-0018", 7),
        ("tel:+44)20-7946-0018", 7),
        ("tel:+44(20-7946-0018;npdi=)", 7),
        ("tel:+442079460018(;ext=7", 17),
        ("+4420794600180000000(0", 20),
    ] {
        refused(parse(text), &parenthesis(at));
    }
    // The first fault is told.
    refused(parse("+44 (20 x 7946 0018"), "phone number: expected a digit at byte 8");
    // These forms have no separators at all.
    refused(parse("msisdn-44(20)79460018"), "phone number: expected a digit at byte 9");
    refused(PhoneNumber::from_msisdn("44(20)79460018"), "phone number: expected a digit at byte 2");
}

#[test]
fn parameters_are_dropped_whatever_they_say() {
    let texts = [
        ";npdi",
        ";NPDI",
        ";isub-like",
        ";ext1=7",
        ";exten=7",
        ";extensions-of-time",
        ";isubaddress=7",
        ";x-isub=7",
        ";phone-context=+44",
        ";phone-context=example.com",
        ";rn=+44-20-7946-0999;npdi;cic=+1-6789",
        ";verstat=TN-Validation-Passed",
        ";a=-_.!~*'()[]/:&+$%41%2b",
        ";1=1",
        ";-=-",
        ";a;a;a",
    ]
    .map(|parameters| format!("tel:+442079460018{parameters}"));
    read_as("442079460018", &texts.each_ref().map(String::as_str));
}

#[test]
fn extensions_and_subaddresses_are_refused() {
    for name in ["ext", "EXT", "Ext", "eXt", "isub", "ISUB", "iSub"] {
        for value in ["", "=7", "=1234", "=a"] {
            for (before, at) in [("", 18), (";npdi", 23), (";a=b;c", 24)] {
                let text = format!("tel:+442079460018{before};{name}{value}");
                let message = "phone number: an extension or subaddress names something other than the subscriber";
                refused(parse(&text), &format!("{message} at byte {at}"));
                refused(parse(&format!("{text};npdi")), &format!("{message} at byte {at}"));
            }
        }
    }
}

#[test]
fn malformed_parameters() {
    for (parameters, at) in [
        (";", 18),
        (";;npdi", 18),
        (";npdi;", 23),
        (";npdi;;ext=7", 23),
        (";=", 18),
        (";=b", 18),
        (";a=", 18),
        (";a=;b", 18),
        (";a==", 18),
        (";a=b=c", 18),
        (";a b", 18),
        ("; npdi", 18),
        (";a_b=c", 18),
        (";a=b c", 18),
        (";a=\"b\"", 18),
        (";a=b,c", 18),
        (";npdi x", 18),
        (";a=é", 18),
        (";é=a", 18),
        (";a=%", 18),
        (";a=%4", 18),
        (";a=%4g", 18),
        (";a=b%41%", 18),
        (";a=\0", 18),
        (";ext =7", 18),
        (";b;ext=", 20),
    ] {
        refused(parse(&format!("tel:+442079460018{parameters}")), &parameter(at));
    }
    // Only a URI has parameters, and the number is judged before them.
    refused(parse("+442079460018;npdi"), "phone number: expected a digit at byte 13");
    refused(parse("msisdn-442079460018;npdi"), "phone number: expected a digit at byte 19");
    refused(parse("tel:+44207;"), &count(5));
}

#[test]
fn what_is_no_digit_is_refused_at_its_place() {
    for (text, at) in [
        ("+44 20 7946 OO18", 12),
        ("+442079460018x", 13),
        ("+442079460018 ext.", 14),
        ("++442079460018", 1),
        ("+44+2079460018", 3),
        ("+44207946001\0", 12),
        ("+44_2079460018", 3),
        ("tel:+44x2079460018", 7),
        ("msisdn-44 2079460018", 9),
        ("msisdn-+442079460018", 7),
        ("msisdn-44207946001\u{FF10}", 18),
        ("msisdn-x", 7),
        ("msisdn-44207946001800000x", 24),
    ] {
        refused(parse(text), &format!("phone number: expected a digit at byte {at}"));
    }
    for (text, at) in [("+442079460018", 0), ("44 2079460018", 2), ("44207946001é", 11), (" ", 0), ("44x", 2)] {
        refused(PhoneNumber::from_msisdn(text), &format!("phone number: expected a digit at byte {at}"));
    }
}

/// All 256 first octets of an ISDN-AddressString: extension bit, nature of address, numbering plan.
#[test]
fn every_first_octet_of_an_address_string() {
    for octet in 0..=255_u8 {
        let read = PhoneNumber::from_address_string(&[&[octet], &tbcd("442079460018")[..]].concat());
        let refusal = match (octet & 0x80, octet & 0x70, octet & 0x0F) {
            (0x00, _, _) => "phone number: expected no extension of the address at byte 0",
            (_, 0x10, 0x01) => {
                assert_eq!(octet, 0x91);
                assert_eq!(&*read.unwrap().expose_msisdn(), "442079460018");
                continue;
            }
            (_, 0x10, _) => "phone number: expected the numbering plan E.164 at byte 0",
            _ => "phone number: expected an international number as the nature of address at byte 0",
        };
        refused(read, refusal);
    }
}

/// The lengths and places that are told are those of the whole string.
#[test]
fn address_strings_count_from_their_first_octet() {
    let address = |digits: &str| PhoneNumber::from_address_string(&[&[0x91], &tbcd(digits)[..]].concat());
    let octets = |found| format!("phone number: expected 5 to 9 octets, found {found}");
    refused(PhoneNumber::from_address_string(&[]), &octets(0));
    for length in 0..=20 {
        let octet_count = 1 + usize::div_ceil(length, 2);
        match length {
            7..=15 => assert_eq!(&*address(&DIGITS[..length]).unwrap().expose_msisdn(), &DIGITS[..length]),
            16 => refused(address("4420794600180000"), &count(16)),
            _ => refused(address(&"4".repeat(length)), &octets(octet_count)),
        }
    }
    refused(address("44207946A018"), "phone number: expected a digit in both halves of the octet at byte 5");
    refused(
        address("44F079460018"),
        "phone number: expected a filler in the last half octet only, found one at byte 2",
    );
}

#[test]
fn very_long_input() {
    let (digits, spaces) = ("4".repeat(LONG), " ".repeat(LONG));
    let bytes = |found| format!("phone number: expected at most 1024 bytes, found {found}");
    for text in [
        digits.clone(),
        format!("tel:{digits}"),
        format!("+{digits}"),
        format!("+{digits}x"),
        format!("+{spaces}"),
        format!("+{}", "(".repeat(LONG)),
        format!("+442079460018{spaces}"),
        format!("tel:+442079460018;a={}", "b".repeat(LONG)),
        format!("tel:+442079460018{}", ";a=b".repeat(LONG)),
    ] {
        refused(parse(&text), &bytes(text.len()));
    }
    refused(parse(&format!("msisdn-{digits}")), &count(LONG));
    refused(PhoneNumber::from_msisdn(&digits), &count(LONG));
    refused(PhoneNumber::from_tbcd(&vec![0x44; LONG]), &format!("phone number: expected 4 to 8 octets, found {LONG}"));
    let address = PhoneNumber::from_address_string(&vec![0x91; LONG]);
    refused(address, &format!("phone number: expected 5 to 9 octets, found {LONG}"));
    // As long as they may be.
    let fill = |start: &str, more: &str| start.to_string() + &more.repeat((1024 - start.len()) / more.len());
    refused(parse(&fill("+", "4")), &count(1023));
    refused(parse(&(fill("+", "4")[..1023].to_string() + "x")), "phone number: expected a digit at byte 1023");
    refused(parse(&fill("+", "(")), &parenthesis(2));
    refused(
        parse(&fill("tel:+442079460018;", " ")),
        "phone number: expected a parameter as RFC 3966 writes it at byte 18",
    );
    read_as(
        "442079460018",
        &[&fill("+442079460018", " "), &fill("tel:+442079460018;a=", "b"), &fill("tel:+442079460018", ";a=b")],
    );
}
