//! Who connects, as the server is told. Knows nothing of how it is found out, or sent.

use serde_json::{Value, json};

/// Who to connect as. It may hold a password, so it cannot be printed and lives no longer than the call.
pub(crate) enum Identity {
    /// A guest under a name that the server makes up.
    Anybody,
    /// A guest of this name.
    Guest(String),
    /// The account of this name, or a new one.
    Account(String, String),
}

impl Identity {
    /// Of these two, either of which may be empty.
    pub(crate) fn of(name: &str, password: String) -> Self {
        match (name.trim(), password.is_empty()) {
            ("", _) => Self::Anybody,
            (name, true) => Self::Guest(name.to_owned()),
            (name, false) => Self::Account(name.to_owned(), password),
        }
    }

    /// The body of `POST /connect`.
    pub(super) fn body(&self) -> Value {
        match self {
            Self::Anybody => json!({}),
            Self::Guest(name) => json!({ "username": name }),
            Self::Account(name, password) => json!({ "username": name, "password": password }),
        }
    }
}
