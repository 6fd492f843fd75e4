// The README's programs make keys, so that they are tested where the crate can.
#![cfg_attr(feature = "getrandom", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "getrandom"), doc = "Tokens for phone numbers, IMSIs and IMEIs. See README.md.")]
#![forbid(unsafe_code)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "seal", feature = "oblivious"))]
extern crate alloc;
#[cfg(test)]
extern crate std;

mod ct;
mod digits;
mod encoding;
mod error;
mod exposed;
mod hasher;
mod identifier;
mod imei;
mod imsi;
#[cfg(feature = "seal")]
mod indexer;
#[cfg(feature = "seal")]
mod keyring;
#[cfg(feature = "oblivious")]
pub mod oblivious;
mod phone;
mod prefix;
#[cfg(any(feature = "seal", feature = "oblivious"))]
mod scope;
#[cfg(feature = "seal")]
mod sealer;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "seal")]
mod siv;
#[cfg(any(feature = "seal", feature = "oblivious"))]
mod stack;
mod token;
#[cfg(feature = "seal")]
mod versions;
#[cfg(feature = "seal")]
mod wrapping;

pub use error::ParseError;
pub use exposed::Exposed;
pub use hasher::TagHasher;
pub use identifier::{Identifier, Indexed, Kind};
pub use imei::{Imei, Imeisv};
pub use imsi::{Imsi, MncLength};
#[cfg(feature = "seal")]
pub use indexer::{IndexKeyError, Indexer};
#[cfg(feature = "seal")]
pub use keyring::{Keyring, KeyringError};
pub use phone::PhoneNumber;
pub use prefix::{Prefix, PrefixLengths, PrefixTag, Prefixed};
#[cfg(any(feature = "seal", feature = "oblivious"))]
pub use scope::Scope;
#[cfg(feature = "seal")]
pub use sealer::{LengthMismatch, Lookup, OpenError, Sealer};
pub use token::{KeyVersion, Tag, Token};
