//! `POST /me/token`: a session's token is renewed, and the earlier one runs out.

use serde_json::{Value, json};

use super::tokens::claims_of;
use crate::harness::{TestServer, User, assert_problem, body_for, database};

/// Renews a client's token and returns the client with the new one.
pub(crate) async fn renewed(user: &User) -> User {
    let response = user.post("/me/token", &json!({})).await;
    assert_eq!(response.status(), 200);
    let answer: Value = response.json().await.unwrap();
    let token = answer["token"].as_str().unwrap().to_owned();
    let expires_at: jiff::Timestamp = answer["expires_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(json!(expires_at.as_second()), claims_of(&token)["exp"]);
    user.with_token(token)
}

async fn assert_signed_out(user: &User) {
    assert_problem(user.get("/status").await, 401, "unauthorized").await;
    assert_problem(user.post("/me/token", &json!({})).await, 401, "unauthorized").await;
    assert_problem(user.post("/connect", &json!({})).await, 401, "unauthorized").await;
}

/// Makes the last renewals of all sessions a minute older.
async fn a_minute_later(server: &TestServer) {
    database::execute(&server.database_url(), "update sessions set renewed_at = renewed_at - 60000").await;
}

#[tokio::test]
async fn a_new_token_names_the_same_session_and_the_earlier_one_runs_out() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let other_session = alice.connect_again().await;
    let once = renewed(&alice).await;
    assert_ne!(once.token, alice.token);
    assert_eq!(claims_of(&once.token)["jti"], claims_of(&alice.token)["jti"], "the same session");
    for token in [&alice, &once] {
        assert_eq!(token.get_json("/status").await["user"]["id"], json!(alice.id), "for a minute, both work");
    }
    server.kill().await;
    server.start_again().await;
    for token in [&alice, &once] {
        assert_eq!(token.get("/status").await.status(), 200, "after a crash, too");
    }
    a_minute_later(&server).await;
    server.restart().await;
    assert_signed_out(&alice).await;
    assert_eq!(once.get("/status").await.status(), 200);
    let twice = renewed(&once).await;
    assert_signed_out(&alice).await;
    for token in [&once, &twice, &other_session] {
        assert_eq!(token.get("/status").await.status(), 200);
    }
}

#[tokio::test]
async fn a_client_that_lost_the_answer_renews_again_and_all_its_new_tokens_last() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let new = [renewed(&alice).await, renewed(&alice).await];
    a_minute_later(&server).await;
    server.restart().await;
    for token in new {
        assert_eq!(token.get("/status").await.status(), 200);
        assert_signed_out(&alice).await;
    }
}

#[tokio::test]
async fn a_client_that_lost_the_answer_and_was_away_renews_its_earlier_token_and_does_nothing_else_with_it() {
    let mut server = TestServer::start().await;
    let alice = server.guest("alice").await;
    let first = renewed(&alice).await;
    assert_eq!(first.get("/status").await.status(), 200);
    // These answers are lost.
    renewed(&first).await;
    a_minute_later(&server).await;
    server.restart().await;
    renewed(&first).await;
    for path in ["/status", "/poll?wait=0", "/rooms"] {
        assert_problem(first.get(path).await, 401, "unauthorized").await;
    }
    for path in ["/connect", "/send", "/disconnect", "/room/1/read"] {
        assert_problem(first.post(path, &body_for(path)).await, 401, "unauthorized").await;
    }
    assert_signed_out(&alice).await;
    let new = renewed(&first).await;
    server.kill().await;
    server.start_again().await;
    let again = renewed(&first).await;
    assert_eq!(claims_of(&again.token)["gen"], claims_of(&new.token)["gen"]);
    assert_eq!(new.get("/status").await.status(), 200);
    assert_signed_out(&first).await;
    server.kill().await;
    server.start_again().await;
    assert_signed_out(&first).await;
    for token in [&new, &again] {
        assert_eq!(token.get("/status").await.status(), 200);
    }
    // Using the newest token to renew it is a use, too.
    let next = renewed(&again).await;
    let after_next = renewed(&next).await;
    a_minute_later(&server).await;
    server.restart().await;
    assert_signed_out(&again).await;
    assert_eq!(after_next.post("/disconnect", &json!({})).await.status(), 204);
    for token in [&next, &after_next] {
        assert_signed_out(token).await;
    }
}

#[tokio::test]
async fn the_end_of_the_session_moves_with_its_token() {
    let mut server = TestServer::start_with(&[("ROCKET_CHAT__TOKEN_DAYS", "1")]).await;
    let alice = server.guest("alice").await;
    server.set("ROCKET_CHAT__TOKEN_DAYS", "3");
    server.restart().await;
    let new = renewed(&alice).await;
    let day = 24 * 60 * 60;
    let [before, after] = [&alice, &new].map(|user| claims_of(&user.token)["exp"].as_i64().unwrap());
    assert!((2 * day..2 * day + 600).contains(&(after - before)), "{before} {after}");
    let count = "select count(*) from sessions where expires_at = ";
    assert_eq!(database::count(&server.database_url(), &format!("{count}{after}000")).await, 1);
}

#[tokio::test]
async fn signing_out_ends_every_token_of_the_session() {
    let server = TestServer::start().await;
    for first in [0, 1] {
        let alice = server.account(&format!("alice-{first}"), "alice's password").await;
        let tokens = [alice.clone(), renewed(&alice).await];
        assert_eq!(tokens[first].post("/disconnect", &json!({})).await.status(), 204);
        for token in &tokens {
            assert_signed_out(token).await;
        }
    }
}
