use crate::{
    Country, NationalError, NationalErrorKind as Kind,
    digits::Digits,
    plan::{self, Length, Plan, Shared},
    reserved, spelling,
    text::{self, Written},
};
use telseal::{ParseErrorKind, PhoneNumber};

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
/// What is not certain, with its [kind](NationalError::kind).
pub fn parse(text: &str, country: Country) -> Result<PhoneNumber, NationalError> {
    parse_with(text, country, Accept::Certain)
}

/// Reads a phone number as it is typed in a country.
///
/// A text that begins with a digit, or with a parenthesis and no plus sign behind it, is read by the country's plan, in these forms: with the prefix for
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
/// What `accept` does not take, with its [kind](NationalError::kind).
pub fn parse_with(text: &str, country: Country, accept: Accept) -> Result<PhoneNumber, NationalError> {
    let digits = if text::is_international(text) {
        international(text, country, accept)?
    } else {
        national(&text::written(text, country)?, country, accept)?
    };
    let [canonical, ..] = spelling::of_digits(&digits);
    // The plans of some countries have room for more digits than E.164, or for fewer than telseal.
    let canonical = canonical.unwrap_or(digits);
    PhoneNumber::from_msisdn(canonical.as_str())
        .map_err(|_| NationalError::new(country, if canonical.len() > 15 { Kind::TooLong } else { Kind::TooShort }))
}

/// E.164 digits of a text that the core reads.
fn international(text: &str, country: Country, accept: Accept) -> Result<Digits, NationalError> {
    let refused = |kind| NationalError::new(country, kind);
    let (digits, zero) = match text.parse::<PhoneNumber>() {
        Ok(number) => (Digits::of(&[number.expose_msisdn().as_bytes()]), false),
        Err(error) if error.kind() == ParseErrorKind::TrunkPrefix => {
            // The core does not know plans, and refuses. Here the plan says what the zero is.
            let number = text::number_of(text);
            let written = text::written(&text[number.clone()], country)?;
            // It has refused before it saw the rest, which may name an extension or be another number.
            text::check_around(text, number).map_err(|error| NationalError::international(country, &error))?;
            (Some(written.digits), true)
        }
        Err(error) => return Err(NationalError::international(country, &error)),
    };
    let number = digits.and_then(|digits| Candidate::with_code(&digits)).ok_or(refused(Kind::UnknownCountryCode))?;
    let number = number.without_trunk_prefix(zero).ok_or(refused(Kind::Ambiguous))?;
    if number.is_valid() || accept == Accept::Possible && number.is_possible() {
        Ok(number.e164)
    } else {
        Err(refused(number.fault()))
    }
}

/// E.164 digits of a number that was dialled or written in a country.
fn national(written: &Written, country: Country, accept: Accept) -> Result<Digits, NationalError> {
    let Written { digits, zero } = written;
    let refused = |kind| NationalError::new(country, kind);
    let plan = plan::of_country(country.letters()).ok_or(refused(Kind::NotInPlan))?;

    // Everything that it can be.
    let international = |e164: &[u8]| {
        let number = Candidate::with_code(e164)?;
        let zero = *zero == Some(digits.len() - number.national().len());
        Some(number.without_trunk_prefix(zero).ok_or(refused(Kind::Ambiguous)))
    };
    let abroad = plan.after_international_prefix(digits).and_then(international).transpose()?;
    let own_code =
        digits.starts_with(plan.calling_code.as_bytes()).then(|| international(digits)).flatten().transpose()?;
    // As short as a local number is one, even where a country that shares the country code has such numbers: 310-0123 in US.
    let inland =
        |national: &[u8]| Candidate::new(plan, national).filter(|_| !plan.has_only_local_numbers_of(national.len()));
    let prefixed = plan.without_national_prefix(digits).and_then(|national| inland(&national));
    let bare = inland(digits);

    let valid =
        |number: &Option<Candidate>| number.as_ref().filter(|number| number.is_valid()).map(|n| canonical(&n.e164));
    let [abroad_e164, prefixed_e164, bare_e164] = [valid(&abroad), valid(&prefixed), valid(&bare)];
    let mut numbers = [&abroad_e164, &prefixed_e164, &bare_e164].into_iter().flatten();
    if let Some(number) = numbers.next() {
        if numbers.any(|other| other != number) {
            return Err(refused(Kind::Ambiguous));
        }
        let has_prefix = abroad_e164.is_some() || prefixed_e164.is_some();
        if !has_prefix && bare.is_some_and(|bare| bare.is_written_with_trunk_prefix()) {
            return match accept {
                _ if valid(&own_code).is_some_and(|other| other != *number) => Err(refused(Kind::Ambiguous)),
                Accept::Certain => Err(refused(Kind::NoTrunkPrefix)),
                _ => Ok(number.clone()),
            };
        }
        return Ok(number.clone());
    }
    if let Some(number) = valid(&own_code) {
        return Ok(number);
    }
    let readings = [&abroad, &prefixed, &bare, &own_code];
    let possible = readings.into_iter().flatten().find(|number| accept == Accept::Possible && number.is_possible());
    if let Some(number) = possible {
        return Ok(number.e164.clone());
    }
    // What is left of a short number behind its prefix says nothing.
    let prefixed = prefixed.filter(|number| number.fault() != Kind::TooShort);
    let Some(number) = abroad.or(prefixed).or(bare) else { return Err(refused(Kind::LocalOnly)) };
    Err(refused(number.fault()))
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
    /// A number of one country.
    fn new(plan: &Plan, national: &[u8]) -> Option<Self> {
        Candidate::with_code(&Digits::of(&[plan.calling_code.as_bytes(), national])?)
    }

    /// A number of the country whose code it begins with.
    fn with_code(e164: &[u8]) -> Option<Self> {
        let (shared, code) = plan::of_calling_code(e164)?;
        Some(Candidate { shared, e164: Digits::of(&[e164])?, code })
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

    fn is_written_with_trunk_prefix(&self) -> bool {
        self.shared.main().prefixed(self.national())
    }

    /// The number without a trunk prefix behind its country code. `None` if it cannot be told whether that is one: `zero` says that
    /// a zero stands there alone in parentheses, which is notation in most countries, and a digit of the number in Italy.
    fn without_trunk_prefix(self, zero: bool) -> Option<Self> {
        let plan = self.shared.main();
        if !zero && self.is_valid() {
            return Some(self);
        }
        let stripped = plan.without_national_prefix(self.national());
        let without_zero = || self.national().strip_prefix(b"0").filter(|_| zero).and_then(|rest| Digits::of(&[rest]));
        let Some(stripped) = stripped.or_else(without_zero).and_then(|national| Candidate::new(plan, &national)) else {
            return Some(self);
        };
        match (self.is_valid(), stripped.is_valid()) {
            (true, true) if canonical(&self.e164) != canonical(&stripped.e164) => None,
            (false, true) => Some(stripped),
            (false, false) if zero => Some(stripped),
            _ => Some(self),
        }
    }

    /// What is wrong with a number that no plan has.
    fn fault(&self) -> Kind {
        match self.shared.main().length(self.national()) {
            _ if self.shared.main().has_local_numbers_of(self.national().len()) => Kind::LocalOnly,
            Length::TooShort => Kind::TooShort,
            Length::TooLong => Kind::TooLong,
            Length::Possible | Length::Between => Kind::NotInPlan,
        }
    }
}
