//! What can go wrong with a database, before it is open and after.

use std::path::PathBuf;

use sqlx::postgres::PgDatabaseError;

/// Why the database could not be opened: one line for the person who started the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No database that linger knows, or one in memory, which would forget.
    #[error("the database address {0:?} is not understood: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
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
    /// The database has a setting with which acknowledged messages could be lost.
    #[error("{database} has {setting} at {actual:?}, and linger needs {needed:?}")]
    Unsafe {
        /// Which of the two it is.
        database: &'static str,
        /// The pragma, or the parameter.
        setting: String,
        /// What it says when read back.
        actual: String,
        /// What it has to say.
        needed: String,
    },
    /// PostgreSQL is older than linger was ever tried on.
    #[error("this is PostgreSQL {found}, and linger needs {needed} or newer")]
    Version {
        /// Its major version.
        found: i32,
        /// The oldest that will do.
        needed: i32,
    },
    /// The address leads to a standby, which only reads.
    #[error("this PostgreSQL is a standby: linger writes, so it needs the primary")]
    Standby,
    /// Somebody accepts connections at this address and says nothing, or nobody even refuses them.
    #[error("the database cannot be opened: it does not answer")]
    Silent,
    /// A copy into it has begun and not ended.
    #[error("a copy into the database is not finished: run lingerd copy again, which goes on where it was")]
    Unfinished,
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
    /// It did not answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The database has forgotten messages: it was restored, or failed over to a copy that lagged.
    #[error("the database has gone back to before messages that were shown already: restart every node")]
    WentBack,
    /// The journal stopped before it could say whether this was committed.
    #[error("the journal did not commit this")]
    NotCommitted,
}

/// A pool that is open hands out connections, or the database's own error.
impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Database(error) => Self::Database(error),
            other => Self::Database(sqlx::Error::Configuration(Box::new(other))),
        }
    }
}

impl StoreError {
    /// Whether the connection had ended before anything was asked, as after a restart of the database: closed, or
    /// with a last word of its class 57, operator intervention.
    pub(super) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_)) => true,
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code.len() == 5 && code.starts_with("57P"))
            }
            _ => false,
        }
    }

    /// Whether the same query may succeed later: the database is away, busy or full. Anything else is a
    /// mistake of ours.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::NotCommitted | Self::TimedOut | Self::WentBack => true,
            Self::Database(error) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_)
                // What was refused on a new connection; see `postgres.rs`.
                | sqlx::Error::Configuration(_)
                | sqlx::Error::Tls(_) => true,
                sqlx::Error::Database(database) => match database.try_downcast_ref::<PgDatabaseError>() {
                    Some(error) => is_transient_state(error.code()),
                    None => database.code().is_some_and(|code| is_transient_code(&code)),
                },
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

/// PostgreSQL's, <https://www.postgresql.org/docs/current/errcodes-appendix.html>, by class: connection,
/// authorization (a server that is being set up), transaction state (timed out, or read-only after a
/// failover), rollback, resources, object state (a lock), operator, system, configuration.
fn is_transient_state(code: &str) -> bool {
    ["08", "28", "25", "40", "53", "55", "57", "58", "F0"].iter().any(|class| code.starts_with(class))
}
