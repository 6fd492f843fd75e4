//! telseal where there is no `std`, and without the features `seal` and `oblivious` no allocator either.

#![no_std]

#[cfg(feature = "oblivious")]
mod handset;
#[cfg(any(feature = "seal", feature = "oblivious"))]
mod memory;
#[cfg(feature = "seal")]
mod seal;

use core::panic::PanicInfo;
use telseal::{Imsi, Token};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Whether two texts are tokens of IMSIs that have the same tag.
#[unsafe(no_mangle)]
pub extern "C" fn same_subscriber(one: &[u8; 36], other: &[u8; 36]) -> bool {
    let tag = |text| Some(str::from_utf8(text).ok()?.parse::<Token<Imsi>>().ok()?.tag());
    tag(one).is_some_and(|one| tag(other) == Some(one))
}
