use std::{collections::HashMap, error::Error};
use telseal::{Imsi, PhoneNumber, Tag, Token};

fn main() -> Result<(), Box<dyn Error>> {
    // As text a token has 36 characters. The first one names the kind: P, S (IMSI), E (IMEI) or V (IMEISV).
    let row = "PQABYrSn9fjX42jm_QvCZwyJd1VvazXfICIQ";
    let token: Token<PhoneNumber> = row.parse()?;

    // The tag is 16 of the token's 27 bytes. A directory is keyed by it.
    let mut directory: HashMap<Tag<PhoneNumber>, &str> = HashMap::new();
    directory.insert(token.tag(), "endpoint");
    assert_eq!(directory.get(&token.tag()), Some(&"endpoint"));

    // The key version is public. It shows which rows are still to be resealed.
    assert_eq!(token.key_version().get(), 1);

    // The token of a phone number does not parse as the token of an IMSI.
    assert!(row.parse::<Token<Imsi>>().is_err());
    Ok(())
}
