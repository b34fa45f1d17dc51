//! What can go wrong with a database, before it is open and after.

use std::path::PathBuf;

/// Why the database could not be opened: one line for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No database that linger knows, or one in memory, which would forget.
    #[error("the database address {0:?} is not understood: write sqlite:PATH")]
    Address(String),
    /// The folder of the file is not there and cannot be made.
    #[error("the database folder {} cannot be made: {cause}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        cause: std::io::Error,
    },
    /// The file beside the database that keeps other processes away.
    #[error("the database lock {} cannot be opened: {cause}", lock.display())]
    Lock {
        /// The file.
        lock: PathBuf,
        /// Why not.
        cause: std::io::Error,
    },
    /// Another process has the lock.
    #[error("another process serves {}: one process per SQLite file", .0.display())]
    InUse(PathBuf),
    /// SQLite does not keep a setting without which acknowledged messages could be lost.
    #[error("SQLite keeps {setting} at {actual:?}, and linger needs {needed:?}")]
    Unsafe {
        /// The pragma.
        setting: &'static str,
        /// What it says when read back.
        actual: String,
        /// What it has to say.
        needed: String,
    },
    /// A setting of the database is missing, or of the wrong type.
    #[error("the settings under [default.databases.chat] are wrong: {0}")]
    Settings(#[from] Box<figment::Error>),
    /// The tables cannot be brought up to date.
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Anything else that the database says.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
}

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database said no, or nothing.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// The journal stopped before it could say whether this was committed.
    #[error("the journal did not commit this")]
    NotCommitted,
}

impl StoreError {
    /// Whether the same query may succeed later: the database is away, busy or full. Anything else is a
    /// mistake of ours.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::NotCommitted => true,
            Self::Database(error) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Tls(_) => true,
                sqlx::Error::Database(database) => database.code().is_some_and(|code| is_transient_code(&code)),
                _ => false,
            },
        }
    }
}

/// SQLite's result codes, <https://www.sqlite.org/rescode.html>; the low byte of an extended code is the
/// primary one: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN.
fn is_transient_code(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}
