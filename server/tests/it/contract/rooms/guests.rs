//! What guests see: the rooms of their invitation and those they are in, and the users there.

use serde_json::{Value, json};

use crate::contract::door::admin;
use crate::harness::{TestServer, User, assert_problem, database};

async fn names(user: &User, path: &str) -> Vec<String> {
    let listed: Value = user.get_json(path).await;
    listed.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_guest_by_invitation_sees_its_rooms_and_the_users_there() {
    let mut server = TestServer::start().await;
    let (alice, visitor) = (server.guest("alice").await, server.guest("visitor").await);
    let bob = server.account("bob", "bob's password").await;
    let ops = alice.create_room("ops").await;
    let lobby = bob.create_room("lobby").await;
    // As an invitation to one room leaves it.
    for sql in [
        format!("insert into guest_rooms (user_id, room_id) values ({}, {ops})", visitor.id),
        format!("delete from memberships where user_id = {}", visitor.id),
    ] {
        database::execute(&server.database_url(), &sql).await;
    }
    server.restart().await;
    let (alice, bob, visitor) = (alice.on_new_connections(), bob.on_new_connections(), visitor.on_new_connections());
    assert_eq!(names(&visitor, "/rooms").await, ["ops"]);
    assert_eq!(names(&visitor, "/rooms?name=lobby").await, [""; 0]);
    assert_eq!(names(&visitor, "/rooms?prefix=l").await, [""; 0]);
    assert_eq!(names(&visitor, "/users").await, ["visitor"]);
    assert_eq!(names(&visitor, "/users?prefix=a").await, [""; 0]);
    for room in [1, lobby, 99] {
        for path in ["", "/messages", "/members", "/subscribe?wait=0"] {
            assert_problem(visitor.get(&format!("/room/{room}{path}")).await, 404, "not-found").await;
        }
        assert_problem(visitor.post(&format!("/room/{room}/join"), &json!({})).await, 404, "not-found").await;
    }
    assert_problem(visitor.post("/send", &json!({ "text": "hi" })).await, 404, "not-found").await;
    assert_problem(visitor.get(&format!("/room/{ops}/members")).await, 403, "forbidden").await;
    visitor.join(ops).await;
    visitor.say("ops", "hi").await;
    for path in ["/users", "/users?online=true", "/users?names=alice,bob,visitor"] {
        assert!(
            alice.get("/users").await.status() == 200 && bob.get("/users").await.status() == 200,
            "they are online"
        );
        assert_eq!(names(&visitor, path).await, ["alice", "visitor"], "{path}");
    }
    assert_eq!(names(&visitor, &format!("/room/{ops}/members")).await, ["alice", "visitor"]);

    assert_eq!(bob.set_member(lobby, "visitor", "member").await.status(), 204);
    assert_eq!(names(&visitor, "/rooms").await, ["ops", "lobby"]);
    assert_eq!(names(&visitor, "/users").await, ["alice", "visitor", "bob"]);
    let held = tokio::spawn({
        let visitor = visitor.clone();
        async move { visitor.get(&format!("/room/{lobby}/subscribe?wait=50")).await }
    });
    assert_eq!(bob.remove_member(lobby, "visitor").await.status(), 204);
    assert_problem(held.await.unwrap(), 404, "not-found").await;
    assert_eq!(names(&visitor, "/rooms").await, ["ops"]);
}

#[tokio::test]
async fn a_guest_without_an_invitation_sees_every_public_room() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    alice.create_room_with(&json!({ "name": "board", "private": true })).await;
    assert_eq!(names(&bob, "/rooms").await, ["general", "lobby"]);
    assert_eq!(names(&bob, "/users").await, ["alice", "bob"]);
    assert_problem(bob.get(&format!("/room/{lobby}/members")).await, 403, "forbidden").await;
    bob.join(lobby).await;
    assert_eq!(names(&bob, &format!("/room/{lobby}/members")).await, ["alice", "bob"]);
}

#[tokio::test]
async fn a_poll_after_a_restart_names_no_room_outside_the_guests_invitation() {
    let mut server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    alice.create_room("ops").await;
    let lobby = alice.create_room("lobby").await;
    let invite = json!({ "guest": true, "rooms": ["ops"] });
    let invite: Value = alice.post("/invites", &invite).await.json().await.unwrap();
    let mut visitor = User::connect(&server, &json!({ "username": "visitor", "code": invite["code"] })).await;
    assert_eq!(alice.set_member(lobby, "visitor", "member").await.status(), 204);
    while visitor.poll("&wait=0&changes=true").await.more {}
    assert!(server.stop().await.success());
    server.start_again().await;
    assert_eq!(alice.remove_member(lobby, "visitor").await.status(), 204);
    let told = visitor.get_json(&format!("/poll?wait=0&changes=true&cursor={}", visitor.cursor)).await;
    let left = told["conversations"].as_array().unwrap().iter().find(|state| state["room_id"] == lobby);
    assert_eq!(*left.unwrap(), json!({ "room_id": lobby, "joined": false }));
}

#[tokio::test]
async fn a_guest_by_invitation_who_becomes_an_account_sees_everything_at_once() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    alice.create_room("ops").await;
    let lobby = alice.create_room("lobby").await;
    let invite = json!({ "guest": true, "rooms": ["ops"] });
    let invite: Value = alice.post("/invites", &invite).await.json().await.unwrap();
    let visitor = User::connect(&server, &json!({ "username": "visitor", "code": invite["code"] })).await;
    let bob = server.account("bob", "bob's password").await;
    assert_eq!(names(&visitor, "/rooms").await, ["ops"]);
    assert_problem(visitor.get("/users/bob").await, 404, "not-found").await;
    // Nor can the guest find out who there is.
    let group = json!({ "private": true, "members": ["alice", "bob", "nobody"] });
    let refused = assert_problem(visitor.post("/rooms", &group).await, 400, "bad-input").await;
    assert_eq!(refused["detail"], "There are no users named bob, nobody.");
    let mine = visitor.create_room("mine").await;
    assert_problem(visitor.set_member(mine, "bob", "member").await, 404, "not-found").await;
    assert_problem(visitor.remove_member(mine, "bob").await, 404, "not-found").await;
    let private = json!({ "recipient_id": bob.id, "text": "Who are you?" });
    assert_problem(visitor.post("/send-private", &private).await, 404, "not-found").await;
    assert_problem(visitor.post("/direct/bob/messages", &json!({ "text": "hi" })).await, 404, "not-found").await;
    for path in ["/direct/bob/messages", "/direct/bob/messages/1", "/status?direct=bob"] {
        assert_problem(visitor.get(path).await, 404, "not-found").await;
    }
    assert_eq!(visitor.post("/direct/alice/messages", &json!({ "text": "hi" })).await.status(), 201);
    // The guest knows a user who has written first.
    assert_eq!(bob.post("/direct/visitor/messages", &json!({ "text": "hi" })).await.status(), 201);
    assert_eq!(visitor.post("/direct/bob/messages", &json!({ "text": "hi" })).await.status(), 201);

    let password = visitor.request(reqwest::Method::PUT, "/me/password").json(&json!({ "new": "a good password" }));
    assert_eq!(password.send().await.unwrap().status(), 204);
    assert_eq!(names(&visitor, "/rooms").await, ["general", "ops", "lobby", "mine"]);
    assert_eq!(names(&visitor, "/users").await, ["alice", "visitor", "bob"]);
    assert_eq!(visitor.get_json("/users/bob").await["name"], "bob");
    assert_eq!(names(&visitor, &format!("/room/{lobby}/members")).await, ["alice"]);
}
