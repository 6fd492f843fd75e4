//! Columns of bytes, as files, databases and Arrow hold them, with a bit for each row that is there.

#[cfg(not(feature = "simd"))]
use super::portable as base64;
#[cfg(feature = "simd")]
use super::simd as base64;
use super::{TOKEN, TOKEN_TEXT, Token, first_byte};
use crate::{
    error::ParseError,
    identifier::{Identifier, Labelled},
};
use core::{error::Error, fmt};

impl<I: Identifier> Token<I> {
    /// Writes a column of tokens as text: `texts[i]` becomes the 36 characters of the 27 bytes `tokens[i]`. It does not
    /// check whether the bytes are a token: if they are not, neither is the text.
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length. Then nothing is written.
    pub fn encode_column(tokens: &[[u8; 27]], texts: &mut [[u8; 36]]) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(tokens.len(), texts.len())?;
        base64::encode_column(tokens.as_flattened(), texts.as_flattened_mut());
        Ok(())
    }

    /// Reads a column of texts with every check of [`FromStr`](core::str::FromStr): `tokens[i]` becomes the 27 bytes of
    /// the 36 characters `texts[i]`, and in `valid` bit *i* mod 64 of word *i* / 64 becomes 1. For a row that is not a
    /// token of this kind, the bit and the bytes become 0, and `refused` gets its number and its error.
    ///
    /// ```
    /// # use telseal::{PhoneNumber, Token};
    /// let texts = [*b"PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ", [b'?'; 36]];
    /// let (mut tokens, mut valid) = ([[0; 27]; 2], [0]);
    /// Token::<PhoneNumber>::decode_column(&texts, &mut tokens, &mut valid, |row, error| {
    ///     assert_eq!((row, error.position()), (1, Some(0)));
    /// })?;
    /// assert_eq!((valid, tokens[1]), ([0b01], [0; 27]));
    /// let mut again = [[0; 36]];
    /// Token::<PhoneNumber>::encode_column(&tokens[..1], &mut again)?;
    /// assert_eq!(again[0], texts[0]);
    /// # Ok::<(), telseal::LengthMismatch>(())
    /// ```
    ///
    /// # Errors
    /// [`LengthMismatch`] if the slices differ in length, or if the number of words in `valid` is not the number of
    /// rows divided by 64, rounded up. Then nothing is written.
    pub fn decode_column(
        texts: &[[u8; TOKEN_TEXT]],
        tokens: &mut [[u8; TOKEN]],
        valid: &mut [u64],
        mut refused: impl FnMut(usize, ParseError),
    ) -> Result<(), LengthMismatch> {
        LengthMismatch::unless_same(texts.len(), tokens.len())?;
        check_bits(texts.len(), valid)?;
        let batches = texts.chunks(BITS).zip(tokens.chunks_mut(BITS)).zip(valid).enumerate();
        for (batch, ((texts, tokens), valid)) in batches {
            let text = base64::decode_column(texts.as_flattened(), tokens.as_flattened_mut());
            if text && tokens.iter().fold(true, |all, token| all & Self::is_header(token)) {
                *valid = u64::MAX >> (BITS - tokens.len());
                continue;
            }
            *valid = 0;
            for (at, (text, token)) in texts.iter().zip(tokens).enumerate() {
                let read = Self::from_text(text).map_err(|error| refused(batch * BITS + at, error));
                *valid |= u64::from(read.is_ok()) << at;
                *token = read.map_or([0; TOKEN], |token| token.bytes);
            }
        }
        Ok(())
    }

    /// Whether bytes begin as those of a token of this kind do.
    #[inline(always)]
    fn is_header(bytes: &[u8; TOKEN]) -> bool {
        (bytes[0] == first_byte(I::LETTER)) & (bytes[1] | bytes[2] != 0)
    }
}

/// How many rows have their bits in one word.
pub(crate) const BITS: usize = u64::BITS as usize;

/// Wants a word of bits for every 64 rows or part of them.
pub(crate) fn check_bits(rows: usize, bits: &[u64]) -> Result<(), LengthMismatch> {
    LengthMismatch::unless_same(rows.div_ceil(BITS), bits.len())
}

/// The number of items differs from the number of places for the results, or from the number that the words of a bitmap
/// are for. Nothing was written.
///
/// ```
/// # use telseal::{PhoneNumber, Token};
/// let error = Token::<PhoneNumber>::encode_column(&[[0; 27]], &mut [[0; 36]; 2]).unwrap_err();
/// assert_eq!(error.to_string(), "1 items do not fit one to one into 2 places");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthMismatch {
    input: usize,
    output: usize,
}

impl LengthMismatch {
    pub(crate) fn unless_same(input: usize, output: usize) -> Result<(), Self> {
        if input == output { Ok(()) } else { Err(LengthMismatch { input, output }) }
    }
}

impl fmt::Display for LengthMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items do not fit one to one into {} places", self.input, self.output)
    }
}

impl Error for LengthMismatch {}
