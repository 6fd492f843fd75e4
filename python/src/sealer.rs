//! `telseal.Sealer` and `telseal.Indexer`, for every kind.

use crate::{
    column::{apply, list},
    error::{open, parse},
    keyring::unpicklable,
};
use arrow_array::{Array, ArrayRef};
use pyo3::{
    exceptions::{PyTypeError, PyValueError},
    prelude::*,
    types::{PyBytes, PyString, PyTuple},
};
use telseal::{
    Fingerprint, Identifier, Imei, Imeisv, Imsi, KeyVersion, Keyring, OpenError, ParseError, PhoneNumber, Scope, Token,
};
use telseal_arrow::{KernelError, OnRefusal};
use zeroize::Zeroizing;

/// Seals and opens one kind of identifier in one scope.
#[pyclass(frozen, module = "telseal")]
pub(crate) struct Sealer {
    kind: &'static str,
    scope: Scope,
    sealer: Box<dyn Seals>,
}

/// Makes the tags of one kind of identifier in one scope, and opens nothing.
#[pyclass(frozen, module = "telseal")]
pub(crate) struct Indexer {
    kind: &'static str,
    scope: Scope,
    indexer: Box<dyn Indexes>,
}

/// A kind of identifier, by the name that the command `telseal` has for it.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Phone,
    Imsi,
    Imei,
    Imeisv,
}

impl Kind {
    pub(crate) fn new(name: &str) -> PyResult<Self> {
        match name {
            "phone" => Ok(Kind::Phone),
            "imsi" => Ok(Kind::Imsi),
            "imei" => Ok(Kind::Imei),
            "imeisv" => Ok(Kind::Imeisv),
            _ => Err(PyValueError::new_err("kind is \"phone\", \"imsi\", \"imei\" or \"imeisv\"")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Phone => "phone",
            Kind::Imsi => "imsi",
            Kind::Imei => "imei",
            Kind::Imeisv => "imeisv",
        }
    }
}

type Kernel<T> = fn(&T, &dyn Array, OnRefusal<'_>) -> Result<ArrayRef, KernelError>;

/// A token that is not one, or does not open.
enum Unopened {
    Parse(ParseError),
    Open(OpenError),
}

impl Unopened {
    fn raise(self, py: Python<'_>) -> PyErr {
        match self {
            Unopened::Parse(error) => parse(py, &error),
            Unopened::Open(error) => open(py, error),
        }
    }
}

/// A sealer whose kind is known when the program runs.
trait Seals: Send + Sync {
    fn seal(&self, text: &str) -> Result<[u8; 27], ParseError>;
    fn tag(&self, text: &str) -> Result<[u8; 16], ParseError>;
    fn lookup(&self, text: &str) -> Result<Vec<[u8; 27]>, ParseError>;
    fn open(&self, token: &[u8]) -> Result<Zeroizing<String>, Unopened>;
    fn reseal(&self, token: &[u8]) -> Result<[u8; 27], Unopened>;
    fn column(&self, method: Method, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError>;
    fn versions(&self) -> Vec<KeyVersion>;
    fn primary(&self) -> KeyVersion;
    fn fingerprints(&self) -> Vec<(KeyVersion, Fingerprint)>;
    fn indexer(&self) -> Box<dyn Indexes>;
}

#[derive(Clone, Copy)]
enum Method {
    Seal,
    Tag,
    Lookup,
    Open,
    Reseal,
}

impl<I: Identifier + 'static> Seals for telseal::Sealer<I> {
    fn seal(&self, text: &str) -> Result<[u8; 27], ParseError> {
        Ok(*self.seal(&text.parse()?).as_bytes())
    }

    fn tag(&self, text: &str) -> Result<[u8; 16], ParseError> {
        Ok(*self.tag(&text.parse()?).as_bytes())
    }

    fn lookup(&self, text: &str) -> Result<Vec<[u8; 27]>, ParseError> {
        Ok(self.lookup(&text.parse()?).map(|token| *token.as_bytes()).collect())
    }

    fn open(&self, token: &[u8]) -> Result<Zeroizing<String>, Unopened> {
        let token = Token::<I>::try_from(token).map_err(Unopened::Parse)?;
        let opened = self.open(&token).map_err(Unopened::Open)?;
        let mut buffer = Zeroizing::new([0; 16]);
        Ok(Zeroizing::new(opened.expose_into(&mut buffer).to_owned()))
    }

    fn reseal(&self, token: &[u8]) -> Result<[u8; 27], Unopened> {
        let token = Token::<I>::try_from(token).map_err(Unopened::Parse)?;
        Ok(*self.reseal(&token).map_err(Unopened::Open)?.as_bytes())
    }

    fn column(&self, method: Method, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
        let kernel: Kernel<Self> = match method {
            Method::Seal => telseal_arrow::seal,
            Method::Tag => telseal_arrow::tag,
            Method::Lookup => telseal_arrow::lookup,
            Method::Open => telseal_arrow::open,
            Method::Reseal => telseal_arrow::reseal,
        };
        kernel(self, array, on_refusal)
    }

    fn versions(&self) -> Vec<KeyVersion> {
        self.versions().collect()
    }

    fn primary(&self) -> KeyVersion {
        self.primary()
    }

    fn fingerprints(&self) -> Vec<(KeyVersion, Fingerprint)> {
        self.fingerprints().collect()
    }

    fn indexer(&self) -> Box<dyn Indexes> {
        Box::new(self.indexer())
    }
}

/// An indexer whose kind is known when the program runs.
trait Indexes: Send + Sync {
    fn tag(&self, text: &str) -> Result<[u8; 16], ParseError>;
    fn lookup(&self, text: &str) -> Result<Vec<[u8; 16]>, ParseError>;
    fn tag_column(&self, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError>;
    fn lookup_column(&self, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError>;
    fn versions(&self) -> Vec<KeyVersion>;
    fn primary(&self) -> KeyVersion;
    fn fingerprints(&self) -> Vec<(KeyVersion, Fingerprint)>;
}

impl<I: Identifier + 'static> Indexes for telseal::Indexer<I> {
    fn tag(&self, text: &str) -> Result<[u8; 16], ParseError> {
        Ok(*self.tag(&text.parse()?).as_bytes())
    }

    fn lookup(&self, text: &str) -> Result<Vec<[u8; 16]>, ParseError> {
        Ok(self.lookup(&text.parse()?).map(|tag| *tag.as_bytes()).collect())
    }

    fn tag_column(&self, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
        telseal_arrow::index_tag(self, array, on_refusal)
    }

    fn lookup_column(&self, array: &dyn Array, on_refusal: OnRefusal<'_>) -> Result<ArrayRef, KernelError> {
        telseal_arrow::index_lookup(self, array, on_refusal)
    }

    fn versions(&self) -> Vec<KeyVersion> {
        self.versions().collect()
    }

    fn primary(&self) -> KeyVersion {
        self.primary()
    }

    fn fingerprints(&self) -> Vec<(KeyVersion, Fingerprint)> {
        self.fingerprints().collect()
    }
}

impl Sealer {
    pub(crate) fn new(keyring: &Keyring, kind: &str, scope: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let (kind, scope) = (Kind::new(kind)?, read_scope(scope)?);
        let sealer: Box<dyn Seals> = match kind {
            Kind::Phone => Box::new(keyring.sealer::<PhoneNumber>(&scope)),
            Kind::Imsi => Box::new(keyring.sealer::<Imsi>(&scope)),
            Kind::Imei => Box::new(keyring.sealer::<Imei>(&scope)),
            Kind::Imeisv => Box::new(keyring.sealer::<Imeisv>(&scope)),
        };
        Ok(Sealer { kind: kind.name(), scope, sealer })
    }
}

#[pymethods]
impl Sealer {
    /// The token of an identifier under the primary key version: 27 bytes.
    #[pyo3(signature = (value, *, errors="raise"))]
    fn seal<'py>(&self, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, sealer) = (value.py(), &*self.sealer);
        apply(
            value,
            errors,
            |one| one.text(py, |text| bytes(py, sealer.seal(text))),
            |array, on_refusal| sealer.column(Method::Seal, array, on_refusal),
        )
    }

    /// The tag of the token that `seal` gives: 16 bytes.
    #[pyo3(signature = (value, *, errors="raise"))]
    fn tag<'py>(&self, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, sealer) = (value.py(), &*self.sealer);
        apply(
            value,
            errors,
            |one| one.text(py, |text| bytes(py, sealer.tag(text))),
            |array, on_refusal| sealer.column(Method::Tag, array, on_refusal),
        )
    }

    /// The tokens under which an identifier may be stored: a list with one for each live key version, newest first.
    #[pyo3(signature = (value, *, errors="raise"))]
    fn lookup<'py>(&self, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, sealer) = (value.py(), &*self.sealer);
        apply(
            value,
            errors,
            |one| one.text(py, |text| items(py, sealer.lookup(text))),
            |array, on_refusal| sealer.column(Method::Lookup, array, on_refusal),
        )
    }

    /// The identifier of a token, in plaintext.
    #[pyo3(signature = (token, *, errors="raise"))]
    fn open<'py>(&self, token: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, sealer) = (token.py(), &*self.sealer);
        let single = |token: &[u8]| match sealer.open(token) {
            Ok(text) => Ok(PyString::new(py, &text).into_any()),
            Err(error) => Err(error.raise(py)),
        };
        apply(
            token,
            errors,
            |one| one.bytes(single),
            |array, on_refusal| sealer.column(Method::Open, array, on_refusal),
        )
    }

    /// The token of the same identifier under the primary key version.
    #[pyo3(signature = (token, *, errors="raise"))]
    fn reseal<'py>(&self, token: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, sealer) = (token.py(), &*self.sealer);
        let single = |token: &[u8]| match sealer.reseal(token) {
            Ok(token) => Ok(PyBytes::new(py, &token).into_any()),
            Err(error) => Err(error.raise(py)),
        };
        apply(
            token,
            errors,
            |one| one.bytes(single),
            |array, on_refusal| sealer.column(Method::Reseal, array, on_refusal),
        )
    }

    /// An indexer with the half of each key that makes tags.
    fn indexer(&self) -> Indexer {
        Indexer { kind: self.kind, scope: self.scope.clone(), indexer: self.sealer.indexer() }
    }

    /// The kind of identifier.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind
    }

    /// The labels of the scope.
    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        labels(py, &self.scope)
    }

    /// The key versions that were live when the sealer was made, newest first.
    #[getter]
    fn versions(&self) -> Vec<u16> {
        numbers(self.sealer.versions())
    }

    /// The key version that the sealer seals under.
    #[getter]
    fn primary(&self) -> u16 {
        self.sealer.primary().get()
    }

    /// The fingerprint of the key of each version. An indexer that makes the same tags has the same.
    #[getter]
    fn fingerprints(&self) -> Vec<(u16, String)> {
        texts(self.sealer.fingerprints())
    }

    fn __repr__(&self) -> String {
        describe("Sealer", self.kind, &self.scope, &self.versions(), self.primary())
    }

    fn __reduce_ex__(&self, protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        let _ = protocol;
        Err(unpicklable("Sealer"))
    }
}

impl Indexer {
    pub(crate) fn new(keyring: &Keyring, kind: &str, scope: &Bound<'_, PyTuple>) -> PyResult<Self> {
        let (kind, scope) = (Kind::new(kind)?, read_scope(scope)?);
        let indexer: Box<dyn Indexes> = match kind {
            Kind::Phone => Box::new(keyring.indexer::<PhoneNumber>(&scope)),
            Kind::Imsi => Box::new(keyring.indexer::<Imsi>(&scope)),
            Kind::Imei => Box::new(keyring.indexer::<Imei>(&scope)),
            Kind::Imeisv => Box::new(keyring.indexer::<Imeisv>(&scope)),
        };
        Ok(Indexer { kind: kind.name(), scope, indexer })
    }
}

#[pymethods]
impl Indexer {
    /// The tag of an identifier under the primary key version: 16 bytes.
    #[pyo3(signature = (value, *, errors="raise"))]
    fn tag<'py>(&self, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, indexer) = (value.py(), &*self.indexer);
        apply(
            value,
            errors,
            |one| one.text(py, |text| bytes(py, indexer.tag(text))),
            |array, on_refusal| indexer.tag_column(array, on_refusal),
        )
    }

    /// The tags under which an identifier may be stored: a list with one for each live key version, newest first.
    #[pyo3(signature = (value, *, errors="raise"))]
    fn lookup<'py>(&self, value: &Bound<'py, PyAny>, errors: &str) -> PyResult<Bound<'py, PyAny>> {
        let (py, indexer) = (value.py(), &*self.indexer);
        apply(
            value,
            errors,
            |one| one.text(py, |text| items(py, indexer.lookup(text))),
            |array, on_refusal| indexer.lookup_column(array, on_refusal),
        )
    }

    /// The kind of identifier.
    #[getter]
    fn kind(&self) -> &'static str {
        self.kind
    }

    /// The labels of the scope.
    #[getter]
    fn scope<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        labels(py, &self.scope)
    }

    /// The key versions that were live when the indexer was made, newest first.
    #[getter]
    fn versions(&self) -> Vec<u16> {
        numbers(self.indexer.versions())
    }

    /// The key version of `tag`.
    #[getter]
    fn primary(&self) -> u16 {
        self.indexer.primary().get()
    }

    /// The fingerprint of the key of each version.
    #[getter]
    fn fingerprints(&self) -> Vec<(u16, String)> {
        texts(self.indexer.fingerprints())
    }

    fn __repr__(&self) -> String {
        describe("Indexer", self.kind, &self.scope, &self.versions(), self.primary())
    }

    fn __reduce_ex__(&self, protocol: &Bound<'_, PyAny>) -> PyResult<()> {
        let _ = protocol;
        Err(unpicklable("Indexer"))
    }
}

fn read_scope(labels: &Bound<'_, PyTuple>) -> PyResult<Scope> {
    let no_text = |_| PyTypeError::new_err("a label of a scope is a str: sealer(\"phone\", \"acme\", \"routing\")");
    let texts: Result<Vec<_>, _> = labels.iter().map(|label| label.cast_into::<PyString>().map_err(no_text)).collect();
    let texts = texts?;
    let read: PyResult<Vec<&str>> = texts.iter().map(|label| label.to_str()).collect();
    Scope::new(read?).map_err(|error| parse(labels.py(), &error))
}

fn labels<'py>(py: Python<'py>, scope: &Scope) -> PyResult<Bound<'py, PyTuple>> {
    PyTuple::new(py, scope.labels().collect::<Vec<_>>())
}

fn bytes<'py, const N: usize>(py: Python<'py>, made: Result<[u8; N], ParseError>) -> PyResult<Bound<'py, PyAny>> {
    made.map(|bytes| PyBytes::new(py, &bytes).into_any()).map_err(|error| parse(py, &error))
}

fn items<'py, const N: usize>(py: Python<'py>, made: Result<Vec<[u8; N]>, ParseError>) -> PyResult<Bound<'py, PyAny>> {
    list(py, made.map_err(|error| parse(py, &error))?.into_iter())
}

fn numbers(versions: Vec<KeyVersion>) -> Vec<u16> {
    versions.into_iter().map(KeyVersion::get).collect()
}

fn texts(fingerprints: Vec<(KeyVersion, Fingerprint)>) -> Vec<(u16, String)> {
    fingerprints.into_iter().map(|(version, fingerprint)| (version.get(), fingerprint.to_string())).collect()
}

/// Labels are names, not secrets.
fn describe(class: &str, kind: &str, scope: &Scope, versions: &[u16], primary: u16) -> String {
    let labels: Vec<_> = scope.labels().collect();
    format!("<telseal.{class} {kind:?} scope {labels:?}, versions {versions:?}, primary {primary}>")
}
