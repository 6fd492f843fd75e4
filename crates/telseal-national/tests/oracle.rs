//! Beside the parser of `rlibphonenumber`, on the example numbers of its metadata. `ci/national` does the same with
//! libphonenumber for Python, in more forms.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, PhoneNumberType, Region};
use telseal::PhoneNumber;
use telseal_national::{Accept, Country, NationalErrorKind as Kind, canonical, parse, parse_with};

const TYPES: [PhoneNumberType; 10] = [
    PhoneNumberType::FixedLine,
    PhoneNumberType::Mobile,
    PhoneNumberType::TollFree,
    PhoneNumberType::PremiumRate,
    PhoneNumberType::SharedCost,
    PhoneNumberType::VoIP,
    PhoneNumberType::PersonalNumber,
    PhoneNumberType::Pager,
    PhoneNumberType::UAN,
    PhoneNumberType::VoiceMail,
];

/// Each country's valid example numbers that are long enough for telseal.
fn examples() -> Vec<(Country, rlibphonenumber::PhoneNumber, PhoneNumber)> {
    let mut examples = Vec::new();
    for country in Country::all() {
        let region = Region::from_code(country.code()).expect("a country is a region");
        for kind in TYPES {
            let Ok(example) = PHONE_NUMBER_UTIL.get_example_number_for_type_and_region(region, kind) else { continue };
            let e164 = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164);
            if PHONE_NUMBER_UTIL.is_valid_number(&example)
                && let Ok(number) = e164.parse::<PhoneNumber>()
            {
                examples.push((country, example.clone(), canonical(&number)));
            }
        }
    }
    assert!(examples.len() > 1000, "{}", examples.len());
    examples
}

#[test]
fn every_example_is_read_in_national_form() {
    let mut other_plan = 0;
    for (country, example, number) in examples() {
        let text = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::National);
        match parse(&text, country) {
            Ok(read) => assert!(read == number, "{country} {text}"),
            // Only signs that are not set between digits, such as the `*` of Israel.
            Err(error) => {
                assert_eq!(error.kind(), Kind::NotADigit, "{country} {text}");
                other_plan += 1;
            }
        }
    }
    assert!(other_plan < 5, "{other_plan}");
}

#[test]
fn every_example_is_read_in_international_form_anywhere() {
    let countries: Vec<_> = Country::all().collect();
    for (i, (_, example, number)) in examples().into_iter().enumerate() {
        let here = countries[i * 7 % countries.len()];
        for format in [PhoneNumberFormat::E164, PhoneNumberFormat::International, PhoneNumberFormat::RFC3966] {
            let text = PHONE_NUMBER_UTIL.format(&example, format);
            let read = parse(&text, here).unwrap_or_else(|error| panic!("{here} {text}: {error}"));
            assert!(read == number, "{here} {text}");
        }
        let code = example.country_code;
        let with_trunk_prefix = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164).replacen(
            &format!("+{code}"),
            &format!("+{code} (0)"),
            1,
        );
        if let Ok(read) = parse(&with_trunk_prefix, here) {
            assert!(read == number, "{here} {with_trunk_prefix}");
        }
    }
}

/// What is dialled from one country to another: the prefix of the one, the number of the other.
#[test]
fn every_example_is_read_as_it_is_dialled_from_abroad() {
    let examples = examples();
    for (code, prefix) in [("US", "011"), ("DE", "00"), ("AU", "0011"), ("JP", "010"), ("RU", "810"), ("HK", "001")] {
        let here: Country = code.parse().expect("a country");
        for (_, example, number) in &examples {
            let text = PHONE_NUMBER_UTIL.format(example, PhoneNumberFormat::E164).replacen('+', prefix, 1);
            match parse(&text, here) {
                Ok(read) => assert!(read == *number, "{here} {text}"),
                Err(error) => assert_eq!(error.kind(), Kind::Ambiguous, "{here} {text}"),
            }
        }
    }
}

/// Each digit changed and each digit left out: valid is what libphonenumber calls valid.
#[test]
fn valid_is_what_libphonenumber_calls_valid() {
    let here: Country = "GB".parse().expect("a country");
    let (mut read, mut refused) = (0, 0);
    for (_, example, _) in examples().into_iter().step_by(3) {
        let e164 = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::E164);
        for at in 3..e164.len() {
            for change in 0..3_u8 {
                let mut text = e164.clone().into_owned();
                let digit = ((text.as_bytes()[at] - b'0' + 1 + 3 * change) % 10).to_string();
                text.replace_range(at..=at, if change == 2 { "" } else { &digit });
                let theirs = PHONE_NUMBER_UTIL
                    .parse(&text, Some(Region::GB))
                    .is_ok_and(|number| PHONE_NUMBER_UTIL.is_valid_number(&number));
                let Ok(number) = text.parse::<PhoneNumber>() else { continue };
                let several_or_reserved = telseal_national::spellings(&number).count() > 1 || parse_reserved(&text);
                match parse(&text, here) {
                    Ok(_) if theirs => read += 1,
                    Ok(_) => assert!(several_or_reserved, "{text} is not valid"),
                    Err(_) => {
                        assert!(!theirs, "{text} is valid");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(read > 1000 && refused > 1000, "{read} {refused}");
}

fn parse_reserved(e164: &str) -> bool {
    let digits = e164.trim_start_matches('+');
    telseal_national::RESERVED.iter().any(|reserved| {
        reserved.pattern.len() == digits.len()
            && reserved
                .pattern
                .chars()
                .zip(digits.chars())
                .all(|(pattern, digit)| pattern == digit || "xn".contains(pattern))
    })
}

#[test]
fn lenient_readings_are_possible_numbers() {
    for (country, example, number) in examples() {
        let text = PHONE_NUMBER_UTIL.format(&example, PhoneNumberFormat::National);
        for accept in [Accept::WithoutTrunkPrefix, Accept::Possible] {
            if let Ok(read) = parse_with(&text, country, accept) {
                assert!(read == number, "{country} {text} {accept:?}");
            }
        }
    }
}
