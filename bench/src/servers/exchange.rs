//! One request and its answer, where nothing is measured.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::ensure;

use crate::swarm::answer::Answer;

/// The status and the body of the answer to a request, on a connection of its own.
pub fn exchange(port: u16, request: &[u8]) -> anyhow::Result<(u16, Vec<u8>)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    stream.write_all(request)?;
    let (mut bytes, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    loop {
        if let Some((answer, _)) = Answer::parse(&bytes)? {
            return Ok((answer.status, answer.body.to_vec()));
        }
        let count = stream.read(&mut buffer)?;
        ensure!(count > 0, "the server closed the connection");
        bytes.extend_from_slice(&buffer[..count]);
    }
}
