//! The clock: rows that are timed in turn, round after round, so that a machine that is shared or changes its
//! pace does so to all of them.

use std::{
    fmt,
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

const ROUNDS: usize = 21;
/// A row runs at least this long in a round,
const SLICE: Duration = Duration::from_millis(4);
/// and at least this many passes. After a single one, large caches have not settled, and a core that was idle is still slow.
const PASSES: usize = 5;
/// Calls in a pass of [`Table::add_calls`]. Short passes are seldom interrupted, so that their median is that of the work alone.
const CALLS: usize = 256;

/// What a row is measured beside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// One identifier at a time, each call waiting for the one before.
    One,
    /// As many as there are.
    Many,
    /// Lookups in a directory. They have no floor.
    Lookup,
}

impl Group {
    pub fn name(self) -> &'static str {
        match self {
            Group::One => "one",
            Group::Many => "many",
            Group::Lookup => "lookup",
        }
    }
}

struct Row<'a> {
    group: Group,
    name: String,
    /// Of a token, where the row makes one.
    bytes: Option<usize>,
    /// How many identifiers a pass goes through.
    items: usize,
    pass: Box<dyn FnMut() + 'a>,
    /// Nanoseconds an identifier, the median of a round; ascending once measured.
    samples: Vec<f64>,
}

/// The rows, in the order in which they take turns.
#[derive(Default)]
pub struct Table<'a> {
    rows: Vec<Row<'a>>,
}

impl<'a> Table<'a> {
    pub fn add(
        &mut self,
        group: Group,
        name: impl Into<String>,
        bytes: Option<usize>,
        items: usize,
        pass: impl FnMut() + 'a,
    ) {
        self.rows.push(Row { group, name: name.into(), bytes, items, pass: Box::new(pass), samples: Vec::new() });
    }

    /// A row of calls for one identifier each: `call(i)` does identifier `i` of `items`.
    pub fn add_calls(
        &mut self,
        group: Group,
        name: impl Into<String>,
        bytes: Option<usize>,
        items: usize,
        mut call: impl FnMut(usize) + 'a,
    ) {
        assert_eq!(items % CALLS, 0, "whole passes");
        let mut start = 0;
        self.add(group, name, bytes, CALLS, move || {
            for i in start..start + CALLS {
                call(i);
                if group == Group::One {
                    wait();
                }
            }
            start = (start + CALLS) % items;
        });
    }

    pub fn measure(&mut self) {
        for round in 1..=ROUNDS {
            for row in &mut self.rows {
                // The rows before have had the caches and the branch predictors.
                (row.pass)();
                let (mut passes, start) = (Vec::new(), Instant::now());
                while start.elapsed() < SLICE || passes.len() < PASSES {
                    let before = Instant::now();
                    (row.pass)();
                    passes.push(before.elapsed());
                }
                // The median pass: a mean would count the time in which another program had the processor.
                passes.sort_unstable();
                row.samples.push(passes[passes.len() / 2].as_nanos() as f64 / row.items as f64);
            }
            if stderr().is_terminal() {
                eprint!("\rround {round} of {ROUNDS}{}", if round < ROUNDS { "" } else { "\n" });
            }
        }
        for row in &mut self.rows {
            row.samples.sort_by(f64::total_cmp);
        }
    }

    /// The median of a row.
    ///
    /// # Panics
    /// Where there is no such row, or two.
    pub fn ns(&self, group: Group, name: &str) -> f64 {
        let mut rows = self.rows.iter().filter(|row| row.group == group && row.name == name);
        let row = rows.next().unwrap_or_else(|| panic!("no row {name:?} in {group:?}"));
        assert!(rows.next().is_none(), "two rows {name:?} in {group:?}");
        row.quantile(0.5)
    }

    /// The rows of a group and their medians.
    pub fn medians(&self, group: Group) -> impl Iterator<Item = (&str, f64)> {
        let rows = self.rows.iter().filter(move |row| row.group == group);
        rows.map(|row| (row.name.as_str(), row.quantile(0.5)))
    }

    /// The least median among the rows whose name begins so.
    pub fn least(&self, group: Group, prefix: &str) -> f64 {
        let rows = self.rows.iter().filter(|row| row.group == group && row.name.starts_with(prefix));
        rows.map(|row| row.quantile(0.5)).min_by(f64::total_cmp).unwrap_or_else(|| panic!("no row {prefix:?}..."))
    }

    /// The rows of a group; `floor` and `ours` are what their ratios are to.
    pub fn print(&self, group: Group, floor: Option<f64>, ours: f64) {
        println!(
            "\n{:44} {:>9}  {:>17} {:>8} {:>8} {:>6}",
            group.name(),
            "ns",
            "quartiles",
            "/ floor",
            "/ ours",
            "bytes"
        );
        for row in self.rows.iter().filter(|row| row.group == group) {
            let ns = row.quantile(0.5);
            let quartiles = format!("{:.2} to {:.2}", row.quantile(0.25), row.quantile(0.75));
            let (floor, ours) = (Blank(floor.map(|floor| ns / floor)), ns / ours);
            println!(
                "{:44} {ns:9.2}  {quartiles:>17} {floor:>8} {ours:8.2} {:>6}",
                row.name,
                row.bytes.map_or(String::new(), |bytes| bytes.to_string())
            );
        }
    }
}

impl Row<'_> {
    fn quantile(&self, at: f64) -> f64 {
        self.samples[(at * (self.samples.len() - 1) as f64).round() as usize]
    }
}

/// Two decimals, or nothing.
struct Blank(Option<f64>);

impl fmt::Display for Blank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.map_or(String::new(), |value| format!("{value:.2}")))
    }
}

/// Keeps a call from starting before the one in front of it is done, down to the check of its tag: without it
/// a processor works on several single calls at once, and more of them the shorter they are.
#[inline(always)]
fn wait() {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: it orders instructions and does nothing else; every x86-64 processor has it.
    unsafe {
        std::arch::x86_64::_mm_lfence()
    };
    #[cfg(target_arch = "aarch64")]
    // SAFETY: as above.
    unsafe {
        std::arch::asm!("dsb sy", "isb")
    };
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    compile_error!("single calls are timed one behind the other: say how that is done here");
}
