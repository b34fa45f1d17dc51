//! What one reads: where to begin, in which conversations, and what came of it. How that is done is
//! [`Reader`](super::reader::Reader)'s.

use std::sync::Arc;

use super::page::Space;
use super::tail::Event;
use super::{Hub, Inbox};
use crate::domain::cursor::Cursor;
use crate::domain::ids::ConversationId;
use crate::store::StoreError;

/// What a request wants to read.
pub(crate) struct Ask {
    pub(crate) inbox: Arc<Inbox>,
    pub(crate) scope: Scope,
    pub(crate) begin: Begin,
    /// Asking with a cursor says that its user has read everything up to it.
    pub(crate) acknowledges: bool,
    /// What one reading holds.
    pub(crate) space: Space,
}

/// Which conversations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Everything that the user has joined, and all direct conversations.
    Joined,
    /// All direct conversations.
    Directs,
    /// One room, joined or not.
    Room(ConversationId),
}

/// Where to begin.
#[derive(Debug, Clone)]
pub(crate) enum Begin {
    /// After everything that a client has.
    Cursor(Cursor),
    /// At the stored last-read positions.
    LastRead,
    /// Now.
    Newest,
}

/// What was read.
pub(crate) struct Reading {
    /// Oldest first; empty when nothing came.
    pub(crate) events: Vec<Arc<Event>>,
    /// The page was full.
    pub(crate) more: bool,
    /// Everything up to here has been read. When nothing came, where the reading began.
    pub(crate) cursor: Cursor,
}

impl Reading {
    pub(crate) fn nothing(begin: Cursor) -> Self {
        Self { events: Vec::new(), more: false, cursor: begin }
    }
}

/// Why there is no reading.
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
    /// Reads what there is, at once.
    pub(crate) async fn read(&self, ask: Ask) -> Result<Reading, ReadError> {
        let mut reader = self.open_reader(ask).await?;
        let reading = reader.read().await?;
        Ok(reading.unwrap_or_else(|| Reading::nothing(reader.into_beginning())))
    }
}
