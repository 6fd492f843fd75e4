//! The key holder: a process that has the keyring, evaluates blinded elements for accounts, and sees no number.
//!
//! A message is an account and a request, the answer is the response. Who has which account is proven by logging in,
//! which is left out here. On its standard output it publishes the public keys of the live key versions, newest
//! first; its operator rotates and retires key versions through its standard input.

use crate::{
    process::Result,
    wire::{console, listen},
};
use std::{
    collections::HashMap,
    fs::File,
    io::Write,
    path::Path,
    sync::{Arc, Mutex, RwLock},
    time::Instant,
};
use telseal::{
    Keyring, PhoneNumber, Scope,
    oblivious::{Evaluator, Request},
};

/// The most elements that an account is admitted at once, and how many come back a day. With that an attacker gets
/// 2000 tags for each account and then 100 a day: SECURITY.md has the arithmetic.
pub(crate) const CAPACITY: usize = 2000;
const PER_SECOND: f64 = 100.0 / 86_400.0;

/// What an account may still ask for. In memory: a service stores it with the account, as `telseal::oblivious` shows.
struct Bucket {
    elements: f64,
    at: Instant,
}

struct KeyHolder {
    evaluator: RwLock<Arc<Evaluator<PhoneNumber>>>,
    buckets: Mutex<HashMap<u64, Bucket>>,
    /// Who asked for how many, under which key version.
    log: Mutex<File>,
}

pub(crate) fn run(log: &Path) -> Result<()> {
    let scope = Scope::new(["contacts", "routing"])?;
    let mut keyring = Keyring::generate()?; // a service stores it wrapped, before anything is evaluated under it
    let key_holder = Arc::new(KeyHolder {
        evaluator: RwLock::new(Arc::new(keyring.evaluator(&scope)?)),
        buckets: Mutex::default(),
        log: Mutex::new(File::create(log)?),
    });
    let shared = Arc::clone(&key_holder);
    listen(move |message| shared.answer(message))?;
    println!("{}", key_holder.published());
    console(|line| {
        match line.split_once(' ') {
            None if line == "rotate" => drop(keyring.rotate()?),
            Some(("retire", version)) => keyring.retire(version.parse::<u16>()?.try_into()?)?,
            _ => return Err("expected `rotate`, or `retire` and a key version".into()),
        }
        *key_holder.evaluator.write().expect("no thread panics") = Arc::new(keyring.evaluator(&scope)?);
        Ok(key_holder.published())
    })
}

impl KeyHolder {
    fn published(&self) -> String {
        let evaluator = self.evaluator.read().expect("no thread panics");
        evaluator.public_keys().map(|key| hex::encode(key.to_bytes())).collect::<Vec<_>>().join(" ")
    }

    fn answer(&self, message: &[u8]) -> Result<Vec<u8>> {
        let (account, request) = message.split_first_chunk().ok_or("expected an account")?;
        let request = Request::try_from(request)?;
        let evaluator = Arc::clone(&self.evaluator.read().expect("no thread panics"));
        let response = evaluator.evaluate(&request, |elements| self.admit(u64::from_be_bytes(*account), elements))?;
        let (version, count) = (request.key_version().get(), request.count() as u16);
        let line = [&account[..], &version.to_be_bytes(), &count.to_be_bytes()].concat();
        self.log.lock().expect("no thread panics").write_all(&line)?;
        Ok(response.to_bytes())
    }

    fn admit(&self, account: u64, elements: usize) -> bool {
        let (elements, now) = (elements as f64, Instant::now());
        let mut buckets = self.buckets.lock().expect("no thread panics");
        let bucket = buckets.entry(account).or_insert(Bucket { elements: CAPACITY as f64, at: now });
        let filled = now.duration_since(bucket.at).as_secs_f64() * PER_SECOND;
        *bucket = Bucket { elements: (bucket.elements + filled).min(CAPACITY as f64), at: now };
        let admitted = elements <= bucket.elements;
        bucket.elements -= if admitted { elements } else { 0.0 };
        admitted
    }
}
