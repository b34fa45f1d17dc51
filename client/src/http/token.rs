//! A session's token. Knows nothing of what is in it, and does not show it.

use std::fmt;

use serde::Deserialize;

/// What names a session to the server that issued it, and to nobody else.
#[derive(Clone, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Token(String);

impl Token {
    /// As the server wrote it, to be sent back or kept.
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
