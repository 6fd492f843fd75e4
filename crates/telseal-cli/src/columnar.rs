//! Tables in Parquet. Columns of text are replaced; all others are written again as they were read.
//!
//! The crates `arrow` and `parquet` do not wipe their buffers, and there is plaintext in them.

use crate::{
    batch::{Batch, Row},
    failure::Failure,
    output::Output,
    progress::Progress,
    rejects::Rejects,
    stream::{Job, Tally, first, refused_rows},
    work::Texts,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, RecordBatch, StringArray,
    builder::{ListBuilder, StringBuilder},
    cast::AsArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use parquet::{
    arrow::{
        ArrowWriter,
        arrow_reader::{
            ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
        },
    },
    basic::Compression,
    file::properties::WriterProperties,
};
use std::{
    fmt,
    fs::File,
    io::{self, Write},
    sync::Arc,
};

/// Batches of so many rows stay in the caches.
const BATCH: usize = 4096;

/// A table that is being read. Its columns of text that are asked for are arrays of `Utf8`.
struct Source {
    reader: ParquetRecordBatchReader,
    schema: SchemaRef,
    /// Where the columns stand.
    places: Vec<usize>,
    rows: u64,
    compression: Compression,
}

fn unreadable(name: &str, error: impl fmt::Display) -> Failure {
    Failure::new(format!("cannot read {name} as Parquet: {error}"))
}

impl Source {
    fn open(file: File, name: &str, columns: &[&str]) -> Result<Self, Failure> {
        if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            return Err(
                Failure::new(format!("{name} is no file")).hint("Parquet is read from files alone: from its end")
            );
        }
        let load = |options| ArrowReaderMetadata::load(&file, options).map_err(|error| unreadable(name, error));
        let schema = load(ArrowReaderOptions::new())?.schema().clone();
        let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
        let mut places = Vec::new();
        for column in columns {
            let mut found = (0..fields.len()).filter(|place| fields[*place].name() == column);
            let place = match (found.next(), found.next()) {
                (Some(place), None) => place,
                (None, _) => {
                    let names: Vec<_> = fields.iter().take(40).map(|field| format!("`{}`", field.name())).collect();
                    return Err(Failure::new(format!("{name}: there is no column `{column}`"))
                        .hint(format!("its columns are {}", names.join(", "))));
                }
                _ => return Err(Failure::new(format!("{name}: two columns are named `{column}`"))),
            };
            if !is_text(fields[place].data_type()) {
                return Err(Failure::new(format!("{name}: the column `{column}` is no text"))
                    .hint("a number has lost its zeros at the beginning: write the column as text"));
            }
            fields[place] = Arc::new(fields[place].as_ref().clone().with_data_type(DataType::Utf8));
            places.push(place);
        }
        let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
        let metadata = load(ArrowReaderOptions::new().with_schema(schema.clone()))?;
        let rows = metadata.metadata().file_metadata().num_rows() as u64;
        let chunk = metadata.metadata().row_groups().first().and_then(|group| group.columns().first());
        let compression = chunk.map_or(Compression::UNCOMPRESSED, |chunk| chunk.compression());
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata).with_batch_size(BATCH);
        let reader = builder.build().map_err(|error| unreadable(name, error))?;
        Ok(Source { reader, schema, places, rows, compression })
    }
}

fn is_text(of: &DataType) -> bool {
    match of {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

/// The fields of a column. A null is an empty field.
fn fields(column: &StringArray) -> impl ExactSizeIterator<Item = &[u8]> {
    column.iter().map(|field| field.unwrap_or_default().as_bytes())
}

pub(crate) fn run(
    job: &mut Job,
    file: File,
    name: &str,
    output: &mut Output,
    mut rejects: Option<&mut Rejects>,
    progress: &Progress,
) -> Result<Tally, Failure> {
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let Source { reader, schema, places, rows, compression } = Source::open(file, name, &job.names())?;
    let columns = job.columns.len();
    let schema = if job.is_lookup { with_lists(&schema, &places[..columns]) } else { schema };
    let properties = WriterProperties::builder().set_compression(compression).build();
    let mut writer = ArrowWriter::try_new(Sink { output, failure: None }, schema.clone(), Some(properties))
        .map_err(|error| Failure::new(format!("cannot write Parquet: {error}")))?;
    let mut texts: Vec<Texts> = job.columns.iter().map(|_| Texts::default()).collect();
    let (mut tally, mut batch) = (Tally::default(), Batch::default());
    for read in reader {
        let read = read.map_err(|error| unreadable(name, error))?;
        batch.clear();
        let numbers = tally.rows + 1..=tally.rows + read.num_rows() as u64;
        batch.rows.extend(numbers.map(|number| Row { bytes: 0..0, number, line: number }));
        let old = |column: usize| read.column(places[column]).as_string::<i32>();
        for (column, (work, texts)) in job.works.iter_mut().zip(&mut texts).enumerate() {
            let mut countries = (places.len() > columns).then(|| fields(old(columns)));
            let countries = countries.as_mut().map(|countries| countries as &mut dyn Iterator<Item = &[u8]>);
            work.run(&mut fields(old(column)), countries, texts);
            tally.empty += texts.empty;
        }
        let refused = refused_rows(&batch, &texts);
        let mut keep = vec![true; batch.rows.len()];
        if !refused.is_empty() {
            match &mut rejects {
                Some(rejects) => tally.refused += rejects.write(&batch, &refused, &job.names())?,
                None => return Err(first(&refused[0], &batch, job, &format!("{name}, row"))),
            }
            refused.iter().for_each(|(row, ..)| keep[*row] = false);
        }
        let mut arrays = read.columns().to_vec();
        for (column, texts) in texts.iter().enumerate() {
            arrays[places[column]] = match job.is_lookup {
                true => lists(old(column), texts),
                false => Arc::new(
                    old(column).iter().enumerate().map(|(row, old)| new(texts, row, old)).collect::<StringArray>(),
                ),
            };
        }
        let written = RecordBatch::try_new(schema.clone(), arrays)
            .and_then(
                |all| if refused.is_empty() { Ok(all) } else { filter_record_batch(&all, &BooleanArray::from(keep)) },
            )
            .map_err(|error| Failure::new(format!("cannot write Parquet: {error}")))?;
        let result = writer.write(&written);
        written_by(&mut writer, result)?;
        tally.rows += read.num_rows() as u64;
        progress.at((bytes as u128 * u128::from(tally.rows) / u128::from(rows.max(1))) as usize, tally.rows);
    }
    let result = writer.finish();
    written_by(&mut writer, result)?;
    Ok(tally)
}

/// The text of a row, or what stood there where nothing is new.
fn new<'a>(texts: &'a Texts, row: usize, old: Option<&'a str>) -> Option<&'a str> {
    match texts.of(row) {
        b"" => old,
        text => str::from_utf8(text).ok(), // always: tokens and digits are ASCII
    }
}

/// The tokens of a field, which stand with a space between, as a list. A null stays one, an empty field has none.
fn lists(old: &StringArray, texts: &Texts) -> ArrayRef {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in 0..old.len() {
        let tokens = new(texts, row, None);
        for token in tokens.into_iter().flat_map(|tokens| tokens.split(' ')) {
            lists.values().append_value(token);
        }
        lists.append(old.is_valid(row));
    }
    Arc::new(lists.finish())
}

fn with_lists(schema: &Schema, places: &[usize]) -> SchemaRef {
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    for place in places {
        let list = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
        fields[*place] = Arc::new(fields[*place].as_ref().clone().with_data_type(list));
    }
    Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()))
}

/// Gives each field of the columns that are asked for, with the number of its column.
pub(crate) fn each(
    file: File,
    name: &str,
    columns: &[&str],
    mut field: impl FnMut(usize, &[u8]),
) -> Result<(), Failure> {
    let Source { reader, places, .. } = Source::open(file, name, columns)?;
    for read in reader {
        let read = read.map_err(|error| unreadable(name, error))?;
        for (column, place) in places.iter().enumerate() {
            fields(read.column(*place).as_string()).for_each(|bytes| field(column, bytes));
        }
    }
    Ok(())
}

/// Keeps the failure of an output, which has more in it than an error of Parquet.
struct Sink<'a> {
    output: &'a mut Output,
    failure: Option<Failure>,
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.output.write(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(failure) => {
                self.failure = Some(failure);
                Err(io::Error::other("the output failed"))
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn written_by<T>(writer: &mut ArrowWriter<Sink>, result: parquet::errors::Result<T>) -> Result<T, Failure> {
    result.map_err(|error| {
        let kept = writer.inner_mut().failure.take();
        kept.unwrap_or_else(|| Failure::new(format!("cannot write Parquet: {error}")))
    })
}
