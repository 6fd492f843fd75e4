//! Messages between the processes: four bytes of length, big-endian, and so many bytes. An answer begins with `=`,
//! or with `!` where the rest of it is the reason for a refusal.

use crate::process::{Process, Result};
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::Arc,
    thread,
};

/// The longest message: 1000 elements or handles of 32 bytes, and what goes before them.
const MAX: usize = 33_000;

/// A connection, and all bytes that crossed it.
pub(crate) struct Link {
    stream: TcpStream,
    pub(crate) sent: Vec<u8>,
    pub(crate) received: Vec<u8>,
}

impl Link {
    pub(crate) fn to(process: &Process) -> io::Result<Self> {
        let stream = process.connect()?;
        stream.set_nodelay(true)?;
        Ok(Link { stream, sent: Vec::new(), received: Vec::new() })
    }

    /// Sends a message and waits for the answer. A refusal is an error with its reason.
    pub(crate) fn ask(&mut self, message: &[u8]) -> Result<Vec<u8>> {
        let start = self.sent.len();
        write(&mut self.sent, message)?;
        self.stream.write_all(&self.sent[start..])?;
        let answer = read(&mut self.stream)?.ok_or("hung up")?;
        write(&mut self.received, &answer)?;
        match answer.split_first() {
            Some((b'=', body)) => Ok(body.into()),
            Some((b'!', reason)) => Err(str::from_utf8(reason)?.into()),
            _ => Err("expected an answer".into()),
        }
    }
}

/// Listens on a loopback port and prints which. Answers every message, each connection in a thread of its own.
pub(crate) fn listen(answer: impl Fn(&[u8]) -> Result<Vec<u8>> + Send + Sync + 'static) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    println!("{}", listener.local_addr()?.port());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            thread::spawn(move || serve(stream, &*answer));
        }
    });
    Ok(())
}

fn serve(mut stream: TcpStream, answer: &impl Fn(&[u8]) -> Result<Vec<u8>>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    while let Some(message) = read(&mut stream)? {
        let (first, rest) = match answer(&message) {
            Ok(body) => (b'=', body),
            Err(reason) => (b'!', reason.to_string().into()),
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &[&[first], &*rest].concat())?;
        stream.write_all(&bytes)?;
    }
    Ok(())
}

/// Answers the lines of the standard input until it ends, which it does at the latest when the process that
/// started this one is gone.
pub(crate) fn console(mut answer: impl FnMut(&str) -> Result<String>) -> Result<()> {
    for line in io::stdin().lines() {
        println!("{}", answer(&line?)?);
    }
    Ok(())
}

fn write(into: &mut Vec<u8>, message: &[u8]) -> io::Result<()> {
    let length = u32::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    into.extend_from_slice(&length.to_be_bytes());
    into.extend_from_slice(message);
    Ok(())
}

/// The next message, or `None` where the other end hung up.
fn read(stream: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match stream.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        done => done?,
    }
    let length = u32::from_be_bytes(length) as usize;
    if length > MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    Ok(Some(message))
}
