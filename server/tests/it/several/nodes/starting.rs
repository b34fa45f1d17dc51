//! Nodes that start concurrently.

use super::{Shared, has_postgres, soon};

#[tokio::test]
async fn five_nodes_started_concurrently_on_an_empty_database_act_as_one_server() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes = shared.nodes_at_once(5).await;
    let keys = std::fs::read_to_string(shared.key_file()).unwrap();
    assert_eq!(keys.lines().count(), 1, "one key, although each node looked for one");
    let alice = nodes[0].guest("alice").await;
    for node in &nodes {
        let there = alice.at(node);
        assert_eq!(there.get("/health").await.status(), 200);
        assert_eq!(
            there.say("general", "hello").await.room_id,
            Some(1),
            "the token is valid, and there is one general"
        );
        assert_eq!(there.get_json("/rooms").await.as_array().unwrap().len(), 1);
    }
    for node in &nodes {
        // Cursors are sealed with the database's secret, so they are valid on all nodes too.
        let there = alice.at(node);
        soon("all messages are there", async || there.peek("&wait=0").await.messages.len() == 5).await;
    }
}

#[tokio::test]
async fn nodes_started_concurrently_share_a_database_that_is_in_use() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let first = shared.node().await;
    let alice = first.guest("alice").await;
    alice.say("general", "before").await;
    for node in shared.nodes_at_once(3).await {
        assert_eq!(alice.at(&node).history("/room/1/messages").await.len(), 1);
        assert_eq!(alice.at(&node).peek("&wait=0").await.messages.len(), 1, "a node begins with what is stored");
        let listens = async || node.log().iter().any(|line| line.contains("listening to the other nodes"));
        soon("the node listens", listens).await;
    }
}
