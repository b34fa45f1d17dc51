//! A user who is disabled on one node is signed out on the others at once.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use super::{Shared, has_postgres, hold_poll};
use crate::harness::{EventStream, TestServer, assert_problem};

#[tokio::test]
async fn disabling_on_one_node_ends_polls_streams_and_subscriptions_on_the_others_at_once() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (root, bob) = (nodes[0].admin("root").await, nodes[0].account("bob", "bob's password").await);
    let there = bob.at(&nodes[1]);
    let mut stream = EventStream::open(&there, "/poll").await;
    stream.opening_id().await;
    let poll = hold_poll(&there).await;
    let subscription = super::hold(&there, "/room/1/subscribe?wait=50").await;
    let begun = Instant::now();
    let disabled = root.request(Method::PATCH, "/users/bob").json(&json!({ "disabled": true })).send().await.unwrap();
    assert_eq!(disabled.status(), 200);
    for held in [poll, subscription] {
        assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    }
    assert_eq!(stream.problem().await["type"], "/problems/unauthorized");
    // By themselves, the requests would last 50 seconds.
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    assert_problem(there.get("/rooms").await, 401, "unauthorized").await;
    let right = json!({ "username": "bob", "password": "bob's password" });
    assert_problem(nodes[1].connect(&right).await, 403, "account-disabled").await;
}
