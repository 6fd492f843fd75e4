//! Identifiers: phone numbers, IMSIs, IMEIs and their prefixes, read from every form in which they are written or sent.
//!
//! A key holder, an index holder and a handset hold identifiers. A router holds none. No type here knows a key.

pub(crate) mod digits;
mod exposed;
mod imei;
mod imsi;
mod phone;
mod prefix;
mod reading;
mod sealed;

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
