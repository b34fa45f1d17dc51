//! Where a `read` ended, kept on disk for the next one. Knows nothing of how messages are got or printed.
//!
//! It moves with every line that is printed, so it is added to its file: putting a new file in the place of the old one
//! each time takes longer than all the rest, since file systems then write to disk. The last whole line counts.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::domain::Failure;
use crate::files;

/// Everything up to here has been printed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    /// In the stream of all conversations: the cursor to go on with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cursor: Option<String>,
    /// Of the page that this cursor brings, everything up to this id has been printed already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) printed_id: Option<i64>,
    /// In one room: the last message's seq.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<i64>,
    /// When that message was sent, which tells it from another database's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) sent_at: Option<String>,
}

/// A file that has grown to this begins anew.
const MAX_FILE_BYTES: usize = 64 * 1024;

/// One stream's position, on disk and nobody else's while this lives.
pub(super) struct Kept {
    path: Option<PathBuf>,
    /// Open as long as it is locked.
    _lock: Option<File>,
    /// Once this process has begun it anew, with its length.
    file: Option<(File, usize)>,
    /// As it was found, or as it was saved last.
    pub(super) position: Position,
}

impl Kept {
    /// The position of this name in this folder; without a folder one that is forgotten.
    ///
    /// # Errors
    /// [`Failure::Terminal`] if another `read` has it, or if what is there cannot be read.
    pub(super) fn open(folder: Option<&Path>, name: &str) -> Result<Self, Failure> {
        let Some(folder) = folder else {
            return Ok(Self { path: None, _lock: None, file: None, position: Position::default() });
        };
        files::make_folder(folder)?;
        let lock = lock(&folder.join(format!("{name}.lock")))?;
        let path = folder.join(format!("{name}.jsonl"));
        let position = match files::read(&path)? {
            Some(text) => last_of(&text).ok_or_else(|| {
                Failure::Terminal(format!("{} is no position; without it read begins anew", path.display()))
            })?,
            None => Position::default(),
        };
        Ok(Self { path: Some(path), _lock: Some(lock), file: None, position })
    }

    /// Moves it, here and on disk, whole or not at all.
    ///
    /// It survives the end of this process, however sudden. It is not synced: after a power cut some lines are printed
    /// again.
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

/// The last one that was written to its end. A kill can leave half a line behind it.
fn last_of(text: &str) -> Option<Position> {
    text.split_inclusive('\n')
        .rev()
        .filter(|line| line.ends_with('\n'))
        .find_map(|line| serde_json::from_str(line).ok())
}

/// Puts a file with this line alone in the place of what is there, open for more.
fn begin(path: &Path, line: &str) -> io::Result<File> {
    // The same name each time: it is locked, and what a kill leaves behind is used again.
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
            let why = "another linger read goes on from the same place; --profile gives one of its own";
            Err(Failure::Terminal(why.to_owned()))
        }
        Err(TryLockError::Error(error)) => Err(files::broken("lock", path, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_found_again_and_has_one_owner() {
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
