//! Each kernel beside the single calls of the library.

#![allow(clippy::unwrap_used)] // what fails here fails the test

use arrow_array::{
    Array, ArrayRef, BinaryArray, BinaryViewArray, DictionaryArray, FixedSizeBinaryArray, Int8Array, Int32Array,
    LargeBinaryArray, LargeStringArray, ListArray, StringArray, StringViewArray, UInt8Array, UInt16Array,
    cast::AsArray,
    types::{Int8Type, Int32Type, UInt16Type},
};
use arrow_schema::{ArrowError, DataType};
use std::sync::Arc;
use telseal::{
    Identifier, Imei, Imsi, KeyVersion, Keyring, OpenError, ParseErrorKind, PhoneNumber, Scope, Sealer, Tag, Token,
};
use telseal_arrow::{
    KernelError, OnRefusal, Reason, from_text, index_lookup, index_tag, key_version, lookup, open, reseal, seal, tag,
    text,
};

type Refused = Vec<(usize, Reason)>;
type Call<'a> = dyn Fn(&dyn Array, OnRefusal<'_>) -> Result<ArrayRef, KernelError> + 'a;

fn keyring(primary: u16) -> Keyring {
    let version = |number| KeyVersion::try_from(number).unwrap();
    let mut keyring = Keyring::from_secrets([(version(1), &[1; 32]), (version(2), &[2; 32])]).unwrap();
    keyring.promote(version(primary)).unwrap();
    keyring
}

fn sealer<I: Identifier>(primary: u16) -> Sealer<I> {
    keyring(primary).sealer(&Scope::new(["arrow"]).unwrap())
}

/// Rows of every sort: plain and written numbers, nulls, and refused ones.
fn row(at: usize) -> Option<String> {
    match at % 7 {
        2 => None,
        3 => Some(format!("+44 20 7946 0{:03}", at % 1000)),
        5 => Some(["020 7946 0018", "", "+44 20 7946 OO18", "ünï"][at / 7 % 4].into()),
        _ => Some(format!("+447700900{:03}", at % 1000)),
    }
}

fn rows(count: usize) -> Vec<Option<String>> {
    (0..count).map(row).collect()
}

/// The rows in every type of text.
fn text_arrays(rows: &[Option<String>]) -> [ArrayRef; 3] {
    let rows = || rows.iter().map(Option::as_deref);
    [
        Arc::new(rows().collect::<StringArray>()),
        Arc::new(rows().collect::<LargeStringArray>()),
        Arc::new(rows().collect::<StringViewArray>()),
    ]
}

/// Tokens, or whatever bytes, in every type of bytes.
fn byte_arrays(rows: &[Option<Vec<u8>>]) -> Vec<ArrayRef> {
    let each = || rows.iter().map(Option::as_deref);
    let mut arrays: Vec<ArrayRef> = vec![
        Arc::new(each().collect::<BinaryArray>()),
        Arc::new(each().collect::<LargeBinaryArray>()),
        Arc::new(each().collect::<BinaryViewArray>()),
    ];
    if each().flatten().all(|row| row.len() == 27) {
        arrays.push(Arc::new(FixedSizeBinaryArray::try_from_sparse_iter_with_size(each(), 27).unwrap()));
    }
    arrays
}

/// An array and what was refused.
fn nulled(kernel: impl FnOnce(OnRefusal<'_>) -> Result<ArrayRef, KernelError>) -> (ArrayRef, Refused) {
    let mut refused = Vec::new();
    let array = kernel(OnRefusal::Null(&mut |row, reason| refused.push((row, reason)))).unwrap();
    array.to_data().validate_full().unwrap();
    (array, refused)
}

/// The rows of an array of bytes or text.
fn items(array: &dyn Array) -> Vec<Option<Vec<u8>>> {
    let item = |row| match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).as_bytes().to_vec(),
        _ => array.as_fixed_size_binary().value(row).to_vec(),
    };
    (0..array.len()).map(|row| array.is_valid(row).then(|| item(row))).collect()
}

/// What the single calls make of rows.
fn singly<T>(rows: &[Option<T>], single: impl Fn(&T) -> Result<Vec<u8>, Reason>) -> (Vec<Option<Vec<u8>>>, Refused) {
    let mut refused = Vec::new();
    let mut expected = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        expected.push(match row.as_ref().map(&single) {
            Some(Ok(bytes)) => Some(bytes),
            Some(Err(reason)) => {
                refused.push((at, reason));
                None
            }
            None => None,
        });
    }
    (expected, refused)
}

fn parse<I: Identifier>(text: &str) -> Result<I, Reason> {
    text.parse().map_err(|error: telseal::ParseError| Reason::Parse(error.kind()))
}

fn sealed(primary: u16, text: &str) -> Vec<u8> {
    sealer::<PhoneNumber>(primary).seal(&text.parse().unwrap()).as_bytes().to_vec()
}

/// Tokens under both versions, nulls, and what does not open, is of another kind, or has another length.
fn token_rows(count: usize) -> Vec<Option<Vec<u8>>> {
    let number = |at: usize| format!("+447700900{:03}", at % 1000).parse().unwrap();
    let (first, second) = (sealer::<PhoneNumber>(1), sealer::<PhoneNumber>(2));
    let imsis = sealer::<Imsi>(1);
    let token = |at: usize| match at % 9 {
        2 => None,
        4 => Some(Token::<PhoneNumber>::BLANK.as_bytes().to_vec()),
        5 => Some(imsis.seal(&"001010123456789".parse().unwrap()).as_bytes().to_vec()),
        6 => Some(second.seal(&number(at)).as_bytes().to_vec()),
        7 => Some([&Token::<PhoneNumber>::header(KeyVersion::try_from(9).unwrap())[..], &[7; 24]].concat()),
        _ => Some(first.seal(&number(at)).as_bytes().to_vec()),
    };
    (0..count).map(token).collect()
}

fn odd_rows(count: usize) -> Vec<Option<Vec<u8>>> {
    let mut rows = token_rows(count);
    for (at, row) in rows.iter_mut().enumerate().filter(|(at, _)| at % 5 == 3) {
        *row = Some(vec![b'P'; [0, 26, 28, 54][at / 5 % 4]]);
    }
    rows
}

fn open_singly(phones: &Sealer<PhoneNumber>, bytes: &[u8]) -> Result<PhoneNumber, Reason> {
    let token = Token::try_from(bytes).map_err(|_| Reason::Open(OpenError::NotOpened))?;
    phones.open(&token).map_err(Reason::Open)
}

#[test]
fn seal_and_tag_every_length() {
    let phones = sealer::<PhoneNumber>(2);
    for count in 0..=200 {
        let rows = rows(count);
        let tokens = singly(&rows, |text| Ok(phones.seal(&parse(text)?).as_bytes().to_vec()));
        let tags = singly(&rows, |text| Ok(phones.tag(&parse(text)?).as_bytes().to_vec()));
        for array in text_arrays(&rows) {
            let (result, refused) = nulled(|on_refusal| seal(&phones, &array, on_refusal));
            assert_eq!((*result.data_type() == DataType::FixedSizeBinary(27), result.len()), (true, count));
            assert_eq!((items(&result), refused), tokens, "{count} {}", array.data_type());
            let (result, refused) = nulled(|on_refusal| tag(&phones, &array, on_refusal));
            assert_eq!(*result.data_type(), DataType::FixedSizeBinary(16));
            assert_eq!((items(&result), refused), tags, "{count} {}", array.data_type());
        }
    }
}

#[test]
fn other_kinds() {
    let imsis = sealer::<Imsi>(1);
    let rows = [Some("001010123456789".to_owned()), Some("+447700900123".to_owned()), None];
    let expected = singly(&rows, |text| Ok(imsis.seal(&parse(text)?).as_bytes().to_vec()));
    assert_eq!(expected.1.len(), 1);
    for array in text_arrays(&rows) {
        let (tokens, refused) = nulled(|on_refusal| seal(&imsis, &array, on_refusal));
        assert_eq!((items(&tokens), refused), expected);
        let (opened, refused) = nulled(|on_refusal| open(&imsis, &tokens, on_refusal));
        assert_eq!((items(&opened), refused), (vec![Some(b"001010123456789".to_vec()), None, None], vec![]));
    }
    let imeis = sealer::<Imei>(1);
    let array = StringArray::from(vec!["49-015420-323751-8"]);
    let opened = open(&imeis, &seal(&imeis, &array, OnRefusal::Fail).unwrap(), OnRefusal::Fail).unwrap();
    assert_eq!(opened.as_string::<i32>().value(0), "490154203237518");
}

#[test]
fn lookup_every_length() {
    let phones = sealer::<PhoneNumber>(1);
    for count in 0..=200 {
        let rows = rows(count);
        let expected = singly(&rows, |text| {
            Ok(phones.lookup(&parse(text)?).flat_map(|token| token.as_bytes().to_vec()).collect())
        });
        for array in text_arrays(&rows) {
            let (result, refused) = nulled(|on_refusal| lookup(&phones, &array, on_refusal));
            let lists: &ListArray = result.as_list();
            let tokens = |row| -> Vec<u8> {
                let list = lists.value(row);
                assert_eq!(list.len(), phones.versions().len());
                items(&list).into_iter().flat_map(Option::unwrap).collect()
            };
            let found: Vec<_> = (0..lists.len()).map(|row| lists.is_valid(row).then(|| tokens(row))).collect();
            assert_eq!((found, refused), expected, "{count}");
        }
    }
}

/// An indexer gives the tags of what a sealer gives.
#[test]
fn index_every_length() {
    let phones = sealer::<PhoneNumber>(1);
    let index = phones.indexer();
    for count in 0..=200 {
        let rows = rows(count);
        for array in text_arrays(&rows) {
            let by_index = nulled(|on_refusal| index_tag(&index, &array, on_refusal));
            assert_eq!(by_index, nulled(|on_refusal| tag(&phones, &array, on_refusal)), "{count}");
            let (tags, refused) = nulled(|on_refusal| index_lookup(&index, &array, on_refusal));
            let (tokens, also_refused) = nulled(|on_refusal| lookup(&phones, &array, on_refusal));
            assert_eq!(refused, also_refused);
            let (tags, tokens): (&ListArray, &ListArray) = (tags.as_list(), tokens.as_list());
            assert_eq!((tags.offsets(), tags.nulls()), (tokens.offsets(), tokens.nulls()));
            let expected = items(tokens.values()).into_iter().map(|token| token.map(|token| token[3..19].to_vec()));
            assert_eq!(items(tags.values()), expected.collect::<Vec<_>>());
        }
    }
}

#[test]
fn open_and_reseal_every_length() {
    let phones = sealer::<PhoneNumber>(2);
    // More than one piece, and a piece that ends within a word.
    for count in (0..=200).chain([1023, 1024, 1025, 2500]) {
        for rows in [token_rows(count), odd_rows(count)] {
            let opened =
                singly(&rows, |token| Ok(open_singly(&phones, token)?.expose_into(&mut [0; 16]).as_bytes().to_vec()));
            let resealed = singly(&rows, |token| Ok(phones.seal(&open_singly(&phones, token)?).as_bytes().to_vec()));
            for array in byte_arrays(&rows) {
                let (result, refused) = nulled(|on_refusal| open(&phones, &array, on_refusal));
                assert_eq!((items(&result), refused), opened, "{count} {}", array.data_type());
                let (result, refused) = nulled(|on_refusal| reseal(&phones, &array, on_refusal));
                assert_eq!((items(&result), refused), resealed, "{count} {}", array.data_type());
            }
        }
    }
}

#[test]
fn versions_and_texts_every_length() {
    for count in 0..=200 {
        for rows in [token_rows(count), odd_rows(count)] {
            let read = |bytes: &Vec<u8>| {
                Token::<PhoneNumber>::try_from(&bytes[..]).map_err(|error| Reason::Parse(error.kind()))
            };
            let versions = singly(&rows, |row| Ok(read(row)?.key_version().get().to_be_bytes().to_vec()));
            let texts = singly(&rows, |row| Ok(read(row)?.to_string().into_bytes()));
            for array in byte_arrays(&rows) {
                let (result, refused) = nulled(|on_refusal| key_version::<PhoneNumber>(&array, on_refusal));
                let found: &UInt16Array = result.as_primitive::<UInt16Type>();
                let found = found.iter().map(|version| version.map(|version| version.to_be_bytes().to_vec()));
                assert_eq!((found.collect(), refused), versions, "{count}");
                let (result, refused) = nulled(|on_refusal| text::<PhoneNumber>(&array, on_refusal));
                assert_eq!((items(&result), refused), texts, "{count}");
            }
        }
    }
}

#[test]
fn texts_are_read_every_length() {
    for count in 0..=200 {
        for spoil in [false, true] {
            let text = |at: usize, row: Vec<u8>| match at % 5 {
                3 if spoil => ["", "PQAB", "äöüäöüäöüäöüäöüäöü", "+442079460018"][at / 5 % 4].to_owned(),
                _ => Token::<PhoneNumber>::try_from(&row[..]).map_or("?".repeat(36), |token| token.to_string()),
            };
            let rows = token_rows(count).into_iter().enumerate().map(|(at, row)| Some(text(at, row?)));
            let rows: Vec<Option<String>> = rows.collect();
            let expected = singly(&rows, |text| match text.parse::<Token<PhoneNumber>>() {
                Ok(token) => Ok(token.as_bytes().to_vec()),
                Err(error) => Err(Reason::Parse(error.kind())),
            });
            for array in text_arrays(&rows) {
                let (result, refused) = nulled(|on_refusal| from_text::<PhoneNumber>(&array, on_refusal));
                assert_eq!((items(&result), refused), expected, "{count} {}", array.data_type());
            }
        }
    }
}

#[test]
fn tags_as_text() {
    let phones = sealer::<PhoneNumber>(1);
    let array = StringArray::from(vec![Some("+442079460018"), None, Some("+442079460019")]);
    let tags = tag(&phones, &array, OnRefusal::Fail).unwrap();
    let texts = text::<PhoneNumber>(&tags, OnRefusal::Fail).unwrap();
    let expected = |text: &str| phones.tag(&text.parse().unwrap()).to_string();
    assert_eq!(
        texts.as_string::<i32>().iter().collect::<Vec<_>>(),
        [Some(&*expected("+442079460018")), None, Some(&*expected("+442079460019"))]
    );
    let read: Tag<PhoneNumber> = texts.as_string::<i32>().value(2).parse().unwrap();
    assert_eq!(read.as_bytes()[..], *tags.as_fixed_size_binary().value(2));
}

/// A slice gives what the slice of the whole gives, with row numbers that count from the slice.
#[test]
fn slices() {
    let phones = sealer::<PhoneNumber>(1);
    let shifted = |refused: &Refused, start: usize, end: usize| -> Refused {
        let within = refused.iter().filter(|(row, _)| (start..end).contains(row));
        within.map(|(row, reason)| (row - start, *reason)).collect()
    };
    let bounds = [(0, 0), (0, 1), (1, 1), (3, 70), (5, 64), (63, 65), (64, 136), (100, 100), (199, 1), (200, 0)];
    let dictionaries = {
        let keys = Int32Array::from_iter((0..200).map(|at| (at % 11 != 4).then_some((at * 7) % 60)));
        text_arrays(&rows(60)).map(|values| Arc::new(DictionaryArray::new(keys.clone(), values)) as ArrayRef)
    };
    for array in text_arrays(&rows(200)).into_iter().chain(dictionaries) {
        let kernels: [&Call<'_>; 4] = [
            &|array, on_refusal| seal(&phones, array, on_refusal),
            &|array, on_refusal| tag(&phones, array, on_refusal),
            &|array, on_refusal| lookup(&phones, array, on_refusal),
            &|array, on_refusal| from_text::<PhoneNumber>(array, on_refusal),
        ];
        for kernel in kernels {
            compare(&array, kernel, &bounds, shifted);
        }
    }
    for array in byte_arrays(&token_rows(200)).into_iter().chain(byte_arrays(&odd_rows(200))) {
        let kernels: [&Call<'_>; 4] = [
            &|array, on_refusal| open(&phones, array, on_refusal),
            &|array, on_refusal| reseal(&phones, array, on_refusal),
            &|array, on_refusal| text::<PhoneNumber>(array, on_refusal),
            &|array, on_refusal| key_version::<PhoneNumber>(array, on_refusal),
        ];
        for kernel in kernels {
            compare(&array, kernel, &bounds, shifted);
        }
    }
}

fn compare(
    array: &ArrayRef,
    kernel: &Call<'_>,
    bounds: &[(usize, usize)],
    shifted: impl Fn(&Refused, usize, usize) -> Refused,
) {
    let (whole, all) = nulled(|on_refusal| kernel(array, on_refusal));
    for (start, length) in bounds {
        let (result, refused) = nulled(|on_refusal| kernel(&array.slice(*start, *length), on_refusal));
        assert_eq!(result.len(), *length);
        assert_eq!(*result, *whole.slice(*start, *length), "{} {start} {length}", array.data_type());
        assert_eq!(refused, shifted(&all, *start, start + length));
        // A slice of a slice.
        if *length > 2 {
            let inner = array.slice(*start, *length).slice(1, length - 2);
            let (result, _) = nulled(|on_refusal| kernel(&inner, on_refusal));
            assert_eq!(*result, *whole.slice(start + 1, length - 2));
        }
    }
}

#[test]
fn dictionary() {
    let phones = sealer::<PhoneNumber>(1);
    let values = StringArray::from(vec![
        Some("+442079460018"),
        Some("020 7946 0018"),
        None,
        Some("+442079460019"),
        Some("+442079460099"),
        Some("not referred to, and refused"),
    ]);
    let keys = Int8Array::from(vec![Some(0), Some(1), None, Some(2), Some(3), Some(0), Some(1)]);
    let array = DictionaryArray::<Int8Type>::new(keys, Arc::new(values));
    let (result, refused) = nulled(|on_refusal| seal(&phones, &array, on_refusal));
    let reason = Reason::Parse(ParseErrorKind::NationalNumber);
    assert_eq!(refused, [(1, reason), (6, reason)]);
    let sealed_rows = result.as_dictionary::<Int8Type>();
    assert_eq!(sealed_rows.values().len(), 6);
    assert_eq!(sealed_rows.keys().iter().collect::<Vec<_>>(), [Some(0), None, None, Some(2), Some(3), Some(0), None]);
    // Nothing was made of values that no row refers to.
    let tokens = [Some(sealed(1, "+442079460018")), None, None, Some(sealed(1, "+442079460019")), None, None];
    assert_eq!(items(sealed_rows.values()), tokens);

    let (opened, refused) = nulled(|on_refusal| open(&phones, &result, on_refusal));
    assert!(refused.is_empty());
    let opened = opened.as_dictionary::<Int8Type>().downcast_dict::<StringArray>().unwrap();
    let rows: Vec<_> = opened.into_iter().collect();
    let (a, b) = (Some("+442079460018"), Some("+442079460019"));
    assert_eq!(rows, [a, None, None, None, b, a, None]);

    // After a filter, what was removed is not opened.
    let (part, _) = nulled(|on_refusal| open(&phones, &result.slice(4, 1), on_refusal));
    let part = part.as_dictionary::<Int8Type>();
    assert_eq!(items(part.values()).into_iter().flatten().collect::<Vec<_>>(), [b"+442079460019"]);

    assert_eq!(seal(&phones, &array, OnRefusal::Fail).unwrap_err(), KernelError::Refused { row: 1, reason });
    assert!(seal(&phones, &array.slice(2, 4), OnRefusal::Fail).is_ok());
}

#[test]
fn dictionaries_of_tokens_and_of_nothing() {
    let phones = sealer::<PhoneNumber>(2);
    for values in byte_arrays(&odd_rows(40)) {
        let keys = Int32Array::from_iter((0..300).map(|at| (at % 13 != 5).then_some((at * 3) % 40)));
        let plain: Vec<Option<Vec<u8>>> = keys.iter().map(|key| odd_rows(40)[key? as usize].clone()).collect();
        let array = DictionaryArray::<Int32Type>::new(keys, values);
        let expected = singly(&plain, |token| Ok(phones.seal(&open_singly(&phones, token)?).as_bytes().to_vec()));
        let (result, refused) = nulled(|on_refusal| reseal(&phones, &array, on_refusal));
        let result = result.as_dictionary::<Int32Type>();
        let values = items(result.values());
        let found = result.keys().iter().map(|key| values[key? as usize].clone()).collect();
        assert_eq!((found, refused), expected);
        let first = KernelError::Refused { row: expected.1[0].0, reason: expected.1[0].1 };
        assert_eq!(open(&phones, &array, OnRefusal::Fail).unwrap_err(), first);
    }
    let nothing =
        DictionaryArray::<Int32Type>::new(Int32Array::from(vec![None, None]), Arc::new(StringArray::new_null(0)));
    let (result, refused) = nulled(|on_refusal| seal(&phones, &nothing, on_refusal));
    assert_eq!((result.len(), result.null_count(), refused.len()), (2, 2, 0));
}

/// A refused row at each place of arrays around a word and a piece.
#[test]
fn a_refused_row_at_each_place() {
    let phones = sealer::<PhoneNumber>(1);
    for count in [1, 63, 64, 65, 130] {
        let good: Vec<Option<String>> = (0..count).map(|at| Some(format!("+447700900{at:03}"))).collect();
        let tokens = items(&seal(&phones, &text_arrays(&good)[0], OnRefusal::Fail).unwrap());
        for place in 0..count {
            let mut rows = good.clone();
            rows[place] = Some("020 7946 0018".to_owned());
            let reason = Reason::Parse(ParseErrorKind::NationalNumber);
            for array in text_arrays(&rows) {
                let error = KernelError::Refused { row: place, reason };
                assert_eq!(seal(&phones, &array, OnRefusal::Fail).unwrap_err(), error);
                assert_eq!(tag(&phones, &array, OnRefusal::Fail).unwrap_err(), error);
                assert_eq!(lookup(&phones, &array, OnRefusal::Fail).unwrap_err(), error);
                let (result, refused) = nulled(|on_refusal| seal(&phones, &array, on_refusal));
                let mut expected = tokens.clone();
                expected[place] = None;
                assert_eq!((items(&result), refused), (expected, vec![(place, reason)]));
            }
            let mut rows = tokens.clone();
            rows[place].as_mut().unwrap()[20] ^= 1;
            for array in byte_arrays(&rows) {
                let error = KernelError::Refused { row: place, reason: Reason::Open(OpenError::NotOpened) };
                assert_eq!(open(&phones, &array, OnRefusal::Fail).unwrap_err(), error);
                assert_eq!(reseal(&phones, &array, OnRefusal::Fail).unwrap_err(), error);
            }
        }
    }
}

/// Two key versions in a batch are opened one after the other, but the first row is the first.
#[test]
fn the_first_refused_row_is_reported() {
    let phones = sealer::<PhoneNumber>(1);
    let unknown = [&Token::<PhoneNumber>::header(KeyVersion::try_from(9).unwrap())[..], &[7; 24]].concat();
    let rows = [Some(sealed(1, "+442079460018")), Some(unknown), Some(Token::<PhoneNumber>::BLANK.as_bytes().to_vec())];
    for array in byte_arrays(&rows) {
        let reason = Reason::Open(OpenError::UnknownKeyVersion(KeyVersion::try_from(9).unwrap()));
        assert_eq!(open(&phones, &array, OnRefusal::Fail).unwrap_err(), KernelError::Refused { row: 1, reason });
    }
}

/// Whatever stands in a null row, it is not read and does not come out.
#[test]
fn null_rows_hide_their_content() {
    let phones = sealer::<PhoneNumber>(1);
    let nulls = Some(vec![true, false].into());
    let numbers = StringArray::from(vec!["+442079460018", "+442079460019"]);
    let (offsets, values, _) = numbers.clone().into_parts();
    let hidden = StringArray::new(offsets, values, nulls.clone());
    let sealed = seal(&phones, &hidden, OnRefusal::Fail).unwrap();
    assert_eq!(sealed.as_fixed_size_binary().value(1), [0; 27]);

    let tokens = seal(&phones, &numbers, OnRefusal::Fail).unwrap();
    let (size, values, _) = tokens.as_fixed_size_binary().clone().into_parts();
    let hidden = FixedSizeBinaryArray::new(size, values, nulls.clone());
    let opened = open(&phones, &hidden, OnRefusal::Fail).unwrap();
    assert_eq!((opened.is_null(1), opened.as_string::<i32>().value_data()), (true, &b"+442079460018"[..]));
    let again = reseal(&phones, &hidden, OnRefusal::Fail).unwrap();
    assert_eq!((again.is_null(1), again.as_fixed_size_binary().value(1)), (true, &[0; 27][..]));
    let texts = text::<PhoneNumber>(&hidden, OnRefusal::Fail).unwrap();
    assert_eq!((texts.is_null(1), texts.as_string::<i32>().value(1)), (true, &*"A".repeat(36)));

    let texts = text::<PhoneNumber>(&tokens, OnRefusal::Fail).unwrap();
    let (offsets, values, _) = texts.as_string::<i32>().clone().into_parts();
    let hidden = StringArray::new(offsets, values, nulls);
    let read = from_text::<PhoneNumber>(&hidden, OnRefusal::Fail).unwrap();
    assert_eq!((read.is_null(1), read.as_fixed_size_binary().value(1)), (true, &[0; 27][..]));
}

#[test]
fn wrong_types_are_named() {
    let phones = sealer::<PhoneNumber>(1);
    let texts: ArrayRef = Arc::new(StringArray::from(vec!["+442079460018"]));
    let numbers: ArrayRef = Arc::new(UInt8Array::from(vec![1]));
    let tags = tag(&phones, &texts, OnRefusal::Fail).unwrap();
    let tokens = seal(&phones, &texts, OnRefusal::Fail).unwrap();
    let found = |result: Result<ArrayRef, KernelError>| result.unwrap_err().to_string();
    for (name, result) in [
        ("UInt8", found(seal(&phones, &numbers, OnRefusal::Fail))),
        ("FixedSizeBinary(27)", found(tag(&phones, &tokens, OnRefusal::Fail))),
        ("FixedSizeBinary(16)", found(lookup(&phones, &tags, OnRefusal::Fail))),
        ("FixedSizeBinary(27)", found(from_text::<PhoneNumber>(&tokens, OnRefusal::Fail))),
        ("Utf8", found(open(&phones, &texts, OnRefusal::Fail))),
        ("FixedSizeBinary(16)", found(reseal(&phones, &tags, OnRefusal::Fail))),
        ("UInt8", found(text::<PhoneNumber>(&numbers, OnRefusal::Fail))),
        ("FixedSizeBinary(16)", found(key_version::<PhoneNumber>(&tags, OnRefusal::Fail))),
    ] {
        assert!(result.ends_with(&format!("and the array is {name}")), "{result}");
    }
    let dictionary = DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0]), numbers);
    assert_eq!(
        found(seal(&phones, &dictionary, OnRefusal::Fail)),
        "seal works on Utf8, LargeUtf8, Utf8View and dictionaries of them, and the array is UInt8"
    );
}

/// No error shows a digit of a row: its only digits are those of row numbers, lengths and key versions.
#[test]
fn errors_have_no_content() {
    let phones = sealer::<PhoneNumber>(1);
    for content in ["02079460018", "+4420794600180000000", "442079460018", "+44 (0)20 7946 0018", "x7946x", "٠٢٠7946"]
    {
        let array: ArrayRef = Arc::new(StringArray::from(vec![content]));
        let dictionary: ArrayRef =
            Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0]), array.clone()));
        for array in [array, dictionary] {
            let refused = seal(&phones, &array, OnRefusal::Fail).unwrap_err();
            let read = from_text::<PhoneNumber>(&array, OnRefusal::Fail).unwrap_err();
            for error in [refused, read] {
                let arrow = ArrowError::from(error.clone());
                for shown in [error.to_string(), format!("{error:?}"), arrow.to_string(), format!("{arrow:?}")] {
                    assert!(shown.contains("row"), "{shown}");
                    for part in ["7946", "0018", "4420", "020", "0000", "x7"] {
                        assert!(!shown.contains(part), "{shown}");
                    }
                }
            }
        }
    }
    assert_eq!(format!("{:?} {:?}", OnRefusal::Null(&mut |_, _| ()), OnRefusal::Fail), "Null(..) Fail");
}
