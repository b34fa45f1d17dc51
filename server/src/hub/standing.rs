//! A reader's place on the line, and where reading begins.

use std::collections::HashMap;

use super::Hub;
use super::reading::{Ask, Begin, ReadError};
use super::tail::{Event, Place};
use crate::domain::cursor::{Cursor, Told};
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

impl Hub {
    /// Finds the place to begin at, and the cursor to answer with if nothing comes.
    pub(super) async fn stand(&self, ask: &Ask) -> Result<(Cursor, Standing), ReadError> {
        let now = ask.changes.then(|| ask.inbox.remember_moves().as_told());
        match &ask.begin {
            Begin::Cursor(cursor) => {
                self.check(cursor).await?;
                if ask.acknowledges {
                    let told = cursor.told.filter(|_| ask.changes);
                    self.acknowledge(&ask.inbox, ask.session, cursor.after, told).await?;
                }
                let read_ahead = match cursor.read_ahead.is_empty() {
                    true => HashMap::new(),
                    false => Box::pin(self.store.list_positions_of(&cursor.read_ahead)).await?.into_iter().collect(),
                };
                Ok((
                    cursor.clone(),
                    Standing { after: cursor.after, read_ahead, unchanged: cursor.after, told: cursor.told },
                ))
            }
            // This cursor is only used if a later look finds nothing unread up to it.
            Begin::LastRead => {
                let (after, read_ahead) = ask.inbox.positions();
                let cursor = self.cursor(self.newest(), Vec::new(), now);
                // Unread messages may be old, but a client without a cursor has no former state that could have
                // changed.
                let unchanged = cursor.after;
                Ok((cursor, Standing { after, read_ahead, unchanged, told: now }))
            }
            Begin::Newest => {
                let cursor = self.cursor(self.newest(), Vec::new(), now);
                let standing =
                    Standing { after: cursor.after, read_ahead: HashMap::new(), unchanged: cursor.after, told: now };
                Ok((cursor, standing))
            }
        }
    }

    /// Checks that this database issued a cursor: it has a valid seal, and its event exists and is still the same.
    async fn check(&self, cursor: &Cursor) -> Result<(), ReadError> {
        let is_ours = cursor.epoch == self.epoch && cursor.is_sealed_with(&self.cursor_key);
        if !is_ours || cursor.after > self.newest().id {
            return Err(ReadError::CursorReset);
        }
        let fingerprint = self.find_fingerprint(cursor.after).await?;
        if fingerprint == Some(cursor.fingerprint) { Ok(()) } else { Err(ReadError::CursorReset) }
    }

    /// Returns the fingerprint of an event, or `None` if there is no such event.
    async fn find_fingerprint(&self, event: EventId) -> Result<Option<u16>, ReadError> {
        let in_tail = self.tail.read().fingerprint_at(event);
        match in_tail {
            Some(fingerprint) => Ok(Some(fingerprint)),
            None if event == 0 => Ok(Some(0)),
            None => Ok(Box::pin(self.store.find_event_time(event)).await?.map(|ms| Cursor::fingerprint_of(event, ms))),
        }
    }

    /// Returns the cursor of a reader that has read everything up to this event.
    pub(crate) async fn cursor_at(&self, event: EventId) -> Result<Cursor, ReadError> {
        let fingerprint = self.find_fingerprint(event).await?.ok_or(ReadError::CursorReset)?;
        Ok(self.cursor(Place { id: event, fingerprint }, Vec::new(), None))
    }
}
