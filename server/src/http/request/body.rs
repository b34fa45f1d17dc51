//! JSON bodies: an object of at most 64 KiB, declared as JSON, that arrives in time. A body that is refused is read,
//! too: a connection that is closed with unread data is reset, and a reset discards an answer on its way.

use std::pin::Pin;
use std::time::Duration;

use rocket::Request;
use rocket::data::{self, Data, FromData, ToByteUnit};
use rocket::outcome::Outcome;
use rocket::route::{self, Handler, Route};
use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt;

use super::{fields, named};
use crate::domain::problem::Problem;

const MAX_BYTES: u64 = 64 * 1024;

/// How much of a body that nobody needs is read.
const MAX_DISCARDED: u64 = 8 * 1024 * 1024;

/// Rocket itself waits for a body without limit.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// How much of a body Rocket reads before any guard runs, to find a form's `_method`.
const ROCKET_READS: usize = "_method=delete".len();

/// Some editors and shells write it before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A required body.
pub(crate) struct Json<T>(pub(crate) T);

/// An optional body.
pub(crate) struct Body<T>(pub(crate) Option<T>);

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for Json<T> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let value = match read(request, data).await {
            Ok(bytes) => parse(request, without_mark(&bytes)),
            Err(problem) => Err(problem),
        };
        match value {
            Ok(value) => Outcome::Success(Self(value)),
            Err(problem) => Outcome::Error(problem.leave(request)),
        }
    }
}

#[rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for Body<T> {
    type Error = ();

    async fn from_data(request: &'r Request<'_>, data: Data<'r>) -> data::Outcome<'r, Self> {
        let value = match read(request, data).await.as_deref().map(without_mark) {
            Ok([]) => Ok(None),
            Ok(bytes) => parse(request, bytes).map(Some),
            Err(problem) => Err(problem.clone()),
        };
        match value {
            Ok(value) => Outcome::Success(Self(value)),
            Err(problem) => Outcome::Error(problem.leave(request)),
        }
    }
}

/// Whether a body broke off within the bytes that Rocket reads. Rocket forgets that when it looks again.
struct BrokeOff(bool);

/// Returns the bytes that Rocket reads of a body.
pub(crate) async fn peek<'a>(request: &Request<'_>, data: &'a mut Data<'_>) -> &'a [u8] {
    let is_complete = data.peek_complete();
    let begin = data.peek(ROCKET_READS).await;
    request.local_cache(|| BrokeOff(!is_complete && begin.len() < ROCKET_READS));
    begin
}

fn broke_off(request: &Request<'_>) -> bool {
    request.local_cache(|| BrokeOff(false)).0
}

async fn read(request: &Request<'_>, data: Data<'_>) -> Result<Vec<u8>, Problem> {
    let is_complete = data.peek_complete();
    let mut stream = data.open(MAX_DISCARDED.bytes());
    let mut bytes = Vec::new();
    let reading = async { (&mut stream).take(MAX_BYTES + 1).read_to_end(&mut bytes).await };
    match tokio::time::timeout(READ_TIMEOUT, reading).await {
        Err(_) => Err(Problem::timeout()),
        Ok(Err(_)) => Err(ended_early()),
        // Rocket reads the beginning itself, and drops an error there.
        Ok(Ok(_)) if bytes.len() < ROCKET_READS && (!is_complete || broke_off(request)) => Err(ended_early()),
        Ok(Ok(_)) if bytes.len() as u64 > MAX_BYTES => {
            drain(stream).await;
            Err(Problem::too_large())
        }
        Ok(Ok(_)) => Ok(bytes),
    }
}

fn ended_early() -> Problem {
    Problem::bad_input("The body ended early.")
}

/// Reads a body that no route takes.
pub(crate) async fn discard(data: Data<'_>) {
    drain(data.open(MAX_DISCARDED.bytes())).await;
}

async fn drain(mut body: impl tokio::io::AsyncRead + Unpin) {
    // Whatever ends it, the answer is the same.
    let _ = tokio::time::timeout(READ_TIMEOUT, tokio::io::copy(&mut body, &mut tokio::io::sink())).await;
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

/// Returns whether a `Content-Type` (RFC 9110, 8.3) is JSON, whatever its parameters. Rocket refuses some that are
/// valid.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

fn parse<T: DeserializeOwned>(request: &Request<'_>, bytes: &[u8]) -> Result<T, Problem> {
    if !named::first(request, "Content-Type").is_some_and(is_json) {
        return Err(Problem::not_json());
    }
    // serde would accept an array for a struct, taking its items as the fields in order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Problem::bad_input("The body must be a JSON object."));
    }
    fields::parse_object(bytes)
}

/// Makes a route refuse a body that is declared to be too large, before its guards run.
pub(crate) fn limited(mut route: Route) -> Route {
    route.handler = Box::new(Limited(route.handler));
    route
}

#[derive(Clone)]
struct Limited(Box<dyn Handler>);

impl Handler for Limited {
    // Without `async`: a held request would pay for a second future.
    fn handle<'r, 'life0, 'life1, 'async_trait>(
        &'life0 self,
        request: &'r Request<'life1>,
        data: Data<'r>,
    ) -> Pin<Box<dyn Future<Output = route::Outcome<'r>> + Send + 'async_trait>>
    where
        'r: 'async_trait,
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        let length = named::first(request, "Content-Length").and_then(|length| length.parse().ok());
        if length.is_none_or(|length: u64| length <= MAX_BYTES) {
            return self.0.handle(request, data);
        }
        Box::pin(async {
            discard(data).await;
            Outcome::Error(Problem::too_large().leave(request).0)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::is_json;

    #[test]
    fn parameters_of_a_content_type_do_not_matter() {
        for good in ["application/json", "Application/JSON", "application/json ; charset=utf-8", "application/json;"] {
            assert!(is_json(good), "{good}");
        }
        for bad in ["", "json", "text/json", "application/json, application/json", "application/xml"] {
            assert!(!is_json(bad), "{bad}");
        }
    }
}
