//! What an oblivious tag costs each side, beside the same calls of `voprf` and one scalar multiplication.
//!
//! `cargo bench --features oblivious --bench oblivious`. All rows take turns, so that a machine that is busy for a
//! while is so for all of them; compare within one run only.

use rand_core::{CryptoRng, RngCore};
use std::{env, hint::black_box, time::Instant};
use telseal::{
    Keyring, PhoneNumber, Scope,
    oblivious::{Evaluator, Request, Response},
};
use voprf::{BlindedElement, Group, Ristretto255, VoprfClient, VoprfServer};

const BATCH: usize = 500;
const ROUNDS: usize = 41;

/// The same source of random bytes as telseal's.
struct System;

impl RngCore for System {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }
    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("random bytes");
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for System {}

/// A row's name, the row it is compared with, and what is timed.
type Row<'a> = (&'static str, &'static str, Box<dyn FnMut() + 'a>);

fn main() {
    // `cargo test --benches` builds this and runs it without `--bench`: once is enough then.
    let rounds = if env::args().any(|argument| argument == "--bench") { ROUNDS } else { 1 };

    let keyring = Keyring::generate().expect("random bytes");
    let scope = Scope::new(["acme", "contacts"]).expect("a scope");
    let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&scope).expect("a short scope");
    let public_key = evaluator.public_keys().next().expect("a live version");
    // The range +44 7700 900000 to 900499.
    let numbers: Vec<PhoneNumber> =
        (0..BATCH).map(|i| format!("+447700900{i:03}").parse().expect("a number")).collect();
    let blinding = public_key.blind(&numbers).expect("random bytes");
    let request = blinding.request();
    let response = evaluator.evaluate(request, |_| true).expect("random bytes");
    let (request_bytes, response_bytes) = (request.to_bytes(), response.to_bytes());

    let server = VoprfServer::<Ristretto255>::new(&mut System).expect("a key");
    // As long as telseal's: letter, scope, digit block.
    let inputs: Vec<[u8; 23]> = (0..BATCH)
        .map(|i| {
            let mut input = *b"P\x04acme\x08contacts\0\0\0\0\0\0\0\0";
            input[15..].copy_from_slice(&i.to_le_bytes());
            input
        })
        .collect();
    let blind = || -> (Vec<_>, Vec<BlindedElement<_>>) {
        let blinded = inputs.iter().map(|input| VoprfClient::blind(input, &mut System).expect("a short input"));
        blinded.map(|blinded| (blinded.state, blinded.message)).unzip()
    };
    let (clients, blinded) = blind();
    let evaluated = server.batch_blind_evaluate(&mut System, &blinded).expect("one length");
    let mut point = Ristretto255::base_elem();
    let scalar = Ristretto255::random_scalar(&mut System);

    const SCALAR: &str = "one scalar multiplication";
    let mut rows: Vec<Row> = vec![
        (SCALAR, SCALAR, Box::new(|| (0..BATCH).for_each(|_| point = black_box(point) * scalar))),
        ("voprf blind", SCALAR, Box::new(|| drop(black_box(blind())))),
        ("blind", "voprf blind", Box::new(|| drop(black_box(public_key.blind(&numbers))))),
        ("voprf evaluate", SCALAR, Box::new(|| drop(black_box(server.batch_blind_evaluate(&mut System, &blinded))))),
        ("evaluate", "voprf evaluate", Box::new(|| drop(black_box(evaluator.evaluate(request, |_| true))))),
        (
            "voprf finalize",
            SCALAR,
            Box::new(|| {
                let (messages, proof) = (&evaluated.messages, &evaluated.proof);
                let public_key = server.get_public_key();
                let outputs = VoprfClient::batch_finalize(&inputs, &clients, messages, proof, public_key);
                drop(black_box(outputs.expect("a proof").collect::<Vec<_>>()));
            }),
        ),
        ("finalize", "voprf finalize", Box::new(|| drop(black_box(blinding.finalize(&response).expect("a proof"))))),
        (
            "voprf direct evaluation",
            SCALAR,
            Box::new(|| {
                inputs.iter().for_each(|input| {
                    black_box(server.evaluate(input)).expect("a short input");
                })
            }),
        ),
        (
            "direct evaluation (tag)",
            "voprf direct evaluation",
            Box::new(|| {
                numbers.iter().for_each(|number| {
                    black_box(evaluator.tag(number));
                })
            }),
        ),
        ("request to bytes", SCALAR, Box::new(|| drop(black_box(request.to_bytes())))),
        (
            "request from bytes",
            SCALAR,
            Box::new(|| drop(black_box(Request::<PhoneNumber>::try_from(&request_bytes[..])))),
        ),
        ("response to bytes", SCALAR, Box::new(|| drop(black_box(response.to_bytes())))),
        (
            "response from bytes",
            SCALAR,
            Box::new(|| drop(black_box(Response::<PhoneNumber>::try_from(&response_bytes[..])))),
        ),
    ];

    let mut times = vec![Vec::with_capacity(rounds); rows.len()];
    for _ in 0..rounds {
        for ((.., run), times) in rows.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            times.push(start.elapsed().as_secs_f64() * 1e6 / BATCH as f64);
        }
    }
    let median = |name: &str| {
        let row = rows.iter().position(|(row, ..)| *row == name).expect("a row");
        let mut times = times[row].clone();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    println!("batches of {BATCH}, {rounds} rounds, medians\n");
    println!("{:<26}{:>14}{:>8}", "", "µs an element", "times");
    for (name, beside, _) in &rows {
        println!("{name:<26}{:>14.2}{:>8.3}  {beside}", median(name), median(name) / median(beside));
    }
}
