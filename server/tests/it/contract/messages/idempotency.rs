//! `Idempotency-Key`: a repeated send is stored once and gets the same answer each time.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{TestServer, User, assert_problem, at_once};

/// Returns path and body for each of the four calls that send, for alice.
fn sends(text: &str) -> [(&'static str, Value); 4] {
    [
        ("/send", json!({ "text": text, "room": "lobby" })),
        ("/send-private", json!({ "text": text, "to": "bob" })),
        ("/room/1/messages", json!({ "text": text })),
        ("/direct/carol/messages", json!({ "text": text })),
    ]
}

async fn send(user: &User, path: &str, body: &Value, key: &str) -> Response {
    user.request(Method::POST, path).header("Idempotency-Key", key).json(body).send().await.unwrap()
}

async fn sent(user: &User, path: &str, body: &Value, key: &str) -> String {
    let response = send(user, path, body, key).await;
    assert_eq!(response.status(), 201, "{path}");
    response.text().await.unwrap()
}

async fn stored(user: &User, path: &str) -> usize {
    user.get_json(path).await["messages"].as_array().unwrap().len()
}

async fn alice_with_company(server: &TestServer) -> User {
    let alice = server.guest("alice").await;
    server.guest("bob").await;
    server.guest("carol").await;
    alice.create_room("lobby").await;
    alice
}

#[tokio::test]
async fn twenty_concurrent_sends_with_one_key_are_stored_once_and_get_the_same_answer() {
    let server = TestServer::start().await;
    let alice = alice_with_company(&server).await;
    for (path, body) in sends("once") {
        let (alice, body) = (&alice, &body);
        let all = at_once((0..20).map(|_| {
            let (alice, body) = (alice.clone(), body.clone());
            async move { sent(&alice, path, &body, path).await }
        }));
        let all = all.await;
        assert!(all.iter().all(|answer| *answer == all[0]), "{path}: {all:?}");
        assert_eq!(sent(alice, path, body, path).await, all[0], "{path}: a later repetition too");
    }
    for path in ["/room/1/messages", "/room/2/messages", "/direct/bob/messages", "/direct/carol/messages"] {
        assert_eq!(stored(&alice, path).await, 1, "{path}");
    }
    // The room was joined before.
    assert_eq!(alice.say("general", "next").await.id, 6, "a repetition uses up no id");
}

#[tokio::test]
async fn a_repeated_send_is_recognised_after_a_restart_and_after_a_crash() {
    let mut server = TestServer::start().await;
    let alice = alice_with_company(&server).await;
    let mut first = Vec::new();
    for (path, body) in sends("before") {
        first.push(sent(&alice, path, &body, path).await);
    }
    server.restart().await;
    for ((path, body), first) in sends("before").iter().zip(&first) {
        assert_eq!(sent(&alice, path, body, path).await, *first, "{path}");
    }
    let last_words = json!({ "text": "last words" });
    let answer = sent(&alice, "/send", &last_words, "crash").await;
    server.kill().await;
    server.start_again().await;
    assert_eq!(sent(&alice, "/send", &last_words, "crash").await, answer);
    for ((path, body), first) in sends("before").iter().zip(&first) {
        assert_eq!(sent(&alice, path, body, path).await, *first, "{path}");
    }
    assert_eq!(alice.say("general", "next").await.id, 7);
}

#[tokio::test]
async fn a_key_reused_for_another_message_is_422_and_stores_nothing() {
    let server = TestServer::start().await;
    let alice = alice_with_company(&server).await;
    let first = sent(&alice, "/send", &json!({ "text": "one" }), "k").await;
    let others = [
        ("/send", json!({ "text": "two" })),
        ("/send", json!({ "text": "one ", "room": "general" })),
        ("/send", json!({ "text": "one", "room": "lobby" })),
        ("/send-private", json!({ "text": "one", "to": "bob" })),
        ("/room/1/messages", json!({ "text": "One" })),
        ("/room/2/messages", json!({ "text": "one" })),
        ("/direct/bob/messages", json!({ "text": "one" })),
    ];
    for (path, body) in others {
        assert_problem(send(&alice, path, &body, "k").await, 422, "idempotency-key-reused").await;
    }
    let concurrent = at_once(["three", "four"].map(|text| {
        let alice = alice.clone();
        async move { send(&alice, "/send", &json!({ "text": text }), "k2").await.status().as_u16() }
    }));
    let mut statuses = concurrent.await;
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "one of two concurrent messages is stored");
    assert_eq!(sent(&alice, "/send", &json!({ "text": "one" }), "k").await, first, "the key keeps its first message");
    assert_eq!(stored(&alice, "/room/1/messages").await, 2);
    assert_eq!(stored(&alice, "/room/2/messages").await, 0);
    assert_eq!(alice.get_json("/direct").await, json!([]), "no conversation was created");
}

#[tokio::test]
async fn a_key_belongs_to_one_user_and_is_shared_by_their_sessions() {
    let server = TestServer::start().await;
    let alice = alice_with_company(&server).await;
    let dave = server.guest("dave").await;
    let body = json!({ "text": "the same words" });
    let alices = sent(&alice, "/send", &body, "k").await;
    let daves = sent(&dave, "/send", &body, "k").await;
    assert_ne!(alices, daves);
    assert_eq!(send(&dave, "/send", &json!({ "text": "other words" }), "k").await.status(), 422);
    assert_eq!(sent(&alice.connect_again().await, "/send", &body, "k").await, alices);
    assert_eq!(stored(&alice, "/room/1/messages").await, 2);
}

#[tokio::test]
async fn without_a_key_equal_texts_are_two_messages_and_a_failed_send_uses_up_no_key() {
    let server = TestServer::start().await;
    let alice = alice_with_company(&server).await;
    alice.say("general", "again").await;
    assert_eq!(alice.say("general", "again").await.seq, 2);
    let failures = [
        ("/send", json!({ "text": "x", "room": "nowhere" }), 404),
        ("/send-private", json!({ "text": "x", "to": "nobody" }), 404),
        ("/send", json!({ "text": "" }), 400),
    ];
    for (path, body, status) in failures {
        assert_eq!(send(&alice, path, &body, "k").await.status(), status);
    }
    sent(&alice, "/send", &json!({ "text": "now it is used" }), "k").await;
}

#[tokio::test]
async fn a_key_is_1_to_64_visible_ascii_characters() {
    let server = TestServer::start().await;
    let alice = alice_with_company(&server).await;
    let too_long = "k".repeat(65);
    for (at, (path, body)) in sends("hi").into_iter().enumerate() {
        for bad in ["", " ", "a b", "a\tb", "é", &too_long] {
            let response = send(&alice, path, &body, bad).await;
            assert_eq!(response.status(), 400, "{path} {bad:?}");
            assert_problem(response, 400, "bad-input").await;
        }
        let twice = alice.request(Method::POST, path).header("Idempotency-Key", "a").header("Idempotency-Key", "b");
        assert_problem(twice.json(&body).send().await.unwrap(), 400, "bad-input").await;
        for good in [at.to_string(), format!("!\"{at}\"~"), format!("{at:0>64}")] {
            sent(&alice, path, &body, &good).await;
        }
    }
}
