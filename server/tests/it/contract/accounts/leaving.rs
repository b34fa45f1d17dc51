//! Users who leave or are deleted, and what others see of them afterwards.

use linger_api::Polled;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::harness::{TestServer, User, assert_problem, database, until};

pub(crate) async fn delete(by: &User, path: &str, body: &Value) -> Response {
    by.request(Method::DELETE, path).json(body).send().await.unwrap()
}

/// Two users who have talked in general, in a room and in private, and reacted to each other.
pub(crate) async fn talk(server: &TestServer) -> (User, User, i64) {
    let alice = server.account("alice", "alice's password").await;
    let bob = server.account("bob", "bob's password").await;
    let lobby = alice.create_room("lobby").await;
    bob.join(lobby).await;
    alice.say("general", "alice's secret one").await;
    bob.say("general", "bob's one").await;
    alice.say("lobby", "alice's secret two").await;
    alice.tell("bob", "alice's secret three").await;
    bob.tell("alice", "bob's two").await;
    for (user, seq) in [(&alice, 2), (&bob, 1), (&bob, 2)] {
        let path = format!("/room/1/messages/{seq}/reactions/%F0%9F%91%8D");
        assert_eq!(user.request(Method::PUT, &path).send().await.unwrap().status(), 204);
    }
    (alice, bob, lobby)
}

/// Returns everything that a user can read.
pub(crate) async fn everything(user: &User, lobby: i64, with: &str) -> String {
    let mut read = String::new();
    for path in [
        "/room/1/messages".to_owned(),
        format!("/room/{lobby}/messages"),
        format!("/direct/{with}/messages"),
        "/direct".to_owned(),
        "/rooms".to_owned(),
        "/users".to_owned(),
        "/status?latest=50".to_owned(),
        "/room/1/messages/2/reactions".to_owned(),
        format!("/poll?wait=0&mark_read=false&changes=true&cursor={}", user.cursor),
    ] {
        read += &user.get_json(&path).await.to_string();
    }
    read
}

#[tokio::test]
async fn kept_messages_are_from_a_name_without_meaning_everywhere_and_the_former_name_is_gone() {
    let mut server = TestServer::start().await;
    let (alice, bob, lobby) = talk(&server).await;
    let name = format!("deleted-{}", alice.id);
    let wrong = json!({ "password": "not the password", "messages": "keep" });
    assert_problem(delete(&alice, "/me", &wrong).await, 403, "wrong-credentials").await;
    assert_problem(delete(&alice, "/me", &json!({})).await, 400, "bad-input").await;
    let held = tokio::spawn({
        let alice = alice.clone();
        async move { alice.get(&format!("/poll?wait=50&cursor={}&mark_read=false", alice.cursor)).await }
    });
    assert_eq!(held.await.unwrap().status(), 200);
    assert_eq!(delete(&alice, "/me", &json!({ "password": "alice's password" })).await.status(), 204);
    assert_problem(alice.get("/me").await, 401, "unauthorized").await;
    for restarted in [false, true] {
        let read = everything(&bob.on_new_connections(), lobby, &name).await;
        // Only in texts.
        let names = read.replace("alice's", "");
        assert!(!names.contains("alice") && names.contains(&format!("\"from\":\"{name}\"")), "{names}");
        assert!(
            names.contains(&format!("\"to\":\"{name}\"")) && names.contains(&format!("\"with\":\"{name}\"")),
            "{names}"
        );
        assert!(names.contains(&format!("\"created_by\":\"{name}\"")), "{names}");
        assert!(names.contains(&format!("\"users\":[\"{name}\",\"bob\"]")), "{names}");
        for text in ["alice's secret one", "alice's secret two", "alice's secret three"] {
            assert!(read.contains(text), "{text}");
        }
        if !restarted {
            server.restart().await;
        }
    }
    let bob = bob.on_new_connections();
    for taken in ["alice", name.as_str(), "deleted-1"] {
        assert_problem(server.connect(&json!({ "username": taken })).await, 409, "name-taken").await;
        let body = json!({ "username": taken, "password": "a new password" });
        assert_problem(server.connect(&body).await, 401, "wrong-credentials").await;
    }
    for gone in ["alice", name.as_str()] {
        assert_problem(bob.get(&format!("/users/{gone}")).await, 404, "not-found").await;
        let sent = bob.post("/send-private", &json!({ "to": gone, "text": "hello?" })).await;
        assert_problem(sent, 404, "not-found").await;
    }
    let members = bob.get_json("/rooms").await;
    assert_eq!((&members[0]["members"], &members[1]["members"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn erased_messages_are_empty_and_clients_that_ask_for_changes_are_told_whatever_their_cursor() {
    for tail in ["64", "0"] {
        let server = TestServer::start_with(&[("ROCKET_CHAT__TAIL_MEBIBYTES", tail)]).await;
        let (alice, bob, lobby) = talk(&server).await;
        let name = format!("deleted-{}", alice.id);
        let behind = bob.clone();
        let mut level = bob.clone();
        while level.poll("&wait=0&changes=true").await.more {}
        let root = server.admin("root").await;
        while level.poll("&wait=0&changes=true").await.more {}
        let held = tokio::spawn({
            let level = level.clone();
            async move { level.peek("&wait=50&changes=true").await }
        });
        let plain = level.clone();
        for _ in 0..3 {
            bob.get("/health").await;
        }
        // Once the user is deleted, messages that a typo has kept can no longer be erased.
        let slip = delete(&root, "/users/alice?message=erase", &json!({})).await;
        let slip = assert_problem(slip, 400, "bad-input").await;
        assert!(slip["detail"].as_str().unwrap().contains("did you mean messages?"), "{slip}");
        assert_eq!(delete(&root, "/users/alice?messages=erase", &json!({})).await.status(), 204);
        let told: Polled = held.await.unwrap();
        let erased = |polled: &Polled| {
            let told = polled.conversations.iter().flatten().filter(|state| !state.erased.is_empty());
            let mut told: Vec<_> =
                told.map(|state| (state.room.clone(), state.with.clone(), state.erased.clone())).collect();
            told.sort();
            told
        };
        let room = |room: &str| (Some(room.to_owned()), None, vec![name.clone()]);
        let expected = [(None, Some(name.clone()), vec![name.clone()]), room("general"), room("lobby")];
        // The held request may be answered with the first of them.
        let mut all = erased(&told);
        level.cursor = told.cursor;
        while all.len() < expected.len() {
            all.extend(erased(&level.poll("&wait=50&changes=true").await));
        }
        all.sort();
        assert_eq!(all, expected, "tail of {tail}");
        assert_eq!(erased(&behind.peek("&wait=0&changes=true").await), expected, "tail of {tail}, behind");
        assert_eq!(
            plain.get(&format!("/poll?wait=0&cursor={}", plain.cursor)).await.json::<Value>().await.unwrap()["messages"],
            json!([])
        );
        let read = everything(&bob, lobby, &name).await;
        assert!(!read.contains("secret") && read.contains("bob's one") && read.contains("bob's two"), "{read}");
        assert!(!read.contains("\"users\":[\"alice") && read.contains("\"users\":[\"bob\"]"), "{read}");
        let message = bob.get_json("/room/1/messages/1").await;
        assert_eq!((&message["text"], &message["from"]), (&json!(""), &json!(name)));
        assert!(message["deleted_at"].is_string() && message["reactions"].is_null(), "{message}");
        let url = server.database_url();
        let left = "select count(*) from messages where text like '%secret%'";
        assert_eq!(database::count(&url, left).await, 0);
        assert_eq!(database::count(&url, "select count(*) from line_changes where author_id is not null").await, 3);
        if url.starts_with("sqlite:") {
            let folder = server.folder().join("var");
            let is_wiped = || {
                let files = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path());
                files.filter(|file| file.to_string_lossy().contains("linger.db")).all(|file| {
                    let bytes = std::fs::read(file).unwrap();
                    !bytes.windows(6).any(|window| window == b"secret")
                })
            };
            until("the texts leave the files", async || is_wiped()).await;
        }
    }
}

#[tokio::test]
async fn the_last_administrator_cannot_leave_and_only_administrators_delete_others() {
    let server = TestServer::start().await;
    let (root, bob) = (server.admin("root").await, server.account("bob", "bob's password").await);
    let guest = server.guest("gus").await;
    let own = json!({ "password": "an administrator's password" });
    assert_problem(delete(&root, "/me", &own).await, 409, "last-admin").await;
    assert_problem(delete(&root, "/users/root", &json!({})).await, 409, "last-admin").await;
    assert_eq!(root.get("/me").await.status(), 200);
    assert_problem(delete(&bob, "/users/gus", &json!({})).await, 403, "forbidden").await;
    assert_problem(delete(&root, "/users/nobody", &json!({})).await, 404, "not-found").await;
    assert_problem(delete(&root, "/users/bob?messages=burn", &json!({})).await, 400, "bad-input").await;
    assert_problem(
        delete(&bob, "/me", &json!({ "password": "bob's password", "messages": "burn" })).await,
        400,
        "bad-input",
    )
    .await;
    assert_eq!(delete(&guest, "/me", &json!({ "messages": "erase" })).await.status(), 204, "a guest has no password");
    assert_eq!(delete(&root, "/users/bob", &json!({})).await.status(), 204);
    assert_problem(delete(&root, "/users/bob", &json!({})).await, 404, "not-found").await;
    let users = root.get_json("/users").await;
    assert_eq!(users.as_array().unwrap().len(), 1, "{users}");
    assert!(
        server.shell(&["user", "delete", "root"]).await.stderr.starts_with(b"lingerd: This is the only administrator")
    );
}
