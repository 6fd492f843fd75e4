use super::{
    Exposed, Identifier,
    digits::{DigitBlock, Shape, unpack},
    reading::{from_digits, from_mobile_identity, from_tbcd, strip},
    sealed::{Internal, Sealed},
    typography::{Kept, Marks, digits},
};
use crate::{
    ct,
    error::{ParseError, ParseErrorKind},
    kind::Kind,
};
use core::str::FromStr;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// An IMSI: the international mobile subscription identity of ITU-T E.212 and 3GPP TS 23.003 clause 2.2.
///
/// It has 6 to 15 digits: mobile country code (MCC, 3 digits), mobile network code (MNC, 2 or 3), mobile subscription
/// identification number (MSIN). 15 is the maximum of the clause. 6 is telseal's own minimum; a SUPI may have 5.
/// [`FromStr`] reads digits (`001010123456789`), also with white space and hyphens between them, and the SUPI of 3GPP
/// TS 29.571 table 5.3.2-1 (`imsi-001010123456789`).
///
/// The length of the MNC depends on the MCC and cannot be read from the digits. So the IMSI is kept unsplit, and the
/// methods that split it take the [`MncLength`].
///
/// ```
/// use telseal::{Imsi, MncLength};
///
/// let imsi: Imsi = "imsi-001010123456789".parse()?;
/// assert_eq!(&*imsi.expose_mcc(), "001");
/// assert_eq!(&*imsi.expose_mnc(MncLength::Two), "01");
/// assert_eq!(&*imsi.expose_msin(MncLength::Two), "0123456789");
/// # Ok::<(), telseal::ParseError>(())
/// ```
///
/// There is no `Display` and no plaintext `Debug`. Comparison takes constant time. The digits are wiped on drop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Imsi(DigitBlock);

/// The number of digits in a mobile network code. 04 and 004 are two different networks.
///
/// ```
/// use telseal::{Imsi, MncLength};
///
/// let imsi: Imsi = "001010123456789".parse()?;
/// assert_eq!(&*imsi.expose_mnc(MncLength::Two), "01");
/// assert_eq!(&*imsi.expose_mnc(MncLength::Three), "010");
/// # Ok::<(), telseal::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MncLength {
    /// 2 digits, as in most of the world.
    Two = 2,
    /// 3 digits, as in North America.
    Three = 3,
}

impl Imsi {
    /// Reads what [`FromStr`] reads if it has all 15 digits. Use it for a file that may come from a spreadsheet. A
    /// spreadsheet drops leading zeros: `001010123456789` becomes `1010123456789`, an IMSI of another network.
    ///
    /// # Errors
    /// The text has fewer than 15 digits; the IMSIs of most networks have 15. Also the errors of `FromStr`.
    pub fn from_full(text: &str) -> Result<Self, ParseError> {
        from_text(text, Shape { min: 15, ..Self::SHAPE })
    }

    /// Reads 3 to 8 octets of TBCD (3GPP TS 29.002 clause 17.7.8).
    ///
    /// # Errors
    /// There are too few or too many octets, a nibble is not a digit, or a filler is before the end.
    pub fn from_tbcd(octets: &[u8]) -> Result<Self, ParseError> {
        from_tbcd(Self::KIND, Self::SHAPE, octets, 0).map(Imsi)
    }

    /// Reads a mobile identity of type IMSI, the contents of 3GPP TS 24.008 clause 10.5.1.4 and TS 24.301 clause
    /// 9.9.3.12: 4 to 8 octets. The first octet has the first digit, the odd/even bit and the type.
    ///
    /// # Errors
    /// There are too few or too many octets, the type of identity is another one, the odd/even bit does not fit, or a
    /// nibble is not a digit.
    pub fn from_mobile_identity(octets: &[u8]) -> Result<Self, ParseError> {
        from_mobile_identity(Self::KIND, Self::SHAPE, octets, &[1], 0).map(Imsi)
    }

    /// Reads the file EF_IMSI of a SIM (3GPP TS 31.102 clause 4.2.2): one octet with the number of octets of the IMSI,
    /// the IMSI as [`from_mobile_identity`](Self::from_mobile_identity) reads it, and octets `FF` up to 9 octets in
    /// all.
    ///
    /// # Errors
    /// The length does not fit the octets after it, or an octet after the IMSI is not `FF`. Also the errors of
    /// `from_mobile_identity`.
    pub fn from_ef_imsi(file: &[u8]) -> Result<Self, ParseError> {
        let refused = |at| Err(ParseError::new(Self::KIND, ParseErrorKind::LengthOctet).at(at));
        let [length, octets @ ..] = file else { return Err(ParseError::bytes(Self::KIND, "octets", 5, 9, 0)) };
        if octets.len() > 8 {
            return Err(ParseError::bytes(Self::KIND, "octets", 5, 9, file.len()));
        }
        let length = usize::from(ct::public(*length, "how long an IMSI is"));
        let Some((identity, padding)) = octets.split_at_checked(length) else { return refused(0) };
        if let Some(at) = padding.iter().position(|&octet| ct::public(octet != 0xFF, "how long an IMSI is")) {
            return refused(1 + length + at);
        }
        from_mobile_identity(Self::KIND, Self::SHAPE, identity, &[1], 1).map(Imsi)
    }

    /// 6 to 15 digits.
    pub fn expose_digits(&self) -> Exposed<str> {
        self.text("", 0, self.0.len())
    }

    /// `imsi-` and 6 to 15 digits: the SUPI of 3GPP TS 29.571.
    pub fn expose_supi(&self) -> Exposed<str> {
        self.text("imsi-", 0, self.0.len())
    }

    /// 3 to 8 octets of TBCD.
    pub fn expose_tbcd(&self) -> Exposed<[u8]> {
        let octets = Zeroizing::new(self.0.word().to_le_bytes());
        Exposed::new(&[&octets[..self.0.len().div_ceil(2)]])
    }

    /// The mobile country code, 3 digits.
    pub fn expose_mcc(&self) -> Exposed<str> {
        self.text("", 0, 3)
    }

    /// The mobile network code, 2 or 3 digits.
    pub fn expose_mnc(&self, length: MncLength) -> Exposed<str> {
        self.text("", 3, 3 + length as usize)
    }

    /// The mobile subscription identification number: the digits after the network code, 0 to 10 of them.
    pub fn expose_msin(&self, length: MncLength) -> Exposed<str> {
        self.text("", 3 + length as usize, self.0.len())
    }

    fn text(&self, prefix: &str, start: usize, end: usize) -> Exposed<str> {
        Exposed::new(&[prefix.as_bytes(), &unpack(self.0.word())[start..end]])
    }
}

impl FromStr for Imsi {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        from_text(text, Self::SHAPE)
    }
}

fn from_text(text: &str, shape: Shape) -> Result<Imsi, ParseError> {
    let subject = Imsi::KIND.into();
    if let Ok(block) = shape.pack(text.as_bytes()) {
        return Ok(Imsi(block));
    }
    if let Some((digits, at)) = strip(text.as_bytes(), "imsi-") {
        return from_digits(subject, shape, digits, at).map(Imsi);
    }
    if let Some(block) = shape.pack_groups(text.as_bytes()) {
        return Ok(Imsi(block));
    }
    let mut kept = Kept::new();
    digits(subject, Marks::typed(subject, text)?, false, &mut kept)?;
    kept.block(subject, shape, kept.count()).map(Imsi)
}

impl Identifier for Imsi {
    const KIND: Kind = Kind::Imsi;
}

impl Sealed for Imsi {
    const SHAPE: Shape = Shape { min: 6, max: 15, zero_first: true };
    const PLAIN: Option<&'static [u8]> = Some(b"");
    fn block(&self, _: Internal) -> &DigitBlock {
        &self.0
    }
    fn from_block(block: DigitBlock, _: Internal) -> Self {
        Imsi(block)
    }
}

impl ZeroizeOnDrop for Imsi {}
