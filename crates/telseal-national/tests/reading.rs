//! Which text is which number, in which country. Numbers are reserved for examples, or are the examples of
//! libphonenumber's metadata where a country reserves none.

use telseal::ParseErrorKind;
use telseal_national::{Accept, Country, NationalErrorKind as Kind, parse, parse_with};

fn country(code: &str) -> Country {
    code.parse().expect("a country")
}

#[track_caller]
fn reads(code: &str, text: &str, e164: &str) {
    match parse(text, country(code)) {
        Ok(number) => assert_eq!(&*number.expose_e164(), e164, "{code} {text}"),
        Err(error) => panic!("{code} {text}: {error}"),
    }
    // A more lenient reading never makes another number of it.
    for accept in [Accept::WithoutTrunkPrefix, Accept::Possible] {
        let number = parse_with(text, country(code), accept).expect("what is certain is read");
        assert_eq!(&*number.expose_e164(), e164, "{code} {text} {accept:?}");
    }
}

#[track_caller]
fn refuses(code: &str, text: &str, kind: Kind) {
    match parse(text, country(code)) {
        Ok(_) => panic!("{code} {text} was read"),
        Err(error) => {
            assert_eq!(error.kind(), kind, "{code} {text}");
            assert_eq!(error.country(), country(code));
        }
    }
}

#[test]
fn national_forms() {
    for (code, text, e164) in [
        // The trunk prefix 0.
        ("GB", "020 7946 0018", "+442079460018"),
        ("GB", "(020) 7946 0018", "+442079460018"),
        ("GB", "(0)20 7946 0018", "+442079460018"),
        ("GB", "020-7946-0018", "+442079460018"),
        ("GB", "020.7946.0018", "+442079460018"),
        ("GB", "020/7946·0018", "+442079460018"),
        ("GB", "02079460018", "+442079460018"),
        ("GB", "07700 900123", "+447700900123"),
        ("GB", "0808 157 0123", "+448081570123"),
        ("DE", "030 23125 123", "+493023125123"),
        ("DE", "030/23125123", "+493023125123"),
        ("DE", "0171 3920012", "+491713920012"),
        ("FR", "01 99 00 00 00", "+33199000000"),
        ("FR", "06.39.98.12.34", "+33639981234"),
        ("AU", "(02) 5550 1234", "+61255501234"),
        ("AU", "0491 570 156", "+61491570156"),
        ("IE", "020 912 3456", "+353209123456"),
        ("SE", "070-174 06 05", "+46701740605"),
        ("SE", "08-465 004 12", "+46846500412"),
        // No trunk prefix, or one that is seldom written.
        ("US", "(415) 555-0123", "+14155550123"),
        ("US", "415-555-0123", "+14155550123"),
        ("US", "415.555.0123", "+14155550123"),
        ("US", "4155550123", "+14155550123"),
        ("US", "1-415-555-0123", "+14155550123"),
        ("US", "1 (415) 555-0123", "+14155550123"),
        ("CA", "(416) 555-0123", "+14165550123"),
        ("IT", "02 1234 5678", "+390212345678"),
        ("IT", "312 345 6789", "+393123456789"),
        ("ES", "810 12 34 56", "+34810123456"),
        ("RU", "8 (301) 123-45-67", "+73011234567"),
        ("HU", "(06 1) 234 5678", "+3612345678"),
        // The plan puts the area code in front, or takes a carrier's code away.
        ("AG", "460-1234", "+12684601234"),
        ("SM", "886377", "+3780549886377"),
        ("BR", "0 15 11 96123-4567", "+5511961234567"),
        ("BR", "(11) 96123-4567", "+5511961234567"),
        ("AR", "011 15-2345-6789", "+541123456789"),
        ("AR", "011 2345-6789", "+541123456789"),
        ("MX", "222 123 4567", "+522221234567"),
    ] {
        reads(code, text, e164);
    }
}

#[test]
fn numbers_of_other_countries() {
    for (code, text, e164) in [
        ("US", "011 44 20 7946 0018", "+442079460018"),
        ("US", "011 442079460018", "+442079460018"),
        ("CA", "011-44-20-7946-0018", "+442079460018"),
        ("DE", "0044 20 7946 0018", "+442079460018"),
        ("DE", "00 44 (0)20 7946 0018", "+442079460018"),
        ("DE", "(0044) 20 7946 0018", "+442079460018"),
        ("GB", "00 1 415 555 0123", "+14155550123"),
        ("GB", "00442079460018", "+442079460018"),
        ("AU", "0011 44 20 7946 0018", "+442079460018"),
        ("JP", "010 44 20 7946 0018", "+442079460018"),
        ("RU", "8 10 44 20 7946 0018", "+442079460018"),
        ("BR", "00 15 44 20 7946 0018", "+442079460018"),
        ("FR", "00 52 1 222 123 4567", "+522221234567"),
    ] {
        reads(code, text, e164);
    }
    // The prefix of another country is no prefix, and what is behind it is no number of this one.
    refuses("US", "00 44 20 7946 0018", Kind::TooLong);
    refuses("GB", "011 44 20 7946 0018", Kind::TooLong);
    refuses("DE", "00 999 20 7946 0018", Kind::NotInPlan);
}

#[test]
fn with_the_own_country_code_and_no_plus() {
    for (code, text, e164) in [
        ("GB", "442079460018", "+442079460018"),
        ("GB", "44 20 7946 0018", "+442079460018"),
        ("GB", "44 (0)20 7946 0018", "+442079460018"),
        ("US", "14155550123", "+14155550123"),
        ("FR", "33199000000", "+33199000000"),
        ("AU", "61 491 570 156", "+61491570156"),
        ("MX", "52 1 222 123 4567", "+522221234567"),
    ] {
        reads(code, text, e164);
    }
    // Another country's code without a prefix is a guess.
    refuses("US", "442079460018", Kind::TooLong);
    refuses("FR", "442079460018", Kind::TooLong);
}

#[test]
fn international_texts() {
    for code in ["GB", "US", "DE", "JP"] {
        for (text, e164) in [
            ("+442079460018", "+442079460018"),
            ("+44 20 7946 0018", "+442079460018"),
            ("tel:+44-20-7946-0018", "+442079460018"),
            ("msisdn-442079460018", "+442079460018"),
            ("+33.1.99.00.00.00", "+33199000000"),
            ("+39 02 1234 5678", "+390212345678"),
            // A trunk prefix: the core refuses it, the plan says what it is.
            ("+44 (0)20 7946 0018", "+442079460018"),
            ("tel:+44-(0)20-7946-0018;npdi", "+442079460018"),
            ("+36 (06) 1 234 5678", "+3612345678"),
            ("+7 8 301 123-45-67", "+73011234567"),
            ("(+44) 20 7946 0018", "+442079460018"),
            ("( +44 ) (0)20 7946 0018", "+442079460018"),
            ("+44 020 7946 0018", "+442079460018"),
            ("+44 (020) 7946 0018", "+442079460018"),
            ("sip:+442079460018@example.org;user=phone", "+442079460018"),
            ("\u{202A}+44\u{A0}20\u{A0}7946\u{A0}0018\u{202C}", "+442079460018"),
            // In Italy the zero belongs to the number.
            ("+39 (0)2 1234 5678", "+390212345678"),
            // No country's code.
            ("+800 1234 5678", "+80012345678"),
        ] {
            reads(code, text, e164);
        }
    }
    for (text, kind) in [
        // The tail of a range of extensions, which no form gives away.
        ("+44 20 7946 0018-19", Kind::TooLong),
        ("+44 20 7946 0018 (12)", Kind::TooLong),
        ("+1 415 555 01234", Kind::TooLong),
        ("+44 20 7946 001", Kind::NotInPlan),
        ("+44 20 7946", Kind::LocalOnly),
        ("+44 5999 012345", Kind::NotInPlan),
        ("+999 20 7946 0018", Kind::UnknownCountryCode),
        ("+44 20 7946 OO18", Kind::International(ParseErrorKind::NotADigit)),
        ("+44 (0)20 7946 0018 19", Kind::TooLong),
        // A landline with the zero, a mobile without.
        ("+39 (0)321 234567", Kind::Ambiguous),
        ("00 39 (0)321 234567", Kind::Ambiguous),
        ("+247 (0)62889", Kind::Ambiguous),
    ] {
        refuses("GB", text, kind);
    }
}

/// What is not a number to begin with is the core's to name.
#[test]
fn other_texts() {
    for text in ["", " ", "n/a", "unknown", "someone@example.org", "sip:alice@example.org", "-"] {
        let error = parse(text, country("GB")).expect_err("no number");
        assert!(matches!(error.kind(), Kind::International(_)), "{text}: {error:?}");
        assert!(std::error::Error::source(&error).is_some());
    }
}

#[test]
fn refusals() {
    for (code, text, kind) in [
        ("US", "555-0123", Kind::LocalOnly),
        ("GB", "7946 0018", Kind::LocalOnly),
        ("AU", "5550 1234", Kind::LocalOnly),
        ("GB", "020 7946 001", Kind::NotInPlan),
        ("GB", "999", Kind::TooShort),
        ("US", "911", Kind::TooShort),
        ("GB", "020 7946 0018 19", Kind::TooLong),
        ("US", "(415) 555-0123 4", Kind::TooLong),
        ("GB", "020 7946 0018 / 020 7946 0019", Kind::TooLong),
        ("GB", "07700 900123 07700 900124 07700 900125", Kind::TooLong),
        ("GB", "0599 901 2345", Kind::NotInPlan),
        ("US", "(115) 555-0123", Kind::NotInPlan),
        ("GB", "7700 900123", Kind::NoTrunkPrefix),
        ("FR", "199000000", Kind::NoTrunkPrefix),
        ("DE", "30 23125 123", Kind::NoTrunkPrefix),
        ("GB", "020 7946 OO18", Kind::NotADigit),
        ("GB", "020 7946 0018/", Kind::NotADigit),
        ("GB", "020 7946 0018 ext. 12", Kind::Extension),
        ("GB", "020 7946 0018x12", Kind::Extension),
        ("GB", "020 7946 0018 #12", Kind::Extension),
        ("GB", "020 7946 0018,,12", Kind::Extension),
        ("GB", "020 7946 0018;ext=12", Kind::Extension),
        ("GB", "020 7946 0018 Extension 12", Kind::Extension),
        ("GB", "020 7946 0018, 020 7946 0019", Kind::NotADigit),
        ("GB", "020 7946 0018; 020 7946 0019", Kind::NotADigit),
        ("GB", "020 7946 0018 x", Kind::NotADigit),
        ("US", "1-800-FLOWERS", Kind::NotADigit),
        ("GB", "(020 7946 0018", Kind::Parenthesis),
        ("GB", "020) 7946 0018", Kind::Parenthesis),
        ("GB", "((020)) 7946 0018", Kind::Parenthesis),
        ("GB", "07700900123.0", Kind::DecimalPoint),
        ("GB", "7700900123.00", Kind::DecimalPoint),
        ("US", "4155550123.0", Kind::DecimalPoint),
        ("GB", "4.4207946E+11", Kind::NotADigit),
        ("GB", "020 7946 0018\n020 7946 0019", Kind::TooLong),
        ("GB", "()", Kind::TooShort),
    ] {
        refuses(code, text, kind);
    }
}

/// telseal refuses at the trunk prefix, before it sees the rest. What stands there is its to judge all the same.
#[test]
fn what_stands_behind_a_number_with_a_trunk_prefix() {
    use telseal::ParseErrorKind as Core;
    for text in ["tel:+44(0)2079460018;npdi", "sip:+44-020-79460018@example.org;user=phone", "tel: +44 (0)20 7946 0018"]
    {
        reads("GB", text, "+442079460018");
    }
    for (text, kind) in [
        ("+44 (0)20 7946 0018;ext=12", Core::NotADigit),
        ("+44 (0)20 7946 0018; +44 (0)20 7946 0019", Core::NotADigit),
        ("+44 020 7946 0018; 020 7946 0019", Core::NotADigit),
        ("+44 (0)20 7946 0018@example.org", Core::NotADigit),
        ("tel:+44(0)2079460018;ext=12", Core::Extension),
        ("tel:+44(0)2079460018;npdi;isub=12", Core::Extension),
        ("tel:+44-020-79460018;rn=%", Core::Parameter),
        ("tel:+44(0)2079460018;", Core::Parameter),
        ("tel:+44(0)2079460018@example.org", Core::NotADigit),
        ("sip:+44(0)2079460018;ext=12@example.org;user=phone", Core::Extension),
    ] {
        refuses("GB", text, Kind::International(kind));
    }
    let error = parse("+44 (0)20 7946 0018;ext=12", country("GB")).expect_err("an extension");
    assert_eq!(error.position(), Some(19));
}

#[test]
fn the_place_of_a_fault() {
    for (text, position) in [
        ("020 7946 OO18", Some(9)),
        ("\u{A0}020 7946 OO18", Some(11)),
        ("(020 7946 0018", Some(0)),
        ("020) 7946 0018", Some(3)),
        ("020 7946 0018 x12", Some(14)),
        ("020 7946 001", None),
        ("+44 20 7946 OO18", Some(12)),
    ] {
        assert_eq!(parse(text, country("GB")).expect_err(text).position(), position, "{text}");
    }
}

/// Read as GB and then as US, American numbers become British ones: the trunk prefix tells them apart.
#[test]
fn a_chain_of_countries_is_a_trap() {
    refuses("GB", "800-555-0182", Kind::NoTrunkPrefix);
    reads("US", "800-555-0182", "+18005550182");
    for accept in [Accept::WithoutTrunkPrefix, Accept::Possible] {
        let somebody_else = parse_with("800-555-0182", country("GB"), accept).expect("the risk that is documented");
        assert_eq!(&*somebody_else.expose_e164(), "+448005550182");
    }
    let mut as_british = 0;
    for area in 200..1000 {
        for line in ["0100", "0182"] {
            as_british += usize::from(parse(&format!("{area}-555-{line}"), country("GB")).is_ok());
        }
    }
    assert_eq!(as_british, 0);
}

#[test]
fn what_the_switches_add() {
    let reads_at =
        |code, text, accept| parse_with(text, country(code), accept).map(|n| n.expose_e164().to_string()).ok();
    for (code, text, without_trunk_prefix, possible) in [
        ("GB", "7700 900123", Some("+447700900123"), Some("+447700900123")),
        ("DE", "30 23125 123", Some("+493023125123"), Some("+493023125123")),
        // A range that the plan does not have, or not yet.
        ("GB", "0599 901 2345", None, Some("+445999012345")),
        ("US", "(915) 155-0123", None, Some("+19151550123")),
        ("GB", "+44 5999 012345", None, Some("+445999012345")),
        // Never: not even possible.
        ("GB", "7946 0018", None, None),
        ("GB", "020 7946 0018 19", None, None),
        ("GB", "020 7946 0018 x12", None, None),
    ] {
        assert_eq!(reads_at(code, text, Accept::Certain), None, "{code} {text}");
        assert_eq!(reads_at(code, text, Accept::WithoutTrunkPrefix).as_deref(), without_trunk_prefix, "{code} {text}");
        assert_eq!(reads_at(code, text, Accept::Possible).as_deref(), possible, "{code} {text}");
    }
    assert!(Accept::Certain < Accept::WithoutTrunkPrefix && Accept::WithoutTrunkPrefix < Accept::Possible);
    assert_eq!(Accept::default(), Accept::Certain);
}

#[test]
fn typography() {
    for text in [
        " 020 7946 0018 ",
        "\t020 7946 0018\r\n",
        "\u{FEFF}020 7946 0018",
        "020\t7946 0018",
        "๐๒๐ ๗๙๔๖ ๐๐๑๘",
        "\u{202A}020 7946 0018\u{202C}",
        "\u{2066}020\u{200E} 7946\u{200B} 0018\u{2069}",
        "020\u{A0}7946\u{A0}0018",
        "020\u{202F}7946\u{2007}0018",
        "020\u{2009}7946 0018",
        "020\u{2010}7946\u{2011}0018",
        "020\u{2012}7946\u{2013}0018",
        "020\u{2014}7946\u{2015}0018",
        "020\u{2212}7946\u{FE63}0018",
        "020\u{FF0D}7946 0018",
        "020\u{AD}7946\u{AD}0018",
        "（020）7946 0018",
        "０２０ ７９４６ ００１８",
        "٠٢٠ ٧٩٤٦ ٠٠١٨",
        "۰۲۰ ۷۹۴۶ ۰۰۱۸",
        "०२० ७९४६ ००१८",
        "০২০ ৭৯৪৬ ০০১৮",
    ] {
        reads("GB", text, "+442079460018");
    }
}

#[test]
fn countries() {
    for code in ["GB", "gb", "US", "DE", "JE", "AX", "XK", "TA"] {
        assert_eq!(country(code).to_string(), code.to_uppercase());
        assert_eq!(format!("{:?}", country(code)), code.to_uppercase());
        assert_eq!(country(code).code(), code.to_uppercase());
    }
    for code in ["", "G", "UK", "EU", "ZZ", "001", "GBR", "G\u{e9}", "44", "  ", "GB "] {
        assert!(code.parse::<Country>().is_err(), "{code}");
    }
    let all: Vec<_> = Country::all().collect();
    assert!(all.len() >= 240 && all.is_sorted());
    for country in all {
        assert_eq!(country.code().parse(), Ok(country));
    }
}

/// A number of a neighbour who shares the country code is a number: it has one spelling only.
#[test]
fn shared_country_codes() {
    reads("CA", "(415) 555-0123", "+14155550123");
    reads("JE", "07700 900123", "+447700900123");
    reads("GB", "01534 456789", "+441534456789"); // Jersey's example
    reads("JE", "456789", "+441534456789");
    refuses("GB", "456789", Kind::LocalOnly);
    // A number of seven digits for all of Canada looks like a local number of the United States.
    reads("CA", "310-1234", "+13101234");
    refuses("US", "310-1234", Kind::LocalOnly);
    reads("KZ", "8 301 123 45 67", "+73011234567");
    reads("CX", "9162 1234", "+61891621234");
}
