//! The key holder's types: a keyring, and the sealers and indexers that are made from it.
//!
//! A key holder sees identifiers and keys. Of these types, an index holder has only an [`Indexer`].

mod fingerprint;
mod indexer;
mod keyring;
mod rows;
mod sealer;
mod siv;
pub(crate) mod versions;
mod wrapping;

pub use crate::scope::Scope;
pub use crate::token::LengthMismatch;
pub use fingerprint::Fingerprint;
pub use indexer::{IndexKeyError, Indexer};
pub use keyring::{Keyring, KeyringError};
pub use rows::Row;
pub use sealer::{Lookup, OpenError, Sealer};
