//! The contract in a few lines: what was said, who gets it, how far each has read. Asks no server, and
//! knows nothing of how one works.

use std::collections::BTreeMap;

use linger_api::Message;

/// A user of the case, by number.
pub type Who = usize;

/// A conversation of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// 0 is `general`.
    Room(usize),
    /// The lower number first.
    Direct(Who, Who),
}

impl Place {
    pub fn direct(one: Who, other: Who) -> Self {
        Self::Direct(one.min(other), one.max(other))
    }
}

/// A user in a conversation: from which seq on it reaches them, and up to which they have read.
#[derive(Debug, Clone, Copy)]
struct Membership {
    since: i64,
    last_read: i64,
}

/// "I have everything up to here": up to a message, and until a page is not full, what was read already
/// when the reading began.
#[derive(Debug, Clone, Default)]
pub struct Cursor {
    upto: i64,
    read_before: BTreeMap<Place, i64>,
}

/// The page that a cursor leads to.
pub struct Expected {
    pub messages: Vec<Message>,
    pub more: bool,
    pub cursor: Cursor,
}

/// `newest` and `last_read` of each conversation that concerns a user.
pub type Positions = BTreeMap<Place, (i64, i64)>;

#[derive(Debug, Default)]
pub struct Chat {
    said: Vec<(Place, Message)>,
    newest: BTreeMap<Place, i64>,
    memberships: BTreeMap<(Who, Place), Membership>,
}

impl Chat {
    /// A room in which so much has been said.
    pub fn open_room(&mut self, room: usize, newest: i64) {
        self.newest.insert(Place::Room(room), newest);
    }

    pub fn newest(&self, place: Place) -> i64 {
        self.newest.get(&place).copied().unwrap_or(0)
    }

    pub fn newest_id(&self) -> i64 {
        self.said.last().map_or(0, |(_, message)| message.id)
    }

    /// Joining starts at the newest message; who has joined stays where they are.
    pub fn join(&mut self, who: Who, place: Place) {
        let newest = self.newest(place);
        self.memberships.entry((who, place)).or_insert(Membership { since: newest, last_read: newest });
    }

    pub fn leave(&mut self, who: Who, place: Place) {
        self.memberships.remove(&(who, place));
    }

    /// A message counts as read by its sender if nothing before it was unread.
    pub fn say(&mut self, who: Who, place: Place, message: Message) {
        if let Place::Direct(one, other) = place {
            self.join(one, place);
            self.join(other, place);
        }
        if let Some(membership) = self.memberships.get_mut(&(who, place))
            && membership.last_read == message.seq - 1
        {
            membership.last_read = message.seq;
        }
        self.newest.insert(place, message.seq);
        self.said.push((place, message));
    }

    /// Sets a position, back as well as forward; false where there is none. What is made unread is unread,
    /// whether it was said before or after joining.
    pub fn mark_read(&mut self, who: Who, place: Place, seq: i64) -> bool {
        let newest = self.newest(place);
        let Some(membership) = self.memberships.get_mut(&(who, place)) else {
            return false;
        };
        membership.last_read = seq.min(newest);
        membership.since = membership.since.min(seq);
        true
    }

    /// Positions move up to the cursor, in every joined conversation, never back.
    pub fn acknowledge(&mut self, who: Who, cursor: &Cursor) {
        for (place, message) in self.said.iter().filter(|(_, message)| message.id <= cursor.upto) {
            if let Some(membership) = self.memberships.get_mut(&(who, *place)) {
                membership.last_read = membership.last_read.max(message.seq);
            }
        }
    }

    /// Where somebody begins who comes without a cursor: at their last-read positions.
    pub fn cursor_at_last_read(&self, who: Who) -> Cursor {
        let mine = self.memberships.iter().filter(|((member, _), _)| *member == who);
        Cursor { upto: 0, read_before: mine.map(|(&(_, place), membership)| (place, membership.last_read)).collect() }
    }

    /// What comes after a cursor in the conversations that somebody has joined.
    pub fn read_on(&self, who: Who, cursor: &Cursor, limit: usize) -> Expected {
        let is_wanted = |(place, message): &&(Place, Message)| {
            let membership = self.memberships.get(&(who, *place));
            message.id > cursor.upto
                && membership.is_some_and(|membership| message.seq > membership.since)
                && cursor.read_before.get(place).is_none_or(|&seq| message.seq > seq)
        };
        let mut messages: Vec<_> = self.said.iter().filter(is_wanted).map(|(_, message)| message.clone()).collect();
        let more = messages.len() > limit;
        messages.truncate(limit);
        let cursor = match messages.last() {
            Some(last) if more => Cursor { upto: last.id, read_before: cursor.read_before.clone() },
            _ => Cursor { upto: self.newest_id(), read_before: BTreeMap::new() },
        };
        Expected { messages, more, cursor }
    }

    /// The joined rooms, and the direct conversations in which something was said.
    pub fn positions(&self, who: Who) -> Positions {
        let mine = self.memberships.iter().filter(|((member, _), _)| *member == who);
        mine.map(|(&(_, place), membership)| (place, (self.newest(place), membership.last_read))).collect()
    }
}
