//! How the identifiers of a column are written.

use crate::{failure::Failure, refusal::Refusal};
use telseal::{Identifier, Imei, Imeisv, Imsi, ParseErrorKind, PhoneNumber, Token};
use telseal_national::Country;

/// What a column holds, as `-c COLUMN=KIND` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Phone numbers with `+` and country code.
    Phone,
    /// Phone numbers whose digits begin with the country code, without `+`.
    Msisdn,
    Imsi,
    Imei,
    Imeisv,
}

/// `COLUMN=KIND`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) form: Form,
}

const KINDS: &str = "phone, msisdn, imsi, imei or imeisv";

impl Column {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let Some((name, kind)) = text.rsplit_once('=') else {
            return Err(Failure::new("a column is given without its kind")
                .hint(format!("for example: -c {text}=phone; the kind is {KINDS}")));
        };
        let form = match kind {
            "phone" => Form::Phone,
            "msisdn" => Form::Msisdn,
            "imsi" => Form::Imsi,
            "imei" => Form::Imei,
            "imeisv" => Form::Imeisv,
            _ => return Err(Failure::new(format!("there is no kind `{kind}`")).hint(format!("the kind is {KINDS}"))),
        };
        Ok(Column { name: name.to_owned(), form })
    }
}

/// How the fields of a column are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub(crate) form: Form,
    /// Whether IMSIs of less than 15 digits are read, and IMEIs without check digit.
    pub(crate) any_length: bool,
    /// The country that phone numbers are typed in, where they may be national.
    pub(crate) country: Option<Country>,
}

/// A kind of identifier that columns hold.
pub(crate) trait Written: Identifier {
    /// Reads a field that is not empty.
    fn read(text: &str, reading: Reading) -> Result<Self, Refusal>;
}

impl Written for PhoneNumber {
    #[inline]
    fn read(text: &str, reading: Reading) -> Result<Self, Refusal> {
        match (reading.form, reading.country) {
            (Form::Msisdn, _) => PhoneNumber::from_msisdn(text).map_err(|error| refused::<Self>(text, error)),
            (_, None) => text.parse().map_err(|error| refused::<Self>(text, error)),
            (_, Some(country)) => telseal_national::parse(text, country).map_err(|error| match has_exponent(text) {
                true => Refusal::Exponent,
                false => Refusal::National(error),
            }),
        }
    }
}

impl Written for Imsi {
    #[inline]
    fn read(text: &str, reading: Reading) -> Result<Self, Refusal> {
        let read = if reading.any_length { text.parse() } else { Imsi::from_full(text) };
        read.map_err(|error| refused::<Self>(text, error))
    }
}

impl Written for Imei {
    #[inline]
    fn read(text: &str, reading: Reading) -> Result<Self, Refusal> {
        let read = if reading.any_length { text.parse() } else { Imei::from_full(text) };
        read.map_err(|error| refused::<Self>(text, error))
    }
}

impl Written for Imeisv {
    #[inline]
    fn read(text: &str, _: Reading) -> Result<Self, Refusal> {
        text.parse().map_err(|error| refused::<Self>(text, error))
    }
}

/// Why a text was not read, with what spreadsheets do to numbers told apart.
#[cold]
fn refused<I: Identifier>(text: &str, error: telseal::ParseError) -> Refusal {
    if has_exponent(text) {
        Refusal::Exponent
    } else if error.kind() == ParseErrorKind::DecimalPart || has_decimals(text) {
        Refusal::Decimal
    } else if text.parse::<Token<I>>().is_ok() || Token::<I>::from_hex(text).is_ok() {
        Refusal::IsToken
    } else {
        Refusal::Identifier(error)
    }
}

/// No spreadsheet writes a number with more characters. A field may have very many.
const LONGEST_NUMBER: usize = 64;

/// `4.47701E+11`, with point or comma.
fn has_exponent(text: &str) -> bool {
    if text.len() > LONGEST_NUMBER {
        return false;
    }
    let Some((mantissa, exponent)) = text.trim().split_once(['e', 'E']) else { return false };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa = mantissa.trim_start_matches(['+', '-']);
    let is_mantissa = match mantissa.split_once(['.', ',']) {
        Some((whole, fraction)) => is_digits(whole) && is_digits(fraction),
        None => is_digits(mantissa),
    };
    is_mantissa && is_digits(exponent.trim_start_matches(['+', '-']))
}

/// `447700900123.0`: a point before the last one or two digits, and no other separator. People group the digits of
/// phone numbers by points, but never one group alone at the end.
fn has_decimals(text: &str) -> bool {
    if text.len() > LONGEST_NUMBER {
        return false;
    }
    let bytes = text.trim_ascii_end().as_bytes();
    let is_point = |from_end: usize| bytes.len() > 6 && bytes[bytes.len() - 1 - from_end] == b'.';
    let decimals = match (is_point(1), is_point(2)) {
        (true, _) => 1,
        (_, true) => 2,
        _ => return false,
    };
    let (whole, decimals) = bytes.split_at(bytes.len() - 1 - decimals);
    decimals[1..].iter().all(u8::is_ascii_digit)
        && whole.strip_prefix(b"tel:").unwrap_or(whole).iter().all(|byte| byte.is_ascii_digit() || *byte == b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_spreadsheets_do_is_told_apart() {
        for text in ["4.47701E+11", "4,47701E+11", "4E+11", "4.4e11", "+4.47701E+11", " 4.47701E+11 "] {
            assert!(has_exponent(text), "{text}");
        }
        for text in ["447700900123", "E", "4E", "E11", "4.E11", "4.4.4E11", "4.4E+1.1", "PQABYrSn9fjX42jm", "1e"] {
            assert!(!has_exponent(text), "{text}");
        }
        for text in ["447700900123.0", "447700900123.00", "+447700900123.0", "tel:+447700900123.0", "1010000000001.0 "]
        {
            assert!(has_decimals(text), "{text}");
        }
        for text in
            ["+33.1.99.00.00.00", "+33 1 99 00 00.00", "447700900123", "447700900123.", "447700900123.000", ".0", ""]
        {
            assert!(!has_decimals(text), "{text}");
        }
    }

    #[test]
    fn a_column_is_its_name_and_kind() {
        let column = |name: &str, form| Column { name: name.to_owned(), form };
        assert_eq!(Column::parse("msisdn=phone").ok(), Some(column("msisdn", Form::Phone)));
        assert_eq!(Column::parse("a=b=imsi").ok(), Some(column("a=b", Form::Imsi)));
        assert_eq!(Column::parse("=imei").ok(), Some(column("", Form::Imei)));
        assert!(Column::parse("msisdn").is_err());
        assert!(Column::parse("msisdn=").is_err());
        assert!(Column::parse("msisdn=Phone").is_err());
    }
}
