//! Answers: linger's own, and those of something in between, such as a proxy or a captive portal. Knows no calls.

use std::time::{Duration, SystemTime};

use jiff::fmt::rfc2822::DateTimeParser;
use linger_api::Problem;
use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Response, StatusCode};
use ureq::{Body, ResponseExt};

use super::trouble::explain_alone;
use crate::domain::{Failure, Unreached};

/// An answer that was received completely.
struct Answer {
    /// The server that was asked.
    place: String,
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

/// The header of every answer of linger's. It tells an empty answer from one of something in between.
const REQUEST_ID: &str = "X-Request-Id";

/// Returns the JSON of a successful answer.
pub(super) fn json_of<T: DeserializeOwned>(answer: Result<Response<Body>, ureq::Error>) -> Result<T, Failure> {
    dated_json_of(answer).map(|(value, _)| value)
}

/// Returns the JSON of a successful answer, and the server's time if the answer tells it.
pub(super) fn dated_json_of<T: DeserializeOwned>(
    answer: Result<Response<Body>, ureq::Error>,
) -> Result<(T, Option<SystemTime>), Failure> {
    let answer = received(answer)?;
    match serde_json::from_slice(&answer.body) {
        Ok(value) if answer.status.is_success() => Ok((value, answer.date())),
        _ => Err(answer.refusal()),
    }
}

/// Returns whether a call without a result succeeded. linger answers such a call with 204, and only with that.
pub(super) fn done(answer: Result<Response<Body>, ureq::Error>) -> Result<(), Failure> {
    let answer = received(answer)?;
    if answer.is_done() { Ok(()) } else { Err(answer.refusal()) }
}

fn received(answer: Result<Response<Body>, ureq::Error>) -> Result<Answer, Failure> {
    let answer = answer.map_err(unreachable)?;
    let asked = answer.get_uri();
    let authority = asked.authority().map_or("", |authority| authority.as_str());
    let place = format!("{}://{authority}", asked.scheme_str().unwrap_or("http"));
    let (head, mut body) = answer.into_parts();
    let body = body.read_to_vec().map_err(unreachable)?;
    Ok(Answer { place, status: head.status, headers: head.headers, body })
}

fn unreachable(error: ureq::Error) -> Failure {
    Failure::Network(unreached(&error))
}

/// Returns why no answer came. The agent has explained all but what happens in the middle of an answer.
pub(super) fn unreached(error: &ureq::Error) -> Unreached {
    match error {
        ureq::Error::Other(explained) => explained.downcast_ref::<Unreached>().cloned(),
        _ => None,
    }
    .unwrap_or_else(|| explain_alone(error))
}

impl Answer {
    /// Returns whether this is linger's own answer to a call without a result.
    fn is_done(&self) -> bool {
        self.status == StatusCode::NO_CONTENT && self.header(REQUEST_ID).is_some()
    }

    /// Returns the server's time when it answered.
    fn date(&self) -> Option<SystemTime> {
        DateTimeParser::new().parse_timestamp(self.header("Date")?).ok().map(SystemTime::from)
    }

    /// Returns the failure that an unsuccessful answer stands for.
    fn refusal(self) -> Failure {
        let retry_after = self.retry_after();
        match self.problem() {
            Some(problem) => Failure::Refused { problem: Box::new(problem), advice: String::new(), retry_after },
            None => Failure::Foreign { reason: self.description(), place: self.place, retry_after },
        }
    }

    /// Returns how long the answer asks the client to wait: seconds, or until a date.
    fn retry_after(&self) -> Option<Duration> {
        let value = self.header("Retry-After")?.trim();
        let seconds = value.parse().map(Duration::from_secs);
        seconds.ok().or_else(|| {
            let until = SystemTime::from(DateTimeParser::new().parse_timestamp(value).ok()?);
            // A date is told by the clock of the answer.
            until.duration_since(self.date().unwrap_or_else(SystemTime::now)).ok()
        })
    }

    /// Returns linger's own problem. Returns `None` for any other body, whatever the status.
    fn problem(&self) -> Option<Problem> {
        let is_failure = self.status.is_client_error() || self.status.is_server_error();
        if !is_failure || self.media_type() != "application/problem+json" {
            return None;
        }
        serde_json::from_slice(&self.body).ok().filter(Failure::is_known)
    }

    /// Describes an answer of something in between.
    fn description(&self) -> String {
        let status = match self.status.canonical_reason() {
            Some(reason) => format!("{} {reason}", self.status.as_str()),
            None => self.status.as_str().to_owned(),
        };
        let more = if let (true, Some(to)) = (self.status.is_redirection(), self.header("Location")) {
            format!(", a redirect to {to}")
        } else if let Some(scheme) = self.challenge() {
            format!(" and asks for a sign-in of its own ({scheme})")
        } else if self.status.is_success() && !self.body.is_empty() {
            match self.media_type().as_str() {
                "text/html" => " with a web page".to_owned(),
                "" | "application/json" => " with something else than linger".to_owned(),
                other => format!(" with {other}"),
            }
        } else {
            String::new()
        };
        format!("Something between you and the server answered {status}{more}")
    }

    /// Returns the scheme of a sign-in that is not linger's.
    fn challenge(&self) -> Option<&str> {
        let challenge = self.header("WWW-Authenticate").or_else(|| self.header("Proxy-Authenticate"))?;
        challenge.split_whitespace().next().filter(|scheme| !scheme.eq_ignore_ascii_case("Bearer"))
    }

    fn media_type(&self) -> String {
        let media_type = self.header("Content-Type").unwrap_or_default().split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
        let headers = headers.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap()));
        Answer {
            place: String::new(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers.collect(),
            body: body.into(),
        }
    }

    #[test]
    fn only_problems_of_linger_are_refusals() {
        let problem = |kind: &str| format!(r#"{{"type":"{kind}","title":"","status":401,"detail":"Why."}}"#);
        let own = problem("/problems/unauthorized");
        for (status, media_type, body, is_own) in [
            (401, "application/problem+json", &own, true),
            (401, "application/problem+json; charset=utf-8", &own, true),
            (401, "application/json", &own, false),
            (200, "application/problem+json", &own, false),
            (302, "application/problem+json", &own, false),
            (401, "application/problem+json", &problem("about:blank"), false),
            (401, "application/problem+json", &problem("https://gateway.example/problems/unauthorized"), false),
            (401, "application/problem+json", &problem("/problems/unheard-of"), false),
            (401, "application/problem+json", &"{".to_owned(), false),
            (401, "text/html", &"<h1>No</h1>".to_owned(), false),
        ] {
            let failure = answer(status, &[("content-type", media_type)], body).refusal();
            assert_eq!(failure.is_unauthorized(), is_own, "{status} {media_type} {body}");
            assert_eq!(failure.is_transient(), !is_own, "{status} {media_type} {body}");
        }
    }

    #[test]
    fn an_empty_answer_is_lingers_only_with_its_header() {
        for (status, headers, is_done) in [
            (204, &[("x-request-id", "a1")][..], true),
            (204, &[], false),
            (204, &[("server", "captive portal")], false),
            (200, &[("x-request-id", "a1")], false),
        ] {
            assert_eq!(answer(status, headers, "").is_done(), is_done, "{status} {headers:?}");
        }
    }

    #[test]
    fn the_servers_time_is_read() {
        let date = |date| answer(200, &[("date", date)], "").date();
        assert_eq!(
            date("Sun, 06 Nov 1994 08:49:37 GMT"),
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_777))
        );
        assert_eq!(date("soon"), None);
    }

    #[test]
    fn the_description_tells_what_answered() {
        for (status, headers, end) in [
            (403, &[("content-type", "text/html")][..], "answered 403 Forbidden"),
            (
                401,
                &[("www-authenticate", "Basic realm=\"x\"")],
                "401 Unauthorized and asks for a sign-in of its own (Basic)",
            ),
            (302, &[("location", "https://sso.example/")], "302 Found, a redirect to https://sso.example/"),
            (200, &[("content-type", "Text/HTML; charset=utf-8")], "answered 200 OK with a web page"),
            (599, &[], "answered 599"),
        ] {
            let said = answer(status, headers, "<h1>Hello</h1>").refusal().why();
            assert!(said.starts_with("Something between you and the server ") && said.ends_with(end), "{said}");
        }
    }

    #[test]
    fn a_pause_is_a_number_of_seconds_or_ends_at_a_date() {
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let until = ("retry-after", "Sun, 06 Nov 1994 08:50:07 GMT");
        for headers in [&[("retry-after", "30")][..], &[date, until]] {
            let said = answer(503, headers, "").refusal().to_string();
            assert!(said.contains("Try again in 30 seconds"), "{said}");
        }
        assert_eq!(answer(503, &[("retry-after", "soon")], "").refusal().retry_after(), None);
    }
}
