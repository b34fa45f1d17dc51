//! Last-read positions across nodes.

use linger_rig::proxy::{Fault, Scope};
use serde_json::json;

use super::{LISTENING, Shared, has_postgres, soon};
use crate::harness::{TestServer, User};

/// Returns the last-read position in `general`.
async fn last_read(user: &User) -> i64 {
    user.get_json("/status?room=general").await["conversations"][0]["last_read"].as_i64().unwrap()
}

async fn set_last_read(user: &User, seq: i64) {
    assert_eq!(user.post("/room/1/read", &json!({ "seq": seq })).await.status(), 204);
}

#[tokio::test]
async fn unread_counts_and_positions_reach_another_node() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let mut bob = nodes[1].guest("bob").await;
    let elsewhere = bob.at(&nodes[0]);
    for (unread, text) in [(1, "one"), (2, "two"), (3, "three")] {
        alice.say("general", text).await;
        alice.tell("bob", text).await;
        for there in [&bob, &elsewhere] {
            soon("unread", async || there.unread("general").await == unread && there.unread("@alice").await == unread)
                .await;
        }
    }
    bob.poll("").await;
    bob.poll("&wait=0").await;
    assert_eq!(bob.unread("general").await, 0);
    soon("read", async || elsewhere.unread("general").await == 0 && elsewhere.unread("@alice").await == 0).await;
    let direct = elsewhere.get_json("/direct").await;
    assert_eq!(direct, json!([{ "with": "alice", "newest": 3, "last_read": 3, "unread": 0 }]));
}

#[tokio::test]
async fn a_position_set_back_on_one_node_is_not_undone_by_a_late_write_of_another() {
    if has_postgres() {
        set_back_while_another_node_writes(|round| round).await;
    }
}

#[tokio::test]
async fn a_position_set_to_where_one_node_knows_it_is_not_undone_by_a_late_write_of_another() {
    if has_postgres() {
        set_back_while_another_node_writes(|_| 0).await;
    }
}

/// Sets a position back in each round on a node that does not know yet that it has moved.
async fn set_back_while_another_node_writes(position: impl Fn(i64) -> i64) {
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, mut bob, mut carol) =
        (nodes[0].guest("alice").await, nodes[1].guest("bob").await, nodes[1].guest("carol").await);
    let elsewhere = bob.at(&nodes[0]);
    for round in 1..=4 {
        alice.say("general", "hello").await;
        let newest = alice.say("general", "hello again").await.seq;
        // Bob acknowledges on one node, which writes the position within a second, and sets it back on the other.
        bob.poll("").await;
        bob.poll("&wait=0").await;
        let back = position(round);
        set_last_read(&elsewhere, back).await;
        assert_eq!(last_read(&elsewhere).await, back);
        // Carol reads after bob, so her position is written after his.
        carol.poll("").await;
        carol.poll("&wait=0").await;
        let carol_elsewhere = carol.at(&nodes[0]);
        soon("carol's position is written", async || last_read(&carol_elsewhere).await == newest).await;
        assert_eq!(last_read(&elsewhere).await, back);
        soon("the position is set back", async || last_read(&bob).await == back).await;
        let unread = bob.get_json("/poll?wait=0&limit=500").await;
        assert_eq!(unread["messages"][0]["seq"], back + 1, "the messages after it are delivered again");
    }
}

#[tokio::test]
async fn of_two_positions_set_on_two_nodes_the_later_one_wins() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let node = shared.node().await;
    let (other, link) = shared.node_over_a_link().await;
    let (alice, bob) = (node.guest("alice").await, node.guest("bob").await);
    for n in 0..9 {
        alice.say("general", &n.to_string()).await;
    }
    let there = bob.at(&other);
    assert_eq!(there.unread("general").await, 9);
    // Without notifications, the other node rarely knows the first position when the second is set.
    link.fail(Scope::Opening(LISTENING.to_owned()), Fault::BlackHole);
    for (first, second) in [(8, 2), (7, 3), (4, 6), (6, 1)] {
        set_last_read(&bob, first).await;
        set_last_read(&there, second).await;
        assert_eq!(last_read(&there).await, second);
        soon("the first node knows the later position", async || last_read(&bob).await == second).await;
        assert_eq!(last_read(&there).await, second);
    }
}

#[tokio::test]
async fn polling_with_an_old_cursor_on_another_node_moves_no_position_back() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    let mut bob = nodes[1].guest("bob").await;
    let old = bob.at(&nodes[0]);
    for n in 0..5 {
        alice.say("general", &n.to_string()).await;
    }
    while last_read(&bob).await < 5 {
        bob.poll("&wait=1").await;
    }
    soon("the messages are delivered again", async || old.peek("&wait=0").await.messages.len() == 5).await;
    soon("the position is known", async || last_read(&old).await == 5).await;
    for node in &nodes {
        old.at(node).peek("&wait=0").await;
        assert_eq!(last_read(&bob.at(node)).await, 5);
    }
}
