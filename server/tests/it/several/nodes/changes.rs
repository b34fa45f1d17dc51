//! Changes of messages, memberships and positions across nodes.

use linger_api::{ConversationState, Message, Polled};
use reqwest::Method;
use serde_json::json;
use sqlx::{Connection, PgConnection};

use super::{Shared, has_postgres, soon};
use crate::harness::{TestServer, User, assert_problem, at_once, texts};

async fn edit(user: &User, message: &str, text: &str) -> Message {
    let response = user.request(Method::PATCH, message).json(&json!({ "text": text })).send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

fn changed(polled: &Polled) -> &[Message] {
    polled.changed.as_deref().unwrap()
}

#[tokio::test]
async fn a_change_reaches_a_poll_held_on_another_node_and_the_text_is_gone_there() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, mut bob) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    alice.say("general", "secret").await;
    while bob.poll("&wait=50&changes=true").await.messages.is_empty() {}
    let held = tokio::spawn({
        let mut bob = bob.clone();
        async move { (bob.poll("&wait=50&changes=true").await, bob.cursor) }
    });
    let edited = edit(&alice, "/room/1/messages/1", "still secret").await;
    let (polled, cursor) = held.await.unwrap();
    assert_eq!(changed(&polled), [edited]);
    let early = bob.clone();
    bob.cursor = cursor;
    assert_eq!(alice.request(Method::DELETE, "/room/1/messages/1").send().await.unwrap().status(), 204);
    let polled = bob.poll("&wait=50&changes=true").await;
    assert_eq!(texts(changed(&polled)), [""]);
    let polled = early.peek("&wait=0&changes=true").await;
    assert_eq!(texts(changed(&polled)), [""], "the place of the edit is empty now");
    assert_eq!(texts(&bob.history("/room/1/messages").await), [""]);
    let request = bob.request(Method::PUT, "/room/1/messages/1/reactions/%F0%9F%91%8D").send().await.unwrap();
    assert_problem(request, 409, "message-deleted").await;
}

#[tokio::test]
async fn concurrent_changes_on_all_nodes_leave_one_state_that_all_readers_see() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes().await;
    let alice = nodes[0].guest("alice").await;
    for n in 0..5 {
        alice.say("general", &format!("message {n}")).await;
    }
    let writers = (0..3).flat_map(|node| (1..=5).map(move |seq| (node, seq)));
    let writers: Vec<_> = writers.map(|(node, seq)| (alice.at(&nodes[node]), node, seq)).collect();
    at_once(writers.into_iter().map(|(user, node, seq)| async move {
        for n in 0..4 {
            edit(&user, &format!("/room/1/messages/{seq}"), &format!("{seq} by {node}, {n}")).await;
            user.say("general", &format!("{node} {seq} {n}")).await;
        }
    }))
    .await;
    let expected = alice.history("/room/1/messages").await;
    for node in &nodes {
        let mut reader = alice.at(node);
        let mut seen = std::collections::BTreeMap::new();
        soon("the last state", async || {
            let mut reader = reader.clone();
            reader.cursor.clone_from(&alice.connected.cursor);
            seen_by(&mut reader).await == expected
        })
        .await;
        seen.clear();
        reader.cursor.clone_from(&alice.connected.cursor);
        seen.extend(seen_by(&mut reader).await.into_iter().map(|message| (message.seq, message)));
        assert_eq!(seen.len(), 65);
    }
}

/// Polls until there is no more. Returns the last state seen of each message, by seq.
async fn seen_by(reader: &mut User) -> Vec<Message> {
    let mut seen = std::collections::BTreeMap::<i64, Message>::new();
    loop {
        let polled = reader.poll("&wait=0&limit=10&changes=true&mark_read=false").await;
        for message in polled.messages.iter().chain(changed(&polled)) {
            let known = seen.entry(message.seq).or_insert_with(|| message.clone());
            if message.revision >= known.revision {
                known.clone_from(message);
            }
        }
        if !polled.more {
            return seen.into_values().collect();
        }
    }
}

#[tokio::test]
async fn what_was_read_or_joined_on_one_node_is_told_on_another() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes().await;
    let (alice, mut here) = (nodes[0].guest("alice").await, nodes[1].guest("bob").await);
    let there = here.at(&nodes[0]);
    let lobby = alice.create_room("lobby").await;
    alice.say("general", "one").await;
    while here.poll("&wait=50&changes=true&mark_read=false").await.messages.is_empty() {}
    assert_eq!(there.post("/room/1/read", &json!({ "seq": 1 })).await.status(), 204);
    // A state may be told more than once.
    let told = async |here: &mut User, name: &str, wanted: &dyn Fn(&ConversationState) -> bool| {
        loop {
            let polled = here.poll("&wait=50&changes=true&mark_read=false").await;
            let states = polled.conversations.unwrap_or_default();
            if states.iter().any(|state| state.room.as_deref() == Some(name) && wanted(state)) {
                return;
            }
        }
    };
    told(&mut here, "general", &|state| (state.last_read, state.unread) == (Some(1), Some(0))).await;
    there.join(lobby).await;
    told(&mut here, "lobby", &|state| state.joined).await;
    assert_eq!(there.post(&format!("/room/{lobby}/leave"), &json!({})).await.status(), 204);
    told(&mut here, "lobby", &|state| !state.joined).await;
}

#[tokio::test]
async fn a_node_of_an_earlier_version_is_waited_for_and_can_write_nothing() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let [server]: [TestServer; 1] = shared.nodes().await;
    let mut database = PgConnection::connect(&server.database_url()).await.unwrap();
    // What such a node asks first in each transaction.
    let sql = "select coalesce(max(id), 0) from changes";
    assert!(sqlx::query(sql).execute(&mut database).await.is_err());
}
