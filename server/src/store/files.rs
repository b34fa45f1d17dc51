//! The files of a SQLite database: locked against other processes, private to their owner, and watched while they are
//! open. Knows no SQL.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{OpenError, StoreError};

/// The endings of the files that SQLite keeps open: the database, its log of newer pages, and the log's index.
const OPEN: [&str; 3] = ["", "-wal", "-shm"];

/// A database file that this process alone uses. The operating system releases the locks however the process ends.
#[derive(Debug)]
pub(super) struct LockedFile {
    /// Without symbolic links, so that the names beside it are the same whichever path leads to the file.
    path: PathBuf,
    /// Locks the file itself, whatever its name: a hard link leads to the same file. Must not be closed while SQLite has
    /// the file open, because that would release SQLite's own locks, which belong to the process.
    _file: File,
    /// Keeps versions up to 0.1 away, which know only this lock.
    _beside: File,
}

impl LockedFile {
    /// Locks the file against other processes, and creates it and its folder if necessary. The journal's ids and the
    /// tail in memory assume that there is no other writer, and sqlx does not lock migrations on SQLite.
    pub(super) fn lock(database: &Path) -> Result<Self, OpenError> {
        if let Some(folder) = database.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(|cause| OpenError::Folder { folder: folder.to_owned(), cause })?;
        }
        let file = Self::lock_one(database, database)?;
        let path = fs::canonicalize(database).map_err(|cause| OpenError::Lock { lock: database.to_owned(), cause })?;
        let beside = Self::lock_one(&with_ending(&path, ".lock"), database)?;
        Ok(Self { path, _file: file, _beside: beside })
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
        let identify = |ending: &&str| {
            let path = with_ending(&self.path, ending);
            let file = fs::metadata(&path).map_err(|cause| OpenError::Lock { lock: path.clone(), cause })?;
            Ok((path, (file.dev(), file.ino())))
        };
        let files = OPEN.iter().map(identify).collect::<Result<_, OpenError>>()?;
        Ok(WatchedFiles { files, _locked: self })
    }
}

/// The files of an open database. One that is removed or replaced stays open, and all that is written to it is lost.
#[derive(Debug)]
pub(super) struct WatchedFiles {
    /// Each with its device and inode.
    files: Vec<(PathBuf, (u64, u64))>,
    _locked: LockedFile,
}

impl WatchedFiles {
    /// Checks that the files at their paths are still those that are open.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        let is_there = |(path, open): &&(PathBuf, (u64, u64))| {
            fs::metadata(path).is_ok_and(|file| (file.dev(), file.ino()) == *open)
        };
        match self.files.iter().find(|file| !is_there(file)) {
            None => Ok(()),
            Some((path, _)) => Err(StoreError::Replaced(path.clone())),
        }
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(path);
    path.push(ending);
    path.into()
}
