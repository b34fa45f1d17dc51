//! Logs: one line per request, which is counted by the way, and what goes wrong. Never a token, a password or a
//! message's text: what is logged of a request is its method, the route's pattern, the status, the time and the
//! request's id.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Data, Request, Response};

use crate::http::Cause;
use crate::metrics::Metrics;

/// The target of these lines, which operators name in `RUST_LOG`. It stays the same wherever this file goes.
const TARGET: &str = "linger_server::logs";

/// Gives each request an id, logs it when it is answered, and sets the headers that every answer has.
pub(crate) struct RequestLog;

/// Requests that say nothing when they succeed: that somebody waits, or looks whether the server is well. They are
/// most of all requests, and their lines at level `debug`.
const ROUTINE: [&str; 5] = ["/poll", "/room/<id>/subscribe", "/direct/subscribe", "/health", "/metrics"];

struct Begun {
    at: Instant,
    id: String,
}

impl Begun {
    fn new(request: &Request<'_>) -> Self {
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
pub(crate) fn note_failure(cause: &str, request_id: &str) {
    tracing::error!(target: TARGET, cause, %request_id, "a request failed");
}

#[rocket::async_trait]
impl Fairing for RequestLog {
    fn info(&self) -> Info {
        Info { name: "request log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| Begun::new(request));
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let begun = request.local_cache(|| Begun::new(request));
        let taken = request.route().map(|route| (route.method.as_str(), route.uri.path()));
        if let Some(metrics) = request.rocket().state::<Arc<Metrics>>() {
            metrics.note_answered(taken, response.status().code);
        }
        let route = taken.map_or("-", |(_, path)| path);
        let status = response.status().code;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: TARGET,
                    method = %request.method(),
                    route,
                    status,
                    ms = begun.at.elapsed().as_millis() as u64,
                    request_id = %begun.id,
                    "request"
                )
            };
        }
        if status < 400 && ROUTINE.contains(&route) {
            line!(debug);
        } else {
            line!(info);
        }
        if status >= 400
            && let Cause(Some(cause)) = request.local_cache(Cause::default)
        {
            note_failure(cause, &begun.id);
        }
        response.set_header(Header::new("X-Request-Id", begun.id.clone()));
        if !response.headers().contains("Cache-Control") {
            response.set_header(Header::new("Cache-Control", "no-store"));
        }
    }
}
