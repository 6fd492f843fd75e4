//! Laws that hold for any text.

use proptest::prelude::*;
use telseal::ParseErrorKind;
use telseal_national::{Accept, Country, NationalErrorKind as Kind, RESERVED, parse, parse_with};

const SEPARATORS: &[&str] = &[
    "", "", "", " ", "-", ".", "/", "·", "\u{A0}", "\u{2007}", "\u{2009}", "\u{202F}", "\u{2010}", "\u{2011}",
    "\u{2013}", "\u{2212}", "\u{FE63}", "\u{FF0D}", "\u{AD}", "\u{200B}", "\u{200E}", "\u{202A}", "\u{2060}",
    "\u{2066}", "\u{FEFF}",
];
const ZEROS: [char; 6] = ['0', '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{FF10}'];

/// A number that is reserved, its country, and what is typed before it there.
fn reserved() -> impl Strategy<Value = (&'static str, String, &'static str)> {
    (0..RESERVED.len(), any::<[u8; 15]>()).prop_map(|(i, digits)| {
        let pattern = RESERVED[i].pattern;
        let digits = pattern.chars().zip(digits).map(|(c, digit)| match c {
            'x' => char::from(b'0' + digit % 10),
            'n' => char::from(b'2' + digit % 8),
            c => c,
        });
        let country = [
            ("1", "US", "1"),
            ("44", "GB", "0"),
            ("49", "DE", "0"),
            ("33", "FR", "0"),
            ("61", "AU", "0"),
            ("353", "IE", "0"),
            ("46", "SE", "0"),
        ]
        .into_iter()
        .find(|(code, ..)| pattern.starts_with(code))
        .expect("a country with reserved numbers");
        let e164: String = digits.collect();
        (country.1, format!("+{e164}"), country.2)
    })
}

fn national(e164: &str, country: &str, trunk_prefix: &str) -> String {
    let code = match country {
        "US" => 1,
        "IE" => 3,
        _ => 2,
    };
    format!("{trunk_prefix}{}", &e164[1 + code..])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// Whatever is set between the digits, and in whichever script they are, they are one number.
    #[test]
    fn typography_is_not_identity(
        (country, e164, trunk_prefix) in reserved(),
        zero in proptest::sample::select(&ZEROS[..]),
        between in proptest::collection::vec(proptest::sample::select(SEPARATORS), 16),
        ends in proptest::sample::select(&["", " ", "\r\n", "\t", "\u{FEFF}", "\u{202A} "][..]),
    ) {
        let mut text = String::from(ends);
        let digits = national(&e164, country, trunk_prefix);
        for (i, (digit, between)) in digits.bytes().zip(between).enumerate() {
            let digit = u32::from(digit - b'0') + u32::from(zero);
            text.push(char::from_u32(digit).expect("a digit"));
            // These stand between digits, not behind the last.
            if i + 1 < digits.len() || !["/", "·"].contains(&between) {
                text.push_str(between);
            }
        }
        text.push_str(ends);
        // A dot as the only separator before a last 0 or 00 is a spreadsheet's.
        let country: Country = country.parse().expect("a country");
        match parse(&text, country) {
            Ok(number) => prop_assert_eq!(&*number.expose_e164(), &e164),
            Err(error) => prop_assert_eq!(error.kind(), Kind::DecimalPoint),
        }
    }

    /// Any text gives a number or an error. What a lenient reading adds changes nothing that was certain, and the text of an error has
    /// no digit but those of a position.
    #[test]
    fn any_text(text in "[0-9+() .x-]{0,24}|\\PC{0,40}|[0-9٠-٩०-९０-９]{0,40}", country in 0..240_usize) {
        let country = Country::all().nth(country).expect("so many countries");
        let certain = parse(&text, country);
        let lenient = parse_with(&text, country, Accept::WithoutTrunkPrefix);
        let possible = parse_with(&text, country, Accept::Possible);
        if let Ok(number) = &certain {
            prop_assert!(lenient.as_ref() == Ok(number));
        }
        if let Ok(number) = &lenient {
            prop_assert!(possible.as_ref() == Ok(number));
        }
        for error in [certain.err(), lenient.err(), possible.err()].into_iter().flatten() {
            if let Kind::International(_) = error.kind() {
                continue; // the core's tests see to its errors
            }
            let message = error.to_string();
            let message = message.rsplit_once(" at byte ").map_or(&*message, |(message, _)| message);
            prop_assert!(!message.contains(|c: char| c.is_numeric()), "{}", message);
        }
    }

    /// `Debug` of an error says the country, the kind and the place.
    #[test]
    fn debug_has_no_digit_of_the_input(position in 0..9_usize) {
        let text = format!("{}?", &"020794600"[..position]);
        let country: Country = "GB".parse().expect("a country");
        let error = parse(&text, country).expect_err("a question mark");
        if position > 0 {
            let expected = format!(
                "NationalError {{ country: GB, kind: NotADigit, position: Some({position}), international: None }}"
            );
            prop_assert_eq!(format!("{error:?}"), expected);
        }
    }
}

/// Between digits the same characters stand as in telseal's own texts, and in every script the same digits are read.
#[test]
fn every_character_is_read_as_telseal_reads_it() {
    let country: Country = "GB".parse().expect("a country");
    let mut read = 0;
    // Behind the first two planes Unicode has ideographs, tags and private use: some of them.
    let code_points = (0..0x20000).chain((0x20000..=u32::from(char::MAX)).step_by(251));
    for c in code_points.filter_map(char::from_u32) {
        // As a separator, as a digit, and at the ends.
        for (national, international) in [
            (format!("020 7946{c}0018"), format!("+44 20 7946{c}0018")),
            (format!("020 7946 00{c}8"), format!("+44 20 7946 00{c}8")),
            (format!("020 7946 0018{c}"), format!("+44 20 7946 0018{c}")),
        ] {
            let ours = parse(&national, country).ok();
            assert!(ours == parse(&international, country).ok(), "U+{:04X} {national}", u32::from(c));
            read += usize::from(ours.is_some());
        }
    }
    assert!(read > 500, "{read}");
}

#[test]
fn long_texts_are_refused() {
    let country: Country = "GB".parse().expect("a country");
    for (unit, kind) in [
        ("0", Kind::TooLong),
        (" 1", Kind::TooLong),
        ("1\u{200B}", Kind::TooLong),
        ("(0)", Kind::TooLong),
        ("1x", Kind::NotADigit),
    ] {
        assert_eq!(parse(&unit.repeat(100), country).expect_err("no number").kind(), kind, "{unit}");
        let long = parse(&unit.repeat(1_000_000), country).expect_err("no number").kind();
        assert_eq!(long, Kind::International(ParseErrorKind::TooManyBytes { min: 0, max: 1024 }), "{unit}");
    }
    assert!(parse(&"\u{200B}".repeat(10_000), country).is_err());
    assert!(parse(&format!("{}020 7946 0018", "\u{200B}".repeat(300)), country).is_ok());
}
