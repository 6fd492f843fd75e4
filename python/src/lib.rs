//! The half of the Python package `telseal` that is written in Rust.

mod capsule;
mod column;
mod error;
mod kek;
mod keyring;
mod sealer;
mod texts;

/// The functions and classes that `telseal` exports.
#[pyo3::pymodule]
mod _telseal {
    #[pymodule_export]
    use crate::{
        column::{Array, ChunkedArray},
        keyring::Keyring,
        sealer::{Indexer, Sealer},
        texts::{from_text, key_version, to_text},
    };
}
