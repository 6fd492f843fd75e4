//! Finds rows and their columns in an input, whatever its format.

use crate::{
    batch::{Batch, Cell, Row},
    failure::Failure,
    input::Input,
    json::Json,
    separated::{Broken, Found, Separated, Walked, walk},
};
use std::path::Path;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Separated { delimiter: u8 },
    JsonLines,
    Parquet,
}

impl Format {
    /// By the ending of a file's name.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Format::Separated { delimiter: b',' }),
            "tsv" | "tab" => Some(Format::Separated { delimiter: b'\t' }),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "parquet" => Some(Format::Parquet),
            _ => None,
        }
    }
}

/// How a table is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) format: Format,
    pub(crate) has_header: bool,
    pub(crate) has_quotes: bool,
}

/// A table that is being read.
pub(crate) struct Table {
    rows: Rows,
    columns: usize,
    at: usize,
    number: u64,
    line: u64,
}

enum Rows {
    Separated(Separated),
    Json(Json),
}

/// Batches of so many rows stay in the caches.
const BATCH: usize = 2048;

impl Table {
    /// Reads the header, if there is one, and finds the columns.
    pub(crate) fn open(input: &mut Input, layout: Layout, columns: &[&str]) -> Result<Self, Failure> {
        while !input.is_all && input.text().len() < 4 {
            input.read(0)?;
        }
        refuse_other_encodings(input)?;
        let at = if input.text().starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let mut table = Table {
            rows: Rows::Json(Json { wanted: columns.iter().map(|&name| name.to_owned()).collect() }),
            columns: columns.len(),
            at,
            number: 0,
            line: 1,
        };
        if let Format::Separated { delimiter } = layout.format {
            table.rows = Rows::Separated(table.find_columns(input, layout, delimiter, columns)?);
        }
        Ok(table)
    }

    fn find_columns(
        &mut self,
        input: &mut Input,
        layout: Layout,
        delimiter: u8,
        columns: &[&str],
    ) -> Result<Separated, Failure> {
        let (names, end, lines) = loop {
            let mut names = Vec::new();
            let text = input.text();
            let walked = walk(text, self.at, input.is_all, delimiter, layout.has_quotes, |_, bytes| {
                names.push(String::from_utf8_lossy(&text[bytes]).replace("\"\"", "\""));
            });
            match walked.map_err(|broken| broken.failure(&self.place(input)))? {
                Walked::Row { end, lines, .. } => break (names, end, lines),
                Walked::Blank { end } => {
                    self.at = end;
                    self.line += 1;
                }
                Walked::More => input.read(0)?,
                Walked::End if layout.has_header => {
                    return Err(Failure::new(format!("{} is empty", input.name))
                        .hint("a table has a row with the names of its columns, if not --no-header is given"));
                }
                Walked::End => break (Vec::new(), self.at, 0),
            }
        };
        let has_rows = layout.has_header || lines > 0;
        let mut wanted = Vec::new();
        for (cell, column) in columns.iter().enumerate() {
            let place = match layout.has_header {
                true => by_name(&names, column, delimiter, input)?,
                false => by_number(if has_rows { names.len() } else { usize::MAX }, column, input)?,
            };
            if wanted.iter().any(|(other, _)| *other == place) {
                return Err(Failure::new(format!("the column `{}` is given twice", column)));
            }
            wanted.push((place, cell));
        }
        wanted.sort_unstable();
        if layout.has_header {
            (self.at, self.line) = (end, self.line + lines);
        }
        Ok(Separated { delimiter, has_quotes: layout.has_quotes, wanted, fields: names.len() })
    }

    /// Where the next row is looked for.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// The text before this place was forgotten.
    pub(crate) fn moved(&mut self, by: usize) {
        self.at -= by;
    }

    pub(crate) fn rows(&self) -> u64 {
        self.number
    }

    /// Finds rows, up to a batch of them. `false` where none is left.
    pub(crate) fn fill(&mut self, input: &Input, batch: &mut Batch) -> Result<bool, Failure> {
        batch.clear();
        while batch.rows.len() < BATCH {
            let first = batch.cells.len();
            batch.cells.resize(first + self.columns, Cell::default());
            let cells = &mut batch.cells[first..];
            let (found, column) = match &self.rows {
                Rows::Separated(rows) => {
                    let found = rows.row(input.text(), self.at, input.is_all, cells);
                    (found.map_err(|broken: Broken| broken.failure(&self.place(input)))?, None)
                }
                Rows::Json(rows) => rows.row(input.text(), self.at, input.is_all, cells, &mut batch.decoded),
            };
            match found {
                Found::Row { end, lines, fault } => {
                    if let Some(fault) = fault {
                        cells.fill(Cell::default());
                        batch.faults.push((batch.rows.len(), column, fault));
                    }
                    self.number += 1;
                    batch.rows.push(Row { bytes: self.at..end, number: self.number, line: self.line });
                    (self.at, self.line) = (end, self.line + lines);
                }
                Found::Blank { end } => {
                    batch.cells.truncate(first);
                    (self.at, self.line) = (end, self.line + 1);
                }
                Found::More | Found::End => {
                    batch.cells.truncate(first);
                    break;
                }
            }
        }
        Ok(!batch.rows.is_empty())
    }

    fn place(&self, input: &Input) -> String {
        format!("{}, line {}", input.name, self.line)
    }
}

fn by_name(names: &[String], column: &str, delimiter: u8, input: &Input) -> Result<usize, Failure> {
    let mut places = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
    match (places.next(), places.next()) {
        (Some(place), None) if !names.iter().any(|name| name.contains('\r')) => Ok(place),
        (Some(_), Some(_)) => Err(Failure::new(format!("{}: two columns are named `{}`", input.name, column))
            .hint("rename one of them, or skip the header and give numbers: --no-header -c 2=KIND")),
        _ => {
            let failure = Failure::new(format!("{}: there is no column `{}`", input.name, column));
            if names.iter().any(|name| name.contains('\r')) {
                return Err(failure.hint("its lines end in CR alone, as on old Macs: convert them to LF"));
            }
            for (other, byte) in [("comma", b','), ("semicolon", b';'), ("tab", b'\t'), ("bar", b'|')] {
                if names.len() == 1 && byte != delimiter && names[0].as_bytes().contains(&byte) {
                    let option = if byte == b'\t' { "--format tsv" } else { &format!("-d '{}'", char::from(byte)) };
                    return Err(failure.hint(format!("its fields look separated by a {other}: try {option}")));
                }
            }
            // A first row that is no header has identifiers in it, which no message may show.
            if names.iter().any(|name| name.chars().filter(|char| char.is_numeric()).count() > 4) {
                return Err(failure.hint("its first row looks like data: give --no-header and numbers, -c 2=KIND"));
            }
            let names: Vec<_> = names.iter().take(40).map(|name| format!("`{name}`")).collect();
            Err(failure.hint(format!("its columns are {}", names.join(", "))))
        }
    }
}

fn by_number(fields: usize, column: &str, input: &Input) -> Result<usize, Failure> {
    match column.parse::<usize>() {
        Ok(number) if number >= 1 && number <= fields => Ok(number - 1),
        Ok(_) => Err(Failure::new(format!("{}: there is no column {}", input.name, column))
            .hint(format!("its first row has {fields} fields, counted from 1"))),
        Err(_) => Err(Failure::new("without a header a column is given by its number")
            .hint("for example: --no-header -c 2=phone; columns are counted from 1")),
    }
}

fn refuse_other_encodings(input: &Input) -> Result<(), Failure> {
    let refused = |what, hint: &str| Err(Failure::new(format!("{} is {what}", input.name)).hint(hint));
    match input.text() {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => refused("UTF-16", "convert it: iconv -f UTF-16 -t UTF-8"),
        [0x1F, 0x8B, ..] => refused("compressed", "unpack it: gzip -dc FILE | telseal …"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => refused("compressed", "unpack it: zstd -dc FILE | telseal …"),
        [b'P', b'K', 3, 4, ..] => refused("a ZIP archive or a spreadsheet", "export the sheet as CSV"),
        [b'P', b'A', b'R', b'1', ..] => {
            refused("Parquet", "give --format parquet, to a telseal with the feature parquet")
        }
        _ => Ok(()),
    }
}
