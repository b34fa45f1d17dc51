//! The token of a session, and its life. Knows nothing of its contents, and does not print it.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

/// The age at which a token is renewed whose end is unknown.
const RENEW_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// How far this machine's clock may go back before the age of a token counts as unknown.
const ADJUSTED: Duration = Duration::from_secs(60 * 60);

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
    /// How long it is valid, in seconds of the server's clock. This machine's clock may be wrong.
    #[serde(default)]
    life: Option<u64>,
}

impl Token {
    /// Returns a token that the server has issued just now, at this time of its clock.
    pub(super) fn issued_now(secret: String, expires_at: Option<String>, at: Option<SystemTime>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let life = at.and_then(|at| end_of(&expires_at)?.duration_since(at).ok());
        let life = life.map(|life| life.as_secs()).filter(|life| *life > 0);
        Self { secret, since: now.map_or(0, |since| since.as_secs()), expires_at, life }
    }

    /// Returns the token as text, to be sent.
    pub(super) fn reveal(&self) -> &str {
        &self.secret
    }

    /// Returns when the token expires, if the server told that.
    pub(crate) fn expires_at(&self) -> Option<&str> {
        self.expires_at.as_deref()
    }

    /// Returns what a file keeps of the token: all of it.
    pub(crate) fn to_keep(&self) -> Value {
        json!({ "token": self.secret, "since": self.since, "expires_at": self.expires_at, "life": self.life })
    }

    /// Returns whether half of the token's life has passed. A life that makes no sense counts as unknown. So does an
    /// age if this machine's clock was set back: then the token is renewed at once.
    pub(crate) fn is_due(&self, now: SystemTime) -> bool {
        let since = UNIX_EPOCH + Duration::from_secs(self.since);
        let by_this_clock = || end_of(&self.expires_at)?.duration_since(since).ok().filter(|life| !life.is_zero());
        let life = self.life.map(Duration::from_secs).or_else(by_this_clock);
        match now.duration_since(since) {
            Ok(age) => age >= life.map_or(RENEW_AFTER, |life| life / 2),
            Err(back) => back.duration() > ADJUSTED,
        }
    }
}

fn end_of(expires_at: &Option<String>) -> Option<SystemTime> {
    expires_at.as_ref()?.parse::<Timestamp>().ok().map(SystemTime::from)
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
        let token = |end: Option<&str>| Token {
            secret: "t".into(),
            since: 1_000_000,
            expires_at: end.map(str::to_owned),
            life: None,
        };
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        // 100 seconds later.
        let short = token(Some("1970-01-12T13:48:20.000Z"));
        assert!(!short.is_due(at(1_000_049)) && short.is_due(at(1_000_050)));
        for unknown in [token(None), token(Some("soon")), token(Some("1970-01-01T00:00:00.000Z"))] {
            assert!(!unknown.is_due(at(1_086_399)) && unknown.is_due(at(1_086_400)));
            assert!(!unknown.is_due(at(999_000)), "the clock was adjusted");
            assert!(unknown.is_due(at(0)), "the clock was set back, and its age is unknown");
        }
    }

    #[test]
    fn the_life_of_a_token_is_measured_by_the_servers_clock() {
        let now = SystemTime::now();
        let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        for server in [now - days(400), now, now + days(400)] {
            let end = Timestamp::try_from(server + days(30)).unwrap();
            let token = Token::issued_now("t".into(), Some(end.to_string()), Some(server));
            assert!(!token.is_due(now + days(14)) && token.is_due(now + days(16)), "{server:?}");
        }
    }
}
