//! Signing in with a code: an invitation makes an account or a guest, any other code signs in its user. Knows nothing
//! of what happens afterwards.

use linger_api::Connected;

use super::connection::connect_unasked;
use super::credentials::Credentials;
use super::questions::{Questions, piped_identity};
use crate::config::Settings;
use crate::domain::Failure;
use crate::http::{Code, CodeKind, Http, Identity};
use crate::terminal;

/// Signs in with a code, whatever is kept, and keeps the new sign-in. Asks nothing if a password `is_piped`.
///
/// # Errors
///
/// [`Failure::Missing`] if the server knows no codes: it would ignore one, and make a guest instead.
pub(super) fn enter(
    settings: &Settings,
    http: &Http,
    credentials: &Credentials,
    code: &Code,
    is_piped: bool,
) -> Result<Connected, Failure> {
    if !http.door()?.is_known() {
        return Err(Failure::Missing("This server is older than linger 0.2 and knows no codes".to_owned()));
    }
    let name = settings.user.clone();
    let is_typed = terminal::is_typed() && !is_piped;
    let nameless = |name: &Option<String>| name.clone().map_or(Identity::Anybody, Identity::Guest);
    let (identity, is_current) = match code.kind {
        CodeKind::Own => (nameless(&name), name.is_none()),
        _ if settings.guest => (nameless(&name), name.is_none()),
        CodeKind::Unknown if !is_typed && !is_piped => (nameless(&name), name.is_none()),
        _ if is_typed => return Questions::at(http, credentials, Some(code))?.ask_until_let_in(None, name),
        _ => piped_identity(name)?,
    };
    let connected = connect_unasked(http, &identity, true, Some(code))?;
    credentials.keep_or_warn(&connected.user, &http.token(), is_current);
    Ok(connected)
}
