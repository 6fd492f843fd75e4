use crate::error::{ParseError, Reason, Subject};
use alloc::vec::Vec;
use core::fmt;

/// What a token is for: one or more labels, such as a tenant and a table. The same identifier under the same
/// key has unrelated tokens in different scopes, so that they cannot be joined.
///
/// Each label is 1 to 255 bytes of UTF-8. Labels are bound to the key one by one, not joined:
/// `["a|b", "c"]` and `["a", "b|c"]` are two scopes. There is no empty scope and no default one.
///
/// A scope is no secret. It is not stored in tokens either: whoever opens a token has to know its scope.
///
/// ```
/// let scope = telseal::Scope::new(["acme", "routing"])?;
/// assert!(scope.labels().eq(["acme", "routing"]));
/// # Ok::<(), telseal::ParseError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Each label: its length in one byte, and then its bytes.
    encoded: Vec<u8>,
}

impl Scope {
    /// These labels, in this order.
    ///
    /// # Errors
    /// No label at all, or one that is empty or longer than 255 bytes. Labels are counted from 1 in the
    /// message.
    pub fn new<L: AsRef<str>>(labels: impl IntoIterator<Item = L>) -> Result<Self, ParseError> {
        let refused = |reason| Err(ParseError::new(Subject::Scope, reason));
        let mut encoded = Vec::new();
        for (i, label) in labels.into_iter().enumerate() {
            let label = label.as_ref().as_bytes();
            match u8::try_from(label.len()) {
                Ok(length @ 1..) => {
                    encoded.push(length);
                    encoded.extend_from_slice(label);
                }
                _ => return refused(Reason::LabelLength { label: i + 1, found: label.len() }),
            }
        }
        if encoded.is_empty() { refused(Reason::NoLabel) } else { Ok(Scope { encoded }) }
    }

    /// The labels, in order.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        let mut rest = &self.encoded[..];
        core::iter::from_fn(move || {
            let (&length, behind) = rest.split_first()?;
            let (label, behind) = behind.split_at(length.into());
            rest = behind;
            Some(str::from_utf8(label).expect("a label was a str"))
        })
    }

    /// Reads labels as they are bound to a key. The error is where, counted from 0, none begins.
    #[cfg(feature = "oblivious")]
    pub(crate) fn from_encoded(encoded: &[u8]) -> Result<Self, usize> {
        let mut at = 0;
        while at < encoded.len() || at == 0 {
            let (&length, rest) = encoded[at..].split_first().ok_or(at)?;
            let label = rest.get(..length.into()).filter(|label| !label.is_empty()).ok_or(at)?;
            str::from_utf8(label).map_err(|_| at)?;
            at += 1 + label.len();
        }
        Ok(Scope { encoded: encoded.to_vec() })
    }

    /// The labels as they are bound to a key.
    pub(crate) fn encoded(&self) -> &[u8] {
        &self.encoded
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scope")?;
        f.debug_list().entries(self.labels()).finish()
    }
}
