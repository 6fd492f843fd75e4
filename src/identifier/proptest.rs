//! Identifiers for property tests: those that a fuzzer makes. They shrink to few and small digits.

use super::{Imei, Imeisv, Imsi, PhoneNumber, Prefix, Prefixed};
use arbitrary::Unstructured;
use proptest::{
    arbitrary::{Arbitrary, any},
    strategy::{BoxedStrategy, Strategy},
};

macro_rules! identifiers {
    ($($name:ident),*) => {$(
        impl Arbitrary for $name {
            type Parameters = ();
            type Strategy = BoxedStrategy<Self>;
            fn arbitrary_with((): ()) -> Self::Strategy {
                from_bytes()
            }
        }
    )*};
}
identifiers!(PhoneNumber, Imsi, Imei, Imeisv);

impl<I: Prefixed + for<'a> arbitrary::Arbitrary<'a> + 'static> Arbitrary for Prefix<I> {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;
    fn arbitrary_with((): ()) -> Self::Strategy {
        from_bytes()
    }
}

/// What a fuzzer makes of 32 bytes, which are enough for each type. What would be missing counts as zeros.
pub(crate) fn from_bytes<T>() -> BoxedStrategy<T>
where
    T: for<'a> arbitrary::Arbitrary<'a> + core::fmt::Debug + 'static,
{
    let made = |bytes: [u8; 32]| T::arbitrary(&mut Unstructured::new(&bytes)).expect("none refuses what it is made of");
    any::<[u8; 32]>().prop_map(made).boxed()
}
