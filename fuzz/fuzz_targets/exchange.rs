#![no_main]

#[path = "../oblivious.rs"]
mod oblivious;

libfuzzer_sys::fuzz_target!(|data: &[u8]| oblivious::exchange(data));
