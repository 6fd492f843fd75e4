use super::{
    Identifier, Imei, Imsi, Indexed, PhoneNumber,
    digits::{DigitBlock, Shape},
    phone::global_number,
    reading::from_digits,
    sealed::{Internal, Labelled},
};
use crate::{
    error::{ParseError, Reason, Subject},
    kind::Kind,
};
use core::{fmt, marker::PhantomData, str::FromStr};
use zeroize::ZeroizeOnDrop;

/// The first digits of an identifier: a country code or number range, MCC and MNC, a type allocation code.
///
/// Its tag, a [`PrefixTag`](crate::PrefixTag), lets a server that holds no key route by it: the key holder has tags of prefixes made for
/// the server's table of routes, and a gateway sends those of an identifier's first digits with each message
/// (`Indexer::<Prefix<I>>::tags`). They have keys of their own, so that the tag of a prefix is never that of an
/// identifier, and there are none unless somebody asks `Keyring::indexer` for them.
///
/// **What the server learns** is which identifiers have the first digits in common, for each length that it is sent,
/// and how often they occur. There are few prefixes and some are much more frequent than others: take it that the
/// server knows which country, network or device type each tag stands for, all the more where the route says so. The
/// tag does not show how many digits the prefix has, but its place among those that are sent does, and how many of
/// them are sent shows whether a phone number is longer than the longest.
///
/// **What a prefix hides** is the other digits. It hides an identifier among as many as there are with these first
/// digits, and no more than are in use:
///
/// | prefix | example | digits | identifiers with it, at most |
/// |---|---|---|---|
/// | country code, E.164 clause 6.2 | `+44`, numbers of 12 digits | 2 | 10¹⁰ |
/// | number range | `+44 20 7946` | 8 | 10⁴ |
/// | MCC and MNC, TS 23.003 clause 2.2 | `00101` | 5 | 10¹⁰ |
/// | MCC and MNC of 3 digits | `001001` | 6 | 10⁹ |
/// | type allocation code, TS 23.003 clause 6.2.1 | `49015420` | 8 | 10⁶ |
///
/// A number of *d* digits with a prefix of *n* hides among 10^(*d* - *n*), and each digit more leaves a tenth. So use
/// the shortest prefixes that the routes need.
///
/// [`FromStr`] reads `+` and the digits of a phone number's prefix, with the separators that [`PhoneNumber`] has
/// (`+44 20`); the digits of the others (`00101`, `49015420`). It has no plaintext `Debug`, is compared in constant
/// time and wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct Prefix<I> {
    block: DigitBlock,
    kind: PhantomData<fn() -> I>,
}

/// How many digits the prefixes of a table of routes have: its lengths, each once. The key holder who fills the table
/// and the gateways that ask it must have the same ones, since a route of another length is never found.
pub struct PrefixLengths<I> {
    /// Bit *n* is set where *n* is one of them.
    bits: u16,
    kind: PhantomData<fn() -> I>,
}

/// A kind of identifier that has prefixes.
///
/// An [`Imeisv`](crate::Imeisv) has none: its first digits are those of its [`imei`](crate::Imeisv::imei), so that the
/// two share the type allocation code and its tag.
pub trait Prefixed: Identifier {
    /// The most digits that a prefix has. Behind the longest ones stands what names a single subscriber or device: of
    /// a phone number of 12 digits two, of an IMSI of 15 digits five, of an IMEI the whole serial number; and nothing
    /// behind a phone number or IMSI that has no more digits, which is a prefix as a whole.
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

    /// The first digits of an identifier: `None` where it has fewer, or where no prefix has so many.
    pub fn of(identifier: &I, digits: usize) -> Option<Self> {
        let block = identifier.block(Internal(()));
        let is_there = (1..=I::MAX_PREFIX).contains(&digits) && digits <= block.len();
        is_there.then(|| Self::new(DigitBlock::from_checked(block.word() | u64::MAX << (4 * digits))))
    }

    /// How many digits it has.
    #[expect(clippy::len_without_is_empty, reason = "it has one at least")]
    pub fn len(&self) -> usize {
        self.block.len()
    }

    fn new(block: DigitBlock) -> Self {
        Prefix { block, kind: PhantomData }
    }
}

impl<I: Prefixed> PrefixLengths<I> {
    /// These lengths, in any order.
    ///
    /// # Errors
    /// No length, or one that no prefix has: 0, or more than [`Prefixed::MAX_PREFIX`].
    pub fn new(lengths: impl IntoIterator<Item = usize>) -> Result<Self, ParseError> {
        let max = I::MAX_PREFIX;
        let refused = |found| Err(ParseError::new(Subject::Prefix(I::KIND), Reason::Digits { min: 1, max, found }));
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
        let subject = Subject::Prefix(I::KIND);
        let block = match (I::KIND, text.as_bytes()) {
            (Kind::PhoneNumber, [b'+', digits @ ..]) => global_number(subject, Self::SHAPE, digits, 1),
            (Kind::PhoneNumber, _) => Err(ParseError::new(subject, Reason::Plus).at(0)),
            (_, digits) => from_digits(subject, Self::SHAPE, digits, 0),
        };
        block.map(Self::new)
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
