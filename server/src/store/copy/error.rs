//! Errors of a copy, as one line each for the operator.

use std::path::PathBuf;

use crate::store::OpenError;

/// Why nothing was copied, or not everything.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// `--from` is not a SQLite file's address.
    #[error("--from {0:?} is not understood: write sqlite:PATH")]
    SourceAddress(String),
    /// `--to` is not a PostgreSQL database's address.
    #[error("--to {0:?} is not understood: write postgres://USER@HOST/DATABASE")]
    TargetAddress(String),
    /// The source file does not exist.
    #[error("there is no database {}", .0.display())]
    NoSource(PathBuf),
    /// A server or another copy uses the source.
    #[error("another process uses {}: stop the server first", .0.display())]
    SourceInUse(PathBuf),
    /// Any other error of the source.
    #[error("the source {} cannot be read: {cause}", path.display())]
    Source {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: String,
    },
    /// The source's tables are not those of this version, but of an older one.
    #[error(
        "the source's tables are at version {found} and this lingerd's at {ours}: start this lingerd on the source once"
    )]
    SourceIsOlder {
        /// The source's newest migration.
        found: i64,
        /// The newest migration that this lingerd knows.
        ours: i64,
    },
    /// The source's tables are those of a newer version.
    #[error(
        "the source's tables are at version {found}, which this lingerd does not know: use the one that created them"
    )]
    SourceIsNewer {
        /// The source's newest migration.
        found: i64,
    },
    /// A table is not as expected.
    #[error("the table {0} is not the same on both sides")]
    Tables(String),
    /// The target does not answer.
    #[error("the target does not answer within {0} s")]
    Silent(u64),
    /// The target cannot be reached, or refuses the connection.
    #[error("the target cannot be reached: {0}")]
    Unreachable(#[source] sqlx::Error),
    /// A server would refuse the target.
    #[error("the target is not suitable: {0}")]
    Unfit(#[from] OpenError),
    /// Any other error of the target.
    #[error("the target cannot be filled: {0}")]
    Target(#[from] sqlx::Error),
    /// The target's tables cannot be brought up to date.
    #[error("the target cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Another copy into the target is running.
    #[error("another copy into the target is running, or PostgreSQL has not noticed its end yet")]
    TargetBusy,
    /// A server uses the target, or did until a moment ago.
    #[error("a server uses the target, or did within the last minute: stop it first")]
    TargetInUse,
    /// The target has users who are not from the source.
    #[error("the target has been used, it has {users} users of its own: use an empty database")]
    TargetUsed {
        /// The number of these users.
        users: i64,
    },
    /// The target was copied from this source, and has been used since.
    #[error("the target has been copied from this source already, and has been used since")]
    TargetGoneOn,
    /// The target holds a part of another database.
    #[error("another database is being copied into the target: finish that, or use an empty database")]
    TargetOfAnother,
    /// The target differs from the source.
    #[error("not the same in the target as in the source: {0}; create the target database again and repeat the copy")]
    Differs(String),
}
