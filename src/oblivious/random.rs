use crate::ct;
use core::num::NonZeroU32;
use rand_core::{CryptoRng, Error, RngCore};

/// The operating system's random number generator, as `voprf` asks for it: in a way that cannot fail.
///
/// Where it fails, what it gives is worth nothing, and so is all that is computed from it: that has to go through
/// [`unless_failed`](Self::unless_failed) before it is handed on.
#[derive(Default)]
pub(super) struct SystemRandom {
    pub(super) failed: bool,
}

const FAILED: NonZeroU32 = NonZeroU32::new(Error::CUSTOM_START).expect("not zero");

impl SystemRandom {
    /// What was computed, if all random numbers were.
    pub(super) fn unless_failed<T>(self, computed: T) -> Option<T> {
        (!self.failed).then_some(computed)
    }
}

impl RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        if self.failed || ct::random(bytes).is_err() {
            self.failed = true;
            bytes.fill(1); // no zeros, after which `voprf` asks again, and again
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        match self.failed {
            true => Err(FAILED.into()),
            false => Ok(()),
        }
    }
}

impl CryptoRng for SystemRandom {}
