// The README's program makes keys, so it is tested where the crate can. The guide and its links have every feature.
#![cfg_attr(all(feature = "getrandom", feature = "oblivious"), doc = include_str!("../docs/links.md"))]
#![cfg_attr(feature = "getrandom", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "getrandom"), doc = "Tokens for phone numbers, IMSIs and IMEIs. See README.md.")]
#![forbid(unsafe_code)]
#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(any(feature = "seal", feature = "oblivious"))]
extern crate alloc;
#[cfg(any(test, feature = "postgres-types"))]
extern crate std;

mod ct;
mod error;
mod kind;
#[cfg(any(feature = "seal", feature = "oblivious"))]
mod scope;
#[cfg(any(feature = "seal", feature = "oblivious"))]
mod stack;

#[cfg(feature = "fpe")]
pub mod fpe;
#[cfg(all(doc, feature = "getrandom", feature = "oblivious"))]
pub mod guide;
pub mod identifier;
#[cfg(feature = "oblivious")]
pub mod oblivious;
#[cfg(feature = "seal")]
pub mod seal;
pub mod token;

pub use error::{ParseError, ParseErrorKind};
pub use identifier::{
    Exposed, Identifier, Imei, Imeisv, Imsi, Indexed, MncLength, PhoneNumber, Prefix, PrefixLengths, Prefixed,
};
pub use kind::Kind;
#[cfg(any(feature = "seal", feature = "oblivious"))]
pub use scope::Scope;
#[cfg(feature = "seal")]
pub use seal::{Fingerprint, IndexKeyError, Indexer, Keyring, KeyringError, Lookup, OpenError, Row, Sealer};
pub use token::{KeyVersion, LengthMismatch, PrefixTag, ShortTag, Tag, TagHasher, Token};
