//! Problems as answers: the only module that writes an error body. `request::trace` alone also picks an error status,
//! for problems that a guard leaves.

use std::io::Cursor;
use std::sync::Arc;

use linger_api::FieldError;
use rocket::http::{Method, Status};
use rocket::outcome::Outcome;
use rocket::response::{self, Responder, Response};
use rocket::route::{self, Handler, Route};
use rocket::{Catcher, Data, Request, catch, catchers};

use super::guard;
use crate::app::App;
use crate::domain::emoji::Emoji;
use crate::domain::name::Name;
use crate::domain::problem::{Kind, Problem};
use crate::http::request::trace::FailedBy;
use crate::http::request::{discard, sites, unreadable};
use crate::metrics::Metrics;

/// The media type of every problem.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

impl Problem {
    /// Returns the JSON object that is sent to clients.
    pub(crate) fn to_json(&self) -> String {
        let (status, kind, title) = self.kind.row();
        let (kind, title, detail) = (kind.to_owned(), title.to_owned(), self.detail.clone().into_owned());
        let error = self.field.as_ref().map(|field| FieldError { field: field.to_string(), detail: detail.clone() });
        let problem = linger_api::Problem { kind, title, status, detail, errors: error.into_iter().collect() };
        serde_json::to_string(&problem).expect("strings and an integer")
    }

    /// Returns the problem of Rocket's own refusals: of what it cannot parse, and of a panic.
    fn from_status(status: Status) -> Self {
        match status.code {
            404 => Self::not_found(),
            400..500 => Self::bad_input("The request is malformed: part of its path, query or headers cannot be read."),
            _ => Self::internal(),
        }
    }
}

impl<'r> Responder<'r, 'static> for Problem {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let status = self.kind.row().0;
        let body = self.to_json();
        request.local_cache(|| FailedBy(self.cause));
        // Counted here and not by a fairing: a request that Rocket cannot parse never reaches the fairings.
        if let Some(metrics) = request.rocket().state::<Arc<Metrics>>() {
            metrics.count_rejected(self.kind);
        }
        let mut response = Response::build();
        response
            .status(Status::new(status))
            .raw_header("Content-Type", MEDIA_TYPE)
            // The fairings set this and the guard's headers on every other answer.
            .raw_header("Cache-Control", "no-store")
            .sized_body(body.len(), Cursor::new(body));
        if status == 401 {
            response.raw_header("WWW-Authenticate", "Bearer");
        }
        if let Some(wait) = self.retry_after {
            response.raw_header("Retry-After", wait.as_secs_f64().ceil().max(1.0).to_string());
        }
        let mut response = response.finalize();
        guard::guard(&mut response);
        Ok(response)
    }
}

/// The routes below all others. They take what no call takes, and what a guard has refused.
const REST: &str = "/<path..>";

/// Returns the routes that read the body of whatever no call takes, before it is refused.
pub(crate) fn rest() -> Vec<Route> {
    // Rocket sends HEAD to the route for GET.
    let methods = [
        Method::Get,
        Method::Put,
        Method::Post,
        Method::Delete,
        Method::Options,
        Method::Trace,
        Method::Connect,
        Method::Patch,
    ];
    methods.map(|method| Route::ranked(isize::MAX, method, REST, Rest)).into()
}

/// Returns whether this is a call, and not one of the routes for the rest.
pub(crate) fn is_call(route: &Route) -> bool {
    route.uri.path() != REST
}

/// Returns the call that a request is for, or `None` if there is none. A guard may have refused it.
pub(crate) fn call_of<'r>(request: &'r Request<'_>) -> Option<&'r Route> {
    match request.route() {
        Some(route) if is_call(route) => Some(route),
        _ => calls_at(request).find(|route| route.method == request.method()),
    }
}

#[derive(Clone)]
struct Rest;

#[rocket::async_trait]
impl Handler for Rest {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> route::Outcome<'r> {
        discard(data).await;
        Outcome::Error(Problem::leave_first(request, || why_not(request)))
    }
}

/// Returns why no call takes this request.
fn why_not(request: &Request<'_>) -> Problem {
    match call_of(request) {
        // Rocket passes a request on if a parameter in its path has the wrong type.
        Some(call) => {
            let segments = request.uri().path().raw_segments();
            let pattern = call.uri.path().split('/').filter(|segment| !segment.is_empty());
            let mut parameters = pattern.zip(segments).filter_map(|(pattern, segment)| {
                let name = pattern.strip_prefix('<')?.strip_suffix('>')?;
                Some((name, segment.percent_decode().unwrap_or_default()))
            });
            match parameters.find(|(name, value)| is_malformed(name, value)) {
                Some(("emoji", _)) => Problem::bad_field("emoji", "A reaction is one emoji."),
                Some((name, _)) => Problem::bad_field(name.to_owned(), format!("The {name} in the path is malformed.")),
                None => Problem::bad_input("The path is malformed."),
            }
        }
        None if calls_at(request).next().is_some() => Problem::usual(Kind::MethodNotAllowed),
        None => Problem::not_found(),
    }
}

/// Returns whether a parameter in a path has the wrong type.
fn is_malformed(name: &str, value: &str) -> bool {
    match name {
        "id" | "seq" => value.parse::<i64>().is_err(),
        "name" => Name::parse(value).is_err(),
        "emoji" => Emoji::parse(value).is_err(),
        _ => true,
    }
}

/// Returns the calls at this request's path, with any method.
fn calls_at<'r>(request: &'r Request<'_>) -> impl Iterator<Item = &'r Route> {
    let segments = request.uri().path().raw_segments().map(|segment| segment.as_str());
    let path: Vec<&str> = segments.filter(|segment| !segment.is_empty()).collect();
    let fits = move |pattern: &str| {
        let pattern: Vec<&str> = pattern.split('/').filter(|segment| !segment.is_empty()).collect();
        // `<file..>` takes all segments that are left, and at least one of them.
        let has_length = match pattern.last() {
            Some(last) if last.ends_with("..>") => path.len() >= pattern.len(),
            _ => path.len() == pattern.len(),
        };
        has_length && pattern.iter().zip(&path).all(|(p, s)| p.starts_with('<') || p == s)
    };
    request.rocket().routes().filter(move |route| is_call(route) && fits(route.uri.path()))
}

/// Answers whatever no handler answered: a failed guard, an unknown path, a panic.
#[catch(default)]
fn anything(status: Status, request: &Request<'_>) -> Result<Preflight, Caught> {
    // A request that Rocket cannot parse gets here without passing the fairings.
    unreadable::keep(request);
    if is_preflight(request) {
        return Ok(Preflight);
    }
    let problem = Problem::left(request).unwrap_or_else(|| Problem::from_status(status));
    let allow = (problem.kind == Kind::MethodNotAllowed).then(|| {
        let methods: Vec<&str> = calls_at(request).map(|call| call.method.as_str()).collect();
        methods.join(", ")
    });
    Err(Caught { problem, allow })
}

/// Returns whether a browser asks if a script of an allowed site may send a request (CORS).
fn is_preflight(request: &Request<'_>) -> bool {
    let is_allowed = |app: &App| sites::allowed_origin(request, &app.settings).is_some();
    request.method() == Method::Options
        && request.headers().contains("Access-Control-Request-Method")
        && request.rocket().state::<App>().is_some_and(is_allowed)
}

/// 204: the script may send its request.
struct Preflight;

impl<'r> Responder<'r, 'static> for Preflight {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build();
        response
            .status(Status::NoContent)
            .raw_header("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
            .raw_header(
                "Access-Control-Allow-Headers",
                "Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer, \
                 X-Request-Id",
            )
            .raw_header("Access-Control-Max-Age", "7200");
        // Chromium asks so before a public site calls a private address.
        if request.headers().contains("Access-Control-Request-Private-Network") {
            response.raw_header("Access-Control-Allow-Private-Network", "true");
        }
        response.ok()
    }
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

/// Returns the catcher that turns every error into a problem, Rocket's own included.
pub(crate) fn catchers() -> Vec<Catcher> {
    catchers![anything]
}
