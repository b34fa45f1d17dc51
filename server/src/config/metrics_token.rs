//! The token that `/metrics` is asked for with. It is the whole secret, so it is neither shown nor compared in a time
//! that tells how much of it was right.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// A shorter one can be guessed.
const LEAST_CHARACTERS: usize = 16;

/// `metrics_token`; empty if nobody is to ask.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Given")]
pub(crate) struct MetricsToken(String);

/// What a setting may be. A message about one of the wrong type would show it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Other(IgnoredAny),
}

impl MetricsToken {
    /// Whether there are metrics at all.
    pub(crate) fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Whether this is the token. How long the token is shows in the time, what it is does not.
    pub(crate) fn is(&self, shown: &str) -> bool {
        self.is_set() && bool::from(self.0.as_bytes().ct_eq(shown.as_bytes()))
    }
}

impl TryFrom<Given> for MetricsToken {
    type Error = &'static str;

    fn try_from(given: Given) -> Result<Self, Self::Error> {
        let Given::Text(token) = given else {
            return Err("metrics_token must be text: quote a token that looks like a number");
        };
        if token.is_empty() {
            return Ok(Self::default());
        }
        if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("metrics_token must consist of visible ASCII characters, without spaces");
        }
        if token.len() < LEAST_CHARACTERS {
            return Err("metrics_token must have at least 16 characters");
        }
        Ok(Self(token))
    }
}

impl fmt::Debug for MetricsToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_set() { "…" } else { "none" })
    }
}

/// The default settings are written, to be read under all others; a token that somebody chose never is.
impl Serialize for MetricsToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}
