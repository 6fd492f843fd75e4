//! Encrypted digits: their digits, as a string.

use super::EncryptedDigits;
use crate::{error::ParseError, identifier::Identifier};
use core::{fmt, marker::PhantomData};
use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Visitor},
};

impl<I: Identifier> Serialize for EncryptedDigits<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, I: Identifier> Deserialize<'de> for EncryptedDigits<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut refused = None;
        // A format's own error may show what it found, so it is replaced.
        let read = deserializer.deserialize_str(Text { refused: &mut refused, kind: PhantomData });
        read.map_err(|_| match refused {
            Some(error) => D::Error::custom(error),
            None => D::Error::custom("expected a string of digits"),
        })
    }
}

struct Text<'r, I> {
    /// What is wrong with a string.
    refused: &'r mut Option<ParseError>,
    kind: PhantomData<I>,
}

impl<I: Identifier> Visitor<'_> for Text<'_, I> {
    type Value = EncryptedDigits<I>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string of digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<EncryptedDigits<I>, E> {
        text.parse().map_err(|error| {
            *self.refused = Some(error);
            E::custom("refused")
        })
    }
}
