//! Keys, codes and sessions whose right has ended open nothing.

use reqwest::Method;
use serde_json::{Value, json};

use super::{admin, connect_with_key};
use crate::harness::{TestServer, User, assert_problem, database};

async fn send(user: &User, method: Method, path: &str, body: Value) -> u16 {
    user.request(method, path).json(&body).send().await.unwrap().status().as_u16()
}

/// Returns the code of an answer to this call.
async fn code(user: &User, path: &str, body: Value) -> String {
    let made: Value = user.post(path, &body).await.json().await.unwrap();
    made["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_guests_key_is_none_once_the_guest_is_an_account_or_shut_out() {
    let mut server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let by_code = json!({ "code": code(&alice, "/invites", json!({ "guest": true })).await });
    for (key, body) in [("a-secret-key", by_code.clone()), ("another-one", json!({}))] {
        let guest: Value = connect_with_key(&server, key, &body).await.json().await.unwrap();
        let guest = alice.with_token(guest["token"].as_str().unwrap().to_owned());
        assert_eq!(send(&guest, Method::PUT, "/me/password", json!({ "new": "a good password" })).await, 204);
    }
    // The invitation is used up, and the user has a password.
    assert_problem(connect_with_key(&server, "a-secret-key", &by_code).await, 403, "code-not-valid").await;
    server.set("ROCKET_CHAT__GUESTS", "off");
    assert!(server.stop().await.success());
    server.start_again().await;
    assert_problem(connect_with_key(&server, "another-one", &json!({})).await, 403, "guests-not-allowed").await;
}

#[tokio::test]
async fn a_recovery_code_is_worth_no_more_than_its_maker() {
    let server = TestServer::start().await;
    let (alice, bob) = (admin(&server, "alice").await, admin(&server, "bob").await);
    let body = json!({ "code": code(&bob, "/users/alice/code", json!({})).await });
    assert_eq!(send(&alice, Method::PATCH, "/users/bob", json!({ "role": "member" })).await, 200);
    assert_problem(server.connect(&body).await, 403, "code-not-valid").await;
    assert_eq!(alice.get("/me").await.status(), 200);
}

#[tokio::test]
async fn an_invitation_is_worth_no_more_than_its_maker() {
    let mut server = TestServer::start().await;
    let (alice, bob) = (admin(&server, "alice").await, admin(&server, "bob").await);
    let body = json!({ "code": code(&bob, "/invites", json!({ "guest": true, "uses": 3 })).await });
    assert_eq!(server.connect(&body).await.status(), 201);
    let listed = async || alice.get_json("/invites").await.as_array().unwrap().len();
    assert_eq!(listed().await, 1);
    assert_eq!(send(&alice, Method::PATCH, "/users/bob", json!({ "role": "member" })).await, 200);
    assert_problem(server.connect(&body).await, 403, "code-not-valid").await;
    assert_eq!(listed().await, 0);
    server.set("ROCKET_CHAT__INVITES", "members");
    assert!(server.stop().await.success());
    server.start_again().await;
    assert_eq!(server.connect(&body).await.status(), 201);
}

#[tokio::test]
async fn a_session_that_a_recovery_code_opened_sets_one_password() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    server.account("bob", "bob's password").await;
    let body = json!({ "code": code(&alice, "/users/bob/code", json!({})).await });
    let bob = User::connect(&server, &body).await;
    assert_eq!(send(&bob, Method::PUT, "/me/password", json!({ "new": "bob's new password" })).await, 204);
    assert_eq!(send(&bob, Method::PUT, "/me/password", json!({ "new": "and another one" })).await, 400);
    let right = json!({ "username": "bob", "password": "bob's new password" });
    assert_eq!(server.connect(&right).await.status(), 200);
}

#[tokio::test]
async fn a_code_for_another_device_ends_with_the_users_other_sessions() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let bob = server.account("bob", "bob's password").await;
    let lost = bob.connect_again().await;
    let body = json!({ "code": code(&lost, "/me/code", json!({})).await });
    assert_eq!(send(&bob, Method::DELETE, "/me/sessions", json!({})).await, 204);
    assert_problem(server.connect(&body).await, 403, "code-not-valid").await;
    let body = json!({ "code": code(&bob, "/me/code", json!({})).await });
    let recovery = json!({ "code": code(&alice, "/users/bob/code", json!({})).await });
    User::connect(&server, &recovery).await;
    assert_problem(server.connect(&body).await, 403, "code-not-valid").await;
}

#[tokio::test]
async fn an_account_that_was_added_is_no_guest_and_stays() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let added: Value = alice.post("/users", &json!({ "name": "bob" })).await.json().await.unwrap();
    let guests = "select count(*) from users where password_hash is null";
    assert_eq!(database::count(&server.database_url(), guests).await, 0);
    let bob = User::connect(&server, &json!({ "code": added["code"]["code"] })).await;
    assert!(!bob.connected.user.guest);
    let wrong = json!({ "username": "bob", "password": "!" });
    assert_eq!(server.connect(&wrong).await.status(), 400, "too short for a password");
    assert_eq!(send(&bob, Method::DELETE, "/me", json!({})).await, 204, "there is no password to ask for");
}

#[tokio::test]
async fn a_list_of_invitations_names_no_private_room_of_others() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__INVITES", "members")]).await;
    let alice = admin(&server, "alice").await;
    let bob = server.account("bob", "bob's password").await;
    bob.create_room_with(&json!({ "name": "den", "private": true })).await;
    bob.create_room("lobby").await;
    code(&bob, "/invites", json!({ "rooms": ["den", "lobby"] })).await;
    assert_eq!(bob.get_json("/invites").await[0]["rooms"], json!(["den", "lobby"]));
    assert_eq!(alice.get_json("/invites").await[0]["rooms"], json!(["lobby"]));
}
