//! Streams: one reading after the other, until something ends them. What a slow client has not taken yet stays
//! where it is: the next reading begins when the last one is on its way.

use std::time::Duration;

use rocket::futures::Stream;
use rocket::response::stream::stream;
use tokio::time::Instant;

use super::events::{EventStream, StreamItem};
use crate::app::App;
use crate::domain::problem::Problem;
use crate::http::request::Caller;
use crate::hub::{Reader, Waited};
use crate::sessions::HeldKind;

/// After so long a silence a comment is sent.
const SILENCE: Duration = Duration::from_secs(15);

/// All that a reader gets, for as long as the session is signed in and the server runs.
pub(crate) fn event_stream<'r>(app: &'r App, caller: Caller, reader: Reader<'r>) -> EventStream<'r> {
    EventStream::new(events(app, caller, reader))
}

fn events<'r>(app: &'r App, caller: Caller, mut reader: Reader<'r>) -> impl Stream<Item = StreamItem> + Send + 'r {
    let mut hold = caller.hold(HeldKind::Stream, app.settings.polls_per_session);
    let expires = Instant::now() + caller.remaining();
    stream! {
        // Before anything has come, only a stream that has nothing to send has a place that says so: with an id
        // beyond what is unread, whoever resumes there would never see that.
        match reader.read().await {
            Ok(Some(reading)) => yield StreamItem::Messages(reading),
            Ok(None) => yield StreamItem::Place(reader.beginning().clone()),
            Err(error) => {
                yield StreamItem::Problem(error.into());
                return;
            }
        }
        // Looked at each time, too: there may be something to read without a pause.
        while !app.hub.is_closing() {
            let silence = Instant::now() + SILENCE;
            let waited = tokio::select! {
                biased;
                ended = hold.ended() => Err(Problem::from(ended)),
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
