use std::{env, error::Error, fs, io::Write, path::Path};
use telseal::{Keyring, PhoneNumber, Scope, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    let kek = [0x42; 32]; // the key-encryption key: take 32 random bytes from a key store, never a password
    let path = env::temp_dir().join("telseal-example.keyring");
    store(&Keyring::generate()?, &kek, &path)?; // once

    let mut keyring = Keyring::unwrap(&fs::read(&path)?, &kek)?; // at every start
    let scope = Scope::new(["acme", "routing"])?; // a tenant and a table: two scopes have unrelated tokens
    let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    let number: PhoneNumber = "+44 20 7946 0018".parse()?;
    let token = phones.seal(&number); // for the router
    assert_eq!(token, phones.seal(&"tel:+44-20-7946-0018".parse()?));
    assert_eq!(&*phones.open(&token)?.expose_e164(), "+442079460018");

    // Rotate. First stage a key version: it can be looked up, and nothing is sealed under it yet.
    let version = keyring.stage()?;
    store(&keyring, &kek, &path)?;
    // Hand the keyring out. Continue when every process and every thread has made its sealers from it.
    keyring.promote(version)?; // from now on, new sealers seal under this version
    store(&keyring, &kek, &path)?;
    let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    assert!(phones.lookup(&number).any(|candidate| candidate == token)); // rows with old tokens are still found
    // When every sealer is new: replace the old token in each row.
    assert_eq!(phones.reseal(&token)?, phones.seal(&number));
    Ok(fs::remove_file(&path)?)
}

/// Writes another file and renames it, so that the only keyring is never half written.
fn store(keyring: &Keyring, kek: &[u8; 32], path: &Path) -> Result<(), Box<dyn Error>> {
    let mut file = fs::File::create(path.with_extension("new"))?;
    file.write_all(&keyring.wrap(kek))?;
    file.sync_all()?;
    Ok(fs::rename(path.with_extension("new"), path)?)
}
