//! Tokens and tags: their text in human-readable formats, their bytes in binary ones. Key versions: a number.

use super::{KeyVersion, ShortTag, TOKEN, Tag, Token};
use crate::{
    error::ParseError,
    identifier::{Identifier, Indexed},
};
use core::{fmt, marker::PhantomData, str::FromStr};
use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Expected, SeqAccess, Unexpected, Visitor},
};

impl<I: Identifier> Serialize for Token<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(self.as_ref())
        }
    }
}

impl<'de, I: Identifier> Deserialize<'de> for Token<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize::<D, Self>(deserializer, (27, 36), "the token's 36 characters or 27 bytes")
    }
}

impl<T: Indexed> Serialize for Tag<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(self.as_ref())
        }
    }
}

impl<'de, T: Indexed> Deserialize<'de> for Tag<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize::<D, Self>(deserializer, (16, 22), "the tag's 22 characters or 16 bytes")
    }
}

impl<T: Indexed, const BITS: u32> Serialize for ShortTag<T, BITS> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(self.as_ref())
        }
    }
}

impl<'de, T: Indexed, const BITS: u32> Deserialize<'de> for ShortTag<T, BITS> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "the short tag's hexadecimal digits or its bytes";
        deserialize::<D, Self>(deserializer, (Self::BYTES, Self::DIGITS), expected)
    }
}

impl Serialize for KeyVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.get())
    }
}

impl<'de> Deserialize<'de> for KeyVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A format that finds a text here shows it in an error of its own.
        deserializer.deserialize_u16(Number).map_err(|_| found("something else", &Number))
    }
}

struct Number;

impl Visitor<'_> for Number {
    type Value = KeyVersion;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key version from 1 to 65535")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<KeyVersion, E> {
        let version = u16::try_from(number).ok().and_then(|number| KeyVersion::try_from(number).ok());
        version.ok_or_else(|| found("another number", &self))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<KeyVersion, E> {
        self.visit_u64(number.try_into().unwrap_or(0)) // which is none either
    }
}

/// What was found, without any of it: Serde's own errors would show a number or a text that somebody put where a
/// token belongs, and that may be an identifier.
fn found<E: Error>(what: &str, expected: &dyn Expected) -> E {
    E::invalid_type(Unexpected::Other(what), expected)
}

/// Reads a `T` from its bytes or from its text, which have these lengths.
///
/// A string or bytes are asked for by name: a format that does not describe itself has no other way, and one that does
/// finds no other type here.
fn deserialize<'de, D, T>(deserializer: D, lengths: (usize, usize), expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = ParseError> + for<'a> TryFrom<&'a [u8], Error = ParseError>,
{
    let mut refused = None;
    let is_text = deserializer.is_human_readable();
    let visitor = Bytes::<T> { text: Text::new(expected, &mut refused), lengths, is_text };
    let read = if is_text { deserializer.deserialize_str(visitor) } else { deserializer.deserialize_bytes(visitor) };
    told(read, refused, expected)
}

/// Reads a `T` that has no other form than its text.
#[cfg(feature = "fpe")]
pub(crate) fn deserialize_text<'de, D, T>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = ParseError>,
{
    let mut refused = None;
    let read = deserializer.deserialize_str(Text::new(expected, &mut refused));
    told(read, refused, expected)
}

/// An error of the format may show what it found, so it is replaced.
fn told<T, E: Error>(read: Result<T, E>, refused: Option<ParseError>, expected: &'static str) -> Result<T, E> {
    read.map_err(|_| match refused {
        Some(error) => E::custom(error),
        None => found("something else", &expected),
    })
}

struct Text<'r, T> {
    expected: &'static str,
    /// What is wrong with a string or bytes.
    refused: &'r mut Option<ParseError>,
    form: PhantomData<T>,
}

impl<'r, T> Text<'r, T> {
    fn new(expected: &'static str, refused: &'r mut Option<ParseError>) -> Self {
        Text { expected, refused, form: PhantomData }
    }

    fn judged<E: Error>(self, read: Result<T, ParseError>) -> Result<T, E> {
        read.map_err(|error| {
            *self.refused = Some(error);
            E::custom(self.expected)
        })
    }
}

impl<T: FromStr<Err = ParseError>> Visitor<'_> for Text<'_, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.judged(text.parse())
    }
}

struct Bytes<'r, T> {
    text: Text<'r, T>,
    lengths: (usize, usize),
    is_text: bool,
}

impl<'de, T> Visitor<'de> for Bytes<'_, T>
where
    T: FromStr<Err = ParseError> + for<'a> TryFrom<&'a [u8], Error = ParseError>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.expecting(f)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        self.text.visit_str(text)
    }

    /// Some formats hand a text over as bytes. It is longer than the bytes are.
    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<T, E> {
        match str::from_utf8(bytes) {
            Ok(text) if text.len() == self.lengths.1 => self.visit_str(text),
            _ => self.text.judged(T::try_from(bytes)),
        }
    }

    /// Some binary formats write bytes as a sequence of numbers. Where there is a text, it is the only spelling.
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<T, A::Error> {
        if self.is_text {
            return Err(found("a sequence", &self));
        }
        let mut bytes = [0; TOKEN]; // the longest
        let bytes = &mut bytes[..self.lengths.0];
        for byte in &mut *bytes {
            *byte = sequence.next_element()?.ok_or_else(|| A::Error::custom(self.text.expected))?;
        }
        match sequence.next_element::<u8>()? {
            Some(_) => Err(A::Error::custom(self.text.expected)),
            None => self.visit_bytes(bytes),
        }
    }
}
