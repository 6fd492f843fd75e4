//! `telseal seal`, `tag`, `open`, `lookup` and `reseal`: columns of files.

#[cfg(feature = "parquet")]
use crate::columnar;
use crate::{
    args::{ColumnArgs, FormatName, TableArgs},
    failure::{At, Failure},
    form::{Column, Form, Reading},
    input::Input,
    kek, keyring, keyring_file,
    output::{self, Output},
    progress::Progress,
    rejects::{self, Rejects},
    stream::{self, Job, Tally},
    table::{Format, Layout},
    work::{Operation, Spelling, work},
};
use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

/// Returns whether no row was refused.
pub(crate) fn run(operation: Operation, args: &ColumnArgs) -> Result<bool, Failure> {
    let columns = args.column.iter().map(|text| Column::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let scope = keyring::scope(&args.scope)?;
    let country = match &args.country {
        None => None,
        Some(code) => Some(code.parse().map_err(|_| {
            Failure::new(format!("there is no country `{code}`"))
                .hint("give two letters of ISO 3166-1, as in --country GB")
        })?),
    };
    if (country.is_some() || args.country_column.is_some()) && !columns.iter().any(|column| column.form == Form::Phone)
    {
        return Err(Failure::new("a country is for a column of the kind phone, and there is none"));
    }
    let names: Vec<_> = columns.iter().map(|column| &column.name).chain(&args.country_column).collect();
    if let Some((_, twice)) = names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        return Err(Failure::new(format!("the column `{twice}` is given twice")));
    }
    check_delimiter(args.table.delimiter, operation == Operation::Lookup)?;
    let spelling = if args.hex { Spelling::Hex } else { Spelling::Base64Url };
    let loaded = keyring_file::load(&args.key.keyring, &kek::read(&args.key.kek)?)?;
    let works = columns.iter().map(|column| {
        let reading = Reading { form: column.form, any_length: args.any_length, country };
        work(operation, &loaded, &scope, reading, spelling)
    });
    let mut job = Job {
        works: works.collect(),
        columns,
        country_column: args.country_column.clone(),
        is_lookup: operation == Operation::Lookup,
    };
    drop(loaded);

    let is_folder = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_dir());
    let tally = match &args.inputs[..] {
        [] => one(args, &mut job, None, args.output.as_deref(), args.rejects.as_deref(), args.force)?,
        [input] if !is_folder(input) => {
            let path = (input.as_os_str() != "-").then_some(&**input);
            one(args, &mut job, path, args.output.as_deref(), args.rejects.as_deref(), args.force)?
        }
        inputs => many(args, &mut job, inputs)?,
    };
    if !args.quiet {
        let refused = match &args.rejects {
            Some(path) if tally.refused > 0 => format!(", {} of them refused: see `{}`", tally.refused, path.display()),
            _ => String::new(),
        };
        let empty =
            if tally.empty > 0 { format!(", {} empty fields left as they are", tally.empty) } else { String::new() };
        eprintln!("telseal: {} rows{refused}{empty}", tally.rows);
    }
    Ok(tally.refused == 0)
}

/// One input, from a file or from standard input.
fn one(
    args: &ColumnArgs,
    job: &mut Job,
    input: Option<&Path>,
    output: Option<&Path>,
    rejects: Option<&Path>,
    force: bool,
) -> Result<Tally, Failure> {
    let (file, name) = open(input)?;
    let metadata = file.metadata().at("read", Path::new(&name))?;
    for other in [output, rejects].into_iter().flatten() {
        if fs::metadata(other).is_ok_and(|other| (other.dev(), other.ino()) == (metadata.dev(), metadata.ino())) {
            return Err(Failure::new(format!("`{}` is the input as well", other.display()))
                .hint("an input is never overwritten: choose another name"));
        }
    }
    if output.is_some() && output == rejects {
        return Err(Failure::new("the output and the file of rejects are the same file"));
    }
    let layout = layout(&args.table, input);
    let bytes = metadata.is_file().then_some(metadata.len());
    let mut out = Output::begin(output, force)?;
    let mut rejected = match rejects {
        None => None,
        Some(path) => {
            output::may_write(path, force)?;
            Some(Rejects::begin(path)?)
        }
    };
    let progress = Progress::new(bytes, &name, !args.quiet && output.is_some());
    let tally = match layout.format {
        #[cfg(feature = "parquet")]
        Format::Parquet => columnar::run(job, file, &name, &mut out, rejected.as_mut(), &progress)?,
        #[cfg(not(feature = "parquet"))]
        Format::Parquet => return Err(no_parquet(&name)),
        _ => stream::run(job, layout, Input::new(file, name), &mut out, rejected.as_mut(), &progress)?,
    };
    drop(progress);
    // First the rejects: whoever sees the output finds them.
    if let Some(rejected) = rejected {
        rejected.finish()?;
    }
    out.finish()?;
    Ok(tally)
}

/// A file, or standard input, and its name in messages.
pub(crate) fn open(input: Option<&Path>) -> Result<(File, String), Failure> {
    let Some(path) = input else {
        let file = io::stdin().as_fd().try_clone_to_owned().at("read", Path::new("standard input"))?;
        return Ok((File::from(file), "standard input".to_owned()));
    };
    let file = File::open(path).at("open", path)?;
    if file.metadata().at("read", path)?.is_dir() {
        return Err(Failure::new(format!("the input `{}` is a folder", path.display())));
    }
    Ok((file, format!("`{}`", path.display())))
}

#[cfg(not(feature = "parquet"))]
pub(crate) fn no_parquet(name: &str) -> Failure {
    Failure::new(format!("{name} is Parquet, and this telseal was built without it"))
        .hint("cargo install --path crates/telseal-cli --features parquet")
}

/// How an input is written: as the arguments say, or else by its name.
pub(crate) fn layout(args: &TableArgs, input: Option<&Path>) -> Layout {
    let format = match (args.format, args.delimiter, input.and_then(Format::of)) {
        (Some(FormatName::Jsonl), ..) => Format::JsonLines,
        (Some(FormatName::Parquet), ..) => Format::Parquet,
        (_, Some(delimiter), _) => Format::Separated { delimiter: delimiter as u8 },
        (Some(FormatName::Csv), ..) => Format::Separated { delimiter: b',' },
        (Some(FormatName::Tsv), ..) => Format::Separated { delimiter: b'\t' },
        (None, None, by_name) => by_name.unwrap_or(Format::Separated { delimiter: b',' }),
    };
    Layout { format, has_header: !args.no_header, has_quotes: !args.no_quotes }
}

/// All files of a folder, or several files, into a folder. What is finished is skipped, so that a run that was killed
/// can be started again.
fn many(args: &ColumnArgs, job: &mut Job, inputs: &[PathBuf]) -> Result<Tally, Failure> {
    let Some(output) = &args.output else {
        return Err(Failure::new("several inputs need a folder for their outputs").hint("give it with -o FOLDER"));
    };
    let files = list(&args.table, inputs)?;
    fs::create_dir_all(output).at("make the folder", output)?;
    if let Some(rejects) = &args.rejects {
        fs::create_dir_all(rejects).at("make the folder", rejects)?;
    }
    let (mut tally, mut skipped) = (Tally::default(), 0);
    for (name, input) in files {
        let whole = output.join(&name);
        let rejects = args.rejects.as_ref().map(|folder| {
            let mut name = name.clone();
            name.push(".rejects.csv");
            folder.join(name)
        });
        if !args.force && is_finished(&input, &whole) {
            // Rows that an earlier run refused count for the status of this one.
            if let Some(rejects) = &rejects {
                let text = fs::read(rejects).unwrap_or_default();
                tally.refused +=
                    memchr::memchr_iter(b'\n', text.get(rejects::HEADER.len()..).unwrap_or_default()).count() as u64;
            }
            skipped += 1;
            continue;
        }
        let done = one(args, job, Some(&input), Some(&whole), rejects.as_deref(), true)?;
        tally.rows += done.rows;
        tally.refused += done.refused;
        tally.empty += done.empty;
    }
    if skipped > 0 && !args.quiet {
        eprintln!("telseal: {skipped} files were finished before and are skipped");
    }
    Ok(tally)
}

/// An output is finished when it has its name, and its input was not changed since.
fn is_finished(input: &Path, output: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|metadata| metadata.modified());
    matches!((changed(input), changed(output)), (Ok(input), Ok(output)) if input <= output)
}

/// The files, each with the name that its output gets, in the order of names.
pub(crate) fn list(args: &TableArgs, inputs: &[PathBuf]) -> Result<Vec<(OsString, PathBuf)>, Failure> {
    let mut files = Vec::new();
    for input in inputs {
        if !fs::metadata(input).at("open", input)?.is_dir() {
            let name = input.file_name().ok_or_else(|| Failure::new(format!("`{}` has no name", input.display())))?;
            files.push((name.to_owned(), input.clone()));
            continue;
        }
        for entry in fs::read_dir(input).at("read the folder", input)? {
            let entry = entry.at("read the folder", input)?;
            let path = entry.path();
            let is_table = args.format.is_some() || args.delimiter.is_some() || Format::of(&path).is_some();
            if is_table && fs::metadata(&path).is_ok_and(|metadata| metadata.is_file()) {
                files.push((entry.file_name(), path));
            }
        }
    }
    files.sort();
    if let Some(pair) = files.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Failure::new(format!("two inputs are named `{}`", pair[0].0.display()))
            .hint("their outputs would be one file: run them one after the other"));
    }
    if files.is_empty() {
        return Err(Failure::new("there is no file of a known format in the folder")
            .hint("names end in .csv, .tsv, .jsonl, .ndjson or .parquet; or give --format"));
    }
    Ok(files)
}

pub(crate) fn check_delimiter(delimiter: Option<char>, is_lookup: bool) -> Result<(), Failure> {
    let Some(delimiter) = delimiter else { return Ok(()) };
    let may_stand_in_text = delimiter.is_ascii_alphanumeric() || "\"\r\n-_+".contains(delimiter);
    if !delimiter.is_ascii() || may_stand_in_text || (is_lookup && delimiter == ' ') {
        return Err(Failure::new("this delimiter may stand within a field")
            .hint("give one ASCII character other than letters, digits, quotes, `+`, `-` and `_`"));
    }
    Ok(())
}
