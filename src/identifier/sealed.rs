//! What the crate knows of identifiers and its users do not need.

use super::digits::{DigitBlock, Shape};

/// What the crate knows of an identifier and its users do not need: its digit block.
///
/// Methods of a supertrait can be called by whoever has the subtrait in a bound, so these ask for what only the
/// crate can make.
///
/// ```compile_fail,E0603
/// fn block<I: telseal::Identifier>(identifier: &I) {
///     identifier.block(telseal::identifier::sealed::Internal(()));
/// }
/// ```
pub trait Sealed: Sized {
    const SHAPE: Shape;
    fn block(&self, _: Internal) -> &DigitBlock;
    fn from_block(block: DigitBlock, _: Internal) -> Self;
}

/// What the crate knows of what has tags, and its users do not need: what its keys are derived with, and its digits.
pub trait Labelled {
    const LABEL: &'static [u8];
    const LETTER: u8;
    fn word(&self, _: Internal) -> u64;
}

/// Says that a call comes from inside the crate.
#[derive(Clone, Copy, Debug)]
pub struct Internal(pub(crate) ());
