//! Each path of the crate beside its floor: the calls of AES that it cannot do without.
//!
//! `cargo bench`, or `cargo bench -- --quick`. Compare within one run only.

mod column;

use aes::{
    Aes256Enc, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use column::Column;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use telseal::{
    Indexer, KeyVersion, Keyring, OpenError, ParseError, PhoneNumber, Prefix, PrefixLengths, Scope, Tag, Token,
};

fn ciphers() -> (Aes256Enc, Aes256Enc) {
    (Aes256Enc::new(&[1; 32].into()), Aes256Enc::new(&[2; 32].into()))
}

fn many(c: &mut Criterion) {
    for len in [4096, 1 << 20] {
        let Column { sealer, texts, numbers, mut tokens, mut token_texts } = Column::new(len);
        let mut group = c.benchmark_group(format!("many/{len}"));
        group.throughput(Throughput::Elements(len as u64)).sample_size(20);

        let (k1, k2) = ciphers();
        let mut blocks = vec![Block::default(); 128];
        group.bench_function("floor: two AES-256 blocks", |b| {
            b.iter(|| {
                for _ in 0..len / blocks.len() {
                    k1.encrypt_blocks(black_box(&mut blocks));
                    k2.encrypt_blocks(black_box(&mut blocks));
                }
            })
        });
        group.bench_function("seal_into", |b| b.iter(|| sealer.seal_into(black_box(&numbers), &mut tokens)));
        let mut opened = vec![Err(OpenError::NotOpened); len];
        group.bench_function("open_into", |b| b.iter(|| sealer.open_into(black_box(&tokens), &mut opened)));
        drop(opened);
        let mut tags = vec![Tag::from_bytes([0; 16]); len];
        group.bench_function("tag_into", |b| b.iter(|| sealer.tag_into(black_box(&numbers), &mut tags)));
        drop(tags);
        let mut places = vec![None; len];
        group.bench_function("seal_rows_into from E.164 text", |b| {
            b.iter(|| {
                let rows = black_box(&texts).iter().map(|text| text.parse());
                sealer.seal_rows_into(rows, &mut places, |row, error: ParseError| panic!("row {row}: {error}"))
            })
        });
        group.bench_function("tokens to text", |b| {
            b.iter(|| {
                for (token, text) in black_box(&tokens).iter().zip(&mut token_texts) {
                    token.encode(text);
                }
            })
        });
        group.bench_function("tokens from text", |b| {
            b.iter(|| {
                for (token, text) in tokens.iter_mut().zip(black_box(&token_texts)) {
                    *token = str::from_utf8(text).expect("ASCII").parse().expect("a token");
                }
            })
        });
    }
}

fn one(c: &mut Criterion) {
    let Column { sealer, texts, numbers, tokens, token_texts, .. } = Column::new(1);
    let (text, number, token) = (&texts[0], &numbers[0], &tokens[0]);
    let token_text = str::from_utf8(&token_texts[0]).expect("ASCII");
    let mut group = c.benchmark_group("one");

    let (k1, k2) = ciphers();
    let mut block = Block::default();
    group.bench_function("floor: two dependent AES-256 calls", |b| {
        b.iter(|| {
            k1.encrypt_block(black_box(&mut block));
            k2.encrypt_block(&mut block);
        })
    });
    group.bench_function("seal", |b| b.iter(|| sealer.seal(black_box(number))));
    group.bench_function("open", |b| b.iter(|| sealer.open(black_box(token))));
    group.bench_function("tag", |b| b.iter(|| sealer.tag(black_box(number))));
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])]).expect("one secret");
    let prefixes: Indexer<Prefix<PhoneNumber>> = keyring.indexer(&Scope::new(["bench"]).expect("a scope"));
    let lengths = PrefixLengths::new([1, 2, 4, 7]).expect("lengths of prefixes");
    group.bench_function("tags of four prefixes", |b| b.iter(|| prefixes.tags(black_box(number), lengths).count()));
    group.bench_function("parse E.164", |b| b.iter(|| black_box(text).parse::<PhoneNumber>()));
    let typed = "\u{FEFF}+44\u{A0}(7700)\u{A0}900\u{2011}123";
    group.bench_function("parse a typed number", |b| b.iter(|| black_box(typed).parse::<PhoneNumber>()));
    group.bench_function("parse a token", |b| b.iter(|| black_box(token_text).parse::<Token<PhoneNumber>>()));
    group.bench_function("encode a token", |b| b.iter(|| black_box(token).encode(black_box(&mut [0; 36])).len()));
}

/// The price of an identifier is the same from a thousand to ten million.
fn flat(c: &mut Criterion) {
    let mut group = c.benchmark_group("seal_into");
    group.sample_size(10);
    for len in [1_000, 100_000, 10_000_000] {
        let Column { sealer, numbers, mut tokens, .. } = Column::new(len);
        group.throughput(Throughput::Elements(len as u64));
        group.bench_function(BenchmarkId::from_parameter(len), |b| {
            b.iter(|| sealer.seal_into(black_box(&numbers), &mut tokens))
        });
    }
}

criterion_group!(benches, many, one, flat);
criterion_main!(benches);
