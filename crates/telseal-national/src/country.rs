use crate::plan;
use core::{error::Error, fmt, str::FromStr};

/// A country or territory that has a numbering plan: its ISO 3166-1 alpha-2 code.
///
/// Codes are read in upper or lower case. `UK`, `EU` and other codes that name no plan are unknown; nothing is guessed.
///
/// ```
/// let country: telseal_national::Country = "GB".parse()?;
/// assert_eq!(country.to_string(), "GB");
/// assert!("UK".parse::<telseal_national::Country>().is_err());
/// # Ok::<(), telseal_national::UnknownCountry>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    /// The two upper-case letters.
    pub fn code(&self) -> &str {
        str::from_utf8(&self.0).expect("a country is two ASCII letters")
    }

    /// Every country that has a plan, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Country> {
        plan::countries().map(Country)
    }

    pub(crate) fn letters(self) -> [u8; 2] {
        self.0
    }
}

impl FromStr for Country {
    type Err = UnknownCountry;

    fn from_str(code: &str) -> Result<Self, UnknownCountry> {
        let letters: [u8; 2] = code.as_bytes().try_into().map_err(|_| UnknownCountry)?;
        let letters = letters.map(|letter| letter.to_ascii_uppercase());
        plan::of_country(letters).map(|_| Country(letters)).ok_or(UnknownCountry)
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A text that is not the ISO 3166-1 alpha-2 code of a country with a numbering plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownCountry;

impl fmt::Display for UnknownCountry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected the ISO 3166-1 alpha-2 code of a country that has a numbering plan, such as `GB`")
    }
}

impl Error for UnknownCountry {}
