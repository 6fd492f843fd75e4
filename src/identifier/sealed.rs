//! What the crate knows of identifiers and its users do not need.

#[cfg(feature = "seal")]
use super::digits::texts::Starts;
use super::digits::{DigitBlock, Shape};

/// What the crate knows of an identifier and its users do not need: its digit block.
///
/// Code with the subtrait in a bound can call the methods of the supertrait. So these take an argument that only the
/// crate can make.
///
/// ```compile_fail,E0603
/// fn block<I: telseal::Identifier>(identifier: &I) {
///     identifier.block(telseal::identifier::sealed::Internal(()));
/// }
/// ```
pub trait Sealed: Sized {
    const SHAPE: Shape;
    /// What stands before the digits in the form that most columns hold, where rows of it are read many at once.
    const PLAIN: Option<&'static [u8]> = None;
    /// Takes the first four digits, if [`refuse_starts`](Self::refuse_starts) looks at them.
    #[cfg(feature = "seal")]
    #[inline(always)]
    fn turn_starts(_: &[u64; 64], _: &mut Starts, _: Internal) {}
    /// A bit for each digit block that [`FromStr`](core::str::FromStr) refuses in that form for its first four digits.
    #[cfg(feature = "seal")]
    #[inline(always)]
    fn refuse_starts(_: &Starts, _: Internal) -> u64 {
        0
    }
    fn block(&self, _: Internal) -> &DigitBlock;
    fn from_block(block: DigitBlock, _: Internal) -> Self;
}

/// What the crate knows of a type that has tags and its users do not need: the inputs of key derivation, and the
/// digits.
pub trait Labelled {
    const LABEL: &'static [u8];
    const LETTER: u8;
    fn word(&self, _: Internal) -> u64;
}

/// Proves that a call comes from inside the crate.
#[derive(Clone, Copy, Debug)]
pub struct Internal(pub(crate) ());
