//! The subscribers of `subscribers.csv`, and the forms in which their identifiers are written.

use std::path::Path;
use telseal::{Exposed, Identifier, Imei, Imeisv, Imsi, ParseError, PhoneNumber};

pub(crate) struct Subscriber {
    pub(crate) phone: PhoneNumber,
    pub(crate) imsi: Imsi,
    pub(crate) imei: Imei,
    /// Where the device was listed with its software version.
    pub(crate) imeisv: Option<Imeisv>,
    /// The phone number as the file has it.
    pub(crate) written: String,
}

/// The digits, and nothing else: what must not be seen, and what the control lets be seen.
pub(crate) trait Digits: Identifier {
    fn expose(&self) -> Exposed<str>;
}

pub(crate) const PHONE_FORMS: usize = 8;
pub(crate) const DEVICE_FORMS: usize = 8;
const SUBSCRIBERS: u64 = 1200;

/// Reads the file at run time. Compiled in, it would be in the router's memory too, which is the same program.
pub(crate) fn read() -> Result<Vec<Subscriber>, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/messaging/subscribers.csv");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let rows = text.lines().enumerate().filter(|(_, line)| !line.starts_with('#'));
    let subscribers: Vec<_> = rows
        .map(|(i, line)| parse(line).map_err(|error| format!("subscribers.csv, line {}: {error}", i + 1)))
        .collect::<Result<_, _>>()?;
    if subscribers.len() < 1000 {
        return Err("subscribers.csv: expected at least 1000 subscribers".into());
    }
    Ok(subscribers)
}

fn parse(line: &str) -> Result<Subscriber, String> {
    let [phone, imsi, device] =
        line.split(',').collect::<Vec<_>>().try_into().map_err(|_| "expected three columns".to_string())?;
    let explain = |error: ParseError| error.to_string();
    let (imei, imeisv) = match device.parse::<Imeisv>() {
        Ok(imeisv) => (imeisv.imei(), Some(imeisv)),
        Err(_) => (device.parse().map_err(explain)?, None),
    };
    Ok(Subscriber {
        phone: phone.parse().map_err(explain)?,
        imsi: imsi.parse().map_err(explain)?,
        imei,
        imeisv,
        written: phone.into(),
    })
}

/// A phone number as people and systems write it. All are of ten digits behind the country code.
pub(crate) fn phone(number: &PhoneNumber, form: usize) -> String {
    let digits = number.expose_msisdn();
    let (country, rest) = digits.split_at(digits.len() - 10);
    let (a, b, c) = (&rest[..3], &rest[3..6], &rest[6..]);
    match form % PHONE_FORMS {
        0 => format!("+{country}{rest}"),
        1 => format!("+{country} {a} {b} {c}"),
        2 => format!("+{country} ({a}) {b}-{c}"),
        3 => format!("tel:+{country}-{a}-{b}-{c};npdi;verstat=TN-Validation-Passed"),
        4 => format!("msisdn-{country}{rest}"),
        5 => format!("+{country}.{a}.{b}.{c}"),
        6 => format!("TEL:+{country}({a}){b}{c}"),
        _ => format!("+{country} {}-{} {c}", &rest[..2], &rest[2..6]),
    }
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
    let mut text = String::from("# Made by `cargo run --example messaging generate`: phone, IMSI, device\n");
    for i in 0..SUBSCRIBERS {
        let (forms, n) = (scatter(i) as usize, i / 3);
        let number: PhoneNumber = match i % 3 {
            0 => format!("+442079460{n:03}").parse()?,
            1 => format!("+447700900{n:03}").parse()?,
            _ => format!("+1{}55501{:02}", [202, 312, 415, 617][n as usize / 100], n % 100).parse()?,
        };
        let device_number = scatter(i + 20_000) % 100_000_000;
        let imei: Imei = format!("00{:06}{:06}", 440_100 + device_number % 24, device_number / 100).parse()?;
        let device = device(&imei, forms / 32, device_number % 100);
        text += &format!("{},{},{device}\n", phone(&number, forms), imsi(&new_imsi(i)?, forms / 16));
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
    fn every_form_is_read_as_the_same_identifier() {
        for subscriber in read().expect("valid") {
            for form in 0..PHONE_FORMS {
                assert_eq!(phone(&subscriber.phone, form).parse(), Ok(subscriber.phone.clone()));
            }
            for form in 0..DEVICE_FORMS {
                let text = device(&subscriber.imei, form, 7);
                let imei = text.parse::<Imeisv>().map(|imeisv| imeisv.imei()).or_else(|_| text.parse());
                assert_eq!(imei, Ok(subscriber.imei.clone()));
            }
        }
    }
}
