//! What is done to a column: sealing, tags, opening, looking up, resealing, in batches.

use crate::{
    form::{Form, Reading, Written},
    refusal::Refusal,
};
use std::{collections::BTreeMap, io::Write};
use telseal::{
    Identifier, Imei, Imeisv, Imsi, Keyring, LengthMismatch, OpenError, PhoneNumber, Scope, Sealer, Tag, Token,
};
use telseal_national::Country;
use zeroize::Zeroizing;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Seal,
    Tag,
    Open,
    Lookup,
    Reseal,
}

/// What a column of a batch becomes.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    bytes: Zeroizing<Vec<u8>>,
    /// Where the text of each row ends.
    ends: Vec<usize>,
    /// Rows that stay as they are because there is nothing in them.
    pub(crate) empty: u64,
    pub(crate) refused: Vec<(usize, Refusal)>,
}

impl Texts {
    pub(crate) fn of(&self, row: usize) -> &[u8] {
        let start = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.bytes[start..self.ends[row]]
    }

    pub(crate) fn total(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for so many rows beforehand: a list that grows would leave plaintext behind.
    fn clear(&mut self, rows: usize, longest: usize) {
        self.bytes.clear();
        if self.bytes.capacity() < rows * longest {
            self.bytes = Zeroizing::new(Vec::with_capacity(rows * longest));
        }
        self.ends.clear();
        self.empty = 0;
        self.refused.clear();
    }

    fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.end();
    }

    /// The text of a row ends here.
    fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

pub(crate) type Fields<'i, 'a> = &'i mut dyn ExactSizeIterator<Item = &'a [u8]>;
pub(crate) type Countries<'i, 'a> = Option<&'i mut dyn Iterator<Item = &'a [u8]>>;

/// Does one thing to one column.
pub(crate) trait Work {
    /// `fields` has a field for each row, and so has `countries`, if a column says which country each row is from.
    fn run(&mut self, fields: Fields, countries: Countries, texts: &mut Texts);
}

/// How tokens and tags are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Base64Url,
    /// For columns that ignore case.
    Hex,
}

impl Spelling {
    /// How many characters so many bytes have.
    fn length(self, bytes: usize) -> usize {
        match self {
            Spelling::Base64Url => (4 * bytes).div_ceil(3),
            Spelling::Hex => 2 * bytes,
        }
    }
}

pub(crate) fn work(
    operation: Operation,
    keyring: &Keyring,
    scope: &Scope,
    reading: Reading,
    spelling: Spelling,
) -> Box<dyn Work> {
    match reading.form {
        Form::Phone | Form::Msisdn => of::<PhoneNumber>(operation, keyring, scope, reading, spelling),
        Form::Imsi => of::<Imsi>(operation, keyring, scope, reading, spelling),
        Form::Imei => of::<Imei>(operation, keyring, scope, reading, spelling),
        Form::Imeisv => of::<Imeisv>(operation, keyring, scope, reading, spelling),
    }
}

fn of<I: Written + 'static>(
    operation: Operation,
    keyring: &Keyring,
    scope: &Scope,
    reading: Reading,
    spelling: Spelling,
) -> Box<dyn Work> {
    let sealer = keyring.sealer::<I>(scope);
    let column = TokenColumn::new(spelling);
    match operation {
        Operation::Seal => Box::new(Seal { sealer, reading, column }),
        Operation::Tag => Box::new(MakeTags { sealer, reading, spelling, tags: Vec::new() }),
        Operation::Lookup => Box::new(Lookup { sealer, reading, column }),
        Operation::Open => Box::new(Open { opening: Opening::new(sealer, spelling), form: reading.form }),
        Operation::Reseal => Box::new(Reseal { opening: Opening::new(sealer, spelling), column }),
    }
}

/// Why a row gives nothing.
enum Nothing {
    Empty,
    Refused(Refusal),
}

impl From<Refusal> for Nothing {
    fn from(refusal: Refusal) -> Self {
        Nothing::Refused(refusal)
    }
}

fn utf8(field: &[u8]) -> Result<&str, Nothing> {
    match str::from_utf8(field) {
        Ok("") => Err(Nothing::Empty),
        Ok(text) => Ok(text),
        Err(error) => Err(Nothing::Refused(Refusal::NotUtf8 { byte: error.valid_up_to() })),
    }
}

/// Reads each field, by the country of its row.
fn read<I: Written>(
    fields: Fields<'_, '_>,
    mut countries: Countries<'_, '_>,
    mut reading: Reading,
) -> impl ExactSizeIterator<Item = Result<I, Nothing>> {
    fields.map(move |field| {
        let country = countries.as_mut().and_then(|countries| countries.next());
        let text = utf8(field)?;
        if let Some(country) = country {
            reading.country = in_country(country)?;
        }
        Ok(I::read(text, reading)?)
    })
}

/// An empty field is no country: then only numbers with a country code are read.
fn in_country(code: &[u8]) -> Result<Option<Country>, Refusal> {
    match str::from_utf8(code).map(str::trim) {
        Ok("") => Ok(None),
        Ok(code) => code.parse().map(Some).map_err(|_| Refusal::NoCountry),
        Err(_) => Err(Refusal::NoCountry),
    }
}

/// Writes the hexadecimal digits of bytes.
fn put_hex(bytes: &[u8], out: &mut Vec<u8>) {
    let digits = |byte: &u8| [byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]);
    out.extend(bytes.iter().flat_map(digits));
}

const TOKEN: usize = 27;
const TAG: usize = 16;
const LONGEST_IDENTIFIER: usize = 16;

/// Tokens and their texts.
struct Seal<I> {
    sealer: Sealer<I>,
    reading: Reading,
    column: TokenColumn,
}

struct TokenColumn {
    spelling: Spelling,
    tokens: Vec<[u8; TOKEN]>,
    valid: Vec<u64>,
    encoded: Vec<[u8; 36]>,
}

impl TokenColumn {
    fn new(spelling: Spelling) -> Self {
        TokenColumn { spelling, tokens: Vec::new(), valid: Vec::new(), encoded: Vec::new() }
    }

    fn seal<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        rows: impl ExactSizeIterator<Item = Result<I, Nothing>>,
        texts: &mut Texts,
    ) {
        self.write::<I>(rows.len(), 1, texts, |tokens, valid, refused| {
            sealer.seal_column(rows, tokens, valid, refused)
        });
    }

    /// Writes what `fill` gives: `each` tokens a row, with a space between.
    fn write<I: Identifier>(
        &mut self,
        rows: usize,
        each: usize,
        texts: &mut Texts,
        fill: impl FnOnce(&mut [[u8; TOKEN]], &mut [u64], &mut dyn FnMut(usize, Nothing)) -> Result<(), LengthMismatch>,
    ) {
        let (TokenColumn { spelling, tokens, valid, encoded }, count) = (self, rows * each);
        texts.clear(rows, each * (spelling.length(TOKEN) + 1));
        tokens.resize(count, [0; TOKEN]);
        valid.resize(rows.div_ceil(64), 0);
        let mut nothing = Vec::new();
        fill(tokens, valid, &mut |row, why| nothing.push((row, why))).expect("places for each row");
        if *spelling == Spelling::Base64Url {
            encoded.resize(count, [0; 36]);
            Token::<I>::encode_column(tokens, encoded).expect("a place for each token");
        }
        let mut nothing = nothing.into_iter().peekable();
        for row in 0..rows {
            if let Some((_, why)) = nothing.next_if(|(at, _)| *at == row) {
                put_nothing(row, why, texts);
                continue;
            }
            for token in each * row..each * (row + 1) {
                if token > each * row {
                    texts.bytes.push(b' ');
                }
                match spelling {
                    Spelling::Base64Url => texts.bytes.extend_from_slice(&encoded[token]),
                    Spelling::Hex => put_hex(&tokens[token], &mut texts.bytes),
                }
            }
            texts.end();
        }
    }
}

impl<I: Written> Work for Seal<I> {
    fn run(&mut self, fields: Fields, countries: Countries, texts: &mut Texts) {
        let Seal { sealer, reading, column } = self;
        column.seal(sealer, read::<I>(fields, countries, *reading), texts);
    }
}

fn put_nothing(row: usize, why: Nothing, texts: &mut Texts) {
    texts.push(b"");
    match why {
        Nothing::Empty => texts.empty += 1,
        Nothing::Refused(refusal) => texts.refused.push((row, refusal)),
    }
}

struct MakeTags<I: Identifier> {
    sealer: Sealer<I>,
    reading: Reading,
    spelling: Spelling,
    tags: Vec<Option<Tag<I>>>,
}

impl<I: Written> Work for MakeTags<I> {
    fn run(&mut self, fields: Fields, countries: Countries, texts: &mut Texts) {
        let MakeTags { sealer, reading, spelling, tags } = self;
        texts.clear(fields.len(), spelling.length(TAG));
        tags.resize(fields.len(), None);
        let mut nothing = Vec::new();
        let rows = read::<I>(fields, countries, *reading);
        sealer.tag_rows_into(rows, tags, |row, why| nothing.push((row, why))).expect("a place for each row");
        let mut nothing = nothing.into_iter().peekable();
        for (row, tag) in tags.iter().enumerate() {
            match (tag, nothing.next_if(|(at, _)| *at == row)) {
                (Some(tag), _) => {
                    match spelling {
                        Spelling::Base64Url => write!(texts.bytes, "{tag}").expect("a list grows"),
                        Spelling::Hex => put_hex(tag.as_bytes(), &mut texts.bytes),
                    }
                    texts.end();
                }
                (None, why) => put_nothing(row, why.map_or(Nothing::Empty, |(_, why)| why), texts),
            }
        }
    }
}

/// The tokens of all live key versions, newest first.
struct Lookup<I> {
    sealer: Sealer<I>,
    reading: Reading,
    column: TokenColumn,
}

impl<I: Written> Work for Lookup<I> {
    fn run(&mut self, fields: Fields, countries: Countries, texts: &mut Texts) {
        let Lookup { sealer, reading, column } = self;
        let rows = read::<I>(fields, countries, *reading);
        column.write::<I>(rows.len(), sealer.versions().len(), texts, |tokens, valid, refused| {
            sealer.lookup_column(rows, tokens, valid, refused)
        });
    }
}

/// Opens tokens.
struct Opening<I: Identifier> {
    sealer: Sealer<I>,
    spelling: Spelling,
    encoded: Vec<[u8; 36]>,
    tokens: Vec<[u8; TOKEN]>,
    valid: Vec<u64>,
    opened: Vec<Option<I>>,
}

impl<I: Identifier> Opening<I> {
    fn new(sealer: Sealer<I>, spelling: Spelling) -> Self {
        let (encoded, tokens, valid, opened) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Opening { sealer, spelling, encoded, tokens, valid, opened }
    }

    /// What becomes of each row, in order.
    fn run(&mut self, fields: Fields, mut put: impl FnMut(usize, Result<&I, Nothing>)) {
        let Opening { sealer, spelling, encoded, tokens, valid, opened } = self;
        let rows = fields.len();
        // The first reason that a row has.
        let mut nothing = BTreeMap::new();
        tokens.resize(rows, [0; TOKEN]);
        match spelling {
            Spelling::Base64Url => {
                encoded.clear();
                encoded.extend(fields.enumerate().map(|(row, field)| {
                    field.try_into().unwrap_or_else(|_| {
                        nothing.insert(row, no_token::<I>(field));
                        [0; 36]
                    })
                }));
                valid.resize(rows.div_ceil(64), 0);
                let refused = |row: usize, _| _ = nothing.entry(row).or_insert_with(|| no_token::<I>(&encoded[row]));
                Token::<I>::decode_column(encoded, tokens, valid, refused).expect("a place for each text");
            }
            Spelling::Hex => {
                for (row, (field, token)) in fields.zip(&mut *tokens).enumerate() {
                    *token = utf8(field)
                        .and_then(|text| Ok(Token::<I>::from_hex(text).map_err(Refusal::Token)?))
                        .map_or_else(|why| (nothing.insert(row, why), [0; TOKEN]).1, Into::into);
                }
            }
        }
        // A list that grows would leave plaintext behind: this one is made anew.
        if opened.len() < rows {
            *opened = (0..rows).map(|_| None).collect();
        }
        let opened = &mut opened[..rows];
        sealer
            .open_column(tokens, opened, |row, error| {
                nothing.entry(row).or_insert(Nothing::Refused(Refusal::NotOpened(error)));
            })
            .expect("as many places as tokens");
        for (row, opened) in opened.iter().enumerate() {
            put(row, opened.as_ref().ok_or_else(|| nothing.remove(&row).expect("a reason for each row without one")));
        }
    }
}

/// Why a field is not the text of a token.
#[cold]
fn no_token<I: Identifier>(field: &[u8]) -> Nothing {
    match utf8(field).map(str::parse::<Token<I>>) {
        Err(why) => why,
        Ok(Err(error)) => Nothing::Refused(Refusal::Token(error)),
        Ok(Ok(_)) => Nothing::Refused(Refusal::NotOpened(OpenError::NotOpened)), // never: it would have been read
    }
}

struct Open<I: Identifier> {
    opening: Opening<I>,
    form: Form,
}

impl<I: Written> Work for Open<I> {
    fn run(&mut self, fields: Fields, _: Countries, texts: &mut Texts) {
        texts.clear(fields.len(), LONGEST_IDENTIFIER);
        let plus = if self.form == Form::Msisdn { 1 } else { 0 };
        let mut buffer = Zeroizing::new([0; LONGEST_IDENTIFIER]);
        self.opening.run(fields, |row, opened| match opened {
            Ok(identifier) => texts.push(&identifier.expose_into(&mut buffer).as_bytes()[plus..]),
            Err(why) => put_nothing(row, why, texts),
        });
    }
}

struct Reseal<I: Identifier> {
    opening: Opening<I>,
    column: TokenColumn,
}

impl<I: Written> Work for Reseal<I> {
    fn run(&mut self, fields: Fields, _: Countries, texts: &mut Texts) {
        let Reseal { opening, column } = self;
        let mut opened = Vec::with_capacity(fields.len());
        opening.run(fields, |_, result| opened.push(result.cloned()));
        column.seal(&opening.sealer, opened.into_iter(), texts);
    }
}
