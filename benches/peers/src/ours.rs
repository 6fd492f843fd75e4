//! telseal's own rows. Each path is checked against the single calls before it is timed.

use crate::{
    input::{Input, keyring, scope, sealer},
    measure::{Group, Table},
};
use std::{cell::RefCell, hint::black_box, rc::Rc, thread};
use telseal::{
    Identifier, Imsi, OpenError, ParseError, PhoneNumber, Sealer, Tag, Token,
    fpe::{DigitCipher, DigitError},
};

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

pub const SEAL_ROWS: &str = "telseal seal_rows_into, E.164 texts parsed one by one";
pub const SEAL_TEXTS: &str = "telseal seal_column, E.164 texts";
pub const TAG_TEXTS: &str = "telseal tag_column, E.164 texts";
pub const OPEN_COLUMN: &str = "telseal open_column";
pub const EXPOSE: &str = "telseal expose_into";
pub const PARSE: &str = "telseal from_str, a loop";
pub const ENCODE: &str = "telseal encode_column";
pub const DECODE: &str = "telseal decode_column";
/// How many rows [`TEXTS_TO_TEXTS`] has.
const ROWS: usize = 1 << 20;
pub const TEXTS_TO_TEXTS: &str = "telseal E.164 texts to token texts, 1048576 items";
pub const TEXTS_ON_TWO_THREADS: &str = "telseal E.164 texts to token texts, on two threads";
pub const PRINT: &str = "telseal tokens to texts, encode";
pub const READ: &str = "telseal texts to tokens, FromStr";

pub const ENCRYPT: &str = "telseal fpe encrypt, 15 digits";
pub const DECRYPT: &str = "telseal fpe decrypt, 15 digits";
pub const ENCRYPT_INTO: &str = "telseal fpe encrypt_into, 15 digits";
pub const DECRYPT_INTO: &str = "telseal fpe decrypt_into, 15 digits";
pub const ENCRYPT_WIDTHS: &str = "telseal fpe encrypt_into, 11 and 12 digits";

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

    columns(table, input, &single);

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

/// Columns of bytes and of texts.
fn columns<'a>(table: &mut Table<'a>, input: &'a Input, single: &[Token<PhoneNumber>]) {
    let items = single.len();
    let bytes: Vec<[u8; 27]> = single.iter().map(|token| (*token).into()).collect();
    let bits = vec![u64::MAX; items / 64];
    let rows = || black_box(&input.texts).iter().map(|text| &text[..]);
    let refused = |row, error: ParseError| panic!("row {row}: {error}");

    let (phones, want, all) = (sealer(), bytes.clone(), bits.clone());
    let (mut tokens, mut valid) = (vec![[0; 27]; items], vec![0; bits.len()]);
    table.add(Group::Many, SEAL_TEXTS, BYTES, items, move || {
        phones.seal_column(rows(), &mut tokens, &mut valid, refused).expect("as many texts as tokens");
        assert!(tokens[items - 1] == want[items - 1] && valid == all);
    });
    let (phones, all, last) = (sealer(), bits.clone(), single[items - 1].tag());
    let (mut tags, mut valid) = (vec![[0; 16]; items], vec![0; bits.len()]);
    table.add(Group::Many, TAG_TEXTS, Some(16), items, move || {
        phones.tag_column(rows(), &mut tags, &mut valid, refused).expect("as many texts as tags");
        assert!(tags[items - 1] == *last.as_bytes() && valid == all);
    });
    let (phones, tokens, mut opened) = (sealer(), bytes.clone(), vec![None; items]);
    table.add(Group::Many, OPEN_COLUMN, None, items, move || {
        let refused = |row, error| panic!("row {row}: {error}");
        phones.open_column(black_box(&tokens), &mut opened, refused).expect("slices of one length");
        assert!(opened[items - 1].as_ref() == input.numbers.last());
    });
    table.add(Group::Many, EXPOSE, None, items, || {
        for number in black_box(&input.numbers) {
            black_box(number.expose_into(&mut [0; 16]));
        }
    });
    table.add(Group::Many, PARSE, None, items, || {
        for text in black_box(&input.texts) {
            // Without the result around it, whose 96 bytes would be copied.
            black_box(text.parse::<PhoneNumber>().expect("a phone number"));
        }
    });
    let mut texts = vec![[0; 36]; items];
    Token::<PhoneNumber>::encode_column(&bytes, &mut texts).expect("slices of one length");
    assert!(single.iter().zip(&texts).all(|(token, text)| token.encode(&mut [0; 36]).as_bytes() == text));
    let (tokens, mut out) = (bytes.clone(), texts.clone());
    table.add(Group::Many, ENCODE, Some(36), items, move || {
        Token::<PhoneNumber>::encode_column(black_box(&tokens), &mut out).expect("slices of one length");
        black_box(&mut out);
    });
    let (mut out, mut valid) = (vec![[0; 27]; items], vec![0; bits.len()]);
    table.add(Group::Many, DECODE, BYTES, items, move || {
        Token::<PhoneNumber>::decode_column(black_box(&texts), &mut out, &mut valid, refused).expect("one length");
        assert!(out[items - 1] == bytes[items - 1] && valid == bits);
    });

    let convert = move |phones: &Sealer<PhoneNumber>, texts: &mut [[u8; 36]]| {
        let (mut tokens, mut valid) = (vec![[0; 27]; 1 << 12], vec![0; (1 << 12) / 64]);
        for texts in texts.chunks_mut(tokens.len()) {
            phones.seal_column(rows(), &mut tokens, &mut valid, refused).expect("as many texts as tokens");
            Token::<PhoneNumber>::encode_column(&tokens, texts).expect("slices of one length");
        }
        black_box(texts);
    };
    // Both rows write to the same memory.
    let texts = Rc::new(RefCell::new(vec![[0; 36]; ROWS]));
    let (phones, on_one) = (sealer(), texts.clone());
    table.add(Group::Many, TEXTS_TO_TEXTS, Some(36), ROWS, move || convert(&phones, &mut on_one.borrow_mut()));
    let phones = sealer();
    table.add(Group::Many, TEXTS_ON_TWO_THREADS, Some(36), ROWS, move || {
        let mut texts = texts.borrow_mut();
        let (first, second) = texts.split_at_mut(ROWS / 2);
        thread::scope(|scope| {
            scope.spawn(|| convert(&phones, first));
            convert(&phones, second);
        });
    });
}

/// Format-preserving encryption. All digits of IMSIs, and all but the first of phone numbers.
pub fn rows_of_digits<'a>(table: &mut Table<'a>, input: &'a Input) {
    let items = input.numbers.len();
    let imsis: Vec<Imsi> = (0..items).map(|i| format!("00101{i:010}").parse().expect("an IMSI")).collect();
    let cipher = || -> DigitCipher<Imsi> { keyring().digit_cipher(&scope()) };
    let (version, digits) = (cipher().primary(), cipher());
    let single: Vec<_> = imsis.iter().map(|imsi| digits.encrypt(imsi, 0).expect("15 digits")).collect();
    assert!(single.iter().zip(&imsis).all(|(one, imsi)| digits.decrypt(one, 0, version).as_ref() == Ok(imsi)));

    let (one, given) = (cipher(), imsis.clone());
    table.add_calls(Group::One, ENCRYPT, Some(15), items, move |i| {
        black_box(one.encrypt(&given[i], 0)).expect("15 digits");
    });
    let (one, given) = (cipher(), single.clone());
    table.add_calls(Group::One, DECRYPT, None, items, move |i| {
        black_box(one.decrypt(&given[i], 0, version)).expect("15 digits");
    });

    let (many, last, given) = (cipher(), single[items - 1], imsis.clone());
    let mut encrypted = vec![Err(DigitError::FirstDigit); items];
    table.add(Group::Many, ENCRYPT_INTO, Some(15), items, move || {
        many.encrypt_into(black_box(&given), |_| 0, &mut encrypted).expect("slices of one length");
        assert!(encrypted[items - 1] == Ok(last));
    });
    let (many, mut decrypted) = (cipher(), vec![Err(DigitError::FirstDigit); items]);
    table.add(Group::Many, DECRYPT_INTO, None, items, move || {
        many.decrypt_into(black_box(&single), |_| 0, version, &mut decrypted).expect("slices of one length");
        assert!(decrypted[items - 1].as_ref().ok() == imsis.last());
    });
    let (many, mut encrypted) =
        (keyring().digit_cipher::<PhoneNumber>(&scope()), vec![Err(DigitError::FirstDigit); items]);
    let last = many.encrypt(&input.numbers[items - 1], 1);
    table.add(Group::Many, ENCRYPT_WIDTHS, Some(12), items, move || {
        many.encrypt_into(black_box(&input.numbers), |_| 1, &mut encrypted).expect("slices of one length");
        assert!(encrypted[items - 1] == last);
    });
}
