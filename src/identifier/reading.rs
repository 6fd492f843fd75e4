//! From texts and octets to digit blocks: what the kinds of identifier have in common.

use super::digits::{DigitBlock, Fault, Shape, from_octets};
use crate::{
    ct,
    error::{ParseError, ParseErrorKind, Subject},
    kind::Kind,
};

/// Reads a text that must be nothing but digits, at `at` of the whole, into a block of the given shape.
pub(crate) fn from_digits(
    subject: impl Into<Subject>,
    shape: Shape,
    text: &[u8],
    at: usize,
) -> Result<DigitBlock, ParseError> {
    shape.pack(text).map_err(|fault| {
        let bad = if let Fault::NotADigit(bad) = fault { char_at(text, bad) } else { None };
        let error = refused(subject, shape, fault, ParseErrorKind::NotADigit, |digit| at + digit);
        error.character(bad)
    })
}

/// Reads TBCD that stands at `at` of the whole into a block of the given shape.
pub(crate) fn from_tbcd(kind: Kind, shape: Shape, octets: &[u8], at: usize) -> Result<DigitBlock, ParseError> {
    let (min, max) = (shape.min.div_ceil(2), shape.max.div_ceil(2));
    if octets.len() < min || octets.len() > max {
        return Err(ParseError::bytes(kind, "octets", min + at, max + at, octets.len() + at));
    }
    if at == 0 && kind == Kind::PhoneNumber && is_type_of_address(octets[0]) {
        return Err(ParseError::new(kind, ParseErrorKind::TypeOfAddress).at(0));
    }
    shape
        .check(from_octets(octets))
        .and_then(|block| match block.len() {
            // A filler evens out an odd number of digits (TS 29.002 clause 17.7.8, TBCD-STRING); a whole octet of them does not.
            len if len.div_ceil(2) < octets.len() => Err(Fault::Filler(len)),
            _ => Ok(block),
        })
        .map_err(|fault| refused(kind, shape, fault, ParseErrorKind::NotADigitNibble, |digit| at + digit / 2))
}

/// Whether an octet is the first one of an address string (no extension, a nature of address from 2 on, E.164), and no
/// two digits. That of an international number, 91, is two digits as well.
fn is_type_of_address(octet: u8) -> bool {
    let (low, high) = (u16::from(octet & 0xF), u16::from(octet >> 4));
    let other = (low ^ 1) | ((high + 6) >> 4 ^ 1) | (high + 1) >> 4; // 0 for a low half 1 and a high one A to E
    ct::public(other.wrapping_neg() >> 15, "the caller gets the verdict") == 0
}

/// Reads the digits of a mobile identity (3GPP TS 24.008 clause 10.5.1.4): the first digit stands above the odd/even bit
/// and the type of identity, which must be one of `types`; the others follow as TBCD. At `at` of the whole.
pub(crate) fn from_mobile_identity(
    kind: Kind,
    shape: Shape,
    octets: &[u8],
    types: &[u8],
    at: usize,
) -> Result<DigitBlock, ParseError> {
    let (min, max) = (shape.min / 2 + 1, shape.max / 2 + 1);
    let (first, rest) = match octets {
        [first, rest @ ..] if (min..=max).contains(&octets.len()) => (*first, rest),
        _ => return Err(ParseError::bytes(kind, "octets", min + at, max + at, octets.len() + at)),
    };
    let (odd, identity) =
        (ct::public(first >> 3 & 1, "a mobile identity's type"), ct::public(first & 7, "a mobile identity's type"));
    if !types.contains(&identity) {
        return Err(ParseError::new(kind, ParseErrorKind::IdentityType).at(at));
    }
    let count = 2 * rest.len() + usize::from(odd);
    if count < shape.min || count > shape.max {
        return Err(ParseError::digits(kind, shape.min, shape.max, count));
    }
    // The last half octet is a digit or a filler, as the bit says. One that has no place in the block is a filler.
    let last = rest.last().map_or(0, |last| last >> 4);
    let is_filler = ct::public(last == 0xF, "whether a filler evens out the digits");
    if is_filler == (odd == 1) {
        return Err(ParseError::new(kind, ParseErrorKind::OddEven).at(at));
    }
    let word = from_octets(rest) << 4 | u64::from(first >> 4);
    shape
        .check(word)
        .map_err(|fault| refused(kind, shape, fault, ParseErrorKind::NotADigitNibble, |digit| at + digit.div_ceil(2)))
}

/// The error for what is wrong with a block; `place` says where in the whole a digit stands.
fn refused(
    subject: impl Into<Subject>,
    shape: Shape,
    fault: Fault,
    not_a_digit: ParseErrorKind,
    place: impl Fn(usize) -> usize,
) -> ParseError {
    match fault {
        Fault::NotADigit(digit) => ParseError::new(subject, not_a_digit).at(place(digit)),
        Fault::Filler(digit) => ParseError::new(subject, ParseErrorKind::Filler).at(place(digit)),
        Fault::ZeroFirst => ParseError::new(subject, ParseErrorKind::CountryCode).at(place(0)),
        Fault::Count(found) => ParseError::digits(subject, shape.min, shape.max, found),
    }
}

/// The character at a place of a text, which is no digit.
pub(crate) fn char_at(text: &[u8], at: usize) -> Option<char> {
    (at + 1..=at + 4).find_map(|end| str::from_utf8(text.get(at..end)?).ok()?.chars().next())
}

/// The text behind a prefix, and how long the prefix is.
pub(crate) fn strip<'a>(text: &'a [u8], prefix: &str) -> Option<(&'a [u8], usize)> {
    Some((text.strip_prefix(prefix.as_bytes())?, prefix.len()))
}

/// The same where upper and lower case are alike, as in the scheme of a URI (RFC 3986 section 3.1).
pub(crate) fn strip_ignoring_case<'a>(text: &'a [u8], prefix: &str) -> Option<(&'a [u8], usize)> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix.as_bytes()).then_some((rest, prefix.len()))
}

/// Where the parameters of a URI begin: at its first `;` or at its end.
pub(crate) fn parameters_start(text: &[u8]) -> usize {
    let is_end = |&byte: &u8| ct::public(byte == b';', "where parameters begin");
    text.iter().position(is_end).unwrap_or(text.len())
}

/// Reads `*( ";" name ["=" value] )` as RFC 3966 writes it, at `at` of the whole. `judge` gets each name in
/// lower case, cut to 8 bytes; what the parameters say is dropped.
pub(crate) fn parameters(
    kind: Kind,
    text: &[u8],
    mut at: usize,
    judge: impl Fn(&[u8]) -> Result<(), ParseErrorKind>,
) -> Result<(), ParseError> {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let is_value = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.!~*'()[]/:&+$%".contains(byte);
    for parameter in text.split(|&byte| byte == b';').skip(1) {
        at += 1;
        let mut parts = parameter.splitn(2, |&byte| byte == b'=');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(b"-"));
        let mut lower = [0; 8];
        let cut = name.len().min(lower.len());
        lower[..cut].copy_from_slice(&name[..cut]);
        lower.make_ascii_lowercase();
        let is_escape = |behind: &[u8]| behind.len() >= 2 && behind[..2].iter().all(u8::is_ascii_hexdigit);
        let well_formed = !name.is_empty()
            && name.iter().all(is_name)
            && !value.is_empty()
            && value.iter().all(is_value)
            && value.split(|&byte| byte == b'%').skip(1).all(is_escape);
        let verdict = if well_formed { judge(&lower[..cut]) } else { Err(ParseErrorKind::Parameter) };
        verdict.map_err(|reason| ParseError::new(kind, reason).at(at))?;
        at += parameter.len();
    }
    Ok(())
}
