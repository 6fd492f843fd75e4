use super::{
    fingerprint::Fingerprint,
    rows::{Row, Rows, clear, put, under_each},
    siv::{BATCH, Blocks, DEPTH, S2v},
    versions::Versions,
    wrapping::{ENTRY, PRIMARY, SIV, are_entries, decrypt, encrypt, put_versions, take_versions},
};
use crate::{
    ct,
    identifier::{Indexed, Internal, Labelled, Prefix, PrefixLengths, Prefixed, digits::texts::Texts},
    scope::Scope,
    stack,
    token::{KeyVersion, LengthMismatch, PrefixTag, Tag, check_bits, tag_header},
};
use aes::Block;
use alloc::vec::Vec;
use core::{error::Error, fmt, marker::PhantomData};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// Computes the tags of one kind of identifier, or of its prefixes, in one scope. It cannot open tokens: it holds the
/// half of each key that makes tags, and not the half that encrypts the identifier.
///
/// It is for a front end that only asks the directory. The key holder makes it with
/// [`Sealer::indexer`](crate::Sealer::indexer) or [`Keyring::indexer`](crate::Keyring::indexer), and hands it over as
/// an index key: [`wrap`](Self::wrap) encrypts it, [`unwrap`](Self::unwrap) loads it.
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
/// let live: Vec<_> = phones.fingerprints().collect();
/// let index = Indexer::<PhoneNumber>::unwrap(&file, &kek, &scope, &live)?;
/// assert_eq!(index.tag(&number), phones.seal(&number).tag());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// An index key does not prevent enumeration. Its holder can compute the tags of all numbers of a plan and compare, as
/// a key holder can (SECURITY.md, "Enumeration"). It does not authenticate tokens either: a token with the right tag
/// and a wrong ciphertext is found by its tag, and only opening it shows the fault.
///
/// ```compile_fail,E0599
/// # let keyring = telseal::Keyring::from_secrets([(telseal::KeyVersion::FIRST, &[1; 32])]).unwrap();
/// let phones = keyring.sealer::<telseal::PhoneNumber>(&telseal::Scope::new(["routing"]).unwrap());
/// phones.indexer().open(&telseal::Token::BLANK);
/// ```
///
/// To make tags it derives no key and allocates nothing. Its methods take `&self`, and threads can share it. Keys are
/// wiped on drop, together with the stack below, as far as tags use it: a thread of 16 KiB is enough (48 KiB with debug
/// assertions, 64 KiB for batches).
#[doc(alias = "blind index")]
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

    /// The primary key version: [`tag`](Self::tag) computes under it.
    pub fn primary(&self) -> KeyVersion {
        self.versions.primary().0
    }

    /// The live key versions, newest first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = KeyVersion> {
        self.versions.iter().map(|(version, _)| *version)
    }

    /// The live versions, newest first, each with the fingerprint of its key. A sealer that makes the same tags has the
    /// same [`fingerprints`](crate::Sealer::fingerprints).
    pub fn fingerprints(&self) -> impl ExactSizeIterator<Item = (KeyVersion, Fingerprint)> {
        self.versions.iter().map(|(version, s2v)| (*version, fingerprint::<T>(*version, &s2v.key)))
    }

    /// The tag under the primary key version. For an identifier, it is the tag of the token that
    /// [`Sealer::seal`](crate::Sealer::seal) gives.
    #[doc(alias = "hash")]
    pub fn tag(&self, of: &T) -> Tag<T> {
        tag(&self.versions.primary().1, of)
    }

    /// Computes many tags: `tags[i]` becomes the [`tag`](Self::tag) of `of[i]`.
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length. Then nothing is written.
    pub fn tag_into(&self, of: &[T], tags: &mut [Tag<T>]) -> Result<(), LengthMismatch> {
        tag_into(&self.versions.primary().1, of, tags)
    }

    /// Computes the tags of rows that are still to be parsed, like
    /// [`Sealer::tag_rows_into`](crate::Sealer::tag_rows_into).
    ///
    /// # Errors
    /// The errors of that method.
    pub fn tag_rows_into<R: Row<T>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tags: &mut [Option<Tag<T>>],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        tag_rows_into(&self.versions.primary().1, rows, tags, refused)
    }

    /// Computes tags as a column of bytes, like [`Sealer::tag_column`](crate::Sealer::tag_column).
    ///
    /// # Errors
    /// The errors of that method.
    pub fn tag_column<R: Row<T>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tags: &mut [[u8; 16]],
        valid: &mut [u64],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        tag_column(&self.versions.primary().1, rows, tags, valid, refused)
    }

    /// The tags under which an identifier or a prefix may be stored: one for each live key version, newest first. The
    /// iterator computes each tag when it reaches it, with one call of AES.
    ///
    /// ```
    /// # use telseal::{Indexer, KeyVersion, Keyring, PhoneNumber, Scope};
    /// # let second = KeyVersion::try_from(2)?;
    /// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32]), (second, &[2; 32])])?;
    /// # let number: PhoneNumber = "+442079460018".parse()?;
    /// let index: Indexer<PhoneNumber> = keyring.indexer(&Scope::new(["routing"])?);
    /// assert_eq!(index.lookup(&number).len(), 2); // two versions are live
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lookup(&self, of: &T) -> impl ExactSizeIterator<Item = Tag<T>> + use<'_, T> {
        let of = of.clone();
        self.versions.iter().map(move |(_, s2v)| tag(s2v, &of))
    }

    /// Tags rows like [`tag_column`](Self::tag_column), but each under all live key versions, as [`lookup`](Self::lookup)
    /// does: the tags of a row stand one behind the other, newest first. `valid` has a bit a row.
    ///
    /// # Errors
    /// The errors of `tag_column`, where `tags` has a place for each row and live key version.
    #[inline(never)] // as the sealer's columns
    pub fn lookup_column<R: Row<T>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tags: &mut [[u8; 16]],
        valid: &mut [u64],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        let s2v = &self.versions.primary().1;
        let (mut space, mut batch) = (Zeroizing::new([0; BATCH]), [[0; 16]; BATCH]);
        let versions = (&self.versions, s2v);
        under_each::<T, R, _, 16>(versions, rows, (tags, valid), refused, &mut space, |(_, s2v), words, tags| {
            let batch = &mut batch[..words.len()];
            s2v.tags(Block::cast_slice_from_core_mut(batch), words.iter().copied());
            publish(batch);
            tags.zip(batch).for_each(|(place, tag)| *place = *tag);
        })
    }

    /// Encrypts the index key under a key-encryption key of 32 random bytes, to be handed over. The result has 65
    /// bytes, and 34 more for each version. Do not use the key-encryption key of the keyring: the front end that loads
    /// an index key has its key-encryption key.
    ///
    /// The encryption is AES-256-SIV (RFC 5297) under a key derived from `kek`. It is deterministic, so equal index
    /// keys have equal wrappings. SPEC.md, section "The wrapped index key", defines the bytes.
    pub fn wrap(&self, kek: &[u8; 32]) -> Vec<u8> {
        let mut contents = Zeroizing::new(Vec::with_capacity(NAME + PRIMARY + ENTRY * self.versions.iter().len()));
        contents.push(T::LETTER);
        contents.extend_from_slice(&Sha256::digest(self.scope.encoded()));
        let ascending = self.versions.iter().rev().map(|(version, s2v)| (*version, &s2v.key));
        put_versions(&mut contents, self.primary(), ascending);
        encrypt(kek, WRAP_LABEL, WRAP_HEADER, contents)
    }

    /// Decrypts an index key that [`wrap`](Self::wrap) encrypted, for this scope.
    ///
    /// `versions` are the key versions of the rows, now or soon, with their fingerprints. The index key must have
    /// exactly this key of each of them, and its primary version must be one of them: otherwise it would miss rows. The
    /// key holder hands them over with the index key, from [`fingerprints`](Self::fingerprints).
    ///
    /// # Errors
    /// [`IndexKeyError::WrappedLength`], [`IndexKeyError::NotAnIndexKey`] or [`IndexKeyError::WrappedFormat`] if the
    /// bytes do not look like a wrapped index key; [`IndexKeyError::NotUnwrapped`] if `kek` is wrong or the bytes were
    /// altered; [`IndexKeyError::Malformed`] if something other than `wrap` encrypted them under `kek`;
    /// [`IndexKeyError::OtherKind`], [`IndexKeyError::OtherScope`], [`IndexKeyError::MissingKeyVersion`],
    /// [`IndexKeyError::OtherKey`] or [`IndexKeyError::Primary`] if its tags would not be found.
    pub fn unwrap(
        wrapped: &[u8],
        kek: &[u8; 32],
        scope: &Scope,
        versions: &[(KeyVersion, Fingerprint)],
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
        for (version, expected) in versions {
            match keys.binary_search_by_key(version, |(has, _)| *has) {
                Err(_) => return Err(IndexKeyError::MissingKeyVersion(*version)),
                Ok(at) if fingerprint::<T>(*version, keys[at].1) != *expected => {
                    return Err(IndexKeyError::OtherKey(*version));
                }
                Ok(_) => {}
            }
        }
        if !versions.iter().any(|(version, _)| *version == primary) {
            return Err(IndexKeyError::Primary(primary));
        }
        let newest_first =
            keys.iter().rev().map(|(version, k1)| (*version, S2v::new(k1, &[&tag_header::<T>(*version)])));
        Ok(Indexer::new(Versions::new(newest_first, primary), scope.clone()))
    }
}

impl<I: Prefixed> Indexer<Prefix<I>> {
    /// The tags of the first digits of an identifier, one for each of the `lengths` that it has, the longest first. If
    /// a table of routes has several of them, the first is the route with the longest prefix. The tags are computed
    /// under the primary key version, in one batch.
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
    /// // The gateway sends tags, and the router takes the first tag that it knows.
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

/// The fingerprint of K1.
pub(super) fn fingerprint<T: Indexed>(version: KeyVersion, k1: &[u8; 32]) -> Fingerprint {
    Fingerprint::of_key(k1, &tag_header::<T>(version))
}

/// One tag, for whoever has that half of a key.
pub(crate) fn tag<T: Indexed>(s2v: &S2v, of: &T) -> Tag<T> {
    s2v.tag(of.word(Internal(())), |tag| Tag::from_bytes(ct::public(tag, "a tag is for all to see")))
}

/// Many.
pub(crate) fn tag_into<T: Indexed>(s2v: &S2v, of: &[T], tags: &mut [Tag<T>]) -> Result<(), LengthMismatch> {
    LengthMismatch::unless_same(of.len(), tags.len())?;
    let mut blocks = Blocks::new();
    for (of, tags) in of.chunks(BATCH).zip(tags.chunks_mut(BATCH)) {
        let blocks = &mut blocks.0[..of.len()];
        s2v.tags(blocks, of.iter().map(|of| of.word(Internal(()))));
        for (tag, block) in tags.iter_mut().zip(blocks) {
            *tag = public(block);
        }
    }
    Ok(())
}

/// Of rows that are still to be read.
#[inline(never)] // as the sealer's columns
pub(crate) fn tag_rows_into<T: Indexed, R: Row<T>>(
    s2v: &S2v,
    rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
    tags: &mut [Option<Tag<T>>],
    refused: impl FnMut(usize, R::Error),
) -> Result<(), LengthMismatch> {
    let mut rows = Rows::new(rows, tags.len(), refused)?;
    let mut texts = Texts::new();
    let (mut words, mut made) = (Zeroizing::new([0; BATCH]), [[0; 16]; BATCH]);
    for tags in tags.chunks_mut(BATCH) {
        let made = &mut made[..tags.len()];
        let there = rows.read::<T>(s2v, &mut texts, &mut words, tags.len(), Block::cast_slice_from_core_mut(made));
        publish(made);
        put(tags, made, there, Tag::from_bytes);
    }
    Ok(())
}

/// As bytes.
#[inline(never)] // as the sealer's columns
pub(crate) fn tag_column<T: Indexed, R: Row<T>>(
    s2v: &S2v,
    rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
    tags: &mut [[u8; 16]],
    valid: &mut [u64],
    refused: impl FnMut(usize, R::Error),
) -> Result<(), LengthMismatch> {
    let mut rows = Rows::new(rows, tags.len(), refused)?;
    let mut texts = Texts::new();
    check_bits(tags.len(), valid)?;
    let mut words = Zeroizing::new([0; BATCH]);
    for (tags, valid) in tags.chunks_mut(BATCH).zip(valid) {
        let count = tags.len();
        *valid = rows.read::<T>(s2v, &mut texts, &mut words, count, Block::cast_slice_from_core_mut(tags));
        publish(tags);
        clear(tags, *valid);
    }
    Ok(())
}

/// Makes the tags of a batch public.
fn publish(tags: &mut [[u8; 16]]) {
    for tag in tags {
        *tag = ct::public(*tag, "a tag is for all to see");
    }
}

/// The tag in a block that [`S2v::tags`] has filled.
#[inline(always)]
fn public<T: Indexed>(block: &Block) -> Tag<T> {
    Tag::from_bytes(ct::public(block.0, "a tag is for all to see"))
}

/// The keys wipe themselves. This wipes the stack that the indexer was used on, as for a sealer.
impl<T> Drop for Indexer<T> {
    fn drop(&mut self) {
        stack::wipe::<DEPTH>();
    }
}

impl<T> ZeroizeOnDrop for Indexer<T> {}

impl<T> fmt::Debug for Indexer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Indexer").finish_non_exhaustive()
    }
}

/// The index key was not loaded. No part of it is used.
///
/// ```
/// # use telseal::{Imsi, IndexKeyError, Indexer, KeyVersion, Keyring, PhoneNumber, Scope};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
/// # let kek = [2; 32];
/// let scope = Scope::new(["routing"])?;
/// let file = keyring.indexer::<PhoneNumber>(&scope).wrap(&kek);
/// let live: Vec<_> = keyring.indexer::<Imsi>(&scope).fingerprints().collect();
/// let refused = Indexer::<Imsi>::unwrap(&file, &kek, &scope, &live);
/// assert_eq!(refused.unwrap_err(), IndexKeyError::OtherKind);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IndexKeyError {
    /// No wrapped index key has this number of bytes.
    WrappedLength(usize),
    /// The bytes do not begin like a wrapped index key.
    NotAnIndexKey,
    /// The index key was wrapped in this format version, which is unknown here.
    WrappedFormat(u8),
    /// The key-encryption key is wrong, or the bytes were altered. These causes cannot be told apart.
    NotUnwrapped,
    /// The wrapped index key is authentic but breaks the rules of its format: `wrap` did not make it.
    Malformed,
    /// It makes tags of another kind of identifier, or of prefixes instead of identifiers, or of identifiers instead of
    /// prefixes.
    OtherKind,
    /// It makes tags in another scope.
    OtherScope,
    /// It has no key of this version, so it would miss the rows under it.
    MissingKeyVersion(KeyVersion),
    /// Its key of this version is not the one that was asked for: the index key was made from another keyring.
    OtherKey(KeyVersion),
    /// Its primary version is this one, and no row is stored under it: the index key is out of date.
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
            IndexKeyError::OtherKey(version) => write!(f, "key version {version} with another fingerprint"),
            IndexKeyError::Primary(version) => write!(f, "primary key version {version}, which no row is under"),
        }
    }
}

impl Error for IndexKeyError {}
