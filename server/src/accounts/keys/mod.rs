//! The file with the keys that sign tokens: reading it, creating it, and changing it without signing anyone out. Knows
//! lines and files, not tokens.
//!
//! One key per line, as hexadecimal digits; `#` starts a comment. The first key signs, and all of them are accepted.
//! [`KeyFile`] stores the state of a key in a comment after it.

mod file;
mod line;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) use file::KeyFile;
use line::Line;

/// HS256 wants a key at least as long as its hash (RFC 7518, 3.2).
const KEY_BYTES: usize = 32;

/// A key that signs tokens.
pub(super) type Key = [u8; KEY_BYTES];

/// Why the keys cannot be read or changed, as one line for standard error.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be created or replaced.
    #[error("the signing key file {} cannot be written: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },
    /// The file cannot be read.
    #[error("the signing key file {} cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        cause: io::Error,
    },
    /// A line of the file is not a key.
    #[error("line {line} of the signing key file {} is not a {KEY_BYTES}-byte key in hexadecimal", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line number, counted from 1.
        line: usize,
    },
    /// The file holds no key.
    #[error("the signing key file {} holds no key", .0.display())]
    Empty(PathBuf),
}

/// Returns all keys, the signing key first. Creates the file with a random key at the first start.
pub(super) fn read_or_make(path: &Path) -> Result<Vec<Key>, KeyError> {
    if let Err(cause) = fs::metadata(path)
        && cause.kind() == io::ErrorKind::NotFound
    {
        make(path).map_err(|cause| KeyError::Write { path: path.to_owned(), cause })?;
    }
    Ok(KeyFile::read(path)?.keys().collect())
}

/// Creates the key file. If several nodes do so at once in a shared folder, one wins, and the others read its key.
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    match written_beside(path, &[Line::new(draw()?, "")])?.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
        _ => {}
    }
    File::open(folder_of(path))?.sync_all()
}

/// Writes the content to a temporary file in the same folder and syncs it, so that renaming it replaces the key file
/// atomically.
fn written_beside(path: &Path, lines: &[Line]) -> io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(".signing-key-").tempfile_in(folder_of(path))?;
    for line in lines {
        writeln!(file, "{}", line.text)?;
    }
    file.as_file().sync_all()?;
    Ok(file)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn draw() -> io::Result<Key> {
    let mut key = [0; KEY_BYTES];
    getrandom::fill(&mut key)?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::thread;

    use super::*;

    #[test]
    fn nodes_that_create_the_first_key_at_once_get_the_same_key() {
        for _ in 0..20 {
            let folder = tempfile::tempdir().unwrap();
            let (path, start) = (folder.path().join("keys/signing.key"), Barrier::new(8));
            let nodes = thread::scope(|scope| {
                let node = || {
                    start.wait();
                    read_or_make(&path).unwrap()
                };
                let nodes: Vec<_> = (0..8).map(|_| scope.spawn(node)).collect();
                nodes.into_iter().map(|node| node.join().unwrap()).collect::<Vec<_>>()
            });
            assert!(nodes.iter().all(|keys| keys.len() == 1 && keys == &nodes[0]));
        }
    }
}
