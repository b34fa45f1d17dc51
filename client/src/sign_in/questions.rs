//! Questions to a user who signs in: name, password, and a new password once more. Knows nothing of tokens.

use linger_api::Connected;

use super::credentials::Credentials;
use crate::domain::{Failure, visible};
use crate::http::{Http, Identity};
use crate::terminal;

/// How many attempts a user has.
const TRIES: usize = 3;

/// Asks until the server accepts the answers, or the attempts are used up.
pub(super) fn ask_until_let_in(
    http: &Http,
    credentials: &Credentials,
    name: Option<String>,
) -> Result<Connected, Failure> {
    let mut tries = 1;
    loop {
        let (identity, is_current) = ask_identity(name.clone())?;
        match http.connect(&identity) {
            Ok(connected) => {
                // Kept before the next question: the account exists by now, and this is the way back in.
                credentials.keep_or_warn(&connected, is_current);
                confirm(&identity, &connected)?;
                return Ok(connected);
            }
            Err(failure @ Failure::Refused { .. }) if failure.is_about_input() && tries < TRIES => {
                tries += 1;
                terminal::print_notice(&visible(&failure.to_string()));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Asks for the password, and for the name if none is given. Returns whether it asked for the name.
pub(super) fn ask_identity(name: Option<String>) -> Result<(Identity, bool), Failure> {
    let no_name = || Failure::SignedOut("no name was given".to_owned());
    let (name, is_asked) = match name {
        Some(name) => (name, false),
        None => (terminal::ask("Name (empty for a made-up one): ")?.ok_or_else(no_name)?, true),
    };
    if name.trim().is_empty() {
        return Ok((Identity::Anybody, is_asked));
    }
    let password = terminal::ask_hidden("Password (empty for a guest): ")?;
    Ok((Identity::of(&name, password), is_asked))
}

/// Asks for a new account's password once more.
///
/// The server does not reveal which names are taken, so the only way to learn that a name is free is to take it. By now
/// the account exists, with the password typed first. A user who cannot repeat it may look at it.
fn confirm(identity: &Identity, connected: &Connected) -> Result<(), Failure> {
    let Identity::Account(_, password) = identity else { return Ok(()) };
    if connected.returning || !terminal::is_typed() {
        return Ok(());
    }
    terminal::print_notice(&format!("The name {} was free and is now yours.", visible(&connected.user.name)));
    for _ in 0..TRIES {
        if terminal::ask_hidden("Password again: ")? == *password {
            return Ok(());
        }
        terminal::print_notice("The passwords differ. The one you typed first is set.");
    }
    if terminal::ask("Show the password you typed first? [y/N] ")?.is_some_and(|answer| answer.starts_with(['y', 'Y']))
    {
        terminal::print_notice(&format!("It was: {}", visible(password)));
    }
    Ok(())
}
