//! OpenSSL 3.0 or newer, which has to be installed with its headers.

use super::Peer;
use crate::input::{HEADER, siv_key};
use openssl::{cipher::Cipher, cipher_ctx::CipherCtx};

pub const ROW: &str = "OpenSSL AES-256-SIV, 8 bytes";

pub fn version() -> &'static str {
    openssl::version::version()
}

/// EVP, with the key and the associated data kept in a context that is copied for each message.
///
/// A context of SIV takes one message. To give it the key again takes more than three times as long as the
/// copy. `EVP_CTRL_SET_SPEED`, made for measuring, lets it take more, but from the second on they are wrong:
/// S2V goes on from where the last message left it.
pub struct Siv {
    keyed: CipherCtx,
    context: CipherCtx,
    cipher: Cipher,
    token: [u8; 24],
}

impl Siv {
    pub fn new() -> Self {
        let cipher = Cipher::fetch(None, "AES-256-SIV", None).expect("OpenSSL 3.0 or newer");
        let [mut keyed, context] = [(); 2].map(|()| CipherCtx::new().expect("a context"));
        keyed.encrypt_init(Some(&cipher), Some(&siv_key()), None).expect("a key of 64 bytes");
        keyed.cipher_update(&HEADER, None).expect("associated data");
        Siv { keyed, context, cipher, token: [0; 24] }
    }
}

impl Peer for Siv {
    fn seal(&mut self, plaintext: &[u8]) -> &[u8] {
        let (tag, text) = self.token.split_at_mut(16);
        self.context.copy(&self.keyed).expect("a copy");
        self.context.cipher_update(plaintext, Some(text)).expect("a message");
        self.context.tag(tag).expect("a tag");
        &self.token
    }

    fn open(&mut self, token: &[u8]) -> Vec<u8> {
        let (tag, text) = token.split_at(16);
        let mut plaintext = vec![0; text.len()];
        self.context.decrypt_init(Some(&self.cipher), Some(&siv_key()), None).expect("a key of 64 bytes");
        self.context.set_tag(tag).expect("a tag of 16 bytes");
        self.context.cipher_update(&HEADER, None).expect("associated data");
        self.context.cipher_update(text, Some(&mut plaintext)).expect("a token of this key");
        plaintext
    }
}
