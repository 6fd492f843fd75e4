//! SPEC.md, section 5, once more: typed texts read character by character, with strings and no thought of time.

/// The digits 0 of the scripts, each with the nine digits behind it.
const ZEROS: &str = "0٠۰߀०০੦૦୦௦౦೦൦෦๐໐༠၀႐០᠐᥆᧐᪀᪐᭐᮰᱀᱐꘠꣐꤀꧐꧰꩐꯰０𐴰𑄶𞥐";
const HYPHENS: &str = "-‐‑‒–—―−ー﹣－";
const INVISIBLE: [u32; 18] = [
    0xAD, 0x61C, 0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x202A, 0x202B, 0x202C, 0x202D, 0x202E, 0x2060, 0x2066,
    0x2067, 0x2068, 0x2069, 0xFEFF,
];
const TWO_DIGITS: &str = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 \
    66 81 82 84 86 90 91 92 93 94 95 98";
const ZERO_BEHIND: &str = "39 47 225 226 227 229 241 242 247 267 268 378 501 676 679 687 800 853 881 888 974 992";

/// The text in ASCII, as far as it means the same: without what cannot be seen and without white space at its ends.
fn normal(text: &str) -> String {
    let one = |char: char| {
        let value = ZEROS.chars().find_map(|zero| (char as u32).checked_sub(zero as u32).filter(|value| *value < 10));
        match char {
            _ if value.is_some() => char::from_digit(value.unwrap(), 10).unwrap(),
            _ if HYPHENS.contains(char) => '-',
            '．' => '.',
            '／' => '/',
            '＋' => '+',
            '（' => '(',
            '）' => ')',
            _ if char.is_whitespace() => ' ',
            _ => char,
        }
    };
    let visible = |char: &char| !INVISIBLE.contains(&(*char as u32));
    text.chars().filter(visible).map(one).collect::<String>().trim().to_string()
}

fn blank(char: char) -> bool {
    char.is_whitespace() || INVISIBLE.contains(&(char as u32))
}

/// A word and white space behind it, whatever cannot be seen in it.
fn behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let mut rest = text;
    for expected in word.chars() {
        rest = rest.trim_start_matches(|char| INVISIBLE.contains(&(char as u32)));
        let found = rest.chars().next()?;
        if !found.eq_ignore_ascii_case(&expected) {
            return None;
        }
        rest = &rest[found.len_utf8()..];
    }
    Some(rest.trim_start_matches(blank))
}

/// The digits of a phone number: `None` where SPEC.md refuses the text.
pub(crate) fn phone(text: &str) -> Option<String> {
    if let Some(digits) = text.strip_prefix("msisdn-") {
        return strict(digits, 7..=15).filter(|digits| !digits.starts_with('0'));
    }
    if text.len() > 1024 {
        return None;
    }
    let text = text.trim_matches(blank);
    if let Some(rest) = behind(text, "tel:") {
        return subscriber(rest);
    }
    if let Some(rest) = behind(text, "sip:").or_else(|| behind(text, "sips:")) {
        let (user, host) = rest.split_once('@')?;
        let host = host.split('?').next().unwrap();
        let mut parts = host.split(';');
        let fits = parts.next() != Some("") && host.chars().all(|char| char.is_ascii_graphic());
        let is_phone = parts.any(|part| part.eq_ignore_ascii_case("user=phone"));
        return subscriber(user).filter(|_| fits && is_phone);
    }
    global_number(text, 7, 15)
}

fn subscriber(text: &str) -> Option<String> {
    let (number, parameters) = text.split_at(text.find(';').unwrap_or(text.len()));
    parameters.split(';').skip(1).all(is_parameter).then(|| global_number(number, 7, 15))?
}

fn is_parameter(parameter: &str) -> bool {
    let (name, value) = parameter.split_once('=').unwrap_or((parameter, "-"));
    let is_char = |char: char, more: &str| char.is_ascii_alphanumeric() || more.contains(char);
    let escapes = |escape: &str| {
        escape.len() >= 2 && escape.is_char_boundary(2) && escape[..2].chars().all(|c| c.is_ascii_hexdigit())
    };
    !name.is_empty()
        && name.chars().all(|char| is_char(char, "-"))
        && !value.is_empty()
        && value.chars().all(|char| is_char(char, "-_.!~*'()[]/:&+$%"))
        && value.split('%').skip(1).all(escapes)
        && !["ext", "isub"].contains(&name.to_ascii_lowercase().as_str())
}

/// The digits behind a plus sign.
pub(crate) fn global_number(text: &str, min: usize, max: usize) -> Option<String> {
    let text = normal(text);
    let is_digit = |char: char| char.is_ascii_digit();
    // The plus may stand in parentheses with the digits behind it.
    let rest = match text.strip_prefix('(') {
        Some(inner) => format!("({}", inner.trim_start().strip_prefix('+')?),
        None => text.strip_prefix('+')?.to_string(),
    };
    if !rest.chars().all(|char| is_digit(char) || " -./·()".contains(char)) {
        return None;
    }
    for (at, _) in rest.match_indices(['/', '·']) {
        if !rest[..at].contains(is_digit) || !rest[at..].contains(is_digit) {
            return None;
        }
    }
    // Parentheses in pairs, none inside another, none with zeros alone.
    let mut left = rest.as_str();
    while let Some((before, behind)) = left.split_once('(') {
        let (group, after) = behind.split_once(')')?;
        let zeros: String = group.chars().filter(|char| is_digit(*char)).collect();
        if before.contains(')') || group.contains('(') || !zeros.is_empty() && zeros.chars().all(|zero| zero == '0') {
            return None;
        }
        left = after;
    }
    if left.contains(')') {
        return None;
    }
    let inner = rest.trim_matches(|char| !is_digit(char));
    let separators = inner.chars().filter(|char| !is_digit(*char)).count();
    if let Some((whole, places)) = inner.split_once('.')
        && separators == 1
        && !whole.is_empty()
        && ["0", "00"].contains(&places)
    {
        return None;
    }
    let digits: String = rest.chars().filter(|char| is_digit(*char)).collect();
    let fits = (min..=max).contains(&digits.len()) && !digits.starts_with('0') && !trunk_zero(&digits);
    fits.then_some(digits)
}

/// Whether a zero stands behind a country code whose numbers never begin with one.
pub(crate) fn trunk_zero(digits: &str) -> bool {
    let length = match digits.get(..2) {
        _ if digits.starts_with(['1', '7']) => 1,
        Some(code) if TWO_DIGITS.split(' ').any(|two| two == code) => 2,
        _ => 3,
    };
    let Some((code, number)) = digits.split_at_checked(length) else { return false };
    number.starts_with('0') && !ZERO_BEHIND.split(' ').any(|other| other == code)
}

fn strict(digits: &str, lengths: core::ops::RangeInclusive<usize>) -> Option<String> {
    (lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.to_string())
}

/// The digits of a typed IMSI or IMEI, with a bar in place of the last slash.
pub(crate) fn typed_digits(text: &str, slashes: bool) -> Option<String> {
    let text = normal(text);
    let slash = text.rfind('/').filter(|_| slashes);
    let starts_and_ends = text.starts_with(|char: char| char.is_ascii_digit())
        && slash.is_none_or(|at| text[at..].contains(|char: char| char.is_ascii_digit()));
    let fits = text.len() <= 1024 && starts_and_ends;
    let digits: Option<String> = text
        .char_indices()
        .filter(|(at, char)| !(*char == ' ' || *char == '-' || *char == '/' && slashes && Some(*at) != slash))
        .map(|(at, char)| match char {
            '/' if Some(at) == slash => Some('|'),
            char => char.is_ascii_digit().then_some(char),
        })
        .collect();
    digits.filter(|_| fits)
}

/// The digits of an IMSI.
pub(crate) fn imsi(text: &str) -> Option<String> {
    match text.strip_prefix("imsi-") {
        Some(digits) => strict(digits, 6..=15),
        None if text.len() > 1024 => None,
        None => typed_digits(text, false).filter(|digits| (6..=15).contains(&digits.len())),
    }
}

/// The 14 digits of an IMEI.
pub(crate) fn imei(text: &str) -> Option<String> {
    let fits = |digits: &str, spare: bool| digits[14..] == luhn(&digits[..14]) || spare && digits[14..] == *"0";
    let with_fifteenth = |digits: &str, spare| fits(digits, spare).then(|| digits[..14].to_string());
    if let Some(digits) = text.strip_prefix("imei-") {
        return with_fifteenth(&strict(digits, 15..=15)?, true);
    }
    if text.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("urn:gsma:imei:")) {
        let (number, parameters) = text[14..].split_at(text[14..].find(';').unwrap_or(text.len() - 14));
        let groups: Vec<_> = number.split('-').collect();
        let [code, serial, fifteenth] = groups[..] else { return None };
        let digits = [strict(code, 8..=8)?, strict(serial, 6..=6)?, strict(fifteenth, 1..=1)?].concat();
        let is_known = |parameter: &str| {
            let name = parameter.split('=').next().unwrap().to_ascii_lowercase();
            is_parameter(parameter) && ["svn", "vers"].contains(&name.as_str())
        };
        return parameters.split(';').skip(1).all(is_known).then(|| with_fifteenth(&digits, true))?;
    }
    if text.len() > 1024 {
        return None;
    }
    let text = text.trim_matches(blank);
    let labelled = behind(text, "imei:").or_else(|| {
        let rest = behind(text, "imei")?;
        text[..text.len() - rest.len()].ends_with(blank).then_some(rest).filter(|_| {
            // White space, and not only what cannot be seen, stands between.
            text[..text.len() - rest.len()].contains(char::is_whitespace)
        })
    });
    let marked = typed_digits(labelled.unwrap_or(text), true)?;
    let digits = marked.replace('|', "");
    match digits.len() {
        14 => Some(digits),
        15 => with_fifteenth(&digits, false),
        17 if marked.find('|') == Some(15) => with_fifteenth(&digits[..15], false),
        _ => None,
    }
}

/// The 16 digits of an IMEISV.
pub(crate) fn imeisv(text: &str) -> Option<String> {
    match text.strip_prefix("imeisv-") {
        Some(digits) => strict(digits, 16..=16),
        None if text.len() > 1024 => None,
        None => typed_digits(text, true).map(|digits| digits.replace('|', "")).filter(|digits| digits.len() == 16),
    }
}

fn luhn(digits: &str) -> String {
    let doubled = |(at, char): (usize, char)| {
        let value = char.to_digit(10).unwrap() * (1 + at as u32 % 2);
        value / 10 + value % 10
    };
    ((10 - digits.chars().enumerate().map(doubled).sum::<u32>() % 10) % 10).to_string()
}
