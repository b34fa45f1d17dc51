//! The file with the keys that sign tokens: how it is read, made once, and changed without anybody being
//! signed out. Knows lines and files, not what a token is.
//!
//! One key a line, as hexadecimal digits; `#` begins a comment. The first key signs, and all of them check.
//! What [`KeyFile`] has to remember about a key stands behind it, in a comment that it reads back.

mod file;
mod line;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

pub(crate) use file::KeyFile;
use line::Line;

/// HS256 wants a key at least as long as its hash (RFC 7518, 3.2).
const KEY_BYTES: usize = 32;

/// What signs tokens, as drawn.
pub(super) type Key = [u8; KEY_BYTES];

/// Why there is no key to sign with: one line for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is none yet, and its file cannot be written; or it cannot be replaced.
    #[error("the signing key file {} cannot be written: {cause}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Its file is there and cannot be read.
    #[error("the signing key file {} cannot be read: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: io::Error,
    },
    /// Its file holds something else.
    #[error("line {line} of the signing key file {} is not {KEY_BYTES} bytes as hexadecimal digits", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
    },
    /// Its file holds no key at all.
    #[error("the signing key file {} holds no key", .0.display())]
    Empty(PathBuf),
}

/// The keys to sign and check with, the one that signs first; draws it at the first start.
pub(super) fn read_or_make(path: &Path) -> Result<Vec<Key>, KeyError> {
    if let Err(cause) = fs::metadata(path)
        && cause.kind() == io::ErrorKind::NotFound
    {
        make(path).map_err(|cause| KeyError::Write { path: path.to_owned(), cause })?;
    }
    Ok(KeyFile::read(path)?.keys().collect())
}

/// Several nodes may do this at once in a folder that they share. One of them wins; the others read its key.
fn make(path: &Path) -> io::Result<()> {
    fs::create_dir_all(folder_of(path))?;
    match written_beside(path, &[Line::new(draw()?, "")])?.persist_noclobber(path) {
        Err(error) if error.error.kind() != io::ErrorKind::AlreadyExists => return Err(error.error),
        _ => {}
    }
    File::open(folder_of(path))?.sync_all()
}

/// The content in a file of another name, on disk, so that moving it there leaves no half of it.
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
    fn whoever_draws_the_first_key_at_the_same_time_has_the_same_key() {
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
