//! A blocking connection, for requests one after the other.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::swarm::answer::Answer;

/// A keep-alive connection that waits for its answers.
pub(crate) struct Exchange {
    stream: TcpStream,
    bytes: Vec<u8>,
}

/// An answer.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The time from the request's first byte to the answer's last.
    pub(crate) taken: Duration,
}

impl Exchange {
    /// Connects to a port on this machine.
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream, bytes: Vec::new() })
    }

    /// Writes a request and waits for the answer.
    pub(crate) fn ask(&mut self, request: &[u8]) -> anyhow::Result<Answered> {
        let begun = Instant::now();
        self.stream.write_all(request)?;
        self.bytes.clear();
        let mut buffer = [0; 64 * 1024];
        loop {
            if let Some((answer, _)) = Answer::parse(&self.bytes)? {
                return Ok(Answered { status: answer.status, body: answer.body.to_vec(), taken: begun.elapsed() });
            }
            let count = self.stream.read(&mut buffer)?;
            ensure!(count > 0, "the server closed the connection");
            self.bytes.extend_from_slice(&buffer[..count]);
        }
    }
}

/// Sends a request on a new connection. Returns the answer's status and body.
pub(crate) fn exchange(port: u16, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let Answered { status, body, .. } = Exchange::open(port)?.ask(request)?;
    Ok((status, body))
}
