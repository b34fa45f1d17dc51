//! Questions to a user who signs in: how to come in, name and password. Knows nothing of tokens.

use linger_api::Connected;

use super::connection::connect;
use super::credentials::Credentials;
use crate::domain::{Failure, visible};
use crate::http::{Code, CodeKind, Door, Http, Identity};
use crate::terminal;

/// How many attempts a user has.
const TRIES: usize = 3;

/// A way to come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// As a user who exists.
    SignIn,
    /// As a new user with a password.
    Account,
    /// As a user without a password.
    Guest,
}

impl Way {
    /// Returns how the way is called, and the key that chooses it.
    fn words(self) -> (&'static str, char) {
        match self {
            Self::SignIn => ("sign in", 's'),
            Self::Account => ("new account", 'n'),
            Self::Guest => ("guest", 'g'),
        }
    }
}

/// The questions of one sign-in.
pub(super) struct Questions<'a> {
    http: &'a Http,
    credentials: &'a Credentials,
    code: Option<&'a Code>,
    door: Door,
}

impl<'a> Questions<'a> {
    /// Names the server, and asks it who may come in.
    ///
    /// # Errors
    ///
    /// [`Failure::Network`] if the server does not answer: nobody is asked for a name then.
    pub(super) fn at(http: &'a Http, credentials: &'a Credentials, code: Option<&'a Code>) -> Result<Self, Failure> {
        let hint = if code.is_some() { "" } else { " (linger --server URL uses another one)" };
        terminal::print_notice(&format!("Server: {}{hint}", http.server()));
        let door = http.door()?;
        if let Some(name) = door.name() {
            terminal::print_notice(&format!("Welcome to {}.", visible(name)));
        }
        if let Some(welcome) = door.welcome() {
            terminal::print_notice(&visible(welcome));
        }
        Ok(Self { http, credentials, code, door })
    }

    /// Asks until the server accepts the answers, or the attempts are used up. Asks for the way unless it is given.
    pub(super) fn ask_until_let_in(&self, way: Option<Way>, name: Option<String>) -> Result<Connected, Failure> {
        let (mut way, mut name) = (way, name);
        if let (Some(Way::Account), None, Some(refusal)) = (way, self.code, self.door.refusal()) {
            return Err(Failure::SignedOut(refusal.to_owned()));
        }
        let mut tries = 1;
        loop {
            let chosen = way.map_or_else(|| self.choose(), Ok)?;
            let (identity, is_asked) = self.ask(chosen, name.as_deref())?;
            let failure = match connect(self.http, &identity, chosen != Way::SignIn, self.code) {
                Ok(connected) => {
                    // Kept before the next question: the account exists by now, and this is the way back in.
                    self.credentials.keep_or_warn(&connected.user, &self.http.token(), is_asked);
                    if chosen == Way::SignIn && !self.door.is_known() {
                        confirm(&identity, &connected)?;
                    }
                    return Ok(connected);
                }
                Err(failure) => failure,
            };
            if !failure.is_about_input() || tries == TRIES {
                return Err(failure);
            }
            tries += 1;
            terminal::print_notice(&match (chosen, &identity) {
                (Way::Account, Identity::Account(name, _)) if failure.is_wrong_credentials() => {
                    format!("The name {} is taken: choose another one.", visible(&name.to_lowercase()))
                }
                _ => visible(&failure.to_string()),
            });
            if chosen != Way::SignIn {
                (way, name) = (Some(chosen), None);
            }
        }
    }

    /// Asks how to come in, if there is a choice.
    fn choose(&self) -> Result<Way, Failure> {
        let is_invited = self.code.is_some();
        let mut ways = Vec::new();
        if self.code.is_none_or(|code| code.kind == CodeKind::Unknown) {
            ways.push(Way::SignIn);
        }
        match self.door.refusal().filter(|_| !is_invited) {
            Some(refusal) => terminal::print_notice(refusal),
            None => ways.push(Way::Account),
        }
        if self.door.takes_guests(is_invited) {
            ways.push(Way::Guest);
        }
        if let [only] = ways[..] {
            return Ok(only);
        }
        let question = question(&ways);
        loop {
            let answer = ask(&question)?;
            let key = answer.trim().chars().next().map(|c| c.to_ascii_lowercase());
            if let Some(way) = ways.iter().find(|way| key == Some(way.words().1)) {
                return Ok(*way);
            }
        }
    }

    /// Asks for a name unless it is given, and for a password. Returns whether it asked for the name.
    fn ask(&self, way: Way, name: Option<&str>) -> Result<(Identity, bool), Failure> {
        let is_asked = name.is_none();
        let identity = match way {
            // The code knows whose it is.
            Way::SignIn if self.code.is_some() => Identity::Anybody,
            Way::SignIn => {
                let name = match name {
                    Some(name) => name.to_owned(),
                    None => ask_for_something("Name: ")?,
                };
                Identity::Account(name, ask_password("Password: ")?)
            }
            Way::Account => Identity::Account(new_name(name, "Your new name: ")?, new_password()?),
            Way::Guest => match new_name(name, "Your name (empty for a made-up one): ")? {
                name if name.is_empty() => Identity::Anybody,
                name => Identity::Guest(name),
            },
        };
        Ok((identity, is_asked))
    }
}

/// Asks a user whose session has ended for the password, until the server accepts it or the attempts are used up.
pub(super) fn ask_again(http: &Http, credentials: &Credentials, user: &str) -> Result<Connected, Failure> {
    let mut tries = 1;
    loop {
        let identity = Identity::Account(user.to_owned(), ask_password("Password: ")?);
        match connect(http, &identity, false, None) {
            Ok(connected) => {
                credentials.keep_or_warn(&connected.user, &http.token(), false);
                return Ok(connected);
            }
            // A user in the middle of a session has lines to lose.
            Err(failure) if failure.is_transient() => terminal::print_notice(&visible(&failure.to_string())),
            Err(failure) if failure.is_about_input() && tries < TRIES => {
                tries += 1;
                terminal::print_notice(&visible(&failure.to_string()));
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Reads the name, unless it is given, and the password from a pipe. Returns whether it read the name.
///
/// # Errors
///
/// [`Failure::Usage`] without a name or a password: the lines are messages, and the first must not become a guest's
/// name, nor the second a message of a guest.
pub(super) fn piped_identity(name: Option<String>) -> Result<(Identity, bool), Failure> {
    let is_asked = name.is_none();
    let name = name.map_or_else(|| ask(""), Ok)?;
    let has_name = !name.trim().is_empty();
    let password = if has_name { terminal::ask_hidden("")? } else { String::new() };
    if !password.is_empty() {
        return Ok((Identity::Account(name.trim().to_owned(), password), is_asked));
    }
    Err(Failure::Usage(match is_asked {
        true => {
            let missing = if has_name { "password" } else { "name" };
            format!(
                "nothing was sent: you are not signed in, so the first two lines of the input are a name and a \
                 password, and there is no {missing}. `linger login` signs in, and `linger` then sends each line; \
                 --guest needs no sign-in"
            )
        }
        false => "no password was given; --guest signs in without one".to_owned(),
    }))
}

/// Returns the question between several ways, such as `Sign in, new account or guest? [s/n/g] `.
fn question(ways: &[Way]) -> String {
    let names: Vec<_> = ways.iter().map(|way| way.words().0).collect();
    let keys: Vec<_> = ways.iter().map(|way| way.words().1.to_string()).collect();
    let (last, before) = names.split_last().expect("there is a way");
    let asked = format!("{} or {last}? [{}] ", before.join(", "), keys.join("/"));
    asked[..1].to_uppercase() + &asked[1..]
}

/// Asks for a line.
///
/// # Errors
///
/// [`Failure::SignedOut`] at the end of the input.
fn ask(question: &str) -> Result<String, Failure> {
    terminal::ask(question)?.ok_or_else(|| Failure::SignedOut("no name was given".to_owned()))
}

/// Asks until the answer is not empty.
fn ask_for_something(question: &str) -> Result<String, Failure> {
    loop {
        let answer = ask(question)?;
        if !answer.trim().is_empty() {
            return Ok(answer.trim().to_owned());
        }
    }
}

/// Asks for a password until it is not empty.
fn ask_password(question: &str) -> Result<String, Failure> {
    loop {
        let password = terminal::ask_hidden(question)?;
        if !password.is_empty() {
            return Ok(password);
        }
    }
}

/// Asks for a new name, and says it back as the server will write it. The answer may be empty if the question says so.
fn new_name(given: Option<&str>, question: &str) -> Result<String, Failure> {
    let mut given = given.map(str::to_owned);
    loop {
        let typed = match given.take() {
            Some(name) => name,
            None if question.contains("empty") => ask(question)?,
            None => ask_for_something(question)?,
        };
        let name = typed.trim().to_lowercase();
        if name.is_empty() {
            return Ok(name);
        }
        // The server refuses it too, but only after the password.
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
            terminal::print_notice("A name consists of a-z, 0-9, - and _.");
            continue;
        }
        if is_yes(&ask(&format!("Others will see you as {name}. Take this name? [Y/n] "))?, true) {
            return Ok(name);
        }
    }
}

/// Asks for a new password until it is typed twice.
fn new_password() -> Result<String, Failure> {
    loop {
        let password = ask_password("New password: ")?;
        if terminal::ask_hidden("Password again: ")? == password {
            return Ok(password);
        }
        terminal::print_notice("The passwords differ.");
    }
}

fn is_yes(answer: &str, otherwise: bool) -> bool {
    answer.trim().chars().next().map_or(otherwise, |c| c.eq_ignore_ascii_case(&'y'))
}

/// Asks for a new account's password once more.
///
/// It was created by a server before 0.2, which creates accounts unasked. By now it exists, with the password typed
/// first. A user who cannot repeat it may look at it.
fn confirm(identity: &Identity, connected: &Connected) -> Result<(), Failure> {
    let Identity::Account(_, password) = identity else { return Ok(()) };
    if connected.returning {
        return Ok(());
    }
    terminal::print_notice(&format!("The name {} was free and is now yours.", visible(&connected.user.name)));
    for _ in 0..TRIES {
        if terminal::ask_hidden("Password again: ")? == *password {
            return Ok(());
        }
        terminal::print_notice("The passwords differ. The one you typed first is set.");
    }
    if is_yes(&ask("Show the password you typed first? [y/N] ")?, false) {
        terminal::print_notice(&format!("It was: {}", visible(password)));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_each_way_and_its_key() {
        assert_eq!(question(&[Way::SignIn, Way::Account, Way::Guest]), "Sign in, new account or guest? [s/n/g] ");
        assert_eq!(question(&[Way::Account, Way::Guest]), "New account or guest? [n/g] ");
    }

    #[test]
    fn an_empty_answer_is_the_one_in_capitals() {
        for (answer, otherwise, is_so) in
            [("", true, true), ("", false, false), (" Yes", false, true), ("n", true, false), ("what", true, false)]
        {
            assert_eq!(is_yes(answer, otherwise), is_so, "{answer:?}");
        }
    }
}
