//! What the gateway has: the keys, under which it names identifiers to the router and from which it makes the front end's
//! index keys, and lines to both.

use crate::{
    process::{Process, Result},
    subscribers::{Digits, Subscriber},
};
use std::{
    io::{self, BufRead, BufReader, Write},
    net::TcpStream,
    sync::{
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
};
use telseal::{
    Identifier, Imei, Imeisv, Imsi, Indexed, Indexer, KeyVersion, Keyring, Kind, ParseError, PhoneNumber, Prefix,
    Scope, Sealer, Token,
};

/// How one kind of identifier is named to the router.
pub(crate) enum Names<I> {
    Sealed(Sealer<I>),
    /// The control.
    Plaintext,
}

/// How identifiers are named to the router, as long as the keyring stays as it is.
pub(crate) struct Naming {
    pub(crate) phones: Names<PhoneNumber>,
    pub(crate) imsis: Names<Imsi>,
    pub(crate) imeis: Names<Imei>,
    pub(crate) imeisvs: Names<Imeisv>,
}

/// The front end process.
pub(crate) struct FrontEnd {
    pub(crate) process: Process,
    kek: [u8; 32],
}

/// A connection to the router, and all bytes that crossed it.
pub(crate) struct Link {
    stream: BufReader<TcpStream>,
    sent: Vec<u8>,
    received: Vec<u8>,
}

fn scope() -> std::result::Result<Scope, ParseError> {
    Scope::new(["messaging", "routing"])
}

impl<I: Digits> Names<I> {
    /// The name that a row gets.
    pub(crate) fn one(&self, identifier: &I) -> String {
        match self {
            Names::Sealed(sealer) => sealer.seal(identifier).to_string(),
            Names::Plaintext => {
                let plus = if I::KIND == Kind::PhoneNumber { "+" } else { "" };
                format!("{plus}{}", identifier.expose())
            }
        }
    }

    /// The same as the router stores it.
    pub(crate) fn stored(&self, identifier: &I) -> Vec<u8> {
        match self {
            Names::Sealed(sealer) => sealer.seal(identifier).as_bytes().to_vec(),
            Names::Plaintext => self.one(identifier).into(),
        }
    }

    /// All names that a row may have, newest first. The newest key is the primary one here, so that the first
    /// is the one that a new row gets.
    pub(crate) fn all(&self, identifier: &I) -> String {
        match self {
            Names::Sealed(sealer) => sealer.lookup(identifier).map(|t| t.to_string()).collect::<Vec<_>>().join(","),
            Names::Plaintext => self.one(identifier),
        }
    }

    pub(crate) fn open(&self, name: &str) -> Result<I> {
        match self {
            Names::Sealed(sealer) => Ok(sealer.open(&name.parse()?)?),
            Names::Plaintext => Ok(name.parse()?),
        }
    }

    /// The name that a row gets in place of an older one.
    fn reseal(&self, name: &str) -> Result<String> {
        match self {
            Names::Sealed(sealer) => Ok(sealer.reseal(&name.parse::<Token<I>>()?)?.to_string()),
            Names::Plaintext => Ok(name.into()),
        }
    }
}

impl Naming {
    pub(crate) fn new(keyring: Option<&Keyring>) -> std::result::Result<Self, ParseError> {
        let scope = scope()?;
        fn names<I: Identifier>(keyring: Option<&Keyring>, scope: &Scope) -> Names<I> {
            keyring.map_or(Names::Plaintext, |keyring| Names::Sealed(keyring.sealer(scope)))
        }
        Ok(Naming {
            phones: names(keyring, &scope),
            imsis: names(keyring, &scope),
            imeis: names(keyring, &scope),
            imeisvs: names(keyring, &scope),
        })
    }

    pub(crate) fn register(&self, subscriber: &Subscriber, imsi: &Imsi, endpoint: usize) -> String {
        let Subscriber { phone, imei, imeisv, .. } = subscriber;
        let (phone, imsi, imei) = (self.phones.all(phone), self.imsis.all(imsi), self.imeis.all(imei));
        let imeisv = imeisv.as_ref().map_or("-".into(), |imeisv| self.imeisvs.one(imeisv));
        format!("register {phone} {imsi} {imei} {imeisv} {endpoint}")
    }

    /// Reseals all rows that are sealed under a version before the primary one, batch by batch: a batch for each
    /// permit and, when there are no more permits to come, the rest at once. Counts the rows that were resealed. Returns
    /// the link, and how many rows could not be for another reason than that they were gone.
    pub(crate) fn reseal_rows(
        &self,
        mut link: Link,
        primary: KeyVersion,
        permits: mpsc::Receiver<()>,
        resealed: &AtomicUsize,
    ) -> Result<(Link, usize)> {
        let mut missed = 0;
        let mut after = "-".to_string();
        loop {
            let _ = permits.recv(); // an error says that no more are to come
            let answer = link.ask(format!("old-rows {primary} {after}"))?;
            let mut words = answer.split(' ');
            if words.next() != Some("ok") {
                return Err(format!("asked for old rows, the router answered: {answer}").into());
            }
            let words: Vec<_> = words.collect();
            let (rows, []) = words.as_chunks::<4>() else { return Err("old rows of four words expected".into()) };
            let Some([last, ..]) = rows.last() else { return Ok((link, missed)) };
            after = last.to_string();
            for row in rows {
                match &*link.ask(format!("replace {} {}", row.join(" "), self.reseal(row)?))? {
                    "no unknown" => {}
                    answer if answer.starts_with("ok") => _ = resealed.fetch_add(1, Relaxed),
                    _ => missed += 1,
                }
            }
        }
    }

    fn reseal(&self, [phone, imsi, imei, imeisv]: &[&str; 4]) -> Result<String> {
        let (phone, imsi, imei) = (self.phones.reseal(phone)?, self.imsis.reseal(imsi)?, self.imeis.reseal(imei)?);
        let imeisv = if *imeisv == "-" { "-".into() } else { self.imeisvs.reseal(imeisv)? };
        Ok(format!("{phone} {imsi} {imei} {imeisv}"))
    }
}

/// Prefixes and their carriers.
pub(crate) const ROUTES: [(&str, u64); 6] =
    [("+1", 1), ("+1202", 2), ("+4", 3), ("+44", 4), ("+4420", 5), ("+447700", 6)];

/// The line that gives the router its routes: under all live key versions, so that the front end finds them with a new
/// index key and with the one before.
pub(crate) fn routes(keyring: Option<&Keyring>) -> Result<String> {
    let mut line = "routes".to_string();
    let scope = scope()?;
    let prefixes = keyring.map(|keyring| keyring.indexer::<Prefix<PhoneNumber>>(&scope));
    for (prefix, carrier) in ROUTES {
        match &prefixes {
            Some(prefixes) => {
                prefixes.lookup(&prefix.parse()?).for_each(|tag| line += &format!(" {tag}:{carrier}"));
            }
            None => line += &format!(" {prefix}:{carrier}"),
        }
    }
    Ok(line)
}

impl FrontEnd {
    /// Starts this same program as the front end, with a key-encryption key of its own.
    pub(crate) fn start(handles: &str, router: &Process) -> Result<Self> {
        let mut kek = [0; 32];
        getrandom::fill(&mut kek)?;
        let mut process = Process::start(["front-end", handles, &router.port.to_string()])?;
        process.send(&hex::encode(kek))?;
        Ok(FrontEnd { process, kek })
    }

    /// Hands out the index keys of the versions that are live now.
    pub(crate) fn load(&mut self, keyring: &Keyring) -> Result<String> {
        let phones: Indexer<PhoneNumber> = keyring.sealer(&scope()?).indexer();
        let prefixes: Indexer<Prefix<PhoneNumber>> = keyring.indexer(&scope()?);
        let live = [fingerprints(&phones), fingerprints(&prefixes)];
        self.load_keys([phones.wrap(&self.kek), prefixes.wrap(&self.kek)], live)
    }

    /// Hands out one that does not fit: of the one kind for the other, or without a key of the next version.
    pub(crate) fn load_unfit(&mut self, keyring: &Keyring) -> Result<[String; 2]> {
        let phones: Indexer<PhoneNumber> = keyring.indexer(&scope()?);
        let prefixes: Indexer<Prefix<PhoneNumber>> = keyring.indexer(&scope()?);
        let live = [fingerprints(&phones), fingerprints(&prefixes)];
        let (phones, prefixes) = (phones.wrap(&self.kek), prefixes.wrap(&self.kek));
        let next = keyring.primary().next().ok_or("the last key version")?;
        let with_next = live.clone().map(|live| format!("{next}:{:016},{live}", 0));
        Ok([self.load_keys([prefixes.clone(), phones.clone()], live)?, self.load_keys([phones, prefixes], with_next)?])
    }

    /// Index keys of phone numbers and of prefixes, each with what it must have.
    fn load_keys(&mut self, keys: [Vec<u8>; 2], live: [String; 2]) -> Result<String> {
        let [phones, prefixes] = keys.map(hex::encode);
        let [live_phones, live_prefixes] = live;
        self.process.ask(&format!("load {phones} {live_phones} {prefixes} {live_prefixes}"))
    }

    /// Ends the process. What it sent to the router, and what it received.
    pub(crate) fn stop(mut self) -> Result<[Vec<u8>; 2]> {
        self.process.close();
        let traffic = [hex::decode(self.process.line()?)?, hex::decode(self.process.line()?)?];
        self.process.stop()?;
        Ok(traffic)
    }
}

impl Link {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Link { stream: BufReader::new(stream), sent: Vec::new(), received: Vec::new() })
    }

    /// Sends a line and waits for the answer.
    pub(crate) fn ask(&mut self, line: impl AsRef<[u8]>) -> Result<String> {
        let start = self.sent.len();
        self.sent.extend_from_slice(line.as_ref());
        self.sent.push(b'\n');
        self.stream.get_mut().write_all(&self.sent[start..])?;
        let start = self.received.len();
        self.stream.read_until(b'\n', &mut self.received)?;
        let answer = self.received[start..].strip_suffix(b"\n").ok_or("the router hung up")?;
        Ok(str::from_utf8(answer)?.into())
    }

    /// What was sent and what was received.
    pub(crate) fn into_bytes(self) -> [Vec<u8>; 2] {
        [self.sent, self.received]
    }
}

/// The live versions of an index key, each with its fingerprint.
fn fingerprints<T: Indexed>(indexer: &Indexer<T>) -> String {
    let each = indexer.fingerprints().map(|(version, fingerprint)| format!("{version}:{fingerprint}"));
    each.collect::<Vec<_>>().join(",")
}
