use crate::{Identifier, KeyVersion, LengthMismatch, OpenError, Token, ct, digits::DigitBlock, siv::Siv};
use aes::Block;
use alloc::boxed::Box;
use core::{fmt, iter::FusedIterator, marker::PhantomData, slice};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Seals and opens one kind of identifier in one scope. Made by [`Keyring::sealer`](crate::Keyring::sealer).
///
/// Sealing is deterministic: it is not semantically secure, because sealing one identifier twice gives one
/// token twice. See the crate's documentation for what that shows to whom.
///
/// A sealer holds the keys derived from each key version that was live when it was made; it derives and
/// allocates nothing afterwards, takes `&self` and can be shared between threads. Keys are wiped on drop.
pub struct Sealer<I> {
    /// Newest first.
    versions: Box<[(KeyVersion, Siv)]>,
    /// Where the primary version stands.
    primary: usize,
    kind: PhantomData<fn(I) -> I>,
}

/// How many tokens are worked on at once.
const BATCH: usize = 64;

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
        let (version, siv) = &self.versions[self.primary];
        seal(*version, siv, identifier.block().word())
    }

    /// The identifier of a token, whatever live key version it was sealed under.
    ///
    /// # Errors
    /// [`OpenError::UnknownKeyVersion`] where the header names a version that is not live;
    /// [`OpenError::NotOpened`] for all other reasons, which cannot be told apart.
    pub fn open(&self, token: &Token<I>) -> Result<I, OpenError> {
        let siv = self.find(token.key_version()).ok_or(OpenError::UnknownKeyVersion(token.key_version()))?;
        let mut opened = Zeroizing::new([u64::from_le_bytes(token.ciphertext())]);
        let mut faults = [0];
        open::<I, 1>(siv, &[Block::from(*token.tag().as_bytes())], &mut opened[..], &mut faults);
        verdict(opened[0], faults[0])
    }

    /// The tokens that an identifier may be stored under: one for each live key version, newest first.
    ///
    /// ```
    /// # use telseal::{Keyring, PhoneNumber, Scope, Sealer};
    /// # let mut keyring = Keyring::generate()?;
    /// # let number: PhoneNumber = "+442079460018".parse()?;
    /// # let scope = Scope::new(["routing"])?;
    /// # let mut directory = std::collections::HashMap::new();
    /// # let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    /// directory.insert(phones.seal(&number).tag(), "endpoint");
    /// keyring.rotate()?;
    /// let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    /// let found = phones.lookup(&number).find_map(|token| directory.get(&token.tag()));
    /// assert_eq!(found, Some(&"endpoint"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lookup(&self, identifier: &I) -> Lookup<'_, I> {
        Lookup { versions: self.versions.iter(), identifier: identifier.block().clone(), kind: PhantomData }
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
        let (version, siv) = &self.versions[self.primary];
        let mut texts = Zeroizing::new([0; BATCH]);
        let mut tags = [Block::default(); BATCH];
        for (identifiers, tokens) in identifiers.chunks(BATCH).zip(tokens.chunks_mut(BATCH)) {
            let (texts, tags) = (&mut texts[..tokens.len()], &mut tags[..tokens.len()]);
            for (text, identifier) in texts.iter_mut().zip(identifiers) {
                *text = identifier.block().word();
            }
            siv.s2v(texts, tags);
            siv.ctr::<BATCH>(tags, texts);
            for (token, (tag, text)) in tokens.iter_mut().zip(tags.iter().zip(texts)) {
                *token = Token::new(*version, (*tag).into(), text.to_le_bytes());
            }
        }
        Ok(())
    }

    /// Opens many tokens: `opened[i]` becomes what [`open`](Self::open) gives for `tokens[i]`. One that does not
    /// open spoils no other, and key versions may be mixed.
    ///
    /// ```
    /// # use telseal::{Keyring, OpenError, PhoneNumber, Scope, Sealer, Token};
    /// # let phones: Sealer<PhoneNumber> = Keyring::generate()?.sealer(&Scope::new(["routing"])?);
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
        let mut texts = Zeroizing::new([0; BATCH]);
        let mut tags = [Block::default(); BATCH];
        let mut faults = [0; BATCH];
        let mut places = [0; BATCH];
        for (tokens, opened) in tokens.chunks(BATCH).zip(opened.chunks_mut(BATCH)) {
            // Key by key: those of the first token's version, then those of the first one left, and so on.
            let mut left = u64::MAX >> (BATCH - tokens.len());
            while left != 0 {
                let version = tokens[left.trailing_zeros() as usize].key_version();
                let mut count = 0;
                for (i, token) in tokens.iter().enumerate() {
                    if token.key_version() == version {
                        places[count] = i;
                        tags[count] = (*token.tag().as_bytes()).into();
                        texts[count] = u64::from_le_bytes(token.ciphertext());
                        left &= !(1 << i);
                        count += 1;
                    }
                }
                let siv = self.find(version);
                if let Some(siv) = siv {
                    open::<I, BATCH>(siv, &tags[..count], &mut texts[..count], &mut faults[..count]);
                }
                for (i, &place) in places[..count].iter().enumerate() {
                    opened[place] = match siv {
                        Some(_) => verdict(texts[i], faults[i]),
                        None => Err(OpenError::UnknownKeyVersion(version)),
                    };
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

fn seal<I: Identifier>(version: KeyVersion, siv: &Siv, word: u64) -> Token<I> {
    let mut text = [word];
    let mut tag = [Block::default()];
    siv.s2v(&text, &mut tag);
    siv.ctr::<1>(&tag, &mut text);
    Token::new(version, tag[0].into(), text[0].to_le_bytes())
}

/// Decrypts up to `N` texts in place. A fault of 0 says that the tag is right and the text the digit block of
/// an identifier: what was sealed by something else than this crate, under the right key, is refused too.
#[inline(always)]
fn open<I: Identifier, const N: usize>(siv: &Siv, tags: &[Block], texts: &mut [u64], faults: &mut [u64]) {
    siv.ctr::<N>(tags, texts);
    let mut expected = [Block::default(); N];
    siv.s2v(texts, &mut expected[..texts.len()]);
    for (i, fault) in faults.iter_mut().enumerate() {
        let word = |block: Block| u128::from_le_bytes(block.into());
        let difference = word(tags[i]) ^ word(expected[i]);
        *fault = difference as u64 | (difference >> 64) as u64 | I::SHAPE.refuses(texts[i]);
    }
}

fn verdict<I: Identifier>(word: u64, fault: u64) -> Result<I, OpenError> {
    if ct::public(fault.ct_eq(&0), "the caller gets the verdict").into() {
        Ok(I::from_block(DigitBlock::from_checked(word)))
    } else {
        Err(OpenError::NotOpened)
    }
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
    identifier: DigitBlock,
    kind: PhantomData<fn() -> I>,
}

impl<I: Identifier> Iterator for Lookup<'_, I> {
    type Item = Token<I>;

    fn next(&mut self) -> Option<Token<I>> {
        let (version, siv) = self.versions.next()?;
        Some(seal(*version, siv, self.identifier.word()))
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
