//! Reads memory that safe code cannot see. All the `unsafe` of the tests is here.

#![allow(unsafe_code)]
#![allow(unused)] // no file needs all of it

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::{Cell, UnsafeCell},
    hint::black_box,
    ptr,
    sync::{Mutex, PoisonError},
};

/// The bytes of a value, padding included.
pub(crate) fn bytes<T>(value: &T) -> Vec<u8> {
    // SAFETY: the value is there and as long as this.
    unsafe { read(ptr::from_ref(value).cast(), size_of::<T>()) }
}

/// What is in the heap blocks that `run` has used, whether it has freed them or not: they come one behind the other
/// from an arena where no block is used twice, so that two runs that ask for the same blocks get the same addresses.
pub(crate) fn heap_after(run: impl FnOnce()) -> Vec<u8> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: whoever has the lock has the arena, and what was in it is no longer used.
    unsafe { ptr::write_bytes(ARENA.0.get().cast::<u8>(), 0, SIZE) };
    let in_use = InUse::begin();
    run();
    let used = in_use.end();
    // SAFETY: so much of the arena is in use.
    unsafe { read(ARENA.0.get().cast(), used) }
}

/// While it is there, this thread allocates from the arena. Not any longer where `run` panics.
struct InUse;

impl InUse {
    fn begin() -> Self {
        USED.set(Some(0));
        InUse
    }

    fn end(self) -> usize {
        let used = USED.take().expect("set in `begin`");
        assert!(used <= SIZE, "more than the arena has");
        used
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        USED.set(None);
    }
}

/// Whether this thread allocates from the arena.
pub(crate) fn is_counted() -> bool {
    USED.get().is_some()
}

/// A global allocator that hands out the arena in [`heap_after`], and what the system has outside of it.
pub(crate) struct Heap;

const SIZE: usize = 1 << 20;
#[repr(align(64))]
struct Arena(UnsafeCell<[u8; SIZE]>);
static ARENA: Arena = Arena(UnsafeCell::new([0; SIZE]));

// SAFETY: `heap_after` lets one thread at a time into it.
unsafe impl Sync for Arena {}

thread_local! {
    /// How much of the arena is in use, where this thread uses it.
    static USED: Cell<Option<usize>> = const { Cell::new(None) };
}

// SAFETY: blocks of the arena do not overlap, are aligned as asked (up to the 64 of the arena), and stay where they
// are. The rest is the system's.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some(used) = USED.get() else {
            return unsafe { System.alloc(layout) };
        };
        let start = used.next_multiple_of(layout.align());
        let end = start + layout.size();
        if end > SIZE || layout.align() > align_of::<Arena>() {
            // Told in the end. A panic's message and backtrace take so much before anything is dropped, and a program
            // that gets no memory then may hang.
            USED.set(Some(SIZE + 1));
            return unsafe { System.alloc(layout) };
        }
        USED.set(Some(end));
        unsafe { ARENA.0.get().cast::<u8>().add(start) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let start: *mut u8 = ARENA.0.get().cast();
        if !(start..start.wrapping_add(SIZE)).contains(&block) {
            unsafe { System.dealloc(block, layout) }
        }
    }
}

/// Reads bytes as they are; volatile, so that the compiler takes padding, and what was freed, for bytes like any
/// other.
///
/// # Safety
/// `length` bytes from `start` on are in one allocation.
unsafe fn read(start: *const u8, length: usize) -> Vec<u8> {
    (0..length).map(|at| unsafe { start.add(at).read_volatile() }).collect()
}

/// How much of the stack below is painted.
const AREA: usize = 256 * 1024;
const PAINT: u8 = 0xA5;

/// Paints the stack below the caller, and gives the lowest address.
#[inline(never)]
pub(crate) fn paint() -> usize {
    let mut area = [0; AREA];
    black_box(&mut area).fill(PAINT);
    black_box(&area).as_ptr().expose_provenance()
}

/// What is in the painted area of this thread, from the lowest byte on that has been written to since.
#[inline(never)]
pub(crate) fn painted(lowest: usize) -> Vec<u8> {
    let at = |offset: usize| {
        // SAFETY: the stack of this thread reached so far down in `paint`, and does not shrink.
        unsafe { ptr::with_exposed_provenance::<u8>(lowest + offset).read_volatile() }
    };
    (0..AREA).skip_while(|&offset| at(offset) == PAINT).map(at).collect()
}
