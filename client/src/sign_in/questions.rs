//! What is asked of who comes in: the name, the password, a new password once more. Knows nothing of tokens.

use linger_api::Connected;

use super::credentials::Credentials;
use crate::domain::{Failure, visible};
use crate::http::{Http, Identity};
use crate::terminal;

/// How often somebody may mistype.
const TRIES: usize = 3;

/// Asks for what is not known until the server lets somebody in, or until that was tried too often.
pub(super) fn ask_until_let_in(
    http: &Http,
    credentials: &Credentials,
    name: Option<String>,
) -> Result<Connected, Failure> {
    let mut tries = 1;
    loop {
        let (identity, is_current) = asked(name.clone())?;
        match http.connect(&identity) {
            Ok(connected) => {
                // Before anything else is asked: the account is there, and this is the way back in.
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

/// Asks for what is not known: the name, perhaps, and the password. Says whether the name was asked for.
pub(super) fn asked(name: Option<String>) -> Result<(Identity, bool), Failure> {
    let nobody = || Failure::SignedOut("nobody said who is to sign in".to_owned());
    let (name, is_asked) = match name {
        Some(name) => (name, false),
        None => (terminal::ask("Name (empty: a made-up one): ")?.ok_or_else(nobody)?, true),
    };
    if name.trim().is_empty() {
        return Ok((Identity::Anybody, is_asked));
    }
    let password = terminal::ask_hidden("Password (empty: a guest): ")?;
    Ok((Identity::of(&name, password), is_asked))
}

/// Asks for a new account's password once more.
///
/// That a name is free one learns by taking it: the server does not tell strangers who there is. So the account is
/// made by then, with what was typed first; who cannot repeat that may look at it.
fn confirm(identity: &Identity, connected: &Connected) -> Result<(), Failure> {
    let Identity::Account(_, password) = identity else { return Ok(()) };
    if connected.returning || !terminal::is_typed() {
        return Ok(());
    }
    terminal::print_notice(&format!("The name {} was free, and is yours now.", visible(&connected.user.name)));
    for _ in 0..TRIES {
        if terminal::ask_hidden("Password again: ")? == *password {
            return Ok(());
        }
        terminal::print_notice("That is not what you typed the first time, which is the password now.");
    }
    if terminal::ask("Show what you typed the first time? [y/N] ")?.is_some_and(|answer| answer.starts_with(['y', 'Y']))
    {
        terminal::print_notice(&format!("It was: {}", visible(password)));
    }
    Ok(())
}
