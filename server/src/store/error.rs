//! What can go wrong with a database, before it is open and after.

use std::path::PathBuf;

/// Why the database could not be opened: one line for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the database address {0:?} is not understood: write sqlite:PATH")]
    Address(String),
    #[error("the database folder {folder} cannot be made: {cause}")]
    Folder { folder: PathBuf, cause: std::io::Error },
    #[error("the database lock {lock} cannot be opened: {cause}")]
    Lock { lock: PathBuf, cause: std::io::Error },
    #[error("another process serves {0}: one process per SQLite file")]
    InUse(PathBuf),
    #[error("SQLite keeps {setting} at {actual:?}, and linger needs {needed:?}")]
    Unsafe {
        setting: &'static str,
        actual: String,
        needed: String,
    },
    #[error("the settings under [default.databases.chat] are wrong: {0}")]
    Settings(#[from] Box<figment::Error>),
    #[error("the migrations failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
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
    code.parse::<u32>()
        .is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}
