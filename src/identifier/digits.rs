//! The digit block: the digits of an identifier as eight bytes of TBCD (3GPP TS 29.002 clause 17.7.8), and all the
//! arithmetic on digits that there is.
//!
//! As a little-endian `u64`, digit *i* is bits 4*i* to 4*i* + 3 and an unused nibble is 0xF. Everything
//! below works on whole words, so that neither a branch nor an address depends on the value of a digit.
//! How many digits there are may show.

#[cfg(feature = "seal")] // whose columns of texts are read so
pub(crate) mod texts;

use crate::ct;
use core::fmt;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

/// The most digits a block holds.
pub(crate) const MAX_DIGITS: usize = 16;
/// The nibble that stands behind the last digit.
pub(crate) const FILLER: u64 = 0xF;
/// The lowest bit of every nibble.
const ONES: u64 = 0x1111_1111_1111_1111;

/// The digits of one identifier. Wiped on drop; equality takes the same time whatever the digits.
#[derive(Clone)]
pub struct DigitBlock(u64);

/// Which digit blocks are those of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub(crate) min: usize,
    pub(crate) max: usize,
    /// Whether the first digit may be 0.
    pub(crate) zero_first: bool,
}

/// What is wrong with a digit block, and at which digit, counted from 0.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A nibble from A to E.
    NotADigit(usize),
    /// A filler before a digit.
    Filler(usize),
    /// Too few digits, or too many: how many there are.
    Count(usize),
    /// The first digit is 0 and must not be.
    ZeroFirst,
}

impl Shape {
    /// 0 for a block of this shape, another number for any other one.
    #[inline(always)]
    pub(crate) fn refuses(self, block: u64) -> u64 {
        not_digits(block)
            | gap(block)
            | (fillers(block) & first_nibbles(self.min))
            | (!fillers(block) & ONES & !first_nibbles(self.max))
            | self.refuses_first(block)
    }

    /// 1 for a block whose first digit is 0 where it must not be, and 0 for any other one.
    #[inline(always)]
    fn refuses_first(self, block: u64) -> u64 {
        (block & 0xF).wrapping_sub(1) >> 63 & u64::from(!self.zero_first)
    }

    /// Packs as many ASCII digits as the shape takes, or says what is wrong with them.
    #[inline(always)]
    pub(crate) fn pack(self, text: &[u8]) -> Result<DigitBlock, Fault> {
        let packed = if text.len() < self.min || text.len() > self.max { None } else { pack(text) };
        let Some(block) = packed else {
            let bad = text.iter().position(|&byte| !is_digit(byte));
            return Err(bad.map_or(Fault::Count(text.len()), Fault::NotADigit));
        };
        match is_zero(self.refuses_first(block), "the caller gets the verdict") {
            true => Ok(DigitBlock(block)),
            false => Err(Fault::ZeroFirst),
        }
    }

    /// Packs digits with spaces and hyphens behind and between them, the commonest groups. `None` for anything else and
    /// what is refused: texts that are to be read character by character.
    pub(crate) fn pack_groups(self, text: &[u8]) -> Option<DigitBlock> {
        if text.len() > 2 * MAX_DIGITS {
            return None;
        }
        let (mut block, mut len) = (u64::MAX, 0);
        for &byte in text {
            if is_digit(byte) {
                block ^= u64::from(!byte & 0xF) << (4 * len % 64);
                len += 1;
            } else if !matches!(byte, b' ' | b'-') || len == 0 {
                return None;
            }
        }
        ct::secret(&mut block);
        let fits = (self.min..=self.max).contains(&len);
        (fits && is_zero(self.refuses_first(block), "the caller gets the verdict")).then_some(DigitBlock(block))
    }

    /// The block as an identifier's digits, or what is wrong with it.
    pub(crate) fn check(self, block: u64) -> Result<DigitBlock, Fault> {
        if is_zero(self.refuses(block), "the caller gets the verdict") {
            return Ok(DigitBlock(block));
        }
        // Refused: the rule that it breaks and the place are told, as they would be of a text.
        let bad = first_mark(not_digits(block), "the place of what is no digit");
        let count = first_mark(fillers(block), "the number of digits");
        Err(if bad < MAX_DIGITS {
            Fault::NotADigit(bad)
        } else if !is_zero(gap(block), "whether a filler stands before a digit") {
            Fault::Filler(count)
        } else if count < self.min || count > self.max {
            Fault::Count(count)
        } else {
            Fault::ZeroFirst
        })
    }
}

impl DigitBlock {
    /// The block as its little-endian word.
    #[inline(always)]
    pub(crate) fn word(&self) -> u64 {
        self.0
    }

    /// A block that [`Shape::refuses`] has not refused.
    #[inline(always)]
    pub(crate) fn from_checked(word: u64) -> Self {
        DigitBlock(word)
    }

    /// How many digits there are, 0 to 16.
    pub(crate) fn len(&self) -> usize {
        first_mark(fillers(self.0), "the number of digits")
    }
}

impl PartialEq for DigitBlock {
    fn eq(&self, other: &Self) -> bool {
        ct::public(self.0.ct_eq(&other.0), "the caller asked whether they are equal").into()
    }
}

impl Eq for DigitBlock {}

impl Drop for DigitBlock {
    #[inline(always)]
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for DigitBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

/// Whether a byte is an ASCII digit, which may show, without a look at which one it is, which may not.
pub(crate) fn is_digit(byte: u8) -> bool {
    let value = u16::from(byte ^ b'0');
    ct::public(value.wrapping_sub(10) >> 15, "where the digits stand") == 1
}

/// Packs up to 16 ASCII digits; the nibbles behind them are fillers. `None` where a byte is no digit.
#[inline(always)]
fn pack(text: &[u8]) -> Option<u64> {
    let len = text.len();
    // In every byte the value of a digit: the first eight and the last eight, which overlap, or all of fewer. No array of
    // the two: at some levels of optimisation it would lie on the stack.
    let (mut first, mut last) = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            (u64::from_le_bytes(*first) ^ (BYTES * 0x30), u64::from_le_bytes(*last) ^ (BYTES * 0x30))
        }
        _ => {
            let bytes = text.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            (bytes ^ ((BYTES * 0x30) & !(u64::MAX << (8 * len))), 0)
        }
    };
    ct::secret(&mut first);
    ct::secret(&mut last);
    is_zero(large(first) | large(last), "whether all are digits")
        .then(|| squeeze(first) | squeeze(last) << ((4 * len).wrapping_sub(32) & 63) | FILLERS[len])
}

/// The top bit of every byte that is 10 or more.
#[inline(always)]
fn large(word: u64) -> u64 {
    // 10 or more sets the top bit, if it is not set.
    (((word & !TOPS) + BYTES * 0x76) | word) & TOPS
}

/// The lowest bit of every byte.
const BYTES: u64 = u64::MAX / 255;
/// The highest bit of every byte.
const TOPS: u64 = BYTES * 0x80;

/// The fillers behind so many digits.
const FILLERS: [u64; MAX_DIGITS + 1] = {
    let mut fillers = [0; MAX_DIGITS + 1];
    let mut len = 0;
    while len < MAX_DIGITS {
        fillers[len] = u64::MAX << (4 * len);
        len += 1;
    }
    fillers
};

/// The ASCII digits of a block; behind them stand question marks, one for each filler.
#[inline(never)] // or words of it stay in the frame of a caller, where all is one program
pub(crate) fn unpack(block: u64) -> Zeroizing<[u8; MAX_DIGITS]> {
    Zeroizing::new(ascii(block).to_le_bytes())
}

/// The same as a little-endian word.
#[inline(always)]
pub(crate) fn ascii(block: u64) -> u128 {
    (u128::from(spread(block >> 32)) << 64 | u128::from(spread(block & 0xFFFF_FFFF))) | (u128::MAX / 255 * 0x30)
}

/// Reads up to 8 octets of TBCD; the nibbles behind them are fillers.
pub(crate) fn from_octets(octets: &[u8]) -> u64 {
    let mut word = octets.iter().rev().fold(u64::MAX, |word, &octet| word << 8 | u64::from(octet));
    ct::secret(&mut word);
    word
}

/// Digit `at` of a block.
#[inline(always)]
pub(crate) fn digit(block: u64, at: usize) -> u64 {
    block >> (4 * at) & 0xF
}

/// The block with another value at digit `at`.
#[inline(always)]
pub(crate) fn with_digit(block: u64, at: usize, value: u64) -> u64 {
    block & !(0xF << (4 * at)) | value << (4 * at)
}

/// The Luhn check digit over the first 14 digits (3GPP TS 23.003 annex B): every second digit, beginning
/// with the last, is doubled and its own digits added; the check digit brings the sum to a multiple of 10.
pub(crate) fn luhn(block: u64) -> u64 {
    const PAIRS: u64 = 0x000F_0F0F_0F0F_0F0F; // 7 octets of two digits
    let plain = block & PAIRS;
    let doubled = (block >> 4 & PAIRS) << 1; // 0 to 18
    let carries = (doubled + 0x0006_0606_0606_0606) >> 4 & 0x0001_0101_0101_0101; // 1 where 10 or more
    let sums = plain + doubled - 9 * carries; // at most 18 a byte
    let total = sums.wrapping_mul(0x0101_0101_0101_0101) >> 56; // at most 126
    let units = total - 10 * ((total * 205) >> 11); // total mod 10 without a division, whose time may vary
    let check = 10 - units; // 1 to 10
    check - 10 * ((check + 6) >> 4)
}

/// A mark at every nibble that is 0xF.
#[inline(always)]
fn fillers(block: u64) -> u64 {
    block >> 3 & block >> 2 & block >> 1 & block & ONES
}

/// A mark at every nibble from A to E.
#[inline(always)]
fn not_digits(block: u64) -> u64 {
    let ten_or_more = block >> 3 & (block >> 2 | block >> 1) & ONES;
    ten_or_more ^ fillers(block)
}

/// Not 0 where a digit stands behind a filler: the digits' nibbles, all ones, are no run from bit 0.
#[inline(always)]
fn gap(block: u64) -> u64 {
    let used = !(fillers(block) * 0xF);
    used & used.wrapping_add(1)
}

/// A mark at each of the first `count` nibbles.
#[inline(always)]
const fn first_nibbles(count: usize) -> u64 {
    if count < MAX_DIGITS { ONES & ((1 << (4 * count)) - 1) } else { ONES }
}

/// The nibble of the first mark, 16 where there is none.
fn first_mark(marks: u64, why: &'static str) -> usize {
    ct::public(marks.trailing_zeros(), why) as usize / 4
}

/// 1 for any word but 0.
#[inline(always)]
pub(crate) fn is_not_zero(word: u64) -> u64 {
    (word | word.wrapping_neg()) >> 63
}

#[inline(always)]
fn is_zero(word: u64, why: &'static str) -> bool {
    ct::public(is_not_zero(word), why) == 0
}

/// Eight nibbles, one a byte, moved together into the low half of the word.
#[inline(always)]
fn squeeze(word: u64) -> u64 {
    let word = word & 0x0F0F_0F0F_0F0F_0F0F;
    let word = (word | word >> 4) & 0x00FF_00FF_00FF_00FF;
    let word = (word | word >> 8) & 0x0000_FFFF_0000_FFFF;
    (word | word >> 16) & 0xFFFF_FFFF
}

/// The inverse of [`squeeze`].
#[inline(always)]
fn spread(word: u64) -> u64 {
    let word = (word | word << 16) & 0x0000_FFFF_0000_FFFF;
    let word = (word | word << 8) & 0x00FF_00FF_00FF_00FF;
    (word | word << 4) & 0x0F0F_0F0F_0F0F_0F0F
}

#[cfg(test)]
mod tests;
