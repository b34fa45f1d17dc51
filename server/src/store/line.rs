//! Reading the line: messages and changes in the order of their places. A changed message is read as it is now,
//! whatever the change was.

use std::collections::HashMap;

use super::messages::{MessageRow, as_limit, into_messages, select_messages};
use super::stretches::Stretches;
use super::{Store, StoreError, StoredMessage, from_row, on};
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};

/// A place on the line, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoredEvent {
    Message(StoredMessage),
    Change(StoredChange),
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredChange {
    pub(crate) id: EventId,
    pub(crate) changed_at_ms: i64,
    pub(crate) what: Changed,
}

/// What has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most changes are of messages")]
pub(crate) enum Changed {
    /// A message, as it is now.
    Message(StoredMessage),
    Membership(StoredMembership),
    /// Everything that a deleted user wrote in the conversation was erased.
    Erased {
        conversation_id: ConversationId,
        author: String,
    },
    /// A conversation itself, such as its title.
    Conversation(ConversationId),
    /// Something that has changed again since.
    Superseded,
}

/// A user who has joined or left a conversation, or has another role in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredMembership {
    pub(crate) user_id: UserId,
    pub(crate) conversation_id: ConversationId,
}

struct ChangedMessageRow {
    change_id: EventId,
    changed_at: i64,
    message: MessageRow,
}

from_row!(ChangedMessageRow { change_id, changed_at, ..message });

impl From<ChangedMessageRow> for StoredChange {
    fn from(row: ChangedMessageRow) -> Self {
        Self { id: row.change_id, changed_at_ms: row.changed_at, what: Changed::Message(row.message.into()) }
    }
}

struct ChangeRow {
    id: EventId,
    changed_at: i64,
    seq: Option<Seq>,
    user_id: Option<UserId>,
    conversation_id: Option<ConversationId>,
    author: Option<String>,
}

from_row!(ChangeRow { id, changed_at, seq, user_id, author, conversation_id });

impl From<ChangeRow> for StoredChange {
    /// Leaves out the message, which has to be read with it.
    fn from(row: ChangeRow) -> Self {
        let what = match (row.conversation_id, row.user_id) {
            (Some(conversation_id), None) if row.author.is_some() => {
                Changed::Erased { conversation_id, author: row.author.unwrap_or_default() }
            }
            (Some(conversation_id), Some(user_id)) => {
                Changed::Membership(StoredMembership { user_id, conversation_id })
            }
            (Some(conversation_id), None) if row.seq.is_none() => Changed::Conversation(conversation_id),
            _ => Changed::Superseded,
        };
        Self { id: row.id, changed_at_ms: row.changed_at, what }
    }
}

impl StoredEvent {
    pub(crate) fn id(&self) -> EventId {
        match self {
            Self::Message(stored) => stored.message.id,
            Self::Change(change) => change.id,
        }
    }

    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Message(stored) | Self::Change(StoredChange { what: Changed::Message(stored), .. }) => {
                stored.message.text.len()
            }
            Self::Change(_) => 0,
        }
    }
}

macro_rules! select_changes {
    ($rest:literal) => {
        concat!(
            "select l.id, l.changed_at, l.seq, l.user_id, l.conversation_id,
                    (select a.name from users a where a.id = l.author_id) as author from ",
            $rest
        )
    };
}

impl Store {
    /// Lists the newest events before a place, newest first: what the tail holds after a start.
    pub(crate) async fn list_newest_events(
        &self,
        before: EventId,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let at_most = as_limit(limit);
        let sql = select_messages!("", "messages m", "where m.id < $1 order by m.id desc limit $2");
        let messages = into_messages(
            on!(self, readers => sqlx::query_as(sql).bind(before).bind(at_most).fetch_all(readers).await)?,
        );
        // Changes before as many messages do not count.
        let after = messages.last().filter(|_| messages.len() == limit).map_or(0, |oldest| oldest.message.id);
        let sql = select_changes!("line_changes l where l.id < $1 and l.id > $2 order by l.id desc limit $3");
        let changes: Vec<ChangeRow> =
            on!(self, readers => sqlx::query_as(sql).bind(before).bind(after).bind(at_most).fetch_all(readers).await)?;
        let mut events = self.merge(messages, changes).await?;
        events.reverse();
        events.truncate(limit);
        Ok(events)
    }

    /// Lists all events after the place `after` up to `upto`, oldest first: what other nodes have committed.
    pub(crate) async fn list_events_between(
        &self,
        after: EventId,
        upto: EventId,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let at_most = as_limit(limit);
        let sql = select_messages!("", "messages m", "where m.id > $1 and m.id <= $2 order by m.id limit $3");
        let messages = into_messages(
            on!(self, readers => sqlx::query_as(sql).bind(after).bind(upto).bind(at_most).fetch_all(readers).await)?,
        );
        // Places have no gaps, so these are all.
        if messages.last().is_some_and(|last| last.message.id - after == messages.len() as EventId)
            && (messages.len() == limit || messages.last().is_some_and(|last| last.message.id == upto))
        {
            return Ok(messages.into_iter().map(StoredEvent::Message).collect());
        }
        // Changes behind as many messages do not count.
        let upto = messages.last().filter(|_| messages.len() == limit).map_or(upto, |newest| newest.message.id);
        let sql = select_changes!("line_changes l where l.id > $1 and l.id <= $2 order by l.id limit $3");
        let changes: Vec<ChangeRow> =
            on!(self, readers => sqlx::query_as(sql).bind(after).bind(upto).bind(at_most).fetch_all(readers).await)?;
        let mut events = self.merge(messages, changes).await?;
        events.truncate(limit);
        Ok(events)
    }

    /// Lists the messages of these conversations that changed after the place `after` up to `upto`, in the order of
    /// their newest changes. Costs one look-up per conversation and little more than `limit` rows.
    pub(crate) async fn list_changed_messages(
        &self,
        after: EventId,
        upto: EventId,
        conversations: &[ConversationId],
        limit: usize,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let conversations = serde_json::json!(conversations).to_string();
        let sql = if self.is_shared() { CHANGED_AFTER_POSTGRES } else { CHANGED_AFTER_SQLITE };
        let mut stretches = Stretches::new(after, upto, limit);
        loop {
            let rows: Vec<ChangedMessageRow> = on!(self, readers =>
                sqlx::query_as(sql).bind(&conversations).bind(after).bind(stretches.end()).bind(as_limit(limit))
                    .fetch_all(readers).await)?;
            if stretches.is_enough(rows.len()) {
                return Ok(rows.into_iter().map(StoredChange::from).collect());
            }
        }
    }

    /// Lists the user's memberships, or the one of this conversation, that changed after the place `after`, in the
    /// order of their newest changes.
    pub(crate) async fn list_changed_memberships(
        &self,
        user: UserId,
        conversation: Option<ConversationId>,
        after: EventId,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let sql = select_changes!(
            "line_changes l where l.user_id = $1 and l.id > $2
             and (cast($3 as bigint) is null or l.conversation_id = cast($3 as bigint)) order by l.id"
        );
        let rows: Vec<ChangeRow> = on!(self, readers =>
            sqlx::query_as(sql).bind(user).bind(after).bind(conversation).fetch_all(readers).await)?;
        Ok(rows.into_iter().map(StoredChange::from).collect())
    }

    /// Lists those of these conversations that changed themselves after the place `after` up to `upto`, in the order of
    /// their newest changes.
    pub(crate) async fn list_changed_conversations(
        &self,
        conversations: &[ConversationId],
        after: EventId,
        upto: EventId,
        limit: usize,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let conversations = serde_json::json!(conversations).to_string();
        // `cross join` keeps SQLite from reordering the join.
        let sql = select_changes!(
            "json_each($1) j cross join line_changes l
             where l.conversation_id = cast(j.value as bigint) and l.seq is null and l.user_id is null
             and l.author_id is null and l.id > $2 and l.id <= $3 order by l.id limit $4"
        );
        let rows: Vec<ChangeRow> = on!(self, readers =>
            sqlx::query_as(sql).bind(conversations).bind(after).bind(upto).bind(as_limit(limit))
                .fetch_all(readers).await)?;
        Ok(rows.into_iter().map(StoredChange::from).collect())
    }

    /// Lists the changes of these conversations after the place `after` up to `upto` by which all that a user wrote was
    /// erased, in order.
    pub(crate) async fn list_erasures(
        &self,
        after: EventId,
        upto: EventId,
        conversations: &[ConversationId],
        limit: usize,
    ) -> Result<Vec<StoredChange>, StoreError> {
        let sql = select_changes!(
            "line_changes l where l.author_id is not null and l.id > $2 and l.id <= $3
             and l.conversation_id in (select cast(value as bigint) from json_each($1)) order by l.id limit $4"
        );
        let conversations = serde_json::json!(conversations).to_string();
        let rows: Vec<ChangeRow> = on!(self, readers =>
            sqlx::query_as(sql).bind(conversations).bind(after).bind(upto).bind(as_limit(limit))
                .fetch_all(readers).await)?;
        Ok(rows.into_iter().map(StoredChange::from).collect())
    }

    /// Returns when an event happened, in milliseconds since 1970. Returns `None` if there is no event at that place.
    pub(crate) async fn find_event_time(&self, id: EventId) -> Result<Option<i64>, StoreError> {
        let sql =
            "select sent_at from messages where id = $1 union all select changed_at from line_changes where id = $1";
        on!(self, readers => sqlx::query_scalar(sql).bind(id).fetch_optional(readers).await)
    }

    /// Reads the messages that these changes are about, and returns all as events, in the order of their places. What
    /// has changed again since the row was read is left to the later change.
    async fn merge(
        &self,
        messages: Vec<StoredMessage>,
        changes: Vec<ChangeRow>,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let of_messages: Vec<_> = changes.iter().filter(|row| row.seq.is_some()).map(|row| row.id).collect();
        let mut changed: HashMap<_, _> = HashMap::new();
        if !of_messages.is_empty() {
            let ids = serde_json::json!(of_messages).to_string();
            let rows: Vec<ChangedMessageRow> =
                on!(self, readers => sqlx::query_as(CHANGED_AT).bind(ids).fetch_all(readers).await)?;
            changed.extend(rows.into_iter().map(|row| (row.change_id, StoredChange::from(row))));
        }
        let changes = changes.into_iter().map(|row| changed.remove(&row.id).unwrap_or_else(|| row.into()));
        let mut events: Vec<_> = changes.map(StoredEvent::Change).collect();
        events.extend(messages.into_iter().map(StoredEvent::Message));
        events.sort_unstable_by_key(StoredEvent::id);
        Ok(events)
    }
}

const CHANGED_AT: &str = select_messages!(
    ", l.id as change_id, l.changed_at",
    "line_changes l join messages m on m.conversation_id = l.conversation_id and m.seq = l.seq",
    "where l.id in (select cast(value as bigint) from json_each($1))"
);

/// `cross join` keeps SQLite from reordering the join.
const CHANGED_AFTER_SQLITE: &str = select_messages!(
    ", l.id as change_id, l.changed_at",
    "json_each($1) j cross join line_changes l on l.id in
        (select n.id from line_changes n
         where n.conversation_id = cast(j.value as bigint) and n.seq is not null and n.id > $2 and n.id <= $3
         order by n.id limit $4)
     cross join messages m on m.conversation_id = l.conversation_id and m.seq = l.seq",
    "order by l.id limit $4"
);
const CHANGED_AFTER_POSTGRES: &str = select_messages!(
    ", l.id as change_id, l.changed_at",
    "json_each($1) j cross join lateral
        (select n.* from line_changes n
         where n.conversation_id = cast(j.value as bigint) and n.seq is not null and n.id > $2 and n.id <= $3
         order by n.id limit $4) l
     join messages m on m.conversation_id = l.conversation_id and m.seq = l.seq",
    "order by l.id limit $4"
);
