//! Both classes of a bench have one form and one place in memory, and are drawn at random.
#![allow(clippy::unwrap_used)] // what fails here fails the measurement

use dudect_bencher::{BenchRng, Class, CtRunner, ctbench_main, rand::RngExt};
use std::{env, hint::black_box, sync::LazyLock};
use telseal::{KeyVersion, Keyring, OpenError, ParseError, PhoneNumber, Scope, Sealer, Token};

ctbench_main!(
    null,
    leaky_comparison,
    parse_digits,
    parse_digits_with_separators,
    equality_first_digit_or_last,
    equality_equal_or_not,
    seal_digits,
    open_valid_or_not,
    open_first_byte_wrong_or_last,
    open_into_first_byte_wrong_or_last
);

static COUNT: LazyLock<usize> = LazyLock::new(|| env::var("N").map_or(100_000, |count| count.parse().unwrap()));

static SEALER: LazyLock<Sealer<PhoneNumber>> = LazyLock::new(|| {
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[0x42; 32])]).unwrap();
    keyring.sealer(&Scope::new(["dudect"]).unwrap())
});

/// Times `run` on inputs that are all made beforehand.
fn compare<T, U>(
    runner: &mut CtRunner,
    rng: &mut BenchRng,
    mut make: impl FnMut(&mut BenchRng, bool) -> T,
    run: impl Fn(&T) -> U,
) {
    let inputs: Vec<_> = (0..*COUNT)
        .map(|_| {
            let right = rng.random::<bool>();
            (right, make(rng, right))
        })
        .collect();
    for (right, input) in &inputs {
        let class = if *right { Class::Right } else { Class::Left };
        runner.run_one(class, || black_box(run(black_box(input))));
    }
}

/// +44 7700 900000 to 900999, or the first of them.
fn text<const N: usize>(rng: &mut BenchRng, prefix: &str, any: bool) -> [u8; N] {
    let number = rng.random_range(0..1000) * u32::from(any);
    format!("{prefix}{number:03}").into_bytes().try_into().unwrap()
}

fn parse(text: &[u8]) -> Result<PhoneNumber, ParseError> {
    str::from_utf8(text).unwrap().parse()
}

fn number(rng: &mut BenchRng) -> PhoneNumber {
    parse(&text::<13>(rng, "+447700900", true)).unwrap()
}

fn altered(token: Token<PhoneNumber>, at: usize) -> Token<PhoneNumber> {
    let mut bytes = *token.as_bytes();
    bytes[at] ^= 1;
    bytes.try_into().unwrap()
}

/// The first byte of the tag or the last, wrong.
fn first_or_last(rng: &mut BenchRng, right: bool) -> Token<PhoneNumber> {
    altered(SEALER.seal(&number(rng)), if right { 18 } else { 3 })
}

/// Two classes that are one: what noise makes of t.
fn null(runner: &mut CtRunner, rng: &mut BenchRng) {
    compare(runner, rng, |rng, _| number(rng), |number| SEALER.seal(number));
}

/// A comparison that ends at the first difference: what a leak makes of t.
fn leaky_comparison(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |rng: &mut BenchRng, right| {
        let token = *SEALER.seal(&number(rng)).as_bytes();
        (token, *altered(token.try_into().unwrap(), if right { 18 } else { 3 }).as_bytes())
    };
    compare(runner, rng, make, |(a, b)| black_box(&a[..]).iter().zip(black_box(&b[..])).all(|(a, b)| a == b));
}

/// One number over and over, or any.
fn parse_digits(runner: &mut CtRunner, rng: &mut BenchRng) {
    compare(runner, rng, |rng, right| text::<13>(rng, "+447700900", right), |text| parse(text).is_ok());
}

fn parse_digits_with_separators(runner: &mut CtRunner, rng: &mut BenchRng) {
    compare(runner, rng, |rng, right| text::<16>(rng, "+44 7700 900 ", right), |text| parse(text).is_ok());
}

fn equality_first_digit_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |_: &mut BenchRng, right| {
        let other = if right { "447700900001" } else { "147700900000" };
        ["447700900000", other].map(|digits| PhoneNumber::from_msisdn(digits).unwrap())
    };
    compare(runner, rng, make, |[a, b]| a == b);
}

fn equality_equal_or_not(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |_: &mut BenchRng, right| {
        let other = if right { "447700900001" } else { "447700900000" };
        ["447700900000", other].map(|digits| PhoneNumber::from_msisdn(digits).unwrap())
    };
    compare(runner, rng, make, |[a, b]| a == b);
}

/// One number over and over, or any.
fn seal_digits(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |rng: &mut BenchRng, right| if right { number(rng) } else { "+447700900000".parse().unwrap() };
    compare(runner, rng, make, |number| SEALER.seal(number));
}

/// The verdict itself is told to the caller: this t may be large, and shows how far the two ways lie apart.
fn open_valid_or_not(runner: &mut CtRunner, rng: &mut BenchRng) {
    let make = |rng: &mut BenchRng, right| {
        let token = SEALER.seal(&number(rng));
        if right { altered(token, 3) } else { token }
    };
    compare(runner, rng, make, |token| SEALER.open(token).is_ok());
}

fn open_first_byte_wrong_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    compare(runner, rng, first_or_last, |token| SEALER.open(token).is_ok());
}

/// Sixteen tokens at once.
fn open_into_first_byte_wrong_or_last(runner: &mut CtRunner, rng: &mut BenchRng) {
    compare(
        runner,
        rng,
        |rng, right| [first_or_last(rng, right); 16],
        |tokens| {
            let mut opened = [const { Err(OpenError::NotOpened) }; 16];
            SEALER.open_into(tokens, &mut opened).map(|()| opened)
        },
    );
}
