//! The only room that knows SQL. Everybody else sees methods: a verb, a noun, plain values in and out.
//! Knows no HTTP, and nothing of who waits for what.
//!
//! Reading goes through [`Store`], on a few connections that only read. Writing goes through a
//! [`Transaction`], which the journal alone opens: one at a time, one commit for everything in it.
//!
//! Each query is written once, in words that SQLite and PostgreSQL share (`$1`, `returning`,
//! `on conflict`), and run with [`on!`] on whichever database this is. Many rows travel as one JSON
//! array, which the query takes apart: one statement and one plan for any number of rows.

mod conversations;
mod error;
mod memberships;
mod messages;
mod pool;
mod posting;
mod sessions;
mod sqlite;
mod transaction;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rocket_db_pools::Pool;

pub(crate) use conversations::{Conversation, Place, Room};
pub use error::OpenError;
pub(crate) use error::StoreError;
pub(crate) use memberships::{Membership, Position};
pub(crate) use messages::{HistoryRange, StoredMessage};
pub(crate) use pool::ChatPool;
pub(crate) use posting::{Draft, Inserted};
pub(crate) use transaction::Transaction;
pub(crate) use users::User;

/// One of what each database has: its pool, its transaction, its connection.
#[derive(Debug, Clone)]
enum On<S> {
    Sqlite(S),
}

/// Runs a query, written once, on whichever database this is.
macro_rules! on {
    ($self:expr, $executor:ident => $query:expr) => {
        match $self.executor() {
            crate::store::On::Sqlite($executor) => $query,
        }
    };
}
use on;

/// How long the key is that seals cursors.
pub(crate) const CURSOR_KEY_BYTES: usize = 16;

/// What tells this database from every other.
#[derive(sqlx::FromRow)]
pub(crate) struct Identity {
    #[sqlx(try_from = "i64")]
    pub(crate) epoch: u32,
    /// [`CURSOR_KEY_BYTES`] that never leave the server.
    pub(crate) cursor_key: Vec<u8>,
}

/// The database, for reading.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    pool: ChatPool,
    queries: Arc<AtomicU64>,
}

impl Store {
    pub(crate) fn new(pool: ChatPool) -> Self {
        Self { pool, queries: Arc::default() }
    }

    /// How many statements were sent to the database so far, in transactions too.
    pub(crate) fn query_count(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// What was drawn at random when this database was made. Asking for it also tells whether the database
    /// can be read.
    pub(crate) async fn identity(&self) -> Result<Identity, StoreError> {
        let query = sqlx::query_as("select epoch, cursor_key from database_identity where id = 1");
        Ok(on!(self, readers => query.fetch_one(readers).await)?)
    }

    /// Opens the one transaction that may write. Only the journal calls this.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(&self.pool, Arc::clone(&self.queries)).await
    }

    /// Closes every connection, once nobody has anything left to write. What was committed is safe without
    /// it, so it does not wait for long.
    pub(crate) async fn close(&self) {
        let _ = tokio::time::timeout(Duration::from_millis(500), self.pool.close()).await;
    }

    fn executor(&self) -> On<&sqlx::SqlitePool> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.pool.readers()
    }
}
