//! The formats of serde behind one trait, for the tests in `tests/`.

use serde::{Serialize, de::DeserializeOwned};
use std::fmt::{Debug, Display};

/// What a format cannot hold, whatever the type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Lacks {
    /// It does not describe itself: a field is what comes next.
    Description,
    /// It reads no text for a structure with `flatten` or for an untagged enum.
    Buffers,
    /// It has no structures inside others.
    Nesting,
    /// A name of an element begins with a letter and has no structure: no map with tokens as keys.
    Keys,
}

pub trait Format {
    const NAME: &str;
    const LACKS: &[Lacks] = &[];
    fn write<T: Serialize>(value: &T) -> Result<Vec<u8>, String>;
    /// The error is what it displays and what it debugs. The errors of YAML and TOML show the line of the input too, which
    /// is left out here: no type can prevent that.
    fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String>;
}

fn shown(error: impl Display + Debug) -> String {
    format!("{error}\n{error:?}")
}

fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).expect("a text was written")
}

macro_rules! formats {
    ($($name:ident [$($lacks:ident)*] |$value:ident| $write:expr, |$bytes:ident| $read:expr;)*) => {$(
        pub struct $name;
        impl Format for $name {
            const NAME: &str = stringify!($name);
            const LACKS: &[Lacks] = &[$(Lacks::$lacks),*];
            fn write<T: Serialize>($value: &T) -> Result<Vec<u8>, String> {
                $write.map(Into::into).map_err(shown)
            }
            fn read<T: DeserializeOwned>($bytes: &[u8]) -> Result<T, String> {
                $read.map_err(shown)
            }
        }
    )*};
}

formats! {
    Json [] |value| serde_json::to_vec(value), |bytes| serde_json::from_slice(bytes);
    Yaml [] |value| serde_saphyr::to_string(value),
        |bytes| serde_saphyr::from_str(text(bytes)).map_err(|error| error.without_snippet().to_string());
    Toml [] |value| toml::to_string(value), |bytes| toml::from_str(text(bytes)).map_err(|error| error.message().to_owned());
    Ron [] |value| ron::to_string(value), |bytes| ron::from_str(text(bytes));
    QuickXml [Keys Buffers] |value| quick_xml::se::to_string_with_root("row", value), |bytes| quick_xml::de::from_str(text(bytes));
    XmlRs [Keys Buffers] |value| serde_xml_rs::to_string(value), |bytes| serde_xml_rs::from_str(text(bytes));
    Form [Nesting] |value| serde_html_form::to_string(value), |bytes| serde_html_form::from_str(text(bytes));
    MessagePack [] |value| rmp_serde::to_vec_named(value), |bytes| rmp_serde::from_slice(bytes);
    Cbor [] |value| cbor(value), |bytes| ciborium::from_reader(bytes);
    Bson [] |value| bson::serialize_to_vec(value), |bytes| bson::deserialize_from_slice(bytes);
    BsonDocument [] |value| bson::serialize_to_document(value).and_then(|document| document.to_vec()),
        |bytes| bson::Document::from_reader(bytes).and_then(bson::deserialize_from_document);
    Postcard [Description Buffers] |value| postcard::to_allocvec(value), |bytes| postcard::from_bytes(bytes);
    Bincode [Description Buffers] |value| bincode::serde::encode_to_vec(value, bincode::config::standard()),
        |bytes| bincode::serde::decode_from_slice(bytes, bincode::config::standard()).map(|(value, _)| value);
}

fn cbor<T: Serialize>(value: &T) -> Result<Vec<u8>, ciborium::ser::Error<std::io::Error>> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes)?;
    Ok(bytes)
}
