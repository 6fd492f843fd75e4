use std::{collections::HashMap, error::Error};
use telseal::{Imsi, PhoneNumber, Tag, Token};

fn main() -> Result<(), Box<dyn Error>> {
    // As text a token has 36 characters, and the first one names the kind: P, S (IMSI), E (IMEI) or V (IMEISV).
    let row = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ";
    let token: Token<PhoneNumber> = row.parse()?;

    // The tag, 16 of the token's 27 bytes, is what a directory is keyed by.
    let mut directory: HashMap<Tag<PhoneNumber>, &str> = HashMap::new();
    directory.insert(token.tag(), "endpoint");
    assert_eq!(directory.get(&token.tag()), Some(&"endpoint"));

    // Rows that wait to be resealed are known by their key version, which is public.
    assert_eq!(token.key_version().get(), 1);

    // A phone number's token is no IMSI's.
    assert!(row.parse::<Token<Imsi>>().is_err());
    Ok(())
}
