//! The newest messages of all, in memory, each written as JSON once. Knows neither users nor waiting.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::domain::cursor::Cursor;
use crate::domain::ids::{ConversationId, MessageId, Seq};
use crate::store::StoredMessage;

/// A message, ready to be copied into an answer.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) id: MessageId,
    pub(crate) seq: Seq,
    pub(crate) conversation_id: ConversationId,
    /// [`Cursor::mark_of`] this message.
    pub(crate) mark: u16,
    /// The whole object, as it goes into every answer.
    pub(crate) json: Box<RawValue>,
}

impl Entry {
    /// What an entry takes besides its JSON: itself, its reference counts, its place in the queue.
    const OVERHEAD_BYTES: usize = size_of::<Self>() + 3 * size_of::<usize>();

    fn bytes(&self) -> usize {
        Self::OVERHEAD_BYTES + self.json.get().len()
    }
}

impl From<&StoredMessage> for Entry {
    fn from(stored: &StoredMessage) -> Self {
        let message = &stored.message;
        let json = serde_json::value::to_raw_value(message).expect("a message has only strings and integers");
        Self {
            id: message.id,
            seq: message.seq,
            conversation_id: stored.conversation_id,
            mark: Cursor::mark_of(message.id, stored.sent_at_ms),
            json,
        }
    }
}

/// A place on the number line together with the mark of the message there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Marked {
    pub(crate) id: MessageId,
    pub(crate) mark: u16,
}

impl Marked {
    /// Before the first message.
    pub(crate) const START: Self = Self { id: 0, mark: 0 };
}

/// A gapless end of the number line, bounded in bytes.
#[derive(Debug)]
pub(super) struct Tail {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    capacity_bytes: usize,
    /// The message just before the first entry.
    base: Marked,
}

/// How much a tail holds.
pub(crate) struct TailSize {
    pub(crate) messages: usize,
    pub(crate) bytes: usize,
    pub(crate) capacity_bytes: usize,
}

impl Tail {
    /// A tail that holds the newest of all messages, given newest first, as many as it has room for.
    pub(super) fn new(capacity_bytes: usize, newest_first: &[StoredMessage], reaches_the_start: bool) -> Self {
        let mut tail = Self { entries: VecDeque::new(), bytes: 0, capacity_bytes, base: Marked::START };
        for stored in newest_first {
            let entry = Arc::new(Entry::from(stored));
            tail.base = Marked { id: entry.id, mark: entry.mark };
            if tail.bytes + entry.bytes() > capacity_bytes {
                return tail;
            }
            tail.bytes += entry.bytes();
            tail.entries.push_front(entry);
        }
        if reaches_the_start {
            tail.base = Marked::START;
        } else {
            // What lies before the oldest entry is not known, so that entry becomes the base.
            tail.bytes -= tail.entries.pop_front().map_or(0, |oldest| oldest.bytes());
        }
        tail
    }

    /// Adds a message that is newer than all of them; the oldest make room. One that is not is there already:
    /// of a commit whose outcome was not known, the messages may come a second time.
    pub(super) fn push(&mut self, entry: Arc<Entry>) {
        if entry.id <= self.newest().id {
            return;
        }
        self.bytes += entry.bytes();
        self.entries.push_back(entry);
        while self.bytes > self.capacity_bytes
            && let Some(oldest) = self.entries.pop_front()
        {
            self.bytes -= oldest.bytes();
            self.base = Marked { id: oldest.id, mark: oldest.mark };
        }
    }

    pub(super) fn size(&self) -> TailSize {
        TailSize { messages: self.entries.len(), bytes: self.bytes, capacity_bytes: self.capacity_bytes }
    }

    /// The newest message.
    pub(super) fn newest(&self) -> Marked {
        self.entries.back().map_or(self.base, |entry| Marked { id: entry.id, mark: entry.mark })
    }

    /// The entries after a place, oldest first; nothing if the place lies before the tail.
    pub(super) fn after(&self, place: MessageId) -> Option<impl Iterator<Item = &Arc<Entry>>> {
        let start = self.entries.partition_point(|entry| entry.id <= place);
        (place >= self.base.id).then(|| self.entries.range(start..))
    }

    /// The mark of a message; nothing if it lies before the tail.
    pub(super) fn mark_at(&self, id: MessageId) -> Option<u16> {
        if id == self.base.id {
            return Some(self.base.mark);
        }
        let at = self.entries.binary_search_by_key(&id, |entry| entry.id).ok()?;
        Some(self.entries[at].mark)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: MessageId) -> Arc<Entry> {
        let json = RawValue::from_string(format!("{:100}", id)).unwrap();
        Arc::new(Entry { id, seq: id, conversation_id: 1, mark: id as u16, json })
    }

    #[test]
    fn the_oldest_make_room_and_the_place_before_them_is_remembered() {
        let mut tail = Tail::new(5 * entry(1).bytes(), &[], true);
        (1..=8).for_each(|id| tail.push(entry(id)));
        assert_eq!(tail.newest(), Marked { id: 8, mark: 8 });
        assert!(tail.after(2).is_none(), "message 3 is gone");
        let ids = |place| tail.after(place).unwrap().map(|entry| entry.id).collect::<Vec<_>>();
        assert_eq!(ids(3), [4, 5, 6, 7, 8]);
        assert_eq!(ids(6), [7, 8]);
        assert!(ids(8).is_empty());
        assert_eq!((tail.mark_at(2), tail.mark_at(3), tail.mark_at(4)), (None, Some(3), Some(4)));
    }
}
