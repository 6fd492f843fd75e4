//! Oblivious tags: a handset asks the key holder for the tag of an identifier. The key holder learns neither the
//! identifier nor the tag.
//!
//! This is the verifiable mode (VOPRF) of RFC 9497 for ristretto255-SHA512, in the words of the RFC:
//!
//! 1. The handset **blinds** its identifiers and sends the blinded elements as a [`Request`].
//! 2. The key holder **evaluates** them and sends a [`Response`] with one **proof** for all of them.
//! 3. The handset checks the proof against the **public key** and **finalizes**. It gets the tags, 16 bytes each.
//!    Everybody who asks for an identifier gets the same tag.
//! 4. The handset looks the tags up at the router.
//!
//! The proof keeps the key holder from using a separate key for one handset, which would let it recognise that handset.
//! For this, all handsets must have the same public key: ship it with the app, or publish it where everybody sees the
//! same.
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
//! // A handset. It has a public key and no other key.
//! let public_key = PublicKey::<PhoneNumber>::try_from(&published[0][..])?;
//! let contacts: Vec<PhoneNumber> = vec!["+44 20 7946 0018".parse()?, "+44 7700 900123".parse()?];
//! let blinding = public_key.blind(&contacts)?;
//! let request: Vec<u8> = blinding.request().to_bytes();
//!
//! // The key holder again, with the rest of the account's quota.
//! let mut left = 1000;
//! let mut admit = |elements| {
//!     let admitted = elements <= left;
//!     left -= if admitted { elements } else { 0 };
//!     admitted
//! };
//! let response = evaluator.evaluate(&Request::try_from(&request[..])?, &mut admit)?.to_bytes();
//!
//! // The handset again. It looks these tags up at the router.
//! let tags: Vec<Tag<PhoneNumber>> = blinding.finalize(&Response::try_from(&response[..])?)?;
//!
//! // The key holder computes the tags of numbers that it has, such as those in the directory, directly.
//! assert_eq!(tags[0], evaluator.tag(&contacts[0]));
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A directory can be keyed by oblivious tags as by the tags of tokens. But an oblivious tag has no token, so nobody
//! can open it. It has a separate key, so it differs from the tag of the identifier's token.
//!
//! # Rotation
//!
//! The handset gets the public keys of the live key versions, newest first (`Evaluator::public_keys`). It asks for tags
//! under each of them, as a key holder looks up under each version. A party that puts a number into the directory puts
//! it there under each version too (`Evaluator::lookup`).
//!
//! An oblivious tag cannot be resealed. Retire a version when each number that is in the directory under it is also
//! there under a newer one. A party that has the numbers can add them. If handsets register themselves, each of them
//! has to register again. A handset that does not is no longer found, and nobody can tell.
//!
//! # Quotas
//!
//! Anybody who may ask for tags can ask for the tags of a whole numbering plan. Only the key holder can limit this:
//! `Evaluator::evaluate` asks its caller whether this number of elements is admitted, before it evaluates anything. A
//! token bucket for each account is enough. Store it with the account, because a bucket that a restart resets is full
//! again. A new bucket is full, so a new handset can ask for its whole address book; it refills slowly:
//!
//! ```
//! /// The rest of one account's quota: at most 2000 elements at once, and 100 a day over time.
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
//!         // A clock that was set back adds nothing.
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
//! With this bucket an attacker gets 2000 tags for each account at once, and 100 a day after that. For a range of 10¹⁰
//! numbers (those of North America), ten thousand accounts take 10¹⁰ / (10⁴ × 100) = 10⁴ days, minus 20 days for the
//! first 2000 tags of each account: 27 years. For a single block of 10⁵ numbers, ten accounts take 80 days. So the
//! quota is worth as much as an account costs. A request under each live key version counts separately.

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
    error::{ParseError, ParseErrorKind, Subject},
    identifier::{Identifier, Internal, Labelled},
    scope::Scope,
    stack,
};
use alloc::vec::Vec;
use zeroize::Zeroizing;

/// The maximum number of elements in a request: 1000.
pub const MAX_ELEMENTS: usize = 1000;

/// `Finalize` of RFC 9497 section 3.3.2 writes the length of an input in two bytes. Letter and digit block take 9.
const MAX_SCOPE: usize = 0xFFFF - 9;

/// How far down Curve25519 reaches.
const DEPTH: usize = stack::kib(12, 36);

/// Whether an encoded scope is not too long to be part of an input.
pub(crate) fn bounded(scope: &[u8], subject: Subject) -> Result<(), ParseError> {
    match scope.len() {
        ..=MAX_SCOPE => Ok(()),
        found => Err(ParseError::new(subject, ParseErrorKind::ScopeLength { max: MAX_SCOPE })
            .found("bytes of labels and their lengths", found)),
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
