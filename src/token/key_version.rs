use crate::error::{ParseError, ParseErrorKind, Subject};
use core::{fmt, num::NonZeroU16, str::FromStr};

/// The number of a key: 1 to 65535. A newer key has a higher number.
///
/// ```
/// use telseal::KeyVersion;
///
/// let version = KeyVersion::try_from(258)?;
/// assert_eq!(version.get(), 258);
/// assert_eq!("258".parse(), Ok(version));
/// assert!(KeyVersion::try_from(0).is_err());
/// assert!(KeyVersion::FIRST < version);
/// # Ok::<(), telseal::ParseError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion(NonZeroU16);

impl KeyVersion {
    /// Version 1.
    pub const FIRST: Self = KeyVersion(NonZeroU16::MIN);

    /// The number, 1 to 65535.
    pub const fn get(self) -> u16 {
        self.0.get()
    }

    /// The next version, or `None` after 65535.
    pub const fn next(self) -> Option<Self> {
        match self.0.checked_add(1) {
            Some(version) => Some(KeyVersion(version)),
            None => None,
        }
    }
}

/// # Errors
/// The number is 0.
impl TryFrom<u16> for KeyVersion {
    type Error = ParseError;
    fn try_from(version: u16) -> Result<Self, ParseError> {
        NonZeroU16::new(version)
            .map(KeyVersion)
            .ok_or(ParseError::new(Subject::new("key version"), ParseErrorKind::KeyVersion))
    }
}

impl From<KeyVersion> for u16 {
    fn from(version: KeyVersion) -> u16 {
        version.get()
    }
}

/// Reads the number in decimal digits, as `Display` writes it. Leading zeros are allowed.
///
/// # Errors
/// The text is anything but a number from 1 to 65535.
impl FromStr for KeyVersion {
    type Err = ParseError;
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let number = if text.starts_with('+') { None } else { text.parse().ok() };
        number.map(KeyVersion).ok_or(ParseError::new(Subject::new("key version"), ParseErrorKind::KeyVersion))
    }
}

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
