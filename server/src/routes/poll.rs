//! `/poll` and its narrower twins `/room/{id}/subscribe` and `/direct/subscribe`: requests that are held
//! until something comes.

use std::time::Duration;

use rocket::http::Status;
use rocket::{Route, Shutdown, State, get, routes};
use serde::Deserialize;
use tokio::time::Instant;

use crate::accounts::Ended;
use crate::app::App;
use crate::cursor::Cursor;
use crate::http::{Caller, Delivered, KnownCursor, PreferredWait, Query, limit_of};
use crate::hub::{Ask, Begin, MAX_PAGE_MESSAGES, Scope, Wait};
use crate::ids::RoomId;
use crate::problem::Problem;

pub(super) fn routes() -> Vec<Route> {
    routes![poll, subscribe_room, subscribe_direct]
}

/// Messages on a page, unless the request says otherwise.
const DEFAULT_LIMIT: i64 = 100;

/// What all three take.
#[derive(Deserialize)]
struct Parameters {
    cursor: Option<String>,
    /// Seconds.
    wait: Option<u64>,
    limit: Option<i64>,
    mark_read: Option<bool>,
}

/// Everything that the caller has joined. Asking with a cursor acknowledges it.
#[get("/poll")]
async fn poll(
    app: &State<App>,
    caller: Caller,
    query: Query<Parameters>,
    known: KnownCursor,
    preferred: PreferredWait,
    shutdown: Shutdown,
) -> Result<Delivered, Problem> {
    let acknowledges = query.0.mark_read.unwrap_or(true);
    let held = HeldRequest::new(app, query.0, known, preferred, Status::Ok)?;
    held.answer(app, &caller, Scope::Joined, Begin::LastRead, acknowledges, shutdown).await
}

/// One room, joined or not. Acknowledges nothing.
#[get("/room/<id>/subscribe")]
async fn subscribe_room(
    app: &State<App>,
    caller: Caller,
    id: RoomId,
    query: Query<Parameters>,
    known: KnownCursor,
    preferred: PreferredWait,
    shutdown: Shutdown,
) -> Result<Delivered, Problem> {
    let room = app.rooms.find(id).await?;
    let held = HeldRequest::new(app, query.0, known, preferred, Status::Accepted)?;
    held.answer(app, &caller, Scope::Room(room.conversation_id), Begin::Newest, false, shutdown).await
}

/// All direct conversations. Acknowledges nothing.
#[get("/direct/subscribe")]
async fn subscribe_direct(
    app: &State<App>,
    caller: Caller,
    query: Query<Parameters>,
    known: KnownCursor,
    preferred: PreferredWait,
    shutdown: Shutdown,
) -> Result<Delivered, Problem> {
    let held = HeldRequest::new(app, query.0, known, preferred, Status::Accepted)?;
    held.answer(app, &caller, Scope::Directs, Begin::Newest, false, shutdown).await
}

/// A held request, once everything that it says has been understood.
struct HeldRequest {
    cursor: Option<Cursor>,
    wait: Duration,
    limit: usize,
    when_empty: Status,
    applied_wait: Option<u64>,
}

impl HeldRequest {
    fn new(
        app: &App,
        parameters: Parameters,
        known: KnownCursor,
        preferred: PreferredWait,
        when_empty: Status,
    ) -> Result<Self, Problem> {
        let when_empty = match known {
            KnownCursor::NotAsked => when_empty,
            KnownCursor::Unknown | KnownCursor::Known(_) => Status::NotModified,
        };
        let known = match known {
            KnownCursor::Known(cursor) => Some(cursor),
            KnownCursor::NotAsked | KnownCursor::Unknown => None,
        };
        // The parameter says more exactly what is wanted than the header does.
        let cursor = parameters.cursor.filter(|cursor| !cursor.is_empty()).or(known);
        let cursor = cursor.map(|text| Cursor::parse(&text)).transpose();
        let cursor = cursor.map_err(|_| Problem::bad_input("This is not a cursor."))?;

        let most = app.settings.poll_wait_max;
        let asked = parameters.wait.or(preferred.0);
        let wait = asked.unwrap_or(app.settings.poll_wait).min(most);
        let applied_wait = preferred.0.filter(|_| parameters.wait.is_none()).map(|_| wait);
        let limit = limit_of(parameters.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)? as usize;
        Ok(Self { cursor, wait: Duration::from_secs(wait), limit, when_empty, applied_wait })
    }

    async fn answer(
        self,
        app: &App,
        caller: &Caller,
        scope: Scope,
        otherwise: Begin,
        acknowledges: bool,
        shutdown: Shutdown,
    ) -> Result<Delivered, Problem> {
        let begin = self.cursor.map_or(otherwise, Begin::Cursor);
        let ask = Ask { inbox: &caller.inbox, scope, begin, acknowledges, limit: self.limit };
        let reading = if self.wait.is_zero() {
            app.hub.read(ask).await?
        } else {
            let mut hold = caller.hold(app.settings.polls_per_session);
            tokio::select! {
                biased;
                ended = hold.ended() => return Err(match ended {
                    Ended::Superseded => Problem::poll_superseded(),
                    Ended::SignedOut => Problem::unauthorized(),
                }),
                reading = app.hub.read_or_wait(ask, Wait { until: Instant::now() + self.wait, stop: shutdown }) => reading?,
            }
        };
        Ok(Delivered { reading, when_empty: self.when_empty, applied_wait: self.applied_wait })
    }
}
