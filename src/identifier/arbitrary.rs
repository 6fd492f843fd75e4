//! Identifiers for a fuzzer: any that can be read from a text.

use super::{
    Identifier, Imei, Imeisv, Imsi, PhoneNumber, Prefix, Prefixed,
    digits::{DigitBlock, with_digit},
    phone::without_trunk_zero,
    sealed::Internal,
};
use crate::kind::Kind;
use arbitrary::{Arbitrary, Result, Unstructured};

macro_rules! identifiers {
    ($($name:ident),*) => {$(
        impl Arbitrary<'_> for $name {
            fn arbitrary(bytes: &mut Unstructured<'_>) -> Result<Self> {
                identifier(bytes)
            }

            fn size_hint(_: usize) -> (usize, Option<usize>) {
                sizes::<Self>()
            }
        }
    )*};
}
identifiers!(PhoneNumber, Imsi, Imei, Imeisv);

/// The first digits of an identifier.
impl<'a, I: Prefixed + Arbitrary<'a>> Arbitrary<'a> for Prefix<I> {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let identifier = I::arbitrary(bytes)?;
        let most = identifier.block(Internal(())).len().min(I::MAX_PREFIX);
        let digits = bytes.int_in_range(1..=most as u8)?;
        Ok(Prefix::of(&identifier, digits.into()).expect("no more digits than there are"))
    }

    fn size_hint(_: usize) -> (usize, Option<usize>) {
        let (least, most) = sizes::<I>();
        (least + 1, most.map(|most| most + 1))
    }
}

/// As many digits as a byte says, and a digit for each of the next bytes.
fn identifier<I: Identifier>(bytes: &mut Unstructured<'_>) -> Result<I> {
    let shape = I::SHAPE;
    let count = bytes.int_in_range(shape.min as u8..=shape.max as u8)?;
    let mut word = u64::MAX;
    for at in 0..count.into() {
        let least = u8::from(at == 0 && !shape.zero_first);
        word = with_digit(word, at, bytes.int_in_range(least..=9)?.into());
    }
    if I::KIND == Kind::PhoneNumber {
        word = without_trunk_zero(word);
    }
    Ok(I::from_block(DigitBlock::from_checked(word), Internal(())))
}

fn sizes<I: Identifier>() -> (usize, Option<usize>) {
    let counts = usize::from(I::SHAPE.min < I::SHAPE.max); // a byte, where there is a choice
    (counts + I::SHAPE.min, Some(counts + I::SHAPE.max))
}
