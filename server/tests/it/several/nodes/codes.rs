//! Codes on several nodes: each use lets one user in, on whichever node the code is shown.

use serde_json::{Value, json};

use super::{Shared, has_postgres, hold_poll, soon};
use crate::contract::door::admin;
use crate::harness::{Client, TestServer, User, assert_problem, at_once, insist};

const INVITED: [(&str, &str); 2] = [("ROCKET_CHAT__REGISTRATION", "invite"), ("ROCKET_CHAT__GUESTS", "invite")];

async fn code(user: &User, path: &str) -> String {
    let made: Value = user.post(path, &json!({})).await.json().await.unwrap();
    made["code"].as_str().unwrap().to_owned()
}

/// Sends 20 bodies to the nodes in turn, all at once. Returns the statuses, in order.
async fn connect_at_once(nodes: &[TestServer], body: impl Fn(usize) -> Value) -> Vec<u16> {
    let answers = at_once((0..20).map(|n| {
        let request = Client::new().post(nodes[n % nodes.len()].url("/connect")).json(&body(n));
        async move { request.send().await.unwrap().status().as_u16() }
    }));
    let mut statuses = answers.await;
    statuses.sort_unstable();
    statuses
}

#[tokio::test]
async fn of_20_at_once_on_three_nodes_one_gets_in_by_a_code_with_one_use() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes_with(&INVITED).await;
    let alice = admin(&nodes[0], "alice").await;
    // Under load, a password may be told to wait for a processor.
    let assert_one = |statuses: Vec<u16>, status: u16| {
        assert_eq!(statuses[0], status, "{statuses:?}");
        assert!(statuses[1..].iter().all(|status| [403, 503].contains(status)), "{statuses:?}");
    };
    for (round, password) in [None, Some("a good password"), None].into_iter().enumerate() {
        let code = code(&alice, "/invites").await;
        let body = |n| json!({ "username": format!("user-{round}-{n}"), "password": password, "code": code });
        assert_one(connect_at_once(&nodes, body).await, 201);
        let device = self::code(&alice, "/me/code").await;
        assert_one(connect_at_once(&nodes, |_| json!({ "code": device })).await, 200);
    }
}

#[tokio::test]
async fn a_repetition_on_another_node_takes_no_second_use() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 3] = shared.nodes_with(&INVITED).await;
    let alice = admin(&nodes[0], "alice").await;
    for body in [json!({}), json!({ "username": "bob", "password": "bob's password" })] {
        let mut body = body;
        body["code"] = json!(code(&alice, "/invites").await);
        let answers = at_once((0..12).map(|n| {
            let request =
                Client::new().post(nodes[n % 3].url("/connect")).header("Idempotency-Key", "again").json(&body);
            insist(request)
        }));
        let mut users = Vec::new();
        for answer in answers.await {
            assert_eq!(answer.status(), 201);
            users.push(answer.json::<Value>().await.unwrap()["user"]["id"].clone());
        }
        assert!(users.iter().all(|user| *user == users[0]), "{users:?}");
    }
}

#[tokio::test]
async fn a_recovery_on_one_node_ends_the_sessions_on_the_others() {
    if !has_postgres() {
        return;
    }
    let shared = Shared::new().await;
    let nodes: [TestServer; 2] = shared.nodes_with(&[]).await;
    let alice = admin(&nodes[0], "alice").await;
    let bob = nodes[1].account("bob", "bob's password").await;
    let held = hold_poll(&bob).await;
    let code = code(&alice, "/users/bob/code").await;
    let back = User::connect(&nodes[0], &json!({ "code": code })).await;
    assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    soon("the session has ended", async || bob.get("/rooms").await.status() == 401).await;
    assert_eq!(back.at(&nodes[1]).get("/rooms").await.status(), 200);
    assert_problem(nodes[1].connect(&json!({ "code": code })).await, 403, "code-not-valid").await;
}
