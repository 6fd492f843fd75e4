#[cfg(feature = "seal")]
use super::digits::texts::Starts;
use super::{
    Exposed, Identifier,
    digits::{DigitBlock, Shape, digit, unpack},
    reading::{from_digits, from_tbcd, parameters, parameters_start, strip},
    sealed::{Internal, Sealed},
    typography::{Kept, Mark, Marks, Zeros, find, is, is_visible, no_digit, other_form},
};
use crate::{
    ct,
    error::{ParseError, ParseErrorKind, Subject},
    kind::Kind,
};
use core::str::FromStr;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A phone number: the international E.164 number of a subscriber, which 3GPP calls MSISDN.
///
/// It has 7 to 15 digits with the country code first, and the first digit is not 0. 15 is the maximum of E.164. 7 is
/// telseal's own minimum; a GPSI may have 5. [`FromStr`] reads
///
/// | form | example | source |
/// |---|---|---|
/// | E.164 with `+` | `+442079460018`, `+44 20 7946 0018` | ITU-T E.123 |
/// | the same with other separators | `+44 (20) 7946-0018`, `+44.20.7946.0018`, `(+44) 20/7946 0018` | RFC 3966 section 5.1.1, and as people type |
/// | `tel:` URI of a global number | `tel:+44-20-7946-0018;npdi` | RFC 3966 section 3 |
/// | SIP URI of a global number | `sip:+442079460018@example.com;user=phone` | RFC 3261 section 19.1.6 |
/// | GPSI | `msisdn-442079460018` | 3GPP TS 29.571 table 5.3.2-1 |
///
/// **Separators.** White space, hyphens, `.`, `/` and `·` between the digits are skipped. Parentheses must be in pairs
/// and not nested. Invisible characters are skipped. White space, hyphens and decimal digits of other scripts are read
/// like those of ASCII. SPEC.md, section "Typed text", has the tables.
///
/// **URIs.** The parameters of a URI are dropped, except `ext` and `isub`: these name something other than the
/// subscriber and are refused. A SIP URI must have `user=phone`.
///
/// **What is refused.** A number without a country code is refused. So is a trunk prefix after the country code (`+44
/// (0)20 …`, `+44 020 …`), except under country codes whose numbers can begin with 0, such as 39: to read it would be
/// to guess. [`from_msisdn`](Self::from_msisdn) reads digits alone.
///
/// **What cannot be refused.** This crate knows no numbering plan. It reads the ends of `+44 20 7946 0018-19` and `+44
/// 20 7946 0018 (12)` as digits of the number, because `+33 1 99 00 00 18` has the same form. It refuses only a `.0` or
/// `.00` at the end that is the only separator: a spreadsheet wrote it. The package `telseal-national` knows the plans
/// and refuses a number that is too long for its country.
///
/// ```
/// use telseal::PhoneNumber;
///
/// let number: PhoneNumber = "+44 (20) 7946-0018".parse()?;
/// assert_eq!(number, "tel:+44-20-7946-0018;npdi".parse()?);
/// assert_eq!(number, PhoneNumber::from_msisdn("442079460018")?);
/// assert_eq!(&*number.expose_e164(), "+442079460018");
/// assert_eq!(number, "sip:+442079460018@example.com;user=phone".parse()?);
///
/// assert!("020 7946 0018".parse::<PhoneNumber>().is_err());
/// assert!("+44 (0)20 7946 0018".parse::<PhoneNumber>().is_err());
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
    /// The octets do not show their layout. Read in the wrong layout, they are a different number. So the caller must
    /// know it:
    ///
    /// | interface | layout | read by |
    /// |---|---|---|
    /// | Diameter (S6a, Gx, Rf): MSISDN AVP, TS 29.329 clause 6.3.2 | TBCD | `from_tbcd` |
    /// | GTPv2-C: MSISDN, TS 29.274 clause 8.11 | TBCD | `from_tbcd` |
    /// | MAP: ISDN-AddressString, TS 29.002 clause 17.7.8 | type of address, TBCD | [`from_address_string`](Self::from_address_string) |
    /// | GTPv1-C: MSISDN, TS 29.060 clause 7.7.33 | type of address, TBCD | `from_address_string` |
    /// | charging records: served MSISDN, TS 32.298 clause 5.1 | type of address, TBCD | `from_address_string` |
    /// | MAP, GTP, Diameter: IMSI | TBCD | [`Imsi::from_tbcd`](crate::Imsi::from_tbcd) |
    /// | NAS: mobile identity, TS 24.008 clause 10.5.1.4, TS 24.301 clause 9.9.3.12 | digit 1 beside the type | [`Imsi::from_mobile_identity`](crate::Imsi::from_mobile_identity), [`Imei::from_mobile_identity`](crate::Imei::from_mobile_identity) |
    /// | SIM: EF_IMSI, TS 31.102 clause 4.2.2 | length, mobile identity | [`Imsi::from_ef_imsi`](crate::Imsi::from_ef_imsi) |
    ///
    /// An address string that begins with 91 is also TBCD of a number +19…, and is read as that number. A first octet
    /// that is a type of address and not two digits (A1) is refused.
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
    /// There are too few or too many octets, a nibble is not a digit, a filler is before the end, the first digit is 0,
    /// or the first octet is a type of address.
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
            && !has_trunk_zero(&block)
        {
            return Ok(PhoneNumber(block));
        }
        from_text(text)
    }
}

/// Reads all forms but digits alone behind a `+`.
fn from_text(text: &str) -> Result<PhoneNumber, ParseError> {
    let (subject, shape) = (PhoneNumber::KIND.into(), PhoneNumber::SHAPE);
    if let Some(groups) = text.as_bytes().strip_prefix(b"+")
        && let Some(block) = shape.pack_groups(groups)
        && !has_trunk_zero(&block)
    {
        return Ok(PhoneNumber(block));
    }
    if let Some((digits, at)) = strip(text.as_bytes(), "msisdn-") {
        return from_digits(subject, shape, digits, at).map(PhoneNumber);
    }
    let marks = Marks::typed(subject, text)?;
    if marks.behind_plus().is_some() {
        return global_number(subject, shape, marks).map(PhoneNumber);
    }
    if let Some(number) = marks.behind("tel:") {
        return subscriber(number).map(PhoneNumber);
    }
    for scheme in ["sip:", "sips:"] {
        if let Some(uri) = marks.behind(scheme) {
            return from_sip(uri).map(PhoneNumber);
        }
    }
    Err(match other_form(subject, &marks) {
        Some(kind) => ParseError::new(subject, kind).at(marks.at()),
        None => without_plus(marks),
    })
}

/// A global number and its parameters (RFC 3966 section 3).
fn subscriber(marks: Marks<'_>) -> Result<DigitBlock, ParseError> {
    let end = parameters_start(marks.text().as_bytes());
    let (number, rest) = marks.split_at(end);
    if number.behind_plus().is_none() {
        return Err(match number.clone().next() {
            None => ParseError::new(PhoneNumber::KIND, ParseErrorKind::UnknownForm).at(number.at()),
            Some(_) => without_plus(number),
        });
    }
    let digits = global_number(PhoneNumber::KIND.into(), PhoneNumber::SHAPE, number)?;
    parameters(PhoneNumber::KIND, rest.text().as_bytes(), rest.at(), |name| match name {
        b"ext" | b"isub" => Err(ParseErrorKind::Extension),
        _ => Ok(()),
    })?;
    Ok(digits)
}

/// The user part of a SIP URI, which is a number where `user=phone` says so (RFC 3261 section 19.1.6).
fn from_sip(uri: Marks<'_>) -> Result<DigitBlock, ParseError> {
    let refused = |at| Err(ParseError::new(PhoneNumber::KIND, ParseErrorKind::SipUri).at(at));
    let at = uri.at();
    let Some(end) = find(uri.text().as_bytes(), b'@') else { return refused(at) };
    let (user, host) = uri.split_at(end);
    let host = &host.text().as_bytes()[1..];
    let host = &host[..find(host, b'?').unwrap_or(host.len())];
    let mut parts = host.split(|&byte| is(byte, b';'));
    let named = parts.next().is_some_and(|name| !name.is_empty()) && host.iter().all(|&byte| is_visible(byte));
    if !named || !parts.any(|part| part.eq_ignore_ascii_case(b"user=phone")) || user.behind_plus().is_none() {
        return refused(at);
    }
    subscriber(user)
}

/// Why digits without `+` are not read.
fn without_plus(marks: Marks<'_>) -> ParseError {
    let at = marks.at();
    let mut kept = Kept::new();
    let mut grouped = false; // whether the first three digits stand alone
    for (at, mark) in marks {
        match mark {
            Mark::Digit(digit) => kept.push(digit, at),
            Mark::Other(_) | Mark::Plus if kept.count() == 0 => break,
            Mark::Other(_) | Mark::Plus => {}
            _ => grouped |= kept.count() == 3,
        }
    }
    // National numbers have 11 digits with the trunk prefix in some countries, and may begin with 011.
    let may_be_011 = grouped || kept.count() > 11;
    let kind = match kept.count() {
        0 => ParseErrorKind::UnknownForm,
        _ if kept.begins_with(b"00") || (may_be_011 && kept.begins_with(b"011")) => ParseErrorKind::InternationalPrefix,
        _ if kept.begins_with(b"0") => ParseErrorKind::NationalNumber,
        _ => ParseErrorKind::NoCountryCode,
    };
    ParseError::new(PhoneNumber::KIND, kind).at(at)
}

impl Identifier for PhoneNumber {
    const KIND: Kind = Kind::PhoneNumber;
}

impl Sealed for PhoneNumber {
    const SHAPE: Shape = Shape { min: 7, max: 15, zero_first: false };
    const PLAIN: Option<&'static [u8]> = Some(b"+");
    #[cfg(feature = "seal")]
    #[inline(always)]
    fn turn_starts(blocks: &[u64; 64], starts: &mut Starts, _: Internal) {
        starts.turn(blocks);
    }
    #[cfg(feature = "seal")]
    #[inline(always)]
    fn refuse_starts(starts: &Starts, _: Internal) -> u64 {
        trunk_zeros(starts.places())
    }
    fn block(&self, _: Internal) -> &DigitBlock {
        &self.0
    }
    fn from_block(block: DigitBlock, _: Internal) -> Self {
        PhoneNumber(block)
    }
}

impl ZeroizeOnDrop for PhoneNumber {}

/// Reads a plus sign, digits and what may stand between them.
pub(crate) fn global_number(subject: Subject, shape: Shape, marks: Marks<'_>) -> Result<DigitBlock, ParseError> {
    let refused = |kind, at| Err(ParseError::new(subject, kind).at(at));
    let Some((mut marks, open)) = marks.behind_plus() else { return refused(ParseErrorKind::UnknownForm, marks.at()) };
    let start = marks.clone();
    let mut kept = Kept::new();
    let mut group = open.map(|at| (at, 0)); // where the open parenthesis stands, and how many digits before it
    let (mut separators, mut since_digit) = (0, 0);
    let mut between = None; // where a character stands that must have digits on both sides
    let (mut dot, mut last_dot) = ((0, 0), None); // the last one that a digit follows, and the last one
    while let Some((at, mark)) = marks.step() {
        match mark {
            Mark::Digit(digit) => {
                // What stands before the first digit or behind the last one separates nothing.
                separators += if kept.count() > 0 { since_digit } else { 0 };
                (since_digit, between) = (0, None);
                dot = last_dot.take().unwrap_or(dot);
                kept.push(digit, at);
                continue;
            }
            Mark::Space | Mark::Hyphen => {}
            Mark::Slash | Mark::MiddleDot if kept.count() > 0 => between = Some(at),
            Mark::Dot => last_dot = Some((at, kept.count())),
            Mark::Open if group.is_none() => group = Some((at, kept.count())),
            Mark::Close if group.is_some() => {
                // Zeros alone are for calls from inside the country, or to be told from other digits by nobody.
                if let Some((_, before)) = group.take()
                    && kept.are_zeros(before, Zeros::Trunk)
                {
                    return refused(ParseErrorKind::TrunkPrefix, kept.place(before));
                }
            }
            Mark::Open | Mark::Close => return refused(ParseErrorKind::Parenthesis, at),
            Mark::Other(char) if kept.count() >= shape.min && is_extension(char, marks) => {
                return refused(ParseErrorKind::Extension, at);
            }
            _ => return Err(no_digit(subject, &start, at)),
        }
        since_digit += 1;
    }
    if let Some((at, _)) = group {
        return refused(ParseErrorKind::Parenthesis, at);
    }
    if let Some(at) = between {
        return Err(no_digit(subject, &start, at));
    }
    let (at, before) = dot;
    if separators == 1 && before > 0 && kept.count() <= before + 2 && kept.are_zeros(before, Zeros::Decimal) {
        return refused(ParseErrorKind::DecimalPart, at);
    }
    let block = kept.block(subject, shape, kept.count())?;
    match has_trunk_zero(&block) {
        true => {
            let length = ct::public(country_code_length(block.word()), "a trunk prefix is notation, not the number");
            refused(ParseErrorKind::TrunkPrefix, kept.place(length as usize))
        }
        false => Ok(block),
    }
}

/// Whether the rest of a text is an extension as people write it: `ext. 12`, `x12`, `#12`, `,,12` for pauses.
fn is_extension(first: char, mut rest: Marks<'_>) -> bool {
    let is_one_of = |label: &str, char: char| label.contains(char.to_ascii_lowercase());
    let mut digits = 0;
    let fits = rest.all(|(_, mark)| match mark {
        Mark::Digit(_) => {
            digits += 1;
            true
        }
        Mark::Other(char) => digits == 0 && is_one_of("extnsio#,;pw", char),
        Mark::Space | Mark::Dot => digits == 0,
        _ => false,
    });
    // More digits are another number.
    fits && is_one_of("ex#,;pw", first) && (1..=7).contains(&digits)
}

/// The country codes of two digits: the first digit, and the second from one to another. One digit have 1 and 7, three all
/// others (ITU-T E.164, list of assigned codes).
const TWO_DIGITS: [(u8, u8, u8); 14] = [
    (2, 0, 0),
    (2, 7, 7),
    (3, 0, 4),
    (3, 6, 6),
    (3, 9, 9),
    (4, 0, 1),
    (4, 3, 9),
    (5, 1, 8),
    (6, 0, 6),
    (8, 1, 2),
    (8, 4, 4),
    (8, 6, 6),
    (9, 0, 5),
    (9, 8, 8),
];
/// The country codes behind which a number begins with 0, by the metadata of libphonenumber 9.0.43, and whose plans
/// have no trunk prefix 0 that it could be taken for. Frozen with the format.
const ZERO_BEHIND: [u16; 22] =
    [39, 47, 225, 226, 227, 229, 241, 242, 247, 267, 268, 378, 501, 676, 679, 687, 800, 853, 881, 888, 974, 992];

/// A bit for each number below 100.
const fn codes(ranges: &[(u8, u8, u8)]) -> [u64; 2] {
    let mut bits = [0; 2];
    let mut at = 0;
    while at < ranges.len() {
        let (first, from, to) = ranges[at];
        let mut code = 10 * first + from;
        while code <= 10 * first + to {
            bits[code as usize / 64] |= 1 << (code % 64);
            code += 1;
        }
        at += 1;
    }
    bits
}

/// Whether a zero stands behind the country code where no subscriber's number has one.
#[inline(always)]
fn has_trunk_zero(block: &DigitBlock) -> bool {
    ct::public(trunk_zero(block.word()), "a trunk prefix is notation, not the number") == 1
}

/// 1 where a zero stands behind the country code and no number of the country begins with one. No branch and no address
/// depends on the digits.
#[inline(always)]
fn trunk_zero(block: u64) -> u64 {
    let zero = digit(block, country_code_length(block) as usize).wrapping_sub(1) >> 63;
    zero & !zero_behind(block & 0xFFF)
}

/// The block of a number that is read in every form: with a one where a trunk prefix would stand.
#[cfg(feature = "arbitrary")]
pub(super) fn without_trunk_zero(block: u64) -> u64 {
    block | trunk_zero(block) << (4 * country_code_length(block))
}

/// How many digits the country code has: 1, 2 or 3.
#[inline(always)]
fn country_code_length(block: u64) -> u64 {
    let [first, second] = [block & 0xF, block >> 4 & 0xF];
    3 - 2 * is_of_one(first) - has(const { codes(&TWO_DIGITS) }, 10 * first + second)
}

/// 1 for the first digit of a country code of one digit.
#[inline(always)]
fn is_of_one(first: u64) -> u64 {
    (1 << 1 | 1 << 7) >> first & 1
}

/// The bit of a number below 128. The two bits are chosen from, not the two words: the compiler would choose between
/// constants by an address. What a filler makes of a number does not matter: no zero stands behind one.
#[inline(always)]
fn has(codes: [u64; 2], number: u64) -> u64 {
    let [low, high] = codes.map(|bits| bits >> (number & 63));
    (low ^ (low ^ high) & number >> 6) & 1
}

/// 1 for the first three digits of a number, in the nibbles of a word, whose country code is in [`ZERO_BEHIND`] and behind
/// whose country code a zero stands.
///
/// A product gives a bit of a word, and a second product a bit of another. Both bits are set for these codes. For the
/// others one of them is 0: the factors were looked for until that was so.
#[inline(always)]
fn zero_behind(code: u64) -> u64 {
    const WORDS: [u64; 2] = [word_of(FACTORS[0]), word_of(FACTORS[1])];
    let bit = |i: usize| WORDS[i] >> (code.wrapping_mul(FACTORS[i]) >> 58);
    bit(0) & bit(1) & 1
}

const FACTORS: [u64; 2] = [0x7393_AB37_46A4_D768, 0x4354_22EE_BAA4_B775];

/// The bits of all codes in [`ZERO_BEHIND`].
const fn word_of(factor: u64) -> u64 {
    let (mut word, mut at) = (0, 0);
    while at < STARTS.len() {
        let [one, two, three] = STARTS[at];
        let start = one as u64 | (two as u64) << 4 | (three as u64) << 8;
        word |= 1 << (start.wrapping_mul(factor) >> 58);
        at += 1;
    }
    word
}

/// The first three digits of the numbers of each code in [`ZERO_BEHIND`]. Behind a code of two digits stands the zero.
const STARTS: [[u8; 3]; ZERO_BEHIND.len()] = {
    let (mut starts, mut at) = ([[0; 3]; ZERO_BEHIND.len()], 0);
    while at < starts.len() {
        let code = if ZERO_BEHIND[at] < 100 { 10 * ZERO_BEHIND[at] } else { ZERO_BEHIND[at] };
        starts[at] = [(code / 100) as u8, (code / 10 % 10) as u8, (code % 10) as u8];
        at += 1;
    }
    starts
};

/// A loop without a loop: the compiler would look each item up, and the words by it.
#[cfg(feature = "seal")]
macro_rules! each {
    ($list:ident, $($at:literal)*, |$item:pat_param| $body:block) => {
        const { assert!($list.len() == [$($at),*].len()) };
        $({
            let $item = const { $list[$at] };
            $body
        })*
    };
}

/// A bit for each of many numbers: the same as [`trunk_zero`]. Nothing is shifted by a digit, and no table is indexed by one.
#[cfg(feature = "seal")]
#[inline(always)]
fn trunk_zeros([first, second, third, fourth]: &[[u64; 16]; 4]) -> u64 {
    let (mut of_two, mut zero_behind) = (0, 0);
    each!(TWO_DIGITS, 0 1 2 3 4 5 6 7 8 9 10 11 12 13, |(tens, from, to)| {
        let units = second[from as usize..to as usize + 1].iter().fold(0, |any, blocks| any | blocks);
        of_two |= first[tens as usize] & units;
    });
    each!(STARTS, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21, |[one, two, three]| {
        zero_behind |= first[one as usize] & second[two as usize] & third[three as usize];
    });
    let of_one = first[1] | first[7];
    let zero = of_one & second[0] | of_two & third[0] | !(of_one | of_two) & fourth[0];
    zero & !zero_behind
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the compiler computes, once more as the program runs.
    #[test]
    fn words_of_the_lists() {
        assert_eq!(codes(core::hint::black_box(&[(2, 0, 0), (2, 7, 8), (9, 8, 8)])), [(1 << 20) | (3 << 27), 1 << 34]);
        for factor in core::hint::black_box(FACTORS) {
            assert!((1..=22).contains(&word_of(factor).count_ones()));
        }
    }

    /// All numbers of four digits, by the lists: one by one, and 64 at once.
    #[test]
    fn every_country_code_and_a_zero_behind_it() {
        let mut all = std::vec::Vec::new();
        for number in 1000_u64..10_000 {
            let digits = [number / 1000, number / 100 % 10, number / 10 % 10, number % 10];
            let block = digits.iter().rev().fold(u64::MAX, |block, digit| block << 4 | digit);
            let in_tens = |&(tens, from, to): &(u8, u8, u8)| {
                digits[0] == u64::from(tens) && (u64::from(from)..=u64::from(to)).contains(&digits[1])
            };
            let length = match digits[0] {
                1 | 7 => 1,
                _ if TWO_DIGITS.iter().any(in_tens) => 2,
                _ => 3,
            };
            let code = number / 10_u64.pow(4 - length);
            let expected = digits[length as usize] == 0 && !ZERO_BEHIND.iter().any(|&zero| u64::from(zero) == code);
            assert_eq!(trunk_zero(block), u64::from(expected), "{number}");
            assert_eq!(country_code_length(block), u64::from(length));
            all.push((block, expected));
        }
        #[cfg(feature = "seal")]
        for many in all.windows(64) {
            let mut starts = Starts::EMPTY;
            starts.turn(&core::array::from_fn(|i| many[i].0));
            let refused = trunk_zeros(starts.places());
            assert!(many.iter().enumerate().all(|(i, (_, expected))| (refused >> i & 1 == 1) == *expected));
        }
    }
}
