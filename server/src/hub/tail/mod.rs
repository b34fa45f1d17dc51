//! The tail: the newest events of all conversations, in memory, each serialised to JSON once. Knows no users.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::Bound;
use std::sync::Arc;

use serde_json::value::RawValue;

use crate::domain::cursor::Cursor;
use crate::domain::ids::{ConversationId, EventId, Seq, UserId};
use crate::store::{Changed, StoredChange, StoredEvent, StoredMembership, StoredMessage};

/// A message or a change.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: EventId,
    /// Of the message, or of the message that has changed; otherwise 0.
    pub(crate) seq: Seq,
    /// 0 for a place that is empty.
    pub(crate) conversation_id: ConversationId,
    pub(crate) what: What,
    /// [`Cursor::fingerprint_of`] this event.
    pub(crate) fingerprint: u16,
    /// The message object as it goes into every answer, also for a message that has changed.
    pub(crate) json: Box<RawValue>,
}

/// What is at a place on the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A message as of this revision, 0 if it was never changed.
    Message { revision: EventId },
    /// A change of the message with this id, which is given as it is now.
    Changed { message: EventId },
    /// A user has joined or left the conversation, or has another role there.
    Membership { user: UserId },
    /// The conversation itself has changed, such as a room's title.
    Conversation,
    /// Everything that a user wrote in the conversation was erased. The JSON is the name that the user has now.
    Erased,
    /// Something that has changed again since.
    Superseded,
}

impl Event {
    /// The memory of an event besides its JSON: the struct, its reference counts, its slot in the queue.
    const OVERHEAD_BYTES: usize = size_of::<Self>() + 3 * size_of::<usize>();

    pub(crate) fn is_message(&self) -> bool {
        matches!(self.what, What::Message { .. })
    }

    /// Returns the message's newest change, or the message itself if it was never changed.
    pub(crate) fn revision(&self) -> EventId {
        match self.what {
            What::Message { revision } => revision.max(self.id),
            _ => self.id,
        }
    }

    fn bytes(&self) -> usize {
        Self::OVERHEAD_BYTES + self.json.get().len()
    }

    /// Returns whether clients are told the state of the conversation.
    pub(super) fn is_of_conversation(&self) -> bool {
        matches!(self.what, What::Membership { .. } | What::Conversation | What::Erased)
    }

    /// Returns the empty place of a change that was superseded.
    fn empty(id: EventId, fingerprint: u16) -> Self {
        Self::bare(id, fingerprint, 0, What::Superseded)
    }

    fn bare(id: EventId, fingerprint: u16, conversation_id: ConversationId, what: What) -> Self {
        Self { id, seq: 0, conversation_id, what, fingerprint, json: RawValue::NULL.to_owned() }
    }

    /// Returns the message that this change is about, with its JSON and in the place of `message`.
    fn in_place_of(&self, message: &Self) -> Self {
        Self {
            id: message.id,
            seq: message.seq,
            conversation_id: message.conversation_id,
            what: What::Message { revision: self.id },
            fingerprint: message.fingerprint,
            json: self.json.clone(),
        }
    }
}

impl From<&StoredMessage> for Event {
    fn from(stored: &StoredMessage) -> Self {
        let message = &stored.message;
        Self {
            id: message.id,
            seq: message.seq,
            conversation_id: stored.conversation_id,
            what: What::Message { revision: message.revision.unwrap_or(0) },
            fingerprint: Cursor::fingerprint_of(message.id, stored.sent_at_ms),
            json: to_json(message),
        }
    }
}

impl From<&StoredChange> for Event {
    fn from(change: &StoredChange) -> Self {
        let (id, fingerprint) = (change.id, Cursor::fingerprint_of(change.id, change.changed_at_ms));
        match &change.what {
            Changed::Message(stored) => Self {
                id,
                seq: stored.message.seq,
                conversation_id: stored.conversation_id,
                what: What::Changed { message: stored.message.id },
                fingerprint,
                json: to_json(&stored.message),
            },
            Changed::Membership(StoredMembership { user_id, conversation_id }) => {
                Self::bare(id, fingerprint, *conversation_id, What::Membership { user: *user_id })
            }
            Changed::Conversation(conversation_id) => Self::bare(id, fingerprint, *conversation_id, What::Conversation),
            Changed::Erased { conversation_id, author } => {
                Self { json: to_json(author), ..Self::bare(id, fingerprint, *conversation_id, What::Erased) }
            }
            Changed::Superseded => Self::empty(id, fingerprint),
        }
    }
}

impl From<&StoredEvent> for Event {
    fn from(stored: &StoredEvent) -> Self {
        match stored {
            StoredEvent::Message(message) => message.into(),
            StoredEvent::Change(change) => change.into(),
        }
    }
}

fn to_json(value: &impl serde::Serialize) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).expect("it has only strings, integers and lists of them")
}

/// A place on the line: an event's id and its fingerprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) id: EventId,
    pub(crate) fingerprint: u16,
}

impl Place {
    /// Before the first event.
    pub(crate) const START: Self = Self { id: 0, fingerprint: 0 };
}

/// The end of the line, without gaps, bounded in bytes.
#[derive(Debug)]
pub(super) struct Tail {
    events: VecDeque<Arc<Event>>,
    /// The newest change of each message that has changed here.
    changes: HashMap<(ConversationId, Seq), EventId>,
    /// The changes of memberships here, by user.
    memberships: BTreeMap<(UserId, EventId), ConversationId>,
    bytes: usize,
    capacity_bytes: usize,
    /// The event just before the oldest one here.
    base: Place,
}

/// How much a tail holds.
pub(crate) struct TailSize {
    pub(crate) events: usize,
    pub(crate) bytes: usize,
    pub(crate) capacity_bytes: usize,
}

impl Tail {
    /// Builds a tail from the newest events, given newest first. Takes as many as there is room for.
    pub(super) fn new(capacity_bytes: usize, newest_first: &[StoredEvent], reaches_the_start: bool) -> Self {
        let mut tail = Self {
            events: VecDeque::new(),
            changes: HashMap::new(),
            memberships: BTreeMap::new(),
            bytes: 0,
            capacity_bytes,
            base: Place::START,
        };
        for stored in newest_first {
            let event = Arc::new(tail.as_of_now(Event::from(stored)));
            tail.base = Place { id: event.id, fingerprint: event.fingerprint };
            if tail.bytes + event.bytes() > capacity_bytes {
                return tail;
            }
            tail.bytes += event.bytes();
            if let What::Changed { .. } = event.what {
                tail.changes.entry((event.conversation_id, event.seq)).or_insert(event.id);
            }
            tail.index_membership(&event);
            tail.events.push_front(event);
        }
        if reaches_the_start {
            tail.base = Place::START;
        } else {
            // The event before the oldest one is not known, so the oldest becomes the base.
            tail.drop_oldest();
        }
        tail
    }

    /// Returns an older event as it is after the changes that are here. Another node may have changed its message since
    /// the event was read.
    fn as_of_now(&self, event: Event) -> Event {
        let newest = self.changes.get(&(event.conversation_id, event.seq)).filter(|newest| **newest > event.revision());
        match (newest.and_then(|newest| self.find(*newest)), event.what) {
            (Some(change), What::Message { .. }) => change.in_place_of(&event),
            (Some(_), What::Changed { .. }) => Event::empty(event.id, event.fingerprint),
            _ => event,
        }
    }

    /// Adds an event that is newer than all others. The oldest make room. An event that is not newer is here already
    /// and is skipped: after a commit with an unknown outcome, events can come twice.
    ///
    /// A changed message also replaces the message itself, and leaves the place of its earlier change empty, so that no
    /// former text stays.
    pub(super) fn push(&mut self, event: Arc<Event>) {
        if event.id <= self.newest().id {
            return;
        }
        if let What::Changed { message } = event.what {
            if let Some(at) = self.position(message) {
                let changed = event.in_place_of(&self.events[at]);
                self.replace(at, changed);
            }
            let earlier = self.changes.insert((event.conversation_id, event.seq), event.id);
            if let Some(at) = earlier.and_then(|earlier| self.position(earlier)) {
                let emptied = Event::empty(self.events[at].id, self.events[at].fingerprint);
                self.replace(at, emptied);
            }
        }
        self.bytes += event.bytes();
        self.index_membership(&event);
        self.events.push_back(event);
        while self.bytes > self.capacity_bytes && !self.events.is_empty() {
            self.drop_oldest();
        }
    }

    fn index_membership(&mut self, event: &Event) {
        if let What::Membership { user } = event.what {
            self.memberships.insert((user, event.id), event.conversation_id);
        }
    }

    /// Replaces a message, and its newest change, by the message as it is now, although it has no newer change.
    pub(super) fn refresh(&mut self, stored: &StoredMessage) {
        let now = Event::from(stored);
        let change = self.changes.get(&(now.conversation_id, now.seq)).copied();
        if let Some(at) = change.and_then(|change| self.position(change)) {
            let Event { id, seq, conversation_id, what, fingerprint, .. } = *self.events[at];
            self.replace(at, Event { id, seq, conversation_id, what, fingerprint, json: now.json.clone() });
        }
        if let Some(at) = self.position(now.id) {
            self.replace(at, now);
        }
    }

    /// Returns the place just before the oldest event here.
    pub(super) fn base(&self) -> Place {
        self.base
    }

    fn replace(&mut self, at: usize, event: Event) {
        self.bytes = self.bytes - self.events[at].bytes() + event.bytes();
        self.events[at] = Arc::new(event);
    }

    fn drop_oldest(&mut self) {
        let Some(oldest) = self.events.pop_front() else { return };
        self.bytes -= oldest.bytes();
        self.base = Place { id: oldest.id, fingerprint: oldest.fingerprint };
        let key = (oldest.conversation_id, oldest.seq);
        if !oldest.is_message() && self.changes.get(&key) == Some(&oldest.id) {
            self.changes.remove(&key);
        }
        if let What::Membership { user } = oldest.what {
            self.memberships.remove(&(user, oldest.id));
        }
    }

    pub(super) fn size(&self) -> TailSize {
        TailSize { events: self.events.len(), bytes: self.bytes, capacity_bytes: self.capacity_bytes }
    }

    /// Returns the place of the newest event.
    pub(super) fn newest(&self) -> Place {
        self.events.back().map_or(self.base, |event| Place { id: event.id, fingerprint: event.fingerprint })
    }

    /// Returns the events after a place, oldest first. Returns `None` if the place lies before the tail.
    pub(super) fn after(
        &self,
        place: EventId,
    ) -> Option<impl DoubleEndedIterator<Item = &Arc<Event>> + ExactSizeIterator> {
        let start = self.events.partition_point(|event| event.id <= place);
        (place >= self.base.id).then(|| self.events.range(start..))
    }

    /// Lists the conversations that a user has joined or left after a place, or where the user's role has changed.
    pub(super) fn memberships_after(&self, place: EventId, user: UserId) -> Vec<ConversationId> {
        let of_user = (Bound::Excluded((user, place)), Bound::Included((user, EventId::MAX)));
        self.memberships.range(of_user).map(|(_, &conversation)| conversation).collect()
    }

    /// Returns the fingerprint of an event. Returns `None` if the event is neither in the tail nor its base.
    pub(super) fn fingerprint_at(&self, id: EventId) -> Option<u16> {
        if id == self.base.id {
            return Some(self.base.fingerprint);
        }
        self.position(id).map(|at| self.events[at].fingerprint)
    }

    /// Returns an event. Returns `None` if it is not in the tail.
    pub(super) fn find(&self, id: EventId) -> Option<Arc<Event>> {
        self.position(id).map(|at| Arc::clone(&self.events[at]))
    }

    fn position(&self, id: EventId) -> Option<usize> {
        self.events.binary_search_by_key(&id, |event| event.id).ok()
    }
}

#[cfg(test)]
mod tests;
