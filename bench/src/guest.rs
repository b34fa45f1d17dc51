//! A guest of a node: comes in, says something, polls. Knows the parts of the answers that the benchmarks
//! need, and measures nothing.

use anyhow::ensure;
use serde::Deserialize;
use serde_json::json;

use crate::connection::{Answer, Connection};
use crate::http::{get, post};

/// Who has come in.
#[derive(Deserialize)]
pub struct Guest {
    /// What names the session.
    pub token: String,
    /// Up to where everything was seen.
    pub cursor: String,
}

/// What a poll brings.
#[derive(Deserialize)]
pub struct Page {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Where the next poll goes on.
    pub cursor: String,
}

/// One message.
#[derive(Deserialize)]
pub struct Message {
    /// Rises from message to message.
    pub id: u64,
    /// What was said.
    pub text: String,
}

impl Guest {
    /// Comes in with a made-up name, and without what was said before.
    pub async fn connect(connection: &mut Connection) -> anyhow::Result<Self> {
        Self::from(&connection.exchange(&Self::request()).await?)
    }

    /// The request of somebody who comes in.
    pub fn request() -> Vec<u8> {
        post("/connect", None, r#"{"latest":0}"#)
    }

    /// Who the answer says has come in.
    pub fn from(answer: &Answer) -> anyhow::Result<Self> {
        ensure!(answer.status == 201, "a guest is answered {}", answer.status);
        Ok(serde_json::from_slice(&answer.body)?)
    }

    /// The request that says something to everybody.
    pub fn send(&self, text: &str) -> Vec<u8> {
        post("/send", Some(&self.token), &json!({ "text": text }).to_string())
    }

    /// The request that is held for so many seconds, unless there is something after the cursor.
    pub fn poll(&self, wait_seconds: u64) -> Vec<u8> {
        get(&format!("/poll?cursor={}&wait={wait_seconds}", self.cursor), &self.token)
    }
}

impl Page {
    /// What the answer brings.
    pub fn from(answer: &Answer) -> anyhow::Result<Self> {
        ensure!(answer.status == 200, "a poll is answered {}", answer.status);
        Ok(serde_json::from_slice(&answer.body)?)
    }
}
