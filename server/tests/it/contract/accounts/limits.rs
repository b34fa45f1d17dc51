//! Rate limits: sends per user, connects per address, wrong passwords per account.

use reqwest::Response;
use serde_json::json;

use crate::harness::{Client, TestServer, assert_problem, at_once};

/// Checks that an answer is 429 and returns the seconds of its `Retry-After`.
async fn assert_limited(response: Response) -> u64 {
    assert_eq!(response.status(), 429);
    let seconds = response.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert_problem(response, 429, "too-many-requests").await;
    seconds
}

#[tokio::test]
async fn sends_are_limited_per_user_across_all_send_calls_and_sessions() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "4")]).await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let sends = ["/send", "/send-private", "/room/1/messages", "/direct/bob/messages"];
    let body = json!({ "text": "hi", "to": "bob" });
    for path in sends {
        assert_eq!(alice.post(path, &body).await.status(), 201);
    }
    let again = alice.connect_again().await;
    for path in sends {
        let seconds = assert_limited(again.post(path, &body).await).await;
        assert!((1..=15).contains(&seconds), "one send every 15 seconds, not {seconds}");
    }
    bob.say("general", "bob can still send").await;
    assert_eq!(again.get("/status").await.status(), 200, "alice's other calls work");
    let page = alice.get_json("/room/1/messages").await;
    assert_eq!(page["messages"].as_array().unwrap().len(), 3, "refused messages are not stored");
}

#[tokio::test]
async fn the_send_limit_recovers_over_time() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SENDS_PER_MINUTE", "120")]).await;
    let alice = server.guest("alice").await;
    let send = async || alice.post("/send", &json!({ "text": "hi" })).await;
    let limited = loop {
        let response = send().await;
        if response.status() != 201 {
            break response;
        }
    };
    assert_eq!(assert_limited(limited).await, 1);
    let begun = std::time::Instant::now();
    while send().await.status() != 201 {
        assert!(begun.elapsed() < crate::harness::DEADLINE);
    }
}

#[tokio::test]
async fn connects_are_limited_per_address_for_all_users_together() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__CONNECTS_PER_MINUTE", "3")]).await;
    let alice = server.guest("alice").await;
    assert_eq!(server.connect(&json!({ "username": "alice" })).await.status(), 409, "a refused call counts");
    let bob = server.guest("bob").await;
    for limited in [alice.post("/connect", &json!({})).await, server.connect(&json!({})).await] {
        let seconds = assert_limited(limited).await;
        assert!((1..=20).contains(&seconds), "one connect every 20 seconds, not {seconds}");
    }
    let forwarded = Client::new().post(server.url("/connect")).header("X-Real-IP", "192.0.2.1").json(&json!({}));
    assert_limited(forwarded.header("X-Forwarded-For", "192.0.2.1").send().await.unwrap()).await;
    bob.say("general", "sessions are not affected").await;
    assert_eq!(alice.get_json("/users").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn after_too_many_wrong_passwords_that_account_refuses_even_the_right_one() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "2")]).await;
    let alice = server.account("alice", "alice's password").await;
    server.account("bob", "bob's password").await;
    let sign_in =
        async |name: &str, password: &str| server.connect(&json!({ "username": name, "password": password })).await;
    assert_eq!(sign_in("alice", "wrong password").await.status(), 401);
    assert_eq!(sign_in("alice", "alice's password").await.status(), 200);
    assert_eq!(sign_in("ALICE", "wrong password").await.status(), 401, "a success does not reset the count");
    for password in ["wrong password", "alice's password"] {
        let seconds = assert_limited(sign_in("alice", password).await).await;
        assert!((1700..=1800).contains(&seconds), "half an hour, not {seconds} seconds");
    }
    assert_eq!(sign_in("bob", "bob's password").await.status(), 200);
    assert_eq!(alice.connect_again().await.id, alice.id, "a session needs no password");
}

#[tokio::test]
async fn concurrent_guesses_count_like_sequential_ones() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "3")]).await;
    server.account("alice", "alice's password").await;
    let guesses = at_once((0..8).map(|n| {
        let guess = json!({ "username": "alice", "password": format!("guess number {n}") });
        let request = Client::new().post(server.url("/connect")).json(&guess);
        async move { request.send().await.unwrap().status().as_u16() }
    }));
    let guesses = guesses.await;
    assert_eq!(guesses.iter().filter(|&&status| status == 401).count(), 3, "{guesses:?}");
    assert_eq!(guesses.iter().filter(|&&status| status == 429).count(), 5, "{guesses:?}");
}

#[tokio::test]
async fn a_limit_of_0_means_no_limit() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    for _ in 0..130 {
        assert_eq!(server.connect(&json!({ "username": "alice" })).await.status(), 409);
    }
    let sent = at_once((0..610).map(|_| {
        let alice = alice.clone();
        async move { alice.say("general", "hi").await }
    }));
    assert_eq!(sent.await.len(), 610);
}
