//! Oblivious tags: a handset asks the key holder for the tag of an identifier, and the key holder does not learn
//! which identifier it was, nor its tag.
//!
//! This is the verifiable mode (VOPRF) of RFC 9497 for ristretto255-SHA512, with its words. The handset **blinds**
//! its identifiers and sends the blinded elements as a [`Request`]; the key holder **evaluates** them and sends
//! a [`Response`] with one **proof** for all of them; the handset checks the proof against the **public key** and
//! **finalizes**: it has the tags, 16 bytes each, the same for everybody who asks, and looks them up at the router.
//! With the proof no key holder can single a handset out by a key of its own, as long as all handsets have the
//! same public key: ship it with the app, or publish it where all see one.
//!
//! ```
//! # #[cfg(feature = "seal")] {
//! use telseal::{KeyVersion, Keyring, PhoneNumber, Scope, Tag, oblivious::*};
//!
//! // The key holder. Its public keys go to all handsets.
//! let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])])?;
//! let evaluator: Evaluator<PhoneNumber> = keyring.evaluator(&Scope::new(["acme", "contacts"])?)?;
//! let published: Vec<Vec<u8>> = evaluator.public_keys().map(|key| key.to_bytes()).collect();
//!
//! // A handset. It has a public key and no other.
//! let public_key = PublicKey::<PhoneNumber>::try_from(&published[0][..])?;
//! let contacts: Vec<PhoneNumber> = vec!["+44 20 7946 0018".parse()?, "+44 7700 900123".parse()?];
//! let blinding = public_key.blind(&contacts)?;
//! let request: Vec<u8> = blinding.request().to_bytes();
//!
//! // The key holder again, with what is left of the account's quota.
//! let mut left = 1000;
//! let mut admit = |elements| {
//!     let admitted = elements <= left;
//!     left -= if admitted { elements } else { 0 };
//!     admitted
//! };
//! let response = evaluator.evaluate(&Request::try_from(&request[..])?, &mut admit)?.to_bytes();
//!
//! // The handset again. What it has now it asks the router for.
//! let tags: Vec<Tag<PhoneNumber>> = blinding.finalize(&Response::try_from(&response[..])?)?;
//!
//! // Who holds a number legitimately computes its tag directly.
//! assert_eq!(tags[0], evaluator.tag(&contacts[0]));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! An oblivious tag stands in the same directories as the tag of a token, but there is no token to it: it cannot be
//! opened, by nobody. It is another one than the tag of a sealed token, since its key is another one.
//!
//! # Rotation
//!
//! The handset is told the public keys of the live key versions, newest first
//! (`Evaluator::public_keys`), and asks for tags under each, as a key holder looks up under each. Whoever puts a
//! number into the directory puts it there under each as well (`Evaluator::lookup`).
//!
//! An oblivious tag cannot be resealed. A version is retired when each number that is in the directory under it is there
//! under a newer one too: who has the numbers puts them there, and where handsets do so themselves, each has to come by
//! once. One that did not is not found any more, and nobody can tell.
//!
//! # Quotas
//!
//! Whoever may ask for tags may ask for those of a whole numbering plan. The key holder alone can bound how
//! many: `Evaluator::evaluate` asks its caller whether so many elements are admitted, before it evaluates
//! anything. A token bucket for each account is enough, stored with the account: one that does not outlive a restart is
//! full after it. It is full at the beginning, so that a new handset can ask for its whole address book, and fills up
//! again slowly:
//!
//! ```
//! /// What one account may still ask for: at most 2000 elements at once, and 100 a day over time.
//! struct Bucket {
//!     elements: f64,
//!     /// Seconds since the Unix epoch.
//!     at: u64,
//! }
//!
//! const CAPACITY: f64 = 2000.0;
//! const PER_SECOND: f64 = 100.0 / 86_400.0;
//!
//! impl Bucket {
//!     fn new(now: u64) -> Self {
//!         Bucket { elements: CAPACITY, at: now }
//!     }
//!
//!     fn admit(&mut self, elements: usize, now: u64) -> bool {
//!         // A clock that was set back fills nothing.
//!         let filled = now.saturating_sub(self.at) as f64 * PER_SECOND;
//!         (self.elements, self.at) = (CAPACITY.min(self.elements + filled), now.max(self.at));
//!         let admitted = elements as f64 <= self.elements;
//!         self.elements -= if admitted { elements as f64 } else { 0.0 };
//!         admitted
//!     }
//! }
//!
//! let start = 1_800_000_000;
//! let mut bucket = Bucket::new(start);
//! assert!(bucket.admit(1000, start) && bucket.admit(1000, start) && !bucket.admit(1, start));
//! assert!(bucket.admit(100, start + 86_401) && !bucket.admit(1, start));
//! // evaluator.evaluate(&request, |elements| bucket.admit(elements, now))
//! ```
//!
//! With this one an attacker gets 2000 tags for each account once and 100 a day from then on. For a range of
//! 10¹⁰ numbers (those of North America) ten thousand accounts take 10¹⁰ / (10⁴ × 100) = 10⁴ days, less the first
//! 20 days' worth: 27 years; and for a single block of 10⁵ numbers ten accounts take 80 days. So the quota is worth
//! what an account costs. A request under each live key version counts for itself.

#[cfg(feature = "seal")]
mod evaluator;
mod handset;
mod messages;
mod random;

#[cfg(feature = "seal")]
pub use evaluator::{EvaluateError, Evaluator};
pub use handset::{BlindError, Blinding, FinalizeError};
pub use messages::{PublicKey, Request, Response};

use crate::{
    error::{ParseError, Reason, Subject},
    identifier::{Identifier, Internal, Labelled},
    scope::Scope,
};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// The most elements in a request.
pub const MAX_ELEMENTS: usize = 1000;

/// `Finalize` of RFC 9497 section 3.3.2 writes the length of an input in two bytes. Letter and digit block take 9.
const MAX_SCOPE: usize = 0xFFFF - 9;

/// Whether an encoded scope is not too long to be part of an input.
pub(crate) fn bounded(scope: &[u8], subject: Subject) -> Result<(), ParseError> {
    match scope.len() {
        ..=MAX_SCOPE => Ok(()),
        found => Err(ParseError::new(subject, Reason::ScopeLength { max: MAX_SCOPE, found })),
    }
}

/// The private input of RFC 9497: the letter of the kind, the encoded scope and the digit block. Letter and block
/// have one length and stand at the ends, so that no two inputs are the same bytes.
fn input<I: Identifier>(scope: &Scope, identifier: &I) -> Zeroizing<Vec<u8>> {
    let mut input = Zeroizing::new(Vec::with_capacity(1 + scope.encoded().len() + 8)); // it does not grow
    input.push(I::LETTER);
    input.extend_from_slice(scope.encoded());
    input.extend_from_slice(&identifier.word(Internal(())).to_le_bytes());
    input
}

#[cfg(all(test, feature = "seal"))]
mod tests;
