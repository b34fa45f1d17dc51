//! Everything in one database, moved into another: from SQLite to PostgreSQL. Knows tables as rows of numbers,
//! texts and bytes, and not what is in them; the order of the steps is `crate::copy`'s.
//!
//! Rows go over in batches, in the order of their primary key, each batch one statement. So what is in a table
//! of the target is always a beginning of the source's, and where to go on is the newest key in it.

mod error;
mod filling;
mod rows;
mod source;
mod table;
mod target;

pub use error::CopyError;
pub(crate) use source::Source;
pub(crate) use table::{Checksum, Table};
pub(crate) use target::{Target, TargetState, refuse_unfinished};

/// Every table, each behind those that it refers to. The identity comes first: what has it is a copy.
pub(crate) const TABLES: [&str; 9] = [
    "database_identity",
    "users",
    "sessions",
    "conversations",
    "rooms",
    "directs",
    "memberships",
    "messages",
    "idempotency_keys",
];

/// Rows that are read and written at once. Texts have 4 KiB at most, so this many need 4 MiB at most.
const BATCH_ROWS: i64 = 1000;
