//! Users online on one node are online on all.

use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, within};
use crate::harness::{TestServer, User};

/// Nodes exchange presence about once a second; this leaves ample time.
const PRESENCE: Duration = Duration::from_secs(4);

async fn online(caller: &User) -> Vec<String> {
    let users: Vec<Value> = serde_json::from_value(caller.get_json("/users?online=true").await).unwrap();
    users.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_user_is_online_on_all_nodes_until_their_only_node_stops() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let mut nodes: [TestServer; 3] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let (_bob, carol) = (nodes[1].guest("bob").await, nodes[2].guest("carol").await);
    carol.at(&nodes[1]).get("/rooms").await;
    within(PRESENCE, "all users are online", async || online(&alice).await == ["alice", "bob", "carol"]).await;
    assert_eq!(alice.get_json("/status").await["users_online"], 3);
    let all = alice.get_json("/users").await;
    assert!(all.as_array().unwrap().iter().all(|user| user["online"] == true), "{all}");

    assert!(nodes[1].stop().await.success());
    within(PRESENCE, "bob is on no other node", async || online(&alice).await == ["alice", "carol"]).await;
    assert_eq!(alice.get_json("/status").await["users_online"], 2);
    assert!(nodes[2].stop().await.success());
    within(PRESENCE, "carol's last node has stopped", async || online(&alice).await == ["alice"]).await;
}

#[tokio::test]
async fn a_node_that_the_others_had_removed_reports_its_users_again() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, _bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    within(PRESENCE, "bob is online", async || online(&alice).await == ["alice", "bob"]).await;
    // The other nodes do the same when a node has been silent for a minute.
    let mut database = PgConnection::connect(&shared.database).await.unwrap();
    sqlx::query("delete from nodes").execute(&mut database).await.unwrap();
    assert_eq!(online(&alice).await, ["alice"]);
    within(Duration::from_secs(20), "bob is online again", async || online(&alice).await == ["alice", "bob"]).await;
}
