//! Some rows of an input, and in them the fields that are to be changed. All offsets are into the text that was read.

use crate::refusal::Refusal;
use std::ops::Range;
use zeroize::Zeroizing;

#[derive(Debug, Default)]
pub(crate) struct Batch {
    pub(crate) rows: Vec<Row>,
    /// For each row one cell a column.
    pub(crate) cells: Vec<Cell>,
    /// Texts of JSON that were written with escapes.
    pub(crate) decoded: Vec<Zeroizing<String>>,
    /// Rows that are refused as a whole, and for which column, where it is one: in order.
    pub(crate) faults: Vec<(usize, Option<usize>, Refusal)>,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// With the end of its line.
    pub(crate) bytes: Range<usize>,
    /// Counted from 1, the header not counted.
    pub(crate) number: u64,
    /// The line of the input on which it begins, counted from 1.
    pub(crate) line: u64,
}

/// A refused field or row: its row in the batch, its column, and why.
pub(crate) type Refused<'a> = (usize, Option<usize>, &'a Refusal);

/// A field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    /// What is read. Empty where there is nothing to change.
    pub(crate) text: Range<usize>,
    /// What is replaced.
    pub(crate) whole: Range<usize>,
    /// Which of the decoded texts is read instead.
    pub(crate) decoded: Option<usize>,
}

impl Batch {
    pub(crate) fn clear(&mut self) {
        self.rows.clear();
        self.cells.clear();
        self.decoded.clear();
        self.faults.clear();
    }

    /// The texts of a column, row by row. An empty one is nothing to change.
    pub(crate) fn column<'a>(
        &'a self,
        text: &'a [u8],
        column: usize,
        columns: usize,
    ) -> impl ExactSizeIterator<Item = &'a [u8]> {
        self.cells.chunks_exact(columns).map(move |cells| {
            let cell = &cells[column];
            match cell.decoded {
                None => &text[cell.text.clone()],
                Some(at) => self.decoded[at].as_bytes(),
            }
        })
    }
}
