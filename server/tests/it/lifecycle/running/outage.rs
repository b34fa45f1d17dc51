//! SQLite is locked: another process holds the write lock, as a backup may.

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::json;
use sqlx::{Connection, SqliteConnection};

use crate::harness::{TestServer, assert_problem, texts};

#[tokio::test]
async fn sends_are_503_while_the_database_is_locked_and_recover_by_themselves() {
    let server = TestServer::start_on_sqlite().await;
    let (mut alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    let database = format!("sqlite:{}", server.folder().join("var/linger.db").display());
    let mut other = SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();

    let send = async || {
        let request = bob.request(Method::POST, "/send").header("Idempotency-Key", "once");
        request.json(&json!({ "text": "hello" })).send().await.unwrap()
    };
    let began = Instant::now();
    let refused = send().await;
    assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
    assert_eq!(refused.headers()["retry-after"], "1");
    let request_id = refused.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_problem(refused, 503, "unavailable").await;
    let log = server.log();
    let is_cause = |line: &&String| line.contains("a request failed") && line.contains(&request_id);
    assert!(log.iter().any(|line| is_cause(&line)), "the log has the cause under the request id: {log:?}");
    assert_problem(alice.get("/health").await, 503, "unavailable").await;
    assert_eq!(alice.get("/rooms").await.status(), StatusCode::OK, "reading still works");
    assert!(alice.peek("&wait=0").await.messages.is_empty(), "an uncommitted message is not delivered");

    sqlx::query("rollback").execute(&mut other).await.unwrap();
    let begun = Instant::now();
    while send().await.status() != StatusCode::CREATED {
        assert!(begun.elapsed() < Duration::from_secs(10), "sends recover");
    }
    assert_eq!(texts(&alice.poll("").await.messages), ["hello"]);
    assert!(alice.poll("&wait=0").await.messages.is_empty(), "one message per key");
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_locked_database() {
    let mut server = TestServer::start_on_sqlite().await;
    let (alice, bob) = (server.guest("alice").await, server.guest("bob").await);
    bob.say("general", "one").await;
    let database = format!("sqlite:{}", server.folder().join("var/linger.db").display());
    let mut other = SqliteConnection::connect(&database).await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();
    let seen = alice.peek("&wait=0").await;
    alice.get(&format!("/poll?wait=0&cursor={}", seen.cursor)).await;
    let began = Instant::now();
    assert_eq!(server.stop().await.code(), Some(1), "the position that alice acknowledged is not on disk");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
