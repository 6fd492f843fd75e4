use crate::Country;
use core::{error::Error, fmt};
use telseal::{ParseError, ParseErrorKind};

/// A text that is not read as a phone number in the country that the caller named.
///
/// It never contains any of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NationalError {
    country: Country,
    kind: NationalErrorKind,
    position: Option<usize>,
    international: Option<Box<ParseError>>,
}

/// Why a text is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NationalErrorKind {
    /// The text is not in national form, and telseal's own parser refuses it. [`source`](Error::source) is its error.
    International(ParseErrorKind),
    /// A character that is neither a digit nor set between digits.
    NotADigit,
    /// Parentheses that are not in pairs, or one pair inside another.
    Parenthesis,
    /// An extension, or digits to dial when the call is answered: they name something else than the subscriber.
    Extension,
    /// A dot before a last `0` or `00` is the only separator, as in `7700900123.0`: a spreadsheet's decimal number.
    DecimalPoint,
    /// A number for calls inside one place, without its area code.
    LocalOnly,
    /// The number has fewer digits than all numbers of its country. So has a text without any.
    TooShort,
    /// The number has more digits than all numbers of its country.
    TooLong,
    /// A number of a length that its country has, in a range that is not in its plan.
    NotInPlan,
    /// A number that its country writes with a trunk prefix, such as 0, and that stands here without. Spreadsheets drop
    /// zeros; but so does it look when the row belongs to another country, or when it is a local number.
    NoTrunkPrefix,
    /// The text can be read as two different numbers.
    Ambiguous,
    /// An international number under a country code that no plan has.
    UnknownCountryCode,
}

impl NationalError {
    pub(crate) fn new(country: Country, kind: NationalErrorKind) -> Self {
        NationalError { country, kind, position: None, international: None }
    }

    pub(crate) fn at(self, position: usize) -> Self {
        NationalError { position: Some(position), ..self }
    }

    pub(crate) fn international(country: Country, error: &ParseError) -> Self {
        NationalError {
            position: error.position(),
            international: Some(Box::new(error.clone())),
            ..NationalError::new(country, NationalErrorKind::International(error.kind()))
        }
    }

    /// Why the text is refused, to count and to branch by.
    pub const fn kind(&self) -> NationalErrorKind {
        self.kind
    }

    /// The country that the caller named.
    pub const fn country(&self) -> Country {
        self.country
    }

    /// The byte of the input, counted from 0, that is to blame; `None` where it is the input as a whole.
    pub const fn position(&self) -> Option<usize> {
        self.position
    }
}

impl fmt::Display for NationalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.international {
            return error.fmt(f);
        }
        write!(f, "phone number, read in {}: ", self.country)?;
        f.write_str(match self.kind {
            NationalErrorKind::International(_) => "expected an international number",
            NationalErrorKind::NotADigit => "expected a digit",
            NationalErrorKind::Parenthesis => "expected parentheses in pairs, none inside another,",
            NationalErrorKind::Extension => "an extension names something else than the subscriber",
            NationalErrorKind::DecimalPoint => "found a decimal number, as a spreadsheet writes it",
            NationalErrorKind::LocalOnly => "expected the area code: this is a local number",
            NationalErrorKind::TooShort => "the number is shorter than all numbers of its country",
            NationalErrorKind::TooLong => "the number is longer than all numbers of its country",
            NationalErrorKind::NotInPlan => "the number is not in the numbering plan of its country",
            NationalErrorKind::NoTrunkPrefix => "expected the trunk prefix that the country writes before its numbers",
            NationalErrorKind::Ambiguous => "the text can be read as two different numbers",
            NationalErrorKind::UnknownCountryCode => "no country has this country code",
        })?;
        match self.position {
            Some(position) => write!(f, " at byte {position}"),
            None => Ok(()),
        }
    }
}

impl Error for NationalError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.international.as_deref().map(|error| error as _)
    }
}
