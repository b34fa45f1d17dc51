//! Replies: a message names another of its conversation.

use linger_api::Message;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{TestServer, User, assert_problem};

async fn send(user: &User, path: &str, body: &Value) -> Value {
    let response = user.post(path, body).await;
    assert_eq!(response.status(), 201, "{path}");
    response.json().await.unwrap()
}

#[tokio::test]
async fn a_reply_names_a_message_of_the_same_conversation() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "question").await;
    alice.tell("bob", "psst").await;
    for (path, body) in [
        ("/send", json!({ "text": "answer", "reply_to": 1 })),
        ("/room/1/messages", json!({ "text": "answer", "reply_to": 1 })),
        ("/send-private", json!({ "to": "alice", "text": "answer", "reply_to": 1 })),
        ("/direct/alice/messages", json!({ "text": "answer", "reply_to": 1 })),
    ] {
        assert_eq!(send(&bob, path, &body).await["reply_to"], 1, "{path}");
    }
    let polled = bob.poll("&wait=0").await;
    assert_eq!(polled.messages.iter().filter(|message| message.reply_to == Some(1)).count(), 4);
    assert_eq!(bob.history("/direct/alice/messages").await[1].reply_to, Some(1));
}

#[tokio::test]
async fn a_reply_to_nothing_is_refused() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "question").await;
    for seq in [0, -1, 2, i64::MAX] {
        let problem =
            assert_problem(alice.post("/send", &json!({ "text": "a", "reply_to": seq })).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], "reply_to");
    }
    let first = json!({ "to": "bob", "text": "a", "reply_to": 1 });
    assert_problem(alice.post("/send-private", &first).await, 400, "bad-input").await;
    // Nor is the conversation opened, of which bob would be told.
    let states = bob.poll("&wait=0&changes=true").await.conversations.unwrap();
    assert_eq!(states.iter().filter(|state| state.with.is_some()).count(), 0, "{states:?}");
    assert_eq!(alice.history("/room/1/messages").await.len(), 1);
}

#[tokio::test]
async fn a_key_stands_for_the_reply_too() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    alice.say("general", "one").await;
    alice.say("general", "two").await;
    let send = async |body: Value| {
        let request = alice.request(Method::POST, "/send").header("Idempotency-Key", "k");
        request.json(&body).send().await.unwrap()
    };
    let first: Message = send(json!({ "text": "yes", "reply_to": 1 })).await.json().await.unwrap();
    let again: Message = send(json!({ "text": "yes", "reply_to": 1 })).await.json().await.unwrap();
    assert_eq!(first, again);
    assert_problem(send(json!({ "text": "yes", "reply_to": 2 })).await, 422, "idempotency-key-reused").await;
    assert_problem(send(json!({ "text": "yes" })).await, 422, "idempotency-key-reused").await;
}
