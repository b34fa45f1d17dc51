//! Bulletins: what nodes tell each other through the database besides messages, in the table `changes`. A transaction
//! with any such change writes one row. Ids are in commit order. On SQLite there are no other nodes.

use serde::{Deserialize, Serialize};

use super::{Position, Renewal, Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::clock;
use crate::domain::ids::{BulletinId, EventId, UserId};

/// How far the database has come: the newest committed event and bulletin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) event: EventId,
    pub(crate) bulletin: BulletinId,
}

from_row!(Heads { event, bulletin });

/// The changes of a transaction that other nodes have to follow in memory.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Bulletin {
    /// Sessions that were signed out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ended_sessions: Vec<String>,
    /// Sessions whose token was renewed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) renewed_sessions: Vec<(String, Renewal)>,
    /// Users who joined or left a conversation, whose memberships have to be read again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<UserId>,
    /// Last-read positions that were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) positions: Vec<Position>,
}

impl Bulletin {
    fn is_empty(&self) -> bool {
        self.ended_sessions.is_empty()
            && self.renewed_sessions.is_empty()
            && self.members.is_empty()
            && self.positions.is_empty()
    }
}

/// Reads the newest event and the newest bulletin in one statement, so that they belong together. SQLite has no
/// bulletins.
macro_rules! heads_sqlite {
    () => {
        "select coalesce(max(id), 0) as event, 0 as bulletin from messages"
    };
}
macro_rules! heads_postgres {
    () => {
        "select (select coalesce(max(id), 0) from messages) as event,
                (select coalesce(max(id), 0) from changes) as bulletin"
    };
}
pub(super) use {heads_postgres, heads_sqlite};

impl Store {
    /// Reads how far the database has come.
    pub(crate) async fn find_heads(&self) -> Result<Heads, StoreError> {
        let sql = if self.is_shared() { heads_postgres!() } else { heads_sqlite!() };
        on!(self, readers => sqlx::query_as(sql).fetch_one(readers).await)
    }

    /// Lists the bulletins after `after` up to `upto`, in order. Returns `None` if `after` itself has been deleted, and
    /// perhaps later ones with it.
    pub(crate) async fn list_bulletins(
        &self,
        after: BulletinId,
        upto: BulletinId,
    ) -> Result<Option<Vec<Bulletin>>, StoreError> {
        if after >= upto {
            return Ok(Some(Vec::new()));
        }
        let sql = "select id, body from changes where id >= $1 and id <= $2 order by id";
        let rows: Vec<(BulletinId, String)> =
            on!(self, readers => sqlx::query_as(sql).bind(after).bind(upto).fetch_all(readers).await)?;
        let (known, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(id, _)| *id == after);
        if known.is_empty() {
            return Ok(None);
        }
        // The bulletin of a newer version may not be readable here. It is skipped.
        Ok(Some(new.iter().map(|(_, body)| serde_json::from_str(body).unwrap_or_default()).collect()))
    }
}

impl Transaction {
    /// Writes a bulletin for the other nodes, if there can be any, and notifies them once when the transaction is
    /// committed. `newest` is the newest event at that time. Returns the newest bulletin.
    pub(crate) async fn insert_bulletin(
        &mut self,
        bulletin: &Bulletin,
        newest: EventId,
    ) -> Result<BulletinId, StoreError> {
        let before = self.before();
        let has_news = !bulletin.is_empty();
        if !self.is_shared() || (!has_news && newest == before.event) {
            return Ok(before.bulletin);
        }
        if !has_news {
            let sql = "select pg_notify('linger', $1 || ' ' || $2)";
            let (event, bulletin) = (newest.to_string(), before.bulletin.to_string());
            execute!(self, sqlx::query(sql).bind(event).bind(bulletin))?;
            return Ok(before.bulletin);
        }
        let body = serde_json::to_string(bulletin).expect("a bulletin has only strings and integers");
        let sql = "with bulletin as (insert into changes (body, created_at) values ($1, $2) returning id)
                   select id, pg_notify('linger', $3 || ' ' || id)::text from bulletin";
        let (id, _): (BulletinId, Option<String>) = on!(self, transaction =>
            sqlx::query_as(sql).bind(body).bind(clock::now_ms()).bind(newest.to_string())
                .fetch_one(transaction).await)?;
        Ok(id)
    }

    /// Deletes bulletins that every live node has followed. The newest is kept: a node that has followed it looks for
    /// what comes after it.
    pub(crate) async fn delete_bulletins(&mut self, before_ms: i64) -> Result<(), StoreError> {
        if self.is_shared() {
            let sql = "delete from changes where created_at < $1 and id < (select max(id) from changes)";
            execute!(self, sqlx::query(sql).bind(before_ms))?;
        }
        Ok(())
    }
}
