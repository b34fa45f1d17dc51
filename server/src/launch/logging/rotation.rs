//! A log file that is renamed when it is large, and followed by a new one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::stdio;

/// How many older files are kept: `linger.log.1` is the newest of them.
const OLDER_FILES: usize = 4;

/// A file that lines are appended to.
pub(super) struct RotatingFile {
    path: PathBuf,
    file: File,
    /// The size from which the file is renamed; 0 for never.
    limit_bytes: u64,
    /// Whether the last byte ended a line, so that the next one may go to another file.
    is_between_lines: bool,
}

impl RotatingFile {
    /// Opens the file, which is created if necessary, with its folder.
    pub(super) fn open(path: &Path, limit_bytes: u64) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        Ok(Self { file: append_to(path)?, path: path.to_owned(), limit_bytes, is_between_lines: true })
    }

    /// Makes room if the file is too large, and creates it again if it was moved or removed. If that fails, goes on
    /// with the same file.
    fn prepare(&mut self) {
        let Ok(open) = self.file.metadata() else { return };
        let is_named = fs::metadata(&self.path).is_ok_and(|named| is_same(&named, &open));
        if is_named {
            if self.limit_bytes == 0 || open.len() < self.limit_bytes {
                return;
            }
            for number in (1..OLDER_FILES).rev() {
                let _ = fs::rename(self.older(number), self.older(number + 1));
            }
            if fs::rename(&self.path, self.older(1)).is_err() {
                return;
            }
        }
        let Ok(file) = append_to(&self.path) else { return };
        // A shell may have pointed the standard streams at the same file. What libraries print goes along with it.
        let is_this = |stream: io::Result<File>| {
            stream.and_then(|stream| stream.metadata()).is_ok_and(|stream| is_same(&stream, &open))
        };
        if is_this(duplicate(io::stdout())) {
            let _ = stdio::dup2_stdout(&file);
        }
        if is_this(duplicate(io::stderr())) {
            let _ = stdio::dup2_stderr(&file);
        }
        self.file = file;
    }

    fn older(&self, number: usize) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".{number}"));
        name.into()
    }
}

impl Write for RotatingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_between_lines {
            self.prepare();
        }
        let written = self.file.write(bytes)?;
        self.is_between_lines = bytes[..written].last().is_none_or(|byte| *byte == b'\n');
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn append_to(path: &Path) -> io::Result<File> {
    // Opening a pipe only for writing blocks until it has a reader.
    let is_pipe = fs::metadata(path).is_ok_and(|file| file.file_type().is_fifo());
    let open = |is_read: bool| OpenOptions::new().read(is_read).append(true).create(true).open(path);
    match open(is_pipe) {
        // The owner of the pipe may let the server only write to it.
        Err(error) if is_pipe && error.kind() == io::ErrorKind::PermissionDenied => open(false),
        opened => opened,
    }
}

fn duplicate(stream: impl std::os::fd::AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    use nix::sys::stat::Mode;
    use nix::unistd::{Uid, mkfifo, setfsuid};

    use super::*;

    fn lines_of(path: &Path) -> Vec<String> {
        fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_full_file_is_renamed_between_lines_and_only_a_few_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/linger.log");
        let mut log = RotatingFile::open(&path, 20).unwrap();
        for number in 0..100 {
            for part in [format!("line {number}"), " ends\n".to_owned()] {
                log.write_all(part.as_bytes()).unwrap();
            }
        }
        let mut files: Vec<_> =
            fs::read_dir(path.parent().unwrap()).unwrap().map(|file| file.unwrap().path()).collect();
        files.sort();
        assert_eq!(files.len(), 1 + OLDER_FILES, "{files:?}");
        let kept: Vec<_> = files.iter().rev().map(|file| lines_of(file)).collect();
        let kept = [&kept[..OLDER_FILES].concat()[..], &kept[OLDER_FILES]].concat();
        let expected: Vec<_> = (100 - kept.len()..100).map(|number| format!("line {number} ends")).collect();
        assert_eq!(kept, expected, "the newest lines, whole and in order");
    }

    #[test]
    fn a_pipe_that_may_only_be_written_to_is_opened() {
        let permit = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        permit(folder.path(), 0o711);
        let pipe = folder.path().join("log");
        mkfifo(&pipe, Mode::S_IRWXU).unwrap();
        let mut reader = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();
        permit(&pipe, 0o222);
        let opened = thread::spawn(move || {
            if Uid::effective().is_root() {
                // Root may open everything.
                setfsuid(Uid::from_raw(65534));
            }
            assert_eq!(File::open(&pipe).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
            append_to(&pipe)
        });
        opened.join().unwrap().unwrap().write_all(b"line").unwrap();
        let mut line = [0; 4];
        reader.read_exact(&mut line).unwrap();
        assert_eq!(&line, b"line");
    }

    #[test]
    fn a_file_that_was_moved_or_removed_is_created_again() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("linger.log"), folder.path().join("moved.log"));
        let mut log = RotatingFile::open(&path, 0).unwrap();
        log.write_all(b"first\n").unwrap();
        fs::rename(&path, &moved).unwrap();
        log.write_all(b"second\n").unwrap();
        fs::remove_file(&path).unwrap();
        log.write_all(b"third\n").unwrap();
        assert_eq!((lines_of(&moved), lines_of(&path)), (vec!["first".to_owned()], vec!["third".to_owned()]));
    }
}
