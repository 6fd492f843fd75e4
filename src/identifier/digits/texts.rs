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
    /// The first four digits of each block, then 1 for a refused one, and space to find that out.
    starts: [[u16; N]; 4],
    /// 0 for a text that is an identifier.
    pub(crate) faults: [u64; N],
}

impl<const N: usize> Texts<N> {
    pub(crate) fn new() -> Self {
        Texts { first: [0; N], last: [0; N], bits: [32; N], starts: [[0; N]; 4], faults: [0; N] }
    }

    /// Takes a text for place `at`, if it has 8 to 15 bytes; for any other one, a text that is refused.
    #[inline(always)]
    pub(crate) fn set(&mut self, at: usize, text: &[u8]) {
        (self.first[at], self.last[at], self.bits[at]) = match (text.len(), text.first_chunk(), text.last_chunk()) {
            (8..16, Some(first), Some(last)) => {
                (u64::from_le_bytes(*first), u64::from_le_bytes(*last), 4 * text.len() as u64)
            }
            _ => (0, 0, 32),
        };
        ct::secret(&mut self.first[at]);
        ct::secret(&mut self.last[at]);
    }

    /// All digit blocks, and a fault for each that is no identifier of this shape, or whose first four digits are
    /// refused. Returned is 0 if none has a fault.
    #[inline(always)]
    pub(crate) fn pack(&mut self, shape: Shape, refuse: impl Fn(&mut [[u16; N]; 4]), blocks: &mut [u64; N]) -> u64 {
        let Texts { first, last, bits, starts, faults } = self;
        for i in 0..N {
            let (first, last) = (first[i] ^ (BYTES * 0x30), last[i] ^ (BYTES * 0x30));
            let block = squeeze(first) | squeeze(last) << ((bits[i] - 32) & 63) | u64::MAX << (bits[i] & 63);
            faults[i] = large(first) | large(last) | shape.refuses_first(block);
            blocks[i] = block;
            starts[0][i] = block as u16;
        }
        // A loop of its own: a vector takes four times as many numbers of 16 bits.
        refuse(starts);
        faults.iter_mut().zip(&starts[0]).fold(0, |any, (fault, refused)| {
            *fault |= u64::from(*refused);
            any | *fault
        })
    }
}

impl<const N: usize> Drop for Texts<N> {
    fn drop(&mut self) {
        let Texts { first, last, bits: _, starts, faults } = self;
        (*first, *last, *starts, *faults) = ([0; N], [0; N], [[0; N]; 4], [0; N]);
        optimization_barrier(self);
    }
}
