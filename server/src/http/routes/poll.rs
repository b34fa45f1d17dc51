//! `/poll` and its narrower twins `/room/{id}/subscribe` and `/direct/subscribe`: requests that are held
//! until something comes, or answered with a stream of all that comes.

use std::sync::Arc;
use std::time::Duration;

use rocket::http::Status;
use rocket::outcome::{Outcome, try_outcome};
use rocket::request::{self, FromRequest};
use rocket::response::{self, Responder};
use rocket::{Request, Route, State, get, routes};
use serde::Deserialize;
use tokio::time::Instant;
use utoipa::{IntoParams, OpenApi};

use crate::app::App;
use crate::domain::cursor::Cursor;
use crate::domain::problem::Problem;
use crate::http::description::{held, refused};
use crate::http::request::{Caller, KnownCursor, LastEventId, PreferredWait, PrefersStream, Query, limit_of};
use crate::http::response::{Delivered, EventStream, event_stream};
use crate::hub::{Ask, Begin, MAX_PAGE_MESSAGES, Reading, Scope, Space, Waited};
use crate::sessions::HeldKind;

pub(super) fn routes() -> Vec<Route> {
    routes![poll, subscribe_room, subscribe_direct]
}

#[derive(OpenApi)]
#[openapi(
    paths(poll, subscribe_room, subscribe_direct),
    tags((name = "Receiving", description = "Requests that are held until something comes, or answered with a stream.")),
)]
pub(super) struct Described;

/// Messages on a page, unless the request says otherwise.
const DEFAULT_LIMIT: i64 = 100;

/// What all three take.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// The cursor of an earlier answer: what came after it is asked for. An empty one is none.
    #[param(pattern = "^[A-Za-z0-9_-]*$", nullable = false)]
    cursor: Option<String>,
    /// Seconds to hold the request if there is nothing, 25 unless given; more than 55 is 55. Streams do without.
    #[param(minimum = 0, nullable = false)]
    wait: Option<i64>,
    /// How many messages at most, 100 unless given; more than 500 is 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
    /// `false`: asks without acknowledging. Subscriptions acknowledge nothing in any case.
    #[param(nullable = false)]
    mark_read: Option<bool>,
}

/// Waits for what comes in all joined rooms and direct conversations.
///
/// Answers what came after the cursor, one's own messages included. If there is nothing, the request is held until
/// something comes, until the wait is over, or until the server stops; then the list is empty and the cursor the same.
/// Asking with a cursor acknowledges it: the last-read positions move up to it, never back. An answer moves nothing,
/// so one that gets lost loses nothing. Without a cursor it begins at the last-read positions.
#[utoipa::path(params(Parameters, held::Headers), responses(held::Polled))]
#[get("/poll")]
async fn poll<'r>(app: &'r State<App>, caller: Caller, request: HeldRequest) -> Result<Received<'r>, Problem> {
    let ask = request.ask(&caller, Scope::Joined, Begin::LastRead, request.mark_read);
    request.answer(app, caller, ask, Status::Ok).await
}

/// Waits for what comes in one room, joined or not. Acknowledges nothing, and begins now without a cursor.
#[utoipa::path(params(Parameters, held::Headers), responses(held::Subscribed, refused::NotFound))]
#[get("/room/<id>/subscribe")]
async fn subscribe_room<'r>(
    app: &'r State<App>,
    caller: Caller,
    id: i64,
    request: HeldRequest,
) -> Result<Received<'r>, Problem> {
    let room = app.rooms.find(id).await?;
    let ask = request.ask(&caller, Scope::Room(room.conversation_id), Begin::Newest, false);
    request.answer(app, caller, ask, Status::Accepted).await
}

/// Waits for what comes in all direct conversations. Acknowledges nothing, and begins now without a cursor.
#[utoipa::path(params(Parameters, held::Headers), responses(held::Subscribed))]
#[get("/direct/subscribe")]
async fn subscribe_direct<'r>(
    app: &'r State<App>,
    caller: Caller,
    request: HeldRequest,
) -> Result<Received<'r>, Problem> {
    let ask = request.ask(&caller, Scope::Directs, Begin::Newest, false);
    request.answer(app, caller, ask, Status::Accepted).await
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
    is_stream: bool,
}

/// One page, or a stream of them.
enum Received<'r> {
    Page(Delivered),
    Stream(EventStream<'r>),
}

impl<'r> Responder<'r, 'r> for Received<'r> {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'r> {
        match self {
            Self::Page(page) => page.respond_to(request),
            Self::Stream(stream) => stream.respond_to(request),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for HeldRequest {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let Query(parameters) = try_outcome!(Query::from_request(request).await);
        let known = try_outcome!(KnownCursor::from_request(request).await);
        let PreferredWait(preferred) = try_outcome!(PreferredWait::from_request(request).await);
        let PrefersStream(is_stream) = try_outcome!(PrefersStream::from_request(request).await);
        let resumed = match is_stream {
            true => try_outcome!(LastEventId::from_request(request).await).0,
            false => None,
        };
        match Self::understand(request, parameters, known, preferred, resumed) {
            Ok(held) => Outcome::Success(Self { is_stream, ..held }),
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
        resumed: Option<String>,
    ) -> Result<Self, Problem> {
        let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
        let (is_conditional, known) = match known {
            KnownCursor::NotAsked => (false, None),
            KnownCursor::Unknown => (true, None),
            KnownCursor::Known(cursor) => (true, Some(cursor)),
        };
        // A parameter says more exactly what is wanted than a header does. But a browser that resumes a stream asks
        // for the address that it began with, and says in the header how far it has come.
        let cursor = resumed.or(parameters.cursor.filter(|cursor| !cursor.is_empty())).or(known);
        let cursor = cursor.map(|text| Cursor::parse(&text)).transpose();
        let cursor = cursor.map_err(|_| Problem::bad_input("This is not a cursor."))?;
        let asked = parameters.wait.map(u64::try_from).transpose();
        let asked = asked.map_err(|_| Problem::bad_input("wait is 0 or more."))?;
        let wait = asked.or(preferred).unwrap_or(app.settings.poll_wait).min(app.settings.poll_wait_max);
        Ok(Self {
            cursor,
            mark_read: parameters.mark_read.unwrap_or(true),
            wait: Duration::from_secs(wait),
            applied_wait: preferred.filter(|_| parameters.wait.is_none()).map(|_| wait),
            limit: limit_of(parameters.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)? as usize,
            is_conditional,
            is_stream: false,
        })
    }

    /// To read from the cursor on, or else from `otherwise`.
    fn ask(&self, caller: &Caller, scope: Scope, otherwise: Begin, acknowledges: bool) -> Ask {
        Ask {
            inbox: Arc::clone(&caller.inbox),
            scope,
            begin: self.cursor.clone().map_or(otherwise, Begin::Cursor),
            acknowledges,
            space: if self.is_stream { Space::of_frame(self.limit) } else { Space::of_page(self.limit) },
        }
    }

    /// Reads what there is. If there is nothing, holds the request; a stream goes on in any case.
    async fn answer<'r>(
        self,
        app: &'r App,
        caller: Caller,
        ask: Ask,
        when_empty: Status,
    ) -> Result<Received<'r>, Problem> {
        if self.is_stream {
            let reader = app.open_reader(ask).await?;
            return Ok(Received::Stream(event_stream(app, caller, reader)));
        }
        let reading = if self.wait.is_zero() {
            read(app, ask, self.wait).await?
        } else {
            let mut hold = caller.hold(HeldKind::Poll, app.settings.polls_per_session);
            tokio::select! {
                biased;
                ended = hold.ended() => return Err(ended.into()),
                reading = read(app, ask, self.wait) => reading?,
            }
        };
        let when_empty = if self.is_conditional { Status::NotModified } else { when_empty };
        Ok(Received::Page(Delivered { reading, when_empty, applied_wait: self.applied_wait }))
    }
}

/// Reads what there is. If there is nothing, waits for it this long.
async fn read(app: &App, ask: Ask, wait: Duration) -> Result<Reading, Problem> {
    let over = Instant::now() + wait;
    let mut reader = app.open_reader(ask).await?;
    let reading = match wait.is_zero() {
        true => reader.read().await?,
        false => match reader.read_or_wait(over).await? {
            Waited::Read(reading) => Some(reading),
            Waited::Over | Waited::Closed => None,
        },
    };
    Ok(reading.unwrap_or_else(|| Reading::nothing(reader.into_beginning())))
}
