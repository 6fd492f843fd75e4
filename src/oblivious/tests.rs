//! The published vectors of RFC 9497, through the paths that handsets and key holders take, and random numbers that
//! fail.

use super::{evaluator::derive_key_pair, *};
use crate::{Imei, Imeisv, Imsi, KeyVersion, Keyring, PhoneNumber, seal::versions::Versions};
use rand_core::{CryptoRng, RngCore};
use serde::Deserialize;
use std::{string::String, vec};
use voprf::{Ristretto255, VoprfServer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    origin: String,
    seed: String,
    key_info: String,
    sk: String,
    pk: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    inputs: Vec<String>,
    blinds: Vec<String>,
    blinded_elements: Vec<String>,
    evaluation_elements: Vec<String>,
    proof: String,
    proof_random_scalar: String,
    outputs: Vec<String>,
}

/// Gives scalars, each as 64 bytes, which are reduced to it.
struct Scalars(Vec<Vec<u8>>);

impl RngCore for Scalars {
    fn next_u32(&mut self) -> u32 {
        unreachable!()
    }
    fn next_u64(&mut self) -> u64 {
        unreachable!()
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        let scalar = self.0.remove(0);
        assert_eq!([scalar.len(), bytes.len()], [32, 64]);
        bytes.fill(0);
        bytes[..32].copy_from_slice(&scalar);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Scalars {}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).expect("hexadecimal digits")
}

#[test]
fn the_vectors_of_rfc_9497() {
    let all: Vectors =
        serde_json::from_str(include_str!("../../tests/vectors/rfc9497-voprf.json")).expect("the vectors");
    assert_eq!(all.origin, "RFC 9497, appendix A.1.2: ristretto255-SHA512, VOPRF mode");
    let sizes: Vec<_> = all.vectors.iter().map(|vector| vector.inputs.len()).collect();
    assert_eq!(sizes, [1, 1, 2]);

    let server = VoprfServer::<Ristretto255>::new_from_seed(&bytes(&all.seed), &bytes(&all.key_info)).expect("a key");
    assert_eq!(server.serialize()[..], [bytes(&all.sk), bytes(&all.pk)].concat());
    let version = KeyVersion::FIRST;
    let scope = Scope::new(["vectors"]).expect("a scope");
    let evaluator =
        Evaluator::<PhoneNumber>::new(Versions::new([(version, server.clone())].into_iter(), version), scope);
    let public_key = evaluator.public_keys().next().expect("a live version");
    assert_eq!(public_key.to_bytes(), [b"K\x3d\0\x01".to_vec(), bytes(&all.pk), b"\x07vectors".to_vec()].concat());

    for vector in all.vectors {
        let hex = |texts: &[String]| texts.iter().map(|text| bytes(text)).collect::<Vec<_>>();
        let count = u8::try_from(vector.inputs.len()).expect("few");
        let header = |letter| [letter, 0x3D, 0, 1, 0, count];

        let inputs: Vec<_> = hex(&vector.inputs).into_iter().map(Zeroizing::new).collect();
        let blinding = public_key.blind_inputs(inputs.clone(), &mut Scalars(hex(&vector.blinds)));
        let request = blinding.request().to_bytes();
        assert_eq!(request, [&header(b'B')[..], &hex(&vector.blinded_elements).concat()].concat());

        let request = Request::<PhoneNumber>::try_from(&request[..]).expect("a request");
        let mut random = Scalars(vec![bytes(&vector.proof_random_scalar)]);
        let response = evaluator::blind_evaluate(&server, &request, &mut random).to_bytes();
        let elements = hex(&vector.evaluation_elements).concat();
        assert_eq!(response, [&header(b'E')[..], &elements, &bytes(&vector.proof)].concat());

        let outputs: Vec<_> = hex(&vector.outputs).iter().map(|output| output[..16].to_vec()).collect();
        let response = Response::try_from(&response[..]).expect("a response");
        let tags = blinding.finalize(&response).expect("the proof holds");
        assert!(tags.iter().map(|tag| tag.as_bytes().to_vec()).eq(outputs.iter().cloned()));
        for (input, output) in inputs.iter().zip(&outputs) {
            assert_eq!(evaluator::evaluate::<PhoneNumber>(&server, input).as_bytes()[..], output[..]);
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ours {
    format: String,
    #[serde(rename = "origin")]
    _origin: String,
    exchanges: Vec<Exchange>,
    #[serde(rename = "refused_elements")]
    _refused: Vec<serde_json::Value>,
    #[serde(rename = "accepted_elements")]
    _accepted: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    kind: String,
    secret: String,
    key_version: u16,
    scope: Vec<String>,
    seed: String,
    sk: String,
    public_key: String,
    identifiers: Vec<String>,
    inputs: Vec<String>,
    blinds: Vec<String>,
    request: String,
    proof_random_scalar: String,
    response: String,
    tags: Vec<String>,
}

/// Whole exchanges of another implementation, with its blinds: every byte of SPEC.md, section 9.
#[test]
fn the_exchanges_of_another_implementation() {
    let all: Ours =
        serde_json::from_str(include_str!("../../tests/vectors/telseal-v1-oblivious.json")).expect("the vectors");
    assert_eq!(all.format, "telseal/v1/oblivious");
    assert_eq!(all.exchanges.len(), 8);
    for exchange in &all.exchanges {
        match exchange.kind.as_str() {
            "phone" => check::<PhoneNumber>(exchange),
            "imsi" => check::<Imsi>(exchange),
            "imei" => check::<Imei>(exchange),
            "imeisv" => check::<Imeisv>(exchange),
            other => panic!("unknown kind {other}"),
        }
    }
}

fn check<I: Identifier>(exchange: &Exchange) {
    let secret: [u8; 32] = bytes(&exchange.secret).try_into().expect("32 bytes");
    let version = KeyVersion::try_from(exchange.key_version).expect("a key version");
    let scope = Scope::new(&exchange.scope).expect("a scope");
    let keyring = Keyring::from_secrets([(version, &secret)]).expect("a keyring");
    let evaluator: Evaluator<I> = keyring.evaluator(&scope).expect("a short scope");
    let server = derive_key_pair(&bytes(&exchange.seed).try_into().expect("32 bytes"));
    assert_eq!(server.serialize()[..32], bytes(&exchange.sk));

    let public_key = PublicKey::<I>::try_from(&bytes(&exchange.public_key)[..]).expect("a public key");
    assert_eq!(public_key.to_bytes(), bytes(&exchange.public_key));
    assert!(evaluator.public_keys().eq([public_key.clone()]) && public_key.scope() == &scope);

    let identifiers: Vec<I> = exchange.identifiers.iter().map(|text| text.parse().expect("an identifier")).collect();
    let inputs: Vec<_> = identifiers.iter().map(|identifier| input(&scope, identifier)).collect();
    assert!(inputs.iter().map(hex::encode).eq(exchange.inputs.iter().cloned()));

    let blinds = exchange.blinds.iter().map(|blind| bytes(blind)).collect();
    let blinding = public_key.blind_inputs(inputs, &mut Scalars(blinds));
    let request = blinding.request().to_bytes();
    assert_eq!(hex::encode(&request), exchange.request);

    let request = Request::<I>::try_from(&request[..]).expect("a request");
    let mut random = Scalars(vec![bytes(&exchange.proof_random_scalar)]);
    let response = evaluator::blind_evaluate(&server, &request, &mut random).to_bytes();
    assert_eq!(hex::encode(&response), exchange.response);

    let tags = blinding.finalize(&Response::try_from(&response[..]).expect("a response")).expect("the proof holds");
    assert!(tags.iter().map(|tag| hex::encode(tag.as_bytes())).eq(exchange.tags.iter().cloned()));
    assert!(identifiers.iter().map(|identifier| evaluator.tag(identifier)).eq(tags));
}

/// What is computed without random numbers comes to an end, and is not handed on.
#[test]
fn failing_random_numbers_are_noticed() {
    let mut random = random::SystemRandom::default();
    let mut bytes = [0; 64];
    random.fill_bytes(&mut bytes);
    assert!(bytes != [0; 64] && random.next_u64() != random.next_u64() && random.try_fill_bytes(&mut bytes).is_ok());
    assert!((0..4).any(|_| random.next_u32() > 1)); // by chance not, in one of 2^124 runs
    assert_eq!(random.unless_failed(1), Some(1));

    let mut random = random::SystemRandom { failed: true };
    random.fill_bytes(&mut bytes);
    assert_eq!(bytes, [1; 64]);
    assert!(random.try_fill_bytes(&mut bytes).is_err());
    let server = VoprfServer::<Ristretto255>::new(&mut random).expect("a key");
    let public_key =
        PublicKey::<PhoneNumber>::new(KeyVersion::FIRST, server.get_public_key(), Scope::new(["a"]).expect("a scope"));
    let blinding = public_key.blind_inputs(vec![Zeroizing::new(vec![7])], &mut random);
    evaluator::blind_evaluate(&server, blinding.request(), &mut random);
    assert!(random.unless_failed(1).is_none());
}

/// Neither half hands on what it computed without them.
#[test]
fn no_request_and_no_response_without_random_numbers() {
    let failed = || random::SystemRandom { failed: true };
    let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[7; 32])]).expect("a keyring");
    let evaluator = keyring.evaluator::<PhoneNumber>(&Scope::new(["a"]).expect("a scope")).expect("an evaluator");
    let public_key = evaluator.public_keys().next().expect("a public key");
    let numbers = ["+442079460018".parse().expect("a number")];
    assert_eq!(public_key.blind_with(&numbers, failed()).map(drop), Err(BlindError::Random));
    let blinding = public_key.blind_with(&numbers, random::SystemRandom::default()).expect("a blinding");
    let answer = |random| evaluator.evaluate_with(blinding.request(), |_| true, random).map(drop);
    assert_eq!(answer(failed()), Err(EvaluateError::Random));
    assert_eq!(answer(random::SystemRandom::default()), Ok(()));
}
