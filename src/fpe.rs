//! Format-preserving encryption: digits become digits, as many as before.
//!
//! For old tables, billing files, SS7 tools and validators that accept nothing but a number. Where a column can hold 27
//! bytes or 36 characters, use a [`Token`](crate::Token): it has a key version, it is authentic, and nobody takes it for
//! a number.
//!
//! **The result looks like an identifier and is none. It may be somebody's real one.** Never call it, route to it, bill
//! it or show it to a person.
//!
//! | | token | encrypted digits |
//! |---|---|---|
//! | size | 27 bytes | the digits of the identifier |
//! | key version | in the header | nowhere: keep it in a column beside |
//! | authentic | yes: a wrong key or an altered byte does not open | no: **anything decrypts to something** |
//! | length of the identifier | hidden | shown |
//! | first digits | hidden | shown, as many as you ask for |
//! | equal identifiers | equal tokens | equal digits |
//!
//! What follows:
//!
//! - Store the key version beside the value. Without it, look up under all live versions ([`DigitCipher::lookup`]), and be
//!   ready for a value of one version that is equal to another identifier's value of another version.
//! - A wrong key, version, scope or number of clear digits gives another identifier and no error.
//! - The clear digits are plaintext. A phone number with its country code in the clear hides among the numbers of its
//!   country; the fewest digits that are encrypted are 6, a million numbers. Whoever can encrypt can try them all.
//! - Two numbers with different clear digits, or with different widths, never have the same encrypted digits under one key
//!   version. Other kinds and scopes have other keys.
//!
//! The method is FF1 of NIST SP 800-38G Revision 1 with AES-256 and radix 10. Kind, width and clear digits are its tweak.
//! SPEC.md, section "Format-preserving encryption", has every byte.
//!
//! ```
//! # #[cfg(feature = "getrandom")] {
//! use telseal::{Keyring, PhoneNumber, Scope, fpe::DigitCipher};
//!
//! let keyring = Keyring::generate()?;
//! let billing: DigitCipher<PhoneNumber> = keyring.digit_cipher(&Scope::new(["acme", "billing"])?);
//! let number: PhoneNumber = "+44 20 7946 0018".parse()?;
//!
//! // The country code stays: 2 digits in the clear.
//! let encrypted = billing.encrypt(&number, 2)?;
//! assert!(encrypted.to_string().starts_with("44") && encrypted.to_string().len() == 12);
//!
//! let version = billing.primary(); // in a column beside it
//! assert!(billing.decrypt(&encrypted, 2, version)? == number);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod ff1;
#[cfg(feature = "postgres-types")]
mod postgres_types;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(feature = "serde")]
mod serde;

use crate::{
    ct,
    error::{ParseError, ParseErrorKind, Subject},
    identifier::{
        Identifier, Internal, Labelled,
        digits::{DigitBlock, FILLER, MAX_DIGITS, Shape, luhn, unpack, with_digit},
        reading::from_digits,
    },
    kind::Kind,
    scope::Scope,
    seal::{Keyring, LengthMismatch, versions::Versions},
    stack,
    token::KeyVersion,
};
use core::{
    cmp::Ordering,
    error::Error,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};
use ff1::{BATCH, Batch, Ff1};
use zeroize::ZeroizeOnDrop;

/// The fewest digits that are encrypted: 6. NIST SP 800-38G Revision 1, section 5, wants a domain of 10⁶ at least.
pub const MIN_ENCRYPTED: usize = ff1::MIN;

/// Encrypts the digits of one kind of identifier in one scope, and decrypts them. Made by
/// [`Keyring::digit_cipher`](crate::Keyring::digit_cipher).
///
/// `clear` is how many first digits stay as they are: a country code, MCC and MNC, a type allocation code. A phone number
/// keeps its first digit at least, since no number begins with 0.
///
/// It holds one key for each version that was live when it was made, takes `&self`, allocates nothing and can be shared
/// between threads. Keys are wiped on drop.
#[doc(alias = "FF1")]
#[doc(alias = "format-preserving encryption")]
pub struct DigitCipher<I> {
    versions: Versions<Ff1>,
    kind: PhantomData<fn(I) -> I>,
}

/// The encrypted digits of an identifier, with its first digits in the clear.
///
/// **It looks like an identifier and is none.** [`Display`](fmt::Display) prints the digits: 7 to 15 of a phone number,
/// without `+`, 6 to 15 of an IMSI, 15 of an IMEI, of which the last is a check digit that validators accept, and 16 of
/// an IMEISV. [`FromStr`] reads the same. `Debug` shows no digit, since the first ones are plaintext.
///
/// It is ordered as its texts are.
pub struct EncryptedDigits<I> {
    word: u64,
    kind: PhantomData<fn() -> I>,
}

const LABEL: &[u8] = b"telseal/v1/fpe";

/// How far down the stack encrypting, decrypting and functions between them and the owner of the cipher reach.
const DEPTH: usize = stack::kib(14, 43);

/// Letter, width, number of clear digits, and a block of 8 bytes.
const TWEAK: usize = 11;

impl Keyring {
    /// A cipher for the digits of one kind of identifier in one scope, under the versions that are live now.
    ///
    /// The keys are derived here: keep the cipher. They are not the keys of a [`sealer`](Self::sealer).
    pub fn digit_cipher<I: Identifier>(&self, scope: &Scope) -> DigitCipher<I> {
        let ff1 = |_, key: &[u8; 32]| Ff1::new(key, TWEAK);
        DigitCipher { versions: self.derived(LABEL, I::LETTER, scope, ff1), kind: PhantomData }
    }
}

impl<I: Identifier> DigitCipher<I> {
    /// The key version that [`encrypt`](Self::encrypt) uses.
    pub fn primary(&self) -> KeyVersion {
        self.versions.primary().0
    }

    /// The live versions, newest first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = KeyVersion> {
        self.versions.iter().map(|(version, _)| *version)
    }

    /// Encrypts all digits but the first `clear` ones, under the primary key version.
    ///
    /// # Errors
    /// [`DigitError::TooFew`] if fewer than 6 digits are left; [`DigitError::FirstDigit`] for a phone number of which no
    /// digit stays clear.
    pub fn encrypt(&self, identifier: &I, clear: usize) -> Result<EncryptedDigits<I>, DigitError> {
        encrypt(&self.versions.primary().1, identifier, clear)
    }

    /// Decrypts digits that were encrypted under `version` with as many `clear` digits. If `version`, scope or `clear`
    /// are other ones, the result is another identifier.
    ///
    /// # Errors
    /// [`DigitError::UnknownKeyVersion`], and those of [`encrypt`](Self::encrypt).
    pub fn decrypt(&self, encrypted: &EncryptedDigits<I>, clear: usize, version: KeyVersion) -> Result<I, DigitError> {
        let ff1 = self.find(version)?;
        let part = Part::new::<I>(encrypted.word, clear)?;
        let mut word = part.through::<true, I>(ff1);
        ct::secret(&mut word);
        Ok(I::from_block(DigitBlock::from_checked(word), Internal(())))
    }

    /// The encrypted digits under each live key version, newest first. A column without key versions is looked up by all
    /// of them.
    ///
    /// # Errors
    /// As [`encrypt`](Self::encrypt).
    pub fn lookup(
        &self,
        identifier: &I,
        clear: usize,
    ) -> Result<impl ExactSizeIterator<Item = (KeyVersion, EncryptedDigits<I>)> + use<'_, I>, DigitError> {
        let identifier = identifier.clone();
        Part::new::<I>(identifier.word(Internal(())), clear)?;
        Ok(self.versions.iter().map(move |(version, ff1)| {
            (*version, encrypt(ff1, &identifier, clear).expect("as many digits as a moment ago"))
        }))
    }

    /// Decrypts under the version `from` and encrypts under the version `to`.
    ///
    /// # Errors
    /// As [`decrypt`](Self::decrypt).
    pub fn reencrypt(
        &self,
        encrypted: &EncryptedDigits<I>,
        clear: usize,
        from: KeyVersion,
        to: KeyVersion,
    ) -> Result<EncryptedDigits<I>, DigitError> {
        let to = self.find(to)?;
        encrypt(to, &self.decrypt(encrypted, clear, from)?, clear)
    }

    /// Encrypts many: `encrypted[i]` becomes what [`encrypt`](Self::encrypt) gives for `identifiers[i]`, of which
    /// `clear` says how many digits stay clear.
    ///
    /// # Errors
    /// [`LengthMismatch`], and nothing is written, if the slices differ in length.
    pub fn encrypt_into(
        &self,
        identifiers: &[I],
        clear: impl Fn(&I) -> usize,
        encrypted: &mut [Result<EncryptedDigits<I>, DigitError>],
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(identifiers.len(), encrypted.len())?;
        let ff1 = &self.versions.primary().1;
        for (identifiers, encrypted) in identifiers.chunks(BATCH).zip(encrypted.chunks_mut(BATCH)) {
            let parts = identifiers.iter().map(|one| Part::new::<I>(one.word(Internal(())), clear(one)));
            batch::<false, I, _>(ff1, parts, encrypted, EncryptedDigits::new);
        }
        Ok(())
    }

    /// Decrypts many: `identifiers[i]` becomes what [`decrypt`](Self::decrypt) gives for `encrypted[i]`.
    ///
    /// # Errors
    /// [`LengthMismatch`], and nothing is written, if the slices differ in length. A `version` that is not live is an
    /// error in each place.
    pub fn decrypt_into(
        &self,
        encrypted: &[EncryptedDigits<I>],
        clear: impl Fn(&EncryptedDigits<I>) -> usize,
        version: KeyVersion,
        identifiers: &mut [Result<I, DigitError>],
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(encrypted.len(), identifiers.len())?;
        let ff1 = match self.find(version) {
            Ok(ff1) => ff1,
            Err(error) => {
                identifiers.iter_mut().for_each(|place| *place = Err(error));
                return Ok(());
            }
        };
        for (encrypted, identifiers) in encrypted.chunks(BATCH).zip(identifiers.chunks_mut(BATCH)) {
            let parts = encrypted.iter().map(|one| Part::new::<I>(one.word, clear(one)));
            batch::<true, I, _>(ff1, parts, identifiers, |mut word| {
                ct::secret(&mut word);
                I::from_block(DigitBlock::from_checked(word), Internal(()))
            });
        }
        Ok(())
    }

    fn find(&self, version: KeyVersion) -> Result<&Ff1, DigitError> {
        self.versions.find(version).ok_or(DigitError::UnknownKeyVersion(version))
    }
}

fn encrypt<I: Identifier>(ff1: &Ff1, identifier: &I, clear: usize) -> Result<EncryptedDigits<I>, DigitError> {
    let part = Part::new::<I>(identifier.word(Internal(())), clear)?;
    Ok(EncryptedDigits::new(part.through::<false, I>(ff1)))
}

/// One batch, number of digits by number of digits: most columns have one or two.
#[inline(always)]
fn batch<const DECRYPT: bool, I: Identifier, T>(
    ff1: &Ff1,
    parts: impl Iterator<Item = Result<Part, DigitError>>,
    places: &mut [Result<T, DigitError>],
    make: impl Fn(u64) -> T,
) {
    let mut batch = Batch::new();
    let mut counts = [0; BATCH];
    for (i, part) in parts.enumerate() {
        match part {
            Ok(part) => {
                counts[i] = part.count;
                (batch.given[i], batch.before[i]) = (part.block, part.clear as u64);
            }
            Err(error) => places[i] = Err(error),
        }
    }
    for n in MIN_ENCRYPTED..=MAX_DIGITS {
        if !counts.contains(&n) {
            continue;
        }
        for ((word, given), count) in batch.words.iter_mut().zip(batch.given).zip(counts) {
            *word = if count == n { given } else { 0 };
        }
        ff1.many::<DECRYPT>(n, &mut batch, |block, clear| tweak::<I>(n as u64, block, clear));
        for ((place, word), _) in places.iter_mut().zip(batch.words).zip(counts).filter(|(_, count)| *count == n) {
            *place = Ok(make(word));
        }
    }
}

/// The kind's letter, the width, the number of clear digits and these, as a digit block: inputs that differ in any of
/// them differ in their tweaks. Big-endian, in front of 5 zeros.
#[inline(always)]
fn tweak<I: Identifier>(count: u64, block: u64, clear: u64) -> [u64; 2] {
    let digits = (block | u64::MAX << (4 * clear)).swap_bytes();
    let start = u64::from(I::LETTER) << 56 | (count + clear) << 48 | clear << 40;
    [start | digits >> 24, digits << 40]
}

/// A digit block with what of it is encrypted.
#[derive(Clone, Copy)]
struct Part {
    block: u64,
    /// How many of its digits stay.
    clear: usize,
    /// How many are encrypted.
    count: usize,
}

impl Part {
    #[inline(always)]
    fn new<I: Identifier>(block: u64, clear: usize) -> Result<Self, DigitError> {
        if clear == 0 && !I::SHAPE.zero_first {
            return Err(DigitError::FirstDigit);
        }
        let count = DigitBlock::from_checked(block).len().saturating_sub(clear);
        match count {
            MIN_ENCRYPTED.. => Ok(Part { block, clear, count }),
            found => Err(DigitError::TooFew { found }),
        }
    }

    /// The block with its last digits encrypted or decrypted.
    #[inline(always)]
    fn through<const DECRYPT: bool, I: Identifier>(&self, ff1: &Ff1) -> u64 {
        let tweak = tweak::<I>(self.count as u64, self.block, self.clear as u64);
        ff1.one::<DECRYPT>(self.count, tweak, self.clear, self.block)
    }
}

impl<I: Identifier> EncryptedDigits<I> {
    #[inline(always)]
    fn new(word: u64) -> Self {
        EncryptedDigits { word: ct::public(word, "encrypted digits are for all to see"), kind: PhantomData }
    }

    /// The digits as they are printed, as nibbles.
    fn printed(&self) -> u64 {
        match I::KIND {
            Kind::Imei => with_digit(self.word, 14, luhn(self.word)),
            _ => self.word,
        }
    }
}

/// Prints the digits.
impl<I: Identifier> fmt::Display for EncryptedDigits<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let printed = self.printed();
        let digits = unpack(printed);
        f.pad(str::from_utf8(&digits[..DigitBlock::from_checked(printed).len()]).map_err(|_| fmt::Error)?)
    }
}

/// Reads digits alone, as [`Display`](fmt::Display) prints them.
///
/// # Errors
/// Anything that is not as many digits as the kind has, a phone number that begins with 0, and an IMEI without its check
/// digit or with a wrong one.
impl<I: Identifier> FromStr for EncryptedDigits<I> {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let subject = Subject::of("encrypted digits of", I::KIND);
        let is_imei = I::KIND == Kind::Imei;
        let shape = if is_imei { Shape { min: 15, max: 15, ..I::SHAPE } } else { I::SHAPE };
        let printed = Self::new(from_digits(subject, shape, text.as_bytes(), 0)?.word());
        let read = if is_imei { Self::new(with_digit(printed.word, 14, FILLER)) } else { printed };
        if read.printed() != printed.word {
            return Err(ParseError::new(subject, ParseErrorKind::CheckDigit).at(14));
        }
        Ok(read)
    }
}

impl<I> Clone for EncryptedDigits<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I> Copy for EncryptedDigits<I> {}

impl<I> PartialEq for EncryptedDigits<I> {
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl<I> Eq for EncryptedDigits<I> {}

impl<I> PartialOrd for EncryptedDigits<I> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<I> Ord for EncryptedDigits<I> {
    fn cmp(&self, other: &Self) -> Ordering {
        // The first digit in the highest nibble, and zeros behind the last.
        let order = |word: u64| {
            let (width, word) = (DigitBlock::from_checked(word).len(), word.swap_bytes());
            let digits = (word & 0x0F0F_0F0F_0F0F_0F0F) << 4 | word >> 4 & 0x0F0F_0F0F_0F0F_0F0F;
            (digits & !u64::MAX.checked_shr(4 * width as u32).unwrap_or(0), width)
        };
        order(self.word).cmp(&order(other.word))
    }
}

impl<I> Hash for EncryptedDigits<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.word.hash(state);
    }
}

impl<I> fmt::Debug for EncryptedDigits<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EncryptedDigits").finish_non_exhaustive()
    }
}

/// The keys wipe themselves. This wipes the stack that the cipher was used on, as for a sealer.
impl<I> Drop for DigitCipher<I> {
    fn drop(&mut self) {
        stack::wipe::<DEPTH>();
    }
}

impl<I> ZeroizeOnDrop for DigitCipher<I> {}

impl<I> fmt::Debug for DigitCipher<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigitCipher").finish_non_exhaustive()
    }
}

/// Digits that are not encrypted or decrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigitError {
    /// Behind the clear digits are only `found` digits: fewer than [`MIN_ENCRYPTED`].
    TooFew {
        /// How many there are.
        found: usize,
    },
    /// Of a phone number the first digit stays: it is never 0.
    FirstDigit,
    /// The keyring had no such key version when the cipher was made.
    UnknownKeyVersion(KeyVersion),
}

impl fmt::Display for DigitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DigitError::TooFew { found } => {
                write!(
                    f,
                    "not encrypted: expected at least {MIN_ENCRYPTED} digits behind the clear ones, found {found}"
                )
            }
            DigitError::FirstDigit => f.write_str("not encrypted: the first digit of a phone number stays clear"),
            DigitError::UnknownKeyVersion(version) => write!(f, "key version {version} is not live"),
        }
    }
}

impl Error for DigitError {}
