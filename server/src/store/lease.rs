//! Leased connections, so that nothing waits for the database for ever. A connection whose statement was given up is
//! closed, never used again. Knows no queries.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

use super::StoreError;

/// How long a query on PostgreSQL may take. A link that drops every packet never reports an error; only this limit
/// notices.
///
/// SQLite has no limit. It runs in this process: giving up on a statement would not stop it, and would leave its
/// outcome unknown.
pub(super) const LIMIT: Duration = Duration::from_millis(2500);

/// A slot where a connection waits for its next use. Returned to its pool, it would be tested each time.
pub(super) type Berth<D> = Arc<Mutex<Option<PoolConnection<D>>>>;

/// A connection borrowed from its pool. If it is dropped in the middle of a statement or a transaction, it is closed at
/// once, without a goodbye. That rolls back whatever was not committed.
#[derive(Debug)]
pub(crate) struct Lease<D: Database> {
    connection: Option<PoolConnection<D>>,
    in_the_middle: bool,
    berth: Option<Berth<D>>,
    limit: Option<Duration>,
}

impl<D: Database> Lease<D> {
    /// Leases this connection, with or without a limit on its statements.
    pub(super) fn of(connection: PoolConnection<D>, limit: Option<Duration>) -> Self {
        Self { connection: Some(connection), in_the_middle: false, berth: None, limit }
    }

    /// Leases a connection of the pool, with or without a limit on its statements.
    pub(super) async fn from_pool(pool: &Pool<D>, limit: Option<Duration>) -> Result<Self, sqlx::Error> {
        Ok(Self::of(acquire(pool).await?, limit))
    }

    /// Leases the connection that waits in the berth, or else one of the pool, which will wait there.
    pub(super) async fn from_berth(
        berth: &Berth<D>,
        pool: &Pool<D>,
        limit: Option<Duration>,
    ) -> Result<Self, StoreError> {
        let waiting = berth.lock().take();
        let connection = match waiting {
            Some(connection) => connection,
            None => acquire(pool).await?,
        };
        let mut lease = Self::of(connection, limit);
        lease.berth = Some(Arc::clone(berth));
        Ok(lease)
    }

    /// Returns the connection, to begin a statement or a transaction that ends with [`Lease::end`].
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.in_the_middle = true;
        self.connection.as_mut().expect("a lease has a connection until it is dropped")
    }

    /// Returns how long a statement may take.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Records that nothing is left open, so that the connection can be used again.
    pub(super) fn end(&mut self) {
        self.in_the_middle = false;
    }
}

impl<D: Database> Drop for Lease<D> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        match &self.berth {
            // Returning it to the pool would first wait for the end of the statement.
            _ if self.in_the_middle => drop(connection.detach()),
            Some(berth) => *berth.lock() = Some(connection),
            // The pool tests a returned connection, and would wait for the answer for ever.
            None => drop(tokio::spawn(tokio::time::timeout(LIMIT, connection.return_to_pool()))),
        }
    }
}

/// Acquires a connection of the pool. In a box, because making one takes a future of several KiB, for which every query
/// would have to allow.
fn acquire<D: Database>(pool: &Pool<D>) -> Pin<Box<impl Future<Output = Result<PoolConnection<D>, sqlx::Error>>>> {
    Box::pin(pool.acquire())
}

/// A lease in the middle of a transaction, where it stays after each statement.
pub(super) struct InTransaction<'a, D: Database>(pub(super) &'a mut Lease<D>);

impl<D: Database> InTransaction<'_, D> {
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.0.connection()
    }

    pub(super) fn limit(&self) -> Option<Duration> {
        self.0.limit
    }

    pub(super) fn end(&mut self) {}
}

/// Runs one statement on a lease.
macro_rules! ask {
    ($lease:ident, $connection:ident => $query:expr) => {{
        let limit = $lease.limit();
        let answer = {
            let $connection = $lease.connection();
            crate::store::lease::within(limit, async { $query }).await
        };
        // After an error the connection may be unusable. A new one is quickly made.
        if answer.is_ok() {
            $lease.end();
        }
        answer
    }};
}
pub(super) use ask;

/// Runs a query. Gives up after the limit, if there is one.
pub(super) async fn within<T>(
    limit: Option<Duration>,
    asked: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, StoreError> {
    let Some(limit) = limit else { return Ok(asked.await?) };
    match tokio::time::timeout(limit, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::TimedOut),
    }
}
