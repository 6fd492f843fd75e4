//! Columns: rows that are still to be read, and a bit for each row that is there.

use super::siv::BATCH;
use crate::{
    identifier::{Indexed, Internal},
    token::{BITS, LengthMismatch},
};
use core::iter::Enumerate;

/// Rows to be read, a batch at a time, and what hears of those that are refused.
pub(crate) struct Rows<R, Refused> {
    rows: Enumerate<R>,
    refused: Refused,
}

impl<T: Indexed, E, R: ExactSizeIterator<Item = Result<T, E>>, Refused: FnMut(usize, E)> Rows<R, Refused> {
    /// Wants as many rows as there are places.
    pub(crate) fn new(
        rows: impl IntoIterator<IntoIter = R>,
        places: usize,
        refused: Refused,
    ) -> Result<Self, LengthMismatch> {
        let rows = rows.into_iter();
        LengthMismatch::unless_same(rows.len(), places)?;
        Ok(Rows { rows: rows.enumerate(), refused })
    }

    /// The digit blocks of the next rows, and the bits of those that were read. Words of other rows stay as they are.
    #[inline(always)]
    pub(crate) fn read(&mut self, words: &mut [u64]) -> u64 {
        let mut there = 0;
        for (i, (word, (row, read))) in words.iter_mut().zip(&mut self.rows).enumerate() {
            match read {
                Ok(identifier) => {
                    *word = identifier.word(Internal(()));
                    there |= 1 << i;
                }
                Err(error) => (self.refused)(row, error),
            }
        }
        there
    }
}

/// A bit for each of the first places in a batch.
pub(crate) fn places(count: usize) -> u64 {
    const { assert!(BATCH == BITS) };
    u64::MAX >> (BATCH - count)
}

/// Leaves zeros in the places of a batch where no row is.
#[inline(always)]
pub(crate) fn clear<const N: usize>(batch: &mut [[u8; N]], there: u64) {
    let mut absent = places(batch.len()) & !there;
    while absent != 0 {
        batch[absent.trailing_zeros() as usize] = [0; N];
        absent &= absent - 1;
    }
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
    let mut absent = self::places(batch.len()) & !there;
    while absent != 0 {
        places[absent.trailing_zeros() as usize] = None;
        absent &= absent - 1;
    }
}
