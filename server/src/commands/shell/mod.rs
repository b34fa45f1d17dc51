//! `lingerd user`, `lingerd invite` and `lingerd room`: an administrator's acts from the server's shell. Each is one of
//! the calls that administrators make over HTTP, and knows nothing of who answers it: the running server
//! ([`remote`]), or one that is put together for the moment.

mod args;
mod remote;
mod tables;

use std::io::{self, BufRead};

use serde_json::{Value, json};

use crate::accounts::KeyError;
use crate::domain::name::Name;

pub use args::{Act, InviteArgs, Messages, RoomAct, UserAct};
pub use remote::Remote;

/// Why a command was not carried out, as one line for standard error.
#[derive(Debug, thiserror::Error)]
pub enum ShellError {
    /// A setting is missing, misspelt or of the wrong type.
    #[error("invalid settings: {0}")]
    Settings(#[from] Box<figment::Error>),
    /// The signing key cannot be read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The server refused.
    #[error("{0}")]
    Refused(String),
    /// The server cannot be reached, or the password cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// No server runs, and none can be put together.
    #[error("no server answers at the address of these settings, and {0}")]
    Idle(String),
}

/// Makes calls with an administrator's rights.
pub trait Calls {
    /// Makes a call and returns the body of its answer, null if it has none.
    ///
    /// # Errors
    /// If the call is refused, or not answered.
    fn call(&mut self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, ShellError>;
}

/// Returns the body of an answer.
///
/// # Errors
/// If it is a refusal, with its detail; if it is no answer of linger's.
pub fn read_answer(status: u16, body: &str) -> Result<Value, ShellError> {
    let refused = |text: &str| Err(ShellError::Refused(text.to_owned()));
    let value = match body {
        "" => Ok(Value::Null),
        body => serde_json::from_str::<Value>(body),
    };
    match (status, value) {
        (200..300, Ok(value)) => Ok(value),
        (401, Ok(_)) => refused("the server does not accept this signing key: use the settings that it runs with"),
        (404, Ok(_)) => refused("there is no such user, room or call"),
        (_, Ok(problem)) => refused(problem["detail"].as_str().unwrap_or("the server refused")),
        (_, Err(_)) => refused("what answers at the address of these settings is not linger"),
    }
}

/// Carries out a command. Returns what it prints.
///
/// # Errors
/// If it is refused, or if the password cannot be read.
pub fn perform(act: &Act, calls: &mut dyn Calls) -> Result<String, ShellError> {
    match act {
        Act::User { act } => user(act, calls),
        Act::Invite(InviteArgs { uses, days, rooms, guest }) => {
            let body = json!({ "uses": uses, "days": days, "rooms": rooms, "guest": guest });
            let invite = calls.call("POST", "/invites", Some(&body))?;
            Ok(tables::invitation(&invite))
        }
        Act::Room { act: RoomAct::List } => Ok(tables::rooms(&list("/rooms", calls)?)),
        Act::Room { act: RoomAct::Archive { name, undo } } => {
            let name = checked(name)?;
            let found = calls.call("GET", &format!("/rooms?name={name}"), None)?;
            let Some(id) = found[0]["id"].as_i64() else {
                return Err(ShellError::Refused(format!("there is no public room named {name}")));
            };
            calls.call("PATCH", &format!("/room/{id}"), Some(&json!({ "archived": !undo })))?;
            Ok(format!("{name} is {}.", if *undo { "open again" } else { "archived" }))
        }
    }
}

fn user(act: &UserAct, calls: &mut dyn Calls) -> Result<String, ShellError> {
    let mut edit = |name: &str, body: Value| calls.call("PATCH", &format!("/users/{name}"), Some(&body));
    match act {
        UserAct::Add { name, password_stdin } => {
            let name = checked(name)?;
            if *password_stdin {
                let mut password = String::new();
                io::stdin().lock().read_line(&mut password)?;
                // Some editors begin a file with a byte order mark.
                let password = password.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
                calls.call("POST", "/users", Some(&json!({ "name": name, "password": password })))?;
                return Ok(format!("{name} is added, and signs in with the password."));
            }
            let added = calls.call("POST", "/users", Some(&json!({ "name": name })))?;
            Ok(format!("{name} is added.\n{}", tables::code(&name, &added["code"])))
        }
        UserAct::List => Ok(tables::users(&list("/users", calls)?)),
        UserAct::Show { name } => Ok(tables::user(&calls.call("GET", &format!("/users/{}", checked(name)?), None)?)),
        UserAct::Disable { name } => {
            let name = checked(name)?;
            edit(&name, json!({ "disabled": true }))?;
            Ok(format!("{name} is disabled, and signed out everywhere."))
        }
        UserAct::Enable { name } => {
            let name = checked(name)?;
            edit(&name, json!({ "disabled": false }))?;
            Ok(format!("{name} may sign in again."))
        }
        UserAct::Admin { name, revoke } => {
            let name = checked(name)?;
            let (role, text) = if *revoke { ("member", "a member") } else { ("admin", "an administrator") };
            edit(&name, json!({ "role": role }))?;
            Ok(format!("{name} is {text} now."))
        }
        UserAct::Recover { name } => {
            let name = checked(name)?;
            let code = calls.call("POST", &format!("/users/{name}/code"), None)?;
            Ok(tables::code(&name, &code))
        }
        UserAct::Delete { name, messages } => {
            let name = checked(name)?;
            let (query, text) = match messages {
                Messages::Keep => ("keep", "The messages stay, under the name deleted-ID."),
                Messages::Erase => ("erase", "The messages are erased."),
            };
            calls.call("DELETE", &format!("/users/{name}?messages={query}"), None)?;
            Ok(format!("{name} is deleted. {text}"))
        }
    }
}

/// Checks a name, which becomes part of a path.
fn checked(name: &str) -> Result<String, ShellError> {
    let name = Name::parse(name).map_err(|problem| ShellError::Refused(problem.detail.into_owned()))?;
    Ok(name.as_str().to_owned())
}

/// Returns all items of a list, which comes in pages by id.
fn list(path: &str, calls: &mut dyn Calls) -> Result<Vec<Value>, ShellError> {
    const PAGE: usize = 500;
    let mut items: Vec<Value> = Vec::new();
    loop {
        let after = items.last().and_then(|last| last["id"].as_i64()).unwrap_or(0);
        let page = calls.call("GET", &format!("{path}?after={after}&limit={PAGE}"), None)?;
        let Value::Array(page) = page else { return Ok(items) };
        let is_last = page.len() < PAGE;
        items.extend(page);
        if is_last {
            return Ok(items);
        }
    }
}
