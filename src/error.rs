#[cfg(feature = "seal")]
use crate::KeyVersion;
use crate::Kind;
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

/// A token that was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "seal")]
#[non_exhaustive]
pub enum OpenError {
    /// The token was not sealed under this key: another secret, another scope, or altered bytes. Which of
    /// them cannot be told.
    NotOpened,
    /// The sealer has no key of the version that the token's header names: retired, or never there. No
    /// other key is tried.
    UnknownKeyVersion(KeyVersion),
}

#[cfg(feature = "seal")]
impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotOpened => f.write_str("token not opened"),
            OpenError::UnknownKeyVersion(version) => {
                write!(f, "token not opened: key version {version} is not live here")
            }
        }
    }
}

#[cfg(feature = "seal")]
impl Error for OpenError {}

/// The two slices given to [`seal_into`](crate::Sealer::seal_into), [`open_into`](crate::Sealer::open_into) or
/// [`tag_into`](crate::Indexer::tag_into) differ in length. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "seal")]
pub struct LengthMismatch {
    pub(crate) input: usize,
    pub(crate) output: usize,
}

#[cfg(feature = "seal")]
impl LengthMismatch {
    pub(crate) fn unless_same(input: usize, output: usize) -> Result<(), Self> {
        if input == output { Ok(()) } else { Err(LengthMismatch { input, output }) }
    }
}

#[cfg(feature = "seal")]
impl fmt::Display for LengthMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items do not fit one to one into {} places", self.input, self.output)
    }
}

#[cfg(feature = "seal")]
impl Error for LengthMismatch {}

/// A keyring that cannot be made, read or changed as asked. Whatever was there before is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "seal")]
#[non_exhaustive]
pub enum KeyringError {
    /// No secret was given; a keyring holds at least one.
    Empty,
    /// Two secrets were given for this version.
    Duplicate(KeyVersion),
    /// This version is not in the keyring.
    Unknown(KeyVersion),
    /// This version is the primary one, which cannot be retired: promote another one first.
    Primary(KeyVersion),
    /// This version is the newest one, which cannot be retired: its number must not be given out again.
    Newest(KeyVersion),
    /// Version 65535 is in use, and there is none after it.
    Exhausted,
    /// The operating system gave no random bytes.
    Random,
    /// The wrapped keyring is shorter or longer than any, by its number of bytes.
    WrappedLength(usize),
    /// The bytes do not begin as a wrapped keyring does.
    NotAKeyring,
    /// The keyring was wrapped in a format of this version, which is unknown here.
    WrappedFormat(u8),
    /// Another key-encryption key, or altered bytes. Which of them cannot be told.
    NotUnwrapped,
    /// The wrapped keyring is authentic but breaks the rules of its format: it was not made by `wrap`.
    Malformed,
}

#[cfg(feature = "seal")]
impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyringError::Empty => f.write_str("a keyring needs at least one secret"),
            KeyringError::Duplicate(version) => write!(f, "two secrets for key version {version}"),
            KeyringError::Unknown(version) => write!(f, "key version {version} is not in the keyring"),
            KeyringError::Primary(version) => {
                write!(f, "key version {version} is the primary one: promote another first")
            }
            KeyringError::Newest(version) => write!(f, "key version {version} is the newest one: stage the next first"),
            KeyringError::Exhausted => f.write_str("key version 65535 is in use and is the last"),
            KeyringError::Random => f.write_str("the operating system gave no random bytes"),
            KeyringError::WrappedLength(found) => {
                write!(f, "wrapped keyring: expected 34 bytes and 34 more for every key version, found {found} in all")
            }
            KeyringError::NotAKeyring => f.write_str("wrapped keyring: expected `telseal-keyring` at its beginning"),
            KeyringError::WrappedFormat(found) => {
                write!(f, "wrapped keyring: expected format version 1, found {found}")
            }
            KeyringError::NotUnwrapped => f.write_str("wrapped keyring: another key-encryption key, or altered bytes"),
            KeyringError::Malformed => f.write_str("wrapped keyring: authentic, but not in the form that `wrap` gives"),
        }
    }
}

#[cfg(feature = "seal")]
impl Error for KeyringError {}

/// An index key that is not loaded: nothing of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg(feature = "seal")]
#[non_exhaustive]
pub enum IndexKeyError {
    /// The wrapped index key is shorter or longer than any, by its number of bytes.
    WrappedLength(usize),
    /// The bytes do not begin as a wrapped index key does.
    NotAnIndexKey,
    /// The index key was wrapped in a format of this version, which is unknown here.
    WrappedFormat(u8),
    /// Another key-encryption key, or altered bytes. Which of them cannot be told.
    NotUnwrapped,
    /// The wrapped index key is authentic but breaks the rules of its format: it was not made by `wrap`.
    Malformed,
    /// It gives tags of another kind of identifier, or of prefixes and not of identifiers, or the other way round.
    OtherKind,
    /// It gives tags in another scope.
    OtherScope,
    /// It has no key of this version: rows that are stored under it would be missed.
    NoKey(KeyVersion),
    /// It makes tags under this version, which no row is stored under: it is out of date.
    Primary(KeyVersion),
}

#[cfg(feature = "seal")]
impl fmt::Display for IndexKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped index key: ")?;
        match self {
            IndexKeyError::WrappedLength(found) => {
                write!(f, "expected 65 bytes and 34 more for every key version, found {found} in all")
            }
            IndexKeyError::NotAnIndexKey => f.write_str("expected `telseal-index` at its beginning"),
            IndexKeyError::WrappedFormat(found) => write!(f, "expected format version 1, found {found}"),
            IndexKeyError::NotUnwrapped => f.write_str("another key-encryption key, or altered bytes"),
            IndexKeyError::Malformed => f.write_str("authentic, but not in the form that `wrap` gives"),
            IndexKeyError::OtherKind => f.write_str("of another kind"),
            IndexKeyError::OtherScope => f.write_str("of another scope"),
            IndexKeyError::NoKey(version) => write!(f, "no key of version {version}"),
            IndexKeyError::Primary(version) => write!(f, "primary key version {version}, which no row is under"),
        }
    }
}

#[cfg(feature = "seal")]
impl Error for IndexKeyError {}
