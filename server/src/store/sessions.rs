//! Sessions and idempotency keys: rows that expire and are swept away.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Transaction, User, execute, from_row, on};
use crate::domain::clock;
use crate::domain::ids::UserId;

/// A session that is not signed out.
#[derive(Debug)]
pub(crate) struct OpenSession {
    pub(crate) id: String,
    pub(crate) user: UserId,
    pub(crate) issued_ms: i64,
    pub(crate) expires_ms: i64,
    /// The client's name and address, as its user is told.
    pub(crate) client: String,
    pub(crate) address: String,
}

/// How often a session's token was renewed, and when last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Renewal {
    pub(crate) generation: i64,
    /// In milliseconds since 1970.
    pub(crate) at_ms: i64,
    /// The newest generation whose token was used.
    #[serde(default)]
    pub(crate) used_generation: i64,
}

from_row!(Renewal { generation, at_ms, used_generation });

impl Renewal {
    /// Returns how long ago it was, by this node's clock.
    pub(crate) fn age_ms(self) -> i64 {
        clock::now_ms().saturating_sub(self.at_ms)
    }
}

macro_rules! renewals {
    () => {
        "select s.id, s.generation, s.renewed_at as at_ms, s.used_generation
         from json_each($1) j join sessions s on s.id = j.value->>0"
    };
}

struct RenewalRow {
    id: String,
    renewal: Renewal,
}

from_row!(RenewalRow { id, ..renewal });

/// Returns ids as a parameter, for SQL that reads each as `value->>0`.
fn parameter<'i>(ids: impl IntoIterator<Item = &'i str>) -> String {
    serde_json::Value::from_iter(ids.into_iter().map(|id| [id]).map(serde_json::Value::from_iter)).to_string()
}

/// Up to which time rows counted as expired when they were last swept. Before that, the newest time at which a session
/// is known to have begun, and null in a database without any.
macro_rules! swept_until {
    () => {
        "coalesce((select swept_until from sweeps), (select max(created_at) from sessions))"
    };
}

impl Store {
    /// Returns the newest time that a server is known to have run at, give or take a minute: that of the newest
    /// message, or of the last sweep. Returns `None` for a new database.
    pub(crate) async fn find_newest_time(&self) -> Result<Option<i64>, StoreError> {
        let sql = concat!(
            "select max(known_at) from (select ",
            swept_until!(),
            " as known_at union all select max(sent_at) from messages
              where id = (select max(id) from messages)) known"
        );
        on!(self, readers => sqlx::query_scalar(sql).fetch_one(readers).await)
    }

    /// Returns those of these sessions that are not signed out, each with its last renewal.
    pub(crate) async fn list_open_sessions(&self, ids: &[String]) -> Result<HashMap<String, Renewal>, StoreError> {
        let ids = parameter(ids.iter().map(String::as_str));
        let open: Vec<RenewalRow> =
            on!(self, readers => sqlx::query_as(renewals!()).bind(ids).fetch_all(readers).await)?;
        Ok(open.into_iter().map(|row| (row.id, row.renewal)).collect())
    }
}

impl Transaction {
    pub(crate) async fn insert_sessions(&mut self, sessions: &[OpenSession]) -> Result<(), StoreError> {
        let row = |session: &OpenSession| {
            let OpenSession { id, user, issued_ms, expires_ms, client, address } = session;
            serde_json::json!([id, user, issued_ms, expires_ms, client, address])
        };
        let rows = serde_json::Value::from_iter(sessions.iter().map(row)).to_string();
        let sql = "insert into sessions (id, user_id, created_at, seen_at, expires_at, client, address)
             select value->>0, cast(value->>1 as bigint), cast(value->>2 as bigint), cast(value->>2 as bigint),
                    cast(value->>3 as bigint), value->>4, value->>5
             from json_each($1)";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }

    /// Finds the users and the last renewals of these sessions, leaving out those that were signed out. Runs in the
    /// transaction, so that no sign-out can come between the look-up and its effect.
    pub(crate) async fn list_session_users(
        &mut self,
        ids: &[&str],
    ) -> Result<HashMap<String, (User, Renewal)>, StoreError> {
        struct Row {
            session_id: String,
            generation: i64,
            renewed_at: i64,
            used_generation: i64,
            user: User,
        }
        from_row!(Row { session_id, generation, renewed_at, used_generation, ..user });
        let ids = parameter(ids.iter().copied());
        let sql = "select s.id as session_id, s.generation, s.renewed_at, s.used_generation,
                          u.id, u.name, u.password_hash is null as guest
             from json_each($1) j join sessions s on s.id = j.value->>0 join users u on u.id = s.user_id";
        let rows: Vec<Row> = on!(self, transaction => sqlx::query_as(sql).bind(ids).fetch_all(transaction).await)?;
        let found = |row: Row| {
            let Row { generation, renewed_at: at_ms, used_generation, .. } = row;
            let renewal = Renewal { generation, at_ms, used_generation };
            (row.session_id, (row.user, renewal))
        };
        Ok(rows.into_iter().map(found).collect())
    }

    /// Returns those of these sessions that are not signed out, each with its last renewal.
    pub(crate) async fn list_renewals(&mut self, ids: &[&str]) -> Result<HashMap<String, Renewal>, StoreError> {
        let ids = parameter(ids.iter().copied());
        let open: Vec<RenewalRow> =
            on!(self, transaction => sqlx::query_as(renewals!()).bind(ids).fetch_all(transaction).await)?;
        Ok(open.into_iter().map(|row| (row.id, row.renewal)).collect())
    }

    /// Writes the last renewals of sessions, and moves each session's end to a time, never back. Each session is there
    /// once.
    pub(crate) async fn renew_sessions(&mut self, sessions: &[(&str, Renewal, i64)]) -> Result<(), StoreError> {
        let row = |(id, renewal, expires_ms): &(&str, Renewal, i64)| {
            serde_json::json!([id, renewal.generation, renewal.at_ms, expires_ms])
        };
        let rows = serde_json::Value::from_iter(sessions.iter().map(row)).to_string();
        let sql = "update sessions set generation = n.generation, renewed_at = n.at_ms,
                 expires_at = case when sessions.expires_at < n.until then n.until else sessions.expires_at end
             from (select value->>0 as id, cast(value->>1 as bigint) as generation, cast(value->>2 as bigint) as at_ms,
                          cast(value->>3 as bigint) as until
                   from json_each($1)) n
             where sessions.id = n.id";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }

    /// Records that tokens of these generations were used. Each session is there once.
    pub(crate) async fn record_used(&mut self, sessions: &[(&str, i64)]) -> Result<(), StoreError> {
        let rows = serde_json::json!(sessions).to_string();
        let sql = "update sessions set used_generation = n.generation
             from (select value->>0 as id, cast(value->>1 as bigint) as generation from json_each($1)) n
             where sessions.id = n.id and sessions.used_generation < n.generation";
        execute!(self, sqlx::query(sql).bind(rows))?;
        Ok(())
    }

    pub(crate) async fn delete_sessions(&mut self, ids: &[&str]) -> Result<(), StoreError> {
        let ids = parameter(ids.iter().copied());
        let sql = "delete from sessions where id in (select value->>0 from json_each($1))";
        execute!(self, sqlx::query(sql).bind(ids))?;
        Ok(())
    }

    /// Returns up to which time rows counted as expired when they were last swept.
    pub(crate) async fn find_swept_until(&mut self) -> Result<Option<i64>, StoreError> {
        let sql = concat!("select ", swept_until!());
        on!(self, transaction => sqlx::query_scalar(sql).fetch_one(transaction).await)
    }

    pub(crate) async fn set_swept_until(&mut self, swept_until_ms: i64) -> Result<(), StoreError> {
        let sql = "insert into sweeps (id, swept_until) values (1, $1)
                   on conflict (id) do update set swept_until = excluded.swept_until";
        execute!(self, sqlx::query(sql).bind(swept_until_ms))?;
        Ok(())
    }

    /// Deletes expired sessions, and idempotency keys from before `keys_before_ms`. It deletes at most `limit` of each,
    /// so that one sweep never holds up the journal for long. Returns the largest of the numbers.
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
        let sign_ups = "delete from sign_up_keys where (key_hash, payload) in
             (select key_hash, payload from sign_up_keys where created_at < $1 order by created_at limit $2)";
        let sign_ups = execute!(self, sqlx::query(sign_ups).bind(keys_before_ms).bind(limit))?;
        Ok(sessions.max(keys).max(sign_ups))
    }
}
