//! Subscribers whose number has several spellings. The numbers are examples of libphonenumber's metadata.

use telseal::PhoneNumber;
use telseal_national::{Country, RESERVED, canonical, parse, spellings};

fn all(number: &str) -> Vec<String> {
    let number: PhoneNumber = number.parse().expect("an international number");
    spellings(&number).map(|number| number.expose_e164().to_string()).collect()
}

const SUBSCRIBERS: &[&[&str]] = &[
    &["+522221234567", "+5212221234567"],
    &["+541123456789", "+5491123456789"],
    &["+543456234567", "+5493456234567"],
    &["+5511961234567", "+551161234567"],
    &["+5511981234567", "+551181234567"],
    &["+5511991234567", "+551191234567"],
    &["+2290190011234", "+22990011234"],
    &["+2290120211234", "+22920211234"],
    &["+3780549886377", "+378886377", "+390549886377"],
    &["+970599123456", "+972599123456"],
    &["+970569123456", "+972569123456"],
    &["+590690001234", "+33690001234"],
    &["+590590201234", "+33590201234"],
    &["+594694201234", "+33694201234"],
    &["+594594101234", "+33594101234"],
    &["+596696201234", "+33696201234"],
    &["+596596101234", "+33596101234"],
    &["+262692123456", "+33692123456"],
    &["+262262161234", "+33262161234"],
    &["+262639012345", "+33639012345"],
    &["+262269601234", "+33269601234"],
    &["+508430123", "+33508430123"],
];

#[test]
fn every_spelling_gives_all_of_them() {
    for &subscriber in SUBSCRIBERS {
        for number in subscriber {
            assert_eq!(all(number), subscriber, "{number}");
            let number: PhoneNumber = number.parse().expect("an international number");
            assert_eq!(&*canonical(&number).expose_e164(), subscriber[0]);
        }
    }
}

/// One subscriber, one token: whichever spelling is in the text, the number is the canonical one. All of them are valid, although
/// the metadata have no place for most.
#[test]
fn every_spelling_is_read_as_the_canonical_one() {
    let country: Country = "GB".parse().expect("a country");
    for &subscriber in SUBSCRIBERS {
        for number in subscriber {
            let read = parse(number, country).unwrap_or_else(|error| panic!("{number}: {error}"));
            assert_eq!(&*read.expose_e164(), subscriber[0], "{number}");
            let dialled =
                parse(&number.replace('+', "00"), country).unwrap_or_else(|error| panic!("{number}: {error}"));
            assert_eq!(dialled, read);
        }
    }
}

#[test]
fn national_texts_of_such_numbers() {
    for (code, text, e164) in [
        ("AR", "011 15 2345-6789", "+541123456789"),
        ("BR", "(11) 6123-4567", "+5511961234567"),
        ("BR", "(11) 96123-4567", "+5511961234567"),
        ("SM", "0549 886377", "+3780549886377"),
        ("IT", "0549 886377", "+3780549886377"),
        ("IL", "059-912-3456", "+970599123456"),
        ("PS", "059-912-3456", "+970599123456"),
        ("FR", "0690 00 12 34", "+590690001234"),
        ("GP", "0690 00 12 34", "+590690001234"),
        ("FR", "0596 10 12 34", "+596596101234"),
        ("FR", "05 08 43 01 23", "+508430123"),
    ] {
        let read =
            parse(text, code.parse().expect("a country")).unwrap_or_else(|error| panic!("{code} {text}: {error}"));
        assert_eq!(&*read.expose_e164(), e164, "{code} {text}");
    }
}

#[test]
fn all_other_numbers_have_one_spelling() {
    for number in [
        "+442079460018",
        "+14155550123",
        "+33199000000",
        "+33639981234",  // kept for films, in the middle of Mayotte's mobiles
        "+551171234567", // trunked radio
        "+551123456789", // a fixed line
        "+5511971234567",
        "+548001234567", // no area
        "+5218001234",   // too short for a mobile
        "+390212345678",
        "+378661234567",
        "+972501234567",
        "+97222234567",
        "+22901900112345",
    ] {
        assert_eq!(all(number), [number]);
    }
    for reserved in RESERVED {
        let number = format!("+{}", reserved.pattern.replace(['x', 'n'], "5"));
        assert_eq!(all(&number), [number], "{}", reserved.source);
    }
}

/// No two rules share a number, so that the canonical spelling of a spelling is always the same.
#[test]
fn the_canonical_spelling_is_its_own() {
    let mut seed = 17_u64;
    for _ in 0..200_000 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let codes = [
            "52", "521", "54", "549", "55", "229", "22901", "378", "3780549", "390549", "970", "972", "33", "590",
            "594", "596", "262", "508", "33508",
        ];
        let code = codes[(seed >> 33) as usize % codes.len()];
        let rest = 6 + (seed >> 40) as usize % 6;
        let digits = format!("{code}{:011}", (seed >> 20) % 100_000_000_000);
        let Ok(number) = PhoneNumber::from_msisdn(&digits[..code.len() + rest]) else { continue };
        let first = canonical(&number);
        let all: Vec<_> = spellings(&number).collect();
        assert!(all.contains(&number) && all[0] == first);
        for spelling in &all {
            assert!(canonical(spelling) == first);
            assert!(spellings(spelling).eq(all.iter().cloned()));
        }
    }
}
