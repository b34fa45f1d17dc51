//! Where a `read` ended, kept on disk for the next one. Knows nothing of how messages are got or printed.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::place;

/// Everything up to here has been printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// In the stream of all conversations: the cursor to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Of the page that this cursor brings, everything up to this id has been printed already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub printed_id: Option<i64>,
    /// In one room: the last message's seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// When that message was sent, which tells it from another database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<String>,
}

/// One stream's position, on disk and nobody else's while this lives.
pub struct Kept {
    path: Option<PathBuf>,
    /// Open as long as it is locked.
    _lock: Option<File>,
    /// As it was found, or as it was saved last.
    pub position: Position,
}

impl Kept {
    /// The position of this name in this folder; without a folder one that is forgotten.
    ///
    /// # Errors
    /// [`Failure::Terminal`] if another `read` has it, or if what is there cannot be read.
    pub fn open(folder: Option<&Path>, name: &str) -> Result<Self, Failure> {
        let Some(folder) = folder else {
            return Ok(Self { path: None, _lock: None, position: Position::default() });
        };
        place::make_folder(folder)?;
        let lock = lock(&folder.join(format!("{name}.lock")))?;
        let path = folder.join(format!("{name}.json"));
        let position = match place::read(&path)? {
            Some(text) => serde_json::from_str(&text)
                .map_err(|error| Failure::Terminal(format!("{} is no position: {error}", path.display())))?,
            None => Position::default(),
        };
        Ok(Self { path: Some(path), _lock: Some(lock), position })
    }

    /// Moves it, here and on disk, whole or not at all.
    ///
    /// It survives the end of this process, however sudden. It is not synced: that would cost more than printing,
    /// and after a power cut some lines are printed again.
    pub fn save(&mut self, position: Position) -> Result<(), Failure> {
        if position == self.position {
            return Ok(());
        }
        if let Some(path) = &self.path {
            let text = serde_json::to_string(&position).map_err(|error| Failure::Terminal(error.to_string()))?;
            // The same name each time: this file is locked, and what a kill leaves behind is used again.
            let new = path.with_extension("new");
            let written = write(&new, &text).and_then(|()| fs::rename(&new, path));
            written.map_err(|error| place::broken("write", path, &error))?;
        }
        self.position = position;
        Ok(())
    }
}

fn lock(path: &Path) -> Result<File, Failure> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = opened.map_err(|error| place::broken("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let why = "another linger read goes on from the same place; --profile gives one of its own";
            Err(Failure::Terminal(why.to_owned()))
        }
        Err(TryLockError::Error(error)) => Err(place::broken("lock", path, &error)),
    }
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(path);
    file.and_then(|mut file| writeln!(file, "{text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_found_again_and_has_one_owner() {
        let folder = tempfile::tempdir().unwrap();
        let here = || Kept::open(Some(folder.path()), "alice.read");
        let position = Position { cursor: Some("C".into()), printed_id: Some(7), ..Position::default() };
        let mut first = here().unwrap();
        assert_eq!(first.position, Position::default());
        first.save(position.clone()).unwrap();
        assert!(here().is_err(), "it is locked");
        assert!(Kept::open(Some(folder.path()), "bob.read").is_ok(), "another one is not");
        drop(first);
        assert_eq!(here().unwrap().position, position);
    }
}
