//! What is done to a column: sealing, tags, opening, looking up, resealing, in batches.

use crate::{
    form::{Form, Reading, Written},
    refusal::Refusal,
};
use telseal::{Identifier, Imei, Imeisv, Imsi, Keyring, OpenError, PhoneNumber, Scope, Sealer, Tag, Token};
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
        self.ends.push(self.bytes.len());
    }
}

/// Does one thing to one column.
pub(crate) trait Work {
    /// `fields` has a field for each row.
    fn run(&mut self, fields: &mut dyn ExactSizeIterator<Item = &[u8]>, texts: &mut Texts);
}

pub(crate) fn work(operation: Operation, keyring: &Keyring, scope: &Scope, reading: Reading) -> Box<dyn Work> {
    match reading.form {
        Form::Phone | Form::Msisdn => of::<PhoneNumber>(operation, keyring, scope, reading),
        Form::Imsi => of::<Imsi>(operation, keyring, scope, reading),
        Form::Imei => of::<Imei>(operation, keyring, scope, reading),
        Form::Imeisv => of::<Imeisv>(operation, keyring, scope, reading),
    }
}

fn of<I: Written + 'static>(operation: Operation, keyring: &Keyring, scope: &Scope, reading: Reading) -> Box<dyn Work> {
    let sealer = keyring.sealer::<I>(scope);
    match operation {
        Operation::Seal => Box::new(Seal { sealer, reading, column: TokenColumn::default() }),
        Operation::Tag => Box::new(MakeTags { sealer, reading, tags: Vec::new() }),
        Operation::Lookup => Box::new(Lookup { sealer, reading }),
        Operation::Open => Box::new(Open { opening: Opening::new(sealer), form: reading.form }),
        Operation::Reseal => Box::new(Reseal { opening: Opening::new(sealer), column: TokenColumn::default() }),
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

fn read<I: Written>(field: &[u8], reading: Reading) -> Result<I, Nothing> {
    Ok(I::read(utf8(field)?, reading)?)
}

const TOKEN_TEXT: usize = 36;
const TAG_TEXT: usize = 22;
const LONGEST_IDENTIFIER: usize = 16;

/// Tokens and their texts.
struct Seal<I> {
    sealer: Sealer<I>,
    reading: Reading,
    column: TokenColumn,
}

#[derive(Default)]
struct TokenColumn {
    tokens: Vec<[u8; 27]>,
    valid: Vec<u64>,
    encoded: Vec<[u8; TOKEN_TEXT]>,
}

impl TokenColumn {
    fn seal<I: Identifier>(
        &mut self,
        sealer: &Sealer<I>,
        rows: impl ExactSizeIterator<Item = Result<I, Nothing>>,
        texts: &mut Texts,
    ) {
        let (TokenColumn { tokens, valid, encoded }, count) = (self, rows.len());
        texts.clear(count, TOKEN_TEXT);
        tokens.resize(count, [0; 27]);
        valid.resize(count.div_ceil(64), 0);
        encoded.resize(count, [0; TOKEN_TEXT]);
        let mut nothing = Vec::new();
        let sealed = sealer.seal_column(rows, tokens, valid, |row, why| nothing.push((row, why)));
        sealed.and_then(|()| Token::<I>::encode_column(tokens, encoded)).expect("a place for each row");
        let mut nothing = nothing.into_iter().peekable();
        for (row, text) in encoded.iter().enumerate() {
            match nothing.next_if(|(at, _)| *at == row) {
                None => texts.push(text),
                Some((_, why)) => put_nothing(row, why, texts),
            }
        }
    }
}

impl<I: Written> Work for Seal<I> {
    fn run(&mut self, fields: &mut dyn ExactSizeIterator<Item = &[u8]>, texts: &mut Texts) {
        let Seal { sealer, reading, column } = self;
        column.seal(sealer, fields.map(|field| read::<I>(field, *reading)), texts);
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
    tags: Vec<Option<Tag<I>>>,
}

impl<I: Written> Work for MakeTags<I> {
    fn run(&mut self, fields: &mut dyn ExactSizeIterator<Item = &[u8]>, texts: &mut Texts) {
        let MakeTags { sealer, reading, tags } = self;
        texts.clear(fields.len(), TAG_TEXT);
        tags.resize(fields.len(), None);
        let mut nothing = Vec::new();
        let rows = fields.map(|field| read::<I>(field, *reading));
        sealer.tag_rows_into(rows, tags, |row, why| nothing.push((row, why))).expect("a place for each row");
        let mut nothing = nothing.into_iter().peekable();
        for (row, tag) in tags.iter().enumerate() {
            match (tag, nothing.next_if(|(at, _)| *at == row)) {
                (Some(tag), _) => texts.push(tag.to_string().as_bytes()),
                (None, why) => put_nothing(row, why.map_or(Nothing::Empty, |(_, why)| why), texts),
            }
        }
    }
}

/// The tokens of all live key versions, newest first, with a space between.
struct Lookup<I> {
    sealer: Sealer<I>,
    reading: Reading,
}

impl<I: Written> Work for Lookup<I> {
    fn run(&mut self, fields: &mut dyn ExactSizeIterator<Item = &[u8]>, texts: &mut Texts) {
        let each = (TOKEN_TEXT + 1) * self.sealer.versions().len();
        texts.clear(fields.len(), each);
        let mut buffer = [0; TOKEN_TEXT];
        let mut text = Vec::with_capacity(each);
        for (row, field) in fields.enumerate() {
            match read::<I>(field, self.reading) {
                Ok(identifier) => {
                    text.clear();
                    for token in self.sealer.lookup(&identifier) {
                        if !text.is_empty() {
                            text.push(b' ');
                        }
                        text.extend_from_slice(token.encode(&mut buffer).as_bytes());
                    }
                    texts.push(&text);
                }
                Err(why) => put_nothing(row, why, texts),
            }
        }
    }
}

/// Opens tokens.
struct Opening<I: Identifier> {
    sealer: Sealer<I>,
    tokens: Vec<Token<I>>,
    opened: Vec<Result<I, OpenError>>,
}

impl<I: Identifier> Opening<I> {
    fn new(sealer: Sealer<I>) -> Self {
        Opening { sealer, tokens: Vec::new(), opened: Vec::new() }
    }

    /// What becomes of each row, in order.
    fn run(
        &mut self,
        fields: &mut dyn ExactSizeIterator<Item = &[u8]>,
        mut put: impl FnMut(usize, Result<&I, Nothing>),
    ) {
        let rows = fields.len();
        self.tokens.clear();
        let mut nothing = Vec::new();
        for (row, field) in fields.enumerate() {
            match utf8(field).and_then(|text| Ok(text.parse().map_err(Refusal::Token)?)) {
                Ok(token) => self.tokens.push(token),
                Err(why) => nothing.push((row, why)),
            }
        }
        if self.opened.len() < self.tokens.len() {
            self.opened = vec![Err(OpenError::NotOpened); self.tokens.len()];
        }
        let opened = &mut self.opened[..self.tokens.len()];
        self.sealer.open_into(&self.tokens, opened).expect("as many places as tokens");
        let (mut nothing, mut opened) = (nothing.into_iter().peekable(), opened.iter());
        for row in 0..rows {
            let result = match nothing.next_if(|(at, _)| *at == row) {
                Some((_, why)) => Err(why),
                None => match opened.next().expect("a result for each token") {
                    Ok(identifier) => Ok(identifier),
                    Err(error) => Err(Nothing::Refused(Refusal::NotOpened(*error))),
                },
            };
            put(row, result);
        }
    }
}

struct Open<I: Identifier> {
    opening: Opening<I>,
    form: Form,
}

impl<I: Written> Work for Open<I> {
    fn run(&mut self, fields: &mut dyn ExactSizeIterator<Item = &[u8]>, texts: &mut Texts) {
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
    fn run(&mut self, fields: &mut dyn ExactSizeIterator<Item = &[u8]>, texts: &mut Texts) {
        let Reseal { opening, column } = self;
        let mut opened = Vec::with_capacity(fields.len());
        opening.run(fields, |_, result| opened.push(result.cloned()));
        column.seal(&opening.sealer, opened.into_iter(), texts);
    }
}
