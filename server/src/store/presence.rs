//! Presence: who is online on which node. A node's rows are valid as long as the node reports that it is alive. On
//! SQLite there is no other node.

use std::collections::HashSet;

use super::{Store, StoreError, Transaction, execute, on};
use crate::domain::ids::UserId;

/// How long after its last report a node counts as gone, by the database's clock. One that reported as long after now
/// is gone, too: that clock was put back.
pub(super) const GONE_SECONDS: i32 = 60;

impl Store {
    /// Lists the users who are online on other nodes, by id.
    pub(crate) async fn list_online_elsewhere(&self) -> Result<Vec<UserId>, StoreError> {
        if !self.is_shared() {
            return Ok(Vec::new());
        }
        let sql = "select distinct p.user_id from presence p join nodes n on n.id = p.node_id
                   where n.id <> $1 and abs(extract(epoch from now()) - n.seen_at / 1000) < $2 order by p.user_id";
        on!(self, readers => sqlx::query_scalar(sql).bind(self.node).bind(GONE_SECONDS).fetch_all(readers).await)
    }
}

impl Transaction {
    /// Reports that this node is alive, with the users who came online and who went offline since its last report. With
    /// `afresh`, only those who `came` are online. Returns false if the node had been deleted meanwhile, together with
    /// its users.
    pub(crate) async fn update_presence(
        &mut self,
        afresh: bool,
        came: &[UserId],
        went: &HashSet<UserId>,
    ) -> Result<bool, StoreError> {
        if !self.is_shared() {
            return Ok(true);
        }
        let node = self.node;
        // `xmax` is 0 for a new row. For a row that existed, it is the transaction that updates it.
        let sql = "insert into nodes (id, seen_at) values ($1, extract(epoch from now()) * 1000)
                   on conflict (id) do update set seen_at = excluded.seen_at returning xmax <> 0";
        let was_known = on!(self, transaction => sqlx::query_scalar(sql).bind(node).fetch_one(transaction).await)?;
        if afresh {
            let sql = "delete from presence where node_id = $1";
            execute!(self, sqlx::query(sql).bind(node))?;
        }
        if !came.is_empty() {
            let came = serde_json::json!(came).to_string();
            let sql = "insert into presence (node_id, user_id)
                       select $1, cast(value as bigint) from json_each($2) on conflict do nothing";
            execute!(self, sqlx::query(sql).bind(node).bind(came))?;
        }
        if !went.is_empty() {
            let went = serde_json::json!(went).to_string();
            let sql = "delete from presence
                       where node_id = $1 and user_id in (select cast(value as bigint) from json_each($2))";
            execute!(self, sqlx::query(sql).bind(node).bind(went))?;
        }
        Ok(was_known)
    }

    /// Deletes nodes that are gone, and this one if it is about to go.
    pub(crate) async fn delete_nodes(&mut self, and_this_one: bool) -> Result<(), StoreError> {
        if self.is_shared() {
            let node = self.node;
            let sql = "delete from nodes
                       where abs(extract(epoch from now()) - seen_at / 1000) >= $1 or (id = $2 and $3)";
            execute!(self, sqlx::query(sql).bind(GONE_SECONDS).bind(node).bind(and_this_one))?;
        }
        Ok(())
    }
}
