use super::{DEPTH, MAX_ELEMENTS, PublicKey, Request, Response, input, random::SystemRandom};
use crate::{
    ct,
    identifier::Identifier,
    stack,
    token::{KeyVersion, Tag},
};
use alloc::vec::Vec;
use core::{error::Error, fmt};
use rand_core::{CryptoRng, RngCore};
use voprf::{Ristretto255, VoprfClient, VoprfClientBlindResult};
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// The state that a handset keeps between its request and the response: identifiers and blinds. [`PublicKey::blind`]
/// makes it. The [module](super) has an example.
///
/// Use a blinding for one response. To ask again, blind again: then the key holder cannot tell that it was asked for
/// the same identifiers. If no response arrives, the same request may be sent again.
///
/// Identifiers and blinds are wiped on drop. Blinding and finalizing also wipe the stack below them, as far as they
/// use it themselves: a thread of 16 KiB is enough (64 KiB with debug assertions).
///
/// ```
/// # #[cfg(feature = "seal")] {
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// # let public_key = evaluator.public_keys().next().unwrap();
/// let blinding = public_key.blind(&[number.clone()])?;
/// let response = evaluator.evaluate(blinding.request(), |_| true)?;
/// assert_eq!(blinding.finalize(&response)?, [evaluator.tag(&number)]);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Blinding<I> {
    public_key: PublicKey<I>,
    inputs: Vec<Zeroizing<Vec<u8>>>,
    clients: Vec<VoprfClient<Ristretto255>>,
    request: Request<I>,
}

impl<I: Identifier> PublicKey<I> {
    /// Blinds 1 to [`MAX_ELEMENTS`] identifiers, each with its own random scalar.
    ///
    /// # Errors
    /// [`BlindError::Count`] if there are no identifiers or too many; [`BlindError::Random`] if the operating system
    /// gives no random bytes.
    pub fn blind(&self, identifiers: &[I]) -> Result<Blinding<I>, BlindError> {
        self.blind_with(identifiers, SystemRandom::default())
    }

    pub(super) fn blind_with(&self, identifiers: &[I], mut random: SystemRandom) -> Result<Blinding<I>, BlindError> {
        if identifiers.is_empty() || identifiers.len() > MAX_ELEMENTS {
            return Err(BlindError::Count(identifiers.len()));
        }
        let inputs = identifiers.iter().map(|identifier| input(&self.scope, identifier)).collect();
        let blinding = self.blind_inputs(inputs, &mut random);
        random.unless_failed(blinding).ok_or(BlindError::Random)
    }

    /// `Blind` of RFC 9497 section 3.3.1, for many.
    pub(super) fn blind_inputs(
        &self,
        inputs: Vec<Zeroizing<Vec<u8>>>,
        random: &mut (impl RngCore + CryptoRng),
    ) -> Blinding<I> {
        // As many as there will be, so that they do not grow, which would leave copies behind.
        let mut clients = Vec::with_capacity(inputs.len());
        let mut elements = Vec::with_capacity(inputs.len());
        stack::wiping::<DEPTH, _>(|| {
            for input in &inputs {
                let blinded = VoprfClient::blind(input, random).expect("an input has at most 65535 bytes");
                let VoprfClientBlindResult { state, message } = blinded;
                clients.push(state);
                elements.push(message);
            }
        });
        Blinding { public_key: self.clone(), inputs, clients, request: Request::new(self.version, elements) }
    }
}

impl<I: Identifier> Blinding<I> {
    /// The request to send to the key holder.
    pub fn request(&self) -> &Request<I> {
        &self.request
    }

    /// Checks the proof that the elements of the request were evaluated under the public key. Returns the tags in the
    /// order of the identifiers.
    ///
    /// # Errors
    /// [`FinalizeError::KeyVersion`] or [`FinalizeError::Count`] if the response answers another request;
    /// [`FinalizeError::NotProven`] if its proof does not hold. On an error it returns no tag at all.
    pub fn finalize(&self, response: &Response<I>) -> Result<Vec<Tag<I>>, FinalizeError> {
        if response.version != self.public_key.version {
            return Err(FinalizeError::KeyVersion(response.version));
        }
        if response.elements.len() != self.clients.len() {
            return Err(FinalizeError::Count(response.elements.len()));
        }
        // `Finalize` of RFC 9497 section 3.3.2, for many.
        stack::wiping::<DEPTH, _>(|| {
            let Response { elements, proof, .. } = response;
            let pk = self.public_key.element;
            let outputs = VoprfClient::batch_finalize(&self.inputs, &self.clients, elements, proof, pk);
            Ok(outputs.map_err(|_| FinalizeError::NotProven)?.map(tag).collect())
        })
    }
}

/// The first 16 of the 64 bytes that RFC 9497 gives.
pub(super) fn tag<I: Identifier, E: fmt::Debug>(output: Result<impl AsRef<[u8]>, E>) -> Tag<I> {
    let output = output.expect("an input has at most 65535 bytes");
    let tag = *output.as_ref().first_chunk().expect("SHA-512 has 64 bytes");
    Tag::from_bytes(ct::public(tag, "a tag is for all to see"))
}

impl<I> ZeroizeOnDrop for Blinding<I> {}

impl<I: Identifier> fmt::Debug for Blinding<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blinding").field("request", &self.request).finish_non_exhaustive()
    }
}

/// The identifiers were not blinded.
///
/// ```
/// # #[cfg(feature = "seal")] {
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// # let public_key = evaluator.public_keys().next().unwrap();
/// assert_eq!(public_key.blind(&[]).unwrap_err(), BlindError::Count(0));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlindError {
    /// There are no identifiers, or this many, more than [`MAX_ELEMENTS`].
    Count(usize),
    /// The operating system gave no random bytes.
    Random,
}

impl fmt::Display for BlindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BlindError::Count(found) => {
                write!(f, "not blinded: expected 1 to {MAX_ELEMENTS} identifiers, found {found}")
            }
            BlindError::Random => f.write_str("not blinded: the operating system gave no random bytes"),
        }
    }
}

impl Error for BlindError {}

/// The response was not accepted. It gives no tags.
///
/// ```
/// # #[cfg(feature = "seal")] {
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// # let public_key = evaluator.public_keys().next().unwrap();
/// let blinding = public_key.blind(&[number.clone()])?;
/// let another = public_key.blind(&[number])?;
/// let response = evaluator.evaluate(another.request(), |_| true)?;
/// assert_eq!(blinding.finalize(&response).unwrap_err(), FinalizeError::NotProven);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FinalizeError {
    /// The response is under this key version; the request is under another one.
    KeyVersion(KeyVersion),
    /// The response has this many elements; the request has another number of them.
    Count(usize),
    /// The proof does not hold: the response was made under another key or for another request, or it was altered.
    /// These causes cannot be told apart.
    NotProven,
}

impl fmt::Display for FinalizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FinalizeError::KeyVersion(version) => {
                write!(f, "response not accepted: key version {version} was not asked for")
            }
            FinalizeError::Count(found) => {
                write!(f, "response not accepted: its {found} elements are not as many as were asked for")
            }
            FinalizeError::NotProven => f.write_str("response not accepted: its proof does not hold"),
        }
    }
}

impl Error for FinalizeError {}
