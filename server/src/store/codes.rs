//! Codes that open the door: invitations, and codes that sign in one user. Only hashes of them are stored.

use std::collections::HashMap;

use super::{Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::ids::{CodeId, ConversationId, RoomId, UserId};

/// What a code is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeKind {
    Invitation,
    /// Another device of a user.
    Device,
    /// A forgotten password.
    Recovery,
}

impl CodeKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::Device => "device",
            Self::Recovery => "recovery",
        }
    }

    fn parse(text: &str) -> Self {
        match text {
            "device" => Self::Device,
            "recovery" => Self::Recovery,
            _ => Self::Invitation,
        }
    }
}

/// A code to be stored.
#[derive(Debug, Clone)]
pub(crate) struct NewCode {
    pub(crate) hash: String,
    pub(crate) kind: CodeKind,
    /// The user that it signs in, unless it is an invitation.
    pub(crate) user_id: Option<UserId>,
    /// `None` if it was made from the shell.
    pub(crate) created_by: Option<UserId>,
    /// Whether it makes guests.
    pub(crate) guest: bool,
    /// Whether it makes administrators.
    pub(crate) admin: bool,
    pub(crate) uses: i64,
    pub(crate) created_at: i64,
    pub(crate) expires_at: i64,
}

/// A code that was made, used up or expired perhaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredCode {
    pub(crate) id: CodeId,
    pub(crate) kind: CodeKind,
    pub(crate) user_id: Option<UserId>,
    pub(crate) guest: bool,
    pub(crate) admin: bool,
    pub(crate) uses_left: i64,
    pub(crate) expires_at: i64,
    /// Whether the server's shell has made it, or a user who is an administrator now.
    pub(crate) by_authority: bool,
}

struct CodeRow {
    id: CodeId,
    kind: String,
    user_id: Option<UserId>,
    guest: bool,
    admin: bool,
    uses_left: i64,
    expires_at: i64,
    by_authority: bool,
}

from_row!(CodeRow { id, kind, user_id, guest, admin, uses_left, expires_at, by_authority });

impl From<CodeRow> for StoredCode {
    fn from(row: CodeRow) -> Self {
        let CodeRow { id, kind, user_id, guest, admin, uses_left, expires_at, by_authority } = row;
        Self { id, kind: CodeKind::parse(&kind), user_id, guest, admin, uses_left, expires_at, by_authority }
    }
}

/// An invitation, for those who may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Invitation {
    pub(crate) id: CodeId,
    pub(crate) created_by: Option<String>,
    pub(crate) guest: bool,
    pub(crate) uses_left: i64,
    pub(crate) expires_at: i64,
}

from_row!(Invitation { id, created_by, guest, uses_left, expires_at });

/// What a user may do besides what all may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rank {
    pub(crate) admin: bool,
    pub(crate) guest: bool,
}

from_row!(Rank { admin, guest });

/// Finds a code by its hash, unless its maker or its user is disabled or gone, or it lets a user recover and its maker
/// is no administrator any more.
const FIND: &str =
    "select c.id, c.kind, c.user_id, c.guest <> 0 as guest, c.role = 'admin' as admin, c.uses_left, c.expires_at,
            c.created_by is null or exists (select 1 from users m where m.id = c.created_by and m.role = 'admin')
                as by_authority
     from codes c where c.code_hash = $1
     and not exists (select 1 from users u where u.id in (c.created_by, c.user_id)
                     and (u.disabled_at is not null or u.deleted_at is not null
                          or u.id = c.created_by and c.kind = 'recovery' and u.role <> 'admin'))";

impl Store {
    /// Finds a code by its hash, as [`FIND`] says.
    pub(crate) async fn find_code(&self, hash: &str) -> Result<Option<StoredCode>, StoreError> {
        let row: Option<CodeRow> = on!(self, readers => sqlx::query_as(FIND).bind(hash).fetch_optional(readers).await)?;
        Ok(row.map(StoredCode::from))
    }

    /// Lists the invitations with ids above `after` that work, by id: those of one user, or all. Those of users who are
    /// no administrators work if `members_may`.
    pub(crate) async fn list_invitations(
        &self,
        of: Option<UserId>,
        after: CodeId,
        limit: i64,
        now_ms: i64,
        members_may: bool,
    ) -> Result<Vec<Invitation>, StoreError> {
        let sql = "select c.id, u.name as created_by, c.guest <> 0 as guest, c.uses_left, c.expires_at
             from codes c left join users u on u.id = c.created_by
             where c.kind = 'invitation' and c.uses_left > 0 and c.expires_at > $1 and c.id > $2
               and ($3 = 0 or c.created_by = $3)
               and (u.id is null or u.disabled_at is null and u.deleted_at is null and (u.role = 'admin' or $5 = 1))
             order by c.id limit $4";
        let of = of.unwrap_or(0);
        on!(self, readers =>
            sqlx::query_as(sql).bind(now_ms).bind(after).bind(of).bind(limit).bind(i64::from(members_may))
                .fetch_all(readers).await)
    }

    /// Lists the names of the rooms that these invitations name: public ones, and those that this user is in.
    pub(crate) async fn list_invited_rooms(
        &self,
        codes: &[CodeId],
        to: Option<UserId>,
    ) -> Result<HashMap<CodeId, Vec<String>>, StoreError> {
        let codes = serde_json::json!(codes).to_string();
        let sql = "select cr.code_id, r.name from code_rooms cr join rooms r on r.id = cr.room_id
             where cr.code_id in (select cast(value as bigint) from json_each($1))
               and (r.private = 0 or exists (
                   select 1 from memberships m where m.conversation_id = r.conversation_id and m.user_id = $2))
             order by cr.code_id, r.name";
        let rows: Vec<(CodeId, String)> =
            on!(self, readers => sqlx::query_as(sql).bind(codes).bind(to.unwrap_or(0)).fetch_all(readers).await)?;
        let mut rooms: HashMap<_, Vec<_>> = HashMap::new();
        rows.into_iter().for_each(|(code, name)| rooms.entry(code).or_default().push(name));
        Ok(rooms)
    }

    /// Returns a user's rank, or `None` if the user is disabled or gone.
    pub(crate) async fn find_rank(&self, user: UserId) -> Result<Option<Rank>, StoreError> {
        on!(self, readers => sqlx::query_as(RANK).bind(user).fetch_optional(readers).await)
    }

    /// Returns whether there is any user.
    pub(crate) async fn has_users(&self) -> Result<bool, StoreError> {
        let sql = "select count(*) from (select id from users limit 1) any_user";
        let count: i64 = on!(self, readers => sqlx::query_scalar(sql).fetch_one(readers).await)?;
        Ok(count > 0)
    }
}

const RANK: &str = "select role = 'admin' as admin, password_hash is null as guest from users
     where id = $1 and disabled_at is null and deleted_at is null";

impl Transaction {
    /// Finds a code by its hash, unless its maker or its user is disabled or gone.
    pub(crate) async fn find_code(&mut self, hash: &str) -> Result<Option<StoredCode>, StoreError> {
        let row: Option<CodeRow> =
            on!(self, transaction => sqlx::query_as(FIND).bind(hash).fetch_optional(transaction).await)?;
        Ok(row.map(StoredCode::from))
    }

    /// Returns a user's rank, or `None` if the user is disabled or gone.
    pub(crate) async fn find_rank(&mut self, user: UserId) -> Result<Option<Rank>, StoreError> {
        on!(self, transaction => sqlx::query_as(RANK).bind(user).fetch_optional(transaction).await)
    }

    /// Stores a code, with the rooms that it names.
    pub(crate) async fn insert_code(&mut self, code: &NewCode, rooms: &[RoomId]) -> Result<CodeId, StoreError> {
        let sql = "insert into codes
                 (code_hash, kind, user_id, created_by, guest, role, uses_left, created_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id";
        let NewCode { hash, kind, user_id, created_by, guest, admin, uses, created_at, expires_at } = code;
        let role = if *admin { "admin" } else { "member" };
        let id: CodeId = on!(self, transaction =>
            sqlx::query_scalar(sql)
                .bind(hash).bind(kind.as_str()).bind(user_id).bind(created_by).bind(i64::from(*guest)).bind(role)
                .bind(uses).bind(created_at).bind(expires_at)
                .fetch_one(transaction).await)?;
        if !rooms.is_empty() {
            let rooms = serde_json::json!(rooms).to_string();
            let sql = "insert into code_rooms (code_id, room_id)
                 select $1, cast(value as bigint) from json_each($2) where true on conflict do nothing";
            execute!(self, sqlx::query(sql).bind(id).bind(rooms))?;
        }
        Ok(id)
    }

    /// Takes one use of a code.
    pub(crate) async fn take_use(&mut self, code: CodeId) -> Result<(), StoreError> {
        let sql = "update codes set uses_left = uses_left - 1 where id = $1 and uses_left > 0";
        execute!(self, sqlx::query(sql).bind(code))?;
        Ok(())
    }

    /// Ends an invitation: one of this user's, or any. Returns whether there was one that had uses left.
    pub(crate) async fn revoke_invitation(&mut self, id: CodeId, of: Option<UserId>) -> Result<bool, StoreError> {
        let sql = "update codes set uses_left = 0
             where id = $1 and kind = 'invitation' and uses_left > 0 and ($2 = 0 or created_by = $2)";
        Ok(execute!(self, sqlx::query(sql).bind(id).bind(of.unwrap_or(0)))? > 0)
    }

    /// Finds the rooms with these names that a user sees, and whether the user may invite into each: into public rooms,
    /// and into private ones of which the user is an owner. Without a user, only public rooms.
    pub(crate) async fn list_rooms_to_invite_into(
        &mut self,
        names: &[String],
        user: Option<UserId>,
    ) -> Result<Vec<(RoomId, bool)>, StoreError> {
        let names = serde_json::json!(names.iter().map(|name| [name]).collect::<Vec<_>>()).to_string();
        let sql = "select r.id, r.private = 0 or m.role = 'owner'
             from rooms r left join memberships m on m.conversation_id = r.conversation_id and m.user_id = $2
             where r.name in (select value->>0 from json_each($1)) and (r.private = 0 or m.user_id is not null)
             order by r.id";
        on!(self, transaction =>
            sqlx::query_as(sql).bind(names).bind(user.unwrap_or(0)).fetch_all(transaction).await)
    }

    /// Lists the rooms of an invitation that this user may enter by it and is not in: no room that the user is banned
    /// from, and no private one that the invitation's maker does not own any longer.
    pub(crate) async fn list_rooms_to_enter(
        &mut self,
        code: CodeId,
        user: UserId,
    ) -> Result<Vec<ConversationId>, StoreError> {
        let sql = "select r.conversation_id
             from code_rooms cr join codes c on c.id = cr.code_id join rooms r on r.id = cr.room_id
             where cr.code_id = $1
               and not exists (select 1 from bans b where b.conversation_id = r.conversation_id and b.user_id = $2)
               and not exists (select 1 from memberships m
                               where m.conversation_id = r.conversation_id and m.user_id = $2)
               and (r.private = 0 or exists (
                   select 1 from memberships m
                   where m.conversation_id = r.conversation_id and m.user_id = c.created_by and m.role = 'owner'))
             order by r.id";
        on!(self, transaction => sqlx::query_scalar(sql).bind(code).bind(user).fetch_all(transaction).await)
    }

    /// Limits what a guest sees to the rooms of an invitation, if it names any. Returns whether it does.
    pub(crate) async fn insert_guest_rooms(&mut self, guest: UserId, code: CodeId) -> Result<bool, StoreError> {
        let sql = "insert into guest_rooms (user_id, room_id) select $1, room_id from code_rooms where code_id = $2
             on conflict do nothing";
        Ok(execute!(self, sqlx::query(sql).bind(guest).bind(code))? > 0)
    }

    /// Deletes the codes that sign in a user, but for this one.
    pub(crate) async fn delete_codes_of(&mut self, user: UserId, but: Option<CodeId>) -> Result<(), StoreError> {
        let sql = "delete from codes where user_id = $1 and id <> $2";
        execute!(self, sqlx::query(sql).bind(user).bind(but.unwrap_or(0)))?;
        Ok(())
    }

    /// Lets a session set a password once without the old one.
    pub(crate) async fn let_set_password(&mut self, session: &str) -> Result<(), StoreError> {
        execute!(self, sqlx::query("update sessions set may_set_password = 1 where id = $1").bind(session))?;
        Ok(())
    }

    /// Finds the user who signed up, or signed in by a code, with this key.
    pub(crate) async fn find_sign_up(&mut self, key: &super::SignUpKey) -> Result<Option<super::Began>, StoreError> {
        on!(self, transaction =>
            sqlx::query_as(super::keys::FIND_SIGN_UP)
                .bind(&key.hash).bind(key.payload).fetch_optional(transaction).await)
    }

    /// Deletes expired codes, at most `limit`. Returns how many.
    pub(crate) async fn delete_expired_codes(&mut self, now_ms: i64, limit: u64) -> Result<u64, StoreError> {
        let limit = limit.cast_signed();
        let sql = "delete from code_rooms where code_id in
             (select id from codes where expires_at < $1 order by expires_at, id limit $2)";
        execute!(self, sqlx::query(sql).bind(now_ms).bind(limit))?;
        let sql = "delete from codes where id in
             (select id from codes where expires_at < $1 order by expires_at, id limit $2)";
        execute!(self, sqlx::query(sql).bind(now_ms).bind(limit))
    }
}
