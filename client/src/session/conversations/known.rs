//! The messages that a session knows as they are now, so that it can tell what has changed, quote them, and find them by
//! their number. Knows no server and no screen.

use linger_api::Message;

use super::Conversations;
use super::messages::News;
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

    /// Returns the user's own newest message that is known and not deleted.
    pub(in crate::session) fn last_own(&self, of: &Conversation) -> Option<Message> {
        self.lock().messages.newest_first(of).find(|message| message.from == self.me).cloned()
    }

    /// Returns the newest message of another user that is known and not deleted.
    pub(in crate::session) fn last_foreign(&self, of: &Conversation) -> Option<Message> {
        self.lock().messages.newest_first(of).find(|message| message.from != self.me).cloned()
    }

    /// Returns the newest messages that are known and not deleted, oldest first.
    pub(in crate::session) fn latest(&self, of: &Conversation, count: usize) -> Vec<Message> {
        let state = self.lock();
        let mut latest: Vec<_> = state.messages.newest_first(of).take(count).cloned().collect();
        latest.reverse();
        latest
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
