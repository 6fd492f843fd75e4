use super::{
    Exposed, Identifier,
    digits::{self, DigitBlock, FILLER, Shape, unpack},
    reading::{from_digits, from_mobile_identity, from_tbcd, parameters, parameters_start, strip, strip_ignoring_case},
    sealed::{Internal, Sealed},
    typography::{Kept, Marks, digits},
};
use crate::{
    ct,
    error::{ParseError, ParseErrorKind},
    kind::Kind,
};
use core::str::FromStr;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// An IMEI: the identity of a mobile device, 3GPP TS 23.003 clause 6.2.1.
///
/// It has 14 digits: type allocation code (TAC, 8 digits) and serial number (6). A fifteenth digit is written after
/// them: in print the Luhn check digit, on the wire a spare 0. That digit is not part of the identity. So a device has
/// one `Imei`, whatever form it came in. [`FromStr`] reads
///
/// | form | example | fifteenth digit | source |
/// |---|---|---|---|
/// | bare | `49015420323751`, `490154203237518` | check digit | TS 23.003 clause 6.2.1 |
/// | with separators | `49-015420-323751-8`, `IMEI: 49 015420 323751 8` | check digit | as it is printed and displayed |
/// | with the software version | `490154203237518/12` | check digit | as devices display it |
/// | PEI | `imei-490154203237518` | check digit or 0 | 3GPP TS 29.571 table 5.3.2-1 |
/// | URN | `urn:gsma:imei:49015420-323751-0` | check digit or 0 | RFC 7254 section 4 |
///
/// White space, hyphens and slashes between the digits are skipped, and the software version is dropped. The parameters
/// of the URN (`;svn=`, `;vers=`) are dropped. A bare number of 15 digits that ends in a spare 0 looks like a mistyped
/// number and is refused. If your source is known to hold such numbers, put `imei-` before them. 16 digits are an
/// [`Imeisv`].
///
/// ```
/// use telseal::{Imei, Imeisv};
///
/// let imei: Imei = "49-015420-323751-8".parse()?;
/// assert_eq!(imei, "imei-490154203237510".parse()?);
/// assert_eq!(imei, "4901542032375112".parse::<Imeisv>()?.imei());
/// assert_eq!(&*imei.expose_tac(), "49015420");
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// There is no `Display` and no plaintext `Debug`. Comparison takes constant time. The digits are wiped on drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imei(DigitBlock);

/// An IMEISV: an IMEI with the version of the device's software, 3GPP TS 23.003 clause 6.2.2.
///
/// It has 16 digits: type allocation code (8 digits), serial number (6), software version number (SVN, 2). [`FromStr`]
/// reads digits (`4901542032375112`), also with white space, hyphens and slashes between them, and the PEI of 3GPP TS
/// 29.571 table 5.3.2-1 (`imeisv-4901542032375112`).
///
/// The software version changes with every update. To recognise a device, seal its [`imei`](Self::imei).
///
/// ```
/// use telseal::Imeisv;
///
/// let imeisv: Imeisv = "imeisv-4901542032375112".parse()?;
/// assert_eq!(&*imeisv.expose_svn(), "12");
/// assert_eq!(&*imeisv.imei().expose_digits(), "490154203237518");
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// There is no `Display` and no plaintext `Debug`. Comparison takes constant time. The digits are wiped on drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imeisv(DigitBlock);

/// What may stand in an IMEI's fifteenth place.
#[derive(Clone, Copy)]
enum Fifteenth {
    /// The check digit, or nothing.
    Printed,
    /// The check digit or the spare digit, 0.
    OnTheWire,
}

const WITH_FIFTEENTH: Shape = Shape { min: 15, max: 15, zero_first: true };

impl Imei {
    /// Reads what [`FromStr`] reads if it has a fifteenth digit. Use it for a file that may come from a spreadsheet. A
    /// spreadsheet drops leading zeros, and an [`Imeisv`] without two of them looks like the [`Imei`] of another
    /// device.
    ///
    /// # Errors
    /// The text has 14 digits. Also the errors of `FromStr`.
    pub fn from_full(text: &str) -> Result<Self, ParseError> {
        Self::from_text(text, true)
    }

    /// Reads 7 or 8 octets of TBCD (3GPP TS 29.002 clause 17.7.8): 14 digits, or 15 digits that end in the check digit
    /// or in 0.
    ///
    /// # Errors
    /// There are too few or too many octets, a nibble is not a digit, a filler is before the end, or the fifteenth
    /// digit is wrong.
    pub fn from_tbcd(octets: &[u8]) -> Result<Self, ParseError> {
        let shape = Shape { max: 15, ..Self::SHAPE };
        let read = from_tbcd(Self::KIND, shape, octets, 0).map_err(|error| match Imeisv::from_tbcd(octets) {
            Ok(_) => ParseError::new(Self::KIND, ParseErrorKind::Imeisv),
            Err(_) => error,
        });
        match read? {
            block if block.len() == 14 => Ok(Imei(block)),
            block => Self::without_fifteenth(&block, Fifteenth::OnTheWire, 7),
        }
    }

    /// Reads a mobile identity of type IMEI, the contents of 3GPP TS 24.008 clause 10.5.1.4 (type 2), TS 24.301 clause
    /// 9.9.3.12 and TS 24.501 clause 9.11.3.4 (type 3): 8 octets with 15 digits. The last digit is the check digit or
    /// 0.
    ///
    /// # Errors
    /// There are too few or too many octets, the type of identity is another one, the odd/even bit does not fit, a
    /// nibble is not a digit, or the fifteenth digit is wrong. Type 3 with 16 digits is an [`Imeisv`].
    pub fn from_mobile_identity(octets: &[u8]) -> Result<Self, ParseError> {
        let block = from_mobile_identity(Self::KIND, WITH_FIFTEENTH, octets, &[2, 3], 0).map_err(|error| {
            match Imeisv::from_mobile_identity(octets) {
                Ok(_) => ParseError::new(Self::KIND, ParseErrorKind::Imeisv),
                Err(_) => error,
            }
        })?;
        Self::without_fifteenth(&block, Fifteenth::OnTheWire, 7)
    }

    /// 15 digits; the last is the check digit.
    pub fn expose_digits(&self) -> Exposed<str> {
        Exposed::new(&[&self.printed()[..15]])
    }

    /// 15 digits in groups of 2, 6, 6 and 1; the last is the check digit: `49-015420-323751-8`.
    pub fn expose_hyphenated(&self) -> Exposed<str> {
        let digits = self.printed();
        Exposed::new(&[&digits[..2], b"-", &digits[2..8], b"-", &digits[8..14], b"-", &digits[14..15]])
    }

    /// `imei-` and 15 digits; the last is the check digit: the PEI of 3GPP TS 29.571.
    pub fn expose_pei(&self) -> Exposed<str> {
        Exposed::new(&[b"imei-", &self.printed()[..15]])
    }

    /// `urn:gsma:imei:`, then 8 and 6 digits and the spare digit 0: the URN of RFC 7254.
    pub fn expose_urn(&self) -> Exposed<str> {
        let digits = unpack(self.0.word());
        Exposed::new(&[b"urn:gsma:imei:", &digits[..8], b"-", &digits[8..14], b"-0"])
    }

    /// 8 octets of TBCD: 14 digits, the spare digit 0 and a filler.
    pub fn expose_tbcd(&self) -> Exposed<[u8]> {
        Exposed::new(&[&Zeroizing::new(digits::with_digit(self.0.word(), 14, 0).to_le_bytes())[..]])
    }

    /// The type allocation code (TAC), 8 digits.
    pub fn expose_tac(&self) -> Exposed<str> {
        Exposed::new(&[&self.printed()[..8]])
    }

    /// The serial number (SNR), 6 digits.
    pub fn expose_snr(&self) -> Exposed<str> {
        Exposed::new(&[&self.printed()[8..14]])
    }

    /// The Luhn check digit over the other 14 (TS 23.003 annex B).
    pub fn expose_check_digit(&self) -> Exposed<str> {
        Exposed::new(&[&self.printed()[14..15]])
    }

    /// 14 digits and the check digit in ASCII.
    fn printed(&self) -> Zeroizing<[u8; 16]> {
        unpack(digits::with_digit(self.0.word(), 14, digits::luhn(self.0.word())))
    }

    /// Reads 15 digits at `at` of the whole, in the groups of a URN.
    fn from_urn(text: &[u8], at: usize) -> Result<Self, ParseError> {
        const FORM: &[u8] = b"dddddddd-dddddd-d";
        let mut digits = Zeroizing::new([0; 15]);
        let mut count = 0;
        for (at, (&byte, &expected)) in (at..).zip(text.iter().zip(FORM)) {
            match expected {
                b'-' if byte == b'-' => {}
                b'-' => return Err(ParseError::new(Self::KIND, ParseErrorKind::Hyphen).at(at)),
                _ if !digits::is_digit(byte) => {
                    return Err(ParseError::new(Self::KIND, ParseErrorKind::NotADigit).at(at));
                }
                _ => {
                    digits[count] = byte;
                    count += 1;
                }
            }
        }
        if text.len() != FORM.len() {
            return Err(ParseError::new(Self::KIND, ParseErrorKind::UrnGroups));
        }
        let block = from_digits(Self::KIND, WITH_FIFTEENTH, &digits[..], at)?;
        Self::without_fifteenth(&block, Fifteenth::OnTheWire, at + FORM.len() - 1)
    }

    /// Reads all forms; where `full`, only those with a fifteenth digit.
    fn from_text(text: &str, full: bool) -> Result<Self, ParseError> {
        let (subject, bytes) = (Self::KIND, text.as_bytes());
        if let Ok(block) = WITH_FIFTEENTH.pack(bytes) {
            return Self::without_fifteenth(&block, Fifteenth::Printed, 14);
        }
        if let Some((digits, at)) = strip(bytes, "imei-") {
            let block = from_digits(subject, WITH_FIFTEENTH, digits, at)?;
            return Self::without_fifteenth(&block, Fifteenth::OnTheWire, at + 14);
        }
        if bytes.starts_with(b"imeisv-") {
            return Err(ParseError::new(subject, ParseErrorKind::Imeisv));
        }
        if let Some((urn, at)) = strip_ignoring_case(bytes, "urn:gsma:imei:") {
            let (number, rest) = urn.split_at(parameters_start(urn));
            let imei = Self::from_urn(number, at)?;
            parameters(Self::KIND, rest, at + number.len(), |name| match name {
                b"svn" | b"vers" => Ok(()),
                _ => Err(ParseErrorKind::Parameter),
            })?;
            return Ok(imei);
        }
        if let Some(block) = WITH_FIFTEENTH.pack_groups(bytes)
            && let Ok(imei) = Self::without_fifteenth(&block, Fifteenth::Printed, 0)
        {
            return Ok(imei);
        }
        Self::typed(Marks::typed(subject, text)?, full)
    }

    /// Reads digits, as phones display them and people type them; the number of them says what they are.
    fn typed(marks: Marks<'_>, full: bool) -> Result<Self, ParseError> {
        let subject = Self::KIND;
        let labelled = ["imei:", "imei "].iter().find_map(|label| marks.behind(label));
        let marks = labelled.unwrap_or(marks);
        let mut kept = Kept::new();
        let slash = digits(subject.into(), marks, true, &mut kept)?;
        match kept.count() {
            14 if !full => kept.block(subject.into(), Self::SHAPE, 14).map(Imei),
            16 => Err(ParseError::new(subject, ParseErrorKind::Imeisv)),
            // Behind a slash stands the version of the software.
            15 | 17 if kept.count() == 15 || slash == Some(15) => {
                let block = kept.block(subject.into(), WITH_FIFTEENTH, 15)?;
                Self::without_fifteenth(&block, Fifteenth::Printed, kept.place(14))
            }
            found => Err(ParseError::digits(subject, if full { 15 } else { 14 }, 15, found)),
        }
    }

    /// Checks the fifteenth digit of a block, which stood at `at` of the whole, and drops it.
    fn without_fifteenth(block: &DigitBlock, fifteenth: Fifteenth, at: usize) -> Result<Self, ParseError> {
        let found = digits::digit(block.word(), 14);
        let is_check = found.ct_eq(&digits::luhn(block.word()));
        let (fits, reason) = match fifteenth {
            Fifteenth::Printed => (is_check, ParseErrorKind::CheckDigit),
            Fifteenth::OnTheWire => (is_check | found.ct_eq(&0), ParseErrorKind::CheckOrSpareDigit),
        };
        if ct::public(fits, "the caller gets the verdict").into() {
            Ok(Imei(DigitBlock::from_checked(digits::with_digit(block.word(), 14, FILLER))))
        } else {
            Err(ParseError::new(Self::KIND, reason).at(at))
        }
    }
}

impl Imeisv {
    /// Reads 8 octets of TBCD (3GPP TS 29.002 clause 17.7.8).
    ///
    /// # Errors
    /// There are too few or too many octets, or a nibble is not a digit.
    pub fn from_tbcd(octets: &[u8]) -> Result<Self, ParseError> {
        from_tbcd(Self::KIND, Self::SHAPE, octets, 0).map(Imeisv)
    }

    /// Reads a mobile identity of type IMEISV, the contents of 3GPP TS 24.008 clause 10.5.1.4 (type 3) and TS 24.501
    /// clause 9.11.3.4 (type 5): 9 octets.
    ///
    /// # Errors
    /// There are too few or too many octets, the type of identity is another one, the odd/even bit does not fit, or a
    /// nibble is not a digit.
    pub fn from_mobile_identity(octets: &[u8]) -> Result<Self, ParseError> {
        from_mobile_identity(Self::KIND, Self::SHAPE, octets, &[3, 5], 0).map(Imeisv)
    }

    /// The IMEI of the device: the first 14 digits. It stays the same when the software is updated.
    pub fn imei(&self) -> Imei {
        let word = digits::with_digit(self.0.word(), 14, FILLER);
        Imei(DigitBlock::from_checked(digits::with_digit(word, 15, FILLER)))
    }

    /// 16 digits.
    pub fn expose_digits(&self) -> Exposed<str> {
        Exposed::new(&[&unpack(self.0.word())[..]])
    }

    /// `imeisv-` and 16 digits: the PEI of 3GPP TS 29.571.
    pub fn expose_pei(&self) -> Exposed<str> {
        Exposed::new(&[b"imeisv-", &unpack(self.0.word())[..]])
    }

    /// 8 octets of TBCD.
    pub fn expose_tbcd(&self) -> Exposed<[u8]> {
        Exposed::new(&[&Zeroizing::new(self.0.word().to_le_bytes())[..]])
    }

    /// The software version number, 2 digits.
    pub fn expose_svn(&self) -> Exposed<str> {
        Exposed::new(&[&unpack(self.0.word())[14..]])
    }
}

impl FromStr for Imei {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        match Self::SHAPE.pack(text.as_bytes()) {
            Ok(block) => Ok(Imei(block)),
            Err(_) => Self::from_text(text, false),
        }
    }
}

impl FromStr for Imeisv {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let subject = Self::KIND;
        if let Ok(block) = Self::SHAPE.pack(text.as_bytes()) {
            return Ok(Imeisv(block));
        }
        if let Some((digits, at)) = strip(text.as_bytes(), "imeisv-") {
            return from_digits(subject, Self::SHAPE, digits, at).map(Imeisv);
        }
        let mut kept = Kept::new();
        digits(subject.into(), Marks::typed(subject, text)?, true, &mut kept)?;
        kept.block(subject.into(), Self::SHAPE, kept.count()).map(Imeisv)
    }
}

impl Identifier for Imei {
    const KIND: Kind = Kind::Imei;
}

impl Identifier for Imeisv {
    const KIND: Kind = Kind::Imeisv;
}

impl Sealed for Imei {
    const SHAPE: Shape = Shape { min: 14, max: 14, zero_first: true };
    fn block(&self, _: Internal) -> &DigitBlock {
        &self.0
    }
    fn from_block(block: DigitBlock, _: Internal) -> Self {
        Imei(block)
    }
}

impl Sealed for Imeisv {
    const SHAPE: Shape = Shape { min: 16, max: 16, zero_first: true };
    fn block(&self, _: Internal) -> &DigitBlock {
        &self.0
    }
    fn from_block(block: DigitBlock, _: Internal) -> Self {
        Imeisv(block)
    }
}

impl ZeroizeOnDrop for Imei {}
impl ZeroizeOnDrop for Imeisv {}
