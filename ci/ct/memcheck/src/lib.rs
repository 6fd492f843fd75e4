//! Secrets as undefined memory.
//!
//! valgrind's memcheck follows each undefined bit through registers and memory, and reports a branch or an address
//! that depends on one. A secret is marked undefined, and memcheck then reports what its value can be timed by.
//!
//! telseal is given this crate by `--extern`, not by its manifest, and calls [`secret`] and [`public`] from
//! `src/ct.rs`. The programs that check telseal call the rest.

use std::{
    collections::BTreeMap,
    mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

#[cfg(not(all(target_arch = "x86_64", target_os = "linux")))]
compile_error!("the client requests are written for x86-64 Linux");

/// Makes a client request (valgrind.h, "ARCHITECTURE SPECIFICS", amd64-linux).
fn request(code: usize, args: [usize; 3]) -> usize {
    let block = [code, args[0], args[1], args[2], 0, 0];
    let mut answer = 0;
    // SAFETY: on a processor, `rdi` is rotated by 128 bits in all and `rbx` exchanged with itself: nothing changes.
    // valgrind knows the five instructions, reads the six words at `rax`, and leaves its answer in `rdx`. What it
    // writes besides are its own notes on memory, and for GET_VBITS the buffer of `marks`, whose address was
    // exposed from a unique borrow; the assembly counts as reading and writing all memory that is exposed.
    unsafe {
        std::arch::asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") block.as_ptr(),
            inout("rdx") answer,
            options(nostack),
        );
    }
    answer
}

const MEMCHECK: usize = (b'M' as usize) << 24 | (b'C' as usize) << 16;
const MAKE_MEM_UNDEFINED: usize = MEMCHECK + 1;
const MAKE_MEM_DEFINED: usize = MEMCHECK + 2;
const GET_VBITS: usize = MEMCHECK + 8;
const SET_VBITS: usize = MEMCHECK + 9;
const COUNT_ERRORS: usize = 0x1201;

fn memory<T: ?Sized>(value: &mut T) -> [usize; 2] {
    [(&raw mut *value).cast::<u8>().expose_provenance(), mem::size_of_val(value)]
}

/// Whether memcheck runs this process; no other tool of valgrind answers so.
pub fn answers() -> bool {
    let [address, len] = memory(&mut 0_u8);
    request(MAKE_MEM_DEFINED, [address, len, 0]) == usize::MAX
}

/// How many errors memcheck has seen in this process.
pub fn errors() -> usize {
    request(COUNT_ERRORS, [0; 3])
}

/// For each byte of a value, the bits of it that are secret.
fn marks<T: ?Sized>(value: &mut T) -> Vec<u8> {
    let [address, len] = memory(value);
    let mut marks = vec![0_u8; len];
    let answer = request(GET_VBITS, [address, memory(&mut marks[..])[0], len]);
    assert!(answer == 1 || len == 0, "memcheck does not answer");
    marks
}

/// Whether any bit of a value is secret. A value is asked for where it lies: a pointer is followed nowhere.
pub fn is_secret<T: ?Sized>(value: &mut T) -> bool {
    marks(value).iter().any(|&marks| marks != 0)
}

/// Marks a value, wherever the caller got it.
pub fn taint<T: ?Sized>(value: &mut T) {
    assert!(answers(), "memcheck does not answer");
    let [address, len] = memory(value);
    request(MAKE_MEM_UNDEFINED, [address, len, 0]);
}

/// A text whose digits, of any script, are marked: of the last byte of each the low half, since the rest says no more
/// than that it is a digit of this script.
pub fn taint_digits(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut marks = vec![0_u8; bytes.len()];
    for (at, char) in text.char_indices().filter(|(_, char)| char.is_numeric()) {
        marks[at + char.len_utf8() - 1] = 0x0F;
    }
    let [address, len] = memory(&mut bytes[..]);
    let answer = request(SET_VBITS, [address, memory(&mut marks[..])[0], len]);
    assert!(answer == 1 || len == 0, "memcheck does not answer");
    // SAFETY: they are the bytes of a text. To look at them would be a branch on what is marked.
    unsafe { String::from_utf8_unchecked(bytes) }
}

/// Whether telseal marks what it is given. Switched off where the marks come from the caller, and a lost one would
/// not be seen if it was set anew.
static MARKING: AtomicBool = AtomicBool::new(true);

/// Switches telseal's own marks on or off.
pub fn marking(on: bool) {
    MARKING.store(on, Ordering::Relaxed);
}

/// How often each reason has made a secret public.
static MADE_PUBLIC: Mutex<BTreeMap<&'static str, usize>> = Mutex::new(BTreeMap::new());

fn made_public_so_far() -> MutexGuard<'static, BTreeMap<&'static str, usize>> {
    MADE_PUBLIC.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Called by telseal: marks digits or a key as secret.
pub fn secret<T: ?Sized>(value: &mut T) {
    if MARKING.load(Ordering::Relaxed) {
        taint(value);
    }
}

/// Called by telseal: takes the marks off a value that may be known from now on. Where it had any, the reason is
/// written down.
pub fn public<T: Copy>(mut value: T, why: &'static str) -> T {
    if is_secret(&mut value) {
        *made_public_so_far().entry(why).or_default() += 1;
    }
    let [address, len] = memory(&mut value);
    request(MAKE_MEM_DEFINED, [address, len, 0]);
    value
}

/// How often this reason has made a secret public since [`made_public`] was asked.
pub fn times(why: &str) -> usize {
    made_public_so_far().get(why).copied().unwrap_or_default()
}

/// The reasons that have made secrets public since this was asked last, and how often each.
pub fn made_public() -> BTreeMap<&'static str, usize> {
    mem::take(&mut *made_public_so_far())
}
