//! The numbering plans, as libphonenumber's metadata have them.
//!
//! Of `rlibphonenumber` only the metadata are used. Its parser reads letters as digits, drops extensions, and hands
//! numbers in plaintext to `log` at the level trace; here nothing does.

use crate::digits::Digits;
use regex::bytes::Regex;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region, interfaces::AsOriginal};
use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

/// The plan of one country, or of one country code that belongs to none (+800, +883, …).
pub(crate) struct Plan {
    pub(crate) calling_code: String,
    /// What all numbers begin with in a country that shares its country code, where the metadata say it.
    leading_digits: Pattern,
    international_prefix: Pattern,
    national_prefix: Pattern,
    /// What replaces the national prefix, in the notation of libphonenumber: `$1` is the first group of the pattern.
    transform: String,
    general: Numbers,
    kinds: Vec<Numbers>,
    formats: Vec<Format>,
}

/// How long the numbers are that a plan has room for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    Possible,
    TooShort,
    TooLong,
    /// Neither shorter than all numbers of the plan nor longer, but none is as long.
    Between,
}

impl Plan {
    /// Where the number begins behind the prefix for calls to other countries.
    pub(crate) fn after_international_prefix<'a>(&self, digits: &'a [u8]) -> Option<&'a [u8]> {
        let end = self.international_prefix.at_start(digits)?.end();
        // No country code begins with 0. What does is a national number that begins like the prefix.
        (end > 0).then(|| &digits[end..]).filter(|rest| rest.first() != Some(&b'0'))
    }

    /// The national number without the prefix for calls inside the country, if it is there.
    pub(crate) fn without_national_prefix(&self, digits: &[u8]) -> Option<Digits> {
        let groups = self.national_prefix.captures(digits)?;
        let rest = &digits[groups.get(0).map_or(0, |prefix| prefix.end())..];
        let last = (1..groups.len()).next_back().and_then(|last| groups.get(last));
        let stripped = match last {
            // The pattern's groups are a carrier's code, unless there is something to put them back into.
            Some(_) if !self.transform.is_empty() => {
                let mut stripped = Digits::new();
                let mut parts = self.transform.split('$');
                stripped.extend(parts.next().unwrap_or_default().as_bytes())?;
                for part in parts {
                    let (group, text) = part.split_at_checked(1)?;
                    let group = groups.get(group.parse().ok()?)?;
                    stripped.extend(group.as_bytes())?;
                    stripped.extend(text.as_bytes())?;
                }
                stripped.extend(rest)?;
                stripped
            }
            _ => Digits::of(&[rest])?,
        };
        (*stripped != *digits).then_some(stripped)
    }

    pub(crate) fn length(&self, national: &[u8]) -> Length {
        let lengths = &self.general.lengths;
        let len = national.len();
        match () {
            () if lengths.contains(&len) => Length::Possible,
            () if lengths.iter().all(|&length| len < length) => Length::TooShort,
            () if lengths.iter().all(|&length| len > length) => Length::TooLong,
            () => Length::Between,
        }
    }

    /// Whether numbers without their area code have so many digits.
    pub(crate) fn has_local_numbers_of(&self, len: usize) -> bool {
        self.kinds.iter().chain([&self.general]).any(|numbers| numbers.local_lengths.contains(&len))
    }

    /// The same, and no others have.
    pub(crate) fn has_only_local_numbers_of(&self, len: usize) -> bool {
        self.general.local_lengths.contains(&len)
    }

    fn has(&self, national: &[u8]) -> bool {
        self.general.contain(national) && self.kinds.iter().any(|kind| kind.contain(national))
    }

    /// Whether the plan writes the number with its national prefix in front whenever it is not written with the
    /// country code. (libphonenumber asks this of numbers that it looks for in running text.)
    pub(crate) fn prefixed(&self, national: &[u8]) -> bool {
        let format = self.formats.iter().find(|format| {
            (format.leading_digits.is_empty() || format.leading_digits.at_start(national).is_some())
                && format.pattern.is_all_of(national)
        });
        format.is_some_and(|format| format.prefixed)
    }
}

/// The plan of a country.
pub(crate) fn of_country(letters: [u8; 2]) -> Option<&'static Plan> {
    PLANS.countries.get(&letters)
}

pub(crate) fn countries() -> impl Iterator<Item = [u8; 2]> {
    PLANS.countries.keys().copied()
}

/// The plans behind one country code.
#[derive(Clone, Copy)]
pub(crate) struct Shared(&'static [&'static Plan]);

/// The country code that E.164 digits begin with: its plans, and how long it is. No code begins another one.
pub(crate) fn of_calling_code(e164: &[u8]) -> Option<(Shared, usize)> {
    (1..=3.min(e164.len())).find_map(|len| Some((Shared(SHARED.get(&e164[..len])?), len)))
}

impl Shared {
    /// The plan that speaks for all of them: what is allowed in one country is dialled in the others too.
    pub(crate) fn main(self) -> &'static Plan {
        self.0[0]
    }

    /// Whether one of the plans has the number.
    pub(crate) fn have(self, national: &[u8]) -> bool {
        let [plan] = self.0 else {
            // The first that claims it decides, as in libphonenumber.
            let owner =
                self.0.iter().find(|plan| plan.leading_digits.at_start(national).is_some() || plan.has(national));
            return owner.is_some_and(|plan| plan.has(national));
        };
        plan.has(national)
    }
}

struct Plans {
    countries: BTreeMap<[u8; 2], Plan>,
    elsewhere: BTreeMap<String, Plan>,
}

static PLANS: LazyLock<Plans> = LazyLock::new(|| {
    let util = PHONE_NUMBER_UTIL.as_original();
    let mut plans = Plans { countries: BTreeMap::new(), elsewhere: BTreeMap::new() };
    for (calling_code, region) in regions() {
        let Some(metadata) = util.get_metadata_for_region_or_calling_code(calling_code, region) else { continue };
        let kinds = [
            &metadata.premium_rate,
            &metadata.toll_free,
            &metadata.shared_cost,
            &metadata.voip,
            &metadata.personal_number,
            &metadata.pager,
            &metadata.uan,
            &metadata.voicemail,
            &metadata.fixed_line,
            &metadata.mobile,
        ];
        let numbers = |pattern: &str, lengths: &[i32], local_lengths: &[i32]| {
            // A kind that the plan does not have has the length -1.
            let positive =
                |lengths: &[i32]| lengths.iter().filter_map(|&length| usize::try_from(length).ok()).collect();
            let absent = lengths == [-1];
            Numbers {
                pattern: Pattern::new(if absent { "" } else { pattern }),
                lengths: positive(lengths),
                local_lengths: positive(local_lengths),
            }
        };
        let plan = Plan {
            calling_code: calling_code.to_string(),
            leading_digits: Pattern::new(metadata.leading_digits().original_base()),
            international_prefix: Pattern::new(metadata.international_prefix().original_base()),
            national_prefix: Pattern::new(metadata.national_prefix_for_parsing().original_base()),
            transform: metadata.original.national_prefix_transform_rule().to_owned(),
            general: numbers(
                metadata.general_desc.national_number_pattern().original_base(),
                &metadata.general_desc.original.possible_length,
                &metadata.general_desc.original.possible_length_local_only,
            ),
            kinds: kinds
                .iter()
                .map(|kind| {
                    numbers(
                        kind.national_number_pattern().original_base(),
                        &kind.original.possible_length,
                        &kind.original.possible_length_local_only,
                    )
                })
                .collect(),
            formats: metadata
                .number_format
                .iter()
                .map(|format| Format {
                    leading_digits: Pattern::new(
                        format.leading_digits_pattern().last().map_or("", |pattern| pattern.original_base()),
                    ),
                    pattern: Pattern::new(format.pattern().original_base()),
                    prefixed: !format.original.national_prefix_optional_when_formatting()
                        && !matches!(
                            format.original.national_prefix_formatting_rule(),
                            "" | "$1" | "($1)" | "$1)" | "($1"
                        ),
                })
                .collect(),
        };
        match <[u8; 2]>::try_from(region.to_string().as_bytes()) {
            Ok(letters) => drop(plans.countries.insert(letters, plan)),
            Err(_) => drop(plans.elsewhere.insert(plan.calling_code.clone(), plan)),
        }
    }
    plans
});

/// The plans behind each country code, the main one first.
static SHARED: LazyLock<BTreeMap<Vec<u8>, Vec<&'static Plan>>> = LazyLock::new(|| {
    let mut shared = BTreeMap::<_, Vec<_>>::new();
    for (calling_code, region) in regions() {
        let calling_code = calling_code.to_string();
        let plan = match <[u8; 2]>::try_from(region.to_string().as_bytes()) {
            Ok(letters) => of_country(letters),
            Err(_) => PLANS.elsewhere.get(&calling_code),
        };
        shared.entry(calling_code.into_bytes()).or_default().extend(plan);
    }
    shared
});

fn regions() -> impl Iterator<Item = (i32, Region)> {
    PHONE_NUMBER_UTIL.get_supported_calling_codes().flat_map(|calling_code| {
        let regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(calling_code);
        regions.into_iter().flatten().map(move |region| (calling_code, region))
    })
}

/// The numbers of one kind, or of all kinds.
struct Numbers {
    pattern: Pattern,
    lengths: Vec<usize>,
    local_lengths: Vec<usize>,
}

impl Numbers {
    fn contain(&self, national: &[u8]) -> bool {
        // A kind without lengths has those of the plan.
        (self.lengths.is_empty() || self.lengths.contains(&national.len())) && self.pattern.is_all_of(national)
    }
}

/// How the plan groups some of its numbers.
struct Format {
    leading_digits: Pattern,
    pattern: Pattern,
    prefixed: bool,
}

/// A regular expression that is compiled when it is first asked for. An empty one matches nothing.
struct Pattern {
    source: String,
    start: OnceLock<Option<Regex>>,
    all: OnceLock<Option<Regex>>,
}

impl Pattern {
    fn new(source: &str) -> Self {
        Pattern { source: source.to_owned(), start: OnceLock::new(), all: OnceLock::new() }
    }

    fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    fn captures<'a>(&self, digits: &'a [u8]) -> Option<regex::bytes::Captures<'a>> {
        self.compiled(&self.start, "")?.captures(digits)
    }

    fn at_start<'a>(&self, digits: &'a [u8]) -> Option<regex::bytes::Match<'a>> {
        self.compiled(&self.start, "")?.find(digits)
    }

    fn is_all_of(&self, digits: &[u8]) -> bool {
        self.compiled(&self.all, "$").is_some_and(|pattern| pattern.is_match(digits))
    }

    fn compiled<'a>(&self, regex: &'a OnceLock<Option<Regex>>, end: &str) -> Option<&'a Regex> {
        // `(?-u)`: the digits are ASCII. All patterns compile: a test asks for each of them.
        regex
            .get_or_init(|| Regex::new(&format!("(?-u)^(?:{}){end}", self.source)).ok().filter(|_| !self.is_empty()))
            .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pattern that does not compile would silently match nothing.
    #[test]
    fn every_pattern_compiles() {
        let plans: Vec<_> = PLANS.countries.values().chain(PLANS.elsewhere.values()).collect();
        assert!(PLANS.countries.len() >= 240 && PLANS.elsewhere.len() >= 5);
        let mut patterns = 0;
        for plan in plans {
            let numbers = plan.kinds.iter().chain([&plan.general]).map(|numbers| &numbers.pattern);
            let formats = plan.formats.iter().flat_map(|format| [&format.leading_digits, &format.pattern]);
            let others = [&plan.leading_digits, &plan.international_prefix, &plan.national_prefix];
            for pattern in numbers.chain(formats).chain(others).filter(|pattern| !pattern.is_empty()) {
                assert!(pattern.compiled(&pattern.start, "").is_some(), "{}", pattern.source);
                assert!(pattern.compiled(&pattern.all, "$").is_some(), "{}", pattern.source);
                patterns += 1;
            }
            assert!(!plan.general.lengths.is_empty() && !plan.general.pattern.is_empty());
        }
        assert!(patterns > 2000, "{patterns}");
    }

    #[test]
    fn country_codes_do_not_begin_one_another() {
        assert!(SHARED.len() > 200);
        for code in SHARED.keys() {
            for len in 1..code.len() {
                assert!(!SHARED.contains_key(&code[..len]), "{code:?}");
            }
        }
    }
}
