use core::ops::Deref;
use zeroize::Zeroizing;

/// An international prefix (5), a carrier's code (5) and 15 digits fit; a text with more is no number.
pub(crate) const CAPACITY: usize = 32;

/// Digits in ASCII, on the stack, wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Digits {
    bytes: Zeroizing<[u8; CAPACITY]>,
    len: usize,
}

impl Digits {
    pub(crate) fn new() -> Self {
        Digits { bytes: Zeroizing::new([0; CAPACITY]), len: 0 }
    }

    /// The parts, one behind the other; what does not fit makes it `None`.
    pub(crate) fn of(parts: &[&[u8]]) -> Option<Self> {
        let mut digits = Digits::new();
        for part in parts {
            digits.extend(part)?;
        }
        Some(digits)
    }

    pub(crate) fn extend(&mut self, part: &[u8]) -> Option<()> {
        self.bytes.get_mut(self.len..self.len + part.len())?.copy_from_slice(part);
        self.len += part.len();
        Some(())
    }

    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self).expect("digits are ASCII")
    }
}

impl Deref for Digits {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
