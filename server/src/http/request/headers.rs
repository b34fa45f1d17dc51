//! Request headers other than `Authorization`.

use rocket::Request;
use rocket::http::{Accept, MediaType, QMediaType};
use rocket::outcome::Outcome;
use rocket::request::{self, FromRequest};

use super::{named, unreadable};
use crate::domain::problem::Problem;

/// `Idempotency-Key`: 1 to 64 visible ASCII characters, or absent.
pub(crate) struct IdempotencyKey(pub(crate) Option<String>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for IdempotencyKey {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        let mut headers = request.headers().get(linger_api::IDEMPOTENCY_KEY);
        let is_good = |key: &str| (1..=64).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        let is_unreadable = unreadable::is_unreadable(request, linger_api::IDEMPOTENCY_KEY);
        match (headers.next(), headers.next()) {
            (None, _) if !is_unreadable => Outcome::Success(Self(None)),
            (Some(key), None) if is_good(key) && !is_unreadable => Outcome::Success(Self(Some(key.to_owned()))),
            _ => {
                let problem = Problem::bad_input("Send one Idempotency-Key of 1 to 64 visible ASCII characters.");
                problem.refuse(request)
            }
        }
    }
}

/// Whether `Accept` (RFC 9110, 12.5.1) prefers a stream of events to a single answer.
pub(crate) struct PrefersStream(pub(crate) bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PrefersStream {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        match unreadable::check(request, "Accept") {
            Ok(()) => Outcome::Success(Self(prefers_stream(&ranges_of(named::values(request, "Accept"))))),
            Err(problem) => problem.refuse(request),
        }
    }
}

/// Returns the ranges in these lines of `Accept`. What is none is left out.
///
/// One range at a time: Rocket keeps a copy of all that it is given with each range that it finds there, which is
/// gigabytes for a long header.
fn ranges_of<'r>(lines: impl Iterator<Item = &'r str>) -> Vec<QMediaType> {
    let ranges = lines.flat_map(|line| line.split(',')).filter_map(|range| range.trim().parse::<Accept>().ok());
    ranges.filter_map(|accept| accept.iter().next().cloned()).collect()
}

/// Returns whether a stream is preferred. It must be named explicitly. It loses to JSON with a higher q-value, where
/// the most specific range that matches JSON counts. On a tie it wins if JSON matched only through a wildcard, or comes
/// later. Rocket would compare how specific the ranges are before their q-values.
fn prefers_stream(accept: &[QMediaType]) -> bool {
    let find = |fits: &dyn Fn(&MediaType) -> bool| {
        let mut ranges = accept.iter().enumerate().filter(|(_, range)| fits(range.media_type()));
        ranges.next().map(|(place, range)| (range.weight().unwrap_or(1.0), place))
    };
    let Some((stream, place)) = find(&|range| range.is_event_stream()) else { return false };
    let json = find(&|range| range.is_json());
    let less_exact = find(&|range| range.top() == "application" && range.sub() == "*");
    let beaten = match json {
        Some((weight, earlier)) => weight > stream || weight == stream && earlier < place,
        None => less_exact.or_else(|| find(&|range| range.is_any())).is_some_and(|(weight, _)| weight > stream),
    };
    stream > 0.0 && !beaten
}

/// `Last-Event-ID`, which browsers send when they resume a stream: the cursor of the last event received.
pub(crate) struct LastEventId(pub(crate) Option<String>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LastEventId {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        if let Err(problem) = unreadable::check(request, "Last-Event-ID") {
            return problem.refuse(request);
        }
        let mut headers = named::values(request, "Last-Event-ID");
        match (headers.next(), headers.next()) {
            (id, None) => Outcome::Success(Self(id.filter(|id| !id.is_empty()).map(str::to_owned))),
            _ => {
                let problem = Problem::bad_input("Send only one Last-Event-ID.");
                problem.refuse(request)
            }
        }
    }
}

/// `Prefer: wait=S` (RFC 7240). Unknown preferences are ignored, as the RFC requires.
pub(crate) struct PreferredWait(pub(crate) Option<u64>);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for PreferredWait {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, ()> {
        if let Err(problem) = unreadable::check(request, "Prefer") {
            return problem.refuse(request);
        }
        let preferences = named::values(request, "Prefer").flat_map(|header| header.split(','));
        let mut waits = preferences.filter_map(|preference| {
            let (name, value) = preference.split(';').next()?.split_once('=')?;
            let seconds = value.trim().trim_matches('"').parse().ok()?;
            name.trim().eq_ignore_ascii_case("wait").then_some(seconds)
        });
        // If there are several, the first counts.
        Outcome::Success(Self(waits.next()))
    }
}

/// The scheme and host by which the client reached the server: the start of an absolute URI.
pub(crate) struct Host(pub(crate) String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Host {
    type Error = std::convert::Infallible;

    async fn from_request(request: &'r Request<'_>) -> request::Outcome<Self, Self::Error> {
        let config = request.rocket().config();
        // Set by a proxy that terminates TLS; without one, the connection is not encrypted.
        let forwarded = named::first(request, "X-Forwarded-Proto").and_then(|list| list.split(',').next());
        let is_secure = forwarded.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"));
        let scheme = if is_secure { "https" } else { "http" };
        let host = match request.host().filter(|host| !host.domain().is_empty()) {
            Some(host) => host.to_string(),
            None => std::net::SocketAddr::from((config.address, config.port)).to_string(),
        };
        Outcome::Success(Self(format!("{scheme}://{host}")))
    }
}

#[cfg(test)]
mod tests {
    use super::{prefers_stream, ranges_of};

    #[test]
    fn a_stream_is_preferred_if_it_is_named_and_json_does_not_weigh_more() {
        let streams = [
            "text/event-stream",
            "*/*;q=0.1, text/event-stream",
            "*/*, text/event-stream",
            "text/event-stream, application/json",
            "nonsense, text/event-stream, a/b;c=\"d, e\"",
        ];
        let pages = [
            "*/*",
            "text/*",
            "application/json",
            "application/json, text/event-stream",
            "text/event-stream;q=0",
            "text/event-stream;q=0.1, application/json",
            "*/*, text/event-stream;q=0.1",
            "text/event-stream;q=0.5, application/*;q=0.6",
        ];
        assert!(prefers_stream(&ranges_of(["text/html;q=0.1", "text/event-stream"].into_iter())), "two lines are one");
        for (headers, expected) in [(&streams[..], true), (&pages[..], false)] {
            for header in headers {
                assert_eq!(prefers_stream(&ranges_of([*header].into_iter())), expected, "{header}");
            }
        }
    }
}
