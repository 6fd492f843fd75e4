use super::wrapping::derive;
use crate::{
    ct,
    error::{ParseError, Subject},
    stack,
    token::{
        KeyVersion,
        encoding::{decode_hex, encode_hex},
    },
};
use core::{fmt, str::FromStr};
use sha2::{Digest, Sha256};

/// Distinguishes one key from another and tells nothing about either: 8 bytes, written as 16 hexadecimal digits.
///
/// Two keyrings can have the same key version with two different secrets: if both were staged from one file, or if a
/// backup was restored. Their tokens look alike, but a lookup under one keyring misses the rows of the other. Their
/// fingerprints differ.
///
/// There are three sorts of fingerprint. Compare a fingerprint only with one of the same sort:
///
/// - of each secret in a keyring: [`Keyring::fingerprints`](crate::Keyring::fingerprints);
/// - of a whole keyring: [`Keyring::fingerprint`](crate::Keyring::fingerprint);
/// - of each key with which a sealer or an indexer makes tags, for one kind of identifier in one scope:
///   [`Sealer::fingerprints`](crate::Sealer::fingerprints), [`Indexer::fingerprints`](crate::Indexer::fingerprints).
///   [`Indexer::unwrap`](crate::Indexer::unwrap) compares these.
///
/// A fingerprint is not a secret. It is derived from the key by HKDF-SHA256 under a separate label: SPEC.md, section
/// "Fingerprints". Equal fingerprints mean equal keys, except with a chance of 2⁻⁶⁴.
///
/// ```
/// use telseal::{KeyVersion, Keyring};
/// let one = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
/// let two = Keyring::from_secrets([(KeyVersion::FIRST, &[2; 32])])?;
/// assert!(one.versions().eq(two.versions()));
/// assert_ne!(one.fingerprint(), two.fingerprint());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; SIZE]);

const SIZE: usize = 8;
const LABEL: &[u8] = b"telseal/v1/fingerprint";
/// How far down HKDF reaches.
const DEPTH: usize = stack::kib(3, 7);

impl Fingerprint {
    /// The 8 bytes.
    pub const fn as_bytes(&self) -> &[u8; SIZE] {
        &self.0
    }

    /// Of a key with what it is for: the number of a secret, the header of the tokens of a derived key.
    pub(super) fn of_key(key: &[u8; 32], of: &[u8]) -> Self {
        let bytes = stack::wiping::<DEPTH, _>(|| *derive(key, &[LABEL, &[0], of]));
        Fingerprint(ct::public(bytes, "a fingerprint is for all to see"))
    }

    /// Of a keyring: its primary version, and each version with its fingerprint, ascending.
    pub(super) fn of_keyring(primary: KeyVersion, versions: impl Iterator<Item = (KeyVersion, Self)>) -> Self {
        let mut hash = Sha256::new_with_prefix(LABEL);
        hash.update([0]);
        hash.update(primary.get().to_be_bytes());
        for (version, fingerprint) in versions {
            hash.update(version.get().to_be_bytes());
            hash.update(fingerprint.0);
        }
        Fingerprint(*hash.finalize().first_chunk().expect("SHA-256 has 32 bytes"))
    }
}

impl From<[u8; SIZE]> for Fingerprint {
    fn from(bytes: [u8; SIZE]) -> Self {
        Fingerprint(bytes)
    }
}

/// Reads 16 hexadecimal digits, upper or lower case.
///
/// # Errors
/// The length is not 16, or a character is not a hexadecimal digit.
impl FromStr for Fingerprint {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        decode_hex::<{ 2 * SIZE }, SIZE>(text.as_bytes(), Subject::new("fingerprint")).map(Fingerprint)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(str::from_utf8(&encode_hex::<{ 2 * SIZE }>(&self.0)).expect("hexadecimal digits are ASCII"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fingerprint({self})")
    }
}
