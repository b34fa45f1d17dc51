//! One message per idempotency key, across nodes.

use super::{Shared, has_postgres, send};
use crate::harness::{TestServer, assert_problem, at_once};

#[tokio::test]
async fn a_key_used_on_one_node_repeats_its_message_on_the_others() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let first = send(&alice, "once", "a-key").await.text().await.unwrap();
    for node in &nodes {
        let again = send(&alice.at(node), "once", "a-key").await;
        assert_eq!(again.status(), 201);
        assert_eq!(again.text().await.unwrap(), first);
        assert_problem(send(&alice.at(node), "something else", "a-key").await, 422, "idempotency-key-reused").await;
    }
    assert_eq!(alice.history("/room/1/messages").await.len(), 1);
}

#[tokio::test]
async fn twenty_concurrent_sends_with_one_key_to_three_nodes_store_one_message() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    for key in 0..5 {
        let sends = (0..20).map(|n| {
            let there = alice.at(&nodes[n % 3]);
            async move {
                let sent = send(&there, &format!("text of {key}"), &key.to_string()).await;
                assert_eq!(sent.status(), 201);
                sent.text().await.unwrap()
            }
        });
        let answers = at_once(sends).await;
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(alice.history("/room/1/messages").await.len(), 5);
}
