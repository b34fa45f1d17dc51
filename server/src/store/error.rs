//! Database errors, when the database is opened and afterwards.

use std::path::PathBuf;

use sqlx::postgres::PgDatabaseError;

/// Why the database could not be opened, as one line for the operator.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address names no database that linger supports, or one in memory, which would not last.
    #[error("the database address {0:?} is not understood: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Address(String),
    /// The address of PostgreSQL has a parameter that would be ignored.
    #[error("the database address has a parameter that does not exist: did you mean {meant}?")]
    Parameter {
        /// The one that was probably meant. What was written may be part of a password.
        meant: &'static str,
    },
    /// The folder of the file does not exist and cannot be created.
    #[error("the database folder {} cannot be created: {cause}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// A file of the database, or the lock beside it, cannot be opened.
    #[error("the database file {} cannot be opened and locked: {cause}", lock.display())]
    Lock {
        /// The file.
        lock: PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// A folder or a device is in the database's place.
    #[error("{} is no file, so it cannot be the database", .0.display())]
    NoFile(PathBuf),
    /// The file has tables of another program.
    #[error("{} is a database of another program: its tables are not linger's", .0.display())]
    Foreign(PathBuf),
    /// Another process has the lock.
    #[error("another process serves {}: one process per SQLite file", .0.display())]
    InUse(PathBuf),
    /// The database was replaced, and the log beside it belongs to the file before.
    #[error(
        "{path}-wal belongs to another file than {path}: move {path}-wal and {path}-shm away, or put the other file \
         back",
        path = .0.display()
    )]
    LogOfAnother(PathBuf),
    /// The database has a setting with which acknowledged messages could be lost.
    #[error("{database} has {setting} at {actual:?}, and linger needs {needed:?}")]
    Unsafe {
        /// SQLite or PostgreSQL.
        database: &'static str,
        /// The pragma, or the parameter.
        setting: String,
        /// The value that was read back.
        actual: String,
        /// The value that linger needs.
        needed: String,
    },
    /// PostgreSQL is older than any version that linger was tested on.
    #[error("this is PostgreSQL {found}, and linger needs {needed} or newer")]
    Version {
        /// Its major version.
        found: i32,
        /// The oldest major version that linger supports.
        needed: i32,
    },
    /// Nodes of an earlier version use the database, which this version would change under them.
    #[error("{0} nodes of an earlier version use the database: stop them all, then start this version")]
    OlderNodes(i64),
    /// The server at the address is a standby, which only reads.
    #[error("this PostgreSQL is a standby: linger writes, so it needs the primary")]
    Standby,
    /// The server accepts connections and does not answer, or nothing responds at the address at all.
    #[error("the database cannot be opened: it does not answer")]
    Silent,
    /// A copy into this database has begun but not finished.
    #[error("a copy into the database is not finished: run lingerd copy again, which continues where it stopped")]
    Unfinished,
    /// A setting of the database is missing, or of the wrong type.
    #[error("the settings under [default.databases.chat] are wrong: {0}")]
    Settings(#[from] Box<figment::Error>),
    /// The tables cannot be brought up to date.
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Any other error of the database.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] sqlx::Error),
}

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The database reported an error, or could not be reached.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    /// It did not answer in time.
    #[error("the database did not answer in time")]
    TimedOut,
    /// The database has lost messages: it was restored from a backup, or failed over to a replica that lagged.
    #[error("the database has lost messages that were already shown: restart every node")]
    WentBack,
    /// A file of the database was removed or replaced while it was open. What is written to it would be lost.
    #[error(
        "{} was removed or replaced while the server runs: put it back, or stop the server and start it with a backup \
         that has no -wal and -shm beside it",
        .0.display()
    )]
    Replaced(PathBuf),
    /// A query has found what cannot be read.
    #[error("the database is damaged: restore a backup, or repair it and restart the server")]
    Damaged,
    /// The journal did not report in time that this was committed. It may have been.
    #[error("the journal did not confirm the commit")]
    NotCommitted,
}

/// A pool that is open fails with an error of the database, or with a setting that it refuses on a new connection.
impl From<OpenError> for StoreError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Database(error) => Self::Database(error),
            other => Self::Database(sqlx::Error::Configuration(Box::new(other))),
        }
    }
}

impl StoreError {
    /// Returns whether the connection was lost, as after a restart of the database: it was closed, or ended with an
    /// error of PostgreSQL's class 57P, operator intervention.
    pub(super) fn is_lost_connection(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Io(_)) => true,
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| code.len() == 5 && code.starts_with("57P"))
            }
            _ => false,
        }
    }

    /// Returns whether the database can be reached but takes no writes: its disk is full, broken or read-only.
    pub(crate) fn is_full(&self) -> bool {
        self.has_code(|code| matches!(code & 0xff, 8 | 10 | 13 | 14), &["53", "58"])
    }

    /// Returns whether the database is damaged: what it has stored cannot be read.
    pub(crate) fn is_damage(&self) -> bool {
        match self {
            Self::Damaged | Self::Database(sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_)) => true,
            _ => self.has_code(|code| matches!(code & 0xff, 11 | 26), &["XX001", "XX002", "58P01"]),
        }
    }

    /// Returns whether PostgreSQL gave up waiting for a lock: usually the journals' lock, which another node holds.
    pub(super) fn is_locked_by_another(&self) -> bool {
        self.has_code(|_| false, &["55P03"])
    }

    /// Returns whether the database is away, busy or full, so that the same query may soon succeed. A damaged or
    /// replaced database needs the operator, who restarts the server.
    pub(crate) fn may_pass(&self) -> bool {
        let needs_operator = matches!(self, Self::WentBack | Self::Replaced(_)) || self.is_damage();
        self.is_transient() && !needs_operator
    }

    /// Returns whether this is an error of SQLite with such a result code, or of PostgreSQL with a code that begins
    /// like one of these.
    fn has_code(&self, sqlite: impl Fn(u32) -> bool, postgres: &[&str]) -> bool {
        let Self::Database(sqlx::Error::Database(error)) = self else { return false };
        match error.try_downcast_ref::<PgDatabaseError>() {
            Some(error) => postgres.iter().any(|class| error.code().starts_with(class)),
            None => error.code().and_then(|code| code.parse().ok()).is_some_and(sqlite),
        }
    }

    /// Returns whether the same query may succeed later, because the database is away, busy, full or damaged. Any other
    /// error is a bug of ours.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            error if error.is_damage() => true,
            Self::Damaged | Self::NotCommitted | Self::TimedOut | Self::WentBack | Self::Replaced(_) => true,
            Self::Database(error) => match error {
                sqlx::Error::Io(_)
                | sqlx::Error::PoolTimedOut
                | sqlx::Error::PoolClosed
                | sqlx::Error::WorkerCrashed
                | sqlx::Error::Protocol(_)
                // A setting that was refused on a new connection; see `postgres.rs`.
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

/// Returns whether a SQLite result code, <https://www.sqlite.org/rescode.html>, is transient. The low byte of an
/// extended code is the primary code: BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN.
fn is_transient_code(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14))
}

/// Returns whether a PostgreSQL error code, <https://www.postgresql.org/docs/current/errcodes-appendix.html>, is
/// transient. By class: connection, authorization (a server that is being set up), transaction state (timed out, or
/// read-only after a failover), rollback, resources, object state (a lock), operator, system, configuration.
fn is_transient_state(code: &str) -> bool {
    ["08", "28", "25", "40", "53", "55", "57", "58", "F0"].iter().any(|class| code.starts_with(class))
}
