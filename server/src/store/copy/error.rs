//! Why nothing is copied, or not all: one line each for the person who asked.

use std::path::PathBuf;

use crate::store::OpenError;

/// Why nothing was copied, or not all.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// `--from` is not a SQLite file's address.
    #[error("--from {0:?} is not understood: write sqlite:PATH")]
    SourceAddress(String),
    /// `--to` is not a PostgreSQL database's address.
    #[error("--to {0:?} is not understood: write postgres://USER@HOST/DATABASE")]
    TargetAddress(String),
    /// There is no such file.
    #[error("there is no database {}", .0.display())]
    NoSource(PathBuf),
    /// A server has the source, or another copy.
    #[error("another process uses {}: stop the server first", .0.display())]
    SourceInUse(PathBuf),
    /// Anything else that the source says.
    #[error("the source {} cannot be read: {cause}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// Why not.
        cause: String,
    },
    /// The source's tables are another linger's.
    #[error(
        "the source's tables are at version {found} and this lingerd's at {ours}: start this lingerd on the source once"
    )]
    SourceIsOlder {
        /// The newest migration that the source has seen.
        found: i64,
        /// The newest that there is.
        ours: i64,
    },
    /// The source's tables are those of a linger to come.
    #[error(
        "the source's tables are at version {found}, which this lingerd does not know: take the one that made them"
    )]
    SourceIsNewer {
        /// The newest migration that the source has seen.
        found: i64,
    },
    /// A table is not what it has to be.
    #[error("the table {0} is not the same on both sides")]
    Tables(String),
    /// The target does not answer.
    #[error("the target does not answer within {0} s")]
    Silent(u64),
    /// The target is not there, or lets nobody in.
    #[error("the target cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// A server would refuse it.
    #[error("the target will not do: {0}")]
    Unfit(#[from] OpenError),
    /// Anything else that the target says.
    #[error("the target cannot be filled: {0}")]
    Target(#[from] sqlx::Error),
    /// The target's tables cannot be brought up to date.
    #[error("the target cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Another copy into it runs.
    #[error("another copy into the target is running, or its end has not been noticed yet")]
    TargetBusy,
    /// A server runs on it, or did a moment ago.
    #[error("a server uses the target, or did a minute ago: stop it first")]
    TargetInUse,
    /// There are users in it who are not the source's.
    #[error("the target has been used, it has {users} users of its own: take an empty database")]
    TargetUsed {
        /// How many.
        users: i64,
    },
    /// It was copied from this source, and lives its own life since.
    #[error("the target has been copied from this source already, and has been used since")]
    TargetGoneOn,
    /// It has a part of another database.
    #[error("another database is being copied into the target: finish that, or take an empty database")]
    TargetOfAnother,
    /// Something is not as in the source.
    #[error("not the same in the target as in the source: {0}; make the target database anew and copy again")]
    Differs(String),
}
