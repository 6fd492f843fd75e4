use crate::ct;
use core::num::NonZeroU32;
use rand_core::{CryptoRng, Error, RngCore};

/// The operating system's random number generator, as `voprf` asks for it: in a way that cannot fail.
///
/// Where it fails, what it gives is worth nothing, and so is all that was computed from it: [`failed`](Self::failed)
/// has to be asked before any of that is handed on.
#[derive(Default)]
pub(super) struct SystemRandom {
    failed: bool,
}

const FAILED: NonZeroU32 = NonZeroU32::new(Error::CUSTOM_START).expect("not zero");

impl SystemRandom {
    pub(super) fn failed(&self) -> bool {
        self.failed
    }
}

impl RngCore for SystemRandom {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        if getrandom::fill(bytes).is_err() {
            self.failed = true;
            bytes.fill(1); // no zeros, after which `voprf` asks again, and again
        }
        ct::secret(bytes);
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
