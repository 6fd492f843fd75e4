//! Code that leaks, judged as telseal's is: each of these must fail. Of those called `leak` memcheck must report it;
//! those called `slip` must be noticed though nothing is reported.

use crate::{Case, cases};
use aes_siv::{KeyInit, siv::Aes256Siv};
use std::hint::black_box;
use telseal::{PhoneNumber, Token};

pub(crate) const CONTROLS: &[Case] = &[
    Case {
        name: "leak-branch-on-a-digit",
        public: &[],
        run: || {
            black_box(&trunk_zero(memcheck::taint_digits("02079460018").as_bytes()));
        },
    },
    Case {
        name: "leak-table-indexed-by-a-digit",
        public: &[],
        run: || {
            black_box(luhn_by_table(memcheck::taint_digits("49015420323751").as_bytes()));
        },
    },
    Case {
        name: "leak-luhn-with-a-conditional-subtraction",
        public: &[],
        run: || {
            black_box(luhn_by_branch(memcheck::taint_digits("49015420323751").as_bytes()));
        },
    },
    Case {
        name: "leak-comparison-with-an-early-exit",
        public: &[],
        run: || {
            let (a, b) = (memcheck::taint_digits("442079460018"), memcheck::taint_digits("442079460019"));
            black_box(equal_up_to(a.as_bytes(), b.as_bytes()));
        },
    },
    Case {
        name: "leak-open-up-to-the-first-differing-byte",
        public: &[],
        run: || {
            let mut key = [7; 64];
            memcheck::taint(&mut key);
            black_box(open(&key, &Token::BLANK));
        },
    },
    Case {
        name: "slip-mark-lost",
        public: &[],
        run: || {
            let mut number: PhoneNumber = memcheck::taint_digits("+442079460018").parse().unwrap();
            number = number.expose_e164().parse().unwrap();
            cases::still_secret(&mut number);
        },
    },
    Case {
        name: "slip-more-made-public-than-said",
        public: &["the caller gets the verdict"],
        run: || {
            let text = memcheck::taint_digits("490154203237518");
            black_box(memcheck::public(text.as_bytes()[14], "a check digit"));
        },
    },
];

#[inline(never)]
fn trunk_zero(text: &[u8]) -> Result<usize, ()> {
    if text[0] == b'0' {
        return Err(());
    }
    Ok(black_box(text.len()))
}

#[inline(never)]
fn luhn_by_table(text: &[u8]) -> u8 {
    const DOUBLED: [u8; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let doubled = black_box(&DOUBLED);
    text.chunks(2).map(|pair| (pair[0] - b'0') + doubled[usize::from(pair[1] - b'0')]).sum()
}

#[inline(never)]
fn luhn_by_branch(text: &[u8]) -> u8 {
    text.chunks(2)
        .map(|pair| {
            let mut doubled = 2 * (pair[1] - b'0');
            if doubled > 9 {
                doubled = black_box(doubled - 9); // so that the compiler cannot make a selection of the branch
            }
            (pair[0] - b'0') + doubled
        })
        .sum()
}

/// Over slices: of two arrays the compiler would make one comparison.
#[inline(never)]
fn equal_up_to(a: &[u8], b: &[u8]) -> bool {
    a.iter().zip(b).all(|(a, b)| a == b)
}

/// Decrypts, makes the tag anew and compares it byte by byte.
#[inline(never)]
fn open(key: &[u8; 64], token: &Token<PhoneNumber>) -> Option<[u8; 8]> {
    let mut siv = Aes256Siv::new_from_slice(key).unwrap();
    let (header, sealed) = token.as_bytes().split_at(3);
    let mut block: [u8; 8] = sealed[16..].try_into().unwrap();
    let expected = siv.encrypt_inout_detached([header], (&mut block[..]).into()).unwrap();
    equal_up_to(&expected, black_box(&sealed[..16])).then_some(block)
}

/// Run as telseal's tests are run, this must fail too.
#[test]
fn leak_in_a_test() {
    black_box(&trunk_zero(memcheck::taint_digits("02079460018").as_bytes()));
}
