//! `telseal inspect`: what something is, and what a table has. It takes no key, so it tells what everybody can see.

#[cfg(feature = "parquet")]
use crate::columnar;
#[cfg(not(feature = "parquet"))]
use crate::columns::no_parquet;
use crate::{
    args::InspectArgs,
    batch::Batch,
    columns::{check_delimiter, layout, list, open},
    failure::{At, Failure},
    input::Input,
    table::{Format, Table},
};
use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read, Write as _},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};
use telseal::{
    Identifier, Imei, Imeisv, Imsi, KeyVersion, Kind, ParseError, PhoneNumber, Tag, Token, oblivious::PublicKey,
};

pub(crate) fn run(args: &InspectArgs) -> Result<(), Failure> {
    let text = match &args.column[..] {
        [] => {
            let told: Result<Vec<_>, _> = args.inputs.iter().enumerate().map(|(at, input)| tell(at, input)).collect();
            told?.join("\n")
        }
        _ => count(args)?,
    };
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).at("write to", Path::new("standard output"))
}

/// A file of that name, or else the text itself.
fn tell(at: usize, input: &OsStr) -> Result<String, Failure> {
    let path = Path::new(input);
    let (bytes, place) = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            return Err(Failure::new(format!("`{}` is a folder", path.display()))
                .hint("give a file; or count the tokens of the tables in it: --column COLUMN"));
        }
        Ok(_) => {
            let mut bytes = Vec::new();
            let file = File::open(path).at("open", path)?;
            file.take(LONGEST).read_to_end(&mut bytes).at("read", path)?;
            (bytes, format!("`{}`", path.display()))
        }
        // It may be an identifier: the message has its place alone.
        Err(_) => (input.as_bytes().to_vec(), format!("argument {}", at + 1)),
    };
    what_is(&bytes).map_err(|reason| {
        Failure::new(format!("{place} {reason}"))
            .hint("telseal inspect knows tokens, tags, short tags, public keys, keyrings and index keys")
    })
}

/// As many bytes as a keyring of all key versions has, and more than any public key.
const LONGEST: u64 = 34 + 34 * 65535;

/// Lines that say what it is, or why nothing is said. Neither shows the digits of an identifier.
fn what_is(bytes: &[u8]) -> Result<String, String> {
    if let Some(rest) = bytes.strip_prefix(b"telseal-keyring") {
        return wrapped("keyring", rest, 18, "`telseal keyring list` shows its key versions");
    }
    if let Some(rest) = bytes.strip_prefix(b"telseal-index") {
        return wrapped("index key", rest, 51, "its kind, scope and key versions are encrypted");
    }
    if let Some(told) = of_bytes(bytes) {
        return Ok(told);
    }
    let text = str::from_utf8(bytes).map_err(|_| "is nothing that telseal writes")?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    of_text(text)
}

/// What stands behind the name of a wrapped file: its format, then so many bytes and 34 for each key version.
fn wrapped(what: &str, rest: &[u8], fixed: usize, note: &str) -> Result<String, String> {
    match rest.split_first() {
        Some((1, rest)) => match rest.len().checked_sub(fixed) {
            Some(entries) if entries > 0 && entries % 34 == 0 => {
                let versions = entries / 34;
                Ok(format!("what: {what}, wrapped\nformat version: 1\nkey versions: {versions}\nnote: {note}\n"))
            }
            _ => Err(format!("begins like a wrapped {what} and has another length: it was cut or altered")),
        },
        Some((format, _)) => Err(format!("is a wrapped {what} of format version {format}: a newer telseal reads it")),
        None => Err(format!("begins like a wrapped {what} and was cut")),
    }
}

/// What is known of one kind.
struct Known {
    kind: Kind,
    token_bytes: fn(&[u8]) -> Option<String>,
    token_text: fn(&str) -> Result<String, ParseError>,
    token_hex: fn(&str) -> Result<String, ParseError>,
    public_key: fn(&[u8]) -> Option<String>,
    header: fn(&[u8]) -> Option<KeyVersion>,
    version: fn(&str) -> Option<KeyVersion>,
    is_plain: fn(&str) -> bool,
}

impl Known {
    const fn new<I: Identifier>(kind: Kind) -> Self {
        Known {
            kind,
            token_bytes: |bytes| Token::<I>::try_from(bytes).ok().map(|token| token_lines(&token, "bytes")),
            token_text: |text| text.parse::<Token<I>>().map(|token| token_lines(&token, "text")),
            token_hex: |text| Token::<I>::from_hex(text).map(|token| token_lines(&token, "hexadecimal digits")),
            public_key: |bytes| PublicKey::<I>::try_from(bytes).ok().map(|key| public_key_lines(&key)),
            header: |text| {
                // The rest of a token is any bytes.
                let mut token = [b'A'; 36];
                token[..4].copy_from_slice(text.first_chunk::<4>()?);
                str::from_utf8(&token).ok()?.parse::<Token<I>>().ok().map(|token| token.key_version())
            },
            version: |text| match text.len() {
                54 => Token::<I>::from_hex(text).ok().map(|token| token.key_version()),
                _ => text.parse::<Token<I>>().ok().map(|token| token.key_version()),
            },
            is_plain: |text| text.parse::<I>().is_ok(),
        }
    }
}

const KINDS: [Known; 4] = [
    Known::new::<PhoneNumber>(Kind::PhoneNumber),
    Known::new::<Imsi>(Kind::Imsi),
    Known::new::<Imei>(Kind::Imei),
    Known::new::<Imeisv>(Kind::Imeisv),
];

fn of_bytes(bytes: &[u8]) -> Option<String> {
    let of_kind = |kind: &Known| (kind.token_bytes)(bytes).or_else(|| (kind.public_key)(bytes));
    KINDS.iter().find_map(of_kind).or_else(|| match <[u8; 16]>::try_from(bytes) {
        // What is all text is rather an identifier.
        Ok(tag) if !tag.is_ascii() => Some(tag_lines(&Tag::from_bytes(tag), "bytes")),
        _ => None,
    })
}

fn of_text(text: &str) -> Result<String, String> {
    if let Some(known) = KINDS.iter().find(|known| (known.is_plain)(text)) {
        return Err(format!("is not sealed: it reads as an identifier in the clear ({})", known.kind));
    }
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let none_is = |what: &str, error: ParseError| Err(format!("has the length of a {what} and is none: {error}"));
    match text.len() {
        0 => Err("is empty".to_owned()),
        4 if !is_hex => match KINDS.iter().find_map(|known| Some((known.kind, (known.header)(text.as_bytes())?))) {
            Some((kind, version)) => Ok(format!(
                "what: the beginning of tokens\nkind: {kind}\nformat version: 1\nkey version: {version}\nform: text\n"
            )),
            None => Err("has the length of a token's beginning and is none".to_owned()),
        },
        2..=16 if is_hex => {
            let most = 4 * text.len();
            let fewest = (most - 3).max(8);
            Ok(format!("what: short tag\nbits: {fewest} to {most}\nform: hexadecimal digits\n"))
        }
        22 => match text.parse::<Tag<PhoneNumber>>() {
            Ok(tag) => Ok(tag_lines(&tag, "text")),
            Err(error) => none_is("tag", error),
        },
        32 if is_hex => match Tag::<PhoneNumber>::from_hex(text) {
            Ok(tag) => Ok(tag_lines(&tag, "hexadecimal digits")),
            Err(error) => none_is("tag", error),
        },
        36 => match KINDS.iter().find(|known| text.starts_with(known.kind.letter())) {
            Some(known) => (known.token_text)(text).or_else(|error| none_is("token", error)),
            None => Err("has the length of a token and the letter of no kind".to_owned()),
        },
        54 if is_hex => match KINDS.iter().find_map(|known| (known.token_hex)(text).ok()) {
            Some(told) => Ok(told),
            None => Err("has the length of a token and the beginning of none".to_owned()),
        },
        length if is_hex && length % 2 == 0 => {
            let pairs = text.as_bytes().chunks_exact(2);
            let digit = |char: u8| char::from(char).to_digit(16).unwrap_or_default() as u8;
            let bytes: Vec<u8> = pairs.map(|pair| digit(pair[0]) << 4 | digit(pair[1])).collect();
            match KINDS.iter().find_map(|known| (known.public_key)(&bytes)) {
                Some(told) => Ok(told),
                None => Err("is hexadecimal digits of nothing that telseal writes".to_owned()),
            }
        }
        _ => Err("is nothing that telseal writes".to_owned()),
    }
}

fn token_lines<I: Identifier>(token: &Token<I>, form: &str) -> String {
    format!(
        "what: token\nkind: {}\nformat version: 1\nkey version: {}\nform: {form}\ntag: {}\n",
        I::KIND,
        token.key_version(),
        token.tag()
    )
}

/// A tag does not say of what it is.
fn tag_lines(tag: &Tag<PhoneNumber>, form: &str) -> String {
    format!("what: tag, of an identifier or a prefix\nform: {form}\ntext: {tag}\n")
}

fn public_key_lines<I: Identifier>(key: &PublicKey<I>) -> String {
    let labels: Vec<_> = key.scope().labels().map(|label| format!("{label:?}")).collect();
    format!(
        "what: public key for handsets\nkind: {}\nformat version: 1\nkey version: {}\nscope: {}\n",
        I::KIND,
        key.key_version(),
        labels.join(" ")
    )
}

/// The fields of a column by what they hold, in the order of kinds and key versions.
type Counts = BTreeMap<Holds, u64>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Token(Kind, KeyVersion),
    Empty,
    NoToken,
    /// The row was not read.
    NoRow,
}

/// A row for each column, kind and key version.
fn count(args: &InspectArgs) -> Result<String, Failure> {
    check_delimiter(args.table.delimiter, false)?;
    let names: Vec<_> = args.column.iter().map(String::as_str).collect();
    if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(Failure::new(format!("the column `{twice}` is given twice")));
    }
    let mut counts = vec![Counts::new(); names.len()];
    let inputs: Vec<PathBuf> = args.inputs.iter().map(PathBuf::from).collect();
    match &inputs[..] {
        [] => count_in(args, None, &names, &mut counts)?,
        [input] if !input.is_dir() => {
            let path = (input.as_os_str() != "-").then_some(&**input);
            count_in(args, path, &names, &mut counts)?;
        }
        inputs => {
            for (_, path) in list(&args.table, inputs)? {
                count_in(args, Some(&path), &names, &mut counts)?;
            }
        }
    }
    let mut table = String::from("column\tholds\tversion\trows\n");
    for (name, counts) in names.iter().zip(counts) {
        for (holds, rows) in counts {
            let _ = match holds {
                Holds::Token(kind, version) => writeln!(table, "{name}\t{kind}\t{version}\t{rows}"),
                Holds::Empty => writeln!(table, "{name}\tempty\t\t{rows}"),
                Holds::NoToken => writeln!(table, "{name}\tno token\t\t{rows}"),
                Holds::NoRow => writeln!(table, "{name}\tno field\t\t{rows}"),
            }; // a String takes all that is written
        }
    }
    Ok(table)
}

fn count_in(args: &InspectArgs, path: Option<&Path>, names: &[&str], counts: &mut [Counts]) -> Result<(), Failure> {
    let (file, name) = open(path)?;
    let layout = layout(&args.table, path);
    if layout.format == Format::Parquet {
        #[cfg(not(feature = "parquet"))]
        return Err(no_parquet(&name));
        #[cfg(feature = "parquet")]
        return columnar::each(file, &name, names, |column, field| {
            *counts[column].entry(holds(field)).or_default() += 1;
        });
    }
    let mut input = Input::new(file, name);
    let mut table = Table::open(&mut input, layout, names)?;
    let mut batch = Batch::default();
    loop {
        while table.fill(&input, &mut batch)? {
            for (column, counts) in counts.iter_mut().enumerate() {
                let mut faulty = batch.faults.iter().map(|(row, ..)| *row).peekable();
                for (row, field) in batch.column(input.text(), column, names.len()).enumerate() {
                    let holds = match faulty.next_if_eq(&row) {
                        Some(_) => Holds::NoRow,
                        None => holds(field),
                    };
                    *counts.entry(holds).or_default() += 1;
                }
            }
        }
        if input.is_all {
            return Ok(());
        }
        let done = table.at();
        input.read(done)?;
        table.moved(done);
    }
}

fn holds(field: &[u8]) -> Holds {
    let Ok(text) = str::from_utf8(field) else { return Holds::NoToken };
    if text.is_empty() {
        return Holds::Empty;
    }
    match KINDS.iter().find_map(|known| Some(Holds::Token(known.kind, (known.version)(text)?))) {
        Some(token) => token,
        None => Holds::NoToken,
    }
}

#[cfg(test)]
mod tests {
    use super::{KINDS, what_is};
    use proptest::prelude::*;

    /// As the library numbers and names them.
    #[test]
    fn all_kinds_are_known() {
        let letters: String = KINDS.iter().map(|known| known.kind.letter()).collect();
        assert_eq!(letters, "PSEV");
    }

    proptest! {
        /// Whatever is inspected, nothing panics, and no run of digits of the input comes back in a reason.
        #[test]
        fn reasons_have_no_digits_of_the_input(text in "[+0-9a-fPSEVQAB -]{0,60}") {
            if let Err(reason) = what_is(text.as_bytes()) {
                let digits: String = text.chars().filter(char::is_ascii_digit).collect();
                for run in digits.as_bytes().windows(4) {
                    prop_assert!(!reason.contains(str::from_utf8(run).unwrap_or("?")), "{reason}");
                }
            }
        }

        #[test]
        fn any_bytes_are_told_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = what_is(&bytes);
        }
    }
}
