//! Logs: one line per request, which is counted by the way, and what goes wrong. Never a token, a password or a message's text: what is
//! logged of a request is its method, the route's pattern, the status, the time and the request's id.

use std::sync::Arc;
use std::time::Instant;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::Header;
use rocket::{Data, Request, Response};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;
use crate::metrics::Metrics;
use crate::problem::Cause;

/// Rocket tells of each request in its own words, calls an unknown path an error and warns twice of each
/// client that left a held poll; what its macros write into our routes quotes paths. None of it is news. A
/// panic is written to standard error, and answered 500, without it.
const DEFAULT_FILTER: &str = "info,rocket=off,linger_server::routes=off,rocket_db_pools=error,hyper=warn,sqlx=warn";

/// Writes logs to standard output; `RUST_LOG` chooses what, in `tracing`'s words.
///
/// Only the first call has an effect, and it has to come before Rocket starts, which would log itself.
pub(crate) fn install(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    let _ = match format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
}

/// Gives each request an id, logs it when it is answered, and sets the headers that every answer has.
pub(crate) struct RequestLog;

struct Begun {
    at: Instant,
    id: String,
}

impl Begun {
    fn new(request: &Request<'_>) -> Self {
        let given = request.headers().get_one("X-Request-Id").filter(|id| is_good_id(id));
        let id = given.map_or_else(|| format!("{:016x}", getrandom::u64().unwrap_or_default()), str::to_owned);
        Self { at: Instant::now(), id }
    }
}

/// A proxy may have given the request an id already. It goes into the log, so it must be harmless there.
fn is_good_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
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
        tracing::info!(
            method = %request.method(),
            route,
            status = response.status().code,
            ms = begun.at.elapsed().as_millis() as u64,
            request_id = %begun.id,
            "request"
        );
        if let Cause(Some(cause)) = request.local_cache(Cause::default) {
            tracing::error!(cause, request_id = %begun.id, "a request failed");
        }
        response.set_header(Header::new("X-Request-Id", begun.id.clone()));
        if !response.headers().contains("Cache-Control") {
            response.set_header(Header::new("Cache-Control", "no-store"));
        }
    }
}
