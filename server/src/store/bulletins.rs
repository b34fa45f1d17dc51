//! Bulletins: what nodes tell each other through the database besides the line, in the table `bulletins`. A transaction
//! with any such change writes one row. Ids are in commit order. On SQLite there are no other nodes.

use serde::{Deserialize, Serialize};

use super::{Position, Renewal, Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::ids::{BulletinId, EventId, RoomId, UserId};

/// The number of bulletins read at once. Under load, a single bulletin carries thousands of positions.
const BULLETINS: i64 = 64;

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
    /// Rooms that were created or changed, which have to be read again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) rooms: Vec<RoomId>,
    /// Last-read positions that were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) positions: Vec<Position>,
    /// Users who were deleted, each with the messages by others that name the user no more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) deleted_users: Vec<(UserId, Vec<EventId>)>,
    /// How old it is by the database's clock, when it is read.
    #[serde(skip)]
    pub(crate) age_ms: i64,
}

impl Bulletin {
    fn is_empty(&self) -> bool {
        self.ended_sessions.is_empty()
            && self.renewed_sessions.is_empty()
            && self.members.is_empty()
            && self.deleted_users.is_empty()
            && self.rooms.is_empty()
            && self.positions.is_empty()
    }
}

/// A bulletin as it is stored.
#[derive(Serialize, Deserialize)]
struct Body<B> {
    /// The bulletin before this one, so that readers notice if one between them is gone. Ids alone do not tell: a
    /// transaction that fails uses one up. Versions up to 0.1 leave it out.
    #[serde(default)]
    after: Option<BulletinId>,
    #[serde(flatten)]
    bulletin: B,
}

/// Reads the newest event, when the newest message was sent, and the newest bulletin, in one statement, so that they
/// belong together. SQLite has no bulletins.
macro_rules! heads_sqlite {
    () => {
        "select max(coalesce((select max(id) from messages), 0), coalesce((select max(id) from line_changes), 0)) as event,
                coalesce((select sent_at from messages order by id desc limit 1), 0) as sent_at, 0 as bulletin"
    };
}
macro_rules! heads_postgres {
    () => {
        "select greatest((select max(id) from messages), (select max(id) from line_changes), 0) as event,
                coalesce((select sent_at from messages order by id desc limit 1), 0) as sent_at,
                (select coalesce(max(id), 0) from bulletins) as bulletin"
    };
}
pub(super) use {heads_postgres, heads_sqlite};

impl Store {
    /// Reads how far the database has come.
    pub(crate) async fn find_heads(&self) -> Result<Heads, StoreError> {
        let sql = if self.is_shared() { heads_postgres!() } else { heads_sqlite!() };
        on!(self, readers => sqlx::query_as(sql).fetch_one(readers).await)
    }

    /// Lists the bulletins after `after` up to `upto`, in order, each with its id; of many, the first ones. Returns
    /// `None` if some of them are gone, or may be, or cannot be read by this version.
    pub(crate) async fn list_bulletins(
        &self,
        after: BulletinId,
        upto: BulletinId,
    ) -> Result<Option<Vec<(BulletinId, Bulletin)>>, StoreError> {
        if after >= upto {
            return Ok(Some(Vec::new()));
        }
        let sql = "select id, body, cast(extract(epoch from clock_timestamp()) * 1000 as bigint) - created_at
                   from bulletins where id >= $1 and id <= $2 order by id limit $3";
        let rows: Vec<(BulletinId, String, i64)> =
            on!(self, readers => sqlx::query_as(sql).bind(after).bind(upto).bind(BULLETINS).fetch_all(readers).await)?;
        let (known, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(id, ..)| *id == after);
        let is_known = !known.is_empty();
        let (mut last, mut bulletins) = (after, Vec::with_capacity(new.len()));
        for (id, body, age_ms) in new {
            let Ok(Body { after, bulletin }) = serde_json::from_str(&body) else { return Ok(None) };
            if !after.map_or(is_known, |after: BulletinId| after == last) {
                return Ok(None);
            }
            last = id;
            bulletins.push((id, Bulletin { age_ms, ..bulletin }));
        }
        Ok((is_known || !bulletins.is_empty()).then_some(bulletins))
    }
}

impl Transaction {
    /// Writes a bulletin for the other nodes, if there can be any, and has the commit notify them. `newest` is the
    /// newest event at that time. Returns the newest bulletin.
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
        let mut own = before.bulletin;
        if has_news {
            let body = Body { after: Some(before.bulletin), bulletin };
            let body = serde_json::to_string(&body).expect("a bulletin has only strings and integers");
            let sql = "insert into bulletins (body, created_at)
                       values ($1, extract(epoch from clock_timestamp()) * 1000) returning id";
            own = on!(self, transaction => sqlx::query_scalar(sql).bind(body).fetch_one(transaction).await)?;
        }
        self.notice = Some(Heads { event: newest, bulletin: own });
        Ok(own)
    }

    /// Deletes bulletins that every live node has followed: those before the first that is younger than `keep_ms` by
    /// the database's clock, so that none goes missing between two that stay. A bulletin from the future does not count
    /// as young: that clock was put back. The newest is kept: a node that has followed it looks for what comes after
    /// it.
    pub(crate) async fn delete_bulletins(&mut self, keep_ms: i64) -> Result<(), StoreError> {
        if self.is_shared() {
            let sql = "delete from bulletins where id < (
                           select coalesce(min(id) filter (
                                      where abs(extract(epoch from clock_timestamp()) * 1000 - created_at) <= $1), max(id))
                           from bulletins)";
            execute!(self, sqlx::query(sql).bind(keep_ms))?;
        }
        Ok(())
    }
}
