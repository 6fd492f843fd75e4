use core::fmt;

/// The kinds of identifier. The first character of a token's text names the kind, and the token authenticates it.
///
/// ```
/// use telseal::{Identifier, Kind, PhoneNumber};
///
/// assert_eq!(PhoneNumber::KIND, Kind::PhoneNumber);
/// assert_eq!(Kind::PhoneNumber.letter(), 'P');
/// assert_eq!(Kind::Imei.to_string(), "IMEI");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// [`PhoneNumber`](crate::PhoneNumber): 7 to 15 digits.
    PhoneNumber,
    /// [`Imsi`](crate::Imsi): 6 to 15 digits.
    Imsi,
    /// [`Imei`](crate::Imei): 14 digits, without the check digit.
    Imei,
    /// [`Imeisv`](crate::Imeisv): 16 digits.
    Imeisv,
}

impl Kind {
    /// The letter at the beginning of the text of each token of this kind: `P`, `S`, `E` or `V`.
    pub const fn letter(self) -> char {
        match self {
            Kind::PhoneNumber => 'P',
            Kind::Imsi => 'S',
            Kind::Imei => 'E',
            Kind::Imeisv => 'V',
        }
    }
}

/// Writes the name in prose: "phone number", "IMSI", "IMEI" or "IMEISV".
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Kind::PhoneNumber => "phone number",
            Kind::Imsi => "IMSI",
            Kind::Imei => "IMEI",
            Kind::Imeisv => "IMEISV",
        })
    }
}
