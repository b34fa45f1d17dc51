//! Guests: users without a password, under a chosen or generated name.

use std::collections::HashSet;

use serde_json::json;

use super::{connected, user_names};
use crate::harness::{Client, TestServer, assert_problem, at_once};

#[tokio::test]
async fn connecting_without_credentials_makes_a_guest_with_a_generated_name() {
    let server = TestServer::start().await;
    let bare = || Client::new().post(server.url("/connect"));
    let empty_requests = [
        bare(),
        bare().header("Content-Type", "application/json"),
        bare().json(&json!({})),
        bare().json(&json!({ "username": null, "password": null })),
    ];
    let mut names = HashSet::new();
    for request in empty_requests {
        let (status, answer) = connected(request.send().await.unwrap()).await;
        assert_eq!((status, answer.returning, answer.user.guest), (201, false, true));
        let name = answer.user.name;
        assert!((1..=32).contains(&name.len()), "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{name}");
        assert!(names.insert(name.clone()), "{name} was given twice");
    }
}

#[tokio::test]
async fn a_guest_gets_a_free_name_in_lower_case_and_never_a_taken_one() {
    let server = TestServer::start().await;
    let (status, alice) = connected(server.connect(&json!({ "username": "Alice_1" })).await).await;
    assert_eq!((status, alice.user.name.as_str(), alice.user.guest), (201, "alice_1", true));
    server.account("bob", "bob's password").await;

    for taken in ["alice_1", "ALICE_1", "bob"] {
        assert_problem(server.connect(&json!({ "username": taken })).await, 409, "name-taken").await;
    }
    let both = at_once((0..2).map(|_| {
        let url = server.url("/connect");
        async move { Client::new().post(url).json(&json!({ "username": "carol" })).send().await.unwrap().status() }
    }));
    let mut both = both.await;
    both.sort();
    assert_eq!(both, [201, 409], "one of two concurrent requests gets the name");
    assert_eq!(user_names(&server.guest("dave").await).await, ["alice_1", "bob", "carol", "dave"]);
}

#[tokio::test]
async fn a_bad_name_is_400_and_creates_no_user() {
    let server = TestServer::start().await;
    let long = "a".repeat(33);
    for bad in ["", " ", "-alice", "_alice", "al ice", "alice!", "ålice", "ſ", "al\0ice", "a/b", &long] {
        assert_problem(server.connect(&json!({ "username": bad })).await, 400, "bad-input").await;
    }
    assert_problem(server.connect(&json!({ "username": 7 })).await, 400, "bad-input").await;
    let longest = server.guest(&"a".repeat(32)).await;
    let shortest = server.guest("7").await;
    assert_eq!(user_names(&shortest).await, [longest.name, shortest.name.clone()]);
}

#[tokio::test]
async fn only_guests_that_are_made_count_against_the_limit() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "2")]).await;
    let alice = server.guest("alice").await;
    for _ in 0..3 {
        assert_problem(server.connect(&json!({ "username": "alice" })).await, 409, "name-taken").await;
        assert_problem(server.connect(&json!({ "username": "a b" })).await, 400, "bad-input").await;
    }
    // The last place, for each of the requests that repeat the same sign-up at once, and later.
    let url = server.url("/connect");
    let repeat = || Client::new().post(&url).header("Idempotency-Key", "g1").json(&json!({})).send();
    let mut answers = at_once((0..10).map(|_| {
        let request = repeat();
        async { connected(request.await.unwrap()).await }
    }))
    .await;
    answers.push(connected(repeat().await.unwrap()).await);
    for (status, again) in &answers {
        assert_eq!((*status, &again.user), (201, &answers[0].1.user));
    }
    for (key, body) in [("g2", json!({})), ("g1", json!({ "latest": 1 })), ("g1", json!({ "username": "bob" }))] {
        let request = Client::new().post(&url).header("Idempotency-Key", key).json(&body);
        assert_problem(request.send().await.unwrap(), 429, "too-many-requests").await;
    }
    assert_eq!(alice.connect_again().await.id, alice.id, "nobody who is here already is a new guest");
}

#[tokio::test]
async fn guests_at_once_do_not_exceed_the_limit() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__GUESTS_PER_DAY_PER_ADDRESS", "5")]).await;
    let statuses = at_once((0..20).map(|_| {
        let url = server.url("/connect");
        async move { Client::new().post(url).json(&json!({})).send().await.unwrap().status().as_u16() }
    }));
    let mut statuses = statuses.await;
    statuses.sort_unstable();
    assert_eq!(statuses, [[201; 5].as_slice(), &[429; 15]].concat());
}
