//! Gateways that look up and register, and the books that are kept of what they were told.

use crate::{
    servers::Result,
    stores::{Directory, Handle, Row, Store},
};
use recipes::redis::Placement;
use std::{
    collections::HashMap,
    sync::{
        LazyLock, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
};
use telseal::{Imsi, KeyVersion, Keyring, Scope, Sealer, Token};

const KEK: [u8; 32] = [0x42; 32];

pub fn scope() -> Scope {
    Scope::new(["recipes", "directory"]).expect("two labels")
}

pub fn unwrap(wrapped: &[u8]) -> Result<Keyring> {
    Ok(Keyring::unwrap(wrapped, &KEK)?)
}

pub fn wrap(keyring: &Keyring) -> Vec<u8> {
    keyring.wrap(&KEK)
}

/// One of 10^10 identifiers that belong to nobody: IMSIs of the test network 001-01.
pub fn imsi(number: usize) -> Imsi {
    format!("00101{number:010}").parse().expect("15 digits")
}

/// Which one that is.
pub fn number(imsi: &Imsi) -> Result<usize> {
    Ok(imsi.expose_digits().strip_prefix("00101").ok_or("another network")?.parse()?)
}

/// How a gateway names a subscriber to the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Care {
    /// By the tokens of all live versions.
    All,
    /// By the newest token, as where there is no lookup under all versions. A control.
    Newest,
}

/// What Redis spreads subscribers by, under a key that does not rotate.
fn bucket(imsi: &Imsi) -> u16 {
    static PLACEMENT: LazyLock<Placement<Imsi>> = LazyLock::new(|| {
        let keyring = Keyring::from_secrets([(KeyVersion::FIRST, &[0x33; 32])]).expect("one secret");
        Placement::new(keyring.indexer(&Scope::new(["recipes", "placement"]).expect("two labels")))
            .expect("not rotated")
    });
    PLACEMENT.bucket(imsi)
}

/// The row that a subscriber has under a sealer's primary version.
pub fn row(sealer: &Sealer<Imsi>, number: usize, endpoint: u64) -> Row {
    let imsi = imsi(number);
    Row { token: sealer.seal(&imsi).as_ref().into(), endpoint, place: (bucket(&imsi), sealer.primary()) }
}

pub fn handle(sealer: &Sealer<Imsi>, care: Care, number: usize) -> Handle {
    let imsi = imsi(number);
    let live: Vec<Token<Imsi>> = sealer.lookup(&imsi).collect();
    let token = sealer.seal(&imsi);
    Handle { live: if care == Care::All { live } else { vec![token] }, token, bucket: bucket(&imsi) }
}

/// Numbers for choices that need no secrecy: SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// What the directory has acknowledged.
pub struct Books {
    /// For each subscriber the endpoint that was registered, 0 for none.
    endpoints: Vec<AtomicU64>,
    /// Those before it are registered, or are being.
    next: AtomicU64,
    pub found: AtomicU64,
    pub registered: AtomicU64,
    pub refused: AtomicU64,
    /// Lookups of registered subscribers that found nothing.
    pub misses: AtomicU64,
    /// Lookups that found another's endpoint.
    pub wrong: AtomicU64,
    /// Registrations acknowledged for one subscriber after the first.
    pub twice: AtomicU64,
}

/// What the rows say when all is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Audit {
    pub rows: usize,
    /// Rows of subscribers who have another.
    pub duplicates: usize,
    /// Registered subscribers without a row that has their endpoint.
    pub lost: usize,
    /// Rows that nobody registered.
    pub strange: usize,
}

impl Books {
    pub fn new(most: usize) -> Self {
        let zero = || AtomicU64::new(0);
        Books {
            endpoints: (0..most).map(|_| zero()).collect(),
            next: zero(),
            found: zero(),
            registered: zero(),
            refused: zero(),
            misses: zero(),
            wrong: zero(),
            twice: zero(),
        }
    }

    /// Fills the directory beforehand.
    pub fn seed(&self, directory: &mut dyn Directory, sealer: &Sealer<Imsi>, subscribers: usize) -> Result<()> {
        let rows: Vec<_> = (0..subscribers).map(|number| row(sealer, number, self.endpoint(number, 0))).collect();
        directory.put(&rows)?;
        for (number, row) in rows.iter().enumerate() {
            self.endpoints[number].store(row.endpoint, SeqCst);
        }
        self.next.store(2 * subscribers as u64, SeqCst);
        Ok(())
    }

    /// Another one for each attempt, so that it shows whose registration was taken.
    fn endpoint(&self, number: usize, attempt: u64) -> u64 {
        number as u64 + 1 + (attempt << 20)
    }

    /// One registration, of a subscriber whom others may be registering too.
    pub fn register(
        &self,
        directory: &mut dyn Directory,
        handle: &Handle,
        number: usize,
        attempt: u64,
        told: &mut Vec<(usize, u64)>,
    ) -> Result<()> {
        let endpoint = self.endpoint(number, attempt);
        // A registration that was repeated, since its answer was lost with the connection, meets itself.
        match directory.register(handle, endpoint)? {
            Some(other) if other != endpoint => {
                self.refused.fetch_add(1, SeqCst);
                told.push((number, other));
            }
            _ => {
                self.registered.fetch_add(1, SeqCst);
                if self.endpoints[number].swap(endpoint, SeqCst) != 0 {
                    self.twice.fetch_add(1, SeqCst);
                }
            }
        }
        Ok(())
    }

    pub fn lookup(&self, directory: &mut dyn Directory, handle: &Handle, expected: u64) -> Result<()> {
        let count = match directory.lookup(handle)? {
            Some(endpoint) if endpoint == expected => &self.found,
            Some(_) => &self.wrong,
            None => &self.misses,
        };
        count.fetch_add(1, SeqCst);
        Ok(())
    }

    /// The endpoint that was registered, 0 for none.
    pub fn registered_endpoint(&self, number: usize) -> u64 {
        self.endpoints[number].load(SeqCst)
    }

    /// Those who were refused were told of a row that somebody registered. Nothing may be under way: an answer may be
    /// there before the other gateway has put its own into the books.
    pub fn check(&self, told: &[(usize, u64)]) {
        let wrong = told.iter().filter(|(number, other)| self.registered_endpoint(*number) != *other).count();
        self.wrong.fetch_add(wrong as u64, SeqCst);
    }

    /// A subscriber to register. Each is given out twice in a row, so that two gateways register one at a time.
    pub fn claim(&self) -> Option<usize> {
        let number = (self.next.fetch_add(1, SeqCst) / 2) as usize;
        (number < self.endpoints.len()).then_some(number)
    }

    /// How many subscribers were given out.
    pub fn known(&self) -> usize {
        ((self.next.load(SeqCst) / 2) as usize).min(self.endpoints.len())
    }

    pub fn operations(&self) -> u64 {
        [&self.found, &self.registered, &self.refused, &self.misses, &self.wrong]
            .map(|count| count.load(SeqCst))
            .iter()
            .sum()
    }

    /// Reads all rows and opens their tokens. Nothing may be under way.
    pub fn audit(&self, directory: &mut dyn Directory, keyring: &Keyring) -> Result<Audit> {
        let sealer = keyring.sealer::<Imsi>(&scope());
        let versions: Vec<KeyVersion> = keyring.versions().collect();
        let mut audit = Audit::default();
        let mut rows: HashMap<usize, Vec<u64>> = HashMap::new();
        for Row { token, endpoint, .. } in directory.rows(&versions)? {
            audit.rows += 1;
            match Token::try_from(&*token).ok().and_then(|token| sealer.open(&token).ok()) {
                Some(imsi) => rows.entry(number(&imsi)?).or_default().push(endpoint),
                None => audit.strange += 1,
            }
        }
        for (number, endpoints) in &rows {
            audit.duplicates += endpoints.len() - 1;
            let known = self.endpoints.get(*number).is_some_and(|endpoint| endpoint.load(SeqCst) != 0);
            audit.strange += if known { 0 } else { endpoints.len() };
        }
        for (number, endpoint) in self.endpoints.iter().enumerate() {
            let (endpoint, rows) = (endpoint.load(SeqCst), rows.get(&number).map_or(&[][..], |rows| rows));
            audit.lost += usize::from(endpoint != 0 && !rows.contains(&endpoint));
        }
        Ok(audit)
    }
}

/// One gateway: a thread with a connection, which uses the sealer that it has been handed.
pub struct Gateway {
    sealer: RwLock<Sealer<Imsi>>,
}

impl Gateway {
    pub fn new(sealer: Sealer<Imsi>) -> Self {
        Gateway { sealer: RwLock::new(sealer) }
    }

    /// Returns when the gateway uses the new sealer and nothing of the old one is under way.
    pub fn hand(&self, sealer: Sealer<Imsi>) {
        *self.sealer.write().expect("no thread panics") = sealer;
    }

    /// Looks up, and now and then registers, until it is told to stop. Returns which endpoints it was told of where a
    /// registration was refused.
    pub fn run(&self, store: &dyn Store, books: &Books, seed: u64, stop: &AtomicBool) -> Result<Vec<(usize, u64)>> {
        let (mut directory, mut random, mut told) = (store.connect()?, Random(seed), Vec::new());
        let mut attempt = seed << 36;
        while !stop.load(SeqCst) {
            // Held until the answer is there: who hands out a new sealer waits for that.
            let sealer = self.sealer.read().expect("no thread panics");
            attempt += 1;
            match random.below(100) {
                0..3 => {
                    if let Some(number) = books.claim() {
                        let handle = handle(&sealer, Care::All, number);
                        books.register(&mut *directory, &handle, number, attempt, &mut told)?;
                    }
                }
                // Of one who is there already.
                3 => {
                    let number = random.below(books.known());
                    if books.registered_endpoint(number) != 0 {
                        let handle = handle(&sealer, Care::All, number);
                        books.register(&mut *directory, &handle, number, attempt, &mut told)?;
                    }
                }
                _ => {
                    let number = random.below(books.known());
                    let expected = books.registered_endpoint(number);
                    if expected != 0 {
                        books.lookup(&mut *directory, &handle(&sealer, Care::All, number), expected)?;
                    }
                }
            }
        }
        Ok(told)
    }
}

/// The keyring with another version as the primary one, as a gateway has it that has not been told yet.
pub fn promoted(keyring: &Keyring, primary: KeyVersion) -> Result<Keyring> {
    let mut keyring = unwrap(&wrap(keyring))?;
    keyring.promote(primary)?;
    Ok(keyring)
}

/// A sealer of that keyring.
pub fn sealer(keyring: &Keyring, primary: KeyVersion) -> Result<Sealer<Imsi>> {
    Ok(promoted(keyring, primary)?.sealer(&scope()))
}
