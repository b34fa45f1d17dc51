//! The token of a session. Knows nothing of its contents, and does not print it.

use std::fmt;

use serde::Deserialize;

/// A secret that names a session to the server that issued it, and to no other.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Token(String);

impl Token {
    /// Returns the token as text, to be sent or kept.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(token)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}
