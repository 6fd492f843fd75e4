//! The same as `portable`, by a library that detects what the processor has.

use base64_simd::{AsOut, URL_SAFE_NO_PAD};

/// The bytes of many tokens as their texts.
pub(super) fn encode_column(bytes: &[u8], text: &mut [u8]) {
    _ = URL_SAFE_NO_PAD.encode(bytes, text.as_out());
}

/// The texts of many tokens as their bytes. Whether all characters are in the alphabet; if not, the bytes mean nothing.
pub(super) fn decode_column(text: &[u8], bytes: &mut [u8]) -> bool {
    URL_SAFE_NO_PAD.decode(text, bytes.as_out()).is_ok()
}
