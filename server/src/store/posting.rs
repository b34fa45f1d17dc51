//! Writing messages: ids in commit order, seqs without gaps, one message per idempotency key.

use std::collections::HashMap;

use linger_api::Message;

use super::messages::{MessageRow, select_messages};
use super::{Place, StoreError, StoredMessage, Transaction, execute, on};
use crate::clock;
use crate::ids::{ConversationId, MessageId, Seq, UserId};

/// A message that is to be written.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) conversation_id: ConversationId,
    /// The room, or for a direct conversation the recipient.
    pub(crate) place: Place,
    pub(crate) sender_id: UserId,
    pub(crate) sender: String,
    pub(crate) text: String,
    pub(crate) key: Option<String>,
}

/// What became of a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Inserted {
    /// It was written.
    New(StoredMessage),
    /// Its key had been used for the same: this is the message of that time.
    Repeated(StoredMessage),
    /// Its key had been used for something else; nothing was written.
    KeyReused,
}

#[derive(sqlx::FromRow)]
struct KeyedRow {
    key_user_id: UserId,
    key: String,
    #[sqlx(flatten)]
    message: MessageRow,
}

/// What a draft's key stands for already.
enum Earlier {
    Stored(StoredMessage),
    /// The draft at this index of the same batch's new ones.
    InThisBatch(usize),
}

/// What is to become of a draft.
enum Fate {
    New(usize),
    Repeats(Earlier),
    KeyReused,
}

impl Transaction {
    /// Writes a batch of messages: four statements for any number of them, and two more for keys.
    ///
    /// Answers one [`Inserted`] per draft, in the drafts' order; the new ones have rising ids in it, above
    /// `newest`, the newest there is.
    pub(crate) async fn insert_messages(
        &mut self,
        drafts: &[Draft],
        newest: MessageId,
    ) -> Result<Vec<Inserted>, StoreError> {
        let mut keyed = self.list_keyed_messages(drafts).await?;
        let mut new: Vec<&Draft> = Vec::with_capacity(drafts.len());
        let mut fates = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let key = draft.key.as_deref().map(|key| (draft.sender_id, key.to_owned()));
            let earlier = key.as_ref().and_then(|key| keyed.get(key));
            let same = |other: ConversationId, text: &str| draft.conversation_id == other && draft.text == text;
            fates.push(match earlier {
                Some(Earlier::Stored(message)) if same(message.conversation_id, &message.message.text) => {
                    Fate::Repeats(Earlier::Stored(message.clone()))
                }
                Some(&Earlier::InThisBatch(at)) if same(new[at].conversation_id, &new[at].text) => {
                    Fate::Repeats(Earlier::InThisBatch(at))
                }
                Some(_) => Fate::KeyReused,
                None => {
                    keyed.extend(key.map(|key| (key, Earlier::InThisBatch(new.len()))));
                    new.push(draft);
                    Fate::New(new.len() - 1)
                }
            });
        }
        let written = self.insert_new(&new, newest).await?;
        let outcome = |fate| match fate {
            Fate::New(at) => Inserted::New(written[at].clone()),
            Fate::Repeats(Earlier::InThisBatch(at)) => Inserted::Repeated(written[at].clone()),
            Fate::Repeats(Earlier::Stored(message)) => Inserted::Repeated(message),
            Fate::KeyReused => Inserted::KeyReused,
        };
        Ok(fates.into_iter().map(outcome).collect())
    }

    /// The messages that the drafts' keys stand for already.
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
            ", m.sender_id as key_user_id, k.key",
            "json_each($1) j
             join idempotency_keys k on k.user_id = cast(j.value->>0 as bigint) and k.key = j.value->>1
             join messages m on m.id = k.message_id",
            ""
        );
        let rows =
            on!(self, transaction => sqlx::query_as::<_, KeyedRow>(sql).bind(keys).fetch_all(transaction).await)?;
        let earlier = |row: KeyedRow| ((row.key_user_id, row.key), Earlier::Stored(row.message.into()));
        Ok(rows.into_iter().map(earlier).collect())
    }

    async fn insert_new(&mut self, drafts: &[&Draft], newest: MessageId) -> Result<Vec<StoredMessage>, StoreError> {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let mut id = if super::plants_no_journal_lock() { self.reserve_ids().await? } else { newest };
        let mut next_seqs = self.reserve_seqs(drafts, id).await?;
        let sent_at_ms = clock::now_ms();
        let sent_at = clock::rfc3339(sent_at_ms);
        let messages = drafts.iter().map(|draft| {
            id += 1;
            let seq = next_seqs.entry(draft.conversation_id).or_insert(1);
            *seq += 1;
            StoredMessage {
                conversation_id: draft.conversation_id,
                sent_at_ms,
                message: draft.to_message(id, *seq - 1, sent_at.clone()),
            }
        });
        let messages: Vec<_> = messages.collect();
        self.insert_message_rows(drafts, &messages).await?;
        self.insert_keys(drafts, &messages).await?;
        Ok(messages)
    }

    /// Ids as one would hand them out without the journal's lock: rising when given, not when committed.
    async fn reserve_ids(&mut self) -> Result<MessageId, StoreError> {
        let sql = "select nextval('changes_id_seq') * 1000";
        on!(self, transaction => sqlx::query_scalar(sql).fetch_one(transaction).await)
    }

    /// Moves each conversation on by as many seqs as it gets messages; the first free seq of each.
    async fn reserve_seqs(
        &mut self,
        drafts: &[&Draft],
        newest_id: MessageId,
    ) -> Result<HashMap<ConversationId, Seq>, StoreError> {
        let mut counts: HashMap<ConversationId, (i64, MessageId)> = HashMap::new();
        for (draft, id) in drafts.iter().zip(newest_id + 1..) {
            let (count, last_id) = counts.entry(draft.conversation_id).or_default();
            *count += 1;
            *last_id = id;
        }
        let rows: Vec<_> = counts.iter().map(|(id, (count, last_id))| (id, count, last_id)).collect();
        let rows = serde_json::json!(rows).to_string();
        let sql = "update conversations set newest_seq = newest_seq + n.count, newest_id = n.last_id
             from (select cast(value->>0 as bigint) as id, cast(value->>1 as bigint) as count,
                          cast(value->>2 as bigint) as last_id from json_each($1)) n
             where conversations.id = n.id returning conversations.id, newest_seq";
        let newest: Vec<(ConversationId, Seq)> =
            on!(self, transaction => sqlx::query_as(sql).bind(rows).fetch_all(transaction).await)?;
        Ok(newest.into_iter().map(|(id, seq)| (id, seq - counts[&id].0 + 1)).collect())
    }

    async fn insert_message_rows(&mut self, drafts: &[&Draft], messages: &[StoredMessage]) -> Result<(), StoreError> {
        let row = |(draft, stored): (&&Draft, &StoredMessage)| {
            let message = &stored.message;
            serde_json::json!([
                message.id,
                stored.conversation_id,
                message.seq,
                draft.sender_id,
                message.text,
                stored.sent_at_ms
            ])
        };
        let rows = serde_json::Value::from_iter(drafts.iter().zip(messages).map(row)).to_string();
        let sql = "insert into messages (id, conversation_id, seq, sender_id, text, sent_at)
             select cast(value->>0 as bigint), cast(value->>1 as bigint), cast(value->>2 as bigint),
                    cast(value->>3 as bigint), value->>4, cast(value->>5 as bigint)
             from json_each($1)";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }

    async fn insert_keys(&mut self, drafts: &[&Draft], messages: &[StoredMessage]) -> Result<(), StoreError> {
        let row = |(draft, stored): (&&Draft, &StoredMessage)| {
            let key = draft.key.as_deref()?;
            Some(serde_json::json!([draft.sender_id, key, stored.message.id, stored.sent_at_ms]))
        };
        let rows: Vec<_> = drafts.iter().zip(messages).filter_map(row).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let rows = serde_json::Value::from(rows).to_string();
        let sql = "insert into idempotency_keys (user_id, key, message_id, created_at)
             select cast(value->>0 as bigint), value->>1, cast(value->>2 as bigint), cast(value->>3 as bigint)
             from json_each($1)";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }
}

impl Draft {
    fn to_message(&self, id: MessageId, seq: Seq, sent_at: String) -> Message {
        let (room_id, room, to) = match &self.place {
            Place::Room { id, name } => (Some(*id), Some(name.clone()), None),
            Place::Direct { with } => (None, None, Some(with.clone())),
        };
        Message { id, seq, room_id, room, from: self.sender.clone(), to, text: self.text.clone(), sent_at }
    }
}
