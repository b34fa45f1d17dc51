//! `/status`, `/users` and `/health`.

use linger_api::{ConversationStatus, Status, UserPresence};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, User, assert_problem, texts};

async fn status(user: &User, query: &str) -> Status {
    serde_json::from_value(user.get_json(&format!("/status{query}")).await).unwrap()
}

async fn conversation(user: &User, query: &str) -> ConversationStatus {
    let [one] = status(user, query).await.conversations.try_into().unwrap();
    one
}

/// Returns a list of users as `(name, online)`.
async fn users(user: &User, query: &str) -> Vec<(String, bool)> {
    let users: Vec<UserPresence> = serde_json::from_value(user.get_json(&format!("/users{query}")).await).unwrap();
    assert!(users.is_sorted_by_key(|user| user.id));
    users.into_iter().map(|user| (user.name, user.online)).collect()
}

#[tokio::test]
async fn the_status_has_the_user_the_server_and_every_conversations_counts() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let lobby = bob.create_room_with(&json!({ "name": "lobby", "title": "The lobby" })).await;
    bob.create_room("not-alices").await;
    alice.join(lobby).await;
    bob.say("lobby", "1").await;
    let first = bob.tell("alice", "1").await;
    let mut seen = alice.get_json("/status").await;
    let started_at = seen["server"]["started_at"].take();
    assert!(started_at.as_str().unwrap() < first.sent_at.as_str());
    assert_eq!(started_at.as_str().unwrap().len(), first.sent_at.len());
    let room = |mut of: Value| {
        let everywhere = json!({ "topic": "", "private": false, "archived": false, "posting": "everyone", "joined": true, "role": "member", "last_read": 0 });
        of.as_object_mut().unwrap().extend(everywhere.as_object().unwrap().clone());
        of
    };
    assert_eq!(
        seen,
        json!({
            "user": { "id": alice.id, "name": "alice", "guest": true },
            "server": { "version": linger_server::VERSION, "started_at": null },
            "users_online": 2,
            "conversations": [
                room(json!({ "room_id": 1, "room": "general", "newest": 0, "unread": 0 })),
                room(json!({ "room_id": lobby, "room": "lobby", "title": "The lobby", "newest": 1, "unread": 1 })),
                { "with": "bob", "joined": true, "newest": 1, "last_read": 0, "unread": 1 },
            ],
        })
    );
    server.restart().await;
    let again = status(&server.account("carol", "carol's password").await, "").await;
    assert!(!again.user.guest);
    assert!(again.server.started_at > first.sent_at, "a later start");
}

#[tokio::test]
async fn the_status_can_be_limited_to_a_room_or_a_direct_conversation() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.create_room("lobby").await;
    for n in 1..=3 {
        bob.say("lobby", &n.to_string()).await;
        bob.say("general", &n.to_string()).await;
    }
    bob.tell("alice", "psst").await;
    let general = conversation(&alice, "?room=General").await;
    assert_eq!(
        (general.room.as_deref(), general.newest, general.last_read, general.unread),
        (Some("general"), 3, 0, 3)
    );
    let direct = conversation(&alice, "?direct=BOB").await;
    assert_eq!((direct.with.as_deref(), direct.newest, direct.unread), (Some("bob"), 1, 1));
    let not_joined = conversation(&alice, "?room=lobby").await;
    assert_eq!((not_joined.newest, not_joined.unread), (3, 0), "all of it is history");
    server.guest("carol").await;
    let not_begun = conversation(&alice, "?direct=carol").await;
    assert_eq!((not_begun.with.as_deref(), not_begun.newest, not_begun.unread), (Some("carol"), 0, 0));

    for unknown in ["?room=nowhere", "?direct=nobody"] {
        assert_problem(alice.get(&format!("/status{unknown}")).await, 404, "not-found").await;
    }
    for bad in ["?room=general&direct=bob", "?direct=alice", "?room=", "?direct=b%20b", "?room=a&room=b"] {
        assert_problem(alice.get(&format!("/status{bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn the_status_has_the_latest_messages_on_request_and_marks_none_as_read() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    for n in 1..=5 {
        bob.say("general", &n.to_string()).await;
    }
    bob.tell("alice", "psst").await;
    let all = status(&alice, "?latest=2").await.conversations;
    let shown: Vec<_> = all.iter().map(|one| texts(one.messages.as_ref().unwrap())).collect();
    assert_eq!(shown, [vec!["4", "5"], vec!["psst"]]);
    assert_eq!(conversation(&alice, "?direct=bob&latest=100").await.messages.unwrap().len(), 1);
    assert_eq!(conversation(&alice, "?room=general&latest=0").await.messages, Some(vec![]));
    assert_eq!(conversation(&alice, "?room=general").await.messages, None, "none unless requested");
    assert_eq!(alice.unread("general").await, 5);
    for bad in ["-1", "101", "x", ""] {
        assert_problem(alice.get(&format!("/status?latest={bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn users_are_listed_by_id_in_pages() {
    let server = TestServer::start().await;
    let mut all = Vec::new();
    for name in ["dave", "carol", "bob", "alice"] {
        all.push(server.guest(name).await);
    }
    let (dave, bob) = (&all[0], &all[2]);
    let listed = dave.get_json("/users?limit=1").await;
    assert_eq!(
        listed,
        json!([{ "id": dave.id, "name": "dave", "online": true, "role": "member", "bot": false, "disabled": false, "guest": true }])
    );
    let names = async |query: String| users(dave, &query).await.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(String::new()).await, ["dave", "carol", "bob", "alice"]);
    for filter in ["", "&online=true"] {
        assert_eq!(names(format!("?limit=2{filter}")).await, ["dave", "carol"]);
        assert_eq!(names(format!("?after={}&limit=1{filter}", dave.id)).await, ["carol"]);
        assert_eq!(names(format!("?after={}&limit=9999{filter}", bob.id)).await, ["alice"]);
        assert!(names(format!("?after={}{filter}", i64::MAX)).await.is_empty());
    }
    for bad in ["limit=0", "limit=-1", "after=x", "online=perhaps", "online="] {
        assert_problem(dave.get(&format!("/users?{bad}")).await, 400, "bad-input").await;
    }
}

#[tokio::test]
async fn a_user_without_a_recent_call_is_not_online() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let entry = |name: &str, online| (name.to_owned(), online);
    assert_eq!(users(&bob, "").await, [entry("alice", true), entry("bob", true)]);
    // After a restart no user has called yet.
    server.restart().await;
    assert_eq!(users(&bob, "").await, [entry("alice", false), entry("bob", true)]);
    assert_eq!(users(&bob, "?online=true").await, [entry("bob", true)]);
    assert_eq!(status(&bob, "").await.users_online, 1);
    assert_eq!(alice.get("/rooms").await.status(), 200, "any call makes the user online");
    assert_eq!(users(&bob, "?online=true").await, [entry("alice", true), entry("bob", true)]);
    assert_eq!(status(&bob, "").await.users_online, 2);
}

#[tokio::test]
async fn health_needs_no_token_and_ignores_a_bad_one() {
    let server = TestServer::start().await;
    let bare = Client::new().get(server.url("/health"));
    for request in [bare.try_clone().unwrap(), bare.bearer_auth("forged")] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let health: Value = response.json().await.unwrap();
        let expected = json!({ "status": "ok", "version": linger_server::VERSION, "database": "ok" });
        assert_eq!(health, expected);
    }
}
