//! The servers' types: tokens and tags, to store, compare and route by. No type here knows a key or a cipher.

#[cfg(feature = "arbitrary")]
mod arbitrary;
mod columns;
pub(crate) mod encoding;
mod hasher;
mod key_version;
#[cfg(feature = "seal")]
pub(crate) mod parts;
#[cfg(any(test, not(feature = "simd")))]
mod portable;
#[cfg(feature = "postgres-types")]
pub(crate) mod postgres_types;
#[cfg(feature = "proptest")]
mod proptest;
#[cfg(feature = "rusqlite")]
pub(crate) mod rusqlite;
#[cfg(feature = "serde")]
pub(crate) mod serde;
mod short;
#[cfg(feature = "simd")]
mod simd;

pub use columns::LengthMismatch;
#[cfg(feature = "seal")]
pub(crate) use columns::{BITS, check_bits};
pub use hasher::TagHasher;
pub use key_version::KeyVersion;
pub use short::ShortTag;

use crate::{
    error::{ParseError, ParseErrorKind, Subject},
    identifier::{Identifier, Indexed, Labelled, Prefix},
};
use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};
use encoding::{decode_base64url, decode_hex, encode_base64url, encode_hex, exactly};
use subtle::{Choice, ConstantTimeEq};

/// A sealed identifier: 27 bytes to store, compare and route by. Only the key holder can open it.
///
/// | bytes | |
/// |---|---|
/// | 0 | kind and format version |
/// | 1, 2 | key version, big-endian |
/// | 3 to 18 | tag: the SIV of RFC 5297 |
/// | 19 to 26 | ciphertext of the digit block |
///
/// Under one key, equal identifiers have equal tokens. That is the purpose of a token, and it is also what it leaks:
/// anybody who sees two tokens sees whether they are of one subscriber.
///
/// ```
/// use telseal::{Imsi, PhoneNumber, Token};
///
/// let token: Token<PhoneNumber> = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ".parse()?;
/// assert_eq!(token.as_bytes().len(), 27);
/// assert_eq!(token.key_version().get(), 1);
/// assert_eq!(token.as_bytes()[3..19], token.tag().as_bytes()[..]);
///
/// // The token of a phone number is not read as the token of an IMSI.
/// assert!(Token::<Imsi>::try_from(&token.as_bytes()[..]).is_err());
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// The text form ([`Display`](fmt::Display), [`FromStr`]) is base64url without padding. It always has 36 characters,
/// and the first is the kind's letter. For a column that ignores case there are 54 hexadecimal digits (`{:x}`,
/// [`from_hex`](Self::from_hex)). The feature `serde` uses the text for human-readable formats and the 27 bytes for
/// binary ones.
///
/// Each reader checks the length, the alphabet, the kind, the format version and the key version, and nothing else.
/// Only the key holder can tell whether a token is authentic, by opening it.
///
/// Tokens are ordered by their bytes: tokens of one kind by key version, and tokens of one key version as if at random.
pub struct Token<I> {
    bytes: [u8; TOKEN],
    kind: PhantomData<fn() -> I>,
}

/// The 16 bytes of a token that stand for the identifier. A directory looks up by them: a tag is a blind index.
///
/// A tag is the SIV of RFC 5297, a pseudorandom function of the identifier under one key. Without the key its bits are
/// uniformly random, so any of them can be used to hash ([`TagHasher`]) or to partition by.
///
/// The text form is base64url without padding, 22 characters. `{:x}` writes 32 hexadecimal digits.
///
/// ```
/// use std::collections::HashMap;
/// use telseal::{PhoneNumber, Tag, Token};
///
/// let token: Token<PhoneNumber> = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ".parse()?;
/// let directory: HashMap<Tag<PhoneNumber>, &str> = HashMap::from([(token.tag(), "endpoint")]);
/// assert_eq!(directory.get(&token.tag()), Some(&"endpoint"));
/// assert_eq!(token.tag().to_string().parse(), Ok(token.tag()));
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// `Tag<Prefix<I>>` is the tag of the first digits of an identifier: a [`PrefixTag`].
#[doc(alias("hash", "blind index"))]
pub struct Tag<T> {
    bytes: [u8; TAG],
    kind: PhantomData<fn() -> T>,
}

/// The tag of a [`Prefix`]: 16 bytes. It is unrelated to the tag of any identifier.
///
/// ```
/// use telseal::{PhoneNumber, PrefixTag};
///
/// let tag: PrefixTag<PhoneNumber> = PrefixTag::from_bytes([0x5A; 16]);
/// assert_eq!(tag.to_string().len(), 22);
/// ```
pub type PrefixTag<I> = Tag<Prefix<I>>;

const HEADER: usize = 3;
const TAG: usize = 16;
const TOKEN: usize = 27;
const HEADER_TEXT: usize = 4;
const TOKEN_TEXT: usize = 36;
const TAG_TEXT: usize = 22;

/// The letter's place in the base64url alphabet, times 4, plus the format version, which is 1.
pub(crate) const fn first_byte(letter: u8) -> u8 {
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

impl<I: Identifier> Token<I> {
    /// A well-formed token that nobody sealed: key version 1 and zeros. It fills a buffer before
    /// `Sealer::seal_into` overwrites it. The chance that it opens under a key is 2⁻¹²⁸.
    pub const BLANK: Self = {
        let mut bytes = [0; TOKEN];
        bytes.split_at_mut(HEADER).0.copy_from_slice(&Self::header(KeyVersion::FIRST));
        Token { bytes, kind: PhantomData }
    };

    /// The first 3 bytes of all tokens of this kind and key version: kind and format version, then the key version,
    /// big-endian. In a column of bytes, the rows of a key version are one range: from its header up to the header of
    /// the next version. In a column of texts they are not a range: use [`encode_header`](Self::encode_header).
    ///
    /// ```
    /// use telseal::{KeyVersion, PhoneNumber, Token};
    ///
    /// let token: Token<PhoneNumber> = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ".parse()?;
    /// assert_eq!(token.as_bytes()[..3], Token::<PhoneNumber>::header(KeyVersion::FIRST));
    /// # Ok::<(), telseal::ParseError>(())
    /// ```
    pub const fn header(version: KeyVersion) -> [u8; HEADER] {
        tag_header::<I>(version)
    }

    /// Writes the first 4 characters of the texts of these tokens, which are [`header`](Self::header) in base64url,
    /// into a buffer and returns them.
    ///
    /// In a column of texts, the rows of a key version are those whose first 4 characters equal these
    /// (`left(token, 4) = 'PQAB'`). They are not a range: base64url does not sort as the bytes do. In a `LIKE` pattern,
    /// escape the `_` of the alphabet, because an unescaped one matches any character.
    ///
    /// ```
    /// use telseal::{KeyVersion, PhoneNumber, Token};
    /// assert_eq!(Token::<PhoneNumber>::encode_header(KeyVersion::FIRST, &mut [0; 4]), "PQAB");
    /// ```
    pub fn encode_header(version: KeyVersion, buffer: &mut [u8; HEADER_TEXT]) -> &str {
        *buffer = encode_base64url(&Self::header(version));
        str::from_utf8(buffer).expect("base64url is ASCII")
    }

    /// The tag: the part to look up by.
    pub fn tag(&self) -> Tag<I> {
        Tag { bytes: self.part(HEADER), kind: PhantomData }
    }

    /// The key version in the header. It is authenticated when the token is opened.
    pub fn key_version(&self) -> KeyVersion {
        // Never the fallback: no token is made with version 0.
        KeyVersion::try_from(u16::from_be_bytes(self.part(1))).unwrap_or(KeyVersion::FIRST)
    }

    /// The 27 bytes.
    pub const fn as_bytes(&self) -> &[u8; TOKEN] {
        &self.bytes
    }

    /// Writes the text form, 36 characters, into a buffer and returns it. It allocates nothing.
    ///
    /// ```
    /// # let token = telseal::Token::<telseal::PhoneNumber>::BLANK;
    /// assert_eq!(token.encode(&mut [0; 36]), token.to_string());
    /// ```
    pub fn encode<'a>(&self, buffer: &'a mut [u8; TOKEN_TEXT]) -> &'a str {
        *buffer = encode_base64url(&self.bytes);
        str::from_utf8(buffer).expect("base64url is ASCII")
    }

    /// Reads 54 hexadecimal digits, upper or lower case.
    ///
    /// ```
    /// use telseal::{PhoneNumber, Token};
    ///
    /// let token: Token<PhoneNumber> = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ".parse()?;
    /// assert_eq!(Token::from_hex(&format!("{token:x}")), Ok(token));
    /// # Ok::<(), telseal::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// The length is not 54, a character is not a hexadecimal digit, or the bytes are not a token of this kind.
    pub fn from_hex(text: &str) -> Result<Self, ParseError> {
        Self::from_bytes(decode_hex::<{ 2 * TOKEN }, TOKEN>(text.as_bytes(), Subject::of("token of", I::KIND))?, 4)
    }

    #[inline(always)]
    fn from_text(text: &[u8]) -> Result<Self, ParseError> {
        Self::from_bytes(decode_base64url::<TOKEN_TEXT, TOKEN>(text, Subject::of("token of", I::KIND))?, 6)
    }

    /// Checks the header of a token that was read from a form with so many bits a character.
    fn from_bytes(bytes: [u8; TOKEN], bits: usize) -> Result<Self, ParseError> {
        let refused = |reason, bit| Err(ParseError::new(Subject::of("token of", I::KIND), reason).at(bit / bits));
        let expected = first_byte(I::LETTER);
        match bytes {
            [kind, ..] if kind >> 2 != expected >> 2 => {
                refused(ParseErrorKind::KindLetter { expected: I::KIND.letter() }, 0)
            }
            [kind, ..] if kind != expected => refused(ParseErrorKind::FormatVersion, 6),
            [_, 0, 0, ..] => refused(ParseErrorKind::KeyVersion, 8),
            _ => Ok(Token { bytes, kind: PhantomData }),
        }
    }

    #[inline(always)]
    fn part<const N: usize>(&self, start: usize) -> [u8; N] {
        *self.bytes[start..].first_chunk().expect("a part of the 27 bytes")
    }
}

impl<T: Indexed> Tag<T> {
    /// Makes a tag from its 16 bytes. Any 16 bytes are a tag.
    pub const fn from_bytes(bytes: [u8; TAG]) -> Self {
        Tag { bytes, kind: PhantomData }
    }

    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; TAG] {
        &self.bytes
    }

    /// Reads 32 hexadecimal digits, upper or lower case.
    ///
    /// # Errors
    /// The length is not 32, or a character is not a hexadecimal digit.
    pub fn from_hex(text: &str) -> Result<Self, ParseError> {
        decode_hex::<{ 2 * TAG }, TAG>(text.as_bytes(), Subject::new("tag")).map(Self::from_bytes)
    }
}

impl<I: Identifier> FromStr for Token<I> {
    type Err = ParseError;
    #[inline(always)] // a result of 64 bytes takes a while to hand back
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::from_text(text.as_bytes())
    }
}

impl<T: Indexed> FromStr for Tag<T> {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        decode_base64url::<TAG_TEXT, TAG>(text.as_bytes(), Subject::new("tag")).map(Self::from_bytes)
    }
}

impl<I: Identifier> TryFrom<&[u8]> for Token<I> {
    type Error = ParseError;
    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        Self::from_bytes(*exactly(bytes, Subject::of("token of", I::KIND))?, 8)
    }
}

impl<I: Identifier> TryFrom<[u8; TOKEN]> for Token<I> {
    type Error = ParseError;
    fn try_from(bytes: [u8; TOKEN]) -> Result<Self, ParseError> {
        Self::from_bytes(bytes, 8)
    }
}

impl<I> From<Token<I>> for [u8; TOKEN] {
    fn from(token: Token<I>) -> Self {
        token.bytes
    }
}

impl<T> From<Tag<T>> for [u8; TAG] {
    fn from(tag: Tag<T>) -> Self {
        tag.bytes
    }
}

impl<T: Indexed> TryFrom<&[u8]> for Tag<T> {
    type Error = ParseError;
    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        exactly(bytes, Subject::new("tag")).copied().map(Self::from_bytes)
    }
}

impl<I: Identifier> fmt::Display for Token<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(f, &encode_base64url::<TOKEN_TEXT>(&self.bytes))
    }
}

impl<T: Indexed> fmt::Display for Tag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(f, &encode_base64url::<TAG_TEXT>(&self.bytes))
    }
}

impl<I: Identifier> fmt::LowerHex for Token<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(f, &encode_hex::<{ 2 * TOKEN }>(&self.bytes))
    }
}

impl<T: Indexed> fmt::LowerHex for Tag<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(f, &encode_hex::<{ 2 * TAG }>(&self.bytes))
    }
}

/// What tokens and tags have in common: traits that `derive` would ask of `I` too.
macro_rules! public_bytes {
    ($($name:ident),*) => {$(
        impl<I> Clone for $name<I> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<I> Copy for $name<I> {}

        /// In constant time.
        impl<I> PartialEq for $name<I> {
            fn eq(&self, other: &Self) -> bool {
                self.ct_eq(other).into()
            }
        }

        impl<I> Eq for $name<I> {}

        impl<I> PartialOrd for $name<I> {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        /// By the bytes.
        impl<I> Ord for $name<I> {
            fn cmp(&self, other: &Self) -> Ordering {
                self.bytes.cmp(&other.bytes)
            }
        }

        impl<I> Hash for $name<I> {
            fn hash<H: Hasher>(&self, state: &mut H) {
                state.write(&self.bytes);
            }
        }

        impl<I> AsRef<[u8]> for $name<I> {
            fn as_ref(&self) -> &[u8] {
                &self.bytes
            }
        }

        impl<I> fmt::Debug for $name<I>
        where
            Self: fmt::Display,
        {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )*};
}

public_bytes!(Token, Tag);

impl<I> ConstantTimeEq for Token<I> {
    #[inline]
    fn ct_eq(&self, other: &Self) -> Choice {
        // Two words that overlap cover the 27 bytes.
        let words = |token: &Self| {
            let word = |bytes: Option<&[u8; 16]>| u128::from_le_bytes(*bytes.expect("16 of the 27 bytes"));
            (word(token.bytes.first_chunk()), word(token.bytes.last_chunk()))
        };
        let (a, b) = (words(self), words(other));
        a.0.ct_eq(&b.0) & a.1.ct_eq(&b.1)
    }
}

impl<I> ConstantTimeEq for Tag<I> {
    #[inline]
    fn ct_eq(&self, other: &Self) -> Choice {
        u128::from_le_bytes(self.bytes).ct_eq(&u128::from_le_bytes(other.bytes))
    }
}

fn write_ascii(f: &mut fmt::Formatter<'_>, text: &[u8]) -> fmt::Result {
    f.pad(str::from_utf8(text).map_err(|_| fmt::Error)?)
}
