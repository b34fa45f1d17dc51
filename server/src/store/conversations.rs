//! Rooms and direct conversations, each with its newest seq.

use std::collections::HashMap;

use super::rooms::rules;
use super::{Joined, Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::ids::{ConversationId, RoomId, Seq, UserId};
use crate::domain::right::{Role, Rules};

/// A conversation's name, as its members see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ConversationName {
    /// A room.
    Room { id: RoomId, name: String },
    /// A direct conversation, named after the other user.
    Direct { with: String },
}

/// A room, and the role of one user in it.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) name: String,
    pub(crate) created_by: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) members: i64,
    pub(crate) newest_seq: Seq,
    pub(crate) title: Option<String>,
    pub(crate) topic: String,
    /// The user's role, if any.
    pub(crate) role: Option<Role>,
    pub(crate) rules: Rules,
}

from_row!(Room { id, conversation_id, name, created_by, created_at, members, newest_seq, title, topic, role, ..rules });

/// Which of the rooms that a user sees are listed. By default, all that are not archived.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct AmongRooms<'a> {
    /// The archived rooms instead of all others.
    pub(crate) archived: bool,
    /// Of the public rooms only those of the guest's invitation.
    pub(crate) only_invited: bool,
    /// Only rooms whose names begin like this.
    pub(crate) prefix: &'a str,
}

/// How many rooms a user has created and joined, or how many a user may; as a limit, 0 means any number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RoomCounts {
    pub(crate) created: i64,
    pub(crate) joined: i64,
}

from_row!(RoomCounts { created, joined });

/// A conversation that a user has joined, with its newest seq.
#[derive(Debug, Clone)]
pub(crate) struct Conversation {
    pub(crate) id: ConversationId,
    pub(crate) name: ConversationName,
    pub(crate) newest_seq: Seq,
}

struct ConversationRow {
    id: ConversationId,
    newest_seq: Seq,
    room_id: Option<RoomId>,
    room: Option<String>,
    other: Option<String>,
}

from_row!(ConversationRow { id, newest_seq, room_id, room, other });

impl From<ConversationRow> for Conversation {
    fn from(row: ConversationRow) -> Self {
        let name = match (row.room_id, row.room) {
            (Some(id), Some(name)) => ConversationName::Room { id, name },
            _ => ConversationName::Direct { with: row.other.unwrap_or_default() },
        };
        Self { id: row.id, name, newest_seq: row.newest_seq }
    }
}

/// Selects [`Room`]s as the user `$1` sees them.
macro_rules! room_where {
    ($condition:literal) => {
        concat!(
            "select r.id, r.conversation_id, r.name, u.name as created_by, r.created_at, r.members, c.newest_seq,
                    r.title, r.topic, coalesce(m.role, case when b.user_id is not null then 'banned' end) as role, ",
            rules!(),
            " from rooms r join conversations c on c.id = r.conversation_id left join users u on u.id = r.created_by
              left join memberships m on m.conversation_id = r.conversation_id and m.user_id = $1
              left join bans b on b.conversation_id = r.conversation_id and b.user_id = $1
              where ",
            $condition
        )
    };
}

const DIRECT: &str = "select conversation_id from directs where low_user_id = $1 and high_user_id = $2";

impl Store {
    /// Finds a room, and the user's role in it.
    pub(crate) async fn find_room(&self, user: UserId, id: RoomId) -> Result<Option<Room>, StoreError> {
        let sql = room_where!("r.id = $2");
        on!(self, readers => sqlx::query_as(sql).bind(user).bind(id).fetch_optional(readers).await)
    }

    /// Lists the rooms with ids above `after` that are public or have the user as a member, by id, of those that
    /// `among` names.
    pub(crate) async fn list_rooms(
        &self,
        user: UserId,
        after: RoomId,
        limit: i64,
        among: AmongRooms<'_>,
    ) -> Result<Vec<Room>, StoreError> {
        let sql = room_where!(
            "r.id > $2 and (r.archived_at is not null) = $4 and substr(r.name, 1, length($6)) = $6
             and (m.user_id is not null or r.private = 0 and ($5 = false
                 or exists (select 1 from guest_rooms g where g.user_id = $1 and g.room_id = r.id)))
             order by r.id limit $3"
        );
        on!(self, readers =>
            sqlx::query_as(sql)
                .bind(user).bind(after).bind(limit)
                .bind(among.archived).bind(among.only_invited).bind(among.prefix)
                .fetch_all(readers).await)
    }

    /// Lists the joined rooms by id, then the direct conversations that hold a message, by the other user's name.
    pub(crate) async fn list_conversations(&self, user: UserId) -> Result<Vec<Conversation>, StoreError> {
        let sql = "select c.id, c.newest_seq, r.id as room_id, r.name as room, u.name as other
             from memberships m join conversations c on c.id = m.conversation_id
             left join rooms r on r.conversation_id = c.id
             left join directs d on d.conversation_id = c.id
             left join users u on u.id = case when d.low_user_id = m.user_id then d.high_user_id else d.low_user_id end
             where m.user_id = $1 and (r.id is not null or c.newest_seq > 0)
             order by r.id is null, r.id, u.name";
        let rows = on!(self, readers => sqlx::query_as::<_, ConversationRow>(sql).bind(user).fetch_all(readers).await)?;
        Ok(rows.into_iter().map(Conversation::from).collect())
    }

    /// Returns the direct conversation of two users, if there is one yet.
    pub(crate) async fn find_direct(&self, one: UserId, other: UserId) -> Result<Option<ConversationId>, StoreError> {
        let sql = DIRECT;
        let (low, high) = (one.min(other), one.max(other));
        on!(self, readers => sqlx::query_scalar(sql).bind(low).bind(high).fetch_optional(readers).await)
    }

    /// Reads the newest seq of each of these conversations, those without messages left out.
    pub(crate) async fn list_newest_seqs(
        &self,
        conversations: &[ConversationId],
    ) -> Result<HashMap<ConversationId, Seq>, StoreError> {
        let conversations = serde_json::json!(conversations).to_string();
        let sql = "select id, newest_seq from conversations
             where id in (select cast(value as bigint) from json_each($1)) and newest_seq > 0";
        let rows: Vec<(ConversationId, Seq)> =
            on!(self, readers => sqlx::query_as(sql).bind(conversations).fetch_all(readers).await)?;
        Ok(rows.into_iter().collect())
    }

    /// Reads a conversation's newest seq from its row.
    pub(crate) async fn newest_seq(&self, conversation: ConversationId) -> Result<Seq, StoreError> {
        let sql = "select newest_seq from conversations where id = $1";
        on!(self, readers => sqlx::query_scalar(sql).bind(conversation).fetch_one(readers).await)
    }
}

impl Transaction {
    /// Counts a user's rooms.
    pub(crate) async fn count_rooms_of(&mut self, user: UserId) -> Result<RoomCounts, StoreError> {
        let sql = "select (select count(*) from rooms where created_by = $1) as created,
                 (select count(*) from memberships m join rooms r on r.conversation_id = m.conversation_id
                  where m.user_id = $1) as joined";
        on!(self, transaction => sqlx::query_as(sql).bind(user).fetch_one(transaction).await)
    }

    /// Returns the direct conversation of two users, and where both begin in it if this call created it.
    pub(crate) async fn ensure_direct(
        &mut self,
        one: UserId,
        other: UserId,
    ) -> Result<(ConversationId, Option<Joined>), StoreError> {
        let (low, high) = (one.min(other), one.max(other));
        let existing: Option<ConversationId> = on!(self, transaction =>
            sqlx::query_scalar(DIRECT).bind(low).bind(high).fetch_optional(transaction).await)?;
        if let Some(conversation) = existing {
            return Ok((conversation, None));
        }
        let sql = "insert into conversations (newest_seq) values (0) returning id";
        let conversation: ConversationId =
            on!(self, transaction => sqlx::query_scalar(sql).fetch_one(transaction).await)?;
        let sql = "insert into directs (conversation_id, low_user_id, high_user_id) values ($1, $2, $3)";
        execute!(self, sqlx::query(sql).bind(conversation).bind(low).bind(high))?;
        let both = [(low, Role::Member), (high, Role::Member)];
        Ok((conversation, Some(self.insert_first_members(conversation, &both).await?)))
    }
}
