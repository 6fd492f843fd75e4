//! A part of an example that is a process of its own, which is this same program, and progress for those who wait.

use indicatif::{ProgressBar, ProgressStyle};
use std::{
    env,
    error::Error,
    ffi::OsString,
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{Ipv4Addr, TcpStream},
    ops::Range,
    path::PathBuf,
    process::{self, Child, ChildStdout, Command, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// A process, gone on drop, and lines to it through its standard input and output.
pub(crate) struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// Where it listens, if it does.
    pub(crate) port: u16,
    /// Where it writes its file, and that one's name.
    folder: Option<(Folder, &'static str)>,
}

/// A folder for the files of a process, gone on drop.
struct Folder(PathBuf);

impl Process {
    /// Starts this same program with other arguments.
    pub(crate) fn start<S: Into<OsString>>(arguments: impl IntoIterator<Item = S>) -> Result<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(arguments.into_iter().map(Into::into))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        Ok(Process { child, lines, port: 0, folder: None })
    }

    /// Starts one that listens, with the path of a file to write as its last argument, and waits until it says its
    /// port. The file is in a folder that is named after the example and the arguments.
    pub(crate) fn listening(example: &str, arguments: &[&str], file: &'static str) -> Result<Self> {
        let name = format!("telseal-{example}-{}-{}", process::id(), arguments.join("-"));
        let folder = Folder(env::temp_dir().join(name));
        fs::create_dir(&folder.0)?;
        let path = folder.0.join(file).into_os_string();
        let mut process = Self::start(arguments.iter().map(OsString::from).chain([path]))?;
        process.port = process.line()?.parse().map_err(|_| format!("{} did not start", arguments.join(" ")))?;
        process.folder = Some((folder, file));
        Ok(process)
    }

    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn send(&mut self, line: &str) -> Result<()> {
        let stdin = self.child.stdin.as_mut().ok_or("no standard input")?;
        Ok(stdin.write_all(format!("{line}\n").as_bytes())?)
    }

    /// The next line that the process writes.
    pub(crate) fn line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        Ok(line.trim_end().into())
    }

    pub(crate) fn ask(&mut self, line: &str) -> Result<String> {
        self.send(line)?;
        self.line()
    }

    /// Ends its standard input, upon which it ends. It may have more to write.
    pub(crate) fn close(&mut self) {
        drop(self.child.stdin.take());
    }

    /// Waits until it has ended, and reads the file that it leaves, if it has one.
    pub(crate) fn stop(mut self) -> Result<Vec<u8>> {
        self.close();
        let status = self.child.wait()?;
        if !status.success() {
            return Err(format!("a process ended with {status}").into());
        }
        self.folder.as_ref().map_or(Ok(Vec::new()), |(folder, file)| Ok(fs::read(folder.0.join(file))?))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill(); // after `stop` it is gone
        let _ = self.child.wait();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0); // best effort
    }
}

/// Tells those who wait how far something is: a bar where standard error is a terminal, else a line every few seconds.
pub(crate) struct Progress {
    what: &'static str,
    bar: ProgressBar,
}

const EVERY: Duration = Duration::from_secs(4);
/// When there was a line last. All progress shares it, since many things take less than `EVERY` each.
static SAID: Mutex<Option<Instant>> = Mutex::new(None);

impl Progress {
    pub(crate) fn new(what: &'static str, length: usize) -> Self {
        let style = ProgressStyle::with_template("{prefix:24} {wide_bar} {pos:>9}/{len}").expect("a valid template");
        Progress { what, bar: ProgressBar::new(length as u64).with_style(style).with_prefix(what) }
    }

    pub(crate) fn add(&self, done: usize) {
        self.bar.inc(done as u64);
        let mut said = SAID.lock().expect("nobody panics with this lock");
        let is_done = Some(self.bar.position()) >= self.bar.length();
        if self.bar.is_hidden() && !is_done && said.get_or_insert_with(Instant::now).elapsed() >= EVERY {
            eprintln!("  ... {}: {} of {}", self.what, self.bar.position(), self.bar.length().unwrap_or(0));
            *said = Some(Instant::now());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The numbers of a range, with progress.
pub(crate) fn progress(what: &'static str, range: Range<usize>) -> impl Iterator<Item = usize> {
    let progress = Progress::new(what, range.len());
    range.inspect(move |_| progress.add(1))
}
