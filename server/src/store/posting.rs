//! Writing messages: ids in commit order, seqs without gaps, one message per idempotency key.

use std::collections::HashMap;

use linger_api::Message;
use serde::Serialize;

use super::messages::{MessageRow, select_messages};
use super::{ConversationName, StoreError, StoredMessage, Transaction, from_row, on};
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};
use crate::domain::payload;
use crate::domain::right::Refusal;

/// A message to be written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) conversation_id: ConversationId,
    /// The room, or for a direct conversation the recipient.
    pub(crate) conversation: ConversationName,
    pub(crate) sender_id: UserId,
    pub(crate) sender: String,
    pub(crate) text: String,
    /// The seq of the message that it answers.
    pub(crate) reply_to: Option<Seq>,
    pub(crate) key: Option<String>,
    /// The sender may not post, but is answered with a message that was written earlier with the same key.
    pub(crate) refused: Option<Refusal>,
}

/// The outcome of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was written.
    New(StoredMessage),
    /// Its key was used before for the same message, which is this one.
    Repeated(StoredMessage),
    /// Its key was used before for another message. Nothing was written.
    KeyReused,
    /// The sender may not post. Nothing was written.
    Refused(Refusal),
}

struct KeyedRow {
    key_user_id: UserId,
    key: String,
    payload: Option<i64>,
    message: MessageRow,
}

from_row!(KeyedRow { key_user_id, key, payload, ..message });

/// What a draft's key was already used for.
enum Earlier {
    Stored {
        /// Keys from before 0.2 have none: the message itself is compared.
        payload: Option<i64>,
        message: Box<StoredMessage>,
    },
    /// A new draft of the same batch, by its index.
    InThisBatch(usize),
}

/// What to do with a draft.
enum Plan {
    New(usize),
    RepeatsStored(Box<StoredMessage>),
    RepeatsInThisBatch(usize),
    KeyReused,
    Refused(Refusal),
}

/// The messages of a batch that are to be written, and the decision about each draft.
pub(crate) struct PreparedMessages<'d> {
    /// New messages get the ids after this one.
    before: EventId,
    sent_at_ms: i64,
    new: Vec<&'d Draft>,
    plans: Vec<Plan>,
}

impl PreparedMessages<'_> {
    /// Returns the newest id once these messages are written.
    pub(crate) fn newest_id(&self) -> EventId {
        self.before + self.new.len() as EventId
    }
}

impl Transaction {
    /// Decides what to do with each draft of a batch. Queries the database only if there are keys.
    /// [`Transaction::commit_messages`] writes the messages.
    pub(crate) async fn prepare_messages<'d>(
        &mut self,
        drafts: &'d [Draft],
    ) -> Result<PreparedMessages<'d>, StoreError> {
        let mut keyed = self.list_keyed_messages(drafts).await?;
        let mut new: Vec<&Draft> = Vec::with_capacity(drafts.len());
        let mut plans = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let key = draft.key.as_deref().map(|key| (draft.sender_id, key.to_owned()));
            let earlier = key.as_ref().and_then(|key| keyed.get(key));
            plans.push(match earlier {
                Some(Earlier::Stored { payload, message }) => {
                    let is_same = match payload {
                        Some(payload) => *payload == draft.payload(),
                        None => {
                            message.conversation_id == draft.conversation_id
                                // Once it has changed, the text that was sent is known no more.
                                && (message.message.revision.is_some() || message.message.text == draft.text)
                        }
                    };
                    if is_same { Plan::RepeatsStored(message.clone()) } else { Plan::KeyReused }
                }
                Some(&Earlier::InThisBatch(at)) if new[at].payload() == draft.payload() => Plan::RepeatsInThisBatch(at),
                Some(Earlier::InThisBatch(_)) => Plan::KeyReused,
                None => match draft.refused {
                    Some(refusal) => Plan::Refused(refusal),
                    None => {
                        keyed.extend(key.map(|key| (key, Earlier::InThisBatch(new.len()))));
                        new.push(draft);
                        Plan::New(new.len() - 1)
                    }
                },
            });
        }
        let before = if new.is_empty() { self.newest_place() } else { self.reserve_places().await? };
        // A clock may be put back, and clocks of nodes differ, but times never run backwards along the line.
        let sent_at_ms = clock::now_ms().max(self.newest_sent_at());
        Ok(PreparedMessages { before, sent_at_ms, new, plans })
    }

    /// Writes the messages and commits. Returns when everything in the transaction is on disk. After an error it may be
    /// on disk, too.
    ///
    /// Returns one [`Outcome`] per draft, in the order of the drafts. New messages have rising ids in this order, above
    /// the newest id before.
    pub(crate) async fn commit_messages(mut self, prepared: PreparedMessages<'_>) -> Result<Vec<Outcome>, StoreError> {
        let PreparedMessages { before, sent_at_ms, new, plans } = prepared;
        if new.is_empty() {
            self.commit().await?;
            return Ok(outcomes(plans, &[]));
        }
        let rows = Rows::of(&new, before, sent_at_ms);
        let sql = if self.is_shared() { INSERT_POSTGRES } else { INSERT_AND_COMMIT_SQLITE };
        let newest_seqs: Vec<(ConversationId, Seq)> = on!(self, transaction =>
            sqlx::query_as(sql).bind(rows.conversations).bind(rows.messages).bind(rows.keys)
                .fetch_all(transaction).await)?;
        let newest_seqs: HashMap<_, _> = newest_seqs.into_iter().collect();
        let sent_at = clock::rfc3339(sent_at_ms);
        let written = new.iter().zip(before + 1..).zip(rows.later).map(|((draft, id), later)| {
            let conversation_id = draft.conversation_id;
            // If the conversation is gone (restored from a backup), its message was not written either.
            let newest_seq = newest_seqs.get(&conversation_id).ok_or(sqlx::Error::RowNotFound)?;
            let message = draft.to_message(id, newest_seq - later, sent_at.clone());
            Ok(StoredMessage { conversation_id, sent_at_ms, message })
        });
        let written: Vec<_> = written.collect::<Result<_, StoreError>>()?;
        match self.is_shared() {
            true => self.commit().await?,
            false => self.end(),
        }
        Ok(outcomes(plans, &written))
    }

    /// Finds what the drafts' keys were already used for. What is not a message comes as one of conversation 0, whose
    /// payload no draft has.
    async fn list_keyed_messages(
        &mut self,
        drafts: &[Draft],
    ) -> Result<HashMap<(UserId, String), Earlier>, StoreError> {
        let keys: Vec<_> = drafts.iter().filter_map(|draft| Some((draft.sender_id, draft.key.as_ref()?))).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let keys = serde_json::json!(keys).to_string();
        let sql = select_messages!(
            ", k.user_id as key_user_id, k.key, k.payload",
            "json_each($1) j
             join idempotency_keys k on k.user_id = cast(j.value->>0 as bigint) and k.key = j.value->>1
             join messages m on m.id = k.message_id",
            "union all
             select 0, 0, 0, '', 0, '', null, null, null, null, null, null, null, null, null, k.user_id, k.key, k.payload
             from json_each($1) j
             join idempotency_keys k on k.user_id = cast(j.value->>0 as bigint) and k.key = j.value->>1
             where k.message_id is null"
        );
        let rows =
            on!(self, transaction => sqlx::query_as::<_, KeyedRow>(sql).bind(keys).fetch_all(transaction).await)?;
        let earlier = |row: KeyedRow| {
            let (payload, message) = (row.payload, Box::new(row.message.into()));
            ((row.key_user_id, row.key), Earlier::Stored { payload, message })
        };
        Ok(rows.into_iter().map(earlier).collect())
    }
}

/// Returns the outcome of each draft.
fn outcomes(plans: Vec<Plan>, written: &[StoredMessage]) -> Vec<Outcome> {
    let outcome = |plan| match plan {
        Plan::New(at) => Outcome::New(written[at].clone()),
        Plan::RepeatsInThisBatch(at) => Outcome::Repeated(written[at].clone()),
        Plan::RepeatsStored(message) => Outcome::Repeated(*message),
        Plan::KeyReused => Outcome::KeyReused,
        Plan::Refused(refusal) => Outcome::Refused(refusal),
    };
    plans.into_iter().map(outcome).collect()
}

/// Advances each conversation's seq by the number of its messages, and writes the messages: the last gets the newest
/// seq, each earlier one is lower by the number of later ones.
///
/// Several statements and the commit are sent as one query, since each query costs a thread switch. The first statement
/// that fails ends the query. For a conversation that is gone the seq is null, which is refused. Rows come back only
/// after the commit.
const INSERT_AND_COMMIT_SQLITE: &str = "
    update conversations set newest_seq = newest_seq + n.count, newest_id = n.last_id
    from (select value->>0 as id, value->>1 as count, value->>2 as last_id from json_each($1)) n
    where conversations.id = n.id;

    insert into messages (id, conversation_id, seq, sender_id, text, sent_at, reply_to)
    select value->>0, c.id, c.newest_seq - (value->>2), value->>3, value->>4, value->>5, value->>6
    from json_each($2) left join conversations c on c.id = value->>1;

    insert into idempotency_keys (user_id, key, message_id, created_at, payload)
    select value->>0, value->>1, value->>2, value->>3, value->>4 from json_each($3);

    commit;

    select id, newest_seq from conversations where id in (select value->>0 from json_each($1))";

/// The same, without the commit. PostgreSQL takes one statement at a time, which may have several parts.
const INSERT_POSTGRES: &str = "
    with moved as (
        update conversations set newest_seq = newest_seq + n.count, newest_id = n.last_id
        from (select (value->>0)::bigint as id, (value->>1)::bigint as count, (value->>2)::bigint as last_id
              from json_each($1)) n
        where conversations.id = n.id
        returning conversations.id, newest_seq
    ), written as (
        insert into messages (id, conversation_id, seq, sender_id, text, sent_at, reply_to)
        select (value->>0)::bigint, moved.id, moved.newest_seq - (value->>2)::bigint, (value->>3)::bigint, value->>4,
               (value->>5)::bigint, (value->>6)::bigint
        from json_each($2) join moved on moved.id = (value->>1)::bigint
    ), keyed as (
        insert into idempotency_keys (user_id, key, message_id, created_at, payload)
        select (value->>0)::bigint, value->>1, (value->>2)::bigint, (value->>3)::bigint, (value->>4)::bigint
        from json_each($3)
    )
    select id, newest_seq from moved";

/// The rows of a batch, as JSON arrays for the statements above.
struct Rows {
    /// `[id, how many messages it gets, the last one's id]`
    conversations: String,
    /// `[id, conversation, how many of its messages come later, sender, text, time, seq of the answered message]`
    messages: String,
    /// `[user, key, message, time, payload]`
    keys: String,
    /// For each draft, how many messages of the same conversation come later.
    later: Vec<i64>,
}

impl Rows {
    /// Builds the rows. The drafts get the ids after `before`.
    fn of(drafts: &[&Draft], before: EventId, sent_at_ms: i64) -> Self {
        let mut conversations: HashMap<ConversationId, (i64, EventId)> = HashMap::new();
        let mut later = Vec::with_capacity(drafts.len());
        for (index, draft) in drafts.iter().enumerate().rev() {
            let last = before + 1 + index as EventId;
            let (count, _) = conversations.entry(draft.conversation_id).or_insert((0, last));
            later.push(*count);
            *count += 1;
        }
        later.reverse();
        let conversations: Vec<_> = conversations.into_iter().map(|(id, (count, last))| (id, count, last)).collect();
        let mut messages = Vec::with_capacity(drafts.len());
        let mut keys = Vec::new();
        for ((draft, id), later) in drafts.iter().zip(before + 1..).zip(&later) {
            messages.push((id, draft.conversation_id, later, draft.sender_id, &draft.text, sent_at_ms, draft.reply_to));
            keys.extend(draft.key.as_ref().map(|key| (draft.sender_id, key, id, sent_at_ms, draft.payload())));
        }
        Self { conversations: as_json(&conversations), messages: as_json(&messages), keys: as_json(&keys), later }
    }
}

fn as_json(rows: &impl Serialize) -> String {
    serde_json::to_string(rows).expect("rows have only strings and integers")
}

impl Draft {
    /// Returns what an idempotency key is used for when this message is sent.
    fn payload(&self) -> i64 {
        let conversation = self.conversation_id.to_string();
        match self.reply_to {
            None => payload::hash_of("message", &[&conversation, &self.text]),
            Some(seq) => payload::hash_of("reply", &[&conversation, &self.text, &seq.to_string()]),
        }
    }

    fn to_message(&self, id: EventId, seq: Seq, sent_at: String) -> Message {
        let (room_id, room, to) = match &self.conversation {
            ConversationName::Room { id, name } => (Some(*id), Some(name.clone()), None),
            ConversationName::Direct { with } => (None, None, Some(with.clone())),
        };
        Message {
            id,
            seq,
            room_id,
            room,
            from: self.sender.clone(),
            to,
            text: self.text.clone(),
            sent_at,
            reply_to: self.reply_to,
            ..Message::default()
        }
    }
}
