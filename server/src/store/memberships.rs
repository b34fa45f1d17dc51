//! Who is in which conversation, and how far each has read.

use super::{StoreError, Transaction, on};
use crate::ids::{ConversationId, MessageId, Seq, UserId};

/// A user in a conversation, as an inbox needs it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct Membership {
    pub(crate) conversation_id: ConversationId,
    /// The newest seq at the time of joining, or where the user set the last-read position back to before
    /// it; what came before is history.
    pub(crate) since_seq: Seq,
    pub(crate) last_read_seq: Seq,
    pub(crate) newest_seq: Seq,
    /// The other user's name, in a direct conversation.
    pub(crate) other: Option<String>,
}

/// A last-read position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) user_id: UserId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) since_seq: Seq,
    pub(crate) seq: Seq,
}

impl Transaction {
    /// Joins at the newest message, which counts as read; nothing if the user is in already. Returns
    /// `since_seq`.
    pub(crate) async fn insert_membership(
        &mut self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<Option<Seq>, StoreError> {
        let query = sqlx::query_scalar(
            "insert into memberships (user_id, conversation_id, since_seq, last_read_seq)
             select $1, id, newest_seq, newest_seq from conversations where id = $2
             on conflict do nothing returning since_seq",
        );
        let since = on!(self, transaction => query.bind(user).bind(conversation).fetch_optional(transaction).await)?;
        if since.is_some() {
            self.add_members(conversation, 1).await?;
        }
        Ok(since)
    }

    pub(crate) async fn delete_membership(
        &mut self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        let query = sqlx::query("delete from memberships where user_id = $1 and conversation_id = $2");
        let query = query.bind(user).bind(conversation);
        if on!(self, transaction => query.execute(transaction).await)?.rows_affected() > 0 {
            self.add_members(conversation, -1).await?;
        }
        Ok(())
    }

    async fn add_members(&mut self, conversation: ConversationId, change: i64) -> Result<(), StoreError> {
        let query = sqlx::query("update rooms set members = members + $1 where conversation_id = $2");
        on!(self, transaction => query.bind(change).bind(conversation).execute(transaction).await)?;
        Ok(())
    }

    /// Everything that a user is in.
    pub(crate) async fn list_memberships(&mut self, user: UserId) -> Result<Vec<Membership>, StoreError> {
        let query = sqlx::query_as(
            "select m.conversation_id, m.since_seq, m.last_read_seq, c.newest_seq, u.name as other
             from memberships m join conversations c on c.id = m.conversation_id
             left join directs d on d.conversation_id = m.conversation_id
             left join users u on u.id = case when d.low_user_id = m.user_id then d.high_user_id else d.low_user_id end
             where m.user_id = $1",
        );
        Ok(on!(self, transaction => query.bind(user).fetch_all(transaction).await)?)
    }

    /// Writes last-read positions down; one of a conversation that was left meanwhile goes nowhere.
    pub(crate) async fn update_positions(&mut self, positions: &[Position]) -> Result<(), StoreError> {
        let rows: Vec<_> = positions.iter().map(|p| (p.user_id, p.conversation_id, p.since_seq, p.seq)).collect();
        let rows = serde_json::json!(rows).to_string();
        let query = sqlx::query(
            "update memberships set since_seq = p.since_seq, last_read_seq = p.seq
             from (select cast(value->>0 as bigint) as user_id, cast(value->>1 as bigint) as conversation_id,
                          cast(value->>2 as bigint) as since_seq, cast(value->>3 as bigint) as seq
                   from json_each($1)) p
             where memberships.user_id = p.user_id and memberships.conversation_id = p.conversation_id",
        );
        on!(self, transaction => query.bind(rows).execute(transaction).await)?;
        Ok(())
    }

    /// The newest id of all; 0 before the first message.
    pub(crate) async fn newest_message_id(&mut self) -> Result<MessageId, StoreError> {
        let query = sqlx::query_scalar("select coalesce(max(id), 0) from messages");
        Ok(on!(self, transaction => query.fetch_one(transaction).await)?)
    }
}
