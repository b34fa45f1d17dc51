//! The only room that knows SQL. Everybody else sees methods: a verb, a noun, plain values in and out.
//! Knows no HTTP, and nothing of who waits for what.
//!
//! Reading goes through [`Store`], on a few connections that only read. Writing goes through a
//! [`Transaction`], which the journal alone opens: one at a time, one commit for everything in it.
//!
//! Each query is written once, in words that SQLite and PostgreSQL share (`$1`, `returning`,
//! `on conflict`), and run with [`on!`] on whichever database this is; where the two differ, both texts
//! stand side by side. Many rows travel as one JSON array, which the query takes apart: one statement and
//! one plan for any number of rows.
//!
//! Several servers, *nodes*, may share one PostgreSQL. What a node has to hear of the others is in
//! [`changes`], how it is told to look in [`notifications`], and who is online there in [`presence`]. On
//! SQLite there is nothing to hear.

mod bulletins;
mod conversations;
pub(crate) mod copy;
mod error;
mod identity;
mod lease;
mod memberships;
mod messages;
mod notifications;
mod pool;
mod postgres;
mod posting;
mod presence;
mod sessions;
mod settings;
mod sqlite;
#[cfg(test)]
mod tests;
mod transaction;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lease::Lease;
use rocket_db_pools::Pool;

pub(crate) use bulletins::{Bulletin, Heads};
pub(crate) use conversations::{Conversation, ConversationName, Room};
pub use error::OpenError;
pub(crate) use error::StoreError;
pub(crate) use identity::{CURSOR_KEY_BYTES, Identity};
pub(crate) use memberships::{Membership, Position};
pub(crate) use messages::{HistoryRange, StoredMessage};
pub(crate) use pool::ChatPool;
pub(crate) use posting::{Draft, Outcome};
pub(crate) use sessions::OpenSession;
pub(crate) use transaction::Transaction;
pub(crate) use users::{Newcomer, User};

/// One of what each database has: its pool, its connection.
#[derive(Debug, Clone)]
pub(crate) enum On<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Runs a query, written once, on whichever database this is; on PostgreSQL no longer than [`lease::LIMIT`].
///
/// In a box: the state of a query takes kilobytes, and would be a part of every future that may ask one, so of
/// each held poll, which hardly ever does. That took 16 KiB off a poll.
macro_rules! on {
    ($self:expr, $connection:ident => $query:expr) => {
        Box::pin(async {
            match $self.lease().await? {
                crate::store::On::Sqlite(mut lease) => crate::store::lease::ask!(lease, $connection => $query),
                crate::store::On::Postgres(mut lease) => crate::store::lease::ask!(lease, $connection => $query),
            }
        })
        .await
    };
}
use on;

/// The same for what answers no rows, but how many it changed.
macro_rules! execute {
    ($self:expr, $query:expr) => {
        crate::store::on!($self, connection => $query.execute(connection).await.map(|done| done.rows_affected()))
    };
}
use execute;

/// The database, for reading.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: ChatPool,
    queries: Arc<AtomicU64>,
    /// This server's number among the nodes, drawn at random.
    node: i64,
    is_journals: bool,
}

impl Store {
    /// # Errors
    /// When the operating system gives no random numbers.
    pub(crate) fn new(pool: ChatPool) -> Result<Self, StoreError> {
        let random =
            getrandom::u64().map_err(|error| StoreError::Database(sqlx::Error::Protocol(error.to_string())))?;
        Ok(Self { pool, queries: Arc::default(), node: (random >> 1).cast_signed(), is_journals: false })
    }

    /// Whether other servers may use this database at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.pool, ChatPool::Postgres(_))
    }

    /// How often the database was asked so far, in transactions too; one question may be several statements. See
    /// [`Store::for_journal`].
    pub(crate) fn query_count(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// The same store for the journal, to read with the connection that it writes with: it never waits behind
    /// requests, and what it reads, be it only to see whether there is news, does not count as theirs.
    pub(crate) fn for_journal(&self) -> Self {
        Self { queries: Arc::default(), is_journals: true, ..self.clone() }
    }

    /// Opens the one transaction that may write. Only the journal calls this.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(&self.pool, Arc::clone(&self.queries), self.node).await
    }

    /// Closes every connection, once nobody has anything left to write. What was committed is safe without
    /// it, so it does not wait for long.
    pub(crate) async fn close(&self) {
        let _ = tokio::time::timeout(Duration::from_millis(500), self.pool.close()).await;
    }

    /// A connection for one statement.
    async fn lease(&self) -> Result<On<Lease<sqlx::Sqlite>, Lease<sqlx::Postgres>>, StoreError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        match self.is_journals {
            true => self.pool.lease_writer().await,
            false => Ok(self.pool.get().await?),
        }
    }
}

/// A build for tests may be asked to do without the journal's lock and without what else keeps ids in commit
/// order, to see whether the checker of histories notices. No other build knows the word.
fn plants_no_journal_lock() -> bool {
    cfg!(debug_assertions) && std::env::var("LINGER_PLANT").is_ok_and(|plant| plant == "no-journal-lock")
}
