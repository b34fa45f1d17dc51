//! Changing messages: editing, deleting and reacting. Each change takes a place on the line, and replaces the earlier
//! change of the same message. No former text is kept.

use linger_api::Reaction;

use super::messages::{MessageRow, select_messages};
use super::{RoomSeat, Store, StoreError, StoredMessage, Transaction, execute, from_row, on};
use crate::domain::clock;
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};

/// How many users a reaction names.
const NAMED_USERS: usize = 10;

/// A message to be changed, and what decides who may change it.
pub(crate) struct Changeable {
    pub(crate) stored: StoredMessage,
    pub(crate) sender_id: UserId,
    /// What the user is to the message's room. Direct conversations have none.
    pub(crate) seat: Option<RoomSeat>,
}

struct SentRow {
    sender_id: UserId,
    message: MessageRow,
}

from_row!(SentRow { sender_id, ..message });

const SENT: &str = select_messages!(", m.sender_id", "messages m", "where m.conversation_id = $1 and m.seq = $2");

impl Transaction {
    /// Reads a message that a user wants to change. Returns `None` if there is none with this seq.
    pub(crate) async fn find_changeable(
        &mut self,
        user: UserId,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Option<Changeable>, StoreError> {
        let row: Option<SentRow> = on!(self, transaction =>
            sqlx::query_as(SENT).bind(conversation).bind(seq).fetch_optional(transaction).await)?;
        let Some(SentRow { sender_id, message }) = row else { return Ok(None) };
        let stored = StoredMessage::from(message);
        let seat = match stored.message.room_id {
            Some(_) => self.read_seats(&[(user, conversation)]).await?.pop(),
            None => None,
        };
        Ok(Some(Changeable { stored, sender_id, seat }))
    }

    /// Replaces the text of a message. Returns the place of the change and the time.
    pub(crate) async fn edit_message(&mut self, of: &StoredMessage, text: &str) -> Result<(EventId, i64), StoreError> {
        let (change, now_ms) = self.insert_change(of).await?;
        self.removes_text = true;
        let sql = "update messages set text = $1, edited_at = $2, revision = $3 where id = $4";
        execute!(self, sqlx::query(sql).bind(text).bind(now_ms).bind(change).bind(of.message.id))?;
        Ok((change, now_ms))
    }

    /// Deletes the text and the reactions of a message. Its seq stays. Returns the place of the change and the time.
    pub(crate) async fn delete_message(
        &mut self,
        of: &StoredMessage,
        deleted_by: UserId,
    ) -> Result<(EventId, i64), StoreError> {
        let (change, now_ms) = self.insert_change(of).await?;
        self.removes_text = true;
        if !of.message.reactions.is_empty() {
            let sql = "delete from reactions where conversation_id = $1 and seq = $2";
            execute!(self, sqlx::query(sql).bind(of.conversation_id).bind(of.message.seq))?;
        }
        let sql = "update messages
                   set text = '', reactions = null, deleted_at = $1, deleted_by = $2, revision = $3 where id = $4";
        execute!(self, sqlx::query(sql).bind(now_ms).bind(deleted_by).bind(change).bind(of.message.id))?;
        Ok((change, now_ms))
    }

    /// Adds a user's reaction, or removes it. Returns the place of the change, the time, and the reactions that the
    /// message then has. Returns `None` if the user had reacted, or not reacted, like that before.
    pub(crate) async fn react(
        &mut self,
        of: &StoredMessage,
        user: (UserId, &str),
        emoji: &str,
        adds: bool,
    ) -> Result<Option<((EventId, i64), Vec<Reaction>)>, StoreError> {
        let (conversation, seq) = (of.conversation_id, of.message.seq);
        let sql = "select 1 from reactions where conversation_id = $1 and seq = $2 and emoji = $3 and user_id = $4";
        let has: Option<i32> = on!(self, transaction =>
            sqlx::query_scalar(sql).bind(conversation).bind(seq).bind(emoji).bind(user.0)
                .fetch_optional(transaction).await)?;
        if has.is_some() == adds {
            return Ok(None);
        }
        let (change, now_ms) = self.insert_change(of).await?;
        if adds {
            let sql = "insert into reactions (conversation_id, seq, emoji, user_id, change_id)
                       values ($1, $2, $3, $4, $5)";
            execute!(self, sqlx::query(sql).bind(conversation).bind(seq).bind(emoji).bind(user.0).bind(change))?;
        } else {
            let sql = "delete from reactions where conversation_id = $1 and seq = $2 and emoji = $3 and user_id = $4";
            execute!(self, sqlx::query(sql).bind(conversation).bind(seq).bind(emoji).bind(user.0))?;
        }
        let mut reactions = of.message.reactions.clone();
        match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
            None => reactions.push(Reaction { emoji: emoji.to_owned(), count: 1, users: vec![user.1.to_owned()] }),
            Some(reaction) if adds => {
                reaction.count += 1;
                if reaction.users.len() < NAMED_USERS {
                    reaction.users.push(user.1.to_owned());
                }
            }
            Some(reaction) => {
                reaction.count -= 1;
                if reaction.users.iter().any(|name| name == user.1) {
                    reaction.users = self.list_first_users(conversation, seq, emoji).await?;
                }
            }
        }
        reactions.retain(|reaction| reaction.count > 0);
        let json = (!reactions.is_empty()).then(|| serde_json::json!(reactions).to_string());
        let sql = "update messages set reactions = $1, revision = $2 where id = $3";
        execute!(self, sqlx::query(sql).bind(json).bind(change).bind(of.message.id))?;
        Ok(Some(((change, now_ms), reactions)))
    }

    /// Records that the first members of a new conversation have joined it. Returns the place and the time of each
    /// change, in the order of the members.
    pub(crate) async fn insert_first_changes(
        &mut self,
        conversation: ConversationId,
        members: &[UserId],
    ) -> Result<Vec<(EventId, i64)>, StoreError> {
        let now_ms = self.now_ms();
        let mut rows = Vec::with_capacity(members.len());
        for member in members {
            rows.push((self.take_place().await?, member));
        }
        let json = serde_json::json!(rows).to_string();
        let sql = "insert into line_changes (id, conversation_id, user_id, changed_at)
             select cast(value->>0 as bigint), $2, cast(value->>1 as bigint), $3 from json_each($1)";
        execute!(self, sqlx::query(sql).bind(json).bind(conversation).bind(now_ms))?;
        Ok(rows.into_iter().map(|(change, _)| (change, now_ms)).collect())
    }

    /// Records that a user has joined or left a conversation, or has another role there. Returns the place and the time
    /// of the change.
    pub(crate) async fn insert_membership_change(
        &mut self,
        user: UserId,
        conversation: ConversationId,
    ) -> Result<(EventId, i64), StoreError> {
        let sql = "update line_changes set conversation_id = null, user_id = null
                   where user_id = $1 and conversation_id = $2";
        execute!(self, sqlx::query(sql).bind(user).bind(conversation))?;
        let (change, now_ms) = (self.take_place().await?, self.now_ms());
        let sql = "insert into line_changes (id, conversation_id, user_id, changed_at) values ($1, $2, $3, $4)";
        execute!(self, sqlx::query(sql).bind(change).bind(conversation).bind(user).bind(now_ms))?;
        Ok((change, now_ms))
    }

    /// Records for the members of a private room that there is another, or one less. Returns the place of the change
    /// and the time, or `None` for a public room.
    pub(crate) async fn insert_members_change(
        &mut self,
        conversation: ConversationId,
    ) -> Result<Option<(EventId, i64)>, StoreError> {
        let sql = "select count(*) from rooms where conversation_id = $1 and private <> 0";
        let private: i64 =
            on!(self, transaction => sqlx::query_scalar(sql).bind(conversation).fetch_one(transaction).await)?;
        if private == 0 { Ok(None) } else { self.insert_conversation_change(conversation).await.map(Some) }
    }

    /// Records that a conversation itself has changed. Returns the place of the change and the time.
    pub(crate) async fn insert_conversation_change(
        &mut self,
        conversation: ConversationId,
    ) -> Result<(EventId, i64), StoreError> {
        let sql = "update line_changes set conversation_id = null
                   where conversation_id = $1 and seq is null and user_id is null and author_id is null";
        execute!(self, sqlx::query(sql).bind(conversation))?;
        let (change, now_ms) = (self.take_place().await?, self.now_ms());
        let sql = "insert into line_changes (id, conversation_id, changed_at) values ($1, $2, $3)";
        execute!(self, sqlx::query(sql).bind(change).bind(conversation).bind(now_ms))?;
        Ok((change, now_ms))
    }

    /// Takes a place for a change of a message, and leaves that of its earlier change empty.
    async fn insert_change(&mut self, of: &StoredMessage) -> Result<(EventId, i64), StoreError> {
        if let Some(earlier) = of.message.revision {
            let sql = "update line_changes set conversation_id = null, seq = null where id = $1";
            execute!(self, sqlx::query(sql).bind(earlier))?;
        }
        let (change, now_ms) = (self.take_place().await?, self.now_ms());
        let sql = "insert into line_changes (id, conversation_id, seq, changed_at) values ($1, $2, $3, $4)";
        execute!(self, sqlx::query(sql).bind(change).bind(of.conversation_id).bind(of.message.seq).bind(now_ms))?;
        Ok((change, now_ms))
    }

    /// Returns the time, which never lies before that of the newest message.
    pub(super) fn now_ms(&self) -> i64 {
        clock::now_ms().max(self.newest_sent_at())
    }

    pub(super) async fn list_first_users(
        &mut self,
        conversation: ConversationId,
        seq: Seq,
        emoji: &str,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "select u.name from reactions r join users u on u.id = r.user_id
                   where r.conversation_id = $1 and r.seq = $2 and r.emoji = $3 order by r.change_id limit $4";
        let limit = NAMED_USERS as i64;
        on!(self, transaction =>
            sqlx::query_scalar(sql).bind(conversation).bind(seq).bind(emoji).bind(limit).fetch_all(transaction).await)
    }
}

impl Store {
    /// Lists all reactions to a message, with the names of all users, both in the order of the reactions.
    pub(crate) async fn list_reactions(
        &self,
        conversation: ConversationId,
        seq: Seq,
    ) -> Result<Vec<Reaction>, StoreError> {
        let sql = "select r.emoji, u.name from reactions r join users u on u.id = r.user_id
                   where r.conversation_id = $1 and r.seq = $2 order by r.change_id";
        let given: Vec<(String, String)> =
            on!(self, readers => sqlx::query_as(sql).bind(conversation).bind(seq).fetch_all(readers).await)?;
        let mut reactions: Vec<Reaction> = Vec::new();
        for (emoji, name) in given {
            match reactions.iter_mut().find(|reaction| reaction.emoji == emoji) {
                Some(reaction) => reaction.users.push(name),
                None => reactions.push(Reaction { emoji, count: 0, users: vec![name] }),
            }
        }
        reactions.iter_mut().for_each(|reaction| reaction.count = reaction.users.len() as i64);
        Ok(reactions)
    }
}
