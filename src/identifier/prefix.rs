use super::{
    Identifier, Imei, Imsi, Indexed, PhoneNumber,
    digits::{DigitBlock, Shape},
    phone::global_number,
    sealed::{Internal, Labelled},
    typography::{Kept, Marks, digits},
};
use crate::{
    error::{ParseError, Subject},
    kind::Kind,
};
use core::{fmt, marker::PhantomData, str::FromStr};
use zeroize::ZeroizeOnDrop;

/// The first digits of an identifier: a country code or number range, MCC and MNC, a type allocation code.
///
/// A server without a key can route by its tag, a [`PrefixTag`](crate::PrefixTag). The key holder fills the server's
/// table of routes with the tags of prefixes. With each message, a gateway sends the tags of the identifier's first
/// digits (`Indexer::<Prefix<I>>::tags`). Prefixes have separate keys, so the tag of a prefix is never the tag of an
/// identifier. Prefix tags exist only if somebody asks `Keyring::indexer` for them.
///
/// ```
/// use telseal::{PhoneNumber, Prefix};
///
/// let number: PhoneNumber = "+442079460018".parse()?;
/// let london: Prefix<PhoneNumber> = "+44 20".parse()?;
/// assert_eq!(Prefix::of(&number, 4), Some(london));
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// **What the server learns.** For each length that it gets, the server learns which identifiers have the same first
/// digits, and how often they occur. There are few prefixes, and some are much more frequent than the rest. So assume
/// that the server knows which country, network or device model each tag stands for, especially if the route names it.
/// A tag does not show how many digits the prefix has, but its position among the sent tags does. The number of sent
/// tags shows whether a phone number is longer than the longest prefix.
///
/// **What a prefix hides.** It hides the remaining digits. An identifier hides among the identifiers in use that have
/// these first digits, at most as many as this:
///
/// | prefix | example | digits | identifiers with it, at most |
/// |---|---|---|---|
/// | country code, E.164 clause 6.2 | `+44`, numbers of 12 digits | 2 | 10¹⁰ |
/// | number range | `+44 20 7946` | 8 | 10⁴ |
/// | MCC and MNC, TS 23.003 clause 2.2 | `00101` | 5 | 10¹⁰ |
/// | MCC and MNC of 3 digits | `001001` | 6 | 10⁹ |
/// | type allocation code, TS 23.003 clause 6.2.1 | `49015420` | 8 | 10⁶ |
///
/// A number of *d* digits with a prefix of *n* digits hides among 10^(*d* - *n*). Each further digit of the prefix
/// divides this by ten. So use the shortest prefixes that the routes need.
///
/// A table of routes by MCC and MNC must not have both `00101` and `001010`. The digits do not show the length of the
/// MNC, so the longer prefix would take the subscribers of 001-01 whose next digit is 0.
///
/// [`FromStr`] reads `+` and the digits of a phone number's prefix, with the separators and scripts that
/// [`PhoneNumber`] allows (`+44 20`). For an IMSI or an IMEI it reads the digits (`00101`, `49015420`). There is no
/// plaintext `Debug`. Comparison takes constant time. The digits are wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Prefix<I> {
    block: DigitBlock,
    kind: PhantomData<fn() -> I>,
}

/// The lengths, in digits, of the prefixes in a table of routes; each length once. The key holder that fills the table
/// and the gateways that ask it must use the same lengths: a route of another length is never found.
///
/// ```
/// use telseal::{Imei, PhoneNumber, PrefixLengths};
///
/// let lengths: PrefixLengths<PhoneNumber> = PrefixLengths::new([4, 1, 2])?;
/// assert_eq!(lengths, PrefixLengths::new([1, 2, 4])?);
/// assert!(PrefixLengths::<Imei>::new([9]).is_err()); // an IMEI has prefixes of at most 8 digits
/// # Ok::<(), telseal::ParseError>(())
/// ```
pub struct PrefixLengths<I> {
    /// Bit *n* is set where *n* is one of them.
    bits: u16,
    kind: PhantomData<fn() -> I>,
}

/// A kind of identifier that has prefixes.
///
/// An [`Imeisv`](crate::Imeisv) has no prefixes. Use those of its [`imei`](crate::Imeisv::imei), so that both have the
/// same type allocation code and the same tag.
///
/// ```
/// use telseal::{Imei, PhoneNumber, Prefixed};
///
/// assert_eq!((PhoneNumber::MAX_PREFIX, Imei::MAX_PREFIX), (10, 8));
/// ```
pub trait Prefixed: Identifier {
    /// The maximum number of digits in a prefix. After the longest prefix come the digits that name a single subscriber
    /// or device: two digits of a phone number with 12, five digits of an IMSI with 15, the whole serial number of an
    /// IMEI. A phone number or IMSI that has no more digits than this is a prefix as a whole.
    const MAX_PREFIX: usize;
}

impl Prefixed for PhoneNumber {
    const MAX_PREFIX: usize = 10;
}

impl Prefixed for Imsi {
    const MAX_PREFIX: usize = 10;
}

impl Prefixed for Imei {
    const MAX_PREFIX: usize = 8;
}

impl<I: Prefixed> Prefix<I> {
    const SHAPE: Shape = Shape { min: 1, max: I::MAX_PREFIX, ..I::SHAPE };

    /// The first `digits` digits of an identifier. Returns `None` if the identifier has fewer, or if no prefix has so
    /// many.
    pub fn of(identifier: &I, digits: usize) -> Option<Self> {
        let block = identifier.block(Internal(()));
        let is_there = (1..=I::MAX_PREFIX).contains(&digits) && digits <= block.len();
        is_there.then(|| Self::new(DigitBlock::from_checked(block.word() | u64::MAX << (4 * digits))))
    }

    /// The number of digits.
    #[expect(clippy::len_without_is_empty, reason = "it has one at least")]
    pub fn len(&self) -> usize {
        self.block.len()
    }

    fn new(block: DigitBlock) -> Self {
        Prefix { block, kind: PhantomData }
    }
}

impl<I: Prefixed> PrefixLengths<I> {
    /// Takes these lengths, in any order.
    ///
    /// # Errors
    /// There is no length, or a length is 0 or more than [`Prefixed::MAX_PREFIX`].
    pub fn new(lengths: impl IntoIterator<Item = usize>) -> Result<Self, ParseError> {
        let max = I::MAX_PREFIX;
        let refused = |found| Err(ParseError::digits(Subject::of("prefix of", I::KIND), 1, max, found));
        let mut bits = 0;
        for length in lengths {
            if length == 0 || length > max {
                return refused(length);
            }
            bits |= 1 << length;
        }
        if bits == 0 { refused(0) } else { Ok(PrefixLengths { bits, kind: PhantomData }) }
    }

    /// The prefixes that an identifier has in these lengths, the longest first.
    pub fn prefixes_of(self, identifier: &I) -> impl Iterator<Item = Prefix<I>> {
        let lengths = (1..=I::MAX_PREFIX).rev().filter(move |length| self.bits >> length & 1 == 1);
        lengths.filter_map(|length| Prefix::of(identifier, length))
    }
}

impl<I: Prefixed> FromStr for Prefix<I> {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let subject = Subject::of("prefix of", I::KIND);
        let marks = Marks::typed(subject, text)?;
        let block = match I::KIND {
            Kind::PhoneNumber => global_number(subject, Self::SHAPE, marks)?,
            kind => {
                let mut kept = Kept::new();
                digits(subject, marks, kind == Kind::Imei, &mut kept)?;
                kept.block(subject, Self::SHAPE, kept.count())?
            }
        };
        Ok(Self::new(block))
    }
}

impl<I: Prefixed> Indexed for Prefix<I> {}

impl<I: Prefixed> Labelled for Prefix<I> {
    const LABEL: &'static [u8] = b"telseal/v1/prefix";
    const LETTER: u8 = I::LETTER.to_ascii_lowercase();

    #[inline(always)]
    fn word(&self, _: Internal) -> u64 {
        self.block.word()
    }
}

impl<I> Clone for PrefixLengths<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for PrefixLengths<I> {}

impl<I> PartialEq for PrefixLengths<I> {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits
    }
}

impl<I> Eq for PrefixLengths<I> {}

impl<I> fmt::Debug for PrefixLengths<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrefixLengths")?;
        f.debug_set().entries((0..16).filter(|length| self.bits >> length & 1 == 1)).finish()
    }
}

impl<I> fmt::Debug for Prefix<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prefix(..)")
    }
}

impl<I> ZeroizeOnDrop for Prefix<I> {}
