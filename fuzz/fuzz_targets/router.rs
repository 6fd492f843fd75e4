#![no_main]

// The messaging example's router, without its socket.
#[allow(dead_code)]
#[path = "../../examples/messaging/directory.rs"]
mod directory;
#[allow(dead_code)]
#[path = "../../examples/messaging/protocol.rs"]
mod protocol;
#[path = "../router.rs"]
mod router;

libfuzzer_sys::fuzz_target!(|data: &[u8]| router::router(data));
