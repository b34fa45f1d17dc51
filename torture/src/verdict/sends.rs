//! Compares what was sent and acknowledged with what is stored.

use std::collections::HashMap;

use super::copies::Source;
use super::{Judge, Kind};
use crate::history::{Conversation, Digest, Name, Node};

/// The state of all sends as of the current event.
#[derive(Default)]
pub(super) struct Sends<'a> {
    newest_id: i64,
    /// The newest acknowledged seq of each conversation.
    newest_seqs: HashMap<usize, i64>,
    /// For each text, its sender, its conversation and its counts.
    texts: HashMap<&'a str, Text<'a>>,
}

struct Text<'a> {
    by: &'a Name,
    to: &'a Conversation,
    /// The time of the newest request.
    asked_us: u64,
    open: i64,
    acknowledged: usize,
}

impl<'a> Sends<'a> {
    /// Returns the texts with more, or fewer, sends than outcomes, and the difference.
    pub(super) fn open(&self) -> Vec<(&'a str, i64)> {
        self.texts.iter().filter(|(_, of)| of.open != 0).map(|(text, of)| (*text, of.open)).collect()
    }
}

impl<'a> Judge<'a> {
    /// Checks that a message sent after an acknowledgement has a higher id than the acknowledged one.
    pub(super) fn check_sending(&mut self, at_us: u64, by: &'a Name, to: &'a Conversation, text: &'a str) {
        let sends = &mut self.sends;
        let known = sends.texts.entry(text).or_insert(Text { by, to, asked_us: 0, open: 0, acknowledged: 0 });
        known.asked_us = at_us;
        known.open += 1;
        if !self.begun.insert(text) {
            return;
        }
        let stored = self.store.find_text(text).map(|index| self.store.at(index).message);
        if let Some(message) = stored.filter(|message| message.id <= sends.newest_id) {
            let newest = sends.newest_id;
            let what = || format!("{message:?} was sent after {newest} had been acknowledged");
            self.verdict.report(Kind::Disordered, what);
        }
    }

    pub(super) fn check_sent(&mut self, at_us: u64, text: &'a str, node: Node, answer: &'a Digest) {
        self.verdict.figures.acknowledged += 1;
        let mut asked_us = 0;
        match self.sends.texts.get_mut(text) {
            Some(known) => {
                known.open -= 1;
                known.acknowledged += 1;
                asked_us = known.asked_us;
                self.verdict.figures.repeated += usize::from(known.acknowledged == 2);
            }
            None => self.verdict.report(Kind::Unaccounted, || format!("{text:?} was acknowledged but never sent")),
        }
        let id = answer.ids().next().unwrap_or(0);
        let Some(index) = self.store.find_text(text) else {
            return self.verdict.report(Kind::Lost, || format!("{text:?}, acknowledged as message {id}"));
        };
        let stored = self.store.at(index);
        if stored.message.id != id {
            let what = || format!("{text:?} was acknowledged as message {id}, but stored as {:?}", stored.message);
            self.verdict.report(Kind::Altered, what);
        }
        self.check_copies(at_us, asked_us, (node, Source::Memory), answer, &|| {
            format!("in the acknowledgement of {text:?}")
        });
        self.sends.newest_id = self.sends.newest_id.max(id);
        let newest = self.sends.newest_seqs.entry(stored.conversation).or_default();
        *newest = stored.message.seq.max(*newest);
        self.timely.acknowledge(at_us, node, index, stored);
    }

    pub(super) fn check_unanswered(&mut self, text: &'a str) {
        match self.sends.texts.get_mut(text) {
            Some(known) => known.open -= 1,
            None => self.verdict.report(Kind::Unaccounted, || format!("{text:?} failed but was never sent")),
        }
    }

    /// Checks that every stored message was sent by that user to that conversation.
    pub(super) fn check_origins(&mut self) {
        for stored in self.store.all() {
            let message = stored.message;
            match self.sends.texts.get(stored.sent) {
                None => self.verdict.report(Kind::Ghost, || format!("{message:?} was never sent")),
                Some(sent) if **sent.by != *message.from => {
                    self.verdict.report(Kind::Altered, || format!("{} sent {message:?}", sent.by));
                }
                Some(sent) if self.store.number_of(sent.to) != Some(stored.conversation) => {
                    self.verdict.report(Kind::Leaked, || format!("{message:?} was sent to {:?}", sent.to));
                }
                Some(_) => {}
            }
        }
    }

    /// Returns the newest acknowledged seq of a conversation.
    pub(super) fn newest_acknowledged(&self, conversation: usize) -> i64 {
        self.sends.newest_seqs.get(&conversation).copied().unwrap_or(0)
    }
}
