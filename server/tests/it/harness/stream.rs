//! An event stream as a user's program reads it: the HTML standard, section 9.2, over whatever pieces the network
//! brings.

use std::collections::VecDeque;

use linger_api::{Message, Polled};
use reqwest::{Method, Response};
use serde_json::Value;
use tokio::time::timeout;

use super::{DEADLINE, RequestBuilder, User, described};

/// What a stream consists of, as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// An event with data.
    Event {
        /// The event's type.
        kind: String,
        data: String,
        /// The last id that the stream has named, by this event or before it.
        id: String,
    },
    /// A block without data: nothing happens, but the last id is this from now on.
    Place(String),
    /// A comment, without its colon.
    Comment(String),
}

/// Takes a stream apart.
#[derive(Default)]
pub struct Parser {
    /// What is not a whole line yet.
    rest: Vec<u8>,
    /// A CR was the last byte, so an LF that comes next belongs to it.
    after_cr: bool,
    has_begun: bool,
    kind: String,
    data: String,
    id: String,
    is_empty: bool,
}

impl Parser {
    /// What these bytes complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Part> {
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

    /// An empty line ends a block.
    fn dispatch(&mut self) -> Option<Part> {
        let (kind, mut data) = (std::mem::take(&mut self.kind), std::mem::take(&mut self.data));
        let was_empty = std::mem::replace(&mut self.is_empty, true);
        let id = self.id.clone();
        match data.pop() {
            None => (!was_empty).then_some(Part::Place(id)),
            Some(_) => Some(Part::Event { kind: if kind.is_empty() { "message".to_owned() } else { kind }, data, id }),
        }
    }
}

/// A stream that is open.
pub struct EventStream {
    response: Response,
    parser: Parser,
    parts: VecDeque<Part>,
    /// What resuming names: the last id that came.
    pub last_event_id: String,
    /// How many messages the largest event had, and how many bytes of data.
    pub largest: (usize, usize),
}

impl EventStream {
    /// A request for a stream, for a test to add to.
    pub fn request(user: &User, path: &str) -> RequestBuilder {
        user.request(Method::GET, path).header("Accept", "text/event-stream")
    }

    /// Opens a stream, which must succeed. Nothing has been read from it.
    pub async fn open(user: &User, path: &str) -> Self {
        Self::of(Self::request(user, path).send().await.unwrap())
    }

    /// Resumes a stream after the event with this id, as a browser does.
    pub async fn resume(user: &User, path: &str, last_event_id: &str) -> Self {
        let request = Self::request(user, path).header("Last-Event-ID", last_event_id);
        Self { last_event_id: last_event_id.to_owned(), ..Self::of(request.send().await.unwrap()) }
    }

    /// The stream in an answer.
    pub fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let (parser, parts) = (Parser { is_empty: true, ..Parser::default() }, VecDeque::new());
        Self { response, parser, parts, last_event_id: String::new(), largest: (0, 0) }
    }

    /// What comes next, comments and all; nothing once the stream has ended well.
    pub async fn next(&mut self) -> Option<Part> {
        self.try_next().await.expect("the stream is whole")
    }

    /// The same, of a stream that may be broken off.
    pub async fn try_next(&mut self) -> reqwest::Result<Option<Part>> {
        while self.parts.is_empty() {
            let bytes = timeout(DEADLINE, self.response.chunk()).await.expect("something comes in time")?;
            let Some(bytes) = bytes else { return Ok(None) };
            self.parts.extend(self.parser.push(&bytes));
        }
        let part = self.parts.pop_front();
        if let Some(Part::Event { id, .. } | Part::Place(id)) = &part {
            self.last_event_id.clone_from(id);
        }
        Ok(part)
    }

    /// What comes next must be where the stream begins: a cursor.
    pub async fn place(&mut self) -> String {
        match self.next().await {
            Some(Part::Place(cursor)) => cursor,
            other => panic!("not a place: {other:?}"),
        }
    }

    /// What comes next must be messages.
    pub async fn page(&mut self) -> Polled {
        match self.next().await {
            Some(Part::Event { kind, data, id }) if kind == "message" => {
                described::assert_is("Polled", &data);
                let page: Polled = serde_json::from_str(&data).unwrap();
                assert_eq!(page.cursor, id, "an event's id is its cursor");
                assert!(!page.messages.is_empty());
                self.largest = (self.largest.0.max(page.messages.len()), self.largest.1.max(data.len()));
                page
            }
            other => panic!("not messages: {other:?}"),
        }
    }

    /// The next messages; where the stream begins, or a comment, may come first.
    pub async fn next_page(&mut self) -> Polled {
        loop {
            let at = self.last_event_id.clone();
            match self.next().await {
                Some(Part::Place(cursor)) => assert!(at.is_empty() || at == cursor, "it is resumed where it was left"),
                Some(Part::Comment(_)) => {}
                Some(event) => {
                    self.parts.push_front(event);
                    return self.page().await;
                }
                None => panic!("the stream has ended"),
            }
        }
    }

    /// The next so many messages, whatever the events that they come in.
    pub async fn messages(&mut self, count: usize) -> Vec<Message> {
        let mut messages = Vec::new();
        while messages.len() < count {
            messages.extend(self.page().await.messages);
        }
        assert_eq!(messages.len(), count, "no more than these");
        messages
    }

    /// Everything up to the event that says that there is no more at the moment.
    pub async fn caught_up(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let page = self.page().await;
            messages.extend(page.messages);
            if !page.more {
                return messages;
            }
        }
    }

    /// What comes next must be a problem, and then the end.
    pub async fn problem(&mut self) -> Value {
        let before = self.last_event_id.clone();
        let problem = match self.next().await {
            Some(Part::Event { kind, data, id }) if kind == "problem" => {
                assert_eq!(id, before, "one resumes where one was");
                described::assert_is("Problem", &data);
                serde_json::from_str(&data).unwrap()
            }
            other => panic!("not a problem: {other:?}"),
        };
        self.end().await;
        problem
    }

    /// The stream must end now, well.
    pub async fn end(&mut self) {
        assert_eq!(self.next().await, None);
    }
}

#[cfg(test)]
mod tests {
    use super::{Parser, Part};

    fn event(kind: &str, data: &str, id: &str) -> Part {
        Part::Event { kind: kind.to_owned(), data: data.to_owned(), id: id.to_owned() }
    }

    #[test]
    fn a_stream_is_taken_apart_as_the_standard_says_however_it_is_cut() {
        let stream = "\u{feff}: hi\nid: 1\ndata: a\ndata:b\n\nid: 2\r\n\r\nevent: x\rdata\r\revent: lost\n\nretry: 9\ndata: 🐙\n\n\ndata: half\n";
        let expected = [
            Part::Comment("hi".to_owned()),
            event("message", "a\nb", "1"),
            Part::Place("2".to_owned()),
            event("x", "", "2"),
            Part::Place("2".to_owned()),
            event("message", "🐙", "2"),
        ];
        for size in [1, 2, 3, 7, stream.len()] {
            let mut parser = Parser { is_empty: true, ..Parser::default() };
            let parts: Vec<_> = stream.as_bytes().chunks(size).flat_map(|bytes| parser.push(bytes)).collect();
            assert_eq!(parts, expected, "in pieces of {size}");
        }
    }
}
