//! However a number is typed, it is one number, and what is not certain is refused for its own reason: the tables of
//! SPEC.md, section 5, and any sequence of decorations against a reader that goes character by character.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;
#[path = "../fuzz/typed.rs"]
mod typed;

use ParseErrorKind::*;
use common::{all_equal, refused};
use proptest::{collection::vec, prelude::*, sample::select};
use std::fmt::Debug;
use telseal::{Imei, Imeisv, Imsi, ParseError, ParseErrorKind, PhoneNumber, Prefix};

const DIGITS: &str = "442079460018";

fn phone(text: &str) -> Result<PhoneNumber, ParseError> {
    text.parse()
}

#[track_caller]
fn reads(text: &str, digits: &str) {
    match phone(text) {
        Ok(number) => assert_eq!(&*number.expose_msisdn(), digits, "{text:?}"),
        Err(error) => panic!("{text:?}: {error}"),
    }
}

/// Refused for this reason, at the place of this mark in the text, and the mark is left out.
#[track_caller]
fn refuses<T: Debug>(read: impl Fn(&str) -> Result<T, ParseError>, marked: &str, kind: ParseErrorKind) {
    let (text, at) = (marked.replacen('|', "", 1), marked.find('|'));
    let error = read(&text).expect_err(&text);
    assert_eq!((error.kind(), error.position()), (kind, at), "{text:?}: {error}");
}

// ---- Nothing is sealed as somebody else.

#[test]
fn a_zero_behind_the_country_code_is_no_digit_of_the_number() {
    for text in [
        "+44|02079460018",
        "+44 |020 7946 0018",
        "+44 (|020) 7946 0018",
        "+44 |07700 900123",
        "+44 (|00) 20 7946 0018",
        "+44 ( |0 ) 20 7946 0018",
        "+44 (|0 ) 20 7946 0018",
        "+44(|0)(20)79460018",
        "+44 (|0)20 7946 0018",
        "+44-|020-7946-0018",
        "+44.|020.7946.0018",
        "+44\u{A0}|020\u{A0}7946\u{A0}0018",
        "+٤٤|٠٢٠٧٩٤٦٠٠١٨",
        "tel:+44|02079460018",
        "tel:+44-|020-7946-0018;npdi",
        "sip:+44|02079460018@example.org;user=phone",
        "+1|0125550143",
        "+1 (|0) 212 555 0143",
        "+49 |030 12345678",
        "+353 |01 234 5678",
        "+61 |0491 570 006",
        "+39 (|0) 6 1234567",
        "+44 20 (|00) 7946 0018",
    ] {
        refuses(phone, text, TrunkPrefix);
    }
    for text in ["+44 |0", "+44|020", "+1|0", "+353 |01", "+39 (|0)"] {
        refuses(|text| text.parse::<Prefix<PhoneNumber>>(), text, TrunkPrefix);
    }
}

#[test]
fn a_zero_behind_the_country_code_is_read_where_numbers_have_one() {
    for (text, digits) in [
        ("+39 06 1234 5678", "390612345678"),
        ("+39 (06) 1234 5678", "390612345678"),
        ("+225 01 23 45 67 89", "2250123456789"),
        ("+229 01 23 45 67 89", "2290123456789"),
        ("+241 06 12 34 56", "24106123456"),
        ("+242 06 123 4567", "242061234567"),
        ("+378 0549 123456", "3780549123456"),
        ("tel:+39-06-1234-5678", "390612345678"),
    ] {
        reads(text, digits);
    }
    assert!("+39 06".parse::<Prefix<PhoneNumber>>().is_ok());
    // What comes from the wire, or is said to be an MSISDN, is taken as it is.
    for digits in ["4402079460018", "10125550143"] {
        let number = PhoneNumber::from_msisdn(digits).unwrap();
        assert_eq!(&*number.expose_msisdn(), digits);
        assert_eq!(PhoneNumber::from_tbcd(&number.expose_tbcd()).as_ref(), Ok(&number));
        assert_eq!(PhoneNumber::from_address_string(&number.expose_address_string()).as_ref(), Ok(&number));
        assert_eq!(phone(&number.expose_gpsi()).as_ref(), Ok(&number));
    }
}

/// Every beginning of three digits, with and without a zero behind the country code, in the quick form and in the slow.
#[test]
fn every_country_code() {
    let mut refusals = 0;
    for code in 100..=999 {
        for rest in ["01234567", "10234567", "12034567", "12304567"] {
            let digits = format!("{code}{rest}");
            let expected = typed::trunk_zero(&digits);
            refusals += u32::from(expected);
            for text in [format!("+{digits}"), format!("+{} {}", &digits[..5], &digits[5..])] {
                match expected {
                    true => assert_eq!(phone(&text).unwrap_err().kind(), TrunkPrefix, "{text}"),
                    false => reads(&text, &digits),
                }
            }
        }
    }
    // Codes of one digit with 100 to 199 and 700 to 799 where the second is 0; of two where the third is; of three.
    let (two, with_zero) = (44, [2, 20]);
    let three = 900 - 200 - 10 * two;
    assert_eq!(refusals, 4 * (10 + 10) + 4 * (two - with_zero[0]) + three - with_zero[1]);
}

// ---- Typography is not identity.

#[test]
fn typography_of_phone_numbers() {
    for text in [
        " +442079460018",
        "+442079460018 ",
        "\t+442079460018\r\n",
        "\u{FEFF}+442079460018",
        "\u{200E}+442079460018\u{200E}",
        "\u{202A}+44 20 7946 0018\u{202C}",
        "\u{2066}+44 20 7946 0018\u{2069}",
        "\u{202D}+44 20 7946 0018\u{202C}\n",
        "+44\u{A0}20\u{A0}7946\u{A0}0018",
        "+44\u{202F}20\u{202F}7946\u{202F}0018",
        "+44\u{2007}20\u{2007}7946\u{2007}0018",
        "+44\u{2009}20\u{2009}7946\u{2009}0018",
        "+44\u{3000}20\u{3000}7946\u{3000}0018",
        "+44\t20\t7946\t0018",
        "+44‐20‐7946‐0018",
        "+44‑20‑7946‑0018",
        "+44‒20–7946—0018",
        "+44―20−7946ー0018",
        "+44﹣20－7946-0018",
        "+44\u{AD}20\u{AD}7946\u{AD}0018",
        "+44/20/7946/0018",
        "+44 20/79460018",
        "+44·20·7946·0018",
        "+44．20／7946．0018",
        "+44\u{200B}20\u{2060}7946\u{200F}0018",
        "+4\u{200D}4\u{200C}2\u{FEFF}07946\u{61C}0018",
        "＋44（20）79460018",
        "＋４４２０７９４６００１８",
        "＋４４（２０）７９４６－００１８",
        "+٤٤٢٠٧٩٤٦٠٠١٨",
        "+۴۴۲۰۷۹۴۶۰۰۱۸",
        "+४४२०७९४६००१८",
        "+৪৪২০৭৯৪৬০০১৮",
        "+๔๔๒๐๗๙๔๖๐๐๑๘",
        "+၄၄၂၀၇၉၄၆၀၀၁၈",
        "+៤៤២០៧៩៤៦០០១៨",
        "+𞥔𞥔𞥒𞥐𞥗𞥙𞥔𞥖𞥐𞥐𞥑𞥘",
        "+٤٤ 20 ७९४६ 0018",
        "(+44) 20 7946 0018",
        "(+44 20) 7946 0018",
        "（＋44） 20 7946 0018",
        "tel:\u{200E}+44‑20‑7946‑0018\u{200E};npdi\n",
        " tel:+44\u{A0}2079460018",
        "\u{FEFF}TEL: +44 2079460018",
        "t\u{200B}el:+442079460018",
        "sip:+442079460018@example.org;user=phone",
        "SIP:+44-20-7946-0018@example.org:5060;transport=udp;User=Phone?subject=x",
        "sips:+442079460018;npdi@[2001:db8::1];user=phone",
    ] {
        reads(text, DIGITS);
        assert_eq!(typed::phone(text).as_deref(), Some(DIGITS), "{text:?}");
    }
}

#[test]
fn typography_of_imsis_imeis_and_prefixes() {
    let imsis = [
        "001010123456789",
        " 001010123456789\r\n",
        "001 01 0123456789",
        "001-01-0123456789",
        "001‑01\u{A0}0123456789",
        "\u{FEFF}001010123456789",
        "٠٠١٠١٠١٢٣٤٥٦٧٨٩",
        "００１０１０１２３４５６７８９",
        "imsi-001010123456789",
    ];
    all_equal(&imsis.map(|text| text.parse::<Imsi>().unwrap()));
    let imeis = [
        "490154203237518",
        "49 015420 323751 8",
        "49/015420/323751/8",
        "49-015420-323751-8",
        "49‑015420‑323751‑8",
        "49\u{A0}015420\u{A0}323751\u{A0}8",
        "490154203237518\r\n",
        "\u{200E}490154203237518",
        "490154203237518/01",
        "490154203237518 / 01",
        "49-015420-323751-8/01",
        "IMEI: 490154203237518",
        "IMEI 490154203237518 / 01",
        "imei:49/015420/323751/8",
        "٤٩٠١٥٤٢٠٣٢٣٧٥١٨",
        "４９０１５４２０３２３７５１８",
        "49015420 323751",
        "49015420323751",
    ];
    all_equal(&imeis.map(|text| text.parse::<Imei>().unwrap()));
    let imeisvs = ["4901542032375142", "49-015420-323751-42", "49015420 323751 42\n", "49/015420/323751/42"];
    all_equal(&imeisvs.map(|text| text.parse::<Imeisv>().unwrap()));
    let prefixes = ["+4420", "\u{200E}+44\u{A0}20\u{200E}", "＋４４‑２０", "(+44) 20", "+44 (20)", "+44/20", "+٤٤٢٠"];
    all_equal(&prefixes.map(|text| text.parse::<Prefix<PhoneNumber>>().unwrap()));
    all_equal(&["00101", " 001 01\n", "001-01", "٠٠١٠١"].map(|text| text.parse::<Prefix<Imsi>>().unwrap()));
    all_equal(
        &["49015420", "49 015420", "49/015420", "４９０１５４２０"].map(|text| text.parse::<Prefix<Imei>>().unwrap()),
    );
}

/// These are for programs: one spelling each.
#[test]
fn strict_forms_stay_strict() {
    for text in
        ["msisdn-44 2079460018", "msisdn-442079460018\n", "msisdn-４４2079460018", "msisdn-\u{200E}442079460018"]
    {
        assert_eq!(phone(text).unwrap_err().kind(), NotADigit, "{text:?}");
    }
    assert_eq!("imsi-00101 0123456789".parse::<Imsi>().unwrap_err().kind(), NotADigit);
    assert_eq!("imei-49015420 3237518".parse::<Imei>().unwrap_err().kind(), NotADigit);
    assert_eq!("imeisv-4901542032375142 ".parse::<Imeisv>().unwrap_err().kind(), NotADigit);
    // Nothing may stand before the prefix either. That is not called an identifier of another kind.
    refuses(phone, " |msisdn-442079460018", UnknownForm);
    refuses(phone, "\u{FEFF}|msisdn-442079460018", UnknownForm);
    refuses(|text| text.parse::<Imsi>(), " |imsi-001010123456789", UnknownForm);
    refuses(|text| text.parse::<Imei>(), " |imei-490154203237518", UnknownForm);
    refuses(|text| text.parse::<Imeisv>(), " |imeisv-4901542032375112", UnknownForm);
    refuses(|text| text.parse::<Prefix<Imsi>>(), "|imsi-00101", UnknownForm);
    refuses(|text| text.parse::<Imsi>(), " |imei-490154203237518", OtherIdentifier);
    assert_eq!("urn:gsma:imei:49015420‑323751-0".parse::<Imei>().unwrap_err().kind(), Hyphen);
    for text in ["44 2079460018", "442079460018\n", "４４2079460018", "\u{FEFF}442079460018"] {
        assert_eq!(PhoneNumber::from_msisdn(text).unwrap_err().kind(), NotADigit, "{text:?}");
    }
}

// ---- Errors that a program can act on.

#[test]
fn what_is_no_phone_number() {
    for (text, kind) in [
        ("", Empty),
        (" \t\u{FEFF}\u{200E}\n", Empty),
        ("|442079460018", NoCountryCode),
        ("|1 415 555 0123", NoCountryCode),
        ("|(415) 555-0123", NoCountryCode),
        ("|00442079460018", InternationalPrefix),
        ("|00 44 20 7946 0018", InternationalPrefix),
        ("|0044 (0)20 7946 0018", InternationalPrefix),
        ("|011 44 20 7946 0018", InternationalPrefix),
        ("|011442079460018", InternationalPrefix),
        // 011 alone or before more than 11 digits; otherwise it may be a national number. What is no digit groups nothing.
        ("|011 44 20 7946", InternationalPrefix),
        ("|01144 20 7946", NationalNumber),
        ("|011x44207946", NationalNumber),
        ("|0x0442079460018", InternationalPrefix),
        ("|٠٠٤٤٢٠٧٩٤٦٠٠١٨", InternationalPrefix),
        ("|07700 900123", NationalNumber),
        ("|020 7946 0018", NationalNumber),
        ("|(020) 7946 0018", NationalNumber),
        ("|0117 496 0018", NationalNumber),
        ("|01174960018", NationalNumber),
        ("tel:|020-7946-0018;phone-context=+44", NationalNumber),
        ("tel:|442079460018", NoCountryCode),
        ("|someone@example.org", EmailAddress),
        ("|442079460018@example.org", EmailAddress),
        ("sip:|someone@example.org", SipUri),
        ("sip:|+442079460018@example.org", SipUri),
        ("sip:|442079460018@example.org;user=phone", SipUri),
        ("sip:|+442079460018", SipUri),
        ("sip:|+442079460018@;user=phone", SipUri),
        ("sip:|+442079460018@example.org;user=ip", SipUri),
        ("sip:+442079460018;|ext=7@example.org;user=phone", Extension),
        ("|mailto:someone@example.org", OtherScheme),
        ("|https://example.org/442079460018", OtherScheme),
        ("|urn:gsma:imei:49015420-323751-0", OtherScheme),
        ("|nai-001010123456789@example.org", OtherIdentifier),
        ("|suci-0-001-01-0-0-0-123456789", OtherIdentifier),
        ("|mac-00-00-5E-00-53-01", OtherIdentifier),
        ("|extid-device@example.org", OtherIdentifier),
        ("|imsi-001010123456789", OtherIdentifier),
        ("|imei-490154203237518", OtherIdentifier),
        ("|someone", UnknownForm),
        ("|MSISDN-442079460018", UnknownForm),
        ("|-", UnknownForm),
        ("tel:|", UnknownForm),
        ("+44207946001|*", NotADigit),
        ("+44|+2079460018", NotADigit),
        ("+|/442079460018", NotADigit),
        ("+442079460018|/", NotADigit),
        ("+44 20 7946 0018 |x7", Extension),
        ("+44 20 7946 0018|\u{2764}", NotADigit),
        ("+44|𝟐079460018", NotADigit),
        ("+44|²079460018", NotADigit),
        ("+4|(4", Parenthesis),
        ("+0 0", TooFewDigits { min: 7, max: 15 }),
        ("+44 20 7946 0018 |ext. 12", Extension),
        ("+44 20 7946 0018 |EXTN 1234567", Extension),
        ("+44 20 7946 0018 |#12", Extension),
        ("+44 20 7946 0018|,,12", Extension),
        ("+44 20 7946 0018|;12", Extension),
        ("+44 20 7946 0018|p12", Extension),
        ("+44 20 7946 0018 |ext. 12345678", NotADigit),
        ("+44 20 7946 0018 |ext. 1 2", NotADigit),
        ("+44 20 7946 0018 |x1.2", NotADigit),
        ("+44 20 7946 0018 |x1x", NotADigit),
        ("+44 20 7946 0018 |xq1", NotADigit),
        ("+44 20 7946 0018 |x-1", NotADigit),
        ("+44 20 7946 0018 |x", NotADigit),
        ("+44 20 7946 0018 |t1", NotADigit),
    ] {
        refuses(phone, text, kind);
    }
}

#[test]
fn what_is_no_imsi_and_no_imei() {
    let imsi = |text: &str| text.parse::<Imsi>();
    let imei = |text: &str| text.parse::<Imei>();
    let imeisv = |text: &str| text.parse::<Imeisv>();
    for (text, kind) in [
        ("", Empty),
        ("|nai-001010123456789@example.org", OtherIdentifier),
        ("|suci-0-001-01-0-0-0-123456789", OtherIdentifier),
        ("|msisdn-442079460018", OtherIdentifier),
        ("|someone@example.org", EmailAddress),
        ("|tel:+442079460018", OtherScheme),
        ("001010123456789|.0", DecimalPart),
        ("00101012345678|F", FillerInText),
        ("001010123456789|/", NotADigit),
        ("001/01", NotADigit),
        ("|+001010123456789", NotADigit),
        ("|(001)01", NotADigit),
        ("00101", TooFewDigits { min: 6, max: 15 }),
        ("0010101234567890", TooManyDigits { min: 6, max: 15 }),
        ("|-001010123456789", NotADigit),
        ("|F001010123456789", NotADigit),
        ("|FF", NotADigit),
        ("00101|F0123456789", NotADigit),
        ("001010123456789|F1", NotADigit),
        ("001010123456789|Fx", NotADigit),
        ("001010123456789|.000", NotADigit),
        ("|abc: 001010123456789", NotADigit),
        ("|abc:", NotADigit),
        ("|abc:\u{e9}", NotADigit),
        ("|_bc:001010123456789", NotADigit),
        ("|a_c:001010123456789", NotADigit),
        ("|abc:001010123456789", OtherScheme),
        ("|a-b+c.:001010123456789", OtherScheme),
    ] {
        let text = if text == "001/01" { "001|/01" } else { text };
        refuses(imsi, text, kind);
    }
    for (text, kind) in [
        ("", Empty),
        ("|mac-00-00-5E-00-53-01", OtherIdentifier),
        ("|imsi-001010123456789", OtherIdentifier),
        ("|https://example.org/", OtherScheme),
        ("|IMEI-490154203237518", NotADigit),
        ("|x", NotADigit),
        ("490154203237518|.0", DecimalPart),
        ("490154203237518|.00", DecimalPart),
        ("490154203237518|F", FillerInText),
        ("49015420323751|ff", FillerInText),
        ("490154203237518|.1", NotADigit),
        ("490154203237518|/", NotADigit),
        ("49015420323751|9/01", CheckDigit),
        ("49-015420-323751-|0", CheckDigit),
        ("49015420323751801", TooManyDigits { min: 14, max: 15 }),
        ("4901542032375180/1", TooManyDigits { min: 14, max: 15 }),
        ("4901542032375142", Imeisv),
        ("49-015420-323751-42", Imeisv),
        ("4901542032375", TooFewDigits { min: 14, max: 15 }),
        ("|/490154203237518", NotADigit),
        ("49015420323751|F8", NotADigit),
        ("|I EI:490154203237518", NotADigit),
        ("|imei490154203237518", NotADigit),
        ("|imeix490154203237518", NotADigit),
        ("490154203237518/0100000000000000", TooManyDigits { min: 14, max: 15 }),
        (&format!("490154203237518/{}", "0".repeat(40)), TooManyDigits { min: 14, max: 15 }),
    ] {
        refuses(imei, text, kind);
    }
    for (text, kind) in [
        ("4901542032375142|.0", DecimalPart),
        ("490154203237518|F", FillerInText),
        ("490154203237518", TooFewDigits { min: 16, max: 16 }),
        ("|imei-490154203237518", OtherIdentifier),
    ] {
        refuses(imeisv, text, kind);
    }
    for text in ["|44", "|tel:+44", "|0044"] {
        refuses(|text| text.parse::<Prefix<PhoneNumber>>(), text, UnknownForm);
    }
}

/// What a spreadsheet makes of digits.
#[test]
fn decimal_places_are_no_digits() {
    for text in [
        "+447700900123|.0",
        "+447700900123|.00",
        "tel:+447700900123|.0",
        " +447700900123|.0 ",
        "+ 447700900123|.0",
        "+447700900123|.0.",
    ] {
        refuses(phone, text, DecimalPart);
    }
    refuses(phone, "+٤٤٧٧٠٠٩٠٠١٢٣|.٠", DecimalPart);
    refuses(|text| text.parse::<Prefix<PhoneNumber>>(), "+44|.0", DecimalPart);
    for (text, digits) in [
        ("+33.1.99.00.00.00", "33199000000"),
        ("+33 1 99 00 00.00", "33199000000"),
        ("+44770090012.30", "4477009001230"),
        ("+4477009001.000", "4477009001000"),
        ("+447700900123.1", "4477009001231"),
        ("+44 7700 900 123.0", "4477009001230"),
    ] {
        reads(text, digits);
    }
}

/// A tail that no rule by form can tell from digits of the number is one: the core knows no plan's lengths.
#[test]
fn tails_that_cannot_be_told_from_the_number() {
    reads("+44 20 7946 0018-19", "44207946001819");
    reads("+44 20 7946 0018 (12)", "44207946001812");
    reads("+33 1 99 00 00 18", "33199000018");
}

#[test]
fn import_forms_ask_for_the_full_length() {
    for text in ["001010000000001", "imsi-001010000000001", "001 01 0000000001"] {
        assert_eq!(Imsi::from_full(text).unwrap(), text.parse().unwrap());
    }
    for text in ["1010000000001", "imsi-1010000000001", "01010000000001", "101 00 00000001"] {
        assert!(text.parse::<Imsi>().is_ok());
        refuses(Imsi::from_full, text, TooFewDigits { min: 15, max: 15 });
    }
    for text in
        ["490154203237518", "imei-490154203237518", "imei-490154203237510", "49-015420-323751-8", "490154203237518/01"]
    {
        assert_eq!(Imei::from_full(text).unwrap(), text.parse().unwrap());
    }
    // 0044024524385112, an IMEISV, as a spreadsheet keeps it.
    for text in ["44024524385112", "44-024524-385112"] {
        assert!(text.parse::<Imei>().is_ok());
        refuses(Imei::from_full, text, TooFewDigits { min: 15, max: 15 });
    }
    refuses(Imei::from_full, "4901542032375142", Imeisv);
    refuses(Imei::from_full, "49015420323751|9", CheckDigit);
}

// ---- Bad input.

#[test]
fn long_texts_are_refused_by_their_length() {
    const HUGE: usize = if cfg!(telseal_ct) { 100_000 } else { 100_000_000 };
    let invisible = "\u{200B}".repeat(10_000);
    for (text, found) in [(invisible.clone(), 30_000), ("+".to_string() + &invisible, 30_001), ("4".repeat(HUGE), HUGE)]
    {
        let message = format!("expected at most 1024 bytes, found {found}");
        refused(phone(&text), &format!("phone number: {message}"));
        refused(text.parse::<Imsi>(), &format!("IMSI: {message}"));
        refused(text.parse::<Imei>(), &format!("IMEI: {message}"));
        refused(text.parse::<Imeisv>(), &format!("IMEISV: {message}"));
        refused(text.parse::<Prefix<PhoneNumber>>(), &format!("prefix of phone numbers: {message}"));
    }
    let longest = format!("+442079460018{}", " ".repeat(1024 - 13));
    reads(&longest, DIGITS);
    assert_eq!(phone(&(longest + " ")).unwrap_err().kind(), TooManyBytes { min: 0, max: 1024 });
}

#[test]
fn characters_are_named_and_digits_are_not() {
    for (text, message) in [
        ("msisdn-44\u{A0}2079460018", "expected a digit, found U+00A0, at byte 9"),
        ("+44207946\u{2764}0018", "expected a digit, found U+2764, at byte 9"),
        ("msisdn-\u{FEFF}442079460018", "expected a digit, found U+FEFF, at byte 7"),
        ("+44\u{85}2079460018\u{2063}", "expected a digit, found U+2063, at byte 15"),
        ("msisdn-٤42079460018", "expected a digit at byte 7"),
        ("+44²2079460018", "expected a digit at byte 3"),
        ("+44𝟐2079460018", "expected a digit at byte 3"),
        ("+44四2079460018", "expected a digit at byte 3"),
        ("+44Ⅳ2079460018", "expected a digit at byte 3"),
        // No letters and no numbers by their category, and a digit all the same.
        ("+44\u{A8E2}079460018", "expected a digit at byte 3"),
        ("msisdn-44\u{A8E2}079460018", "expected a digit at byte 9"),
        ("+44\u{E0032}079460018", "expected a digit at byte 3"),
        ("+44\u{218A}079460018", "expected a digit at byte 3"),
        ("+44\u{109E}079460018", "expected a digit at byte 3"),
        ("+44\u{2681}079460018", "expected a digit at byte 3"),
        ("+44\u{2803}079460018", "expected a digit at byte 3"),
        ("+44\u{2F06}079460018", "expected a digit at byte 3"),
        ("+44\u{1F51F}79460018", "expected a digit at byte 3"),
    ] {
        refused(phone(text), &format!("phone number: {message}"));
    }
}

// ---- Any sequence of decorations.

const SPACES: &str = " \t\r\n\u{A0}\u{2007}\u{2009}\u{202F}\u{3000}";
const HYPHENS: &str = "-‐‑‒–—―−﹣－ー";
const INVISIBLE: &str = "\u{AD}\u{200B}\u{200E}\u{200F}\u{202A}\u{202C}\u{2060}\u{2066}\u{2069}\u{FEFF}\u{61C}";
const SCRIPTS: &str = "0٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰０𐴰𑄶𞥐";

fn one_of(chars: &str) -> impl Strategy<Value = char> + use<> {
    select(chars.chars().collect::<Vec<_>>())
}

/// The digits, each in some script, with decorations before each and behind the last.
fn decorated(digits: &str, decorations: &str) -> impl Strategy<Value = String> + use<> {
    let digits: Vec<_> = digits.chars().map(|char| char.to_digit(10).unwrap()).collect();
    let scripts = vec(prop_oneof![1 => Just('0'), 1 => one_of(SCRIPTS)], digits.len());
    (scripts, vec(vec(one_of(decorations), 0..3), digits.len() + 1)).prop_map(move |(scripts, decorations)| {
        let digit = |(value, zero): (&u32, &char)| char::from_u32(*zero as u32 + value).unwrap();
        let mut text: String = decorations[0].iter().collect();
        for (digit, behind) in digits.iter().zip(&scripts).map(digit).zip(&decorations[1..]) {
            text.push(digit);
            text.extend(behind);
        }
        text
    })
}

/// Pieces of texts that are read and of texts that nearly are.
fn any_typed() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => "[0-9]{1,4}",
        2 => select(vec!["+", "＋", "+44", "+1", "+39", "(", ")", "(0)", "/", "·", ".", ".0", "-", " ", "0", "00", "F"]).prop_map(str::to_string),
        1 => one_of(SCRIPTS).prop_map(String::from),
        1 => one_of(INVISIBLE).prop_map(String::from),
        1 => one_of(SPACES).prop_map(String::from),
        1 => one_of(HYPHENS).prop_map(String::from),
        1 => select(vec![";npdi", ";ext=7", "@example.org", ";user=phone", "tel:", "sip:", "imei:", "IMEI "]).prop_map(str::to_string),
    ];
    let start = select(vec![
        "",
        "+",
        "tel:+",
        "sip:+",
        "+44 ",
        "(+44)",
        "msisdn-",
        "imsi-",
        "imei-",
        "imei: ",
        "49015420323751",
        "+4420794600",
        "tel:+39 06 123",
        "00101012",
        "urn:gsma:imei:49015420-323751-",
    ]);
    (start, vec(piece, 0..8)).prop_map(|(start, pieces)| start.to_string() + &pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decorations_of_a_phone_number(number in decorated(DIGITS, &[SPACES, HYPHENS, INVISIBLE, "."].concat()), blank in "[ \t\u{A0}\u{FEFF}\u{200E}]{0,3}") {
        for text in [format!("{blank}+{number}"), format!("{blank}＋{number}{blank}"), format!("{blank}tel:{blank}+{number};npdi{blank}")] {
            assert_eq!(phone(&text).map(|number| number.expose_msisdn().to_string()), Ok(DIGITS.to_string()), "{text:?}");
        }
    }

    #[test]
    fn decorations_of_the_others(
        imsi in decorated("001010123456789", &[SPACES, HYPHENS, INVISIBLE].concat()),
        imei in decorated("490154203237518", &[SPACES, HYPHENS, INVISIBLE].concat()),
        imeisv in decorated("4901542032375142", &[SPACES, HYPHENS, INVISIBLE].concat()),
    ) {
        // A hyphen stands behind a digit.
        let start = |text: &str| text.trim_start_matches(|char| HYPHENS.contains(char) || SPACES.contains(char) || INVISIBLE.contains(char)).to_string();
        assert_eq!(start(&imsi).parse::<Imsi>(), "001010123456789".parse());
        assert_eq!(start(&imei).parse::<Imei>(), "490154203237518".parse());
        assert_eq!(start(&imeisv).parse::<Imeisv>(), "4901542032375142".parse());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn as_the_naive_reader_reads(text in any_typed()) {
        let print = |read: Result<String, ParseError>| read.ok();
        assert_eq!(print(phone(&text).map(|read| read.expose_msisdn().to_string())), typed::phone(&text), "{text:?}");
        assert_eq!(print(text.parse::<Imsi>().map(|read| read.expose_digits().to_string())), typed::imsi(&text), "{text:?}");
        assert_eq!(print(text.parse::<Imei>().map(|read| read.expose_digits()[..14].to_string())), typed::imei(&text), "{text:?}");
        assert_eq!(print(text.parse::<Imeisv>().map(|read| read.expose_digits().to_string())), typed::imeisv(&text), "{text:?}");
        let prefix = text.parse::<Prefix<PhoneNumber>>().map(|prefix| prefix.len());
        assert_eq!(prefix.ok(), typed::global_number(&text, 1, 10).filter(|_| text.len() <= 1024).map(|digits| digits.len()), "{text:?}");
    }
}

/// The control: enough of the generated texts are read for the comparison to mean something.
#[test]
fn some_generated_texts_are_read() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};
    let mut runner = TestRunner::deterministic();
    let texts: Vec<_> = (0..4000).map(|_| any_typed().new_tree(&mut runner).unwrap().current()).collect();
    let count = |read: fn(&str) -> bool| texts.iter().filter(|text| read(text)).count();
    assert!(count(|text| text.parse::<PhoneNumber>().is_ok()) > 200);
    assert!(count(|text| text.parse::<Imsi>().is_ok()) > 100);
    assert!(count(|text| text.parse::<Imei>().is_ok()) > 20);
}
