//! Questions to a user who signs in: name, password, and a new password once more. Knows nothing of tokens.

use linger_api::Connected;

use super::connection::connect;
use super::credentials::Credentials;
use crate::domain::{Failure, visible};
use crate::http::{Http, Identity};
use crate::terminal;

/// How many attempts a user has.
const TRIES: usize = 3;

/// Whether a sign-in may make an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignUp {
    /// The account exists.
    Never,
    /// Only if the user agrees: the name may be misspelt.
    IfAgreed,
    /// The flags ask for it.
    Wanted,
}

impl SignUp {
    /// Returns whether accounts may be made, given the flag.
    pub(super) fn wanted(is_wanted: bool) -> Self {
        if is_wanted { Self::Wanted } else { Self::IfAgreed }
    }
}

/// Asks until the server accepts the answers, or the attempts are used up.
pub(super) fn ask_until_let_in(
    http: &Http,
    credentials: &Credentials,
    name: Option<String>,
    sign_up: SignUp,
) -> Result<Connected, Failure> {
    let mut tries = 1;
    loop {
        let (identity, is_current) = ask_identity(name.clone())?;
        let mut outcome = connect(http, &identity, sign_up == SignUp::Wanted);
        let mut is_agreed = false;
        let mut is_told = false;
        if let Err(failure) = &outcome
            && failure.is_wrong_credentials()
            && sign_up == SignUp::IfAgreed
        {
            terminal::print_notice(&visible(&failure.to_string()));
            is_agreed = agrees_to_create(&identity)?;
            if is_agreed {
                outcome = connect(http, &identity, true);
            }
            is_told = !is_agreed;
        }
        match outcome {
            Ok(connected) => {
                // Kept before the next question: the account exists by now, and this is the way back in.
                credentials.keep_or_warn(&connected.user, &http.token(), is_current);
                if !is_agreed {
                    confirm(&identity, &connected)?;
                }
                return Ok(connected);
            }
            // A user in the middle of a session has lines to lose.
            Err(failure) if failure.is_transient() && sign_up == SignUp::Never => {
                terminal::print_notice(&visible(&failure.to_string()));
            }
            Err(failure) if failure.is_about_input() && tries < TRIES => {
                tries += 1;
                if !is_told {
                    terminal::print_notice(&visible(&failure.to_string()));
                }
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Asks for the password, and for the name if none is given. Returns whether it asked for the name.
fn ask_identity(name: Option<String>) -> Result<(Identity, bool), Failure> {
    let (name, is_asked) = name_or_ask(name)?;
    if name.trim().is_empty() {
        return Ok((Identity::Anybody, is_asked));
    }
    let password = terminal::ask_hidden("Password (empty for a guest): ")?;
    Ok((Identity::of(&name, password), is_asked))
}

/// Reads the name, unless it is given, and the password from a pipe. Returns whether it read the name.
///
/// # Errors
///
/// [`Failure::Usage`] without a name or a password: the lines are messages, and the first must not become a guest's
/// name, nor the second a message of a guest.
pub(super) fn piped_identity(name: Option<String>) -> Result<(Identity, bool), Failure> {
    let (name, is_asked) = name_or_ask(name)?;
    let has_name = !name.trim().is_empty();
    let password = if has_name { terminal::ask_hidden("")? } else { String::new() };
    if !password.is_empty() {
        return Ok((Identity::of(&name, password), is_asked));
    }
    Err(Failure::Usage(match is_asked {
        true => {
            let missing = if has_name { "password" } else { "name" };
            format!(
                "nothing was sent: without --user, the first two lines of the input are a name and a password, and \
                 there is no {missing}. `linger send` sends the input as one message, `linger --user NAME` each line; \
                 --guest signs in without a password"
            )
        }
        false => "no password was given; --guest signs in without one".to_owned(),
    }))
}

fn name_or_ask(name: Option<String>) -> Result<(String, bool), Failure> {
    match name {
        Some(name) => Ok((name, false)),
        None => {
            let name = terminal::ask("Name (empty for a made-up one): ")?;
            Ok((name.ok_or_else(|| Failure::SignedOut("no name was given".to_owned()))?, true))
        }
    }
}

/// Asks whether to make an account with this name and password, and for the password once more.
fn agrees_to_create(identity: &Identity) -> Result<bool, Failure> {
    let Identity::Account(name, password) = identity else { return Ok(false) };
    let question = format!("Create a new account named {}? [y/N] ", visible(name));
    if !terminal::ask(&question)?.is_some_and(|answer| answer.trim_start().starts_with(['y', 'Y'])) {
        return Ok(false);
    }
    let is_repeated = terminal::ask_hidden("Password again: ")? == *password;
    if !is_repeated {
        terminal::print_notice("The passwords differ; no account was created.");
    }
    Ok(is_repeated)
}

/// Asks for a new account's password once more.
///
/// It was created by the flag, or by a server before 0.2, which creates accounts unasked. By now it exists, with the
/// password typed first. A user who cannot repeat it may look at it.
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
