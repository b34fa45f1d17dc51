//! Who connects: named on the command line, or asked. Knows nothing of how it is sent.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::failure::Failure;
use crate::terminal;

/// Who to connect as. It may hold a password, so it cannot be printed and lives no longer than the call.
pub enum Identity {
    /// A guest under a name that the server makes up.
    Anybody,
    /// A guest of this name.
    Guest(String),
    /// The account of this name, or a new one.
    Account(String, String),
}

impl Identity {
    /// What the command line says, and what it leaves open from the user.
    ///
    /// A name on the command line and a piped input make a guest: who pipes messages must not see the first of
    /// them taken for a password.
    pub fn find(cli: &Cli) -> Result<Self, Failure> {
        let named = cli.user.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = match named {
            Some(name) if cli.guest || !terminal::is_typed() => return Ok(Self::Guest(name.to_owned())),
            Some(name) => name.to_owned(),
            None if cli.guest => return Ok(Self::Anybody),
            None => terminal::ask("Name (empty: a made-up one): ")?.trim().to_owned(),
        };
        if name.is_empty() {
            return Ok(Self::Anybody);
        }
        let password = terminal::ask_hidden("Password (empty: a guest): ")?;
        Ok(match password.is_empty() {
            true => Self::Guest(name),
            false => Self::Account(name, password),
        })
    }

    /// The body of `POST /connect`.
    pub fn body(&self) -> Value {
        match self {
            Self::Anybody => json!({}),
            Self::Guest(name) => json!({ "username": name }),
            Self::Account(name, password) => json!({ "username": name, "password": password }),
        }
    }
}
