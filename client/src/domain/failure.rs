//! Everything that can go wrong, in words for the user. Knows no exit statuses, and not where a failure is reported.

use std::time::Duration;

use linger_api::Problem;

/// The reason why an operation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// No answer came: the request may or may not have been carried out.
    #[error("{0}")]
    Network(String),
    /// The server answered with an error.
    #[error("{}", words(.problem))]
    Refused {
        problem: Problem,
        /// How long the server asks the client to wait.
        retry_after: Option<Duration>,
    },
    /// The answer is not linger's.
    #[error("this does not seem to be a linger server: {0}")]
    Foreign(String),
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
    /// Returns whether a retry may succeed without any other change.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Network(_) => true,
            Self::Refused { problem, .. } => {
                matches!(problem.status, 429 | 500..) || problem.kind == "/problems/poll-superseded"
            }
            _ => false,
        }
    }

    /// Returns whether the server does not accept the token, or the name and password.
    pub(crate) fn is_unauthorized(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.status == 401)
    }

    /// Returns whether a rate limit was hit.
    pub(crate) fn is_rate_limit(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.status == 429)
    }

    /// Returns whether another name or password may work.
    pub(crate) fn is_about_input(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if matches!(problem.status, 400 | 401 | 409))
    }

    /// Returns whether the cursor comes from a different database.
    pub(crate) fn is_cursor_reset(&self) -> bool {
        matches!(self, Self::Refused { problem, .. } if problem.kind == "/problems/cursor-reset")
    }

    /// Returns how long the server asks the client to wait, if it does.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Refused { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Replaces a 404 by words that name what is missing. Other failures stay as they are.
    pub(crate) fn or_missing(self, what: impl FnOnce() -> String) -> Self {
        match self {
            Self::Refused { problem, .. } if problem.status == 404 => Self::Missing(what()),
            other => other,
        }
    }
}

/// Returns the server's own words, except where they address the author of a client.
fn words(problem: &Problem) -> &str {
    match problem.kind.as_str() {
        "/problems/unauthorized" => "this session has ended; run `linger login` to sign in again",
        _ => &problem.detail,
    }
}
