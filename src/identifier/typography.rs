//! How people and programs write digits: scripts, separators and what cannot be seen. SPEC.md, section 5, "Typed text",
//! has the same tables.
//!
//! Which script a digit is written in shows, which digit it is does not: the ten digits of a script differ in the lowest
//! four bits of their code points, and these are only computed with.

use super::digits::{DigitBlock, MAX_DIGITS, Shape};
use super::reading::from_digits;
use crate::{
    ct,
    error::{ParseError, ParseErrorKind, Subject},
};
use zeroize::Zeroizing;

/// The most bytes of a text that is read other than digit by digit: more than any form needs.
pub(crate) const MAX_TEXT: usize = 1024;
/// The most digits that are kept: 15 of an IMEI and 2 of its software version.
const MAX_KEPT: usize = MAX_DIGITS + 1;

/// What a character is, without a look at which digit it is.
#[derive(Clone, Copy)]
pub(crate) enum Mark {
    /// A decimal digit of any script, as the ASCII digit.
    Digit(u8),
    Space,
    Hyphen,
    Dot,
    Slash,
    MiddleDot,
    Plus,
    Open,
    Close,
    Other(char),
}

/// The characters of a text that can be seen, each with its place in the whole.
#[derive(Clone)]
pub(crate) struct Marks<'a> {
    text: &'a str,
    at: usize,
}

/// Digits as they are collected: wiped, and no more than there may be.
pub(crate) struct Kept {
    digits: Zeroizing<[u8; MAX_KEPT]>,
    places: [usize; MAX_KEPT],
    count: usize,
}

/// The digits 0 of the scripts that are read: all scripts of Unicode 14 with decimal digits in the Basic Multilingual
/// Plane, and three behind it that phone keyboards give. The lowest four bits of each are 0 or 6, so that the ten digits
/// have the other bits in common.
const ZEROS: [u32; 40] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x10D30, 0x11136, 0x1E950,
];

/// What a character is: `None` where it cannot be seen.
#[inline]
fn mark(char: char) -> Option<Mark> {
    let code = u32::from(char);
    match ct::public(code >> 4, "where the digits stand") {
        row @ ..0x8 => Some(ascii(code, row)),
        row => unicode(char, row),
    }
}

#[inline]
fn ascii(code: u32, row: u32) -> Mark {
    if row == 0x3
        && let Some(digit) = digit_of(code, ZEROS[0])
    {
        return Mark::Digit(digit);
    }
    match code as u8 {
        b' ' | b'\t'..=b'\r' => Mark::Space,
        b'-' => Mark::Hyphen,
        b'.' => Mark::Dot,
        b'/' => Mark::Slash,
        b'+' => Mark::Plus,
        b'(' => Mark::Open,
        b')' => Mark::Close,
        other => Mark::Other(char::from(other)),
    }
}

/// The ASCII digit for a character that has all but the lowest four bits in common with a script's digits, where it is one
/// of them.
#[inline]
fn digit_of(code: u32, zero: u32) -> Option<u8> {
    let value = (code & 0xF).wrapping_sub(zero & 0xF) & 0xF;
    (ct::public(value.wrapping_sub(10) >> 31, "where the digits stand") == 1).then_some(b'0' + value as u8)
}

#[inline(never)]
fn unicode(char: char, row: u32) -> Option<Mark> {
    // Asked first: only what is no digit may be looked at.
    let zero = ZEROS.iter().find(|&zero| zero >> 4 == row);
    if let Some(digit) = zero.and_then(|&zero| digit_of(u32::from(char), zero)) {
        return Some(Mark::Digit(digit));
    }
    Some(match char {
        // Soft hyphen, Arabic letter mark, zero-width characters, marks and embeddings of direction, word joiner,
        // isolates of direction, byte order mark.
        '\u{AD}'
        | '\u{61C}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}' => return None,
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FE63}' | '\u{FF0D}' => Mark::Hyphen,
        '\u{FF0E}' => Mark::Dot,
        '\u{FF0F}' => Mark::Slash,
        '\u{B7}' => Mark::MiddleDot,
        '\u{FF0B}' => Mark::Plus,
        '\u{FF08}' => Mark::Open,
        '\u{FF09}' => Mark::Close,
        space if space.is_whitespace() => Mark::Space,
        other => Mark::Other(other),
    })
}

impl<'a> Marks<'a> {
    /// The characters of a typed text, without the white space at its ends.
    pub(crate) fn typed(subject: impl Into<Subject>, text: &'a str) -> Result<Self, ParseError> {
        if text.len() > MAX_TEXT {
            return Err(ParseError::bytes(subject, "bytes", 0, MAX_TEXT, text.len()));
        }
        let is_blank = |char: char| matches!(mark(char), None | Some(Mark::Space));
        let text = text.trim_end_matches(is_blank);
        let start = text.len() - text.trim_start_matches(is_blank).len();
        match text.len() == start {
            true => Err(ParseError::new(subject, ParseErrorKind::Empty)),
            false => Ok(Marks { text: &text[start..], at: start }),
        }
    }

    /// The rest of the text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    /// Where the rest begins.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The part before a byte of the rest, and the part from there on.
    pub(crate) fn split_at(self, at: usize) -> (Self, Self) {
        let (before, behind) = self.text.split_at(at);
        (Marks { text: before, ..self }, Marks { text: behind, at: self.at + at })
    }

    /// What stands behind a word of ASCII in upper or lower case, and white space behind that.
    pub(crate) fn behind(&self, word: &str) -> Option<Self> {
        let mut marks = self.clone();
        for expected in word.chars() {
            match marks.next() {
                Some((_, Mark::Other(char))) if char.eq_ignore_ascii_case(&expected) => {}
                Some((_, Mark::Space)) if expected == ' ' => {}
                _ => return None,
            }
        }
        marks.skip_space();
        Some(marks)
    }

    /// What stands behind a plus sign, which an opening parenthesis may precede: then its place, too.
    pub(crate) fn behind_plus(&self) -> Option<(Self, Option<usize>)> {
        let mut marks = self.clone();
        let (at, mut first) = marks.next()?;
        let mut open = None;
        if let Mark::Open = first {
            open = Some(at);
            marks.skip_space();
            first = marks.next()?.1;
        }
        matches!(first, Mark::Plus).then_some((marks, open))
    }

    /// [`next`](Iterator::next) for loops over whole texts: as a call it would take longer than all that is done with a
    /// character.
    #[inline(always)]
    pub(crate) fn step(&mut self) -> Option<(usize, Mark)> {
        loop {
            let at = self.at;
            let mut chars = self.text.chars();
            let char = chars.next()?;
            self.at += self.text.len() - chars.as_str().len();
            self.text = chars.as_str();
            if let Some(mark) = mark(char) {
                return Some((at, mark));
            }
        }
    }

    fn skip_space(&mut self) {
        let mut ahead = self.clone();
        while let Some((_, Mark::Space)) = ahead.next() {
            *self = ahead.clone();
        }
    }
}

impl Iterator for Marks<'_> {
    type Item = (usize, Mark);

    fn next(&mut self) -> Option<(usize, Mark)> {
        self.step()
    }
}

impl Kept {
    pub(crate) fn new() -> Self {
        Kept { digits: Zeroizing::new([0; MAX_KEPT]), places: [0; MAX_KEPT], count: 0 }
    }

    pub(crate) fn push(&mut self, digit: u8, at: usize) {
        if let Some(kept) = self.digits.get_mut(self.count) {
            *kept = digit;
            self.places[self.count] = at;
        }
        self.count += 1;
    }

    /// How many digits there are, those that were not kept too.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// The digits from one on, where all of them were kept.
    pub(crate) fn from(&self, start: usize) -> Option<&[u8]> {
        self.digits.get(start..self.count)
    }

    /// The place of a digit.
    pub(crate) fn place(&self, digit: usize) -> usize {
        self.places.get(digit).copied().unwrap_or_default()
    }

    /// Whether the digits begin with these.
    pub(crate) fn begins_with(&self, digits: &[u8]) -> bool {
        let any = self.digits.iter().zip(digits).fold(0, |any, (digit, expected)| any | u16::from(digit ^ expected));
        self.count >= digits.len()
            && ct::public(any.wrapping_neg() >> 15, "an international or trunk prefix is notation, not the number") == 0
    }

    /// Whether there are digits from one on, and each of them is 0.
    pub(crate) fn are_zeros(&self, start: usize, why: Zeros) -> bool {
        match self.from(start) {
            None | Some([]) => false,
            Some(digits) => {
                let any = digits.iter().fold(0, |any, digit| any | u16::from(digit ^ b'0'));
                let not_zero = any.wrapping_neg() >> 15;
                match why {
                    Zeros::Trunk => ct::public(not_zero, "a trunk prefix is notation, not the number") == 0,
                    Zeros::Decimal => ct::public(not_zero, "decimal places are notation, not the number") == 0,
                }
            }
        }
    }

    /// The block of the first `count` digits.
    pub(crate) fn block(&self, subject: Subject, shape: Shape, count: usize) -> Result<DigitBlock, ParseError> {
        match self.digits.get(..count) {
            Some(digits) if self.count <= MAX_KEPT => from_digits(subject, shape, digits, self.place(0)),
            _ => Err(ParseError::digits(subject, shape.min, shape.max, self.count)),
        }
    }
}

/// What zeros may be, other than the number's.
#[derive(Clone, Copy)]
pub(crate) enum Zeros {
    Trunk,
    Decimal,
}

/// Reads the digits of an IMSI or IMEI, between which white space, hyphens and, with `slashes`, slashes may stand. They go
/// where the caller keeps them: what is returned is moved, and a move leaves a copy behind. Returned is how many stand
/// before the last slash.
pub(crate) fn digits(
    subject: Subject,
    marks: Marks<'_>,
    slashes: bool,
    kept: &mut Kept,
) -> Result<Option<usize>, ParseError> {
    let mut slash = None; // how many digits stand before the last one
    let start = marks.clone();
    let mut ahead = marks;
    while let Some((at, mark)) = ahead.step() {
        match mark {
            Mark::Digit(digit) => kept.push(digit, at),
            Mark::Space | Mark::Hyphen if kept.count > 0 => {}
            Mark::Slash if slashes && kept.count > 0 => slash = Some((at, kept.count)),
            Mark::Other('F' | 'f') if kept.count > 0 && fillers(ahead.clone()) => {
                return Err(ParseError::new(subject, ParseErrorKind::FillerInText).at(at));
            }
            Mark::Dot if decimal_part(ahead.clone()) => {
                return Err(ParseError::new(subject, ParseErrorKind::DecimalPart).at(at));
            }
            _ => {
                let form = if kept.count == 0 { other_form(subject, &start) } else { None };
                let error = |kind| ParseError::new(subject, kind).at(start.at());
                return Err(form.map_or_else(|| no_digit(subject, &start, at), error));
            }
        }
    }
    match slash {
        Some((at, before)) if before == kept.count => Err(no_digit(subject, &start, at)),
        slash => Ok(slash.map(|(_, before)| before)),
    }
}

fn fillers(mut marks: Marks<'_>) -> bool {
    marks.all(|(_, mark)| matches!(mark, Mark::Other('F' | 'f')))
}

/// Whether nothing but one or two zeros is left.
fn decimal_part(marks: Marks<'_>) -> bool {
    let mut kept = Kept::new();
    for (at, mark) in marks {
        match mark {
            Mark::Digit(digit) if kept.count < 2 => kept.push(digit, at),
            _ => return false,
        }
    }
    kept.are_zeros(0, Zeros::Decimal)
}

/// Blames a character of the text that begins with `start`.
pub(crate) fn no_digit(subject: Subject, start: &Marks<'_>, at: usize) -> ParseError {
    let char = start.text.get(at - start.at..).and_then(|rest| rest.chars().next());
    ParseError::new(subject, ParseErrorKind::NotADigit).character(char).at(at)
}

/// What else a text is that has none of the forms of a kind, by what it begins with.
pub(crate) fn other_form(subject: Subject, marks: &Marks<'_>) -> Option<ParseErrorKind> {
    const OTHERS: [&str; 10] =
        ["imsi-", "imei-", "imeisv-", "msisdn-", "nai-", "suci-", "mac-", "extid-", "gci-", "gli-"];
    let text = marks.text().as_bytes();
    if let Some(prefix) = OTHERS.iter().find(|other| text.starts_with(other.as_bytes())) {
        // The own prefix stands here where something is before it, or where a prefix of an identifier is read.
        return Some(match subject.has_text_prefix(prefix) {
            true => ParseErrorKind::UnknownForm,
            false => ParseErrorKind::OtherIdentifier,
        });
    }
    let more = |byte| [b'+', b'-', b'.'].into_iter().any(|wanted| is(byte, wanted));
    let scheme = text.iter().take_while(|&&byte| is_letter(byte) || more(byte)).count();
    let is_scheme = text.first().is_some_and(|&byte| is_letter(byte))
        && text.get(scheme).is_some_and(|&byte| is(byte, b':'))
        && text.get(scheme + 1).is_some_and(|&byte| is_visible(byte));
    if is_scheme {
        return Some(ParseErrorKind::OtherScheme);
    }
    find(text, b'@').map(|_| ParseErrorKind::EmailAddress)
}

/// The first place of a character that is no digit.
pub(crate) fn find(text: &[u8], wanted: u8) -> Option<usize> {
    text.iter().position(|&byte| is(byte, wanted))
}

/// Whether a byte is another character than a digit.
pub(crate) fn is(byte: u8, wanted: u8) -> bool {
    ct::public(byte == wanted, "where parameters begin")
}

/// A visible character of ASCII, asked by the bits that all digits have in common.
pub(crate) fn is_visible(byte: u8) -> bool {
    byte >> 4 == 3 || byte.is_ascii_graphic()
}

/// A letter of ASCII. No digit is among the bytes whose letters are looked at.
fn is_letter(byte: u8) -> bool {
    byte >> 6 == 1 && byte.is_ascii_alphabetic()
}
