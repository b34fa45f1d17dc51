//! `lingerd rotate-key`: another key signs tokens from now on, and nobody is signed out. Knows the order of
//! the steps, not how a key file is written.
//!
//! A node knows the keys that were in the file when it started. While several are restarted one after the
//! other, those that have not been yet refuse what a new key has signed. So the new key is first put where it
//! only checks, and signs when every node knows it.

use figment::Figment;

use crate::accounts::{KeyError, KeyFile};
use crate::config::Settings;
use crate::domain::clock;

/// What is to be done with the key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Draw the next key: accepted, and not signing yet.
    Prepare,
    /// Let the next key sign; the others are accepted on.
    Rotate,
    /// Forget the keys whose tokens have all expired.
    DropOld,
}

/// Why the file stays as it was: one line for the person who asked.
#[derive(Debug, thiserror::Error)]
pub enum RotateError {
    /// A setting is missing, misspelt or of the wrong type.
    #[error("the settings are wrong: {0}")]
    Settings(#[from] Box<figment::Error>),
    /// The file cannot be read or written.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// Several nodes may use the key, and there is none that all of them accept already.
    #[error(
        "no key is prepared: run lingerd rotate-key --prepare and restart every node first, so that none refuses it"
    )]
    NotPrepared,
}

/// Changes the file that the settings name, and says what there is to do next.
///
/// # Errors
/// When it cannot, or must not.
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
                "{path} holds the next key, which is accepted after a restart and does not sign yet.\n\
                 Bring the file to every node and restart them one after the other; then: lingerd rotate-key"
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
                "{path} holds a new key that signs after a restart, and {} that is accepted on.\n\
                 Bring the file to every node and restart them within a day; from {drop} on: lingerd rotate-key --drop-old",
                keys.key_count() - 1,
            ))
        }
        Step::DropOld => {
            let dropped = keys.drop_old(now_ms, settings.token_days);
            if dropped > 0 {
                keys.write()?;
            }
            let next = match keys.next_drop_ms(settings.token_days) {
                Some(expires_ms) => format!("The next can go on {}.", date(expires_ms)),
                None => "None of those that are left has an end.".to_owned(),
            };
            Ok(format!("{path} has lost {dropped} whose tokens have expired and holds {}.\n{next}", keys.key_count()))
        }
    }
}

/// One process serves a SQLite file, and restarting it puts all of it on the new key at once.
fn has_room_for_nodes(figment: &Figment) -> bool {
    let url: String = figment.extract_inner("databases.chat.url").unwrap_or_default();
    !url.starts_with("sqlite:")
}

/// The day on which something is over everywhere.
fn date(ms: i64) -> String {
    clock::rfc3339(ms)[..10].to_owned()
}
