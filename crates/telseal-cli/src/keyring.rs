//! `telseal keyring …`: the life of a keyring.

use crate::{
    args::{IndexArgs, KeyArgs, KeyringCommand, PublicKeyArgs},
    failure::{At, Failure},
    kek,
    keyring_file::{self, failed},
    kind::KindName,
    output,
};
use std::{
    io::{self, Write},
    path::Path,
};
use telseal::{Fingerprint, Identifier, Imei, Imeisv, Imsi, Indexed, KeyVersion, Keyring, PhoneNumber, Prefix, Scope};

pub(crate) fn run(command: &KeyringCommand) -> Result<(), Failure> {
    match command {
        KeyringCommand::New(args) => new(args),
        KeyringCommand::List(args) => list(args),
        KeyringCommand::Stage(args) => {
            let version = change(args, |keyring| keyring.stage())?;
            say(&format!("version {version} is staged: it opens and is looked up, and nothing is sealed under it"))?;
            hint(&format!("hand the file to all who use it, and then run `telseal keyring promote {version}`"));
            Ok(())
        }
        KeyringCommand::Promote { version, key } => {
            let version = read_version(version)?;
            change(key, |keyring| keyring.promote(version))?;
            say(&format!("version {version} is the primary version: it is sealed under from now on"))?;
            hint("hand the file to all who seal, and reseal all rows before an old version is retired");
            Ok(())
        }
        KeyringCommand::Retire { version, key } => {
            let version = read_version(version)?;
            change(key, |keyring| keyring.retire(version))?;
            say(&format!("version {version} is retired: what is still sealed under it does not open any more"))
        }
        KeyringCommand::Rewrap { new_kek, key } => {
            let (old, new) = (kek::read(&key.kek)?, kek::read(new_kek)?);
            keyring_file::change(&key.keyring, &old, |_| Ok(((), Some(new))))?;
            say("the keyring is wrapped under the new key-encryption key")
        }
        KeyringCommand::Index(args) => index(args),
        KeyringCommand::PublicKey(args) => public_key(args),
    }
}

fn new(args: &KeyArgs) -> Result<(), Failure> {
    let kek = kek::read(&args.kek)?;
    let keyring = Keyring::generate().map_err(|error| failed(&args.keyring, error))?;
    keyring_file::create(&args.keyring, &keyring.wrap(&kek))?;
    say(&format!("`{}` is a new keyring with version {}", args.keyring.display(), keyring.primary()))
}

fn list(args: &KeyArgs) -> Result<(), Failure> {
    let keyring = keyring_file::load(&args.keyring, &kek::read(&args.kek)?)?;
    let mut table = String::from("version\tstate\tfingerprint\n");
    for (version, fingerprint) in keyring.fingerprints() {
        let state = match version.cmp(&keyring.primary()) {
            std::cmp::Ordering::Greater => "staged",
            std::cmp::Ordering::Equal => "primary",
            std::cmp::Ordering::Less => "old",
        };
        table += &format!("{version}\t{state}\t{fingerprint}\n");
    }
    print(table.as_bytes())
}

fn change<T>(
    args: &KeyArgs,
    change: impl FnOnce(&mut Keyring) -> Result<T, telseal::KeyringError>,
) -> Result<T, Failure> {
    keyring_file::change(&args.keyring, &kek::read(&args.kek)?, |keyring| match change(keyring) {
        Ok(report) => Ok((report, None)),
        Err(error) => Err(failed(&args.keyring, error)),
    })
}

fn index(args: &IndexArgs) -> Result<(), Failure> {
    let scope = scope(&args.scope)?;
    let (kek, index_kek) = (kek::read(&args.key.kek)?, kek::read(&args.index_kek)?);
    if kek::is_same(&kek, &index_kek) {
        return Err(Failure::new("the index key would be wrapped under the keyring's key-encryption key")
            .hint("whoever loads the index key has that key, and would open the keyring with it: make another one"));
    }
    let keyring = keyring_file::load(&args.key.keyring, &kek)?;
    let (wrapped, fingerprints) = match (args.kind, args.prefixes) {
        (KindName::Phone, false) => wrap::<PhoneNumber>(&keyring, &scope, &index_kek),
        (KindName::Imsi, false) => wrap::<Imsi>(&keyring, &scope, &index_kek),
        (KindName::Imei, false) => wrap::<Imei>(&keyring, &scope, &index_kek),
        (KindName::Imeisv, false) => wrap::<Imeisv>(&keyring, &scope, &index_kek),
        (KindName::Phone, true) => wrap::<Prefix<PhoneNumber>>(&keyring, &scope, &index_kek),
        (KindName::Imsi, true) => wrap::<Prefix<Imsi>>(&keyring, &scope, &index_kek),
        (KindName::Imei, true) => wrap::<Prefix<Imei>>(&keyring, &scope, &index_kek),
        (KindName::Imeisv, true) => {
            return Err(Failure::new("an IMEISV has no prefixes of its own")
                .hint("its first digits are those of its IMEI: ask for --kind imei"));
        }
    };
    output::replace(&args.output, &wrapped, args.force)?;
    let mut table = String::from("version\tfingerprint\n");
    for (version, fingerprint) in fingerprints {
        table += &format!("{version}\t{fingerprint}\n");
    }
    print(table.as_bytes())?;
    hint("hand over these fingerprints with the index key, and a new index key after each change of the keyring");
    Ok(())
}

/// The wrapped index key, and the fingerprints that whoever loads it checks it by.
fn wrap<T: Indexed>(keyring: &Keyring, scope: &Scope, kek: &[u8; 32]) -> (Vec<u8>, Vec<(KeyVersion, Fingerprint)>) {
    let indexer = keyring.indexer::<T>(scope);
    (indexer.wrap(kek), indexer.fingerprints().collect())
}

fn public_key(args: &PublicKeyArgs) -> Result<(), Failure> {
    let scope = scope(&args.scope)?;
    let keyring = keyring_file::load(&args.key.keyring, &kek::read(&args.key.kek)?)?;
    let table = match args.kind {
        KindName::Phone => public_keys::<PhoneNumber>(&keyring, &scope),
        KindName::Imsi => public_keys::<Imsi>(&keyring, &scope),
        KindName::Imei => public_keys::<Imei>(&keyring, &scope),
        KindName::Imeisv => public_keys::<Imeisv>(&keyring, &scope),
    }?;
    print(table.as_bytes())
}

/// A line a version: its number, and the bytes of its public key in hexadecimal.
fn public_keys<I: Identifier>(keyring: &Keyring, scope: &Scope) -> Result<String, Failure> {
    let evaluator = keyring.evaluator::<I>(scope).map_err(|error| Failure::new(error.to_string()))?;
    let mut table = String::from("version\tpublic_key\n");
    for key in evaluator.public_keys() {
        let hex: String = key.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        table += &format!("{}\t{hex}\n", key.key_version());
    }
    Ok(table)
}

/// The labels of `--scope`.
pub(crate) fn scope(labels: &[String]) -> Result<Scope, Failure> {
    Scope::new(labels)
        .map_err(|error| Failure::new(error.to_string()).hint("give --scope once for each label, in order"))
}

fn read_version(text: &str) -> Result<KeyVersion, Failure> {
    text.parse().map_err(|error: telseal::ParseError| {
        Failure::new(error.to_string()).hint("`telseal keyring list` shows the versions")
    })
}

/// A result: to standard output.
fn say(text: &str) -> Result<(), Failure> {
    print(format!("{text}\n").as_bytes())
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).at("write to", Path::new("standard output"))
}

/// What to do next: to standard error.
fn hint(text: &str) {
    eprintln!("telseal: hint: {text}");
}
