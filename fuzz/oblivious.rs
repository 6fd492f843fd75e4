//! What the fuzz targets of the feature `oblivious` check, as `bodies.rs` has it for the others.

#![allow(dead_code)] // a fuzz target uses one of them
#![allow(clippy::unwrap_used)] // a panic is a finding

use std::sync::LazyLock;
use telseal::{
    Identifier, Imsi, KeyVersion, Keyring, ParseError, PhoneNumber, Scope,
    oblivious::{Blinding, Evaluator, PublicKey, Request, Response},
};
use voprf::{Group, Ristretto255};

/// Any bytes, as a public key, a request and a response of two kinds: read where SPEC.md, section 9, says so and then
/// written again as they were, else refused for the reason that it comes to first.
pub(crate) fn messages(data: &[u8]) {
    fn check<I: Identifier>(data: &[u8]) {
        let agrees = |read: Result<Vec<u8>, ParseError>, expected: Result<(), Expected>| match (read, expected) {
            (Ok(written), Ok(())) => assert_eq!(written, data),
            (Err(error), Err((part, at))) => {
                let message = error.to_string();
                assert!(message.contains(part) && error.position() == at, "{message} where {part} {at:?} was expected");
            }
            (read, expected) => panic!("{read:?} where {expected:?} was expected"),
        };
        agrees(PublicKey::<I>::try_from(data).map(|key| key.to_bytes()), public_key::<I>(data));
        agrees(Request::<I>::try_from(data).map(|request| request.to_bytes()), elements::<I>(data, b'B', 0));
        agrees(Response::<I>::try_from(data).map(|response| response.to_bytes()), elements::<I>(data, b'E', 2));
    }
    check::<PhoneNumber>(data);
    check::<Imsi>(data);
}

/// A part of the message, and the position.
type Expected = (&'static str, Option<usize>);

fn public_key<I: Identifier>(data: &[u8]) -> Result<(), Expected> {
    header::<I>(data, b'K', 38)?;
    element(data, 4)?;
    let mut at = 36;
    if data.len() - at > 65526 {
        return Err(("at most 65526 bytes", None));
    }
    while at < data.len() {
        let end = at + 1 + usize::from(data[at]);
        let label = data.get(at + 1..end).and_then(|label| str::from_utf8(label).ok());
        if label.is_none_or(str::is_empty) {
            return Err(("a label", Some(at)));
        }
        at = end;
    }
    Ok(())
}

fn elements<I: Identifier>(data: &[u8], letter: u8, scalars: usize) -> Result<(), Expected> {
    header::<I>(data, letter, 38 + 32 * scalars)?;
    let count = usize::from(data[4]) << 8 | usize::from(data[5]);
    let end = 6 + 32 * (count + scalars);
    match count {
        0 | 1001.. => return Err(("1 to 1000 elements", Some(4))),
        _ if data.len() < end => return Err(("bytes, found", None)),
        _ if data.len() > end => return Err(("the end", Some(end))),
        _ => {}
    }
    (0..count).try_for_each(|i| element(data, 6 + 32 * i))?;
    (count..count + scalars).try_for_each(|i| {
        let at = 6 + 32 * i;
        Ristretto255::deserialize_scalar(&data[at..at + 32]).map_err(|_| ("a scalar", Some(at))).map(drop)
    })
}

fn header<I: Identifier>(data: &[u8], letter: u8, least: usize) -> Result<(), Expected> {
    let kind = (I::KIND.letter() as u8 - b'A') * 4 + 1;
    match data {
        _ if data.len() < least => Err(("at least", None)),
        [own, ..] if *own != letter => Err(("the letter", Some(0))),
        [_, own, ..] if own & 0xFC != kind & 0xFC => Err(("the kind letter", Some(1))),
        [_, own, ..] if *own != kind => Err(("format version 1", Some(1))),
        [_, _, 0, 0, ..] => Err(("a key version", Some(2))),
        _ => Ok(()),
    }
}

fn element(data: &[u8], at: usize) -> Result<(), Expected> {
    let bytes = &data[at..at + 32];
    match Ristretto255::deserialize_elem(bytes) {
        Ok(element) => {
            assert_eq!(Ristretto255::serialize_elem(element)[..], *bytes); // one encoding
            Ok(())
        }
        Err(_) if bytes == [0; 32] => Err(("the identity", Some(at))),
        Err(_) => Err(("the canonical encoding of an element", Some(at))),
    }
}

/// Versions 1 and 2, and the handset's public keys of them, newest first.
static KEY_HOLDER: LazyLock<(Evaluator<Imsi>, Vec<PublicKey<Imsi>>)> = LazyLock::new(|| {
    let version = |number| KeyVersion::try_from(number).unwrap();
    let keyring = Keyring::from_secrets([(version(1), &[1; 32]), (version(2), &[2; 32])]).unwrap();
    let evaluator = keyring.evaluator(&Scope::new(["exchange"]).unwrap()).unwrap();
    let keys = evaluator.public_keys().collect();
    (evaluator, keys)
});

/// A byte for each identifier, 1 to 8 of them, and then three bytes: which message is altered, where, and how.
pub(crate) fn exchange(data: &[u8]) {
    let Some((numbers, alteration)) = data.split_last_chunk::<3>() else { return };
    if numbers.is_empty() || numbers.len() > 8 {
        return;
    }
    let (evaluator, keys) = &*KEY_HOLDER;
    let imsis: Vec<Imsi> = numbers.iter().map(|number| format!("99970{number:010}").parse().unwrap()).collect();
    let key = &keys[usize::from(alteration[0] & 1)];
    let blinding = key.blind(&imsis).unwrap();
    let direct = imsis.iter().map(|imsi| {
        let mut tags = evaluator.lookup(imsi);
        tags.find(|(version, _)| *version == key.key_version()).unwrap().1
    });
    match answer(evaluator, &blinding, *alteration) {
        Some(tags) => assert!(alteration[2] == 0 && direct.eq(tags)),
        None => assert_ne!(alteration[2], 0),
    }
}

/// The tags, unless somebody on the way has refused something.
fn answer(
    evaluator: &Evaluator<Imsi>,
    blinding: &Blinding<Imsi>,
    [message, at, mask]: [u8; 3],
) -> Option<Vec<telseal::Tag<Imsi>>> {
    let alter = |mut bytes: Vec<u8>, is: bool| {
        let at = usize::from(at) * 2 + usize::from(message >> 7);
        let at = at % bytes.len();
        bytes[at] ^= if is { mask } else { 0 };
        bytes
    };
    let request = alter(blinding.request().to_bytes(), message & 2 == 0);
    let request = Request::try_from(&request[..]).ok()?;
    let response = evaluator.evaluate(&request, |elements| elements == request.count()).ok()?;
    let response = alter(response.to_bytes(), message & 2 != 0);
    blinding.finalize(&Response::try_from(&response[..]).ok()?).ok()
}
