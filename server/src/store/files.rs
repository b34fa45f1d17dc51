//! The files of a SQLite database: locked against other processes, private to their owner, and watched while they are
//! open. Knows no SQL.

use std::ffi::OsString;
use std::fs::{self, File, Metadata, OpenOptions, Permissions, TryLockError};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::{OpenError, StoreError};

/// The endings of the files that SQLite keeps open: the database, its log of newer pages, and the log's index.
const OPEN: [&str; 3] = ["", WAL, SHM];
const WAL: &str = "-wal";
const SHM: &str = "-shm";

/// The first bytes of a record in the lock beside the database. Earlier builds wrote records without them, in which an
/// inode alone stands for a file.
const MAGIC: [u8; 8] = *b"linger 1";

/// Tells a file from those that had its inode before: its inode, and when it was created in nanoseconds of Unix time.
type Mark = [u8; 16];

/// The marks of the database and of its log, when they were last opened.
type Record = [Mark; 2];

/// A database file that this process alone uses. The operating system releases the locks however the process ends.
#[derive(Debug)]
pub(super) struct LockedFile {
    /// Without symbolic links, so that the names beside it are the same whichever path leads to the file.
    path: PathBuf,
    /// Locks the file itself, whatever its name: a hard link leads to the same file. Must not be closed while SQLite
    /// has the file open, because that would release SQLite's own locks, which belong to the process.
    file: File,
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
        // Before it is opened for writing: an overlay file system makes another file of it then.
        let found = fs::metadata(database).ok();
        if found.as_ref().is_some_and(|file| !file.is_file()) {
            return Err(OpenError::NoFile(database.to_owned()));
        }
        let file = Self::lock_one(database, database)?;
        let path = fs::canonicalize(database).map_err(|cause| OpenError::Lock { lock: database.to_owned(), cause })?;
        let beside = Self::lock_one(&with_ending(&path, ".lock"), database)?;
        let locked = Self { path, file, beside };
        let log = with_ending(&locked.path, WAL);
        match (found.filter(|file| file.len() > 0), fs::metadata(&log)) {
            (Some(database), Ok(log)) if locked.is_of_another(&log, &database) => {
                return Err(OpenError::LogOfAnother(locked.path));
            }
            // SQLite would delete it.
            (None, Ok(found)) if found.len() > 0 && locked.is_empty() => {
                put_aside(&log).map_err(|cause| OpenError::Lock { lock: log, cause })?;
            }
            _ => {}
        }
        Ok(locked)
    }

    /// Returns whether a log is there, which has pages that the database may not have yet.
    pub(super) fn has_log(&self) -> bool {
        fs::metadata(with_ending(&self.path, WAL)).is_ok_and(|log| log.len() > 0)
    }

    fn is_empty(&self) -> bool {
        self.file.metadata().is_ok_and(|file| file.len() == 0)
    }

    /// Returns whether the log is known to be that of another file, which had the database's name before. A log next to
    /// a database that was copied together with it is not.
    fn is_of_another(&self, log: &Metadata, database: &Metadata) -> bool {
        let mut record = [0; MAGIC.len() + size_of::<Record>()];
        if log.len() == 0 || self.beside.read_exact_at(&mut record, 0).is_err() {
            return false;
        }
        let (magic, marks) = record.split_at(MAGIC.len());
        let (recorded_database, recorded_log) = marks.split_at(size_of::<Mark>());
        let (Some(database), Some(log)) = (mark(database), mark(log)) else { return false };
        magic == MAGIC && log == recorded_log && database != recorded_database
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
        let opened = |ending| {
            let path = with_ending(&self.path, ending);
            let file = if ending.is_empty() { self.file.metadata() } else { fs::metadata(&path) };
            match file {
                Ok(file) => Ok((path, file)),
                Err(cause) => Err(OpenError::Lock { lock: path, cause }),
            }
        };
        let [database, log, index] = OPEN.map(opened);
        let files = [database?, log?, index?];
        // If it cannot be written, the old record stays, which matches no later log.
        let _ = self.record(mark(&files[0].1).zip(mark(&files[1].1)));
        let files = files.map(|(path, file)| (path, (file.dev(), file.ino())));
        Ok(WatchedFiles { files, _locked: self })
    }

    fn record(&self, marks: Option<(Mark, Mark)>) -> io::Result<()> {
        match marks {
            Some((database, log)) => self.beside.write_all_at(&[&MAGIC[..], &database, &log].concat(), 0),
            None => self.beside.set_len(0),
        }
    }
}

/// Returns what tells a file from others, or `None` where it is not known when a file was created: an inode alone is
/// used again.
fn mark(file: &Metadata) -> Option<Mark> {
    let created = file.created().ok()?.duration_since(UNIX_EPOCH).ok()?;
    let mut mark = [0; size_of::<Mark>()];
    mark[..8].copy_from_slice(&file.ino().to_le_bytes());
    mark[8..].copy_from_slice(&u64::try_from(created.as_nanos()).ok()?.to_le_bytes());
    Some(mark)
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
        if let Err(cause) = put_aside(&log.0) {
            let path = log.0.display();
            tracing::error!(%path, %cause, "move this file away: it belongs to the previous database");
        }
        if is_there(index) {
            let _ = fs::remove_file(&index.0);
        }
    }
}

/// Renames the log of a database that is not there any more to a name that is free, or deletes it if it is empty.
fn put_aside(log: &Path) -> io::Result<()> {
    if fs::metadata(log)?.len() == 0 {
        return fs::remove_file(log);
    }
    let names = (1..).map(|number| if number == 1 { ".old".to_owned() } else { format!(".old{number}") });
    let free = names.map(|ending| with_ending(log, &ending)).find(|path| !path.exists());
    let old = free.ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(log, &old)?;
    let (path, old_path) = (log.display(), old.display());
    tracing::warn!(%path, %old_path, "the previous database's log was moved away");
    Ok(())
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
