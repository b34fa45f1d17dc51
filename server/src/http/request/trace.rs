//! State of a request in Rocket's request-local cache: its id and start time for the log, a guard's problem for the
//! catcher, and the cause of a failure for the log.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use rocket::Request;
use rocket::http::{Method, Status};
use rocket::outcome::Outcome;
use rocket::request;

use super::named;
use crate::app::{App, Counted};
use crate::domain::ids::UserId;
use crate::domain::problem::{Cause, Fault, Problem};
use crate::store::Store;

/// The log target of requests, which operators name in `RUST_LOG`. It does not follow the module's path.
pub(crate) const TARGET: &str = "linger_server::logs";

/// A request's id and the time it arrived.
pub(crate) struct Begun {
    pub(crate) at: Instant,
    pub(crate) id: String,
    /// Rocket answers HEAD by calling the route of GET, and changes the method for it.
    pub(crate) is_head: bool,
    /// The user whom the answer is for; 0 until that is known.
    recipient: AtomicI64,
    /// Rocket drops it with the request, once the answer was sent.
    _counted: Option<Counted>,
}

impl Begun {
    pub(crate) fn new(request: &Request<'_>) -> Self {
        let given = named::first(request, "X-Request-Id").filter(|id| is_good_id(id));
        let is_head = request.method() == Method::Head;
        let id = given.map_or_else(made_up_id, str::to_owned);
        let counted = request.rocket().state::<App>().map(|app| app.in_progress.count());
        Self { at: Instant::now(), id, is_head, recipient: AtomicI64::new(0), _counted: counted }
    }
}

/// Returns an id that is unique across servers: a counter with a random start, in steps that change every digit. Asking
/// the operating system for a random number each time would cost more than the rest of the logging.
fn made_up_id() -> String {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(getrandom::u64().unwrap_or_default()));
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    format!("{:016x}", NEXT.fetch_add(STEP, Ordering::Relaxed))
}

/// Returns whether an id that a proxy gave the request is safe to write to the log.
fn is_good_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// Records the user whom this request's answer is for.
pub(crate) fn set_recipient(request: &Request<'_>, user: UserId) {
    request.local_cache(|| Begun::new(request)).recipient.store(user, Ordering::Relaxed);
}

/// Returns the user whom this request's answer is for, or 0.
pub(crate) fn recipient(request: &Request<'_>) -> UserId {
    request.local_cache(|| Begun::new(request)).recipient.load(Ordering::Relaxed)
}

/// Returns the id that this request's answer carries.
pub(crate) fn request_id<'r>(request: &'r Request<'_>) -> &'r str {
    &request.local_cache(|| Begun::new(request)).id
}

/// Returns whether the request came as HEAD.
pub(crate) fn is_head(request: &Request<'_>) -> bool {
    request.local_cache(|| Begun::new(request)).is_head
}

/// Logs why a request failed, even if its answer has begun. While the database is away only the first failure is an
/// error: the others have the same cause.
pub(crate) fn log_failure(request: &Request<'_>, cause: &Cause) {
    let request_id = request_id(request);
    let Cause { text: cause, fault } = cause;
    let store = request.rocket().state::<App>().map(|app| &app.store);
    let begins_outage = store.is_some_and(|store| match fault {
        Fault::Database => store.is_first_failure(),
        Fault::Journal => store.is_first_after_silence(),
        Fault::Server | Fault::Damage => false,
    });
    match fault {
        _ if begins_outage => tracing::error!(cause, %request_id, "the database is away"),
        Fault::Server => tracing::error!(target: TARGET, cause, %request_id, "a request failed"),
        Fault::Journal if !store.is_some_and(Store::had_outage) => {
            tracing::info!(target: TARGET, cause, %request_id, "a request failed");
        }
        _ => tracing::debug!(target: TARGET, cause, %request_id, "a request failed"),
    }
}

/// Why a request failed, if it did.
#[derive(Default)]
pub(crate) struct FailedBy(pub(crate) Option<Box<Cause>>);

impl Problem {
    /// Returns the status of the answer.
    pub(crate) fn status(&self) -> Status {
        Status::new(self.kind.row().0)
    }

    /// Stores a guard's problem for the catcher, because a guard can pass Rocket only a status.
    pub(crate) fn leave(self, request: &Request<'_>) -> (Status, ()) {
        let status = self.status();
        request.local_cache(|| Some(self));
        (status, ())
    }

    /// Refuses a request in a guard. The request is passed on to the route for what no call takes, because only then
    /// Rocket gives back the body, which has to be read.
    pub(crate) fn refuse<T>(self, request: &Request<'_>) -> request::Outcome<T, ()> {
        Outcome::Forward(self.leave(request).0)
    }

    /// Stores a problem unless a guard has stored one. Returns the status of the one that is stored.
    pub(crate) fn leave_first(request: &Request<'_>, otherwise: impl FnOnce() -> Self) -> Status {
        let left = request.local_cache(|| Some(otherwise()));
        left.as_ref().map_or_else(|| Self::internal().status(), Self::status)
    }

    /// Returns the problem that a guard stored, or `None`.
    pub(crate) fn left(request: &Request<'_>) -> Option<Self> {
        request.local_cache(|| None::<Self>).clone()
    }
}
