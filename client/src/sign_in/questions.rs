//! Questions to a user who signs in: name, password, and a new password once more. Knows nothing of tokens.

use linger_api::Connected;

use super::connection::connect;
use super::credentials::Credentials;
use crate::domain::{Failure, visible};
use crate::http::{Code, Door, Http, Identity};
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

/// The questions of one sign-in.
pub(super) struct Questions<'a> {
    http: &'a Http,
    credentials: &'a Credentials,
    sign_up: SignUp,
    code: Option<&'a Code>,
    /// Whether the code may be one of the user's own, which needs no password.
    may_be_own: bool,
    door: Door,
}

impl<'a> Questions<'a> {
    pub(super) fn new(http: &'a Http, credentials: &'a Credentials, sign_up: SignUp) -> Self {
        // A server that does not tell is asked all the same.
        let door = if sign_up == SignUp::Never { Ok(Door::unknown()) } else { http.door() };
        let door = door.unwrap_or_else(|_| Door::unknown());
        Self { http, credentials, sign_up, code: None, may_be_own: false, door }
    }

    /// Signs in with a code.
    pub(super) fn with(self, code: &'a Code, may_be_own: bool) -> Self {
        Self { code: Some(code), may_be_own, ..self }
    }

    /// Asks until the server accepts the answers, or the attempts are used up.
    pub(super) fn ask_until_let_in(&self, name: Option<String>) -> Result<Connected, Failure> {
        let mut tries = 1;
        loop {
            let (identity, is_current) = self.ask_identity(name.clone())?;
            let mut outcome = connect(self.http, &identity, self.sign_up == SignUp::Wanted, self.code);
            let mut is_agreed = false;
            let mut is_told = false;
            if let Err(failure) = &outcome
                && failure.is_wrong_credentials()
                && self.sign_up != SignUp::Never
            {
                terminal::print_notice(&visible(&failure.to_string()));
                is_agreed = self.agrees_to_create(&identity)?;
                if is_agreed {
                    outcome = connect(self.http, &identity, true, None);
                }
                is_told = !is_agreed;
            }
            match outcome {
                Ok(connected) => {
                    // Kept before the next question: the account exists by now, and this is the way back in.
                    self.credentials.keep_or_warn(&connected.user, &self.http.token(), is_current);
                    if !is_agreed {
                        confirm(&identity, &connected)?;
                    }
                    return Ok(connected);
                }
                // A user in the middle of a session has lines to lose.
                Err(failure) if failure.is_transient() && self.sign_up == SignUp::Never => {
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
    fn ask_identity(&self, name: Option<String>) -> Result<(Identity, bool), Failure> {
        let takes_guests = self.door.takes_guests(self.code.is_some());
        let question = match (self.may_be_own, takes_guests) {
            (true, _) => "Name (empty for a code of your own account): ",
            (false, true) => "Name (empty for a made-up one): ",
            (false, false) => "Name: ",
        };
        let (name, is_asked) = name_or_ask(name, question)?;
        if name.trim().is_empty() {
            return Ok((Identity::Anybody, is_asked));
        }
        let question = match (self.may_be_own && !is_asked, takes_guests) {
            (true, _) => "Password (empty for a code of your own account): ",
            (false, true) => "Password (empty for a guest): ",
            (false, false) => "Password: ",
        };
        let password = terminal::ask_hidden(question)?;
        Ok((Identity::of(&name, password), is_asked))
    }

    /// Says why no account was made, or asks whether to make one with this name and password, and for the password once
    /// more.
    fn agrees_to_create(&self, identity: &Identity) -> Result<bool, Failure> {
        let Identity::Account(name, password) = identity else { return Ok(false) };
        if self.code.is_some() {
            terminal::print_notice("If you have no account yet, this name is taken: choose another one.");
            return Ok(false);
        }
        if let Some(refusal) = self.door.refusal() {
            terminal::print_notice(refusal);
            return Ok(false);
        }
        if self.sign_up == SignUp::Wanted {
            return Ok(false);
        }
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
}

/// Reads the name, unless it is given, and the password from a pipe. Returns whether it read the name.
///
/// # Errors
///
/// [`Failure::Usage`] without a name or a password: the lines are messages, and the first must not become a guest's
/// name, nor the second a message of a guest.
pub(super) fn piped_identity(name: Option<String>) -> Result<(Identity, bool), Failure> {
    let (name, is_asked) = name_or_ask(name, "Name: ")?;
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

fn name_or_ask(name: Option<String>, question: &str) -> Result<(String, bool), Failure> {
    match name {
        Some(name) => Ok((name, false)),
        None => {
            let name = terminal::ask(question)?;
            Ok((name.ok_or_else(|| Failure::SignedOut("no name was given".to_owned()))?, true))
        }
    }
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
