//! telseal's own rows. Each path is checked against the single calls before it is timed.

use crate::{
    input::{Input, sealer},
    measure::{Group, Table},
};
use std::{cell::RefCell, hint::black_box, rc::Rc};
use telseal::{OpenError, ParseError, PhoneNumber, Tag, Token};

pub const SEAL: &str = "telseal seal";
pub const OPEN: &str = "telseal open";
pub const SEAL_LOOP: &str = "telseal seal, a loop";
pub const OPEN_LOOP: &str = "telseal open, a loop";
pub const TAG_LOOP: &str = "telseal tag, a loop";

/// How many identifiers the rows of [`seal_into`], [`open_into`] and [`tag_into`] take at once.
pub const SIZES: [usize; 5] = [1 << 10, 1 << 12, 1 << 16, 1 << 20, 10_000_000];

const BYTES: Option<usize> = Some(size_of::<Token<PhoneNumber>>());

pub fn seal_into(items: usize) -> String {
    format!("telseal seal_into, {items} items")
}

pub fn open_into(items: usize) -> String {
    format!("telseal open_into, {items} items")
}

pub fn tag_into(items: usize) -> String {
    format!("telseal tag_into, {items} items")
}

pub const SEAL_ROWS: &str = "telseal seal_rows_into, E.164 texts";
pub const PRINT: &str = "telseal tokens to texts, encode";
pub const READ: &str = "telseal texts to tokens, FromStr";

pub fn single_rows<'a>(table: &mut Table<'a>, input: &'a Input) {
    let items = input.numbers.len();
    let tokens: Vec<_> = input.numbers.iter().map(|number| sealer().seal(number)).collect();

    let phones = sealer();
    table.add_calls(Group::One, SEAL, BYTES, items, move |i| {
        black_box(phones.seal(&input.numbers[i]));
    });

    let phones = sealer();
    assert!(tokens.iter().zip(&input.numbers).all(|(token, number)| phones.open(token).as_ref() == Ok(number)));
    let opened = tokens.clone();
    table.add_calls(Group::One, OPEN, None, items, move |i| {
        black_box(phones.open(&opened[i])).expect("a token of this sealer");
    });

    // Calls that do not wait for one another, as in a loop over rows.
    let (phones, sealed) = (sealer(), tokens.clone());
    table.add_calls(Group::Many, SEAL_LOOP, BYTES, items, move |i| {
        black_box(phones.seal(black_box(&input.numbers[i])));
    });
    let phones = sealer();
    table.add_calls(Group::Many, OPEN_LOOP, None, items, move |i| {
        black_box(phones.open(black_box(&sealed[i]))).expect("a token of this sealer");
    });
    let phones = sealer();
    table.add_calls(Group::Many, TAG_LOOP, Some(size_of::<Tag<PhoneNumber>>()), items, move |i| {
        black_box(phones.tag(black_box(&input.numbers[i])));
    });

    let phones = sealer();
    table.add_calls(Group::One, "telseal from_str, then seal", BYTES, items, move |i| {
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
    let tokens = Rc::new(RefCell::new(vec![Token::BLANK; many.len()]));
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

    let opened = Rc::new(RefCell::new(vec![Err(OpenError::NotOpened); many.len()]));
    phones.open_into(&tokens.borrow(), &mut opened.borrow_mut()).expect("slices of one length");
    assert!(opened.borrow().iter().map(Result::as_ref).eq(many.iter().map(Ok)));
    for items in SIZES {
        let (phones, tokens, opened) = (sealer(), tokens.clone(), opened.clone());
        table.add(Group::Many, open_into(items), None, items, move || {
            let opened = &mut opened.borrow_mut()[..items];
            phones.open_into(black_box(&tokens.borrow()[..items]), opened).expect("slices of one length");
            black_box(opened);
        });
    }

    let tags = Rc::new(RefCell::new(vec![Tag::from_bytes([0; 16]); many.len()]));
    phones.tag_into(many, &mut tags.borrow_mut()).expect("slices of one length");
    assert!(tags.borrow().iter().copied().eq(single.iter().cycle().take(many.len()).map(Token::tag)));
    for items in SIZES {
        let (phones, tags) = (sealer(), tags.clone());
        table.add(Group::Many, tag_into(items), Some(size_of::<Tag<PhoneNumber>>()), items, move || {
            let tags = &mut tags.borrow_mut()[..items];
            phones.tag_into(black_box(&many[..items]), tags).expect("slices of one length");
            black_box(tags);
        });
    }

    let phones = sealer();
    let mut tokens = vec![None; items];
    let seal_rows = move |tokens: &mut [Option<Token<PhoneNumber>>]| {
        let numbers = black_box(&input.texts).iter().map(|text| text.parse());
        let refused = |row, error: ParseError| panic!("row {row}: {error}");
        phones.seal_rows_into(numbers, tokens, refused).expect("as many texts as tokens");
    };
    seal_rows(&mut tokens);
    assert!(tokens.iter().flatten().eq(&single));
    table.add(Group::Many, SEAL_ROWS, BYTES, items, move || {
        seal_rows(&mut tokens);
        black_box(&mut tokens);
    });

    let mut texts = vec![[0; 36]; items];
    let tokens = single.clone();
    table.add(Group::Many, PRINT, Some(36), items, move || {
        for (token, text) in black_box(&tokens).iter().zip(&mut texts) {
            token.encode(text);
        }
        black_box(&mut texts);
    });

    let texts: Vec<_> = single.iter().map(Token::to_string).collect();
    for (text, token) in texts.iter().zip(&single) {
        assert_eq!(token.encode(&mut [0; 36]), text);
        assert_eq!(text.parse(), Ok(*token));
    }
    let mut tokens = single;
    table.add(Group::Many, READ, BYTES, items, move || {
        for (token, text) in tokens.iter_mut().zip(&texts) {
            *token = text.parse().expect("a token");
        }
        black_box(&mut tokens);
    });
}
