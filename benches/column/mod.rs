//! What is worked on: a column of numbers in every form that it takes.

use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Sealer, Token};

pub(crate) struct Column {
    pub(crate) sealer: Sealer<PhoneNumber>,
    pub(crate) texts: Vec<String>,
    pub(crate) numbers: Vec<PhoneNumber>,
    pub(crate) tokens: Vec<Token<PhoneNumber>>,
    pub(crate) token_texts: Vec<[u8; 36]>,
}

impl Column {
    pub(crate) fn new(len: usize) -> Self {
        let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])]).expect("one secret");
        let sealer: Sealer<PhoneNumber> = keyring.sealer(&Scope::new(["bench"]).expect("one label"));
        // The range +44 7700 900000 to 900999, over and over.
        let texts: Vec<_> = (0..len).map(|i| format!("+447700900{:03}", i % 1000)).collect();
        let numbers: Vec<PhoneNumber> = texts.iter().map(|text| text.parse().expect("a number")).collect();
        let mut tokens = vec![Token::BLANK; len];
        sealer.seal_into(&numbers, &mut tokens).expect("one length");
        let mut token_texts = vec![[0; 36]; len];
        for (token, text) in tokens.iter().zip(&mut token_texts) {
            token.encode(text);
        }
        Column { sealer, texts, numbers, tokens, token_texts }
    }
}
