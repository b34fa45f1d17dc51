//! The user's conversations: joined rooms, the current one, and unread counts. Knows no server and no screen; shared by
//! several threads.

mod elsewhere;
mod known;
mod messages;
mod reading;
mod told;
mod unread;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Condvar, Mutex, MutexGuard};

use linger_api::Connected;

use self::messages::Messages;
pub(super) use self::messages::News;
pub(super) use self::told::Told;
use self::unread::Unread;
use crate::commands::completion::{Excerpt, Names};
use crate::domain::Conversation;

/// How many speakers are remembered for completion.
const SPEAKERS: usize = 1000;

pub(super) struct Conversations {
    me: String,
    state: Mutex<State>,
    /// Rings when there are receipts.
    is_read: Condvar,
}

struct State {
    current: Conversation,
    previous: Conversation,
    /// The ids of the joined rooms, by name.
    joined: BTreeMap<String, i64>,
    /// How often that has changed.
    memberships: u64,
    /// Rooms that were listed, joined or not.
    rooms: Vec<String>,
    unread: Unread,
    shown: BTreeMap<Conversation, Shown>,
    /// The latest speaker comes last.
    speakers: Vec<String>,
    /// The conversations that the last list numbered.
    numbered: Vec<Conversation>,
    /// The messages that are known, as they are now.
    messages: Messages,
    /// The seqs up to which messages are forgotten, perhaps not all of them.
    forgotten: BTreeMap<Conversation, i64>,
    /// The last-read positions that the server has told.
    positions: BTreeMap<Conversation, i64>,
    /// The rooms that this session itself leaves.
    leaving: BTreeSet<String>,
    /// How many rooms this session itself is joining.
    joining: usize,
}

/// The range of seqs shown of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) oldest: i64,
    pub(super) newest: i64,
}

impl Conversations {
    pub(super) fn new(connected: &Connected) -> Self {
        let joined = joined(connected);
        let state = State {
            previous: home(&joined),
            current: home(&joined),
            joined,
            memberships: 0,
            rooms: Vec::new(),
            unread: Unread::default(),
            shown: BTreeMap::new(),
            speakers: Vec::new(),
            numbered: Vec::new(),
            messages: Messages::default(),
            forgotten: BTreeMap::new(),
            positions: BTreeMap::new(),
            leaving: BTreeSet::new(),
            joining: 0,
        };
        let conversations = Self { me: connected.user.name.clone(), state: Mutex::new(state), is_read: Condvar::new() };
        conversations.connected(connected);
        conversations
    }

    /// Takes over the joined rooms after connecting, perhaps to a different database.
    pub(super) fn connected(&self, connected: &Connected) {
        let mut state = self.lock();
        state.memberships += 1;
        state.joined = joined(connected);
        state.shown.clear();
        state.unread.begin_anew();
        state.messages = Messages::default();
        state.forgotten.clear();
        state.positions.clear();
        state.leaving.clear();
        for direct in connected.direct.iter().rev() {
            state.heard_of(&direct.with);
        }
    }

    /// Returns the user's own name.
    pub(super) fn me(&self) -> &str {
        &self.me
    }

    /// Returns the conversation that plain lines go to.
    pub(super) fn current(&self) -> Conversation {
        self.lock().current.clone()
    }

    /// Returns the conversation that was current before.
    pub(super) fn previous(&self) -> Conversation {
        self.lock().previous.clone()
    }

    /// Makes a conversation the current one, and its messages read.
    pub(super) fn switch(&self, to: Conversation) {
        let mut state = self.lock();
        state.read(&to);
        self.is_read.notify_all();
        if state.current != to {
            state.previous = std::mem::replace(&mut state.current, to);
        }
    }

    /// Returns the id of a joined room.
    pub(super) fn room_id(&self, room: &str) -> Option<i64> {
        self.lock().joined.get(room).copied()
    }

    /// Returns whether polls bring its messages.
    pub(super) fn is_followed(&self, conversation: &Conversation) -> bool {
        match conversation {
            Conversation::Room(name) => self.room_id(name).is_some(),
            Conversation::Direct(_) => true,
        }
    }

    pub(super) fn joined(&self, room: &str, id: i64) {
        let mut state = self.lock();
        state.memberships += 1;
        if state.joined.insert(room.to_owned(), id).is_none() {
            state.forget_room(room);
        }
    }

    /// Returns a number that changes whenever a room is joined or left.
    pub(super) fn memberships(&self) -> u64 {
        self.lock().memberships
    }

    pub(super) fn left(&self, room: &str) {
        let mut state = self.lock();
        state.memberships += 1;
        state.joined.remove(room);
        state.forget_room(room);
        let left = Conversation::Room(room.to_owned());
        state.unread.forget(&left);
        if state.previous == left {
            state.previous = home(&state.joined);
        }
        if state.current == left {
            state.current = state.previous.clone();
        }
    }

    /// Records that the user has left a room in another session. It stays the current one: the user may be typing.
    /// Returns whether that is news.
    pub(super) fn left_elsewhere(&self, room: &str) -> bool {
        let mut state = self.lock();
        state.memberships += 1;
        state.unread.forget(&Conversation::Room(room.to_owned()));
        state.forget_room(room);
        state.joined.remove(room).is_some()
    }

    /// Returns the range shown of a conversation, or `None` if nothing was.
    pub(super) fn shown_of(&self, conversation: &Conversation) -> Option<Shown> {
        self.lock().shown.get(conversation).copied()
    }

    /// Adds users to completion, after everyone who has spoken.
    pub(super) fn met(&self, users: impl IntoIterator<Item = String>) {
        let mut state = self.lock();
        for user in users {
            if user != self.me && !state.speakers.contains(&user) && state.speakers.len() < SPEAKERS {
                state.speakers.insert(0, user);
            }
        }
    }

    /// Records the conversations that a list numbers from 1.
    pub(super) fn numbered(&self, list: Vec<Conversation>) {
        let mut state = self.lock();
        let rooms = list.iter().filter(|conversation| matches!(conversation, Conversation::Room(_)));
        state.rooms = rooms.map(|room| room.name().to_owned()).collect();
        state.numbered = list;
    }

    /// Returns the conversation with this number in the last list.
    pub(super) fn by_number(&self, number: &str) -> Option<Conversation> {
        let index = number.parse::<usize>().ok()?.checked_sub(1)?;
        self.lock().numbered.get(index).cloned()
    }

    /// Returns the conversation that a word means: `#room`, `@name`, the name of a room, a known user, or a number.
    pub(super) fn named(&self, word: &str) -> Option<Conversation> {
        if let Some(room) = word.strip_prefix('#') {
            return Some(Conversation::Room(room.to_owned()));
        }
        if let Some(user) = word.strip_prefix('@') {
            return Some(Conversation::Direct(user.to_owned()));
        }
        let name = word.to_lowercase();
        let state = self.lock();
        if state.joined.contains_key(&name) || state.rooms.contains(&name) {
            return Some(Conversation::Room(name));
        }
        let is_user = state.speakers.contains(&name);
        drop(state);
        if is_user { Some(Conversation::Direct(name)) } else { self.by_number(word) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing that holds the lock panics")
    }
}

/// Returns the ids of the joined rooms, by name.
fn joined(connected: &Connected) -> BTreeMap<String, i64> {
    connected.rooms.iter().map(|room| (room.name.clone(), room.id)).collect()
}

/// Returns where a session begins: in `general`, or in the first room of a guest who was not invited there.
fn home(joined: &BTreeMap<String, i64>) -> Conversation {
    let general = Conversation::general();
    match joined.iter().min_by_key(|(_, id)| **id) {
        Some((first, _)) if !joined.contains_key(general.name()) => Conversation::Room(first.clone()),
        _ => general,
    }
}

impl State {
    /// Records that what is shown of a conversation is read.
    fn read(&mut self, conversation: &Conversation) {
        if let Some(shown) = self.shown.get(conversation) {
            self.unread.read(conversation, shown.newest);
        }
    }

    fn heard_of(&mut self, user: &str) {
        self.speakers.retain(|speaker| speaker != user);
        if self.speakers.len() == SPEAKERS {
            self.speakers.remove(0);
        }
        self.speakers.push(user.to_owned());
    }
}

impl Names for Conversations {
    fn rooms(&self, _: &str) -> Vec<String> {
        let state = self.lock();
        let others = state.rooms.iter().filter(|room| !state.joined.contains_key(*room));
        state.joined.keys().chain(others).cloned().collect()
    }

    fn users(&self, _: &str) -> Vec<String> {
        self.lock().speakers.iter().rev().cloned().collect()
    }

    fn messages(&self, is_own: bool) -> Vec<Excerpt> {
        self.excerpts(is_own)
    }
}

#[cfg(test)]
mod tests;
