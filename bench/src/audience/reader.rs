//! One who reads, by polls or from a stream: the bytes of the request, and where to go on.

use anyhow::Context;

use super::{Dialect, Way};
use crate::http::get;
use crate::order::Ledger;
use crate::swarm::answer::{Answer, last_quoted};

/// As long as a server holds polls.
const WAIT_SECONDS: u64 = 55;

/// Where the cursor stands in a request.
const CURSOR_AT: usize = "GET /poll?cursor=".len();

/// A reader of one conversation, in which one speaks.
pub(super) struct Reader {
    token: String,
    cursor: Vec<u8>,
    /// The next request, which is only made anew if it cannot be changed.
    pub(super) request: Vec<u8>,
    pub(super) ledger: Ledger,
}

impl Reader {
    /// Who the answer to a connect says has come in.
    pub(super) fn from(dialect: Dialect, way: Way, answer: &Answer<'_>) -> anyhow::Result<Self> {
        let field = |opening: &[u8]| last_quoted(answer.body, opening).context("an answer without what it must have");
        let token = std::str::from_utf8(field(br#""token":""#)?)?.to_owned();
        let cursor = field(br#""cursor":""#)?.to_vec();
        let mut reader = Self { token, cursor, request: Vec::new(), ledger: Ledger::default() };
        reader.request = reader.write(dialect, way)?;
        Ok(reader)
    }

    /// A request from the cursor on.
    pub(super) fn write(&self, dialect: Dialect, way: Way) -> anyhow::Result<Vec<u8>> {
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
    pub(super) fn go_on(&mut self, dialect: Dialect, answer: &Answer<'_>) -> anyhow::Result<()> {
        if dialect == Dialect::Nchan {
            // Its cursors are the headers with which a cache would ask whether there is something newer.
            let header = |name: &[u8]| answer.header(name).context("nchan does not say where to go on");
            self.request = get("/poll", &self.token);
            self.request.truncate(self.request.len() - 2);
            for (name, value) in [("If-Modified-Since", header(b"last-modified")?), ("If-None-Match", header(b"etag")?)] {
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
    pub(super) fn follow(&mut self, event: &[u8]) {
        if let Some(line) = event.split(|byte| *byte == b'\n').find_map(|line| line.strip_prefix(b"id: ")) {
            self.cursor = line.to_vec();
        }
    }
}
