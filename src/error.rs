use crate::kind::Kind;
use core::{error::Error, fmt};

/// The input was refused: a text or octets do not have the form that was to be read.
///
/// The message says what was expected. If one place is at fault, it also says at which byte, counted from 0. A program
/// reads the same from the [`kind`](Self::kind). Neither contains a digit of the input. The message names a character
/// by its code point only if the character is in the Basic Multilingual Plane, is not ASCII, and is not a letter, a
/// digit or a symbol of a digit in any script.
///
/// ```
/// use telseal::{ParseErrorKind, PhoneNumber};
///
/// let error = "+44 20 7946 OO18".parse::<PhoneNumber>().unwrap_err();
/// assert_eq!(error.to_string(), "phone number: expected a digit at byte 12");
/// assert_eq!((error.kind(), error.position()), (ParseErrorKind::NotADigit, Some(12)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    subject: Subject,
    kind: ParseErrorKind,
    found: Found,
    position: Option<usize>,
}

/// The reason why a text or octets were refused, for a program to count and decide by.
///
/// Two inputs that break the same rule have the same kind, whatever they contain and wherever they break it.
///
/// ```
/// use telseal::{ParseErrorKind, PhoneNumber};
///
/// let kind = |text: &str| text.parse::<PhoneNumber>().unwrap_err().kind();
/// assert_eq!(kind("+44 20 7946 OO18"), ParseErrorKind::NotADigit);
/// assert_eq!(kind("+44 20"), ParseErrorKind::TooFewDigits { min: 7, max: 15 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ParseErrorKind {
    // ---- Any input.
    /// There is no character, or only white space and invisible characters.
    Empty,
    /// There are fewer digits than an identifier of this kind has.
    TooFewDigits {
        /// The minimum.
        min: usize,
        /// The maximum.
        max: usize,
    },
    /// There are more digits than an identifier of this kind has.
    TooManyDigits {
        /// The minimum.
        min: usize,
        /// The maximum.
        max: usize,
    },
    /// There are too few bytes.
    TooFewBytes {
        /// The minimum.
        min: usize,
        /// The maximum, or [`usize::MAX`] if there is none.
        max: usize,
    },
    /// There are too many bytes.
    TooManyBytes {
        /// The minimum.
        min: usize,
        /// The maximum.
        max: usize,
    },

    // ---- Identifiers and prefixes in text.
    /// A character is neither a digit nor an allowed separator.
    NotADigit,
    /// The text has none of the forms that are read.
    UnknownForm,
    /// Digits without `+`, which may be a number of any country. If they are known to begin with the country code,
    /// `PhoneNumber::from_msisdn` reads them.
    NoCountryCode,
    /// `00` or `011` instead of `+`: the international prefix differs between countries.
    InternationalPrefix,
    /// A national number, with a trunk prefix and no country code.
    NationalNumber,
    /// A trunk prefix after the country code, as in `+44 (0)20`.
    TrunkPrefix,
    /// A country code that begins with 0.
    CountryCode,
    /// Parentheses that are not in pairs or are nested.
    Parenthesis,
    /// The text ends in `.0` or `.00`: a spreadsheet treated the digits as a number.
    DecimalPart,
    /// A parameter of a URI is malformed or not allowed in this URI.
    Parameter,
    /// An extension or a subaddress, which names something other than the subscriber.
    Extension,
    /// A filler of octets, `F`, after the digits of a text (3GPP TS 32.299).
    FillerInText,
    /// A SIP URI without a global number as its user part, or without `user=phone`.
    SipUri,
    /// A URI with a scheme that is not read.
    OtherScheme,
    /// An e-mail address.
    EmailAddress,
    /// An identifier of another kind, recognised by its prefix: `nai-`, `suci-`, `mac-`, `extid-`.
    OtherIdentifier,
    /// 16 digits instead of an IMEI: an IMEISV.
    Imeisv,
    /// A fifteenth digit that is not the check digit of the 14 before it.
    CheckDigit,
    /// A fifteenth digit that is neither the check digit nor the spare digit 0.
    CheckOrSpareDigit,
    /// A URN of an IMEI whose digits are not in groups of 8, 6 and 1.
    UrnGroups,
    /// A character of a URN that must be a hyphen is not.
    Hyphen,

    // ---- Identifiers in octets.
    /// A half octet that is neither a digit nor a filler.
    NotADigitNibble,
    /// A filler before the last half octet.
    Filler,
    /// The first octet of an address string, where only digits are expected.
    TypeOfAddress,
    /// An address string with an extension.
    AddressExtension,
    /// An address string whose nature of address is not international.
    NatureOfAddress,
    /// An address string whose numbering plan is not E.164.
    NumberingPlan,
    /// A mobile identity of another type.
    IdentityType,
    /// A mobile identity whose odd/even bit does not fit its digits.
    OddEven,
    /// A length octet that does not fit the octets after it.
    LengthOctet,

    // ---- Tokens, tags and key versions.
    /// A character that is not of base64url.
    Base64Url,
    /// An unused bit at the end is set: after the last byte of a text in base64url, or in a short tag.
    TrailingBits,
    /// The number has more bits than the short tag.
    ShortTagNumber,
    /// A character that is not a hexadecimal digit.
    Hex,
    /// The letter of another kind.
    KindLetter {
        /// The letter of the kind that is read.
        expected: char,
    },
    /// Another version of the format.
    FormatVersion,
    /// The key version is not a number from 1 to 65535.
    KeyVersion,

    // ---- Scopes.
    /// A scope without a label.
    NoLabel,
    /// A label is empty or longer than 255 bytes.
    LabelLength {
        /// Which label, counted from 1.
        label: usize,
    },
    /// The bytes are not a label.
    Label,
    /// The scope is too long for oblivious tags.
    ScopeLength {
        /// The maximum number of bytes, with one byte for the length of each label.
        max: usize,
    },

    // ---- Messages of oblivious tags.
    /// The letter of another message.
    MessageLetter {
        /// The letter of the message that is read.
        expected: char,
    },
    /// There is no element, or there are too many.
    Elements {
        /// The maximum.
        max: usize,
    },
    /// There are bytes after the end.
    TrailingBytes,
    /// The bytes are not the canonical encoding of an element.
    Element,
    /// The identity element.
    IdentityElement,
    /// The bytes are not the canonical encoding of a scalar, or the scalar is zero.
    Scalar,
}

/// What was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subject {
    name: &'static str,
    of: Option<Kind>,
}

/// What was found instead: of the input, only a length or a character that is not a digit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Found {
    Unsaid,
    Length { what: &'static str, found: usize },
    Character(char),
}

impl Subject {
    pub(crate) const fn new(name: &'static str) -> Self {
        Subject { name, of: None }
    }

    pub(crate) const fn of(name: &'static str, kind: Kind) -> Self {
        Subject { name, of: Some(kind) }
    }

    /// Whether texts of this kind for programs begin so (3GPP TS 29.571).
    pub(crate) fn has_text_prefix(self, prefix: &str) -> bool {
        let own = self.of.map(|kind| match kind {
            Kind::PhoneNumber => "msisdn-",
            Kind::Imsi => "imsi-",
            Kind::Imei => "imei-",
            Kind::Imeisv => "imeisv-",
        });
        own == Some(prefix)
    }
}

impl From<Kind> for Subject {
    fn from(kind: Kind) -> Self {
        Subject::of("", kind)
    }
}

impl ParseError {
    pub(crate) fn new(subject: impl Into<Subject>, kind: ParseErrorKind) -> Self {
        ParseError { subject: subject.into(), kind, found: Found::Unsaid, position: None }
    }

    /// Too few or too many digits.
    pub(crate) fn digits(subject: impl Into<Subject>, min: usize, max: usize, found: usize) -> Self {
        let kind = if found < min {
            ParseErrorKind::TooFewDigits { min, max }
        } else {
            ParseErrorKind::TooManyDigits { min, max }
        };
        ParseError::new(subject, kind).found("digits", found)
    }

    /// Too few or too many bytes, which are called `what`.
    pub(crate) fn bytes(subject: impl Into<Subject>, what: &'static str, min: usize, max: usize, found: usize) -> Self {
        let kind = if found < min {
            ParseErrorKind::TooFewBytes { min, max }
        } else {
            ParseErrorKind::TooManyBytes { min, max }
        };
        ParseError::new(subject, kind).found(what, found)
    }

    /// How many of `what` there are.
    pub(crate) fn found(self, what: &'static str, found: usize) -> Self {
        ParseError { found: Found::Length { what, found }, ..self }
    }

    /// Names the character, unless it is ASCII or may stand for a digit.
    pub(crate) fn character(self, char: Option<char>) -> Self {
        match char {
            Some(char) if !char.is_ascii() && !may_be_digit(char) => {
                ParseError { found: Found::Character(char), ..self }
            }
            _ => self,
        }
    }

    pub(crate) fn at(self, position: usize) -> Self {
        ParseError { position: Some(position), ..self }
    }

    /// The reason.
    pub const fn kind(&self) -> ParseErrorKind {
        self.kind
    }

    /// The byte of the input, counted from 0, at which the fault is. `None` if no single place is at fault.
    pub const fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject { name, of: None } => write!(f, "{name}: ")?,
            Subject { name: "", of: Some(kind) } => write!(f, "{kind}: ")?,
            Subject { name, of: Some(kind) } => write!(f, "{name} {kind}s: ")?,
        }
        match self.found {
            Found::Length { what, found } => {
                reason(self.kind, self.subject, what, f)?;
                write!(f, ", found {found}")?;
            }
            Found::Character(char) => {
                reason(self.kind, self.subject, "", f)?;
                write!(f, ", found U+{:04X},", u32::from(char))?;
            }
            Found::Unsaid => reason(self.kind, self.subject, "", f)?,
        }
        match self.position {
            Some(position) => write!(f, " at byte {position}"),
            None => Ok(()),
        }
    }
}

/// The digits of some scripts are letters, and some marks and symbols name a digit: those of Shan, the turned digits, dice,
/// Braille, the radicals of Han numbers, the digits above Devanagari letters. Behind the Basic Multilingual Plane there
/// are tags, keycaps, tiles and cards.
fn may_be_digit(char: char) -> bool {
    char.is_alphanumeric()
        || matches!(
            char,
            '\u{109E}'
                | '\u{218A}'..='\u{218B}'
                | '\u{2680}'..='\u{2685}'
                | '\u{2800}'..='\u{28FF}'
                | '\u{2F00}'..='\u{2FDF}'
                | '\u{A8E0}'..='\u{A8E9}'
                | '\u{10000}'..
        )
}

/// The reason, with how many of `what` there should be.
fn reason(kind: ParseErrorKind, subject: Subject, what: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    use ParseErrorKind as Is;
    f.write_str(match kind {
        Is::TooFewBytes { min, max: usize::MAX } => return write!(f, "expected at least {min} {what}"),
        Is::TooManyBytes { min: 0, max } | Is::ScopeLength { max } => {
            return write!(f, "expected at most {max} {what}");
        }
        Is::TooFewDigits { min, max }
        | Is::TooManyDigits { min, max }
        | Is::TooFewBytes { min, max }
        | Is::TooManyBytes { min, max } => {
            return match min == max {
                true => write!(f, "expected {min} {what}"),
                false => write!(f, "expected {min} to {max} {what}"),
            };
        }
        Is::LabelLength { label } => return write!(f, "expected 1 to 255 {what} in label {label}"),
        Is::Elements { max } => return write!(f, "expected 1 to {max} {what}"),
        Is::KindLetter { expected } => return write!(f, "expected the kind letter `{expected}`"),
        Is::MessageLetter { expected } => return write!(f, "expected the letter `{expected}`"),
        Is::UnknownForm => forms(subject),
        Is::Empty => "expected an identifier, found an empty text",
        Is::NotADigit => "expected a digit",
        Is::NoCountryCode => "expected `+` and the country code; `from_msisdn` reads digits that begin with one,",
        Is::InternationalPrefix => "expected `+` instead of an international prefix",
        Is::NationalNumber => "expected `+` and the country code instead of the trunk prefix of a national number",
        Is::TrunkPrefix => "expected no trunk prefix after the country code",
        Is::CountryCode => "expected a country code, which never begins with zero,",
        Is::Parenthesis => "expected parentheses in pairs, none inside another,",
        Is::DecimalPart => "found the decimal places of a number, as a spreadsheet writes them,",
        Is::Parameter => "expected a parameter as RFC 3966 writes it",
        Is::Extension => "an extension or subaddress names something other than the subscriber",
        Is::FillerInText => "expected digits without the filler of octets",
        Is::SipUri => "expected a global number and `user=phone` in a SIP URI",
        Is::OtherScheme => "expected another scheme than that of this URI",
        Is::EmailAddress => "expected an identifier, found an e-mail address,",
        Is::OtherIdentifier => "found an identifier of another kind",
        Is::Imeisv => "found an IMEISV, which has 16 digits: read it as `Imeisv`",
        Is::CheckDigit => "the check digit does not fit the digits before it",
        Is::CheckOrSpareDigit => "expected the check digit or the spare digit zero",
        Is::UrnGroups => "expected 15 digits in hyphenated groups of 8, 6 and 1",
        Is::Hyphen => "expected a hyphen",
        Is::NotADigitNibble => "expected a digit in both halves of the octet",
        Is::Filler => "expected a filler in the last half octet only, found one",
        Is::TypeOfAddress => "expected digits, found the first octet of an address string",
        Is::AddressExtension => "expected no extension of the address",
        Is::NatureOfAddress => "expected an international number as the nature of address",
        Is::NumberingPlan => "expected the numbering plan E.164",
        Is::IdentityType => "expected a mobile identity of this type",
        Is::OddEven => "expected an odd/even bit that fits the number of digits",
        Is::LengthOctet => "expected a length that fits the octets after it",
        Is::Base64Url => "expected a character of base64url",
        Is::TrailingBits => "expected the unused last bits to be zero",
        Is::ShortTagNumber => "expected a number with no more bits than the short tag",
        Is::Hex => "expected a hexadecimal digit",
        Is::FormatVersion => "expected format version 1",
        Is::KeyVersion => "expected a key version from 1 to 65535",
        Is::NoLabel => "expected at least one label",
        Is::Label => "expected a label of 1 to 255 bytes of UTF-8, with its length before it,",
        Is::TrailingBytes => "expected the end",
        Is::Element => "expected the canonical encoding of an element of ristretto255",
        Is::IdentityElement => "expected another element than the identity",
        Is::Scalar => "expected the canonical encoding of a scalar other than zero",
    })
}

fn forms(subject: Subject) -> &'static str {
    match subject {
        Subject { name: "", of: Some(Kind::PhoneNumber) } => {
            "expected `+`, `tel:+`, `sip:+` or `msisdn-`, then the country code,"
        }
        Subject { of: Some(Kind::PhoneNumber), .. } => "expected `+` and the country code",
        _ => "expected one of the forms that are read",
    }
}

impl fmt::Debug for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Found::Unsaid => f.write_str("Unsaid"),
            Found::Length { what, found } => write!(f, "{found} {what}"),
            Found::Character(char) => write!(f, "U+{:04X}", u32::from(*char)),
        }
    }
}

impl Error for ParseError {}
