//! A key-encryption key from a PKCS #11 module: a hardware security module, a smart card, or SoftHSM.
//!
//! The key-encryption key is HMAC-SHA256 of a fixed label under a key that never leaves the module. So telseal holds a
//! derived key while it runs, and neither a disk nor a backup has it: without the module the keyring does not open.

use crate::failure::Failure;
use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::Mechanism,
    object::{Attribute, AttributeType, KeyType, ObjectClass},
    session::UserType,
    types::AuthPin,
};
use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};
use zeroize::{Zeroize, Zeroizing};

/// What is authenticated. Another use of the key in the module has another text, and so another key-encryption key.
const LABEL: &[u8] = b"telseal/v1/kek";
const LONGEST_PIN: u64 = 255;

/// A part of RFC 7512: `token=…;object=…;id=…?module-path=…&pin-source=…`.
#[derive(Debug, Default, PartialEq)]
struct Uri {
    token: Option<Vec<u8>>,
    object: Option<Vec<u8>>,
    id: Option<Vec<u8>>,
    module: Option<PathBuf>,
    pin: Option<PathBuf>,
}

/// Reads the key-encryption key that the rest of `pkcs11:…` names.
pub(crate) fn read(uri: &OsStr) -> Result<Zeroizing<[u8; 32]>, Failure> {
    let uri = parse(uri.as_bytes())?;
    let Some(module) = &uri.module else {
        return Err(Failure::new("the source pkcs11: of the key-encryption key names no module").hint(EXAMPLE));
    };
    let failed = |doing: &str, error: cryptoki::error::Error| {
        Failure::new(format!("cannot {doing} by the PKCS #11 module `{}`: {error}", module.display()))
    };
    let context = Pkcs11::new(module).map_err(|error| failed("begin", error))?;
    context
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .map_err(|error| failed("begin", error))?;
    let mut slots = Vec::new();
    for slot in context.get_slots_with_token().map_err(|error| failed("list tokens", error))? {
        let info = context.get_token_info(slot).map_err(|error| failed("list tokens", error))?;
        if uri.token.as_ref().is_none_or(|token| info.label().trim_end().as_bytes() == token) {
            slots.push(slot);
        }
    }
    let [slot] = slots[..] else {
        return Err(Failure::new(format!("{} tokens of the PKCS #11 module have this name", slots.len()))
            .hint("give one by token=LABEL; `pkcs11-tool --list-slots` shows them"));
    };
    let session = context.open_ro_session(slot).map_err(|error| failed("open the token", error))?;
    if let Some(path) = &uri.pin {
        let pin = AuthPin::new(read_pin(path)?.into());
        session.login(UserType::User, Some(&pin)).map_err(|error| failed("log in", error))?;
    }
    let mut template = vec![Attribute::Class(ObjectClass::SECRET_KEY)];
    template.extend(uri.object.clone().map(Attribute::Label));
    template.extend(uri.id.clone().map(Attribute::Id));
    let keys = session.find_objects(&template).map_err(|error| failed("find the key", error))?;
    let [key] = keys[..] else {
        return Err(Failure::new(format!("{} secret keys of the PKCS #11 token have this name", keys.len())).hint(
            "give one by object=LABEL or id=%01; most tokens show their keys only after a login: pin-source=FILE",
        ));
    };
    let asked = [AttributeType::Extractable, AttributeType::KeyType];
    for attribute in session.get_attributes(key, &asked).map_err(|error| failed("read the key's attributes", error))? {
        match attribute {
            Attribute::Extractable(true) => eprintln!(
                "telseal: warning: the key may leave the PKCS #11 token\n\
                 telseal: hint: make one that is not extractable, and run `telseal keyring rewrap`"
            ),
            Attribute::KeyType(KeyType::GENERIC_SECRET | KeyType::SHA256_HMAC) | Attribute::Extractable(false) => {}
            _ => {
                return Err(Failure::new("the key of the PKCS #11 token is not for HMAC-SHA256")
                    .hint("make one of the type GENERIC with 32 bytes"));
            }
        }
    }
    let mut mac =
        session.sign(&Mechanism::Sha256Hmac, key, LABEL).map_err(|error| failed("compute HMAC-SHA256", error))?;
    let kek = <[u8; 32]>::try_from(&mac[..]).map(Zeroizing::new);
    mac.zeroize();
    kek.map_err(|_| Failure::new("the PKCS #11 module computes an HMAC-SHA256 of another length"))
}

const EXAMPLE: &str = "for example: pkcs11:token=telseal;object=acme-kek?module-path=/usr/lib/softhsm/libsofthsm2.so\
                       &pin-source=/etc/telseal/pin";

fn parse(uri: &[u8]) -> Result<Uri, Failure> {
    let malformed =
        |what: &str| Failure::new(format!("the source pkcs11: of the key-encryption key {what}")).hint(EXAMPLE);
    let mut parsed = Uri::default();
    let (path, query) = match uri.iter().position(|byte| *byte == b'?') {
        Some(at) => (&uri[..at], &uri[at + 1..]),
        None => (uri, &b""[..]),
    };
    let attributes = path.split(|byte| *byte == b';').chain(query.split(|byte| *byte == b'&'));
    for attribute in attributes.filter(|attribute| !attribute.is_empty()) {
        let Some(equals) = attribute.iter().position(|byte| *byte == b'=') else {
            return Err(malformed("has an attribute without a value"));
        };
        let (name, value) = (&attribute[..equals], &attribute[equals + 1..]);
        let Some(value) = decoded(value) else {
            return Err(malformed("has a `%` that no two hexadecimal digits follow"));
        };
        let to_path = |value: &[u8]| PathBuf::from(OsStr::from_bytes(value.strip_prefix(b"file:").unwrap_or(value)));
        let is_first = match name {
            b"token" => parsed.token.replace(value).is_none(),
            b"object" => parsed.object.replace(value).is_none(),
            b"id" => parsed.id.replace(value).is_none(),
            b"module-path" => parsed.module.replace(to_path(&value)).is_none(),
            b"pin-source" => parsed.pin.replace(to_path(&value)).is_none(),
            b"type" if value == b"secret-key" => true,
            // Arguments and the environment are no place for a PIN either.
            b"pin-value" => {
                return Err(malformed("has the PIN itself: put it into a file, and name that by pin-source"));
            }
            _ => return Err(malformed("has an attribute other than token, object, id, module-path and pin-source")),
        };
        if !is_first {
            return Err(malformed("has an attribute twice"));
        }
    }
    match (&parsed.object, &parsed.id) {
        (None, None) => Err(malformed("names no key: give object or id")),
        _ => Ok(parsed),
    }
}

/// Percent-decodes.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut at) = (Vec::new(), 0);
    while at < text.len() {
        if text[at] != b'%' {
            bytes.push(text[at]);
            at += 1;
            continue;
        }
        let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
        bytes.push((digit(at + 1)? << 4 | digit(at + 2)?) as u8);
        at += 3;
    }
    Some(bytes)
}

/// The text of a file, without the end of its line.
fn read_pin(path: &Path) -> Result<String, Failure> {
    let failed = |error: io::Error| Failure::new(format!("cannot read the PIN from `{}`: {error}", path.display()));
    let mut pin = String::with_capacity(LONGEST_PIN as usize + 1); // wiped with the PIN, and never grown
    File::open(path).and_then(|file| file.take(LONGEST_PIN).read_to_string(&mut pin)).map_err(failed)?;
    pin.truncate(pin.trim_end_matches(['\r', '\n']).len());
    Ok(pin)
}

#[cfg(test)]
mod tests {
    use super::{Uri, decoded, parse};

    #[test]
    fn uris_are_those_of_rfc_7512() {
        let uri = b"token=My%20token;object=acme-kek;id=%01%ff;type=secret-key?module-path=/a.so&pin-source=file:/pin";
        let expected = Uri {
            token: Some(b"My token".to_vec()),
            object: Some(b"acme-kek".to_vec()),
            id: Some(vec![1, 255]),
            module: Some("/a.so".into()),
            pin: Some("/pin".into()),
        };
        assert_eq!(parse(uri).ok(), Some(expected));
        assert_eq!(parse(b"object=a").ok(), Some(Uri { object: Some(b"a".to_vec()), ..Uri::default() }));
    }

    #[test]
    fn all_else_is_refused() {
        for uri in [
            &b""[..],
            b"token=a",
            b"object",
            b"object=%1",
            b"object=%xy",
            b"object=a;object=b",
            b"object=a;serial=1",
            b"object=a;type=private",
            b"object=a?pin-value=1234",
        ] {
            let failure = parse(uri).expect_err("no such module").to_string();
            assert!(!failure.contains("1234"), "{failure}");
        }
        assert_eq!(decoded(b"%41b%"), None);
    }
}
