//! `telseal.Keyring`.

use crate::{
    error::{keyring, keyring_file},
    kek,
    sealer::{Indexer, Sealer},
};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyBytes, PyDict, PyTuple},
};
use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};
use telseal::KeyVersion;
use zeroize::Zeroizing;

/// As many bytes as a keyring of all 65535 versions has.
const LONGEST: u64 = 34 + 34 * 65535;

/// The secrets of a key holder, one for each live key version.
#[pyclass(module = "telseal")]
pub(crate) struct Keyring(telseal::Keyring);

#[pymethods]
impl Keyring {
    /// Makes a keyring with one key version, number 1, from the operating system's random number generator.
    #[staticmethod]
    fn generate(py: Python<'_>) -> PyResult<Self> {
        telseal::Keyring::generate().map(Keyring).map_err(|error| keyring(py, error))
    }

    /// Reads the file of a keyring.
    #[staticmethod]
    #[pyo3(signature = (path, *, kek))]
    fn open(py: Python<'_>, path: PathBuf, kek: &Bound<'_, PyAny>) -> PyResult<Self> {
        let kek = kek::read(kek)?;
        let wrapped = read(&path).map_err(|error| {
            keyring_file(py, "Unreadable", &format!("cannot read the keyring `{}`: {error}", path.display()))
        })?;
        telseal::Keyring::unwrap(&wrapped, &kek).map(Keyring).map_err(|error| keyring(py, error))
    }

    /// Decrypts a keyring that `wrap` encrypted.
    #[staticmethod]
    #[pyo3(signature = (wrapped, *, kek))]
    fn unwrap(py: Python<'_>, wrapped: &[u8], kek: &Bound<'_, PyAny>) -> PyResult<Self> {
        telseal::Keyring::unwrap(wrapped, &*kek::read(kek)?).map(Keyring).map_err(|error| keyring(py, error))
    }

    /// Makes a keyring from stored secrets of 32 random bytes, by key version. The highest version is the primary one.
    #[staticmethod]
    fn from_secrets(py: Python<'_>, secrets: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut read = Vec::new();
        for (version, secret) in secrets {
            let secret = secret.cast_into::<PyBytes>().map_err(|_| PyTypeError::new_err("a secret is bytes"))?;
            let secret = secret.as_bytes().try_into().map_err(|_| PyValueError::new_err("a secret has 32 bytes"))?;
            read.push((key_version(version.extract()?)?, Zeroizing::new(secret)));
        }
        let secrets = read.iter().map(|(version, secret)| (*version, &**secret));
        telseal::Keyring::from_secrets(secrets).map(Keyring).map_err(|error| keyring(py, error))
    }

    /// Encrypts the keyring, to be stored.
    #[pyo3(signature = (*, kek))]
    fn wrap<'py>(&self, py: Python<'py>, kek: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &self.0.wrap(&*kek::read(kek)?)))
    }

    /// Writes the encrypted keyring to another file and renames that, so that the file is never half written.
    #[pyo3(signature = (path, *, kek))]
    fn save(&self, py: Python<'_>, path: PathBuf, kek: &Bound<'_, PyAny>) -> PyResult<()> {
        let wrapped = self.0.wrap(&*kek::read(kek)?);
        write(&path, &wrapped).map_err(|error| {
            keyring_file(py, "Unwritable", &format!("cannot write the keyring `{}`: {error}", path.display()))
        })
    }

    /// The live key versions, newest first.
    #[getter]
    fn versions(&self) -> Vec<u16> {
        self.0.versions().map(KeyVersion::get).collect()
    }

    /// The key version that sealers seal under.
    #[getter]
    fn primary(&self) -> u16 {
        self.0.primary().get()
    }

    /// The fingerprint of the whole keyring: not secret, and equal for those who make and open the same tokens.
    #[getter]
    fn fingerprint(&self) -> String {
        self.0.fingerprint().to_string()
    }

    /// The fingerprint of each live version, newest first.
    #[getter]
    fn fingerprints<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let fingerprints = PyDict::new(py);
        for (version, fingerprint) in self.0.fingerprints() {
            fingerprints.set_item(version.get(), fingerprint.to_string())?;
        }
        Ok(fingerprints)
    }

    /// Adds a key version and returns its number. It opens and is looked up, and nothing is sealed under it yet.
    fn stage(&mut self, py: Python<'_>) -> PyResult<u16> {
        self.0.stage().map(KeyVersion::get).map_err(|error| keyring(py, error))
    }

    /// Makes a live version the primary one. Sealers that are made after this seal under it.
    fn promote(&mut self, py: Python<'_>, version: u16) -> PyResult<()> {
        self.0.promote(key_version(version)?).map_err(|error| keyring(py, error))
    }

    /// Removes a version: its tokens do not open any more.
    fn retire(&mut self, py: Python<'_>, version: u16) -> PyResult<()> {
        self.0.retire(key_version(version)?).map_err(|error| keyring(py, error))
    }

    /// A sealer for one kind, "phone", "imsi", "imei" or "imeisv", in the scope of these labels.
    #[pyo3(signature = (kind, *scope))]
    fn sealer(&self, kind: &str, scope: &Bound<'_, PyTuple>) -> PyResult<Sealer> {
        Sealer::new(&self.0, kind, scope)
    }

    /// An indexer for one kind in the scope of these labels: it makes tags, and opens nothing.
    #[pyo3(signature = (kind, *scope))]
    fn indexer(&self, kind: &str, scope: &Bound<'_, PyTuple>) -> PyResult<Indexer> {
        Indexer::new(&self.0, kind, scope)
    }

    fn __repr__(&self) -> String {
        let (versions, primary) = (self.versions(), self.primary());
        format!("<telseal.Keyring versions {versions:?}, primary {primary}, fingerprint {}>", self.0.fingerprint())
    }

    fn __reduce_ex__(&self, protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        let _ = protocol;
        Err(unpicklable("Keyring"))
    }
}

/// Pickle would write keys into files, messages and logs.
pub(crate) fn unpicklable(class: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "a telseal.{class} is neither pickled nor copied, because its keys would go where the pickle goes: hand the path \
         of the keyring over instead, and open it there (telseal.spark does so)"
    ))
}

pub(crate) fn key_version(number: u16) -> PyResult<KeyVersion> {
    KeyVersion::try_from(number).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut wrapped = Vec::new();
    File::open(path)?.take(LONGEST + 1).read_to_end(&mut wrapped)?;
    Ok(wrapped)
}

fn write(path: &Path, wrapped: &[u8]) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != "").unwrap_or(Path::new("."));
    // Its owner alone can read it.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(wrapped)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}
