//! A guest that asks for changes, one request after the other.

use std::time::Duration;

use anyhow::{Context, ensure};
use memchr::memmem;

use crate::http::{get, post};
use crate::servers::{Answered, Exchange};
use crate::swarm::answer::{last_quoted, number};

/// A guest that has signed in.
#[derive(Clone)]
pub(crate) struct Follower {
    pub(crate) token: String,
    pub(crate) id: u64,
    /// Everything before it has been received, the last-read positions included.
    pub(crate) cursor: String,
}

/// The answer to a poll.
pub(crate) struct Page {
    pub(crate) body: Vec<u8>,
    pub(crate) more: bool,
    pub(crate) taken: Duration,
}

impl Follower {
    /// Signs in, and polls once to learn all last-read positions.
    pub(crate) fn sign_in(connection: &mut Exchange) -> anyhow::Result<Self> {
        let body = connection.ask(&post("/connect", None, r#"{"latest":0}"#))?.body;
        let id = memmem::find(&body, br#""user":{"id":"#).and_then(|at| number(&body[at + 13..]));
        let (token, cursor) = (quoted(&body, br#""token":""#)?, quoted(&body, br#""cursor":""#)?);
        let mut follower = Self { token, id: id.context("an answer has no user")?, cursor };
        follower.follow(connection, "")?;
        Ok(follower)
    }

    /// Asks for what comes after the cursor, with more parameters.
    pub(crate) fn ask(&self, connection: &mut Exchange, parameters: &str) -> anyhow::Result<Answered> {
        let path = format!("/poll?changes=true&wait=0&cursor={}{parameters}", self.cursor);
        let answer = connection.ask(&get(&path, &self.token))?;
        ensure!(answer.status == 200, "a poll was answered with {}", answer.status);
        Ok(answer)
    }

    /// Reads the next page, and moves behind it.
    pub(crate) fn follow(&mut self, connection: &mut Exchange, parameters: &str) -> anyhow::Result<Page> {
        let Answered { body, taken, .. } = self.ask(connection, parameters)?;
        let (cursor, more) = (quoted(&body, br#""cursor":""#)?, memmem::rfind(&body, br#""more":true"#).is_some());
        ensure!(!more || cursor != self.cursor, "a page leads to itself");
        self.cursor = cursor;
        Ok(Page { body, more, taken })
    }
}

fn quoted(body: &[u8], opening: &[u8]) -> anyhow::Result<String> {
    let text = last_quoted(body, opening).context("an answer has no token or no cursor")?;
    Ok(String::from_utf8(text.to_vec())?)
}
