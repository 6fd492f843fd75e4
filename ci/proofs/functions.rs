//! telseal's digit arithmetic, each function under a name that stands in the compiled code, with plain arguments. The
//! modules are telseal's own files.

#![no_std]

mod ct;
mod digits;

use core::mem;
use digits::{DigitBlock, Fault, Shape, texts::Texts};

/// A word behind a verdict. The block is not wiped, since a proof has no use for that.
fn result(block: Result<DigitBlock, Fault>, fault: impl FnOnce(Fault) -> u64) -> u128 {
    match block {
        Ok(block) => {
            let word = u128::from(block.word()) << 64;
            mem::forget(block);
            word
        }
        Err(found) => u128::from(fault(found)),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn refuses(block: u64, min: usize, max: usize, zero_first: bool) -> u64 {
    Shape { min, max, zero_first }.refuses(block)
}

#[unsafe(no_mangle)]
pub extern "C" fn check(block: u64, min: usize, max: usize, zero_first: bool) -> u128 {
    result(Shape { min, max, zero_first }.check(block), |fault| match fault {
        Fault::ZeroFirst => 1,
        Fault::NotADigit(at) => 0x100 + at as u64,
        Fault::Filler(at) => 0x200 + at as u64,
        Fault::Count(count) => 0x300 + count as u64,
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn len(block: u64) -> usize {
    let block = DigitBlock::from_checked(block);
    let len = block.len();
    mem::forget(block);
    len
}

#[unsafe(no_mangle)]
pub extern "C" fn unpack(block: u64) -> u128 {
    digits::ascii(block)
}

#[unsafe(no_mangle)]
pub extern "C" fn luhn(block: u64) -> u64 {
    digits::luhn(block)
}

#[unsafe(no_mangle)]
pub extern "C" fn digit(block: u64, at: usize) -> u64 {
    digits::digit(block, at)
}

#[unsafe(no_mangle)]
pub extern "C" fn with_digit(block: u64, at: usize, value: u64) -> u64 {
    digits::with_digit(block, at, value)
}

#[unsafe(no_mangle)]
pub extern "C" fn is_digit(byte: u8) -> bool {
    digits::is_digit(byte)
}

#[unsafe(no_mangle)]
pub extern "C" fn is_not_zero(word: u64) -> u64 {
    digits::is_not_zero(word)
}

/// Of texts and octets, a function for each length.
macro_rules! lengths {
    ($($length:literal $pack:ident $texts:ident $octets:ident)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $pack(text: &[u8; $length], zero_first: bool) -> u128 {
            let shape = Shape { min: 0, max: 16, zero_first };
            result(shape.pack(text), |fault| if fault == Fault::ZeroFirst { 1 } else { 2 })
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $texts(text: &[u8; $length], zero_first: bool) -> u128 {
            let mut texts = Texts::<1>::new();
            let mut word = [0];
            texts.set(0, Some(text));
            texts.pack(Shape { min: 8, max: 15, zero_first }, |_, _| (), &mut word);
            let fault = texts.fault(0);
            mem::forget(texts);
            u128::from(word[0]) << 64 | u128::from(fault)
        }

        #[unsafe(no_mangle)]
        pub extern "C" fn $octets(octets: &[u8; $length]) -> u64 {
            digits::from_octets(octets)
        }
    )*};
}

lengths! {
    0 pack_0 texts_0 octets_0
    1 pack_1 texts_1 octets_1
    2 pack_2 texts_2 octets_2
    3 pack_3 texts_3 octets_3
    4 pack_4 texts_4 octets_4
    5 pack_5 texts_5 octets_5
    6 pack_6 texts_6 octets_6
    7 pack_7 texts_7 octets_7
    8 pack_8 texts_8 octets_8
    9 pack_9 texts_9 octets_9
    10 pack_10 texts_10 octets_10
    11 pack_11 texts_11 octets_11
    12 pack_12 texts_12 octets_12
    13 pack_13 texts_13 octets_13
    14 pack_14 texts_14 octets_14
    15 pack_15 texts_15 octets_15
    16 pack_16 texts_16 octets_16
}

/// Texts side by side, of 8 to 15 characters, one of each length. A vector takes as many as it holds. `zero_first` is no
/// argument, for the compiler would branch on it.
#[unsafe(no_mangle)]
pub extern "C" fn texts_many(texts: &[[u8; 16]; 8], blocks: &mut [u64; 8], faults: &mut [u64; 8]) {
    let mut many = Texts::<8>::new();
    for (at, text) in texts.iter().enumerate() {
        many.set(at, Some(&text[..8 + at]));
    }
    many.pack(Shape { min: 8, max: 15, zero_first: false }, |_, _| (), blocks);
    *faults = core::array::from_fn(|at| many.fault(at));
    mem::forget(many);
}

/// Blocks side by side.
#[unsafe(no_mangle)]
pub extern "C" fn refuses_many(blocks: &[u64; 8], min: usize, max: usize, verdicts: &mut [u64; 8]) {
    for (block, verdict) in blocks.iter().zip(verdicts) {
        *verdict = Shape { min, max, zero_first: false }.refuses(*block);
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn unpack_many(blocks: &[u64; 8], texts: &mut [u128; 8]) {
    for (block, text) in blocks.iter().zip(texts) {
        *text = digits::ascii(*block);
    }
}
