//! `password`, `sessions` and `code`: the user's own account.

use serde_json::json;

use crate::cli;
use crate::config::Settings;
use crate::display::{Output, local_time, sign_ins};
use crate::domain::{Failure, visible};
use crate::http::Http;
use crate::{sign_in, terminal};

/// Sets a new password.
pub(super) fn password(settings: &Settings, is_piped: bool) -> Result<(), Failure> {
    if !is_piped && !terminal::is_typed() {
        return Err(Failure::Usage(
            "the passwords are typed, or read with --password-stdin: the old, then the new".into(),
        ));
    }
    let session = sign_in::for_script(settings)?;
    let me = session.call(Http::me)?;
    let said = sign_in::change_password(settings, &session.http, &me)?;
    terminal::print_notice(&said);
    Ok(())
}

/// Lists the user's sessions, or ends some of them.
pub(super) fn sessions(asked: &cli::Sessions, settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let session = sign_in::for_script(settings)?;
    if asked.end_others {
        session.call(Http::end_other_sign_ins)?;
        terminal::print_notice("Your other sessions have ended.");
        return Ok(());
    }
    let all = session.call(Http::sign_ins)?;
    if let Some(begin) = &asked.end {
        let found = sign_ins::find(all.iter().map(|one| one.id.as_str()), begin);
        let id = found.ok_or_else(|| Failure::Missing(format!("there is no session {begin}, or more than one")))?;
        session.call(|http| http.end_sign_in(id))?;
        terminal::print_notice("The session has ended.");
        return Ok(());
    }
    if output.has_heading() {
        let heading = sign_ins::heading();
        output.line(&output.palette().dim(&heading))?;
    }
    for one in &all {
        output.json_or(one, || sign_ins::row(&one.id, &one.client, &one.address, &one.last_seen_at, one.current))?;
    }
    Ok(())
}

/// Makes a code for another device.
pub(super) fn code(settings: &Settings, output: &mut Output) -> Result<(), Failure> {
    let issued = sign_in::for_script(settings)?.call(Http::own_code)?;
    let object = json!({ "code": issued.code, "url": issued.url, "expires_at": issued.expires_at });
    output.json_or(&object, || format!("{}\n{}", visible(&issued.url), visible(&issued.code)))?;
    let until = local_time(&issued.expires_at);
    terminal::print_notice(&format!(
        "It signs you in once, until {until}: open the link, or run `linger login --code CODE` on the other device."
    ));
    Ok(())
}
