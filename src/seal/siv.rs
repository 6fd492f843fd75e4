//! AES-SIV (RFC 5297) with a 64-byte key, fixed associated data and plaintexts of exactly 8 bytes.
//!
//! With key and associated data fixed, all but the plaintext is known in advance, and a message costs
//! two calls of AES. Functions are named as in the RFC and work on many messages at a time, or on one; a block of
//! 8 or 16 bytes is a little-endian word.

use crate::stack;
use aes::{
    Aes256Enc, Block,
    cipher::{
        BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit, ParBlocks,
        consts::U16,
    },
};
use cmac::{Cmac, Mac};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// How many messages are worked on at once. Of more, each bears less of the AES unit's start-up; of fewer, reading and
/// writing spread more evenly over the work, so that memory keeps up. A multiple of what the unit takes at once.
pub(crate) const BATCH: usize = 64;

/// How far down the stack sealing, opening and tags reach, one or a batch, with functions between them and the owner of the
/// sealer, who drops it.
pub(crate) const DEPTH: usize = stack::kib(15, 24);

/// Blocks to work on. They begin where a line of the cache does: vectors of 64 bytes, each across two lines, would cost
/// a tenth in one run of a program and nothing in the next, as its stack happens to lie.
#[repr(align(64))]
pub(crate) struct Blocks(pub(crate) [Block; BATCH]);

impl Blocks {
    pub(crate) fn new() -> Self {
        Blocks([Block::default(); BATCH])
    }
}

/// AES-SIV under one key and for one associated data.
pub(crate) struct Siv {
    /// The first half of the key.
    pub(crate) s2v: S2v,
    /// AES under the second half of the key: CTR.
    ctr: Aes256Enc,
}

/// The half that gives tags and neither seals nor opens.
pub(crate) struct S2v {
    /// K1, to be handed on: `aes` does not give it out again.
    pub(crate) key: [u8; 32],
    /// AES under K1.
    aes: Aes256Enc,
    /// What the last block of S2V is, but for the plaintext.
    mask: u128,
}

impl Siv {
    pub(crate) fn new(key: &[u8; 64], associated_data: &[&[u8]]) -> Self {
        let (k1, k2) = key.split_at(32);
        let k1 = k1.try_into().expect("split at 32");
        let ctr = Aes256Enc::new_from_slice(k2).expect("AES-256 takes half of the 64 bytes");
        Siv { s2v: S2v::new(k1, associated_data), ctr }
    }

    /// One plaintext encrypted under its tag, or one ciphertext decrypted. The block that does it is in no memory.
    #[inline(always)]
    pub(crate) fn crypt(&self, tag: &[u8; 16], word: u64) -> u64 {
        let q = || Block::from((u128::from_le_bytes(*tag) & Q.swap_bytes()).to_le_bytes());
        one(&self.ctr, q, |stream| word ^ u128::from_le_bytes(stream.0) as u64)
    }

    /// The blocks whose first halves turn plaintexts into ciphertexts and back: `AES(K2, Q)`. `fill` puts each
    /// [Q](q) there.
    #[inline(always)]
    pub(crate) fn ctr(&self, blocks: &mut [Block], fill: impl FnOnce(&mut [Block])) {
        encrypt(&self.ctr, blocks, fill, |_| ());
    }
}

/// The bits of a tag that stay in Q, as a big-endian number.
const Q: u128 = !(1 << 63 | 1 << 31);

/// Of each tag V, one behind the other, `Q = V bitand (1^64 || 0^1 || 1^31 || 0^1 || 1^31)` (sections 2.6 and 2.7), for
/// as many as fit into [`Blocks`].
#[inline(always)]
pub(crate) fn q(to: &mut [u8], tags: &[u8]) {
    // For many at once, so that it is done as wide as vectors are.
    static MASK: [[u8; 16]; BATCH] = [Q.to_be_bytes(); BATCH];
    for ((to, tag), mask) in to.iter_mut().zip(tags).zip(MASK.as_flattened()) {
        *to = tag & mask;
    }
}

impl S2v {
    /// ```text
    /// S2V(K, S1, ..., Sn) {                        AES-CMAC(K, M) of one whole block {
    ///   D = AES-CMAC(K, <zero>)                      k1 = dbl(AES(K, <zero>))
    ///   for i = 1 to n-1 do                          return AES(K, M xor k1)
    ///     D = dbl(D) xor AES-CMAC(K, Si)           }
    ///   done
    ///   if len(Sn) >= 128 then ...
    ///   else T = dbl(D) xor pad(Sn)
    ///   return V = AES-CMAC(K, T)
    /// }
    /// ```
    /// RFC 5297 section 2.4 and RFC 4493 section 2.4. S1 to Sn-1 are the associated data, one item in telseal,
    /// and Sn is the plaintext of 64 bits; pad(Sn) is the plaintext, a 1 bit and 63 zeros. So V = AES(K, Sn xor
    /// mask) with mask = dbl(D) xor pad(<none>) xor k1, where k1 is the subkey that RFC 4493 calls K1.
    pub(crate) fn new(key: &[u8; 32], associated_data: &[&[u8]]) -> Self {
        let aes = Aes256Enc::new(key.into());
        let cmac = |message: &[u8]| {
            let mac = <Cmac<Aes256Enc> as KeyInit>::new_from_slice(key).expect("CMAC takes the key of its cipher");
            u128::from_be_bytes(mac.chain_update(message).finalize().into_bytes().into())
        };
        let mut zero = Block::default();
        aes.encrypt_block(&mut zero);

        let d = associated_data.iter().fold(cmac(&[0; 16]), |d, item| dbl(d) ^ cmac(item));
        let subkey = dbl(u128::from_be_bytes(zero.into()));
        let mask = (dbl(d) ^ subkey ^ 0x80 << 56).swap_bytes();
        zero.zeroize();
        S2v { key: *key, aes, mask }
    }

    /// What `then` makes of the synthetic IV of one plaintext, which is also its tag.
    #[inline(always)]
    pub(crate) fn tag<R>(&self, plaintext: u64, then: impl FnOnce([u8; 16]) -> R) -> R {
        one(&self.aes, || Block::from((self.mask ^ u128::from(plaintext)).to_le_bytes()), |block| then(block.0))
    }

    /// Runs a loop over words, compiled once for each backend of AES, with all that its processors can do.
    #[inline(always)]
    pub(crate) fn vectorized(&self, run: impl FnOnce()) {
        with_backend(&self.aes, Run(run));
    }

    /// The synthetic IVs of plaintexts, which are also their tags: put into the blocks, as many as there are.
    #[inline(always)]
    pub(crate) fn tags(&self, blocks: &mut [Block], plaintexts: impl Iterator<Item = u64>) {
        self.tags_then(blocks, plaintexts, |_| ());
    }

    /// Puts the tags into the blocks, as [`tags`](Self::tags) does. 0 if they are the expected ones, another number if not.
    #[inline(always)]
    pub(crate) fn tags_and_difference(
        &self,
        blocks: &mut [Block],
        plaintexts: impl Iterator<Item = u64>,
        expected: &[Block],
    ) -> u64 {
        assert_eq!(blocks.len(), expected.len(), "a missing tag would be taken for an equal one");
        let mut difference = u64::MAX; // unless AES calls what it is given
        self.tags_then(blocks, plaintexts, |blocks| {
            let [found, expected] = [blocks, expected].map(|blocks| Block::slice_as_flattened(blocks).as_chunks().0);
            difference = 0;
            for (found, expected) in found.iter().zip(expected) {
                difference |= u64::from_le_bytes(*found) ^ u64::from_le_bytes(*expected);
            }
        });
        difference
    }

    /// Puts the tags into the blocks, and hands them to `then` while AES has its vectors.
    #[inline(always)]
    fn tags_then(&self, blocks: &mut [Block], plaintexts: impl Iterator<Item = u64>, then: impl FnOnce(&[Block])) {
        // Words of 8 bytes, since none of 16 goes into a vector.
        let [low, high] = [self.mask as u64, (self.mask >> 64) as u64];
        let fill = |blocks: &mut [Block]| {
            for (block, plaintext) in blocks.iter_mut().zip(plaintexts) {
                block[..8].copy_from_slice(&(low ^ plaintext).to_le_bytes());
                block[8..].copy_from_slice(&high.to_le_bytes());
            }
        };
        encrypt(&self.aes, blocks, fill, then);
    }
}

/// Encrypts one block. It is made where AES takes it from a register: a block that lies in memory in two pieces cannot
/// be loaded before both are stored, and calls that do not depend on each other would wait for that one by one.
#[inline(always)]
fn one<R>(aes: &Aes256Enc, make: impl FnOnce() -> Block, then: impl FnOnce(Block) -> R) -> R {
    let mut result = None;
    aes.encrypt_with_backend(One { make, then, result: &mut result });
    result.expect("AES calls what it is given")
}

struct One<'a, Make, Then, R> {
    make: Make,
    then: Then,
    result: &'a mut Option<R>,
}

impl<Make, Then, R> BlockSizeUser for One<'_, Make, Then, R> {
    type BlockSize = U16;
}

impl<Make: FnOnce() -> Block, Then: FnOnce(Block) -> R, R> BlockCipherEncClosure for One<'_, Make, Then, R> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let One { make, then, result } = self;
        let mut block = make();
        backend.encrypt_block_inplace(&mut block);
        *result = Some(then(block));
    }
}

/// Fills the blocks with what AES is to encrypt, encrypts them, and hands the result to `then`.
#[inline(always)]
fn encrypt(aes: &Aes256Enc, blocks: &mut [Block], fill: impl FnOnce(&mut [Block]), then: impl FnOnce(&[Block])) {
    with_backend(aes, Pass { blocks, fill, then });
}

/// Runs it with the backend of AES.
#[inline(always)]
fn with_backend(aes: &Aes256Enc, work: impl BlockCipherEncClosure<BlockSize = U16>) {
    aes.encrypt_with_backend(work);
    if cfg!(debug_assertions) {
        // Not optimised, a batch reaches further than is wiped when the sealer is dropped.
        stack::wipe::<DEPTH>();
    }
}

/// No blocks at all. With an empty [`Pass`], the round keys would be made ready for it and put on the stack.
struct Run<F>(F);

impl<F> BlockSizeUser for Run<F> {
    type BlockSize = U16;
}

impl<F: FnOnce()> BlockCipherEncClosure for Run<F> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, _: &B) {
        (self.0)();
    }
}

/// Many blocks. All of it is compiled once for each backend of AES, with all that its processors can do.
struct Pass<'a, Fill, Then> {
    blocks: &'a mut [Block],
    fill: Fill,
    then: Then,
}

impl<Fill, Then> BlockSizeUser for Pass<'_, Fill, Then> {
    type BlockSize = U16;
}

impl<Fill: FnOnce(&mut [Block]), Then: FnOnce(&[Block])> BlockCipherEncClosure for Pass<'_, Fill, Then> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Pass { blocks, fill, then } = self;
        // All are made before the first is encrypted: a wide load right after narrow stores has to wait.
        fill(blocks);
        let (chunks, tail) = ParBlocks::<B>::slice_as_chunks_mut(blocks);
        for chunk in chunks {
            backend.encrypt_par_blocks_inplace(chunk);
        }
        backend.encrypt_tail_blocks_inplace(tail);
        then(blocks);
    }
}

/// Wipes key and mask; the ciphers wipe themselves.
impl Drop for S2v {
    fn drop(&mut self) {
        let S2v { key, aes: _, mask } = self;
        key.zeroize();
        mask.zeroize();
    }
}

impl ZeroizeOnDrop for S2v {}
impl ZeroizeOnDrop for Siv {}

/// Multiplication by x in GF(2^128), section 2.3.
fn dbl(block: u128) -> u128 {
    block << 1 ^ (0x87 & (block >> 127).wrapping_neg())
}

#[cfg(test)]
mod tests;
