//! The rooms, in memory: all of them, with what decides who sees each and who posts there. Only the journal changes
//! them, in commit order.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use parking_lot::{Mutex, RwLock};

use super::{Event, Hub, Inbox};
use crate::domain::ids::{ConversationId, RoomId, UserId};
use crate::domain::right::{Role, Rules, Seat};
use crate::store::RoomFacts;

/// A room. Rooms are neither renamed nor deleted.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) id: RoomId,
    pub(crate) conversation: ConversationId,
    pub(crate) name: String,
    /// Asked at every look of a subscription, so it costs no lock.
    is_private: AtomicBool,
    facts: RwLock<Arc<Facts>>,
}

/// What may change about a room.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) title: Option<String>,
    pub(crate) topic: String,
    pub(crate) rules: Rules,
    /// By id.
    pub(crate) banned: Vec<UserId>,
}

impl Room {
    pub(crate) fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.facts.read())
    }

    /// Returns whether the user sees the room.
    pub(crate) fn is_seen_by(&self, inbox: &Inbox) -> bool {
        let is_open = !self.is_private.load(Ordering::Acquire) && !inbox.visible.hides(self.id);
        is_open || inbox.role(self.conversation).is_some()
    }

    /// Returns whether the user may post here if nothing is on its way that memory has not followed. An admin may also
    /// if this says no.
    pub(crate) fn lets_post(&self, inbox: &Inbox) -> bool {
        let facts = self.facts();
        let is_banned = facts.banned.binary_search(&inbox.user_id).is_ok();
        let role = inbox.role(self.conversation).or(is_banned.then_some(Role::Banned));
        let seat = Seat::of(role, false, facts.rules.is_private);
        facts.rules.check(seat, facts.rules.post()).is_ok()
    }
}

/// Which public rooms a guest sees. Those who came by an invitation to some rooms see only these.
#[derive(Debug, Default)]
pub(crate) struct VisibleRooms {
    /// [`UNKNOWN`], [`UNLIMITED`] or [`LIMITED`]. Asked before the lock is taken, because most users have no limit.
    state: AtomicU8,
    rooms: Mutex<Vec<RoomId>>,
}

const UNKNOWN: u8 = 0;
const UNLIMITED: u8 = 1;
const LIMITED: u8 = 2;

impl VisibleRooms {
    /// Returns whether the limit was read, or is known to be none.
    pub(crate) fn is_known(&self) -> bool {
        self.state.load(Ordering::Acquire) != UNKNOWN
    }

    pub(crate) fn is_limited(&self) -> bool {
        self.state.load(Ordering::Acquire) == LIMITED
    }

    /// Records the rooms of the guest's invitation. Without any, there is no limit.
    pub(crate) fn set(&self, rooms: Vec<RoomId>) {
        let state = if rooms.is_empty() { UNLIMITED } else { LIMITED };
        *self.rooms.lock() = rooms;
        self.state.store(state, Ordering::Release);
    }

    fn hides(&self, room: RoomId) -> bool {
        self.is_limited() && !self.rooms.lock().contains(&room)
    }
}

/// All rooms.
#[derive(Debug, Default)]
pub(super) struct Rooms {
    by_id: HashMap<RoomId, Arc<Room>>,
    by_name: HashMap<String, Arc<Room>>,
    by_conversation: HashMap<ConversationId, Arc<Room>>,
}

impl Rooms {
    /// Adds a room, or replaces what is known of it. Returns the room, and whether some users see it no longer.
    pub(super) fn put(&mut self, facts: RoomFacts) -> (Arc<Room>, bool) {
        let RoomFacts { id, conversation_id, name, title, topic, rules, banned } = facts;
        let facts = Arc::new(Facts { title, topic, rules, banned });
        if let Some(room) = self.by_id.get(&id) {
            let was_private = room.is_private.swap(rules.is_private, Ordering::AcqRel);
            *room.facts.write() = facts;
            return (Arc::clone(room), rules.is_private && !was_private);
        }
        let room = Arc::new(Room {
            id,
            conversation: conversation_id,
            name: name.clone(),
            is_private: AtomicBool::new(rules.is_private),
            facts: RwLock::new(facts),
        });
        self.by_id.insert(id, Arc::clone(&room));
        self.by_name.insert(name, Arc::clone(&room));
        self.by_conversation.insert(conversation_id, Arc::clone(&room));
        (room, false)
    }
}

impl Hub {
    /// Returns the room with this id, whoever may see it.
    pub(crate) fn find_room(&self, id: RoomId) -> Option<Arc<Room>> {
        self.rooms.read().by_id.get(&id).cloned()
    }

    /// Returns the room with this name, whoever may see it.
    pub(crate) fn find_room_named(&self, name: &str) -> Option<Arc<Room>> {
        self.rooms.read().by_name.get(name).cloned()
    }

    /// Returns the room of a conversation. Returns `None` for a direct one.
    pub(super) fn room_of(&self, conversation: ConversationId) -> Option<Arc<Room>> {
        self.rooms.read().by_conversation.get(&conversation).cloned()
    }

    /// Returns whether the user sees the room that a message is in. True for a direct conversation.
    pub(crate) fn sees(&self, inbox: &Inbox, message: &Event) -> bool {
        self.room_of(message.conversation_id).is_none_or(|room| room.is_seen_by(inbox))
    }

    /// Adds a room, or follows what has changed about it. Requests that wait for a room look again if some users see it
    /// no longer.
    pub(crate) fn put_room(&self, facts: RoomFacts) {
        let (room, is_hidden) = self.rooms.write().put(facts);
        if is_hidden {
            self.ring_watchers(room.conversation);
        }
    }

    /// Makes the requests that wait for this room alone look again if a user who has left it sees it no longer.
    pub(super) fn ring_if_hidden(&self, conversation: ConversationId, from: &Inbox) {
        if self.room_of(conversation).is_some_and(|room| !room.is_seen_by(from)) {
            self.ring_watchers(conversation);
        }
    }

    fn ring_watchers(&self, conversation: ConversationId) {
        let channels = self.channels.read();
        if let Some(watchers) = channels.get(&conversation).and_then(|channel| channel.watchers.as_ref()) {
            watchers.ring_for_message();
        }
    }
}
