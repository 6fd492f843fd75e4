//! Identifiers: phone numbers, IMSIs, IMEIs and their prefixes, read from every form in which they are written or sent.
//!
//! A key holder, an index holder and a handset hold identifiers. A router holds none. No type here knows a key.

#[cfg(feature = "arbitrary")]
mod arbitrary;
pub(crate) mod digits;
mod exposed;
mod imei;
mod imsi;
mod phone;
mod prefix;
#[cfg(feature = "proptest")]
pub(crate) mod proptest;
pub(crate) mod reading;
mod sealed;
mod typography;

pub use crate::{
    error::{ParseError, ParseErrorKind},
    kind::Kind,
};
pub use exposed::Exposed;
pub use imei::{Imei, Imeisv};
pub use imsi::{Imsi, MncLength};
pub use phone::PhoneNumber;
pub use prefix::{Prefix, PrefixLengths, Prefixed};
pub(crate) use sealed::{Internal, Labelled, Sealed};

use crate::ct;
use core::{fmt, str::FromStr};

/// A kind of identifier that can be sealed: [`PhoneNumber`], [`Imsi`], [`Imei`] or [`Imeisv`].
///
/// The trait is sealed: there are only these four, because each has its letter in the token format.
///
/// ```
/// use telseal::{Identifier, Imsi, ParseError};
///
/// fn read<I: Identifier>(text: &str) -> Result<I, ParseError> {
///     text.parse()
/// }
///
/// let imsi: Imsi = read("001010123456789")?;
/// assert_eq!(Imsi::KIND.to_string(), "IMSI");
/// # let _ = imsi;
/// # Ok::<(), telseal::ParseError>(())
/// ```
pub trait Identifier: Sealed + Clone + Eq + fmt::Debug + FromStr<Err = ParseError> {
    /// The kind of this type.
    const KIND: Kind;

    /// Writes the plaintext into a buffer and returns it: `+` and the digits of a phone number, the digits of an IMSI
    /// or an IMEISV, the digits of an IMEI with its check digit. [`FromStr`] reads each of them. It is for columns,
    /// because it is faster than the `expose_…` methods of each kind. The caller must wipe the buffer.
    ///
    /// ```
    /// # use telseal::{Identifier, PhoneNumber};
    /// let number: PhoneNumber = "tel:+44-20-7946-0018".parse()?;
    /// assert_eq!(number.expose_into(&mut [0; 16]), "+442079460018");
    /// # Ok::<(), telseal::ParseError>(())
    /// ```
    fn expose_into<'a>(&self, buffer: &'a mut [u8; 16]) -> &'a str {
        let (block, plus) = (self.block(Internal(())), usize::from(Self::KIND == Kind::PhoneNumber));
        let (word, len) = match Self::KIND {
            Kind::Imei => (digits::with_digit(block.word(), 14, digits::luhn(block.word())), 15),
            _ => (block.word(), plus + block.len()),
        };
        let text = (digits::ascii(word) << (8 * plus)) | (u128::from(b'+') * plus as u128);
        *buffer = ct::public(text, "the caller asked for the plaintext").to_le_bytes();
        str::from_utf8(&buffer[..len]).expect("digits are ASCII")
    }
}

/// A type that has tags: each [`Identifier`], and each [`Prefix`] of one.
///
/// The trait is sealed, as [`Identifier`] is.
///
/// ```
/// use telseal::{Indexed, Tag};
///
/// fn first_byte<T: Indexed>(tag: &Tag<T>) -> u8 {
///     tag.as_bytes()[0]
/// }
///
/// assert_eq!(first_byte(&Tag::<telseal::Imsi>::from_bytes([7; 16])), 7);
/// ```
pub trait Indexed: Clone + Labelled {}

impl<I: Identifier> Indexed for I {}

impl<I: Identifier> Labelled for I {
    const LABEL: &'static [u8] = b"telseal/v1/siv";
    const LETTER: u8 = I::KIND.letter() as u8;

    #[inline(always)]
    fn word(&self, _: Internal) -> u64 {
        self.block(Internal(())).word()
    }
}
