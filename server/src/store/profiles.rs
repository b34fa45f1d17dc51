//! What an administrator and the users themselves see of an account and change in it: names, roles, passwords, and the
//! sessions of a user.

use super::{Store, StoreError, Transaction, User, execute, from_row, on};
use crate::domain::ids::UserId;

/// A user as of the whole row, without the password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Profile {
    pub(crate) user: User,
    pub(crate) display_name: Option<String>,
    pub(crate) is_admin: bool,
    pub(crate) created_at: i64,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) deleted_at: Option<i64>,
}

from_row!(Profile { display_name, is_admin, created_at, disabled_at, deleted_at, ..user });

macro_rules! select_profiles {
    ($rest:literal) => {
        concat!(
            "select u.id, u.name, u.password_hash is null as guest, u.display_name, u.role = 'admin' as is_admin,
                    u.created_at, u.disabled_at, u.deleted_at
             from users u ",
            $rest
        )
    };
}

const PROFILE: &str = select_profiles!("where u.id = $1 and u.deleted_at is null");

/// A session as its user sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedIn {
    pub(crate) id: String,
    pub(crate) client: String,
    pub(crate) address: String,
    pub(crate) created_at: i64,
    pub(crate) seen_at: i64,
}

from_row!(SignedIn { id, client, address, created_at, seen_at });

/// What proves that a user may set a password. It cannot be printed.
pub(crate) struct Credentials {
    /// A guest has none.
    pub(crate) password_hash: Option<String>,
    /// Whether the session may set one without the old one.
    pub(crate) may_set_password: bool,
    /// Whether the user signed in from the network in question before.
    pub(crate) knows_network: bool,
}

from_row!(Credentials { password_hash, may_set_password, knows_network });

/// The proof of a sign-in. It may no longer hold when the session is opened.
#[derive(Clone)]
pub(crate) enum SignInProof {
    /// The hash of the password that was verified.
    Password(String),
    /// Another session of the user's.
    Session(String),
    /// A proxy that signs users in.
    Proxy,
}

impl Store {
    pub(crate) async fn find_profile(&self, id: UserId) -> Result<Option<Profile>, StoreError> {
        let sql = PROFILE;
        on!(self, readers => sqlx::query_as(sql).bind(id).fetch_optional(readers).await)
    }

    pub(crate) async fn find_profile_by_name(&self, name: &str) -> Result<Option<Profile>, StoreError> {
        let sql = select_profiles!("where u.name = $1 and u.deleted_at is null");
        on!(self, readers => sqlx::query_as(sql).bind(name).fetch_optional(readers).await)
    }

    /// Lists the users with ids above `after`, by id, deleted ones left out.
    pub(crate) async fn list_profiles(
        &self,
        after: UserId,
        prefix: &str,
        limit: i64,
    ) -> Result<Vec<Profile>, StoreError> {
        let sql = select_profiles!(
            "where u.id > $1 and u.deleted_at is null and substr(u.name, 1, length($3)) = $3 order by u.id limit $2"
        );
        on!(self, readers => sqlx::query_as(sql).bind(after).bind(limit).bind(prefix).fetch_all(readers).await)
    }

    /// Lists the users with these names, by id, deleted ones left out.
    pub(crate) async fn list_profiles_named(&self, names: &[String]) -> Result<Vec<Profile>, StoreError> {
        let sql = select_profiles!(
            "where u.name in (select value->>0 from json_each($1)) and u.deleted_at is null order by u.id"
        );
        let names = serde_json::json!(names.iter().map(|name| [name]).collect::<Vec<_>>()).to_string();
        on!(self, readers => sqlx::query_as(sql).bind(names).fetch_all(readers).await)
    }

    /// Lists the users with these ids, by id, deleted ones left out.
    pub(crate) async fn list_profiles_with_ids(&self, ids: &[UserId]) -> Result<Vec<Profile>, StoreError> {
        let sql = select_profiles!(
            "where u.id in (select cast(value as bigint) from json_each($1)) and u.deleted_at is null order by u.id"
        );
        let ids = serde_json::json!(ids).to_string();
        on!(self, readers => sqlx::query_as(sql).bind(ids).fetch_all(readers).await)
    }

    /// Finds what a session needs to set a password, from this network.
    pub(crate) async fn find_credentials(
        &self,
        session: &str,
        network: String,
    ) -> Result<Option<Credentials>, StoreError> {
        let sql = "select u.password_hash, s.may_set_password <> 0 as may_set_password,
                          n.seen_at is not null as knows_network
             from sessions s join users u on u.id = s.user_id
             left join sign_in_networks n on n.user_id = u.id and n.network = $2 where s.id = $1";
        on!(self, readers => sqlx::query_as(sql).bind(session).bind(&network).fetch_optional(readers).await)
    }

    /// Lists the sessions of a user that have not expired, newest first.
    pub(crate) async fn list_sessions_of(&self, user: UserId, now_ms: i64) -> Result<Vec<SignedIn>, StoreError> {
        let sql = "select id, client, address, created_at, seen_at from sessions
                   where user_id = $1 and expires_at > $2 order by created_at desc, id";
        on!(self, readers => sqlx::query_as(sql).bind(user).bind(now_ms).fetch_all(readers).await)
    }
}

impl Transaction {
    pub(crate) async fn find_profile(&mut self, id: UserId) -> Result<Option<Profile>, StoreError> {
        on!(self, transaction => sqlx::query_as(PROFILE).bind(id).fetch_optional(transaction).await)
    }

    /// Returns a user who may sign in, and whether the proof still holds. Returns `None` if the user is disabled or
    /// deleted.
    pub(crate) async fn find_user_to_sign_in(
        &mut self,
        id: UserId,
        proof: &SignInProof,
    ) -> Result<Option<(User, bool)>, StoreError> {
        let (hash, session) = match proof {
            SignInProof::Password(hash) => (Some(hash), None),
            SignInProof::Session(session) => (None, Some(session)),
            SignInProof::Proxy => (None, None),
        };
        let sql = "select id, name, password_hash is null as guest,
                          (cast($2 as text) is null or password_hash = $2) and (cast($3 as text) is null
                              or exists (select 1 from sessions s where s.id = $3 and s.user_id = users.id)) as is_proven
                   from users where id = $1 and disabled_at is null and deleted_at is null";
        let found: Option<(UserId, String, bool, bool)> = on!(self, transaction =>
            sqlx::query_as(sql).bind(id).bind(hash).bind(session).fetch_optional(transaction).await)?;
        Ok(found.map(|(id, name, guest, is_proven)| (User { id, name, guest }, is_proven)))
    }

    /// Returns whether a session is signed in.
    pub(crate) async fn has_session(&mut self, id: &str) -> Result<bool, StoreError> {
        let sql = "select count(*) from sessions where id = $1";
        let count: i64 = on!(self, transaction => sqlx::query_scalar(sql).bind(id).fetch_one(transaction).await)?;
        Ok(count > 0)
    }

    /// Returns whether a user is an administrator who may sign in.
    pub(crate) async fn is_admin(&mut self, user: UserId) -> Result<bool, StoreError> {
        let sql = "select count(*) from users
                   where id = $1 and role = 'admin' and disabled_at is null and deleted_at is null";
        let count: i64 = on!(self, transaction => sqlx::query_scalar(sql).bind(user).fetch_one(transaction).await)?;
        Ok(count > 0)
    }

    /// Returns whether there is an administrator besides this one who may sign in. A guest cannot sign in again, but
    /// may stand in for another guest.
    pub(crate) async fn has_other_admin(&mut self, except: UserId) -> Result<bool, StoreError> {
        let sql = "select count(*) from users where id <> $1 and role = 'admin'
                   and (password_hash is not null or (select password_hash from users where id = $1) is null)
                   and disabled_at is null and deleted_at is null";
        let count: i64 = on!(self, transaction => sqlx::query_scalar(sql).bind(except).fetch_one(transaction).await)?;
        Ok(count > 0)
    }

    /// Makes a user an administrator, or a member again. A new administrator ends the invitations of the first one:
    /// each node, and each start, may have made one.
    pub(crate) async fn set_admin(&mut self, user: UserId, is_admin: bool) -> Result<(), StoreError> {
        let sql = "update users set role = $1 where id = $2";
        let role = if is_admin { "admin" } else { "member" };
        execute!(self, sqlx::query(sql).bind(role).bind(user))?;
        if is_admin {
            execute!(self, sqlx::query("update codes set uses_left = 0 where role = 'admin' and created_by is null"))?;
        }
        Ok(())
    }

    /// Disables a user from this time on, or enables the user again.
    pub(crate) async fn set_disabled(&mut self, user: UserId, since_ms: Option<i64>) -> Result<(), StoreError> {
        let sql = "update users set disabled_at = $1 where id = $2";
        execute!(self, sqlx::query(sql).bind(since_ms).bind(user))?;
        Ok(())
    }

    pub(crate) async fn update_display_name(&mut self, user: UserId, name: Option<&str>) -> Result<(), StoreError> {
        let sql = "update users set display_name = $1 where id = $2";
        execute!(self, sqlx::query(sql).bind(name).bind(user))?;
        Ok(())
    }

    /// Replaces the password hash of a user, if it is still the one that is known. A guest becomes an account, which no
    /// invitation limits, and codes that sign in the user end. Returns whether it was.
    pub(crate) async fn update_password(
        &mut self,
        user: UserId,
        known: Option<&str>,
        hash: &str,
    ) -> Result<bool, StoreError> {
        let sql = "update users set password_hash = $1
                   where id = $2 and coalesce(password_hash, '') = $3 and disabled_at is null";
        let updated = execute!(self, sqlx::query(sql).bind(hash).bind(user).bind(known.unwrap_or_default()))?;
        if updated > 0 {
            execute!(self, sqlx::query("delete from guest_rooms where user_id = $1").bind(user))?;
        }
        Ok(updated > 0)
    }

    /// Takes the session's right to set a password without the old one. Returns whether it had the right.
    pub(crate) async fn take_right_to_set_password(&mut self, session: &str) -> Result<bool, StoreError> {
        let sql = "update sessions set may_set_password = 0 where id = $1 and may_set_password <> 0";
        Ok(execute!(self, sqlx::query(sql).bind(session))? > 0)
    }

    /// Ends the sessions of a user, but for one if it is given. Returns their ids.
    pub(crate) async fn delete_sessions_of(
        &mut self,
        user: UserId,
        but: Option<&str>,
    ) -> Result<Vec<String>, StoreError> {
        let sql = "delete from sessions where user_id = $1 and id <> $2 returning id";
        let but = but.unwrap_or_default();
        on!(self, transaction => sqlx::query_scalar(sql).bind(user).bind(but).fetch_all(transaction).await)
    }

    /// Ends a session of a user. Returns whether there was one.
    pub(crate) async fn delete_session_of(&mut self, user: UserId, session: &str) -> Result<bool, StoreError> {
        let sql = "delete from sessions where user_id = $1 and id = $2";
        Ok(execute!(self, sqlx::query(sql).bind(user).bind(session))? > 0)
    }

    /// Records when sessions made their last calls, never back.
    pub(crate) async fn record_seen(&mut self, sessions: &[(String, i64)]) -> Result<(), StoreError> {
        let rows = serde_json::json!(sessions).to_string();
        let sql = "update sessions set seen_at = n.seen_at
             from (select value->>0 as id, cast(value->>1 as bigint) as seen_at from json_each($1)) n
             where sessions.id = n.id and sessions.seen_at < n.seen_at";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }
}
