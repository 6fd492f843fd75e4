//! Tokens and tags: their text in human-readable formats, their bytes in binary ones. Key versions: a number.

use super::{KeyVersion, Tag, Token};
use crate::identifier::{Identifier, Indexed};
use core::{fmt, marker::PhantomData, str::FromStr};
use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, Expected, SeqAccess, Unexpected, Visitor},
};

macro_rules! refuse {
    ($($visit:ident: $found:ty),*) => {$(
        fn $visit<E: Error>(self, _: $found) -> Result<Self::Value, E> {
            Err(found("another type", &self))
        }
    )*};
}

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
        deserialize::<D, Self, 27>(deserializer, "the token's 36 characters or 27 bytes")
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
        deserialize::<D, Self, 16>(deserializer, "the tag's 22 characters or 16 bytes")
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

    refuse!(visit_bool: bool, visit_i128: i128, visit_u128: u128, visit_f64: f64, visit_char: char, visit_str: &str, visit_bytes: &[u8]);
}

/// What was found, without any of it: Serde's own errors would show a number or a text that somebody put where a
/// token belongs, and that may be an identifier.
fn found<E: Error>(what: &str, expected: &dyn Expected) -> E {
    E::invalid_type(Unexpected::Other(what), expected)
}

/// Reads a `T` of `N` bytes from its text or its bytes.
fn deserialize<'de, D, T, const N: usize>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display> + for<'a> TryFrom<&'a [u8], Error: fmt::Display>,
{
    let visitor = Bytes::<T, N> { expected, is_text: deserializer.is_human_readable(), form: PhantomData };
    if visitor.is_text {
        deserializer.deserialize_any(visitor) // not `_str`, where formats show what else they found themselves
    } else {
        deserializer.deserialize_bytes(visitor)
    }
}

struct Bytes<T, const N: usize> {
    expected: &'static str,
    is_text: bool,
    form: PhantomData<T>,
}

impl<'de, T, const N: usize> Visitor<'de> for Bytes<T, N>
where
    T: FromStr<Err: fmt::Display> + for<'a> TryFrom<&'a [u8], Error: fmt::Display>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<T, E> {
        T::try_from(bytes).map_err(E::custom)
    }

    refuse!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64, visit_char: char);

    /// Some binary formats write bytes as a sequence of numbers. Where there is a text, it is the only spelling.
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<T, A::Error> {
        if self.is_text {
            return Err(found("a sequence", &self));
        }
        let mut bytes = [0; N];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = sequence
                .next_element()
                .map_err(|_| found("another element", &self))?
                .ok_or_else(|| A::Error::invalid_length(i, &self))?;
        }
        if sequence.next_element::<u8>().map_err(|_| found("another element", &self))?.is_some() {
            return Err(A::Error::invalid_length(N + 1, &self));
        }
        self.visit_bytes(&bytes)
    }
}
