use telseal::{Imsi, KeyVersion, Keyring, Scope};

/// Seals an IMSI of 15 digits, and says whether it is one.
#[unsafe(no_mangle)]
pub extern "C" fn seal(secret: &[u8; 32], digits: &[u8; 15], token: &mut [u8; 27]) -> bool {
    let sealed = || {
        let imsi: Imsi = str::from_utf8(digits).ok()?.parse().ok()?;
        let keyring = Keyring::from_secrets([(KeyVersion::FIRST, secret)]).ok()?;
        Some(keyring.sealer(&Scope::new(["bare"]).ok()?).seal(&imsi))
    };
    let sealed = sealed();
    sealed.iter().for_each(|sealed| *token = *sealed.as_bytes());
    sealed.is_some()
}
