//! The request log: one line per request, and failures with their cause. Also counts requests. A line has the method,
//! the route's pattern, the status, the duration and the request's id, and never a token, a password or a message's
//! text.

use std::sync::Arc;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::http::{Header, Method};
use rocket::{Data, Request, Response};

use crate::http::request::named;
use crate::http::request::trace::{Begun, FailedBy, TARGET, log_failure};
use crate::http::request::unreadable;
use crate::http::response::call_of;
use crate::metrics::Metrics;

/// Gives each request an id, logs it when it is answered, and sets `X-Request-Id` and `Cache-Control`.
pub(crate) struct RequestLog;

/// Routes whose successful requests are logged at level `debug`: held requests and monitoring. They are the majority of
/// all requests.
const ROUTINE: [&str; 5] = ["/poll", "/room/<id>/subscribe", "/direct/subscribe", "/health", "/metrics"];

#[rocket::async_trait]
impl Fairing for RequestLog {
    fn info(&self) -> Info {
        Info { name: "request log", kind: Kind::Request | Kind::Response }
    }

    async fn on_request(&self, request: &mut Request<'_>, _: &mut Data<'_>) {
        request.local_cache(|| Begun::new(request));
        unreadable::keep(request);
    }

    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let begun = request.local_cache(|| Begun::new(request));
        let taken = call_of(request).map(|call| (call.method.as_str(), call.uri.path()));
        if let Some(metrics) = request.rocket().state::<Arc<Metrics>>() {
            metrics.count_answered(taken, response.status().code);
        }
        let route = taken.map_or("-", |(_, path)| path);
        let status = response.status().code;
        macro_rules! line {
            ($level:ident) => {
                tracing::$level!(
                    target: TARGET,
                    method = %if begun.is_head { Method::Head } else { request.method() },
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
            && let FailedBy(Some(cause)) = request.local_cache(FailedBy::default)
        {
            log_failure(request, cause);
        }
        response.set_header(Header::new("X-Request-Id", begun.id.clone()));
        if !named::has(response.headers(), "Cache-Control") {
            response.set_header(Header::new("Cache-Control", "no-store"));
        }
    }
}
