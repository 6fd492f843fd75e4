//! Rows of JSON lines: an object a line. Only the values that are asked for are replaced; all other bytes are copied as
//! they are.

use crate::{batch::Cell, refusal::Refusal, separated::Found};
use memchr::memchr;
use serde::{
    Deserializer as _,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;
use std::{borrow::Cow, fmt};
use zeroize::Zeroizing;

#[derive(Clone, Debug)]
pub(crate) struct Json {
    /// The key of each cell.
    pub(crate) wanted: Vec<String>,
}

/// Which cell is at fault, and why.
type Fault = (Option<usize>, Refusal);

impl Json {
    /// Finds the row at a place of the text, and writes its cells. `is_all` says that no more text follows.
    pub(crate) fn row(
        &self,
        text: &[u8],
        start: usize,
        is_all: bool,
        cells: &mut [Cell],
        decoded: &mut Vec<Zeroizing<String>>,
    ) -> (Found, Option<usize>) {
        let rest = &text[start..];
        let end = match memchr(b'\n', rest) {
            Some(end) => start + end + 1,
            None if !is_all => return (Found::More, None),
            None if rest.is_empty() => return (Found::End, None),
            None => text.len(),
        };
        let line = &text[start..end];
        if line.iter().all(u8::is_ascii_whitespace) {
            return (Found::Blank { end }, None);
        }
        let fault = self.cells(line, start, cells, decoded).err();
        let column = fault.as_ref().and_then(|(column, _)| *column);
        (Found::Row { end, lines: 1, fault: fault.map(|(_, refusal)| refusal) }, column)
    }

    fn cells(
        &self,
        line: &[u8],
        start: usize,
        cells: &mut [Cell],
        decoded: &mut Vec<Zeroizing<String>>,
    ) -> Result<(), Fault> {
        let line = str::from_utf8(line).map_err(|error| (None, Refusal::NotUtf8 { byte: error.valid_up_to() }))?;
        let mut values = vec![Value::Missing; self.wanted.len()];
        let mut deserializer = serde_json::Deserializer::from_str(line);
        deserializer
            .deserialize_map(Values { wanted: &self.wanted, values: &mut values })
            .and_then(|()| deserializer.end())
            .map_err(|error| (None, Refusal::NoObject { byte: error.column() }))?;
        for (column, (value, cell)) in values.into_iter().zip(cells).enumerate() {
            let refused = |refusal| Err((Some(column), refusal));
            let raw = match value {
                Value::Missing => return refused(Refusal::NoKey),
                Value::Twice => return refused(Refusal::KeyTwice),
                Value::Found(raw) => raw,
            };
            // A raw value is a part of the line.
            let at = start + (raw.as_ptr() as usize - line.as_ptr() as usize);
            let whole = at..at + raw.len();
            *cell = match raw.as_bytes() {
                b"null" => Cell { text: at..at, whole, decoded: None },
                [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
                    Cell { text: at + 1..at + 1 + inner.len(), whole, decoded: None }
                }
                [b'"', ..] => {
                    let Ok(text) = serde_json::from_str(raw) else { return refused(Refusal::NoText) };
                    decoded.push(Zeroizing::new(text));
                    Cell { text: at..at, whole, decoded: Some(decoded.len() - 1) }
                }
                [b'-' | b'0'..=b'9', ..] => Cell { text: whole.clone(), whole, decoded: None },
                _ => return refused(Refusal::NoText),
            };
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Value<'a> {
    Missing,
    Twice,
    Found(&'a str),
}

/// Picks the wanted values out of an object, as they are written.
struct Values<'w, 'a> {
    wanted: &'w [String],
    values: &'w mut [Value<'a>],
}

impl<'a> Visitor<'a> for Values<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let mut raw = None;
            for (wanted, value) in self.wanted.iter().zip(&mut *self.values) {
                if *wanted == key {
                    let raw: &'a RawValue = match raw {
                        Some(raw) => raw,
                        None => raw.insert(map.next_value()?),
                    };
                    *value = if matches!(value, Value::Missing) { Value::Found(raw.get()) } else { Value::Twice };
                }
            }
            if raw.is_none() {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'a> serde::Deserialize<'a> for Key<'a> {
    fn deserialize<D: serde::Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'a> Visitor<'a> for Text {
            type Value = Key<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}
