//! What the types are and, as much, what they are not: pinned, so that no change slips through.

#![allow(clippy::unwrap_used)] // what fails here fails the test

mod common;

use common::Sample;
use core::{
    fmt::{Binary, Debug, Display, LowerHex, UpperHex},
    hash::Hash,
    mem::{align_of, size_of},
    ops::Deref,
    panic::{RefUnwindSafe, UnwindSafe},
    str::FromStr,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use subtle::ConstantTimeEq;
use telseal::{
    Exposed, Identifier, Imei, Imeisv, Imsi, Indexed, KeyVersion, Kind, MncLength, ParseError, ParseErrorKind,
    PhoneNumber, Prefix, PrefixLengths, PrefixTag, Prefixed, Tag, Token,
};
use zeroize::ZeroizeOnDrop;

macro_rules! identifiers {
    ($($name:ident),*) => {$(
        assert_impl_all!($name: Identifier, FromStr, Clone, Eq, Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
        assert_not_impl_any!($name: Copy, Default, Display, LowerHex, UpperHex, Binary, Hash, PartialOrd, Ord);
        assert_not_impl_any!($name: AsRef<[u8]>, AsRef<str>, Deref, Into<String>, Into<Vec<u8>>, Into<u64>, From<u64>);
        assert_not_impl_any!($name: serde::Serialize, serde::de::DeserializeOwned);
    )*};
}
identifiers!(PhoneNumber, Imsi, Imei, Imeisv);

macro_rules! public_bytes {
    ($($name:ty),*) => {$(
        assert_impl_all!($name: Copy, Ord, Hash, Display, LowerHex, Debug, FromStr, AsRef<[u8]>, ConstantTimeEq);
        assert_impl_all!($name: TryFrom<&'static [u8]>, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
        assert_not_impl_any!($name: Default, Deref, UpperHex);
    )*};
}
public_bytes!(
    Token<PhoneNumber>,
    Token<Imsi>,
    Token<Imei>,
    Token<Imeisv>,
    Tag<PhoneNumber>,
    Tag<Imsi>,
    Tag<Imei>,
    Tag<Imeisv>,
    PrefixTag<PhoneNumber>,
    PrefixTag<Imsi>,
    PrefixTag<Imei>
);
assert_impl_all!(Token<Imsi>: TryFrom<[u8; 27]>);
// A token or a tag of one kind is none of another.
assert_not_impl_any!(Token<Imsi>: Into<Token<PhoneNumber>>, PartialEq<Token<PhoneNumber>>, PartialOrd<Token<Imei>>);
assert_not_impl_any!(Tag<Imsi>: Into<Tag<PhoneNumber>>, PartialEq<Tag<PhoneNumber>>, PartialEq<Token<Imsi>>);
// The tag of a prefix is no tag of an identifier.
assert_not_impl_any!(PrefixTag<Imsi>: Into<Tag<Imsi>>, PartialEq<Tag<Imsi>>, PartialEq<PrefixTag<PhoneNumber>>);
assert_not_impl_any!(Tag<Imsi>: Into<PrefixTag<Imsi>>);

// An IMEISV has the prefixes of its IMEI, and a prefix is no identifier: no sealer takes it.
assert_impl_all!(Prefix<Imsi>: Indexed, FromStr, Clone, Eq, Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
assert_not_impl_any!(Prefix<Imsi>: Identifier, Copy, Default, Display, LowerHex, Hash, PartialOrd, AsRef<[u8]>, AsRef<str>, Deref, serde::Serialize);
assert_not_impl_any!(Imeisv: Prefixed);
assert_not_impl_any!(Prefix<Imeisv>: Indexed, FromStr);
assert_impl_all!(PrefixLengths<Imsi>: Copy, Eq, Debug, Send, Sync);
assert_not_impl_any!(PrefixLengths<Imsi>: Default);

assert_impl_all!(KeyVersion: Copy, Ord, Hash, Display, Debug, TryFrom<u16>, Into<u16>, Send, Sync);
assert_not_impl_any!(KeyVersion: Default, From<u16>);
assert_impl_all!(Kind: Copy, Ord, Hash, Display, Debug, Send, Sync);
assert_impl_all!(MncLength: Copy, Eq, Debug, Send, Sync);
assert_impl_all!(ParseError: core::error::Error, Clone, Eq, Send, Sync, Unpin, UnwindSafe);
assert_not_impl_any!(ParseError: Copy);
assert_impl_all!(ParseErrorKind: Copy, Eq, Hash, Debug, Send, Sync, Unpin, UnwindSafe);
assert_not_impl_any!(ParseErrorKind: Default, Ord, Display);

assert_impl_all!(Exposed<str>: Deref<Target = str>, Display, Debug, ZeroizeOnDrop, Send, Sync);
assert_impl_all!(Exposed<[u8]>: Deref<Target = [u8]>, Debug, ZeroizeOnDrop, Send, Sync);
assert_not_impl_any!(Exposed<str>: Clone, PartialEq, Hash, serde::Serialize, Into<String>, AsRef<str>);
assert_not_impl_any!(Exposed<[u8]>: Clone, PartialEq, Hash, serde::Serialize, Into<Vec<u8>>, AsRef<[u8]>, Display);

#[cfg(feature = "serde")]
mod with_serde {
    use super::*;
    assert_impl_all!(Token<Imsi>: serde::Serialize, serde::de::DeserializeOwned);
    assert_impl_all!(Tag<Imsi>: serde::Serialize, serde::de::DeserializeOwned);
    assert_impl_all!(PrefixTag<Imsi>: serde::Serialize, serde::de::DeserializeOwned);
    assert_impl_all!(KeyVersion: serde::Serialize, serde::de::DeserializeOwned);
}

/// What servers hold goes into a column; plaintext goes into none.
#[cfg(feature = "rusqlite")]
mod with_rusqlite {
    use super::*;
    use rusqlite::types::{FromSql, ToSql};
    assert_impl_all!(Token<Imsi>: ToSql, FromSql);
    assert_impl_all!(PrefixTag<Imsi>: ToSql, FromSql);
    assert_not_impl_any!(PhoneNumber: ToSql, FromSql);
    assert_not_impl_any!(Imsi: ToSql, FromSql);
    assert_not_impl_any!(Imei: ToSql, FromSql);
    assert_not_impl_any!(Imeisv: ToSql, FromSql);
    assert_not_impl_any!(Prefix<Imsi>: ToSql, FromSql);
    assert_not_impl_any!(Exposed<str>: ToSql, FromSql);
}

#[cfg(feature = "postgres-types")]
mod with_postgres_types {
    use super::*;
    use postgres_types::{FromSqlOwned, ToSql};
    assert_impl_all!(Token<Imsi>: ToSql, FromSqlOwned);
    assert_impl_all!(PrefixTag<Imsi>: ToSql, FromSqlOwned);
    assert_not_impl_any!(PhoneNumber: ToSql, FromSqlOwned);
    assert_not_impl_any!(Imsi: ToSql, FromSqlOwned);
    assert_not_impl_any!(Imei: ToSql, FromSqlOwned);
    assert_not_impl_any!(Imeisv: ToSql, FromSqlOwned);
    assert_not_impl_any!(Prefix<Imsi>: ToSql, FromSqlOwned);
    assert_not_impl_any!(Exposed<str>: ToSql, FromSqlOwned);
}

#[test]
fn sizes() {
    fn layout<T>() -> (usize, usize) {
        (size_of::<T>(), align_of::<T>())
    }
    assert_eq!(layout::<Token<PhoneNumber>>(), (27, 1));
    assert_eq!(layout::<[Token<Imsi>; 10]>(), (270, 1));
    assert_eq!(layout::<Option<Token<Imei>>>(), (28, 1));
    assert_eq!(layout::<Tag<Imeisv>>(), (16, 1));
    assert_eq!(layout::<Option<Tag<Imeisv>>>(), (17, 1));
    assert_eq!(layout::<PrefixTag<Imei>>(), (16, 1));
    assert_eq!(layout::<Prefix<Imei>>(), (8, 8));
    for identifier in [layout::<PhoneNumber>(), layout::<Imsi>(), layout::<Imei>(), layout::<Imeisv>()] {
        assert_eq!(identifier, (8, 8));
    }
    assert_eq!(layout::<Option<Imsi>>(), (16, 8));
    assert_eq!(layout::<KeyVersion>(), (2, 2));
    assert_eq!(layout::<Option<KeyVersion>>(), (2, 2));
    assert_eq!(layout::<Kind>(), (1, 1));
    assert_eq!(layout::<Exposed<str>>(), (32, 1));
    assert_eq!(layout::<Exposed<[u8]>>(), (32, 1));
}

#[test]
fn debug_shows_no_plaintext() {
    let imeisv = Imeisv::sample(18);
    let shown = [
        (format!("{:?}", PhoneNumber::sample(18)), "PhoneNumber(..)"),
        (format!("{:?}", Imsi::sample(18)), "Imsi(..)"),
        (format!("{:?}", imeisv.imei()), "Imei(..)"),
        (format!("{imeisv:?}"), "Imeisv(..)"),
        (format!("{:#?}", Imsi::sample(18)), "Imsi(\n    ..,\n)"),
        (format!("{:020?}", Imsi::sample(18)), "Imsi(..)"),
        (format!("{:x?}", Imsi::sample(18)), "Imsi(..)"),
        (format!("{:?}", Some(Ok::<_, ()>(Imsi::sample(18)))), "Some(Ok(Imsi(..)))"),
        (format!("{:?}", imeisv.expose_digits()), "Exposed { .. }"),
        (format!("{:?}", imeisv.expose_tbcd()), "Exposed { .. }"),
        (format!("{:#?}", imeisv.expose_tbcd()), "Exposed { .. }"),
    ];
    for (shown, expected) in shown {
        assert_eq!(shown, expected);
    }
}

#[cfg(feature = "seal")]
mod with_seal {
    use super::*;
    use common::{keyring, scope};
    use telseal::{IndexKeyError, Indexer, Keyring, KeyringError, LengthMismatch, Lookup, OpenError, Scope, Sealer};

    assert_impl_all!(Keyring: Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_not_impl_any!(Keyring: Clone, Default, PartialEq, Hash, Display, AsRef<[u8]>, Deref, serde::Serialize);
    assert_impl_all!(Sealer<PhoneNumber>: Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_not_impl_any!(Sealer<PhoneNumber>: Clone, Default, PartialEq, Hash, Display, AsRef<[u8]>, Deref, serde::Serialize);
    assert_impl_all!(Indexer<PhoneNumber>: Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_not_impl_any!(Indexer<PhoneNumber>: Clone, Default, PartialEq, Hash, Display, AsRef<[u8]>, Deref, serde::Serialize);
    assert_not_impl_any!(Indexer<PhoneNumber>: Into<Sealer<PhoneNumber>>, Into<Keyring>);
    assert_impl_all!(Lookup<'static, Imsi>: ExactSizeIterator, core::iter::FusedIterator, Debug, ZeroizeOnDrop, Send, Sync);
    assert_not_impl_any!(Lookup<'static, Imsi>: Copy, PartialEq, Hash, Display);
    assert_impl_all!(Scope: Clone, Eq, Hash, Debug, Send, Sync);
    assert_not_impl_any!(Scope: Default, Display);
    assert_impl_all!(OpenError: core::error::Error, Copy, Eq, Send, Sync);
    assert_impl_all!(IndexKeyError: core::error::Error, Copy, Eq, Send, Sync);
    assert_impl_all!(KeyringError: core::error::Error, Copy, Eq, Send, Sync);
    assert_impl_all!(LengthMismatch: core::error::Error, Copy, Eq, Send, Sync);

    #[test]
    fn debug_shows_no_key() {
        let keyring = keyring(&[1, 2, 700]);
        let sealer = keyring.sealer::<Imsi>(&scope());
        let imsi = Imsi::sample(18);
        for (shown, expected) in [
            (
                format!("{keyring:?}"),
                "Keyring { versions: [700, 2, 1], primary: 700, fingerprint: b7840fc921bd283b, .. }",
            ),
            (format!("{sealer:?}"), "Sealer { .. }"),
            (format!("{:?}", sealer.indexer()), "Indexer { .. }"),
            (format!("{:#?}", keyring.indexer::<Prefix<Imsi>>(&scope())), "Indexer { .. }"),
            (format!("{:?}", sealer.lookup(&imsi)), "Lookup { .. }"),
            (format!("{:#?}", sealer.lookup(&imsi)), "Lookup { .. }"),
            (format!("{:?}", sealer.open(&Token::BLANK)), "Err(NotOpened)"),
        ] {
            assert_eq!(shown, expected);
        }
    }

    /// An opened identifier or its error is no larger than need be.
    #[test]
    fn size_of_a_result() {
        assert_eq!(size_of::<Result<Imsi, OpenError>>(), 16);
    }
}

#[cfg(feature = "oblivious")]
mod oblivious {
    use super::*;
    use telseal::oblivious::{BlindError, Blinding, FinalizeError, PublicKey, Request, Response};

    assert_impl_all!(PublicKey<Imsi>: Clone, Eq, Debug, TryFrom<&'static [u8]>, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(Request<Imsi>: Debug, TryFrom<&'static [u8]>, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(Response<Imsi>: Debug, TryFrom<&'static [u8]>, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_impl_all!(Blinding<Imsi>: Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
    assert_not_impl_any!(Blinding<Imsi>: Clone, Default, PartialEq, Hash, Display, AsRef<[u8]>, Deref, serde::Serialize);
    assert_not_impl_any!(PublicKey<Imsi>: PartialEq<PublicKey<PhoneNumber>>, Into<PublicKey<PhoneNumber>>);
    assert_impl_all!(BlindError: core::error::Error, Copy, Eq, Send, Sync);
    assert_impl_all!(FinalizeError: core::error::Error, Copy, Eq, Send, Sync);

    #[cfg(feature = "seal")]
    mod key_holder {
        use super::*;
        use telseal::oblivious::{EvaluateError, Evaluator};

        assert_impl_all!(Evaluator<Imsi>: Debug, ZeroizeOnDrop, Send, Sync, Unpin, UnwindSafe, RefUnwindSafe);
        assert_not_impl_any!(Evaluator<Imsi>: Clone, Default, PartialEq, Hash, Display, AsRef<[u8]>, Deref, serde::Serialize);
        assert_impl_all!(EvaluateError: core::error::Error, Copy, Eq, Send, Sync);
    }
}

/// Of every length and kind: what the form of its own gives, and what is read again.
#[test]
fn exposed_into_a_buffer() {
    fn check<I: Identifier>(text: &str, exposed: impl Fn(&I) -> telseal::Exposed<str>) {
        let identifier: I = text.parse().unwrap();
        let mut buffer = [9; 16];
        let written = identifier.expose_into(&mut buffer);
        assert_eq!(written, &*exposed(&identifier));
        assert_eq!(written.parse(), Ok(identifier));
    }
    let digits = "001234567890123456";
    for last in 0..=9 {
        (6..=14).for_each(|len| {
            check::<PhoneNumber>(&format!("+{}{last}", &"999912345678901"[..len]), |n| n.expose_e164())
        });
        (5..=14).for_each(|len| check::<Imsi>(&format!("{}{last}", &digits[..len]), |imsi| imsi.expose_digits()));
        check::<Imei>(&format!("{}{last}", &digits[..13]), |imei| imei.expose_digits());
        check::<Imeisv>(&format!("{}{last}", &digits[..15]), |imeisv| imeisv.expose_digits());
    }
}
