//! 200,000 rows as contact lists, exports of customer systems and web forms have them, each with the country that it was typed
//! in: none becomes somebody else, none that can be read is refused, and what is refused is counted by its kind.
//!
//! ```sh
//! cargo test -p telseal-national --test rows -- --nocapture    # prints the table
//! ```

use std::collections::BTreeMap;
use telseal_national::{Accept, Country, RESERVED, parse_with};

const ROWS: usize = 200_000;

/// A form that rows have, how many of a thousand have it, and whether a row in it can be read.
const FORMS: &[(&str, u32, Expected)] = &[
    ("E.164", 90, Read),
    ("international, grouped", 130, Read),
    ("international, trunk prefix in parentheses", 40, Read),
    ("international, trunk prefix", 15, Read),
    ("international, typography of web pages", 40, Read),
    ("tel: URI", 20, Read),
    ("sip: URI of a phone", 5, Read),
    ("msisdn-", 5, Read),
    ("dialled from abroad", 40, Read),
    ("own country code, no +", 70, Read),
    // 4930 is an area code too, so that a lost `+` and a lost 0 look alike.
    ("own country code, no +, in Germany", 10, OneReading),
    ("national, grouped", 270, Read),
    ("national, digits alone", 90, Read),
    ("national, typography of web pages", 35, Read),
    ("national, another script", 10, Read),
    ("trunk prefix lost in a spreadsheet", 35, Refused("NoTrunkPrefix")),
    ("local", 20, Refused("LocalOnly NoTrunkPrefix NotInPlan TooShort")),
    ("extension", 15, Refused("Extension International(Extension)")),
    ("spreadsheet's decimal", 10, Refused("DecimalPoint International(DecimalPart)")),
    ("spreadsheet's exponent", 5, Refused("NotADigit International")),
    ("a digit too many", 10, Refused("TooLong NotInPlan International")),
    ("a tail that is glued on", 5, Refused("TooLong NotInPlan International")),
    ("two numbers", 10, Refused("TooLong International NotADigit")),
    ("letters", 5, Refused("NotADigit International")),
    ("no number", 15, Refused("International TooShort NotADigit")),
];

#[derive(Clone, Copy)]
enum Expected {
    Read,
    /// With one of these kinds.
    Refused(&'static str),
    /// Read where a lost `+` is the only thing that can have been lost. Where a lost 0 gives another number that is valid,
    /// `Ambiguous`.
    OneReading,
}
use Expected::{OneReading, Read, Refused};

struct Plan {
    country: &'static str,
    code: &'static str,
    /// What is dialled before a national number, and whether it is written.
    trunk_prefix: &'static str,
    international_prefix: &'static str,
    written: bool,
    /// The area codes of numbers that can be dialled without one.
    areas: &'static [&'static str],
}

const PLANS: [Plan; 8] = [
    Plan {
        country: "US",
        code: "1",
        trunk_prefix: "1",
        international_prefix: "011",
        written: false,
        areas: &["2", "3", "4", "5", "6", "7", "8", "9"],
    },
    Plan {
        country: "CA",
        code: "1",
        trunk_prefix: "1",
        international_prefix: "011",
        written: false,
        areas: &["2", "3", "4", "5", "6", "7", "8", "9"],
    },
    Plan {
        country: "GB",
        code: "44",
        trunk_prefix: "0",
        international_prefix: "00",
        written: true,
        areas: &["20", "28", "29"],
    },
    Plan {
        country: "DE",
        code: "49",
        trunk_prefix: "0",
        international_prefix: "00",
        written: true,
        areas: &["30", "40", "69", "89"],
    },
    Plan { country: "FR", code: "33", trunk_prefix: "0", international_prefix: "00", written: true, areas: &[] },
    Plan {
        country: "AU",
        code: "61",
        trunk_prefix: "0",
        international_prefix: "0011",
        written: true,
        areas: &["2", "3", "7", "8"],
    },
    Plan { country: "IE", code: "353", trunk_prefix: "0", international_prefix: "00", written: true, areas: &[] },
    Plan { country: "SE", code: "46", trunk_prefix: "0", international_prefix: "00", written: true, areas: &["8"] },
];

#[test]
fn rows_of_lists() {
    assert_eq!(FORMS.iter().map(|(_, share, _)| share).sum::<u32>(), 1000);
    let mut random = Random(17);
    let mut outcomes = BTreeMap::<(usize, String), usize>::new();
    let mut lost_and_found = 0;
    for _ in 0..ROWS {
        let form = random.form();
        let (country, text, truth) = row(form, &mut random);
        let country: Country = country.parse().expect("a country");
        let outcome = match parse_with(&text, country, Accept::Certain) {
            Ok(number) => {
                assert_eq!(&*number.expose_e164(), truth, "{country} {text:?} was read as somebody else");
                String::from("read")
            }
            Err(error) => format!("{:?}", error.kind()),
        };
        match FORMS[form].2 {
            Read => assert_eq!(outcome, "read", "{country} {text:?} ({}) can be read", FORMS[form].0),
            OneReading => {
                let number = |text: String| parse_with(&text, country, Accept::Certain);
                let lost_zero = number(format!("0{text}"));
                let truth = number(truth.clone()).expect("a number that is right");
                let expected = if lost_zero.is_ok_and(|other| other != truth) { "Ambiguous" } else { "read" };
                assert_eq!(outcome, expected, "{country} {text:?}");
            }
            // A tail can make another number that is as long as some: but none of these does.
            Refused(kinds) => assert!(
                kinds.split(' ').any(|kind| outcome.starts_with(kind)),
                "{country} {text:?} ({}): {outcome}",
                FORMS[form].0
            ),
        }
        // What a spreadsheet has done is undone by the switch, in these rows without another reading.
        if FORMS[form].0.starts_with("trunk prefix lost") {
            let number =
                parse_with(&text, country, Accept::WithoutTrunkPrefix).expect("only the trunk prefix is missing");
            assert_eq!(&*number.expose_e164(), truth, "{country} {text:?}");
            lost_and_found += 1;
        }
        *outcomes.entry((form, outcome)).or_default() += 1;
    }
    assert!(lost_and_found > 1000);
    assert!(FORMS.iter().enumerate().all(|(form, _)| outcomes.keys().any(|&(f, _)| f == form)), "a form without rows");
    for ((form, outcome), count) in outcomes {
        println!("{count:7}  {:45} {outcome}", FORMS[form].0);
    }
}

/// A row in a form: the country that it was typed in, its text, and whose number it is.
fn row(form: usize, random: &mut Random) -> (&'static str, String, String) {
    let (plan, national) = loop {
        let (plan, national) = random.number();
        let fits = match FORMS[form].0 {
            // Those who write the trunk prefix can lose it.
            "trunk prefix lost in a spreadsheet" => plan.written,
            "local" => plan.areas.iter().any(|area| national.starts_with(area)),
            "own country code, no +" => plan.country != "DE",
            "own country code, no +, in Germany" => plan.country == "DE",
            _ => true,
        };
        if fits {
            break (plan, national);
        }
    };
    let Plan { country, code, trunk_prefix, .. } = *plan;
    let truth = format!("+{code}{national}");
    let typed_in = random.pick(&PLANS);
    let international =
        |random: &mut Random| format!("+{code}{}{}", random.pick(&[" ", "-", ".", " "]), random.grouped(&national));
    let inland = |random: &mut Random| {
        if plan.written || random.below(4) == 0 {
            // (020) 7946 0018
            let at = 1 + random.below(3);
            match random.below(4) {
                0 => format!("({trunk_prefix}{}) {}", &national[..at], random.grouped(&national[at..])),
                1 => format!("{trunk_prefix}{}/{}", &national[..at], random.grouped(&national[at..])),
                _ => format!("{trunk_prefix}{}", random.grouped(&national)),
            }
        } else {
            match random.below(3) {
                0 => format!("({}) {}-{}", &national[..3], &national[3..6], &national[6..]),
                1 => format!("{}-{}-{}", &national[..3], &national[3..6], &national[6..]),
                _ => random.grouped(&national),
            }
        }
    };
    let text = match FORMS[form].0 {
        "E.164" => return (typed_in.country, truth.clone(), truth),
        "international, grouped" => return (typed_in.country, international(random), truth),
        "international, trunk prefix in parentheses" => {
            let zero = random.pick(&["(0)", " (0)", " (0) ", "(0) ", "-(0)-"]);
            let plan =
                if trunk_prefix == "0" { code } else { return (typed_in.country, international(random), truth) };
            return (typed_in.country, format!("+{plan}{zero}{}", random.grouped(&national)), truth);
        }
        "international, trunk prefix" => {
            let zero = if trunk_prefix == "0" { *random.pick(&["0", " 0", " (0", "-0"]) } else { " " };
            let rest = if zero.ends_with("(0") {
                format!("{}) {}", &national[..2], random.grouped(&national[2..]))
            } else {
                random.grouped(&national)
            };
            return (typed_in.country, format!("+{code}{zero}{rest}"), truth);
        }
        "international, typography of web pages" => {
            let text = international(random);
            return (typed_in.country, random.typography(&text), truth);
        }
        "tel: URI" => {
            let tail = random.pick(&["", ";npdi", ";rn=+1", ";verstat=TN-Validation-Passed"]);
            let scheme = random.pick(&["tel:", "TEL:"]);
            return (typed_in.country, format!("{scheme}+{code}-{}{}", national, tail.replace("rn=+1", "npdi")), truth);
        }
        "sip: URI of a phone" => return (typed_in.country, format!("sip:{truth}@example.org;user=phone"), truth),
        "msisdn-" => return (typed_in.country, format!("msisdn-{code}{national}"), truth),
        "dialled from abroad" => {
            let from = loop {
                let from = random.pick(&PLANS);
                if from.code != code {
                    break from;
                }
            };
            let zero = random.pick(&["", "", "(0)"]);
            let zero = if trunk_prefix == "0" { zero } else { &"" };
            let separator = random.pick(&["", " ", "-"]);
            let prefix = from.international_prefix;
            return (
                from.country,
                format!("{prefix}{separator}{code}{separator}{zero}{}", random.grouped(&national)),
                truth,
            );
        }
        "own country code, no +" | "own country code, no +, in Germany" => {
            format!("{code}{}", random.grouped(&national))
        }
        "national, grouped" => inland(random),
        "national, digits alone" => format!("{}{national}", if plan.written { trunk_prefix } else { "" }),
        "national, typography of web pages" => {
            let text = inland(random);
            random.typography(&text)
        }
        "national, another script" => {
            let text = inland(random);
            let zero = u32::from(*random.pick(&['٠', '۰', '०', '০', '０', '๐']));
            text.chars().map(|c| c.to_digit(10).and_then(|digit| char::from_u32(zero + digit)).unwrap_or(c)).collect()
        }
        "trunk prefix lost in a spreadsheet" => national.clone(),
        "local" => {
            let area = if code == "1" { 3 } else { plan.areas[0].len() };
            random.grouped(&national[area..])
        }
        "extension" => {
            let tail = random.pick(&[" ext. 12", " x12", " #12", ";ext 12", ",,12", " Ext 7"]);
            let text = match random.below(3) {
                0 => inland(random),
                1 => international(random),
                // Two faults: the trunk prefix stands before the tail.
                _ if trunk_prefix == "0" => format!("+{code} (0){national}"),
                _ => international(random),
            };
            format!("{text}{tail}")
        }
        "spreadsheet's decimal" => {
            let head = random.pick(&[format!("+{code}"), String::from(trunk_prefix), String::from(code)]).clone();
            format!("{head}{national}.0")
        }
        "spreadsheet's exponent" => format!("{}.{}E+{}", &national[..1], &national[1..6], national.len() - 1),
        "a digit too many" => {
            let digit = random.below(10);
            // German numbers may be longer.
            let plan = if code == "49" { "+4420794600181" } else { &*format!("+{code}{national}{digit}") };
            String::from(plan)
        }
        "a tail that is glued on" => {
            let tail = random.pick(&["-19", " (12)", "/3456", "-20-21"]);
            if code == "49" { format!("+44 20 7946 0018{tail}") } else { format!("{}{tail}", international(random)) }
        }
        "two numbers" => {
            let separator = random.pick(&[" / ", " ", "\n", "; ", " or "]);
            format!("{trunk_prefix}{national}{separator}{trunk_prefix}{national}")
        }
        "letters" => {
            let text = inland(random);
            let letter = *random.pick(&["O", "l"]);
            text.replacen(['0', '1'], letter, 1)
        }
        "no number" => String::from(*random.pick(&[
            "",
            " ",
            "n/a",
            "none",
            "-",
            "unknown",
            "someone@example.org",
            "x",
            "0",
            "+",
            "tel:",
            "?",
        ])),
        other => panic!("no rows of {other}"),
    };
    (country, text, truth)
}

/// splitmix64
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    fn form(&mut self) -> usize {
        let mut share = self.below(1000) as u32;
        let is_it = |&(_, of_a_thousand, _): &(&str, u32, Expected)| match share.checked_sub(of_a_thousand) {
            Some(rest) => {
                share = rest;
                false
            }
            None => true,
        };
        FORMS.iter().position(is_it).expect("the shares add up to a thousand")
    }

    /// A reserved number: its plan and its national digits.
    fn number(&mut self) -> (&'static Plan, String) {
        let plan = self.pick(&PLANS);
        let ranges: Vec<_> = RESERVED.iter().filter(|reserved| reserved.pattern.starts_with(plan.code)).collect();
        let pattern = self.pick(&ranges).pattern;
        let digit = |c| match c {
            'x' => char::from(b'0' + self.below(10) as u8),
            'n' => char::from(b'2' + self.below(8) as u8),
            c => c,
        };
        (plan, pattern[plan.code.len()..].chars().map(digit).collect())
    }

    /// The digits in groups of two to four.
    fn grouped(&mut self, digits: &str) -> String {
        let separator = *self.pick(&["", " ", " ", "-", ".", "\u{A0}"]);
        let mut text = String::new();
        let mut rest = digits;
        while rest.len() > 4 {
            let (group, behind) = rest.split_at(2 + self.below(3));
            text += group;
            text += separator;
            rest = behind;
        }
        // A single last 0 or 00 behind the only dot would be a spreadsheet's.
        if separator == "." && text.matches('.').count() < 2 {
            return String::from(digits);
        }
        text + rest
    }

    /// What browsers and address books put around and between digits.
    fn typography(&mut self, text: &str) -> String {
        let space = *self.pick(&["\u{A0}", "\u{202F}", "\u{2009}", "\u{2007}", "\u{3000}"]);
        let hyphen = *self.pick(&["\u{2010}", "\u{2011}", "\u{2013}", "\u{2212}", "\u{FF0D}"]);
        let text = text.replace(' ', space).replace('-', hyphen);
        match self.below(6) {
            0 => format!("\u{202A}{text}\u{202C}"),
            1 => format!("\u{FEFF}{text}"),
            2 => format!("\u{2066}{text}\u{2069}\r\n"),
            3 => format!(" {text} "),
            4 => text.replacen(space, &format!("{space}\u{200B}"), 2),
            _ => text,
        }
    }
}
