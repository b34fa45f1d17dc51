//! The database: the only module that knows SQL. All others see methods: a verb, a noun, plain values in and out. Knows
//! no HTTP, and nothing of waiting requests.
//!
//! Reads go through [`Store`], on a few connections that only read. Writes go through a [`Transaction`], which only the
//! journal opens: one at a time, with one commit for everything in it.
//!
//! Each query is written once, in the SQL that SQLite and PostgreSQL share (`$1`, `returning`, `on conflict`), and run
//! with [`on!`] on either. Where the two differ, both texts are next to each other. Many rows travel as one JSON array,
//! which the query unpacks: one statement and one plan for any number of rows.
//!
//! Several servers, called *nodes*, may share one PostgreSQL database. [`bulletins`] tell a node what the others have
//! changed, [`notifications`] tell it to look, and [`presence`] tells who is online there. On SQLite there is only one
//! node.

mod bulletins;
mod changing;
mod codes;
mod conversations;
pub(crate) mod copy;
mod error;
mod files;
mod guests;
mod identity;
mod keys;
mod lease;
mod leaving;
mod line;
mod memberships;
mod messages;
mod migrations;
mod notifications;
mod outage;
mod pool;
mod postgres;
mod posting;
mod presence;
mod profiles;
mod rooms;
mod row;
mod sessions;
mod settings;
mod sqlite;
mod stretches;
#[cfg(test)]
pub(crate) mod tests;
mod transaction;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::domain::plant;
use lease::Lease;
use outage::Outage;
use rocket_db_pools::Pool;
use row::from_row;

pub(crate) use bulletins::{Bulletin, Heads};
pub(crate) use codes::{CodeKind, Invitation, NewCode, Rank, StoredCode};
pub(crate) use conversations::{AmongRooms, Conversation, ConversationName, Room, RoomCounts};
pub use error::OpenError;
pub(crate) use error::StoreError;
pub(crate) use identity::{CURSOR_KEY_BYTES, Identity};
pub(crate) use keys::{Began, SignUpKey};
pub(crate) use line::{Changed, StoredChange, StoredEvent, StoredMembership};
pub(crate) use memberships::{Joined, Membership, Position};
pub(crate) use messages::{HistoryRange, StoredMessage};
pub(crate) use pool::ChatPool;
pub(crate) use posting::{Draft, Outcome};
pub(crate) use profiles::{Profile, SignInProof, SignedIn};
pub(crate) use rooms::{RoomChange, RoomFacts, RoomMember, RoomSeat};
pub(crate) use sessions::{OpenSession, Renewal};
pub(crate) use transaction::Transaction;
pub(crate) use users::{Account, NO_PASSWORD, Newcomer, User};

/// A value that differs by database, such as a connection.
#[derive(Debug, Clone)]
pub(crate) enum On<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// Runs a query on either database. On PostgreSQL it may take at most [`lease::LIMIT`].
///
/// The future is boxed: the state of a query takes kilobytes. It would be part of every future that may run one, such
/// as each held poll, which hardly ever does. Boxing took 16 KiB off a poll.
macro_rules! on {
    ($self:expr, $connection:ident => $query:expr) => {
        Box::pin(async {
            match $self.lease().await? {
                crate::store::On::Sqlite(mut lease) => crate::store::lease::ask!(lease, $connection => $query),
                crate::store::On::Postgres(mut lease) => crate::store::lease::ask!(lease, $connection => $query),
            }
        })
        .await
        .inspect_err(|error| $self.damage.notice(error))
    };
}
use on;

/// Like [`on!`], for a statement that returns no rows. Returns how many rows it changed.
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
    /// See [`Store::query_count`].
    queries: Arc<AtomicU64>,
    /// This node's id, drawn at random.
    node: i64,
    /// See [`Store::for_journal`].
    is_journals: bool,
    damage: Damage,
    outage: Arc<Outage>,
}

/// Whether any query has found that the database is damaged. Remains until a restart, because a later query that
/// succeeds may have read something else.
#[derive(Debug, Clone, Default)]
struct Damage(Arc<AtomicBool>);

impl Damage {
    fn notice(&self, error: &StoreError) {
        if error.is_damage() && !self.0.swap(true, Ordering::Relaxed) {
            tracing::error!(cause = %error, "the database is damaged: /health answers 503 from now on");
        }
    }
}

impl Store {
    /// # Errors
    /// If the operating system provides no random numbers.
    pub(crate) fn new(pool: ChatPool) -> Result<Self, StoreError> {
        let random =
            getrandom::u64().map_err(|error| StoreError::Database(sqlx::Error::Protocol(error.to_string())))?;
        Ok(Self {
            pool,
            queries: Arc::default(),
            node: (random >> 1).cast_signed(),
            is_journals: false,
            damage: Damage::default(),
            outage: Arc::default(),
        })
    }

    /// Returns whether other servers may use this database at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.pool, ChatPool::Postgres(_))
    }

    /// Returns how many queries were run so far, including those in transactions. One query may be several statements.
    /// Those of [`Store::for_journal`] are not included.
    pub(crate) fn query_count(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// Returns the same store for the journal, which reads with the connection that it writes with. So it never waits
    /// behind requests, and its queries, even those that only look for news, do not count as theirs.
    pub(crate) fn for_journal(&self) -> Self {
        Self { queries: Arc::default(), is_journals: true, ..self.clone() }
    }

    /// Opens the one transaction that may write. Only the journal calls this.
    pub(crate) async fn begin(&self) -> Result<Transaction, StoreError> {
        Transaction::begin(self).await
    }

    /// Checks that the files of a SQLite database are still those that are open.
    pub(crate) fn check_files(&self) -> Result<(), StoreError> {
        match &self.pool {
            ChatPool::Sqlite(pools) => pools.files.check(),
            ChatPool::Postgres(_) => Ok(()),
        }
    }

    /// Empties SQLite's write-ahead log, which still has the texts that were edited or deleted. Returns false if
    /// readers use it at the moment; it never waits for them.
    pub(crate) async fn wipe_log(&self) -> Result<bool, StoreError> {
        let ChatPool::Sqlite(_) = &self.pool else { return Ok(true) };
        let sql = "pragma busy_timeout = 0; pragma wal_checkpoint(truncate)";
        let wiped: Result<Vec<i64>, _> = on!(self, writer => sqlx::query_scalar(sql).fetch_all(writer).await);
        execute!(self, sqlx::query(sqlite::RESTORE_BUSY_TIMEOUT))?;
        // The last row says whether it was busy.
        Ok(wiped?.last() == Some(&0))
    }

    /// Checks that no query has found any damage so far.
    pub(crate) fn check_damage(&self) -> Result<(), StoreError> {
        if self.damage.0.load(Ordering::Relaxed) { Err(StoreError::Damaged) } else { Ok(()) }
    }

    /// Closes every connection, after the last write. Committed data is safe without this, so it does not wait for
    /// long.
    pub(crate) async fn close(&self) {
        if let (ChatPool::Sqlite(pools), Err(_)) = (&self.pool, self.check_files()) {
            return pools.abandon().await;
        }
        let _ = tokio::time::timeout(Duration::from_millis(500), self.pool.close()).await;
    }

    /// Leases a connection for one query.
    async fn lease(&self) -> Result<On<Lease<sqlx::Sqlite>, Lease<sqlx::Postgres>>, StoreError> {
        // A new connection would open the file that is at the path now.
        self.check_files()?;
        self.queries.fetch_add(1, Ordering::Relaxed);
        match self.is_journals {
            true => self.pool.lease_writer().await,
            false => Ok(self.pool.get().await?),
        }
    }
}

/// Returns whether to do without the journal's lock and whatever else keeps ids in commit order, which tests whether
/// the checker of histories notices.
fn plants_no_journal_lock() -> bool {
    plant::is_planted("no-journal-lock")
}
