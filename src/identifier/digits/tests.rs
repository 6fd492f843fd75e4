#![allow(clippy::unwrap_used)] // what fails here fails the test

use super::*;
#[cfg(feature = "seal")]
use crate::identifier::Internal;
use crate::{Identifier, Imei, Imeisv, Imsi, PhoneNumber, identifier::Sealed};
use proptest::{array::uniform16, collection::vec, prelude::*};
use std::{format, string::String, vec, vec::Vec};

/// Four digit strings in which every place holds four different digits.
const TEXTS: [&str; 4] = ["4420794600181234", "0010123456789059", "9999999999999999", "0000000000000000"];

/// Sixteen nibbles, the first in the lowest bits.
fn block(nibbles: &[u8]) -> u64 {
    let nibble = |i| u64::from(*nibbles.get(i).unwrap_or(&0xF));
    (0..16).map(|i| nibble(i) << (4 * i)).sum()
}

fn nibbles(block: u64) -> Vec<u8> {
    format!("{block:016x}").chars().rev().map(|char| char.to_digit(16).unwrap() as u8).collect()
}

/// The nibbles of up to 16 ASCII digits, with fillers behind them.
fn block_nibbles(text: &[u8]) -> Vec<u8> {
    nibbles(block(&values(text)))
}

fn values(text: &[u8]) -> Vec<u8> {
    text.iter().map(|byte| byte - b'0').collect()
}

mod naive {
    use super::*;

    /// What `Shape::check` must say of sixteen nibbles: how many digits there are, or the first rule broken.
    pub(super) fn check(shape: Shape, nibbles: &[u8]) -> Result<usize, Fault> {
        if let Some(bad) = nibbles.iter().position(|nibble| (0xA..=0xE).contains(nibble)) {
            return Err(Fault::NotADigit(bad));
        }
        let count = nibbles.iter().position(|&nibble| nibble == 0xF).unwrap_or(16);
        if nibbles[count..].iter().any(|&nibble| nibble != 0xF) {
            return Err(Fault::Filler(count));
        }
        if !(shape.min..=shape.max).contains(&count) {
            return Err(Fault::Count(count));
        }
        if nibbles[0] == 0 && !shape.zero_first {
            return Err(Fault::ZeroFirst);
        }
        Ok(count)
    }

    /// The check digit of 14 digits, as on paper.
    pub(super) fn luhn(digits: &[u8]) -> u64 {
        let places = digits.iter().enumerate().map(|(i, &digit)| match i % 2 {
            0 => u64::from(digit),
            _ => u64::from(2 * digit / 10 + 2 * digit % 10),
        });
        (10 - places.sum::<u64>() % 10) % 10
    }
}

#[track_caller]
fn same_verdict(shape: Shape, nibbles: &[u8]) {
    let word = block(nibbles);
    let expected = naive::check(shape, nibbles);
    let found = shape.check(word);
    assert_eq!(found.as_ref().map(DigitBlock::len), expected.as_ref().copied(), "{shape:?} {nibbles:x?}");
    assert_eq!(shape.refuses(word) == 0, expected.is_ok(), "{shape:?} {nibbles:x?}");
    if let Ok(found) = found {
        assert_eq!(found.word(), word);
    }
}

/// The shapes of the four kinds and the extreme ones.
fn shapes() -> [Shape; 7] {
    let shape = |min, max, zero_first| Shape { min, max, zero_first };
    let extremes = [shape(0, 16, true), shape(0, 16, false), shape(15, 15, true)];
    let [none, none_zero, fifteen] = extremes;
    [PhoneNumber::SHAPE, Imsi::SHAPE, Imei::SHAPE, Imeisv::SHAPE, none, none_zero, fifteen]
}

#[test]
fn the_kinds_have_the_shapes_of_the_format() {
    fn shape<I: Identifier>() -> (usize, usize, bool) {
        let Shape { min, max, zero_first } = I::SHAPE;
        (min, max, zero_first)
    }
    assert_eq!(shape::<PhoneNumber>(), (7, 15, false));
    assert_eq!(shape::<Imsi>(), (6, 15, true));
    assert_eq!(shape::<Imei>(), (14, 14, true));
    assert_eq!(shape::<Imeisv>(), (16, 16, true));
}

#[test]
fn a_block_is_tbcd() {
    assert_eq!(pack(b"442079460018").unwrap().to_le_bytes(), [0x44, 0x02, 0x97, 0x64, 0x00, 0x81, 0xFF, 0xFF]);
    assert_eq!(pack(b"1").unwrap(), 0xFFFF_FFFF_FFFF_FFF1);
    assert_eq!(pack(b"").unwrap(), u64::MAX);
}

#[test]
fn packing_and_unpacking_at_every_length() {
    for text in TEXTS.map(str::as_bytes) {
        for length in 0..=16 {
            let text = &text[..length];
            let packed = pack(text).unwrap();
            assert_eq!(packed, block(&values(text)));
            let mut expected = text.to_vec();
            expected.resize(16, b'?');
            assert_eq!(unpack(packed)[..], expected);
            let block = Shape { min: length, max: length, zero_first: true }.check(packed).unwrap();
            assert_eq!((block.word(), block.len()), (packed, length));
        }
    }
}

/// The block's word, or the place of what is no digit.
fn word(text: &[u8]) -> Result<u64, usize> {
    let any = Shape { min: 0, max: MAX_DIGITS, zero_first: true };
    assert_eq!(pack(text), any.pack(text).ok().map(|block| block.word()));
    any.pack(text).map(|block| block.word()).map_err(|fault| match fault {
        Fault::NotADigit(at) => at,
        other => panic!("{other:?}"),
    })
}

#[test]
fn every_byte_at_every_place_is_packed_or_refused_there() {
    for length in 1..=16 {
        for at in 0..length {
            for byte in 0..=255 {
                let mut text = TEXTS[0].as_bytes()[..length].to_vec();
                text[at] = byte;
                let expected = if byte.is_ascii_digit() { Ok(block(&values(&text))) } else { Err(at) };
                assert_eq!(word(&text), expected, "byte {byte:#x} at {at} of {length}");
            }
        }
    }
}

/// Packed in the shape of a kind: the bytes are judged first, then their number, then the first digit.
#[test]
fn every_length_in_every_shape() {
    for shape in shapes() {
        for text in TEXTS {
            for length in 0..=40 {
                let text: Vec<u8> = text.bytes().cycle().take(length).collect();
                let expected = match length {
                    0..=16 => naive::check(shape, &block_nibbles(&text)),
                    _ => Err(Fault::Count(length)),
                };
                let packed = shape.pack(&text);
                assert_eq!(packed.as_ref().map(DigitBlock::len), expected.as_ref().copied(), "{shape:?} {length}");
                assert!(packed.is_err() || packed.is_ok_and(|packed| packed.word() == block(&values(&text))));
                for (at, bad) in (0..length).flat_map(|at| [(at, b'/'), (at, b':'), (at, 0xFF), (at, b'?')]) {
                    let mut text = text.clone();
                    text[at] = bad;
                    assert_eq!(shape.pack(&text), Err(Fault::NotADigit(at)), "{shape:?} {bad:#x} at {at} of {length}");
                }
            }
        }
    }
}

#[test]
fn the_first_of_two_bad_bytes_is_named() {
    for first in 0..15 {
        for second in first + 1..16 {
            for bytes in [[b'/', b':'], [0xFF, 0x00], [b':', 0x80]] {
                let mut text = TEXTS[0].as_bytes().to_vec();
                [text[first], text[second]] = bytes;
                assert_eq!(word(&text), Err(first));
            }
        }
    }
}

#[test]
fn is_digit_for_every_byte() {
    for byte in 0..=255 {
        assert_eq!(is_digit(byte), byte.is_ascii_digit(), "{byte:#x}");
    }
}

#[test]
fn octets_stand_in_order_and_fillers_behind_them() {
    let octets = [0x21, 0x43, 0x65, 0x87, 0x09, 0xBA, 0xDC, 0xFE];
    for length in 0..=8 {
        let expected: Vec<_> = octets[..length].iter().flat_map(|octet| [octet & 0xF, octet >> 4]).collect();
        assert_eq!(from_octets(&octets[..length]), block(&expected));
    }
}

#[test]
fn every_digit_is_read_and_replaced() {
    let word = block(&values(TEXTS[0].as_bytes()));
    for at in 0..16 {
        assert_eq!(digit(word, at), u64::from(nibbles(word)[at]));
        for value in 0..16 {
            let mut expected = nibbles(word);
            expected[at] = value as u8;
            assert_eq!(with_digit(word, at, value), block(&expected));
        }
    }
}

#[test]
fn all_nibbles_at_every_place_of_every_length() {
    for shape in shapes() {
        for length in 0..=16 {
            for text in TEXTS {
                let mut base = values(&text.as_bytes()[..length]);
                base.resize(16, 0xF);
                same_verdict(shape, &base);
                for (at, nibble) in (0..16).flat_map(|at| (0..16).map(move |nibble| (at, nibble))) {
                    let mut nibbles = base.clone();
                    nibbles[at] = nibble;
                    same_verdict(shape, &nibbles);
                }
            }
        }
    }
}

/// Each place is a digit, a zero, a filler or neither: all combinations over four places in every position.
#[test]
fn small_patterns_at_every_place() {
    let symbols = [0, 7, 0xA, 0xE, 0xF];
    for shape in shapes() {
        for start in 0..=12 {
            for pattern in 0..625 {
                let mut nibbles = vec![5; start];
                nibbles.extend([1, 5, 25, 125].map(|place| symbols[pattern / place % 5]));
                nibbles.resize(16, 0xF);
                same_verdict(shape, &nibbles);
            }
        }
    }
}

/// The marks themselves, where `check` shows only the first of them.
#[test]
fn every_nibble_is_marked_on_its_own() {
    for at in 0..16 {
        for nibble in 0..16_u64 {
            for around in [0, u64::MAX, 0x9999_9999_9999_9999, 0xAAAA_AAAA_AAAA_AAAA] {
                let word = with_digit(around, at, nibble);
                let mark = |marks| digit(marks, at);
                assert_eq!(mark(fillers(word)), u64::from(nibble == 0xF));
                assert_eq!(mark(not_digits(word)), u64::from((0xA..=0xE).contains(&nibble)));
                assert_eq!((fillers(word) | not_digits(word)) & !ONES, 0);
            }
        }
    }
    for count in 0..=16 {
        assert_eq!(first_nibbles(count).count_ones() as usize, count);
        assert_eq!(first_mark(ONES & !first_nibbles(count), "a test"), count);
    }
}

#[test]
fn luhn_of_the_published_imei() {
    assert_eq!(luhn(pack(b"49015420323751").unwrap()), 8);
}

/// All 140 single digits on a ground of zeros: each place and each value weighs what it must, and all check
/// digits come up.
#[test]
fn luhn_of_every_single_digit() {
    for place in 0..14 {
        let mut found: Vec<u64> = (0..10).map(|value| luhn(with_digit(block(&[0; 14]), place, value))).collect();
        let expected: Vec<u64> = match place % 2 {
            0 => vec![0, 9, 8, 7, 6, 5, 4, 3, 2, 1],
            _ => vec![0, 8, 6, 4, 2, 9, 7, 5, 3, 1],
        };
        assert_eq!(found, expected, "place {place}");
        found.sort_unstable();
        assert_eq!(found, Vec::from_iter(0..10));
    }
}

#[test]
fn luhn_tells_every_single_digit_change() {
    for text in TEXTS {
        let digits = values(&text.as_bytes()[..14]);
        for (place, value) in (0..14).flat_map(|place| (0..10).map(move |value| (place, value))) {
            let mut other = digits.clone();
            other[place] = value;
            assert_eq!(luhn(block(&other)), naive::luhn(&other));
            assert_eq!(luhn(block(&other)) == luhn(block(&digits)), other == digits);
        }
    }
}

/// Digit sums from 0 to 126, the most there can be: `total mod 10` without a division holds for each.
#[test]
fn luhn_of_every_total() {
    for total in 0..=126_u8 {
        let mut left = total;
        // 9 weighs 9 at every place, doubled or not; what is left goes to one plain place.
        let mut digits = [0; 14];
        for digit in &mut digits {
            *digit = left.min(9);
            left -= *digit;
            if *digit < 9 {
                break;
            }
        }
        // The rest fell on a doubled place: find the digit whose double adds up to it.
        if let Some(place) = digits.iter().position(|&digit| digit > 0 && digit < 9).filter(|place| place % 2 == 1) {
            let rest = digits[place];
            digits[place] = (0..10).find(|&digit| 2 * digit / 10 + 2 * digit % 10 == rest).unwrap();
        }
        assert_eq!(luhn(block(&digits)), u64::from((10 - total % 10) % 10), "total {total}");
    }
}

#[test]
fn luhn_does_not_look_behind_the_fourteenth_digit() {
    let word = block(&values(TEXTS[0].as_bytes()));
    for behind in 0..=255 {
        assert_eq!(luhn(word << 8 >> 8 | behind << 56), luhn(word));
    }
}

#[test]
fn equality_and_debug() {
    let [a, b] = [1, 2].map(DigitBlock::from_checked);
    assert!(a == a.clone() && a != b);
    for bit in 0..64 {
        assert!(DigitBlock::from_checked(1 << bit) != DigitBlock::from_checked(0), "bit {bit}");
    }
    assert_eq!(format!("{a:?}"), "..");
}

proptest! {
    #[test]
    fn check_equals_the_naive_one(nibbles in uniform16(0..16_u8), digits in 0..=16_usize) {
        for shape in shapes() {
            same_verdict(shape, &nibbles);
            // The same with nothing but digits first and nothing but fillers behind, then with one of both.
            let mut likely: Vec<_> = nibbles.iter().map(|nibble| nibble % 10).collect();
            likely[digits..].fill(0xF);
            same_verdict(shape, &likely);
            likely[usize::from(nibbles[0])] = nibbles[1];
            same_verdict(shape, &likely);
        }
    }

    #[test]
    fn any_word_is_judged_as_the_naive_one_does(word: u64) {
        for shape in shapes() {
            same_verdict(shape, &nibbles(word));
        }
    }

    #[test]
    fn squeeze_and_spread_are_inverse(word: u32) {
        let expected: String = format!("{word:08x}").chars().flat_map(|char| ['0', char]).collect();
        prop_assert_eq!(format!("{:016x}", spread(u64::from(word))), expected);
        prop_assert_eq!(squeeze(spread(u64::from(word))), u64::from(word));
    }

    #[test]
    fn luhn_equals_the_naive_one(digits in vec(0..10_u8, 14)) {
        prop_assert_eq!(luhn(block(&digits)), naive::luhn(&digits));
    }

    #[test]
    fn any_bytes_are_packed_or_refused(text in vec(any::<u8>(), 0..=16)) {
        let expected = match text.iter().position(|byte| !byte.is_ascii_digit()) {
            Some(bad) => Err(bad),
            None => Ok(block(&values(&text))),
        };
        prop_assert_eq!(word(&text), expected);
    }
}

/// Every number of digits, with each byte at each place: what is no group is left to the reader of characters.
#[test]
fn groups_of_digits() {
    let shape = Shape { min: 7, max: 15, zero_first: false };
    for len in 0..=33 {
        let digits: Vec<u8> = (0..len).map(|i| b'1' + i % 9).collect();
        let whole = shape.pack(&digits).ok();
        assert_eq!(shape.pack_groups(&digits), whole);
        for at in 0..=digits.len() {
            for byte in 0..=u8::MAX {
                let mut text = digits.clone();
                text.insert(at, byte);
                let expected = match byte {
                    b' ' | b'-' if at > 0 => whole.clone(),
                    _ => shape.pack(&text).ok(),
                };
                assert_eq!(shape.pack_groups(&text), expected, "{byte} at {at} of {len}");
            }
        }
        // A separator behind each digit and several between two.
        let apart: Vec<u8> = digits.iter().flat_map(|&digit| [digit, b'-']).collect();
        assert_eq!(shape.pack_groups(&apart), whole);
        let mut far = [&digits[..digits.len() / 2], &[b' '; 20], &digits[digits.len() / 2..]].concat();
        far.truncate(2 * MAX_DIGITS + 1);
        assert_eq!(shape.pack_groups(&far), whole.filter(|_| (7..=12).contains(&len)));
    }
    assert_eq!(shape.pack_groups(b"0 442079"), None);
}

/// The bits of 64 blocks on their side, for each bit of each start at each place, and for random ones.
#[cfg(feature = "seal")]
#[test]
fn starts_on_their_side() {
    let check = |blocks: &[u64; 64]| {
        let mut starts = texts::Starts::EMPTY;
        starts.turn(&[u64::MAX; 64]); // nothing of these is left
        starts.turn(blocks);
        for (at, values) in starts.places().iter().enumerate() {
            for (value, word) in values.iter().enumerate() {
                for (i, &block) in blocks.iter().enumerate() {
                    assert_eq!(word >> i & 1 == 1, digit(block, at) == value as u64, "{value} at {at} of {i}");
                }
            }
        }
    };
    for at in 0..64 {
        for bit in 0..16 {
            check(&std::array::from_fn(|i| if i == at { 1 << bit } else { 0 }));
        }
    }
    let mut random = 1_u64;
    for _ in 0..100 {
        check(&std::array::from_fn(|_| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            random.rotate_left(32)
        }));
    }
}

/// Texts side by side: each gives the block that it gives alone, or a fault. Every length, with each byte at each place,
/// and starts with zeros behind a country code.
#[cfg(feature = "seal")]
#[test]
fn texts_many_at_once() {
    fn check<I: Identifier>(texts: &[Vec<u8>], written: impl Fn(&str) -> String) {
        let alone = |text: &Vec<u8>| {
            let block = I::SHAPE.pack(text).ok().filter(|_| (8..=15).contains(&text.len()))?;
            let text = written(std::str::from_utf8(text).unwrap());
            text.parse::<I>().is_ok().then(|| block.word())
        };
        let mut accepted = 0;
        for chunk in texts.chunks(64) {
            let mut many = texts::Texts::<64>::new();
            let mut blocks = [0; 64];
            chunk.iter().enumerate().for_each(|(at, text)| many.set(at, Some(text)));
            let any = many.pack(I::SHAPE, |blocks, starts| I::turn_starts(blocks, starts, Internal(())), &mut blocks)
                | many.refuse(|starts| I::refuse_starts(starts, Internal(())));
            let mut all = true;
            for (at, text) in chunk.iter().enumerate() {
                match alone(text) {
                    Some(block) => assert!(many.fault(at) == 0 && blocks[at] == block, "{text:?}"),
                    None => assert!(many.fault(at) != 0, "{text:?}"),
                }
                all &= alone(text).is_some();
                accepted += usize::from(alone(text).is_some());
            }
            assert_eq!(any == 0, all);
        }
        assert!(accepted > 1000);
    }
    let mut texts = Vec::new();
    for len in 0..=17_usize {
        for first in b'0'..=b'9' {
            let digits: Vec<u8> = (0..len).map(|i| b'0' + (first - b'0' + 3 * i as u8) % 10).collect();
            texts.extend(vec![digits.clone(); 64]); // a chunk of its own, which is accepted as a whole
            for at in 0..len {
                for byte in [0, b' ', b'+', b'-', b'/', b'0', b'5', b'9', b':', b'a', 0x7F, 0x80, 0xB5, 0xFF] {
                    let mut text = digits.clone();
                    text[at] = byte;
                    texts.push(text);
                }
            }
        }
    }
    texts.resize(texts.len().next_multiple_of(64), texts[0].clone());
    check::<PhoneNumber>(&texts, |text| format!("+{text}"));
    check::<Imsi>(&texts, |text| text.into());
}
