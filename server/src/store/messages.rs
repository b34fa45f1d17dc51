//! Reading messages: a conversation's history, the messages after a place on the line, and the positions of messages.

use linger_api::{Message, Reaction};

use super::stretches::Stretches;
use super::{Store, StoreError, from_row, on};
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, RoomId, Seq};

/// A message as clients see it, with what only the server needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMessage {
    pub(crate) conversation_id: ConversationId,
    pub(crate) sent_at_ms: i64,
    pub(crate) message: Message,
}

/// A part of a conversation's history, by seq. The bounds themselves are excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HistoryRange {
    Newest,
    Before(Seq),
    After(Seq),
}

pub(super) struct MessageRow {
    pub(super) id: EventId,
    seq: Seq,
    pub(super) conversation_id: ConversationId,
    pub(super) text: String,
    sent_at: i64,
    sender: String,
    room_id: Option<RoomId>,
    room: Option<String>,
    recipient: Option<String>,
    reply_to: Option<Seq>,
    revision: Option<EventId>,
    edited_at: Option<i64>,
    deleted_at: Option<i64>,
    deleted_by: Option<String>,
    reactions: Option<String>,
}

from_row!(MessageRow {
    id,
    seq,
    conversation_id,
    text,
    sent_at,
    sender,
    room_id,
    room,
    recipient,
    reply_to,
    revision,
    edited_at,
    deleted_at,
    deleted_by,
    reactions
});

impl StoredMessage {
    /// Returns the message's newest change, or the message itself if it was never changed.
    pub(crate) fn revision(&self) -> EventId {
        self.message.revision.unwrap_or(self.message.id)
    }
}

impl From<MessageRow> for StoredMessage {
    fn from(row: MessageRow) -> Self {
        let message = Message {
            id: row.id,
            seq: row.seq,
            room_id: row.room_id,
            room: row.room,
            from: row.sender,
            to: row.recipient,
            text: row.text,
            sent_at: clock::rfc3339(row.sent_at),
            reply_to: row.reply_to,
            edited_at: row.edited_at.map(clock::rfc3339),
            deleted_at: row.deleted_at.map(clock::rfc3339),
            deleted_by: row.deleted_by,
            reactions: row.reactions.as_deref().map_or_else(Vec::new, reactions_of),
            revision: row.revision,
        };
        Self { conversation_id: row.conversation_id, sent_at_ms: row.sent_at, message }
    }
}

/// Reads the column `reactions`, which only this program writes.
pub(super) fn reactions_of(json: &str) -> Vec<Reaction> {
    serde_json::from_str(json).unwrap_or_default()
}

/// Selects [`MessageRow`]s. `$from` begins the `from` clause and has to name `messages m`.
macro_rules! select_messages {
    ($columns:literal, $($from:literal)+, $rest:literal) => {
        concat!(
            "select m.id, m.seq, m.conversation_id, m.text, m.sent_at, s.name as sender,
                    r.id as room_id, r.name as room, t.name as recipient, m.reply_to, m.revision, m.edited_at,
                    m.deleted_at, m.reactions,
                    case when m.deleted_by is not null then (select e.name from users e where e.id = m.deleted_by) end
                        as deleted_by",
            $columns,
            " from ",
            $($from,)+
            " join users s on s.id = m.sender_id
             left join rooms r on r.conversation_id = m.conversation_id
             left join directs d on d.conversation_id = m.conversation_id
             left join users t on t.id = case when d.low_user_id = m.sender_id then d.high_user_id
                                              else d.low_user_id end ",
            $rest
        )
    };
}
pub(super) use select_messages;

impl Store {
    /// Lists a part of a conversation's history, oldest first.
    pub(crate) async fn list_history(
        &self,
        conversation: ConversationId,
        range: HistoryRange,
        limit: usize,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let (sql, bound) = match range {
            HistoryRange::Newest => (BACKWARD, i64::MAX),
            HistoryRange::Before(seq) => (BACKWARD, seq),
            HistoryRange::After(seq) => (FORWARD, seq),
        };
        let mut messages = into_messages(on!(self, readers =>
                sqlx::query_as(sql).bind(conversation).bind(bound).bind(as_limit(limit)).fetch_all(readers).await)?);
        if sql == BACKWARD {
            messages.reverse();
        }
        Ok(messages)
    }

    /// Lists at most `limit` of the newest messages of each of these conversations, oldest first.
    pub(crate) async fn list_latest(
        &self,
        conversations: &[ConversationId],
        limit: usize,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let conversations = serde_json::json!(conversations).to_string();
        let sql = if self.is_shared() { LATEST_POSTGRES } else { LATEST_SQLITE };
        Ok(into_messages(on!(self, readers =>
                sqlx::query_as(sql).bind(conversations).bind(as_limit(limit)).fetch_all(readers).await)?))
    }

    /// Lists the messages after the event `after` up to `upto`, oldest first, in these conversations, each above its
    /// seq.
    ///
    /// Costs three look-ups per conversation and little more than `limit` rows, however many are unread.
    pub(crate) async fn list_messages_after(
        &self,
        after: EventId,
        upto: EventId,
        conversations: &[(ConversationId, Seq)],
        limit: usize,
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let conversations = serde_json::json!(conversations).to_string();
        let sql = if self.is_shared() { CATCH_UP_POSTGRES } else { CATCH_UP_SQLITE };
        let mut stretches = Stretches::new(after, upto, limit);
        loop {
            let rows: Vec<MessageRow> = on!(self, readers =>
                sqlx::query_as(sql).bind(&conversations).bind(after).bind(stretches.end()).bind(as_limit(limit))
                    .fetch_all(readers).await)?;
            if stretches.is_enough(rows.len()) {
                return Ok(into_messages(rows));
            }
        }
    }

    /// Returns one message. Returns `None` if the conversation has no message with this seq.
    pub(crate) async fn find_message(
        &self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<StoredMessage>, StoreError> {
        let row: Option<MessageRow> = on!(self, readers =>
            sqlx::query_as(ONE).bind(conversation).bind(seq).fetch_optional(readers).await)?;
        Ok(row.map(StoredMessage::from))
    }

    /// Returns the id of a conversation's message.
    pub(crate) async fn find_message_id(
        &self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<EventId>, StoreError> {
        let sql = "select id from messages where conversation_id = $1 and seq = $2";
        on!(self, readers => sqlx::query_scalar(sql).bind(conversation).bind(seq).fetch_optional(readers).await)
    }

    /// Returns the newest seq of each of these conversations up to an event. Conversations without messages up to it
    /// are left out.
    pub(crate) async fn list_seqs_up_to(
        &self,
        upto: EventId,
        conversations: &[ConversationId],
    ) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        let conversations = serde_json::json!(conversations).to_string();
        let sql = "select c.id, (select m.seq from messages m where m.conversation_id = c.id and m.id <= $2
                           order by m.id desc limit 1) as seq
             from conversations c where c.id in (select cast(value as bigint) from json_each($1))";
        let rows: Vec<(ConversationId, Option<Seq>)> =
            on!(self, readers => sqlx::query_as(sql).bind(conversations).bind(upto).fetch_all(readers).await)?;
        Ok(rows.into_iter().filter_map(|(conversation, seq)| Some((conversation, seq?))).collect())
    }

    /// Lists the ids of the messages at these positions that lie beyond an event, in order.
    pub(crate) async fn list_ids_beyond(
        &self,
        after: EventId,
        positions: &[(ConversationId, Seq)],
    ) -> Result<Vec<EventId>, StoreError> {
        let positions = serde_json::json!(positions).to_string();
        let sql = "select m.id from json_each($1) p
             join messages m on m.conversation_id = cast(p.value->>0 as bigint) and m.seq = cast(p.value->>1 as bigint)
             where m.id > $2 order by m.id";
        on!(self, readers => sqlx::query_scalar(sql).bind(positions).bind(after).fetch_all(readers).await)
    }

    /// Returns the positions of these messages in their conversations.
    pub(crate) async fn list_positions_of(&self, ids: &[EventId]) -> Result<Vec<(ConversationId, Seq)>, StoreError> {
        let ids = serde_json::json!(ids).to_string();
        let sql = "select conversation_id, seq from messages
             where id in (select cast(value as bigint) from json_each($1))";
        on!(self, readers => sqlx::query_as(sql).bind(ids).fetch_all(readers).await)
    }
}

/// One message, by conversation and seq.
pub(super) const ONE: &str = select_messages!("", "messages m", "where m.conversation_id = $1 and m.seq = $2");

const BACKWARD: &str =
    select_messages!("", "messages m", "where m.conversation_id = $1 and m.seq < $2 order by m.seq desc limit $3");
const FORWARD: &str =
    select_messages!("", "messages m", "where m.conversation_id = $1 and m.seq > $2 order by m.seq limit $3");

/// `cross join` keeps SQLite from reordering the join, here and below.
const LATEST_SQLITE: &str = select_messages!(
    "",
    "json_each($1) j cross join messages m on m.id in
        (select n.id from messages n where n.conversation_id = cast(j.value as bigint) order by n.seq desc limit $2)",
    "order by m.id"
);
const LATEST_POSTGRES: &str = select_messages!(
    "",
    "json_each($1) j cross join lateral
        (select n.* from messages n where n.conversation_id = cast(j.value as bigint)
         order by n.seq desc limit $2) m",
    "order by m.id"
);

/// Builds the query that catches up. `w` lists the conversations with news, and between which seqs to read each: above
/// the given one, or the one at the event `$2` if that is higher, up to the one at the event `$3`. Then at most `$4`
/// messages of each are looked up.
macro_rules! catch_up {
    ($join:literal) => {
        select_messages!(
            "",
            "(select p.conversation_id, case when p.seq > p.seq_at_place then p.seq else p.seq_at_place end as above_seq,
                     (select b.seq from messages b where b.conversation_id = p.conversation_id and b.id <= $3
                      order by b.id desc limit 1) as last_seq
              from (select c.id as conversation_id, cast(j.value->>1 as bigint) as seq,
                           coalesce((select b.seq from messages b where b.conversation_id = c.id and b.id <= $2
                                     order by b.id desc limit 1), 0) as seq_at_place
                    from json_each($1) j join conversations c on c.id = cast(j.value->>0 as bigint)
                    where c.newest_id > $2 and c.newest_seq > cast(j.value->>1 as bigint)) p) w "
            $join,
            "order by m.id limit $4"
        )
    };
}

/// The join has to start with `w`.
const CATCH_UP_SQLITE: &str = catch_up!(
    "cross join messages m on m.id in
        (select n.id from messages n
         where n.conversation_id = w.conversation_id and n.seq > w.above_seq and n.seq <= w.last_seq
         order by n.seq limit $4)"
);
const CATCH_UP_POSTGRES: &str = catch_up!(
    "cross join lateral
        (select n.* from messages n
         where n.conversation_id = w.conversation_id and n.seq > w.above_seq and n.seq <= w.last_seq
         order by n.seq limit $4) m"
);

pub(super) fn into_messages(rows: Vec<MessageRow>) -> Vec<StoredMessage> {
    rows.into_iter().map(StoredMessage::from).collect()
}

pub(super) fn as_limit(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
