//! Subscribers whose number has two spellings in E.164, both of them in use.

use crate::digits::Digits;
use telseal::PhoneNumber;

/// The one spelling of a number that stands for all: README.md, "Two spellings of one number".
///
/// [`parse`](crate::parse) returns it already. It is for numbers that come from elsewhere: from the wire, from columns
/// of MSISDNs, from telseal's own parser. It depends on the digits alone, never on the metadata. It is what is sealed, not what is
/// dialled: a call to an Argentine mobile needs the 9 that is left out here.
///
/// ```
/// use telseal_national::canonical;
/// let from_a_messenger: telseal::PhoneNumber = "+5212221234567".parse()?;
/// assert_eq!(&*canonical(&from_a_messenger).expose_e164(), "+522221234567");
/// # Ok::<(), telseal::ParseError>(())
/// ```
pub fn canonical(number: &PhoneNumber) -> PhoneNumber {
    // Every number has at least one spelling: itself.
    spellings(number).next().unwrap_or_else(|| number.clone())
}

/// All spellings of a number, its [`canonical`] one first: one for most numbers, up to three for some.
///
/// A directory that was filled before, or by others, may hold any of them: look up by all.
///
/// ```
/// use telseal_national::spellings;
/// let number: telseal::PhoneNumber = "+55 11 96123-4567".parse()?;
/// let all: Vec<_> = spellings(&number).map(|number| number.expose_e164().to_string()).collect();
/// assert_eq!(all, ["+5511961234567", "+551161234567"]);
/// # Ok::<(), telseal::ParseError>(())
/// ```
pub fn spellings(number: &PhoneNumber) -> impl Iterator<Item = PhoneNumber> + use<> {
    of_digits(number.expose_msisdn().as_bytes())
        .into_iter()
        .flatten()
        .filter_map(|digits| PhoneNumber::from_msisdn(digits.as_str()).ok())
}

/// The same for digits, country code first.
pub(crate) fn of_digits(e164: &[u8]) -> [Option<Digits>; 3] {
    for Rule { spellings, len, begins } in RULES {
        for (code, area, infix) in *spellings {
            if let Some(behind) = e164.strip_prefix(code.as_bytes())
                && let Some((area, behind)) = behind.split_at_checked(*area)
                && let Some(rest) = behind.strip_prefix(infix.as_bytes())
                && rest.len() == *len
                && begins.iter().any(|digits| rest.starts_with(digits.as_bytes()))
                && !area.contains(&b'0')
            {
                let spell = |(code, _, infix): &(&str, usize, &str)| {
                    Digits::of(&[code.as_bytes(), area, infix.as_bytes(), rest])
                };
                return core::array::from_fn(|i| spellings.get(i).and_then(spell));
            }
        }
    }
    [Digits::of(&[e164]), None, None]
}

/// One subscriber, several spellings.
struct Rule {
    /// What stands before the digits that all have in common: a country code, so many digits of area code (none of them 0),
    /// and what may stand behind that. The canonical one first.
    spellings: &'static [(&'static str, usize, &'static str)],
    /// How many digits they have in common, and what these begin with.
    len: usize,
    begins: &'static [&'static str],
}

const RULES: &[Rule] = &[
    // Mexico: the 1 of mobiles went with the dialling rules of August 2019, and stays in messengers' identities.
    Rule { spellings: &[("52", 0, ""), ("521", 0, "")], len: 10, begins: &["2", "3", "4", "5", "6", "7", "8", "9"] },
    // Argentina: the 9 says that a call goes to a mobile. The ten digits name the subscriber, and without the plan of
    // blocks nobody can tell which of them are mobiles: so it can always be left out, but not always be put in.
    Rule { spellings: &[("54", 0, ""), ("54", 0, "9")], len: 10, begins: &["1", "2", "3"] },
    // Brazil: every mobile got a ninth digit, a 9, from 2012 to 2016 (Anatel, Resolução 553/2010). Fixed lines begin with 2 to 5;
    // 7 is left alone, since trunked radio kept eight digits there.
    Rule { spellings: &[("55", 2, "9"), ("55", 2, "")], len: 8, begins: &["6", "8", "9"] },
    // Benin: all numbers got 01 in front on 30 November 2024.
    Rule { spellings: &[("229", 0, "01"), ("229", 0, "")], len: 8, begins: &["2", "3", "4", "5", "6", "7", "8", "9"] },
    // San Marino: fixed lines with and without the Italian area code, and through Italy.
    Rule { spellings: &[("378", 0, "0549"), ("378", 0, ""), ("39", 0, "0549")], len: 6, begins: &["8", "9"] },
    // Palestine: its mobiles are reached under Israel's country code too.
    Rule { spellings: &[("970", 0, ""), ("972", 0, "")], len: 9, begins: &["56", "59"] },
    // France overseas: inside France one plan, so that +33 is put before these as well. Each has its own country code.
    // (06 39 98 is missing: Arcep keeps it for films.)
    Rule { spellings: &[("590", 0, ""), ("33", 0, "")], len: 9, begins: &["590", "690", "691"] },
    Rule { spellings: &[("594", 0, ""), ("33", 0, "")], len: 9, begins: &["594", "694"] },
    Rule { spellings: &[("596", 0, ""), ("33", 0, "")], len: 9, begins: &["596", "696", "697"] },
    Rule {
        spellings: &[("262", 0, ""), ("33", 0, "")],
        len: 9,
        begins: &[
            "262", "263", "269", "692", "693", "6390", "6391", "6392", "6393", "6394", "6395", "6396", "6397", "63990",
            "63991", "63992", "63993", "63994", "63995", "63996", "63997", "63999",
        ],
    },
    Rule { spellings: &[("508", 0, ""), ("33", 0, "508")], len: 6, begins: &["2", "3", "4", "5", "6", "7", "8", "9"] },
];
