//! The position where a `read` ended, kept on disk for the next one. Knows nothing of how messages are fetched or
//! printed.
//!
//! The position moves with every printed line, so it is appended to its file. Replacing the file each time would take
//! longer than everything else, because file systems then write to disk. The last complete line counts.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::Failure;
use crate::files;

/// A point up to which everything has been printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// In the stream of all conversations: the cursor to continue with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<String>,
    /// The last id that has been printed of the page after that cursor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) printed_id: Option<i64>,
    /// In one room: the seq of the last message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<i64>,
    /// When that message was sent, to tell it from another database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent_at: Option<String>,
    /// In one room, with changes: whether messages before the cursor are still to be printed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_partial: bool,
}

/// The size at which the file is started over.
const MAX_FILE_BYTES: usize = 64 * 1024;

/// A stream's position on disk, locked while this value lives.
pub(super) struct Kept {
    path: Option<PathBuf>,
    /// Holds the lock while open.
    _lock: Option<File>,
    /// The file and its length, once this process has started it over.
    file: Option<(File, usize)>,
    /// The position found at first, or saved last.
    pub(super) position: Position,
}

impl Kept {
    /// Opens the position of this name. Without a folder, nothing is kept.
    ///
    /// # Errors
    ///
    /// [`Failure::Terminal`] if another `read` holds it, or if the file cannot be read.
    pub(super) fn open(folder: Option<&Path>, name: &str) -> Result<Self, Failure> {
        let Some(folder) = folder else {
            return Ok(Self { path: None, _lock: None, file: None, position: Position::default() });
        };
        files::make_folder(folder)?;
        let lock = lock(&folder.join(format!("{name}.lock")))?;
        let path = folder.join(format!("{name}.jsonl"));
        let position = match files::read(&path)? {
            Some(text) => last_of(&text).ok_or_else(|| {
                Failure::Terminal(format!("{} holds no position; delete it to start over", path.display()))
            })?,
            None => Position::default(),
        };
        Ok(Self { path: Some(path), _lock: Some(lock), file: None, position })
    }

    /// Moves the position, in memory and on disk, atomically.
    ///
    /// It survives the sudden end of this process. It is not synced: after a power cut some lines are printed again.
    pub(super) fn save(&mut self, position: Position) -> Result<(), Failure> {
        if position == self.position {
            return Ok(());
        }
        if let Some(path) = &self.path {
            let line = serde_json::to_string(&position).map_err(|error| Failure::Terminal(error.to_string()))? + "\n";
            let added = match &mut self.file {
                Some((file, length)) if *length < MAX_FILE_BYTES => {
                    *length += line.len();
                    file.write_all(line.as_bytes())
                }
                file => begin(path, &line).map(|begun| *file = Some((begun, line.len()))),
            };
            added.map_err(|error| files::broken("write", path, &error))?;
        }
        self.position = position;
        Ok(())
    }
}

/// Returns the last complete line. A kill can leave half a line after it.
fn last_of(text: &str) -> Option<Position> {
    text.split_inclusive('\n')
        .rev()
        .filter(|line| line.ends_with('\n'))
        .find_map(|line| serde_json::from_str(line).ok())
}

/// Replaces the file by one with this line, and leaves it open for more.
fn begin(path: &Path, line: &str) -> io::Result<File> {
    // Always the same name: it is under the lock, and a leftover from a kill is reused.
    let new = path.with_extension("new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&new)?;
    file.write_all(line.as_bytes())?;
    fs::rename(&new, path)?;
    Ok(file)
}

fn lock(path: &Path) -> Result<File, Failure> {
    let opened = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = opened.map_err(|error| files::broken("open", path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let why = "another `linger read` uses the same position; --as NAME gives this one its own";
            Err(Failure::Terminal(why.to_owned()))
        }
        Err(TryLockError::Error(error)) => Err(files::broken("lock", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_kept_and_locked() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Kept::open(Some(folder.path()), "alice.read");
        let position = Position { cursor: Some("C".into()), printed_id: Some(7), ..Position::default() };
        let mut first = open().unwrap();
        assert_eq!(first.position, Position::default());
        first.save(position.clone()).unwrap();
        assert!(open().is_err(), "it is locked");
        assert!(Kept::open(Some(folder.path()), "bob.read").is_ok(), "another one is not");
        drop(first);
        assert_eq!(open().unwrap().position, position);
    }

    #[test]
    fn half_a_line_at_the_end_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alice.read.jsonl");
        let open = || Kept::open(Some(folder.path()), "alice.read");
        let seq = |seq: i64| Position { seq: Some(seq), ..Position::default() };
        for (text, found) in
            [("", None), ("{\"seq\":1}\n{\"seq\":2}\n", Some(2)), ("{\"seq\":1}\n{\"seq\":2}", Some(1))]
        {
            fs::write(&path, text).unwrap();
            assert_eq!(open().map(|kept| kept.position.seq).ok(), found.map(Some), "{text}");
        }
        fs::write(&path, "{\"seq\":1}\n{\"se").unwrap();
        open().unwrap().save(seq(2)).unwrap();
        assert_eq!(open().unwrap().position, seq(2), "what follows does not stick to the half line");
        fs::write(&path, "nonsense\n").unwrap();
        assert!(open().is_err());
    }

    #[test]
    fn the_file_does_not_grow_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::open(Some(folder.path()), "alice.read").unwrap();
        for seq in 0..10_000 {
            kept.save(Position { seq: Some(seq), ..Position::default() }).unwrap();
        }
        drop(kept);
        assert!(fs::metadata(folder.path().join("alice.read.jsonl")).unwrap().len() < 2 * MAX_FILE_BYTES as u64);
        assert_eq!(Kept::open(Some(folder.path()), "alice.read").unwrap().position.seq, Some(9_999));
    }
}
