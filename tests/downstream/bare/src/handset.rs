use telseal::{
    Imsi,
    oblivious::{Blinding, PublicKey, Response},
};

/// Random bytes of the device, for targets of which `getrandom` knows none.
#[cfg(getrandom_backend = "custom")]
mod device {
    unsafe extern "C" {
        /// Says whether it has filled all of them.
        fn random(bytes: *mut u8, count: usize) -> bool;
    }

    #[unsafe(no_mangle)]
    unsafe extern "Rust" fn __getrandom_v03_custom(bytes: *mut u8, count: usize) -> Result<(), getrandom::Error> {
        // SAFETY: `getrandom` gives a place for so many bytes.
        if unsafe { random(bytes, count) } { Ok(()) } else { Err(getrandom::Error::UNSUPPORTED) }
    }
}

/// Asks for the tag of an IMSI of 15 digits with the public key of a scope of one label of four bytes: `exchange` sends
/// the request and waits for the response.
#[unsafe(no_mangle)]
pub extern "C" fn find(
    public_key: &[u8; 41],
    digits: &[u8; 15],
    exchange: extern "C" fn(&[u8; 38], &mut [u8; 102]) -> bool,
    tag: &mut [u8; 16],
) -> bool {
    let found = || {
        let blinding = blind(public_key, digits)?;
        let (request, mut response) = (blinding.request().to_bytes(), [0; 102]);
        exchange(request.first_chunk()?, &mut response).then_some(())?;
        Some(*blinding.finalize(&Response::try_from(&response[..]).ok()?).ok()?.first()?.as_bytes())
    };
    let found = found();
    found.iter().for_each(|found| *tag = *found);
    found.is_some()
}

fn blind(public_key: &[u8; 41], digits: &[u8; 15]) -> Option<Blinding<Imsi>> {
    let imsi: Imsi = str::from_utf8(digits).ok()?.parse().ok()?;
    PublicKey::<Imsi>::try_from(&public_key[..]).ok()?.blind(&[imsi]).ok()
}
