//! JSON bodies. A small one is copied, which is fastest. A large one is sent in pieces that share the messages with the
//! tail, so that a client that does not read it costs little memory.

use std::io::{self, Cursor, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rocket::Request;
use rocket::http::{ContentType, Method, Status};
use rocket::response::{self, Response};
use rocket::tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use serde::{Serialize, Serializer};

use crate::app::App;
use crate::app::outgoing::{CHUNK_BYTES, Piece, Sending};
use crate::domain::problem::Problem;
use crate::http::request::trace::recipient;
use crate::hub::Event;

/// The size up to which a body is small.
const SMALL_BYTES: usize = 16 * 1024;

/// A message in an answer, as it was serialised before.
pub(crate) struct Carried(pub(crate) Arc<Event>);

impl Serialize for Carried {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.json.serialize(serializer)
    }
}

/// Returns messages as parts of an answer.
pub(crate) fn carried(events: &[Arc<Event>]) -> Vec<Carried> {
    events.iter().map(|event| Carried(Arc::clone(event))).collect()
}

/// Returns an answer with a value as JSON. `events` are the messages in it, in their order, each held `held` times here
/// and in the value.
pub(super) fn json<T: Serialize>(
    request: &Request<'_>,
    status: Status,
    value: &T,
    events: &[Arc<Event>],
    held: usize,
) -> response::Result<'static> {
    if events.iter().map(|event| event.json.get().len()).sum::<usize>() <= SMALL_BYTES {
        let body = serde_json::to_vec(value).map_err(|_| Problem::internal().status())?;
        return whole(request, status, body);
    }
    let mut pieces = Pieces { done: Vec::new(), own: Vec::new(), bytes: 0, events };
    serde_json::to_writer(&mut pieces, value).map_err(|_| Problem::internal().status())?;
    let Pieces { mut done, own, bytes, .. } = pieces;
    done.push(Piece::Own(own));
    // A piece holds each, too. What neither the tail nor another answer holds was read for this one.
    let is_shared = |event: &&Arc<Event>| Arc::strong_count(event) > held + 1;
    let shared: usize = events.iter().filter(is_shared).map(|event| event.json.get().len()).sum();
    large(request, status, bytes, done, bytes - shared)
}

/// Returns an answer whose JSON was made before.
pub(super) fn whole(request: &Request<'_>, status: Status, body: Vec<u8>) -> response::Result<'static> {
    if body.len() > SMALL_BYTES {
        let bytes = body.len();
        return large(request, status, bytes, vec![Piece::Own(body)], bytes);
    }
    let response = Response::build()
        .status(status)
        .header(ContentType::JSON)
        // Rocket copies a body through a buffer of this size, by default 4 KiB. One more byte leaves room for the read
        // that finds the end.
        .max_chunk_size(body.len() + 1)
        .sized_body(body.len(), Cursor::new(body))
        .finalize();
    Ok(response)
}

fn large(
    request: &Request<'_>,
    status: Status,
    bytes: usize,
    pieces: Vec<Piece>,
    own_bytes: usize,
) -> response::Result<'static> {
    let mut response = Response::build();
    response.status(status).header(ContentType::JSON);
    if let Some(app) = request.rocket().state::<App>() {
        // Any other call may have changed something already.
        let is_refusable = matches!(request.method(), Method::Get | Method::Head);
        let begun = app.outgoing.begin(recipient(request), request.remote(), pieces, own_bytes, is_refusable);
        // The catcher answers instead, without the headers that belong to this answer.
        let sending = begun.map_err(|problem| problem.leave(request).0)?;
        response.max_chunk_size(CHUNK_BYTES).sized_body(bytes, Large(sending));
    }
    Ok(response.finalize())
}

/// Collects what is serialised. Messages pass through whole, and are kept as references instead of being copied.
struct Pieces<'e> {
    done: Vec<Piece>,
    own: Vec<u8>,
    bytes: usize,
    /// The messages that have not come yet.
    events: &'e [Arc<Event>],
}

impl Write for Pieces<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes += bytes.len();
        match self.events {
            [event, rest @ ..] if std::ptr::eq(event.json.get().as_bytes(), bytes) => {
                self.done.push(Piece::Own(std::mem::take(&mut self.own)));
                self.done.push(Piece::Shared(Arc::clone(event)));
                self.events = rest;
            }
            _ => self.own.extend_from_slice(bytes),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A body that is copied piece by piece as the client takes it.
struct Large(Sending);

impl AsyncRead for Large {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match self.0.take(buffer.initialize_unfilled()) {
            Ok(taken) => {
                buffer.advance(taken);
                Ok(())
            }
            Err(_) => Err(io::ErrorKind::BrokenPipe.into()),
        })
    }
}

/// Rocket seeks only if it is not told the size.
impl AsyncSeek for Large {
    fn start_seek(self: Pin<&mut Self>, _: SeekFrom) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Err(io::ErrorKind::Unsupported.into()))
    }
}
