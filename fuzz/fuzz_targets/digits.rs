#![no_main]

#[path = "../digits.rs"]
mod digits;

libfuzzer_sys::fuzz_target!(|data: &[u8]| digits::digits(data));
