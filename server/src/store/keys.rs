//! Idempotency keys of what is not a message: of rooms, and of sign-ups, which have no user yet. `posting` has those of
//! messages.

use super::{Store, StoreError, Transaction, User, execute, from_row, on};
use crate::domain::ids::{EventId, RoomId, Seq, UserId};

/// A key that a user has used, for a room or for something else.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsedKey {
    pub(crate) payload: Option<i64>,
    pub(crate) room_id: Option<RoomId>,
}

from_row!(UsedKey { payload, room_id });

/// The key of a sign-up, which stands for the user together with its payload.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct SignUpKey {
    /// A hash of the key.
    pub(crate) hash: String,
    pub(crate) payload: i64,
}

from_row!(SignUpKey { hash, payload });

/// The place where a user began, of whom the sign-up is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Began {
    pub(crate) user_id: UserId,
    /// The newest seq of `general` at that moment.
    pub(crate) general_seq: Seq,
    /// The newest event at that moment.
    pub(crate) event_id: EventId,
}

from_row!(Began { user_id, general_seq, event_id });

pub(super) const FIND_SIGN_UP: &str =
    "select user_id, general_seq, event_id from sign_up_keys where key_hash = $1 and payload = $2";

impl Store {
    /// Finds the user that was created with this key.
    pub(crate) async fn find_sign_up(&self, key: &SignUpKey) -> Result<Option<Began>, StoreError> {
        on!(self, readers => sqlx::query_as(FIND_SIGN_UP).bind(&key.hash).bind(key.payload).fetch_optional(readers).await)
    }
}

impl Transaction {
    /// Finds what a user has used a key for.
    pub(crate) async fn find_key(&mut self, user: UserId, key: &str) -> Result<Option<UsedKey>, StoreError> {
        let sql = "select payload, room_id from idempotency_keys where user_id = $1 and key = $2";
        on!(self, transaction => sqlx::query_as(sql).bind(user).bind(key).fetch_optional(transaction).await)
    }

    /// Records that a user has created a room with a key.
    pub(crate) async fn insert_room_key(
        &mut self,
        (user, key): (UserId, &str),
        payload: i64,
        room: RoomId,
        now_ms: i64,
    ) -> Result<(), StoreError> {
        let sql = "insert into idempotency_keys (user_id, key, payload, room_id, created_at)
                   values ($1, $2, $3, $4, $5)";
        execute!(self, sqlx::query(sql).bind(user).bind(key).bind(payload).bind(room).bind(now_ms))?;
        Ok(())
    }

    /// Finds the guests that were created with these keys.
    pub(crate) async fn list_signed_up_guests(
        &mut self,
        keys: &[SignUpKey],
    ) -> Result<Vec<(SignUpKey, User, Began)>, StoreError> {
        struct Row {
            hash: String,
            payload: i64,
            general_seq: Seq,
            event_id: EventId,
            user: User,
        }
        from_row!(Row { hash, payload, general_seq, event_id, ..user });
        if keys.is_empty() {
            return Ok(Vec::new());
        }
        let keys = serde_json::json!(keys.iter().map(|key| (&key.hash, key.payload)).collect::<Vec<_>>()).to_string();
        let sql = "select k.key_hash as hash, k.payload, k.general_seq, k.event_id, u.id, u.name, true as guest
             from json_each($1) j
             join sign_up_keys k on k.key_hash = j.value->>0 and k.payload = cast(j.value->>1 as bigint)
             join users u on u.id = k.user_id and u.password_hash is null
                 and u.disabled_at is null and u.deleted_at is null";
        let rows: Vec<Row> = on!(self, transaction => sqlx::query_as(sql).bind(keys).fetch_all(transaction).await)?;
        let found = |row: Row| {
            let Row { hash, payload, general_seq, event_id, user } = row;
            let began = Began { user_id: user.id, general_seq, event_id };
            (SignUpKey { hash, payload }, user, began)
        };
        Ok(rows.into_iter().map(found).collect())
    }

    /// Records the keys with which users were created.
    pub(crate) async fn insert_sign_up_keys(
        &mut self,
        keys: &[(SignUpKey, Began)],
        now_ms: i64,
    ) -> Result<(), StoreError> {
        if keys.is_empty() {
            return Ok(());
        }
        let row = |(key, began): &(SignUpKey, Began)| {
            serde_json::json!([key.hash, key.payload, began.user_id, began.general_seq, began.event_id])
        };
        let rows = serde_json::Value::from_iter(keys.iter().map(row)).to_string();
        let sql = "insert into sign_up_keys (key_hash, payload, user_id, general_seq, event_id, created_at)
             select value->>0, cast(value->>1 as bigint), cast(value->>2 as bigint), cast(value->>3 as bigint),
                    cast(value->>4 as bigint), $2
             from json_each($1) where true on conflict do nothing";
        execute!(self, sqlx::query(sql).bind(rows).bind(now_ms))?;
        Ok(())
    }
}
