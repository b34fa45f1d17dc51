//! What can go wrong, in the words that the user reads. Knows no exit statuses and not who reports what.

use std::time::Duration;

use linger_api::Problem;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// There was no answer, so nobody knows whether the call was carried out.
    #[error("{0}")]
    Network(String),
    /// The server answered with an error.
    #[error("{}", words(.problem))]
    Refused {
        /// What it said.
        problem: Problem,
        /// When it asks to be tried again.
        retry_after: Option<Duration>,
    },
    /// Something answered, but not as linger does.
    #[error("this does not seem to be a linger server: {0}")]
    Foreign(String),
    /// What the user named is not there.
    #[error("{0}")]
    Missing(String),
    /// What the user typed cannot be carried out.
    #[error("{0}")]
    Usage(String),
    /// There is no session to do it in.
    #[error("{0}")]
    SignedOut(String),
    /// What was to be said is no message.
    #[error("{0}")]
    Unsendable(String),
    /// The user called it off with Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// Nobody reads the output any more.
    #[error("nobody reads the output")]
    OutputClosed,
    /// Reading or writing failed on this side.
    #[error("{0}")]
    Terminal(String),
    /// So many lines of a piped input came to nothing; each was reported when it did.
    #[error("{0} of the lines could not be carried out")]
    Lines(usize),
}

impl Failure {
    /// Another try may succeed without anybody doing anything about it.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Network(_) => true,
            Self::Refused { problem, .. } => {
                matches!(problem.status, 429 | 500..) || problem.kind == "/problems/poll-superseded"
            }
            _ => false,
        }
    }

    /// The server does not know the caller, or no longer.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.status == 401)
    }

    /// Too much was asked in too short a time.
    pub(crate) fn is_rate_limit(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.status == 429)
    }

    /// Another name or another password may do.
    pub(crate) fn is_about_input(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if matches!(problem.status, 400 | 401 | 409))
    }

    /// The server's database is not the one that issued our cursor.
    pub(crate) fn is_cursor_reset(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.kind == "/problems/cursor-reset")
    }

    /// The server's wish, if it has one.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The server's "nothing here" in words that say what is not there; any other failure stays as it is.
    pub(crate) fn or_missing(self, what: impl FnOnce() -> String) -> Self {
        match self {
            Self::Refused { problem, .. } if problem.status == 404 => Self::Missing(what()),
            other => other,
        }
    }
}

/// The server's own words, except where they are meant for who writes a client.
fn words(problem: &Problem) -> &str {
    match problem.kind.as_str() {
        "/problems/unauthorized" => "this session is over; linger login signs in again",
        _ => &problem.detail,
    }
}
