//! Accounts: the users and their password hashes.

use std::collections::HashMap;

use super::{Store, StoreError, Transaction, execute, from_row, on};
use crate::domain::ids::UserId;
use crate::domain::name::is_of_deleted;

/// A user, without the password hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) id: UserId,
    pub(crate) name: String,
    pub(crate) guest: bool,
}

from_row!(User { id, name, guest });

/// What stands for the password hash of a user whom a proxy signs in: no password matches, and the user is no guest.
pub(crate) const NO_PASSWORD: &str = "!";

/// A user with the password hash. It cannot be printed.
pub(crate) struct Account {
    pub(crate) user: User,
    /// A guest has none.
    pub(crate) password_hash: Option<String>,
    /// When the user last signed in from the network in question, if ever.
    pub(crate) network_seen_at: Option<i64>,
}

from_row!(Account { password_hash, network_seen_at, ..user });

impl Store {
    pub(crate) async fn find_user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let sql = "select id, name, password_hash is null as guest from users where id = $1 and deleted_at is null";
        on!(self, readers => sqlx::query_as(sql).bind(id).fetch_optional(readers).await)
    }

    pub(crate) async fn find_user_by_name(&self, name: &str) -> Result<Option<User>, StoreError> {
        let sql = "select id, name, password_hash is null as guest from users where name = $1 and deleted_at is null";
        on!(self, readers => sqlx::query_as(sql).bind(name).fetch_optional(readers).await)
    }

    /// Finds what a sign-in from this network needs, in one query whether or not there is such an account.
    pub(crate) async fn find_account(&self, name: &str, network: String) -> Result<Option<Account>, StoreError> {
        let sql = "select u.id, u.name, u.password_hash is null as guest, u.password_hash, n.seen_at as network_seen_at
             from users u left join sign_in_networks n on n.user_id = u.id and n.network = $2 where u.name = $1";
        on!(self, readers => sqlx::query_as(sql).bind(name).bind(&network).fetch_optional(readers).await)
    }

    /// Lists the users with ids above `after` with whom a user shares a conversation, and that user, in order: those
    /// whose names begin with `prefix`.
    pub(crate) async fn list_users_around(
        &self,
        user: UserId,
        after: UserId,
        prefix: &str,
        limit: i64,
    ) -> Result<Vec<UserId>, StoreError> {
        let sql = "select id from users u
             where id > $2 and deleted_at is null and substr(name, 1, length($4)) = $4 and (id = $1 or exists (
                 select 1 from memberships own
                 join memberships other on other.conversation_id = own.conversation_id and other.user_id = u.id
                 where own.user_id = $1))
             order by id limit $3";
        on!(self, readers =>
            sqlx::query_scalar(sql).bind(user).bind(after).bind(limit).bind(prefix).fetch_all(readers).await)
    }

    /// Lists those of these users with whom a user shares a conversation, and that user, by id.
    pub(crate) async fn list_known_to(&self, user: UserId, among: &[UserId]) -> Result<Vec<UserId>, StoreError> {
        let among = serde_json::json!(among).to_string();
        let sql = "select id from users u
             where id in (select cast(value as bigint) from json_each($2)) and (id = $1 or exists (
                 select 1 from memberships own
                 join memberships other on other.conversation_id = own.conversation_id and other.user_id = u.id
                 where own.user_id = $1))
             order by id";
        on!(self, readers => sqlx::query_scalar(sql).bind(user).bind(among).fetch_all(readers).await)
    }
}

/// How many networks are remembered of an account.
const MAX_NETWORKS: i64 = 16;

/// An account to be created.
#[derive(Debug, Clone)]
pub(crate) struct Newcomer {
    pub(crate) name: String,
    /// A guest has none.
    pub(crate) password_hash: Option<String>,
}

impl Transaction {
    /// Creates accounts, any number at once. Returns a user for each newcomer, or `None` if the name is taken, possibly
    /// by an earlier newcomer or by a user who was deleted. The users are in no room.
    pub(crate) async fn insert_users(
        &mut self,
        newcomers: &[Newcomer],
        now_ms: i64,
    ) -> Result<Vec<Option<User>>, StoreError> {
        let allowed = newcomers.iter().filter(|newcomer| !is_of_deleted(&newcomer.name));
        let rows: Vec<_> = allowed.map(|newcomer| (&newcomer.name, &newcomer.password_hash)).collect();
        let rows = serde_json::json!(rows).to_string();
        let sql = "insert into users (name, password_hash, created_at)
             select value->>0, value->>1, $2 from json_each($1)
             where value->>0 not in (select name from retired_names)
             on conflict do nothing returning id, name, password_hash is null as guest";
        let made: Vec<User> =
            on!(self, transaction => sqlx::query_as(sql).bind(rows).bind(now_ms).fetch_all(transaction).await)?;
        let mut made: HashMap<_, _> = made.into_iter().map(|user| (user.name.clone(), user)).collect();
        Ok(newcomers.iter().map(|newcomer| made.remove(&newcomer.name)).collect())
    }

    /// Remembers the networks that accounts signed in from, of each account the newest few.
    pub(crate) async fn remember_networks(
        &mut self,
        networks: &[(UserId, String)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        if networks.is_empty() {
            return Ok(());
        }
        let rows = serde_json::json!(networks).to_string();
        let sql = "insert into sign_in_networks (user_id, network, seen_at)
             select cast(value->>0 as bigint), value->>1, $2 from json_each($1) where true
             on conflict (user_id, network) do update set seen_at = excluded.seen_at";
        execute!(self, sqlx::query(sql).bind(&rows).bind(now_ms))?;
        let sql = "delete from sign_in_networks
             where user_id in (select cast(value->>0 as bigint) from json_each($1))
             and $2 <= (select count(*) from sign_in_networks newer
                        where newer.user_id = sign_in_networks.user_id
                        and (newer.seen_at > sign_in_networks.seen_at or newer.seen_at = sign_in_networks.seen_at
                             and newer.network > sign_in_networks.network))";
        execute!(self, sqlx::query(sql).bind(&rows).bind(MAX_NETWORKS))?;
        Ok(())
    }
}
