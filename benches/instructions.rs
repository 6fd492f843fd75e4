//! Instructions an identifier on each path of many, counted by valgrind's callgrind: the same in every run,
//! whatever else the machine is doing.
//!
//! `cargo bench --bench instructions`. Valgrind has no VAES and no AVX-512, so that the AES-NI backend is counted.

use std::{env, hint::black_box, process::Command};
use telseal::{KeyVersion, Keyring, OpenError, ParseError, PhoneNumber, Scope, Sealer, Tag, Token};

const ITEMS: usize = 4096;

type Path = (&'static str, fn(&mut Columns));

const PATHS: [Path; 7] = [
    ("seal_into", |c| c.sealer.seal_into(black_box(&c.numbers), &mut c.tokens).expect("one length")),
    ("open_into", |c| c.sealer.open_into(black_box(&c.tokens), &mut c.opened).expect("one length")),
    ("tag_into", |c| c.sealer.tag_into(black_box(&c.numbers), &mut c.tags).expect("one length")),
    ("seal_rows_into", |c| {
        let rows = black_box(&c.texts).iter().map(|text| text.parse());
        let refused = |row, error: ParseError| panic!("row {row}: {error}");
        c.sealer.seal_rows_into(rows, &mut c.tokens, refused).expect("one length");
    }),
    ("parse", |c| black_box(&c.texts).iter().for_each(|text| drop(black_box(text.parse::<PhoneNumber>())))),
    ("tokens to text", |c| {
        for (token, text) in black_box(&c.tokens).iter().zip(&mut c.token_texts) {
            token.encode(text);
        }
    }),
    ("tokens from text", |c| {
        for (token, text) in c.tokens.iter_mut().zip(black_box(&c.token_texts)) {
            *token = str::from_utf8(text).expect("ASCII").parse().expect("a token");
        }
    }),
];

struct Columns {
    sealer: Sealer<PhoneNumber>,
    texts: Vec<String>,
    numbers: Vec<PhoneNumber>,
    tokens: Vec<Token<PhoneNumber>>,
    token_texts: Vec<[u8; 36]>,
    tags: Vec<Tag<PhoneNumber>>,
    opened: Vec<Result<PhoneNumber, OpenError>>,
}

impl Columns {
    fn new() -> Self {
        let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])]).expect("one secret");
        let sealer: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["bench"]).expect("one label"));
        let texts: Vec<_> = (0..ITEMS).map(|i| format!("+447700900{:03}", i % 1000)).collect();
        let numbers: Vec<PhoneNumber> = texts.iter().map(|text| text.parse().expect("a number")).collect();
        let tokens: Vec<_> = numbers.iter().map(|number| sealer.seal(number)).collect();
        let mut token_texts = vec![[0; 36]; ITEMS];
        for (token, text) in tokens.iter().zip(&mut token_texts) {
            token.encode(text);
        }
        let tags = tokens.iter().map(Token::tag).collect();
        let opened = numbers.iter().cloned().map(Ok).collect();
        Columns { sealer, texts, numbers, tokens, token_texts, tags, opened }
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
