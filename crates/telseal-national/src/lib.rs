#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod country;
mod digits;
mod error;
mod plan;
mod read;
mod reserved;
mod spelling;
mod text;

pub use country::{Country, UnknownCountry};
pub use error::{NationalError, NationalErrorKind};
pub use read::{Accept, parse, parse_with};
pub use reserved::{RESERVED, Reserved};
pub use spelling::{canonical, spellings};

/// The version of libphonenumber's metadata that this version of the crate reads by.
pub const METADATA_VERSION: &str = "9.0.42";
