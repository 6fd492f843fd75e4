//! One input becomes one output.

use crate::{
    batch::{Batch, Refused},
    failure::Failure,
    form::Column,
    input::Input,
    output::{Output, Writer},
    progress::Progress,
    rejects::Rejects,
    table::{Format, Layout, Table},
    work::{Texts, Work},
};
use std::thread;
use zeroize::Zeroizing;

/// What is done to each input.
pub(crate) struct Job {
    pub(crate) columns: Vec<Column>,
    /// The column that says which country the phone numbers of its row are typed in.
    pub(crate) country_column: Option<String>,
    /// One for each of the columns.
    pub(crate) works: Vec<Box<dyn Work>>,
    /// Whether a field may become several tokens.
    pub(crate) is_lookup: bool,
}

/// What came of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    pub(crate) refused: u64,
    pub(crate) empty: u64,
}

impl Job {
    /// The columns that are looked at: those that change, and behind them that of the country.
    pub(crate) fn names(&self) -> Vec<&str> {
        let columns = self.columns.iter().map(|column| column.name.as_str());
        columns.chain(self.country_column.as_deref()).collect()
    }
}

const AT_ONCE: usize = 1 << 18;

pub(crate) fn run(
    job: &mut Job,
    layout: Layout,
    input: Input,
    output: &mut Output,
    rejects: Option<&mut Rejects>,
    progress: &Progress,
) -> Result<Tally, Failure> {
    thread::scope(|scope| {
        let mut writer = Writer::begin(scope, output)?;
        let tally = rows(job, layout, input, &mut writer, rejects, progress)?;
        writer.finish()?;
        Ok(tally)
    })
}

fn rows(
    job: &mut Job,
    layout: Layout,
    mut input: Input,
    writer: &mut Writer<'_, '_>,
    mut rejects: Option<&mut Rejects>,
    progress: &Progress,
) -> Result<Tally, Failure> {
    let mut table = Table::open(&mut input, layout, &job.names())?;
    let (columns, width) = (job.columns.len(), job.names().len());
    let (mut batch, mut tally) = (Batch::default(), Tally::default());
    let mut texts: Vec<Texts> = job.columns.iter().map(|_| Texts::default()).collect();
    let mut out = Zeroizing::new(Vec::with_capacity(4 * AT_ONCE));
    // The text before this place has been copied.
    let mut copied = 0;
    loop {
        while table.fill(&input, &mut batch)? {
            // Their fields are empty as well, and are not counted as such.
            let faulty = batch.faults.len() as u64;
            for (column, (work, texts)) in job.works.iter_mut().zip(&mut texts).enumerate() {
                let mut countries = (width > columns).then(|| batch.column(input.text(), columns, width));
                let countries = countries.as_mut().map(|countries| countries as &mut dyn Iterator<Item = &[u8]>);
                work.run(&mut batch.column(input.text(), column, width), countries, texts);
                tally.empty += texts.empty - faulty;
            }
            let refused = refused_rows(&batch, &texts);
            if !refused.is_empty() {
                match &mut rejects {
                    Some(rejects) => tally.refused += rejects.write(&batch, &refused, &job.names())?,
                    None => return Err(first(&refused[0], &batch, job, &format!("{}, line", input.name))),
                }
            }
            let longest = table.at() - copied + texts.iter().map(Texts::total).sum::<usize>() + 4 * batch.cells.len();
            if out.capacity() - out.len() < longest {
                writer.write(&mut out)?;
                if out.capacity() < longest {
                    out = Zeroizing::new(Vec::with_capacity(longest));
                }
            }
            put(&batch, &texts, &refused, input.text(), &mut copied, &mut out, layout, job);
            progress.at(copied, table.rows());
        }
        // Blank lines, and the header before the first row.
        if out.capacity() - out.len() < table.at() - copied {
            writer.write(&mut out)?;
            out = Zeroizing::new(Vec::with_capacity(table.at() - copied));
        }
        out.extend_from_slice(&input.text()[copied..table.at()]);
        // At each read: whoever waits for rows at a pipe gets those that are there.
        writer.write(&mut out)?;
        if input.is_all {
            progress.moved(table.at());
            tally.rows = table.rows();
            return Ok(tally);
        }
        let done = table.at();
        progress.moved(done);
        input.read(done)?;
        table.moved(done);
        copied = 0;
    }
}

/// In the order of rows, and in each of columns.
pub(crate) fn refused_rows<'a>(batch: &'a Batch, texts: &'a [Texts]) -> Vec<Refused<'a>> {
    let mut refused: Vec<_> = batch.faults.iter().map(|(row, column, refusal)| (*row, *column, refusal)).collect();
    for (column, texts) in texts.iter().enumerate() {
        refused.extend(texts.refused.iter().map(|(row, refusal)| (*row, Some(column), refusal)));
    }
    refused.sort_by_key(|(row, column, _)| (*row, *column));
    refused
}

/// Why the first refused row ends the run, behind its place: `what` and its line.
pub(crate) fn first((row, column, refusal): &Refused, batch: &Batch, job: &Job, what: &str) -> Failure {
    let row = &batch.rows[*row];
    let column = column.map_or(String::new(), |column| format!(", column `{}`", job.names()[column]));
    Failure::new(format!("{what} {}{column}: {refusal}", row.line))
        .hint("mend the row, or leave refused rows out and list them with --rejects FILE")
}

/// Copies the text of a batch, with other texts in its columns, and without the rows that are refused.
#[allow(clippy::too_many_arguments, reason = "the state of one loop")]
fn put(
    batch: &Batch,
    texts: &[Texts],
    refused: &[Refused],
    text: &[u8],
    copied: &mut usize,
    out: &mut Vec<u8>,
    layout: Layout,
    job: &Job,
) {
    let is_json = layout.format == Format::JsonLines;
    let mut refused = refused.iter().map(|(row, ..)| *row).peekable();
    let columns = job.columns.len();
    let width = columns + usize::from(job.country_column.is_some());
    for (row, (at, cells)) in batch.rows.iter().zip(batch.cells.chunks_exact(width)).enumerate() {
        let cells = &cells[..columns];
        if refused.next_if_eq(&row).is_some() {
            while refused.next_if_eq(&row).is_some() {}
            out.extend_from_slice(&text[*copied..at.bytes.start]);
            *copied = at.bytes.end;
            continue;
        }
        let mut put = |column: usize| {
            let (whole, new) = (cells[column].whole.clone(), texts[column].of(row));
            if new.is_empty() {
                return;
            }
            out.extend_from_slice(&text[*copied..whole.start]);
            match is_json {
                false => out.extend_from_slice(new),
                true => put_json(new, job.is_lookup, out),
            }
            *copied = whole.end;
        };
        match cells.is_sorted_by_key(|cell| cell.whole.start) {
            true => (0..cells.len()).for_each(put),
            false => {
                let mut order: Vec<_> = (0..cells.len()).collect();
                order.sort_unstable_by_key(|column| cells[*column].whole.start);
                order.into_iter().for_each(&mut put);
            }
        }
    }
}

/// A string, or an array of the tokens that stand with a space between them.
fn put_json(text: &[u8], is_array: bool, out: &mut Vec<u8>) {
    if is_array {
        out.push(b'[');
    }
    out.push(b'"');
    for (i, part) in text.split(|byte| *byte == b' ').enumerate() {
        if i > 0 {
            out.extend_from_slice(b"\",\"");
        }
        out.extend_from_slice(part);
    }
    out.push(b'"');
    if is_array {
        out.push(b']');
    }
}
