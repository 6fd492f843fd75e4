//! Tokens and tags: their text in human-readable formats, their bytes in binary ones. Key versions: a number.

use crate::{Identifier, KeyVersion, Tag, Token};
use core::{fmt, marker::PhantomData, str::FromStr};
use serde_core::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, SeqAccess, Visitor},
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
        deserialize::<D, Self, 27>(deserializer, "the token's 36 characters or 27 bytes")
    }
}

impl<I: Identifier> Serialize for Tag<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_bytes(self.as_ref())
        }
    }
}

impl<'de, I: Identifier> Deserialize<'de> for Tag<I> {
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
        KeyVersion::try_from(u16::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// Reads a `T` of `N` bytes from its text or its bytes.
fn deserialize<'de, D, T, const N: usize>(deserializer: D, expected: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display> + for<'a> TryFrom<&'a [u8], Error: fmt::Display>,
{
    let visitor = Bytes::<T, N> { expected, form: PhantomData };
    if deserializer.is_human_readable() {
        deserializer.deserialize_str(visitor)
    } else {
        deserializer.deserialize_bytes(visitor)
    }
}

struct Bytes<T, const N: usize> {
    expected: &'static str,
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

    /// Some formats write bytes as a sequence of numbers.
    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<T, A::Error> {
        let mut bytes = [0; N];
        for (i, byte) in bytes.iter_mut().enumerate() {
            *byte = sequence.next_element()?.ok_or_else(|| A::Error::invalid_length(i, &self))?;
        }
        if sequence.next_element::<u8>()?.is_some() {
            return Err(A::Error::invalid_length(N + 1, &self));
        }
        self.visit_bytes(&bytes)
    }
}
