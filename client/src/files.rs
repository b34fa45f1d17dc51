//! The client's files: their location (XDG Base Directory Specification), and atomic writes. Knows nothing of their
//! contents.

use std::fs::{self, DirBuilder};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy, choose_base_strategy};
use tempfile::NamedTempFile;

use crate::domain::{Failure, plain};

const OURS: &str = "linger";

/// Returns the path of the settings file, which may not exist.
pub(crate) fn config_file() -> Option<PathBuf> {
    Some(choose_base_strategy().ok()?.config_dir().join(OURS).join("config.toml"))
}

/// Returns the folder for what the client keeps. Returns `None` without a home folder: then nothing is kept.
pub(crate) fn state_folder() -> Option<PathBuf> {
    let folder = choose_base_strategy().ok()?.state_dir()?;
    folder.is_absolute().then(|| folder.join(OURS))
}

/// Encodes a name as one part of a path: unsafe bytes become `%` and their code, so different names stay different.
pub(crate) fn part(name: &str) -> String {
    let is_harmless = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let mut part = String::new();
    for (at, byte) in name.bytes().enumerate() {
        match is_harmless(byte) && (at > 0 || byte != b'.') {
            true => part.push(char::from(byte)),
            false => part.push_str(&format!("%{byte:02x}")),
        }
    }
    part
}

/// Decodes the last part of a path that [`part`] has encoded.
pub(crate) fn unpart(path: &Path) -> String {
    let part = path.file_name().unwrap_or_default().to_string_lossy();
    let mut bytes = Vec::new();
    let mut rest = part.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        let (byte, after) = match (byte, code) {
            (b'%', Some(code)) => (code, &after[2..]),
            (byte, _) => (*byte, after),
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns a file's contents, or `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, Failure> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(broken("read", path, &error)),
    }
}

/// Replaces a file, readable by its owner only. The swap is atomic: a reader sees the old file or the new one.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    make_folder(folder)?;
    // Created with mode 0600.
    let file = NamedTempFile::new_in(folder).and_then(|mut file| file.write_all(text.as_bytes()).map(|()| file));
    let written = file.and_then(|file| file.persist(path).map_err(|error| error.error));
    written.map(drop).map_err(|error| broken("write", path, &error))
}

/// Removes a file. A missing file is not an error.
pub(crate) fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(broken("remove", path, &error)),
        _ => Ok(()),
    }
}

/// Creates a folder and its parents, accessible to their owner only.
pub(crate) fn make_folder(folder: &Path) -> Result<(), Failure> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| broken("make", folder, &error))
}

/// Returns a failure that names the operation and the file.
pub(crate) fn broken(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Terminal(format!("cannot {what} {}: {}", path.display(), plain(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_names_make_different_and_safe_parts() {
        assert_eq!(part("http://127.0.0.1:8000"), "http%3a%2f%2f127.0.0.1%3a8000");
        assert_eq!(part(".."), "%2e.");
        for name in ["http://127.0.0.1:8000", "..", "é %2e", "work"] {
            assert_eq!(unpart(&Path::new("a").join(part(name))), name);
        }
        assert_ne!(part("a/b"), part("a%2fb"));
        assert!(!part("../../etc/passwd\0").contains(['/', '\0']));
    }

    #[test]
    fn a_file_is_replaced_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/c.json");
        for text in ["one", "two"] {
            write(&path, text).unwrap();
            assert_eq!(read(&path).unwrap().as_deref(), Some(text));
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else stays behind");
        remove(&path).unwrap();
        remove(&path).unwrap();
        assert_eq!(read(&path).unwrap(), None);
    }
}
