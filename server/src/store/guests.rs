//! Guests who have left for good: they drop out of the lists, and the names of those who left no trace are free again.

use super::{StoreError, Transaction, execute, on};
use crate::domain::ids::UserId;

impl Transaction {
    /// Records users who write a message, perhaps not for the first time.
    pub(crate) async fn insert_authors(&mut self, users: &[UserId]) -> Result<(), StoreError> {
        if users.is_empty() {
            return Ok(());
        }
        let users = serde_json::json!(users).to_string();
        let sql = "insert into authors (user_id, first_id)
             select distinct cast(value as bigint), cast($2 as bigint) from json_each($1) where true
             on conflict do nothing";
        let first = self.before().event + 1;
        execute!(self, sqlx::query(sql).bind(users).bind(first))?;
        Ok(())
    }

    /// Retires guests who came before `before_ms` and have no session left, at most `limit` of them: they leave their
    /// conversations, and those who neither wrote nor reacted lose their names. Returns their ids.
    pub(crate) async fn retire_guests(
        &mut self,
        before_ms: i64,
        now_ms: i64,
        limit: u64,
    ) -> Result<Vec<UserId>, StoreError> {
        let sql = "select u.id from users u
             where u.password_hash is null and u.role = 'member' and u.deleted_at is null and u.created_at < $1
               and not exists (select 1 from sessions s where s.user_id = u.id)
             order by u.created_at, u.id limit $2";
        let gone: Vec<UserId> = on!(self, transaction =>
            sqlx::query_scalar(sql).bind(before_ms).bind(limit.cast_signed()).fetch_all(transaction).await)?;
        if gone.is_empty() {
            return Ok(gone);
        }
        let ids = serde_json::json!(gone).to_string();
        let sql = "update rooms set members = members - (
                 select count(*) from memberships m where m.conversation_id = rooms.conversation_id
                 and m.user_id in (select cast(value as bigint) from json_each($1)))
             where conversation_id in (select conversation_id from memberships
                                       where user_id in (select cast(value as bigint) from json_each($1)))";
        execute!(self, sqlx::query(sql).bind(&ids))?;
        let sql = "delete from memberships where user_id in (select cast(value as bigint) from json_each($1))";
        execute!(self, sqlx::query(sql).bind(&ids))?;
        // No user can have such a name, but one may have from before they were reserved.
        let sql = "update users set deleted_at = $2, name = case
                 when exists (select 1 from authors a where a.user_id = users.id)
                   -- Answers name who reacted.
                   or exists (select 1 from reactions r where r.user_id = users.id)
                   -- Others know the conversation by the name.
                   or exists (select 1 from directs d where d.low_user_id = users.id)
                   or exists (select 1 from directs d where d.high_user_id = users.id)
                   or exists (select 1 from users u where u.name = 'deleted-' || users.id) then name
                 else 'deleted-' || id end
             where id in (select cast(value as bigint) from json_each($1))";
        execute!(self, sqlx::query(sql).bind(&ids).bind(now_ms))?;
        Ok(gone)
    }
}
