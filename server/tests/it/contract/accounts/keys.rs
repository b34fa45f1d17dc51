//! `Idempotency-Key` on `/connect` and `/rooms`: a repeated request creates one user or one room.

use linger_api::Connected;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::{connected, user_names};
use crate::harness::{Client, TestServer, User, assert_problem, at_once, insist, texts};

async fn connect(server: &TestServer, key: &str, body: &Value) -> Response {
    let request = Client::new().post(server.url("/connect")).header("Idempotency-Key", key);
    request.json(body).send().await.unwrap()
}

async fn create_room(user: &User, key: &str, name: &str) -> Response {
    let request = user.request(Method::POST, "/rooms").header("Idempotency-Key", key);
    request.json(&json!({ "name": name })).send().await.unwrap()
}

/// Returns an answer without what differs from repetition to repetition.
fn lasting(connected: &Connected) -> Value {
    let mut lasting = json!(connected);
    for own in ["token", "expires_at"] {
        lasting.as_object_mut().unwrap().remove(own);
    }
    lasting
}

#[tokio::test]
async fn concurrent_connects_with_one_key_are_one_user_with_a_token_each() {
    let server = TestServer::start().await;
    let watcher = server.guest("watcher").await;
    watcher.say("general", "welcome").await;
    // Passwords take turns at the cores.
    let bodies = [
        (json!({}), 20),
        (json!({ "username": "Bob" }), 20),
        (json!({ "username": "carol", "password": "carol's own" }), 4),
    ];
    for (at, (body, count)) in bodies.iter().enumerate() {
        let answers = at_once((0..*count).map(|_| {
            let request = Client::new().post(server.url("/connect")).header("Idempotency-Key", format!("key-{at}"));
            let request = request.json(body);
            async move { connected(insist(request).await).await }
        }));
        let answers = answers.await;
        let tokens: std::collections::BTreeSet<_> = answers.iter().map(|(_, new)| new.token.clone()).collect();
        assert_eq!(tokens.len(), *count, "{body}");
        for (status, answer) in &answers {
            assert_eq!((*status, answer.returning), (201, false), "{body}");
            assert_eq!(lasting(answer), lasting(&answers[0].1), "{body}");
        }
        assert_eq!(texts(&answers[0].1.messages), ["welcome"]);
    }
    assert_eq!(user_names(&watcher).await.len(), 4);
}

#[tokio::test]
async fn a_repeated_connect_is_recognised_after_a_crash_and_misses_no_message() {
    let mut server = TestServer::start().await;
    let watcher = server.guest("watcher").await;
    watcher.say("general", "before").await;
    let bodies = [json!({}), json!({ "username": "bob", "password": "bob's own one" })];
    let mut first = Vec::new();
    for (at, body) in bodies.iter().enumerate() {
        first.push(connected(connect(&server, &at.to_string(), body).await).await.1);
    }
    watcher.say("general", "since").await;
    server.kill().await;
    server.start_again().await;
    for (at, body) in bodies.iter().enumerate() {
        let (status, again) = connected(connect(&server, &at.to_string(), body).await).await;
        assert_eq!((status, again.returning), (201, false));
        assert_eq!(
            (&again.user, &again.messages, &again.cursor),
            (&first[at].user, &first[at].messages, &first[at].cursor)
        );
        let mut user = User::connect(&server, body).await;
        user.token.clone_from(&again.token);
        user.cursor.clone_from(&again.cursor);
        assert_eq!(texts(&user.poll("&wait=0").await.messages), ["since"]);
    }
}

#[tokio::test]
async fn key_and_body_together_stand_for_the_user() {
    let server = TestServer::start().await;
    let one = connected(connect(&server, "k", &json!({})).await).await.1;
    let others =
        [json!({ "username": "zoe" }), json!({ "latest": 3 }), json!({ "username": "yan", "password": "yan's own" })];
    for other in &others {
        let (status, other) = connected(connect(&server, "k", other).await).await;
        assert_eq!(status, 201);
        assert_ne!(other.user.id, one.user.id);
    }
    assert_ne!(connected(connect(&server, "other", &json!({})).await).await.1.user, one.user);
    assert_problem(connect(&server, "other", &json!({ "username": "ZOE" })).await, 409, "name-taken").await;
    assert_eq!(connected(connect(&server, "k", &json!({ "username": "ZOE" })).await).await.1.user.name, "zoe");
    let guess = json!({ "username": "yan", "password": "not yan's own" });
    assert_problem(connect(&server, "k", &guess).await, 401, "wrong-credentials").await;
    for bad in ["", "a b", &"k".repeat(65)] {
        assert_problem(connect(&server, bad, &json!({})).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn a_room_is_created_once_however_often_it_is_asked_for_with_one_key() {
    let mut server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__ROOMS_PER_USER", "2")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let created = at_once((0..20).map(|_| {
        let alice = alice.clone();
        async move {
            let response = create_room(&alice, "k", "lobby").await;
            (response.status().as_u16(), response.headers()["location"].clone(), response.text().await.unwrap())
        }
    }));
    let created = created.await;
    assert!(created.iter().all(|answer| *answer == created[0] && answer.0 == 201), "{created:?}");
    server.kill().await;
    server.start_again().await;
    let alice = alice.on_new_connections();
    assert_eq!(create_room(&alice, "k", "Lobby").await.text().await.unwrap(), created[0].2, "after a crash, too");
    assert_problem(create_room(&alice, "k", "other").await, 422, "idempotency-key-reused").await;
    assert_problem(create_room(&bob.on_new_connections(), "k", "lobby").await, 409, "name-taken").await;
    assert_problem(create_room(&alice, "k2", "lobby").await, 409, "name-taken").await;

    let send = async |key: &str, body: Value| {
        let request = alice.request(Method::POST, "/send").header("Idempotency-Key", key);
        request.json(&body).send().await.unwrap()
    };
    assert_problem(send("k", json!({ "text": "hi" })).await, 422, "idempotency-key-reused").await;
    assert_eq!(send("m", json!({ "text": "hi" })).await.status(), 201);
    assert_problem(create_room(&alice, "m", "third").await, 422, "idempotency-key-reused").await;
    assert_eq!(create_room(&alice, "k2", "second").await.status(), 201, "a failed request uses up no key");
    assert_eq!(create_room(&alice, "k", "lobby").await.status(), 201, "a repetition is beyond no limit");
    assert_problem(create_room(&alice, "", "x").await, 400, "bad-input").await;
}

#[tokio::test]
async fn a_repetition_is_answered_at_every_limit_on_what_a_user_may_have() {
    let server = TestServer::start_with(&[
        ("ROCKET_CHAT__LIMITS__JOINED_ROOMS_PER_USER", "2"),
        ("ROCKET_CHAT__LIMITS__ROOMS_PER_USER", "1"),
        ("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "3"),
    ])
    .await;
    let alice = server.guest("alice").await;
    for _ in 0..2 {
        assert_eq!(create_room(&alice, "k", "lobby").await.status(), 201);
    }
    assert_problem(create_room(&alice, "other", "attic").await, 429, "too-many-requests").await;
    for body in [json!({}), json!({ "username": "bob" })] {
        let mut users = Vec::new();
        for _ in 0..4 {
            let (status, connected) = connected(connect(&server, "k", &body).await).await;
            users.push((status, connected.user.id));
        }
        assert_eq!(users, [users[0]; 4], "{body}");
        assert_eq!(users[0].0, 201);
    }
    assert_problem(connect(&server, "other", &json!({})).await, 429, "too-many-requests").await;
}
