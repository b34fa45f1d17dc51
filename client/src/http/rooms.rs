//! Calls about conversations: membership, history, read positions.

use linger_api::{ConversationStatus, CreateRoom, IDEMPOTENCY_KEY, MarkRead, Page, Room, Status};

use super::Http;
use super::answer::{done, json_of};
use crate::domain::{Conversation, Failure};

impl Http {
    /// Returns the state of one conversation.
    pub(crate) fn conversation(&self, conversation: &Conversation) -> Result<ConversationStatus, Failure> {
        let request = match conversation {
            Conversation::Room(name) => self.get_of("/status", "room", name),
            Conversation::Direct(name) => self.get_of("/status", "direct", name),
        };
        let status: Status = json_of(request.call())?;
        let found = status.conversations.into_iter().next();
        found.ok_or_else(|| Failure::foreign("the status names no conversation"))
    }

    /// Creates a room and joins it. Retries with the same key create it once.
    pub(crate) fn create_room(&self, name: &str, key: &str) -> Result<Room, Failure> {
        let request = self.post("/rooms").header(IDEMPOTENCY_KEY, key);
        json_of(request.send_json(CreateRoom { name: Some(name.to_owned()), ..CreateRoom::default() }))
    }

    pub(crate) fn join_room(&self, id: i64) -> Result<(), Failure> {
        done(self.post(&format!("/room/{id}/join")).send_empty())
    }

    pub(crate) fn leave_room(&self, id: i64) -> Result<(), Failure> {
        done(self.post(&format!("/room/{id}/leave")).send_empty())
    }

    /// Returns the messages of a room before this seq, oldest first. Without a seq, returns the newest.
    pub(crate) fn room_before(&self, id: i64, before: Option<i64>, limit: usize) -> Result<Page, Failure> {
        self.page_before(&format!("/room/{id}/messages"), before, limit)
    }

    /// Returns the messages with a user before this seq, oldest first. Without a seq, returns the newest.
    pub(crate) fn direct_before(&self, with: &str, before: Option<i64>, limit: usize) -> Result<Page, Failure> {
        self.page_before(&format!("/direct/{with}/messages"), before, limit)
    }

    fn page_before(&self, path: &str, before: Option<i64>, limit: usize) -> Result<Page, Failure> {
        let mut request = self.get(path).query("limit", limit.to_string());
        if let Some(before) = before {
            request = request.query("before", before.to_string());
        }
        json_of(request.call())
    }

    /// Sets the read position in a room.
    pub(crate) fn mark_room_read(&self, id: i64, seq: i64, only_forward: bool) -> Result<(), Failure> {
        done(self.post(&format!("/room/{id}/read")).send_json(MarkRead { seq, only_forward }))
    }

    /// Sets the read position in a direct conversation.
    pub(crate) fn mark_direct_read(&self, with: &str, seq: i64, only_forward: bool) -> Result<(), Failure> {
        done(self.post(&format!("/direct/{with}/read")).send_json(MarkRead { seq, only_forward }))
    }
}
