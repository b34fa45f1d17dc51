//! Signing in: with a given or kept token, as a guest, or by asking. Knows nothing of what happens afterwards.

mod credentials;
mod questions;

use std::io::{self, IsTerminal};
use std::time::Duration;

use linger_api::Connected;

use crate::config::Settings;
use crate::domain::{Failure, visible};
use crate::http::{Http, Identity, Token};
use crate::terminal;

pub(crate) use self::credentials::{Credential, Credentials};
use self::questions::{ask_identity, ask_until_let_in};

/// The age at which a token is renewed, so that an occasional user is never asked again.
const RENEW_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A session on the server, and its initial state.
pub(crate) struct SignedIn {
    pub(crate) http: Http,
    pub(crate) connected: Connected,
    /// Whether the token is kept, here or by the user. A session whose token is not kept is signed out at the end.
    pub(crate) is_kept: bool,
}

/// Signs in for an interactive session: with the given or kept token, or by asking.
pub(crate) fn for_session(settings: &Settings) -> Result<SignedIn, Failure> {
    // A trace would tear the typed line apart.
    let is_traced = settings.verbose && !io::stderr().is_terminal();
    let http = Http::new(&settings.server, settings.ca_file().as_deref(), is_traced)?;
    let (connected, is_kept) = if let Some(token) = &settings.token {
        http.set_token(token.clone());
        (http.resume()?, true)
    } else if is_visit(settings) {
        (http.connect(&Identity::Anybody)?, false)
    } else if !terminal::is_typed() && settings.user.is_none() {
        // A pipe that begins with a name and a password does so every time. If a kept sign-in decided whether they are
        // read as such, they would one day be sent as messages.
        (http.connect(&ask_identity(None)?.0)?, false)
    } else {
        let credentials = Credentials::of(settings);
        (resume_or_ask(settings, &http, &credentials)?, credentials.folder().is_some())
    };
    Ok(SignedIn { http, connected, is_kept })
}

/// Resumes the kept session. Without one, or if it has ended, signs in as a guest or asks.
fn resume_or_ask(settings: &Settings, http: &Http, credentials: &Credentials) -> Result<Connected, Failure> {
    let mut name = settings.user.clone();
    if let Some(credential) = credentials.find(name.as_deref())? {
        match resume(http, credentials, &credential) {
            Err(failure) if failure.is_unauthorized() && terminal::is_typed() => {
                let loss = if credential.guest { " A guest cannot sign in again; choose another name." } else { "" };
                terminal::print_notice(&format!("{}: your session has ended.{loss}", visible(&credential.user)));
                credentials.forget(&credential.user)?;
                name = Some(credential.user).filter(|_| !credential.guest);
            }
            outcome => return outcome,
        }
    }
    match name {
        // In a pipe the next line is a message, not a password.
        Some(name) if settings.guest || !terminal::is_typed() => {
            connect(http, credentials, &Identity::Guest(name), false)
        }
        name => ask_until_let_in(http, credentials, name),
    }
}

/// Signs in for one command without asking: with a token, or as a guest if the flags say so.
///
/// # Errors
///
/// [`Failure::SignedOut`] if there is no token.
pub(crate) fn for_script(settings: &Settings) -> Result<Http, Failure> {
    let http = http_of(settings)?;
    if let Some(token) = &settings.token {
        http.set_token(token.clone());
        return Ok(http);
    }
    if is_visit(settings) {
        http.connect(&Identity::Anybody)?;
        return Ok(http);
    }
    let credentials = Credentials::of(settings);
    match (credentials.find(settings.user.as_deref())?, &settings.user) {
        (Some(credential), _) if credential.age() < RENEW_AFTER => http.set_token(credential.token),
        (Some(credential), _) => match resume(&http, &credentials, &credential) {
            // The old token is valid for weeks.
            Err(failure) if !failure.is_unauthorized() => http.set_token(credential.token),
            outcome => drop(outcome?),
        },
        (None, Some(name)) if settings.guest => {
            connect(&http, &credentials, &Identity::Guest(name.clone()), false)?;
        }
        (None, name) => {
            let who = name.as_ref().map(|name| format!(" as {name}")).unwrap_or_default();
            let how = "run `linger login`, or set LINGER_TOKEN";
            return Err(Failure::SignedOut(format!("you are not signed in{who} at {}; {how}", settings.server)));
        }
    }
    Ok(http)
}

/// Returns whether the flags ask for a guest under a made-up name, of which nothing is kept.
fn is_visit(settings: &Settings) -> bool {
    settings.guest && settings.user.is_none()
}

/// Signs in whatever is kept, and keeps the new sign-in.
pub(crate) fn for_login(settings: &Settings) -> Result<Connected, Failure> {
    let credentials = Credentials::of(settings);
    if credentials.folder().is_none() {
        return Err(Failure::Terminal("there is no home folder to save a sign-in in".to_owned()));
    }
    let (http, name) = (http_of(settings)?, settings.user.clone());
    match name {
        name if terminal::is_typed() && !settings.guest => ask_until_let_in(&http, &credentials, name),
        Some(name) if settings.guest => connect(&http, &credentials, &Identity::Guest(name), false),
        None if settings.guest => connect(&http, &credentials, &Identity::Anybody, true),
        name => {
            let (identity, is_current) = ask_identity(name)?;
            connect(&http, &credentials, &identity, is_current)
        }
    }
}

/// Signs in again during a session that the server has ended, by asking for the password.
///
/// # Errors
///
/// [`Failure::SignedOut`] for a guest, who has no password.
pub(crate) fn again(settings: &Settings, http: &Http, user: &str, is_guest: bool) -> Result<Connected, Failure> {
    let credentials = Credentials::of(settings);
    credentials.forget(user)?;
    if is_guest {
        return Err(Failure::SignedOut("this session has ended, and a guest cannot sign in again".to_owned()));
    }
    let connected = ask_until_let_in(http, &credentials, Some(user.to_owned()))?;
    Ok(connected)
}

/// Returns the kept sign-in, if there is one.
pub(crate) fn kept(settings: &Settings) -> Result<Option<(Credentials, Credential)>, Failure> {
    let credentials = Credentials::of(settings);
    let found = credentials.find(settings.user.as_deref())?;
    Ok(found.map(|credential| (credentials, credential)))
}

/// Returns a session for a token.
pub(crate) fn with_token(settings: &Settings, token: Token) -> Result<Http, Failure> {
    let http = http_of(settings)?;
    http.set_token(token);
    Ok(http)
}

/// Returns a connection without a session.
fn http_of(settings: &Settings) -> Result<Http, Failure> {
    Http::new(&settings.server, settings.ca_file().as_deref(), settings.verbose)
}

/// Resumes a kept session, with a new token if the old one is a day old.
fn resume(http: &Http, credentials: &Credentials, credential: &Credential) -> Result<Connected, Failure> {
    http.set_token(credential.token.clone());
    if credential.age() < RENEW_AFTER {
        return http.resume();
    }
    let connected = http.connect_again()?;
    // The old token is left to expire: another linger may be using it.
    credentials.keep_or_warn(&connected, false);
    Ok(connected)
}

/// Connects and keeps the sign-in.
fn connect(
    http: &Http,
    credentials: &Credentials,
    identity: &Identity,
    is_current: bool,
) -> Result<Connected, Failure> {
    let connected = http.connect(identity)?;
    credentials.keep_or_warn(&connected, is_current);
    Ok(connected)
}
