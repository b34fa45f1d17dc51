//! Subscriptions: `/poll` narrowed to one room, or to direct conversations.

use reqwest::StatusCode;

use crate::harness::{TestServer, assert_problem, texts};

#[tokio::test]
async fn a_room_subscription_delivers_only_that_room_joined_or_not() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    bob.say("lobby", "before").await;

    let empty = alice.get(&format!("/room/{room}/subscribe?wait=0")).await;
    assert_eq!(empty.status(), StatusCode::ACCEPTED);
    let empty: linger_api::Polled = empty.json().await.unwrap();
    assert!(empty.messages.is_empty(), "without a cursor it starts now");

    bob.say("general", "elsewhere").await;
    bob.say("lobby", "here").await;
    let path = format!("/room/{room}/subscribe?wait=5&cursor={}", empty.cursor);
    let polled: linger_api::Polled = alice.get(&path).await.json().await.unwrap();
    assert_eq!(texts(&polled.messages), ["here"]);
    assert_eq!(alice.unread("general").await, 1, "a subscription acknowledges nothing");
    assert_problem(alice.get("/room/99/subscribe?wait=0").await, 404, "not-found").await;
}

#[tokio::test]
async fn a_direct_subscription_delivers_only_direct_messages() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let empty = alice.get("/direct/subscribe?wait=0").await;
    assert_eq!(empty.status(), StatusCode::ACCEPTED);
    let empty: linger_api::Polled = empty.json().await.unwrap();
    bob.say("general", "public").await;
    bob.tell("alice", "private").await;
    let path = format!("/direct/subscribe?wait=5&cursor={}", empty.cursor);
    let polled: linger_api::Polled = alice.get(&path).await.json().await.unwrap();
    assert_eq!(texts(&polled.messages), ["private"]);
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (1, 1));
}
