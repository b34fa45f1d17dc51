//! Codes that sign in one user: on another device, and after a forgotten password.

use serde_json::{Value, json};

use super::{admin, connect_with_key};
use crate::harness::{Client, TestServer, User, assert_problem, at_once, database, until};

/// Makes a code by this call and returns it.
async fn code(user: &User, path: &str) -> String {
    let response = user.post(path, &json!({})).await;
    assert_eq!(response.status(), 201);
    let made: Value = response.json().await.unwrap();
    let code = made["code"].as_str().unwrap().to_owned();
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/#code={code}")), "{made}");
    code
}

#[tokio::test]
async fn a_device_code_signs_the_same_user_in_once_without_a_password() {
    let server = TestServer::start_with(&[("ROCKET_CHAT__GUESTS", "on")]).await;
    let users = [server.account("alice", "alice's password").await, server.guest("guest").await];
    let (mut closed, _) = (server, ());
    closed.set("ROCKET_CHAT__GUESTS", "off");
    closed.set("ROCKET_CHAT__REGISTRATION", "closed");
    closed.restart().await;
    for user in users {
        let body = json!({ "code": code(&user, "/me/code").await });
        let second = User::connect(&closed, &body).await;
        assert_eq!((second.id, second.connected.returning), (user.id, true));
        assert_eq!(second.connected.user, user.connected.user);
        assert_eq!(
            (user.get("/rooms").await.status(), second.get("/rooms").await.status()),
            (200.try_into().unwrap(), 200.try_into().unwrap())
        );
        assert_problem(closed.connect(&body).await, 403, "code-not-valid").await;
        for wrong in [json!({ "username": "other" }), json!({ "username": user.name, "password": "alice's password" })]
        {
            let mut wrong = wrong;
            wrong["code"] = json!(code(&user, "/me/code").await);
            assert_problem(closed.connect(&wrong).await, 403, "code-not-valid").await;
        }
        let named = json!({ "code": code(&user, "/me/code").await, "username": user.name, "create": false });
        assert_eq!(closed.connect(&named).await.status(), 200);
    }
}

#[tokio::test]
async fn a_code_is_used_once_however_often_the_call_is_repeated() {
    let server = TestServer::start().await;
    let alice = server.account("alice", "alice's password").await;
    let bob = server.account("bob", "bob's password").await;
    let body = json!({ "code": code(&alice, "/me/code").await });
    let url = server.url("/connect");
    let answers = at_once((0..10).map(|n| {
        let request = Client::new().post(&url).json(&body);
        // Half of them are repetitions of one call.
        let request = if n % 2 == 0 { request.header("Idempotency-Key", "again") } else { request };
        async move { request.send().await.unwrap().status().as_u16() }
    }));
    let statuses = answers.await;
    let (with_key, without): (Vec<_>, Vec<_>) = statuses.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    let won = |statuses: Vec<(usize, &u16)>| statuses.iter().filter(|(_, status)| **status == 200).count();
    let (with_key, without) = (won(with_key), won(without));
    assert!(with_key == 5 && without == 0 || with_key == 0 && without == 1, "{statuses:?}");

    let body = json!({ "code": code(&alice, "/me/code").await });
    for _ in 0..2 {
        assert_eq!(connect_with_key(&server, "lost", &body).await.status(), 200);
    }
    assert_problem(connect_with_key(&server, "stolen", &body).await, 403, "code-not-valid").await;
    let other = json!({ "code": code(&bob, "/me/code").await });
    let other = connect_with_key(&server, "lost", &other).await.json::<Value>().await.unwrap();
    assert_eq!(other["user"]["name"], "bob", "another code is another call");
    // What was shown to be used cannot be repeated for ever.
    database::execute(&server.database_url(), "update codes set expires_at = 1").await;
    assert_problem(connect_with_key(&server, "lost", &body).await, 403, "code-not-valid").await;
}

#[tokio::test]
async fn a_recovery_code_ends_the_other_sessions_and_lets_a_password_be_set() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let bob = server.account("bob", "bob's password").await;
    let held = tokio::spawn({
        let bob = bob.clone();
        async move { bob.get(&format!("/poll?wait=20&cursor={}", bob.cursor)).await }
    });
    assert_problem(bob.post("/users/bob/code", &json!({})).await, 403, "forbidden").await;
    assert_problem(bob.post("/users/nobody/code", &json!({})).await, 403, "forbidden").await;
    assert_problem(alice.post("/users/nobody/code", &json!({})).await, 404, "not-found").await;
    let body = json!({ "code": code(&alice, "/users/bob/code").await });
    assert_eq!(bob.get("/rooms").await.status(), 200, "the code alone ends nothing");
    let back = User::connect(&server, &body).await;
    assert_eq!((back.id, back.connected.returning), (bob.id, true));
    assert_problem(bob.get("/rooms").await, 401, "unauthorized").await;
    assert_problem(held.await.unwrap(), 401, "unauthorized").await;
    assert_eq!(alice.get("/rooms").await.status(), 200);
    let may = "select count(*) from sessions where may_set_password = 1";
    assert_eq!(database::count(&server.database_url(), may).await, 1);
    assert_problem(server.connect(&body).await, 403, "code-not-valid").await;
    assert_eq!(back.get("/rooms").await.status(), 200);
}

#[tokio::test]
async fn guesses_at_codes_are_limited_and_lock_no_other_network_out() {
    let settings = [("ROCKET_CHAT__LIMITS__SIGN_IN_FAILURES_PER_HALF_HOUR", "3"), ("ROCKET_IP_HEADER", "X-Real-IP")];
    let server = TestServer::start_with(&settings).await;
    let alice = server.account("alice", "alice's password").await;
    let code = code(&alice, "/me/code").await;
    let show = async |code: &str, address: &str| {
        let request = Client::new().post(server.url("/connect")).header("X-Real-IP", address);
        request.json(&json!({ "code": code })).send().await.unwrap()
    };
    for _ in 0..3 {
        assert_problem(show("00000-00000-00000-00000-000000", "192.0.2.1").await, 403, "code-not-valid").await;
    }
    assert_problem(show("1", "192.0.2.1").await, 429, "too-many-requests").await;
    assert_problem(show(&code, "192.0.2.1").await, 429, "too-many-requests").await;
    for n in 2..60 {
        for _ in 0..3 {
            assert_eq!(show("0", &format!("192.0.2.{n}")).await.status(), 403);
        }
    }
    assert_eq!(show(&code, "192.0.2.77").await.status(), 200);
}

#[tokio::test]
async fn codes_are_not_stored_and_acts_are_in_the_audit_log() {
    let server = TestServer::start().await;
    let alice = admin(&server, "alice").await;
    let bob = server.account("bob", "bob's password").await;
    let invite: Value = alice.post("/invites", &json!({})).await.json().await.unwrap();
    let invitation = invite["code"].as_str().unwrap().to_owned();
    let (device, recovery) = (code(&bob, "/me/code").await, code(&alice, "/users/bob/code").await);
    User::connect(&server, &json!({ "username": "carol", "password": "carol's password", "code": invitation })).await;
    User::connect(&server, &json!({ "code": device })).await;
    User::connect(&server, &json!({ "code": recovery })).await;
    server.connect(&json!({ "code": "wrong" })).await;
    let audited = |said: &str| server.log().iter().any(|line| line.contains("linger::audit") && line.contains(said));
    for said in [
        "made an invitation by=alice",
        "made a code for another device by=bob",
        "made a recovery code by=alice user=bob",
        "signed up by an invitation by=carol",
        "signed in by a code for another device by=bob",
        "signed in by a recovery code by=bob",
        "a code did not work",
    ] {
        until(said, async || audited(said)).await;
    }
    let log = server.log();
    for secret in [&invitation, &device, &recovery] {
        let plain = secret.replace('-', "");
        assert!(!log.iter().any(|line| line.contains(secret.as_str()) || line.contains(&plain)));
        let stored = format!("select count(*) from codes where code_hash in ('{secret}', '{plain}')");
        assert_eq!(database::count(&server.database_url(), &stored).await, 0);
    }
    let codes = database::count(&server.database_url(), "select count(*) from codes").await;
    assert_eq!(codes, 2, "the recovery deleted the other device's");
}
