//! `login`, `logout` and `whoami`.

use serde_json::json;

use crate::config::Settings;
use crate::display::Output;
use crate::domain::{Failure, visible};
use crate::{sign_in, terminal};

/// Prints the bare name, ready for a shell variable.
pub(super) fn whoami(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let user = sign_in::for_script(settings)?.call(|http| http.status(None))?.user;
    let server = settings.server.to_string();
    let object = json!({ "id": user.id, "name": user.name, "guest": user.guest, "server": server });
    output.json_or(&object, || visible(&user.name))
}

/// Signs in and keeps the sign-in.
pub(super) fn login(settings: &Settings, is_piped: bool, output: &mut Output) -> Result<(), Failure> {
    let user = sign_in::for_login(settings, is_piped)?.user;
    let server = settings.server.to_string();
    terminal::print_notice(&format!("You are signed in as {} at {server}.", visible(&user.name)));
    output.json(&json!({ "id": user.id, "name": user.name, "guest": user.guest, "server": server }))
}

/// Signs out.
pub(super) fn logout(settings: &Settings) -> Result<(), Failure> {
    let Some(credential) = sign_in::out(settings)? else { return Ok(()) };
    let loss = if credential.guest { " A guest cannot sign in again under this name." } else { "" };
    terminal::print_notice(&format!("{} is signed out of {}.{loss}", visible(&credential.user), settings.server));
    Ok(())
}
