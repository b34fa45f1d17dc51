//! Who is online on one node is online on all.

use std::time::Duration;

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, within};
use crate::harness::{TestServer, User};

/// A node tells the others about once a second.
const TOLD: Duration = Duration::from_secs(4);

async fn online(asker: &User) -> Vec<String> {
    let users: Vec<Value> = serde_json::from_value(asker.get_json("/users?online=true").await).unwrap();
    users.iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn who_is_online_on_one_node_is_online_on_the_others_until_that_node_stops() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let mut nodes: [TestServer; 3] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let (_bob, carol) = (nodes[1].guest("bob").await, nodes[2].guest("carol").await);
    carol.at(&nodes[1]).get("/rooms").await;
    within(TOLD, "everybody is online", async || online(&alice).await == ["alice", "bob", "carol"]).await;
    assert_eq!(alice.get_json("/status").await["users_online"], 3);
    let all = alice.get_json("/users").await;
    assert!(all.as_array().unwrap().iter().all(|user| user["online"] == true), "{all}");

    assert!(nodes[1].stop().await.success());
    within(TOLD, "bob was nowhere else", async || online(&alice).await == ["alice", "carol"]).await;
    assert_eq!(alice.get_json("/status").await["users_online"], 2);
    assert!(nodes[2].stop().await.success());
    within(TOLD, "carol has no other node left", async || online(&alice).await == ["alice"]).await;
}

#[tokio::test]
async fn a_node_that_the_others_had_given_up_tells_again_who_is_online() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, _bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    within(TOLD, "bob is online", async || online(&alice).await == ["alice", "bob"]).await;
    // As the others do once a node has not been seen for a minute.
    let mut database = PgConnection::connect(&shared.database).await.unwrap();
    sqlx::query("delete from nodes").execute(&mut database).await.unwrap();
    assert_eq!(online(&alice).await, ["alice"]);
    within(Duration::from_secs(20), "bob is online again", async || online(&alice).await == ["alice", "bob"]).await;
}
