//! Streams: one reading after the other, until something ends them. Nothing piles up for a slow client: the next
//! reading begins once the last one has been sent.

use std::time::Duration;

use rocket::futures::Stream;
use rocket::response::stream::stream;
use tokio::time::Instant;

use super::events::{EventStream, StreamItem};
use crate::app::App;
use crate::domain::problem::Problem;
use crate::http::request::Caller;
use crate::hub::{Reader, Waited};
use crate::sessions::{Ended, HeldKind};

/// How long a stream is silent before a comment is sent.
const SILENCE: Duration = Duration::from_secs(15);

/// Streams everything a reader receives, until sign-out, expiry, a newer request in its place, a failure or shutdown.
pub(crate) fn event_stream<'r>(app: &'r App, caller: Caller, reader: Reader<'r>) -> EventStream<'r> {
    EventStream::new(events(app, caller, reader))
}

fn events<'r>(app: &'r App, caller: Caller, mut reader: Reader<'r>) -> impl Stream<Item = StreamItem> + Send + 'r {
    let mut hold = caller.hold(HeldKind::Stream, app.settings.polls_per_session);
    let expires = Instant::now() + caller.remaining();
    stream! {
        // The first event carries messages if there are any. Only otherwise is it an id that marks where the stream
        // starts: a client that resumed from an id beyond unread messages would never see them.
        match reader.read().await {
            Ok(Some(reading)) => yield StreamItem::Messages(reading),
            Ok(None) => yield StreamItem::Place(reader.beginning().clone()),
            Err(error) => {
                yield StreamItem::Problem(error.into());
                return;
            }
        }
        // Checked before every event too, because a busy stream may never have to wait.
        while !app.hub.is_closing() {
            let silence = Instant::now() + SILENCE;
            let waited = tokio::select! {
                biased;
                ended = hold.ended() => match ended {
                    Ended::Away => return,
                    why => Err(Problem::from(why)),
                },
                _ = std::future::ready(()), if Instant::now() >= expires => Err(Problem::unauthorized()),
                waited = reader.read_or_wait(silence.min(expires)) => waited.map_err(Problem::from),
            };
            match waited {
                Ok(Waited::Read(reading)) => yield StreamItem::Messages(reading),
                Ok(Waited::Over) if silence > expires => {}
                Ok(Waited::Over) => yield StreamItem::StillHere,
                Ok(Waited::Closed) => return,
                Err(problem) => {
                    yield StreamItem::Problem(problem);
                    return;
                }
            }
        }
    }
}
