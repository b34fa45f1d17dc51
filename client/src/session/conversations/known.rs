//! The messages that a session knows as they are now, so that it can tell what has changed, quote them, and find them
//! by their number. Knows no server and no screen.

use linger_api::Message;

use super::messages::{Messages, News};
use super::{Conversations, State};
use crate::commands::completion::Excerpt;
use crate::domain::Conversation;

/// How much is kept of others' texts, in bytes at most. The user's own are kept whole, to be edited.
const EXCERPT: usize = 400;

impl Conversations {
    /// Keeps a message, unless a newer copy of it is known.
    pub(in crate::session) fn remember(&self, message: &Message) -> News {
        let conversation = Conversation::of(message, &self.me);
        let mut kept = message.clone();
        if message.from != self.me && kept.text.len() > EXCERPT {
            kept.text.truncate(kept.text.floor_char_boundary(EXCERPT));
            kept.text.push('…');
        }
        self.lock().messages.keep((conversation, message.seq), kept)
    }

    /// Returns a message that is known.
    pub(in crate::session) fn message(&self, of: &Conversation, seq: i64) -> Option<Message> {
        self.lock().messages.kept.get(&(of.clone(), seq)).cloned()
    }

    /// Forgets a message whose present state is not known.
    pub(in crate::session) fn forget(&self, of: &Conversation, seq: i64) {
        let mut state = self.lock();
        state.messages.forget(|key| key.0 == *of && key.1 == seq);
        state.forgotten.entry(of.clone()).and_modify(|known| *known = seq.max(*known)).or_insert(seq);
    }

    /// Forgets all messages, because their changes are not received.
    pub(in crate::session) fn forget_messages(&self) {
        let state = &mut *self.lock();
        state.messages = Messages::default();
        state.forgotten.extend(state.shown.iter().map(|(of, shown)| (of.clone(), shown.newest)));
    }

    /// Forgets the messages of a conversation if polls do not bring their changes.
    pub(in crate::session) fn forget_unfollowed(&self, of: &Conversation) {
        if let (Conversation::Room(room), false) = (of, self.is_followed(of)) {
            self.lock().forget_room(room);
        }
    }

    /// Returns the user's own last message, unless it is deleted or may be one that is not known.
    pub(in crate::session) fn last_own(&self, of: &Conversation) -> Option<Message> {
        self.last(of, |message| message.from == self.me)
    }

    /// Returns the last message of another user, unless it is deleted or may be one that is not known.
    pub(in crate::session) fn last_foreign(&self, of: &Conversation) -> Option<Message> {
        self.last(of, |message| message.from != self.me)
    }

    /// Returns the newest of the messages that are meant. Older ones may be known because others answer them, or
    /// because the user has paged back to them, while messages after them are not known.
    fn last(&self, of: &Conversation, is_meant: impl Fn(&Message) -> bool) -> Option<Message> {
        let state = self.lock();
        let oldest = state.shown.get(of).map_or(0, |shown| shown.oldest);
        let first = oldest.max(state.forgotten.get(of).map_or(0, |seq| seq + 1));
        let mut all_known = state.messages.newest_first(of).take_while(|message| message.seq >= first);
        all_known.find(|message| is_meant(message)).cloned()
    }

    /// Returns the latest messages of a conversation, oldest first, as far back as all are known.
    pub(in crate::session) fn latest(&self, of: &Conversation, count: usize) -> Vec<Message> {
        let state = self.lock();
        let Some(newest) = state.shown.get(of).map(|shown| shown.newest) else { return Vec::new() };
        state.messages.back_from(of, newest, count)
    }

    /// Returns the numbers of the newest messages of the current conversation, newest first, with what they say.
    pub(super) fn excerpts(&self, is_own: bool) -> Vec<Excerpt> {
        /// How many can be completed.
        const COMPLETED: usize = 50;
        let state = self.lock();
        let newest = state.messages.newest_first(&state.current).filter(|message| !is_own || message.from == self.me);
        let excerpt =
            |message: &Message| Excerpt { seq: message.seq, from: message.from.clone(), text: message.text.clone() };
        newest.take(COMPLETED).map(excerpt).collect()
    }
}

impl State {
    /// Forgets the messages of a room. Nothing tells what changes in it while the user is not there.
    pub(super) fn forget_room(&mut self, room: &str) {
        let of = Conversation::Room(room.to_owned());
        self.messages.forget(|key| key.0 == of);
        if let Some(shown) = self.shown.get(&of) {
            self.forgotten.insert(of, shown.newest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::conversations::tests::{conversations, said};

    #[test]
    fn an_older_message_that_is_known_is_not_the_last() {
        let (conversations, general) = (conversations(), Conversation::general());
        let last = || (conversations.last_own(&general), conversations.last_foreign(&general));
        let last = || (last().0.map(|message| message.seq), last().1.map(|message| message.seq));
        let show = |from: &str, seq| {
            conversations.shown(&said(from, "general", seq), true);
            conversations.remember(&said(from, "general", seq));
        };
        // Only answered by others.
        conversations.remember(&said("alice", "general", 1));
        show("bob", 8);
        assert_eq!(last(), (None, Some(8)));
        show("alice", 9);
        assert_eq!(last(), (Some(9), Some(8)));
        conversations.forget_messages();
        conversations.remember(&said("alice", "general", 1));
        conversations.remember(&said("bob", "general", 8));
        assert_eq!(last(), (None, None));
        show("bob", 10);
        show("alice", 11);
        assert_eq!(last(), (Some(11), Some(10)));
        conversations.forget(&general, 11);
        assert_eq!(last(), (None, None));
    }

    #[test]
    fn nothing_is_known_of_a_room_after_an_absence() {
        let (conversations, lobby) = (conversations(), Conversation::Room("lobby".into()));
        let know = || drop(conversations.remember(&said("bob", "lobby", 1)));
        know();
        conversations.left("lobby");
        assert!(conversations.message(&lobby, 1).is_none());
        know();
        conversations.forget_unfollowed(&lobby);
        assert!(conversations.message(&lobby, 1).is_none());
        know();
        conversations.joined("lobby", 2);
        assert!(conversations.message(&lobby, 1).is_none());
        know();
        conversations.forget_unfollowed(&lobby);
        conversations.joined("lobby", 2);
        assert!(conversations.message(&lobby, 1).is_some(), "joined before");
        conversations.left_elsewhere("lobby");
        assert!(conversations.message(&lobby, 1).is_none());
    }
}
