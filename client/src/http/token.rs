//! The token of a session, and its life. Knows nothing of its contents, and does not print it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The age at which a token is renewed whose end is unknown.
const RENEW_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A secret that names a session to the server that issued it, and to no other.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Token {
    #[serde(rename = "token")]
    secret: String,
    /// When it was received, in seconds of Unix time.
    since: u64,
    /// When it expires, as the server put it. Servers before 0.2 do not tell.
    #[serde(default)]
    expires_at: Option<String>,
}

impl Token {
    /// Returns a token that the server has issued just now.
    pub(super) fn issued_now(secret: String, expires_at: Option<String>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        Self { secret, since: now.map_or(0, |since| since.as_secs()), expires_at }
    }

    /// Returns the token as text, to be sent.
    pub(super) fn reveal(&self) -> &str {
        &self.secret
    }

    /// Returns what a file keeps of the token: all of it.
    pub(crate) fn to_keep(&self) -> Value {
        json!({ "token": self.secret, "since": self.since, "expires_at": self.expires_at })
    }

    /// Returns whether this token was received before the other one.
    pub(crate) fn is_older_than(&self, other: &Self) -> bool {
        self.since < other.since
    }

    /// Returns whether half of the token's life has passed. A life that makes no sense, because this machine's clock is
    /// wrong, counts as unknown.
    pub(crate) fn is_due(&self, now: SystemTime) -> bool {
        let since = UNIX_EPOCH + Duration::from_secs(self.since);
        let end = self.expires_at.as_ref().and_then(|end| end.parse::<Timestamp>().ok()).map(SystemTime::from);
        let life = end.and_then(|end| end.duration_since(since).ok()).filter(|life| !life.is_zero());
        let age = now.duration_since(since).unwrap_or_default();
        age >= life.map_or(RENEW_AFTER, |life| life / 2)
    }
}

/// Compares the secrets.
impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.secret == other.secret
    }
}

impl From<String> for Token {
    fn from(secret: String) -> Self {
        Self { secret, ..Self::default() }
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_due_after_half_of_its_life() {
        let token =
            |end: Option<&str>| Token { secret: "t".into(), since: 1_000_000, expires_at: end.map(str::to_owned) };
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        // 100 seconds later.
        let short = token(Some("1970-01-12T13:48:20.000Z"));
        assert!(!short.is_due(at(1_000_049)) && short.is_due(at(1_000_050)));
        for unknown in [token(None), token(Some("soon")), token(Some("1970-01-01T00:00:00.000Z"))] {
            assert!(!unknown.is_due(at(1_086_399)) && unknown.is_due(at(1_086_400)));
            assert!(!unknown.is_due(at(0)), "the clock was set back");
        }
    }
}
