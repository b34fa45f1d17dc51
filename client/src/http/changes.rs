//! Calls that change a message or react to it. Servers before 0.2 have none of them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use linger_api::{EditMessage, Message, Polled};
use ureq::RequestBuilder;
use ureq::typestate::WithoutBody;

use super::answer::{done, json_of};
use super::reading::Stream;
use super::{Http, within};
use crate::domain::Failure;

/// How long a single message may take that is only quoted.
const QUOTE_TIMEOUT: Duration = Duration::from_secs(2);

/// A conversation as its calls name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Room(i64),
    /// The direct conversation with this user.
    Direct(String),
}

impl Place {
    fn path(&self, seq: i64) -> String {
        match self {
            Self::Room(id) => format!("/room/{id}/messages/{seq}"),
            Self::Direct(name) => format!("/direct/{name}/messages/{seq}"),
        }
    }
}

impl Http {
    /// Polls like [`Http::poll`], for changes too. Servers before 0.2 answer without them.
    pub(crate) fn poll_changes(&self, cursor: &str, wait: Duration, mark_read: bool) -> Result<Polled, Failure> {
        let request = self.held("/poll", wait).query("cursor", within(cursor)).query("changes", "true");
        self.noted(json_of(if mark_read { request } else { request.query("mark_read", "false") }.call()))
    }

    /// Polls like [`Http::watch`], for changes too.
    pub(crate) fn watch_changes(
        &self,
        stream: Stream,
        cursor: Option<&str>,
        wait: Duration,
        limit: usize,
    ) -> Result<Polled, Failure> {
        self.noted(json_of(self.watching(stream, cursor, wait, limit).query("changes", "true").call()))
    }

    /// Returns a message as it is now.
    pub(crate) fn message(&self, place: &Place, seq: i64) -> Result<Message, Failure> {
        json_of(self.get(&place.path(seq)).call())
    }

    /// Returns a message that is only quoted: a slow answer must not delay what quotes it.
    pub(crate) fn quoted(&self, place: &Place, seq: i64) -> Result<Message, Failure> {
        let request: RequestBuilder<WithoutBody> = self.get(&place.path(seq));
        json_of(request.config().timeout_global(Some(QUOTE_TIMEOUT)).build().call())
    }

    /// Replaces the text of a message.
    pub(crate) fn edit(&self, place: &Place, seq: i64, text: &str) -> Result<Message, Failure> {
        let request = self.agent().patch(self.url(&place.path(seq))).header("Authorization", self.bearer());
        json_of(request.send_json(EditMessage { text: text.to_owned() }))
    }

    /// Deletes a message.
    pub(crate) fn delete(&self, place: &Place, seq: i64) -> Result<(), Failure> {
        done(self.agent().delete(self.url(&place.path(seq))).header("Authorization", self.bearer()).call())
    }

    /// Reacts to a message, or takes the reaction back.
    pub(crate) fn react(&self, place: &Place, seq: i64, emoji: &str, is_given: bool) -> Result<(), Failure> {
        let url = self.url(&format!("{}/reactions/{}", place.path(seq), encoded(emoji)));
        done(match is_given {
            true => self.agent().put(url).header("Authorization", self.bearer()).send_empty(),
            false => self.agent().delete(url).header("Authorization", self.bearer()).call(),
        })
    }

    /// Returns whether the server has these calls: its polls tell changes.
    pub(crate) fn has_changes(&self) -> Result<bool, Failure> {
        if !self.tells_changes.load(Ordering::Relaxed) {
            self.watch_changes(Stream::Joined, None, Duration::ZERO, 1)?;
        }
        Ok(self.tells_changes.load(Ordering::Relaxed))
    }

    /// Fails if the server has none of these calls. A server that ignores what it does not know would store a reply as
    /// a message of its own.
    pub(crate) fn require_changes(&self) -> Result<(), Failure> {
        match self.has_changes()? {
            true => Ok(()),
            false => Err(Failure::Missing(
                "This server is older than linger 0.2: it cannot edit, delete, reply or react".to_owned(),
            )),
        }
    }

    fn noted(&self, polled: Result<Polled, Failure>) -> Result<Polled, Failure> {
        if let Ok(polled) = &polled {
            self.tells_changes.store(polled.changed.is_some(), Ordering::Relaxed);
        }
        polled
    }
}

/// Percent-encodes a segment of a path.
pub(super) fn encoded(segment: &str) -> String {
    segment.bytes().fold(String::new(), |path, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => path + &char::from(byte).to_string(),
        byte => path + &format!("%{byte:02X}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_of_a_path_is_encoded() {
        assert_eq!(encoded("👍"), "%F0%9F%91%8D");
        assert_eq!(encoded("../a?b#c\u{1b}"), "%2E%2E%2Fa%3Fb%23c%1B");
    }
}
