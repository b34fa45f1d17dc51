//! The bearer token for `/metrics`. It is a secret: it is never shown, and compared in constant time.

use std::fmt;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};
use subtle::ConstantTimeEq;

/// The minimum length; shorter tokens can be guessed.
const LEAST_CHARACTERS: usize = 16;

/// The setting `metrics_token`; empty if `/metrics` is disabled.
#[derive(Clone, Default, Deserialize)]
#[serde(try_from = "Given")]
pub(crate) struct MetricsToken(String);

/// The value of the setting. Accepts any type, because serde's message about a wrong type would show the value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Given {
    Text(String),
    Other(IgnoredAny),
}

impl MetricsToken {
    /// Returns whether `/metrics` is enabled.
    pub(crate) fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// Returns whether this is the token. The time taken may reveal the token's length, but not its content.
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

/// Settings are serialized only for the defaults, which have no token; a configured token is never written.
impl Serialize for MetricsToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("")
    }
}
