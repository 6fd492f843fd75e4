//! Once all is dropped, no copy of a secret is anywhere in the process.
//!
//! Two processes: the holder is given secrets and identifiers, uses the crate on them and drops them. The searcher
//! made them up and derives what the crate derives from them; then it reads all of the holder's memory. So the
//! search neither leaves copies nor covers any. Registers are not searched.

#![cfg(all(target_os = "linux", feature = "getrandom"))]
#![allow(clippy::unwrap_used)] // what fails here fails the test

mod memory;

use aes::{
    Aes256, Block,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use aes_siv::siv::Aes256Siv;
use aho_corasick::AhoCorasick;
use cmac::Cmac;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Sha256, block_api::compress256};
use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    hint::black_box,
    io::{self, Read, Write},
    iter, mem,
    os::{fd::AsFd, unix::fs::FileExt},
    process::{Command, Stdio},
    sync::{Arc, Barrier},
    thread,
};
use telseal::{
    Identifier, Imei, Imeisv, Imsi, Indexer, KeyVersion, Keyring, OpenError, PhoneNumber, Prefix, PrefixLengths, Scope,
    Sealer, Token,
};
use zeroize::{Zeroizing, zeroize_stack};

const LABELS: [&str; 2] = ["acme", "routing"];
const KEYRING_HEADER: &[u8] = b"telseal-keyring\x01";
const MANY: usize = 200;

/// What the holder says before it is given anything, and when it has done its task.
const READY: u8 = b'?';
const DONE: u8 = b'#';

// The searcher.

/// What moves of identifiers leave in frames of functions that have returned: 1 or 2 copies for each that is parsed in
/// an optimised build, up to 18 in one that is not.
const MOVED: &str = "digit block";
/// How many may be there: fewer than in the work space of a batch, 64. Reading and printing identifiers of all kinds
/// leaves more, and has no such space.
fn moves(task: &str) -> usize {
    if task == "identifiers" { 100 } else { 50 }
}
/// Where the compiler keeps every local variable on the stack, it leaves the steps of parsing there too; where code is to
/// be as small as it can be, some of them. ci/levels tells the level.
const LOCALS: &[&str] = match option_env!("OPT_LEVEL") {
    _ if cfg!(debug_assertions) => &["ASCII digits", "digits a byte each"],
    Some(level) if level.as_bytes()[0] == b'z' => &["digits a byte each"],
    _ => &[],
};

/// Nothing is left but such digits; and nothing at all where the caller wipes its stack afterwards.
#[track_caller]
fn leaves_nothing(task: &str) {
    let found = search(task, true);
    assert!(found.is_empty(), "{task}, and the stack wiped: {found:#?}");
    leaves_only(&[], task);
}

/// What is left where the stack is not wiped.
#[track_caller]
fn leaves_only(more: &[&str], task: &str) {
    let found = search(task, false);
    for (what, &count) in &found {
        let expected = match what.as_str() {
            MOVED => count <= moves(task),
            other => more.contains(&other) || LOCALS.contains(&other),
        };
        assert!(expected, "{task}: {found:#?}");
    }
}

#[test]
fn of_a_keyring() {
    leaves_nothing("keyring");
}

#[test]
fn of_unwrapping() {
    leaves_nothing("unwrap");
}

#[test]
fn of_sealers() {
    leaves_nothing("sealers");
}

#[test]
fn of_index_keys() {
    leaves_nothing("index");
}

#[test]
fn of_identifiers() {
    leaves_nothing("identifiers");
}

#[test]
fn of_sealing_one() {
    leaves_nothing("one");
}

#[test]
fn of_sealing_many() {
    leaves_nothing("many");
}

#[cfg(feature = "oblivious")]
#[test]
fn of_oblivious_tags() {
    leaves_nothing("oblivious");
}

/// A blind turns the element that a number hashes to into the one of the request: by that it is known, and its inverse.
#[cfg(feature = "oblivious")]
#[test]
fn of_blinding_and_finalizing() {
    leaves_nothing("handset");
}

/// Blinding leaves a blind where the handset keeps it, and nowhere else. The control of the search too.
#[cfg(feature = "oblivious")]
#[test]
fn a_blind_has_one_copy() {
    let found = search("forget handset", true);
    assert_eq!(found.get("blind"), Some(&1), "{found:#?}");
}

/// The control of the wiped stack: the blind made and used with `voprf` alone, and dropped.
#[cfg(feature = "oblivious")]
#[test]
fn what_blinding_leaves_on_the_stack_is_found() {
    let found = search("blind apart from handset", false);
    assert!(found.contains_key("blind"), "{found:#?}");
    // With link-time optimisation the inverse is in registers alone.
    assert!(found.contains_key("inverse of a blind") || option_env!("OPT_LEVEL").is_some(), "{found:#?}");
}

/// The control: the keys of RFC 9497 are known by their looks.
#[cfg(feature = "oblivious")]
#[test]
fn a_forgotten_evaluator_is_found() {
    let found = search("forget oblivious", false);
    for what in ["OPRF key", "digit block"] {
        assert!(found.contains_key(what), "{what}: {found:#?}");
    }
}

/// The control of wiping the stack: the key made and used with the crates below alone.
#[cfg(feature = "oblivious")]
#[test]
fn what_a_multiplication_leaves_on_the_stack_is_found() {
    let found = search("multiply", false);
    // Where nothing is optimised, later calls have written over the digits.
    let digits = if cfg!(debug_assertions) { "OPRF key" } else { "OPRF key's digits" };
    for what in ["OPRF seed", "OPRF key", digits] {
        assert!(found.contains_key(what), "{what}: {found:#?}");
    }
}

/// What dropping a sealer does not reach: the stack of another thread that has used it. `aes` has put round keys and
/// outputs there, in software and where the processor has VAES, and the mask of S2V has been handed over there.
#[test]
fn of_sealing_on_another_thread() {
    leaves_only(&["sealing key", "sealing key's schedule", "sealing key's mask", "keystream"], "elsewhere");
}

/// The control of wiping on drop, and that the search knows what all of it looks like.
#[test]
fn what_is_forgotten_is_found() {
    let found = search("forget", false);
    for what in [
        "secret",
        "sealing key's schedule",
        "sealing key's mask",
        "prefix key",
        "prefix key's schedule",
        "prefix key's mask",
        "key-encryption key",
        "digit block",
        "ASCII digits",
    ] {
        assert!(found.contains_key(what), "{what}: {found:#?}");
    }
}

/// The control of wiping the stack: the same keys made with the crates below alone. The pseudorandom key is forgotten,
/// since it depends on the build whether later calls have written over it.
#[test]
fn what_is_left_on_the_stack_is_found() {
    for (task, key) in [("derive", "sealing key"), ("derive wrapping", "wrapping key")] {
        let found = search(task, false);
        for what in ["", "'s schedule", "'s pseudorandom key"] {
            assert!(found.contains_key(&format!("{key}{what}")), "{key}{what}: {found:#?}");
        }
    }
    let found = search("stream", false);
    assert!(found.contains_key("keystream"), "{found:#?}");
}

/// How often each secret stands in the memory of a holder that has done a task.
fn search(task: &str, wipes: bool) -> BTreeMap<String, usize> {
    let secrets: [[u8; 32]; 2] = [random(), random()];
    let kek = random();
    let mut holder = Command::new(env::current_exe().unwrap())
        .args(["--exact", "holder", "--ignored", "--nocapture"])
        .env("HOLDER_TASK", task)
        .env("HOLDER_WIPES", if wipes { "yes" } else { "no" })
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut to, mut from) = (holder.stdin.take().unwrap(), holder.stdout.take().unwrap());
    // What comes before the marks is the test harness's.
    while byte(&mut from) != READY {}
    // Eight digits are too few to be nowhere by chance: tables and code have some. So it is asked of this holder, which
    // has not been given them yet.
    let texts =
        iter::repeat_with(texts).find(|texts| Needles::of_digits(texts).find_in(holder.id()).is_empty()).unwrap();
    to.write_all(&[&secrets.concat(), &kek[..], texts.concat().as_bytes()].concat()).unwrap();
    while byte(&mut from) != DONE {}
    let mut wrapped = vec![0; byte(&mut from).into()];
    from.read_exact(&mut wrapped).unwrap();

    let mut needles = Needles::of_digits(&texts);
    needles.add("key-encryption key", &kek);
    needles.derived("wrapping key", &kek, b"telseal/v1/keyring", KEYRING_HEADER);
    needles.derived("wrapping key", &kek, b"telseal/v1/index", b"telseal-index\x01");
    let mut versions = vec![(1, secrets[0]), (2, secrets[1])];
    #[cfg(feature = "oblivious")]
    let blinds = (wrapped.first() == Some(&b'B')).then(|| Blinds::new(&wrapped, &texts[0]));
    if !wrapped.is_empty() && wrapped[0] != b'B' {
        assert!(wrapped.starts_with(KEYRING_HEADER));
        versions = unwrap(&wrapped, &kek);
        assert!(versions.iter().any(|(_, secret)| secrets.contains(secret)));
    }
    for (version, secret) in versions {
        needles.add("secret", &secret);
        let [high, low] = u16::to_be_bytes(version);
        needles.derived("prefix key", &secret, b"telseal/v1/prefix\0p\x04acme\x07routing", &[0xA5, high, low]);
        needles.sealer::<PhoneNumber>(version, &secret, &texts[0]);
        needles.sealer::<Imsi>(version, &secret, &texts[1]);
        needles.sealer::<Imei>(version, &secret, &texts[2]);
        needles.sealer::<Imeisv>(version, &secret, &texts[3]);
        #[cfg(feature = "oblivious")]
        needles.evaluator(&secret);
    }
    needles.0.sort();
    needles.0.dedup();
    #[allow(unused_mut)]
    let mut found = needles.find_in(holder.id());
    #[cfg(feature = "oblivious")]
    found.extend(blinds.into_iter().flat_map(|blinds| blinds.find_in(holder.id())));

    drop(to);
    assert!(holder.wait().unwrap().success());
    found
}

/// What to look for, and its name.
struct Needles(Vec<(String, Vec<u8>)>);

impl Needles {
    /// Any eight digits in a row, of which three or more are random.
    fn of_digits(texts: &[String]) -> Self {
        let mut needles = Needles(Vec::new());
        for text in texts {
            let ascii = text.trim_start_matches('+').as_bytes();
            let values: Vec<_> = ascii.iter().map(|digit| digit - b'0').collect();
            needles.0.push((MOVED.into(), block(&values)));
            for (name, digits) in [("ASCII digits", ascii), ("digits a byte each", &values)] {
                needles.0.extend(digits.windows(8).map(|window| (name.into(), window.to_vec())));
            }
        }
        needles
    }

    /// Any eight bytes in a row, also as the big-endian words that SHA-256 makes of them.
    fn add(&mut self, name: &str, secret: &[u8]) {
        let words: Vec<u8> = secret.chunks(4).flat_map(|word| word.iter().rev().copied()).collect();
        for window in secret.windows(8).chain(words.windows(8)) {
            self.0.push((name.into(), window.to_vec()));
        }
    }

    /// The key that HKDF derives, and what is computed on the way to it and from it.
    fn derived(&mut self, name: &str, ikm: &[u8; 32], info: &[u8], header: &[u8]) {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"telseal/v1").unwrap();
        let prk = mac.chain_update(ikm).finalize().into_bytes();
        let pseudorandom = format!("{name}'s pseudorandom key");
        self.add(&pseudorandom, &prk);
        for pad in [0x36, 0x5C] {
            let mut block = [pad; 64];
            block.iter_mut().zip(&prk).for_each(|(byte, key)| *byte ^= key);
            self.add(&pseudorandom, &block[..32]);
            // The state of SHA-256 behind this block is as good as the key.
            let mut state = [
                0x6A09_E667,
                0xBB67_AE85,
                0x3C6E_F372,
                0xA54F_F53A,
                0x510E_527F,
                0x9B05_688C,
                0x1F83_D9AB,
                0x5BE0_CD19,
            ];
            compress256(&mut state, &[block]);
            self.add(&pseudorandom, &state.map(u32::to_be_bytes).concat());
        }

        let key = derive(ikm, info);
        self.add(name, &key);
        for half in key.chunks(32) {
            let aes = Aes256::new_from_slice(half).unwrap();
            // 15 round keys, and in hardware as many for decryption: half of one at a time.
            let directions = if aes::hardware_accelerated() { 2 } else { 1 };
            for piece in memory::bytes(&aes)[..directions * 15 * 16].chunks(8) {
                self.0.push((format!("{name}'s schedule"), piece.to_vec()));
                // In software four blocks are worked on at once, each bit of the key beside itself.
                let bits = u64::from_le_bytes(piece.try_into().unwrap());
                let nibbles = (0..64).map(|i| (bits >> i & 1) as u8 * 0xF).collect::<Vec<_>>();
                let spread = nibbles.chunks(2).map(|pair| pair[0] | pair[1] << 4);
                self.0.push((format!("{name}'s schedule"), spread.collect()));
            }
        }

        let k1 = Aes256::new_from_slice(&key[..32]).unwrap();
        let cmac = |message: &[u8]| {
            let mac = <Cmac<Aes256> as KeyInit>::new_from_slice(&key[..32]).unwrap();
            u128::from_be_bytes(mac.chain_update(message).finalize().into_bytes().into())
        };
        let dbl = |block: u128| block << 1 ^ (0x87 & (block >> 127).wrapping_neg());
        let mut zero = Block::default();
        k1.encrypt_block(&mut zero);
        let zero = u128::from_be_bytes(zero.into());
        let d = dbl(cmac(&[0; 16])) ^ cmac(header);
        for word in [zero, dbl(zero), dbl(dbl(zero)), cmac(&[0; 16]), d, dbl(d) ^ dbl(zero) ^ 0x80 << 56] {
            self.0.push((format!("{name}'s mask"), word.to_be_bytes().to_vec()));
            self.0.push((format!("{name}'s mask"), word.to_le_bytes().to_vec()));
        }
    }

    /// A sealer, an identifier, and what turns its token into it.
    fn sealer<I: Identifier>(&mut self, version: u16, secret: &[u8; 32], text: &str) {
        let letter = I::KIND.letter() as u8;
        let [high, low] = version.to_be_bytes();
        let info = [&b"telseal/v1/siv\0"[..], &[letter], b"\x04acme\x07routing"].concat();
        self.derived("sealing key", secret, &info, &[(letter - b'A') * 4 + 1, high, low]);

        let values: Vec<_> = text.trim_start_matches('+').bytes().map(|digit| digit - b'0').collect();
        let keyring = Keyring::from_secrets([(KeyVersion::try_from(version).unwrap(), secret)]).unwrap();
        let token = keyring.sealer::<I>(&Scope::new(LABELS).unwrap()).seal(&text.parse().ok().unwrap());
        let keystream = block(&values).into_iter().zip(&token.as_ref()[19..]).map(|(block, cipher)| block ^ cipher);
        self.0.push(("keystream".into(), keystream.collect()));
    }

    /// The key pair's seed and the key: as bytes, as the numbers of 52 bits that scalars are multiplied in, and as the
    /// digits from -8 to 7 that points are multiplied by.
    #[cfg(feature = "oblivious")]
    fn evaluator(&mut self, secret: &[u8; 32]) {
        let (seed, key) = oprf_key(secret);
        self.add("OPRF seed", &seed);
        let words: Vec<_> = seed.chunks(8).flat_map(|word| word.iter().rev().copied()).collect();
        self.add("OPRF seed", &words); // of SHA-512
        self.add("OPRF key", &key);
        let bit = |i: usize| key.get(i / 8).map_or(0, |byte| u64::from(byte >> (i % 8) & 1));
        for limb in 0..4 {
            let limb = (0..52).fold(0, |word, i| word | bit(52 * limb + i) << i);
            self.0.push(("OPRF key".into(), limb.to_le_bytes().to_vec()));
        }
        let mut digits: Vec<_> = key.iter().flat_map(|byte| [byte & 0xF, byte >> 4]).collect();
        for i in 0..63 {
            let carry = (digits[i] + 8) >> 4;
            digits[i] = digits[i].wrapping_sub(carry << 4);
            digits[i + 1] += carry;
        }
        self.0.extend(digits[..56].windows(8).map(|window| ("OPRF key's digits".into(), window.to_vec())));
    }

    fn find_in(&self, process: u32) -> BTreeMap<String, usize> {
        let automaton = AhoCorasick::new(self.0.iter().map(|(_, needle)| needle)).unwrap();
        let mut found = BTreeMap::new();
        for region in memory_of(process, "r") {
            for hit in automaton.find_overlapping_iter(&region) {
                *found.entry(self.0[hit.pattern().as_usize()].0.clone()).or_insert(0) += 1;
            }
        }
        found
    }
}

/// All that a process may access so, a mapping at a time.
fn memory_of(process: u32, access: &str) -> impl Iterator<Item = Vec<u8>> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
    let memory = File::open(format!("/proc/{process}/mem")).unwrap();
    assert!(maps.contains("[heap]") && maps.contains("[stack]"), "{maps}");
    let lines: Vec<_> = maps.lines().map(str::to_owned).collect();
    let access = access.to_owned();
    lines.into_iter().filter_map(move |line| {
        let mut fields = line.split_ascii_whitespace();
        let (start, end) = fields.next()?.split_once('-')?;
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let (may, name) = (fields.next()?, fields.nth(3).unwrap_or_default());
        // The kernel's clock is no memory of the process.
        if !may.starts_with(&access) || name.starts_with("[vvar") || name == "[vsyscall]" {
            return None;
        }
        let mut region = vec![0; (end - start) as usize];
        memory.read_exact_at(&mut region, start).expect(&line);
        Some(region)
    })
}

/// What the blind of a request is recognised by: nobody but the handset knows it, and what it does to an element is
/// public.
#[cfg(feature = "oblivious")]
struct Blinds {
    hashed: <voprf::Ristretto255 as voprf::Group>::Elem,
    blinded: <voprf::Ristretto255 as voprf::Group>::Elem,
}

#[cfg(feature = "oblivious")]
type Scalar = <voprf::Ristretto255 as voprf::Group>::Scalar;

#[cfg(feature = "oblivious")]
impl Blinds {
    /// Of a request for one number.
    fn new(request: &[u8], text: &str) -> Self {
        let hashed = hash_to_group(text);
        Blinds {
            hashed,
            blinded: <voprf::Ristretto255 as voprf::Group>::deserialize_elem(&request[request.len() - 32..]).unwrap(),
        }
    }

    /// Tries all that may be a scalar. It is random, so it has many different bytes or digits; and what is tried stands in
    /// memory that can be written to.
    fn find_in(&self, process: u32) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for region in memory_of(process, "rw") {
            // Most of it has never been used. A scalar is never on such a page, unless it ends or begins in a zero there.
            let pages: Vec<_> = region.chunks(4096).collect();
            let used = pages.chunk_by(|a, b| is_used(a) == is_used(b)).filter(|pages| is_used(pages[0]));
            for (count, scalar) in used.flat_map(|pages| scalars(&pages.concat())) {
                for (name, from, to) in
                    [("blind", self.hashed, self.blinded), ("inverse of a blind", self.blinded, self.hashed)]
                {
                    if from * scalar == to {
                        *found.entry(name.into()).or_insert(0) += count;
                    }
                }
            }
        }
        found
    }
}

#[cfg(feature = "oblivious")]
fn is_used(page: &[u8]) -> bool {
    page.iter().any(|&byte| byte != 0)
}

/// The element that a number hashes to in this scope.
#[cfg(feature = "oblivious")]
fn hash_to_group(text: &str) -> <voprf::Ristretto255 as voprf::Group>::Elem {
    use voprf::{CipherSuite, Group, Ristretto255};
    let dst = b"HashToGroup-OPRFV1-\x01-ristretto255-SHA512";
    Ristretto255::hash_to_curve::<<Ristretto255 as CipherSuite>::Hash>(&[&oprf_input(text)], &[dst]).ok().unwrap()
}

#[cfg(feature = "oblivious")]
fn oprf_input(text: &str) -> Vec<u8> {
    let values: Vec<_> = text.trim_start_matches('+').bytes().map(|digit| digit - b'0').collect();
    [b"P\x04acme\x07routing", &block(&values)[..]].concat()
}

/// What may be a scalar in these bytes, and how often it is there: 32 bytes, five words of 52 bits, also in the form that
/// Montgomery multiplies in, and 64 digits from -8 to 8.
#[cfg(feature = "oblivious")]
fn scalars(region: &[u8]) -> Vec<(usize, Scalar)> {
    use voprf::{Group, Ristretto255};
    let unlike = |bytes: &[u8]| {
        let mut seen = [0_u64; 4];
        bytes.iter().for_each(|&byte| seen[usize::from(byte >> 6)] |= 1 << (byte & 63));
        seen.iter().map(|seen| seen.count_ones()).sum::<u32>()
    };
    let mut plain: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    let mut words: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    for bytes in region.windows(32) {
        if bytes[31] <= 0x10 && unlike(bytes) > 22 {
            *plain.entry(bytes.try_into().unwrap()).or_default() += 1;
        }
    }
    for bytes in region.windows(64) {
        let is_digit = |byte: &u8| byte.wrapping_add(8) <= 16;
        if is_digit(&bytes[63]) && bytes.iter().all(is_digit) && unlike(bytes) > 10 {
            let (mut scalar, mut carry) = ([0; 32], 0);
            for (i, &digit) in bytes.iter().enumerate() {
                let sum = i32::from(digit as i8) + carry;
                scalar[i / 2] |= ((sum & 0xF) as u8) << (4 * (i % 2));
                carry = sum >> 4;
            }
            *plain.entry(scalar).or_default() += 1;
        }
    }
    // On a 64-bit machine; others have other words.
    for bytes in region.windows(40).step_by(4) {
        let limbs: Vec<_> = bytes.chunks(8).map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect();
        if limbs[4] >> 45 == 0 && limbs.iter().all(|limb| limb >> 52 == 0) && unlike(bytes) > 22 {
            let mut scalar = [0; 32];
            for bit in (0..256).filter(|bit| limbs[bit / 52] >> (bit % 52) & 1 == 1) {
                scalar[bit / 8] |= 1 << (bit % 8);
            }
            *words.entry(scalar).or_default() += 1;
        }
    }
    let scalar = |bytes: &[u8; 32]| Ristretto255::deserialize_scalar(bytes).ok();
    let mut sixteen = [0; 32];
    sixteen[0] = 16;
    let sixteen = scalar(&sixteen).unwrap();
    let form = Ristretto255::invert_scalar((1..65).fold(sixteen, |power, _| power * sixteen));
    let words = words.iter().filter_map(|(bytes, &count)| Some((count, scalar(bytes)?)));
    let words = words.flat_map(|(count, scalar)| [(count, scalar), (count, scalar * form)]);
    plain.iter().filter_map(|(bytes, &count)| Some((count, scalar(bytes)?))).chain(words).collect()
}

/// The secrets in a wrapped keyring.
fn unwrap(wrapped: &[u8], kek: &[u8; 32]) -> Vec<(u16, [u8; 32])> {
    let (header, sealed) = wrapped.split_at(16);
    let mut siv = Aes256Siv::new_from_slice(&derive(kek, b"telseal/v1/keyring")).unwrap();
    let entries = siv.decrypt([header], sealed).unwrap();
    let entry = |entry: &[u8]| (u16::from_be_bytes([entry[0], entry[1]]), entry[2..].try_into().unwrap());
    entries[2..].chunks(34).map(entry).collect()
}

fn derive(secret: &[u8; 32], info: &[u8]) -> [u8; 64] {
    let mut key = [0; 64];
    Hkdf::<Sha256>::new(Some(b"telseal/v1"), secret).expand(info, &mut key).unwrap();
    key
}

/// The seed and the key of phone numbers.
#[cfg(feature = "oblivious")]
fn oprf_key(secret: &[u8; 32]) -> ([u8; 32], [u8; 32]) {
    let seed = *derive(secret, b"telseal/v1/oblivious\0P\x04acme\x07routing").first_chunk().unwrap();
    let server = voprf::VoprfServer::<voprf::Ristretto255>::new_from_seed(&seed, b"").unwrap();
    (seed, *server.serialize().first_chunk().unwrap())
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

/// Country code, network and type allocation codes of nobody.
fn texts() -> [String; 4] {
    let area = char::from(b'2' + random::<1>()[0] % 8);
    [
        format!("+1{area}{}55501{}", digits(2), digits(2)),
        format!("999{}", digits(12)),
        format!("00{}", digits(12)),
        format!("00{}", digits(14)),
    ]
}

fn block(digits: &[u8]) -> Vec<u8> {
    let nibbles: Vec<_> = digits.iter().copied().chain([0xF; 16]).take(16).collect();
    nibbles.chunks(2).map(|pair| pair[0] | pair[1] << 4).collect()
}

/// No zeros, which memory is full of.
fn digits(count: usize) -> String {
    (0..count).map(|_| char::from(b'1' + random::<1>()[0] % 9)).collect()
}

fn byte(from: &mut impl Read) -> u8 {
    let mut byte = [0];
    from.read_exact(&mut byte).unwrap();
    byte[0]
}

// The holder.

struct Given<'a> {
    secrets: [&'a [u8; 32]; 2],
    kek: &'a [u8; 32],
    phone: &'a str,
    imsi: &'a str,
    imei: &'a str,
    imeisv: &'a str,
}

#[test]
#[ignore = "the other tests start it, each in a process of its own"]
fn holder() {
    let Ok(task) = env::var("HOLDER_TASK") else { return };
    // Not Stdin and Stdout themselves, which have buffers.
    let mut input = File::from(io::stdin().as_fd().try_clone_to_owned().unwrap());
    let mut output = File::from(io::stdout().as_fd().try_clone_to_owned().unwrap());
    let mut bytes = Zeroizing::new(vec![0; 3 * 32 + 12 + 15 + 14 + 16]);
    output.write_all(&[READY]).unwrap();
    input.read_exact(&mut bytes).unwrap();

    let (keys, texts) = bytes.split_at(3 * 32);
    let (keys, texts) = (keys.as_chunks().0, str::from_utf8(texts).unwrap());
    let given = Given {
        secrets: [&keys[0], &keys[1]],
        kek: &keys[2],
        phone: &texts[..12],
        imsi: &texts[12..27],
        imei: &texts[27..41],
        imeisv: &texts[41..],
    };
    let wrapped = far_below(|| perform(&task, &given));
    if env::var("HOLDER_WIPES").unwrap() == "yes" {
        zeroize_stack::<{ 8 * GAP }>();
    }
    if task == "forget" {
        mem::forget(bytes);
    } else {
        drop(bytes);
    }
    output.write_all(&[&[DONE][..], &[wrapped.len() as u8], &wrapped[..]].concat()).unwrap();
    // Until the searcher has seen enough.
    assert_eq!(input.read(&mut [0]).unwrap(), 0);
}

const GAP: usize = 64 * 1024;

/// Runs it so far down the stack that nothing called later covers what it leaves there.
#[inline(never)]
fn far_below<T>(run: impl FnOnce() -> T) -> T {
    let gap = black_box([0u8; GAP]);
    let result = run();
    black_box(&gap);
    result
}

/// Nothing that wipes itself is moved, but by the crate and by `unwrap`. Returns the wrapped keyring where the
/// searcher needs it to know the secrets.
#[inline(never)]
fn perform(task: &str, given: &Given<'_>) -> Vec<u8> {
    let version = |number| KeyVersion::try_from(number).unwrap();
    let scope = Scope::new(LABELS).unwrap();
    let mut keyring = Keyring::from_secrets([(version(1), given.secrets[0]), (version(2), given.secrets[1])]).unwrap();
    match task {
        "keyring" => {
            keyring.rotate().unwrap();
            let wrapped = keyring.wrap(given.kek);
            keyring.retire(version(1)).unwrap();
            return wrapped;
        }
        "unwrap" => {
            let mut wrapped = keyring.wrap(given.kek);
            black_box(&Keyring::unwrap(&wrapped, given.kek).unwrap());
            assert!(Keyring::unwrap(&wrapped, given.secrets[0]).is_err());
            wrapped[40] ^= 1;
            assert!(Keyring::unwrap(&wrapped, given.kek).is_err());
        }
        "sealers" => {
            black_box(&keyring.sealer::<PhoneNumber>(&scope));
            black_box(&keyring.sealer::<Imsi>(&scope));
            black_box(&keyring.sealer::<Imei>(&scope));
            black_box(&keyring.sealer::<Imeisv>(&scope));
        }
        "index" => {
            let kek = given.kek;
            let live: Vec<_> = keyring.sealer::<PhoneNumber>(&scope).fingerprints().collect();
            let wrapped = keyring.sealer::<PhoneNumber>(&scope).indexer().wrap(kek);
            index(&Indexer::unwrap(&wrapped, kek, &scope, &live).unwrap(), given.phone);
            let live: Vec<_> = keyring.indexer::<Prefix<PhoneNumber>>(&scope).fingerprints().collect();
            let wrapped = keyring.indexer::<Prefix<PhoneNumber>>(&scope).wrap(kek);
            let prefixes: &Indexer<Prefix<PhoneNumber>> = &Indexer::unwrap(&wrapped, kek, &scope, &live).unwrap();
            let number: PhoneNumber = given.phone.parse().unwrap();
            let tags = prefixes.tags(&number, PrefixLengths::new([2, 10]).unwrap());
            assert!(tags.eq([10, 2].map(|length| prefixes.tag(&Prefix::of(&number, length).unwrap()))));
            assert!(Indexer::<Imsi>::unwrap(&wrapped, kek, &scope, &[]).is_err());
            // Last, so that nothing but dropping it wipes what its use left.
            index(&keyring.indexer(&scope), given.phone);
        }
        "identifiers" => identifiers(given),
        "one" => {
            one(&keyring.sealer::<PhoneNumber>(&scope), given.phone);
            one(&keyring.sealer::<Imsi>(&scope), given.imsi);
            one(&keyring.sealer::<Imei>(&scope), given.imei);
            one(&keyring.sealer::<Imeisv>(&scope), given.imeisv);
        }
        "many" => many(&keyring.sealer(&scope), given.phone, |runs| runs.iter().for_each(|run| run())),
        "elsewhere" => {
            let phones = Arc::new(keyring.sealer(&scope));
            let used = Arc::new(Barrier::new(2));
            let text = Zeroizing::new(given.phone.to_owned());
            thread::spawn({
                let (phones, used) = (Arc::clone(&phones), Arc::clone(&used));
                move || {
                    far_below(|| many(&phones, &text, apart));
                    drop((phones, text));
                    used.wait();
                    thread::park();
                }
            });
            used.wait();
        }
        #[cfg(feature = "oblivious")]
        "oblivious" => oblivious(&keyring.evaluator(&scope).unwrap(), given.phone),
        #[cfg(feature = "oblivious")]
        "forget oblivious" => {
            let evaluator = keyring.evaluator::<PhoneNumber>(&scope).unwrap();
            let numbers = [given.phone.parse().unwrap()];
            mem::forget(evaluator.public_keys().next().unwrap().blind(&numbers).unwrap());
            mem::forget(evaluator);
        }
        #[cfg(feature = "oblivious")]
        "handset" | "forget handset" => {
            let evaluator = keyring.evaluator::<PhoneNumber>(&scope).unwrap();
            let numbers = [given.phone.parse().unwrap()];
            let blinding = evaluator.public_keys().next().unwrap().blind(&numbers).unwrap();
            let request = blinding.request().to_bytes();
            if task == "forget handset" {
                mem::forget(Box::new(blinding));
            } else {
                let response = evaluator.evaluate(blinding.request(), |_| true).unwrap();
                black_box(blinding.finalize(&response).unwrap());
            }
            return request;
        }
        #[cfg(feature = "oblivious")]
        "blind apart from handset" => {
            use voprf::{Group, Ristretto255};
            let mut blind: [u8; 32] = random();
            blind[31] &= 0x0F;
            let blind = black_box(Ristretto255::deserialize_scalar(&blind).unwrap());
            let blinded = hash_to_group(given.phone) * blind;
            black_box(blinded * Ristretto255::invert_scalar(blind));
            return [&b"B"[..], &Ristretto255::serialize_elem(blinded)].concat();
        }
        #[cfg(feature = "oblivious")]
        "multiply" => {
            use voprf::{Group, Ristretto255};
            let (seed, key) = oprf_key(given.secrets[0]);
            black_box((&seed, &key));
            black_box(Ristretto255::base_elem() * Ristretto255::deserialize_scalar(&key).unwrap());
        }
        "forget" => {
            let number: PhoneNumber = given.phone.parse().unwrap();
            mem::forget(black_box(number.expose_e164()));
            mem::forget(black_box(number));
            mem::forget(keyring.sealer::<PhoneNumber>(&scope));
            mem::forget(keyring.indexer::<Prefix<PhoneNumber>>(&scope));
            mem::forget(keyring);
        }
        "derive" => leave(given.secrets[0], b"telseal/v1/siv\0P\x04acme\x07routing"),
        "derive wrapping" => leave(given.kek, b"telseal/v1/keyring"),
        "stream" => {
            keyring.promote(version(1)).unwrap();
            let tag = keyring.sealer::<PhoneNumber>(&scope).tag(&given.phone.parse().unwrap());
            let mut stream = Block::from(*tag.as_bytes());
            stream[8] &= 0x7F;
            stream[12] &= 0x7F;
            let key = derive(given.secrets[0], b"telseal/v1/siv\0P\x04acme\x07routing");
            Aes256::new_from_slice(&key[32..]).unwrap().encrypt_block(&mut stream);
            black_box(&stream);
        }
        _ => panic!("unknown task {task}"),
    }
    Vec::new()
}

fn leave(secret: &[u8; 32], info: &[u8]) {
    let key = derive(secret, info);
    black_box((&key, &Aes256::new_from_slice(&key[..32]).unwrap()));
    mem::forget(Box::new(Hkdf::<Sha256>::new(Some(b"telseal/v1"), secret)));
}

fn one<I: Identifier>(sealer: &Sealer<I>, text: &str) {
    let identifier: I = text.parse().ok().unwrap();
    let token = sealer.seal(&identifier);
    assert!(sealer.open(&token).unwrap() == identifier);
    assert!(sealer.lookup(&identifier).any(|found| found == token));
    assert!(sealer.reseal(&token).unwrap() == token && sealer.tag(&identifier) == token.tag());
}

fn index(indexer: &Indexer<PhoneNumber>, text: &str) {
    let number: PhoneNumber = text.parse().unwrap();
    let numbers = vec![text.parse().unwrap(); MANY];
    let mut tags = vec![indexer.tag(&number); MANY];
    indexer.tag_into(&numbers, &mut tags).unwrap();
    assert!(indexer.lookup(&number).any(|tag| tag == tags[MANY - 1]));
}

fn many(sealer: &Sealer<PhoneNumber>, text: &str, run: fn(&[&dyn Fn()])) {
    let numbers = vec![text.parse().unwrap(); MANY];
    let tokens = vec![sealer.seal(&numbers[0]); MANY];
    run(&[
        &|| sealer.seal_into(&numbers, &mut vec![Token::BLANK; MANY]).unwrap(),
        &|| sealer.tag_into(&numbers, &mut vec![tokens[0].tag(); MANY]).unwrap(),
        &|| {
            let mut opened = vec![Err(OpenError::NotOpened); MANY];
            sealer.open_into(&tokens, &mut opened).unwrap();
            assert!(opened.iter().zip(&numbers).all(|(opened, number)| opened.as_ref() == Ok(number)));
        },
        &|| {
            let rows = (0..MANY).map(|_| text.parse::<PhoneNumber>());
            sealer.seal_rows_into(rows.clone(), &mut vec![None; MANY], |_, error| panic!("{error}")).unwrap();
            sealer.tag_rows_into(rows, &mut vec![None; MANY], |_, error| panic!("{error}")).unwrap();
        },
        &|| {
            let rows = (0..MANY).map(|_| text.parse::<PhoneNumber>());
            let (mut bytes, mut valid) = (vec![[0; 27]; MANY], vec![0; MANY.div_ceil(64)]);
            let tags = &mut vec![[0; 16]; MANY];
            sealer.seal_column(rows.clone(), &mut bytes, &mut valid, |_, error| panic!("{error}")).unwrap();
            sealer.tag_column(rows.clone(), tags, &mut valid, |_, error| panic!("{error}")).unwrap();
            let mut lookups = vec![[0; 27]; MANY * sealer.versions().len()];
            sealer.lookup_column(rows, &mut lookups, &mut valid, |_, error| panic!("{error}")).unwrap();
            let mut opened = vec![None; MANY];
            sealer.open_column(&bytes, &mut opened, |_, error| panic!("{error}")).unwrap();
            assert!(opened.iter().flatten().eq(&numbers));
        },
        &|| {
            let rows = (0..MANY).map(|_| text);
            let (mut bytes, mut valid) = (vec![[0; 27]; MANY], vec![0; MANY.div_ceil(64)]);
            let tags = &mut vec![[0; 16]; MANY];
            sealer.seal_column(rows.clone(), &mut bytes, &mut valid, |_, error| panic!("{error}")).unwrap();
            sealer.tag_column(rows.clone(), tags, &mut valid, |_, error| panic!("{error}")).unwrap();
            let mut lookups = vec![[0; 27]; MANY * sealer.versions().len()];
            sealer.lookup_column(rows, &mut lookups, &mut valid, |_, error| panic!("{error}")).unwrap();
        },
    ]);
}

#[cfg(feature = "oblivious")]
fn oblivious(evaluator: &telseal::oblivious::Evaluator<PhoneNumber>, text: &str) {
    let number: PhoneNumber = text.parse().unwrap();
    let numbers = vec![number.clone(); 20];
    let key = evaluator.public_keys().next().unwrap();
    apart(&[
        &|| _ = black_box(key.blind(&numbers).unwrap()),
        &|| {
            let blinding = key.blind(&numbers).unwrap();
            let response = evaluator.evaluate(blinding.request(), |_| true).unwrap();
            black_box(blinding.finalize(&response).unwrap());
        },
        &|| _ = black_box(evaluator.tag(&number)),
        &|| assert_eq!(black_box(evaluator.lookup(&number)).count(), 2),
    ]);
}

fn identifiers(given: &Given<'_>) {
    let number: PhoneNumber = given.phone.parse().unwrap();
    let subscriber: Imsi = given.imsi.parse().unwrap();
    let equipment: Imei = given.imei.parse().unwrap();
    let software: Imeisv = given.imeisv.parse().unwrap();
    apart(&[
        &|| assert!(number == number.clone()),
        &|| assert!(given.imei.parse::<Imeisv>().is_err() && given.imeisv.parse::<Imei>().is_err()),
        &|| assert!(PhoneNumber::from_tbcd(&number.expose_tbcd()).unwrap() == number),
        &|| assert!(Imsi::from_tbcd(&subscriber.expose_tbcd()).unwrap() == subscriber),
        &|| assert!(Imei::from_tbcd(&equipment.expose_tbcd()).unwrap() == equipment),
        &|| assert!(number.expose_tel_uri().parse::<PhoneNumber>().unwrap() == number),
        &|| assert!(subscriber.expose_supi().parse::<Imsi>().unwrap() == subscriber),
        &|| assert!(equipment.expose_hyphenated().parse::<Imei>().unwrap() == equipment),
        &|| assert!(equipment.expose_urn().parse::<Imei>().unwrap() == equipment),
        &|| assert!(software.expose_digits().parse::<Imeisv>().unwrap() == software),
        &|| assert!(software.imei() != equipment),
        // What printing leaves is not covered by parsing here.
        &|| _ = black_box(&number.expose_e164()),
        &|| _ = black_box(&subscriber.expose_digits()),
        &|| _ = black_box(&equipment.expose_digits()),
        &|| _ = black_box(&equipment.expose_urn()),
        &|| _ = black_box(&software.expose_digits()),
    ]);
}

/// Runs each deeper down the stack than the next, which so does not cover what it leaves there.
fn apart(runs: &[&dyn Fn()]) {
    #[inline(never)]
    fn down(levels: usize, run: &dyn Fn()) {
        let gap = black_box([0u8; 16 * 1024]);
        if levels == 0 {
            run()
        } else {
            down(levels - 1, run)
        }
        black_box(&gap);
    }
    for (level, run) in runs.iter().enumerate().rev() {
        down(level, run);
    }
}
