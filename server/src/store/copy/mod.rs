//! Copying a whole database from SQLite to PostgreSQL. Knows tables as rows of numbers, texts and bytes, not what they
//! mean. The order of the steps is in `commands/copy.rs`.
//!
//! Rows are copied in batches, in the order of their primary key, with one statement per batch. So a table of the
//! target always holds the first rows of the source's, and copying resumes after the newest key in it.

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

/// Every table, each after those that it refers to. The identity comes first: a target that has it is a copy.
pub(crate) const TABLES: [&str; 20] = [
    "database_identity",
    "users",
    "authors",
    "sessions",
    "sign_in_networks",
    "conversations",
    "rooms",
    "directs",
    "memberships",
    "messages",
    "line_changes",
    "reactions",
    "idempotency_keys",
    "sign_up_keys",
    "sweeps",
    "retired_names",
    "codes",
    "code_rooms",
    "guest_rooms",
    "bans",
];

/// How many rows are read and written at once. A text has at most 16 KiB, so a batch takes at most about 16 MiB.
const BATCH_ROWS: i64 = 1000;
