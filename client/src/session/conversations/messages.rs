//! The messages that a session knows as they are now, so that it can tell what has changed, quote them, and find them by
//! their number. Knows no server and no screen.

use std::collections::{BTreeMap, VecDeque};

use linger_api::Message;

use super::Conversations;
use crate::commands::completion::Excerpt;
use crate::domain::Conversation;

/// How many messages are kept.
const KEPT: usize = 2_000;
/// How much is kept of others' texts, in bytes at most. The user's own are kept whole, to be edited.
const EXCERPT: usize = 400;

type Key = (Conversation, i64);

#[derive(Default)]
pub(super) struct Messages {
    kept: BTreeMap<Key, Message>,
    /// The oldest to be kept comes first.
    order: VecDeque<Key>,
}

/// What a copy of a message is to the session.
pub(in crate::session) enum News {
    /// As old as the copy that is known, or older.
    Nothing,
    /// The message was not known.
    Unknown,
    /// The message was known in this state.
    Since(Box<Message>),
}

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

impl Messages {
    fn keep(&mut self, key: Key, message: Message) -> News {
        match self.kept.get_mut(&key) {
            // Another database may have another message there.
            Some(known) if known.id == message.id && known.sent_at == message.sent_at => {
                if message.revision <= known.revision {
                    return News::Nothing;
                }
                News::Since(Box::new(std::mem::replace(known, message)))
            }
            Some(known) => {
                *known = message;
                News::Unknown
            }
            None => {
                self.kept.insert(key.clone(), message);
                self.order.push_back(key);
                if self.order.len() > KEPT
                    && let Some(oldest) = self.order.pop_front()
                {
                    self.kept.remove(&oldest);
                }
                News::Unknown
            }
        }
    }

    /// Returns the messages of a conversation that are not deleted, newest first.
    fn newest_first<'a>(&'a self, of: &Conversation) -> impl Iterator<Item = &'a Message> + use<'a> {
        let all = self.kept.range((of.clone(), 0)..=(of.clone(), i64::MAX)).rev();
        all.map(|(_, message)| message).filter(|message| message.deleted_at.is_none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(seq: i64, from: &str, revision: Option<i64>) -> Message {
        let (id, room) = (seq, Some("general".to_owned()));
        Message { id, seq, room, from: from.into(), text: format!("{seq}"), revision, ..Message::default() }
    }

    fn keep(messages: &mut Messages, message: Message) -> News {
        messages.keep((Conversation::general(), message.seq), message)
    }

    #[test]
    fn of_two_copies_the_one_with_the_larger_revision_counts() {
        let mut messages = Messages::default();
        assert!(matches!(keep(&mut messages, said(1, "bob", None)), News::Unknown));
        assert!(matches!(keep(&mut messages, said(1, "bob", None)), News::Nothing));
        assert!(
            matches!(keep(&mut messages, said(1, "bob", Some(7))), News::Since(before) if before.revision.is_none())
        );
        for older in [None, Some(6), Some(7)] {
            assert!(matches!(keep(&mut messages, said(1, "bob", older)), News::Nothing), "{older:?}");
        }
        let other = Message { sent_at: "later".into(), ..said(1, "bob", None) };
        assert!(matches!(keep(&mut messages, other), News::Unknown), "of another database");
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut messages = Messages::default();
        for seq in 1..=3_000 {
            keep(&mut messages, said(seq, "bob", None));
        }
        let seqs: Vec<_> = messages.newest_first(&Conversation::general()).map(|message| message.seq).collect();
        assert_eq!((seqs.len(), seqs[0], seqs[KEPT - 1]), (KEPT, 3_000, 1_001));
    }
}
