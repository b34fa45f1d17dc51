//! Streams: one reading after the other, until something ends them. What a slow client has not taken yet stays
//! where it is: the next reading begins when the last one is on its way.

use std::time::Duration;

use rocket::Shutdown;
use rocket::futures::Stream;
use rocket::response::stream::stream;
use tokio::time::{Instant, sleep_until};

use crate::app::App;
use crate::http::{Caller, Event};
use crate::hub::{Reader, Waited};
use crate::problem::Problem;

/// After so long a silence a comment is sent.
const SILENCE: Duration = Duration::from_secs(15);

/// Why there is nothing to read.
enum Pause {
    Silence,
    Expired,
    Stopping,
}

/// All that a reader gets, for as long as the session is signed in and the server runs.
pub(crate) fn events<'r>(
    app: &'r App,
    caller: Caller,
    mut reader: Reader<'r>,
    mut stopping: Shutdown,
) -> impl Stream<Item = Event> + Send + 'r {
    let mut hold = caller.hold(app.settings.polls_per_session);
    let expires = Instant::now() + caller.remaining();
    stream! {
        yield Event::Place(reader.beginning().clone());
        loop {
            let silence = Instant::now() + SILENCE;
            let pause = async {
                tokio::select! {
                    biased;
                    () = &mut stopping => Pause::Stopping,
                    () = sleep_until(expires) => Pause::Expired,
                    () = sleep_until(silence) => Pause::Silence,
                }
            };
            let waited = tokio::select! {
                biased;
                ended = hold.ended() => Err(Problem::from(ended)),
                waited = reader.read_or_wait(pause) => waited.map_err(Problem::from),
            };
            match waited {
                Ok(Waited::Read(reading)) => yield Event::Messages(reading),
                Ok(Waited::Stopped(Pause::Silence)) => yield Event::StillHere,
                Ok(Waited::Stopped(Pause::Stopping)) => return,
                Ok(Waited::Stopped(Pause::Expired)) => {
                    yield Event::Problem(Problem::unauthorized());
                    return;
                }
                Err(problem) => {
                    yield Event::Problem(problem);
                    return;
                }
            }
        }
    }
}
