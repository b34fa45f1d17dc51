//! Deleting a user. The row stays, under a name made from the id, for what others still see of the user: messages,
//! reactions and rooms. Or what the user wrote is erased, which is one change in each conversation.

use std::collections::{BTreeMap, BTreeSet};

use linger_api::Reaction;

use super::messages::{MessageRow, into_messages, reactions_of, select_messages};
use super::{Store, StoreError, StoredMessage, Transaction, User, execute, from_row, on};
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};

/// How many ids of messages one statement looks at. PostgreSQL gives each a few seconds.
const STRETCH: EventId = 500_000;

/// A message to which a deleted user has reacted, before anything is changed.
struct Reacted {
    id: EventId,
    conversation_id: ConversationId,
    seq: Seq,
    emoji: String,
    reactions: Option<String>,
}

from_row!(Reacted { id, conversation_id, seq, emoji, reactions });

/// Lists the messages beyond a place, and those changed beyond it, that name a user or are of these ids.
const NAMING: [&str; 2] = [
    select_messages!(
        "",
        "messages m",
        "where m.id > $2 and (m.sender_id = $1 or m.deleted_by = $1 or d.low_user_id = $1 or d.high_user_id = $1
                              or m.id in (select cast(value as bigint) from json_each($3)))"
    ),
    select_messages!(
        "",
        "line_changes l join messages m on m.conversation_id = l.conversation_id and m.seq = l.seq",
        "where l.id > $2 and (m.sender_id = $1 or m.deleted_by = $1 or d.low_user_id = $1 or d.high_user_id = $1
                              or m.id in (select cast(value as bigint) from json_each($3)))"
    ),
];

impl Store {
    /// Lists the messages beyond a place, and those changed beyond it, that name a user or are of these ids.
    pub(crate) async fn list_messages_naming(
        &self,
        user: UserId,
        beyond: EventId,
        also: &[EventId],
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let also = serde_json::json!(also).to_string();
        let mut rows: Vec<MessageRow> = Vec::new();
        for sql in NAMING {
            let found: Vec<MessageRow> = on!(self, readers =>
                sqlx::query_as(sql).bind(user).bind(beyond).bind(&also).fetch_all(readers).await)?;
            rows.extend(found);
        }
        Ok(into_messages(rows))
    }

    /// Lists the users who were deleted last, at most `limit`.
    pub(crate) async fn list_deleted_users(&self, limit: i64) -> Result<Vec<UserId>, StoreError> {
        let sql = "select id from users where deleted_at is not null order by deleted_at desc limit $1";
        on!(self, readers => sqlx::query_scalar(sql).bind(limit).fetch_all(readers).await)
    }
}

impl Transaction {
    /// Gives a user a name made from the id, and removes everything else that the row says. The former name is never
    /// given out again. Returns the new name.
    pub(crate) async fn retire_user(&mut self, user: &User, now_ms: i64) -> Result<String, StoreError> {
        let sql = "select name from users where id <> $1 and name like 'deleted-%'";
        let taken: Vec<String> = on!(self, transaction =>
            sqlx::query_scalar(sql).bind(user.id).fetch_all(transaction).await)?;
        let first = format!("deleted-{}", user.id);
        // Versions before 0.2 gave such names to anybody.
        let others = (1..).map(|n| format!("{first}-{n}"));
        let name = std::iter::once(first.clone()).chain(others).find(|name| !taken.contains(name));
        let name = name.unwrap_or_default();
        let sql = "insert into retired_names (name, retired_at) values ($1, $2) on conflict do nothing";
        execute!(self, sqlx::query(sql).bind(&user.name).bind(now_ms))?;
        let sql = "update users set name = $1, display_name = null, password_hash = null, role = 'member',
                       disabled_at = coalesce(disabled_at, $2), deleted_at = $2 where id = $3";
        execute!(self, sqlx::query(sql).bind(&name).bind(now_ms).bind(user.id))?;
        Ok(name)
    }

    /// Deletes what belongs to a user besides messages and reactions: memberships, sessions' networks, keys and codes.
    pub(crate) async fn delete_belongings(&mut self, user: UserId) -> Result<(), StoreError> {
        for sql in [
            "update rooms set members = members - 1
             where conversation_id in (select conversation_id from memberships where user_id = $1)",
            "delete from memberships where user_id = $1",
            "update line_changes set user_id = null, conversation_id = null where user_id = $1",
            "delete from guest_rooms where user_id = $1",
            "delete from bans where user_id = $1",
            "delete from sign_in_networks where user_id = $1",
            "delete from idempotency_keys where user_id = $1",
            "delete from sign_up_keys where user_id = $1",
            "delete from code_rooms where code_id in (select id from codes where user_id = $1 or created_by = $1)",
            "delete from codes where user_id = $1 or created_by = $1",
        ] {
            execute!(self, sqlx::query(sql).bind(user))?;
        }
        Ok(())
    }

    /// Lists those of these users who are deleted.
    pub(crate) async fn list_deleted_among(&mut self, users: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let sql = "select id from users where deleted_at is not null
                   and id in (select cast(value as bigint) from json_each($1))";
        let users = serde_json::json!(users).to_string();
        on!(self, transaction => sqlx::query_scalar(sql).bind(users).fetch_all(transaction).await)
    }

    /// Lists the users with whom a user has a direct conversation.
    pub(crate) async fn list_direct_peers(&mut self, user: UserId) -> Result<Vec<UserId>, StoreError> {
        let sql = "select case when low_user_id = $1 then high_user_id else low_user_id end as peer
                   from directs where low_user_id = $1 or high_user_id = $1";
        on!(self, transaction => sqlx::query_scalar(sql).bind(user).fetch_all(transaction).await)
    }

    /// Renames a user in the reactions. Returns the ids of the messages that name the user.
    pub(crate) async fn rename_in_reactions(&mut self, user: &User, name: &str) -> Result<Vec<EventId>, StoreError> {
        let mut changed: BTreeMap<EventId, Vec<Reaction>> = BTreeMap::new();
        for row in self.list_reacted(user.id).await? {
            let reactions = changed.entry(row.id).or_insert_with(|| of_row(&row));
            let users = reactions.iter_mut().flat_map(|reaction| &mut reaction.users);
            users.filter(|known| **known == user.name).for_each(|known| name.clone_into(known));
        }
        self.write_reactions(&changed).await?;
        Ok(changed.into_keys().collect())
    }

    /// Deletes the text of all messages of a user, and all of the user's reactions: one change in each conversation.
    /// Returns each change with its conversation, the time, and the messages of others that lost a reaction.
    pub(crate) async fn erase(
        &mut self,
        user: &User,
    ) -> Result<(Vec<(EventId, ConversationId)>, i64, Vec<EventId>), StoreError> {
        let newest = self.before().event;
        let sql = "select first_id from authors where user_id = $1";
        let first: Option<EventId> =
            on!(self, transaction => sqlx::query_scalar(sql).bind(user.id).fetch_optional(transaction).await)?;
        // Without a message there is no stretch to look at.
        let before_first = first.map_or(newest, |first| first - 1);
        let mut wrote_in = BTreeSet::new();
        let sql = "select distinct conversation_id from messages where id > $1 and id <= $2 and sender_id = $3";
        for from in (before_first..newest).step_by(STRETCH as usize) {
            let found: Vec<ConversationId> = on!(self, transaction =>
                sqlx::query_scalar(sql).bind(from).bind(from + STRETCH).bind(user.id).fetch_all(transaction).await)?;
            wrote_in.extend(found);
        }
        let reacted = self.list_reacted(user.id).await?;
        wrote_in.extend(reacted.iter().map(|row| row.conversation_id));
        let now_ms = self.now_ms();
        let mut changes = Vec::with_capacity(wrote_in.len());
        for conversation in wrote_in {
            let change = self.take_place().await?;
            let sql = "insert into line_changes (id, conversation_id, author_id, changed_at) values ($1, $2, $3, $4)";
            execute!(self, sqlx::query(sql).bind(change).bind(conversation).bind(user.id).bind(now_ms))?;
            changes.push((change, conversation));
        }
        self.removes_text = true;
        let rows = serde_json::json!(changes).to_string();
        let sql = "delete from reactions
             where conversation_id in (select cast(value->>1 as bigint) from json_each($2)) and exists (
                 select 1 from messages m where m.conversation_id = reactions.conversation_id
                 and m.seq = reactions.seq and m.sender_id = $1)";
        execute!(self, sqlx::query(sql).bind(user.id).bind(&rows))?;
        let sql = "update messages set text = '', reactions = null, edited_at = null, deleted_at = $1, deleted_by = $2,
                       revision = c.change_id
             from (select cast(value->>0 as bigint) as change_id, cast(value->>1 as bigint) as id
                   from json_each($3)) c
             where messages.id > $4 and messages.id <= $5 and sender_id = $2 and messages.conversation_id = c.id
             and deleted_at is null";
        for from in (before_first..newest).step_by(STRETCH as usize) {
            execute!(self, sqlx::query(sql).bind(now_ms).bind(user.id).bind(&rows).bind(from).bind(from + STRETCH))?;
        }
        let lost = self.remove_reactions(user, reacted).await?;
        Ok((changes, now_ms, lost))
    }

    async fn remove_reactions(&mut self, user: &User, reacted: Vec<Reacted>) -> Result<Vec<EventId>, StoreError> {
        execute!(self, sqlx::query("delete from reactions where user_id = $1").bind(user.id))?;
        let mut changed: BTreeMap<EventId, Vec<Reaction>> = BTreeMap::new();
        for row in reacted {
            let reactions = changed.entry(row.id).or_insert_with(|| of_row(&row));
            let Some(reaction) = reactions.iter_mut().find(|reaction| reaction.emoji == row.emoji) else { continue };
            reaction.count -= 1;
            let named = reaction.users.len();
            reaction.users.retain(|name| *name != user.name);
            if reaction.users.len() < named && reaction.count > reaction.users.len() as i64 {
                reaction.users = self.list_first_users(row.conversation_id, row.seq, &row.emoji).await?;
            }
            reactions.retain(|reaction| reaction.count > 0);
        }
        self.write_reactions(&changed).await?;
        Ok(changed.into_keys().collect())
    }

    /// Lists the reactions of a user to messages that are not deleted.
    async fn list_reacted(&mut self, user: UserId) -> Result<Vec<Reacted>, StoreError> {
        let sql = "select m.id, m.conversation_id, m.seq, r.emoji, m.reactions
             from reactions r join messages m on m.conversation_id = r.conversation_id and m.seq = r.seq
             where r.user_id = $1 and m.deleted_at is null";
        on!(self, transaction => sqlx::query_as(sql).bind(user).fetch_all(transaction).await)
    }

    async fn write_reactions(&mut self, changed: &BTreeMap<EventId, Vec<Reaction>>) -> Result<(), StoreError> {
        let json =
            |reactions: &Vec<Reaction>| (!reactions.is_empty()).then(|| serde_json::json!(reactions).to_string());
        let rows: Vec<_> = changed.iter().map(|(id, reactions)| (id, json(reactions))).collect();
        let sql = "update messages set reactions = n.reactions
             from (select cast(value->>0 as bigint) as id, value->>1 as reactions from json_each($1)) n
             where messages.id = n.id and messages.deleted_at is null";
        for rows in rows.chunks(1000) {
            execute!(self, sqlx::query(sql).bind(serde_json::json!(rows).to_string()))?;
        }
        Ok(())
    }

    /// Lists the messages beyond a place, and those changed beyond it, that name a user or are of these ids.
    pub(crate) async fn list_messages_naming(
        &mut self,
        user: UserId,
        beyond: EventId,
        also: &[EventId],
    ) -> Result<Vec<StoredMessage>, StoreError> {
        let also = serde_json::json!(also).to_string();
        let mut rows: Vec<MessageRow> = Vec::new();
        for sql in NAMING {
            let found: Vec<MessageRow> = on!(self, transaction =>
                sqlx::query_as(sql).bind(user).bind(beyond).bind(&also).fetch_all(transaction).await)?;
            rows.extend(found);
        }
        Ok(into_messages(rows))
    }
}

fn of_row(row: &Reacted) -> Vec<Reaction> {
    row.reactions.as_deref().map_or_else(Vec::new, reactions_of)
}
