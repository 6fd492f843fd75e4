use super::{
    fingerprint::Fingerprint,
    indexer::{self, Indexer},
    rows::{Row, Rows, clear, places, put, under_each},
    siv::{BATCH, Blocks, DEPTH, S2v, Siv, q},
    versions::Versions,
};
use crate::{
    ct,
    identifier::{
        Identifier, Internal, Labelled,
        digits::{DigitBlock, is_not_zero, texts::Texts},
    },
    scope::Scope,
    stack,
    token::{KeyVersion, LengthMismatch, Tag, Token, check_bits, parts::TokenBytes},
};
use aes::Block;
use core::{error::Error, fmt, iter::FusedIterator, marker::PhantomData, mem, slice};
use zeroize::{ZeroizeOnDrop, optimization_barrier};

/// Seals and opens one kind of identifier in one scope. [`Keyring::sealer`](crate::Keyring::sealer) makes it.
///
/// Sealing is deterministic: the same identifier always gives the same token under one key. So it is not semantically
/// secure. The crate's documentation says what this shows, and to whom.
///
/// ```
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
/// let phones: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["acme", "routing"])?);
/// let number: PhoneNumber = "+44 20 7946 0018".parse()?;
/// let token = phones.seal(&number);
/// assert_eq!(token, phones.seal(&"tel:+44-20-7946-0018".parse()?));
/// assert_eq!(phones.open(&token)?, number);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// A sealer holds a key for each version that was live when it was made. After that it derives no key and allocates
/// nothing. Its methods take `&self`, and threads can share it. Keys are wiped on drop, together with the stack
/// below, as far as sealing uses it: a thread of 16 KiB is enough (48 KiB with debug assertions, 64 KiB for batches).
#[doc(alias("pseudonymize", "tokenize"))]
pub struct Sealer<I> {
    versions: Versions<Siv>,
    /// For an indexer, which names it where it is stored.
    scope: Scope,
    kind: PhantomData<fn(I) -> I>,
}

// Columns are not inlined: frames beside each other in one of a caller would reach further down than is wiped.
impl<I: Identifier> Sealer<I> {
    pub(crate) fn new(versions: Versions<Siv>, scope: Scope) -> Self {
        Sealer { versions, scope, kind: PhantomData }
    }

    /// The primary key version: [`seal`](Self::seal) seals under it.
    pub fn primary(&self) -> KeyVersion {
        self.versions.primary().0
    }

    /// The live key versions, newest first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = KeyVersion> {
        self.versions.iter().map(|(version, _)| *version)
    }

    /// The live versions, newest first, each with the fingerprint of its key. The [`indexer`](Self::indexer) has the
    /// same ones. Hand them over with an index key, for [`Indexer::unwrap`].
    pub fn fingerprints(&self) -> impl ExactSizeIterator<Item = (KeyVersion, Fingerprint)> {
        self.versions.iter().map(|(version, siv)| (*version, indexer::fingerprint::<I>(*version, &siv.s2v.key)))
    }

    /// An indexer with the half of each key that makes tags. It is for a front end that looks up and must not open.
    pub fn indexer(&self) -> Indexer<I> {
        let versions = self.versions.iter().map(|(version, siv)| {
            let s2v = S2v::new(&siv.s2v.key, &[&Token::<I>::header(*version)]);
            (*version, s2v)
        });
        Indexer::new(Versions::new(versions, self.primary()), self.scope.clone())
    }

    /// The token of an identifier under the primary key version.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let token = phones.seal(&"+44 20 7946 0018".parse()?);
    /// assert_eq!(token.to_string().len(), 36);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("encrypt", "pseudonymize", "tokenize"))]
    #[inline]
    pub fn seal(&self, identifier: &I) -> Token<I> {
        seal(self.versions.primary(), identifier)
    }

    /// The tag of the token that [`seal`](Self::seal) gives, at half the cost: one call of AES.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
    /// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
    /// # let phones: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["routing"])?);
    /// # let number: PhoneNumber = "+442079460018".parse()?;
    /// assert_eq!(phones.tag(&number), phones.seal(&number).tag());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[doc(alias("blind index", "hash"))]
    pub fn tag(&self, identifier: &I) -> Tag<I> {
        indexer::tag(&self.versions.primary().1.s2v, identifier)
    }

    /// The identifier of a token that was sealed under any live key version.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, OpenError, PhoneNumber, Scope, Sealer};
    /// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
    /// # let phones: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["routing"])?);
    /// let token = phones.seal(&"+44 20 7946 0018".parse()?);
    /// assert_eq!(&*phones.open(&token)?.expose_e164(), "+442079460018");
    ///
    /// // In another scope it does not open.
    /// let logs: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["logs"])?);
    /// assert_eq!(logs.open(&token), Err(OpenError::NotOpened));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`OpenError::UnknownKeyVersion`] if the header names a version that is not live; [`OpenError::NotOpened`] for
    /// every other reason. These reasons cannot be told apart.
    #[doc(alias = "decrypt")]
    pub fn open(&self, token: &Token<I>) -> Result<I, OpenError> {
        let siv = self.versions.find(token.key_version()).ok_or(OpenError::UnknownKeyVersion(token.key_version()))?;
        // Wipes itself, whether it becomes an identifier or not.
        let block = DigitBlock::from_checked(siv.crypt(token.tag_bytes(), token.ciphertext()));
        // An authentic token of what is no identifier was sealed by something else than this crate.
        let fault = I::SHAPE.refuses(block.word());
        let fault = siv.s2v.tag(block.word(), |tag| fault | tag_difference(&tag, token.tag_bytes()));
        match ct::public(is_not_zero(fault), "the caller gets the verdicts") {
            0 => Ok(I::from_block(block, Internal(()))),
            _ => Err(OpenError::NotOpened),
        }
    }

    /// The tokens under which an identifier may be stored: one for each live key version, newest first.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
    /// # let (first, second) = (KeyVersion::FIRST, KeyVersion::try_from(2)?);
    /// # let mut keyring = Keyring::from_secrets([(first, &[1; 32]), (second, &[2; 32])])?;
    /// # keyring.promote(first)?;
    /// # let number: PhoneNumber = "+442079460018".parse()?;
    /// # let scope = Scope::new(["routing"])?;
    /// # let mut directory = std::collections::HashMap::new();
    /// # let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    /// directory.insert(phones.seal(&number).tag(), "endpoint");
    /// keyring.promote(second)?;
    /// let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    /// let found = phones.lookup(&number).find_map(|token| directory.get(&token.tag()));
    /// assert_eq!(found, Some(&"endpoint"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lookup(&self, identifier: &I) -> Lookup<'_, I> {
        Lookup { versions: self.versions.iter(), identifier: identifier.clone() }
    }

    /// Opens a token and seals its identifier under the primary key version. For a token under the primary version it
    /// returns the same token.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
    /// # let (first, second) = (KeyVersion::FIRST, KeyVersion::try_from(2)?);
    /// # let mut keyring = Keyring::from_secrets([(first, &[1; 32]), (second, &[2; 32])])?;
    /// # keyring.promote(first)?;
    /// # let number: PhoneNumber = "+442079460018".parse()?;
    /// # let scope = Scope::new(["routing"])?;
    /// let old = keyring.sealer(&scope).seal(&number);
    /// keyring.promote(second)?;
    /// let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    /// assert_eq!(phones.reseal(&old)?, phones.seal(&number));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`open`](Self::open).
    pub fn reseal(&self, token: &Token<I>) -> Result<Token<I>, OpenError> {
        Ok(self.seal(&self.open(token)?))
    }

    /// Seals many identifiers: `tokens[i]` becomes the token that [`seal`](Self::seal) gives for `identifiers[i]`.
    /// [`Token::BLANK`] fills a buffer before the first use.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer, Token};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let numbers: [PhoneNumber; 2] = ["+442079460018".parse()?, "+442079460019".parse()?];
    /// let mut tokens = vec![Token::BLANK; numbers.len()];
    /// phones.seal_into(&numbers, &mut tokens)?;
    /// assert_eq!(tokens[1], phones.seal(&numbers[1]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length. Then nothing is written.
    pub fn seal_into(&self, identifiers: &[I], tokens: &mut [Token<I>]) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(identifiers.len(), tokens.len())?;
        let mut space = Space::new();
        for (identifiers, tokens) in identifiers.chunks(BATCH).zip(tokens.chunks_mut(BATCH)) {
            let Space { words: _, tags, work } = &mut space;
            let words = identifiers.iter().map(|identifier| identifier.word(Internal(())));
            seal_batch::<I, _>(self.versions.primary(), tags, work, words, tokens.iter_mut());
        }
        Ok(())
    }

    /// The tags of many identifiers: `tags[i]` becomes the [`tag`](Self::tag) of `identifiers[i]`.
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length. Then nothing is written.
    pub fn tag_into(&self, identifiers: &[I], tags: &mut [Tag<I>]) -> Result<(), LengthMismatch> {
        indexer::tag_into(&self.versions.primary().1.s2v, identifiers, tags)
    }

    /// Seals a column of rows that are still to be parsed: `tokens[i]` becomes the token of row *i*. A refused row does
    /// not affect the rest: `refused` gets its number and its error, and `None` goes into its place.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, ParseError, PhoneNumber, Scope, Sealer};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let column = ["+44 20 7946 0018", "020 7946 0018", "+442079460019"];
    /// let mut tokens = vec![None; column.len()];
    /// let mut refused = Vec::new();
    /// phones.seal_rows_into(column.iter().map(|row| row.parse()), &mut tokens, |row, error: ParseError| {
    ///     refused.push((row, error));
    /// })?;
    /// assert_eq!(tokens[2], Some(phones.seal(&"+442079460019".parse()?)));
    /// assert!(tokens[1].is_none() && refused[0].0 == 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`] if the iterator announces another number of rows than there are places. Then nothing is
    /// written. If the iterator gives fewer rows than it announced, `None` goes into the remaining places.
    #[inline(never)]
    pub fn seal_rows_into<R: Row<I>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tokens: &mut [Option<Token<I>>],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        let mut rows = Rows::new(rows, tokens.len(), refused)?;
        let mut texts = Texts::new();
        let mut space = Space::new();
        let mut sealed = [[0; 27]; BATCH];
        for tokens in tokens.chunks_mut(BATCH) {
            let Space { words, tags, work } = &mut space;
            let (version, count) = (self.versions.primary(), tokens.len());
            let there = rows.read::<I>(&version.1.s2v, &mut texts, words, count, &mut tags.0[..count]);
            let (words, sealed) = (&words[..count], &mut sealed[..count]);
            seal_under_tags::<I, _>(version, tags, work, words.iter().copied(), sealed.iter_mut());
            put(tokens, sealed, there, Token::from_sealed);
        }
        Ok(())
    }

    /// Seals rows like [`seal_rows_into`](Self::seal_rows_into), but into a column of bytes, as files, databases and
    /// Arrow hold it. A row has 27 bytes. In `valid`, bit *i* mod 64 of word *i* / 64 says whether row *i* has a token.
    /// For a refused row the bit is 0 and the bytes are 27 zeros, which are not read as a token.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, ParseError, PhoneNumber, Scope, Sealer};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let column = ["+44 20 7946 0018", "020 7946 0018", "+442079460019"];
    /// let (mut tokens, mut valid) = ([[0; 27]; 3], [0]);
    /// let rows = column.iter().map(|row| row.parse());
    /// phones.seal_column(rows, &mut tokens, &mut valid, |_, _: ParseError| ())?;
    /// assert_eq!(valid, [0b101]);
    /// assert_eq!(tokens[2], *phones.seal(&"+442079460019".parse()?).as_bytes());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`] if the iterator announces another number of rows than `tokens` has, or if the number of words
    /// in `valid` is not the number of rows divided by 64, rounded up. Then nothing is written. A row that the iterator
    /// announces and does not give gets the same bytes and bit as a refused row.
    #[inline(never)]
    pub fn seal_column<R: Row<I>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tokens: &mut [[u8; 27]],
        valid: &mut [u64],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        let mut rows = Rows::new(rows, tokens.len(), refused)?;
        check_bits(tokens.len(), valid)?;
        let mut texts = Texts::new();
        let mut space = Space::new();
        for (tokens, valid) in tokens.chunks_mut(BATCH).zip(valid) {
            let Space { words, tags, work } = &mut space;
            let (version, count) = (self.versions.primary(), tokens.len());
            *valid = rows.read::<I>(&version.1.s2v, &mut texts, words, count, &mut tags.0[..count]);
            seal_under_tags::<I, _>(version, tags, work, words[..count].iter().copied(), tokens.iter_mut());
            clear(tokens, *valid);
        }
        Ok(())
    }

    /// Seals rows like [`seal_column`](Self::seal_column), but each under all live key versions, as
    /// [`lookup`](Self::lookup) does: the tokens of a row stand one behind the other, newest first. `valid` has a bit a
    /// row.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, ParseError, PhoneNumber, Scope, Sealer};
    /// # let secrets = [(KeyVersion::FIRST, &[1; 32]), (KeyVersion::try_from(2)?, &[2; 32])];
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets(secrets)?.sealer(&Scope::new(["routing"])?);
    /// let column = ["+44 20 7946 0018", "+442079460019"];
    /// let mut tokens = vec![[0; 27]; phones.versions().len() * column.len()];
    /// let rows = column.iter().map(|row| row.parse());
    /// phones.lookup_column(rows, &mut tokens, &mut [0], |_, _: ParseError| ())?;
    /// let expected = phones.lookup(&"+442079460019".parse()?).map(<[u8; 27]>::from);
    /// assert!(tokens[2..].iter().copied().eq(expected));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of `seal_column`, where `tokens` has a place for each row and live key version.
    #[inline(never)]
    pub fn lookup_column<R: Row<I>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tokens: &mut [[u8; 27]],
        valid: &mut [u64],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        let mut space = Space::new();
        let Space { words, tags, work } = &mut space;
        let s2v = &self.versions.primary().1.s2v;
        let versions = (&self.versions, s2v);
        under_each::<I, R, _, 27>(versions, rows, (tokens, valid), refused, words, |version, words, tokens| {
            seal_batch::<I, [u8; 27]>(version, tags, work, words.iter().copied(), tokens);
        })
    }

    /// Computes the tags of the tokens that [`seal_rows_into`](Self::seal_rows_into) gives, at half the cost.
    ///
    /// # Errors
    /// The errors of `seal_rows_into`.
    pub fn tag_rows_into<R: Row<I>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tags: &mut [Option<Tag<I>>],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        indexer::tag_rows_into(&self.versions.primary().1.s2v, rows, tags, refused)
    }

    /// Computes the tags of the tokens that [`seal_column`](Self::seal_column) gives, 16 bytes a row, at half the cost.
    /// Any 16 bytes look like a tag: only the bit in `valid` shows a refused row.
    ///
    /// # Errors
    /// The errors of `seal_column`.
    pub fn tag_column<R: Row<I>>(
        &self,
        rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
        tags: &mut [[u8; 16]],
        valid: &mut [u64],
        refused: impl FnMut(usize, R::Error),
    ) -> Result<(), LengthMismatch> {
        indexer::tag_column(&self.versions.primary().1.s2v, rows, tags, valid, refused)
    }

    /// Opens many tokens: `opened[i]` becomes the result of [`open`](Self::open) for `tokens[i]`. A token that does not
    /// open does not affect the rest. The tokens may have different key versions.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, OpenError, PhoneNumber, Scope, Sealer, Token};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let tokens = [phones.seal(&"+442079460018".parse()?), Token::BLANK];
    /// let mut opened = vec![Err(OpenError::NotOpened); tokens.len()];
    /// phones.open_into(&tokens, &mut opened)?;
    /// assert!(opened[0].is_ok() && opened[1].is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length. Then nothing is written.
    #[inline(never)]
    pub fn open_into(&self, tokens: &[Token<I>], opened: &mut [Result<I, OpenError>]) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(tokens.len(), opened.len())?;
        self.open_all(tokens, opened, |_, place, result| match result {
            // What is overwritten by an identifier needs no wiping before.
            Ok(identifier) => mem::forget(mem::replace(place, Ok(identifier))),
            Err(error) => *place = Err(error),
        });
        Ok(())
    }

    /// Opens tokens like [`open_into`](Self::open_into), but from a column of bytes, as files, databases and Arrow hold
    /// it: 27 bytes a row. It checks the bytes. A row that does not open does not affect the rest: `refused` gets its
    /// number and its error, and `None` goes into its place. The error of bytes that are not a token of this kind is
    /// [`OpenError::NotOpened`].
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, OpenError, PhoneNumber, Scope, Sealer};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let number = "+442079460018".parse()?;
    /// let tokens = [phones.seal(&number).into(), [0; 27]];
    /// let mut opened = [None, None];
    /// phones.open_column(&tokens, &mut opened, |row, error| assert_eq!((row, error), (1, OpenError::NotOpened)))?;
    /// assert_eq!(opened, [Some(number), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length. Then nothing is written.
    #[inline(never)]
    pub fn open_column(
        &self,
        tokens: &[[u8; 27]],
        opened: &mut [Option<I>],
        mut refused: impl FnMut(usize, OpenError),
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(tokens.len(), opened.len())?;
        self.open_all(tokens, opened, |row, place, result| match result {
            Ok(identifier) => mem::forget(place.replace(identifier)),
            Err(error) => {
                *place = None;
                refused(row, error);
            }
        });
        Ok(())
    }

    /// Opens one token for each place, and hands the results on with the numbers of their rows. Within a batch the rows
    /// may come in any order.
    #[inline(always)]
    fn open_all<T: TokenBytes, Place>(
        &self,
        tokens: &[T],
        opened: &mut [Place],
        mut put: impl FnMut(usize, &mut Place, Result<I, OpenError>),
    ) {
        let mut space = Space::new();
        for (batch, (tokens, opened)) in tokens.chunks(BATCH).zip(opened.chunks_mut(BATCH)).enumerate() {
            let mut put = |at: usize, place: &mut Place, result| put(batch * BATCH + at, place, result);
            let first = tokens[0].header();
            let differ = tokens.iter().fold(0, |differ, token| differ | token.header_difference(*first));
            if differ == 0
                && let Ok(siv) = self.key_of(first)
            {
                space.open(siv, tokens.len(), tokens.iter(), opened.iter_mut().enumerate(), put);
                continue;
            }
            // Key by key: those of the first token's header, then those of the first one left, and so on.
            let mut left = places(tokens.len());
            while left != 0 {
                let header = tokens[left.trailing_zeros() as usize].header();
                let is_same = |(_, token): &(usize, &T)| token.header() == header;
                let same = tokens.iter().enumerate().filter(is_same).fold(0, |same, (at, _)| same | 1_u64 << at);
                left &= !same;
                let is_there = |at: usize| same >> at & 1 == 1;
                let tokens = tokens.iter().enumerate().filter(|(at, _)| is_there(*at)).map(|(_, token)| token);
                let opened = opened.iter_mut().enumerate().filter(|(at, _)| is_there(*at));
                match self.key_of(header) {
                    Ok(siv) => space.open(siv, same.count_ones() as usize, tokens, opened, &mut put),
                    Err(error) => opened.for_each(|(at, place)| put(at, place, Err(error))),
                }
            }
        }
    }

    /// The key that a header names.
    fn key_of(&self, header: &[u8; 3]) -> Result<&Siv, OpenError> {
        let version = KeyVersion::try_from(u16::from_be_bytes([header[1], header[2]])).ok();
        let version = version.filter(|version| Token::<I>::header(*version) == *header).ok_or(OpenError::NotOpened)?;
        self.versions.find(version).ok_or(OpenError::UnknownKeyVersion(version))
    }
}

/// Where a batch of identifiers is worked on. Wiped on drop.
struct Space {
    /// Digit blocks.
    words: [u64; BATCH],
    tags: Blocks,
    /// What AES is working on.
    work: Blocks,
}

impl Space {
    fn new() -> Self {
        Space { words: [0; BATCH], tags: Blocks::new(), work: Blocks::new() }
    }

    /// Opens `count` tokens, all of the key version of `siv`.
    #[inline(always)]
    fn open<'a, I: Identifier, T: TokenBytes + 'a, Place>(
        &mut self,
        siv: &Siv,
        count: usize,
        tokens: impl Iterator<Item = &'a T> + Clone,
        opened: impl Iterator<Item = (usize, Place)>,
        mut put: impl FnMut(usize, Place, Result<I, OpenError>),
    ) {
        let (words, work, tags) = (&mut self.words[..count], &mut self.work.0[..count], &mut self.tags.0[..count]);
        siv.ctr(work, |work| {
            tags.iter_mut().zip(tokens.clone()).for_each(|(tag, token)| tag.0 = *token.tag_bytes());
            q(Block::slice_as_flattened_mut(work), Block::slice_as_flattened(tags));
        });
        for ((word, token), stream) in words.iter_mut().zip(tokens).zip(&*work) {
            *word = token.ciphertext() ^ first_half(stream);
        }
        // An authentic token of what is no identifier was sealed by something else than this crate.
        let mut refused = 0;
        let plaintexts = words.iter().map(|word| {
            refused |= I::SHAPE.refuses(*word);
            *word
        });
        let difference = siv.s2v.tags_and_difference(work, plaintexts, tags);
        // One verdict for the whole batch, and one for each token only where the batch has a bad one.
        let opens = |fault| ct::public(is_not_zero(fault), "the caller gets the verdicts") == 0;
        let identifier = |word: &u64| I::from_block(DigitBlock::from_checked(*word), Internal(()));
        if opens(refused | difference) {
            opened.zip(&*words).for_each(|((at, place), word)| put(at, place, Ok(identifier(word))));
            return;
        }
        for ((at, place), (word, (found, tag))) in opened.zip(words.iter().zip(work.iter().zip(&*tags))) {
            let result = match opens(I::SHAPE.refuses(*word) | tag_difference(&found.0, &tag.0)) {
                true => Ok(identifier(word)),
                false => Err(OpenError::NotOpened),
            };
            put(at, place, result);
        }
    }
}

/// 0 for equal tags, another number for any others.
#[inline(always)]
fn tag_difference(a: &[u8; 16], b: &[u8; 16]) -> u64 {
    let (a, b) = (u128::from_le_bytes(*a), u128::from_le_bytes(*b));
    (a ^ b) as u64 | ((a ^ b) >> 64) as u64
}

#[inline(always)]
fn first_half(block: &Block) -> u64 {
    u128::from_le_bytes(block.0) as u64
}

impl Drop for Space {
    #[inline(always)]
    fn drop(&mut self) {
        let Space { words, tags, work } = self;
        words.fill(0);
        tags.0.fill(Block::default());
        work.0.fill(Block::default());
        optimization_barrier(self);
    }
}

/// The keys wipe themselves. This wipes the stack that the sealer was used on, if it was from here or from deeper
/// calls: `aes` copies round keys there, for AVX-512 four times each.
impl<I> Drop for Sealer<I> {
    fn drop(&mut self) {
        stack::wipe::<DEPTH>();
    }
}

/// Seals words, one for each of the tokens; tags and work are space for that.
#[inline(always)]
fn seal_batch<'a, I: Identifier, T: TokenBytes + 'a>(
    version: &(KeyVersion, Siv),
    tags: &mut Blocks,
    work: &mut Blocks,
    words: impl ExactSizeIterator<Item = u64> + Clone,
    tokens: impl Iterator<Item = &'a mut T>,
) {
    version.1.s2v.tags(&mut tags.0[..words.len()], words.clone());
    seal_under_tags::<I, T>(version, tags, work, words, tokens);
}

/// The same, where the tags are made already.
#[inline(always)]
fn seal_under_tags<'a, I: Identifier, T: TokenBytes + 'a>(
    (version, siv): &(KeyVersion, Siv),
    tags: &Blocks,
    work: &mut Blocks,
    words: impl ExactSizeIterator<Item = u64>,
    tokens: impl Iterator<Item = &'a mut T>,
) {
    let (tags, work) = (&tags.0[..words.len()], &mut work.0[..words.len()]);
    let [kind, high, low] = Token::<I>::header(*version);
    let header = u32::from_le_bytes([kind, high, low, 0]);
    siv.ctr(work, |work| q(Block::slice_as_flattened_mut(work), Block::slice_as_flattened(tags)));
    for (((token, word), tag), stream) in tokens.zip(words).zip(tags).zip(work) {
        let tag = ct::public(tag.0, "a tag is for all to see");
        token.set(header, tag, ct::public(word ^ first_half(stream), "a ciphertext is for all to see"));
    }
}

/// One token, put together at the end: pieces in memory that are soon copied as a whole have to be waited for, a tenth
/// of the time and more.
#[inline(always)]
fn seal<I: Identifier>((version, siv): &(KeyVersion, Siv), identifier: &I) -> Token<I> {
    let word = identifier.word(Internal(()));
    let tag = siv.s2v.tag(word, |tag| ct::public(tag, "a tag is for all to see"));
    let ciphertext = ct::public(siv.crypt(&tag, word), "a ciphertext is for all to see");
    Token::new(*version, tag, ciphertext)
}

impl<I> ZeroizeOnDrop for Sealer<I> {}

impl<I> fmt::Debug for Sealer<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

/// The tokens of one identifier under the live key versions, newest first. [`Sealer::lookup`] makes it and has an
/// example.
///
/// The iterator computes each token when it reaches it. A caller that finds the row by the first token computes only
/// that one.
///
/// ```
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
/// # let phones: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["routing"])?);
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// assert_eq!(phones.lookup(&number).len(), phones.versions().len());
/// assert_eq!(phones.lookup(&number).next(), Some(phones.seal(&number)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Lookup<'a, I> {
    versions: slice::Iter<'a, (KeyVersion, Siv)>,
    identifier: I,
}

impl<I: Identifier> Iterator for Lookup<'_, I> {
    type Item = Token<I>;

    fn next(&mut self) -> Option<Token<I>> {
        Some(seal(self.versions.next()?, &self.identifier))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.versions.size_hint()
    }
}

impl<I: Identifier> ExactSizeIterator for Lookup<'_, I> {}
impl<I: Identifier> FusedIterator for Lookup<'_, I> {}

impl<I: Identifier> ZeroizeOnDrop for Lookup<'_, I> {}

impl<I> fmt::Debug for Lookup<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}

/// The token was not opened.
///
/// ```
/// # use telseal::{KeyVersion, Keyring, OpenError, PhoneNumber, Scope, Sealer, Token};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?;
/// # let phones: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["routing"])?);
/// assert_eq!(phones.open(&Token::BLANK), Err(OpenError::NotOpened));
///
/// // Sealed under key version 258, which is not live here.
/// let token: Token<PhoneNumber> = "PQECYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ".parse()?;
/// assert_eq!(phones.open(&token), Err(OpenError::UnknownKeyVersion(258.try_into()?)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The token was not sealed under this key. The secret or the scope is a different one, or the bytes were altered;
    /// these causes cannot be told apart.
    NotOpened,
    /// The sealer has no key of the version in the token's header: it was retired or never existed. No other key is
    /// tried.
    UnknownKeyVersion(KeyVersion),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::NotOpened => f.write_str("token not opened"),
            OpenError::UnknownKeyVersion(version) => {
                write!(f, "token not opened: key version {version} is not live here")
            }
        }
    }
}

impl Error for OpenError {}
