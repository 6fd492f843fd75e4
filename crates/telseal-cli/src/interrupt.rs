//! What happens on SIGINT and SIGTERM: unfinished outputs are removed, what is being replaced is replaced.

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use std::{
    fs, io,
    path::PathBuf,
    process,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// The unfinished outputs. Who holds the lock is not interrupted.
static UNFINISHED: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// From now on a thread waits for the signals, so that a read that blocks does not hold them up.
pub(crate) fn catch() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().spawn(move || {
        if let Some(signal) = signals.forever().next() {
            let unfinished = unfinished(); // until the end, so that nothing new is begun
            for part in &*unfinished {
                let _ = fs::remove_file(part); // the next run overwrites it otherwise
            }
            process::exit(128 + signal);
        }
    })?;
    Ok(())
}

/// The lock: while it is held, no signal ends the program.
pub(crate) fn unfinished() -> MutexGuard<'static, Vec<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}
