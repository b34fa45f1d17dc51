//! A client for server-sent events, after section 9.2 of the HTML standard. Chunks may end anywhere.

use std::collections::VecDeque;

use linger_api::{Message, Polled};
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::{DEADLINE, RequestBuilder, User, described};

/// A part of a stream, in the order of arrival.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Part {
    /// An event with data.
    Event {
        /// The event's type.
        kind: String,
        data: String,
        /// The last id in the stream so far: this event's, or else an earlier one.
        id: String,
    },
    /// A block without data. It dispatches no event and only sets the last id.
    Id(String),
    /// A comment, without its leading colon.
    Comment(String),
}

/// Splits a stream into its parts.
#[derive(Default)]
pub(crate) struct Parser {
    /// The bytes of an incomplete line.
    rest: Vec<u8>,
    /// Whether the last byte was a CR: an LF directly after it belongs to the same line end.
    after_cr: bool,
    has_begun: bool,
    kind: String,
    data: String,
    id: String,
    is_empty: bool,
}

impl Parser {
    /// Adds bytes and returns the parts that they complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Part> {
        let mut parts = Vec::new();
        for &byte in bytes {
            let belongs_to_cr = std::mem::take(&mut self.after_cr) && byte == b'\n';
            match byte {
                _ if belongs_to_cr => {}
                b'\r' | b'\n' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.rest);
                    let line = String::from_utf8(line).expect("a stream is UTF-8");
                    parts.extend(self.line(&line));
                }
                _ => self.rest.push(byte),
            }
        }
        parts
    }

    fn line(&mut self, line: &str) -> Option<Part> {
        let line =
            if std::mem::replace(&mut self.has_begun, true) { line } else { line.trim_start_matches('\u{feff}') };
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        self.is_empty &= field.is_empty();
        match field {
            "" => return Some(Part::Comment(value.to_owned())),
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            _ => {}
        }
        None
    }

    /// Handles an empty line, which ends a block.
    fn dispatch(&mut self) -> Option<Part> {
        let (kind, mut data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        let was_empty = std::mem::replace(&mut self.is_empty, true);
        let id = self.id.clone();
        match data.pop() {
            None => (!was_empty).then_some(Part::Id(id)),
            Some(_) => Some(Part::Event { kind: if kind.is_empty() { "message".to_owned() } else { kind }, data, id }),
        }
    }
}

/// An open stream.
pub(crate) struct EventStream {
    response: Response,
    parser: Parser,
    parts: VecDeque<Part>,
    /// The last id received, from which the stream can be resumed.
    pub(crate) last_event_id: String,
    /// The most messages, and the most bytes of data, that one event has had.
    pub(crate) largest: (usize, usize),
}

impl EventStream {
    /// Builds a request for a stream.
    pub(crate) fn request(user: &User, path: &str) -> RequestBuilder {
        user.request(Method::GET, path).header("Accept", "text/event-stream")
    }

    /// Opens a stream without reading from it. Panics unless that succeeds.
    pub(crate) async fn open(user: &User, path: &str) -> Self {
        Self::of(Self::request(user, path).send().await.unwrap())
    }

    /// Resumes a stream after the event with this id, as a browser does.
    pub(crate) async fn resume(user: &User, path: &str, last_event_id: &str) -> Self {
        let request = Self::request(user, path).header("Last-Event-ID", last_event_id);
        Self { last_event_id: last_event_id.to_owned(), ..Self::of(request.send().await.unwrap()) }
    }

    /// Returns the stream in an answer.
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (parser, parts) = (Parser { is_empty: true, ..Parser::default() }, VecDeque::new());
        Self { response, parser, parts, last_event_id: String::new(), largest: (0, 0) }
    }

    /// Reads the next part, which may be a comment. Returns `None` after a clean end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Part> {
        self.try_next().await.expect("the stream is not cut off")
    }

    /// Reads the next part of a stream that may be cut off, which is an error.
    pub(crate) async fn try_next(&mut self) -> reqwest::Result<Option<Part>> {
        while self.parts.is_empty() {
            let bytes = timeout(DEADLINE, self.response.chunk()).await.expect("the stream sends something in time")?;
            let Some(bytes) = bytes else { return Ok(None) };
            self.parts.extend(self.parser.push(&bytes));
        }
        let part = self.parts.pop_front();
        if let Some(Part::Event { id, .. } | Part::Id(id)) = &part {
            self.last_event_id.clone_from(id);
        }
        Ok(part)
    }

    /// Reads the block that opens the stream and returns its id, the cursor where the stream starts.
    pub(crate) async fn opening_id(&mut self) -> String {
        match self.next().await {
            Some(Part::Id(cursor)) => cursor,
            other => panic!("not an opening id: {other:?}"),
        }
    }

    /// Reads the next part, past comments, which come when a busy machine leaves the stream silent for long.
    async fn next_but_comments(&mut self) -> Option<Part> {
        loop {
            match self.next().await {
                Some(Part::Comment(_)) => {}
                part => return part,
            }
        }
    }

    /// Reads the next part, which must be an event with messages.
    pub(crate) async fn page(&mut self) -> Polled {
        match self.next_but_comments().await {
            Some(Part::Event { kind, data, id }) if kind == "message" => {
                described::assert_is("Polled", &data);
                let page: Polled = serde_json::from_str(&data).unwrap();
                assert_eq!(page.cursor, id, "an event's id is its cursor");
                let is_some = |changed: &Vec<Message>| !changed.is_empty();
                let has_changes = page.changed.as_ref().is_some_and(is_some) || page.conversations.is_some();
                assert!(!page.messages.is_empty() || has_changes);
                self.largest = (self.largest.0.max(page.messages.len()), self.largest.1.max(data.len()));
                page
            }
            other => panic!("not messages: {other:?}"),
        }
    }

    /// Reads the next messages, past an opening id and comments.
    pub(crate) async fn next_page(&mut self) -> Polled {
        loop {
            let at = self.last_event_id.clone();
            match self.next().await {
                Some(Part::Id(cursor)) => assert!(at.is_empty() || at == cursor, "the stream resumes at the last id"),
                Some(Part::Comment(_)) => {}
                Some(event) => {
                    self.parts.push_front(event);
                    return self.page().await;
                }
                None => panic!("the stream has ended"),
            }
        }
    }

    /// Reads exactly `count` messages, in however many events.
    pub(crate) async fn messages(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.extend(self.page().await.messages);
        }
        assert_eq!(messages.len(), count, "no further messages");
        messages
    }

    /// Reads all messages up to the first event with `more: false`.
    pub(crate) async fn caught_up(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let page = self.page().await;
            messages.extend(page.messages);
            if !page.more {
                return messages;
            }
        }
    }

    /// Reads a problem event, which must be the last, and returns it.
    pub(crate) async fn problem(&mut self) -> Value {
        let before = self.last_event_id.clone();
        let problem = match self.next_but_comments().await {
            Some(Part::Event { kind, data, id }) if kind == "problem" => {
                assert_eq!(id, before, "a problem does not move the id");
                described::assert_is("Problem", &data);
                serde_json::from_str(&data).unwrap()
            }
            other => panic!("not a problem: {other:?}"),
        };
        self.end().await;
        problem
    }

    /// Checks that the stream ends cleanly here.
    pub(crate) async fn end(&mut self) {
        assert_eq!(self.next_but_comments().await, None);
    }
}

#[cfg(test)]
mod tests {
    use super::{Parser, Part};

    fn event(kind: &str, data: &str, id: &str) -> Part {
        Part::Event { kind: kind.to_owned(), data: data.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn a_stream_is_parsed_after_the_standard_however_it_is_chunked() {
        let stream = "\u{feff}: hi\nid: 1\ndata: a\ndata:b\n\nid: 2\r\n\r\nevent: x\rdata\r\revent: lost\n\nretry: 9\ndata: 🐙\n\n\ndata: half\n";
        let expected = [
            Part::Comment("hi".to_owned()),
            event("message", "a\nb", "1"),
            Part::Id("2".to_owned()),
            event("x", "", "2"),
            Part::Id("2".to_owned()),
            event("message", "🐙", "2"),
        ];
        for size in [1, 2, 3, 7, stream.len()] {
            let mut parser = Parser { is_empty: true, ..Parser::default() };
            let parts: Vec<_> = stream.as_bytes().chunks(size).flat_map(|bytes| parser.push(bytes)).collect();
            assert_eq!(parts, expected, "in chunks of {size}");
        }
    }
}
