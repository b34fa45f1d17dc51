//! Settings about who may come in.

use serde::{Deserialize, Serialize};

/// The setting `name`: 1 to 64 characters in one line.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ServerName(String);

impl ServerName {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The setting `welcome`: a sentence of the server's owner, at most 200 characters in one line. Empty for none.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Welcome(String);

impl Welcome {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Welcome {
    type Error = &'static str;

    fn try_from(welcome: String) -> Result<Self, Self::Error> {
        let welcome = welcome.trim();
        match welcome.chars().count() {
            0..=200 if !welcome.chars().any(char::is_control) => Ok(Self(welcome.to_owned())),
            _ => Err("welcome must be at most 200 characters in one line"),
        }
    }
}

impl Default for ServerName {
    fn default() -> Self {
        Self("linger".to_owned())
    }
}

impl TryFrom<String> for ServerName {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let name = name.trim();
        match name.chars().count() {
            1..=64 if !name.chars().any(char::is_control) => Ok(Self(name.to_owned())),
            _ => Err("name must be 1 to 64 characters in one line"),
        }
    }
}
