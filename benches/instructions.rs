//! Instructions an identifier on each path of many, counted by valgrind's callgrind: the same in every run,
//! whatever else the machine is doing.
//!
//! `cargo bench --bench instructions`. Valgrind has no VAES and no AVX-512, so that the AES-NI backend is counted.

mod column;

use column::Column;
use std::{env, hint::black_box, process::Command};
use telseal::{OpenError, ParseError, PhoneNumber, Tag, Token};

const ITEMS: usize = 4096;

type Path = (&'static str, fn(&mut Columns));

const PATHS: [Path; 10] = [
    ("seal_into", |c| {
        c.column.sealer.seal_into(black_box(&c.column.numbers), &mut c.column.tokens).expect("one length")
    }),
    ("open_into", |c| c.column.sealer.open_into(black_box(&c.column.tokens), &mut c.opened).expect("one length")),
    ("tag_into", |c| c.column.sealer.tag_into(black_box(&c.column.numbers), &mut c.tags).expect("one length")),
    ("seal_rows_into", |c| {
        let rows = black_box(&c.column.texts).iter().map(|text| text.parse());
        let refused = |row, error: ParseError| panic!("row {row}: {error}");
        c.column.sealer.seal_rows_into(rows, &mut c.places, refused).expect("one length");
    }),
    ("seal_column", |c| {
        let rows = black_box(&c.column.texts).iter().map(String::as_str);
        let refused = |row, error: ParseError| panic!("row {row}: {error}");
        c.column.sealer.seal_column(rows, &mut c.bytes, &mut c.valid, refused).expect("one length");
    }),
    ("parse", |c| parse(&c.column.texts)),
    ("parse, spaces", |c| parse(&c.spaces)),
    ("parse, parentheses", |c| parse(&c.parentheses)),
    ("tokens to text", |c| {
        for (token, text) in black_box(&c.column.tokens).iter().zip(&mut c.column.token_texts) {
            token.encode(text);
        }
    }),
    ("tokens from text", |c| {
        for (token, text) in c.column.tokens.iter_mut().zip(black_box(&c.column.token_texts)) {
            *token = str::from_utf8(text).expect("ASCII").parse().expect("a token");
        }
    }),
];

fn parse(texts: &[String]) {
    black_box(texts).iter().for_each(|text| drop(black_box(text.parse::<PhoneNumber>())));
}

struct Columns {
    column: Column,
    bytes: Vec<[u8; 27]>,
    valid: Vec<u64>,
    spaces: Vec<String>,
    parentheses: Vec<String>,
    tags: Vec<Tag<PhoneNumber>>,
    places: Vec<Option<Token<PhoneNumber>>>,
    opened: Vec<Result<PhoneNumber, OpenError>>,
}

impl Columns {
    fn new() -> Self {
        let column = Column::new(ITEMS);
        let tags = column.tokens.iter().map(Token::tag).collect();
        let opened = column.numbers.iter().cloned().map(Ok).collect();
        // `+44 7700 900123` and `+44 (7700) 900123`
        let split = column.texts.iter().map(|text| (&text[..3], &text[3..7], &text[7..]));
        let spaces = split.clone().map(|(code, area, rest)| format!("{code} {area} {rest}")).collect();
        let parentheses = split.map(|(code, area, rest)| format!("{code} ({area}) {rest}")).collect();
        Columns {
            column,
            bytes: vec![[0; 27]; ITEMS],
            valid: vec![0; ITEMS / 64],
            spaces,
            parentheses,
            tags,
            places: vec![None; ITEMS],
            opened,
        }
    }
}

fn main() {
    let arguments: Vec<_> = env::args().collect();
    if let ["run", path, passes] = arguments.iter().skip(1).map(String::as_str).collect::<Vec<_>>()[..] {
        let (_, path) = PATHS.iter().find(|(name, _)| *name == path).expect("a path");
        let mut columns = Columns::new();
        (0..passes.parse().expect("a number")).for_each(|_| path(&mut columns));
        return;
    }
    for (name, _) in PATHS {
        // The difference is ten passes, without what starting and making the columns takes.
        match (count(name, 1), count(name, 11)) {
            (Some(few), Some(more)) => {
                println!("{name:20} {:8.1} instructions", (more - few) as f64 / (10 * ITEMS) as f64)
            }
            _ => return println!("valgrind is not installed: nothing counted"),
        }
    }
}

/// The instructions of so many passes, by what callgrind says at its end.
fn count(path: &str, passes: usize) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe().expect("this program"))
        .args(["run", path, &passes.to_string()])
        .output()
        .ok()?;
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{log}");
    log.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok())
}
