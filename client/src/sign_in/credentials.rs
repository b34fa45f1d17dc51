//! Kept sign-ins: one file for each profile, server and user. Knows no calls: only the server can say whether a token
//! is still valid.

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

/// The file that names the user who signed in last.
const CURRENT: &str = "current";

/// A kept sign-in. It can be read but not serialised: only [`Credentials::keep`] writes it out.
#[derive(Deserialize)]
pub(crate) struct Credential {
    /// The server that issued the token, and the only one to see it.
    server: String,
    pub(crate) user: String,
    /// A guest has no password, so no other way back in.
    pub(crate) guest: bool,
    pub(crate) token: Token,
    /// When the token was issued, in seconds of Unix time.
    since: u64,
}

impl Credential {
    /// Returns the age of the token.
    pub(super) fn age(&self) -> Duration {
        Duration::from_secs(unix_seconds().saturating_sub(self.since))
    }
}

/// The sign-ins at one server under one profile.
pub(crate) struct Credentials {
    folder: Option<PathBuf>,
    server: String,
}

impl Credentials {
    pub(crate) fn of(settings: &Settings) -> Self {
        let server = settings.server.to_string();
        let folder = files::state_folder();
        let folder = folder.map(|folder| folder.join(files::part(&settings.profile)).join(files::part(&server)));
        Self { folder, server }
    }

    /// Returns the folder of everything kept for this server. Returns `None` without a home folder.
    pub(crate) fn folder(&self) -> Option<&PathBuf> {
        self.folder.as_ref()
    }

    /// Returns the sign-in of this user, or of the one who signed in last.
    ///
    /// # Errors
    ///
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
        let damaged = |why: String| Failure::Terminal(format!("{} is not a valid sign-in: {why}", path.display()));
        let credential: Credential = serde_json::from_str(&text).map_err(|error| damaged(error.to_string()))?;
        // The folder's name says so too, but files can be copied, and a token must not reach another server.
        match credential.server == self.server {
            true => Ok(Some(credential)),
            false => Err(damaged(format!("it was issued by {} and is not sent to {}", credential.server, self.server))),
        }
    }

    /// Keeps a sign-in. It becomes the default one if `is_current`, or if there is none yet.
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
            terminal::print_notice(&format!("This sign-in could not be saved: {}", visible(&failure.to_string())));
        }
    }

    /// Forgets the sign-in of this user.
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

/// Returns the file name of a user. The server folds upper case in names.
fn file_of(user: &str) -> String {
    format!("{}.json", files::part(&user.trim().to_ascii_lowercase()))
}

fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
