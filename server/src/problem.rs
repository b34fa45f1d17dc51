//! Errors as the outside sees them: RFC 9457 problem details. The only room that makes an error body or
//! picks an error status; everybody else names a [`Problem`].

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;
use std::time::Duration;

use rocket::http::{Method, Status};
use rocket::response::{self, Responder, Response};
use rocket::{Catcher, Request, catch, catchers};

use crate::accounts::Ended;
use crate::hub::ReadError;
use crate::metrics::Metrics;
use crate::security;
use crate::store::StoreError;

/// What kinds of errors there are: the `type` that programs match on, the title, the status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    BadInput,
    Unauthorized,
    WrongCredentials,
    NotFound,
    MethodNotAllowed,
    Timeout,
    NameTaken,
    NotJoined,
    CannotLeaveGeneral,
    PollSuperseded,
    CursorReset,
    TooLarge,
    NotJson,
    KeyReused,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Kind {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 17] = [
        Self::BadInput,
        Self::Unauthorized,
        Self::WrongCredentials,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Timeout,
        Self::NameTaken,
        Self::NotJoined,
        Self::CannotLeaveGeneral,
        Self::PollSuperseded,
        Self::CursorReset,
        Self::TooLarge,
        Self::NotJson,
        Self::KeyReused,
        Self::TooManyRequests,
        Self::Internal,
        Self::Unavailable,
    ];

    /// The last part of the `type`.
    pub(crate) fn name(self) -> &'static str {
        self.row().1.trim_start_matches("/problems/")
    }

    /// Status, `type` and title.
    #[rustfmt::skip]
    pub(crate) fn row(self) -> (u16, &'static str, &'static str) {
        match self {
            Kind::BadInput =>           (400, "/problems/bad-input", "Bad input"),
            Kind::Unauthorized =>       (401, "/problems/unauthorized", "Not signed in"),
            Kind::WrongCredentials =>   (401, "/problems/wrong-credentials", "Wrong name or password"),
            Kind::NotFound =>           (404, "/problems/not-found", "No such thing"),
            Kind::MethodNotAllowed =>   (405, "/problems/method-not-allowed", "Wrong method"),
            Kind::Timeout =>            (408, "/problems/request-timeout", "The request came too slowly"),
            Kind::NameTaken =>          (409, "/problems/name-taken", "Name taken"),
            Kind::NotJoined =>          (409, "/problems/not-joined", "Room not joined"),
            Kind::CannotLeaveGeneral => (409, "/problems/cannot-leave-general", "Nobody leaves general"),
            Kind::PollSuperseded =>     (409, "/problems/poll-superseded", "Too many held requests"),
            Kind::CursorReset =>        (410, "/problems/cursor-reset", "Cursor from another database"),
            Kind::TooLarge =>           (413, "/problems/too-large", "Body too large"),
            Kind::NotJson =>            (415, "/problems/not-json", "Body is not JSON"),
            Kind::KeyReused =>          (422, "/problems/idempotency-key-reused", "Idempotency key reused"),
            Kind::TooManyRequests =>    (429, "/problems/too-many-requests", "Too many requests"),
            Kind::Internal =>           (500, "/problems/internal", "Internal error"),
            Kind::Unavailable =>        (503, "/problems/unavailable", "Database unavailable"),
        }
    }
}

/// What every problem is sent as.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// An error on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    kind: Kind,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    cause: Option<String>,
}

/// Why a request failed, left where the log finds it together with the request's id.
#[derive(Default)]
pub(crate) struct Cause(pub(crate) Option<String>);

impl Problem {
    /// A problem of this kind in its usual words.
    pub(crate) fn usual(kind: Kind) -> Self {
        match kind {
            Kind::BadInput => Self::bad_input("A text is not blank."),
            Kind::Unauthorized => Self::unauthorized(),
            Kind::WrongCredentials => Self::wrong_credentials(),
            Kind::NotFound => Self::not_found(),
            Kind::MethodNotAllowed => Self::method_not_allowed(),
            Kind::Timeout => Self::timeout(),
            Kind::NameTaken => Self::name_taken(),
            Kind::NotJoined => Self::not_joined(),
            Kind::CannotLeaveGeneral => Self::cannot_leave_general(),
            Kind::PollSuperseded => Self::poll_superseded(),
            Kind::CursorReset => Self::cursor_reset(),
            Kind::TooLarge => Self::too_large(),
            Kind::NotJson => Self::not_json(),
            Kind::KeyReused => Self::key_reused(),
            Kind::TooManyRequests => Self::too_many_requests(Duration::from_secs(1)),
            Kind::Internal => Self::internal(),
            Kind::Unavailable => Self::unavailable(),
        }
    }

    fn new(kind: Kind, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None, cause: None }
    }

    /// 400: what is wrong with the input, said to a person.
    pub(crate) fn bad_input(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Kind::BadInput, detail)
    }

    /// 401: no token, or none that counts. One answer for missing, forged, expired and signed out.
    pub(crate) fn unauthorized() -> Self {
        Self::new(Kind::Unauthorized, "This call needs the bearer token of a session that is signed in.")
    }

    /// 401: the sign-in failed. One answer for a wrong password and for a guest's name.
    pub(crate) fn wrong_credentials() -> Self {
        Self::new(Kind::WrongCredentials, "No user has this name and this password.")
    }

    /// 404: the same, byte for byte, for what does not exist and for what is not the caller's to see.
    pub(crate) fn not_found() -> Self {
        Self::new(Kind::NotFound, "There is nothing here, or nothing that you may see.")
    }

    /// 405: the path is right, the method is not.
    fn method_not_allowed() -> Self {
        Self::new(Kind::MethodNotAllowed, "This path takes other methods: see the Allow header.")
    }

    /// 408: the body did not arrive in time.
    pub(crate) fn timeout() -> Self {
        Self::new(Kind::Timeout, "The body did not arrive in time.")
    }

    /// 409: a user or a room has this name already.
    pub(crate) fn name_taken() -> Self {
        Self::new(Kind::NameTaken, "This name is taken.")
    }

    /// 409: a last-read position needs a joined room.
    pub(crate) fn not_joined() -> Self {
        Self::new(Kind::NotJoined, "Join the room first: only joined rooms have a last-read position.")
    }

    /// 409: everybody is in `general`.
    pub(crate) fn cannot_leave_general() -> Self {
        Self::new(Kind::CannotLeaveGeneral, "Everybody is in general, always.")
    }

    /// 409: a newer held request of the same session took this one's place.
    pub(crate) fn poll_superseded() -> Self {
        Self::new(Kind::PollSuperseded, "This session holds newer requests, and as many as a session may hold.")
    }

    /// 410: this database never issued that cursor.
    pub(crate) fn cursor_reset() -> Self {
        Self::new(Kind::CursorReset, "This database never issued that cursor. Connect again.")
    }

    /// 413: the body is longer than any request needs.
    pub(crate) fn too_large() -> Self {
        Self::new(Kind::TooLarge, "A body is at most 16 KiB long.")
    }

    /// 415: the body does not say that it is JSON.
    pub(crate) fn not_json() -> Self {
        Self::new(Kind::NotJson, "Send the body as Content-Type: application/json.")
    }

    /// 422: the key stands for another message.
    pub(crate) fn key_reused() -> Self {
        Self::new(Kind::KeyReused, "This Idempotency-Key was used for another message.")
    }

    /// 429: come back in `wait`.
    pub(crate) fn too_many_requests(wait: Duration) -> Self {
        let problem = Self::new(Kind::TooManyRequests, "That was too often. Retry-After says when to try again.");
        Self { retry_after: Some(wait), ..problem }
    }

    /// 500: our fault; the log has the cause.
    pub(crate) fn internal() -> Self {
        Self::new(Kind::Internal, "The server failed. Its log says why, at the time of this answer's X-Request-Id.")
    }

    /// 503: the database does not answer; it may soon.
    pub(crate) fn unavailable() -> Self {
        let problem = Self::new(Kind::Unavailable, "The database does not answer at the moment.");
        Self { retry_after: Some(Duration::from_secs(1)), ..problem }
    }

    pub(crate) fn status(&self) -> Status {
        Status::new(self.kind.row().0)
    }

    /// Why it came to this, for the log.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Leaves a guard's problem where the catcher finds it, since a guard can hand Rocket a status only.
    pub(crate) fn leave(self, request: &Request<'_>) -> (Status, ()) {
        let status = self.status();
        request.local_cache(|| Some(self));
        (status, ())
    }

    /// The object that clients get.
    pub(crate) fn to_json(&self) -> String {
        let (status, kind, title) = self.kind.row();
        let (kind, title, detail) = (kind.to_owned(), title.to_owned(), self.detail.clone().into_owned());
        let problem = linger_api::Problem { kind, title, status, detail };
        serde_json::to_string(&problem).expect("strings and an integer")
    }

    fn from_status(status: Status, request: &Request<'_>) -> Self {
        match status.code {
            401 => Self::unauthorized(),
            404 if is_known_by_other_methods(request) => Self::method_not_allowed(),
            404 => Self::not_found(),
            408 => Self::timeout(),
            413 => Self::too_large(),
            415 => Self::not_json(),
            503 => Self::unavailable(),
            // Rocket says 422 when a parameter in the path or the query is not of its type.
            400..500 => {
                Self::bad_input("The request is malformed: a part of its path, query or headers cannot be read.")
            }
            _ => Self::internal(),
        }
    }
}

/// The cause is for the log and not for the answer.
impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        let problem = if error.is_transient() { Self::unavailable() } else { Self::internal() };
        Self { cause: Some(error.to_string()), ..problem }
    }
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::CursorReset => Self::cursor_reset(),
            ReadError::Store(error) => error.into(),
        }
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::Superseded => Self::poll_superseded(),
            Ended::SignedOut => Self::unauthorized(),
        }
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let status = self.kind.row().0;
        let body = self.to_json();
        request.local_cache(|| Cause(self.cause));
        // Here and not with the requests: what Rocket cannot even parse passes by the fairings.
        if let Some(metrics) = request.rocket().state::<Arc<Metrics>>() {
            metrics.note_rejected(self.kind);
        }
        let mut response = Response::build();
        response
            .status(Status::new(status))
            .raw_header("Content-Type", MEDIA_TYPE)
            // Here as well as for every answer, like the guard below: what Rocket cannot even parse passes by the
            // fairings.
            .raw_header("Cache-Control", "no-store")
            .sized_body(body.len(), Cursor::new(body));
        if status == 401 {
            response.raw_header("WWW-Authenticate", "Bearer");
        }
        if let Some(wait) = self.retry_after {
            response.raw_header("Retry-After", wait.as_secs_f64().ceil().max(1.0).to_string());
        }
        let mut response = response.finalize();
        security::guard(&mut response);
        Ok(response)
    }
}

/// Whether it is the method that is wrong. A path that routes know by this very method was not found for
/// another reason.
fn is_known_by_other_methods(request: &Request<'_>) -> bool {
    let asked = match request.method() {
        Method::Head => Method::Get,
        method => method,
    };
    let methods = methods_at(request);
    !methods.is_empty() && !methods.contains(&asked)
}

/// The methods that some route takes at this request's path; empty if no route knows the path.
fn methods_at(request: &Request<'_>) -> Vec<Method> {
    let segments = request.uri().path().raw_segments().map(|segment| segment.as_str());
    let path: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
    let fits = |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
        pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, s)| p.starts_with('<') || p == s)
    };
    request.rocket().routes().filter(|route| fits(route.uri.path())).map(|route| route.method).collect()
}

/// Answers what no handler answered: a guard that failed, an unknown path, a panic.
#[catch(default)]
fn anything(status: Status, request: &Request<'_>) -> Caught {
    let left: &Option<Problem> = request.local_cache(|| None);
    let problem = left.clone().unwrap_or_else(|| Problem::from_status(status, request));
    let allow = (problem.kind == Kind::MethodNotAllowed).then(|| {
        let methods: Vec<&str> = methods_at(request).iter().map(|method| method.as_str()).collect();
        methods.join(", ")
    });
    Caught { problem, allow }
}

struct Caught {
    problem: Problem,
    allow: Option<String>,
}

impl<'r> Responder<'r, 'static> for Caught {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = self.problem.respond_to(request)?;
        if let Some(allow) = self.allow {
            response.set_raw_header("Allow", allow);
        }
        Ok(response)
    }
}

/// The catcher that makes a problem of every error, the framework's own included.
pub(crate) fn catchers() -> Vec<Catcher> {
    catchers![anything]
}
