//! Who is signed in, and which sends must not be stored twice: what has an end and is swept away.

use std::collections::HashSet;

use super::{Store, StoreError, Transaction, User, execute, on};
use crate::ids::UserId;

impl Store {
    /// Those of these sessions that are not signed out.
    pub(crate) async fn list_open_sessions(&self, ids: &[String]) -> Result<HashSet<String>, StoreError> {
        let ids = serde_json::json!(ids.iter().map(|id| [id]).collect::<Vec<_>>()).to_string();
        let sql = "select s.id from json_each($1) j join sessions s on s.id = j.value->>0";
        let open: Vec<String> = on!(self, readers => sqlx::query_scalar(sql).bind(ids).fetch_all(readers).await)?;
        Ok(open.into_iter().collect())
    }
}

impl Transaction {
    pub(crate) async fn insert_session(
        &mut self,
        id: &str,
        user: UserId,
        now_ms: i64,
        expires_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "insert into sessions (id, user_id, created_at, expires_at) values ($1, $2, $3, $4)";
        execute!(self, sqlx::query(sql).bind(id).bind(user).bind(now_ms).bind(expires_ms))?;
        Ok(())
    }

    /// Whose session this is; nothing if it was signed out. In the transaction, so that a sign-out cannot
    /// slip in between this and what follows from it.
    pub(crate) async fn find_session_user(&mut self, id: &str) -> Result<Option<User>, StoreError> {
        let sql = "select u.id, u.name, u.password_hash is null as guest
             from sessions s join users u on u.id = s.user_id where s.id = $1";
        on!(self, transaction => sqlx::query_as(sql).bind(id).fetch_optional(transaction).await)
    }

    pub(crate) async fn delete_session(&mut self, id: &str) -> Result<(), StoreError> {
        let sql = "delete from sessions where id = $1";
        execute!(self, sqlx::query(sql).bind(id))?;
        Ok(())
    }

    /// Forgets sessions whose token has expired and idempotency keys from before `keys_before_ms`, at most
    /// `limit` of each, so that one sweep never holds the journal up for long. The larger of the two counts.
    pub(crate) async fn delete_expired(
        &mut self,
        now_ms: i64,
        keys_before_ms: i64,
        limit: u64,
    ) -> Result<u64, StoreError> {
        let limit = limit.cast_signed();
        let sessions = "delete from sessions
             where id in (select id from sessions where expires_at < $1 order by expires_at limit $2)";
        let sessions = execute!(self, sqlx::query(sessions).bind(now_ms).bind(limit))?;
        let keys = "delete from idempotency_keys where (user_id, key) in
             (select user_id, key from idempotency_keys where created_at < $1 order by created_at limit $2)";
        let keys = execute!(self, sqlx::query(keys).bind(keys_before_ms).bind(limit))?;
        Ok(sessions.max(keys))
    }
}
