//! What the user has not read, as the server counts it, and what it may be told that they have. Knows no server.
//!
//! A message is read once it is on the screen in the current conversation, while somebody can look at the screen. In
//! other conversations it waits until the user goes there. A conversation with a gap, of which only the latest messages
//! are on the screen, waits until the user has paged back to its first unread message, or says that it is read.

use std::collections::BTreeMap;

use crate::domain::Conversation;

#[derive(Default)]
pub(super) struct Unread {
    counts: BTreeMap<Conversation, Count>,
    /// The seq of the first unread message, of conversations whose older unread messages are not on the screen.
    gaps: BTreeMap<Conversation, i64>,
    /// The seqs up to which conversations have been read as messages came. The next poll tells the server, unless
    /// something is unread elsewhere: it would acknowledge that too.
    at_once: BTreeMap<Conversation, i64>,
    /// The seqs up to which conversations have been read, until the server is told.
    receipts: BTreeMap<Conversation, i64>,
}

#[derive(Default, Clone, Copy)]
struct Count {
    messages: usize,
    /// The position among unread conversations, the oldest first.
    since: usize,
}

impl Unread {
    /// Counts a message that is not read yet.
    pub(super) fn add(&mut self, conversation: &Conversation) {
        let since = self.next();
        self.counts.entry(conversation.clone()).or_insert(Count { messages: 0, since }).messages += 1;
    }

    /// Counts a message of the user's own: it is read, unless there is an unread one before it.
    pub(super) fn add_own(&mut self, conversation: &Conversation) {
        if let Some(count) = self.counts.get_mut(conversation) {
            count.messages += 1;
        }
    }

    /// Records that this many messages are unread, and that those from `first` on are not on the screen.
    pub(super) fn leave_out(&mut self, conversation: &Conversation, messages: usize, first: i64) {
        let since = self.next();
        self.counts.entry(conversation.clone()).or_insert(Count { messages, since }).messages = messages;
        self.gaps.insert(conversation.clone(), first);
    }

    /// Records that messages from `oldest` on are on the screen. Returns whether that closed a gap.
    pub(super) fn paged_back(&mut self, conversation: &Conversation, oldest: i64) -> bool {
        let is_closed = self.gaps.get(conversation).is_some_and(|first| oldest <= *first);
        if is_closed {
            self.gaps.remove(conversation);
        }
        is_closed
    }

    pub(super) fn has_gap(&self, conversation: &Conversation) -> bool {
        self.gaps.contains_key(conversation)
    }

    /// Returns how many messages of a conversation are unread.
    pub(super) fn of(&self, conversation: &Conversation) -> usize {
        self.counts.get(conversation).map_or(0, |count| count.messages)
    }

    /// Records that a conversation has been read up to this seq. Nothing happens while it has a gap, or if it was read.
    pub(super) fn read(&mut self, conversation: &Conversation, seq: i64) {
        if !self.has_gap(conversation) && self.counts.remove(conversation).is_some() {
            self.receipts.insert(conversation.clone(), seq);
        }
    }

    /// Records that the user has answered in a conversation, with the message of this seq: what is unread before it is
    /// read. Nothing happens if it was read.
    pub(super) fn answered(&mut self, conversation: &Conversation, seq: i64) {
        if self.counts.remove(conversation).is_some() {
            self.gaps.remove(conversation);
            self.receipts.insert(conversation.clone(), seq);
        }
    }

    /// Records that a message was read when it came.
    pub(super) fn read_at_once(&mut self, conversation: &Conversation, seq: i64) {
        self.at_once.insert(conversation.clone(), seq);
    }

    /// Records that a poll has told the server.
    pub(super) fn acknowledged(&mut self) {
        self.at_once.clear();
    }

    /// Records that another session has read up to `last_read`, so that this many messages are left. `oldest` is the
    /// first on the screen.
    pub(super) fn read_elsewhere(
        &mut self,
        conversation: &Conversation,
        left: usize,
        last_read: i64,
        oldest: Option<i64>,
    ) {
        if left == 0 {
            return self.forget(conversation);
        }
        self.set(conversation, left);
        let is_closed = oldest.is_some_and(|oldest| oldest <= last_read + 1);
        if let Some(first) = self.gaps.get_mut(conversation) {
            *first = last_read + 1;
            if is_closed {
                self.gaps.remove(conversation);
            }
        }
    }

    /// Sets how many messages of a conversation are unread.
    pub(super) fn set(&mut self, conversation: &Conversation, messages: usize) {
        let since = self.next();
        self.counts.entry(conversation.clone()).or_insert(Count { messages, since }).messages = messages;
    }

    /// Forgets a conversation that the server considers read, or that the user has left.
    pub(super) fn forget(&mut self, conversation: &Conversation) {
        self.counts.remove(conversation);
        self.gaps.remove(conversation);
        self.receipts.remove(conversation);
        self.at_once.remove(conversation);
    }

    /// Forgets what is to be told, after the server's database was replaced.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::default();
    }

    /// Returns whether everything on the screen is read, so that a poll may acknowledge it all.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// Takes what the server is to be told.
    pub(super) fn take_receipts(&mut self) -> BTreeMap<Conversation, i64> {
        if !self.counts.is_empty() {
            for (conversation, seq) in std::mem::take(&mut self.at_once) {
                self.receipts.entry(conversation).or_insert(seq);
            }
        }
        std::mem::take(&mut self.receipts)
    }

    /// Returns unread conversations and their counts, the oldest first.
    pub(super) fn list(&self) -> Vec<(Conversation, usize)> {
        let mut unread: Vec<_> = self.counts.iter().collect();
        unread.sort_by_key(|(_, count)| count.since);
        unread.into_iter().map(|(conversation, count)| (conversation.clone(), count.messages)).collect()
    }

    fn next(&self) -> usize {
        self.counts.values().map(|count| count.since + 1).max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_with_a_gap_is_read_once_the_gap_is_closed() {
        let (mut unread, lobby) = (Unread::default(), Conversation::Room("lobby".into()));
        unread.leave_out(&lobby, 90, 11);
        unread.add(&lobby);
        unread.read(&lobby, 101);
        assert_eq!((unread.of(&lobby), unread.take_receipts().len()), (91, 0));
        assert!(!unread.paged_back(&lobby, 12) && unread.paged_back(&lobby, 11));
        unread.read(&lobby, 101);
        assert_eq!(unread.take_receipts(), BTreeMap::from([(lobby, 101)]));
        assert!(unread.is_empty());
    }

    #[test]
    fn an_answer_clears_what_it_answers() {
        let (mut unread, lobby) = (Unread::default(), Conversation::Room("lobby".into()));
        unread.answered(&lobby, 1);
        assert!(unread.take_receipts().is_empty(), "it was read");
        unread.leave_out(&lobby, 90, 11);
        unread.answered(&lobby, 101);
        assert_eq!(unread.take_receipts(), BTreeMap::from([(lobby, 101)]));
        assert!(unread.is_empty());
    }

    #[test]
    fn what_is_read_at_once_is_told_by_the_next_poll_unless_something_is_unread() {
        let (mut unread, lobby) = (Unread::default(), Conversation::Room("lobby".into()));
        unread.read_at_once(&Conversation::general(), 7);
        assert!(unread.take_receipts().is_empty());
        unread.add(&lobby);
        assert_eq!(unread.take_receipts(), BTreeMap::from([(Conversation::general(), 7)]));
        unread.read_at_once(&Conversation::general(), 8);
        unread.acknowledged();
        assert!(unread.take_receipts().is_empty());
    }

    #[test]
    fn own_messages_count_behind_unread_ones_only() {
        let (mut unread, lobby) = (Unread::default(), Conversation::Room("lobby".into()));
        unread.add_own(&lobby);
        assert!(unread.is_empty());
        unread.add(&lobby);
        unread.add_own(&lobby);
        assert_eq!(unread.list(), [(lobby, 2)]);
    }
}
