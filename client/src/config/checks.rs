//! Checks of a value before `config set` writes it. A file written by hand is not checked: it may name a program or a
//! file that does not exist yet.

use std::path::Path;

use super::Notify;
use crate::domain::{Conversation, Failure, RULE, is_name, plain};
use crate::http::refuse_untrusted;

/// Returns the value as it is written.
///
/// # Errors
///
/// [`Failure::Usage`] if the value cannot be meant.
pub(super) fn checked(key: &str, value: &str) -> Result<String, Failure> {
    match key {
        "user" => named(key, value, value),
        "room" => named(key, value, Conversation::room(value).name()),
        // The user means a file in the current folder, and the settings file one beside itself.
        "ca_file" => match refuse_untrusted(Path::new(value)) {
            Ok(()) => absolute(key, value),
            Err(why) => Err(refused(key, value, &why)),
        },
        "notify" => Notify::checked(value).map_err(|why| refused(key, value, &why)),
        _ => Ok(value.to_owned()),
    }
}

fn named(key: &str, value: &str, name: &str) -> Result<String, Failure> {
    if is_name(name) { Ok(value.to_owned()) } else { Err(refused(key, value, RULE)) }
}

fn absolute(key: &str, value: &str) -> Result<String, Failure> {
    let path = std::path::absolute(value).map_err(|error| refused(key, value, &plain(error)))?;
    Ok(Path::to_str(&path).unwrap_or(value).to_owned())
}

/// Refuses a name of a profile that settings files cannot use: a dot leads from a table to another one.
pub(super) fn refuse_dotted(profile: &str) -> Result<(), Failure> {
    match profile.contains('.') {
        true => Err(refused("profile", profile, "the name of a profile has no dot")),
        false => Ok(()),
    }
}

fn refused(key: &str, value: &str, why: &str) -> Failure {
    Failure::Usage(format!("{key}: {value}: {why}"))
}
