use crate::{
    KeyVersion, ParseError, ct,
    digits::{DigitBlock, Fault, Shape, from_octets},
    error::{Reason, Subject},
};
use core::{fmt, str::FromStr};

/// A kind of identifier that can be sealed: [`PhoneNumber`](crate::PhoneNumber), [`Imsi`](crate::Imsi),
/// [`Imei`](crate::Imei) or [`Imeisv`](crate::Imeisv).
///
/// Sealed: these four are all there are, since each has its letter in the token format.
pub trait Identifier: Sealed + Clone + Eq + fmt::Debug + FromStr<Err = ParseError> {
    /// Which kind it is.
    const KIND: Kind;
}

/// The kinds of identifier. The kind stands in the first character of a token's text and is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// [`PhoneNumber`](crate::PhoneNumber): 7 to 15 digits.
    PhoneNumber,
    /// [`Imsi`](crate::Imsi): 6 to 15 digits.
    Imsi,
    /// [`Imei`](crate::Imei): 14 digits, the check digit not counted.
    Imei,
    /// [`Imeisv`](crate::Imeisv): 16 digits.
    Imeisv,
}

impl Kind {
    /// The letter that a token of this kind begins with: `P`, `S`, `E` or `V`.
    pub const fn letter(self) -> char {
        match self {
            Kind::PhoneNumber => 'P',
            Kind::Imsi => 'S',
            Kind::Imei => 'E',
            Kind::Imeisv => 'V',
        }
    }

    /// The first byte of a token.
    pub(crate) const fn header(self) -> u8 {
        first_byte(self.letter() as u8)
    }
}

/// The letter's place in the base64url alphabet, times 4, plus the format version, which is 1.
const fn first_byte(letter: u8) -> u8 {
    let place = match letter {
        b'A'..=b'Z' => letter - b'A',
        _ => letter - b'a' + 26,
    };
    place * 4 + 1
}

/// What is authenticated with a tag, and stands before it in a token.
pub(crate) const fn tag_header<T: Indexed>(version: KeyVersion) -> [u8; 3] {
    let [high, low] = version.get().to_be_bytes();
    [first_byte(T::LETTER), high, low]
}

/// The name in prose: "phone number", "IMSI", "IMEI" or "IMEISV".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::PhoneNumber => "phone number",
            Kind::Imsi => "IMSI",
            Kind::Imei => "IMEI",
            Kind::Imeisv => "IMEISV",
        })
    }
}

/// What the crate knows of an identifier and its users do not need: its digit block.
///
/// Methods of a supertrait can be called by whoever has the subtrait in a bound, so these ask for what only the
/// crate can make.
///
/// ```compile_fail,E0603
/// fn block<I: telseal::Identifier>(identifier: &I) {
///     identifier.block(telseal::identifier::Internal(()));
/// }
/// ```
pub trait Sealed: Sized {
    const SHAPE: Shape;
    fn block(&self, _: Internal) -> &DigitBlock;
    fn from_block(block: DigitBlock, _: Internal) -> Self;
}

/// What has tags: each [`Identifier`], and each [`Prefix`](crate::Prefix) of one.
///
/// Sealed, as [`Identifier`] is.
pub trait Indexed: Clone + Labelled {}

/// What the crate knows of that, and its users do not need: what its keys are derived with, and its digits.
pub trait Labelled {
    const LABEL: &'static [u8];
    const LETTER: u8;
    fn word(&self, _: Internal) -> u64;
}

impl<I: Identifier> Indexed for I {}

impl<I: Identifier> Labelled for I {
    const LABEL: &'static [u8] = b"telseal/v1/siv";
    const LETTER: u8 = I::KIND.letter() as u8;

    #[inline(always)]
    fn word(&self, _: Internal) -> u64 {
        self.block(Internal(())).word()
    }
}

/// Says that a call comes from inside the crate.
#[derive(Clone, Copy, Debug)]
pub struct Internal(pub(crate) ());

/// Reads a text that must be nothing but digits, at `at` of the whole, into a block of the given shape.
pub(crate) fn from_digits(
    subject: impl Into<Subject>,
    shape: Shape,
    text: &[u8],
    at: usize,
) -> Result<DigitBlock, ParseError> {
    shape.pack(text).map_err(|fault| refused(subject, shape, fault, Reason::NotADigit, |digit| at + digit))
}

/// Reads TBCD that stands at `at` of the whole into a block of the given shape.
pub(crate) fn from_tbcd(kind: Kind, shape: Shape, octets: &[u8], at: usize) -> Result<DigitBlock, ParseError> {
    let (min, max) = (shape.min.div_ceil(2), shape.max.div_ceil(2));
    if octets.len() < min || octets.len() > max {
        return Err(ParseError::new(kind, Reason::Octets { min: min + at, max: max + at, found: octets.len() + at }));
    }
    shape
        .check(from_octets(octets))
        .and_then(|block| match block.len() {
            // A filler evens out an odd number of digits (TS 29.002 clause 17.7.8, TBCD-STRING); a whole octet of them does not.
            len if len.div_ceil(2) < octets.len() => Err(Fault::Filler(len)),
            _ => Ok(block),
        })
        .map_err(|fault| refused(kind, shape, fault, Reason::NotADigitNibble, |digit| at + digit / 2))
}

/// The error for what is wrong with a block; `place` says where in the whole a digit stands.
fn refused(
    subject: impl Into<Subject>,
    shape: Shape,
    fault: Fault,
    not_a_digit: Reason,
    place: impl Fn(usize) -> usize,
) -> ParseError {
    match fault {
        Fault::NotADigit(digit) => ParseError::new(subject, not_a_digit).at(place(digit)),
        Fault::Filler(digit) => ParseError::new(subject, Reason::Filler).at(place(digit)),
        Fault::ZeroFirst => ParseError::new(subject, Reason::ZeroFirst).at(place(0)),
        Fault::Count(found) => ParseError::new(subject, Reason::Digits { min: shape.min, max: shape.max, found }),
    }
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
    judge: impl Fn(&[u8]) -> Result<(), Reason>,
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
        let verdict = if well_formed { judge(&lower[..cut]) } else { Err(Reason::Parameter) };
        verdict.map_err(|reason| ParseError::new(kind, reason).at(at))?;
        at += parameter.len();
    }
    Ok(())
}
