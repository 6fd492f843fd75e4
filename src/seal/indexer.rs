use super::{
    siv::{BATCH, Blocks, S2v},
    versions::Versions,
    wrapping::{ENTRY, PRIMARY, SIV, are_entries, decrypt, encrypt, put_versions, take_versions},
};
use crate::{
    ct,
    identifier::{Indexed, Internal, Labelled, Prefix, PrefixLengths, Prefixed},
    scope::Scope,
    stack,
    token::{KeyVersion, PrefixTag, Tag, tag_header},
};
use aes::Block;
use alloc::vec::Vec;
use core::{error::Error, fmt, marker::PhantomData};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Gives the tags of one kind of identifier, or of its prefixes, in one scope, and opens nothing: it holds the half
/// of each key that the tag is made with and not the half that the identifier is encrypted with.
///
/// For a front end that only asks the directory. Made by a key holder, by
/// [`Sealer::indexer`](crate::Sealer::indexer) or [`Keyring::indexer`](crate::Keyring::indexer), and handed over as an
/// index key: encrypted by [`wrap`](Self::wrap), loaded by [`unwrap`](Self::unwrap).
///
/// ```
/// # use telseal::{Indexer, KeyVersion, Keyring, PhoneNumber, Scope};
/// # let (keyring, kek) = (Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?, [2; 32]);
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// let scope = Scope::new(["acme", "routing"])?;
/// let phones = keyring.sealer::<PhoneNumber>(&scope);
/// let file = phones.indexer().wrap(&kek);
///
/// // In the front end.
/// let index = Indexer::<PhoneNumber>::unwrap(&file, &kek, &scope, &[KeyVersion::FIRST])?;
/// assert_eq!(index.tag(&number), phones.seal(&number).tag());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What it does not protect from is enumeration: its holder can compute the tags of all numbers of a plan and compare,
/// as whoever seals can (SECURITY.md, "Enumeration"). Nor does it authenticate: a token with the right tag and another
/// ciphertext is found by the tag, and only opening it tells.
///
/// ```compile_fail,E0599
/// # let keyring = telseal::Keyring::from_secrets([(telseal::KeyVersion::FIRST, &[1; 32])]).unwrap();
/// let phones = keyring.sealer::<telseal::PhoneNumber>(&telseal::Scope::new(["routing"]).unwrap());
/// phones.indexer().open(&telseal::Token::BLANK);
/// ```
///
/// It derives and allocates nothing to make tags, takes `&self` and can be shared between threads. Keys are wiped
/// on drop, and with them 32 KiB of the stack below (64 KiB with debug assertions), which must be there.
pub struct Indexer<T> {
    versions: Versions<S2v>,
    scope: Scope,
    of: PhantomData<fn(T)>,
}

const WRAP_LABEL: &[u8] = b"telseal/v1/index";

/// What a wrapped index key begins with, and then its format version.
const WRAP_HEADER: &[u8; 14] = b"telseal-index\x01";
/// The letter and the digest of the scope.
const NAME: usize = 1 + 32;

/// The most lengths of prefixes that there are.
const MOST: usize = 10;

impl<T: Indexed> Indexer<T> {
    pub(crate) fn new(versions: Versions<S2v>, scope: Scope) -> Self {
        Indexer { versions, scope, of: PhantomData }
    }

    /// The key version that tags are made under.
    pub fn primary(&self) -> KeyVersion {
        self.versions.primary().0
    }

    /// The live versions, newest first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = KeyVersion> {
        self.versions.iter().map(|(version, _)| *version)
    }

    /// The tag under the primary key version: of an identifier, that of the token that
    /// [`Sealer::seal`](crate::Sealer::seal) gives.
    pub fn tag(&self, of: &T) -> Tag<T> {
        tag(&self.versions.primary().1, of)
    }

    /// Many tags: `tags[i]` becomes the [`tag`](Self::tag) of `of[i]`.
    ///
    /// # Errors
    /// [`LengthMismatch`], and nothing is written, where the slices differ in length.
    pub fn tag_into(&self, of: &[T], tags: &mut [Tag<T>]) -> Result<(), LengthMismatch> {
        tag_into(&self.versions.primary().1, of, tags)
    }

    /// The tags that something may be stored under: one for each live key version, newest first. Each is computed
    /// when it is asked for, one call of AES.
    pub fn lookup(&self, of: &T) -> impl ExactSizeIterator<Item = Tag<T>> + use<'_, T> {
        let of = of.clone();
        self.versions.iter().map(move |(_, s2v)| tag(s2v, &of))
    }

    /// The index key encrypted under a key-encryption key of 32 random bytes, to be handed over: 65 bytes and 34 more
    /// a version. Use another key-encryption key than for the keyring: whoever loads an index key has it.
    ///
    /// AES-256-SIV (RFC 5297) under a key derived from `kek`; deterministic, so that equal index keys have equal
    /// wrappings. SPEC.md, section "The wrapped index key", has the bytes.
    pub fn wrap(&self, kek: &[u8; 32]) -> Vec<u8> {
        let mut contents = Zeroizing::new(Vec::with_capacity(NAME + PRIMARY + ENTRY * self.versions.iter().len()));
        contents.push(T::LETTER);
        contents.extend_from_slice(&Sha256::digest(self.scope.encoded()));
        let ascending = self.versions.iter().rev().map(|(version, s2v)| (*version, &s2v.key));
        put_versions(&mut contents, self.primary(), ascending);
        encrypt(kek, WRAP_LABEL, WRAP_HEADER, contents)
    }

    /// The index key that [`wrap`](Self::wrap) encrypted, for this scope. `versions` are those that rows are
    /// stored under or soon will be: it must have a key of each, and its primary version must be one of them, or it
    /// would ask for what is not there. Have them handed over with the index key, from [`Keyring::versions`].
    ///
    /// [`Keyring::versions`]: crate::Keyring::versions
    ///
    /// That it was made from the keyring that rows were sealed under cannot be told: `kek` vouches for it.
    ///
    /// # Errors
    /// [`IndexKeyError::WrappedLength`], [`IndexKeyError::NotAnIndexKey`] and [`IndexKeyError::WrappedFormat`] tell
    /// what is no wrapped index key by its looks; [`IndexKeyError::NotUnwrapped`] is a wrong `kek` or an altered
    /// file; [`IndexKeyError::Malformed`] was encrypted under `kek` by something else than `wrap`;
    /// [`IndexKeyError::OtherKind`], [`IndexKeyError::OtherScope`], [`IndexKeyError::MissingKeyVersion`] and
    /// [`IndexKeyError::Primary`] are index keys whose tags would not be found.
    pub fn unwrap(
        wrapped: &[u8],
        kek: &[u8; 32],
        scope: &Scope,
        versions: &[KeyVersion],
    ) -> Result<Self, IndexKeyError> {
        let Some((header, rest)) = wrapped.split_first_chunk::<14>() else {
            return Err(IndexKeyError::WrappedLength(wrapped.len()));
        };
        if header[..13] != WRAP_HEADER[..13] {
            return Err(IndexKeyError::NotAnIndexKey);
        }
        if header[13] != WRAP_HEADER[13] {
            return Err(IndexKeyError::WrappedFormat(header[13]));
        }
        if !rest.len().checked_sub(SIV + NAME + PRIMARY).is_some_and(are_entries) {
            return Err(IndexKeyError::WrappedLength(wrapped.len()));
        }
        let contents = decrypt(kek, WRAP_LABEL, header, rest).ok_or(IndexKeyError::NotUnwrapped)?;
        let (name, keys) = contents.split_first_chunk::<NAME>().expect("longer than that");
        let (primary, keys) = take_versions(keys).ok_or(IndexKeyError::Malformed)?;
        let is = |verdict| bool::from(ct::public(verdict, "the caller gets the verdict"));
        if !is(name[0].ct_eq(&T::LETTER)) {
            return Err(IndexKeyError::OtherKind);
        }
        if !is(name[1..].ct_eq(&Sha256::digest(scope.encoded())[..])) {
            return Err(IndexKeyError::OtherScope);
        }
        if let Some(missing) = versions.iter().find(|version| keys.iter().all(|(has, _)| has != *version)) {
            return Err(IndexKeyError::MissingKeyVersion(*missing));
        }
        if !versions.contains(&primary) {
            return Err(IndexKeyError::Primary(primary));
        }
        let newest_first =
            keys.iter().rev().map(|(version, k1)| (*version, S2v::new(k1, &[&tag_header::<T>(*version)])));
        Ok(Indexer::new(Versions::new(newest_first, primary), scope.clone()))
    }
}

impl<I: Prefixed> Indexer<Prefix<I>> {
    /// The tags of the first digits of an identifier, for those of the `lengths` that it has, the longest first: where
    /// a table of routes has several of them, the first one is the route by the longest prefix. Under the primary key
    /// version, in one batch.
    ///
    /// ```
    /// # use std::collections::HashMap;
    /// # use telseal::{Indexer, KeyVersion, Keyring, PhoneNumber, Prefix, PrefixLengths, PrefixTag, Scope};
    /// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
    /// # let scope = Scope::new(["routing"])?;
    /// let prefixes: Indexer<Prefix<PhoneNumber>> = keyring.indexer(&scope);
    ///
    /// // The operator fills the table, under each live version.
    /// let mut routes: HashMap<PrefixTag<PhoneNumber>, &str> = HashMap::new();
    /// for (prefix, route) in [("+44", "UK"), ("+44 20", "London")] {
    ///     routes.extend(prefixes.lookup(&prefix.parse()?).map(|tag| (tag, route)));
    /// }
    ///
    /// // The gateway sends tags, and the router takes the first that it has.
    /// let lengths = PrefixLengths::new([2, 4])?;
    /// let mut tags = prefixes.tags(&"+442079460018".parse()?, lengths);
    /// assert_eq!(tags.find_map(|tag| routes.get(&tag)), Some(&"London"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn tags(
        &self,
        identifier: &I,
        lengths: PrefixLengths<I>,
    ) -> impl ExactSizeIterator<Item = PrefixTag<I>> + use<I> {
        const { assert!(I::MAX_PREFIX <= MOST) };
        let (mut words, mut count) = (Zeroizing::new([0; MOST]), 0);
        for prefix in lengths.prefixes_of(identifier) {
            words[count] = prefix.word(Internal(()));
            count += 1;
        }
        let mut blocks = [Block::default(); MOST];
        self.versions.primary().1.tags(&mut blocks[..count], words.iter().copied());
        blocks.into_iter().take(count).map(|block| public(&block))
    }
}

/// One tag, for whoever has that half of a key.
pub(crate) fn tag<T: Indexed>(s2v: &S2v, of: &T) -> Tag<T> {
    s2v.tag(of.word(Internal(())), |tag| Tag::from_bytes(ct::public(tag, "a tag is for all to see")))
}

/// Many.
pub(crate) fn tag_into<T: Indexed>(s2v: &S2v, of: &[T], tags: &mut [Tag<T>]) -> Result<(), LengthMismatch> {
    LengthMismatch::unless_same(of.len(), tags.len())?;
    let mut blocks = Blocks::<BATCH>::new();
    for (of, tags) in of.chunks(BATCH).zip(tags.chunks_mut(BATCH)) {
        let blocks = &mut blocks.0[..of.len()];
        s2v.tags(blocks, of.iter().map(|of| of.word(Internal(()))));
        for (tag, block) in tags.iter_mut().zip(blocks) {
            *tag = public(block);
        }
    }
    Ok(())
}

/// The tag in a block that [`S2v::tags`] has filled.
#[inline(always)]
fn public<T: Indexed>(block: &Block) -> Tag<T> {
    Tag::from_bytes(ct::public(block.0, "a tag is for all to see"))
}

/// The keys wipe themselves. This wipes the stack that the indexer was used on, as for a sealer.
impl<T> Drop for Indexer<T> {
    fn drop(&mut self) {
        stack::wipe();
    }
}

impl<T> ZeroizeOnDrop for Indexer<T> {}

impl<T> fmt::Debug for Indexer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Indexer").finish_non_exhaustive()
    }
}

/// An index key that is not loaded: nothing of it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexKeyError {
    /// No wrapped index key has this number of bytes.
    WrappedLength(usize),
    /// The bytes do not begin as a wrapped index key does.
    NotAnIndexKey,
    /// The index key was wrapped in a format of this version, which is unknown here.
    WrappedFormat(u8),
    /// Another key-encryption key, or altered bytes. Which of them cannot be told.
    NotUnwrapped,
    /// The wrapped index key is authentic but breaks the rules of its format: it was not made by `wrap`.
    Malformed,
    /// It gives tags of another kind of identifier, or of prefixes and not of identifiers, or the other way round.
    OtherKind,
    /// It gives tags in another scope.
    OtherScope,
    /// It has no key of this version: rows that are stored under it would be missed.
    MissingKeyVersion(KeyVersion),
    /// It makes tags under this version, which no row is stored under: it is out of date.
    Primary(KeyVersion),
}

impl fmt::Display for IndexKeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wrapped index key: ")?;
        match self {
            IndexKeyError::WrappedLength(found) => {
                write!(f, "expected 65 bytes and 34 more for every key version, found {found} in all")
            }
            IndexKeyError::NotAnIndexKey => f.write_str("expected `telseal-index` at its beginning"),
            IndexKeyError::WrappedFormat(found) => write!(f, "expected format version 1, found {found}"),
            IndexKeyError::NotUnwrapped => f.write_str("another key-encryption key, or altered bytes"),
            IndexKeyError::Malformed => f.write_str("authentic, but not in the form that `wrap` gives"),
            IndexKeyError::OtherKind => f.write_str("of another kind"),
            IndexKeyError::OtherScope => f.write_str("of another scope"),
            IndexKeyError::MissingKeyVersion(version) => write!(f, "no key of version {version}"),
            IndexKeyError::Primary(version) => write!(f, "primary key version {version}, which no row is under"),
        }
    }
}

impl Error for IndexKeyError {}

/// A call for many was given another number of items than of places for the results. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthMismatch {
    pub(crate) input: usize,
    pub(crate) output: usize,
}

impl LengthMismatch {
    pub(crate) fn unless_same(input: usize, output: usize) -> Result<(), Self> {
        if input == output { Ok(()) } else { Err(LengthMismatch { input, output }) }
    }
}

impl fmt::Display for LengthMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items do not fit one to one into {} places", self.input, self.output)
    }
}

impl Error for LengthMismatch {}
