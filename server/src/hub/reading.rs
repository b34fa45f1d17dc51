//! Requests to read and their results: where to begin, in which conversations, and what was read.
//! [`Reader`](super::reader::Reader) does the reading.

use std::sync::Arc;

use super::page::Space;
use super::tail::Event;
use super::{ConversationState, Hub, Inbox, Room, SessionKey};
use crate::domain::cursor::Cursor;
use crate::store::StoreError;

/// A request to read.
pub(crate) struct Ask {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) scope: Scope,
    pub(crate) begin: Begin,
    /// Whether a cursor also says that the user has read everything up to it.
    pub(crate) acknowledges: bool,
    /// Whether to return changes, too.
    pub(crate) changes: bool,
    /// The caller's session.
    pub(crate) session: SessionKey,
    /// How much one reading may hold.
    pub(crate) space: Space,
}

/// The conversations to read.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    /// All joined rooms and all direct conversations.
    Joined,
    /// All direct conversations.
    Directs,
    /// One room, joined or not.
    Room(Arc<Room>),
}

/// Where to begin reading.
#[derive(Debug, Clone)]
pub(crate) enum Begin {
    /// After the events that a client has.
    Cursor(Cursor),
    /// At the user's last-read positions.
    LastRead,
    /// After the newest message.
    Newest,
}

/// The result of reading.
pub(crate) struct Reading {
    /// Oldest first.
    pub(crate) messages: Vec<Arc<Event>>,
    /// What has changed. `None` if the request did not ask for changes.
    pub(crate) changes: Option<Changes>,
    /// Whether there is more than this.
    pub(crate) more: bool,
    /// Everything up to here has been read. If nothing came, this is where reading began.
    pub(crate) cursor: Cursor,
}

/// What has changed, as it is now.
#[derive(Default)]
pub(crate) struct Changes {
    /// Messages, in the order of their newest changes.
    pub(crate) messages: Vec<Arc<Event>>,
    pub(crate) conversations: Vec<ConversationState>,
}

impl Reading {
    pub(crate) fn nothing(begin: Cursor, with_changes: bool) -> Self {
        Self { messages: Vec::new(), changes: with_changes.then(Changes::default), more: false, cursor: begin }
    }

    pub(crate) fn is_empty(&self) -> bool {
        let is_unchanged = |changes: &Changes| changes.messages.is_empty() && changes.conversations.is_empty();
        self.messages.is_empty() && self.changes.as_ref().is_none_or(is_unchanged)
    }
}

/// Why reading failed.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// This database never issued that cursor.
    CursorReset,
    /// The user does not see the room, or no longer.
    Hidden,
    Store(StoreError),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Hub {
    /// Reads what there is, without waiting.
    pub(crate) async fn read(&self, ask: Ask) -> Result<Reading, ReadError> {
        let mut reader = self.open_reader(ask).await?;
        let reading = reader.read().await?;
        Ok(reading.unwrap_or_else(|| reader.into_nothing()))
    }
}
