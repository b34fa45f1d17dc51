//! Messages by their number, as they are now, and a limited number of them. Knows no server and no screen.

use std::collections::{BTreeMap, VecDeque};

use linger_api::Message;

use crate::domain::Conversation;

/// How many messages are kept.
const KEPT: usize = 2_000;

type Key = (Conversation, i64);

#[derive(Default)]
pub(super) struct Messages {
    pub(super) kept: BTreeMap<Key, Message>,
    /// The oldest to be kept comes first.
    order: VecDeque<Key>,
}

/// How a received copy of a message relates to the one that the session knows.
pub(crate) enum News {
    /// As old as the copy that is known, or older.
    Nothing,
    /// The message was not known.
    Unknown,
    /// The message was known in this state.
    Since(Box<Message>),
}

impl Messages {
    /// Keeps a message, unless a newer copy of it is known.
    pub(super) fn keep(&mut self, key: Key, message: Message) -> News {
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

    /// Forgets these messages.
    pub(super) fn forget(&mut self, is_meant: impl Fn(&Key) -> bool) {
        self.kept.retain(|key, _| !is_meant(key));
        self.order.retain(|key| !is_meant(key));
    }

    /// Returns the messages up to this seq, oldest first: so many, or as far back as all are known.
    pub(super) fn back_from(&self, of: &Conversation, newest: i64, count: usize) -> Vec<Message> {
        let seqs = (1..=newest).rev().take(count);
        let mut found: Vec<_> = seqs.map_while(|seq| self.kept.get(&(of.clone(), seq)).cloned()).collect();
        found.reverse();
        found
    }

    /// Returns the messages of a conversation that are not deleted, newest first.
    pub(super) fn newest_first<'a>(&'a self, of: &Conversation) -> impl Iterator<Item = &'a Message> + use<'a> {
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
    fn the_latest_are_known_up_to_the_first_gap() {
        let mut messages = Messages::default();
        for seq in [1, 2, 4, 5, 6] {
            keep(&mut messages, said(seq, "bob", None));
        }
        let back = |newest, count| {
            let found = messages.back_from(&Conversation::general(), newest, count);
            found.into_iter().map(|message| message.seq).collect::<Vec<_>>()
        };
        assert_eq!(back(6, 2), [5, 6]);
        assert_eq!(back(6, 9), [4, 5, 6]);
        assert_eq!(back(2, 9), [1, 2]);
        assert_eq!(back(7, 9), [0; 0]);
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
