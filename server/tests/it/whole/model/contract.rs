//! A minimal model of the contract: messages, their recipients, and read positions. Knows nothing of the server.

use std::collections::BTreeMap;

use linger_api::Message;

/// A user, by index in the case.
pub(crate) type UserIndex = usize;

/// A conversation of the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Conversation {
    /// A room, by index in the case; 0 is `general`.
    Room(usize),
    /// A direct conversation; the lower index comes first.
    Direct(UserIndex, UserIndex),
}

impl Conversation {
    pub(crate) fn direct(one: UserIndex, other: UserIndex) -> Self {
        Self::Direct(one.min(other), one.max(other))
    }
}

/// A user's membership: the seq after which messages are delivered, and the last-read seq.
#[derive(Debug, Clone, Copy)]
struct Membership {
    since: i64,
    last_read: i64,
}

/// A position on the line of ids. Until a page is not full, it also holds the read positions from which the
/// client started.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cursor {
    upto: i64,
    read_before: BTreeMap<Conversation, i64>,
}

/// The expected answer to a poll.
pub(crate) struct Expected {
    pub(crate) messages: Vec<Message>,
    pub(crate) more: bool,
    pub(crate) cursor: Cursor,
}

/// `newest` and `last_read` of each of a user's conversations.
pub(crate) type Positions = BTreeMap<Conversation, (i64, i64)>;

#[derive(Debug, Default)]
pub(crate) struct Chat {
    said: Vec<(Conversation, Message)>,
    newest: BTreeMap<Conversation, i64>,
    memberships: BTreeMap<(UserIndex, Conversation), Membership>,
}

impl Chat {
    /// Adds a room with this many earlier messages.
    pub(crate) fn open_room(&mut self, room: usize, newest: i64) {
        self.newest.insert(Conversation::Room(room), newest);
    }

    pub(crate) fn newest(&self, conversation: Conversation) -> i64 {
        self.newest.get(&conversation).copied().unwrap_or(0)
    }

    pub(crate) fn newest_id(&self) -> i64 {
        self.said.last().map_or(0, |(_, message)| message.id)
    }

    /// Joins a user after the newest message. A no-op for a member.
    pub(crate) fn join(&mut self, user: UserIndex, conversation: Conversation) {
        let newest = self.newest(conversation);
        self.memberships.entry((user, conversation)).or_insert(Membership { since: newest, last_read: newest });
    }

    pub(crate) fn leave(&mut self, user: UserIndex, conversation: Conversation) {
        self.memberships.remove(&(user, conversation));
    }

    /// Sends a message. It counts as read by its sender if nothing before it was unread.
    pub(crate) fn say(&mut self, user: UserIndex, conversation: Conversation, message: Message) {
        if let Conversation::Direct(one, other) = conversation {
            self.join(one, conversation);
            self.join(other, conversation);
        }
        if let Some(membership) = self.memberships.get_mut(&(user, conversation))
            && membership.last_read == message.seq - 1
        {
            membership.last_read = message.seq;
        }
        self.newest.insert(conversation, message.seq);
        self.said.push((conversation, message));
    }

    /// Sets a position, forward or back; also messages from before joining can become unread. Returns false if the user
    /// is not a member.
    pub(crate) fn mark_read(&mut self, user: UserIndex, conversation: Conversation, seq: i64) -> bool {
        let newest = self.newest(conversation);
        let Some(membership) = self.memberships.get_mut(&(user, conversation)) else {
            return false;
        };
        membership.last_read = seq.min(newest);
        membership.since = membership.since.min(seq);
        true
    }

    /// Moves a user's positions in all conversations up to the cursor, never back.
    pub(crate) fn acknowledge(&mut self, user: UserIndex, cursor: &Cursor) {
        for (conversation, message) in self.said.iter().filter(|(_, message)| message.id <= cursor.upto) {
            if let Some(membership) = self.memberships.get_mut(&(user, *conversation)) {
                membership.last_read = membership.last_read.max(message.seq);
            }
        }
    }

    /// Returns the cursor of a client without one, which starts at the user's last-read positions.
    pub(crate) fn cursor_at_last_read(&self, user: UserIndex) -> Cursor {
        let mine = self.memberships.iter().filter(|((member, _), _)| *member == user);
        Cursor {
            upto: 0,
            read_before: mine.map(|(&(_, conversation), membership)| (conversation, membership.last_read)).collect(),
        }
    }

    /// Returns the page of messages after a cursor.
    pub(crate) fn read_on(&self, user: UserIndex, cursor: &Cursor, limit: usize) -> Expected {
        let is_wanted = |(conversation, message): &&(Conversation, Message)| {
            let membership = self.memberships.get(&(user, *conversation));
            message.id > cursor.upto
                && membership.is_some_and(|membership| message.seq > membership.since)
                && cursor.read_before.get(conversation).is_none_or(|&seq| message.seq > seq)
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

    /// Returns the positions in joined rooms and in direct conversations with messages.
    pub(crate) fn positions(&self, user: UserIndex) -> Positions {
        let mine = self.memberships.iter().filter(|((member, _), _)| *member == user);
        mine.map(|(&(_, conversation), membership)| (conversation, (self.newest(conversation), membership.last_read)))
            .collect()
    }
}
