use super::*;
use crate::token::encoding::encode_base64url;
use std::vec::Vec;

/// As one by one, at every length. With the feature `simd` only this test runs them.
#[test]
fn columns_are_as_one_by_one() {
    for rows in 0..=300 {
        let tokens: Vec<[u8; 27]> =
            (0..rows).map(|i: usize| core::array::from_fn(|at| (i * 131 + at * at * 7 + i * at) as u8)).collect();
        let one_by_one: Vec<[u8; 36]> = tokens.iter().map(|token| encode_base64url(token)).collect();
        let mut texts = std::vec![[0; 36]; rows];
        encode_column(tokens.as_flattened(), texts.as_flattened_mut());
        assert!(texts == one_by_one, "{rows}");
        let mut again = std::vec![[0; 27]; rows];
        assert!(decode_column(texts.as_flattened(), again.as_flattened_mut()));
        assert!(again == tokens, "{rows}");
    }
}

/// Every byte at every place of a column.
#[test]
fn characters_that_are_not_in_the_alphabet() {
    let texts = [[b'A'; 36]; 3];
    for at in 0..108 {
        for byte in 0..=255 {
            let mut bad = texts;
            bad.as_flattened_mut()[at] = byte;
            let is_good = byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            assert_eq!(decode_column(bad.as_flattened(), &mut [0; 81]), is_good, "{byte} at {at}");
        }
    }
}
