//! Creating rooms with more than a name, and changing them.

use linger_api::{Polled, Room};
use reqwest::Method;
use serde_json::{Value, json};

use super::make_admin;
use crate::harness::{TestServer, User, assert_problem};

async fn change(user: &User, room: i64, body: Value) -> Room {
    let response = user.change_room(room, &body).await;
    assert_eq!(response.status(), 200, "{body}");
    let changed: Room = response.json().await.unwrap();
    assert_eq!(changed, serde_json::from_value(user.get_json(&format!("/room/{room}")).await).unwrap());
    changed
}

#[tokio::test]
async fn a_room_is_created_with_title_topic_and_members() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    let body = json!({
        "name": "Board", "private": true, "title": " Cafe\u{301} ", "topic": "Minutes", "members": ["bob", "Bob", "alice"],
    });
    let board = alice.create_room_with(&body).await;
    let seen: Room = serde_json::from_value(bob.get_json(&format!("/room/{board}")).await).unwrap();
    assert_eq!((seen.name.as_str(), seen.title.as_deref(), seen.topic.as_str()), ("board", Some("Café"), "Minutes"));
    assert_eq!((seen.private, seen.joined, seen.members), (true, true, 2));
    assert_eq!(seen.role, Some(linger_api::RoomRole::Member));
    assert_problem(carol.get(&format!("/room/{board}")).await, 404, "not-found").await;

    let group = alice.create_room_with(&json!({ "private": true, "members": ["bob", "carol"] })).await;
    let seen: Room = serde_json::from_value(carol.get_json(&format!("/room/{group}")).await).unwrap();
    assert_eq!(seen.title.as_deref(), Some("alice, bob, carol"));
    assert!(seen.name.starts_with("group-"), "{seen:?}");
    bob.say(&seen.name, "hi").await;
    assert_ne!(alice.create_room_with(&json!({ "private": true })).await, group);
}

#[tokio::test]
async fn wrong_input_is_400_and_named() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let lobby = alice.create_room("lobby").await;
    let (title, topic) = ("x".repeat(65), "x".repeat(257));
    let many: Vec<_> = (0..101).map(|n| format!("user-{n}")).collect();
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "private": false }), "name"),
        (json!({ "name": null, "private": true }), "name"),
        (json!({ "name": "a", "private": null }), "private"),
        (json!({ "name": "a", "title": "" }), "title"),
        (json!({ "name": "a", "title": title }), "title"),
        (json!({ "name": "a", "title": "\u{202e}x" }), "title"),
        (json!({ "name": "a", "topic": topic }), "topic"),
        (json!({ "name": "a", "topic": "x\ny" }), "topic"),
        (json!({ "name": "a", "members": "bob" }), "members"),
        (json!({ "name": "a", "members": ["!"] }), "members"),
        (json!({ "name": "a", "members": ["nobody", "alice", "no-one"] }), "members"),
        (json!({ "name": "a", "members": many }), "members"),
        (json!({ "name": "a", "archived": true }), "archived"),
    ] {
        let problem = assert_problem(alice.post("/rooms", &body).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
    let problem = alice.post("/rooms", &json!({ "name": "a", "members": ["nobody", "no-one"] })).await;
    let problem = assert_problem(problem, 400, "bad-input").await;
    assert_eq!(problem["detail"], "There are no users named no-one, nobody.");
    for (body, field) in [
        (json!({ "title": "" }), "title"),
        (json!({ "title": title }), "title"),
        (json!({ "topic": topic }), "topic"),
        (json!({ "topic": null }), "topic"),
        (json!({ "private": "yes" }), "private"),
        (json!({ "posting": "all" }), "posting"),
        (json!({ "name": "other" }), "name"),
        (json!({ "retention_days": 7 }), "retention_days"),
    ] {
        let problem = assert_problem(alice.change_room(lobby, &body).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
    }
}

#[tokio::test]
async fn owners_and_admins_change_a_room_field_by_field() {
    let server = TestServer::start().await;
    let (alice, bob, carol) = (server.guest("alice").await, server.guest("bob").await, server.guest("carol").await);
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    make_admin(&server, &carol).await;
    assert_problem(bob.change_room(lobby, &json!({ "title": "Mine" })).await, 403, "forbidden").await;
    assert_eq!(change(&alice, lobby, json!({ "title": "The lobby" })).await.title.as_deref(), Some("The lobby"));
    let changed = change(&carol, lobby, json!({ "topic": "Tea", "posting": "members" })).await;
    assert_eq!((changed.title.as_deref(), changed.topic.as_str()), (Some("The lobby"), "Tea"));
    assert_eq!(changed.posting, linger_api::Posting::Members);
    let changed = change(&alice, lobby, json!({ "title": null, "topic": "", "posting": "everyone" })).await;
    assert_eq!((changed.title, changed.topic.as_str()), (None, ""));
    assert_eq!(change(&alice, lobby, json!({})).await.name, "lobby");

    assert_problem(alice.change_room(1, &json!({ "title": "Mine" })).await, 403, "forbidden").await;
    assert_eq!(change(&carol, 1, json!({ "title": "All" })).await.title.as_deref(), Some("All"));
    for field in ["private", "archived"] {
        let problem = assert_problem(carol.change_room(1, &json!({ field: true })).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
}

#[tokio::test]
async fn archived_rooms_are_listed_apart_and_a_name_picks_one() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    alice.create_room_with(&json!({ "name": "board", "private": true })).await;
    change(&alice, lobby, json!({ "archived": true })).await;
    let names = async |user: &User, query: &str| {
        let rooms: Vec<Room> = serde_json::from_value(user.get_json(&format!("/rooms{query}")).await).unwrap();
        rooms.into_iter().map(|room| room.name).collect::<Vec<_>>()
    };
    for (query, alices, bobs) in [
        ("", &["general", "board"][..], &["general"][..]),
        ("?archived=false", &["general", "board"], &["general"]),
        ("?archived=true", &["lobby"], &["lobby"]),
        ("?name=lobby", &["lobby"], &["lobby"]),
        ("?name=LOBBY", &["lobby"], &["lobby"]),
        ("?name=board", &["board"], &[]),
        ("?name=nothing", &[], &[]),
    ] {
        assert_eq!(names(&alice, query).await, alices, "{query}");
        assert_eq!(names(&bob, query).await, bobs, "{query}");
    }
    for bad in ["archived=x", "name=!", "name="] {
        assert_problem(alice.get(&format!("/rooms?{bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn a_repeated_creation_is_the_same_room_only_for_the_same_wish() {
    let server = TestServer::start().await;
    let (alice, _bob) = (server.guest("alice").await, server.guest("bob").await);
    let create = async |key: &str, body: Value| {
        alice.request(Method::POST, "/rooms").header("Idempotency-Key", key).json(&body).send().await.unwrap()
    };
    let wish = json!({ "private": true, "members": ["bob"] });
    let first: Room = create("k", wish.clone()).await.json().await.unwrap();
    let again: Room = create("k", wish).await.json().await.unwrap();
    assert_eq!(first, again);
    for other in [json!({ "private": true }), json!({ "name": "a" }), json!({ "private": true, "title": "bob" })] {
        assert_problem(create("k", other).await, 422, "idempotency-key-reused").await;
    }
}

#[tokio::test]
async fn members_are_told_what_changes_about_a_room_and_their_role() {
    let mut server = TestServer::start().await;
    let (alice, mut bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    bob.poll("&wait=0&changes=true").await;
    bob.poll("&wait=0&changes=true").await;
    let before = bob.clone();
    let told = |polled: &Polled| serde_json::to_value(polled.conversations.as_ref().unwrap()).unwrap();
    let mut expected = json!({
        "room_id": lobby, "room": "lobby", "topic": "Tea", "private": false, "archived": false,
        "posting": "everyone", "joined": true, "role": "member", "newest": 0, "last_read": 0, "unread": 0,
    });
    change(&alice, lobby, json!({ "topic": "Tea" })).await;
    assert_eq!(told(&bob.poll("&wait=50&changes=true").await), json!([expected]));
    assert_eq!(alice.set_member(lobby, "bob", "reader").await.status(), 204);
    expected["role"] = json!("reader");
    assert_eq!(told(&bob.poll("&wait=50&changes=true").await), json!([expected]));
    change(&alice, lobby, json!({ "private": true, "title": "Lobby" })).await;
    change(&alice, lobby, json!({ "archived": true, "posting": "owners" })).await;
    expected = json!({
        "room_id": lobby, "room": "lobby", "title": "Lobby", "topic": "Tea", "private": true, "archived": true,
        "posting": "owners", "joined": true, "role": "reader", "newest": 0, "last_read": 0, "unread": 0,
    });
    assert_eq!(told(&bob.poll("&wait=50&changes=true").await), json!([expected]));
    assert_eq!(told(&before.peek("&wait=0&changes=true").await), json!([expected]), "once, and as it is now");
    server.restart().await;
    let before = before.on_new_connections();
    let all = told(&before.peek("&wait=0&changes=true").await);
    assert!(all.as_array().unwrap().contains(&expected), "{all}");
}

#[tokio::test]
async fn an_answer_with_the_states_of_many_rooms_has_the_size_of_a_page() {
    let limits = ["CHANGES_PER_MINUTE", "ROOMS_PER_USER"].map(|limit| format!("ROCKET_CHAT__LIMITS__{limit}"));
    let server = TestServer::start_with(&[(&limits[0], "0"), (&limits[1], "0")]).await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let (title, topic) = ("\u{1d11e}".repeat(64), "\u{1d11e}".repeat(256));
    for _ in 0..170 {
        alice.create_room_with(&json!({ "private": true, "title": title, "topic": topic })).await;
    }
    for _ in 0..60 {
        bob.say("general", &"x".repeat(4000)).await;
    }
    let (mut rooms, mut messages) = (std::collections::BTreeSet::new(), 0);
    loop {
        let answer = alice.get(&format!("/poll?cursor={}&wait=0&limit=500&changes=true", alice.cursor)).await;
        let body = answer.bytes().await.unwrap();
        assert!(body.len() <= 256 * 1024 + 1024, "{} bytes", body.len());
        let polled: Polled = serde_json::from_slice(&body).unwrap();
        messages += polled.messages.len();
        rooms.extend(polled.conversations.unwrap().into_iter().filter_map(|state| state.room_id));
        alice.cursor = polled.cursor;
        if !polled.more {
            break;
        }
    }
    assert_eq!((rooms.len(), messages), (171, 60));
}
