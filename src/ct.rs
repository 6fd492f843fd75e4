//! Where a secret becomes public: every such step in the crate goes through [`public`]. Where digits and keys come
//! in, [`secret`] marks them. Random bytes come from [`random`] and nowhere else, marked before anybody sees them.
//!
//! Neither does anything, unless the crate is built to be checked, with `--cfg telseal_ct` (`ci/ctgrind`). The marks
//! are then set and taken away in valgrind's memcheck, which reports each branch and each address that depends on
//! a marked bit.

/// Hands on a value that was computed from secret digits or keys and that may be known from now on.
///
/// What the value says must already be open by the format (a length, the place of a separator, the
/// verdict of a check whose answer the caller gets); `why` names that reason for the reader.
#[inline(always)]
pub(crate) fn public<T: Copy>(value: T, why: &'static str) -> T {
    #[cfg(telseal_ct)]
    let value = memcheck::public(value, why);
    let _ = why;
    value
}

/// Marks digits or a key as secret.
#[inline(always)]
pub(crate) fn secret<T: ?Sized>(value: &mut T) {
    #[cfg(telseal_ct)]
    memcheck::secret(value);
    let _ = value;
}

/// Fills with random bytes from the operating system, and marks them.
#[cfg(any(feature = "getrandom", feature = "oblivious"))]
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    let filled = getrandom::fill(bytes);
    secret(bytes);
    filled
}
