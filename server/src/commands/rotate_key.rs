//! `lingerd rotate-key`: replaces the key that signs tokens, without signing anyone out. Knows the order of the steps,
//! not the format of the key file.
//!
//! A node reads the key file only when it starts. While several nodes are restarted one after the other, those not yet
//! restarted would refuse tokens signed with a new key. So the new key is first added for checking only, and signs once
//! every node knows it.

use figment::Figment;

use crate::accounts::{KeyError, KeyFile};
use crate::config::Settings;
use crate::domain::clock;

/// A step of the rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Add the next key, which is accepted but does not sign yet.
    Prepare,
    /// Sign with the next key, and keep accepting the others.
    Rotate,
    /// Remove the keys whose tokens have all expired.
    DropOld,
}

/// Why the key file was not changed, as one line for standard error.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// A setting is missing, misspelt or of the wrong type.
    #[error("invalid settings: {0}")]
    Settings(#[from] Box<figment::Error>),
    /// The file cannot be read or written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There may be several nodes, and no next key that all of them accept already.
    #[error("no key is prepared: first run lingerd rotate-key --prepare and restart every node, so that all accept it")]
    NotPrepared,
}

/// Changes the key file named by the settings, and returns instructions for the next step.
///
/// # Errors
/// If the file cannot be changed, or the step would sign users out.
pub fn rotate_key(figment: &Figment, step: Step) -> Result<String, RotateError> {
    let settings = Settings::extract(figment)?;
    let (path, now_ms) = (settings.signing_key_file.display(), clock::now_ms());
    let mut keys = KeyFile::open(&settings.signing_key_file)?;
    match step {
        Step::Prepare => {
            if !keys.has_next() {
                keys.add_next()?;
                keys.write()?;
            }
            Ok(format!(
                "{path} holds the next key. Nodes accept it after a restart, but do not sign with it yet.\n\
                 Copy the file to every node and restart them one after the other. Then run: lingerd rotate-key"
            ))
        }
        Step::Rotate => {
            if !keys.has_next() && has_room_for_nodes(figment) {
                return Err(RotateError::NotPrepared);
            }
            keys.rotate(now_ms)?;
            keys.write()?;
            let drop = keys.next_drop_ms(settings.token_days).map_or_else(String::new, date);
            Ok(format!(
                "{path} holds a new key, which signs after a restart. Older keys still accepted: {}.\n\
                 Copy the file to every node and restart them within a day. \
                 From {drop} on, run: lingerd rotate-key --drop-old",
                keys.key_count() - 1,
            ))
        }
        Step::DropOld => {
            let dropped = keys.drop_old(now_ms, settings.token_days);
            if dropped > 0 {
                keys.write()?;
            }
            let next = match keys.next_drop_ms(settings.token_days) {
                Some(expires_ms) => format!("The next key can be removed on {}.", date(expires_ms)),
                None => "None of the remaining keys has an expiry date.".to_owned(),
            };
            let before = dropped + keys.key_count();
            Ok(format!("Removed {dropped} of {before} keys from {path}: those whose tokens have all expired.\n{next}"))
        }
    }
}

/// Returns whether there may be several nodes. A SQLite file is served by one process, which a restart moves to the new
/// key at once.
fn has_room_for_nodes(figment: &Figment) -> bool {
    let url: String = figment.extract_inner("databases.chat.url").unwrap_or_default();
    !url.starts_with("sqlite:")
}

/// Returns the date of a timestamp, in UTC.
fn date(ms: i64) -> String {
    clock::rfc3339(ms)[..10].to_owned()
}
