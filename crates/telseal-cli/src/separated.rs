//! Rows of CSV (RFC 4180) and of tab-separated values. Only the fields that are asked for are looked at; all other
//! bytes, quotes and ends of lines with them, are copied as they are.

use crate::{batch::Cell, failure::Failure, refusal::Refusal};
use memchr::{memchr, memchr_iter, memchr2};

#[derive(Clone, Debug)]
pub(crate) struct Separated {
    pub(crate) delimiter: u8,
    pub(crate) has_quotes: bool,
    /// The places of the columns, ascending, and for each the cell that it becomes.
    pub(crate) wanted: Vec<(usize, usize)>,
    /// How many fields each row has.
    pub(crate) fields: usize,
}

/// What stands at a place of the text.
#[derive(Debug, PartialEq)]
pub(crate) enum Found {
    /// A row, its end and how many lines it has. Its cells were written.
    Row { end: usize, lines: u64, fault: Option<Refusal> },
    /// A line with nothing in it.
    Blank { end: usize },
    /// A row whose end has not been read yet.
    More,
    /// The end of the input.
    End,
}

/// A row that has no end.
#[derive(Debug, PartialEq)]
pub(crate) enum Broken {
    /// A quote that is opened and never closed.
    Unclosed,
    /// Something behind the closing quote.
    BehindQuote,
}

impl Broken {
    pub(crate) fn failure(&self, place: &str) -> Failure {
        let what = match self {
            Broken::Unclosed => "a quote is opened and never closed",
            Broken::BehindQuote => "neither a delimiter nor the end of the line follows a closing quote",
        };
        Failure::new(format!("{place}: {what}"))
            .hint("where a row ends cannot be told: mend the file, or give --no-quotes where quotes mean nothing")
    }
}

impl Separated {
    /// Finds the row at a place of the text, and writes its cells. `is_all` says that no more text follows.
    pub(crate) fn row(&self, text: &[u8], start: usize, is_all: bool, cells: &mut [Cell]) -> Result<Found, Broken> {
        let mut wanted = self.wanted.iter().peekable();
        let found = walk(text, start, is_all, self.delimiter, self.has_quotes, |field, bytes| {
            if let Some((_, cell)) = wanted.next_if(|(place, _)| *place == field) {
                cells[*cell] = Cell { text: bytes.clone(), whole: bytes, decoded: None };
            }
        })?;
        Ok(match found {
            Walked::Row { end, lines, fields } => {
                let is_ragged = fields != self.fields;
                let fault = is_ragged.then_some(Refusal::Ragged { expected: self.fields, found: fields });
                Found::Row { end, lines, fault }
            }
            Walked::Blank { end } => Found::Blank { end },
            Walked::More => Found::More,
            Walked::End => Found::End,
        })
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Walked {
    Row { end: usize, lines: u64, fields: usize },
    Blank { end: usize },
    More,
    End,
}

/// Gives each field of the row at a place of the text, without its quotes, and finds where the row ends.
#[inline(always)]
pub(crate) fn walk(
    text: &[u8],
    start: usize,
    is_all: bool,
    delimiter: u8,
    has_quotes: bool,
    mut field: impl FnMut(usize, std::ops::Range<usize>),
) -> Result<Walked, Broken> {
    let (mut at, mut fields, mut lines) = (start, 0, 1);
    match text[at..] {
        [] if is_all => return Ok(Walked::End),
        [] => return Ok(Walked::More),
        [b'\n', ..] => return Ok(Walked::Blank { end: at + 1 }),
        [b'\r', b'\n', ..] => return Ok(Walked::Blank { end: at + 2 }),
        _ => {}
    }
    loop {
        let (bytes, end);
        if has_quotes && text.get(at) == Some(&b'"') {
            let mut from = at + 1;
            let close = loop {
                let Some(quote) = memchr(b'"', &text[from..]).map(|quote| from + quote) else {
                    return if is_all { Err(Broken::Unclosed) } else { Ok(Walked::More) };
                };
                match text.get(quote + 1) {
                    Some(b'"') => from = quote + 2,
                    None if !is_all => return Ok(Walked::More),
                    _ => break quote,
                }
            };
            bytes = at + 1..close;
            lines += memchr_iter(b'\n', &text[bytes.clone()]).count() as u64;
            end = match text[close + 1..] {
                [] => None,
                [byte, ..] if byte == delimiter || byte == b'\n' => Some(close + 1),
                [b'\r', b'\n', ..] => Some(close + 2),
                [b'\r'] if !is_all => return Ok(Walked::More),
                _ => return Err(Broken::BehindQuote),
            };
        } else {
            end = memchr2(delimiter, b'\n', &text[at..]).map(|end| at + end);
            bytes = match end {
                Some(end) if text[end] == b'\n' && end > at && text[end - 1] == b'\r' => at..end - 1,
                Some(end) => at..end,
                None if is_all => at..text.len(),
                None => return Ok(Walked::More),
            };
        }
        field(fields, bytes);
        fields += 1;
        match end {
            Some(end) if text[end] == b'\n' => return Ok(Walked::Row { end: end + 1, lines, fields }),
            Some(end) => at = end + 1,
            None => return Ok(Walked::Row { end: text.len(), lines, fields }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Broken, Walked, walk};
    use proptest::prelude::*;

    /// All rows as texts, by this module.
    fn rows(text: &[u8], has_quotes: bool) -> Result<Vec<Vec<Vec<u8>>>, Broken> {
        let (mut rows, mut at) = (Vec::new(), 0);
        loop {
            let mut row = Vec::new();
            match walk(text, at, true, b',', has_quotes, |_, bytes| row.push(text[bytes].to_vec()))? {
                Walked::Row { end, fields, .. } => {
                    assert_eq!(row.len(), fields);
                    rows.push(row);
                    at = end;
                }
                Walked::Blank { end } => at = end,
                Walked::End => return Ok(rows),
                Walked::More => unreachable!("all is there"),
            }
        }
    }

    fn row(fields: &[&str]) -> Vec<Vec<u8>> {
        fields.iter().map(|field| field.as_bytes().to_vec()).collect()
    }

    #[test]
    fn rows_by_list() {
        for (text, expected) in [
            ("", vec![]),
            ("a", vec![row(&["a"])]),
            ("a\n", vec![row(&["a"])]),
            ("a\r\n", vec![row(&["a"])]),
            ("a,b\nc,d", vec![row(&["a", "b"]), row(&["c", "d"])]),
            ("a,b\r\nc,d\r\n", vec![row(&["a", "b"]), row(&["c", "d"])]),
            (",", vec![row(&["", ""])]),
            ("a,\n", vec![row(&["a", ""])]),
            ("\n\r\na\n\n", vec![row(&["a"])]),
            ("\"a\"\n", vec![row(&["a"])]),
            ("\"\"\n", vec![row(&[""])]),
            ("\"a,\n\r\nb\",c\r\n", vec![row(&["a,\n\r\nb", "c"])]),
            ("\"a\"\"b\"", vec![row(&["a\"\"b"])]),
            ("a\"b,c\"\n", vec![row(&["a\"b", "c\""])]),
            ("a\rb,c\r", vec![row(&["a\rb", "c\r"])]),
            ("\r", vec![row(&["\r"])]),
        ] {
            assert_eq!(rows(text.as_bytes(), true), Ok(expected), "{text:?}");
        }
        assert_eq!(rows(b"\"a,\"b\"\n", false), Ok(vec![row(&["\"a", "\"b\""])]));
        for (text, broken) in [
            ("\"", Broken::Unclosed),
            ("\"a\"\"\n", Broken::Unclosed),
            ("a,\"b\n", Broken::Unclosed),
            ("\"a\"b\n", Broken::BehindQuote),
            ("\"a\" ,b\n", Broken::BehindQuote),
            ("\"a\"\r", Broken::BehindQuote),
        ] {
            assert_eq!(rows(text.as_bytes(), true), Err(broken), "{text:?}");
        }
    }

    #[test]
    fn lines_within_quotes_are_counted() {
        let walked = walk(b"\"a\n\nb\",\"\r\n\"\nrest", 0, true, b',', true, |_, _| {});
        assert_eq!(walked, Ok(Walked::Row { end: 12, lines: 4, fields: 2 }));
    }

    proptest! {
        /// The crate `csv` reads the same rows, where both hold for a row. It takes a lone CR for an end of line and
        /// reads what follows a closing quote, which is refused here.
        #[test]
        fn rows_are_those_of_the_csv_crate(text in "[a,\"\n]{0,40}") {
            let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let expected: Vec<Vec<Vec<u8>>> = reader
                .byte_records()
                .map(|record| record.unwrap_or_default().iter().map(<[u8]>::to_vec).collect())
                .collect();
            if let Ok(rows) = rows(text.as_bytes(), true) {
                // Doubled quotes stand here as they are written.
                let unescaped = |field: &[u8]| String::from_utf8_lossy(field).replace("\"\"", "\"");
                prop_assert_eq!(rows.len(), expected.len());
                for (ours, theirs) in rows.iter().zip(&expected) {
                    prop_assert_eq!(ours.len(), theirs.len());
                    for (ours, theirs) in ours.iter().zip(theirs) {
                        prop_assert!(ours == theirs || unescaped(ours).as_bytes() == theirs, "{ours:?} {theirs:?}");
                    }
                }
            }
        }

        /// Wherever the text is cut, the rest is asked for, or the same row is found.
        #[test]
        fn a_cut_text_never_gives_another_row(text in "[a,\"\r\n]{0,30}", cut in 0usize..30) {
            let bytes = text.as_bytes();
            let cut = cut.min(bytes.len());
            let collect = |text: &[u8], is_all| {
                let mut fields = Vec::new();
                let walked = walk(text, 0, is_all, b',', true, |_, bytes| fields.push(bytes));
                (walked, fields)
            };
            let (walked, fields) = collect(&bytes[..cut], false);
            if walked != Ok(Walked::More) {
                let whole = collect(bytes, true);
                prop_assert_eq!((walked, fields), whole);
            }
        }
    }
}
