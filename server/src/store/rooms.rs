//! What decides who sees a room and who posts there, and the users with a role in it.

use super::row::from_text;
use super::{Joined, Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::ids::{ConversationId, RoomId, UserId};
use crate::domain::right::{Posting, Role, Rules, Seat};

from_text! { Role Posting }

/// A room, as every node holds it in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomFacts {
    pub(crate) id: RoomId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) name: String,
    pub(crate) title: Option<String>,
    pub(crate) topic: String,
    pub(crate) rules: Rules,
    /// The users who are banned, by id.
    pub(crate) banned: Vec<UserId>,
}

/// A room and one of its bans. There is one row for a room without any.
struct FactsRow {
    id: RoomId,
    conversation_id: ConversationId,
    name: String,
    title: Option<String>,
    topic: String,
    rules: Rules,
    banned: Option<UserId>,
}

from_row!(FactsRow { id, conversation_id, name, title, topic, banned, ..rules });

from_row!(Rules { is_private, is_archived, posting });

/// What a user is to a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RoomSeat {
    pub(crate) user_id: UserId,
    pub(crate) conversation_id: ConversationId,
    pub(crate) role: Option<Role>,
    pub(crate) is_admin: bool,
    pub(crate) rules: Rules,
}

from_row!(RoomSeat { user_id, conversation_id, role, is_admin, ..rules });

impl RoomSeat {
    pub(crate) fn seat(&self) -> Seat {
        Seat::of(self.role, self.is_admin, self.rules.is_private)
    }
}

/// A user with a role in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoomMember {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) role: Role,
}

from_row!(RoomMember { id, name, role });

/// How many members and owners a room has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemberCounts {
    pub(crate) members: i64,
    pub(crate) owners: i64,
}

from_row!(MemberCounts { members, owners });

/// What to change of a room; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RoomChange {
    /// `Some(None)` removes the title.
    pub(crate) title: Option<Option<String>>,
    pub(crate) topic: Option<String>,
    pub(crate) private: Option<bool>,
    pub(crate) archived: Option<bool>,
    pub(crate) posting: Option<Posting>,
}

/// The columns of [`Rules`].
macro_rules! rules {
    () => {
        "r.private <> 0 as is_private, r.archived_at is not null as is_archived, r.posting"
    };
}
pub(super) use rules;

macro_rules! facts_where {
    ($condition:literal) => {
        concat!(
            "select r.id, r.conversation_id, r.name, r.title, r.topic, b.user_id as banned, ",
            rules!(),
            " from rooms r left join bans b on b.conversation_id = r.conversation_id where ",
            $condition,
            " order by r.id, b.user_id"
        )
    };
}

/// Puts the rows of each room together.
fn into_facts(rows: Vec<FactsRow>) -> Vec<RoomFacts> {
    let mut rooms: Vec<RoomFacts> = Vec::new();
    for FactsRow { id, conversation_id, name, title, topic, rules, banned } in rows {
        match rooms.last_mut().filter(|room| room.id == id) {
            Some(room) => room.banned.extend(banned),
            None => {
                let banned = banned.into_iter().collect();
                rooms.push(RoomFacts { id, conversation_id, name, title, topic, rules, banned });
            }
        }
    }
    rooms
}

impl Store {
    /// Lists the facts of every room, by id.
    pub(crate) async fn list_all_room_facts(&self) -> Result<Vec<RoomFacts>, StoreError> {
        let sql = facts_where!("r.id > 0");
        let rows = on!(self, readers => sqlx::query_as(sql).fetch_all(readers).await)?;
        Ok(into_facts(rows))
    }

    /// Lists the facts of these rooms, by id.
    pub(crate) async fn list_room_facts(&self, ids: &[RoomId]) -> Result<Vec<RoomFacts>, StoreError> {
        let ids = serde_json::json!(ids).to_string();
        let sql = facts_where!("r.id in (select cast(value as bigint) from json_each($1))");
        let rows = on!(self, readers => sqlx::query_as(sql).bind(&ids).fetch_all(readers).await)?;
        Ok(into_facts(rows))
    }

    /// Lists the users with a role in a room and ids above `after`, by id; banned users only if `with_banned`.
    pub(crate) async fn list_members(
        &self,
        conversation: ConversationId,
        after: UserId,
        limit: i64,
        with_banned: bool,
    ) -> Result<Vec<RoomMember>, StoreError> {
        let sql = "select u.id, u.name, s.role
             from (select user_id, role from memberships where conversation_id = $1
                   union all select user_id, 'banned' from bans where conversation_id = $1 and $4) s
             join users u on u.id = s.user_id where u.id > $2 order by u.id limit $3";
        on!(self, readers =>
            sqlx::query_as(sql).bind(conversation).bind(after).bind(limit).bind(with_banned).fetch_all(readers).await)
    }

    /// Lists the rooms of the invitation by which a guest came. Empty if it named none, and for all other users.
    pub(crate) async fn list_guest_rooms(&self, user: UserId) -> Result<Vec<RoomId>, StoreError> {
        let sql = "select g.room_id from guest_rooms g join users u on u.id = g.user_id and u.password_hash is null
             where g.user_id = $1 order by g.room_id";
        on!(self, readers => sqlx::query_scalar(sql).bind(user).fetch_all(readers).await)
    }

    /// Lists what a user is to these rooms, in any order. Rooms and users that do not exist are left out.
    pub(crate) async fn list_seats_of(
        &self,
        user: UserId,
        conversations: &[ConversationId],
    ) -> Result<Vec<RoomSeat>, StoreError> {
        let pairs: Vec<_> = conversations.iter().map(|conversation| [user, *conversation]).collect();
        let pairs = serde_json::json!(pairs).to_string();
        on!(self, readers => sqlx::query_as(SEATS).bind(pairs).fetch_all(readers).await)
    }
}

const SEATS: &str = concat!(
    "select u.id as user_id, r.conversation_id, u.role = 'admin' as is_admin,
            coalesce(m.role, case when b.user_id is not null then 'banned' end) as role, ",
    rules!(),
    " from json_each($1) j
      join users u on u.id = cast(j.value->>0 as bigint) and u.deleted_at is null
      join rooms r on r.conversation_id = cast(j.value->>1 as bigint)
      left join memberships m on m.user_id = u.id and m.conversation_id = r.conversation_id
      left join bans b on b.user_id = u.id and b.conversation_id = r.conversation_id"
);

impl Transaction {
    /// Creates a room with its first members. Returns it, and where its members begin. Returns `None` if the name is
    /// taken.
    pub(crate) async fn insert_room(
        &mut self,
        name: &str,
        facts: &RoomChange,
        created_by: UserId,
        members: &[(UserId, Role)],
        now_ms: i64,
    ) -> Result<Option<(RoomFacts, Joined)>, StoreError> {
        let sql = "insert into conversations (newest_seq)
                   select 0 where not exists (select 1 from rooms where name = $1) returning id";
        let conversation: Option<ConversationId> =
            on!(self, transaction => sqlx::query_scalar(sql).bind(name).fetch_optional(transaction).await)?;
        let Some(conversation_id) = conversation else { return Ok(None) };
        let rules = Rules {
            is_private: facts.private == Some(true),
            is_archived: facts.archived == Some(true),
            posting: facts.posting.unwrap_or(Posting::Everyone),
        };
        let (title, topic) = (facts.title.clone().flatten(), facts.topic.clone().unwrap_or_default());
        let sql = "insert into rooms
                       (conversation_id, name, created_by, created_at, members, title, topic, private, archived_at, posting)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning id";
        let id = on!(self, transaction =>
            sqlx::query_scalar(sql)
                .bind(conversation_id).bind(name).bind(created_by).bind(now_ms).bind(members.len() as i64)
                .bind(&title).bind(&topic).bind(i64::from(rules.is_private))
                .bind(rules.is_archived.then_some(now_ms)).bind(rules.posting.as_str())
                .fetch_one(transaction).await)?;
        let joined = self.insert_first_members(conversation_id, members).await?;
        let name = name.to_owned();
        Ok(Some((RoomFacts { id, conversation_id, name, title, topic, rules, banned: Vec::new() }, joined)))
    }

    /// Reads the facts of a room, with what this transaction has changed.
    pub(crate) async fn read_room_facts(&mut self, room: RoomId) -> Result<Option<RoomFacts>, StoreError> {
        let sql = facts_where!("r.id = $1");
        let rows = on!(self, transaction => sqlx::query_as(sql).bind(room).fetch_all(transaction).await)?;
        Ok(into_facts(rows).pop())
    }

    /// Reads what users are to rooms, given as pairs. Leaves out pairs of which one does not exist.
    pub(crate) async fn read_seats(&mut self, pairs: &[(UserId, ConversationId)]) -> Result<Vec<RoomSeat>, StoreError> {
        let pairs = serde_json::json!(pairs).to_string();
        on!(self, transaction => sqlx::query_as(SEATS).bind(pairs).fetch_all(transaction).await)
    }

    /// Counts the members and the owners of a room.
    pub(crate) async fn count_members(&mut self, conversation: ConversationId) -> Result<MemberCounts, StoreError> {
        let sql = "select count(*) as members, count(case when role = 'owner' then 1 end) as owners
                   from memberships where conversation_id = $1";
        on!(self, transaction => sqlx::query_as(sql).bind(conversation).fetch_one(transaction).await)
    }

    /// Changes a room.
    pub(crate) async fn update_room(
        &mut self,
        room: RoomId,
        change: &RoomChange,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let RoomChange { title, topic, private, archived, posting } = change;
        let sql = "update rooms set
                       title = case when $2 then $3 else title end,
                       topic = coalesce($4, topic),
                       private = coalesce($5, private),
                       archived_at = case when $6 then coalesce(archived_at, $8) when $7 then null else archived_at end,
                       posting = coalesce($9, posting)
                   where id = $1";
        let posting = posting.map(Posting::as_str);
        execute!(
            self,
            sqlx::query(sql)
                .bind(room)
                .bind(title.is_some())
                .bind(title.clone().flatten())
                .bind(topic)
                .bind(private.map(i64::from))
                .bind(*archived == Some(true))
                .bind(*archived == Some(false))
                .bind(now_ms)
                .bind(posting)
        )?;
        Ok(())
    }

    /// Sets the role of a member.
    pub(crate) async fn set_role(
        &mut self,
        user: UserId,
        conversation: ConversationId,
        role: Role,
    ) -> Result<(), StoreError> {
        let sql = "update memberships set role = $3 where user_id = $1 and conversation_id = $2";
        execute!(self, sqlx::query(sql).bind(user).bind(conversation).bind(role.as_str()))?;
        Ok(())
    }

    /// Bans a user from a room.
    pub(crate) async fn insert_ban(
        &mut self,
        user: UserId,
        conversation: ConversationId,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "insert into bans (conversation_id, user_id, banned_at) values ($1, $2, $3) on conflict do nothing";
        execute!(self, sqlx::query(sql).bind(conversation).bind(user).bind(now_ms))?;
        Ok(())
    }

    /// Lets a banned user come back. A no-op for any other.
    pub(crate) async fn delete_ban(&mut self, user: UserId, conversation: ConversationId) -> Result<(), StoreError> {
        let sql = "delete from bans where conversation_id = $1 and user_id = $2";
        execute!(self, sqlx::query(sql).bind(conversation).bind(user))?;
        Ok(())
    }

    /// Lists the users with these names who can sign in, by id.
    pub(crate) async fn list_active_users(&mut self, names: &[String]) -> Result<Vec<(UserId, String)>, StoreError> {
        let sql = "select id, name from users where name in (select value->>0 from json_each($1))
                   and disabled_at is null and deleted_at is null order by id";
        let names = serde_json::json!(names.iter().map(|name| [name]).collect::<Vec<_>>()).to_string();
        on!(self, transaction => sqlx::query_as(sql).bind(names).fetch_all(transaction).await)
    }
}
