//! Encrypted digits: their digits, as a string.

use super::EncryptedDigits;
use crate::{identifier::Identifier, token::serde::deserialize_text};
use serde_core::{Deserialize, Deserializer, Serialize, Serializer};

impl<I: Identifier> Serialize for EncryptedDigits<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, I: Identifier> Deserialize<'de> for EncryptedDigits<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_text(deserializer, "a string of digits")
    }
}
