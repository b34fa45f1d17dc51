//! A key file: read, changed, and replaced atomically.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use super::line::{Line, NEXT, SIGNED_UNTIL};
use super::{Key, KeyError, draw, folder_of, written_beside};
use crate::domain::clock;

/// A key file that can be changed and written back. Comments in it are kept.
pub(crate) struct KeyFile {
    path: PathBuf,
    lines: Vec<Line>,
    /// Held while the file is being changed, so that no other process changes it.
    _lock: Option<File>,
}

impl KeyFile {
    /// Opens a key file to change it, and locks it until dropped.
    pub(crate) fn open(path: &Path) -> Result<Self, KeyError> {
        let lock = lock(path).map_err(|cause| KeyError::Read { path: path.to_owned(), cause })?;
        Ok(Self { _lock: Some(lock), ..Self::read(path)? })
    }

    /// Reads a key file. Logs a warning if users other than its owner can read it.
    pub(super) fn read(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |cause| KeyError::Read { path: path.to_owned(), cause };
        let text = fs::read_to_string(path).map_err(unreadable)?;
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            tracing::warn!(
                path = %path.display(),
                mode = format!("{mode:o}"),
                "others can read the signing key: chmod 600"
            );
        }
        let line =
            |(at, text)| Line::parse(text).ok_or_else(|| KeyError::Malformed { path: path.to_owned(), line: at + 1 });
        let lines = text.lines().enumerate().map(line).collect::<Result<Vec<_>, _>>()?;
        let file = Self { path: path.to_owned(), lines, _lock: None };
        if file.keys().next().is_none() { Err(KeyError::Empty(file.path)) } else { Ok(file) }
    }

    /// Returns all keys; there is at least one.
    pub(super) fn keys(&self) -> impl Iterator<Item = Key> {
        self.lines.iter().filter_map(|line| line.key)
    }

    /// Returns the number of accepted keys, including the signing key.
    pub(crate) fn key_count(&self) -> usize {
        self.keys().count()
    }

    /// Returns whether there is a next key.
    pub(crate) fn has_next(&self) -> bool {
        self.next().is_some()
    }

    /// Adds a random key that is to sign next.
    pub(crate) fn add_next(&mut self) -> Result<(), KeyError> {
        let next = Line::new(self.draw()?, NEXT);
        self.lines.insert(self.signing() + 1, next);
        Ok(())
    }

    /// Makes the next key the signing key, or a new one if there is none. The old signing key is still accepted.
    pub(crate) fn rotate(&mut self, now_ms: i64) -> Result<(), KeyError> {
        let next = match self.next() {
            Some(at) => self.lines.remove(at),
            None => Line::new(self.draw()?, ""),
        };
        let signing = self.signing();
        let until = format!("{SIGNED_UNTIL}{}", clock::rfc3339(now_ms));
        let old = self.lines.remove(signing).with_comment(&until);
        self.lines.splice(signing..signing, [next.with_comment(""), old]);
        Ok(())
    }

    /// Removes the keys whose tokens have all expired on every node, given their lifetime of `token_days`, and returns
    /// how many. A key without a note of when it was replaced stays.
    pub(crate) fn drop_old(&mut self, now_ms: i64, token_days: u32) -> usize {
        let before = self.lines.len();
        let is_over = |line: &Line| line.expires_ms(token_days).is_some_and(|expires_ms| expires_ms <= now_ms);
        let signing_and_above = ..=self.signing();
        let mut kept: Vec<_> = self.lines.drain(signing_and_above).collect();
        kept.extend(self.lines.drain(..).filter(|line| !is_over(line)));
        self.lines = kept;
        before - self.lines.len()
    }

    /// Returns when [`KeyFile::drop_old`] can remove the next key, in milliseconds since 1970, or `None` if it cannot.
    pub(crate) fn next_drop_ms(&self, token_days: u32) -> Option<i64> {
        self.lines[self.signing() + 1..].iter().filter_map(|line| line.expires_ms(token_days)).min()
    }

    /// Replaces the file atomically. The new file keeps the owner, and only the owner can read it.
    pub(crate) fn write(&self) -> Result<(), KeyError> {
        self.replace().map_err(|cause| self.unwritable(cause))
    }

    fn replace(&self) -> io::Result<()> {
        // Replace the target of a symbolic link, not the link.
        let path = fs::canonicalize(&self.path)?;
        let (file, old) = (written_beside(&path, &self.lines)?, fs::metadata(&path)?);
        let new = file.as_file().metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(file.as_file(), Some(old.uid()), Some(old.gid()))?;
        }
        file.persist(&path)?;
        File::open(folder_of(&path))?.sync_all()
    }

    /// Returns the index of the line with the signing key.
    fn signing(&self) -> usize {
        self.lines.iter().position(|line| line.key.is_some()).expect("a file without keys is refused")
    }

    /// Returns the index of the line with the next key.
    fn next(&self) -> Option<usize> {
        (self.signing() + 1..self.lines.len()).find(|&at| self.lines[at].is_next())
    }

    fn draw(&self) -> Result<Key, KeyError> {
        draw().map_err(|cause| self.unwritable(cause))
    }

    fn unwritable(&self, cause: io::Error) -> KeyError {
        KeyError::Write { path: self.path.clone(), cause }
    }
}

/// Locks the file, waiting for other processes that change it.
fn lock(path: &Path) -> io::Result<File> {
    loop {
        let file = File::open(path)?;
        file.lock()?;
        // The process that held the lock may have replaced the file.
        let (locked, there) = (file.metadata()?, fs::metadata(path)?);
        if (locked.dev(), locked.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
}
