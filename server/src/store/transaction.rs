//! The one transaction that may write. What is written in it is there for everybody after its commit, or
//! not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{ChatPool, On, StoreError};

/// An open transaction; dropping it without [`Transaction::commit`] rolls it back.
pub(crate) struct Transaction {
    database: On<sqlx::Transaction<'static, sqlx::Sqlite>>,
    queries: Arc<AtomicU64>,
}

impl Transaction {
    /// On SQLite `immediate`, that is, the lock for writing at once: a transaction that begins by reading
    /// and then wants to write fails with "database is locked", whatever the busy time-out.
    pub(super) async fn begin(pool: &ChatPool, queries: Arc<AtomicU64>) -> Result<Self, StoreError> {
        queries.fetch_add(1, Ordering::Relaxed);
        let database = match pool {
            ChatPool::Sqlite(pools) => On::Sqlite(pools.writer.begin_with("begin immediate").await?),
        };
        Ok(Self { database, queries })
    }

    /// Returns when the transaction is on disk.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        match self.database {
            On::Sqlite(transaction) => transaction.commit().await?,
        }
        Ok(())
    }

    pub(super) fn executor(&mut self) -> On<&mut sqlx::SqliteConnection> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        match &mut self.database {
            On::Sqlite(transaction) => On::Sqlite(&mut **transaction),
        }
    }
}
