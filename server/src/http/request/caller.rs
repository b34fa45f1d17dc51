//! The caller, known by the bearer token (RFC 6750) of a signed-in session.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use rocket::Request;
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::trace::set_recipient;
use super::{named, unreadable};
use crate::app::App;
use crate::domain::clock;
use crate::domain::problem::Problem;
use crate::sessions::{HeldKind, Hold, Session, Validity};

/// The calling session. A handler with this parameter answers 401 to requests without a valid token.
pub(crate) struct Caller {
    session: Arc<Session>,
    token: Validity,
    /// The other end of the request's connection.
    connection: Option<SocketAddr>,
}

impl Caller {
    /// Returns how long the request's token remains valid.
    pub(crate) fn remaining(&self) -> Duration {
        let ms = self.token.expires_ms.saturating_sub(clock::now_ms());
        Duration::from_millis(ms.try_into().unwrap_or(0))
    }

    /// Takes one of the session's slots for this request; see [`Session::hold`].
    pub(crate) fn hold(&self, kind: HeldKind, most: usize) -> Hold {
        self.session.hold(kind, most, self.token.generation, self.connection)
    }
}

impl Deref for Caller {
    type Target = Arc<Session>;

    fn deref(&self) -> &Arc<Session> {
        &self.session
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Caller {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        match authenticate(request).await {
            Ok(caller) => Outcome::Success(caller),
            Err(problem) => problem.refuse(request),
        }
    }
}

/// A caller that renews its token, which may have run out because it was renewed before.
pub(crate) struct Renewer {
    pub(crate) session: Arc<Session>,
    /// How often the session's token had been renewed when the request's token was issued.
    pub(crate) generation: i64,
    /// Whether the token has run out.
    pub(crate) is_late: bool,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Renewer {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        match authenticate_for_renewal(request).await {
            Ok(renewer) => Outcome::Success(renewer),
            Err(problem) => problem.refuse(request),
        }
    }
}

/// A caller, or a request without `Authorization`. An invalid `Authorization` is 401: it must not silently create a new
/// guest.
pub(crate) enum Visitor {
    Stranger,
    Known(Caller),
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Visitor {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        if !request.headers().contains("Authorization") && !unreadable::is_unreadable(request, "Authorization") {
            return Outcome::Success(Self::Stranger);
        }
        Caller::from_request(request).await.map(Self::Known)
    }
}

pub(super) async fn authenticate(request: &Request<'_>) -> Result<Caller, Problem> {
    let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
    let bearer = bearer_token(request).ok_or_else(Problem::unauthorized)?;
    let (session, token) = app.accounts.authenticate(bearer).await?;
    session.touch();
    set_recipient(request, session.user.id);
    Ok(Caller { session, token, connection: request.remote() })
}

async fn authenticate_for_renewal(request: &Request<'_>) -> Result<Renewer, Problem> {
    let app = request.rocket().state::<App>().ok_or_else(Problem::internal)?;
    let bearer = bearer_token(request).ok_or_else(Problem::unauthorized)?;
    let (session, generation, is_late) = app.accounts.authenticate_for_renewal(bearer).await?;
    session.touch();
    set_recipient(request, session.user.id);
    Ok(Renewer { session, generation, is_late })
}

/// Returns the request's bearer token, or `None` if there is not exactly one.
pub(super) fn bearer_token<'r>(request: &'r Request<'_>) -> Option<&'r str> {
    if unreadable::is_unreadable(request, "Authorization") {
        return None;
    }
    let mut headers = named::values(request, "Authorization");
    let (Some(header), None) = (headers.next(), headers.next()) else { return None };
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| token.trim())
}

/// A request that may read the metrics: one with the metrics token, not a user's.
pub(crate) struct Scraper;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Scraper {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let problem = match request.rocket().state::<App>().map(|app| &app.settings.metrics_token) {
            None => Problem::internal(),
            // The same 404 as for an unknown path, so it does not reveal that there could be metrics.
            Some(token) if !token.is_set() => Problem::not_found(),
            Some(token) if bearer_token(request).is_some_and(|shown| token.is(shown)) => {
                return Outcome::Success(Self);
            }
            Some(_) => Problem::unauthorized(),
        };
        problem.refuse(request)
    }
}
