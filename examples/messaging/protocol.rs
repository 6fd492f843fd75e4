//! The line protocol between gateway and router: one line of words in, one line out. The first word of an
//! answer is `ok`, `no` (understood and refused) or `error` (not understood).
//!
//! A word for an identifier is its token as text; where it is looked for, the tokens under all live key
//! versions, newest first, with commas between them. The router checks that each is well-formed and of the
//! kind that belongs there. Whether it is authentic only the key holder can tell.

use crate::directory::{Directory, Fault, Handle, IMEI, IMSI, PHONE};
use std::{fmt::Write, str::FromStr};
use telseal::{Identifier, Imei, Imeisv, Imsi, PhoneNumber, Token};

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
