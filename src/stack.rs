//! The stack below, wiped where keys were in it.
//!
//! Values that wipe themselves on drop leave copies where they were moved from, and `hkdf` and `aes` leave what
//! they computed. All of it is in the frames of functions that have returned.
//!
//! How much stack there is cannot be known. So what is wiped after a computation is what the computation has just used
//! itself, to a kilobyte or two: where there was room for the one, there is for the other. `tests/stack.rs` measures both.

use zeroize::zeroize_stack;

/// HKDF alone, for fingerprints.
pub(crate) const HASHING: usize = kib(3, 7);
/// Keys made from secrets, for sealers, indexers and evaluators.
pub(crate) const DERIVING: usize = kib(10, 23);
/// Keyrings and index keys wrapped and unwrapped.
pub(crate) const WRAPPING: usize = kib(14, 23);
/// What Curve25519 does for oblivious tags.
pub(crate) const MULTIPLYING: usize = kib(12, 31);
/// Sealing, opening and tags, one or a batch, and functions between them and the owner of the sealer, who drops it.
pub(crate) const SEALING: usize = kib(14, 24);

/// How far down the frames reach where they are optimised, at whatever level, and where not.
const fn kib(optimised: usize, not: usize) -> usize {
    1024 * if cfg!(debug_assertions) { not } else { optimised }
}

/// Computes what must not hold a secret itself, unless on the heap, and wipes what was below.
pub(crate) fn wiping<const DEPTH: usize, T>(compute: impl FnOnce() -> T) -> T {
    let result = below(compute);
    wipe::<DEPTH>();
    result
}

/// Wipes what is below the caller.
pub(crate) fn wipe<const DEPTH: usize>() {
    zeroize_stack::<DEPTH>();
}

/// Not inlined, so that the frames of the computation begin where the wiped one begins.
#[inline(never)]
fn below<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}
