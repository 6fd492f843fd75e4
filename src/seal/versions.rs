use crate::{stack, token::KeyVersion};
use alloc::boxed::Box;
use core::slice;

/// How far down deriving and making a key reaches.
const DEPTH: usize = stack::kib(10, 28);

/// The keys that were derived for one use, one for each live key version.
pub(crate) struct Versions<K> {
    newest_first: Box<[(KeyVersion, K)]>,
    /// Where the primary version stands.
    primary: usize,
}

impl<K> Versions<K> {
    /// The keys are `newest_first`, and that of the `primary` version is among them. They are derived here, so that the
    /// stack is wiped of what that leaves. As many as are known beforehand: a list that grows would leave copies
    /// behind.
    pub(crate) fn new(newest_first: impl ExactSizeIterator<Item = (KeyVersion, K)>, primary: KeyVersion) -> Self {
        let newest_first: Box<[_]> = stack::wiping::<DEPTH, _>(|| newest_first.collect());
        let primary = newest_first.iter().position(|(version, _)| *version == primary).expect("the primary is live");
        Versions { newest_first, primary }
    }

    pub(crate) fn primary(&self) -> &(KeyVersion, K) {
        &self.newest_first[self.primary]
    }

    pub(crate) fn find(&self, version: KeyVersion) -> Option<&K> {
        let at = self.newest_first.binary_search_by(|(other, _)| version.cmp(other)).ok()?;
        Some(&self.newest_first[at].1)
    }

    /// Newest first.
    pub(crate) fn iter(&self) -> slice::Iter<'_, (KeyVersion, K)> {
        self.newest_first.iter()
    }
}
