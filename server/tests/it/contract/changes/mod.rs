//! Changes: edits, deletions, replies and reactions, and how polls with `changes=true` return them.

mod deleting;
mod editing;
mod positions;
mod reacting;
mod receiving;
mod replying;
mod upgrade;

use linger_api::{Message, Polled};
use reqwest::{Method, Response};
use serde_json::json;

use crate::harness::User;

/// Edits a message. Panics unless that succeeds.
async fn edit(user: &User, message: &str, text: &str) -> Message {
    let response = try_edit(user, message, text).await;
    assert_eq!(response.status(), 200);
    response.json().await.unwrap()
}

async fn try_edit(user: &User, message: &str, text: &str) -> Response {
    user.request(Method::PATCH, message).json(&json!({ "text": text })).send().await.unwrap()
}

async fn delete(user: &User, message: &str) -> Response {
    user.request(Method::DELETE, message).send().await.unwrap()
}

async fn react(user: &User, message: &str, emoji: &str) -> Response {
    user.request(Method::PUT, &format!("{message}/reactions/{emoji}")).send().await.unwrap()
}

async fn unreact(user: &User, message: &str, emoji: &str) -> Response {
    user.request(Method::DELETE, &format!("{message}/reactions/{emoji}")).send().await.unwrap()
}

/// Returns a message. Panics unless there is one.
async fn show(user: &User, message: &str) -> Message {
    serde_json::from_value(user.get_json(message).await).unwrap()
}

/// Returns the changed messages of an answer.
fn changed(polled: &Polled) -> &[Message] {
    polled.changed.as_deref().unwrap()
}
