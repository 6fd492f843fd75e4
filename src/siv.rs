//! AES-SIV (RFC 5297) with a 64-byte key, fixed associated data and plaintexts of exactly 8 bytes.
//!
//! With key and associated data fixed, all but the plaintext is known in advance, and a message costs
//! two calls of AES. Functions are named as in the RFC and work on up to `N` messages at a time; plaintexts and
//! ciphertexts are little-endian words.

use aes::{
    Aes256Enc, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use cmac::{Cmac, Mac};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// AES-SIV under one key and for one associated data.
pub(crate) struct Siv {
    /// AES under the first half of the key: S2V.
    s2v: Aes256Enc,
    /// AES under the second half of the key: CTR.
    ctr: Aes256Enc,
    /// What the last block of S2V is, but for the plaintext.
    mask: u128,
}

impl Siv {
    /// ```text
    /// S2V(K, S1, ..., Sn) {                        AES-CMAC(K, M) of one whole block {
    ///   D = AES-CMAC(K, <zero>)                      K1 = dbl(AES(K, <zero>))
    ///   for i = 1 to n-1 do                          return AES(K, M xor K1)
    ///     D = dbl(D) xor AES-CMAC(K, Si)           }
    ///   done
    ///   if len(Sn) >= 128 then ...
    ///   else T = dbl(D) xor pad(Sn)
    ///   return V = AES-CMAC(K, T)
    /// }
    /// ```
    /// RFC 5297 section 2.4 and RFC 4493 section 2.4. S1 to Sn-1 are the associated data, one item in telseal,
    /// and Sn is the plaintext of 64 bits; pad(Sn) is the plaintext, a 1 bit and 63 zeros. So V = AES(K, Sn xor
    /// mask) with mask = dbl(D) xor pad(<none>) xor K1.
    pub(crate) fn new(key: &[u8; 64], associated_data: &[&[u8]]) -> Self {
        let (k1, k2) = key.split_at(32);
        let cipher = |half| Aes256Enc::new_from_slice(half).expect("AES-256 takes half of the 64 bytes");
        let (s2v, ctr) = (cipher(k1), cipher(k2));
        let cmac = |message: &[u8]| {
            let mac = <Cmac<Aes256Enc> as KeyInit>::new_from_slice(k1).expect("CMAC takes the key of its cipher");
            u128::from_be_bytes(mac.chain_update(message).finalize().into_bytes().into())
        };
        let mut zero = Block::default();
        s2v.encrypt_block(&mut zero);

        let d = associated_data.iter().fold(cmac(&[0; 16]), |d, item| dbl(d) ^ cmac(item));
        let subkey = dbl(u128::from_be_bytes(zero.into()));
        let mask = (dbl(d) ^ subkey ^ 0x80 << 56).swap_bytes();
        zero.zeroize();
        Siv { s2v, ctr, mask }
    }

    /// The synthetic IVs of the plaintexts, which are also the tags.
    #[inline(always)]
    pub(crate) fn s2v(&self, plaintexts: &[u64], tags: &mut [Block]) {
        for (tag, &plaintext) in tags.iter_mut().zip(plaintexts) {
            *tag = (self.mask ^ u128::from(plaintext)).to_le_bytes().into();
        }
        self.s2v.encrypt_blocks(tags);
    }

    /// Plaintexts into ciphertexts, or back: `C = P xor AES(K2, Q)` with `Q = V bitand (1^64 || 0^1 || 1^31 ||
    /// 0^1 || 1^31)` (sections 2.6 and 2.7). There are at most `N`.
    #[inline(always)]
    pub(crate) fn ctr<const N: usize>(&self, tags: &[Block], texts: &mut [u64]) {
        const Q: u128 =
            u128::from_be_bytes([255, 255, 255, 255, 255, 255, 255, 255, 127, 255, 255, 255, 127, 255, 255, 255]);
        let mut stream = Zeroizing::new([[0; 16]; N].map(Block::from));
        for (block, &tag) in stream.iter_mut().zip(tags) {
            *block = (u128::from_be_bytes(tag.into()) & Q).to_be_bytes().into();
        }
        self.ctr.encrypt_blocks(&mut stream[..tags.len()]);
        for (text, block) in texts.iter_mut().zip(stream.iter()) {
            *text ^= u128::from_le_bytes((*block).into()) as u64;
        }
    }
}

/// Wipes the mask; the ciphers wipe themselves.
impl Drop for Siv {
    fn drop(&mut self) {
        let Siv { s2v: _, ctr: _, mask } = self;
        mask.zeroize();
    }
}

impl ZeroizeOnDrop for Siv {}

/// Multiplication by x in GF(2^128), section 2.3.
fn dbl(block: u128) -> u128 {
    block << 1 ^ (0x87 & (block >> 127).wrapping_neg())
}

#[cfg(test)]
mod tests;
