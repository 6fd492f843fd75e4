//! Looks for identifiers in bytes, in every form in which systems of this field keep them.
//!
//! Not to miss any: a place is searched in pieces that nothing crosses (the socket per direction, the file as a
//! whole, memory with adjacent mappings joined), and redb keeps a row within one run of pages. ASCII is
//! searched after the visual separators and all that is not ASCII were taken out, so that digits are found that are
//! grouped by spaces, hyphens or no-break spaces as well. That the patterns find what they should is tested by planting each, and the control shows it for the places.
//!
//! Not to find what is none: digits without a country code are searched in ASCII alone, and the shortest pattern of
//! octets has 6 of them (a number of 11 digits in BCD or TBCD, counted
//! with its filler), and there are fewer than 2¹⁵ patterns. In 2²⁶ bytes that were random, one would turn up by
//! chance with 2¹⁵⁺²⁶⁻⁴⁸ = 1/128 if all were as short as that; about 2¹¹ of them are, which makes it 1/2048.
//! Binary integers are searched in all 8 octets of a `u64`, since the 4 to 6 that are not zero would be too few.

use crate::subscribers::scatter;
use aho_corasick::{AhoCorasick, AhoCorasickKind, BuildError};
use std::{collections::HashSet, io};

/// The fewest digits that are searched as octets.
const SHORTEST: usize = 11;

/// Patterns, and which one belongs to whom.
pub(crate) struct Needles {
    automaton: AhoCorasick,
    patterns: Vec<(usize, Vec<u8>)>,
}

/// The patterns of identifiers.
pub(crate) struct Search {
    ascii: Needles,
    octets: Needles,
}

impl Needles {
    pub(crate) fn new(patterns: Vec<(usize, Vec<u8>)>) -> Result<Self, BuildError> {
        let automaton = AhoCorasick::builder()
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(patterns.iter().map(|(_, pattern)| pattern))?;
        Ok(Needles { automaton, patterns })
    }

    /// The owners of the patterns that occur.
    pub(crate) fn find(&self, haystack: &[u8], owners: &mut HashSet<usize>) {
        for occurrence in self.automaton.find_overlapping_iter(haystack) {
            owners.insert(self.patterns[occurrence.pattern().as_usize()].0);
        }
    }

    /// How many patterns are not found where they were planted into scattered bytes.
    fn missed(&self) -> usize {
        let mut haystack = Vec::new();
        for (i, (_, pattern)) in self.patterns.iter().enumerate() {
            let noise = scatter(i as u64).to_le_bytes();
            haystack.extend_from_slice(&noise[..1 + i % 8]);
            haystack.extend_from_slice(pattern);
        }
        let found: HashSet<_> = self.automaton.find_overlapping_iter(&haystack).map(|found| found.pattern()).collect();
        self.patterns.len() - found.len()
    }
}

impl Search {
    /// The `i`-th item has the ways to write the digits of the identifier `i`.
    pub(crate) fn new<'a>(identifiers: impl IntoIterator<Item = &'a [String]>) -> Result<Self, BuildError> {
        let (mut ascii, mut binary) = (Vec::new(), Vec::new());
        for (owner, ways) in identifiers.into_iter().enumerate() {
            for digits in ways {
                ascii.push((owner, digits.clone().into_bytes()));
                if digits.len() >= SHORTEST {
                    binary.extend(octets(digits).into_iter().map(|octets| (owner, octets)));
                }
            }
        }
        Ok(Search { ascii: Needles::new(ascii)?, octets: Needles::new(binary)? })
    }

    /// The identifiers that occur.
    pub(crate) fn find(&self, haystack: &[u8], owners: &mut HashSet<usize>) {
        self.octets.find(haystack, owners);
        let squeezed: Vec<u8> =
            haystack.iter().copied().filter(|byte| byte.is_ascii() && !b" -.()".contains(byte)).collect();
        self.ascii.find(&squeezed, owners);
    }

    /// How many patterns there are, and how many of them are not found where they were planted.
    pub(crate) fn planted(&self) -> (usize, usize) {
        (self.ascii.patterns.len() + self.octets.patterns.len(), self.ascii.missed() + self.octets.missed())
    }
}

/// BCD, the high nibble first, filled up with F behind or with 0 before; TBCD, the low nibble first; and the
/// number as `u64`, little- and big-endian.
fn octets(digits: &str) -> Vec<Vec<u8>> {
    let nibbles = |digits: &str| digits.bytes().map(|digit| digit & 0xF).collect::<Vec<_>>();
    let pack = |nibbles: Vec<u8>, high: usize| {
        nibbles.chunks(2).map(|pair| pair[high] << 4 | pair[1 - high]).collect::<Vec<_>>()
    };
    let odd = !digits.len().is_multiple_of(2);
    let mut filled = nibbles(digits);
    filled.extend(odd.then_some(0xF));
    let number: u64 = digits.parse().expect("at most 16 digits");
    let mut all =
        vec![pack(filled.clone(), 0), pack(filled, 1), number.to_le_bytes().into(), number.to_be_bytes().into()];
    if odd {
        all.push(pack(nibbles(&format!("0{digits}")), 0));
    }
    all
}

/// All memory of a process that can be read: heap, stacks, what it was loaded from. `None` where there is no
/// `/proc`. The process should be waiting meanwhile, as the router is when nobody asks it.
#[cfg(target_os = "linux")]
pub(crate) fn memory(pid: u32) -> io::Result<Option<Vec<Vec<u8>>>> {
    use std::{fs, os::unix::fs::FileExt};
    let (maps, memory) =
        (fs::read_to_string(format!("/proc/{pid}/maps"))?, fs::File::open(format!("/proc/{pid}/mem"))?);
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for line in maps.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        // The kernel's own pages: clocks, which cannot be read from here, and code.
        let is_kernels = words.get(5).is_some_and(|name| name.starts_with("[v"));
        if !words[1].starts_with('r') || is_kernels {
            continue;
        }
        let (start, end) = words[0].split_once('-').ok_or(io::ErrorKind::InvalidData)?;
        let address = |hex| u64::from_str_radix(hex, 16).map_err(|_| io::ErrorKind::InvalidData);
        let (start, end) = (address(start)?, address(end)?);
        match ranges.last_mut() {
            Some((_, last)) if *last == start => *last = end,
            _ => ranges.push((start, end)),
        }
    }
    let read = |(start, end)| {
        let mut bytes = vec![0; (end - start) as usize];
        memory.read_exact_at(&mut bytes, start).map(|()| bytes)
    };
    ranges.into_iter().map(read).collect::<io::Result<_>>().map(Some)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn memory(_: u32) -> io::Result<Option<Vec<Vec<u8>>>> {
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_of_odd_and_even_digits() {
        let hex = |digits| octets(digits).iter().map(hex::encode).collect::<Vec<_>>();
        let number = ["00000000000003e9", "e903000000000000"];
        assert_eq!(hex("001001"), ["001001", "000110", number[1], number[0]]);
        assert_eq!(hex("0010010"), ["0010010f", "000110f0", "1a27000000000000", "000000000000271a", "00010010"]);
    }

    #[test]
    fn grouped_digits_are_found_and_others_are_not() {
        let search = Search::new([&["442079460018".into()][..], &["442079460019".into()]]).expect("two patterns");
        let mut found = HashSet::new();
        search.find(b"x +44 (20) 7946-0018;", &mut found);
        assert_eq!(found, HashSet::from([0]));
        assert_eq!(search.planted(), (10, 0));
        found.clear();
        search.find("\u{202A}+44\u{A0}20\u{A0}7946\u{A0}0019\u{202C}".as_bytes(), &mut found);
        assert_eq!(found, HashSet::from([1]));
    }

    #[test]
    fn short_digits_are_searched_in_ascii_alone() {
        let search = Search::new([&["2079460018".into()][..]]).expect("one pattern");
        assert_eq!(search.planted(), (1, 0));
        let mut found = HashSet::new();
        search.find(b"020 7946 0018", &mut found);
        assert_eq!(found.len(), 1);
    }
}
