//! Requests to read and their results: where to begin, in which conversations, and what was read.
//! [`Reader`](super::reader::Reader) does the reading.

use std::sync::Arc;

use super::page::Space;
use super::tail::Event;
use super::{Hub, Inbox};
use crate::domain::cursor::Cursor;
use crate::domain::ids::ConversationId;
use crate::store::StoreError;

/// A request to read.
pub(crate) struct Ask {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) scope: Scope,
    pub(crate) begin: Begin,
    /// Whether a cursor also says that the user has read everything up to it.
    pub(crate) acknowledges: bool,
    /// How much one reading may hold.
    pub(crate) space: Space,
}

/// The conversations to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All joined rooms and all direct conversations.
    Joined,
    /// All direct conversations.
    Directs,
    /// One room, joined or not.
    Room(ConversationId),
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
    /// Oldest first. Empty if nothing came.
    pub(crate) events: Vec<Arc<Event>>,
    /// Whether there are more messages after these.
    pub(crate) more: bool,
    /// Everything up to here has been read. If nothing came, this is where reading began.
    pub(crate) cursor: Cursor,
}

impl Reading {
    pub(crate) fn nothing(begin: Cursor) -> Self {
        Self { events: Vec::new(), more: false, cursor: begin }
    }
}

/// Why reading failed.
#[derive(Debug)]
pub(crate) enum ReadError {
    /// This database never issued that cursor.
    CursorReset,
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
        Ok(reading.unwrap_or_else(|| Reading::nothing(reader.into_beginning())))
    }
}
