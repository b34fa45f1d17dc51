//! One who reads, by polls or from a stream: the bytes of the request, and where to go on.

use anyhow::{Context, ensure};
use clap::ValueEnum;
use serde::Serialize;

use crate::http::get;
use crate::swarm::answer::{Answer, first_quoted, last_quoted};

/// As long as a server holds polls.
const WAIT_SECONDS: u64 = 55;

/// Where the cursor stands in a request.
const CURSOR_AT: usize = "GET /poll?cursor=".len();

/// How a server is talked to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As `docs/http.md` says.
    Linger,
    /// The same, but streams have an address of their own.
    Floor,
    /// As nchan's documentation says.
    Nchan,
}

/// How somebody reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// One request for each answer.
    Polls,
    /// One answer that goes on.
    Streams,
}

/// A guest, and how far it has read.
pub struct Reader {
    /// What names its session.
    pub token: String,
    /// What others know it by; the floor and nchan give no names.
    pub name: String,
    cursor: Vec<u8>,
    /// The next request, which is only made anew if it cannot be changed.
    pub request: Vec<u8>,
}

impl Reader {
    /// Who the answer to a connect says has come in.
    pub fn from(dialect: Dialect, way: Way, answer: &Answer<'_>) -> anyhow::Result<Self> {
        ensure!(matches!(answer.status, 200 | 201), "a guest is answered {}", answer.status);
        let field = |opening: &[u8]| last_quoted(answer.body, opening).context("an answer without what it must have");
        let token = std::str::from_utf8(field(br#""token":""#)?)?.to_owned();
        let cursor = field(br#""cursor":""#)?.to_vec();
        let user = memchr::memmem::find(answer.body, br#""user":{"#).map_or(&[][..], |at| &answer.body[at..]);
        let name = first_quoted(user, br#""name":""#).unwrap_or_default();
        let name = std::str::from_utf8(name)?.to_owned();
        let mut reader = Self { token, name, cursor, request: Vec::new() };
        reader.request = reader.write(dialect, way)?;
        Ok(reader)
    }

    /// A request from the cursor on.
    pub fn write(&self, dialect: Dialect, way: Way) -> anyhow::Result<Vec<u8>> {
        let cursor = std::str::from_utf8(&self.cursor)?;
        let path = match (dialect, way) {
            (Dialect::Floor, Way::Streams) => "/stream",
            (_, Way::Streams) => "/poll",
            (_, Way::Polls) => return Ok(get(&format!("/poll?cursor={cursor}&wait={WAIT_SECONDS}"), &self.token)),
        };
        let mut request = get(&format!("{path}?cursor={cursor}"), &self.token);
        request.truncate(request.len() - 2);
        request.extend_from_slice(b"Accept: text/event-stream\r\n\r\n");
        Ok(request)
    }

    /// Goes on where an answer says.
    pub fn go_on(&mut self, dialect: Dialect, answer: &Answer<'_>) -> anyhow::Result<()> {
        if dialect == Dialect::Nchan {
            // Its cursors are the headers with which a cache would ask whether there is something newer.
            let header = |name: &[u8]| answer.header(name).context("nchan does not say where to go on");
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
        let cursor = last_quoted(answer.body, br#""cursor":""#).context("a page without a cursor")?;
        if cursor.len() == self.cursor.len() {
            self.cursor.copy_from_slice(cursor);
            self.request[CURSOR_AT..CURSOR_AT + cursor.len()].copy_from_slice(cursor);
        } else {
            self.cursor = cursor.to_vec();
            self.request = self.write(dialect, Way::Polls)?;
        }
        Ok(())
    }

    /// Goes on behind an event, should the stream break.
    pub fn follow(&mut self, event: &[u8]) {
        if let Some(line) = event.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"id: ")) {
            self.cursor = line.to_vec();
        }
    }
}
