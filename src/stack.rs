//! The stack below, wiped where keys were in it.
//!
//! Values that wipe themselves on drop leave copies where they were moved from, and `hkdf` and `aes` leave what
//! they computed. All of it is in the frames of functions that have returned.

use zeroize::zeroize_stack;

/// How far down is wiped. The frames of this crate and the crates below it reach down 14 KiB where they are
/// optimised, the deepest in wrapping, and 44 KiB where not, in opening many. The rest is for the functions between
/// the owner of a sealer, who drops it, and the calls that use it.
const DEPTH: usize = if cfg!(debug_assertions) { 64 * 1024 } else { 32 * 1024 };

/// Computes what must not hold a secret itself, unless on the heap, and wipes what was below.
pub(crate) fn wiping<T>(compute: impl FnOnce() -> T) -> T {
    let result = below(compute);
    wipe();
    result
}

/// Wipes what is below the caller.
pub(crate) fn wipe() {
    zeroize_stack::<DEPTH>();
}

/// Not inlined, so that the frames of the computation begin where the wiped one begins.
#[inline(never)]
fn below<T>(compute: impl FnOnce() -> T) -> T {
    compute()
}
