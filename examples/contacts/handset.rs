//! A handset: an address book as its owner typed it, the public keys of the key holder, and no other key.

use crate::{
    process::Result,
    router::LOOK_UP,
    subscribers::{self, REFUSED, Tally, scatter},
    wire::Link,
};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use telseal::{
    PhoneNumber,
    oblivious::{PublicKey, Response},
};

pub(crate) const CONTACTS: usize = 500;
pub(crate) const MAX_HANDSETS: usize = 200;
/// How many numbers [`e164`] has.
pub(crate) const RESERVED: usize = 82_000;

pub(crate) struct Handset {
    /// The account at the key holder, and the endpoint at the router: they know one handset by two names.
    pub(crate) account: u64,
    pub(crate) endpoint: u64,
    pub(crate) opted_in: bool,
    /// Who is in the address book, after its owner.
    pub(crate) people: Vec<usize>,
    /// Their numbers, read from what was typed.
    numbers: Vec<PhoneNumber>,
    /// The forms that they were typed in.
    pub(crate) tally: Tally,
    /// Their handles under each key version that was asked for, newest first.
    pub(crate) handles: Vec<(u16, Vec<Vec<u8>>)>,
}

/// How the handset makes handles by itself, in the controls.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Control {
    Hashes,
    Plaintext,
}

impl Handset {
    /// The `nth` of so many handsets.
    pub(crate) fn new(nth: usize, handsets: usize) -> Result<Self> {
        let (all, mut picked) = (people(handsets), BTreeSet::new());
        for i in (nth as u64) << 32.. {
            let person = scatter(i) as usize % all;
            if picked.len() == CONTACTS {
                break;
            }
            if person != nth {
                picked.insert(person);
            }
        }
        let people: Vec<_> = [nth].into_iter().chain(picked).collect();
        let (mut numbers, mut tally) = (Vec::new(), Tally::default());
        for &person in &people {
            let (typed, country) =
                subscribers::phone(&e164(person).parse()?, scatter((nth * all + person) as u64) as usize);
            // One that is refused is not there, and everything behind it would be somebody else.
            numbers.push(tally.entry(&typed, country).ok_or("a contact was refused")?);
        }
        // What an address book has besides.
        let (row, reason) = REFUSED[nth % 10];
        let (typed, country) = row.split_once(',').ok_or("expected a country")?;
        if tally.entry(typed, &country[..2]).is_some() || !tally.refused_for(reason) {
            return Err(format!("expected a refusal: {reason}").into());
        }
        Ok(Handset {
            account: scatter(nth as u64),
            endpoint: scatter((MAX_HANDSETS + nth) as u64),
            opted_in: false,
            numbers,
            tally,
            people,
            handles: Vec::new(),
        })
    }

    /// Asks the key holder for the tags of the address book under the key version of a public key, and keeps them.
    pub(crate) fn ask(&mut self, public_key: &PublicKey<PhoneNumber>, key_holder: &mut Link) -> Result<()> {
        let blinding = public_key.blind(&self.numbers)?;
        let response = request(self.account, &blinding.request().to_bytes(), key_holder)?;
        let tags = blinding.finalize(&Response::try_from(&*response)?)?;
        let handles = tags.iter().map(|tag| tag.as_ref().to_vec()).collect();
        self.handles.insert(0, (public_key.key_version().get(), handles));
        Ok(())
    }

    /// What is done in place of that in the controls: without a key, so that there is one version, 0.
    pub(crate) fn make(&mut self, control: Control) {
        self.handles = vec![(0, self.numbers.iter().map(|number| handle(number, control)).collect())];
    }

    /// Opts in or out with the own handle under one key version.
    pub(crate) fn opt(&self, verb: u8, version: u16, router: &mut Link) -> Result<()> {
        let (_, handles) = self.handles.iter().find(|(of, _)| *of == version).ok_or("no handles of this version")?;
        router.ask(&[&[verb], &version.to_be_bytes()[..], &handles[0], &self.endpoint.to_be_bytes()].concat())?;
        Ok(())
    }

    /// The endpoint of each contact that is registered, under whichever key version.
    pub(crate) fn look_up(&self, router: &mut Link) -> Result<Vec<Option<u64>>> {
        let mut endpoints = vec![None; CONTACTS];
        for (version, handles) in &self.handles {
            let found = router.ask(&[&[LOOK_UP], &version.to_be_bytes()[..], &handles[1..].concat()].concat())?;
            let (found, []) = found.as_chunks::<10>() else { return Err("expected places and endpoints".into()) };
            for &[high, low, ref endpoint @ ..] in found {
                let place = endpoints.get_mut(usize::from(u16::from_be_bytes([high, low])));
                *place.ok_or("expected the place of a contact")? = Some(u64::from_be_bytes(*endpoint));
            }
        }
        Ok(endpoints)
    }
}

/// Sends a request to the key holder, for an account.
pub(crate) fn request(account: u64, request: &[u8], key_holder: &mut Link) -> Result<Vec<u8>> {
    key_holder.ask(&[&account.to_be_bytes(), request].concat())
}

/// SHA-256 of the number, or the number itself, filled up to 16 bytes.
pub(crate) fn handle(number: &PhoneNumber, control: Control) -> Vec<u8> {
    let mut text = number.expose_e164().as_bytes().to_vec();
    match control {
        Control::Hashes => Sha256::digest(text).to_vec(),
        Control::Plaintext => {
            text.resize(16, 0);
            text
        }
    }
}

/// How many people there are: all have a number, and the first of them a handset of the service. There are not more, so
/// that no number turns up in random bytes by chance: as octets it has 6 of them, in 2 or 3 ways, which makes 10,000
/// patterns. In 2²⁵ bytes of elements and tags one would be found with 2¹³⁺²⁵⁻⁴⁸ = 1/1024.
pub(crate) fn people(handsets: usize) -> usize {
    (20 * handsets).max(2 * CONTACTS)
}

/// The number of a person. All [`RESERVED`] are reserved for tests and drama and have ten digits behind the country code.
pub(crate) fn e164(person: usize) -> String {
    let n = person / 4;
    match person % 4 {
        0 if n < 1000 => format!("+442079460{n:03}"),
        1 if n < 1000 => format!("+447700900{n:03}"),
        _ => {
            let n = match n {
                ..1000 => 2 * n + person % 4 - 2,
                _ => person - 2000,
            };
            // From 300 on: libphonenumber's metadata, which are in every process, have an example under 201.
            format!("+1{}55501{:02}", 200 + (n / 100 + 100) % 800, n % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_reserved_numbers_are_different_and_of_four_plans() {
        let numbers: HashSet<_> = (0..RESERVED).map(e164).collect();
        assert_eq!(numbers.len(), RESERVED);
        let of = |plan: &str| numbers.iter().filter(|number| number.starts_with(plan)).count();
        assert_eq!(["+442079460", "+447700900", "+1"].map(of), [1000, 1000, RESERVED - 2000]);
    }
}
