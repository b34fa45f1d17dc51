//! A new password: asked for twice without echo, or read from a pipe. Knows nothing of what happens afterwards.

use super::credentials::Credentials;
use crate::config::Settings;
use crate::domain::{Failure, visible};
use crate::http::{Http, Me};
use crate::terminal;

/// Asks for the old password and a new one, and sets the new one. Returns what to tell the user.
///
/// # Errors
///
/// [`Failure::Usage`] if the passwords differ, or if a pipe has none.
pub(crate) fn change(settings: &Settings, http: &Http, me: &Me) -> Result<String, Failure> {
    let old = me.needs_old_password().then(|| terminal::ask_hidden("Old password: ")).transpose()?;
    let new = terminal::ask_hidden("New password: ")?;
    if new.is_empty() || old.as_deref() == Some("") {
        return Err(Failure::Usage("no password was given; nothing has changed".to_owned()));
    }
    if terminal::is_typed() && terminal::ask_hidden("New password again: ")? != new {
        return Err(Failure::Usage("the passwords differ; nothing has changed".to_owned()));
    }
    http.set_password(old.as_deref(), &new)?;
    if !me.guest {
        return Ok("Your password is set. Your other sessions have ended.".to_owned());
    }
    // The kept sign-in is no longer the only way back.
    if settings.token().is_none() {
        let credentials = Credentials::of(settings);
        if let Ok(Some(kept)) = credentials.find(Some(&me.name)) {
            credentials.write(&me.name, false, &kept.token)?;
        }
    }
    Ok(format!("{} is an account now, with this password. Your other sessions have ended.", visible(&me.name)))
}
