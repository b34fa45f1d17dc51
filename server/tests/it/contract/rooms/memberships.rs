//! Memberships: joining, leaving and read positions.

use linger_api::Room;
use reqwest::Response;
use serde_json::json;

use crate::harness::{TestServer, User, assert_problem, at_once, texts};

async fn room(user: &User, id: i64) -> Room {
    serde_json::from_value(user.get_json(&format!("/room/{id}")).await).unwrap()
}

async fn leave(user: &User, room: i64) {
    assert_eq!(user.post(&format!("/room/{room}/leave"), &json!({})).await.status(), 204);
}

async fn read(user: &User, room: i64, seq: i64) -> Response {
    user.post(&format!("/room/{room}/read"), &json!({ "seq": seq })).await
}

#[tokio::test]
async fn joining_and_leaving_are_idempotent_and_count_each_member_once() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    let state = async || {
        let (alices, bobs) = (room(&alice, lobby).await, room(&bob, lobby).await);
        assert_eq!(alices.members, bobs.members);
        (alices.joined, bobs.joined, bobs.members)
    };
    assert_eq!(state().await, (true, false, 1));
    for _ in 0..2 {
        bob.join(lobby).await;
        assert_eq!(state().await, (true, true, 2));
    }
    for _ in 0..2 {
        leave(&alice, lobby).await;
        assert_eq!(state().await, (false, true, 1));
    }
    at_once((0..10).map(|n| {
        let bob = bob.clone();
        async move { if n % 2 == 0 { bob.join(lobby).await } else { leave(&bob, lobby).await } }
    }))
    .await;
    let after = room(&bob, lobby).await;
    assert_eq!(after.members, i64::from(after.joined));

    bob.join(1).await;
    assert_problem(bob.post("/room/1/leave", &json!({})).await, 409, "cannot-leave-general").await;
    let general = room(&bob, 1).await;
    assert_eq!((general.joined, general.members), (true, 2));
}

#[tokio::test]
async fn joining_starts_after_the_newest_message_and_earlier_ones_are_history() {
    let server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    for n in 1..=3 {
        alice.say("lobby", &n.to_string()).await;
    }
    bob.join(lobby).await;
    assert_eq!(room(&bob, lobby).await.unread, 0);
    assert!(bob.poll("&wait=0").await.messages.is_empty());
    alice.say("lobby", "4").await;
    bob.join(lobby).await;
    assert_eq!(room(&bob, lobby).await.unread, 1, "joining again is a no-op");
    assert_eq!(texts(&bob.poll("&wait=0").await.messages), ["4"]);

    leave(&bob, lobby).await;
    alice.say("lobby", "5").await;
    assert!(bob.poll("&wait=0").await.messages.is_empty(), "a room that was left");
    bob.join(lobby).await;
    assert_eq!(room(&bob, lobby).await.unread, 0);
    alice.say("lobby", "6").await;
    assert_eq!(texts(&bob.poll("&wait=0").await.messages), ["6"]);
    let history = bob.get_json(&format!("/room/{lobby}/messages")).await;
    assert_eq!(history["messages"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn with_only_forward_a_read_position_never_moves_back() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    for n in 1..=5 {
        alice.say("lobby", &n.to_string()).await;
        alice.tell("bob", &n.to_string()).await;
    }
    let read = async |path: &str, seq: i64, only_forward: bool| {
        let response = bob.post(path, &json!({ "seq": seq, "only_forward": only_forward })).await;
        assert_eq!(response.status(), 204);
    };
    let room_path = format!("/room/{lobby}/read");
    for (seq, only_forward, unread) in [
        (3, true, 2),
        (1, true, 2),
        (3, true, 2),
        (4, true, 1),
        (0, false, 5),
        (2, true, 3),
        (99, true, 0),
        (1, true, 0),
    ] {
        read(&room_path, seq, only_forward).await;
        read("/direct/alice/read", seq, only_forward).await;
        assert_eq!((bob.unread("lobby").await, bob.unread("@alice").await), (unread, unread), "{seq} {only_forward}");
    }
    server.restart().await;
    assert_eq!((bob.unread("lobby").await, bob.unread("@alice").await), (0, 0));
    leave(&bob, lobby).await;
    let response = bob.post(&room_path, &json!({ "seq": 1, "only_forward": true })).await;
    assert_problem(response, 409, "not-joined").await;
}

#[tokio::test]
async fn a_read_position_moves_forward_and_back_and_survives_a_restart() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    for n in 1..=5 {
        alice.say("lobby", &n.to_string()).await;
    }
    for (seq, unread) in [(3, 2), (5, 0), (1, 4), (0, 5), (99, 0), (i64::MAX, 0), (4, 1)] {
        let response = read(&bob, lobby, seq).await;
        assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (204, ""));
        assert_eq!((room(&bob, lobby).await.unread, bob.unread("lobby").await), (unread, unread), "read up to {seq}");
    }
    assert_eq!(texts(&bob.connect_again().await.connected.messages), ["5"]);
    assert_eq!(alice.unread("lobby").await, 0, "each user has their own position");
    server.restart().await;
    assert_eq!(bob.unread("lobby").await, 1);

    alice.say("lobby", "6").await;
    assert_eq!(bob.unread("lobby").await, 2, "a seq beyond the newest means the newest at that time");
    for bad in [json!(-1), json!("1"), json!(1.5), json!(null)] {
        let response = bob.post(&format!("/room/{lobby}/read"), &json!({ "seq": bad })).await;
        assert_problem(response, 400, "bad-input").await;
    }
    leave(&bob, lobby).await;
    assert_problem(read(&bob, lobby, 1).await, 409, "not-joined").await;
    assert_eq!(bob.unread("lobby").await, 0);
}

#[tokio::test]
async fn messages_from_before_joining_are_delivered_if_set_back_to_unread() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    for n in 1..=3 {
        alice.say("lobby", &n.to_string()).await;
    }
    bob.join(lobby).await;
    assert_eq!(read(&bob, lobby, 1).await.status(), 204);
    for _ in 0..2 {
        assert_eq!(room(&bob, lobby).await.unread, 2);
        let back = bob.connect_again().await.connected;
        assert_eq!(texts(&back.messages), ["2", "3"], "unread messages are delivered");
        assert_eq!(back.rooms[1].unread, 2);
        server.restart().await;
    }
}
