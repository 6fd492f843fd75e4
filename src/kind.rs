use core::fmt;

/// The kinds of identifier. The kind stands in the first character of a token's text and is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// [`PhoneNumber`](crate::PhoneNumber): 7 to 15 digits.
    PhoneNumber,
    /// [`Imsi`](crate::Imsi): 6 to 15 digits.
    Imsi,
    /// [`Imei`](crate::Imei): 14 digits, the check digit not counted.
    Imei,
    /// [`Imeisv`](crate::Imeisv): 16 digits.
    Imeisv,
}

impl Kind {
    /// The letter that a token of this kind begins with: `P`, `S`, `E` or `V`.
    pub const fn letter(self) -> char {
        match self {
            Kind::PhoneNumber => 'P',
            Kind::Imsi => 'S',
            Kind::Imei => 'E',
            Kind::Imeisv => 'V',
        }
    }
}

/// The name in prose: "phone number", "IMSI", "IMEI" or "IMEISV".
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
