//! Users online on one node are online on all.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, soon};
use crate::harness::{TestServer, User};

/// Less than the minute after which a silent user is offline anyway.
const A_MINUTE: Duration = Duration::from_secs(55);

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
    let (bob, carol) = (nodes[1].guest("bob").await, nodes[2].guest("carol").await);
    carol.at(&nodes[1]).get("/rooms").await;
    soon("all users are online", async || online(&alice).await == ["alice", "bob", "carol"]).await;
    assert_eq!(alice.get_json("/status").await["users_online"], 3);
    let all = alice.get_json("/users").await;
    assert!(all.as_array().unwrap().iter().all(|user| user["online"] == true), "{all}");

    let called = Instant::now();
    for user in [&bob, &carol, &carol.at(&nodes[1])] {
        assert_eq!(user.get("/rooms").await.status(), 200);
    }
    assert!(nodes[1].stop().await.success());
    soon("bob is on no other node", async || online(&alice).await == ["alice", "carol"]).await;
    assert_eq!(alice.get_json("/status").await["users_online"], 2);
    assert!(called.elapsed() < A_MINUTE, "{:?}", called.elapsed());

    let called = Instant::now();
    assert_eq!(carol.get("/rooms").await.status(), 200);
    assert!(nodes[2].stop().await.success());
    soon("carol's last node has stopped", async || online(&alice).await == ["alice"]).await;
    assert!(called.elapsed() < A_MINUTE, "{:?}", called.elapsed());
}

#[tokio::test]
async fn a_node_that_died_while_the_databases_clock_ran_ahead_is_gone() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let mut nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, _bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    soon("bob is online", async || online(&alice).await == ["alice", "bob"]).await;
    nodes[1].kill().await;
    let mut database = PgConnection::connect(&shared.database).await.unwrap();
    sqlx::query("update nodes set seen_at = seen_at + 40 * 86400000::bigint").execute(&mut database).await.unwrap();
    // The other node reports again by the clock that was put back.
    soon("bob is not online for 40 days", async || online(&alice).await == ["alice"]).await;
}

#[tokio::test]
async fn a_node_that_the_others_had_removed_reports_its_users_again() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, _bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    soon("bob is online", async || online(&alice).await == ["alice", "bob"]).await;
    // The other nodes do the same when a node has been silent for a minute.
    let mut database = PgConnection::connect(&shared.database).await.unwrap();
    sqlx::query("delete from nodes").execute(&mut database).await.unwrap();
    assert_eq!(online(&alice).await, ["alice"]);
    soon("bob is online again", async || online(&alice).await == ["alice", "bob"]).await;
}
