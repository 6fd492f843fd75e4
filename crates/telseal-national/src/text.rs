//! What a text in national form is made of: digits, and what people and programs set between them.

use crate::{
    Country, NationalError, NationalErrorKind as Kind,
    digits::{CAPACITY, Digits},
};

/// The digits zero of the scripts that telseal reads, each followed by its nine others in Unicode.
const ZEROS: [char; 6] = ['0', '\u{660}', '\u{6F0}', '\u{966}', '\u{9E6}', '\u{FF10}'];

/// Whether the core has to read the text: it begins with what a national number never begins with, such as `+`, `tel:`,
/// `msisdn-` or `sip:`.
pub(crate) fn is_international(text: &str) -> bool {
    let first = text.chars().find(|&c| !c.is_whitespace() && !is_invisible(c));
    !first.is_some_and(|c| digit(c).is_some() || matches!(c, '(' | '（'))
}

/// The digits of a text in national form.
pub(crate) fn digits(text: &str, country: Country) -> Result<Digits, NationalError> {
    let refused = |kind, at| Err(NationalError::new(country, kind).at(at));
    let end = text.trim_end_matches(|c: char| c.is_whitespace() || is_invisible(c)).len();
    let mut digits = Digits::new();
    let mut count = 0;
    let mut open = None;
    let (mut dots, mut others) = (0, 0);
    let mut behind_dot = 0;
    let mut started = false;
    for (at, c) in text[..end].char_indices() {
        if let Some(digit) = digit(c) {
            started = true;
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
            '(' | '（' if open.is_none() => open = Some(at),
            ')' | '）' if open.is_some() => open = None,
            '(' | '（' | ')' | '）' => return refused(Kind::Parenthesis, at),
            '.' | '．' => {
                (dots, behind_dot) = (dots + 1, 0);
                continue;
            }
            '/' | '·' | '-' => {}
            _ if is_space(c) || is_hyphen(c) => {}
            // `ext. 12`, `x12`, `#12`, `,12` (a pause), `;ext=12`, `p12`, `w12`
            'x' | 'X' | 'e' | 'E' | '#' | ',' | ';' | 'p' | 'P' | 'w' | 'W' if count > 0 && !is_exponent(&text[at..]) => {
                return refused(Kind::Extension, at);
            }
            _ => return refused(Kind::NotADigit, at),
        }
        others += 1;
    }
    if let Some(at) = open {
        return refused(Kind::Parenthesis, at);
    }
    // What a spreadsheet makes of a number: 7700900123.0
    if dots == 1 && others == 0 && matches!(behind_dot, 1 | 2) && digits[digits.len() - behind_dot..].iter().all(|&d| d == b'0') {
        return Err(NationalError::new(country, Kind::DecimalPoint));
    }
    match count {
        0 => Err(NationalError::new(country, Kind::TooShort)),
        count if count > CAPACITY => Err(NationalError::new(country, Kind::TooLong)),
        _ => Ok(digits),
    }
}

/// The ASCII digit that a digit of any of the scripts stands for.
fn digit(c: char) -> Option<u8> {
    ZEROS.iter().find_map(|&zero| {
        let value = u32::from(c).checked_sub(zero.into()).filter(|&value| value < 10)?;
        Some(b'0' + value as u8)
    })
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}')
}

fn is_hyphen(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE63}' | '\u{FF0D}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// `E+11`: what a spreadsheet makes of a long number, which is no extension.
fn is_exponent(text: &str) -> bool {
    text.strip_prefix(['e', 'E']).is_some_and(|rest| rest.starts_with(['+', '-']) || rest.starts_with(|c| digit(c).is_some()))
}
