//! The user to connect as. Knows nothing of where it comes from.

use serde_json::{Value, json};

use super::code::Code;

/// The user to connect as. It may hold a password, so it cannot be printed.
pub(crate) enum Identity {
    /// A guest with a name made up by the server.
    Anybody,
    /// A guest with this name.
    Guest(String),
    /// An account, existing or new, by name and password.
    Account(String, String),
}

impl Identity {
    /// Returns the body of `POST /connect`. Servers before 0.2 ignore `create`.
    pub(super) fn body(&self, may_create: bool, code: Option<&Code>) -> Value {
        let mut body = match self {
            Self::Anybody => json!({}),
            Self::Guest(name) => json!({ "username": name }),
            Self::Account(name, password) if may_create => json!({ "username": name, "password": password }),
            Self::Account(name, password) => json!({ "username": name, "password": password, "create": false }),
        };
        if let Some(code) = code {
            body["code"] = code.reveal().into();
        }
        body
    }
}
