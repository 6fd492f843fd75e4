//! Columns of Parquet through the real binary.

#![cfg(feature = "parquet")]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int64Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
    TimestampMillisecondArray, cast::AsArray, types::Int32Type,
};
use arrow_select::concat::concat_batches;
use common::Folder;
use parquet::{
    arrow::{ArrowWriter, arrow_reader::ParquetRecordBatchReaderBuilder},
    basic::{Compression, ZstdLevel},
    file::properties::WriterProperties,
};
use std::{fs, fs::File, sync::Arc};
use telseal::{Imsi, PhoneNumber, Scope, Token};

const PHONE: &str = "-c msisdn=phone -s acme -s routing -q";

fn write(folder: &Folder, name: &str, columns: Vec<(&str, ArrayRef)>, compression: Compression) {
    let batch =
        RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties =
        WriterProperties::builder().set_compression(compression).set_max_row_group_row_count(Some(3000)).build();
    let mut writer =
        ArrowWriter::try_new(File::create(folder.path(name)).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn read(folder: &Folder, name: &str) -> RecordBatch {
    let builder = ParquetRecordBatchReaderBuilder::try_new(File::open(folder.path(name)).unwrap()).unwrap();
    let schema = builder.schema().clone();
    let batches: Vec<_> = builder.build().unwrap().map(Result::unwrap).collect();
    concat_batches(&schema, &batches).unwrap()
}

fn column(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    batch.column_by_name(name).unwrap().as_string::<i32>().iter().map(|field| field.map(str::to_owned)).collect()
}

fn token(number: usize) -> String {
    let sealer = common::keyring(1).sealer::<PhoneNumber>(&Scope::new(["acme", "routing"]).unwrap());
    sealer.seal(&format!("+44207946{number:04}").parse().unwrap()).to_string()
}

/// More rows than a batch and than a row group.
const ROWS: usize = 10_000;

#[test]
fn columns_are_replaced_and_all_others_stay() {
    let folder = Folder::with_keyring(1);
    let numbers: Vec<Option<String>> = (0..ROWS)
        .map(|row| match row % 100 {
            0 => None,
            1 => Some(String::new()),
            _ => Some(format!("+44 20 7946 {:04}", row % 1000)),
        })
        .collect();
    let imsis = StringArray::from_iter_values((0..ROWS).map(|row| format!("00101{row:010}")));
    let ids: ArrayRef = Arc::new(Int64Array::from_iter((0..ROWS).map(|row| (row % 7 != 0).then_some(row as i64))));
    let times: ArrayRef = Arc::new(
        TimestampMillisecondArray::from_iter_values((0..ROWS).map(|row| row as i64)).with_timezone("Europe/London"),
    );
    for compression in
        [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::LZ4_RAW, Compression::ZSTD(ZstdLevel::default())]
    {
        let texts: [ArrayRef; 4] = [
            Arc::new(StringArray::from(numbers.clone())),
            Arc::new(LargeStringArray::from(numbers.clone())),
            Arc::new(StringViewArray::from_iter(numbers.iter().map(Option::as_deref))),
            Arc::new(numbers.iter().map(Option::as_deref).collect::<DictionaryArray<Int32Type>>()),
        ];
        for text in texts {
            let columns = vec![
                ("id", ids.clone()),
                ("msisdn", text),
                ("time", times.clone()),
                ("imsi", Arc::new(imsis.clone()) as ArrayRef),
            ];
            write(&folder, "in.parquet", columns, compression);
            folder.run(&format!("seal in.parquet {PHONE} -c imsi=imsi -o sealed.parquet --force"));
            let sealed = read(&folder, "sealed.parquet");
            assert_eq!(sealed.num_rows(), ROWS);
            assert_eq!(sealed.column_by_name("id").unwrap(), &ids);
            assert_eq!(sealed.column_by_name("time").unwrap(), &times);
            let tokens: Vec<_> = (0..1000).map(token).collect();
            for (row, (sealed, number)) in column(&sealed, "msisdn").iter().zip(&numbers).enumerate() {
                match number.as_deref() {
                    None | Some("") => assert_eq!(sealed, number),
                    _ => assert_eq!(sealed.as_deref(), Some(tokens[row % 1000].as_str())),
                }
            }
            assert!(column(&sealed, "imsi").iter().all(|imsi| imsi.as_ref().unwrap().parse::<Token<Imsi>>().is_ok()));
            folder.run(&format!("open sealed.parquet {PHONE} -c imsi=imsi -o opened.parquet --force"));
            let opened = column(&read(&folder, "opened.parquet"), "msisdn");
            assert!(
                opened
                    .iter()
                    .zip(&numbers)
                    .all(|(opened, number)| *opened == number.as_ref().map(|text| text.replace(' ', "")))
            );
        }
    }
    let counted = folder.run("inspect sealed.parquet -c msisdn");
    let expected = "column\tholds\tversion\trows\nmsisdn\tphone number\t1\t9800\nmsisdn\tempty\t\t200\n";
    assert_eq!(counted, expected);
}

#[test]
fn refused_rows_and_lookups_and_countries() {
    let folder = Folder::with_keyring(2);
    let numbers: ArrayRef =
        Arc::new(StringArray::from(vec![Some("020 7946 0018"), Some("x"), None, Some("+442079460019")]));
    let lands: ArrayRef = Arc::new(StringArray::from(vec![Some("GB"), Some("GB"), None, None]));
    write(&folder, "in.parquet", vec![("msisdn", numbers), ("land", lands)], Compression::SNAPPY);
    let seal = format!("seal in.parquet --country-column land {PHONE}");
    folder.telseal(&format!("{seal} -o out.parquet --rejects rejects.csv")).assert().code(3);
    assert_eq!(column(&read(&folder, "out.parquet"), "msisdn"), [Some(token(18)), None, Some(token(19))]);
    let rejects = folder.read("rejects.csv");
    assert!(rejects.lines().count() == 2 && rejects.lines().nth(1).unwrap().starts_with("2,2,msisdn,"), "{rejects}");

    let output = folder.telseal(&format!("{seal} -o none.parquet")).assert().code(1).get_output().stderr.clone();
    let message = String::from_utf8(output).unwrap();
    assert!(message.starts_with("telseal: error: `in.parquet`, row 2, column `msisdn`: "), "{message}");
    assert!(!folder.path("none.parquet").exists() && !folder.path("none.parquet.part").exists());

    let lookup = seal.replace("seal in", "lookup in");
    folder.telseal(&format!("{lookup} -o found.parquet --rejects more.csv")).assert().code(3);
    let found = read(&folder, "found.parquet");
    let lists = found.column_by_name("msisdn").unwrap().as_list::<i32>();
    assert_eq!((lists.value(0).len(), lists.is_null(1), lists.value(2).len()), (2, true, 2));
    assert_eq!(lists.value(0).as_string::<i32>().value(1), token(18));
}

#[test]
fn a_folder_of_parquet_is_finished_once() {
    let folder = Folder::with_keyring(1);
    fs::create_dir(folder.path("in")).unwrap();
    for name in ["in/a.parquet", "in/b.parquet"] {
        let numbers: ArrayRef = Arc::new(StringArray::from(vec!["+442079460018"; 100]));
        write(&folder, name, vec![("msisdn", numbers)], Compression::SNAPPY);
    }
    folder.run(&format!("seal in {PHONE} -o one"));
    folder.run(&format!("seal in {PHONE} -o two"));
    folder.run(&format!("seal in {PHONE} -o two"));
    for name in ["a.parquet", "b.parquet"] {
        assert!(folder.bytes(&format!("one/{name}")) == folder.bytes(&format!("two/{name}")));
    }
}

#[test]
fn what_cannot_be_read_is_told() {
    let folder = Folder::with_keyring(1);
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![442079460018]));
    write(&folder, "numbers.parquet", vec![("msisdn", numbers)], Compression::SNAPPY);
    folder.write("text.parquet", "msisdn\n+442079460018\n");
    folder.write("empty.parquet", "");
    let whole = folder.bytes("numbers.parquet");
    folder.write("cut.parquet", &whole[..whole.len() - 1]);
    for (arguments, message) in [
        ("numbers.parquet", "`numbers.parquet`: the column `msisdn` is no text"),
        ("text.parquet", "cannot read `text.parquet` as Parquet: "),
        ("empty.parquet", "cannot read `empty.parquet` as Parquet: "),
        ("cut.parquet", "cannot read `cut.parquet` as Parquet: "),
        ("-f parquet", "standard input is no file"),
        ("numbers.parquet -f csv", "`numbers.parquet` is Parquet"),
    ] {
        let mut command = folder.telseal(&format!("seal {arguments} {PHONE}"));
        let output = command.write_stdin("msisdn\n").assert().code(1).get_output().stderr.clone();
        let text = String::from_utf8(output).unwrap();
        assert!(text.starts_with(&format!("telseal: error: {message}")) && !text.contains("7946"), "{text}");
    }
    let missing = format!("seal numbers.parquet {} -o out", PHONE.replace("msisdn", "other"));
    folder.fails(
        &missing,
        "telseal: error: `numbers.parquet`: there is no column `other`\ntelseal: hint: its columns are `msisdn`",
    );
    // A full disk.
    let numbers: ArrayRef = Arc::new(StringArray::from(vec!["+442079460018"; 100]));
    write(&folder, "in.parquet", vec![("msisdn", numbers)], Compression::SNAPPY);
    folder.telseal(&format!("seal in.parquet {PHONE} -o /dev/full")).assert().code(1).stderr(
        "telseal: error: cannot write to `/dev/full`: No space left on device (os error 28)\n\
         telseal: hint: make room and run the command again\n",
    );
}
