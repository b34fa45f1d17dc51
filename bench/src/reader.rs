//! A reader, by polls or from a stream: the bytes of its requests, and where it continues.

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde::Serialize;

use crate::http::get;
use crate::swarm::answer::{Answer, first_quoted, last_quoted};

/// As long as a server holds polls.
const WAIT_SECONDS: u64 = 55;

/// The offset of the cursor in a request.
const CURSOR_AT: usize = "GET /poll?cursor=".len();

/// The protocol of a server.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As described in `docs/http.md`.
    Linger,
    /// The same, by a client that asks for changes.
    LingerChanges,
    /// Like linger's, but with a separate path for streams.
    Floor,
    /// As described in nchan's documentation.
    Nchan,
}

/// How a reader receives messages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Way {
    /// One request per answer.
    Polls,
    /// One answer that goes on.
    Streams,
}

/// A guest that reads.
pub(crate) struct Reader {
    /// The session's token.
    pub(crate) token: String,
    /// The guest's name. The floor and nchan give none.
    pub(crate) name: String,
    cursor: Vec<u8>,
    /// The next request. It is changed in place where possible.
    pub(crate) request: Vec<u8>,
}

impl Reader {
    /// Reads the guest from the answer to a sign-in.
    pub(crate) fn from(dialect: Dialect, way: Way, answer: &Answer<'_>) -> anyhow::Result<Self> {
        ensure!(matches!(answer.status, 200 | 201), "a sign-in was answered with {}", answer.status);
        let field = |opening: &[u8]| last_quoted(answer.body, opening).context("an answer has no token or no cursor");
        let token = std::str::from_utf8(field(br#""token":""#)?)?.to_owned();
        let cursor = field(br#""cursor":""#)?.to_vec();
        let user = memchr::memmem::find(answer.body, br#""user":{"#).map_or(&[][..], |at| &answer.body[at..]);
        let name = first_quoted(user, br#""name":""#).unwrap_or_default();
        let name = std::str::from_utf8(name)?.to_owned();
        let mut reader = Self { token, name, cursor, request: Vec::new() };
        reader.request = reader.write(dialect, way)?;
        Ok(reader)
    }

    /// Returns a request that continues from the cursor.
    pub(crate) fn write(&self, dialect: Dialect, way: Way) -> anyhow::Result<Vec<u8>> {
        let cursor = std::str::from_utf8(&self.cursor)?;
        let path = if (dialect, way) == (Dialect::Floor, Way::Streams) { "/stream" } else { "/poll" };
        let wait = if way == Way::Polls { format!("&wait={WAIT_SECONDS}") } else { String::new() };
        let changes = if dialect == Dialect::LingerChanges { "&changes=true" } else { "" };
        let mut request = get(&format!("{path}?cursor={cursor}{wait}{changes}"), &self.token);
        if way == Way::Polls {
            return Ok(request);
        }
        request.truncate(request.len() - 2);
        request.extend_from_slice(b"Accept: text/event-stream\r\n\r\n");
        Ok(request)
    }

    /// Continues where an answer ends.
    pub(crate) fn go_on(&mut self, dialect: Dialect, answer: &Answer<'_>) -> anyhow::Result<()> {
        if dialect == Dialect::Nchan {
            // nchan's cursors are the headers with which a cache asks for a newer version.
            let header = |name: &[u8]| answer.header(name).context("an answer of nchan has no cursor");
            self.request = get("/poll", &self.token);
            self.request.truncate(self.request.len() - 2);
            for (name, value) in [("If-Modified-Since", header(b"last-modified")?), ("If-None-Match", header(b"etag")?)]
            {
                self.request.extend_from_slice(name.as_bytes());
                self.request.extend_from_slice(b": ");
                self.request.extend_from_slice(value);
                self.request.extend_from_slice(b"\r\n");
            }
            self.request.extend_from_slice(b"\r\n");
            return Ok(());
        }
        let cursor = last_quoted(answer.body, br#""cursor":""#).context("a page has no cursor")?;
        if cursor.len() == self.cursor.len() {
            self.cursor.copy_from_slice(cursor);
            self.request[CURSOR_AT..CURSOR_AT + cursor.len()].copy_from_slice(cursor);
        } else {
            self.cursor = cursor.to_vec();
            self.request = self.write(dialect, Way::Polls)?;
        }
        Ok(())
    }

    /// Continues after an event, in case the stream breaks.
    pub(crate) fn follow(&mut self, event: &[u8]) {
        if let Some(line) = event.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"id: ")) {
            self.cursor = line.to_vec();
        }
    }
}
