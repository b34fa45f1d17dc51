//! What is read and unread of the user's conversations. Knows no server and no screen.

use std::collections::BTreeMap;

use linger_api::Message;

use super::{Conversations, Shown};
use crate::domain::Conversation;

impl Conversations {
    /// Records a shown message. It is read in the current conversation, if the screen is seen.
    pub(in crate::session) fn shown(&self, message: &Message, is_seen: bool) {
        let conversation = Conversation::of(message, &self.me);
        let mut state = self.lock();
        let shown = state.shown.entry(conversation.clone());
        let shown = shown.or_insert(Shown { oldest: message.seq, newest: message.seq });
        shown.oldest = shown.oldest.min(message.seq);
        shown.newest = shown.newest.max(message.seq);
        if message.from == self.me {
            return state.unread.add_own(&conversation);
        }
        state.heard_of(&message.from);
        if conversation != state.current || !is_seen || state.unread.has_gap(&conversation) {
            state.unread.add(&conversation);
        } else {
            state.unread.read_at_once(&conversation, message.seq);
            self.is_read.notify_all();
        }
    }

    /// Records that somebody looks at the current conversation. Does nothing if too much has arrived meanwhile. Returns
    /// whether something was unread there.
    pub(in crate::session) fn seen(&self, most: usize) -> bool {
        let mut state = self.lock();
        let current = state.current.clone();
        let before = state.unread.of(&current);
        if before > 0 && before <= most {
            state.read(&current);
            self.is_read.notify_all();
        }
        state.unread.of(&current) < before
    }

    /// Records that the user has said this in a conversation, which clears what is unread there: not what has come just
    /// before and is not shown yet. Returns whether something was unread.
    pub(in crate::session) fn answered(&self, message: &Message) -> bool {
        let conversation = Conversation::of(message, &self.me);
        let mut state = self.lock();
        let Some(shown) = state.shown.get(&conversation).copied() else { return false };
        let seq = if shown.newest + 1 >= message.seq { message.seq } else { shown.newest };
        let was_unread = state.unread.of(&conversation) > 0;
        state.unread.answered(&conversation, seq);
        self.is_read.notify_all();
        was_unread
    }

    /// Forgets what was shown of a conversation, before its latest messages are shown.
    pub(in crate::session) fn skipped(&self, conversation: &Conversation) {
        let mut state = self.lock();
        state.shown.remove(conversation);
        state.unread.forget(conversation);
    }

    /// Records that only the latest messages of a conversation are shown, of this many unread ones from `first` on.
    pub(in crate::session) fn left_out(&self, conversation: &Conversation, unread: usize, first: i64) {
        self.lock().unread.leave_out(conversation, unread, first);
    }

    /// Records that a poll has told the server that everything shown before it is read.
    pub(in crate::session) fn acknowledged(&self) {
        self.lock().unread.acknowledged();
    }

    /// Returns whether everything on the screen is read.
    pub(in crate::session) fn is_all_read(&self) -> bool {
        self.lock().unread.is_empty()
    }

    /// Waits until conversations have been read of which the server does not know, and returns up to where.
    pub(in crate::session) fn receipts(&self) -> BTreeMap<Conversation, i64> {
        let mut state = self.lock();
        loop {
            let receipts = state.unread.take_receipts();
            if !receipts.is_empty() {
                return receipts;
            }
            state = self.is_read.wait(state).expect("nothing that holds the lock panics");
        }
    }

    /// Records that older messages were shown.
    pub(in crate::session) fn paged_back(&self, conversation: &Conversation, oldest: i64) {
        let mut state = self.lock();
        let shown = state.shown.entry(conversation.clone()).or_insert(Shown { oldest, newest: oldest });
        shown.oldest = shown.oldest.min(oldest);
        shown.newest = shown.newest.max(oldest);
        if state.unread.paged_back(conversation, oldest) {
            state.read(conversation);
            self.is_read.notify_all();
        }
    }

    /// Returns how many messages are unread in other conversations.
    pub(in crate::session) fn unread_elsewhere(&self) -> usize {
        let state = self.lock();
        let unread = state.unread.list().into_iter().filter(|(conversation, _)| *conversation != state.current);
        unread.map(|(_, messages)| messages).sum()
    }

    /// Returns how many messages of a conversation are unread.
    pub(in crate::session) fn unread_in(&self, conversation: &Conversation) -> usize {
        self.lock().unread.of(conversation)
    }

    /// Returns unread conversations and their counts, the oldest first.
    pub(in crate::session) fn list_unread(&self) -> Vec<(Conversation, usize)> {
        self.lock().unread.list()
    }

    /// Records that the server considers a conversation read.
    pub(in crate::session) fn mark_read(&self, conversation: &Conversation) {
        self.lock().unread.forget(conversation);
    }
}
