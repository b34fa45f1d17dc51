//! Private rooms: to everyone outside, each is like a room that does not exist.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::make_admin;
use crate::harness::{TestServer, User, assert_problem};

/// Every call and parameter that names a room, as (method, path, body). `ID` and `NAME` stand for the room's.
const CALLS: [(&str, &str, &str); 22] = [
    ("GET", "/room/ID", ""),
    ("PATCH", "/room/ID", r#"{"title":"x"}"#),
    ("GET", "/room/ID/members", ""),
    ("PUT", "/room/ID/members/alice", r#"{"role":"member"}"#),
    ("PUT", "/room/ID/members/bob", r#"{"role":"member"}"#),
    ("DELETE", "/room/ID/members/alice", ""),
    ("DELETE", "/room/ID/members/bob", ""),
    ("POST", "/room/ID/join", ""),
    ("POST", "/room/ID/leave", ""),
    ("GET", "/room/ID/messages", ""),
    ("POST", "/room/ID/messages", r#"{"text":"x"}"#),
    ("POST", "/room/ID/read", r#"{"seq":1}"#),
    ("GET", "/room/ID/subscribe?wait=0", ""),
    ("GET", "/room/ID/messages/1", ""),
    ("PATCH", "/room/ID/messages/1", r#"{"text":"x"}"#),
    ("GET", "/room/ID/messages/1/reactions", ""),
    ("PUT", "/room/ID/messages/1/reactions/%F0%9F%91%8D", ""),
    ("DELETE", "/room/ID/messages/1/reactions/%F0%9F%91%8D", ""),
    ("DELETE", "/room/ID/messages/1", ""),
    ("POST", "/send", r#"{"text":"x","room":"NAME"}"#),
    ("POST", "/send", r#"{"text":"x","room_id":ID}"#),
    ("GET", "/status?room=NAME", ""),
];

async fn call(user: &User, (method, path, body): (&str, &str, &str), id: i64, name: &str) -> Response {
    let fill = |text: &str| text.replace("ID", &id.to_string()).replace("NAME", name);
    let request = user.request(method.parse().unwrap(), &fill(path));
    let request =
        if body.is_empty() { request } else { request.json(&serde_json::from_str::<Value>(&fill(body)).unwrap()) };
    request.send().await.unwrap()
}

/// Returns what tells answers apart: everything but the time, the request's id and the connection.
async fn essence(response: Response) -> (u16, Vec<(String, String)>, String) {
    let status = response.status().as_u16();
    let vary = ["date", "x-request-id"];
    let headers = response.headers().iter().filter(|(name, _)| !vary.contains(&name.as_str()));
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    headers.sort_unstable();
    (status, headers, response.text().await.unwrap())
}

#[tokio::test]
async fn to_everyone_outside_a_private_room_is_like_one_that_does_not_exist() {
    let server = TestServer::start().await;
    let (alice, bob, admin) = (server.guest("alice").await, server.guest("bob").await, server.guest("admin").await);
    let (banned, removed) = (server.guest("banned").await, server.guest("removed").await);
    make_admin(&server, &admin).await;
    let board = alice.create_room_with(&json!({ "name": "board", "private": true, "members": ["removed"] })).await;
    alice.say("board", "secret").await;
    removed.say("board", "mine").await;
    assert_eq!(alice.remove_member(board, "removed").await.status(), 204);
    assert_eq!(alice.set_member(board, "banned", "banned").await.status(), 204);
    for user in [&bob, &admin, &banned, &removed] {
        for a_call in CALLS {
            let (hidden, unknown) =
                (call(user, a_call, board, "board").await, call(user, a_call, 9999, "nothing").await);
            let (hidden, unknown) = (essence(hidden).await, essence(unknown).await);
            assert_eq!(hidden, unknown, "{} {a_call:?}", user.name);
            assert_eq!(hidden.0, 404, "{} {a_call:?}", user.name);
        }
        // The shape of a request is judged the same way, too.
        for wrong in [("PATCH", "/room/ID", r#"{"title":""}"#), ("PUT", "/room/ID/members/bob", r#"{"role":"x"}"#)] {
            let (hidden, unknown) = (call(user, wrong, board, "board").await, call(user, wrong, 9999, "nothing").await);
            assert_eq!(essence(hidden).await, essence(unknown).await, "{} {wrong:?}", user.name);
        }
        let everywhere = ["/rooms", "/rooms?archived=true", "/status", "/direct", "/poll?wait=0&changes=true"];
        for path in everywhere {
            let answer = user.get(path).await.text().await.unwrap();
            assert!(!answer.contains("board") && !answer.contains("secret"), "{} {path}: {answer}", user.name);
        }
        let connected = user.post("/connect", &json!({})).await.text().await.unwrap();
        assert!(!connected.contains("board"), "{connected}");
    }
    // The calls would succeed, or fail for another reason, for a member.
    for a_call in CALLS {
        let path = a_call.1;
        if path.ends_with("/members/alice") || path.ends_with("/leave") {
            continue;
        }
        let status = call(&alice, a_call, board, "board").await.status().as_u16();
        assert!((200..300).contains(&status), "{a_call:?}: {status}");
    }
    assert_problem(bob.post("/rooms", &json!({ "name": "board" })).await, 409, "name-taken").await;
}

#[tokio::test]
async fn an_admin_enters_a_private_room_in_sight_of_its_members_and_does_nothing_else_there() {
    let server = TestServer::start().await;
    let (mut alice, admin, bob) = (server.guest("alice").await, server.guest("admin").await, server.guest("bob").await);
    make_admin(&server, &admin).await;
    let board = alice.create_room_with(&json!({ "name": "board", "private": true })).await;
    alice.poll("&wait=0&changes=true").await;
    alice.poll("&wait=0&changes=true").await;
    assert_problem(bob.set_member(board, "bob", "owner").await, 404, "not-found").await;
    assert_problem(admin.set_member(board, "admin", "banned").await, 404, "not-found").await;
    assert_problem(admin.remove_member(board, "admin").await, 404, "not-found").await;
    assert_eq!(admin.set_member(board, "admin", "reader").await.status(), 204);
    let told = alice.poll("&wait=50&changes=true").await.conversations.unwrap();
    assert_eq!(told[0].room_id, Some(board), "{told:?}");
    assert_eq!(alice.get_json(&format!("/room/{board}")).await["members"], 2);
    let change = admin.change_room(board, &json!({ "title": "Seen" })).await;
    assert_eq!(change.status(), 200, "within, an admin acts as an owner");
    assert_eq!(admin.get(&format!("/room/{board}/messages")).await.status(), 200);
}

#[tokio::test]
async fn a_room_that_becomes_public_shows_its_history_and_can_be_joined() {
    let server = TestServer::start().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let board = alice.create_room_with(&json!({ "name": "board", "private": true })).await;
    alice.say("board", "one").await;
    assert_eq!(alice.change_room(board, &json!({ "private": false })).await.status(), 200);
    let path = format!("/room/{board}/messages");
    assert_eq!(bob.history(&path).await.len(), 1);
    bob.join(board).await;
    assert_eq!(alice.change_room(board, &json!({ "private": true })).await.status(), 200);
    assert_eq!(bob.history(&path).await.len(), 1, "a member stays");
    assert_eq!(bob.request(Method::POST, &format!("/room/{board}/leave")).send().await.unwrap().status(), 204);
    assert_problem(bob.get(&path).await, 404, "not-found").await;
}
