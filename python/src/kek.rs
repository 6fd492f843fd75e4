//! The key-encryption key, and where it comes from.

use crate::error::keyring_file;
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyBytes, PyString},
};
use std::{
    env,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

pub(crate) type Kek = Zeroizing<[u8; 32]>;

/// No form of the key is longer: 64 hexadecimal digits, CR and LF.
const LONGEST: usize = 66;

/// Reads the key from `"file:PATH"`, from `"credential:NAME"`, or from what a callable returns.
pub(crate) fn read(source: &Bound<'_, PyAny>) -> PyResult<Kek> {
    let py = source.py();
    if let Ok(text) = source.cast::<PyString>() {
        let text = text.to_str()?;
        let path = match text.split_once(':') {
            Some(("file", path)) => PathBuf::from(path),
            Some(("credential", name)) => credential(py, name)?,
            // What was given instead may be the key itself: it is not shown.
            _ => return Err(no_source()),
        };
        return read_file(&path).map_err(|reason| {
            let message = format!("the key-encryption key from `{}` {reason}", path.display());
            keyring_file(py, "Kek", &message)
        });
    }
    if !source.is_callable() {
        return Err(no_source());
    }
    let key = source.call0()?;
    let Ok(bytes) = key.cast::<PyBytes>() else {
        return Err(PyTypeError::new_err("the callable that gives the key-encryption key must return bytes"));
    };
    parse(bytes.as_bytes()).map_err(|reason| {
        keyring_file(py, "Kek", &format!("the key-encryption key that the callable returned {reason}"))
    })
}

fn no_source() -> PyErr {
    PyValueError::new_err(
        "kek is \"file:PATH\", \"credential:NAME\" (systemd's $CREDENTIALS_DIRECTORY) or a callable that returns bytes; \
         the key itself never stands in an argument",
    )
}

fn credential(py: Python<'_>, name: &str) -> PyResult<PathBuf> {
    if name.is_empty() || name.contains('/') || name == "." || name == ".." {
        return Err(PyValueError::new_err("credential: takes the name of a credential"));
    }
    match env::var_os("CREDENTIALS_DIRECTORY") {
        Some(folder) => Ok(Path::new(&folder).join(name)),
        None => Err(keyring_file(py, "Kek", "there is no $CREDENTIALS_DIRECTORY to read the key-encryption key from")),
    }
}

fn read_file(path: &Path) -> Result<Kek, String> {
    let cannot = |error: io::Error| format!("cannot be read: {error}");
    let mut file = File::open(path).map_err(cannot)?;
    let mut bytes = Zeroizing::new([0; LONGEST + 1]);
    let mut count = 0;
    while count < bytes.len() {
        match file.read(&mut bytes[count..]) {
            Ok(0) => break,
            Ok(more) => count += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(cannot(error)),
        }
    }
    parse(&bytes[..count]).map_err(str::to_owned)
}

/// 32 bytes as they are, or 64 hexadecimal digits and the end of a line: what the command `telseal` reads. The error has
/// none of the input.
fn parse(bytes: &[u8]) -> Result<Kek, &'static str> {
    if let Ok(key) = <&[u8; 32]>::try_from(bytes) {
        // Of random bytes one key in 10¹³ is refused.
        return match bytes.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ') {
            true => Err("is text of 32 characters, no random bytes"),
            false => Ok(Zeroizing::new(*key)),
        };
    }
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.len() != 64 {
        return Err("is neither 32 bytes nor 64 hexadecimal digits");
    }
    let mut key = Zeroizing::new([0; 32]);
    for (byte, pair) in key.iter_mut().zip(line.chunks(2)) {
        let digit = |char: u8| (char as char).to_digit(16);
        let (Some(high), Some(low)) = (digit(pair[0]), digit(pair[1])) else {
            return Err("has 64 characters that are not all hexadecimal digits");
        };
        *byte = (high << 4 | low) as u8;
    }
    Ok(key)
}
