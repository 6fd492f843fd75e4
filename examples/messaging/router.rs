//! The router: a process that listens on a loopback port and answers lines. It holds no key, and neither it nor
//! the two modules it stands on use anything of the crate but tokens, tags and the names of identifiers, so that it could
//! be built without the feature `seal`.

use crate::{
    directory::{Directory, Fault},
    protocol::{Handles, MAX_LINE, answer},
};
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    sync::Arc,
    thread,
};

/// Prints the port it picked and serves until its standard input ends, which it does at the latest when the
/// process that started it is gone.
pub(crate) fn run(handles: Handles, path: &Path) -> Result<(), Fault> {
    let directory = Arc::new(Directory::create(path)?);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let shared = Arc::clone(&directory);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let directory = Arc::clone(&shared);
            thread::spawn(move || serve(&stream, handles, &directory));
        }
    });
    io::copy(&mut io::stdin(), &mut io::sink())?;
    directory.flush()
}

/// Answers lines until the other end hangs up. Of a line that is too long, the rest is skipped unread.
fn serve(stream: &TcpStream, handles: Handles, directory: &Directory) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    let mut line = Vec::new();
    loop {
        line.clear();
        reader.by_ref().take(MAX_LINE as u64 + 1).read_until(b'\n', &mut line)?;
        match line.pop() {
            None => return Ok(()),
            Some(b'\n') => {}
            Some(byte) => {
                line.push(byte);
                reader.skip_until(b'\n')?;
            }
        }
        let mut answer = answer(&line, handles, directory);
        answer.push('\n');
        writer.write_all(answer.as_bytes())?;
    }
}
