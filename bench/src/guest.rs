//! A guest of a node: signs in, sends and polls. Knows only the parts of the answers that the benchmarks need, and
//! measures nothing.

use anyhow::ensure;
use serde::Deserialize;
use serde_json::json;

use crate::connection::{Answer, Connection};
use crate::http::{get, post};

/// A guest that has signed in.
#[derive(Deserialize)]
pub(crate) struct Guest {
    pub(crate) token: String,
    /// Everything before it has been received.
    pub(crate) cursor: String,
}

/// The answer to a poll.
#[derive(Deserialize)]
pub(crate) struct Page {
    /// Oldest first.
    pub(crate) messages: Vec<Message>,
    /// Where the next poll continues.
    pub(crate) cursor: String,
}

#[derive(Deserialize)]
pub(crate) struct Message {
    /// Rises from message to message.
    pub(crate) id: u64,
    pub(crate) text: String,
}

impl Guest {
    /// Signs in with a generated name, skipping older messages.
    pub(crate) async fn connect(connection: &mut Connection) -> anyhow::Result<Self> {
        Self::from(&connection.exchange(&Self::request()).await?)
    }

    /// Returns a sign-in request.
    pub(crate) fn request() -> Vec<u8> {
        post("/connect", None, r#"{"latest":0}"#)
    }

    /// Reads the guest from the answer to a sign-in.
    pub(crate) fn from(answer: &Answer) -> anyhow::Result<Self> {
        ensure!(answer.status == 201, "a sign-in was answered with {}", answer.status);
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// Returns a request that sends a text to `general`.
    pub(crate) fn send(&self, text: &str) -> Vec<u8> {
        post("/send", Some(&self.token), &json!({ "text": text }).to_string())
    }

    /// Returns a poll that is held for up to this many seconds.
    pub(crate) fn poll(&self, wait_seconds: u64) -> Vec<u8> {
        get(&format!("/poll?cursor={}&wait={wait_seconds}", self.cursor), &self.token)
    }
}

impl Page {
    /// Reads the answer to a poll.
    pub(crate) fn from(answer: &Answer) -> anyhow::Result<Self> {
        ensure!(answer.status == 200, "a poll was answered with {}", answer.status);
        Ok(serde_json::from_slice(&answer.body)?)
    }
}
