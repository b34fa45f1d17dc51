//! Answers that several routes give. Messages are JSON already: their bytes are copied, not written again.

use std::io::Cursor;
use std::sync::Arc;

use linger_api::Polled;
use rocket::Request;
use rocket::http::{ContentType, Status};
use rocket::response::{self, Responder, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::app::history::History;
use crate::domain::problem::Problem;
use crate::hub::{Event, Page, Reading};

/// A JSON answer with a status.
pub(crate) struct Answer<T>(pub(crate) Status, pub(crate) T);

impl<'r, T: Serialize> Responder<'r, 'static> for Answer<T> {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let body = serde_json::to_vec(&self.1).map_err(|_| Problem::internal().status())?;
        Ok(json(self.0, body))
    }
}

/// 201 and the message.
pub(crate) struct Posted(pub(crate) Arc<Event>);

impl<'r> Responder<'r, 'static> for Posted {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Answer(Status::Created, &self.0.json).respond_to(request)
    }
}

/// 201, where the new thing is (an absolute URI), and what it is.
pub(crate) struct Created<T>(pub(crate) String, pub(crate) T);

impl<'r, T: Serialize> Responder<'r, 'static> for Created<T> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Answer(Status::Created, self.1).respond_to(request)?;
        response.set_raw_header("Location", self.0);
        Ok(response)
    }
}

/// What came after a cursor, with the next cursor in the body and as the entity tag.
pub(crate) struct Delivered {
    pub(crate) reading: Reading,
    /// What to answer when nothing came: 200, 202, or 304 without a body.
    pub(crate) when_empty: Status,
    /// The wait that `Prefer` asked for and got, in seconds.
    pub(crate) applied_wait: Option<u64>,
}

impl<'r> Responder<'r, 'static> for Delivered {
    fn respond_to(self, _: &'r Request<'_>) -> response::Result<'static> {
        let status = if self.reading.events.is_empty() { self.when_empty } else { Status::Ok };
        let (cursor, body) = polled(self.reading);
        let mut response = match status {
            Status::NotModified => Response::build().status(status).finalize(),
            _ => json(status, body),
        };
        response.set_raw_header("ETag", format!("\"{cursor}\""));
        if let Some(seconds) = self.applied_wait {
            response.set_raw_header("Preference-Applied", format!("wait={seconds}"));
        }
        Ok(response)
    }
}

/// A page of history and the way to its neighbours (RFC 8288).
pub(crate) struct HistoryPage {
    /// Oldest first.
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) more: bool,
    /// The relations, each with its URI reference.
    links: Vec<(&'static str, String)>,
}

impl HistoryPage {
    /// The page of a conversation in which nothing was said yet.
    pub(crate) fn empty() -> Self {
        Self { events: Vec::new(), more: false, links: Vec::new() }
    }

    /// A page whose links lead on from `path`, with the limit that the request gave.
    pub(crate) fn new(history: History, path: &str, limit: Option<usize>) -> Self {
        let History { page: Page { events, more }, newest } = history;
        let limit = limit.map(|limit| format!("&limit={limit}")).unwrap_or_default();
        let mut links = Vec::new();
        if let (Some(first), Some(last)) = (events.first(), events.last()) {
            if first.seq > 1 {
                links.push(("prev", format!("{path}?before={}{limit}", first.seq)));
            }
            if last.seq < newest {
                links.push(("next", format!("{path}?after={}{limit}", last.seq)));
            }
        }
        Self { events, more, links }
    }
}

impl<'r> Responder<'r, 'static> for HistoryPage {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let page = linger_api::Page { messages: as_json(&self.events), more: self.more };
        let mut response = Answer(Status::Ok, page).respond_to(request)?;
        if !self.links.is_empty() {
            let links: Vec<_> = self.links.iter().map(|(rel, uri)| format!("<{uri}>; rel=\"{rel}\"")).collect();
            response.set_raw_header("Link", links.join(", "));
        }
        Ok(response)
    }
}

fn json(status: Status, body: Vec<u8>) -> Response<'static> {
    Response::build()
        .status(status)
        .header(ContentType::JSON)
        // Rocket copies a body through a buffer of this size, 4 KiB unless told; the byte too many is for the look
        // that finds its end.
        .max_chunk_size(body.len() + 1)
        .sized_body(body.len(), Cursor::new(body))
        .finalize()
}

/// What stands around the messages and the cursor of an answer.
const FRAME_BYTES: usize = r#"{"messages":[],"more":false,"cursor":""}"#.len();

/// What came, as JSON, with the cursor that stands in it.
pub(super) fn polled(reading: Reading) -> (String, Vec<u8>) {
    let Reading { events, more, cursor } = reading;
    let polled = Polled { messages: as_json(&events), more, cursor: cursor.to_string() };
    let messages: usize = polled.messages.iter().map(|message| message.get().len() + 1).sum();
    let mut body = Vec::with_capacity(messages + polled.cursor.len() + FRAME_BYTES);
    serde_json::to_writer(&mut body, &polled).expect("strings, a flag and what is JSON already");
    (polled.cursor, body)
}

/// The messages as they were written once.
pub(crate) fn as_json(events: &[Arc<Event>]) -> Vec<&RawValue> {
    events.iter().map(|event| &*event.json).collect()
}
