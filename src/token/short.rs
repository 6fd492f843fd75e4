//! Tags cut to their first bits, which many identifiers share.

use super::{Tag, write_ascii};
use crate::{
    error::{ParseError, ParseErrorKind, Subject},
    identifier::Indexed,
    token::encoding::encode_hex,
};
use core::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    ops::RangeInclusive,
    str::FromStr,
};
use subtle::{Choice, ConstantTimeEq};

/// The first `BITS` bits of a [`Tag`], 8 to 64. Many identifiers share one: it names a set of them, not a subscriber.
///
/// Whoever stores or is asked by short tags learns which set an identifier is in. The key holder opens the tokens of the
/// set and keeps the one that it looked for. Over *N* identifiers a set has *N* / 2^`BITS` members on average.
///
/// | form | |
/// |---|---|
/// | bytes ([`as_bytes`](Self::as_bytes), `TryFrom<&[u8]>`) | `BITS` / 8, rounded up; unused bits of the last byte are 0 |
/// | text (`Display`, `FromStr`) | `BITS` / 4 hexadecimal digits, rounded up; unused bits of the last digit are 0 |
/// | number (`u64::from`, `TryFrom<u64>`) | below 2^`BITS`. A signed column of 64 bits holds up to 63 bits |
///
/// All forms of one length sort alike, and as the tags do. So a column or index of whole tags can be asked by a short
/// tag, for a [`range`](Self::range). A length that is not from 8 to 64 does not compile.
///
/// ```
/// use telseal::{PhoneNumber, ShortTag, Tag, Token};
///
/// let token: Token<PhoneNumber> = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ".parse()?;
/// let short: ShortTag<PhoneNumber, 20> = token.tag().short();
/// assert_eq!(short.to_string(), "62b4a");
/// assert_eq!(short.as_bytes(), [0x62, 0xB4, 0xA0]);
/// assert_eq!(u64::from(short), 0x62B4A);
/// assert!(short.range().contains(&token.tag()));
/// assert_eq!("62b4a".parse(), Ok(short));
///
/// // Many at once: Sealer::tag_into and Indexer::tag_into make the tags.
/// let tags = [token.tag(); 64];
/// let shorts = tags.map(|tag| tag.short::<20>());
/// assert_eq!(shorts[63], short);
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// ```compile_fail,E0080
/// let tag = telseal::Tag::<telseal::Imsi>::from_bytes([0; 16]);
/// tag.short::<7>();
/// ```
pub struct ShortTag<T, const BITS: u32> {
    /// From the first bit on; the others are 0.
    bytes: [u8; MAX],
    kind: PhantomData<fn() -> T>,
}

const MAX: usize = 8;

impl<T: Indexed> Tag<T> {
    /// The first `BITS` bits. It needs no key: a server can cut the tags that it has.
    pub const fn short<const BITS: u32>(&self) -> ShortTag<T, BITS> {
        let (first, _) = self.bytes.split_first_chunk().expect("8 of 16 bytes");
        ShortTag::cut(u64::from_be_bytes(*first))
    }
}

impl<T, const BITS: u32> ShortTag<T, BITS> {
    pub(super) const BYTES: usize = BITS.div_ceil(8) as usize;
    pub(super) const DIGITS: usize = BITS.div_ceil(4) as usize;
    /// The bits of a word that are not in use.
    const UNUSED: u32 = {
        assert!(8 <= BITS && BITS <= 64, "a short tag has 8 to 64 bits");
        64 - BITS
    };

    /// The bytes: `BITS` / 8 of them, rounded up.
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes.split_at(Self::BYTES).0
    }

    /// The first and the last tag that begin with these bits.
    pub const fn range(&self) -> RangeInclusive<Tag<T>> {
        let first = (self.word() as u128) << 64;
        let last = first | (u128::MAX >> BITS);
        let [first, last] = [first.to_be_bytes(), last.to_be_bytes()];
        RangeInclusive::new(Tag { bytes: first, kind: PhantomData }, Tag { bytes: last, kind: PhantomData })
    }

    const fn cut(word: u64) -> Self {
        ShortTag { bytes: ((word >> Self::UNUSED) << Self::UNUSED).to_be_bytes(), kind: PhantomData }
    }

    const fn word(&self) -> u64 {
        u64::from_be_bytes(self.bytes)
    }

    /// A word that has no unused bit set. Errors name the character or byte, of so many bits.
    fn checked(word: u64, bits: u32) -> Result<Self, ParseError> {
        let short = Self::cut(word);
        if short.word() == word {
            return Ok(short);
        }
        Err(ParseError::new(SUBJECT, ParseErrorKind::TrailingBits).at((BITS / bits) as usize))
    }
}

const SUBJECT: Subject = Subject::new("short tag");

impl<T: Indexed, const BITS: u32> FromStr for ShortTag<T, BITS> {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let expected = Self::DIGITS;
        if text.len() != expected {
            return Err(ParseError::bytes(SUBJECT, "bytes", expected, expected, text.len()));
        }
        let mut word = 0;
        for (i, char) in text.bytes().enumerate() {
            let digit = char::from(char).to_digit(16).ok_or(ParseError::new(SUBJECT, ParseErrorKind::Hex).at(i))?;
            word |= u64::from(digit) << (60 - 4 * i);
        }
        Self::checked(word, 4)
    }
}

impl<T: Indexed, const BITS: u32> TryFrom<&[u8]> for ShortTag<T, BITS> {
    type Error = ParseError;
    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        let expected = Self::BYTES;
        if bytes.len() != expected {
            return Err(ParseError::bytes(SUBJECT, "bytes", expected, expected, bytes.len()));
        }
        let mut all = [0; MAX];
        all[..expected].copy_from_slice(bytes);
        Self::checked(u64::from_be_bytes(all), 8)
    }
}

impl<T: Indexed, const BITS: u32> TryFrom<u64> for ShortTag<T, BITS> {
    type Error = ParseError;
    fn try_from(number: u64) -> Result<Self, ParseError> {
        let word = number << Self::UNUSED;
        if word >> Self::UNUSED == number {
            return Ok(Self::cut(word));
        }
        Err(ParseError::new(SUBJECT, ParseErrorKind::ShortTagNumber))
    }
}

impl<T, const BITS: u32> From<ShortTag<T, BITS>> for u64 {
    fn from(short: ShortTag<T, BITS>) -> Self {
        short.word() >> ShortTag::<T, BITS>::UNUSED
    }
}

impl<T, const BITS: u32> fmt::Display for ShortTag<T, BITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_ascii(f, &encode_hex::<{ 2 * MAX }>(&self.bytes)[..Self::DIGITS])
    }
}

impl<T, const BITS: u32> fmt::Debug for ShortTag<T, BITS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ShortTag({self})")
    }
}

impl<T, const BITS: u32> Clone for ShortTag<T, BITS> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const BITS: u32> Copy for ShortTag<T, BITS> {}

/// In constant time.
impl<T, const BITS: u32> PartialEq for ShortTag<T, BITS> {
    fn eq(&self, other: &Self) -> bool {
        self.ct_eq(other).into()
    }
}

impl<T, const BITS: u32> Eq for ShortTag<T, BITS> {}

impl<T, const BITS: u32> PartialOrd for ShortTag<T, BITS> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By the bytes.
impl<T, const BITS: u32> Ord for ShortTag<T, BITS> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes)
    }
}

impl<T, const BITS: u32> Hash for ShortTag<T, BITS> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.as_bytes());
    }
}

impl<T, const BITS: u32> AsRef<[u8]> for ShortTag<T, BITS> {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<T, const BITS: u32> ConstantTimeEq for ShortTag<T, BITS> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.word().ct_eq(&other.word())
    }
}
