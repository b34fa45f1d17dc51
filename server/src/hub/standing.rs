//! A reader's place on the line.

use std::collections::HashMap;

use super::tail::Event;
use crate::domain::cursor::Told;
use crate::domain::ids::{ConversationId, EventId, Seq};

/// A reader's place: an event on the line, and later positions in some conversations.
pub(super) struct Standing {
    pub(super) after: EventId,
    pub(super) read_ahead: HashMap<ConversationId, Seq>,
    /// Changes up to this event are not returned: they lie before the client's cursor or, without a cursor, before the
    /// moment it began.
    pub(super) unchanged: EventId,
    /// What the client knows of the last-read positions, if it asks for changes.
    pub(super) told: Option<Told>,
}

impl Standing {
    /// Returns whether the reader has an event although it lies beyond its place.
    pub(super) fn is_past(&self, event: &Event) -> bool {
        match event.is_message() {
            true => self.read_ahead.get(&event.conversation_id).is_some_and(|&seq| event.seq <= seq),
            false => event.id <= self.unchanged,
        }
    }
}
