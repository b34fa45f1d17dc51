//! Connections on loan, so that nothing waits for the database without end: a connection whose statement
//! was given up is closed, never used again. Knows no queries.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sqlx::pool::PoolConnection;
use sqlx::{Database, Pool};

use super::StoreError;

/// How long anything may take that PostgreSQL is asked for. On a link that swallows everything there is no error,
/// ever; this is what notices.
///
/// SQLite is in this process: whoever does not wait for it does not stop it, and would not learn what it did.
pub(super) const LIMIT: Duration = Duration::from_millis(2500);

/// Where a connection waits for its next use without going back to its pool, which would test it each time.
pub(super) type Berth<D> = Arc<Mutex<Option<PoolConnection<D>>>>;

/// A connection, borrowed from its pool. Dropped in the middle of a statement, or of a transaction, it is
/// closed at once and without a word: whatever was not committed is rolled back by that.
#[derive(Debug)]
pub(crate) struct Lease<D: Database> {
    connection: Option<PoolConnection<D>>,
    in_the_middle: bool,
    berth: Option<Berth<D>>,
    limit: Option<Duration>,
}

impl<D: Database> Lease<D> {
    /// One of the pool's connections, for statements within a limit or without.
    pub(super) async fn from_pool(pool: &Pool<D>, limit: Option<Duration>) -> Result<Self, sqlx::Error> {
        Ok(Self { connection: Some(pool.acquire().await?), in_the_middle: false, berth: None, limit })
    }

    /// The connection that waits in the berth, or else one of the pool's, which will wait there.
    pub(super) async fn from_berth(
        berth: &Berth<D>,
        pool: &Pool<D>,
        limit: Option<Duration>,
    ) -> Result<Self, StoreError> {
        let waiting = berth.lock().take();
        let connection = match waiting {
            Some(connection) => connection,
            None => pool.acquire().await?,
        };
        Ok(Self { connection: Some(connection), in_the_middle: false, berth: Some(Arc::clone(berth)), limit })
    }

    /// To begin something with, be it a statement or a transaction, that ends with [`Lease::end`].
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.in_the_middle = true;
        self.connection.as_mut().expect("it is there until it is dropped")
    }

    /// How long a statement may take.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// Nothing is left open: somebody else can have it.
    pub(super) fn end(&mut self) {
        self.in_the_middle = false;
    }
}

impl<D: Database> Drop for Lease<D> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        match &self.berth {
            // Returning it to the pool would wait for the end of the statement first.
            _ if self.in_the_middle => drop(connection.detach()),
            Some(berth) => *berth.lock() = Some(connection),
            // The pool tests what comes back, and would wait for the answer without end.
            None => drop(tokio::spawn(tokio::time::timeout(LIMIT, connection.return_to_pool()))),
        }
    }
}

/// A lease that is in the middle of a transaction, and stays so after a statement.
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
        // After an error the connection may be of no use any more; another is soon made.
        if answer.is_ok() {
            $lease.end();
        }
        answer
    }};
}
pub(super) use ask;

/// Gives up after the limit, if there is one.
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
