use crate::kind::Kind;
use core::{error::Error, fmt};

/// A text or octets that are not what they were read as.
///
/// The message says what was expected and, where one place is to blame, at which byte, counted from 0.
/// It never contains any of the input.
///
/// ```
/// let error = "+44 20 7946 OO18".parse::<telseal::PhoneNumber>().unwrap_err();
/// assert_eq!(error.to_string(), "phone number: expected a digit at byte 12");
/// assert_eq!(error.position(), Some(12));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    subject: Subject,
    reason: Reason,
    position: Option<usize>,
}

/// What was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    Identifier(Kind),
    Prefix(Kind),
    Token(Kind),
    Tag,
    KeyVersion,
    #[cfg(any(feature = "seal", feature = "oblivious"))]
    Scope,
    #[cfg(feature = "oblivious")]
    PublicKey(Kind),
    #[cfg(feature = "oblivious")]
    Request(Kind),
    #[cfg(feature = "oblivious")]
    Response(Kind),
}

/// What was expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    // identifiers and prefixes in text
    International,
    Plus,
    TrunkPrefix,
    Parenthesis,
    Parameter,
    OtherThanSubscriber,
    NotADigit,
    ZeroFirst,
    Digits {
        min: usize,
        max: usize,
        found: usize,
    },
    ImeiForm,
    Groups,
    Hyphen,
    CheckDigit,
    CheckOrSpareDigit,
    IsImeisv,
    // identifiers on the wire
    Octets {
        min: usize,
        max: usize,
        found: usize,
    },
    NotADigitNibble,
    Filler,
    AddressExtension,
    NatureOfAddress,
    NumberingPlan,
    // tokens, tags, key versions
    Length {
        what: &'static str,
        expected: usize,
        found: usize,
    },
    Base64Url,
    TrailingBits,
    Hex,
    KindLetter(char),
    FormatVersion,
    KeyVersion,
    // scopes
    #[cfg(any(feature = "seal", feature = "oblivious"))]
    NoLabel,
    #[cfg(any(feature = "seal", feature = "oblivious"))]
    LabelLength {
        label: usize,
        found: usize,
    },
    #[cfg(feature = "oblivious")]
    Label,
    #[cfg(feature = "oblivious")]
    ScopeLength {
        max: usize,
        found: usize,
    },
    // public keys, requests, responses
    #[cfg(feature = "oblivious")]
    Message(char),
    #[cfg(feature = "oblivious")]
    Elements {
        max: usize,
        found: usize,
    },
    #[cfg(feature = "oblivious")]
    AtLeast {
        min: usize,
        found: usize,
    },
    #[cfg(feature = "oblivious")]
    TrailingBytes,
    #[cfg(feature = "oblivious")]
    Element,
    #[cfg(feature = "oblivious")]
    IdentityElement,
    #[cfg(feature = "oblivious")]
    Scalar,
}

impl From<Kind> for Subject {
    fn from(kind: Kind) -> Self {
        Subject::Identifier(kind)
    }
}

impl ParseError {
    pub(crate) fn new(subject: impl Into<Subject>, reason: Reason) -> Self {
        ParseError { subject: subject.into(), reason, position: None }
    }

    pub(crate) fn at(self, position: usize) -> Self {
        ParseError { position: Some(position), ..self }
    }

    /// The byte of the input, counted from 0, at which something else was expected; `None` where the input
    /// as a whole is to blame.
    pub const fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.subject {
            Subject::Identifier(kind) => write!(f, "{kind}: ")?,
            Subject::Prefix(kind) => write!(f, "prefix of {kind}s: ")?,
            Subject::Token(kind) => write!(f, "token of {kind}s: ")?,
            Subject::Tag => f.write_str("tag: ")?,
            Subject::KeyVersion => f.write_str("key version: ")?,
            #[cfg(any(feature = "seal", feature = "oblivious"))]
            Subject::Scope => f.write_str("scope: ")?,
            #[cfg(feature = "oblivious")]
            Subject::PublicKey(kind) => write!(f, "public key for {kind}s: ")?,
            #[cfg(feature = "oblivious")]
            Subject::Request(kind) => write!(f, "request for {kind}s: ")?,
            #[cfg(feature = "oblivious")]
            Subject::Response(kind) => write!(f, "response for {kind}s: ")?,
        }
        self.reason.fmt(f)?;
        match self.position {
            Some(position) => write!(f, " at byte {position}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reason::International => "expected `+` and the country code, or `tel:+` or `msisdn-` before it",
            Reason::Plus => "expected `+` and the country code",
            Reason::TrunkPrefix => "leave out the trunk prefix in parentheses",
            Reason::Parenthesis => "expected parentheses in pairs, none inside another,",
            Reason::Parameter => "expected a parameter as RFC 3966 writes it",
            Reason::OtherThanSubscriber => "an extension or subaddress names something else than the subscriber",
            Reason::NotADigit => "expected a digit",
            Reason::ZeroFirst => "expected a country code, which never begins with zero,",
            Reason::Digits { min, max, found } => return range(f, *min, *max, "digits", *found),
            Reason::ImeiForm => {
                "expected 14 digits, 15, or 15 in hyphenated groups, or `imei-` or `urn:gsma:imei:` and 15"
            }
            Reason::Groups => "expected 15 digits in hyphenated groups of 8, 6 and 1",
            Reason::Hyphen => "expected a hyphen",
            Reason::CheckDigit => "the check digit does not fit the digits before it",
            Reason::CheckOrSpareDigit => "expected the check digit or the spare digit zero",
            Reason::IsImeisv => "found an IMEISV, which has 16 digits: read it as `Imeisv`",
            Reason::Octets { min, max, found } => return range(f, *min, *max, "octets", *found),
            Reason::NotADigitNibble => "expected a digit in both halves of the octet",
            Reason::Filler => "expected a filler in the last half octet only, found one",
            Reason::AddressExtension => "expected no extension of the address",
            Reason::NatureOfAddress => "expected an international number as the nature of address",
            Reason::NumberingPlan => "expected the numbering plan E.164",
            Reason::Length { what, expected, found } => {
                return write!(f, "expected {expected} {what}, found {found}");
            }
            Reason::Base64Url => "expected a character of base64url",
            Reason::TrailingBits => "expected the unused last bits to be zero",
            Reason::Hex => "expected a hexadecimal digit",
            Reason::KindLetter(letter) => return write!(f, "expected the kind letter `{letter}`"),
            Reason::FormatVersion => "expected format version 1",
            Reason::KeyVersion => "expected a key version from 1 to 65535",
            #[cfg(any(feature = "seal", feature = "oblivious"))]
            Reason::NoLabel => "expected at least one label",
            #[cfg(any(feature = "seal", feature = "oblivious"))]
            Reason::LabelLength { label, found } => {
                return write!(f, "expected 1 to 255 bytes in label {label}, found {found}");
            }
            #[cfg(feature = "oblivious")]
            Reason::Label => "expected a label of 1 to 255 bytes of UTF-8, with its length before it,",
            #[cfg(feature = "oblivious")]
            Reason::ScopeLength { max, found } => {
                return write!(f, "expected at most {max} bytes of labels and their lengths, found {found}");
            }
            #[cfg(feature = "oblivious")]
            Reason::Message(letter) => return write!(f, "expected the letter `{letter}`"),
            #[cfg(feature = "oblivious")]
            Reason::Elements { max, found } => return range(f, 1, *max, "elements", *found),
            #[cfg(feature = "oblivious")]
            Reason::AtLeast { min, found } => return write!(f, "expected at least {min} bytes, found {found}"),
            #[cfg(feature = "oblivious")]
            Reason::TrailingBytes => "expected the end",
            #[cfg(feature = "oblivious")]
            Reason::Element => "expected the canonical encoding of an element of ristretto255",
            #[cfg(feature = "oblivious")]
            Reason::IdentityElement => "expected another element than the identity",
            #[cfg(feature = "oblivious")]
            Reason::Scalar => "expected the canonical encoding of a scalar other than zero",
        })
    }
}

fn range(f: &mut fmt::Formatter<'_>, min: usize, max: usize, what: &str, found: usize) -> fmt::Result {
    if min == max {
        write!(f, "expected {min} {what}, found {found}")
    } else {
        write!(f, "expected {min} to {max} {what}, found {found}")
    }
}

impl Error for ParseError {}
