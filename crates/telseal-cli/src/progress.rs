//! A bar on the terminal of who waits; nothing elsewhere.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{
    cell::Cell,
    io::{self, IsTerminal},
    time::Instant,
};

pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    start: Instant,
    /// How much of the input was forgotten.
    before: Cell<u64>,
}

impl Progress {
    /// `bytes` is how much there is, where that is known.
    pub(crate) fn new(bytes: Option<u64>, name: &str, is_shown: bool) -> Self {
        let bar = (is_shown && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(bytes, ProgressDrawTarget::stderr_with_hz(4));
            let template = match bytes {
                Some(_) => "{prefix} {bar:30} {percent:>3} %  {msg}, {eta} left",
                None => "{prefix} {spinner} {msg}",
            };
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_prefix(name.to_owned());
            bar
        });
        Progress { bar, start: Instant::now(), before: Cell::new(0) }
    }

    pub(crate) fn at(&self, place: usize, rows: u64) {
        if let Some(bar) = &self.bar {
            let rate = rows as f64 / self.start.elapsed().as_secs_f64().max(1e-3);
            bar.set_position(self.before.get() + place as u64);
            bar.set_message(format!("{rows} rows, {rate:.0} a second"));
        }
    }

    pub(crate) fn moved(&self, by: usize) {
        self.before.set(self.before.get() + by as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
