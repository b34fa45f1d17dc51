//! Held requests: what wakes them and what ends them.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::json;

use crate::harness::{LocalServer, TestServer, assert_problem, texts};

#[tokio::test]
async fn a_poll_returns_as_soon_as_a_message_arrives() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    // The message may be sent before, while or after the poll is held. It must always arrive.
    for n in 0..50 {
        let text = format!("message {n}");
        let began = Instant::now();
        let (polled, _) = tokio::join!(alice.poll("&wait=55"), bob.say("general", &text));
        assert_eq!(texts(&polled.messages), [text]);
        assert!(began.elapsed() < Duration::from_secs(50), "the message ended the wait");
    }
}

#[tokio::test]
async fn a_poll_without_news_is_held_for_its_wait_and_returns_the_same_cursor() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let began = Instant::now();
    let polled = alice.peek("&wait=1").await;
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!((polled.messages.len(), polled.more, &polled.cursor), (0, false, &alice.cursor));
}

#[tokio::test]
async fn a_held_poll_is_not_woken_by_other_conversations() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    bob.create_room("lobby").await;
    let (polled, ()) = tokio::join!(alice.peek("&wait=1"), async {
        bob.say("lobby", "not joined").await;
        bob.tell("carol", "not for alice").await;
    });
    assert!(polled.messages.is_empty());
    assert_eq!(carol.peek("&wait=0").await.messages.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_aborted_by_its_client_loses_nothing() {
    let server = LocalServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 0..20 {
        // The client disconnects while the poll is held, or just as it is answered.
        let poll = server.hold(&alice, &format!("/poll?cursor={}&wait=50", alice.cursor)).await;
        let text = format!("message {n}");
        let (_, ()) = tokio::join!(bob.say("general", &text), async { poll.abort() });
        assert_eq!(alice.unread("general").await, 1);
        assert_eq!(texts(&alice.poll("").await.messages), [text]);
        assert!(alice.poll("&wait=0").await.messages.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_ends_held_requests_with_401() {
    let server = LocalServer::start().await;
    let alice = server.guest("alice").await;
    let other = alice.connect_again().await;
    let poll = format!("/poll?cursor={}&wait=50", alice.cursor);
    let mine = [
        server.hold(&alice, &poll).await,
        server.hold(&alice, "/room/1/subscribe?wait=50").await,
        server.hold(&alice, "/direct/subscribe?wait=50").await,
    ];
    let theirs = server.hold(&other, &poll).await;
    assert_eq!(alice.post("/disconnect", &json!({})).await.status(), StatusCode::NO_CONTENT);
    for held in mine {
        assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    }
    other.say("general", "still here").await;
    assert_eq!(theirs.await.unwrap().status(), StatusCode::OK, "the other session is not affected");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ninth_held_request_ends_the_oldest_with_409() {
    let server = LocalServer::start().await;
    let alice = server.guest("alice").await;
    let path = format!("/poll?cursor={}&wait=50", alice.cursor);
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(server.hold(&alice, &path).await);
    }
    let (user, ninth_path) = (alice.clone(), path.clone());
    held.push(tokio::spawn(async move { user.get(&ninth_path).await }));
    assert_problem(held.remove(0).await.unwrap(), 409, "poll-superseded").await;
    assert!(held.iter().all(|held| !held.is_finished()));
    alice.say("general", "for the other eight").await;
    for held in held {
        assert_eq!(held.await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_room_subscription_is_woken_without_joining() {
    let server = LocalServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    let empty: linger_api::Polled = alice.get(&format!("/room/{room}/subscribe?wait=0")).await.json().await.unwrap();
    let path = format!("/room/{room}/subscribe?wait=50&cursor={}", empty.cursor);
    let held = server.hold(&alice, &path).await;
    bob.say("lobby", "hello").await;
    let polled: linger_api::Polled = held.await.unwrap().json().await.unwrap();
    assert_eq!(texts(&polled.messages), ["hello"]);
}
