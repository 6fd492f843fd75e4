//! The text of an input, as much of it as is worked on. It holds plaintext, and is wiped.

use crate::failure::Failure;
use std::{
    fs::File,
    io::{self, Read},
};
use zeroize::Zeroizing;

pub(crate) struct Input {
    file: File,
    /// For messages.
    pub(crate) name: String,
    buffer: Zeroizing<Vec<u8>>,
    filled: usize,
    pub(crate) is_all: bool,
}

const AT_ONCE: usize = 1 << 20;
/// A row with more bytes is rather a quote that is never closed.
const LONGEST: usize = 1 << 30;

impl Input {
    pub(crate) fn new(file: File, name: String) -> Self {
        Input { file, name, buffer: Zeroizing::new(vec![0; 2 * AT_ONCE]), filled: 0, is_all: false }
    }

    pub(crate) fn text(&self) -> &[u8] {
        &self.buffer[..self.filled]
    }

    /// Forgets the text before a place, and reads more behind the rest.
    pub(crate) fn read(&mut self, done: usize) -> Result<(), Failure> {
        let Input { file, name, buffer, filled, is_all } = self;
        buffer.copy_within(done..*filled, 0);
        *filled -= done;
        if buffer.len() - *filled < AT_ONCE {
            if *filled > LONGEST {
                return Err(Failure::new(format!("{name}: a row has more than {LONGEST} bytes"))
                    .hint("a quote that is never closed makes one row of all that follows"));
            }
            // A list that grows would leave plaintext behind: this one is made anew, and the old one wiped.
            let mut larger = Zeroizing::new(vec![0; 2 * buffer.len()]);
            larger[..*filled].copy_from_slice(&buffer[..*filled]);
            *buffer = larger;
        }
        loop {
            match file.read(&mut buffer[*filled..]) {
                Ok(count) => {
                    *filled += count;
                    *is_all = count == 0;
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::new(format!("cannot read {name}: {error}"))),
            }
        }
    }
}
