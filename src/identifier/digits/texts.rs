//! Texts of digits, many at once.

use super::{BYTES, Shape, large, squeeze};
use crate::ct;
use zeroize::optimization_barrier;

/// The first and the last eight of 8 to 15 ASCII digits, which overlap, of many texts: read side by side, so that a
/// vector takes several. Wiped on drop.
#[repr(align(64))]
#[allow(missing_debug_implementations)] // nobody outside sees it, and it holds digits
pub struct Texts<const N: usize> {
    first: [u64; N],
    last: [u64; N],
    /// How many bits of a digit block the digits take.
    bits: [u64; N],
    /// The first four digits of all.
    starts: Starts,
    /// 0 for a text that is an identifier, but for what `refused` says.
    faults: [u64; N],
    /// A bit for each text that is refused for its first four digits.
    refused: u64,
}

/// The first four digits of 64 digit blocks, turned on their side, so that one operation on words decides for all blocks. In
/// memory that is wiped, since an array on the stack would not be.
#[allow(missing_debug_implementations)] // nobody outside sees it, and it holds digits
pub struct Starts {
    /// Bit *i* of word 4*d* + *b* of the first is bit *b* of digit *d* of block *i*. The second is space.
    bits: [[u64; 16]; 2],
    /// For each of the four places, and for each value of a digit: which blocks have it there. The words of
    /// one place are neighbours, so that vectors are written as a whole.
    places: [[u64; 16]; 4],
}

impl Starts {
    pub(crate) const EMPTY: Self = Starts { bits: [[0; 16]; 2], places: [[0; 16]; 4] };

    /// Takes the starts of these blocks.
    #[inline(always)]
    pub(crate) fn turn(&mut self, blocks: &[u64; 64]) {
        let Starts { bits: [bits, other], places } = self;
        // Four squares of 16 times 16 bits beside each other; each row is the start of a block.
        *bits = [0; 16];
        for (at, blocks) in blocks.chunks_exact(16).enumerate() {
            for i in 0..16 {
                bits[i] |= (blocks[i] & 0xFFFF) << (16 * at);
            }
        }
        // The squares are transposed: each step exchanges a bit of the row's number with that of the column's. The first
        // step is written out: the compiler would merge `exchange::<8>` with the loop above, which is slower.
        let low = columns_without(8);
        for i in 0..8 {
            let differ = (bits[i] >> 8 ^ bits[i + 8]) & low;
            other[i] = bits[i] ^ differ << 8;
            other[i + 8] = bits[i + 8] ^ differ;
        }
        exchange::<4>(other, bits);
        exchange::<2>(bits, other);
        exchange::<1>(other, bits);
        for (at, values) in places.iter_mut().enumerate() {
            let [one, two, four, eight] = [bits[4 * at], bits[4 * at + 1], bits[4 * at + 2], bits[4 * at + 3]];
            for (value, blocks) in values.iter_mut().enumerate() {
                let is = |bit: usize, word: u64| if value & bit == 0 { !word } else { word };
                *blocks = is(1, one) & is(2, two) & is(4, four) & is(8, eight);
            }
        }
    }

    /// For each of the four places, and for each value of a digit: which blocks have it there.
    #[inline(always)]
    pub(crate) fn places(&self) -> &[[u64; 16]; 4] {
        &self.places
    }
}

/// Exchanges the bit `BIT` of the row's number with that of the column's.
#[inline(always)]
fn exchange<const BIT: usize>(from: &[u64; 16], to: &mut [u64; 16]) {
    let low = columns_without(BIT);
    for i in 0..16 {
        let (keep, up, down) = if i & BIT == 0 { (low, low << BIT, 0) } else { (low << BIT, 0, low) };
        let partner = from[i ^ BIT];
        to[i] = from[i] & keep | partner << BIT & up | partner >> BIT & down;
    }
}

/// The columns of all squares in whose number this bit is 0.
const fn columns_without(bit: usize) -> u64 {
    u64::MAX / ((1 << bit) + 1)
}

impl<const N: usize> Texts<N> {
    #[inline(always)] // or it is moved, and is there twice
    pub(crate) fn new() -> Self {
        const { assert!(N <= 64) };
        // A place that no text has come to has no fault, or a short batch would be looked at text by text.
        let ones = [BYTES * 0x31; N];
        Texts { first: ones, last: ones, bits: [32; N], starts: Starts::EMPTY, faults: [0; N], refused: 0 }
    }

    /// Takes a text for place `at`, if it has 8 to 15 bytes; for any other one, a text that is refused.
    #[inline(always)]
    pub(crate) fn set(&mut self, at: usize, text: Option<&[u8]>) {
        debug_assert!(at < N);
        let at = at % N; // no check of bounds
        // No tuple of the three: where code is made for its size, it would lie on the stack.
        match text.map(|text| (text.len(), text.first_chunk(), text.last_chunk())) {
            Some((len @ 8..16, Some(first), Some(last))) => {
                self.first[at] = u64::from_le_bytes(*first);
                self.last[at] = u64::from_le_bytes(*last);
                self.bits[at] = 4 * len as u64;
            }
            _ => {
                [self.first[at], self.last[at], self.bits[at]] = [0, 0, 32];
            }
        }
        ct::secret(&mut self.first[at]);
        ct::secret(&mut self.last[at]);
    }

    /// All digit blocks, and a fault for each that is no identifier of this shape. `turn` keeps the starts of the blocks for
    /// [`refuse`](Self::refuse), which has to follow. Returned is 0 if none has a fault.
    #[inline(always)]
    pub(crate) fn pack(
        &mut self,
        shape: Shape,
        turn: impl FnOnce(&[u64; N], &mut Starts),
        blocks: &mut [u64; N],
    ) -> u64 {
        let Texts { first, last, bits, starts, faults, refused: _ } = self;
        let mut any = 0;
        for i in 0..N {
            let (first, last) = (first[i] ^ (BYTES * 0x30), last[i] ^ (BYTES * 0x30));
            let block = squeeze(first) | squeeze(last) << ((bits[i] - 32) & 63) | u64::MAX << (bits[i] & 63);
            faults[i] = large(first) | large(last) | shape.refuses_first(block);
            any |= faults[i];
            blocks[i] = block;
        }
        turn(blocks, starts);
        any
    }

    /// Marks the texts that are refused for their first four digits, and returns a bit for each.
    #[inline(always)]
    pub(crate) fn refuse(&mut self, refuse: impl FnOnce(&Starts) -> u64) -> u64 {
        self.refused = refuse(&self.starts);
        self.refused
    }

    /// 0 for a text that is an identifier, once `refuse` was called.
    pub(crate) fn fault(&self, at: usize) -> u64 {
        self.faults[at] | self.refused >> at & 1
    }
}

impl<const N: usize> Drop for Texts<N> {
    fn drop(&mut self) {
        let Texts { first, last, bits: _, starts, faults, refused } = self;
        for words in [first, last, faults] {
            words.fill(0);
        }
        *starts = Starts::EMPTY;
        *refused = 0;
        optimization_barrier(self);
    }
}
