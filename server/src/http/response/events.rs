//! Server-sent events (the HTML standard, section 9.2): what a stream is made of. Knows not when which comes.

use rocket::Request;
use rocket::futures::stream::{BoxStream, Stream, StreamExt};
use rocket::http::{ContentType, Header};
use rocket::response::stream::ByteStream;
use rocket::response::{self, Responder, Response};

use super::answer::polled;
use crate::domain::cursor::Cursor;
use crate::domain::problem::Problem;
use crate::http::request::trace::{log_failure, request_id};
use crate::hub::Reading;

/// Up to sixteen chunks of an answer wait for a client that does not read, whoever that may be.
const CHUNK_BYTES: usize = 1024;

/// One event, or what stands between events.
pub(crate) enum StreamItem {
    /// Where to resume, before anything has come.
    Place(Cursor),
    /// What came, as a poll answers it; its cursor is the event's id.
    Messages(Reading),
    /// A comment, so that neither side, nor a proxy between them, takes the silence for the end.
    StillHere,
    /// Why the stream ends, as an event of that name.
    Problem(Problem),
}

impl StreamItem {
    /// The event as it is sent. No JSON of ours contains a line break.
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Place(cursor) => format!("id: {cursor}\n\n").into_bytes(),
            Self::Messages(reading) => {
                let (cursor, json) = polled(reading);
                [b"id: ", cursor.as_bytes(), b"\ndata: ", &json, b"\n\n"].concat()
            }
            Self::StillHere => b": still here\n\n".to_vec(),
            Self::Problem(problem) => format!("event: problem\ndata: {}\n\n", problem.to_json()).into_bytes(),
        }
    }
}

/// 200, and one event after the other.
pub(crate) struct EventStream<'r>(BoxStream<'r, StreamItem>);

impl<'r> EventStream<'r> {
    pub(crate) fn new(events: impl Stream<Item = StreamItem> + Send + 'r) -> Self {
        Self(events.boxed())
    }
}

impl<'r> Responder<'r, 'r> for EventStream<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let request_id = request_id(request);
        let bytes = self.0.map(move |event| {
            // The request's own line was written when the stream began.
            if let StreamItem::Problem(problem) = &event
                && let Some(cause) = &problem.cause
            {
                log_failure(cause, request_id);
            }
            event.into_bytes()
        });
        Response::build_from(ByteStream(bytes).respond_to(request)?)
            .header(ContentType::EventStream)
            // What nginx and others understand as: pass each event on as it comes.
            .header(Header::new("X-Accel-Buffering", "no"))
            .max_chunk_size(CHUNK_BYTES)
            .ok()
    }
}
