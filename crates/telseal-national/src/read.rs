use crate::{
    Country, NationalError, NationalErrorKind as Kind,
    digits::Digits,
    plan::{self, Length, Shared},
    reserved, spelling, text,
};
use telseal::PhoneNumber;

/// What [`parse_with`] takes, from the strictest to the most lenient: each takes what those before it take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Accept {
    /// A number that is in its country's plan, or in a range that is [`RESERVED`](crate::RESERVED) for examples, and
    /// that is written as the country writes it.
    #[default]
    Certain,
    /// The same where the trunk prefix is missing, as spreadsheets leave it behind.
    ///
    /// **The risk:** `800-555-0182`, read in GB, is a valid British number whose zero was lost, and an American number in a
    /// row whose country is wrong. With the zero in front only the first is. And in a country whose numbers differ in
    /// length (Germany, Austria, Finland, …) a local number may look like another town's.
    WithoutTrunkPrefix,
    /// Whatever has a length that its country's plan has room for, for ranges that are newer than the metadata.
    ///
    /// **The risk:** nearly every text with as many digits is a number then. A typing error, a customer's number or a
    /// row of another country is sealed as somebody else's number, and nothing can show it later.
    Possible,
}

/// Reads a phone number as it is typed in a country, strictly: as [`parse_with`] does with [`Accept::Certain`].
///
/// ```
/// use telseal_national::{Country, NationalErrorKind, parse};
/// let (gb, us): (Country, Country) = ("GB".parse()?, "US".parse()?);
/// let number = parse("020 7946 0018", gb)?;
/// assert_eq!(&*number.expose_e164(), "+442079460018");
/// assert_eq!(parse("011 44 20 7946 0018", us)?, number);
/// assert_eq!(parse("+44 (0)20 7946 0018", us)?, number);
/// assert_eq!(parse("555-0123", us).unwrap_err().kind(), NationalErrorKind::LocalOnly);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// What is not certain, with its [kind](NationalErrorKind).
pub fn parse(text: &str, country: Country) -> Result<PhoneNumber, NationalError> {
    parse_with(text, country, Accept::Certain)
}

/// Reads a phone number as it is typed in a country.
///
/// A text that begins with a digit or a parenthesis is read by the country's plan, in these forms: with the prefix for
/// calls to other countries (`011 44 …` in US), with the trunk prefix (`020 …` in GB), without it where the country
/// writes its numbers so (`(415) …` in US), and with the country's own country code (`4420…` in GB). It is read when
/// exactly one number comes out. The country is the one that the text was typed in: the caller must know it.
///
/// Any other text is read by telseal's own parser, in all the forms that it knows; then its number is checked against the plan of
/// its own country, whichever that is. A trunk prefix behind the country code (`+44 (0)20 …`) is left out, where the plan
/// says what it is.
///
/// The result is [`canonical`](crate::canonical).
///
/// # Errors
/// What `accept` does not take, with its [kind](NationalErrorKind).
pub fn parse_with(text: &str, country: Country, accept: Accept) -> Result<PhoneNumber, NationalError> {
    let digits = if text::is_international(text) {
        international(text, country, accept)?
    } else {
        national(&text::digits(text, country)?, country, accept)?
    };
    let [canonical, ..] = spelling::of_digits(&digits);
    // The plans of some countries have room for more digits than E.164, or for fewer than telseal.
    let canonical = canonical.unwrap_or(digits);
    PhoneNumber::from_msisdn(canonical.as_str()).map_err(|_| {
        NationalError::new(country, if canonical.len() > 15 { Kind::TooLong } else { Kind::TooShort })
    })
}

/// E.164 digits of a text that the core reads.
fn international(text: &str, country: Country, accept: Accept) -> Result<Digits, NationalError> {
    let refused = |kind| NationalError::new(country, kind);
    let (digits, trunk_prefix) = match text.parse::<PhoneNumber>() {
        Ok(number) => (Digits::of(&[number.expose_msisdn().as_bytes()]), false),
        Err(error) if error.to_string().contains("trunk prefix") => {
            // The core does not know plans, and refuses. Here the plan says what the zero is.
            let number = text.find(['+', '＋']).map_or("", |at| text[at..].trim_start_matches(['+', '＋']));
            let number = number.split(';').next().unwrap_or_default();
            (Some(text::digits(number, country)?), true)
        }
        Err(error) => return Err(NationalError::international(country, error)),
    };
    let digits = digits.ok_or(refused(Kind::TooLong))?;
    let (shared, code) = plan::of_calling_code(&digits).ok_or(refused(Kind::UnknownCountryCode))?;
    let number = Candidate { shared, e164: digits, code };
    let stripped = shared.main().without_national_prefix(number.national()).and_then(|national| Candidate::new(shared, &national));
    let found = [Some(&number), stripped.as_ref()].into_iter().flatten().find(|number| number.is_valid());
    if let Some(found) = found {
        return Ok(found.e164.clone());
    }
    let number = if trunk_prefix { stripped.unwrap_or(number) } else { number };
    match number.fault() {
        Kind::NotInPlan if accept == Accept::Possible && number.is_possible() => Ok(number.e164),
        fault => Err(refused(fault)),
    }
}

/// E.164 digits of a number that was dialled or written in a country.
fn national(digits: &Digits, country: Country, accept: Accept) -> Result<Digits, NationalError> {
    let refused = |kind| NationalError::new(country, kind);
    let plan = plan::of_country(country.letters()).ok_or(refused(Kind::NotInPlan))?;
    let (shared, code) = plan::of_calling_code(plan.calling_code.as_bytes()).ok_or(refused(Kind::NotInPlan))?;
    let _ = code;

    // The forms, each with what it costs.
    let abroad = plan.after_international_prefix(digits).and_then(|e164| {
        let (shared, code) = plan::of_calling_code(e164)?;
        let number = Candidate { shared, e164: Digits::of(&[e164])?, code };
        Some(number.valid_or_stripped())
    });
    let prefixed = plan.without_national_prefix(digits).and_then(|national| Candidate::new(shared, &national));
    let bare = Candidate::new(shared, digits);
    let with_code = digits.strip_prefix(plan.calling_code.as_bytes()).and_then(|national| Candidate::new(shared, national)).map(Candidate::valid_or_stripped);

    let valid = |number: &Option<Candidate>| number.as_ref().filter(|number| number.is_valid()).map(|number| number.e164.clone());
    let bare_is_written_so = bare.as_ref().is_some_and(|number| !shared.prefixed(number.national()));
    let readings = [valid(&abroad), valid(&prefixed), valid(&bare)];
    let mut numbers = readings.iter().flatten().map(canonical);
    if let Some(number) = numbers.next() {
        if numbers.any(|other| other != number) {
            return Err(refused(Kind::Ambiguous));
        }
        // Alone without a prefix.
        if readings[0].is_none() && readings[1].is_none() && !bare_is_written_so {
            let other = valid(&with_code).is_some_and(|other| canonical(&other) != number);
            return match accept {
                _ if other => Err(refused(Kind::Ambiguous)),
                Accept::Certain => Err(refused(Kind::NoTrunkPrefix)),
                _ => Ok(number),
            };
        }
        return Ok(number);
    }
    if let Some(number) = valid(&with_code) {
        return Ok(number);
    }
    let possible = |number: &Option<Candidate>| number.as_ref().filter(|number| number.is_possible()).map(|number| number.e164.clone());
    if accept == Accept::Possible
        && let Some(number) = [&abroad, &prefixed, &bare, &with_code].into_iter().find_map(possible)
    {
        return Ok(number);
    }
    let blamed = abroad.or(prefixed.filter(|number| number.fault() != Kind::TooShort)).or(bare);
    Err(refused(blamed.map_or(Kind::TooLong, |number| number.fault())))
}

fn canonical(e164: &Digits) -> Digits {
    let [canonical, ..] = spelling::of_digits(e164);
    canonical.unwrap_or_else(|| e164.clone())
}

/// What a text may mean.
struct Candidate {
    shared: Shared,
    e164: Digits,
    /// How many digits of it are the country code.
    code: usize,
}

impl Candidate {
    fn new(shared: Shared, national: &[u8]) -> Option<Self> {
        let code = shared.main().calling_code.as_bytes();
        Some(Candidate { shared, e164: Digits::of(&[code, national])?, code: code.len() })
    }

    fn national(&self) -> &[u8] {
        &self.e164[self.code..]
    }

    /// Whether a plan has the number in one of its spellings, or it is reserved.
    fn is_valid(&self) -> bool {
        self.shared.have(self.national())
            || reserved::contains(&self.e164)
            || spelling::of_digits(&self.e164).iter().flatten().any(|spelling| {
                plan::of_calling_code(spelling).is_some_and(|(shared, code)| shared.have(&spelling[code..]))
            })
    }

    fn is_possible(&self) -> bool {
        self.shared.main().length(self.national()) == Length::Possible
    }

    /// Itself, or, where that is valid and it is not, itself without a trunk prefix.
    fn valid_or_stripped(self) -> Self {
        if self.is_valid() {
            return self;
        }
        let stripped = self.shared.main().without_national_prefix(self.national());
        match stripped.and_then(|national| Candidate::new(self.shared, &national)) {
            Some(stripped) if stripped.is_valid() => stripped,
            _ => self,
        }
    }

    /// What is wrong with a number that no plan has.
    fn fault(&self) -> Kind {
        match self.shared.main().length(self.national()) {
            Length::LocalOnly => Kind::LocalOnly,
            Length::TooShort => Kind::TooShort,
            Length::TooLong => Kind::TooLong,
            Length::Possible | Length::Between => Kind::NotInPlan,
        }
    }
}
