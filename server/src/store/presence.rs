//! Who is online on which node. A row is a node's word, which holds as long as the node is seen. On SQLite
//! there is no other node.

use std::collections::HashSet;

use super::{Store, StoreError, Transaction, execute, on};
use crate::domain::ids::UserId;

/// A node that has not been seen for so long is gone, by the database's clock.
const GONE_SECONDS: i32 = 60;

impl Store {
    /// Users who are online on other nodes, by id.
    pub(crate) async fn list_online_elsewhere(&self) -> Result<Vec<UserId>, StoreError> {
        if !self.is_shared() {
            return Ok(Vec::new());
        }
        let sql = "select distinct p.user_id from presence p join nodes n on n.id = p.node_id
                   where n.id <> $1 and n.seen_at > (extract(epoch from now()) - $2) * 1000 order by p.user_id";
        on!(self, readers => sqlx::query_scalar(sql).bind(self.node).bind(GONE_SECONDS).fetch_all(readers).await)
    }
}

impl Transaction {
    /// This node is here, and since it last said so these users came online, or went; or, `afresh`, only those who
    /// came are online. False if the node had been forgotten meanwhile, and with it who was online.
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
        // A row that was there has the transaction that updates it in `xmax`.
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

    /// Forgets nodes that are gone, and this one too if it is about to go.
    pub(crate) async fn delete_nodes(&mut self, and_this_one: bool) -> Result<(), StoreError> {
        if self.is_shared() {
            let node = self.node;
            let sql = "delete from nodes
                       where seen_at < (extract(epoch from now()) - $1) * 1000 or (id = $2 and $3)";
            execute!(self, sqlx::query(sql).bind(GONE_SECONDS).bind(node).bind(and_this_one))?;
        }
        Ok(())
    }
}
