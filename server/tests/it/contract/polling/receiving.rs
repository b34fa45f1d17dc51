//! `/poll` and cursors: what is delivered, in which order, and what the next poll acknowledges.

use serde_json::json;

use crate::harness::{TestServer, texts};

#[tokio::test]
async fn without_a_cursor_a_poll_starts_at_the_last_read_positions() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    bob.tell("alice", "two").await;
    for _ in 0..2 {
        let polled = alice.get_json("/poll").await;
        assert_eq!(polled["messages"].as_array().unwrap().len(), 2, "an answer moves no position");
        assert_eq!(polled["messages"][1]["text"], "two");
    }
}

#[tokio::test]
async fn polling_with_a_cursor_acknowledges_it_and_nothing_else_does() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    bob.tell("alice", "two").await;
    let unread = async |alice: &crate::harness::User| (alice.unread("general").await, alice.unread("@bob").await);

    let begin = alice.cursor.clone();
    alice.poll("&limit=1").await;
    assert_eq!(unread(&alice).await, (1, 1), "an answer may be lost");
    alice.poll("&wait=0&mark_read=false").await;
    assert_eq!(unread(&alice).await, (1, 1), "mark_read=false acknowledges nothing");
    alice.poll("&wait=0").await;
    assert_eq!(unread(&alice).await, (0, 0));
    alice.get(&format!("/poll?cursor={begin}&wait=0")).await;
    assert_eq!(unread(&alice).await, (0, 0), "polling never moves a position back");
}

#[tokio::test]
async fn an_acknowledged_position_survives_a_restart() {
    let mut server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    alice.poll("").await;
    alice.poll("&wait=0").await;
    server.restart().await;
    assert_eq!(alice.unread("general").await, 0);
}

#[tokio::test]
async fn a_repeated_cursor_returns_the_same_messages_again() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    bob.say("general", "two").await;
    let first = alice.peek("&wait=0").await;
    assert_eq!(texts(&first.messages), ["one", "two"]);
    assert_eq!(alice.peek("&wait=0").await, first);
    bob.say("general", "three").await;
    assert_eq!(texts(&alice.peek("&wait=0").await.messages), ["one", "two", "three"]);
}

#[tokio::test]
async fn two_clients_of_one_user_each_have_their_own_cursor() {
    let server = TestServer::start().await;
    let (mut phone, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut laptop = phone.connect_again().await;
    bob.say("general", "one").await;
    assert_eq!(texts(&phone.poll("").await.messages), ["one"]);
    phone.poll("&wait=0").await;
    assert_eq!(phone.unread("general").await, 0);
    assert_eq!(texts(&laptop.poll("").await.messages), ["one"], "read on the phone, new on the laptop");
    bob.say("general", "two").await;
    assert_eq!(texts(&laptop.poll("").await.messages), ["two"]);
    assert_eq!(texts(&phone.poll("").await.messages), ["two"]);
}

#[tokio::test]
async fn a_users_own_message_counts_as_read_if_nothing_before_it_was_unread() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    alice.say("general", "mine").await;
    alice.tell("bob", "mine too").await;
    assert_eq!((alice.unread("general").await, alice.unread("@bob").await), (0, 0));
    bob.say("general", "not mine").await;
    alice.say("general", "mine again").await;
    assert_eq!(alice.unread("general").await, 2);
}

#[tokio::test]
async fn a_poll_delivers_a_rooms_messages_from_joining_until_leaving() {
    let server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let room = bob.create_room("lobby").await;
    bob.say("lobby", "before").await;
    alice.join(room).await;
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "earlier messages are history");
    bob.say("lobby", "while").await;
    assert_eq!(texts(&alice.poll("").await.messages), ["while"]);
    alice.post(&format!("/room/{room}/leave"), &json!({})).await;
    bob.say("lobby", "after").await;
    assert!(alice.poll("&wait=0").await.messages.is_empty());
}

#[tokio::test]
async fn a_position_that_was_set_back_survives_a_crash() {
    let mut server = TestServer::start().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 1..=5 {
        bob.say("general", &format!("{n}")).await;
    }
    alice.poll("").await;
    alice.poll("&wait=0").await;
    // A clean stop writes the acknowledged position to disk.
    server.restart().await;
    let response = alice.post("/room/1/read", &json!({ "seq": 2 })).await;
    assert_eq!(response.status(), 204);
    server.kill().await;
    server.start_again().await;
    assert_eq!(texts(&alice.on_new_connections().connect_again().await.connected.messages), ["3", "4", "5"]);
}
