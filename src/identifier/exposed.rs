use crate::ct;
use core::{fmt, marker::PhantomData, ops::Deref};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The longest printed form: `urn:gsma:imei:` and 17 characters.
const CAPACITY: usize = 31;

/// An identifier, or a part of one, in plaintext. The `expose_…` methods return it.
///
/// `Exposed<str>` is a text; `Exposed<[u8]>` is octets as they are sent on the wire. Read both through [`Deref`]. The
/// value is in the `Exposed` itself, not on the heap. It is wiped on drop; this is best effort, because a move may
/// leave a copy. `Debug` shows no part of it.
///
/// ```
/// let number: telseal::PhoneNumber = "tel:+44-20-7946-0018".parse()?;
/// assert_eq!(&*number.expose_e164(), "+442079460018");
/// # Ok::<(), telseal::ParseError>(())
/// ```
pub struct Exposed<T: ?Sized> {
    bytes: [u8; CAPACITY],
    len: u8,
    form: PhantomData<T>,
}

impl<T: ?Sized> Exposed<T> {
    /// The parts, one behind the other: at most 31 bytes. For `Exposed<str>` they must be ASCII.
    pub(crate) fn new(parts: &[&[u8]]) -> Self {
        // Filled here and copied: a value that is changed and then returned would be moved, which wipes nothing.
        let mut bytes = Zeroizing::new([0; CAPACITY]);
        let mut len = 0;
        for part in parts {
            bytes[len..len + part.len()].copy_from_slice(part);
            len += part.len();
        }
        for byte in bytes.iter_mut() {
            *byte = ct::public(*byte, "the caller asked for the plaintext");
        }
        Exposed { bytes: *bytes, len: len as u8, form: PhantomData }
    }

    fn octets(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }
}

impl Deref for Exposed<[u8]> {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        self.octets()
    }
}

impl Deref for Exposed<str> {
    type Target = str;
    fn deref(&self) -> &str {
        str::from_utf8(self.octets()).expect("printed forms are ASCII")
    }
}

/// Writes the plaintext.
impl fmt::Display for Exposed<str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl<T: ?Sized> fmt::Debug for Exposed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exposed").finish_non_exhaustive()
    }
}

impl<T: ?Sized> Drop for Exposed<T> {
    fn drop(&mut self) {
        let Exposed { bytes, len, form: _ } = self;
        bytes.zeroize();
        len.zeroize();
    }
}

impl<T: ?Sized> ZeroizeOnDrop for Exposed<T> {}
