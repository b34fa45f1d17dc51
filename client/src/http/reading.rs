//! Calls that fetch messages: held requests, and pages of history.

use std::time::Duration;

use linger_api::{Connected, DirectSummary, Page, Polled, RoomSummary, Status};
use ureq::RequestBuilder;
use ureq::typestate::WithoutBody;

use super::answer::json_of;
use super::{Http, POLL_GRACE, within};
use crate::domain::Failure;

/// The server's page size limit for messages.
pub(crate) const PAGE_LIMIT: usize = 500;

/// The messages that a held request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// All joined rooms and direct conversations.
    Joined,
    /// One room, joined or not.
    Room(i64),
    /// All direct conversations. Every user may read it, so without a cursor it tells the present place.
    Directs,
}

impl Http {
    /// Resumes the session of the token. Returns what [`Http::connect`] does, without a new session.
    pub(crate) fn resume(&self) -> Result<Connected, Failure> {
        let status = self.status(None)?;
        let polled: Polled =
            json_of(self.get("/poll").query("wait", "0").query("limit", PAGE_LIMIT.to_string()).call())?;
        let (mut rooms, mut direct) = (Vec::new(), Vec::new());
        for one in status.conversations {
            match (one.room_id, one.room, one.with) {
                (Some(id), Some(name), _) => rooms.push(RoomSummary { id, name, unread: one.unread }),
                (_, _, Some(with)) => direct.push(DirectSummary { with, unread: one.unread }),
                _ => return Err(Failure::foreign("the status names neither a room nor a user")),
            }
        }
        let Polled { messages, more, cursor, .. } = polled;
        let (token, user) = (self.token().reveal().to_owned(), status.user);
        Ok(Connected { token, expires_at: None, user, returning: true, messages, more, cursor, rooms, direct })
    }

    /// Returns the user, the server and all conversations, with this many of their latest messages.
    pub(crate) fn status(&self, latest: Option<usize>) -> Result<Status, Failure> {
        let mut request = self.get("/status");
        if let Some(latest) = latest {
            request = request.query("latest", latest.to_string());
        }
        json_of(request.call())
    }

    /// Prepares a request that the server holds for this long.
    pub(super) fn held(&self, path: &str, wait: Duration) -> RequestBuilder<WithoutBody> {
        let request = self.get(path).query("wait", wait.as_secs().to_string());
        request.config().timeout_global(Some(wait + POLL_GRACE)).build()
    }

    /// Polls for messages after the cursor, and acknowledges the cursor if `mark_read`. Returns once there are some, or
    /// after `wait`.
    pub(crate) fn poll(&self, cursor: &str, wait: Duration, mark_read: bool) -> Result<Polled, Failure> {
        let request = self.held("/poll", wait).query("cursor", within(cursor));
        json_of(if mark_read { request } else { request.query("mark_read", "false") }.call())
    }

    /// Polls without acknowledging anything. Without a cursor, the joined stream starts with unread messages, and the
    /// others start now.
    pub(crate) fn watch(
        &self,
        stream: Stream,
        cursor: Option<&str>,
        wait: Duration,
        limit: usize,
    ) -> Result<Polled, Failure> {
        json_of(self.watching(stream, cursor, wait, limit).call())
    }

    pub(super) fn watching(
        &self,
        stream: Stream,
        cursor: Option<&str>,
        wait: Duration,
        limit: usize,
    ) -> RequestBuilder<WithoutBody> {
        let path = match stream {
            Stream::Joined => "/poll".to_owned(),
            Stream::Room(id) => format!("/room/{id}/subscribe"),
            Stream::Directs => "/direct/subscribe".to_owned(),
        };
        let mut request = self.held(&path, wait).query("mark_read", "false");
        if let Some(cursor) = cursor {
            request = request.query("cursor", within(cursor));
        }
        request.query("limit", limit.to_string())
    }

    /// Returns the oldest messages of a room after this seq.
    pub(crate) fn room_history(&self, room: i64, after: i64, limit: usize) -> Result<Page, Failure> {
        let request = self.get(&format!("/room/{room}/messages")).query("limit", limit.to_string());
        json_of(request.query("after", after.to_string()).call())
    }

    /// Returns the status with the named room as its only conversation.
    pub(crate) fn status_of_room(&self, room: &str) -> Result<Status, Failure> {
        json_of(self.get_of("/status", "room", room).call())
    }
}
