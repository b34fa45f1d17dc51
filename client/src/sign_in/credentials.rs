//! What is kept of a sign-in, so that it need not be repeated: one file for each user of each server, apart for each
//! profile. Knows no calls: whether a token is still good, only the server can say.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use linger_api::Connected;
use serde::Deserialize;
use serde_json::json;

use crate::config::Settings;
use crate::domain::{Failure, visible};
use crate::files;
use crate::http::Token;
use crate::terminal;

/// Names the user who signed in last.
const CURRENT: &str = "current";

/// A sign-in that is kept. It can be read but not written as it is: only [`Credentials::keep`] spells it out.
#[derive(Deserialize)]
pub(crate) struct Credential {
    /// Who issued the token, and gets to see it.
    server: String,
    /// Whose it is.
    pub(crate) user: String,
    /// Without a password, so without another way back in.
    pub(crate) guest: bool,
    /// The session.
    pub(crate) token: Token,
    /// Seconds of Unix time.
    since: u64,
}

impl Credential {
    /// How long ago the token was issued.
    pub(super) fn age(&self) -> Duration {
        Duration::from_secs(unix_seconds().saturating_sub(self.since))
    }
}

/// All sign-ins at one server under one profile.
pub(crate) struct Credentials {
    folder: Option<PathBuf>,
    server: String,
}

impl Credentials {
    /// Those that these settings mean.
    pub(crate) fn of(settings: &Settings) -> Self {
        let server = settings.server.to_string();
        let folder = files::state_folder();
        let folder = folder.map(|folder| folder.join(files::part(&settings.profile)).join(files::part(&server)));
        Self { folder, server }
    }

    /// Where they are, and what else is remembered of this server; nowhere without a home.
    pub(crate) fn folder(&self) -> Option<&PathBuf> {
        self.folder.as_ref()
    }

    /// This user's, or that of who signed in last.
    ///
    /// # Errors
    /// [`Failure::Terminal`] if it cannot be read, or was issued by another server.
    pub(super) fn find(&self, user: Option<&str>) -> Result<Option<Credential>, Failure> {
        let Some(folder) = &self.folder else { return Ok(None) };
        let user = match user {
            Some(user) => user.to_owned(),
            None => match files::read(&folder.join(CURRENT))? {
                Some(user) => user.trim().to_owned(),
                None => return Ok(None),
            },
        };
        let path = folder.join(file_of(&user));
        let Some(text) = files::read(&path)? else { return Ok(None) };
        let damaged = |why: String| Failure::Terminal(format!("{} is no sign-in here: {why}", path.display()));
        let credential: Credential = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        // The folder's name says so already, but a file can be copied, and this is what the token is for.
        match credential.server == self.server {
            true => Ok(Some(credential)),
            false => Err(damaged(format!("{} issued it, and {} does not get it", credential.server, self.server))),
        }
    }

    /// Keeps this sign-in; as the one that is meant where no user is named, if so asked or if there is none yet.
    fn keep(&self, connected: &Connected, is_current: bool) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let user = &connected.user;
        let credential = json!({
            "server": self.server,
            "user": user.name,
            "guest": user.guest,
            "token": connected.token,
            "since": unix_seconds(),
        });
        files::write(&folder.join(file_of(&user.name)), &format!("{credential}\n"))?;
        let current = folder.join(CURRENT);
        if is_current || files::read(&current)?.is_none() {
            files::write(&current, &format!("{}\n", user.name))?;
        }
        Ok(())
    }

    /// Keeps a sign-in. A failure is only reported: it is no reason to refuse the user.
    pub(super) fn keep_or_warn(&self, connected: &Connected, is_current: bool) {
        if let Err(failure) = self.keep(connected, is_current) {
            terminal::print_notice(&format!("This sign-in is not kept: {}", visible(&failure.to_string())));
        }
    }

    /// Forgets this user's.
    pub(crate) fn forget(&self, user: &str) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        files::remove(&folder.join(file_of(user)))?;
        let current = folder.join(CURRENT);
        match files::read(&current)? {
            Some(name) if name.trim() == user => files::remove(&current),
            _ => Ok(()),
        }
    }
}

/// The server folds upper case in names.
fn file_of(user: &str) -> String {
    format!("{}.json", files::part(&user.trim().to_ascii_lowercase()))
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
