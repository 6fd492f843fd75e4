//! telseal's own rows. Each path is checked against the single calls before it is timed.

use crate::{
    input::{Input, sealer},
    measure::{Group, Table},
};
use std::{fmt::Write, hint::black_box};
use telseal::{OpenError, PhoneNumber, Token};

pub const SEAL: &str = "telseal seal";
pub const OPEN: &str = "telseal open";

/// How many identifiers the rows of [`seal_into`] take at once.
pub const SIZES: [usize; 5] = [1 << 10, 1 << 12, 1 << 16, 1 << 20, 10_000_000];
/// Those of them that [`open_into`] takes too.
pub const OPEN_SIZES: [usize; 2] = [1 << 12, 1 << 20];

const BYTES: Option<usize> = Some(size_of::<Token<PhoneNumber>>());

pub fn seal_into(items: usize) -> String {
    format!("telseal seal_into, {items} items")
}

pub fn open_into(items: usize) -> String {
    format!("telseal open_into, {items} items")
}

pub const PRINT: &str = "telseal tokens to text, Display";
pub const READ: &str = "telseal text to tokens, FromStr";

pub fn single_rows<'a>(table: &mut Table<'a>, input: &'a Input) {
    let items = input.numbers.len();
    let tokens: Vec<_> = input.numbers.iter().map(|number| sealer().seal(number)).collect();

    let phones = sealer();
    table.add_one(SEAL, BYTES, items, move |i| {
        black_box(phones.seal(&input.numbers[i]));
    });

    let phones = sealer();
    assert!(tokens.iter().zip(&input.numbers).all(|(token, number)| phones.open(token).as_ref() == Ok(number)));
    table.add_one(OPEN, None, items, move |i| {
        black_box(phones.open(&tokens[i])).expect("a token of this sealer");
    });

    let phones = sealer();
    table.add_one("telseal from_str, then seal", BYTES, items, move |i| {
        let number = input.texts[i].parse::<PhoneNumber>().expect("a phone number");
        black_box(phones.seal(&number));
    });
}

/// `many` are the identifiers of the input over and over, as many as the largest of [`SIZES`].
pub fn rows_of_many<'a>(table: &mut Table<'a>, input: &'a Input, many: &'a [PhoneNumber]) {
    let items = input.numbers.len();
    let single: Vec<_> = input.numbers.iter().map(|number| sealer().seal(number)).collect();

    // One buffer for all sizes: 10 million tokens are 270 MB.
    let phones = sealer();
    let tokens = std::rc::Rc::new(std::cell::RefCell::new(vec![Token::BLANK; many.len()]));
    phones.seal_into(many, &mut tokens.borrow_mut()).expect("slices of one length");
    assert!(tokens.borrow().iter().eq(single.iter().cycle().take(many.len())));
    for items in SIZES {
        let (phones, tokens) = (sealer(), tokens.clone());
        table.add(Group::Many, seal_into(items), BYTES, items, move || {
            let tokens = &mut tokens.borrow_mut()[..items];
            phones.seal_into(black_box(&many[..items]), tokens).expect("slices of one length");
            black_box(tokens);
        });
    }

    for items in OPEN_SIZES {
        let (phones, tokens) = (sealer(), tokens.clone());
        let mut opened = vec![Err(OpenError::NotOpened); items];
        phones.open_into(&tokens.borrow()[..items], &mut opened).expect("slices of one length");
        assert!(opened.iter().map(Result::as_ref).eq(many[..items].iter().map(Ok)));
        table.add(Group::Many, open_into(items), None, items, move || {
            phones.open_into(black_box(&tokens.borrow()[..items]), &mut opened).expect("slices of one length");
            black_box(&mut opened);
        });
    }

    let mut text = String::new();
    let tokens = single.clone();
    table.add(Group::Many, PRINT, Some(36), items, move || {
        text.clear();
        for token in &tokens {
            write!(text, "{token}").expect("a string takes all");
        }
        black_box(&mut text);
    });

    let texts: Vec<_> = single.iter().map(Token::to_string).collect();
    assert!(texts.iter().zip(&single).all(|(text, token)| text.parse() == Ok(*token)));
    let mut tokens = single;
    table.add(Group::Many, READ, BYTES, items, move || {
        for (token, text) in tokens.iter_mut().zip(&texts) {
            *token = text.parse().expect("a token");
        }
        black_box(&mut tokens);
    });

    let phones = sealer();
    table.add(Group::Many, "telseal from_str, then seal", BYTES, items, move || {
        for text in &input.texts {
            let number = text.parse::<PhoneNumber>().expect("a phone number");
            black_box(phones.seal(&number));
        }
    });
}
