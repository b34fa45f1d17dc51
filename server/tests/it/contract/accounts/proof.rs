//! The proof of a sign-in must still hold when the session is opened, so an old password or an ended session fails.

use reqwest::Method;
use rocket::futures::future::BoxFuture;
use serde_json::{Value, json};

use super::in_one_transaction;
use crate::harness::{Client, TestServer, User};

/// Makes a call of a user's, and returns its status.
fn call(user: &User, method: Method, path: &'static str, body: Value) -> BoxFuture<'static, u16> {
    let user = user.clone();
    Box::pin(async move { user.request(method, path).json(&body).send().await.unwrap().status().as_u16() })
}

#[tokio::test]
async fn a_session_that_is_being_ended_opens_no_other_and_makes_no_code() {
    let server = TestServer::start_on_sqlite().await;
    for (name, path) in [("bob", "/connect"), ("carol", "/me/code")] {
        let here = server.guest(name).await;
        let there = here.connect_again().await;
        let ends = call(&here, Method::DELETE, "/me/sessions", json!({}));
        let goes_on = call(&there, Method::POST, path, json!({}));
        assert_eq!(in_one_transaction(&server, [ends, goes_on]).await, [204, 401], "{path}");
        let sessions = here.get_json("/me/sessions").await;
        assert_eq!(sessions.as_array().unwrap().len(), 1, "{path}: {sessions}");
    }
}

#[tokio::test]
async fn a_password_that_is_being_changed_opens_no_session() {
    let server = TestServer::start_on_sqlite().await;
    let alice = server.account("alice", "alice's password").await;
    let changes = json!({ "old": "alice's password", "new": "another password" });
    let changes = call(&alice, Method::PUT, "/me/password", changes);
    let url = server.url("/connect");
    let signs_in = async move {
        let body = json!({ "username": "alice", "password": "alice's password" });
        Client::new().post(url).json(&body).send().await.unwrap().status().as_u16()
    };
    assert_eq!(in_one_transaction(&server, [changes, Box::pin(signs_in)]).await, [204, 401]);
    assert_eq!(alice.get_json("/me/sessions").await.as_array().unwrap().len(), 1);
}
