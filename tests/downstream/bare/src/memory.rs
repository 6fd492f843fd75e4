//! An allocator, which the halves with keys and the handset's need.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

const SIZE: usize = 1 << 20;

/// Gives out its memory once, and takes none back.
struct Bump {
    memory: UnsafeCell<[u8; SIZE]>,
    used: AtomicUsize,
}

// SAFETY: every byte of the memory is given out once at most.
unsafe impl Sync for Bump {}

// SAFETY: what is given out is aligned, inside the memory and apart from all that was given out before.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let start = self.memory.get().cast::<u8>();
        let reserved = layout.size() + layout.align(); // no more than `isize::MAX` and the alignment
        let taken =
            self.used.fetch_update(Relaxed, Relaxed, |used| used.checked_add(reserved).filter(|&end| end <= SIZE));
        match taken {
            Ok(at) => {
                let place = start.wrapping_add(at);
                place.wrapping_add(place.align_offset(layout.align()))
            }
            Err(_) => ptr::null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

#[global_allocator]
static MEMORY: Bump = Bump { memory: UnsafeCell::new([0; SIZE]), used: AtomicUsize::new(0) };
