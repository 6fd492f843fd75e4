//! The subscribers of `subscribers.csv`, and the forms in which their identifiers are written.

use std::{collections::BTreeMap, fmt::Debug, path::Path};
use telseal::{Exposed, Identifier, Imei, Imeisv, Imsi, ParseError, PhoneNumber};
use telseal_national::Country;

pub(crate) struct Subscriber {
    pub(crate) phone: PhoneNumber,
    pub(crate) imsi: Imsi,
    pub(crate) imei: Imei,
    /// Where the device was listed with its software version.
    pub(crate) imeisv: Option<Imeisv>,
    /// The phone number as the file has it.
    pub(crate) written: String,
}

/// How many rows came in which form, and how many were refused for which reason.
#[derive(Default)]
pub(crate) struct Tally {
    forms: BTreeMap<&'static str, usize>,
    /// Each with what the error says.
    refused: BTreeMap<String, (usize, String)>,
}

/// The digits, and nothing else: what must not be seen, and what the control lets be seen.
pub(crate) trait Digits: Identifier {
    fn expose(&self) -> Exposed<str>;
}

pub(crate) const PHONE_FORMS: usize = 12;
pub(crate) const DEVICE_FORMS: usize = 8;
/// Whose identifiers the demonstration prints, by the place in the file. All others are never printed.
pub(crate) const SHOWN: usize = 251;
const SUBSCRIBERS: u64 = 1200;
/// Every so many rows there is one of [`REFUSED`].
const REFUSED_EVERY: u64 = 20;

/// Rows as they are found in files, which must be refused: phone, country, IMSI and device, and the reason. The first ten
/// are refused for their phone number. All are compiled in, and so are in the router's memory: no subscriber has one of
/// these numbers.
pub(crate) const REFUSED: [(&str, &str); 12] = [
    ("496 0518,GB,,", "phone number: LocalOnly"),
    ("555-0123,US,,", "phone number: LocalOnly"),
    ("1614960518,GB,,", "phone number: NoTrunkPrefix"),
    ("0161 496 0518 ext. 5,GB,,", "phone number: Extension"),
    ("0161 496 051,GB,,", "phone number: NotInPlan"),
    ("+44 161 496 0518-19,GB,,", "phone number: TooLong"),
    ("+441614960518.0,GB,,", "phone number: International(DecimalPart)"),
    ("+44 161 496 O518,GB,,", "phone number: International(NotADigit)"),
    ("someone@example.com,GB,,", "phone number: International(EmailAddress)"),
    (",US,,", "phone number: International(Empty)"),
    ("0161 496 0518,GB,00101,", "IMSI: TooFewDigits { min: 6, max: 15 }"),
    ("0161 496 0518,GB,001010000000518,00-440105-000000-6", "IMEI: CheckDigit"),
];

/// Reads the file at run time. Compiled in, it would be in the router's memory too, which is the same program. Fails
/// unless every row is read or refused as it must be.
pub(crate) fn read() -> Result<(Vec<Subscriber>, Tally), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("messaging/subscribers.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut tally = Tally::default();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let subscribers: Vec<_> = rows.filter_map(|row| tally.row(row)).collect();
    let mut refused = BTreeMap::new();
    for i in 0..SUBSCRIBERS / REFUSED_EVERY {
        *refused.entry(REFUSED[i as usize % REFUSED.len()].1).or_insert(0) += 1;
    }
    let as_it_must_be = tally.refused.iter().map(|(reason, (times, _))| (&**reason, *times)).eq(refused);
    if subscribers.len() as u64 != SUBSCRIBERS || !as_it_must_be {
        return Err(format!("subscribers.csv: {} rows were read; refused: {:?}", subscribers.len(), tally.refused));
    }
    Ok((subscribers, tally))
}

/// A phone number as it was typed in a country.
pub(crate) fn read_phone(typed: &str, country: &str) -> Result<PhoneNumber, Box<dyn std::error::Error + Send + Sync>> {
    Ok(telseal_national::parse(typed, country.parse()?)?)
}

impl Tally {
    /// A row of the file, or `None` if it is refused.
    fn row(&mut self, row: &str) -> Option<Subscriber> {
        let [written, country, imsi, device] = row.split(',').collect::<Vec<_>>()[..] else {
            return self.refuse("row: not four columns".into(), "expected phone, country, IMSI and device");
        };
        let phone = self.phone(written, country)?;
        let imsi = match imsi.parse() {
            Ok(imsi) => imsi,
            Err(error) => return self.refuse_part("IMSI", error),
        };
        let imeisv = device.parse::<Imeisv>().ok();
        let imei = match imeisv.as_ref().map_or_else(|| device.parse(), |imeisv| Ok(imeisv.imei())) {
            Ok(imei) => imei,
            Err(error) => return self.refuse_part("IMEI", error),
        };
        *self.forms.entry(form(written)).or_default() += 1;
        Some(Subscriber { phone, imsi, imei, imeisv, written: written.into() })
    }

    /// An entry of an address book.
    #[allow(dead_code)] // for the other example
    pub(crate) fn entry(&mut self, typed: &str, country: &str) -> Option<PhoneNumber> {
        let phone = self.phone(typed, country)?;
        *self.forms.entry(form(typed)).or_default() += 1;
        Some(phone)
    }

    fn phone(&mut self, typed: &str, country: &str) -> Option<PhoneNumber> {
        let Ok(country) = country.parse::<Country>() else {
            return self.refuse("country: unknown".into(), "expected a country with a numbering plan");
        };
        match telseal_national::parse(typed, country) {
            Ok(phone) => Some(phone),
            Err(error) => self.refuse(reason("phone number", error.kind()), &error.to_string()),
        }
    }

    fn refuse_part<T>(&mut self, what: &str, error: ParseError) -> Option<T> {
        self.refuse(reason(what, error.kind()), &error.to_string())
    }

    fn refuse<T>(&mut self, reason: String, error: &str) -> Option<T> {
        self.refused.entry(reason).or_insert((0, error.into())).0 += 1;
        None
    }

    #[allow(dead_code)] // for the other example
    pub(crate) fn refused_for(&self, reason: &str) -> bool {
        self.refused.contains_key(reason)
    }

    #[allow(dead_code)] // for the other example
    pub(crate) fn add(&mut self, other: Tally) {
        for (form, times) in other.forms {
            *self.forms.entry(form).or_default() += times;
        }
        for (reason, (times, error)) in other.refused {
            self.refused.entry(reason).or_insert((0, error)).0 += times;
        }
    }

    /// A table. The errors in it repeat no digit of what was refused.
    pub(crate) fn print(&self) {
        println!("    {:>6}  read, by form", self.forms.values().sum::<usize>());
        for (form, times) in &self.forms {
            println!("    {times:>6}    {form}");
        }
        println!("    {:>6}  refused, by reason", self.refused.values().map(|(times, _)| times).sum::<usize>());
        for (reason, (times, error)) in &self.refused {
            let (_, error) = error.split_once(": ").unwrap_or_default();
            println!("    {times:>6}    {reason:42} {error}");
        }
    }
}

/// What is counted as one reason: the kind of error, and of what.
fn reason(what: &str, kind: impl Debug) -> String {
    format!("{what}: {kind:?}")
}

/// The form of a phone number that was read.
fn form(text: &str) -> &'static str {
    let begins = |with: &str| text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with));
    match text {
        _ if text.contains(['\u{202A}', '\u{202C}']) => "copied from a screen, with marks of the writing direction",
        _ if text.contains('\u{A0}') => "from a web page, with no-break spaces",
        _ if begins("tel:") => "a tel: URI (RFC 3966)",
        _ if begins("msisdn-") => "msisdn- and digits (3GPP TS 23.003)",
        _ if begins("+") && text[1..].bytes().all(|byte| byte.is_ascii_digit()) => "+ and digits (E.164)",
        _ if begins("+") => "+ and digits, with separators",
        _ if begins("00") || begins("011") => "as dialled to another country, with 00 or 011",
        _ => "national, as typed in the country of the row",
    }
}

/// A phone number as people and systems write it, and the country where it is typed. All are of ten digits behind the
/// country code.
pub(crate) fn phone(number: &PhoneNumber, form: usize) -> (String, &'static str) {
    let digits = number.expose_msisdn();
    let (code, rest) = digits.split_at(digits.len() - 10);
    let (a, b, c) = (&rest[..3], &rest[3..6], &rest[6..]);
    let (home, abroad) = if code == "44" { ("GB", "US") } else { ("US", "GB") };
    let typed = match form % PHONE_FORMS {
        0 => format!("+{code}{rest}"),
        1 => format!("+{code} {a} {b} {c}"),
        2 => format!("+{code} ({a}) {b}-{c}"),
        3 => format!("tel:+{code}-{a}-{b}-{c};npdi;verstat=TN-Validation-Passed"),
        4 => format!("msisdn-{code}{rest}"),
        5 => format!("+{code}.{a}.{b}.{c}"),
        6 => format!("TEL:+{code}({a}){b}{c}"),
        7 => format!("+{code} {}-{} {c}", &rest[..2], &rest[2..6]),
        8 if home == "GB" => format!("0{} {} {c}", &rest[..2], &rest[2..6]),
        8 => format!("({a}) {b}-{c}"),
        9 => format!("+{code}\u{A0}{a}\u{A0}{b}\u{A0}{c}"),
        10 => format!("\u{202A}+{code} {a} {b} {c}\u{202C}"),
        _ if abroad == "US" => return (format!("011 {code} {a} {b} {c}"), abroad),
        _ => return (format!("00{code} {a} {b} {c}"), abroad),
    };
    (typed, home)
}

/// The ways to write a phone number's digits: international and without the country code.
pub(crate) fn phone_digits(phone: &PhoneNumber) -> Vec<String> {
    let digits = phone.expose_msisdn();
    vec![digits.to_string(), digits[digits.len() - 10..].into()]
}

/// The ways to write an IMEI's digits: 14, 15 with the check digit and 15 with the spare digit.
pub(crate) fn imei_digits(imei: &Imei) -> Vec<String> {
    let printed = imei.expose();
    vec![printed[..14].into(), printed.to_string(), format!("{}0", &printed[..14])]
}

pub(crate) fn imsi(imsi: &Imsi, form: usize) -> String {
    if form.is_multiple_of(2) { imsi.expose_digits().to_string() } else { imsi.expose_supi().to_string() }
}

/// A device as it is printed, or as networks name it; in two of the forms as an IMEISV.
pub(crate) fn device(imei: &Imei, form: usize, svn: u64) -> String {
    let printed = imei.expose_digits();
    let digits = &printed[..14];
    match form % DEVICE_FORMS {
        0 => printed.to_string(),
        1 => imei.expose_hyphenated().to_string(),
        2 => format!("imei-{digits}0"),
        3 => format!("{};svn={svn:02}", &*imei.expose_urn()),
        4 => digits.into(),
        5 => imei.expose_pei().to_string(),
        6 => format!("{digits}{svn:02}"),
        _ => format!("imeisv-{digits}{svn:02}"),
    }
}

/// The text of `subscribers.csv`: numbers from the ranges reserved for tests and drama alone, IMSIs of the test
/// networks 001-01 and 999-70, devices whose type allocation code begins with 00.
pub(crate) fn generate() -> Result<String, ParseError> {
    let mut text = String::from("# Made by `cargo run --example messaging generate`: phone, country, IMSI, device\n");
    for i in 0..SUBSCRIBERS {
        let (forms, n) = (scatter(i) as usize, i / 3);
        let number: PhoneNumber = match i % 3 {
            _ if i == SHOWN as u64 => format!("+442079460{:03}", 999).parse()?,
            0 => format!("+442079460{n:03}").parse()?,
            1 => format!("+447700900{n:03}").parse()?,
            _ => format!("+1{}55501{:02}", [202, 312, 415, 617][n as usize / 100], n % 100).parse()?,
        };
        let device_number = scatter(i + 20_000) % 100_000_000;
        let imei: Imei = format!("00{:06}{:06}", 440_100 + device_number % 24, device_number / 100).parse()?;
        let device = device(&imei, forms / 32, device_number % 100);
        let (phone, country) = phone(&number, if i == SHOWN as u64 { 8 } else { forms / 1024 });
        text += &format!("{phone},{country},{},{device}\n", imsi(&new_imsi(i)?, forms / 16));
        if i % REFUSED_EVERY == 0 {
            text += &format!("{}\n", REFUSED[(i / REFUSED_EVERY) as usize % REFUSED.len()].0);
        }
    }
    Ok(text)
}

/// The `n`-th IMSI. Those behind the subscribers' own are for new SIMs.
pub(crate) fn new_imsi(n: u64) -> Result<Imsi, ParseError> {
    let network = if n.is_multiple_of(2) { "00101" } else { "99970" };
    // 14 digits for some: an odd and an even number of them are padded in other ways.
    let digits = if n.is_multiple_of(7) { 9 } else { 10 };
    format!("{network}{:0digits$}", scatter(n + 40_000) % 10_u64.pow(digits as u32)).parse()
}

/// splitmix64 of Steele, Lea and Flood: the same scattered numbers on every machine and in every run.
pub(crate) fn scatter(n: u64) -> u64 {
    let z = n.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Digits for PhoneNumber {
    fn expose(&self) -> Exposed<str> {
        self.expose_msisdn()
    }
}

impl Digits for Imsi {
    fn expose(&self) -> Exposed<str> {
        self.expose_digits()
    }
}

/// With the check digit.
impl Digits for Imei {
    fn expose(&self) -> Exposed<str> {
        self.expose_digits()
    }
}

impl Digits for Imeisv {
    fn expose(&self) -> Exposed<str> {
        self.expose_digits()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_what_generate_makes() {
        let file = include_str!("subscribers.csv");
        assert!(file.lines().eq(generate().expect("valid").lines()));
    }

    #[test]
    fn every_row_that_must_be_is_refused_for_its_reason() {
        for (row, reason) in REFUSED {
            let mut tally = Tally::default();
            assert!(tally.row(row).is_none());
            assert_eq!(tally.refused.keys().collect::<Vec<_>>(), [reason]);
            assert!(tally.forms.is_empty());
        }
    }

    #[test]
    fn every_form_is_read_as_the_same_identifier() {
        for subscriber in read().expect("valid").0 {
            for form in 0..PHONE_FORMS {
                let (typed, country) = phone(&subscriber.phone, form);
                assert_eq!(read_phone(&typed, country).ok(), Some(subscriber.phone.clone()), "form {form}");
            }
            for form in 0..DEVICE_FORMS {
                let text = device(&subscriber.imei, form, 7);
                let imei = text.parse::<Imeisv>().map(|imeisv| imeisv.imei()).or_else(|_| text.parse());
                assert_eq!(imei, Ok(subscriber.imei.clone()));
            }
        }
    }
}
