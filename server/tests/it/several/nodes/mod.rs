//! Several nodes on one PostgreSQL act as one server. SQLite allows only one process, so these tests skip there.

mod ahead;
mod bulletins;
mod changes;
mod codes;
mod crowds;
mod deaf;
mod delivery;
mod disabled;
mod greedy;
mod idempotency;
mod leaving;
mod memberships;
mod outage;
mod owner;
mod paused;
mod positions;
mod presence;
mod refused;
mod rooms;
mod sessions;
mod shared;
mod starting;
mod streams;

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::harness::{DEADLINE, User, database};
pub(crate) use shared::Shared;

/// The application name of the connections that listen for other nodes' notifications.
pub(crate) const LISTENING: &str = "linger-listen";

/// Returns whether these tests can run, and prints a note if not.
fn has_postgres() -> bool {
    if !database::is_postgres() {
        println!("skipped: several nodes need PostgreSQL (`linger-rig postgres`, LINGER_TEST_DATABASE=postgres)");
    }
    database::is_postgres()
}

/// Requests `path` in a task of its own. Each health check runs a transaction; once those are through, the node holds
/// the request.
async fn hold(user: &User, path: &str) -> JoinHandle<Response> {
    let (waiting, path) = (user.clone(), path.to_owned());
    let answer = tokio::spawn(async move { waiting.get(&path).await });
    for _ in 0..3 {
        user.get("/health").await;
    }
    answer
}

/// Holds a poll from this client's cursor.
async fn hold_poll(user: &User) -> JoinHandle<Response> {
    hold(user, &format!("/poll?wait=50&cursor={}", user.cursor)).await
}

/// Sends to `general` with an idempotency key and returns the answer, whatever its status.
async fn send(user: &User, text: &str, key: &str) -> Response {
    let request = user.request(Method::POST, "/send").header("Idempotency-Key", key);
    request.json(&json!({ "text": text })).send().await.unwrap()
}

/// Waits until a condition holds.
async fn soon(what: &str, condition: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends to `general` with an idempotency key until it is stored.
async fn send_until_stored(user: &User, text: &str, key: &str) {
    let begun = Instant::now();
    while send(user, text, key).await.status() != 201 {
        assert!(begun.elapsed() < DEADLINE, "the message is stored");
    }
}
