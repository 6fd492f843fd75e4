use crate::{
    Identifier, KeyVersion, LengthMismatch, OpenError, Tag, Token, ct,
    digits::{DigitBlock, is_not_zero},
    identifier::Internal,
    siv::Siv,
    stack,
};
use aes::Block;
use alloc::boxed::Box;
use core::{fmt, hint::black_box, iter::FusedIterator, marker::PhantomData, slice};
use zeroize::optimization_barrier;

/// Seals and opens one kind of identifier in one scope. Made by [`Keyring::sealer`](crate::Keyring::sealer).
///
/// Sealing is deterministic: it is not semantically secure, because sealing one identifier twice gives one
/// token twice. See the crate's documentation for what that shows to whom.
///
/// A sealer holds the keys derived from each key version that was live when it was made; it derives and
/// allocates nothing afterwards, takes `&self` and can be shared between threads. Keys are wiped on drop, and with
/// them 32 KiB of the stack below (64 KiB with debug assertions), which must be there.
pub struct Sealer<I> {
    /// Newest first.
    versions: Box<[(KeyVersion, Siv)]>,
    /// Where the primary version stands.
    primary: usize,
    kind: PhantomData<fn(I) -> I>,
}

/// How many identifiers are worked on at once: more take the AES unit's start-up off each of them, fewer keep
/// the work space, which is wiped after every call, small.
const BATCH: usize = 128;
/// How many tokens, and places for what is in them, are brought near before they are opened.
const NEAR: usize = 8 * BATCH;
/// More tokens than this are not in the processor's caches: about a megabyte.
const FAR: usize = 32 * NEAR;

impl<I: Identifier> Sealer<I> {
    /// `versions` are newest first, and `primary` is one of them.
    pub(crate) fn new(versions: Box<[(KeyVersion, Siv)]>, primary: KeyVersion) -> Self {
        let primary =
            versions.iter().position(|(version, _)| *version == primary).expect("a keyring holds its primary");
        Sealer { versions, primary, kind: PhantomData }
    }

    /// The key version that is sealed under.
    pub fn primary(&self) -> KeyVersion {
        self.versions[self.primary].0
    }

    /// The token of an identifier under the primary key version.
    pub fn seal(&self, identifier: &I) -> Token<I> {
        seal(&self.versions[self.primary], identifier)
    }

    /// The tag of the token that [`seal`](Self::seal) gives, at half of its price.
    pub fn tag(&self, identifier: &I) -> Tag<I> {
        let siv = &self.versions[self.primary].1;
        let tag = Space::<1>::new().with(slice::from_ref(identifier)).tags(siv, 1)[0].0;
        Tag::from_bytes(ct::public(tag, "a tag is for all to see"))
    }

    /// The identifier of a token, whatever live key version it was sealed under.
    ///
    /// # Errors
    /// [`OpenError::UnknownKeyVersion`] where the header names a version that is not live;
    /// [`OpenError::NotOpened`] for all other reasons, which cannot be told apart.
    pub fn open(&self, token: &Token<I>) -> Result<I, OpenError> {
        let siv = self.find(token.key_version()).ok_or(OpenError::UnknownKeyVersion(token.key_version()))?;
        let mut opened = Err(OpenError::NotOpened);
        Space::<1>::new().open(siv, 1, |_| 0, slice::from_ref(token), slice::from_mut(&mut opened));
        opened
    }

    /// The tokens that an identifier may be stored under: one for each live key version, newest first.
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

    /// Opens a token and seals its identifier under the primary key version. A token that is sealed under it
    /// already comes back as it is.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn reseal(&self, token: &Token<I>) -> Result<Token<I>, OpenError> {
        Ok(self.seal(&self.open(token)?))
    }

    /// Seals many identifiers: `tokens[i]` becomes the token of `identifiers[i]`, as [`seal`](Self::seal) gives
    /// it. [`Token::BLANK`] fills a buffer before the first use.
    ///
    /// # Errors
    /// [`LengthMismatch`], and nothing is written, where the slices differ in length.
    pub fn seal_into(&self, identifiers: &[I], tokens: &mut [Token<I>]) -> Result<(), LengthMismatch> {
        same_length(identifiers.len(), tokens.len())?;
        let mut space = Space::<BATCH>::new();
        let far = tokens.len() > FAR;
        for (identifiers, tokens) in identifiers.chunks(NEAR).zip(tokens.chunks_mut(NEAR)) {
            if far {
                bring_near(tokens);
            }
            for (identifiers, tokens) in identifiers.chunks(BATCH).zip(tokens.chunks_mut(BATCH)) {
                space.with(identifiers).seal(&self.versions[self.primary], tokens);
            }
        }
        Ok(())
    }

    /// The tags of many identifiers: `tags[i]` becomes the [`tag`](Self::tag) of `identifiers[i]`.
    ///
    /// # Errors
    /// [`LengthMismatch`], and nothing is written, where the slices differ in length.
    pub fn tag_into(&self, identifiers: &[I], tags: &mut [Tag<I>]) -> Result<(), LengthMismatch> {
        same_length(identifiers.len(), tags.len())?;
        let mut space = Space::<BATCH>::new();
        for (identifiers, tags) in identifiers.chunks(BATCH).zip(tags.chunks_mut(BATCH)) {
            let siv = &self.versions[self.primary].1;
            for (tag, block) in tags.iter_mut().zip(space.with(identifiers).tags(siv, identifiers.len())) {
                *tag = Tag::from_bytes(ct::public(block.0, "a tag is for all to see"));
            }
        }
        Ok(())
    }

    /// Seals a column of rows that are still to be read: `tokens[i]` becomes the token of row *i*. A row that is
    /// not read spoils no other: its number and its error go to `refused`, and [`Token::BLANK`] in its place.
    ///
    /// ```
    /// # use telseal::{KeyVersion, Keyring, ParseError, PhoneNumber, Scope, Sealer, Token};
    /// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
    /// let column = ["+44 20 7946 0018", "020 7946 0018", "+442079460019"];
    /// let mut tokens = vec![Token::BLANK; column.len()];
    /// let mut refused = Vec::new();
    /// phones.seal_rows_into(column.iter().map(|row| row.parse()), &mut tokens, |row, error: ParseError| {
    ///     refused.push((row, error));
    /// })?;
    /// assert_eq!(tokens[2], phones.seal(&"+442079460019".parse()?));
    /// assert_eq!(refused[0].0, 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`], and nothing is written, where the iterator does not announce as many rows as there are
    /// places. Places for which it then gives no row are left [`Token::BLANK`].
    pub fn seal_rows_into<E>(
        &self,
        rows: impl IntoIterator<Item = Result<I, E>, IntoIter: ExactSizeIterator>,
        tokens: &mut [Token<I>],
        mut refused: impl FnMut(usize, E),
    ) -> Result<(), LengthMismatch> {
        let mut rows = rows.into_iter().enumerate();
        same_length(rows.len(), tokens.len())?;
        let mut space = Space::<BATCH>::new();
        for tokens in tokens.chunks_mut(BATCH) {
            let mut unread = u128::MAX >> (BATCH - tokens.len());
            for (i, (word, (row, identifier))) in
                space.words.iter_mut().zip(rows.by_ref().take(tokens.len())).enumerate()
            {
                match identifier {
                    Ok(identifier) => {
                        *word = identifier.block(Internal(())).word();
                        unread &= !(1 << i);
                    }
                    Err(error) => refused(row, error),
                }
            }
            space.seal(&self.versions[self.primary], tokens);
            while unread != 0 {
                tokens[unread.trailing_zeros() as usize] = Token::BLANK;
                unread &= unread - 1;
            }
        }
        Ok(())
    }

    /// Opens many tokens: `opened[i]` becomes what [`open`](Self::open) gives for `tokens[i]`. One that does not
    /// open spoils no other, and key versions may be mixed.
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
    /// [`LengthMismatch`], and nothing is written, where the slices differ in length.
    pub fn open_into(&self, tokens: &[Token<I>], opened: &mut [Result<I, OpenError>]) -> Result<(), LengthMismatch> {
        same_length(tokens.len(), opened.len())?;
        let mut space = Space::<BATCH>::new();
        let far = tokens.len() > FAR;
        for (tokens, opened) in tokens.chunks(NEAR).zip(opened.chunks_mut(NEAR)) {
            let first = tokens[0].key_version();
            let alike = tokens.iter().fold(true, |alike, token| alike & (token.key_version() == first));
            if far {
                black_box(opened.iter().step_by(4).fold(false, |any, opened| any | opened.is_ok()));
            }
            for (tokens, opened) in tokens.chunks(BATCH).zip(opened.chunks_mut(BATCH)) {
                // Key by key: those of the first token's version, then those of the first one left, and so on.
                let mut left = u128::MAX >> (BATCH - tokens.len());
                while left != 0 {
                    let version = tokens[left.trailing_zeros() as usize].key_version();
                    let siv = self.find(version);
                    if alike && let Some(siv) = siv {
                        space.open(siv, tokens.len(), |i| i, tokens, opened);
                        break;
                    }
                    let mut places = [0_u8; BATCH];
                    let mut count = 0;
                    for (i, token) in (0..).zip(tokens) {
                        places[count] = i;
                        count += usize::from(token.key_version() == version);
                    }
                    let places = &places[..count];
                    left = places.iter().fold(left, |left, place| left & !(1 << place));
                    match siv {
                        Some(siv) => space.open(siv, count, |i| places[i].into(), tokens, opened),
                        None => places
                            .iter()
                            .for_each(|&place| opened[usize::from(place)] = Err(OpenError::UnknownKeyVersion(version))),
                    }
                }
            }
        }
        Ok(())
    }

    fn find(&self, version: KeyVersion) -> Option<&Siv> {
        let at = self.versions.binary_search_by(|(other, _)| version.cmp(other)).ok()?;
        Some(&self.versions[at].1)
    }
}

/// Where up to `N` identifiers are worked on. Wiped on drop.
struct Space<const N: usize> {
    /// Digit blocks.
    words: [u64; N],
    /// What AES is working on.
    work: [Block; N],
}

impl<const N: usize> Space<N> {
    fn new() -> Self {
        Space { words: [0; N], work: [Block::default(); N] }
    }

    /// Takes up to `N` identifiers to work on.
    #[inline(always)]
    fn with<I: Identifier>(&mut self, identifiers: &[I]) -> &mut Self {
        for (word, identifier) in self.words.iter_mut().zip(identifiers) {
            *word = identifier.block(Internal(())).word();
        }
        self
    }

    /// The tags of the first words.
    #[inline(always)]
    fn tags(&mut self, siv: &Siv, count: usize) -> &[Block] {
        let (words, work) = (&self.words[..count], &mut self.work[..count]);
        siv.s2v(work, move |i| words[i]);
        work
    }

    /// Seals the first words into tokens.
    #[inline(always)]
    fn seal<I: Identifier>(&mut self, (version, siv): &(KeyVersion, Siv), tokens: &mut [Token<I>]) {
        let count = tokens.len();
        let [kind, high, low] = Token::<I>::header(*version);
        let header = u32::from_le_bytes([kind, high, low, 0]);
        for (token, tag) in tokens.iter_mut().zip(self.tags(siv, count)) {
            token.set_tag(header, ct::public(tag.0, "a tag is for all to see"));
        }
        let stream = &mut self.work[..count];
        siv.ctr(stream);
        for (token, (word, stream)) in tokens.iter_mut().zip(self.words.iter().zip(stream)) {
            token.set_ciphertext(ct::public(word ^ first_half(stream), "a ciphertext is for all to see"));
        }
    }

    /// Opens up to `N` of the tokens, all of the key version of `siv`, each into its own place. `place` says where they
    /// stand.
    #[inline(always)]
    fn open<I: Identifier>(
        &mut self,
        siv: &Siv,
        count: usize,
        place: impl Fn(usize) -> usize,
        tokens: &[Token<I>],
        opened: &mut [Result<I, OpenError>],
    ) {
        let (words, work) = (&mut self.words[..count], &mut self.work[..count]);
        for (i, block) in work.iter_mut().enumerate() {
            *block = (*tokens[place(i)].tag().as_bytes()).into();
        }
        siv.ctr(work);
        for (i, (word, stream)) in words.iter_mut().zip(&*work).enumerate() {
            *word = tokens[place(i)].ciphertext() ^ first_half(stream);
        }

        let words = &*words;
        let mut faults = [0; N];
        let refused = &mut faults[..count];
        siv.s2v(work, move |i| {
            // An authentic token of what is no identifier was sealed by something else than this crate.
            refused[i] = I::SHAPE.refuses(words[i]);
            words[i]
        });
        for (i, (fault, tag)) in faults.iter_mut().zip(work).enumerate() {
            let difference = u128::from_le_bytes(tag.0) ^ u128::from_le_bytes(*tokens[place(i)].tag().as_bytes());
            *fault = is_not_zero(*fault | difference as u64 | (difference >> 64) as u64);
        }
        let refused = ct::public(faults, "the caller gets the verdicts");
        for (i, (&word, refused)) in words.iter().zip(refused).enumerate() {
            opened[place(i)] = match refused {
                0 => Ok(I::from_block(DigitBlock::from_checked(word), Internal(()))),
                _ => Err(OpenError::NotOpened),
            };
        }
    }
}

#[inline(always)]
fn first_half(block: &Block) -> u64 {
    u128::from_le_bytes(block.0) as u64
}

impl<const N: usize> Drop for Space<N> {
    #[inline(always)]
    fn drop(&mut self) {
        let Space { words, work } = self;
        *words = [0; N];
        *work = [Block::default(); N];
        optimization_barrier(self);
    }
}

/// The keys wipe themselves. This wipes the stack that the sealer was used on, if it was from here or from deeper
/// calls: `aes` copies round keys there, for AVX-512 four times each.
impl<I> Drop for Sealer<I> {
    fn drop(&mut self) {
        stack::wipe();
    }
}

/// One token, put together at the end: pieces in memory that are soon copied as a whole have to be waited for.
fn seal<I: Identifier>((version, siv): &(KeyVersion, Siv), identifier: &I) -> Token<I> {
    let mut space = Space::<1>::new();
    let tag = ct::public(space.with(slice::from_ref(identifier)).tags(siv, 1)[0].0, "a tag is for all to see");
    siv.ctr(&mut space.work);
    let ciphertext = space.words[0] ^ first_half(&space.work[0]);
    Token::new(*version, tag, ct::public(ciphertext, "a ciphertext is for all to see"))
}

/// Reads a byte of each cache line. Tokens are written in pieces that cross lines, which is slow far from the
/// processor.
fn bring_near<I: Identifier>(tokens: &[Token<I>]) {
    black_box(tokens.iter().step_by(2).fold(0, |bits, token| bits | token.as_bytes()[0]));
}

fn same_length(input: usize, output: usize) -> Result<(), LengthMismatch> {
    if input == output { Ok(()) } else { Err(LengthMismatch { input, output }) }
}

impl<I> fmt::Debug for Sealer<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer").finish_non_exhaustive()
    }
}

/// The tokens of one identifier under the live key versions, newest first. Made by [`Sealer::lookup`].
///
/// Each is computed when it is asked for, so that a caller who finds the first pays for one.
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

impl<I> fmt::Debug for Lookup<'_, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lookup").finish_non_exhaustive()
    }
}
