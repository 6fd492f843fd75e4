use super::{MAX_ELEMENTS, bounded};
use crate::{
    ct,
    error::{ParseError, ParseErrorKind, Subject},
    identifier::{Identifier, Labelled},
    scope::Scope,
    token::{KeyVersion, Token, first_byte},
};
use alloc::vec::Vec;
use core::{fmt, marker::PhantomData};
use voprf::{BlindedElement, EvaluationElement, Group, Proof, Ristretto255};

/// The public key of one key version, kind and scope. A handset needs it to ask, and to check the answer. The
/// [module](super) has an example.
///
/// All handsets must have the same public key. If one handset is given a separate public key, proofs hold under that
/// key, and the key holder can tell the requests of that handset from the rest. No proof shows this.
///
/// | bytes | |
/// |---|---|
/// | 0 | `K` |
/// | 1 | kind and format version, as in a [`Token`] |
/// | 2, 3 | key version, big-endian |
/// | 4 to 35 | the element `pkS` of RFC 9497 |
/// | 36 to the end | the labels of the scope, each with its length in one byte before it |
///
/// ```
/// # #[cfg(feature = "seal")] {
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// let bytes = evaluator.public_keys().next().unwrap().to_bytes();
/// let public_key = PublicKey::<PhoneNumber>::try_from(&bytes[..])?;
/// assert!(public_key.scope().labels().eq(["contacts"]));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PublicKey<I> {
    pub(super) version: KeyVersion,
    pub(super) element: Element,
    pub(super) scope: Scope,
    kind: PhantomData<fn(I) -> I>,
}

/// Blinded elements, 1 to [`MAX_ELEMENTS`], to be evaluated under one key version.
///
/// | bytes | |
/// |---|---|
/// | 0 | `B` |
/// | 1 | kind and format version, as in a [`Token`] |
/// | 2, 3 | key version, big-endian |
/// | 4, 5 | the number of elements *n*, big-endian |
/// | 6 to 5 + 32 *n* | the elements |
///
/// The key holder sees only this: random elements, whatever the identifiers are. Two requests for the same identifiers
/// have only the number of elements in common.
///
/// ```
/// # #[cfg(feature = "seal")] {
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// # let public_key = evaluator.public_keys().next().unwrap();
/// let bytes = public_key.blind(&[number])?.request().to_bytes();
/// assert_eq!(bytes.len(), 6 + 32);
/// assert_eq!(Request::<PhoneNumber>::try_from(&bytes[..])?.count(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Request<I> {
    pub(super) version: KeyVersion,
    pub(super) elements: Vec<BlindedElement<Ristretto255>>,
    kind: PhantomData<fn(I) -> I>,
}

/// Evaluated elements, in the order of the request, and one proof for all of them.
///
/// | bytes | |
/// |---|---|
/// | 0 | `E` |
/// | 1 | kind and format version, as in a [`Token`] |
/// | 2, 3 | key version, big-endian |
/// | 4, 5 | the number of elements *n*, big-endian |
/// | 6 to 5 + 32 *n* | the elements |
/// | 6 + 32 *n* to 69 + 32 *n* | the proof of RFC 9497: its scalars *c* and *s* |
///
/// ```
/// # #[cfg(feature = "seal")] {
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// # let public_key = evaluator.public_keys().next().unwrap();
/// let bytes = evaluator.evaluate(public_key.blind(&[number])?.request(), |_| true)?.to_bytes();
/// assert_eq!(bytes.len(), 70 + 32);
/// assert_eq!(Response::<PhoneNumber>::try_from(&bytes[..])?.count(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Response<I> {
    pub(super) version: KeyVersion,
    pub(super) elements: Vec<EvaluationElement<Ristretto255>>,
    pub(super) proof: Proof<Ristretto255>,
    kind: PhantomData<fn(I) -> I>,
}

type Element = <Ristretto255 as Group>::Elem;

const PUBLIC_KEY: u8 = b'K';
const REQUEST: u8 = b'B';
const RESPONSE: u8 = b'E';

/// Letter, kind and format version, key version.
const HEADER: usize = 4;
const COUNT: usize = 2;
const ELEMENT: usize = 32;
const SCALAR: usize = 32;
const PROOF: usize = 2 * SCALAR;

impl<I: Identifier> PublicKey<I> {
    pub(super) fn new(version: KeyVersion, element: Element, scope: Scope) -> Self {
        PublicKey { version, element, scope, kind: PhantomData }
    }

    /// The key version of the tags that a handset can ask for with this key.
    pub fn key_version(&self) -> KeyVersion {
        self.version
    }

    /// The scope of the tags that a handset can ask for with this key.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The bytes to publish: 36, then the labels of the scope.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + ELEMENT + self.scope.encoded().len());
        bytes.extend_from_slice(&header::<I>(PUBLIC_KEY, self.version));
        bytes.extend_from_slice(&Ristretto255::serialize_elem(self.element));
        bytes.extend_from_slice(self.scope.encoded());
        bytes.iter_mut().for_each(|byte| *byte = ct::public(*byte, "a public key is for all to see"));
        bytes
    }
}

/// # Errors
/// Checked in this order: there are too few bytes; the letter is wrong; the kind, the format version or the key version
/// is wrong; the element is not one or is the identity; the scope is malformed or has more than 65526 bytes.
impl<I: Identifier> TryFrom<&[u8]> for PublicKey<I> {
    type Error = ParseError;
    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        let subject = Subject::of("public key for", I::KIND);
        let (min, found) = (HEADER + ELEMENT + 2, bytes.len());
        if found < min {
            return Err(ParseError::bytes(subject, "bytes", min, usize::MAX, found));
        }
        let version = read_header::<I>(bytes, PUBLIC_KEY, subject)?;
        let (element, scope) = bytes[HEADER..].split_at(ELEMENT);
        let element = Ristretto255::deserialize_elem(element).map_err(|_| no_element(element, subject, HEADER))?;
        bounded(scope, subject)?;
        let scope = Scope::from_encoded(scope)
            .map_err(|at| ParseError::new(subject, ParseErrorKind::Label).at(HEADER + ELEMENT + at))?;
        Ok(PublicKey::new(version, element, scope))
    }
}

impl<I: Identifier> Request<I> {
    pub(super) fn new(version: KeyVersion, elements: Vec<BlindedElement<Ristretto255>>) -> Self {
        Request { version, elements, kind: PhantomData }
    }

    /// The key version to evaluate under.
    pub fn key_version(&self) -> KeyVersion {
        self.version
    }

    /// How many elements there are: 1 to [`MAX_ELEMENTS`].
    pub fn count(&self) -> usize {
        self.elements.len()
    }

    /// The bytes to send: 6, and 32 for each element.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = with_count::<I>(REQUEST, self.version, self.count(), 0);
        for element in &self.elements {
            bytes.extend_from_slice(&element.serialize());
        }
        bytes.iter_mut().for_each(|byte| *byte = ct::public(*byte, "a blinded element is for the key holder to see"));
        bytes
    }
}

/// # Errors
/// Checked in this order: there are too few bytes; the letter is wrong; the kind, the format version or the key version
/// is wrong; there are no elements or too many; there are too few or too many bytes for them; an element is not one or
/// is the identity.
impl<I: Identifier> TryFrom<&[u8]> for Request<I> {
    type Error = ParseError;
    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        let subject = Subject::of("request for", I::KIND);
        let (version, elements, _) = read::<I>(bytes, REQUEST, 0, subject)?;
        let elements = read_elements(elements, subject, BlindedElement::deserialize)?;
        Ok(Request::new(version, elements))
    }
}

impl<I: Identifier> Response<I> {
    #[cfg(feature = "seal")]
    pub(super) fn new(
        version: KeyVersion,
        elements: Vec<EvaluationElement<Ristretto255>>,
        proof: Proof<Ristretto255>,
    ) -> Self {
        Response { version, elements, proof, kind: PhantomData }
    }

    /// The key version that the response names. [`Blinding::finalize`](super::Blinding::finalize) checks it.
    pub fn key_version(&self) -> KeyVersion {
        self.version
    }

    /// How many elements there are: 1 to [`MAX_ELEMENTS`].
    pub fn count(&self) -> usize {
        self.elements.len()
    }

    /// The bytes to send: 70, and 32 for each element.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = with_count::<I>(RESPONSE, self.version, self.count(), PROOF);
        for element in &self.elements {
            bytes.extend_from_slice(&element.serialize());
        }
        bytes.extend_from_slice(&self.proof.serialize());
        bytes.iter_mut().for_each(|byte| {
            *byte = ct::public(*byte, "an evaluated element and its proof are for the handset to see")
        });
        bytes
    }
}

/// # Errors
/// The errors of a [`Request`]; then: a scalar of the proof is not canonical, or is zero. Only
/// [`Blinding::finalize`](super::Blinding::finalize) checks whether the proof holds.
impl<I: Identifier> TryFrom<&[u8]> for Response<I> {
    type Error = ParseError;
    fn try_from(bytes: &[u8]) -> Result<Self, ParseError> {
        let subject = Subject::of("response for", I::KIND);
        let (version, elements, proof) = read::<I>(bytes, RESPONSE, PROOF, subject)?;
        let elements = read_elements(elements, subject, EvaluationElement::deserialize)?;
        let proof = Proof::deserialize(proof).map_err(|_| {
            let first = Ristretto255::deserialize_scalar(&proof[..SCALAR]).is_ok();
            let at = bytes.len() - PROOF + if first { SCALAR } else { 0 };
            ParseError::new(subject, ParseErrorKind::Scalar).at(at)
        })?;
        Ok(Response { version, elements, proof, kind: PhantomData })
    }
}

fn header<I: Identifier>(letter: u8, version: KeyVersion) -> [u8; HEADER] {
    let [kind, high, low] = Token::<I>::header(version);
    [letter, kind, high, low]
}

/// Header and number of elements, and room for the rest.
fn with_count<I: Identifier>(letter: u8, version: KeyVersion, count: usize, behind: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + COUNT + ELEMENT * count + behind);
    bytes.extend_from_slice(&header::<I>(letter, version));
    bytes.extend_from_slice(&(count as u16).to_be_bytes());
    bytes
}

/// The key version of a header, if the rest of it is as it should be.
fn read_header<I: Identifier>(bytes: &[u8], letter: u8, subject: Subject) -> Result<KeyVersion, ParseError> {
    let refused = |reason, at| Err(ParseError::new(subject, reason).at(at));
    let [own, kind, high, low] = *bytes.first_chunk().expect("the length is checked before");
    let expected = first_byte(I::LETTER);
    if own != letter {
        return refused(ParseErrorKind::MessageLetter { expected: letter.into() }, 0);
    }
    if kind >> 2 != expected >> 2 {
        return refused(ParseErrorKind::KindLetter { expected: I::KIND.letter() }, 1);
    }
    if kind != expected {
        return refused(ParseErrorKind::FormatVersion, 1);
    }
    let version = KeyVersion::try_from(u16::from_be_bytes([high, low]));
    version.or_else(|_| refused(ParseErrorKind::KeyVersion, 2))
}

/// The key version, the bytes of the elements, which are as many as are announced, and the bytes behind them.
fn read<I: Identifier>(
    bytes: &[u8],
    letter: u8,
    behind: usize,
    subject: Subject,
) -> Result<(KeyVersion, &[u8], &[u8]), ParseError> {
    let min = HEADER + COUNT + ELEMENT + behind;
    let found = bytes.len();
    if found < min {
        return Err(ParseError::bytes(subject, "bytes", min, usize::MAX, found));
    }
    let version = read_header::<I>(bytes, letter, subject)?;
    let count = usize::from(u16::from_be_bytes([bytes[HEADER], bytes[HEADER + 1]]));
    if count == 0 || count > MAX_ELEMENTS {
        return Err(ParseError::new(subject, ParseErrorKind::Elements { max: MAX_ELEMENTS })
            .found("elements", count)
            .at(HEADER));
    }
    let expected = HEADER + COUNT + ELEMENT * count + behind;
    if found < expected {
        return Err(ParseError::bytes(subject, "bytes", expected, expected, found));
    }
    if found > expected {
        return Err(ParseError::new(subject, ParseErrorKind::TrailingBytes).at(expected));
    }
    let (elements, behind) = bytes[HEADER + COUNT..].split_at(ELEMENT * count);
    Ok((version, elements, behind))
}

fn read_elements<T>(
    bytes: &[u8],
    subject: Subject,
    read: impl Fn(&[u8]) -> Result<T, voprf::Error>,
) -> Result<Vec<T>, ParseError> {
    let elements = bytes
        .chunks_exact(ELEMENT)
        .enumerate()
        .map(|(i, bytes)| read(bytes).map_err(|_| no_element(bytes, subject, HEADER + COUNT + ELEMENT * i)));
    elements.collect()
}

/// Why bytes are no element that may be there. The identity is 32 zeros and nothing else (RFC 9496 section 4.3.1).
fn no_element(bytes: &[u8], subject: Subject, at: usize) -> ParseError {
    let is_identity = bytes.iter().all(|&byte| byte == 0);
    let reason = if is_identity { ParseErrorKind::IdentityElement } else { ParseErrorKind::Element };
    ParseError::new(subject, reason).at(at)
}

impl<I> Clone for PublicKey<I> {
    fn clone(&self) -> Self {
        PublicKey { version: self.version, element: self.element, scope: self.scope.clone(), kind: PhantomData }
    }
}

impl<I> PartialEq for PublicKey<I> {
    fn eq(&self, other: &Self) -> bool {
        (self.version, self.element, &self.scope) == (other.version, other.element, &other.scope)
    }
}

impl<I> Eq for PublicKey<I> {}

impl<I: Identifier> fmt::Debug for PublicKey<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey")
            .field("kind", &I::KIND)
            .field("key_version", &self.version.get())
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl<I: Identifier> fmt::Debug for Request<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("kind", &I::KIND)
            .field("key_version", &self.version.get())
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}

impl<I: Identifier> fmt::Debug for Response<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("kind", &I::KIND)
            .field("key_version", &self.version.get())
            .field("count", &self.count())
            .finish_non_exhaustive()
    }
}
