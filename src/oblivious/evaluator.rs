use super::{DEPTH, PublicKey, Request, Response, bounded, handset::tag, input, random::SystemRandom};
use crate::{
    error::{ParseError, Subject},
    identifier::{Identifier, Labelled},
    scope::Scope,
    seal::{Keyring, versions::Versions},
    stack,
    token::{KeyVersion, Tag},
};
use core::{error::Error, fmt, marker::PhantomData};
use rand_core::{CryptoRng, RngCore};
use voprf::{Ristretto255, VoprfServer, VoprfServerBatchEvaluateResult};
use zeroize::ZeroizeOnDrop;

/// Evaluates requests for one kind of identifier in one scope, and computes the same tags directly.
/// [`Keyring::evaluator`](crate::Keyring::evaluator) makes it. The [module](super) has an example.
///
/// An evaluator holds a key for each version that was live when it was made. Its methods take `&self`, and threads can
/// share it. Keys are wiped on drop. Each call wipes the stack below it, as far as it uses it itself: a thread of
/// 16 KiB is enough (64 KiB with debug assertions).
///
/// ```
/// use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::Evaluator};
///
/// let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["acme", "contacts"])?)?;
///
/// // The same tag that a handset gets by asking.
/// let tag = evaluator.tag(&"+44 20 7946 0018".parse()?);
/// assert_eq!(tag.as_bytes().len(), 16);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Evaluator<I> {
    versions: Versions<Server>,
    scope: Scope,
    kind: PhantomData<fn(I) -> I>,
}

const LABEL: &[u8] = b"telseal/v1/oblivious";

type Server = VoprfServer<Ristretto255>;

impl Keyring {
    /// An evaluator for one kind of identifier in one scope, under the versions that are live now.
    ///
    /// This derives the keys, with more than a scalar multiplication for each version. So keep the evaluator.
    ///
    /// # Errors
    /// The labels of the scope, with one byte for the length of each, have more than 65526 bytes. RFC 9497 limits an
    /// input to 65535 bytes.
    pub fn evaluator<I: Identifier>(&self, scope: &Scope) -> Result<Evaluator<I>, ParseError> {
        bounded(scope.encoded(), Subject::new("scope"))?;
        let server = |_, seed: &[u8; 32]| derive_key_pair(seed);
        Ok(Evaluator::new(self.derived(LABEL, I::LETTER, scope, server), scope.clone()))
    }
}

/// `DeriveKeyPair` of RFC 9497 section 3.2.1. The seed is bound to kind and scope already: `info` is empty.
pub(super) fn derive_key_pair(seed: &[u8; 32]) -> Server {
    Server::new_from_seed(seed, &[]).expect("256 hashes are not all zero")
}

impl<I: Identifier> Evaluator<I> {
    pub(crate) fn new(versions: Versions<Server>, scope: Scope) -> Self {
        Evaluator { versions, scope, kind: PhantomData }
    }

    /// The primary key version: [`tag`](Self::tag) computes under it.
    pub fn primary(&self) -> KeyVersion {
        self.versions.primary().0
    }

    /// The public keys of the live key versions, newest first. Publish them to all handsets.
    pub fn public_keys(&self) -> impl ExactSizeIterator<Item = PublicKey<I>> {
        let public_key = |(version, server): &(KeyVersion, Server)| {
            PublicKey::new(*version, server.get_public_key(), self.scope.clone())
        };
        self.versions.iter().map(public_key)
    }

    /// Evaluates a request under the key version that it names, and proves that it did.
    ///
    /// Before it evaluates anything, it calls `admit` once with the number of elements. Check the account's quota
    /// there: without a quota, anybody who may ask can enumerate a numbering plan. The [module](super#quotas) has a
    /// token bucket.
    ///
    /// # Errors
    /// [`EvaluateError::UnknownKeyVersion`], without a call of `admit`; [`EvaluateError::NotAdmitted`] if `admit`
    /// returns `false`; [`EvaluateError::Random`] if the operating system gives no random bytes, which the proof needs.
    pub fn evaluate(
        &self,
        request: &Request<I>,
        admit: impl FnOnce(usize) -> bool,
    ) -> Result<Response<I>, EvaluateError> {
        self.evaluate_with(request, admit, SystemRandom::default())
    }

    pub(super) fn evaluate_with(
        &self,
        request: &Request<I>,
        admit: impl FnOnce(usize) -> bool,
        mut random: SystemRandom,
    ) -> Result<Response<I>, EvaluateError> {
        let version = request.version;
        let server = self.versions.find(version).ok_or(EvaluateError::UnknownKeyVersion(version))?;
        if !admit(request.count()) {
            return Err(EvaluateError::NotAdmitted(request.count()));
        }
        let response = blind_evaluate(server, request, &mut random);
        random.unless_failed(response).ok_or(EvaluateError::Random)
    }

    /// The tag of an identifier under the primary key version, equal to the tag that a handset gets by asking. It is
    /// for a key holder that has the identifier anyway, such as a gateway that puts it into the directory.
    pub fn tag(&self, identifier: &I) -> Tag<I> {
        evaluate(&self.versions.primary().1, &input(&self.scope, identifier))
    }

    /// The tags of an identifier under the live key versions, newest first, with their versions.
    ///
    /// The iterator computes each tag when it reaches it.
    pub fn lookup(&self, identifier: &I) -> impl ExactSizeIterator<Item = (KeyVersion, Tag<I>)> + use<'_, I> {
        let input = input(&self.scope, identifier);
        self.versions.iter().map(move |(version, server)| (*version, evaluate(server, &input)))
    }
}

/// `BlindEvaluate` of RFC 9497 section 3.3.2, for many.
pub(super) fn blind_evaluate<I: Identifier>(
    server: &Server,
    request: &Request<I>,
    random: &mut (impl RngCore + CryptoRng),
) -> Response<I> {
    let evaluated = stack::wiping::<DEPTH, _>(|| server.batch_blind_evaluate(random, &request.elements));
    let VoprfServerBatchEvaluateResult { messages, proof } = evaluated.expect("at most 65535 elements");
    Response::new(request.version, messages, proof)
}

/// `Evaluate` of RFC 9497 section 3.3.1.
pub(super) fn evaluate<I: Identifier>(server: &Server, input: &[u8]) -> Tag<I> {
    stack::wiping::<DEPTH, _>(|| tag(server.evaluate(input)))
}

impl<I> ZeroizeOnDrop for Evaluator<I> {}

impl<I> fmt::Debug for Evaluator<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Evaluator").finish_non_exhaustive()
    }
}

/// The request was not evaluated.
///
/// ```
/// # use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, oblivious::*};
/// # let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
/// # let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["contacts"])?)?;
/// # let number: PhoneNumber = "+442079460018".parse()?;
/// # let public_key = evaluator.public_keys().next().unwrap();
/// let blinding = public_key.blind(&[number])?;
/// let refused = evaluator.evaluate(blinding.request(), |elements| elements > 1);
/// assert_eq!(refused.unwrap_err(), EvaluateError::NotAdmitted(1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The evaluator has no key of the version that the request names: it was retired or never existed.
    UnknownKeyVersion(KeyVersion),
    /// This many elements were not admitted.
    NotAdmitted(usize),
    /// The operating system gave no random bytes.
    Random,
}

impl fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EvaluateError::UnknownKeyVersion(version) => {
                write!(f, "request not evaluated: key version {version} is not live here")
            }
            EvaluateError::NotAdmitted(count) => write!(f, "request not evaluated: {count} elements not admitted"),
            EvaluateError::Random => f.write_str("request not evaluated: the operating system gave no random bytes"),
        }
    }
}

impl Error for EvaluateError {}
