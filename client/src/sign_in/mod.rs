//! Signing in: with a given or kept token, as a guest, or by asking. Knows nothing of what happens afterwards.

mod by_code;
mod connection;
mod credentials;
mod password;
mod questions;
mod renewal;

use std::io::{self, IsTerminal};
use std::sync::Arc;

use linger_api::Connected;

use crate::config::Settings;
use crate::domain::{Failure, visible};
use crate::http::{Http, Identity, Token};
use crate::terminal;

use self::connection::connect_unasked;
pub(crate) use self::credentials::{Credential, Credentials};
pub(crate) use self::password::change as change_password;
use self::questions::{Questions, Way, ask_again, piped_identity};
pub(crate) use self::renewal::Renewal;

const TOKEN_ENDED: &str = "the session of LINGER_TOKEN has ended; set another token, or unset it to use the sign-in of \
                           `linger login`";

/// A session on the server.
pub(crate) struct Session {
    pub(crate) http: Arc<Http>,
    pub(crate) renewal: Arc<Renewal>,
}

/// A session on the server, and its initial state.
pub(crate) struct SignedIn {
    pub(crate) session: Session,
    pub(crate) connected: Connected,
    /// Whether the token is kept, here or by the user. A session whose token is not kept is signed out at the end.
    pub(crate) is_kept: bool,
}

impl Session {
    fn given(http: Arc<Http>) -> Self {
        Self { renewal: Arc::new(Renewal::of_given(Arc::clone(&http))), http }
    }

    fn visit(http: Arc<Http>) -> Self {
        Self { renewal: Arc::new(Renewal::of_visit(Arc::clone(&http))), http }
    }

    fn kept(http: Arc<Http>, credentials: Credentials, user: &str) -> Self {
        if credentials.folder().is_none() {
            return Self::visit(http);
        }
        Self { renewal: Arc::new(Renewal::of_kept(Arc::clone(&http), credentials, user.to_owned())), http }
    }

    /// Makes a call, and makes it once more if the server does not accept the token and there is another one.
    pub(crate) fn call<T>(&self, call: impl Fn(&Http) -> Result<T, Failure>) -> Result<T, Failure> {
        self.renewal.call(call).map_err(|failure| match failure.is_unauthorized() && self.renewal.is_given() {
            true => Failure::SignedOut(TOKEN_ENDED.to_owned()),
            false => failure,
        })
    }
}

/// Returns whether the user is signed in, as far as this machine knows.
pub(crate) fn is_kept(settings: &Settings) -> Result<bool, Failure> {
    Ok(settings.token().is_some() || Credentials::of(settings).find(settings.user.as_deref())?.is_some())
}

/// Signs in for an interactive session: with the given or kept token, or by asking.
pub(crate) fn for_session(settings: &Settings) -> Result<SignedIn, Failure> {
    // A trace would tear the typed line apart.
    let is_traced = settings.verbose && !io::stderr().is_terminal();
    let http = Arc::new(Http::new(&settings.server, settings.ca_file().as_deref(), is_traced)?);
    if let Some(token) = settings.token() {
        http.set_token(token);
        let session = Session::given(http);
        let connected = session.call(Http::resume)?;
        return Ok(SignedIn { session, connected, is_kept: true });
    }
    if let Some(code) = &settings.code {
        let credentials = Credentials::of(settings);
        let connected = by_code::enter(settings, &http, &credentials, code, false)?;
        let is_kept = credentials.folder().is_some();
        let session = Session::kept(http, credentials, &connected.user.name);
        return Ok(SignedIn { session, connected, is_kept });
    }
    let credentials = Credentials::of(settings);
    // Each line of a pipe is a message. Without a kept sign-in, the first two are the name and the password.
    let identity = match () {
        () if is_visit(settings) => Some(Identity::Anybody),
        () if terminal::is_typed() => None,
        () if settings.create => Some(piped_identity(settings.user.clone())?.0),
        () if settings.user.is_none() && credentials.find(None)?.is_none() => Some(piped_identity(None)?.0),
        () => None,
    };
    if let Some(identity) = identity {
        let connected = connect_unasked(&http, &identity, settings.create, None)?;
        return Ok(SignedIn { session: Session::visit(http), connected, is_kept: false });
    }
    let connected = resume_or_ask(settings, &http, &credentials)?;
    let is_kept = credentials.folder().is_some();
    let session = Session::kept(http, credentials, &connected.user.name);
    Ok(SignedIn { session, connected, is_kept })
}

/// Resumes the kept session. Without one, or if it has ended, signs in as a guest if the flags say so, or asks.
fn resume_or_ask(settings: &Settings, http: &Arc<Http>, credentials: &Credentials) -> Result<Connected, Failure> {
    let mut name = settings.user.clone();
    if let Some(credential) = credentials.find(name.as_deref())? {
        http.set_token(credential.token);
        let session = Session::kept(Arc::clone(http), Credentials::of(settings), &credential.user);
        match session.call(Http::resume) {
            Err(failure) if failure.is_unauthorized() && terminal::is_typed() => {
                let loss = if credential.guest { " A guest cannot sign in again; choose another name." } else { "" };
                terminal::print_notice(&format!("{}: your session has ended.{loss}", visible(&credential.user)));
                credentials.forget(&credential.user, &http.token())?;
                name = Some(credential.user).filter(|_| !credential.guest);
            }
            outcome => return outcome,
        }
    }
    match name {
        Some(name) if settings.guest => connect_and_keep(http, credentials, &Identity::Guest(name), (false, false)),
        // In a pipe, the next line is a message, not a password.
        Some(name) if !terminal::is_typed() => Err(not_signed_in(settings, Some(&name))),
        name => Questions::at(http, credentials, None)?.ask_until_let_in(way(settings, name.as_deref()), name),
    }
}

/// Returns the way in that the flags choose. Returns `None` if the user is to choose one.
fn way(settings: &Settings, name: Option<&str>) -> Option<Way> {
    match () {
        () if settings.create => Some(Way::Account),
        () => name.map(|_| Way::SignIn),
    }
}

/// Signs in for one command without asking: with a token, or as a guest if the flags say so.
///
/// # Errors
///
/// [`Failure::SignedOut`] if there is no token.
pub(crate) fn for_script(settings: &Settings) -> Result<Session, Failure> {
    let http = Arc::new(http_of(settings)?);
    if let Some(token) = settings.token() {
        http.set_token(token);
        return Ok(Session::given(http));
    }
    if is_visit(settings) {
        connect_unasked(&http, &Identity::Anybody, false, None)?;
        return Ok(Session::visit(http));
    }
    let credentials = Credentials::of(settings);
    match (credentials.find(settings.user.as_deref())?, &settings.user) {
        (Some(credential), _) => {
            http.set_token(credential.token);
            let session = Session::kept(http, credentials, &credential.user);
            // The present token is valid for a long time yet.
            session.renewal.look();
            Ok(session)
        }
        (None, Some(name)) if settings.guest => {
            let connected = connect_and_keep(&http, &credentials, &Identity::Guest(name.clone()), (false, false))?;
            Ok(Session::kept(http, credentials, &connected.user.name))
        }
        (None, name) => Err(not_signed_in(settings, name.as_deref())),
    }
}

fn not_signed_in(settings: &Settings, name: Option<&str>) -> Failure {
    let who = name.map(|name| format!(" as {name}")).unwrap_or_default();
    let how = match settings.flag_above_token {
        Some(flag) => format!("run `linger login`, or leave {flag} out to use LINGER_TOKEN"),
        None => "run `linger login`, or set LINGER_TOKEN".to_owned(),
    };
    Failure::SignedOut(format!("you are not signed in{who} at {}; {how}", settings.server))
}

/// Returns whether the flags ask for a guest under a made-up name, of which nothing is kept.
fn is_visit(settings: &Settings) -> bool {
    settings.guest && settings.user.is_none()
}

/// Signs in whatever is kept, and keeps the new sign-in. Asks nothing if the password is `piped`.
pub(crate) fn for_login(settings: &Settings, is_piped: bool) -> Result<Connected, Failure> {
    let credentials = Credentials::of(settings);
    if credentials.folder().is_none() {
        return Err(Failure::Terminal("there is no home folder to save a sign-in in".to_owned()));
    }
    let (http, name) = (http_of(settings)?, settings.user.clone());
    if let Some(code) = &settings.code {
        return by_code::enter(settings, &http, &credentials, code, is_piped);
    }
    match name {
        name if terminal::is_typed() && !settings.guest && !is_piped => {
            Questions::at(&http, &credentials, None)?.ask_until_let_in(way(settings, name.as_deref()), name)
        }
        Some(name) if settings.guest => connect_and_keep(&http, &credentials, &Identity::Guest(name), (false, false)),
        None if settings.guest => connect_and_keep(&http, &credentials, &Identity::Anybody, (false, true)),
        name => {
            let (identity, is_current) = piped_identity(name)?;
            connect_and_keep(&http, &credentials, &identity, (settings.create, is_current))
        }
    }
}

/// Signs in again during a session that the server has ended, by asking for the password.
///
/// # Errors
///
/// [`Failure::SignedOut`] for a guest, who has no password.
pub(crate) fn again(
    settings: &Settings,
    http: &Http,
    (user, is_guest): (&str, bool),
    refused: &Token,
) -> Result<Connected, Failure> {
    let credentials = Credentials::of(settings);
    if settings.token().is_none() {
        credentials.forget(user, refused)?;
    }
    if is_guest {
        return Err(Failure::SignedOut("this session has ended, and a guest cannot sign in again".to_owned()));
    }
    ask_again(http, &credentials, user)
}

/// Returns the question before a guest signs out for good.
pub(crate) fn loss_of_name(name: &str) -> String {
    format!("A guest cannot come back as {}. Sign out? [y/N] ", visible(name))
}

/// Returns whether an answer means yes.
pub(crate) fn is_yes(answer: &str) -> bool {
    answer.trim_start().starts_with(['y', 'Y'])
}

/// Signs out, unless the user is a guest on a terminal who does not agree. Returns the kept sign-in that it has
/// forgotten, or `None` if there is nothing to say about it. A session that the server no longer knows has ended
/// already.
///
/// # Errors
///
/// [`Failure::SignedOut`] if there is no sign-in.
pub(crate) fn out(settings: &Settings) -> Result<Option<Credential>, Failure> {
    let http = Arc::new(http_of(settings)?);
    if let Some(token) = settings.token() {
        http.set_token(token);
        return Session::given(http).call(Http::disconnect).map(|()| None);
    }
    let credentials = Credentials::of(settings);
    let Some(credential) = credentials.find(settings.user.as_deref())? else {
        return Err(Failure::SignedOut(format!("you are not signed in at {}", settings.server)));
    };
    if credential.guest && terminal::is_typed() {
        let answer = terminal::ask(&loss_of_name(&credential.user))?;
        if !answer.is_some_and(|answer| is_yes(&answer)) {
            terminal::print_notice("You are still signed in.");
            return Ok(None);
        }
    }
    http.set_token(credential.token.clone());
    let session = Session::kept(http, Credentials::of(settings), &credential.user);
    match session.call(Http::disconnect) {
        Err(failure) if !failure.is_unauthorized() => return Err(failure),
        _ => credentials.forget(&credential.user, &session.http.token())?,
    }
    Ok(Some(credential))
}

/// Returns a connection without a session.
fn http_of(settings: &Settings) -> Result<Http, Failure> {
    Http::new(&settings.server, settings.ca_file().as_deref(), settings.verbose)
}

/// Connects and keeps the sign-in.
fn connect_and_keep(
    http: &Http,
    credentials: &Credentials,
    identity: &Identity,
    (may_create, is_current): (bool, bool),
) -> Result<Connected, Failure> {
    let connected = connect_unasked(http, identity, may_create, None)?;
    credentials.keep_or_warn(&connected.user, &http.token(), is_current);
    Ok(connected)
}
