//! Delivery across nodes.

use super::{Shared, has_postgres, hold, hold_poll, soon};
use crate::harness::{TestServer, User, at_once, texts};

/// Starts two nodes and connects alice to one and bob to the other.
async fn two_nodes(shared: &Shared) -> ([TestServer; 2], User, User) {
    let nodes = shared.nodes().await;
    let (alice, bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    (nodes, alice, bob)
}

async fn polled(answer: tokio::task::JoinHandle<reqwest::Response>) -> linger_api::Polled {
    let response = answer.await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_room_message_reaches_a_poll_held_on_another_node_in_both_directions() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let (_nodes, mut alice, mut bob) = two_nodes(&shared).await;
    for (from, to, text) in [(0, 1, "from the first"), (1, 0, "from the second"), (0, 1, "and again")] {
        let users = [&mut alice, &mut bob];
        let held = hold_poll(users[to]).await;
        users[from].say("general", text).await;
        let answer = polled(held).await;
        assert_eq!(texts(&answer.messages), [text]);
        users[to].cursor = answer.cursor;
        assert_eq!(texts(&users[from].poll("").await.messages), [text], "the sender's own poll has it too");
    }
}

#[tokio::test]
async fn a_direct_message_even_the_first_reaches_a_poll_held_on_another_node() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let (_nodes, mut alice, mut bob) = two_nodes(&shared).await;
    for (from, to) in [(0, 1), (1, 0), (0, 1)] {
        let users = [&mut alice, &mut bob];
        let held = hold_poll(users[to]).await;
        let recipient = users[to].name.clone();
        users[from].tell(&recipient, "psst").await;
        let answer = polled(held).await;
        assert_eq!(texts(&answer.messages), ["psst"]);
        assert_eq!(answer.messages[0].to.as_ref(), Some(&recipient));
        users[to].cursor = answer.cursor;
        users[from].poll("").await;
    }
    assert_eq!(alice.history("/direct/bob/messages").await, bob.history("/direct/alice/messages").await);
}

#[tokio::test]
async fn room_and_direct_subscriptions_receive_messages_from_other_nodes() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let (_nodes, alice, bob) = two_nodes(&shared).await;
    let lobby = alice.create_room("lobby").await;
    let room = hold(&bob, &format!("/room/{lobby}/subscribe?wait=50")).await;
    alice.say("lobby", "hello").await;
    assert_eq!(texts(&polled(room).await.messages), ["hello"], "even without joining");
    let directs = hold(&bob, "/direct/subscribe?wait=50").await;
    alice.tell("bob", "psst").await;
    assert_eq!(texts(&polled(directs).await.messages), ["psst"]);
}

#[tokio::test]
async fn all_nodes_return_the_same_messages_in_the_same_order() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes().await;
    let reader = nodes[0].guest("reader").await;
    let mut senders = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        senders.push(node.guest(&format!("sender-{number}")).await);
    }
    at_once(senders.into_iter().map(|sender| async move {
        for n in 0..40 {
            match n % 4 {
                0 => sender.tell("reader", &n.to_string()).await,
                _ => sender.say("general", &n.to_string()).await,
            };
        }
    }))
    .await;
    let mut shown = Vec::new();
    for node in &nodes {
        let there = reader.at(node);
        soon("the node has all messages", async || there.peek("&wait=0&limit=500").await.messages.len() == 120).await;
        shown.push(there.peek("&wait=0&limit=500").await.messages);
    }
    assert!(shown[0].is_sorted_by(|one, next| one.id < next.id));
    assert!(shown.iter().all(|messages| *messages == shown[0]));
}
