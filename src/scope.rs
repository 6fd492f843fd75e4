use crate::error::{ParseError, ParseErrorKind, Subject};
use alloc::vec::Vec;
use core::fmt;

/// The purpose of a token: one or more labels, such as a tenant and a table. In two scopes an identifier has two
/// unrelated tokens, so nobody without the key can join them.
///
/// Each label is 1 to 255 bytes of UTF-8. Each label is bound to the key separately: `["a|b", "c"]` and `["a", "b|c"]`
/// are two scopes. There is no empty scope and no default scope.
///
/// A scope is not a secret. It is not stored in the token: to open a token, use the scope that it was sealed in.
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
    /// Makes a scope of these labels, in this order.
    ///
    /// # Errors
    /// There is no label, or a label is empty or longer than 255 bytes. The message counts labels from 1.
    pub fn new<L: AsRef<str>>(labels: impl IntoIterator<Item = L>) -> Result<Self, ParseError> {
        let refused = |kind| ParseError::new(Subject::new("scope"), kind);
        let mut encoded = Vec::new();
        for (i, label) in labels.into_iter().enumerate() {
            let label = label.as_ref().as_bytes();
            match u8::try_from(label.len()) {
                Ok(length @ 1..) => {
                    encoded.push(length);
                    encoded.extend_from_slice(label);
                }
                _ => return Err(refused(ParseErrorKind::LabelLength { label: i + 1 }).found("bytes", label.len())),
            }
        }
        if encoded.is_empty() { Err(refused(ParseErrorKind::NoLabel)) } else { Ok(Scope { encoded }) }
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
