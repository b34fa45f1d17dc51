//! Sending to a room by name, and to a user by name or id.

use linger_api::Message;
use serde_json::{Value, json};

use crate::harness::{TestServer, assert_problem, texts};

/// Returns whether a text has the form `2026-11-21T10:00:00.123Z`.
fn is_timestamp(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00T00:00:00.000Z"
}

#[tokio::test]
async fn a_message_goes_to_the_named_room_or_else_to_general() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let lobby = alice.create_room("lobby").await;
    let bodies = [
        (json!({ "text": "hi" }), 1, "general", 1),
        (json!({ "text": "hi", "room": null }), 1, "general", 2),
        (json!({ "text": "hi", "room": "general" }), 1, "general", 3),
        (json!({ "text": "hi", "room": "Lobby" }), lobby, "lobby", 1),
        (json!({ "text": "hi", "room_id": lobby }), lobby, "lobby", 2),
        (json!({ "text": "hi", "room": "lobby", "room_id": lobby }), lobby, "lobby", 3),
    ];
    // Creating the room has taken the first place on the line.
    for (id, (body, room_id, room, seq)) in (2..).zip(bodies) {
        let response = alice.post("/send", &body).await;
        assert_eq!(response.status(), 201);
        let mut message: Value = response.json().await.unwrap();
        assert!(is_timestamp(message["sent_at"].take().as_str().unwrap()), "{message}");
        let expected = json!({
            "id": id, "seq": seq, "room_id": room_id, "room": room, "from": "alice", "text": "hi", "sent_at": null,
        });
        assert_eq!(message, expected);
    }
}

#[tokio::test]
async fn a_message_to_an_unknown_room_is_404_and_leaves_no_trace() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let nowhere = alice.post("/send", &json!({ "text": "hi", "room": "nowhere" })).await;
    let no_room = assert_problem(nowhere, 404, "not-found").await;
    let nowhere = alice.post("/room/99/messages", &json!({ "text": "hi" })).await;
    assert_eq!(assert_problem(nowhere, 404, "not-found").await, no_room);
    for bad in [json!(""), json!("no/where"), json!(1), json!(["general"])] {
        let response = alice.post("/send", &json!({ "text": "hi", "room": bad })).await;
        assert_problem(response, 400, "bad-input").await;
    }
    let next = alice.say("general", "hi").await;
    assert_eq!((next.id, next.seq), (1, 1));
    assert_eq!(alice.get_json("/rooms").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_direct_message_names_its_recipient_by_name_or_id() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let recipients =
        [json!({ "to": "bob" }), json!({ "to": "BOB", "recipient_id": null }), json!({ "recipient_id": bob.id })];
    for (n, mut body) in (1..).zip(recipients) {
        body["text"] = json!("psst");
        let response = alice.post("/send-private", &body).await;
        assert_eq!(response.status(), 201, "{body}");
        let mut message: Value = response.json().await.unwrap();
        assert!(is_timestamp(message["sent_at"].take().as_str().unwrap()));
        let expected = json!({ "id": n, "seq": n, "from": "alice", "to": "bob", "text": "psst", "sent_at": null });
        assert_eq!(message, expected);
    }
    let reply = bob.tell("alice", "yes?").await;
    assert_eq!((reply.seq, reply.to.as_deref()), (4, Some("alice")), "both users share one conversation");
    let seen = bob.history("/direct/alice/messages").await;
    assert_eq!(seen, alice.history("/direct/bob/messages").await);
    assert_eq!(texts(&seen), ["psst", "psst", "psst", "yes?"]);
}

#[tokio::test]
async fn a_direct_message_to_an_unknown_user_is_404_and_stores_nothing() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let mut answers = Vec::new();
    for recipient in [json!({ "to": "nobody" }), json!({ "recipient_id": 999 }), json!({ "recipient_id": -1 })] {
        let mut body = recipient;
        body["text"] = json!("is anybody there?");
        let response = alice.request(reqwest::Method::POST, "/send-private").header("Idempotency-Key", "k").json(&body);
        answers.push(assert_problem(response.send().await.unwrap(), 404, "not-found").await);
    }
    let response = alice.post("/direct/nobody/messages", &json!({ "text": "is anybody there?" })).await;
    answers.push(assert_problem(response, 404, "not-found").await);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "all answers are the same");

    assert_eq!(alice.get_json("/direct").await, json!([]));
    assert_eq!(alice.get_json("/users").await.as_array().unwrap().len(), 2);
    let body = json!({ "to": "bob", "text": "but you are" });
    let response = alice.request(reqwest::Method::POST, "/send-private").header("Idempotency-Key", "k").json(&body);
    let next: Message = response.send().await.unwrap().json().await.unwrap();
    assert_eq!((next.id, next.seq), (1, 1), "no id, seq or key was used up");
    assert_eq!(bob.history("/direct/alice/messages").await, [next]);
    assert_eq!(bob.create_room("next").await, 2);
}

#[tokio::test]
async fn a_direct_message_needs_exactly_one_recipient_other_than_the_sender() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let bad = [
        json!({ "to": "alice" }),
        json!({ "to": "Alice" }),
        json!({ "recipient_id": alice.id }),
        json!({}),
        json!({ "to": "bob", "recipient_id": bob.id }),
        json!({ "to": "alice", "recipient_id": bob.id }),
        json!({ "to": "" }),
        json!({ "to": "b b" }),
        json!({ "to": 2 }),
        json!({ "recipient_id": "2" }),
        json!({ "recipient_id": 2.5 }),
    ];
    for mut body in bad {
        body["text"] = json!("hi");
        assert_problem(alice.post("/send-private", &body).await, 400, "bad-input").await;
    }
    let to_self = alice.post("/direct/alice/messages", &json!({ "text": "hi" })).await;
    assert_problem(to_self, 400, "bad-input").await;
    assert_eq!(alice.get_json("/direct").await, json!([]));
}
