//! Connections on loan, so that nothing waits for the database without end: a connection whose statement
//! was given up is closed, never used again. Knows no queries.

use std::time::Duration;

use sqlx::Database;
use sqlx::pool::PoolConnection;

use super::StoreError;

/// How long anything may take that the database is asked for. On a link that swallows everything there is no
/// error, ever; this is what notices.
pub(super) const LIMIT: Duration = Duration::from_millis(2800);

/// A connection, borrowed from its pool. Dropped in the middle of a statement, or of a transaction, it is
/// closed at once and without a word: whatever was not committed is rolled back by that.
#[derive(Debug)]
pub(super) struct Lease<D: Database> {
    connection: Option<PoolConnection<D>>,
    in_the_middle: bool,
}

impl<D: Database> Lease<D> {
    pub(super) fn new(connection: PoolConnection<D>) -> Self {
        Self { connection: Some(connection), in_the_middle: false }
    }

    /// To begin something with, be it a statement or a transaction, that ends with [`Lease::end`].
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.in_the_middle = true;
        self.connection.as_mut().expect("it is there until it is dropped")
    }

    /// Nothing is left open: the pool can have it back.
    pub(super) fn end(&mut self) {
        self.in_the_middle = false;
    }
}

impl<D: Database> Drop for Lease<D> {
    fn drop(&mut self) {
        if self.in_the_middle {
            // Returning it to the pool would wait for the end of the statement first.
            drop(self.connection.take().map(PoolConnection::detach));
        }
    }
}

/// A lease that is in the middle of a transaction, and stays so after a statement.
pub(super) struct InTransaction<'a, D: Database>(pub(super) &'a mut Lease<D>);

impl<D: Database> InTransaction<'_, D> {
    pub(super) fn connection(&mut self) -> &mut D::Connection {
        self.0.connection()
    }

    pub(super) fn end(&mut self) {}
}

/// Runs one statement on a lease.
macro_rules! ask {
    ($lease:ident, $connection:ident => $query:expr) => {{
        let answer = {
            let $connection = $lease.connection();
            crate::store::lease::within_limit(async { $query }).await
        };
        // An error that the database reports leaves the connection as good as it was; sqlx notices a lost one.
        if !matches!(answer, Err(crate::store::StoreError::TimedOut)) {
            $lease.end();
        }
        answer
    }};
}
pub(super) use ask;

/// Gives up after [`LIMIT`].
pub(super) async fn within_limit<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, StoreError> {
    match tokio::time::timeout(LIMIT, asked).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(StoreError::TimedOut),
    }
}
