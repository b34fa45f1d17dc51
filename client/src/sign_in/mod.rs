//! How one comes in: with a token that was given or kept, as a guest, or by being asked. Knows nothing of what one
//! comes in for.

mod credentials;
mod questions;

use std::io::{self, IsTerminal};
use std::time::Duration;

use linger_api::Connected;

use crate::config::Settings;
use crate::domain::{Failure, visible};
use crate::http::{Http, Identity, Token};
use crate::terminal;

pub use credentials::{Credential, Credentials};
use questions::{ask_until_let_in, asked};

/// A token that is older is exchanged for a new one: who comes now and then is never asked again.
const RENEW_AFTER: Duration = Duration::from_secs(24 * 60 * 60);

/// A session on the server, and what it begins with.
pub struct SignedIn {
    /// The session.
    pub http: Http,
    /// What the server said.
    pub connected: Connected,
    /// Somebody keeps the token: ending the session would take it away. What nobody keeps is to be signed out.
    pub is_kept: bool,
}

/// Comes in for a session: with what there is, and else by asking.
pub fn for_session(settings: &Settings) -> Result<SignedIn, Failure> {
    // Calls that are told of in the middle of a typed line would tear it apart.
    let is_traced = settings.verbose && !io::stderr().is_terminal();
    let http = Http::new(&settings.server, settings.ca_file().as_deref(), is_traced)?;
    let is_asked_by_pipe = !terminal::is_typed() && settings.user.is_none();
    if let Some(token) = &settings.token {
        http.set_token(token.clone());
        let connected = http.resume()?;
        return Ok(SignedIn { http, connected, is_kept: true });
    }
    if settings.guest && settings.user.is_none() {
        let connected = http.connect(&Identity::Anybody)?;
        return Ok(SignedIn { http, connected, is_kept: false });
    }
    if is_asked_by_pipe {
        // Whoever writes a name and a password into a pipe does so each time. If it depended on what is kept whether
        // they are read as that, they would some day be read as messages.
        let connected = http.connect(&asked(None)?.0)?;
        return Ok(SignedIn { http, connected, is_kept: false });
    }
    let credentials = Credentials::of(settings);
    let kept = credentials.find(settings.user.as_deref())?;
    let mut name = settings.user.clone();
    if let Some(credential) = kept {
        match go_on(&http, &credentials, &credential) {
            Ok(connected) => return Ok(SignedIn { http, connected, is_kept: true }),
            Err(failure) if failure.is_unauthorized() && terminal::is_typed() => {
                let loss = if credential.guest { " A guest has no way back in; be another." } else { "" };
                terminal::print_notice(&format!("{}: your session is over.{loss}", visible(&credential.user)));
                credentials.forget(&credential.user)?;
                name = Some(credential.user).filter(|_| !credential.guest);
            }
            Err(failure) => return Err(failure),
        }
    }
    let connected = match name {
        // Who pipes messages must not see the first of them taken for a password.
        Some(name) if settings.guest || !terminal::is_typed() => {
            enter(&http, &credentials, Identity::Guest(name), false)?
        }
        name => ask_until_let_in(&http, &credentials, name)?,
    };
    Ok(SignedIn { is_kept: credentials.folder().is_some(), http, connected })
}

/// Comes in for one command, asking nothing: with a token, or as a guest who is asked for by flag.
///
/// # Errors
/// [`Failure::SignedOut`] if there is no token.
pub fn for_script(settings: &Settings) -> Result<Http, Failure> {
    let http = http_of(settings)?;
    if let Some(token) = &settings.token {
        http.set_token(token.clone());
        return Ok(http);
    }
    let credentials = Credentials::of(settings);
    let is_visit = settings.guest && settings.user.is_none();
    let kept = if is_visit { None } else { credentials.find(settings.user.as_deref())? };
    match kept {
        Some(credential) if credential.age() < RENEW_AFTER => http.set_token(credential.token),
        Some(credential) => match go_on(&http, &credentials, &credential) {
            // The old token is good for weeks.
            Err(failure) if !failure.is_unauthorized() => http.set_token(credential.token),
            outcome => drop(outcome?),
        },
        None if is_visit => drop(http.connect(&Identity::Anybody)?),
        None if settings.guest => {
            let name = settings.user.clone().unwrap_or_default();
            drop(enter(&http, &credentials, Identity::Guest(name), false)?);
        }
        None => {
            let who = settings.user.as_ref().map(|user| format!(" as {user}")).unwrap_or_default();
            let how = "linger login does that, or LINGER_TOKEN names a session";
            return Err(Failure::SignedOut(format!("you are not signed in{who} at {}: {how}", settings.server)));
        }
    }
    Ok(http)
}

/// Comes in anew, whatever is kept, and keeps it.
pub fn anew(settings: &Settings) -> Result<Connected, Failure> {
    let credentials = Credentials::of(settings);
    if credentials.folder().is_none() {
        return Err(Failure::Terminal("there is no home folder to keep a sign-in in".to_owned()));
    }
    let (http, name) = (http_of(settings)?, settings.user.clone());
    match name {
        name if terminal::is_typed() && !settings.guest => ask_until_let_in(&http, &credentials, name),
        Some(name) if settings.guest => enter(&http, &credentials, Identity::Guest(name), false),
        None if settings.guest => enter(&http, &credentials, Identity::Anybody, true),
        name => {
            let (identity, is_current) = asked(name)?;
            enter(&http, &credentials, identity, is_current)
        }
    }
}

/// Comes in again in the middle of a session that the server has ended, by asking for the user's password.
///
/// # Errors
/// [`Failure::SignedOut`] for a guest, who has no password.
pub fn again(settings: &Settings, http: &Http, user: &str, is_guest: bool) -> Result<Connected, Failure> {
    let credentials = Credentials::of(settings);
    credentials.forget(user)?;
    if is_guest {
        return Err(Failure::SignedOut("this session is over, and a guest has no way back in".to_owned()));
    }
    let connected = ask_until_let_in(http, &credentials, Some(user.to_owned()))?;
    Ok(connected)
}

/// The sign-in that is kept, if there is one.
pub fn kept(settings: &Settings) -> Result<Option<(Credentials, Credential)>, Failure> {
    let credentials = Credentials::of(settings);
    let found = credentials.find(settings.user.as_deref())?;
    Ok(found.map(|credential| (credentials, credential)))
}

/// A session by its token alone.
pub fn with_token(settings: &Settings, token: Token) -> Result<Http, Failure> {
    let http = http_of(settings)?;
    http.set_token(token);
    Ok(http)
}

/// A connection that these settings describe, without a session.
fn http_of(settings: &Settings) -> Result<Http, Failure> {
    Http::new(&settings.server, settings.ca_file().as_deref(), settings.verbose)
}

fn go_on(http: &Http, credentials: &Credentials, credential: &Credential) -> Result<Connected, Failure> {
    http.set_token(credential.token.clone());
    if credential.age() < RENEW_AFTER {
        return http.resume();
    }
    let connected = http.connect_again()?;
    // The old token is left to run out: another linger may be using it.
    keep(credentials, &connected, false);
    Ok(connected)
}

fn enter(http: &Http, credentials: &Credentials, identity: Identity, is_current: bool) -> Result<Connected, Failure> {
    let connected = http.connect(&identity)?;
    keep(credentials, &connected, is_current);
    Ok(connected)
}

/// Not being able to keep a sign-in is no reason to stay outside.
fn keep(credentials: &Credentials, connected: &Connected, is_current: bool) {
    if let Err(failure) = credentials.keep(connected, is_current) {
        terminal::print_notice(&format!("This sign-in is not kept: {}", visible(&failure.to_string())));
    }
}
