//! What is stored encrypted under a key-encryption key (KEK): keyrings and index keys. Both have a header in the
//! clear, and among their contents a list of key versions with 32 bytes each.

use crate::{ct, stack, token::KeyVersion};
use aes_siv::siv::Aes256Siv;
use alloc::vec::Vec;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

const SALT: &[u8] = b"telseal/v1";

/// Stands between header and ciphertext.
pub(crate) const SIV: usize = 16;
/// The primary version, which stands before the others.
pub(crate) const PRIMARY: usize = 2;
/// How long an [`Entry`] is.
pub(crate) const ENTRY: usize = 2 + 32;
/// How far down the cipher reaches.
const DEPTH: usize = stack::kib(14, 23);

/// A key version and its bytes.
type Entry<'a> = (KeyVersion, &'a [u8; 32]);

/// HKDF-SHA256 (RFC 5869). The first bytes are the same however many there are.
pub(crate) fn derive<const N: usize>(secret: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 255 * 32) };
    let mut key = Zeroizing::new([0; N]);
    Hkdf::<Sha256>::new(Some(SALT), secret).expand_multi_info(info, &mut key[..]).expect("as many as HKDF has");
    key
}

/// Header, SIV and ciphertext, as they are stored. AES-256-SIV (RFC 5297) under a key derived from the KEK, with the
/// header as the one item of associated data.
pub(crate) fn encrypt(kek: &[u8; 32], label: &[u8], header: &[u8], contents: Zeroizing<Vec<u8>>) -> Vec<u8> {
    let mut wrapped = Vec::with_capacity(header.len() + SIV + contents.len());
    wrapped.extend_from_slice(header);
    wrapped.extend_from_slice(&[0; SIV]);
    wrapped.extend_from_slice(&contents);
    let (siv, contents) = wrapped[header.len()..].split_at_mut(SIV);
    let tag = stack::wiping::<DEPTH, _>(|| cipher(kek, label).encrypt_inout_detached([header], contents.into()));
    siv.copy_from_slice(&tag.expect("one header is few enough"));
    for byte in &mut wrapped {
        *byte = ct::public(*byte, "what is wrapped is encrypted");
    }
    wrapped
}

/// The contents of what stands behind a header, SIV first; `None` where it is not authentic.
pub(crate) fn decrypt(kek: &[u8; 32], label: &[u8], header: &[u8], rest: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (siv, contents) = rest.split_first_chunk::<SIV>()?;
    let mut contents = Zeroizing::new(contents.to_vec());
    let decrypted = stack::wiping::<DEPTH, _>(|| {
        cipher(kek, label).decrypt_inout_detached([header], (&mut contents[..]).into(), siv.into())
    });
    ct::public(decrypted.is_ok(), "the caller gets the verdict").then_some(contents)
}

fn cipher(kek: &[u8; 32], label: &[u8]) -> Aes256Siv {
    let mut key = derive::<64>(kek, &[label]);
    ct::secret(&mut key[..]);
    aes_siv::KeyInit::new_from_slice(&key[..]).expect("AES-256-SIV takes 64 bytes")
}

/// Adds the primary version, and then each version with its bytes: `2 + 34 n` bytes. They are ascending.
pub(crate) fn put_versions<'a>(contents: &mut Vec<u8>, primary: KeyVersion, versions: impl Iterator<Item = Entry<'a>>) {
    contents.extend_from_slice(&primary.get().to_be_bytes());
    for (version, bytes) in versions {
        contents.extend_from_slice(&version.get().to_be_bytes());
        contents.extend_from_slice(bytes);
    }
}

/// Whether so many bytes are those of one [`Entry`] or more.
pub(crate) fn are_entries(bytes: usize) -> bool {
    bytes > 0 && bytes.is_multiple_of(ENTRY)
}

/// Reads what [`put_versions`] gives, `None` where it does not give that.
pub(crate) fn take_versions(contents: &[u8]) -> Option<(KeyVersion, Vec<Entry<'_>>)> {
    let version = |bytes: &[u8; 2]| {
        let number = ct::public(u16::from_be_bytes(*bytes), "key versions stand in every token");
        KeyVersion::try_from(number).ok()
    };
    let (primary, entries) = contents.split_first_chunk()?;
    let primary = version(primary)?;
    let mut versions = Vec::with_capacity(entries.len() / ENTRY);
    for entry in entries.chunks(ENTRY) {
        let (number, bytes) = entry.split_first_chunk()?;
        versions.push((version(number)?, bytes.try_into().ok()?));
    }
    let ascending = versions.is_sorted_by(|a, b| a.0 < b.0);
    let has_primary = versions.iter().any(|(version, _)| *version == primary);
    (ascending && has_primary).then_some((primary, versions))
}
