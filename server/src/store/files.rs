//! The files of a SQLite database: locked against other processes, private to their owner, and watched while they are
//! open. Knows no SQL.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{OpenError, StoreError};

/// The endings of the files that SQLite keeps open: the database, its log of newer pages, and the log's index.
const OPEN: [&str; 3] = ["", WAL, SHM];
const WAL: &str = "-wal";
const SHM: &str = "-shm";

/// The length of a file's mark, and of the record in the lock beside the database: the marks of the database and of its
/// log, when they were last opened.
const MARK_BYTES: usize = 16;
const RECORD_BYTES: usize = 2 * MARK_BYTES;

/// A database file that this process alone uses. The operating system releases the locks however the process ends.
#[derive(Debug)]
pub(super) struct LockedFile {
    /// Without symbolic links, so that the names beside it are the same whichever path leads to the file.
    path: PathBuf,
    /// Locks the file itself, whatever its name: a hard link leads to the same file. Must not be closed while SQLite
    /// has the file open, because that would release SQLite's own locks, which belong to the process.
    _file: File,
    /// Keeps versions up to 0.1 away, which know only this lock. Has the record.
    beside: File,
}

impl LockedFile {
    /// Locks the file against other processes, and creates it and its folder if necessary. The journal's ids and the
    /// tail in memory assume that there is no other writer, and sqlx does not lock migrations on SQLite.
    ///
    /// # Errors
    /// If the database was replaced and still has the log of the file before it. SQLite would apply that log to it.
    pub(super) fn lock(database: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|cause| OpenError::Folder { folder: folder.to_owned(), cause })?;
        }
        let file = Self::lock_one(database, database)?;
        let path = fs::canonicalize(database).map_err(|cause| OpenError::Lock { lock: database.to_owned(), cause })?;
        let beside = Self::lock_one(&with_ending(&path, ".lock"), database)?;
        let locked = Self { path, _file: file, beside };
        if locked.has_log_of_another() { Err(OpenError::LogOfAnother(locked.path)) } else { Ok(locked) }
    }

    /// Returns whether the log is known to be that of another file, which had the database's name before. A log next to
    /// a database that was copied together with it is not.
    fn has_log_of_another(&self) -> bool {
        let mut record = [0; RECORD_BYTES];
        if self.beside.read_exact_at(&mut record, 0).is_err() {
            return false;
        }
        let (database, log) = (fs::metadata(&self.path), fs::metadata(with_ending(&self.path, WAL)));
        let (Ok(database), Ok(log)) = (database, log) else { return false };
        let (recorded_database, recorded_log) = record.split_at(MARK_BYTES);
        // SQLite ignores the log of an empty database.
        log.len() > 0 && database.len() > 0 && mark(&log) == recorded_log && mark(&database) != recorded_database
    }

    fn lock_one(lock: &Path, database: &Path) -> Result<File, OpenError> {
        let failed = |cause| OpenError::Lock { lock: lock.to_owned(), cause };
        // SQLite gives the files beside the database the same permissions.
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(lock);
        // A copy reads files that it may not be allowed to write to.
        let file = open.or_else(|cause| File::open(lock).map_err(|_| cause)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(file),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse(database.to_owned())),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }

    /// Takes the files away from other users. Earlier versions left them to the umask, which usually lets every user
    /// read them. Files that only a group may read were set up that way, and stay.
    pub(super) fn make_private(&self) {
        for ending in OPEN.iter().chain(&[".lock"]) {
            let path = with_ending(&self.path, ending);
            let Ok(mode) = fs::metadata(&path).map(|file| file.permissions().mode() & 0o777) else { continue };
            if mode & 0o007 == 0 {
                continue;
            }
            let (path_shown, mode) = (path.display(), format!("{mode:o}"));
            match fs::set_permissions(&path, Permissions::from_mode(0o600)) {
                Ok(()) => {
                    tracing::info!(path = %path_shown, mode, "others could read the database: now only its owner can")
                }
                Err(cause) => {
                    tracing::warn!(path = %path_shown, mode, %cause, "others can read the database: chmod 600")
                }
            }
        }
    }

    /// Begins to watch the files, which are all open.
    pub(super) fn watch(self) -> Result<WatchedFiles, OpenError> {
        let identify = |ending| match fs::metadata(with_ending(&self.path, ending)) {
            Ok(file) => Ok((with_ending(&self.path, ending), (file.dev(), file.ino()))),
            Err(cause) => Err(OpenError::Lock { lock: with_ending(&self.path, ending), cause }),
        };
        let [database, log, index] = OPEN.map(identify);
        let files = [database?, log?, index?];
        // Without the record, only the next start knows less.
        let _ = self.record(&files[0].0, &files[1].0);
        Ok(WatchedFiles { files, _locked: self })
    }

    fn record(&self, database: &Path, log: &Path) -> io::Result<()> {
        let marks = [mark(&fs::metadata(database)?), mark(&fs::metadata(log)?)];
        self.beside.write_all_at(marks.as_flattened(), 0)
    }
}

/// Returns a file's inode, which file systems use again, and when the file was created, in nanoseconds: 0 where that is
/// not known.
fn mark(file: &fs::Metadata) -> [u8; MARK_BYTES] {
    let created = file.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let nanoseconds = created.map_or(0, |time| time.as_nanos() as u64);
    let mut mark = [0; MARK_BYTES];
    mark[..8].copy_from_slice(&file.ino().to_le_bytes());
    mark[8..].copy_from_slice(&nanoseconds.to_le_bytes());
    mark
}

/// A file that is open: its path, its device and its inode.
type OpenFile = (PathBuf, (u64, u64));

/// The files of an open database. One that is removed or replaced stays open, and all that is written to it is lost.
#[derive(Debug)]
pub(super) struct WatchedFiles {
    files: [OpenFile; 3],
    _locked: LockedFile,
}

impl WatchedFiles {
    /// Checks that the files at their paths are still those that are open.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        match self.files.iter().find(|file| !is_there(file)) {
            None => Ok(()),
            Some((path, _)) => Err(StoreError::Replaced(path.clone())),
        }
    }

    /// Returns whether the log can be written into the database that is open, after [`WatchedFiles::check`] has failed:
    /// either the database is no longer at its path, or the log alone was removed. Any other log could be that of
    /// another program that uses the database.
    pub(super) fn may_empty_log(&self) -> bool {
        let [database, log, _] = &self.files;
        !is_there(database) || fs::metadata(&log.0).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    }

    /// Takes the log away from another file that is in the database's place by now, unless the log was replaced too.
    /// SQLite would apply it to that file at the next start.
    pub(super) fn put_log_aside(&self) {
        let [database, log, index] = &self.files;
        if is_there(database) || !database.0.exists() || !is_there(log) {
            return;
        }
        let old = with_ending(&log.0, ".old");
        let (path, old_path) = (log.0.display(), old.display());
        let is_empty = fs::metadata(&log.0).is_ok_and(|log| log.len() == 0);
        let moved = if is_empty { fs::remove_file(&log.0) } else { fs::rename(&log.0, &old) };
        match moved {
            Err(cause) => tracing::error!(%path, %cause, "delete this file: it belongs to the database before"),
            Ok(()) if is_empty => {}
            Ok(()) => tracing::warn!(%path, %old_path, "the log of the database before was moved away"),
        }
        if is_there(index) {
            let _ = fs::remove_file(&index.0);
        }
    }
}

/// Returns whether the file at the path is still the one that is open.
fn is_there((path, open): &OpenFile) -> bool {
    fs::metadata(path).is_ok_and(|file| (file.dev(), file.ino()) == *open)
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}
