#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod column;
mod dictionary;
mod error;
mod plaintext;
mod texts;
mod tokens;

pub use error::{KernelError, OnRefusal, Reason};
pub use plaintext::{index_lookup, index_tag, lookup, seal, tag};
pub use texts::{from_text, text};
pub use tokens::{key_version, open, reseal};
