//! Server-sent events (HTML standard, section 9.2). Does not decide when each is sent.

use rocket::Request;
use rocket::futures::stream::{BoxStream, Stream, StreamExt};
use rocket::http::{ContentType, Header};
use rocket::response::stream::ByteStream;
use rocket::response::{self, Responder, Response};

use super::answer::polled;
use crate::domain::cursor::Cursor;
use crate::domain::problem::Problem;
use crate::http::request::trace::log_failure;
use crate::hub::Reading;

/// Up to sixteen chunks of an answer are buffered for a client that does not read, so chunks are small.
const CHUNK_BYTES: usize = 1024;

/// An event or a comment.
pub(crate) enum StreamItem {
    /// Where to resume before the first messages.
    Place(Cursor),
    /// Messages, as returned by a poll; the cursor is the event's id.
    Messages(Reading),
    /// A comment that keeps client, server and proxies from treating silence as the end.
    StillHere,
    /// The reason why the stream ends, as an event named `problem`.
    Problem(Problem),
}

impl StreamItem {
    /// Returns the event as it is sent. The server's JSON contains no line breaks.
    fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Place(cursor) => format!("id: {cursor}\n\n").into_bytes(),
            Self::Messages(reading) => {
                let (cursor, json) = polled(&reading);
                [b"id: ", cursor.as_bytes(), b"\ndata: ", &json, b"\n\n"].concat()
            }
            Self::StillHere => b": still here\n\n".to_vec(),
            Self::Problem(problem) => format!("event: problem\ndata: {}\n\n", problem.to_json()).into_bytes(),
        }
    }
}

/// 200 and a stream of events.
pub(crate) struct EventStream<'r>(BoxStream<'r, StreamItem>);

impl<'r> EventStream<'r> {
    pub(crate) fn new(events: impl Stream<Item = StreamItem> + Send + 'r) -> Self {
        Self(events.boxed())
    }
}

impl<'r> Responder<'r, 'r> for EventStream<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        let bytes = self.0.map(move |event| {
            // The request's log line was written when the stream began.
            if let StreamItem::Problem(problem) = &event
                && let Some(cause) = &problem.cause
            {
                log_failure(request, cause);
            }
            event.into_bytes()
        });
        Response::build_from(ByteStream(bytes).respond_to(request)?)
            .header(ContentType::EventStream)
            // A proxy that compressed events would hold them back.
            .header(Header::new("Cache-Control", "no-store, no-transform"))
            // Tells nginx and other proxies not to buffer events.
            .header(Header::new("X-Accel-Buffering", "no"))
            .max_chunk_size(CHUNK_BYTES)
            .ok()
    }
}
