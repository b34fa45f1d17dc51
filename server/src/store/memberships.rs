//! Memberships: who is in which conversation, and how far each user has read.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::ids::{ConversationId, GENERAL_ROOM, RoomId, Seq, UserId};
use crate::domain::right::Role;

/// A user in a conversation, as an inbox needs it.
#[derive(Debug, Clone)]
pub(crate) struct Membership {
    pub(crate) user_id: UserId,
    pub(crate) conversation_id: ConversationId,
    /// The newest seq when the user joined, or a lower one if the user has set the last-read position back before it.
    /// Messages up to this seq are history.
    pub(crate) since_seq: Seq,
    pub(crate) last_read_seq: Seq,
    /// See [`Position::resets`].
    pub(crate) resets: i64,
    pub(crate) newest_seq: Seq,
    pub(crate) role: Role,
    /// The other user's name, in a direct conversation.
    pub(crate) other: Option<String>,
    /// The room, if it is one.
    pub(crate) room_id: Option<RoomId>,
}

from_row!(Membership { user_id, conversation_id, since_seq, last_read_seq, resets, newest_seq, role, other, room_id });

/// Where a membership begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) since_seq: Seq,
    /// More than any earlier membership of the same user ever had, so positions from before the user left lose.
    pub(crate) resets: i64,
}

from_row!(Joined { since_seq, resets });

/// The binary logarithm of the resets between two bulletins. A user who leaves and joins again leaves a bulletin each
/// time, so this has to exceed how often a position can be set within one membership.
const RESETS_PER_BULLETIN: u32 = 20;

/// A last-read position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Position {
    pub(crate) user_id: UserId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) since_seq: Seq,
    pub(crate) seq: Seq,
    /// Rises whenever the user sets this position explicitly, and whenever the user joins. If two positions conflict,
    /// the one with more resets wins, even if it is further back. With equal resets the one further on wins.
    pub(crate) resets: i64,
}

const MEMBERSHIPS_OF: &str =
    "select m.user_id, m.conversation_id, m.since_seq, m.last_read_seq, m.resets, c.newest_seq, m.role,
            u.name as other, r.id as room_id
     from memberships m join conversations c on c.id = m.conversation_id
     left join rooms r on r.conversation_id = m.conversation_id
     left join directs d on d.conversation_id = m.conversation_id
     left join users u on u.id = case when d.low_user_id = m.user_id then d.high_user_id else d.low_user_id end
     where m.user_id in (select cast(value as bigint) from json_each($1))";

impl Transaction {
    /// Joins a user at the newest message, which counts as read, unless the user is in `most` rooms already; 0 means
    /// any number. Returns `None` then, and for a member.
    pub(crate) async fn insert_membership(
        &mut self,
        user: UserId,
        conversation: ConversationId,
        most: i64,
    ) -> Result<Option<Joined>, StoreError> {
        let sql = "insert into memberships (user_id, conversation_id, since_seq, last_read_seq, resets)
             select $1, id, newest_seq, newest_seq, $3 from conversations where id = $2 and ($4 = 0 or $4 > (
                 select count(*) from memberships m join rooms r on r.conversation_id = m.conversation_id
                 where m.user_id = $1))
             on conflict do nothing returning since_seq, resets";
        // On SQLite there are no bulletins, and no other node with a position of an earlier membership.
        let resets = self.before().bulletin << RESETS_PER_BULLETIN;
        let joined = on!(self, transaction =>
            sqlx::query_as(sql)
                .bind(user).bind(conversation).bind(resets).bind(most)
                .fetch_optional(transaction).await)?;
        if joined.is_some() {
            self.add_members(conversation, 1).await?;
        }
        Ok(joined)
    }

    /// Adds the first members of a conversation that this transaction has created. Returns where all of them begin.
    pub(super) async fn insert_first_members(
        &mut self,
        conversation: ConversationId,
        members: &[(UserId, Role)],
    ) -> Result<Joined, StoreError> {
        let joined = Joined { since_seq: 0, resets: self.before().bulletin << RESETS_PER_BULLETIN };
        let rows = members.iter().map(|(user, role)| (user, role.as_str()));
        let rows = serde_json::json!(rows.collect::<Vec<_>>()).to_string();
        let sql = "insert into memberships (user_id, conversation_id, since_seq, last_read_seq, resets, role)
             select cast(value->>0 as bigint), $2, $3, $3, $4, value->>1 from json_each($1)";
        execute!(self, sqlx::query(sql).bind(rows).bind(conversation).bind(joined.since_seq).bind(joined.resets))?;
        Ok(joined)
    }

    /// Joins newly created users to `general`, at its newest message.
    pub(crate) async fn insert_first_memberships(&mut self, users: &[UserId]) -> Result<Vec<Membership>, StoreError> {
        let rows = serde_json::json!(users).to_string();
        let sql = "insert into memberships (user_id, conversation_id, since_seq, last_read_seq)
             select cast(value as bigint), c.id, c.newest_seq, c.newest_seq
             from json_each($1), rooms r join conversations c on c.id = r.conversation_id where r.id = $2
             returning user_id, conversation_id, since_seq, last_read_seq, resets, since_seq as newest_seq, role,
                       cast(null as text) as other, $2 as room_id";
        let joined: Vec<Membership> = on!(self, transaction =>
            sqlx::query_as(sql).bind(rows).bind(GENERAL_ROOM).fetch_all(transaction).await)?;
        if let Some(general) = joined.first() {
            self.add_members(general.conversation_id, joined.len() as i64).await?;
        }
        Ok(joined)
    }

    /// Removes a user from a conversation. Returns whether the user was a member.
    pub(crate) async fn delete_membership(
        &mut self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<bool, StoreError> {
        let sql = "delete from memberships where user_id = $1 and conversation_id = $2";
        let deleted = execute!(self, sqlx::query(sql).bind(user).bind(conversation))?;
        if deleted > 0 {
            self.add_members(conversation, -1).await?;
        }
        Ok(deleted > 0)
    }

    async fn add_members(&mut self, conversation: ConversationId, change: i64) -> Result<(), StoreError> {
        let sql = "update rooms set members = members + $1 where conversation_id = $2";
        execute!(self, sqlx::query(sql).bind(change).bind(conversation))?;
        Ok(())
    }

    /// Lists all memberships of these users.
    pub(crate) async fn list_memberships_of(&mut self, users: &[UserId]) -> Result<Vec<Membership>, StoreError> {
        let users = serde_json::json!(users).to_string();
        on!(self, transaction => sqlx::query_as(MEMBERSHIPS_OF).bind(users).fetch_all(transaction).await)
    }

    /// Writes last-read positions, unless the stored ones win; see [`Position::resets`]. Positions in conversations
    /// that were left meanwhile are ignored.
    pub(crate) async fn update_positions(&mut self, positions: &[Position]) -> Result<(), StoreError> {
        let row = |p: &Position| (p.user_id, p.conversation_id, p.since_seq, p.seq, p.resets);
        let rows = serde_json::json!(positions.iter().map(row).collect::<Vec<_>>()).to_string();
        let sql = "update memberships set since_seq = p.since_seq, last_read_seq = p.seq, resets = p.resets
             from (select cast(value->>0 as bigint) as user_id, cast(value->>1 as bigint) as conversation_id,
                          cast(value->>2 as bigint) as since_seq, cast(value->>3 as bigint) as seq,
                          cast(value->>4 as bigint) as resets
                   from json_each($1)) p
             where memberships.user_id = p.user_id and memberships.conversation_id = p.conversation_id
               and (memberships.resets, memberships.last_read_seq) < (p.resets, p.seq)";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }
}

impl Store {
    /// Lists all memberships of these users.
    pub(crate) async fn list_memberships_of(&self, users: &[UserId]) -> Result<Vec<Membership>, StoreError> {
        let users = serde_json::json!(users).to_string();
        on!(self, readers => sqlx::query_as(MEMBERSHIPS_OF).bind(users).fetch_all(readers).await)
    }
}
