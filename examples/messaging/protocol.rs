//! The line protocol between gateway and router: one line of words in, one line out. The first word of an
//! answer is `ok`, `no` (understood and refused) or `error` (not understood).
//!
//! A word for an identifier is its token as text; where it is looked for, the tokens under all live key
//! versions, newest first, with commas between them. The front end has no tokens and writes a key version, a colon and
//! the tag. A word for a prefix is its tag. The router checks that each is well-formed and of the kind that belongs
//! there. Whether it is authentic only the key holder can tell.

use crate::directory::{Directory, Fault, Handle, IMEI, IMSI, PHONE};
use std::{fmt::Write, str::FromStr};
use telseal::{Identifier, Imei, Imeisv, Imsi, KeyVersion, PhoneNumber, Prefix, PrefixTag, Tag, Token};

/// The longest line in bytes, without its end.
pub(crate) const MAX_LINE: usize = 512;
/// How many key versions can be live at once.
const MAX_VERSIONS: usize = 3;
/// How many rows are handed out at once.
const BATCH: usize = 16;

/// What the router takes for an identifier.
#[derive(Clone, Copy)]
pub(crate) enum Handles {
    Tokens,
    /// The identifier itself: the control, in which everything must be found.
    Plaintext,
}

impl FromStr for Handles {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "tokens" => Ok(Handles::Tokens),
            "plaintext" => Ok(Handles::Plaintext),
            _ => Err("expected `tokens` or `plaintext`".into()),
        }
    }
}

/// The router's answer to a line: bytes in, a line out, whatever the bytes are.
pub(crate) fn answer(line: &[u8], handles: Handles, directory: &Directory) -> String {
    match act(line, handles, directory) {
        Ok(words) if words.is_empty() => "ok".into(),
        Ok(words) => format!("ok {words}"),
        Err(Fault::No(reason)) => format!("no {reason}"),
        Err(Fault::Error(message)) => format!("error {}", message.replace(['\r', '\n'], " ")),
    }
}

fn act(line: &[u8], handles: Handles, directory: &Directory) -> Result<String, Fault> {
    if line.len() > MAX_LINE {
        return Err(Fault::Error(format!("expected a line of at most {MAX_LINE} bytes")));
    }
    let line = str::from_utf8(line)?;
    let words: Vec<_> = line.split(' ').collect();
    Ok(match words[..] {
        ["register", phone, imsi, imei, imeisv, endpoint] => {
            let (phone, imsi, imei) =
                (handles.list::<PhoneNumber>(phone)?, handles.list::<Imsi>(imsi)?, handles.list::<Imei>(imei)?);
            let imeisv = handles.optional::<Imeisv>(imeisv)?;
            directory.register([&phone, &imsi, &imei], imeisv, endpoint.parse()?)?;
            String::new()
        }
        ["send", from, to, message] => {
            let (from, to) = (handles.one::<PhoneNumber>(from)?, handles.list::<PhoneNumber>(to)?);
            let (endpoint, nth) = directory.send(from, &to, message.parse()?)?;
            format!("{endpoint} {nth}")
        }
        ["collect", endpoint] => {
            let mut words = String::new();
            for (message, from) in directory.collect(endpoint.parse()?)? {
                write!(words, " {message}:{}", handles.text::<PhoneNumber>(&from)?)?;
            }
            words.split_off(words.len().min(1))
        }
        ["swap", imei, imsi] => directory.swap(&handles.list::<Imei>(imei)?, &handles.list::<Imsi>(imsi)?)?.to_string(),
        ["switch-off", imei] => directory.switch_off(&handles.list::<Imei>(imei)?)?.to_string(),
        ["forget", phone] => directory.forget(&handles.list::<PhoneNumber>(phone)?)?.to_string(),
        ["phone", phone] => directory.endpoint(PHONE, &handles.list::<PhoneNumber>(phone)?)?.to_string(),
        ["imsi", imsi] => directory.endpoint(IMSI, &handles.list::<Imsi>(imsi)?)?.to_string(),
        ["imei", imei] => directory.endpoint(IMEI, &handles.list::<Imei>(imei)?)?.to_string(),
        ["old-rows", version, after] => {
            let after = handles.optional::<PhoneNumber>(after)?;
            let mut words = String::new();
            for row in directory.old_rows(version.parse()?, &after, BATCH)? {
                write!(words, " {}", handles.row_text(&row.handles)?)?;
            }
            words.split_off(words.len().min(1))
        }
        ["replace", p, s, e, v, new_p, new_s, new_e, new_v] => {
            let (old, new) = (handles.row([p, s, e, v])?, handles.row([new_p, new_s, new_e, new_v])?);
            directory.replace(&old, &new)?.to_string()
        }
        ["count-old", version] => {
            let (rows, mail) = directory.count_old(version.parse()?)?;
            format!("{rows} {mail}")
        }
        ["find", tags] => {
            let starts = tags.split(',').map(|word| handles.start(word)).collect::<Result<Vec<_>, _>>()?;
            directory.endpoint_by_start(&starts)?.to_string()
        }
        ["route", prefixes] => {
            let prefixes = prefixes.split(',').map(|word| handles.prefix(word)).collect::<Result<Vec<_>, _>>()?;
            directory.route(&prefixes)?.to_string()
        }
        ["routes", ref routes @ ..] => {
            let route = |word: &&str| {
                let (prefix, carrier) = pair(word, "expected a prefix, a colon and a carrier")?;
                Ok((handles.prefix(prefix)?, carrier.parse()?))
            };
            directory.set_routes(&routes.iter().map(route).collect::<Result<Vec<_>, Fault>>()?)?;
            String::new()
        }
        ["sizes"] => {
            let [phones, imsis, imeis, rows] = directory.sizes()?;
            format!("{phones} {imsis} {imeis} {rows}")
        }
        _ => return Err(Fault::Error("expected a known verb and its words, with one space between them".into())),
    })
}

impl Handles {
    fn one<I: Identifier>(self, word: &str) -> Result<Handle, Fault> {
        match self {
            Handles::Tokens => Ok(word.parse::<Token<I>>()?.as_bytes().to_vec()),
            Handles::Plaintext => word.parse::<I>().map(|_| Ok(word.into()))?,
        }
    }

    fn list<I: Identifier>(self, words: &str) -> Result<Vec<Handle>, Fault> {
        if words.split(',').count() > MAX_VERSIONS {
            return Err(Fault::Error(format!("expected at most {MAX_VERSIONS} tokens of one identifier")));
        }
        words.split(',').map(|word| self.one::<I>(word)).collect()
    }

    /// What the token begins with that has this tag under this key version.
    fn start(self, word: &str) -> Result<Handle, Fault> {
        if let Handles::Plaintext = self {
            return self.one::<PhoneNumber>(word);
        }
        let (version, tag) = pair(word, "expected a key version, a colon and a tag")?;
        let (version, tag) = (version.parse::<KeyVersion>()?, tag.parse::<Tag<PhoneNumber>>()?);
        Ok([&Token::<PhoneNumber>::header(version)[..], tag.as_bytes()].concat())
    }

    fn prefix(self, word: &str) -> Result<Handle, Fault> {
        match self {
            Handles::Tokens => Ok(word.parse::<PrefixTag<PhoneNumber>>()?.as_bytes().to_vec()),
            Handles::Plaintext => word.parse::<Prefix<PhoneNumber>>().map(|_| Ok(word.into()))?,
        }
    }

    /// `-` stands for none.
    fn optional<I: Identifier>(self, word: &str) -> Result<Handle, Fault> {
        if word == "-" { Ok(Handle::new()) } else { self.one::<I>(word) }
    }

    fn row(self, [phone, imsi, imei, imeisv]: [&str; 4]) -> Result<[Handle; 4], Fault> {
        Ok([
            self.one::<PhoneNumber>(phone)?,
            self.one::<Imsi>(imsi)?,
            self.one::<Imei>(imei)?,
            self.optional::<Imeisv>(imeisv)?,
        ])
    }

    fn text<I: Identifier>(self, handle: &[u8]) -> Result<String, Fault> {
        match self {
            _ if handle.is_empty() => Ok("-".into()),
            Handles::Tokens => Ok(Token::<I>::try_from(handle)?.to_string()),
            Handles::Plaintext => Ok(str::from_utf8(handle)?.into()),
        }
    }

    fn row_text(self, [phone, imsi, imei, imeisv]: &[Handle; 4]) -> Result<String, Fault> {
        let (phone, imsi) = (self.text::<PhoneNumber>(phone)?, self.text::<Imsi>(imsi)?);
        Ok(format!("{phone} {imsi} {} {}", self.text::<Imei>(imei)?, self.text::<Imeisv>(imeisv)?))
    }
}

fn pair<'a>(word: &'a str, expected: &str) -> Result<(&'a str, &'a str), Fault> {
    word.split_once(':').ok_or_else(|| Fault::Error(expected.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A token that nobody sealed: the router cannot tell.
    fn token<I: Identifier>(version: u8, body: u8) -> String {
        let mut bytes = [body; 27];
        let letter = I::KIND.letter() as u8 - b'A';
        bytes[..3].copy_from_slice(&[letter << 2 | 1, 0, version]);
        Token::<I>::try_from(bytes).expect("well-formed").to_string()
    }

    fn ask(directory: &Directory, line: impl AsRef<[u8]>) -> String {
        answer(line.as_ref(), Handles::Tokens, directory)
    }

    /// A directory with one subscriber, sealed under version 1, and its tokens under version 1 and version 2.
    fn one_subscriber() -> (Directory, [String; 4], [String; 4]) {
        let row = |v| [token::<PhoneNumber>(v, v), token::<Imsi>(v, v), token::<Imei>(v, v), token::<Imeisv>(v, v)];
        let (directory, old) = (Directory::in_memory(), row(1));
        assert_eq!(ask(&directory, format!("register {} 7", old.join(" "))), "ok");
        (directory, old, row(2))
    }

    #[test]
    fn a_row_is_unique_and_found_under_either_key_while_they_rotate() {
        let (directory, old, new) = one_subscriber();
        let [p, s, e] = [0, 1, 2].map(|kind| format!("{},{}", new[kind], old[kind]));
        let other = [token::<PhoneNumber>(2, 9), token::<Imsi>(2, 9), token::<Imei>(2, 9)];
        for line in [
            format!("register {p} {} {} - 8", other[1], other[2]),
            format!("register {} {s} {} - 8", other[0], other[2]),
            format!("register {} {} {e} - 8", other[0], other[1]),
            format!("register {} - 7", other.join(" ")),
        ] {
            assert_eq!(ask(&directory, line), "no taken");
        }
        assert_eq!(ask(&directory, "sizes"), "ok 1 1 1 1");
        assert_eq!(ask(&directory, format!("send {} {p} 5", other[0])), "ok 7 1");
        assert_eq!(ask(&directory, "old-rows 1 -"), "ok");
        assert_eq!(ask(&directory, "old-rows 2 -"), format!("ok {}", old.join(" ")));
        assert_eq!(ask(&directory, format!("old-rows 2 {}", old[0])), "ok");
        assert_eq!(ask(&directory, "count-old 2"), "ok 1 0");
        let replace = format!("replace {} {}", old.join(" "), new.join(" "));
        assert_eq!(ask(&directory, &replace), "ok 7");
        assert_eq!(ask(&directory, &replace), "no unknown");
        assert_eq!(ask(&directory, format!("send {} {p} 6", old[0])), "ok 7 0");
        assert_eq!(ask(&directory, "count-old 2"), "ok 0 1");
        assert_eq!(ask(&directory, "collect 7"), format!("ok 5:{} 6:{}", other[0], old[0]));
        assert_eq!(ask(&directory, "count-old 2"), "ok 0 0");
        assert_eq!(ask(&directory, "sizes"), "ok 1 1 1 1");
    }

    #[test]
    fn a_row_is_found_by_header_and_tag_of_its_token() {
        let (directory, [phone, ..], [new, ..]) = one_subscriber();
        let tag = |token: &str| token.parse::<Token<PhoneNumber>>().expect("well-formed").tag();
        let (old, new) = (tag(&phone), tag(&new));
        for found in [format!("find 1:{old}"), format!("find 2:{new},1:{old}"), format!("find 1:{new},1:{old}")] {
            assert_eq!(ask(&directory, found), "ok 7");
        }
        // Another version, another tag, and a tag just before and just behind the row's.
        let [before, behind] = [[0; 15], [0xFF; 15]].map(|rest: [u8; 15]| {
            let mut bytes = *old.as_bytes();
            bytes[1..].copy_from_slice(&rest);
            Tag::<PhoneNumber>::from_bytes(bytes)
        });
        for unknown in [format!("2:{old}"), format!("1:{new}"), format!("1:{before}"), format!("1:{behind}")] {
            assert_eq!(ask(&directory, format!("find {unknown}")), "no unknown");
        }
        assert_eq!(ask(&directory, format!("find {old}")), "error expected a key version, a colon and a tag");
        assert!(ask(&directory, format!("find 0:{old}")).starts_with("error key version: "));
        assert!(ask(&directory, format!("find 1:{phone}")).starts_with("error tag: "));
    }

    #[test]
    fn the_first_prefix_with_a_route_is_taken() {
        let directory = Directory::in_memory();
        let [a, b, c] = [1, 2, 3].map(|byte| PrefixTag::<PhoneNumber>::from_bytes([byte; 16]));
        assert_eq!(ask(&directory, format!("route {a}")), "no unknown");
        assert_eq!(ask(&directory, format!("routes {a}:1 {b}:2")), "ok");
        for (prefixes, expected) in [(format!("{a},{b}"), "ok 1"), (format!("{c},{b},{a}"), "ok 2")] {
            assert_eq!(ask(&directory, format!("route {prefixes}")), expected);
        }
        assert_eq!(ask(&directory, format!("routes {c}:3")), "ok");
        assert_eq!(ask(&directory, format!("route {a},{b}")), "no unknown");
        assert_eq!(ask(&directory, format!("routes {a}:1 {b}:x")), "error invalid digit found in string");
        assert_eq!(ask(&directory, format!("route {a},{b},{c}")), "ok 3", "all of a change or nothing");
        assert_eq!(ask(&directory, "routes"), "ok");
        assert_eq!(ask(&directory, format!("route {c}")), "no unknown");
    }

    #[test]
    fn a_change_between_reading_and_resealing_a_row_is_kept() {
        let (directory, old, new) = one_subscriber();
        let swapped = token::<Imsi>(2, 9);
        assert_eq!(ask(&directory, format!("swap {} {swapped}", old[2])), "ok 7");
        assert_eq!(ask(&directory, format!("replace {} {}", old.join(" "), new.join(" "))), "ok 7");
        assert_eq!(ask(&directory, format!("imsi {swapped}")), "ok 7");
        assert_eq!(ask(&directory, format!("imsi {},{}", new[1], old[1])), "no unknown");
        assert_eq!(ask(&directory, format!("forget {}", new[0])), "ok 7");
        assert_eq!(ask(&directory, "sizes"), "ok 0 0 0 0");
    }

    #[test]
    fn a_lost_device_stays_off() {
        let (directory, row, new) = one_subscriber();
        let register = |row: &[String; 4]| format!("register {} 8", row.join(" "));
        assert_eq!(ask(&directory, format!("switch-off {}", row[2])), "ok 7");
        assert_eq!(ask(&directory, format!("forget {}", row[0])), "no off");
        assert_eq!(ask(&directory, register(&row)), "no taken");
        // With another number and SIM it is still the same device.
        let [phone, imsi, ..] = new.clone();
        assert_eq!(ask(&directory, register(&[phone, imsi, row[2].clone(), row[3].clone()])), "no taken");
        assert_eq!(ask(&directory, format!("replace {} {}", row.join(" "), new.join(" "))), "ok 7");
        assert_eq!(ask(&directory, format!("forget {}", new[0])), "no off");
        assert_eq!(ask(&directory, format!("send {} {} 5", row[0], new[0])), "no off");
        assert_eq!(ask(&directory, "sizes"), "ok 1 1 1 1");
        // The control: what is on can opt out and come back.
        let (directory, row, _) = one_subscriber();
        assert_eq!(ask(&directory, format!("forget {}", row[0])), "ok 7");
        assert_eq!(ask(&directory, register(&row)), "ok");
    }

    #[test]
    fn what_is_not_understood_is_answered_with_what_was_expected() {
        let (directory, [phone, imsi, ..], _) = one_subscriber();
        let many = [&*phone; MAX_VERSIONS + 1].join(",");
        for (line, expected) in [
            ("#".repeat(MAX_LINE + 1).into_bytes(), "error expected a line of at most 512 bytes"),
            (b"phone \xFF".into(), "error invalid utf-8 sequence of 1 bytes from index 6"),
            (format!("phone {imsi}").into(), "error token of phone numbers: expected the kind letter `P` at byte 0"),
            (format!("phone {phone},").into(), "error token of phone numbers: expected 36 bytes, found 0"),
            (format!("phone {many}").into(), "error expected at most 3 tokens of one identifier"),
            (format!("send {phone} {phone} -1").into(), "error invalid digit found in string"),
        ] {
            assert_eq!(ask(&directory, line), expected);
        }
        for line in ["", " ", "sizes ", "SIZES", "phone", "sizes\r", "sizes\nsizes"] {
            assert_eq!(ask(&directory, line), "error expected a known verb and its words, with one space between them");
        }
    }

    #[test]
    fn any_bytes_are_answered_with_one_line() {
        let (directory, ..) = one_subscriber();
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        };
        for verb in ["", "phone ", "collect ", "send ", "count-old ", "replace ", "sizes"].repeat(150) {
            let rest: Vec<u8> = (0..600 * usize::from(random()) / 256).map(|_| random()).collect();
            let answer = ask(&directory, [verb.as_bytes(), &rest].concat());
            let word = answer.split(' ').next();
            assert!(matches!(word, Some("ok" | "no" | "error")), "{verb} {rest:x?}: {answer}");
            assert!(!answer.contains(['\r', '\n']), "{verb} {rest:x?}: {answer}");
        }
        assert_eq!(ask(&directory, "sizes"), "ok 1 1 1 1");
    }
}
