//! The stored messages at the end, as one node shows them, compared with what the others show.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use linger_api::Message;

use super::{Kind, Verdict};
use crate::history::{Conversation, Digest, Event, History, Name, fingerprint};

/// All stored messages, in the order of ids.
pub(super) struct Store<'a> {
    messages: Vec<Stored<'a>>,
    /// The indices of the messages by the text that was sent.
    by_text: HashMap<&'a str, usize>,
    conversations: HashMap<&'a Conversation, usize>,
    /// For each conversation, the indices of its messages in the order in which they are shown.
    indices: Vec<Vec<usize>>,
    /// For each user, their conversations and messages.
    reaching: HashMap<&'a Name, Rc<Reach>>,
}

/// A stored message.
pub(super) struct Stored<'a> {
    pub(super) message: &'a Message,
    /// The text that was sent.
    pub(super) sent: &'a str,
    /// The fingerprint of the message before any change.
    pub(super) sum: u64,
    /// The number of its conversation.
    pub(super) conversation: usize,
}

/// The conversations and messages of a user.
#[derive(Default)]
pub(super) struct Reach {
    /// The numbers of the conversations, ascending.
    pub(super) conversations: Vec<usize>,
    /// The indices of the messages, in the order of ids.
    pub(super) indices: Vec<usize>,
}

impl<'a> Store<'a> {
    /// Collects the stored messages, and reports what is wrong with them.
    pub(super) fn new(history: &'a History, verdict: &mut Verdict) -> Self {
        let conversations: BTreeSet<_> = history.stored.keys().chain(history.members.values().flatten()).collect();
        let conversations: HashMap<_, _> = conversations.into_iter().enumerate().map(|(n, of)| (of, n)).collect();
        let sent = texts_sent(history);
        let mut messages = Vec::new();
        for (conversation, stored) in &history.stored {
            check_sequence(conversation, stored, verdict);
            let conversation = conversations[conversation];
            for message in stored {
                let text = if has_text_as_sent(message) {
                    Some(message.text.as_str())
                } else {
                    sent.get(&message.id).copied()
                };
                if text.is_none() {
                    verdict.report(Kind::Ghost, || format!("{message:?} was changed, but never acknowledged"));
                }
                let text = text.unwrap_or_default();
                messages.push(Stored { message, sent: text, sum: fingerprint(&as_sent(message, text)), conversation });
            }
        }
        messages.sort_by_key(|stored| stored.message.id);
        let mut by_text = HashMap::new();
        let mut indices = vec![Vec::new(); conversations.len()];
        for (index, stored) in messages.iter().enumerate() {
            indices[stored.conversation].push(index);
            if let Some(other) = by_text.insert(stored.sent, index) {
                let what = || format!("{:?} is stored twice: {:?}", messages[other].message, stored.message);
                verdict.report(Kind::Doubled, what);
            }
            let before = index.checked_sub(1).map(|before| messages[before].message);
            if let Some(before) = before.filter(|before| before.id == stored.message.id) {
                verdict.report(Kind::Doubled, || format!("{before:?} and {:?} have the same id", stored.message));
            }
        }
        verdict.figures.stored = messages.len();
        let mut store = Self { messages, by_text, conversations, indices, reaching: HashMap::new() };
        store.reach(history);
        store.check_views(history, verdict);
        store
    }

    /// Finds the messages of each user. Users with the same conversations share the result.
    fn reach(&mut self, history: &'a History) {
        let mut known: BTreeMap<&BTreeSet<Conversation>, Rc<Reach>> = BTreeMap::new();
        for (user, members) in &history.members {
            let reach = known.entry(members).or_insert_with(|| {
                let mut conversations: Vec<_> = members.iter().map(|of| self.conversations[of]).collect();
                conversations.sort_unstable();
                let mut indices: Vec<_> = conversations.iter().flat_map(|&of| &self.indices[of]).copied().collect();
                indices.sort_unstable();
                Rc::new(Reach { conversations, indices })
            });
            self.reaching.insert(user, Rc::clone(reach));
        }
    }

    /// Checks that every node shows every conversation completely and in the same order.
    fn check_views(&self, history: &History, verdict: &mut Verdict) {
        for view in &history.views {
            let stored = history.stored.get(&view.conversation).map_or(&[][..], Vec::as_slice);
            if view.messages == Digest::of(stored) {
                continue;
            }
            let ids: Vec<_> = view.messages.ids().collect();
            let shown: BTreeSet<_> = ids.iter().copied().collect();
            let whose = || format!("node {} to {} in {:?}", view.node, view.user, view.conversation);
            let missing: Vec<_> = stored.iter().filter(|message| !shown.contains(&message.id)).collect();
            for message in &missing {
                verdict.report(Kind::Lost, || format!("{message:?} is not shown by {}", whose()));
            }
            let known: BTreeSet<_> = stored.iter().map(|message| message.id).collect();
            for id in shown.difference(&known) {
                verdict.report(Kind::Ghost, || format!("message {id} is shown by {} but not stored", whose()));
            }
            let is_all = missing.is_empty() && shown.len() == ids.len() && shown == known;
            if is_all || shown.len() != ids.len() {
                verdict.report(Kind::Differing, || format!("{} shows something other than what is stored", whose()));
            }
        }
    }

    pub(super) fn at(&self, index: usize) -> &Stored<'a> {
        &self.messages[index]
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// Returns the number of conversations.
    pub(super) fn conversations(&self) -> usize {
        self.indices.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Stored<'a>> {
        self.messages.iter()
    }

    /// Returns the index of the message with this id.
    pub(super) fn find(&self, id: i64) -> Option<usize> {
        let index = self.messages.partition_point(|stored| stored.message.id < id);
        self.messages.get(index).filter(|stored| stored.message.id == id).map(|_| index)
    }

    /// Returns the index of the message that was sent with this text.
    pub(super) fn find_text(&self, text: &str) -> Option<usize> {
        self.by_text.get(text).copied()
    }

    /// Returns a conversation's number.
    pub(super) fn number_of(&self, conversation: &Conversation) -> Option<usize> {
        self.conversations.get(conversation).copied()
    }

    /// Returns the indices of a conversation's messages in the order of ids.
    pub(super) fn indices_of(&self, conversation: usize) -> &[usize] {
        &self.indices[conversation]
    }

    /// Returns the conversations and messages of a user.
    pub(super) fn reaching(&self, user: &Name) -> Rc<Reach> {
        self.reaching.get(user).cloned().unwrap_or_default()
    }
}

impl Stored<'_> {
    /// The message's revision, or 0 if it has never changed.
    pub(super) fn revision(&self) -> i64 {
        self.message.revision.unwrap_or(0)
    }

    pub(super) fn is_deleted(&self) -> bool {
        self.message.deleted_at.is_some()
    }
}

impl Reach {
    /// Returns whether this is one of the user's conversations.
    pub(super) fn covers(&self, conversation: usize) -> bool {
        self.conversations.binary_search(&conversation).is_ok()
    }
}

/// Returns the text that was sent for each acknowledged message, by the message's id.
fn texts_sent(history: &History) -> HashMap<i64, &str> {
    let sent = history.events.iter().filter_map(|recorded| match &recorded.event {
        Event::Sent { text, message, .. } => Some((message.ids().next()?, &**text)),
        _ => None,
    });
    sent.collect()
}

fn has_text_as_sent(message: &Message) -> bool {
    message.edited_at.is_none() && message.deleted_at.is_none()
}

/// Returns a message as it was before any change.
fn as_sent(message: &Message, text: &str) -> Message {
    Message {
        text: text.to_owned(),
        edited_at: None,
        deleted_at: None,
        deleted_by: None,
        reactions: Vec::new(),
        revision: None,
        ..message.clone()
    }
}

fn check_sequence(conversation: &Conversation, stored: &[Message], verdict: &mut Verdict) {
    let (mut seq, mut id) = (0, 0);
    for message in stored {
        if Conversation::of(message) != *conversation {
            verdict.report(Kind::Leaked, || format!("{message:?} is shown in {conversation:?}"));
        }
        if message.seq != seq + 1 {
            verdict.report(Kind::Gap, || format!("{message:?} follows seq {seq}"));
        }
        if message.id <= id {
            verdict.report(Kind::Disordered, || format!("{message:?} follows id {id}"));
        }
        (seq, id) = (message.seq, message.id);
    }
}
