//! Columns: rows that are still to be read, and a bit for each row that is there.

use super::{
    siv::{BATCH, S2v},
    versions::Versions,
};
use crate::{
    ct,
    identifier::{
        Identifier, Indexed, Internal, ParseError,
        digits::{is_not_zero, texts::Texts},
    },
    token::{BITS, KeyVersion, LengthMismatch, check_bits},
};
use aes::Block;
use core::{
    iter::{Skip, StepBy},
    slice,
};

/// A row of a column to seal or tag. It is a `Result` with an identifier or the reason why there is none, or a text,
/// which is read like [`FromStr`](core::str::FromStr) reads it. In a column of `Option`s, `None` is an absent row.
///
/// Texts are the fastest: plain E.164 numbers and IMSIs are read many at once. The trait is sealed.
///
/// ```
/// # use telseal::{KeyVersion, Keyring, ParseError, PhoneNumber, Scope, Sealer};
/// # let phones: Sealer<PhoneNumber> = Keyring::from_secrets([(KeyVersion::FIRST, &[1; 32])])?.sealer(&Scope::new(["routing"])?);
/// let column = [Some("+442079460018"), None, Some("020 7946 0018")];
/// let mut tokens = [None; 3];
/// let (mut absent, mut refused) = (0, 0);
/// phones.seal_rows_into(column, &mut tokens, |_, error: Option<ParseError>| match error {
///     Some(_) => refused += 1,
///     None => absent += 1,
/// })?;
/// assert!(tokens[0].is_some() && (absent, refused) == (1, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Row<T>: Sized {
    /// The reason why a row has no identifier.
    type Error;

    /// Whether any of these rows has digits in the plain form.
    #[doc(hidden)]
    const PLAIN: bool = false;

    #[doc(hidden)]
    fn read(self, _: Internal) -> Result<T, Self::Error>;

    /// The digits of the plain form, if it may be that.
    #[doc(hidden)]
    fn plain(&self, _: Internal) -> Option<&[u8]> {
        None
    }

    /// [`Texts::pack`].
    #[doc(hidden)]
    fn pack(_: &mut Texts<BATCH>, _: &mut [u64; BATCH], _: Internal) -> u64 {
        0
    }

    /// [`Texts::refuse`].
    #[doc(hidden)]
    fn refuse(_: &mut Texts<BATCH>, _: Internal) -> u64 {
        0
    }
}

impl<T: Indexed, E> Row<T> for Result<T, E> {
    type Error = E;

    #[inline(always)]
    fn read(self, _: Internal) -> Result<T, E> {
        self
    }
}

impl<I: Identifier> Row<I> for &str {
    type Error = ParseError;
    const PLAIN: bool = I::PLAIN.is_some();

    #[inline(never)] // or its frame is part of that which is there while AES works
    fn read(self, _: Internal) -> Result<I, ParseError> {
        self.parse()
    }

    #[inline(always)]
    fn plain(&self, _: Internal) -> Option<&[u8]> {
        self.as_bytes().strip_prefix(I::PLAIN?)
    }

    #[inline(always)]
    fn pack(texts: &mut Texts<BATCH>, words: &mut [u64; BATCH], _: Internal) -> u64 {
        texts.pack(
            I::SHAPE,
            #[inline(always)]
            |blocks, starts| I::turn_starts(blocks, starts, Internal(())),
            words,
        )
    }

    #[inline(always)]
    fn refuse(texts: &mut Texts<BATCH>, _: Internal) -> u64 {
        texts.refuse(
            #[inline(always)]
            |starts| I::refuse_starts(starts, Internal(())),
        )
    }
}

impl<T, R: Row<T>> Row<T> for Option<R> {
    type Error = Option<R::Error>;
    const PLAIN: bool = R::PLAIN;

    #[inline(always)]
    fn read(self, internal: Internal) -> Result<T, Option<R::Error>> {
        self.ok_or(None)?.read(internal).map_err(Some)
    }

    #[inline(always)]
    fn plain(&self, internal: Internal) -> Option<&[u8]> {
        self.as_ref()?.plain(internal)
    }

    #[inline(always)]
    fn pack(texts: &mut Texts<BATCH>, words: &mut [u64; BATCH], internal: Internal) -> u64 {
        R::pack(texts, words, internal)
    }

    #[inline(always)]
    fn refuse(texts: &mut Texts<BATCH>, internal: Internal) -> u64 {
        R::refuse(texts, internal)
    }
}

/// Rows to be read, a batch at a time, and what hears of those that are refused. What they are read in is no part of this, or
/// the iterator would be in memory beside it and not in registers.
pub(crate) struct Rows<R, Refused> {
    rows: R,
    /// How many there were already.
    read: usize,
    refused: Refused,
}

impl<R: ExactSizeIterator, Refused> Rows<R, Refused> {
    /// Wants as many rows as there are places.
    pub(crate) fn new(
        rows: impl IntoIterator<IntoIter = R>,
        places: usize,
        refused: Refused,
    ) -> Result<Self, LengthMismatch> {
        let rows = rows.into_iter();
        LengthMismatch::unless_same(rows.len(), places)?;
        Ok(Rows { rows, read: 0, refused })
    }

    /// Reads the next rows into digit blocks, and makes the tags of these if there are places for them. Returned are the
    /// bits of the rows that were read. Words and tags of other rows mean nothing.
    #[inline(always)]
    pub(crate) fn read<T: Indexed>(
        &mut self,
        s2v: &S2v,
        texts: &mut Texts<BATCH>,
        words: &mut [u64; BATCH],
        count: usize,
        tags: &mut [Block],
    ) -> u64
    where
        R::Item: Row<T>,
        Refused: FnMut(usize, <R::Item as Row<T>>::Error),
    {
        let Rows { rows, read, refused } = self;
        let (mut there, start) = (0, *read);
        *read += count;
        let mut read = |at: usize, word: &mut u64, row: R::Item| match row.read(Internal(())) {
            Ok(identifier) => {
                *word = identifier.word(Internal(()));
                there |= 1 << at;
            }
            Err(error) => refused(start + at, error),
        };
        let mut tag = |words: &[u64; BATCH]| {
            if !tags.is_empty() {
                s2v.tags(tags, words.iter().copied());
            }
        };
        if !R::Item::PLAIN {
            for (at, (word, row)) in words[..count].iter_mut().zip(rows).enumerate() {
                read(at, word, row);
            }
            tag(words);
            return there;
        }
        let mut kept = [const { None }; BATCH];
        let mut came = 0;
        for (at, (kept, row)) in kept[..count].iter_mut().zip(rows).enumerate() {
            texts.set(at, row.plain(Internal(())));
            *kept = Some(row);
            came = at + 1;
        }
        let mut any = 0;
        s2v.vectorized(
            #[inline(always)]
            || any = R::Item::pack(texts, words, Internal(())),
        );
        let none = |faults| ct::public(is_not_zero(faults), "the caller gets the verdict") == 0;
        let whole = came == count && none(any);
        if whole {
            tag(words);
        }
        // After the tags, so that AES does not wait for it.
        let refused_starts = R::Item::refuse(texts, Internal(()));
        if whole && none(refused_starts) {
            return places(count);
        }
        let mut plain = 0;
        for (at, row) in kept.iter_mut().filter_map(Option::take).enumerate() {
            match none(texts.fault(at)) {
                true => plain |= 1 << at,
                false => read(at, &mut words[at], row),
            }
        }
        tag(words);
        there | plain
    }
}

/// The places of a column that one key version has in a batch of rows.
pub(crate) type Places<'a, const N: usize> = StepBy<Skip<slice::IterMut<'a, [u8; N]>>>;

/// Fills a column with what `fill` makes of each row under each live key version: a row's values stand one behind the
/// other, newest first. `words` are space for digit blocks, which the caller wipes. No values are kept on the way: with
/// them, the work would reach further down the stack than is wiped when a sealer is dropped.
#[inline(always)]
pub(crate) fn under_each<T: Indexed, R: Row<T>, K, const N: usize>(
    (versions, primary): (&Versions<K>, &S2v),
    rows: impl IntoIterator<Item = R, IntoIter: ExactSizeIterator>,
    (column, valid): (&mut [[u8; N]], &mut [u64]),
    refused: impl FnMut(usize, R::Error),
    words: &mut [u64; BATCH],
    mut fill: impl FnMut(&(KeyVersion, K), &[u64], Places<'_, N>),
) -> Result<(), LengthMismatch> {
    let (rows, each) = (rows.into_iter(), versions.iter().len());
    let count = rows.len();
    LengthMismatch::unless_same(count.saturating_mul(each), column.len())?;
    check_bits(count, valid)?;
    let mut rows = Rows { rows, read: 0, refused };
    let mut texts = Texts::new();
    for (column, valid) in column.chunks_mut(BATCH * each).zip(valid) {
        let count = column.len() / each;
        *valid = rows.read::<T>(primary, &mut texts, words, count, &mut []);
        for (at, version) in versions.iter().enumerate() {
            fill(version, &words[..count], column.iter_mut().skip(at).step_by(each));
        }
        each_absent(count, *valid, |row| column[each * row..][..each].fill([0; N]));
    }
    Ok(())
}

/// A bit for each of the first places in a batch.
pub(crate) fn places(count: usize) -> u64 {
    const { assert!(BATCH == BITS) };
    u64::MAX >> (BATCH - count)
}

/// The places of a batch where no row is, one after the other.
#[inline(always)]
fn each_absent(count: usize, there: u64, mut empty: impl FnMut(usize)) {
    let mut absent = places(count) & !there;
    while absent != 0 {
        empty(absent.trailing_zeros() as usize);
        absent &= absent - 1;
    }
}

/// Leaves zeros in the places of a batch where no row is.
#[inline(always)]
pub(crate) fn clear<const N: usize>(batch: &mut [[u8; N]], there: u64) {
    each_absent(batch.len(), there, |at| batch[at] = [0; N]);
}

/// Puts a batch into places, and nothing where no row is.
#[inline(always)]
pub(crate) fn put<T, const N: usize>(
    places: &mut [Option<T>],
    batch: &[[u8; N]],
    there: u64,
    from: impl Fn([u8; N]) -> T,
) {
    for (place, bytes) in places.iter_mut().zip(batch) {
        *place = Some(from(*bytes));
    }
    each_absent(batch.len(), there, |at| places[at] = None);
}
