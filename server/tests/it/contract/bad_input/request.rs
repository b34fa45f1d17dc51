//! A request as raw bytes, so that it can be wrong in any way, and its answer.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::harness::DEADLINE;

/// How long a client waits before it closes its side of the connection. The answer is the same either way.
const PATIENCE: Duration = Duration::from_secs(10);

/// A bad request and the expected answer.
pub(crate) struct Case {
    /// A name for failure messages: the request line or the bytes.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    /// Whether the client closes its side right after sending, without waiting for the answer.
    pub(crate) is_truncated: bool,
    pub(crate) expected: Expected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// A problem with this status.
    Problem(u16),
    /// Any 4xx, or no answer at all: the HTTP layer below the framework refuses the request.
    Refusal,
}

/// A request that is well-formed HTTP.
pub(crate) struct Request {
    line: String,
    headers: Vec<u8>,
    body: Vec<u8>,
}

impl Request {
    /// Creates a request `METHOD /target` with the token of a signed-in user.
    pub(crate) fn new(line: &str) -> Self {
        Self::anonymous(line).header("Authorization", "Bearer {token}")
    }

    pub(crate) fn anonymous(line: &str) -> Self {
        Self { line: line.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.extend([name.as_bytes(), b": ", value.as_ref(), b"\r\n"].concat());
        self
    }

    pub(crate) fn body(mut self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_owned();
        self.header("Content-Type", content_type)
    }

    pub(crate) fn json(self, body: impl AsRef<[u8]>) -> Self {
        self.body("application/json", body)
    }

    pub(crate) fn gets(self, status: u16) -> Case {
        let length = self.body.len();
        let name: String = [&self.headers[..], &self.body].map(String::from_utf8_lossy).concat();
        let (method, target) = self.line.split_once(' ').unwrap();
        let head = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
        let length = format!("Content-Length: {length}\r\n\r\n");
        Case {
            name: format!("{:.200}: {:.300}", self.line, name.replace("\r\n", "; ")),
            bytes: [head.as_bytes(), &self.headers, length.as_bytes(), &self.body].concat(),
            is_truncated: false,
            expected: Expected::Problem(status),
        }
    }

    /// Completes a request that is refused below the framework.
    pub(crate) fn refused(self) -> Case {
        Case { expected: Expected::Refusal, ..self.gets(400) }
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// Names and values; names are in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(header, _)| header == name);
        named.next().map(|(_, value)| value.as_str())
    }
}

/// Sends a request with `{token}` filled in, and reads the answer to its end. Returns `None` if there is no answer.
pub(crate) async fn exchange(port: u16, case: &Case, token: &str) -> Option<Reply> {
    let bytes = replace(&case.bytes, b"{token}", token.as_bytes());
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut answer = Vec::new();
    // The server may close the connection before it has read the whole request.
    let _ = stream.write_all(&bytes).await;
    if !case.is_truncated && timeout(PATIENCE, stream.read_to_end(&mut answer)).await.is_ok() {
        return parse(&answer);
    }
    // The server waits for the rest of a request as long as its client stays connected.
    let _ = stream.shutdown().await;
    let rest = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    assert!(rest.is_ok(), "the server closes the connection: {}", case.name);
    parse(&answer)
}

fn parse(answer: &[u8]) -> Option<Reply> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let mut lines = head.split("\r\n");
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    Some(Reply { status, headers: lines.map(header).collect(), body: answer[end + 4..].to_owned() })
}

fn replace(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(old.len()).position(|window| window == old) {
        replaced.extend([&rest[..at], new].concat());
        rest = &rest[at + old.len()..];
    }
    replaced.extend(rest);
    replaced
}
