//! The file of refused rows: where they are and why they are refused, without what stands in them.

use crate::{
    batch::{Batch, Refused},
    failure::Failure,
    output::Part,
};
use std::path::Path;

pub(crate) struct Rejects(Part);

pub(crate) const HEADER: &[u8] = b"row,line,column,reason\n";

impl Rejects {
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let mut part = Part::begin(path)?;
        part.write(HEADER)?;
        Ok(Rejects(part))
    }

    /// Returns how many rows were refused.
    pub(crate) fn write(&mut self, batch: &Batch, refused: &[Refused], columns: &[&str]) -> Result<u64, Failure> {
        let (mut lines, mut rows, mut last) = (String::new(), 0, None);
        for (row, column, refusal) in refused {
            let place = &batch.rows[*row];
            let name = column.map_or("", |column| columns[column]);
            let reason = refusal.to_string();
            lines += &format!("{},{},{},{}\n", place.number, place.line, quoted(name), quoted(&reason));
            if last != Some(row) {
                rows += 1;
            }
            last = Some(row);
        }
        self.0.write(lines.as_bytes())?;
        Ok(rows)
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        self.0.finish()
    }
}

fn quoted(field: &str) -> String {
    match field.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", field.replace('"', "\"\"")),
        false => field.to_owned(),
    }
}
