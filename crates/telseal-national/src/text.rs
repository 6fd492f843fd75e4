//! What a text in national form is made of: digits, and what people and programs set between them.

use crate::{
    Country, NationalError, NationalErrorKind as Kind,
    digits::{CAPACITY, Digits},
};
use core::ops::Range;
use telseal::{ParseError, PhoneNumber};
use zeroize::Zeroizing;

/// The digits zero of the scripts that telseal reads, each followed by its nine others. (A test holds them against telseal.)
const ZEROS: [u32; 40] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0DE6,
    0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50, 0x1BB0, 0x1C40,
    0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10, 0x10D30, 0x11136, 0x1E950,
];

/// The most bytes that telseal reads as typed text.
const MAX_TEXT: usize = 1024;

/// Whether the core has to read the text: it begins with what a national number never begins with, such as `+`, `(+`,
/// `tel:`, `msisdn-` or `sip:`, or it is too long.
pub(crate) fn is_international(text: &str) -> bool {
    let mut visible = text.chars().filter(|&c| !c.is_whitespace() && !is_invisible(c));
    text.len() > MAX_TEXT
        || match visible.next() {
            Some('(' | '（') => matches!(visible.next(), Some('+' | '＋')),
            first => first.is_none_or(|c| digit(c).is_none()),
        }
}

/// Where an international text has its number: from its plus sign on, or from the parenthesis before that.
pub(crate) fn number_of(text: &str) -> Range<usize> {
    let plus = text.find(['+', '＋']).unwrap_or_default();
    let start = text[..plus].rfind(['(', '（']).unwrap_or(plus);
    let len = text[start..].find([';', '@']).unwrap_or(text.len() - start);
    start..start + len
}

/// Lets telseal judge what stands around the number of an international text: parameters, a host, another number. In place
/// of the number, which telseal does not read, it gets one that it reads and that is as long, so that places stay right.
pub(crate) fn check_around(text: &str, number: Range<usize>) -> Result<(), ParseError> {
    const ANY: &[u8] = b"+1111111";
    let mut buffer = Zeroizing::new([b' '; MAX_TEXT]);
    let (Some(copy), true) = (buffer.get_mut(..text.len()), number.len() >= ANY.len()) else {
        return text.parse::<PhoneNumber>().map(drop);
    };
    copy.copy_from_slice(text.as_bytes());
    copy[number.clone()].fill(b' ');
    copy[number][..ANY.len()].copy_from_slice(ANY);
    str::from_utf8(copy).expect("whole characters were replaced by ASCII").parse::<PhoneNumber>().map(drop)
}

/// What stands in a text in national form.
pub(crate) struct Written {
    pub(crate) digits: Digits,
    /// Which digit is a zero that stands alone in parentheses.
    pub(crate) zero: Option<usize>,
}

/// Reads digits and what may be set between them.
pub(crate) fn written(text: &str, country: Country) -> Result<Written, NationalError> {
    let refused = |kind, at| Err(NationalError::new(country, kind).at(at));
    let end = text.trim_end_matches(|c: char| c.is_whitespace() || is_invisible(c)).len();
    let mut digits = Digits::new();
    let mut count = 0;
    let mut open = None; // where the open parenthesis stands, and how many digits before it
    let mut zero = None;
    let mut between = None; // where a character stands that must have digits on both sides
    let (mut dots, mut others) = (0, 0);
    let mut behind_dot = 0;
    let mut started = false;
    for (at, c) in text[..end].char_indices() {
        if let Some(digit) = digit(c) {
            (started, between) = (true, None);
            behind_dot += 1;
            count += 1;
            if count <= CAPACITY {
                digits.extend(&[digit]);
            }
            continue;
        }
        match c {
            _ if is_invisible(c) => continue,
            _ if !started && c.is_whitespace() => continue,
            '(' | '（' if open.is_none() => open = Some((at, count)),
            ')' | '）' if open.is_some() => {
                if let Some((_, before)) = open.take()
                    && count == before + 1
                    && digits.get(before) == Some(&b'0')
                {
                    zero = Some(before);
                }
            }
            '(' | '（' | ')' | '）' => return refused(Kind::Parenthesis, at),
            '.' | '．' => {
                (dots, behind_dot) = (dots + 1, 0);
                continue;
            }
            '/' | '／' | '·' if count > 0 => between = Some(at),
            '+' | '＋' if count == 0 => continue, // of an international number
            _ if c.is_whitespace() || is_hyphen(c) => {}
            _ if count > 0 && is_extension(&text[at..end]) => return refused(Kind::Extension, at),
            _ => return refused(Kind::NotADigit, at),
        }
        others += 1;
    }
    if let Some((at, _)) = open {
        return refused(Kind::Parenthesis, at);
    }
    if let Some(at) = between {
        return refused(Kind::NotADigit, at);
    }
    // What a spreadsheet makes of a number: 7700900123.0
    if dots == 1
        && others == 0
        && matches!(behind_dot, 1 | 2)
        && digits[digits.len() - behind_dot..].iter().all(|&d| d == b'0')
    {
        return Err(NationalError::new(country, Kind::DecimalPoint));
    }
    match count {
        0 => Err(NationalError::new(country, Kind::TooShort)),
        count if count > CAPACITY => Err(NationalError::new(country, Kind::TooLong)),
        _ => Ok(Written { digits, zero }),
    }
}

/// The ASCII digit that a digit of any of the scripts stands for.
fn digit(c: char) -> Option<u8> {
    ZEROS.iter().find_map(|&zero| {
        let value = u32::from(c).checked_sub(zero).filter(|&value| value < 10)?;
        Some(b'0' + value as u8)
    })
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30FC}' | '\u{FE63}' | '\u{FF0D}')
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}'
        | '\u{61C}'
        | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}')
}

/// Whether it is `ext. 12`, `x12`, `#12`, `,,12` (pauses), `;ext=12`, `p12` or the like. More digits are another number, and `E+11` is a
/// number in a spreadsheet.
fn is_extension(text: &str) -> bool {
    let rest = text.trim_start_matches(['x', 'X', '#', ',', ';', 'p', 'P', 'w', 'W']);
    let label = ["extension", "ext", "e"].iter().find_map(|label| {
        rest.get(..label.len()).filter(|start| start.eq_ignore_ascii_case(label)).map(|start| &rest[start.len()..])
    });
    let marked = rest.len() < text.len() || label.is_some_and(|rest| !rest.starts_with(['+', '-']));
    marked && (1..=7).contains(&text.chars().filter(|&c| digit(c).is_some()).take(8).count())
}
