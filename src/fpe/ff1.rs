//! FF1 (NIST SP 800-38G Revision 1, section 5.1) with AES-256 and radix 10, for 6 to 16 digits and tweaks of up to
//! 11 bytes.
//!
//! A round is then one call of AES, and each half of the digits is a number of at most 8 digits, in a word. No branch, no
//! address and no division depends on a digit: remainders are computed by multiplication.

use aes::{
    Aes256Enc, Block,
    cipher::{
        BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit, ParBlocks,
        consts::U16,
    },
};
use zeroize::{Zeroize, optimization_barrier};

/// How many identifiers are worked on at once.
pub(super) const BATCH: usize = 64;

/// The fewest digits: NIST SP 800-38G Revision 1 wants a domain of at least 10⁶.
pub(super) const MIN: usize = 6;
const MAX: usize = 16;

pub(super) struct Ff1 {
    aes: Aes256Enc,
    /// For each number of digits.
    lengths: [Length; MAX + 1],
}

/// What is known of a message by how many digits it has. It has no padding, in which a move could leave a key.
#[derive(Clone, Copy, Default)]
struct Length {
    /// `AES(P)`, big-endian.
    p: u128,
    /// How many bits stand behind the number of the round in Q: 8 *b*.
    round: u64,
    /// *u* and *v*: digits of the two halves.
    digits: [u32; 2],
    moduli: [Modulus; 2],
}

/// The remainder by a power of ten, up to 10⁸.
#[derive(Clone, Copy, Default)]
struct Modulus {
    m: u64,
    /// `2^64 / m`, rounded down.
    inverse: u64,
    /// `2^(31 + bits) / m`, rounded down, where `m` has so many bits: at most 32 bits.
    inverse32: u64,
    bits: u64,
    /// `2^32 mod m`.
    carry: u64,
}

impl Modulus {
    fn new(digits: u32) -> Self {
        let m = 10_u64.pow(digits);
        let bits = u64::from(m.ilog2()) + 1;
        let inverse = u64::MAX / m; // m divides no power of two
        Modulus { m, inverse, inverse32: (1 << (31 + bits)) / m, bits, carry: (1 << 32) % m }
    }

    /// `y mod m`.
    #[inline(always)]
    fn reduce(self, y: u64) -> u64 {
        let q = ((u128::from(y) * u128::from(self.inverse)) >> 64) as u64;
        subtract_once(y - q * self.m, self.m)
    }

    /// The same, with products of 32 bits by 32 only, as vectors have them.
    #[inline(always)]
    fn reduce_in_vectors(self, y: u64) -> u64 {
        let mul = |a: u64, b: u64| (a & 0xFFFF_FFFF) * (b & 0xFFFF_FFFF);
        let high = y >> 32;
        let q = mul(high, self.inverse32) >> (31 + self.bits);
        let high = subtract_once(high - mul(q, self.m), self.m);
        let z = mul(high, self.carry) + (y & 0xFFFF_FFFF); // less than 10^16 + 2^32
        let q = mul(z >> (self.bits - 1), self.inverse32) >> 32;
        let r = z - mul(q, self.m); // less than 3 m
        subtract_once(subtract_once(r, self.m), self.m)
    }

    /// `a + y mod m` or `a - y mod m`, where both are less than `m`.
    #[inline(always)]
    fn step<const DECRYPT: bool>(self, a: u64, y: u64) -> u64 {
        subtract_once(if DECRYPT { a + self.m - y } else { a + y }, self.m)
    }
}

/// `r` less `m`, unless `r` is the lesser.
#[inline(always)]
fn subtract_once(r: u64, m: u64) -> u64 {
    let less = r.wrapping_sub(m);
    less.wrapping_add(m & (less as i64 >> 63) as u64)
}

/// The number that 8 digits are, the first in the lowest nibble.
#[inline(always)]
fn number(nibbles: u64) -> u64 {
    let pairs = (nibbles & 0x0F0F_0F0F) * 10 + (nibbles >> 4 & 0x0F0F_0F0F);
    let fours = (pairs & 0x00FF_00FF) * 100 + (pairs >> 8 & 0x00FF_00FF);
    (fours & 0xFFFF) * 10_000 + (fours >> 16)
}

/// Its 8 digits, the first in the lowest nibble.
#[inline(always)]
fn nibbles(number: u64) -> u64 {
    let high = (number * 109_951_163) >> 40; // / 10000
    let fours = high | (number - high * 10_000) << 32;
    let high = ((fours * 5243) >> 19) & 0x7F_0000_007F; // / 100
    let pairs = high | (fours - high * 100) << 16;
    let high = ((pairs * 103) >> 10) & 0x000F_000F_000F_000F; // / 10
    let ones = high | (pairs - high * 10) << 8;
    let twos = (ones | ones >> 4) & 0x00FF_00FF_00FF_00FF;
    let fours = (twos | twos >> 8) & 0x0000_FFFF_0000_FFFF;
    (fours | fours >> 16) & 0xFFFF_FFFF
}

impl Length {
    /// A and B: the halves of as many digits as there are, as numbers.
    #[inline(always)]
    fn split(&self, word: u64) -> [u64; 2] {
        let [u, v] = self.digits;
        // Up to 8 digits, in the upper half of a word: those in front of them are 0.
        [number(word << (64 - 4 * u) >> 32), number(word >> (4 * u) << (64 - 4 * v) >> 32)]
    }

    /// The nibbles of as many digits.
    #[inline(always)]
    fn changed(&self) -> u64 {
        u64::MAX >> (64 - 4 * (self.digits[0] + self.digits[1]))
    }

    /// The digits of A and B. The nibbles behind them are 0.
    #[inline(always)]
    fn join(&self, [a, b]: [u64; 2]) -> u64 {
        let [u, v] = self.digits;
        nibbles(a) >> (32 - 4 * u) | nibbles(b) >> (32 - 4 * v) << (4 * u)
    }
}

impl Ff1 {
    /// For tweaks of `tweak` bytes, at most 11.
    pub(super) fn new(key: &[u8; 32], tweak: usize) -> Self {
        assert!(tweak <= 11, "a tweak and a round fit into one block");
        let aes = Aes256Enc::new(key.into());
        let mut lengths = [Length::default(); MAX + 1];
        for (n, length) in lengths.iter_mut().enumerate().skip(MIN) {
            // Steps 1, 3 and 5 of Algorithm 7. Step 4 is d = 8 for each of these lengths.
            let (u, v) = (n as u32 / 2, (n as u32).div_ceil(2));
            let b = ((10_u64.pow(v) - 1).ilog2() + 1).div_ceil(8);
            let mut p = Block::from([1, 2, 1, 0, 0, 10, 10, u as u8, 0, 0, 0, n as u8, 0, 0, 0, tweak as u8]);
            aes.encrypt_block(&mut p);
            let moduli = [u, v].map(Modulus::new);
            *length = Length { p: u128::from_be_bytes(p.into()), round: u64::from(8 * b), digits: [u, v], moduli };
            p.zeroize();
        }
        Ff1 { aes, lengths }
    }

    /// Encrypts or decrypts `n` digits of a block, 6 to 16, that stand behind `before` others. The tweak is big-endian,
    /// with zeros behind it.
    #[inline(always)]
    pub(super) fn one<const DECRYPT: bool>(&self, n: usize, tweak: [u64; 2], before: usize, word: u64) -> u64 {
        let length = &self.lengths[n];
        let mut halves = length.split(word >> (4 * before));
        let tweak = u128::from(tweak[0]) << 64 | u128::from(tweak[1]);
        self.aes.encrypt_with_backend(One::<DECRYPT> { length, start: length.p ^ tweak, halves: &mut halves });
        let digits = length.join(halves);
        halves.zeroize();
        word & !(length.changed() << (4 * before)) | digits << (4 * before)
    }

    /// The same for a batch, in place: of each block the `n` digits that stand behind so many others. `tweak` is made of a
    /// block and the number of these.
    #[inline(always)]
    pub(super) fn many<const DECRYPT: bool>(&self, n: usize, batch: &mut Batch, tweak: impl Fn(u64, u64) -> [u64; 2]) {
        self.aes.encrypt_with_backend(Many::<DECRYPT, _> { length: &self.lengths[n], batch, tweak });
    }
}

/// Where many are worked on. Wiped on drop.
#[repr(align(64))]
pub(super) struct Batch {
    /// Digit blocks of any numbers of digits.
    pub(super) given: [u64; BATCH],
    /// Those of one number of digits, and zeros in the other places.
    pub(super) words: [u64; BATCH],
    /// How many of their first digits stay as they are: at most 10.
    pub(super) before: [u64; BATCH],
    /// A and B.
    halves: [[u64; BATCH]; 2],
    /// `AES(P)` with the tweak: the first half of each block, and the second.
    starts: [[u64; BATCH]; 2],
    blocks: [Block; BATCH],
}

impl Batch {
    pub(super) fn new() -> Self {
        let (zeros, blocks) = ([0; BATCH], [Block::default(); BATCH]);
        Batch { given: zeros, words: zeros, before: zeros, halves: [zeros; 2], starts: [zeros; 2], blocks }
    }
}

impl Drop for Batch {
    fn drop(&mut self) {
        let Batch { given, words, before, halves, starts, blocks } = self;
        (*given, *words, *before) = ([0; BATCH], [0; BATCH], [0; BATCH]);
        (*halves, *starts) = ([[0; BATCH]; 2], [[0; BATCH]; 2]);
        *blocks = [Block::default(); BATCH];
        optimization_barrier(self);
    }
}

/// The rounds of Algorithm 7, or those of Algorithm 8, with the number of each.
#[inline(always)]
fn rounds<const DECRYPT: bool>() -> impl Iterator<Item = u64> {
    (0..10).map(|i| if DECRYPT { 9 - i } else { i })
}

/// One message. All rounds are inside AES: its round keys stay in registers.
struct One<'a, const DECRYPT: bool> {
    length: &'a Length,
    start: u128,
    halves: &'a mut [u64; 2],
}

impl<const DECRYPT: bool> BlockSizeUser for One<'_, DECRYPT> {
    type BlockSize = U16;
}

impl<const DECRYPT: bool> BlockCipherEncClosure for One<'_, DECRYPT> {
    /// ```text
    /// For i from 0 to 9:
    ///   Q = T || [0]^((-t-b-1) mod 16) || [i]^1 || [NUM(B)]^b
    ///   R = PRF(P || Q)                    where PRF(P || Q) = AES(AES(P) xor Q), since Q is one block
    ///   S = the first d bytes of R, y = NUM(S)
    ///   c = (NUM(A) + y) mod 10^m          where m = u in even rounds and v in odd ones
    ///   A = B, B = c
    /// ```
    /// Here A and B keep their places, and odd rounds change B.
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let One { length, start, halves } = self;
        let [mut a, mut b] = *halves;
        let f = |i: u64, number: u64| {
            let mut block = Block::from((start ^ u128::from(i << length.round | number)).to_be_bytes());
            backend.encrypt_block_inplace(&mut block);
            (u128::from_be_bytes(block.0) >> 64) as u64
        };
        for i in rounds::<DECRYPT>() {
            if i % 2 == 0 {
                a = length.moduli[0].step::<DECRYPT>(a, length.moduli[0].reduce(f(i, b)));
            } else {
                b = length.moduli[1].step::<DECRYPT>(b, length.moduli[1].reduce(f(i, a)));
            }
        }
        *halves = [a, b];
    }
}

/// Many messages of one length, round by round. All of it is compiled once for each backend of AES, with all that its
/// processors can do.
struct Many<'a, const DECRYPT: bool, Tweak> {
    length: &'a Length,
    batch: &'a mut Batch,
    tweak: Tweak,
}

impl<const DECRYPT: bool, Tweak> BlockSizeUser for Many<'_, DECRYPT, Tweak> {
    type BlockSize = U16;
}

impl<const DECRYPT: bool, Tweak: Fn(u64, u64) -> [u64; 2]> BlockCipherEncClosure for Many<'_, DECRYPT, Tweak> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, backend: &B) {
        let Many { length, batch, tweak } = self;
        let Batch { given: _, words, before, halves: [a, b], starts: [high, low], blocks } = batch;
        let p = [(length.p >> 64) as u64, length.p as u64];
        for i in 0..BATCH {
            let tweak = tweak(words[i], before[i]);
            [high[i], low[i]] = [p[0] ^ tweak[0], p[1] ^ tweak[1]];
            [a[i], b[i]] = length.split(words[i] >> (4 * before[i]));
        }
        for i in 0..5 {
            if DECRYPT {
                round::<B, true>(backend, length, 9 - 2 * i, blocks, [high, low], b, a);
                round::<B, true>(backend, length, 8 - 2 * i, blocks, [high, low], a, b);
            } else {
                round::<B, false>(backend, length, 2 * i, blocks, [high, low], a, b);
                round::<B, false>(backend, length, 2 * i + 1, blocks, [high, low], b, a);
            }
        }
        let changed = length.changed();
        for i in 0..BATCH {
            let digits = length.join([a[i], b[i]]);
            words[i] = words[i] & !(changed << (4 * before[i])) | digits << (4 * before[i]);
        }
    }
}

/// Round `i` of a whole batch. Places that nothing is in are computed too: loops of a known length are wide vectors.
#[inline(always)]
fn round<B: BlockCipherEncBackend<BlockSize = U16>, const DECRYPT: bool>(
    backend: &B,
    length: &Length,
    i: u64,
    blocks: &mut [Block; BATCH],
    starts: [&[u64; BATCH]; 2],
    to: &mut [u64; BATCH],
    from: &[u64; BATCH],
) {
    let number = i << length.round;
    for (block, ((high, low), from)) in blocks.iter_mut().zip(starts[0].iter().zip(starts[1]).zip(from)) {
        block[..8].copy_from_slice(&high.to_be_bytes());
        block[8..].copy_from_slice(&(low ^ (number | from)).to_be_bytes());
    }
    let (chunks, tail) = ParBlocks::<B>::slice_as_chunks_mut(blocks);
    for chunk in chunks {
        backend.encrypt_par_blocks_inplace(chunk);
    }
    backend.encrypt_tail_blocks_inplace(tail);
    let modulus = length.moduli[i as usize % 2];
    for (to, block) in to.iter_mut().zip(blocks) {
        let y = u64::from_be_bytes(*block.first_chunk().expect("half of a block"));
        *to = modulus.step::<DECRYPT>(*to, modulus.reduce_in_vectors(y));
    }
}

/// AES wipes itself.
impl Drop for Ff1 {
    fn drop(&mut self) {
        let Ff1 { aes: _, lengths } = self;
        for length in lengths.iter_mut() {
            length.p.zeroize();
        }
    }
}

#[cfg(test)]
mod tests;
