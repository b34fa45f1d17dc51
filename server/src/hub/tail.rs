//! The tail: the newest messages of all conversations, in memory, each serialised to JSON once. Knows neither users nor
//! waiting.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::domain::cursor::Cursor;
use crate::domain::ids::{ConversationId, EventId, Seq};
use crate::store::StoredMessage;

/// A message, ready to be copied into an answer.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    pub(crate) seq: Seq,
    pub(crate) conversation_id: ConversationId,
    /// [`Cursor::fingerprint_of`] this message.
    pub(crate) fingerprint: u16,
    /// The message object, as it goes into every answer.
    pub(crate) json: Box<RawValue>,
}

impl Event {
    /// The memory of an event besides its JSON: the struct, its reference counts, its slot in the queue.
    const OVERHEAD_BYTES: usize = size_of::<Self>() + 3 * size_of::<usize>();

    fn bytes(&self) -> usize {
        Self::OVERHEAD_BYTES + self.json.get().len()
    }
}

impl From<&StoredMessage> for Event {
    fn from(stored: &StoredMessage) -> Self {
        let message = &stored.message;
        let json = serde_json::value::to_raw_value(message).expect("a message has only strings and integers");
        Self {
            id: message.id,
            seq: message.seq,
            conversation_id: stored.conversation_id,
            fingerprint: Cursor::fingerprint_of(message.id, stored.sent_at_ms),
            json,
        }
    }
}

/// A place on the line: an event's id and its fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: EventId,
    pub(crate) fingerprint: u16,
}

impl Place {
    /// Before the first message.
    pub(crate) const START: Self = Self { id: 0, fingerprint: 0 };
}

/// The end of the line, without gaps, bounded in bytes.
#[derive(Debug)]
pub(super) struct Tail {
    events: VecDeque<Arc<Event>>,
    bytes: usize,
    capacity_bytes: usize,
    /// The message just before the oldest event here.
    base: Place,
}

/// How much a tail holds.
pub(crate) struct TailSize {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) capacity_bytes: usize,
}

impl Tail {
    /// Builds a tail from the newest messages, given newest first. Takes as many as there is room for.
    pub(super) fn new(capacity_bytes: usize, newest_first: &[StoredMessage], reaches_the_start: bool) -> Self {
        let mut tail = Self { events: VecDeque::new(), bytes: 0, capacity_bytes, base: Place::START };
        for stored in newest_first {
            let event = Arc::new(Event::from(stored));
            tail.base = Place { id: event.id, fingerprint: event.fingerprint };
            if tail.bytes + event.bytes() > capacity_bytes {
                return tail;
            }
            tail.bytes += event.bytes();
            tail.events.push_front(event);
        }
        if reaches_the_start {
            tail.base = Place::START;
        } else {
            // The message before the oldest event is not known, so the oldest event becomes the base.
            tail.bytes -= tail.events.pop_front().map_or(0, |oldest| oldest.bytes());
        }
        tail
    }

    /// Adds a message that is newer than all others. The oldest make room. A message that is not newer is here already
    /// and is skipped: after a commit with an unknown outcome, messages can come twice.
    pub(super) fn push(&mut self, event: Arc<Event>) {
        if event.id <= self.newest().id {
            return;
        }
        self.bytes += event.bytes();
        self.events.push_back(event);
        while self.bytes > self.capacity_bytes
            && let Some(oldest) = self.events.pop_front()
        {
            self.bytes -= oldest.bytes();
            self.base = Place { id: oldest.id, fingerprint: oldest.fingerprint };
        }
    }

    pub(super) fn size(&self) -> TailSize {
        TailSize { messages: self.events.len(), bytes: self.bytes, capacity_bytes: self.capacity_bytes }
    }

    /// Returns the place of the newest message.
    pub(super) fn newest(&self) -> Place {
        self.events.back().map_or(self.base, |event| Place { id: event.id, fingerprint: event.fingerprint })
    }

    /// Returns the events after a place, oldest first. Returns `None` if the place lies before the tail.
    pub(super) fn after(&self, place: EventId) -> Option<impl Iterator<Item = &Arc<Event>>> {
        let start = self.events.partition_point(|event| event.id <= place);
        (place >= self.base.id).then(|| self.events.range(start..))
    }

    /// Returns the fingerprint of a message. Returns `None` if the message is neither in the tail nor its base.
    pub(super) fn fingerprint_at(&self, id: EventId) -> Option<u16> {
        if id == self.base.id {
            return Some(self.base.fingerprint);
        }
        self.position(id).map(|at| self.events[at].fingerprint)
    }

    /// Returns a message. Returns `None` if it is not in the tail.
    pub(super) fn find(&self, id: EventId) -> Option<Arc<Event>> {
        self.position(id).map(|at| Arc::clone(&self.events[at]))
    }

    fn position(&self, id: EventId) -> Option<usize> {
        self.events.binary_search_by_key(&id, |event| event.id).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(id: EventId) -> Arc<Event> {
        let json = RawValue::from_string(format!("{:100}", id)).unwrap();
        Arc::new(Event { id, seq: id, conversation_id: 1, fingerprint: id as u16, json })
    }

    #[test]
    fn the_oldest_events_make_room_and_the_last_of_them_becomes_the_base() {
        let mut tail = Tail::new(5 * event(1).bytes(), &[], true);
        (1..=8).for_each(|id| tail.push(event(id)));
        assert_eq!(tail.newest(), Place { id: 8, fingerprint: 8 });
        assert!(tail.after(2).is_none(), "message 3 is gone");
        let ids = |place| tail.after(place).unwrap().map(|event| event.id).collect::<Vec<_>>();
        assert_eq!(ids(3), [4, 5, 6, 7, 8]);
        assert_eq!(ids(6), [7, 8]);
        assert!(ids(8).is_empty());
        assert_eq!((tail.fingerprint_at(2), tail.fingerprint_at(3), tail.fingerprint_at(4)), (None, Some(3), Some(4)));
    }
}
