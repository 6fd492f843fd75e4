use std::{fmt, io, path::Path};

/// Why a run ends: what happened and where, and what to do about it. Never holds a digit of an identifier, nor a key.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    hint: Option<String>,
    status: u8,
}

/// Something is wrong: nothing was replaced.
pub(crate) const FAILED: u8 = 1;
/// The run is complete, but for the rows in the file of rejects.
pub(crate) const REFUSED: u8 = 3;
/// What a shell reports of a command that SIGPIPE ended.
const BROKEN_PIPE: u8 = 128 + 13;

impl Failure {
    pub(crate) fn new(what: impl Into<String>) -> Self {
        Failure { what: what.into(), hint: None, status: FAILED }
    }

    /// What to do about it.
    pub(crate) fn hint(self, hint: impl Into<String>) -> Self {
        Failure { hint: Some(hint.into()), ..self }
    }

    /// Whoever reads the output has seen enough: no reason for a message.
    pub(crate) fn is_silent(&self) -> bool {
        self.status == BROKEN_PIPE
    }

    pub(crate) fn status(&self) -> u8 {
        self.status
    }
}

/// `error: …`, and `hint: …` on a line of its own.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "telseal: error: {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\ntelseal: hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// Says what was done to which file when it failed.
pub(crate) trait At<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T, Failure>;
}

impl<T> At<T> for io::Result<T> {
    fn at(self, doing: &str, path: &Path) -> Result<T, Failure> {
        self.map_err(|error| {
            let failure = Failure::new(format!("cannot {doing} `{}`: {error}", path.display()));
            match error.kind() {
                io::ErrorKind::BrokenPipe => Failure { status: BROKEN_PIPE, ..failure },
                io::ErrorKind::StorageFull => failure.hint("make room and run the command again"),
                _ => failure,
            }
        })
    }
}
