//! What administrators, and nobody else, do to users.

use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::tokens::{claims_of, key_of, sign_hs256};
use crate::harness::{TestServer, User, assert_problem, until};

async fn patch(by: &User, name: &str, body: Value) -> Response {
    by.request(Method::PATCH, &format!("/users/{name}")).json(&body).send().await.unwrap()
}

async fn sign_in(server: &TestServer, name: &str, password: &str) -> Response {
    server.connect(&json!({ "username": name, "password": password })).await
}

async fn audited(server: &TestServer, words: &str) {
    let is_there = || server.log().iter().any(|line| line.contains("linger::audit") && line.contains(words));
    until(words, async || is_there()).await;
}

#[tokio::test]
async fn a_disabled_user_is_signed_out_at_once_and_told_only_after_the_right_password() {
    let server = TestServer::start().await;
    let (root, bob) = (server.admin("root").await, server.account("bob", "bob's password").await);
    let second = bob.connect_again().await;
    let held = tokio::spawn({
        let bob = bob.clone();
        async move { bob.get(&format!("/poll?wait=50&cursor={}", bob.cursor)).await }
    });
    for _ in 0..3 {
        bob.get("/health").await;
    }
    let disabled: Value = patch(&root, "bob", json!({ "disabled": true })).await.json().await.unwrap();
    assert_eq!(disabled["disabled"], true);
    assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    for user in [&bob, &second] {
        assert_problem(user.get("/rooms").await, 401, "unauthorized").await;
        assert_problem(user.post("/me/token", &json!({})).await, 401, "unauthorized").await;
        assert_problem(user.post("/connect", &json!({})).await, 401, "unauthorized").await;
    }
    assert_problem(sign_in(&server, "bob", "not the password").await, 401, "wrong-credentials").await;
    assert_problem(sign_in(&server, "bob", "bob's password").await, 403, "account-disabled").await;
    assert_eq!(patch(&root, "bob", json!({ "disabled": true })).await.status(), 200, "repeatable");
    assert_eq!(patch(&root, "bob", json!({ "disabled": false })).await.status(), 200);
    assert_eq!(sign_in(&server, "bob", "bob's password").await.status(), 200);
    assert_problem(bob.get("/rooms").await, 401, "unauthorized").await;
    for line in [
        "made a user an administrator by=(shell) user=root",
        "disabled a user by=root user=bob address=127.0.0.1",
        "a sign-in was refused: the account is disabled user=bob",
        "enabled a user by=root user=bob",
    ] {
        audited(&server, line).await;
    }
}

#[tokio::test]
async fn what_was_done_already_is_not_audited_again() {
    let server = TestServer::start().await;
    let (root, bob) = (server.admin("root").await, server.account("bob", "bob's password").await);
    for _ in 0..2 {
        let request = root.request(Method::POST, "/rooms").header("Idempotency-Key", "den-1");
        let body = json!({ "name": "den", "private": true, "members": ["bob"] });
        assert_eq!(request.json(&body).send().await.unwrap().status(), 201);
    }
    bob.say("general", "hello").await;
    for _ in 0..2 {
        assert_eq!(root.request(Method::DELETE, "/room/1/messages/1").send().await.unwrap().status(), 204);
    }
    assert_eq!(patch(&root, "bob", json!({ "disabled": true })).await.status(), 200);
    audited(&server, "disabled a user by=root user=bob").await;
    let log = server.log();
    for act in ["made a user a member of a room by=root user=bob", "deleted a message of another user by=root"] {
        let lines = log.iter().filter(|line| line.contains("linger::audit") && line.contains(act));
        assert_eq!(lines.count(), 1, "{act}: {log:#?}");
    }
}

#[tokio::test]
async fn a_disabled_guest_cannot_repeat_the_sign_up() {
    let server = TestServer::start().await;
    let root = server.admin("root").await;
    let again = async || {
        let request = crate::harness::Client::new().post(server.url("/connect")).header("Idempotency-Key", "guest-1");
        request.json(&json!({ "username": "gus" })).send().await.unwrap()
    };
    assert_eq!(again().await.status(), 201);
    assert_eq!(again().await.status(), 201);
    assert_eq!(patch(&root, "gus", json!({ "disabled": true })).await.status(), 200);
    assert_problem(again().await, 409, "name-taken").await;
}

#[tokio::test]
async fn only_administrators_and_the_shell_change_users() {
    let server = TestServer::start().await;
    let (root, bob) = (server.admin("root").await, server.account("bob", "bob's password").await);
    let guest = server.guest("gus").await;
    for user in [&bob, &guest] {
        for body in [json!({ "disabled": true }), json!({ "role": "admin" }), json!({})] {
            assert_problem(patch(user, "bob", body.clone()).await, 403, "forbidden").await;
            assert_problem(patch(user, "nobody", body).await, 403, "forbidden").await;
        }
        let added = user.post("/users", &json!({ "name": "carol", "password": "carol's password" })).await;
        assert_problem(added, 403, "forbidden").await;
    }
    for (name, body, status) in [
        ("nobody", json!({ "disabled": true }), 404),
        ("bob", json!({ "disabled": "yes" }), 400),
        ("bob", json!({ "role": "owner" }), 400),
        ("bob", json!({ "roll": "admin" }), 400),
        ("bob", json!({ "role": "admin" }), 200),
        ("root", json!({ "role": "member" }), 200),
        ("root", json!({ "role": "member" }), 403),
    ] {
        assert_eq!(patch(&root, name, body.clone()).await.status(), status, "{name} {body}");
    }
    for (body, status) in [(json!({ "role": "member" }), 409), (json!({ "disabled": true }), 409)] {
        assert_problem(patch(&bob, "bob", body).await, status, "last-admin").await;
    }
    assert_eq!(bob.get_json("/me").await["role"], "admin");
    assert_eq!(patch(&bob, "root", json!({ "role": "admin" })).await.status(), 200);
    assert_eq!(patch(&root, "bob", json!({ "disabled": true, "role": "member" })).await.status(), 200);
    assert_problem(patch(&bob, "root", json!({ "disabled": true })).await, 401, "unauthorized").await;
}

#[tokio::test]
async fn of_two_administrators_who_give_it_up_at_once_one_stays() {
    let server = TestServer::start().await;
    let admins = [server.admin("one").await, server.admin("two").await];
    for round in 0..5 {
        let demoted = admins.each_ref().map(|admin| {
            let admin = admin.clone();
            tokio::spawn(async move { patch(&admin, &admin.name, json!({ "role": "member" })).await.status().as_u16() })
        });
        let mut statuses = Vec::new();
        for demoted in demoted {
            statuses.push(demoted.await.unwrap());
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}");
        for name in ["one", "two"] {
            assert!(server.shell(&["user", "admin", name]).await.status.success());
        }
    }
}

#[tokio::test]
async fn users_are_shown_with_names_role_and_state() {
    let server = TestServer::start().await;
    let (root, bob) = (server.admin("root").await, server.account("bob", "bob's password").await);
    let edited = bob.request(Method::PATCH, "/me").json(&json!({ "display_name": "Bob" })).send().await.unwrap();
    assert_eq!(edited.status(), 200);
    patch(&root, "bob", json!({ "disabled": true })).await;
    let shown = root.get_json("/users/BOB").await;
    let expected = json!({ "id": bob.id, "name": "bob", "display_name": "Bob", "online": shown["online"],
                           "role": "member", "bot": false, "disabled": true });
    assert_eq!(shown, expected);
    let listed = root.get_json("/users?names=bob,root").await;
    assert_eq!((&listed[0]["role"], &listed[1]), (&json!("admin"), &shown));
    assert_problem(root.get("/users/nobody").await, 404, "not-found").await;
    assert_problem(root.get("/users/no!body").await, 400, "bad-input").await;
}

#[tokio::test]
async fn an_administrator_adds_accounts() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__REGISTRATION", "closed")]).await;
    let made = server.shell(&["user", "add", "root", "--password-stdin"]).await;
    assert!(!made.status.success(), "an empty password is none");
    let carol = json!({ "name": "Carol", "password": "carol's password" });
    let shell = sign_hs256(&shell_claims(60), &key_of(&server));
    let http = crate::harness::Client::new();
    let add = async |body: &Value, token: &str| {
        http.post(server.url("/users")).bearer_auth(token).json(body).send().await.unwrap()
    };
    let added: Value = add(&carol, &shell).await.json().await.unwrap();
    assert_eq!(added, json!({ "id": added["id"], "name": "carol" }));
    assert_problem(add(&carol, &shell).await, 409, "name-taken").await;
    for (body, field) in [
        (json!({ "name": "dave", "password": "short" }), "password"),
        (json!({ "name": "dave", "password": "password1" }), "password"),
        (json!({ "name": "no name", "password": "dave's password" }), "name"),
    ] {
        let problem = assert_problem(add(&body, &shell).await, 400, "bad-input").await;
        assert_eq!(problem["errors"][0]["field"], field);
    }
    assert_eq!(sign_in(&server, "carol", "carol's password").await.status(), 200);
    assert_problem(sign_in(&server, "dave", "dave's password").await, 401, "wrong-credentials").await;
}

/// Returns the claims of a token of the server's shell that is valid for this long.
fn shell_claims(seconds: i64) -> Value {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs().cast_signed();
    json!({ "iss": "linger", "aud": "linger-shell", "sub": "shell", "jti": "shell",
            "iat": now, "nbf": now, "exp": now + seconds })
}

#[tokio::test]
async fn a_shell_token_is_good_for_administration_alone_and_for_a_minute() {
    let server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    let key = key_of(&server);
    let shell = alice.with_token(sign_hs256(&shell_claims(60), &key));
    assert_eq!(shell.get("/users/alice").await.status(), 200);
    assert_eq!(patch(&shell, "alice", json!({ "role": "admin" })).await.status(), 200);
    for path in ["/me", "/poll?wait=0", "/direct", "/status"] {
        assert_problem(shell.get(path).await, 401, "unauthorized").await;
    }
    assert_problem(shell.post("/send", &json!({ "text": "hi" })).await, 401, "unauthorized").await;
    assert_problem(shell.post("/connect", &json!({})).await, 401, "unauthorized").await;
    let mut of_alice = claims_of(&alice.token);
    of_alice["aud"] = json!("linger-shell");
    let mut elsewhere = shell_claims(60);
    elsewhere["iss"] = json!("elsewhere");
    for (claims, key) in [
        (shell_claims(60), vec![7; 32]),
        (shell_claims(-1), key.clone()),
        (shell_claims(24 * 60 * 60), key.clone()),
        (of_alice, key.clone()),
        (elsewhere, key.clone()),
    ] {
        let forged = alice.with_token(sign_hs256(&claims, &key));
        assert_problem(patch(&forged, "alice", json!({ "role": "member" })).await, 401, "unauthorized").await;
    }
}
