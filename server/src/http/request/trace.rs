//! What is remembered of a request while it is answered: its id and its start, for the log; a guard's problem, for the
//! catcher; the cause of a failure, for the log again. All of it is in Rocket's request-local cache.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use rocket::Request;
use rocket::http::Status;

use crate::domain::problem::Problem;

/// The target of these lines, which operators name in `RUST_LOG`. It stays the same wherever this file goes.
pub(crate) const TARGET: &str = "linger_server::logs";

/// When a request came in, and its id.
pub(crate) struct Begun {
    pub(crate) at: Instant,
    pub(crate) id: String,
}

impl Begun {
    pub(crate) fn new(request: &Request<'_>) -> Self {
        let given = request.headers().get_one("X-Request-Id").filter(|id| is_good_id(id));
        Self { at: Instant::now(), id: given.map_or_else(made_up_id, str::to_owned) }
    }
}

/// Like no other of any server: counted from a place drawn at random, in steps that change every digit. To ask the
/// operating system each time would cost more than all else here.
fn made_up_id() -> String {
    static NEXT: LazyLock<AtomicU64> = LazyLock::new(|| AtomicU64::new(getrandom::u64().unwrap_or_default()));
    const STEP: u64 = 0x9E37_79B9_7F4A_7C15;
    format!("{:016x}", NEXT.fetch_add(STEP, Ordering::Relaxed))
}

/// A proxy may have given the request an id already. It goes into the log, so it must be harmless there.
fn is_good_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// The id that this request's answer carries.
pub(crate) fn request_id<'r>(request: &'r Request<'_>) -> &'r str {
    &request.local_cache(|| Begun::new(request)).id
}

/// Says why a request failed, be it after its answer has begun.
pub(crate) fn log_failure(cause: &str, request_id: &str) {
    tracing::error!(target: TARGET, cause, %request_id, "a request failed");
}

/// The cause of a failed request.
#[derive(Default)]
pub(crate) struct Cause(pub(crate) Option<String>);

impl Problem {
    /// Returns the status of the answer.
    pub(crate) fn status(&self) -> Status {
        Status::new(self.kind.row().0)
    }

    /// Leaves a guard's problem where the catcher finds it: a guard can hand Rocket only a status.
    pub(crate) fn leave(self, request: &Request<'_>) -> (Status, ()) {
        let status = self.status();
        request.local_cache(|| Some(self));
        (status, ())
    }

    /// Returns the problem that a guard left, if any did.
    pub(crate) fn left(request: &Request<'_>) -> Option<Self> {
        request.local_cache(|| None::<Self>).clone()
    }
}
