//! The one transaction that may write. What it writes is visible to all after its commit, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::{AssertSqlSafe, FromRow, Postgres, Sqlite};

use super::bulletins::{heads_postgres, heads_sqlite};
use super::lease::{InTransaction, Lease, within};
use super::{Damage, Heads, On, Store, StoreError, execute, from_row, on};
use crate::domain::ids::EventId;

/// `immediate` takes the write lock at once. A transaction that begins by reading and writes later can fail with
/// "database is locked", whatever the busy timeout.
const BEGIN_SQLITE: &str = concat!("begin immediate; ", heads_sqlite!());

/// Ids rise in commit order only if one transaction at a time assigns them, across all nodes. So every journal first
/// takes this lock, and holds it to the end of the commit. The number only has to be one that no other program uses.
///
/// Separate statements at read committed: each sees what was committed before the lock was taken.
const BEGIN_POSTGRES: &str = concat!(
    "begin isolation level read committed read write; select pg_advisory_xact_lock(7813580941200143219); ",
    heads_postgres!()
);

/// An open transaction; dropping it without [`Transaction::commit`] or [`Transaction::commit_messages`] rolls it back.
pub(crate) struct Transaction {
    database: On<Lease<Sqlite>, Lease<Postgres>>,
    queries: Arc<AtomicU64>,
    pub(super) damage: Damage,
    pub(super) node: i64,
    before: Begun,
    /// The newest place on the line that this transaction has taken.
    newest_place: EventId,
    /// How far the database will have come, to be announced to the other nodes by the commit.
    pub(super) notice: Option<Heads>,
    /// See [`Transaction::removes_text`].
    pub(super) removes_text: bool,
}

/// How far the database had come when a transaction began.
#[derive(Default)]
struct Begun {
    heads: Heads,
    /// When the newest message was sent.
    sent_at: i64,
}

from_row!(Begun { sent_at, ..heads });

impl Transaction {
    pub(super) async fn begin(store: &Store) -> Result<Self, StoreError> {
        store.check_files()?;
        match Self::begin_once(store).await {
            // The connection was lost, as after a restart of the database. Nothing is lost yet, so retry on a new one.
            Err(error) if error.is_lost_connection() => Self::begin_once(store).await,
            begun => begun,
        }
    }

    /// Begins, and reads how far the database has come, in one round trip.
    async fn begin_once(store: &Store) -> Result<Self, StoreError> {
        let database = store.pool.lease_writer().await?;
        let (queries, damage) = (Arc::clone(&store.queries), store.damage.clone());
        let mut transaction = Self {
            database,
            queries,
            damage,
            node: store.node,
            before: Begun::default(),
            newest_place: 0,
            notice: None,
            removes_text: false,
        };
        let postgres = match super::plants_no_journal_lock() {
            true => concat!("begin; ", heads_postgres!()),
            false => BEGIN_POSTGRES,
        };
        transaction.before = match transaction.statement() {
            On::Sqlite(mut lease) => {
                within(lease.limit(), sqlx::query_as(BEGIN_SQLITE).fetch_one(lease.connection())).await?
            }
            On::Postgres(mut lease) => {
                let rows = within(lease.limit(), sqlx::raw_sql(postgres).fetch_all(lease.connection())).await?;
                Begun::from_row(rows.last().ok_or(sqlx::Error::RowNotFound)?)?
            }
        };
        transaction.newest_place = transaction.before.heads.event;
        Ok(transaction)
    }

    /// Returns how far the database had come before this transaction.
    pub(crate) fn before(&self) -> Heads {
        self.before.heads
    }

    /// Returns when the newest message before this transaction was sent, in milliseconds since 1970, or 0.
    pub(super) fn newest_sent_at(&self) -> i64 {
        self.before.sent_at
    }

    /// Returns whether this transaction edits or deletes a text; see [`Store::wipe_log`].
    pub(crate) fn removes_text(&self) -> bool {
        self.removes_text
    }

    /// Returns the newest place on the line, those that this transaction has taken included.
    pub(super) fn newest_place(&self) -> EventId {
        self.newest_place
    }

    /// Takes the next place on the line.
    pub(super) async fn take_place(&mut self) -> Result<EventId, StoreError> {
        self.newest_place = self.reserve_places().await? + 1;
        Ok(self.newest_place)
    }

    /// Returns the place after which this transaction may take places. Without the journal's lock, they would rise in
    /// the order of reservation, not of commit.
    pub(super) async fn reserve_places(&mut self) -> Result<EventId, StoreError> {
        if super::plants_no_journal_lock() && self.newest_place == self.before.heads.event {
            let sql = "select nextval('bulletins_id_seq') * 1000";
            self.newest_place = on!(self, transaction => sqlx::query_scalar(sql).fetch_one(transaction).await)?;
        }
        Ok(self.newest_place)
    }

    /// Commits. Returns when the transaction is on disk. After an error it may be on disk, too.
    pub(crate) async fn commit(mut self) -> Result<(), StoreError> {
        match self.notice {
            None => execute!(self, sqlx::raw_sql("commit"))?,
            // In one round trip.
            Some(Heads { event, bulletin }) => {
                let sql = format!("select pg_notify('linger', '{event} {bulletin}'); commit");
                execute!(self, sqlx::raw_sql(AssertSqlSafe(sql)))?
            }
        };
        self.end();
        Ok(())
    }

    /// Records that nothing is left open, so that the connection can be used again.
    pub(super) fn end(mut self) {
        match &mut self.database {
            On::Sqlite(lease) => lease.end(),
            On::Postgres(lease) => lease.end(),
        }
    }

    /// Returns whether other nodes may have to be told what is written here.
    pub(super) fn is_shared(&self) -> bool {
        matches!(self.database, On::Postgres(_))
    }

    /// Leases the connection for one query. Async like `Store::lease`, which may have to wait, so that `on!` works with
    /// both.
    pub(super) async fn lease(
        &mut self,
    ) -> Result<On<InTransaction<'_, Sqlite>, InTransaction<'_, Postgres>>, StoreError> {
        Ok(self.statement())
    }

    fn statement(&mut self) -> On<InTransaction<'_, Sqlite>, InTransaction<'_, Postgres>> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        match &mut self.database {
            On::Sqlite(lease) => On::Sqlite(InTransaction(lease)),
            On::Postgres(lease) => On::Postgres(InTransaction(lease)),
        }
    }
}
