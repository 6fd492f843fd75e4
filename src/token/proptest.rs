//! Tokens and tags for property tests: those that a fuzzer makes.

use super::{KeyVersion, ShortTag, Tag, Token};
use crate::identifier::{Identifier, Indexed, proptest::from_bytes};
use proptest::{
    arbitrary::Arbitrary,
    strategy::{BoxedStrategy, Strategy},
};

impl<I: Identifier + 'static> Arbitrary for Token<I> {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        from_bytes()
    }
}

impl<T: Indexed + 'static> Arbitrary for Tag<T> {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        from_bytes()
    }
}

impl<T: Indexed + 'static, const BITS: u32> Arbitrary for ShortTag<T, BITS> {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        from_bytes()
    }
}

impl Arbitrary for KeyVersion {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        // As a number, which shrinks to the smallest; bytes shrink one by one.
        (1..=u16::MAX).prop_map(|number| KeyVersion::try_from(number).expect("not 0")).boxed()
    }
}
