//! The user's own account: display name, password and sessions.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Client, TestServer, User, assert_problem, until};

async fn send(user: &User, method: Method, path: &str, body: &Value) -> reqwest::Response {
    user.request(method, path).json(body).send().await.unwrap()
}

async fn set_password(user: &User, body: &Value) -> reqwest::Response {
    send(user, Method::PUT, "/me/password", body).await
}

async fn sessions(user: &User) -> Vec<Value> {
    user.get_json("/me/sessions").await.as_array().unwrap().clone()
}

async fn sign_in(server: &TestServer, name: &str, password: &str) -> StatusCode {
    server.connect(&json!({ "username": name, "password": password, "create": false })).await.status()
}

/// Returns the audit log's lines with these words.
async fn audited(server: &TestServer, words: &str) {
    let is_there = || server.log().iter().any(|line| line.contains("linger::audit") && line.contains(words));
    until(words, async || is_there()).await;
}

#[tokio::test]
async fn a_display_name_is_set_composed_and_removed() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let me = alice.get_json("/me").await;
    let expected = json!({ "id": alice.id, "name": "alice", "guest": true, "role": "member",
                           "created_at": me["created_at"] });
    assert_eq!(me, expected);
    let edit = async |name: Value| send(&alice, Method::PATCH, "/me", &json!({ "display_name": name })).await;
    for (given, shown) in [
        (json!("Alice Miller"), json!("Alice Miller")),
        (json!(" Ame\u{301}lie 👩\u{200d}💻 "), json!("Amélie 👩\u{200d}💻")),
        (json!(null), json!(null)),
        (json!("山田"), json!("山田")),
        (json!(""), json!(null)),
        (json!("x".repeat(64)), json!("x".repeat(64))),
    ] {
        let edited: Value = edit(given).await.json().await.unwrap();
        assert_eq!(edited["display_name"], shown);
        assert_eq!(alice.get_json("/me").await, edited);
    }
    for bad in [json!(" "), json!("a\nb"), json!("a\u{202e}b"), json!("\u{200b}"), json!("x".repeat(65)), json!(7)] {
        let problem = assert_problem(edit(bad.clone()).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], "display_name", "{bad}");
    }
    let unknown = send(&alice, Method::PATCH, "/me", &json!({ "displayname": "x" })).await;
    assert_problem(unknown, 400, "bad-input").await;
    assert_eq!(send(&alice, Method::PATCH, "/me", &json!({})).await.status(), 200);
    assert_eq!(alice.get_json("/me").await["display_name"], "x".repeat(64), "nothing was changed");
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_their_held_requests() {
    let server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    let other = alice.connect_again().await;
    let held = tokio::spawn({
        let other = other.clone();
        async move { other.get(&format!("/poll?wait=50&cursor={}", other.cursor)).await }
    });
    for _ in 0..3 {
        other.get("/health").await;
    }
    for (wrong, field) in [
        (json!({ "new": "another password" }), "old"),
        (json!({ "old": "short", "new": "another password" }), "old"),
        (json!({ "old": "alice's password", "new": "short" }), "new"),
        (json!({ "old": "alice's password", "new": "alice1234" }), "new"),
        (json!({ "old": "alice's password", "new": "password" }), "new"),
        (json!({ "old": "alice's password" }), "new"),
    ] {
        let problem = assert_problem(set_password(&alice, &wrong).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], field, "{wrong}");
    }
    let wrong = json!({ "old": "not the password", "new": "another password" });
    assert_problem(set_password(&alice, &wrong).await, 403, "wrong-credentials").await;
    assert!(!held.is_finished() && sign_in(&server, "alice", "alice's password").await == 200);
    let right = json!({ "old": "alice's password", "new": "another password" });
    assert_eq!(set_password(&alice, &right).await.status(), 204);
    assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    assert_problem(other.get("/me").await, 401, "unauthorized").await;
    assert_eq!(sessions(&alice).await.len(), 1, "the session that set it goes on");
    assert_eq!(sign_in(&server, "alice", "alice's password").await, 401);
    assert_eq!(sign_in(&server, "alice", "another password").await, 200);
    audited(&server, "set the password by=alice address=127.0.0.1").await;
    audited(&server, "a signed-in user gave a wrong password user=alice").await;
    assert!(server.log().iter().all(|line| !line.contains("another password")));
}

#[tokio::test]
async fn a_guest_sets_a_password_once_and_is_an_account() {
    let server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let second = alice.connect_again().await;
    let both = [&alice, &second].map(|user| {
        let user = user.clone();
        tokio::spawn(async move { set_password(&user, &json!({ "new": password_of(&user) })).await })
    });
    let mut set = 0;
    for answer in both {
        set += usize::from(answer.await.unwrap().status() == 204);
    }
    assert_eq!(set, 1, "the other found an account, or its session ended");
    let user = if alice.get("/me").await.status() == 200 { alice } else { second };
    assert_eq!(user.get_json("/me").await["guest"], false);
    assert_eq!(user.get_json("/status").await["user"]["guest"], false);
    assert!(!user.connect_again().await.connected.user.guest);
    assert_eq!(sign_in(&server, "alice", &password_of(&user)).await, 200);
}

/// Returns a password that only this session chooses.
fn password_of(user: &User) -> String {
    format!("password {}", &user.token[user.token.len() - 20..])
}

#[tokio::test]
async fn wrong_passwords_count_like_failed_sign_ins() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "3")]).await;
    let alice = server.account("alice", "alice's password").await;
    let guess = json!({ "old": "not the password", "new": "another password" });
    for status in [403, 403, 403, 429] {
        assert_eq!(set_password(&alice, &guess).await.status(), status);
    }
    assert_eq!(sign_in(&server, "alice", "alice's password").await, 429);
    assert_eq!(alice.get("/me").await.status(), 200, "the session goes on");
}

#[tokio::test]
async fn a_session_that_may_sets_a_password_once_without_the_old_one() {
    let server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    crate::harness::database::execute(&server.database_url(), "update sessions set may_set_password = 1").await;
    assert_eq!(alice.get_json("/me").await["may_set_password"], true);
    assert_eq!(set_password(&alice, &json!({ "new": "another password" })).await.status(), 204);
    assert_eq!(sign_in(&server, "alice", "another password").await, 200);
    assert_eq!(alice.get_json("/me").await["may_set_password"], json!(null));
    assert_problem(set_password(&alice, &json!({ "new": "a third password" })).await, 400, "bad-input").await;
}

#[tokio::test]
async fn sessions_are_listed_with_client_and_address_and_ended() {
    let server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    let phone = {
        let agent = "Mozilla/5.0 (Linux; Android 14) Gecko/140.0 Firefox/140.0";
        let http = Client::of(reqwest::Client::builder().user_agent(agent).build().unwrap());
        let body = json!({ "username": "alice", "password": "alice's password" });
        let answer: Value = http.post(server.url("/connect")).json(&body).send().await.unwrap().json().await.unwrap();
        alice.with_token(answer["token"].as_str().unwrap().to_owned())
    };
    let third = alice.connect_again().await;
    let bob = server.guest("bob").await;
    let listed = sessions(&alice).await;
    let clients: Vec<_> = listed.iter().map(|session| session["client"].as_str().unwrap()).collect();
    assert_eq!(clients, ["", "Firefox on Android", ""]);
    let current: Vec<_> = listed.iter().map(|session| session["current"].as_bool().unwrap()).collect();
    assert_eq!(current, [false, false, true], "the newest first");
    assert!(listed.iter().all(|session| session["address"] == "127.0.0.1"));
    let of_phone = sessions(&phone).await;
    let id = of_phone.iter().find(|session| session["current"] == true).unwrap()["id"].as_str().unwrap();
    for (user, path, status) in [
        (&bob, format!("/me/sessions/{id}"), 404),
        (&alice, "/me/sessions/nothing".to_owned(), 404),
        // An id that turned out empty is not all of them.
        (&alice, "/me/sessions/".to_owned(), 404),
        (&alice, "/me/sessions//".to_owned(), 404),
        (&alice, format!("/me/sessions/{id}"), 204),
        (&alice, format!("/me/sessions/{id}"), 404),
    ] {
        assert_eq!(send(user, Method::DELETE, &path, &json!({})).await.status(), status, "{path}");
    }
    assert_problem(phone.get("/me").await, 401, "unauthorized").await;
    assert_eq!(third.get("/me").await.status(), 200);
    assert_eq!(send(&alice, Method::DELETE, "/me/sessions", &json!({})).await.status(), 204);
    assert_problem(third.get("/me").await, 401, "unauthorized").await;
    assert_eq!(send(&alice, Method::DELETE, "/me/sessions", &json!({})).await.status(), 204, "repeatable");
    let left = sessions(&alice).await;
    assert_eq!((left.len(), bob.get("/me").await.status().as_u16()), (1, 200));
    let id = left[0]["id"].as_str().unwrap();
    assert_eq!(send(&alice, Method::DELETE, &format!("/me/sessions/{id}"), &json!({})).await.status(), 204);
    assert_problem(alice.get("/me").await, 401, "unauthorized").await;
}
