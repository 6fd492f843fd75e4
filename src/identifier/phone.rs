use super::{
    Exposed, Identifier,
    digits::{DigitBlock, MAX_DIGITS, Shape, is_digit, unpack},
    reading::{char_at, from_digits, from_tbcd, parameters, parameters_start, strip, strip_ignoring_case},
    sealed::{Internal, Sealed},
};
use crate::{
    ct,
    error::{ParseError, ParseErrorKind, Subject},
    kind::Kind,
};
use core::str::FromStr;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A phone number: the international E.164 number of a subscriber, which 3GPP calls MSISDN.
///
/// It has 7 to 15 digits with the country code first, and the first digit is not 0. 15 is the maximum of E.164. 7 is
/// telseal's own minimum; a GPSI may have 5. [`FromStr`] reads
///
/// | form | example | source |
/// |---|---|---|
/// | E.164 with `+` | `+442079460018`, `+44 20 7946 0018` | ITU-T E.123 |
/// | the same with the separators of URIs | `+44 (20) 7946-0018`, `+44.20.7946.0018` | RFC 3966 section 5.1.1 |
/// | `tel:` URI of a global number | `tel:+44-20-7946-0018;npdi` | RFC 3966 section 3 |
/// | GPSI | `msisdn-442079460018` | 3GPP TS 29.571 table 5.3.2-1 |
///
/// After `+`, the separators space `-` `.` `(` `)` are skipped. Parentheses must be in pairs. The parameters of a
/// `tel:` URI are dropped, except `ext` and `isub`: these name something other than the subscriber and are refused. A
/// number without a country code is refused, and so is a trunk prefix (`+44 (0)20 …`), because to read it would be to
/// guess. [`from_msisdn`](Self::from_msisdn) reads digits alone.
///
/// ```
/// use telseal::PhoneNumber;
///
/// let number: PhoneNumber = "+44 (20) 7946-0018".parse()?;
/// assert_eq!(number, "tel:+44-20-7946-0018;npdi".parse()?);
/// assert_eq!(number, PhoneNumber::from_msisdn("442079460018")?);
/// assert_eq!(&*number.expose_e164(), "+442079460018");
/// assert!("020 7946 0018".parse::<PhoneNumber>().is_err());
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// There is no `Display` and no plaintext `Debug`. Comparison takes constant time. The digits are wiped on drop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "msisdn")]
pub struct PhoneNumber(DigitBlock);

impl PhoneNumber {
    /// Reads bare digits, country code first, from a source that is known to hold MSISDNs.
    ///
    /// # Errors
    /// The text is anything but 7 to 15 digits, or the first digit is 0.
    pub fn from_msisdn(digits: &str) -> Result<Self, ParseError> {
        from_digits(Self::KIND, Self::SHAPE, digits.as_bytes(), 0).map(PhoneNumber)
    }

    /// Reads 4 to 8 octets of TBCD (3GPP TS 29.002 clause 17.7.8) that hold an international number.
    ///
    /// ```
    /// use telseal::PhoneNumber;
    ///
    /// let number = PhoneNumber::from_tbcd(&[0x44, 0x02, 0x97, 0x64, 0x00, 0x81])?;
    /// assert_eq!(&*number.expose_e164(), "+442079460018");
    /// # Ok::<(), telseal::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// There are too few or too many octets, a nibble is not a digit, a filler is before the end, or the first digit is
    /// 0.
    pub fn from_tbcd(octets: &[u8]) -> Result<Self, ParseError> {
        from_tbcd(Self::KIND, Self::SHAPE, octets, 0).map(PhoneNumber)
    }

    /// Reads an ISDN-AddressString (3GPP TS 29.002 clause 17.7.8): one octet for "international" and "E.164" (0x91),
    /// then 4 to 8 octets of TBCD.
    ///
    /// ```
    /// use telseal::PhoneNumber;
    ///
    /// let number = PhoneNumber::from_address_string(&[0x91, 0x44, 0x02, 0x97, 0x64, 0x00, 0x81])?;
    /// assert_eq!(&*number.expose_e164(), "+442079460018");
    /// # Ok::<(), telseal::ParseError>(())
    /// ```
    ///
    /// # Errors
    /// The nature of address or the numbering plan is wrong, or there is an extension. Also the errors of
    /// [`from_tbcd`](Self::from_tbcd).
    pub fn from_address_string(octets: &[u8]) -> Result<Self, ParseError> {
        let refused = |reason| Err(ParseError::new(Self::KIND, reason).at(0));
        let Some((&address, digits)) = octets.split_first() else {
            return Err(ParseError::bytes(Self::KIND, "octets", 5, 9, 0));
        };
        match (address >> 7, address >> 4 & 7, address & 0xF) {
            (0, _, _) => refused(ParseErrorKind::AddressExtension),
            (_, nature, _) if nature != 1 => refused(ParseErrorKind::NatureOfAddress),
            (_, _, plan) if plan != 1 => refused(ParseErrorKind::NumberingPlan),
            _ => from_tbcd(Self::KIND, Self::SHAPE, digits, 1).map(PhoneNumber),
        }
    }

    /// `+` and 7 to 15 digits.
    pub fn expose_e164(&self) -> Exposed<str> {
        self.text("+")
    }

    /// `tel:+` and 7 to 15 digits: the URI of RFC 3966.
    pub fn expose_tel_uri(&self) -> Exposed<str> {
        self.text("tel:+")
    }

    /// `msisdn-` and 7 to 15 digits: the GPSI of 3GPP TS 29.571.
    pub fn expose_gpsi(&self) -> Exposed<str> {
        self.text("msisdn-")
    }

    /// 7 to 15 digits, as [`from_msisdn`](Self::from_msisdn) reads them.
    pub fn expose_msisdn(&self) -> Exposed<str> {
        self.text("")
    }

    /// 4 to 8 octets of TBCD.
    pub fn expose_tbcd(&self) -> Exposed<[u8]> {
        self.octets(&[])
    }

    /// The ISDN-AddressString: 0x91, then 4 to 8 octets of TBCD.
    pub fn expose_address_string(&self) -> Exposed<[u8]> {
        self.octets(&[0x91])
    }

    fn text(&self, prefix: &str) -> Exposed<str> {
        Exposed::new(&[prefix.as_bytes(), &unpack(self.0.word())[..self.0.len()]])
    }

    fn octets(&self, prefix: &[u8]) -> Exposed<[u8]> {
        let octets = Zeroizing::new(self.0.word().to_le_bytes());
        Exposed::new(&[prefix, &octets[..self.0.len().div_ceil(2)]])
    }
}

impl FromStr for PhoneNumber {
    type Err = ParseError;

    #[inline]
    fn from_str(text: &str) -> Result<Self, ParseError> {
        // Without separators, as most are stored: read here, with no call.
        if let Some(digits) = text.as_bytes().strip_prefix(b"+")
            && let Ok(block) = Self::SHAPE.pack(digits)
        {
            return Ok(PhoneNumber(block));
        }
        from_text(text.as_bytes())
    }
}

/// Reads all forms but digits alone behind a `+`.
fn from_text(text: &[u8]) -> Result<PhoneNumber, ParseError> {
    if let Some((number, at)) = strip(text, "+") {
        return with_separators(PhoneNumber::KIND.into(), PhoneNumber::SHAPE, number, at).map(PhoneNumber);
    }
    if let Some((number, at)) = strip_ignoring_case(text, "tel:+") {
        let (number, rest) = number.split_at(parameters_start(number));
        let digits = global_number(PhoneNumber::KIND, PhoneNumber::SHAPE, number, at)?;
        parameters(PhoneNumber::KIND, rest, at + number.len(), |name| match name {
            b"ext" | b"isub" => Err(ParseErrorKind::Extension),
            _ => Ok(()),
        })?;
        return Ok(PhoneNumber(digits));
    }
    if let Some((digits, at)) = strip(text, "msisdn-") {
        return from_digits(PhoneNumber::KIND, PhoneNumber::SHAPE, digits, at).map(PhoneNumber);
    }
    let at = strip_ignoring_case(text, "tel:").map_or(0, |(_, at)| at);
    Err(ParseError::new(PhoneNumber::KIND, ParseErrorKind::UnknownForm).at(at))
}

impl Identifier for PhoneNumber {
    const KIND: Kind = Kind::PhoneNumber;
}

impl Sealed for PhoneNumber {
    const SHAPE: Shape = Shape { min: 7, max: 15, zero_first: false };
    fn block(&self, _: Internal) -> &DigitBlock {
        &self.0
    }
    fn from_block(block: DigitBlock, _: Internal) -> Self {
        PhoneNumber(block)
    }
}

impl ZeroizeOnDrop for PhoneNumber {}

/// Reads what stands behind the `+`, at `at` of the whole: digits and visual separators.
pub(crate) fn global_number(
    subject: impl Into<Subject>,
    shape: Shape,
    text: &[u8],
    at: usize,
) -> Result<DigitBlock, ParseError> {
    // Without separators, as most are stored.
    shape.pack(text).or_else(|_| with_separators(subject.into(), shape, text, at))
}

fn with_separators(subject: Subject, shape: Shape, text: &[u8], at: usize) -> Result<DigitBlock, ParseError> {
    let mut digits = Zeroizing::new([0; MAX_DIGITS]);
    let (mut count, mut first) = (0, at);
    let start = at;
    let mut group = None; // where the open parenthesis stands, and how many digits before it
    for (at, &byte) in (at..).zip(text) {
        match byte {
            // Asked first: only what is no digit may be looked at.
            _ if is_digit(byte) => {
                if count == 0 {
                    first = at;
                }
                if count < MAX_DIGITS {
                    digits[count] = byte;
                }
                count += 1;
            }
            b'-' | b'.' | b' ' => {}
            b'(' if group.is_none() => group = Some((at, count)),
            b')' if group.is_some() => {
                // A lone zero is for calls from inside the country. A longer group may begin with one, as in Italy.
                if let Some((at, before)) = group.take()
                    && count == before + 1
                    && before < MAX_DIGITS
                    && bool::from(ct::public(digits[before].ct_eq(&b'0'), "a trunk prefix is notation, not the number"))
                {
                    return Err(ParseError::new(subject, ParseErrorKind::TrunkPrefix).at(at));
                }
            }
            b'(' | b')' => return Err(ParseError::new(subject, ParseErrorKind::Parenthesis).at(at)),
            _ => {
                let char = char_at(text, at - start);
                return Err(ParseError::new(subject, ParseErrorKind::NotADigit).character(char).at(at));
            }
        }
    }
    if let Some((at, _)) = group {
        return Err(ParseError::new(subject, ParseErrorKind::Parenthesis).at(at));
    }
    match digits.get(..count) {
        Some(digits) => from_digits(subject, shape, digits, first),
        None => Err(ParseError::digits(subject, shape.min, shape.max, count)),
    }
}
