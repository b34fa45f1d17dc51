//! `/poll` and its narrower twins `/room/{id}/subscribe` and `/direct/subscribe`: requests that are held
//! until something comes.

use std::time::Duration;

use rocket::http::Status;
use rocket::outcome::{Outcome, try_outcome};
use rocket::request::{self, FromRequest};
use rocket::{Request, Route, Shutdown, State, get, routes};
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
async fn poll(app: &State<App>, caller: Caller, request: HeldRequest) -> Result<Delivered, Problem> {
    let acknowledges = request.mark_read;
    request.answer(app, &caller, Scope::Joined, Begin::LastRead, acknowledges, Status::Ok).await
}

/// One room, joined or not. Acknowledges nothing.
#[get("/room/<id>/subscribe")]
async fn subscribe_room(
    app: &State<App>,
    caller: Caller,
    id: RoomId,
    request: HeldRequest,
) -> Result<Delivered, Problem> {
    let room = app.rooms.find(id).await?;
    request.answer(app, &caller, Scope::Room(room.conversation_id), Begin::Newest, false, Status::Accepted).await
}

/// All direct conversations. Acknowledges nothing.
#[get("/direct/subscribe")]
async fn subscribe_direct(app: &State<App>, caller: Caller, request: HeldRequest) -> Result<Delivered, Problem> {
    request.answer(app, &caller, Scope::Directs, Begin::Newest, false, Status::Accepted).await
}

/// What a held request says, in parameters and in headers, once all of it has been understood.
struct HeldRequest {
    cursor: Option<Cursor>,
    mark_read: bool,
    wait: Duration,
    /// The wait in seconds, if `Prefer` asked for it.
    applied_wait: Option<u64>,
    limit: usize,
    /// `If-None-Match` was there: nothing new is 304.
    is_conditional: bool,
    shutdown: Shutdown,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for HeldRequest {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let Query(parameters) = try_outcome!(Query::from_request(request).await);
        let known = try_outcome!(KnownCursor::from_request(request).await);
        let PreferredWait(preferred) = try_outcome!(PreferredWait::from_request(request).await);
        match Self::understand(request, parameters, known, preferred) {
            Ok(held) => Outcome::Success(held),
            Err(problem) => Outcome::Error(problem.leave(request)),
        }
    }
}

impl HeldRequest {
    fn understand(
        request: &Request<'_>,
        parameters: Parameters,
        known: KnownCursor,
        preferred: Option<u64>,
    ) -> Result<Self, Problem> {
        let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
        let (is_conditional, known) = match known {
            KnownCursor::NotAsked => (false, None),
            KnownCursor::Unknown => (true, None),
            KnownCursor::Known(cursor) => (true, Some(cursor)),
        };
        // A parameter says more exactly what is wanted than a header does.
        let cursor = parameters.cursor.filter(|cursor| !cursor.is_empty()).or(known);
        let cursor = cursor.map(|text| Cursor::parse(&text)).transpose();
        let cursor = cursor.map_err(|_| Problem::bad_input("This is not a cursor."))?;
        let wait = parameters.wait.or(preferred).unwrap_or(app.settings.poll_wait).min(app.settings.poll_wait_max);
        Ok(Self {
            cursor,
            mark_read: parameters.mark_read.unwrap_or(true),
            wait: Duration::from_secs(wait),
            applied_wait: preferred.filter(|_| parameters.wait.is_none()).map(|_| wait),
            limit: limit_of(parameters.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)? as usize,
            is_conditional,
            shutdown: request.rocket().shutdown(),
        })
    }

    /// Reads from the cursor on, or else from `otherwise`; holds the request if there is nothing.
    async fn answer(
        self,
        app: &App,
        caller: &Caller,
        scope: Scope,
        otherwise: Begin,
        acknowledges: bool,
        when_empty: Status,
    ) -> Result<Delivered, Problem> {
        let begin = self.cursor.map_or(otherwise, Begin::Cursor);
        let ask = Ask { inbox: &caller.inbox, scope, begin, acknowledges, limit: self.limit };
        let reading = if self.wait.is_zero() {
            app.read(ask, None::<Wait<Shutdown>>).await?
        } else {
            let mut hold = caller.hold(app.settings.polls_per_session);
            let wait = Wait { until: Instant::now() + self.wait, stop: self.shutdown };
            tokio::select! {
                biased;
                ended = hold.ended() => return Err(match ended {
                    Ended::Superseded => Problem::poll_superseded(),
                    Ended::SignedOut => Problem::unauthorized(),
                }),
                reading = app.read(ask, Some(wait)) => reading?,
            }
        };
        let when_empty = if self.is_conditional { Status::NotModified } else { when_empty };
        Ok(Delivered { reading, when_empty, applied_wait: self.applied_wait })
    }
}
