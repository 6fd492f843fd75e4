use super::{
    indexer::Indexer,
    sealer::Sealer,
    siv::{S2v, Siv},
    versions::Versions,
    wrapping::{ENTRY, PRIMARY, SIV, are_entries, decrypt, derive, encrypt, put_versions, take_versions},
};
use crate::{
    ct,
    identifier::{Identifier, Indexed, Labelled},
    scope::Scope,
    token::{KeyVersion, tag_header},
};
use alloc::{boxed::Box, vec::Vec};
use core::{error::Error, fmt};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// The secrets of a key holder, one for each key version that is live.
///
/// One version is the primary: it is the one sealed under. The others still open what was sealed under them,
/// and are still looked up, until they are retired. A new version takes the next number, so that newer ones
/// have the higher numbers.
///
/// A keyring is rotated in two steps: first a version is staged (`stage`) and the keyring handed to all who use it, so
/// that each process and each thread looks the new version up; then it is promoted (`promote`). `rotate` does both, for a
/// single holder that does nothing else meanwhile.
///
/// A [`Sealer`] is made from a keyring as it is at that moment: make new ones after a change and drop the old.
///
/// Secrets are wiped on drop. Deriving keys, wrapping and unwrapping wipe 32 KiB of the stack below them (64 KiB with
/// debug assertions), which must be there. `Debug` shows the versions, not the secrets. There is no `Clone`.
pub struct Keyring {
    /// Ascending. Boxed, so that a secret has one place and growing the list leaves no copy of it behind.
    versions: Vec<(KeyVersion, Box<Secret>)>,
    /// One of the versions.
    primary: KeyVersion,
}

/// The secret of one key version, from which the keys of all its sealers are derived.
struct Secret([u8; 32]);

const WRAP_LABEL: &[u8] = b"telseal/v1/keyring";

/// What a wrapped keyring begins with, and then its format version.
const WRAP_HEADER: &[u8; 16] = b"telseal-keyring\x01";

impl Keyring {
    /// One key version, number 1, from the operating system's random number generator.
    ///
    /// # Errors
    /// [`KeyringError::Random`] where it gives no random bytes.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, KeyringError> {
        Ok(Keyring { versions: Vec::from([(KeyVersion::FIRST, Secret::random()?)]), primary: KeyVersion::FIRST })
    }

    /// From stored secrets, in any order. The highest version is the primary.
    ///
    /// A secret is 32 bytes from a cryptographic random number generator, never a password.
    ///
    /// # Errors
    /// [`KeyringError::Empty`] and [`KeyringError::Duplicate`].
    pub fn from_secrets<'a>(
        secrets: impl IntoIterator<Item = (KeyVersion, &'a [u8; 32])>,
    ) -> Result<Self, KeyringError> {
        let mut versions: Vec<_> =
            secrets.into_iter().map(|(version, secret)| (version, Secret::new(secret))).collect();
        versions.sort_unstable_by_key(|(version, _)| *version);
        if let Some(pair) = versions.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(KeyringError::Duplicate(pair[0].0));
        }
        let primary = versions.last().ok_or(KeyringError::Empty)?.0;
        Ok(Keyring { versions, primary })
    }

    /// The version that is sealed under.
    pub fn primary(&self) -> KeyVersion {
        self.primary
    }

    /// The live versions, newest first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = KeyVersion> {
        self.versions.iter().rev().map(|(version, _)| *version)
    }

    /// Adds a new version, which opens and is looked up, but is not sealed under yet. Returns its number.
    ///
    /// # Errors
    /// [`KeyringError::Exhausted`] and [`KeyringError::Random`].
    #[cfg(feature = "getrandom")]
    pub fn stage(&mut self) -> Result<KeyVersion, KeyringError> {
        let newest = self.versions().next().unwrap_or(self.primary);
        let version = newest.next().ok_or(KeyringError::Exhausted)?;
        self.versions.push((version, Secret::random()?));
        Ok(version)
    }

    /// Makes a live version the primary one.
    ///
    /// # Errors
    /// [`KeyringError::UnknownKeyVersion`].
    pub fn promote(&mut self, version: KeyVersion) -> Result<(), KeyringError> {
        self.find(version)?;
        self.primary = version;
        Ok(())
    }

    /// Adds a new version and makes it the primary one. Returns its number.
    ///
    /// For a single holder of keys, while no sealer made before is in use: one would not find what is sealed under the
    /// new version. With several, or threads, [`stage`](Self::stage) it, hand it out, and [`promote`](Self::promote) it.
    ///
    /// # Errors
    /// As [`stage`](Self::stage).
    #[cfg(feature = "getrandom")]
    pub fn rotate(&mut self) -> Result<KeyVersion, KeyringError> {
        let version = self.stage()?;
        self.primary = version;
        Ok(version)
    }

    /// Wipes a version: sealers made from now on do not open its tokens and do not look them up. Retire a
    /// version once no row under it is left.
    ///
    /// The newest version stays, since its number would be given to another secret later. To be rid of one that
    /// was staged, stage the next first.
    ///
    /// # Errors
    /// [`KeyringError::UnknownKeyVersion`], [`KeyringError::Primary`] and [`KeyringError::Newest`].
    pub fn retire(&mut self, version: KeyVersion) -> Result<(), KeyringError> {
        let at = self.find(version)?;
        if version == self.primary {
            return Err(KeyringError::Primary(version));
        }
        if at + 1 == self.versions.len() {
            return Err(KeyringError::Newest(version));
        }
        self.versions.remove(at);
        Ok(())
    }

    /// A sealer for one kind of identifier in one scope, under the versions that are live now.
    ///
    /// The keys are derived here, some ten compressions of SHA-256 and four key schedules of AES a version: keep
    /// the sealer.
    pub fn sealer<I: Identifier>(&self, scope: &Scope) -> Sealer<I> {
        let siv = |version, key: &[u8; 64]| Siv::new(key, &[&tag_header::<I>(version)]);
        Sealer::new(self.derived(I::LABEL, I::LETTER, scope, siv), scope.clone())
    }

    /// An indexer for one kind of identifier in one scope, or for the prefixes of one kind
    /// ([`Prefix`](crate::Prefix)), under the versions that are live now.
    ///
    /// The keys are derived here: keep the indexer. For identifiers they are the halves of a
    /// [`sealer`](Self::sealer)'s keys that give tags. For prefixes they are keys of their own, so that there are no
    /// tags of prefixes unless somebody asks for this.
    pub fn indexer<T: Indexed>(&self, scope: &Scope) -> Indexer<T> {
        let s2v = |version, key: &[u8; 32]| S2v::new(key, &[&tag_header::<T>(version)]);
        Indexer::new(self.derived(T::LABEL, T::LETTER, scope, s2v), scope.clone())
    }

    /// The keyring encrypted under a key-encryption key of 32 random bytes, to be stored: 34 bytes and 34 more a
    /// version. Which versions there are is encrypted too; how many shows in the length.
    ///
    /// AES-256-SIV (RFC 5297) under a key derived from `kek`; deterministic, so that equal keyrings have equal
    /// wrappings. SPEC.md, section "The wrapped keyring", has the bytes.
    pub fn wrap(&self, kek: &[u8; 32]) -> Vec<u8> {
        let mut contents = Zeroizing::new(Vec::with_capacity(PRIMARY + ENTRY * self.versions.len()));
        let versions = self.versions.iter().map(|(version, secret)| (*version, &secret.0));
        put_versions(&mut contents, self.primary, versions);
        encrypt(kek, WRAP_LABEL, WRAP_HEADER, contents)
    }

    /// The keyring that [`wrap`](Self::wrap) encrypted. All of it or, where anything is wrong, nothing.
    ///
    /// # Errors
    /// [`KeyringError::WrappedLength`], [`KeyringError::NotAKeyring`] and [`KeyringError::WrappedFormat`] tell
    /// what is no wrapped keyring by its looks; [`KeyringError::NotUnwrapped`] is a wrong `kek` or an altered
    /// file; [`KeyringError::Malformed`] was encrypted under `kek` by something else than `wrap`.
    pub fn unwrap(wrapped: &[u8], kek: &[u8; 32]) -> Result<Self, KeyringError> {
        let Some((header, rest)) = wrapped.split_first_chunk::<16>() else {
            return Err(KeyringError::WrappedLength(wrapped.len()));
        };
        if header[..15] != WRAP_HEADER[..15] {
            return Err(KeyringError::NotAKeyring);
        }
        if header[15] != WRAP_HEADER[15] {
            return Err(KeyringError::WrappedFormat(header[15]));
        }
        if !rest.len().checked_sub(SIV + PRIMARY).is_some_and(are_entries) {
            return Err(KeyringError::WrappedLength(wrapped.len()));
        }
        let contents = decrypt(kek, WRAP_LABEL, header, rest).ok_or(KeyringError::NotUnwrapped)?;
        let (primary, versions) = take_versions(&contents).ok_or(KeyringError::Malformed)?;
        let versions = versions.into_iter().map(|(version, secret)| (version, Secret::new(secret)));
        Ok(Keyring { versions: versions.collect(), primary })
    }

    /// What is made of each version's key for one use, for one letter in one scope: of identifiers and prefixes K1 and,
    /// where it has 64 bytes, K2.
    pub(crate) fn derived<const N: usize, K>(
        &self,
        label: &[u8],
        letter: u8,
        scope: &Scope,
        make: impl Fn(KeyVersion, &[u8; N]) -> K,
    ) -> Versions<K> {
        let newest_first = self.versions.iter().rev().map(|(version, secret)| {
            let key = derive(&secret.0, &[label, &[0, letter], scope.encoded()]);
            (*version, make(*version, &key))
        });
        Versions::new(newest_first, self.primary)
    }

    fn find(&self, version: KeyVersion) -> Result<usize, KeyringError> {
        let found = self.versions.binary_search_by_key(&version, |(version, _)| *version);
        found.map_err(|_| KeyringError::UnknownKeyVersion(version))
    }
}

impl Secret {
    fn new(bytes: &[u8; 32]) -> Box<Self> {
        let mut secret = Box::new(Secret([0; 32]));
        secret.0.copy_from_slice(bytes);
        ct::secret(&mut secret.0);
        secret
    }

    #[cfg(feature = "getrandom")]
    fn random() -> Result<Box<Self>, KeyringError> {
        let mut secret = Box::new(Secret([0; 32]));
        getrandom::fill(&mut secret.0).map_err(|_| KeyringError::Random)?;
        ct::secret(&mut secret.0);
        Ok(secret)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        let Secret(bytes) = self;
        bytes.zeroize();
    }
}

impl ZeroizeOnDrop for Secret {}
impl ZeroizeOnDrop for Keyring {}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let versions: Vec<_> = self.versions().map(KeyVersion::get).collect();
        f.debug_struct("Keyring")
            .field("versions", &versions)
            .field("primary", &self.primary.get())
            .finish_non_exhaustive()
    }
}

/// A keyring that cannot be made, read or changed as asked. Whatever was there before is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringError {
    /// No secret was given; a keyring holds at least one.
    Empty,
    /// Two secrets were given for this version.
    Duplicate(KeyVersion),
    /// This version is not in the keyring.
    UnknownKeyVersion(KeyVersion),
    /// This version is the primary one, which cannot be retired: promote another one first.
    Primary(KeyVersion),
    /// This version is the newest one, which cannot be retired: its number must not be given out again.
    Newest(KeyVersion),
    /// Version 65535 is in use, and there is none after it.
    Exhausted,
    /// The operating system gave no random bytes.
    Random,
    /// No wrapped keyring has this number of bytes.
    WrappedLength(usize),
    /// The bytes do not begin as a wrapped keyring does.
    NotAKeyring,
    /// The keyring was wrapped in a format of this version, which is unknown here.
    WrappedFormat(u8),
    /// Another key-encryption key, or altered bytes. Which of them cannot be told.
    NotUnwrapped,
    /// The wrapped keyring is authentic but breaks the rules of its format: it was not made by `wrap`.
    Malformed,
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyringError::Empty => f.write_str("a keyring needs at least one secret"),
            KeyringError::Duplicate(version) => write!(f, "two secrets for key version {version}"),
            KeyringError::UnknownKeyVersion(version) => write!(f, "key version {version} is not in the keyring"),
            KeyringError::Primary(version) => {
                write!(f, "key version {version} is the primary one: promote another first")
            }
            KeyringError::Newest(version) => write!(f, "key version {version} is the newest one: stage the next first"),
            KeyringError::Exhausted => f.write_str("key version 65535 is in use and is the last"),
            KeyringError::Random => f.write_str("the operating system gave no random bytes"),
            KeyringError::WrappedLength(found) => {
                write!(f, "wrapped keyring: expected 34 bytes and 34 more for every key version, found {found} in all")
            }
            KeyringError::NotAKeyring => f.write_str("wrapped keyring: expected `telseal-keyring` at its beginning"),
            KeyringError::WrappedFormat(found) => {
                write!(f, "wrapped keyring: expected format version 1, found {found}")
            }
            KeyringError::NotUnwrapped => f.write_str("wrapped keyring: another key-encryption key, or altered bytes"),
            KeyringError::Malformed => f.write_str("wrapped keyring: authentic, but not in the form that `wrap` gives"),
        }
    }
}

impl Error for KeyringError {}
