//! Everything that can go wrong, in words for the user. Knows no exit statuses, and not where a failure is reported.

use std::time::Duration;

use linger_api::Problem;

use super::text::in_words;
use super::unreached::Unreached;

/// The types of linger's own problems, those of newer servers included. Anything else comes from something in between.
const KNOWN: [&str; 28] = [
    ACCOUNT_DISABLED,
    BAD_INPUT,
    CODE_NOT_VALID,
    CURSOR_RESET,
    GUESTS_NOT_ALLOWED,
    INTERNAL,
    NAME_TAKEN,
    NOT_FOUND,
    POLL_SUPERSEDED,
    REQUEST_TIMEOUT,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    UNAVAILABLE,
    WRONG_CREDENTIALS,
    "/problems/cannot-leave-general",
    "/problems/changed-meanwhile",
    "/problems/forbidden",
    "/problems/idempotency-key-reused",
    "/problems/last-admin",
    "/problems/last-owner",
    "/problems/message-deleted",
    "/problems/method-not-allowed",
    "/problems/misdirected-host",
    "/problems/not-joined",
    "/problems/not-json",
    READ_ONLY,
    "/problems/too-large",
    "/problems/too-many-reactions",
];

const ACCOUNT_DISABLED: &str = "/problems/account-disabled";
const BAD_INPUT: &str = "/problems/bad-input";
const CODE_NOT_VALID: &str = "/problems/code-not-valid";
const CURSOR_RESET: &str = "/problems/cursor-reset";
const GUESTS_NOT_ALLOWED: &str = "/problems/guests-not-allowed";
const INTERNAL: &str = "/problems/internal";
const NAME_TAKEN: &str = "/problems/name-taken";
const NOT_FOUND: &str = "/problems/not-found";
const POLL_SUPERSEDED: &str = "/problems/poll-superseded";
const READ_ONLY: &str = "/problems/read-only";
const REQUEST_TIMEOUT: &str = "/problems/request-timeout";
const TOO_MANY_REQUESTS: &str = "/problems/too-many-requests";
const UNAUTHORIZED: &str = "/problems/unauthorized";
const UNAVAILABLE: &str = "/problems/unavailable";
const WRONG_CREDENTIALS: &str = "/problems/wrong-credentials";

/// The reason why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No answer came: [`Unreached::is_sent`] says whether the request may have been carried out.
    #[error("{0}")]
    Network(Unreached),
    /// The server answered with a problem of its own: one of [`KNOWN`].
    #[error("{}", words(.problem, .advice, *.retry_after))]
    Refused {
        problem: Box<Problem>,
        /// A sentence that the server does not say. May be empty.
        advice: String,
        /// How long the server asks the client to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is not linger's, whatever its status. It says nothing about the session, the request or the message.
    #[error("{}", foreign(.reason, .place, *.retry_after))]
    Foreign {
        reason: String,
        /// The server that was asked, if that is not clear.
        place: String,
        /// How long the answer asks the client to wait, which may be too long.
        retry_after: Option<Duration>,
    },
    /// A room or user that does not exist.
    #[error("{0}")]
    Missing(String),
    /// A line, flag or setting that makes no sense.
    #[error("{0}")]
    Usage(String),
    /// There is no session, or no longer.
    #[error("{0}")]
    SignedOut(String),
    /// The text cannot be a message.
    #[error("{0}")]
    Unsendable(String),
    /// The user pressed Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The reader of standard output is gone.
    #[error("the output is closed")]
    OutputClosed,
    /// A local file or the terminal failed.
    #[error("{0}")]
    Terminal(String),
    /// The number of piped lines that failed; each was reported at the time.
    #[error("{0} of the lines failed")]
    Lines(usize),
}

impl Failure {
    /// Returns a failure for an answer that cannot be linger's.
    pub(crate) fn foreign(reason: impl Into<String>) -> Self {
        Self::Foreign { reason: reason.into(), place: String::new(), retry_after: None }
    }

    /// Returns whether a problem is one of linger's own.
    pub(crate) fn is_known(problem: &Problem) -> bool {
        KNOWN.contains(&problem.kind.as_str())
    }

    /// Returns whether a retry may succeed without any other change.
    pub(crate) fn is_transient(&self) -> bool {
        const TRANSIENT: [&str; 5] = [INTERNAL, POLL_SUPERSEDED, REQUEST_TIMEOUT, TOO_MANY_REQUESTS, UNAVAILABLE];
        matches!(self, Self::Network(_) | Self::Foreign { .. }) || TRANSIENT.iter().any(|kind| self.is(kind))
    }

    /// Returns whether the server, or something in front of it, cannot answer right now.
    pub(crate) fn is_unavailable(&self) -> bool {
        self.is(UNAVAILABLE) || self.is(REQUEST_TIMEOUT)
    }

    /// Returns whether the server does not accept the token.
    pub(crate) fn is_unauthorized(&self) -> bool {
        self.is(UNAUTHORIZED)
    }

    /// Returns whether the server does not accept the name and password.
    pub(crate) fn is_wrong_credentials(&self) -> bool {
        self.is(WRONG_CREDENTIALS)
    }

    /// Returns whether the server does not let the user in, with this name, password or code.
    pub(crate) fn is_not_let_in(&self) -> bool {
        self.is_wrong_credentials() || self.is(CODE_NOT_VALID) || self.is(ACCOUNT_DISABLED)
    }

    /// Returns whether a rate limit was hit.
    pub(crate) fn is_rate_limit(&self) -> bool {
        self.is(TOO_MANY_REQUESTS)
    }

    /// Returns whether there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        self.is(NOT_FOUND)
    }

    /// Returns whether this call exists for other things only, as calls of 0.2 do on an earlier server.
    pub(crate) fn is_no_such_call(&self) -> bool {
        self.is_not_found() || self.is("/problems/method-not-allowed")
    }

    /// Returns whether the user may read there, but not post.
    pub(crate) fn is_read_only(&self) -> bool {
        self.is(READ_ONLY)
    }

    /// Returns whether a call of the server itself failed, and not the request.
    pub(crate) fn is_internal(&self) -> bool {
        self.is(INTERNAL)
    }

    /// Returns whether a request makes no sense to the server, such as one with an invalid cursor.
    pub(crate) fn is_bad_input(&self) -> bool {
        self.is(BAD_INPUT)
    }

    /// Returns whether another name or password may work.
    pub(crate) fn is_about_input(&self) -> bool {
        [BAD_INPUT, GUESTS_NOT_ALLOWED, NAME_TAKEN, WRONG_CREDENTIALS].iter().any(|kind| self.is(kind))
    }

    /// Returns whether the cursor comes from a different database.
    pub(crate) fn is_cursor_reset(&self) -> bool {
        self.is(CURSOR_RESET)
    }

    /// Returns the reason alone, to be put into a sentence that says the rest.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Network(unreached) => unreached.why.clone(),
            Self::Foreign { reason, .. } => reason.clone(),
            other => other.to_string(),
        }
    }

    /// Returns whether the server may have carried out the request, now or later, without saying so.
    pub(crate) fn is_unsure(&self) -> bool {
        match self {
            Self::Network(unreached) => unreached.is_sent,
            Self::Foreign { .. } => true,
            _ => self.is(UNAVAILABLE) || self.is(INTERNAL),
        }
    }

    /// Adds what became of a message. `may_be_stored` tells whether any of the tries was unsure.
    pub(crate) fn on_message(self, may_be_stored: bool) -> Self {
        let note = if may_be_stored { "the message may not have been sent" } else { "the message was not sent" };
        match self {
            Self::Network(unreached) => Self::Network(unreached.noting(note)),
            Self::Foreign { reason, place, retry_after } => {
                Self::Foreign { reason: format!("{reason}; {note}"), place, retry_after }
            }
            unsure if unsure.is_unsure() => unsure.with_advice("The message may not have been sent."),
            answered if may_be_stored && answered.is_transient() => {
                answered.with_advice("An earlier try may have sent the message.")
            }
            answered => answered,
        }
    }

    fn is(&self, kind: &str) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.kind == kind)
    }

    /// Returns how long the client is to wait before it tries again, if the answer says so. What is not the server does
    /// not know when the server is back, so no more than [`FOREIGN_PAUSE`] is waited for it.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            Self::Foreign { retry_after, .. } => retry_after.map(|pause| pause.min(FOREIGN_PAUSE)),
            _ => None,
        }
    }

    /// Adds a sentence to the server's words.
    pub(crate) fn with_advice(mut self, advice: &str) -> Self {
        if let Self::Refused { advice: given, .. } = &mut self {
            *given = advice.to_owned();
        }
        self
    }

    /// Replaces the server's 404 by words that name what is missing. Other failures stay as they are.
    pub(crate) fn or_missing(self, what: impl FnOnce() -> String) -> Self {
        if self.is_not_found() { Self::Missing(what()) } else { self }
    }
}

/// The longest pause that something in between may ask for.
const FOREIGN_PAUSE: Duration = Duration::from_secs(10);

fn foreign(reason: &str, place: &str, retry_after: Option<Duration>) -> String {
    match (place, retry_after.map(in_words)) {
        ("", None) => reason.to_owned(),
        ("", Some(pause)) => format!("{reason}. Try again in {pause}."),
        (place, Some(pause)) => {
            format!("{reason}. Try again in {pause}; if that does not help, check that {place} is a linger server.")
        }
        (place, None) => format!(
            "{reason}. Check that {place} is a linger server; a public network may want a sign-in in a browser first."
        ),
    }
}

/// The sentence with which the server points programs to a header.
const RETRY: &str = "Retry-After says when to try again.";
/// Replaces words of the server that are meant for the author of a client.
const ODD_REQUEST: &str = "The server does not take this request: it and this linger are of different versions.";

/// Returns the server's own words, except where they address the author of a client, and what the client adds.
fn words(problem: &Problem, advice: &str, retry_after: Option<Duration>) -> String {
    let words = match problem.kind.as_str() {
        UNAUTHORIZED => "this session has ended; run `linger login` to sign in again",
        GUESTS_NOT_ALLOWED => {
            "This server lets no guests in, or only with an invitation: sign in with a name and a password."
        }
        "/problems/method-not-allowed" | "/problems/not-json" => ODD_REQUEST,
        INTERNAL => "The server failed. Its log has the cause: tell its administrator.",
        "/problems/changed-meanwhile" => "The message has changed meanwhile. Look at it, and try again.",
        "/problems/idempotency-key-reused" => {
            "The server takes this for a repetition of something else that was sent. Try again."
        }
        _ => problem.detail.trim_end_matches(RETRY).trim_end(),
    };
    let again = retry_after.map(|pause| format!("Try again in {}.", in_words(pause))).unwrap_or_default();
    [words, advice, &again].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(kind: &str, detail: &str, retry_after: Option<u64>) -> Failure {
        let problem =
            Problem { kind: kind.into(), title: String::new(), status: 429, detail: detail.into(), errors: Vec::new() };
        Failure::Refused {
            problem: Box::new(problem),
            advice: String::new(),
            retry_after: retry_after.map(Duration::from_secs),
        }
    }

    fn refused(kind: &str, detail: &str, retry_after: Option<u64>) -> String {
        refusal(kind, detail, retry_after).to_string()
    }

    #[test]
    fn a_pause_is_told_in_seconds_and_no_header_is_named() {
        let detail = "Too many requests. Retry-After says when to try again.";
        assert_eq!(refused(TOO_MANY_REQUESTS, detail, Some(30)), "Too many requests. Try again in 30 seconds.");
        assert_eq!(refused(TOO_MANY_REQUESTS, detail, None), "Too many requests.");
        assert_eq!(refused(NAME_TAKEN, "The name is taken.", None), "The name is taken.");
    }

    #[test]
    fn a_message_that_the_server_fails_to_confirm_may_be_stored() {
        for kind in KNOWN {
            let said = |may_be_stored| refusal(kind, "No.", None).on_message(may_be_stored).to_string();
            let is_unsure = kind == UNAVAILABLE || kind == INTERNAL;
            assert_eq!(refusal(kind, "No.", None).is_unsure(), is_unsure, "{kind}");
            assert_eq!(said(true).ends_with(" The message may not have been sent."), is_unsure, "{kind}");
        }
        let said = refusal(TOO_MANY_REQUESTS, "No. Retry-After says when to try again.", Some(1)).on_message(true);
        assert_eq!(said.to_string(), "No. An earlier try may have sent the message. Try again in 1 second.");
    }

    #[test]
    fn something_in_between_does_not_set_a_long_pause() {
        let pause = Duration::from_secs(3600);
        let failure = Failure::Foreign { reason: "No".into(), place: "http://a".into(), retry_after: Some(pause) };
        assert_eq!(failure.retry_after(), Some(FOREIGN_PAUSE));
        assert!(failure.to_string().starts_with("No. Try again in 60 minutes; "), "{failure}");
    }

    /// The texts of the server are for the authors of clients, too.
    #[test]
    fn no_words_of_the_server_that_reach_users_name_a_header() {
        let source = include_str!("../../../server/src/domain/problem.rs");
        let texts: Vec<_> = source.split('"').collect();
        let details = |header: &str| texts.iter().filter(|text| text.contains(header)).count();
        assert!(details("Retry-After") > 2, "the texts are read");
        for kind in KNOWN {
            let detail = texts.iter().skip_while(|text| **text != kind).nth(4).copied().unwrap_or_default();
            let said = refused(kind, detail, Some(1));
            for header in ["Retry-After", "Idempotency-Key", "If-Match", "Content-Type", "Allow header", "X-Request-Id"]
            {
                assert!(!said.contains(header), "{kind}: {said}");
            }
        }
    }
}
