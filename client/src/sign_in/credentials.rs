//! Kept sign-ins: one file for each profile, server and user. Knows no calls: only the server can say whether a token
//! is still valid.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use linger_api::User;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::Settings;
use crate::domain::{Failure, visible};
use crate::files;
use crate::http::Token;
use crate::terminal;

/// How long another process may take to renew a sign-in.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
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
    #[serde(flatten)]
    pub(crate) token: Token,
}

/// A kept sign-in, without its token.
pub(crate) struct Kept {
    pub(crate) profile: String,
    pub(crate) server: String,
    pub(crate) user: String,
    pub(crate) is_guest: bool,
    /// Whether it is used if no user is named.
    pub(crate) is_current: bool,
    pub(crate) expires_at: Option<String>,
}

/// Keeps other processes from changing a sign-in while this value lives.
pub(super) struct Lock(#[expect(dead_code, reason = "the lock ends when the file is closed")] File);

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

    /// Returns the sign-ins under every profile and at every server.
    pub(crate) fn all() -> Result<Vec<Kept>, Failure> {
        let mut all = Vec::new();
        for profile in folders(files::state_folder()) {
            for folder in folders(Some(profile.clone())) {
                let current = files::read(&folder.join(CURRENT))?.unwrap_or_default();
                for path in entries(&folder).filter(|path| path.extension().is_some_and(|end| end == "json")) {
                    // What is damaged signs in nobody.
                    let text = files::read(&path)?.unwrap_or_default();
                    let Ok(kept) = serde_json::from_str::<Credential>(&text) else { continue };
                    all.push(Kept {
                        profile: files::unpart(&profile),
                        is_current: current.trim() == kept.user,
                        server: kept.server,
                        user: kept.user,
                        is_guest: kept.guest,
                        expires_at: kept.token.expires_at().map(str::to_owned),
                    });
                }
            }
        }
        all.sort_by(|one, other| {
            (&one.profile, &one.server, &one.user).cmp(&(&other.profile, &other.server, &other.user))
        });
        Ok(all)
    }

    /// Returns the folder of everything kept for this server. Returns `None` without a home folder.
    pub(crate) fn folder(&self) -> Option<&PathBuf> {
        self.folder.as_ref()
    }

    /// Returns the user who signed in last.
    pub(crate) fn current(&self) -> Result<Option<String>, Failure> {
        let Some(folder) = &self.folder else { return Ok(None) };
        Ok(files::read(&folder.join(CURRENT))?.map(|user| user.trim().to_owned()))
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
            None => match self.current()? {
                Some(user) => user,
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

    /// Locks the sign-in of this user. Returns `None` if another process holds it.
    pub(super) fn try_lock(&self, user: &str) -> Option<Lock> {
        let file = self.lock_file(user)?;
        file.try_lock().is_ok().then_some(Lock(file))
    }

    /// Locks the sign-in of this user, and waits for another process that holds it. Returns `None` if its folder cannot
    /// be written.
    ///
    /// # Errors
    ///
    /// [`Failure::Network`] if the other process takes too long: it is waiting for the server.
    pub(super) fn lock(&self, user: &str) -> Result<Option<Lock>, Failure> {
        let Some(file) = self.lock_file(user) else { return Ok(None) };
        let give_up_at = Instant::now() + PATIENCE;
        while file.try_lock().is_err() {
            if Instant::now() >= give_up_at {
                return Err(Failure::Network("another process is renewing this sign-in".into()));
            }
            thread::sleep(LOOK);
        }
        Ok(Some(Lock(file)))
    }

    fn lock_file(&self, user: &str) -> Option<File> {
        let path = self.folder.as_ref()?.join(file_of(user)).with_extension("lock");
        OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).ok()
    }

    /// Keeps a sign-in. It becomes the default one if `is_current`, or if there is none yet.
    fn keep(&self, user: &User, token: &Token, is_current: bool) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        self.write(&user.name, user.guest, token)?;
        let current = folder.join(CURRENT);
        if is_current || files::read(&current)?.is_none() {
            files::write(&current, &format!("{}\n", user.name))?;
        }
        Ok(())
    }

    /// Replaces the file of this user's sign-in.
    pub(super) fn write(&self, user: &str, is_guest: bool, token: &Token) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let mut credential = json!({ "server": self.server, "user": user, "guest": is_guest });
        if let (Some(all), Value::Object(token)) = (credential.as_object_mut(), token.to_keep()) {
            all.extend(token);
        }
        files::write(&folder.join(file_of(user)), &format!("{credential}\n"))
    }

    /// Keeps a sign-in. A failure is only reported: it is no reason to refuse the user.
    pub(super) fn keep_or_warn(&self, user: &User, token: &Token, is_current: bool) {
        if let Err(failure) = self.keep(user, token, is_current) {
            terminal::print_notice(&format!("This sign-in could not be saved: {}", visible(&failure.to_string())));
        }
    }

    /// Forgets the sign-in of this user if it is the one with this token. Another process may have signed in anew.
    pub(crate) fn forget(&self, user: &str, token: &Token) -> Result<(), Failure> {
        let Some(folder) = &self.folder else { return Ok(()) };
        // A renewal in another process would write the file again.
        let lock = if folder.exists() { self.lock_file(user) } else { None };
        if let Some(lock) = &lock {
            let _ = lock.lock();
        }
        if self.find(Some(user))?.is_none_or(|kept| kept.token != *token) {
            return Ok(());
        }
        files::remove(&folder.join(file_of(user)))?;
        let current = folder.join(CURRENT);
        match files::read(&current)? {
            Some(name) if name.trim() == user => files::remove(&current),
            _ => Ok(()),
        }
    }
}

fn folders(of: Option<PathBuf>) -> impl Iterator<Item = PathBuf> {
    of.into_iter().flat_map(|of| entries(&of).collect::<Vec<_>>()).filter(|path| path.is_dir())
}

/// Returns what is in a folder, which may be missing.
fn entries(of: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(of).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()))
}

/// Returns the file name of a user. The server folds upper case in names.
fn file_of(user: &str) -> String {
    format!("{}.json", files::part(&user.trim().to_ascii_lowercase()))
}
