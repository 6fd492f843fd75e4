use std::{collections::HashMap, env, error::Error, fs};
use telseal::{Keyring, PhoneNumber, Scope, Sealer};

fn main() -> Result<(), Box<dyn Error>> {
    // Once: make a keyring and store it, encrypted under a key-encryption key. That one is 32 random bytes from
    // your key store, never a password; these are for the example only.
    let kek = [0x42; 32];
    let file = env::temp_dir().join("telseal-example.keyring");
    fs::write(&file, Keyring::generate()?.wrap(&kek))?;

    // At every start: a sealer for one kind of identifier in one scope. Keep it; making it derives the keys.
    let mut keyring = Keyring::unwrap(&fs::read(&file)?, &kek)?;
    let scope = Scope::new(["acme", "routing"])?;
    let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);

    // One subscriber has one token, however the number is written.
    let number: PhoneNumber = "+44 20 7946 0018".parse()?;
    let token = phones.seal(&number);
    assert_eq!(token, phones.seal(&"tel:+44-20-7946-0018".parse()?));
    assert_eq!(&*phones.open(&token)?.expose_e164(), "+442079460018");

    // What the router holds: rows found by tag. No plaintext.
    let mut directory = HashMap::from([(token.tag(), (token, "endpoint"))]);

    // A new key version. Store the keyring before anything is sealed under it.
    keyring.rotate()?;
    fs::write(&file, keyring.wrap(&kek))?;
    let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);

    // Rows under the old version are still found: lookup gives a token for each live version, newest first.
    let row = phones.lookup(&number).find_map(|token| directory.remove(&token.tag()));
    let (old, endpoint) = row.ok_or("the row is there")?;

    // Reseal the rows; when none is left under the old version, retire it.
    let new = phones.reseal(&old)?;
    directory.insert(new.tag(), (new, endpoint));
    keyring.retire(old.key_version())?;
    fs::write(&file, keyring.wrap(&kek))?;
    let phones: Sealer<PhoneNumber> = keyring.sealer(&scope);
    assert!(phones.open(&old).is_err() && phones.open(&new)? == number);

    fs::remove_file(&file)?;
    Ok(())
}
