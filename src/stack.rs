//! The stack below, wiped where keys were in it.
//!
//! Values that wipe themselves on drop leave copies where they were moved from, and `hkdf` and `aes` leave what
//! they computed. All of it is in the frames of functions that have returned.
//!
//! How much stack there is cannot be known. So what is wiped after a computation is what the computation has just used
//! itself, to a kilobyte or two: where there was room for the one, there is for the other. `tests/stack.rs` measures both.

use zeroize::zeroize_stack;

/// A depth in KiB: how far down the frames reach where they are optimised, at whatever level, and where not.
pub(crate) const fn kib(optimised: usize, not: usize) -> usize {
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
