//! Removed means removed: what a user held or could read before ends at once.

use linger_api::Polled;
use serde_json::{Value, json};

use crate::harness::{EventStream, LocalServer, TestServer, User, assert_problem, texts};

/// The ways in which bob loses sight of the room.
const WAYS: [&str; 4] = ["removed", "banned", "left", "made private"];

/// Creates a room that bob sees, and then loses in this way.
async fn prepare(alice: &User, bob: &User, name: &str, way: &str) -> i64 {
    let is_private = way != "made private";
    let room = alice.create_room_with(&json!({ "name": name, "private": is_private })).await;
    if is_private {
        assert_eq!(alice.set_member(room, "bob", "member").await.status(), 204);
    }
    alice.say(name, "before").await;
    assert_eq!(bob.history(&format!("/room/{room}/messages")).await.len(), 1);
    room
}

async fn lose(alice: &User, bob: &User, room: i64, way: &str) {
    let response = match way {
        "removed" => alice.remove_member(room, "bob").await,
        "banned" => alice.set_member(room, "bob", "banned").await,
        "left" => bob.post(&format!("/room/{room}/leave"), &json!({})).await,
        _ => alice.change_room(room, &json!({ "private": true })).await,
    };
    assert!(response.status().is_success(), "{way}: {}", response.status());
}

#[tokio::test]
async fn a_held_subscription_ends_with_404_when_the_room_is_out_of_sight() {
    let server = LocalServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for (n, way) in WAYS.into_iter().enumerate() {
        let room = prepare(&alice, &bob, &format!("room-{n}"), way).await;
        let mut held = Vec::new();
        for query in ["wait=50", "wait=50&changes=true"] {
            held.push(server.hold(&bob, &format!("/room/{room}/subscribe?{query}")).await);
        }
        let mut stream = EventStream::open(&bob, &format!("/room/{room}/subscribe")).await;
        stream.opening_id().await;
        lose(&alice, &bob, room, way).await;
        alice.say(&format!("room-{n}"), "after").await;
        for held in held {
            assert_problem(held.await.unwrap(), 404, "not-found").await;
        }
        assert_eq!(stream.problem().await["type"], "/problems/not-found", "{way}");
    }
}

#[tokio::test]
async fn a_member_is_told_and_gets_nothing_more() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for way in ["removed", "banned", "left"] {
        let name = format!("room-{way}");
        let room = prepare(&alice, &bob, &name, way).await;
        let mut here = bob.connect_again().await;
        while here.poll("&wait=0&changes=true").await.more {}
        let plain = here.clone();
        alice.say(&name, "unread").await;
        lose(&alice, &bob, room, way).await;
        alice.say(&name, "after").await;
        alice.say("general", "goes on").await;
        let polled = here.poll("&wait=50&changes=true").await;
        assert_eq!(texts(&polled.messages), ["goes on"], "{way}");
        let told: Value = serde_json::to_value(polled.conversations.unwrap()).unwrap();
        assert_eq!(told, json!([{ "room_id": room, "joined": false }]), "{way}");
        let answer = plain.get(&format!("/poll?wait=0&cursor={}", plain.cursor)).await.text().await.unwrap();
        assert!(answer.contains("goes on") && !answer.contains(&name), "{answer}");
    }
}

#[tokio::test]
async fn nothing_comes_from_behind_the_tail_or_after_a_restart() {
    let mut server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", "1")]).await;
    let (mut alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = prepare(&alice, &bob, "board", "removed").await;
    while bob.poll("&wait=0&changes=true").await.more {}
    alice.say("board", "unread").await;
    assert_eq!(alice.change_room(room, &json!({ "title": "secret title" })).await.status(), 200);
    let edit = alice.request(reqwest::Method::PATCH, &format!("/room/{room}/messages/1"));
    assert_eq!(edit.json(&json!({ "text": "edited" })).send().await.unwrap().status(), 200);
    lose(&alice, &bob, room, "removed").await;
    // More than the tail holds.
    for _ in 0..80 {
        alice.say("general", &"x".repeat(16_000)).await;
    }
    for _ in 0..2 {
        let (mut messages, mut conversations) = (0, Vec::new());
        let mut there = bob.clone();
        loop {
            let polled: Polled = there.poll("&wait=0&changes=true&mark_read=false").await;
            assert!(polled.messages.iter().all(|message| message.room.as_deref() == Some("general")));
            assert!(polled.changed.unwrap().is_empty());
            messages += polled.messages.len();
            conversations.extend(polled.conversations.unwrap());
            if !polled.more {
                break;
            }
        }
        assert_eq!(messages, 80);
        let told = serde_json::to_value(&conversations).unwrap();
        assert!(told.as_array().unwrap().contains(&json!({ "room_id": room, "joined": false })), "{told}");
        assert!(!told.to_string().contains("board") && !told.to_string().contains("secret"), "{told}");
        server.restart().await;
        (alice, bob) = (alice.on_new_connections(), bob.on_new_connections());
    }
    drop(alice);
}

#[tokio::test]
async fn a_user_who_is_added_is_told_and_gets_what_comes() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let board = alice.create_room_with(&json!({ "name": "board", "private": true })).await;
    alice.say("board", "before").await;
    while bob.poll("&wait=0&changes=true").await.more {}
    assert_eq!(alice.set_member(board, "bob", "reader").await.status(), 204);
    alice.say("board", "after").await;
    let (mut messages, mut roles) = (Vec::new(), Vec::new());
    while messages.is_empty() || roles.is_empty() {
        let polled = bob.poll("&wait=50&changes=true").await;
        messages.extend(polled.messages);
        roles.extend(polled.conversations.unwrap().into_iter().filter_map(|state| state.role));
    }
    assert_eq!(texts(&messages), ["after"]);
    assert_eq!(roles, [linger_api::RoomRole::Reader]);
}

#[tokio::test]
async fn a_creation_that_is_repeated_after_a_removal_is_404() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let create = async || {
        let wish = json!({ "name": "board", "private": true, "members": ["bob"] });
        alice.request(reqwest::Method::POST, "/rooms").header("Idempotency-Key", "k").json(&wish).send().await.unwrap()
    };
    let created: Value = create().await.json().await.unwrap();
    let board = created["id"].as_i64().unwrap();
    assert_eq!(create().await.status(), 201);
    assert_eq!(alice.set_member(board, "bob", "owner").await.status(), 204);
    assert_eq!(bob.remove_member(board, "alice").await.status(), 204);
    assert_problem(create().await, 404, "not-found").await;
}
