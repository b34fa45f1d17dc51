//! `/poll` and its narrower counterparts `/room/{id}/subscribe` and `/direct/subscribe`: requests that are held until
//! there is a message, or answered with a stream.

use std::sync::Arc;
use std::time::Duration;

use rocket::futures::stream;
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
use crate::http::request::trace::is_head;
use crate::http::request::{Caller, KnownCursor, LastEventId, PreferredWait, PrefersStream, Query, limit_of};
use crate::http::response::{Delivered, EventStream, event_stream};
use crate::hub::{Ask, Begin, MAX_PAGE_MESSAGES, Scope, Space, Waited};
use crate::sessions::{Ended, HeldKind};

pub(super) fn routes() -> Vec<Route> {
    routes![poll, subscribe_room, subscribe_direct]
}

#[derive(OpenApi)]
#[openapi(
    paths(poll, subscribe_room, subscribe_direct),
    tags((name = "Receiving", description = "Requests that are held until there are messages, or answered with a stream.")),
)]
pub(super) struct Described;

/// The maximum number of messages on a page, unless the request gives one.
const DEFAULT_LIMIT: i64 = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct Parameters {
    /// The cursor of an earlier answer: returns what came after it. An empty cursor counts as absent.
    #[param(pattern = "^[A-Za-z0-9_-]*$", nullable = false)]
    cursor: Option<String>,
    /// Seconds to hold the request if there is nothing to return. The server's `poll_wait` (25) by default, and
    /// `poll_wait_max` (55) at most. Streams ignore it.
    #[param(minimum = 0, nullable = false)]
    wait: Option<i64>,
    /// Maximum number of messages. 100 by default; more than 500 counts as 500.
    #[param(minimum = 1, nullable = false)]
    limit: Option<i64>,
    /// `false` reads without acknowledging the cursor. Subscriptions never acknowledge.
    #[param(nullable = false)]
    mark_read: Option<bool>,
    /// `true` also returns what has changed since the cursor, and waits for changes, too: edited and deleted messages,
    /// reactions, conversations that were joined, left or changed, and last-read positions that another session has
    /// moved.
    #[param(nullable = false)]
    changes: Option<bool>,
}

/// Waits for messages in all joined rooms and direct conversations.
///
/// Returns the messages after the cursor, the caller's own included. If there are none, the server holds the request
/// until one arrives. If the wait ends or the server stops first, the list is empty and the cursor stays the same.
///
/// Sending a cursor acknowledges it: the last-read positions move up to it, never back. An answer moves nothing, so a
/// lost answer loses nothing. Without a cursor, reading starts at the last-read positions.
#[utoipa::path(params(Parameters, held::Headers), responses(held::Polled))]
#[get("/poll")]
async fn poll<'r>(app: &'r State<App>, caller: Caller, request: HeldRequest) -> Result<Received<'r>, Problem> {
    if caller.user.guest && !caller.inbox.visible.is_known() {
        // An answer with changes names rooms.
        Box::pin(app.learn_visible_rooms(&caller)).await?;
    }
    let ask = request.ask(&caller, Scope::Joined, Begin::LastRead, request.mark_read);
    request.answer(app, caller, ask, Status::Ok).await
}

/// Waits for messages in one room, joined or not. Acknowledges nothing; without a cursor, starts now.
///
/// If the caller is removed from a private room, or the room becomes private, the request ends with 404.
#[utoipa::path(params(Parameters, held::Headers), responses(held::Subscribed, refused::NotFound))]
#[get("/room/<id>/subscribe")]
async fn subscribe_room<'r>(
    app: &'r State<App>,
    caller: Caller,
    id: i64,
    request: HeldRequest,
) -> Result<Received<'r>, Problem> {
    let room = app.find_room(&caller, id).await?;
    let ask = request.ask(&caller, Scope::Room(room), Begin::Newest, false);
    request.answer(app, caller, ask, Status::Accepted).await
}

/// Waits for messages in all direct conversations. Acknowledges nothing; without a cursor, starts now.
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

/// The parsed parameters and headers of a held request.
struct HeldRequest {
    cursor: Option<Cursor>,
    mark_read: bool,
    changes: bool,
    wait: Duration,
    /// The wait in seconds, if it came from `Prefer`.
    applied_wait: Option<u64>,
    limit: usize,
    /// `If-None-Match` was sent, so an empty answer is 304.
    is_conditional: bool,
    is_stream: bool,
    is_head: bool,
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
        let Query(parameters): Query<Parameters> = try_outcome!(Query::from_request(request).await);
        let known = match &parameters.cursor {
            // A parameter is more specific than a header and wins.
            Some(cursor) if !cursor.is_empty() => KnownCursor::only_asked(request),
            _ => try_outcome!(KnownCursor::from_request(request).await),
        };
        let PreferredWait(preferred) = try_outcome!(PreferredWait::from_request(request).await);
        let PrefersStream(is_stream) = try_outcome!(PrefersStream::from_request(request).await);
        let resumed = match is_stream {
            true => try_outcome!(LastEventId::from_request(request).await).0,
            false => None,
        };
        match Self::understand(request, parameters, known, preferred, resumed) {
            // HEAD asks what GET would answer now. Its answer has no body, so it must not count as received.
            Ok(held) if is_head(request) => {
                Outcome::Success(Self { is_stream, is_head: true, mark_read: false, wait: Duration::ZERO, ..held })
            }
            Ok(held) => Outcome::Success(Self { is_stream, ..held }),
            Err(problem) => problem.refuse(request),
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
        // A browser that resumes a stream repeats the URL it began with, and sends its progress in `Last-Event-ID`.
        let malformed = || Problem::bad_input("This is not a valid cursor.");
        let cursor = match (resumed, parameters.cursor.filter(|cursor| !cursor.is_empty())) {
            (Some(resumed), _) => Some(Cursor::parse(&resumed).map_err(|_| malformed())?),
            (None, Some(cursor)) => Some(Cursor::parse(&cursor).map_err(|_| malformed().in_field("cursor"))?),
            (None, None) => known,
        };
        let asked = parameters.wait.map(u64::try_from).transpose();
        let asked = asked.map_err(|_| Problem::bad_field("wait", "wait must be 0 or more."))?;
        let wait = asked.or(preferred).unwrap_or(app.settings.poll_wait).min(app.settings.poll_wait_max);
        Ok(Self {
            cursor,
            mark_read: parameters.mark_read.unwrap_or(true),
            changes: parameters.changes.unwrap_or(false),
            wait: Duration::from_secs(wait),
            applied_wait: preferred.filter(|_| parameters.wait.is_none()).map(|_| wait),
            limit: limit_of(parameters.limit, DEFAULT_LIMIT, MAX_PAGE_MESSAGES as i64)? as usize,
            is_conditional,
            is_stream: false,
            is_head: false,
        })
    }

    /// Returns what to read: from the cursor on, or from `otherwise` if there is none.
    fn ask(&self, caller: &Caller, scope: Scope, otherwise: Begin, acknowledges: bool) -> Ask {
        Ask {
            inbox: Arc::clone(&caller.inbox),
            scope,
            begin: self.cursor.clone().map_or(otherwise, Begin::Cursor),
            acknowledges,
            changes: self.changes,
            session: caller.key,
            space: if self.is_stream { Space::of_frame(self.limit) } else { Space::of_page(self.limit) },
        }
    }

    /// Answers with what there is, with a stream, or by holding the request if there is nothing.
    async fn answer<'r>(
        self,
        app: &'r App,
        caller: Caller,
        ask: Ask,
        when_empty: Status,
    ) -> Result<Received<'r>, Problem> {
        if self.is_stream {
            let reader = app.open_reader(ask).await?;
            if self.is_head {
                return Ok(Received::Stream(EventStream::new(stream::empty())));
            }
            return Ok(Received::Stream(event_stream(app, caller, reader)));
        }
        // A poll does not outlive its token.
        let wait = self.wait.min(caller.remaining());
        let over = Instant::now() + wait;
        let reading = if wait.is_zero() {
            let mut reader = app.open_reader(ask).await?;
            reader.read().await?.unwrap_or_else(|| reader.into_nothing())
        } else {
            let mut hold = caller.hold(HeldKind::Poll, app.settings.polls_per_session);
            let mut reader = app.open_reader(ask).await?;
            let waited = tokio::select! {
                biased;
                ended = hold.ended() => match ended {
                    Ended::Away => Waited::Over,
                    why => return Err(why.into()),
                },
                waited = reader.read_or_wait(over) => waited?,
            };
            match waited {
                Waited::Read(reading) => reading,
                Waited::Over | Waited::Closed => reader.into_nothing(),
            }
        };
        let when_empty = if self.is_conditional { Status::NotModified } else { when_empty };
        Ok(Received::Page(Delivered { reading, when_empty, applied_wait: self.applied_wait }))
    }
}
