use super::{
    fingerprint::Fingerprint,
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

/// The secrets of a key holder, one for each live key version.
///
/// One version is the primary: sealers seal under it. Every other version still opens its tokens and is still looked
/// up, until it is retired. A new version takes the next number, so a newer version has a higher number.
///
/// ```
/// use telseal::{Keyring, PhoneNumber, Scope};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # #[cfg(feature = "getrandom")] {
/// let kek = [0x42; 32]; // 32 random bytes from your key store
/// let mut keyring = Keyring::generate()?;
///
/// // To rotate, stage a version and hand the keyring out. When every holder has it, promote the version.
/// let version = keyring.stage()?;
/// let file = keyring.wrap(&kek);
/// keyring.promote(version)?;
///
/// let phones = Keyring::unwrap(&file, &kek)?.sealer::<PhoneNumber>(&Scope::new(["acme", "routing"])?);
/// assert!(phones.versions().eq(keyring.versions()));
/// # }
/// # Ok(())
/// # }
/// ```
///
/// Rotate a keyring in two steps. First stage a version (`stage`) and hand the keyring to all its users, so that each
/// process and each thread looks the new version up. Then promote the version (`promote`). `rotate` does both at once,
/// for a single holder that does nothing else meanwhile.
///
/// A [`Sealer`] has the keys of the keyring at the moment when it was made. After a change, make new sealers and drop
/// the old ones.
///
/// Secrets are wiped on drop. Deriving keys, wrapping and unwrapping also wipe the stack below them, as far as they use
/// it themselves: a thread of 16 KiB is enough (48 KiB with debug assertions). `Debug` shows the versions, not the
/// secrets. There is no `Clone`.
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
    /// Makes a keyring with one key version, number 1. Its secret comes from the operating system's random number
    /// generator.
    ///
    /// # Errors
    /// [`KeyringError::Random`] if the operating system gives no random bytes.
    #[cfg(feature = "getrandom")]
    pub fn generate() -> Result<Self, KeyringError> {
        Ok(Keyring { versions: Vec::from([(KeyVersion::FIRST, Secret::random()?)]), primary: KeyVersion::FIRST })
    }

    /// Makes a keyring from stored secrets, in any order. The highest version is the primary.
    ///
    /// A secret is 32 bytes from a cryptographic random number generator, never a password.
    ///
    /// ```
    /// use telseal::{KeyVersion, Keyring};
    ///
    /// # let (one, two) = ([1; 32], [2; 32]);
    /// let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &one), (KeyVersion::try_from(2)?, &two)])?;
    /// assert_eq!(keyring.primary().get(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyringError::Empty`]; [`KeyringError::Duplicate`] for one version with two secrets; and
    /// [`KeyringError::SameSecret`] for one secret under two versions, between which a rotation would change the number
    /// alone.
    pub fn from_secrets<'a>(
        secrets: impl IntoIterator<Item = (KeyVersion, &'a [u8; 32])>,
    ) -> Result<Self, KeyringError> {
        let mut versions: Vec<_> =
            secrets.into_iter().map(|(version, secret)| (version, Secret::new(secret))).collect();
        versions.sort_unstable_by_key(|(version, _)| *version);
        if let Some(pair) = versions.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(KeyringError::Duplicate(pair[0].0));
        }
        if let Some((one, other)) = alike(&versions) {
            return Err(KeyringError::SameSecret(one, other));
        }
        let primary = versions.last().ok_or(KeyringError::Empty)?.0;
        Ok(Keyring { versions, primary })
    }

    /// The primary key version: sealers seal under it.
    pub fn primary(&self) -> KeyVersion {
        self.primary
    }

    /// The live key versions, newest first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = KeyVersion> {
        self.versions.iter().rev().map(|(version, _)| *version)
    }

    /// The live versions, newest first, each with the fingerprint of its secret.
    pub fn fingerprints(&self) -> impl ExactSizeIterator<Item = (KeyVersion, Fingerprint)> {
        self.versions
            .iter()
            .rev()
            .map(|(version, secret)| (*version, Fingerprint::of_key(&secret.0, &version.get().to_be_bytes())))
    }

    /// The fingerprint of the whole keyring: of its primary version, and of each version with its secret. Two holders
    /// whose keyrings have equal fingerprints make the same tokens and open the same tokens.
    pub fn fingerprint(&self) -> Fingerprint {
        let fingerprints: Vec<_> = self.fingerprints().collect();
        Fingerprint::of_keyring(self.primary, fingerprints.into_iter().rev())
    }

    /// Adds a new version and returns its number. Sealers open and look up under it, and do not seal under it yet.
    ///
    /// ```
    /// # use telseal::Keyring;
    /// let mut keyring = Keyring::generate()?;
    /// let version = keyring.stage()?;
    /// assert_eq!(version.get(), 2);
    /// assert_eq!(keyring.primary().get(), 1);
    /// # Ok::<(), telseal::KeyringError>(())
    /// ```
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
    /// [`KeyringError::UnknownKeyVersion`] if it is not live.
    pub fn promote(&mut self, version: KeyVersion) -> Result<(), KeyringError> {
        self.find(version)?;
        self.primary = version;
        Ok(())
    }

    /// Adds a new version, makes it the primary one, and returns its number.
    ///
    /// This is for a single key holder while no older sealer is in use: an older sealer does not find tokens of the new
    /// version. With several holders or threads, [`stage`](Self::stage) the version, hand the keyring out, and then
    /// [`promote`](Self::promote) the version.
    ///
    /// # Errors
    /// The errors of [`stage`](Self::stage).
    #[cfg(feature = "getrandom")]
    pub fn rotate(&mut self) -> Result<KeyVersion, KeyringError> {
        let version = self.stage()?;
        self.primary = version;
        Ok(version)
    }

    /// Removes a version and wipes its secret. Sealers that are made after this neither open its tokens nor look them
    /// up. Retire a version when no row under it is left.
    ///
    /// The newest version cannot be retired, because its number would later be given to another secret. To remove a
    /// version that was staged, stage the next one first.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring};
    /// # let (first, second) = (KeyVersion::FIRST, KeyVersion::try_from(2)?);
    /// # let mut keyring = Keyring::from_secrets([(first, &[1; 32]), (second, &[2; 32])])?;
    /// keyring.promote(second)?;
    /// keyring.retire(first)?;
    /// assert!(keyring.versions().eq([second]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyringError::UnknownKeyVersion`] if it is not live; [`KeyringError::Primary`] or [`KeyringError::Newest`] if
    /// it is that one.
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
    /// This derives the keys, with about ten compressions of SHA-256 and four key schedules of AES for each version. So
    /// keep the sealer.
    pub fn sealer<I: Identifier>(&self, scope: &Scope) -> Sealer<I> {
        let siv = |version, key: &[u8; 64]| Siv::new(key, &[&tag_header::<I>(version)]);
        Sealer::new(self.derived(I::LABEL, I::LETTER, scope, siv), scope.clone())
    }

    /// An indexer for one kind of identifier in one scope, or for the prefixes of one kind ([`Prefix`](crate::Prefix)),
    /// under the versions that are live now.
    ///
    /// This derives the keys, so keep the indexer. For identifiers it has the half of each key of a
    /// [`sealer`](Self::sealer) that makes tags. For prefixes it has separate keys, so prefix tags exist only if
    /// somebody calls this for them.
    pub fn indexer<T: Indexed>(&self, scope: &Scope) -> Indexer<T> {
        let s2v = |version, key: &[u8; 32]| S2v::new(key, &[&tag_header::<T>(version)]);
        Indexer::new(self.derived(T::LABEL, T::LETTER, scope, s2v), scope.clone())
    }

    /// Encrypts the keyring under a key-encryption key of 32 random bytes, to be stored. The result has 34 bytes, and
    /// 34 more for each version. It hides which versions there are; its length shows how many.
    ///
    /// The encryption is AES-256-SIV (RFC 5297) under a key derived from `kek`. It is deterministic, so equal keyrings
    /// have equal wrappings. SPEC.md, section "The wrapped keyring", defines the bytes.
    pub fn wrap(&self, kek: &[u8; 32]) -> Vec<u8> {
        let mut contents = Zeroizing::new(Vec::with_capacity(PRIMARY + ENTRY * self.versions.len()));
        let versions = self.versions.iter().map(|(version, secret)| (*version, &secret.0));
        put_versions(&mut contents, self.primary, versions);
        encrypt(kek, WRAP_LABEL, WRAP_HEADER, contents)
    }

    /// Decrypts a keyring that [`wrap`](Self::wrap) encrypted. If anything is wrong, no part of it is used.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring};
    /// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
    /// # let kek = [2; 32];
    /// let file = keyring.wrap(&kek);
    /// assert_eq!(file.len(), 34 + 34);
    /// assert_eq!(Keyring::unwrap(&file, &kek)?.primary(), keyring.primary());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`KeyringError::WrappedLength`], [`KeyringError::NotAKeyring`] or [`KeyringError::WrappedFormat`] if the bytes
    /// do not look like a wrapped keyring; [`KeyringError::NotUnwrapped`] if `kek` is wrong or the bytes were altered;
    /// [`KeyringError::Malformed`] if something other than `wrap` encrypted them under `kek`.
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

/// Two versions that have one secret. Sorted by fingerprints, which tell nothing of the secrets: to compare each with
/// each takes too long where there are many.
fn alike(versions: &[(KeyVersion, Box<Secret>)]) -> Option<(KeyVersion, KeyVersion)> {
    let fingerprint =
        |(at, (_, secret)): (usize, &(_, Box<Secret>))| (*Fingerprint::of_key(&secret.0, &[]).as_bytes(), at);
    let mut fingerprints: Zeroizing<Vec<_>> = Zeroizing::new(versions.iter().enumerate().map(fingerprint).collect());
    fingerprints.sort_unstable();
    let pair = fingerprints.windows(2).find(|pair| pair[0].0 == pair[1].0)?;
    Some((versions[pair[0].1].0, versions[pair[1].1].0))
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
        ct::random(&mut secret.0).map_err(|_| KeyringError::Random)?;
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
            .field("fingerprint", &format_args!("{}", self.fingerprint()))
            .finish_non_exhaustive()
    }
}

/// A keyring that cannot be made, read or changed as asked. Whatever was there before is unchanged.
///
/// ```
/// use telseal::{KeyVersion, Keyring, KeyringError};
///
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
/// # let mut keyring = keyring;
/// assert_eq!(keyring.retire(KeyVersion::FIRST), Err(KeyringError::Primary(KeyVersion::FIRST)));
/// assert_eq!(Keyring::unwrap(&keyring.wrap(&[2; 32]), &[3; 32]).unwrap_err(), KeyringError::NotUnwrapped);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyringError {
    /// No secret was given; a keyring holds at least one.
    Empty,
    /// Two secrets were given for this version.
    Duplicate(KeyVersion),
    /// One secret was given for these two versions.
    SameSecret(KeyVersion, KeyVersion),
    /// This version is not in the keyring.
    UnknownKeyVersion(KeyVersion),
    /// This version is the primary one, which cannot be retired: promote another one first.
    Primary(KeyVersion),
    /// This version is the newest one, which cannot be retired, because its number must not be given out again.
    Newest(KeyVersion),
    /// Version 65535 is in use, and there is none after it.
    Exhausted,
    /// The operating system gave no random bytes.
    Random,
    /// No wrapped keyring has this number of bytes.
    WrappedLength(usize),
    /// The bytes do not begin like a wrapped keyring.
    NotAKeyring,
    /// The keyring was wrapped in this format version, which is unknown here.
    WrappedFormat(u8),
    /// The key-encryption key is wrong, or the bytes were altered. These causes cannot be told apart.
    NotUnwrapped,
    /// The wrapped keyring is authentic but breaks the rules of its format: `wrap` did not make it.
    Malformed,
}

impl fmt::Display for KeyringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyringError::Empty => f.write_str("a keyring needs at least one secret"),
            KeyringError::SameSecret(one, other) => write!(f, "one secret for key versions {one} and {other}"),
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
