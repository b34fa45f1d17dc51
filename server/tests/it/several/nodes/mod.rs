//! Several nodes on one PostgreSQL: users on different nodes talk as if there were one. Nothing here runs on
//! SQLite, which has one process.

mod ahead;
mod crowds;
mod deaf;
mod delivery;
mod idempotency;
mod memberships;
mod outage;
mod paused;
mod positions;
mod presence;
mod refused;
mod sessions;
mod shared;
mod starting;
mod streams;

use std::time::{Duration, Instant};

use reqwest::{Method, Response};
use serde_json::json;
use tokio::task::JoinHandle;

use crate::harness::{User, database};
pub use shared::Shared;

/// "Within a second", as the contract says it, and what a busy machine adds.
const A_SECOND: Duration = Duration::from_millis(1500);

/// Connections that hear what other nodes have done, as they say when they open.
pub const LISTENING: &str = "linger-listen";

/// Whether these tests run at all; says why if they do not.
fn has_postgres() -> bool {
    if !database::is_postgres() {
        println!("skipped: several nodes need PostgreSQL (`linger-rig postgres`, LINGER_TEST_DATABASE=postgres)");
    }
    database::is_postgres()
}

/// Asks for `path` in a task of its own. A node that has gone through a transaction meanwhile holds it.
async fn hold(user: &User, path: &str) -> JoinHandle<Response> {
    let (waiting, path) = (user.clone(), path.to_owned());
    let answer = tokio::spawn(async move { waiting.get(&path).await });
    for _ in 0..3 {
        user.get("/health").await;
    }
    answer
}

/// Holds a poll from this client's cursor on.
async fn hold_poll(user: &User) -> JoinHandle<Response> {
    hold(user, &format!("/poll?wait=50&cursor={}", user.cursor)).await
}

/// Sends to `general` under a key, whatever the answer.
async fn send(user: &User, text: &str, key: &str) -> Response {
    let request = user.request(Method::POST, "/send").header("Idempotency-Key", key);
    request.json(&json!({ "text": text })).send().await.unwrap()
}

/// Asks again and again until something is so.
async fn within(limit: Duration, what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < limit, "{what} within {limit:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
