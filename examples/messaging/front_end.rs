//! The front end: a process that people ask whether a phone number is on the service, and if it is not, which carrier
//! has it. It holds index keys, from which it computes the tags that it asks the router by. Nothing it holds opens a
//! token.
//!
//! What it sees: the numbers that it is asked about, and the router's answers. It could ask about every number there
//! is; what protects the directory from that is that it asks the router, who can count.

use crate::{gateway::Link, process::Result, protocol::Handles, subscribers::read_phone};
use std::{
    collections::VecDeque,
    io::{self, BufRead, Write},
    net::{Ipv4Addr, TcpStream},
};
use telseal::{Fingerprint, Indexer, KeyVersion, PhoneNumber, Prefix, PrefixLengths, Scope};

/// How phone numbers are named to the router.
enum Index {
    Keys {
        phones: Indexer<PhoneNumber>,
        prefixes: Indexer<Prefix<PhoneNumber>>,
    },
    /// The control.
    Plaintext,
}

/// How many of the numbers that it was asked about the front end keeps, as one does that counts who asks for what. A
/// search of its memory must find them, which says that it was read.
pub(crate) const RECENT: usize = 20;

/// How many digits the prefixes of the router's routes have.
pub(crate) const LENGTHS: [usize; 4] = [1, 2, 4, 6];

/// Answers the lines of its standard input until that ends, and then writes what it sent and what it received. The first
/// line is the key-encryption key of its index keys.
pub(crate) fn run(handles: Handles, port: u16) -> Result<()> {
    let mut lines = io::stdin().lock().lines();
    let kek = hex::decode(lines.next().ok_or("expected a key-encryption key")??)?;
    let kek = kek.try_into().map_err(|_| "expected a key-encryption key of 32 bytes")?;
    let mut link = Link::new(TcpStream::connect((Ipv4Addr::LOCALHOST, port))?)?;
    let mut index = match handles {
        Handles::Tokens => None,
        Handles::Plaintext => Some(Index::Plaintext),
    };
    let mut recent: VecDeque<PhoneNumber> = VecDeque::with_capacity(RECENT);
    for line in lines {
        let line = line?;
        let answer = match (line.split_once(' '), &index) {
            (Some(("load", keys)), _) => Index::load(keys, &kek).map(|keys| {
                index = Some(keys);
                "ok".into()
            }),
            (Some(("find", words)), Some(index)) => find(words).and_then(|number| {
                if !recent.contains(&number) {
                    recent.truncate(RECENT - 1);
                    recent.push_front(number.clone());
                }
                index.find(&number, &mut link)
            }),
            _ => Err("expected `load` with index keys and then `find` with a country and a phone number".into()),
        };
        println!("{}", answer.unwrap_or_else(|error| format!("error {error}")));
    }
    let mut out = io::stdout().lock();
    for bytes in link.into_bytes() {
        writeln!(out, "{}", hex::encode(bytes))?;
    }
    Ok(())
}

/// Reads a country, and the phone number that was typed in it.
fn find(words: &str) -> Result<PhoneNumber> {
    let (country, typed) = words.split_once(' ').ok_or("expected a country and a phone number")?;
    read_phone(typed, country)
}

/// Reads `version:fingerprint`, with commas between them.
fn fingerprints(text: &str) -> Result<Vec<(KeyVersion, Fingerprint)>> {
    let one = |text: &str| -> Result<_> {
        let (version, fingerprint) = text.split_once(':').ok_or("expected a fingerprint")?;
        Ok((version.parse()?, fingerprint.parse()?))
    };
    text.split(',').map(one).collect()
}

impl Index {
    /// Two wrapped index keys, each with the key versions that rows are stored under and their fingerprints.
    fn load(keys: &str, kek: &[u8; 32]) -> Result<Self> {
        let [phones, live_phones, prefixes, live_prefixes] = keys
            .split(' ')
            .collect::<Vec<_>>()
            .try_into()
            .map_err(|_| "expected two index keys, each with fingerprints")?;
        let scope = Scope::new(["messaging", "routing"])?;
        Ok(Index::Keys {
            phones: Indexer::unwrap(&hex::decode(phones)?, kek, &scope, &fingerprints(live_phones)?)?,
            prefixes: Indexer::unwrap(&hex::decode(prefixes)?, kek, &scope, &fingerprints(live_prefixes)?)?,
        })
    }

    /// The endpoint of a number or, where it has none, its carrier.
    fn find(&self, number: &PhoneNumber, link: &mut Link) -> Result<String> {
        if let Some(endpoint) = link.ask(format!("find {}", self.tags(number)))?.strip_prefix("ok ") {
            return Ok(format!("endpoint {endpoint}"));
        }
        let answer = link.ask(format!("route {}", self.prefixes(number)?))?;
        Ok(format!("carrier {}", answer.strip_prefix("ok ").ok_or("no carrier")?))
    }

    /// A tag for each live key version, newest first.
    fn tags(&self, number: &PhoneNumber) -> String {
        match self {
            Index::Keys { phones, .. } => {
                let tags = phones.versions().zip(phones.lookup(number));
                tags.map(|(version, tag)| format!("{version}:{tag}")).collect::<Vec<_>>().join(",")
            }
            Index::Plaintext => number.expose_e164().to_string(),
        }
    }

    /// The prefixes that could have a route, the longest first.
    fn prefixes(&self, number: &PhoneNumber) -> Result<String> {
        let prefixes: Vec<_> = match self {
            Index::Keys { prefixes, .. } => {
                prefixes.tags(number, PrefixLengths::new(LENGTHS)?).map(|tag| tag.to_string()).collect()
            }
            Index::Plaintext => {
                let number = number.expose_e164();
                LENGTHS.iter().rev().map(|length| number[..=*length].to_string()).collect()
            }
        };
        Ok(prefixes.join(","))
    }
}
