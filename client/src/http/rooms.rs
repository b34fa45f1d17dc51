//! The calls about conversations: which there are, what was said in them, how far one has read. Part of `http`;
//! knows what it knows.

use linger_api::{ConversationStatus, CreateRoom, MarkRead, Page, Room, Status};

use super::{Http, accepted, json_of};
use crate::domain::{Conversation, Failure};

impl Http {
    /// How one conversation stands.
    pub(crate) fn conversation(&self, conversation: &Conversation) -> Result<ConversationStatus, Failure> {
        let request = match conversation {
            Conversation::Room(name) => self.get("/status").query("room", name),
            Conversation::Direct(name) => self.get("/status").query("direct", name),
        };
        let status: Status = json_of(request.call())?;
        let found = status.conversations.into_iter().next();
        found.ok_or_else(|| Failure::Foreign("its status names no conversation".into()))
    }

    /// Creates a room and joins it.
    pub(crate) fn create_room(&self, name: &str) -> Result<Room, Failure> {
        json_of(self.post("/rooms").send_json(CreateRoom { name: name.to_owned() }))
    }

    /// Joins a room.
    pub(crate) fn join_room(&self, id: i64) -> Result<(), Failure> {
        accepted(self.post(&format!("/room/{id}/join")).send_empty()).map(drop)
    }

    /// Leaves a room.
    pub(crate) fn leave_room(&self, id: i64) -> Result<(), Failure> {
        accepted(self.post(&format!("/room/{id}/leave")).send_empty()).map(drop)
    }

    /// What was said in a room before this seq, oldest first; the newest if there is none.
    pub(crate) fn room_before(&self, id: i64, before: Option<i64>, limit: usize) -> Result<Page, Failure> {
        self.page_before(&format!("/room/{id}/messages"), before, limit)
    }

    /// What was said with a user before this seq, oldest first; the newest if there is none.
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

    /// Sets how far one has read in a room.
    pub(crate) fn mark_room_read(&self, id: i64, seq: i64) -> Result<(), Failure> {
        accepted(self.post(&format!("/room/{id}/read")).send_json(MarkRead { seq, only_forward: false })).map(drop)
    }

    /// Sets how far one has read in a direct conversation.
    pub(crate) fn mark_direct_read(&self, with: &str, seq: i64) -> Result<(), Failure> {
        accepted(self.post(&format!("/direct/{with}/read")).send_json(MarkRead { seq, only_forward: false })).map(drop)
    }
}
