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

    /// The number drawn at random when this database was made.
    pub(crate) async fn epoch(&self) -> Result<u32, StoreError> {
        let query = sqlx::query_scalar::<_, i64>("select epoch from database_identity where id = 1");
        let epoch = on!(self, readers => query.fetch_one(readers).await)?;
        Ok(u32::try_from(epoch).unwrap_or_default())
    }

    /// Asks the database for the least that it can answer.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        let query = sqlx::query_scalar::<_, i64>("select 1");
        on!(self, readers => query.fetch_one(readers).await)?;
        Ok(())
    }

    /// Opens the one transaction that may write. Only the journal calls this.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(&self.pool, Arc::clone(&self.queries)).await
    }

    /// Closes every connection, once nobody has anything left to write.
    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn executor(&self) -> On<&sqlx::SqlitePool> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        self.pool.readers()
    }
}
