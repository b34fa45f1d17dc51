//! Checks that acknowledged messages were shown in time: by the acknowledging node from then on, by every other node
//! within the promised time.

use super::readers::Session;
use super::store::{Store, Stored};
use super::{Judge, Kind};
use crate::history::{Conversation, History, Node, Page};

/// The acknowledgements as of the current event.
pub(super) struct Timely {
    /// For each node, and in the last one for all nodes together: a timeline for each conversation.
    acknowledged: Vec<Vec<Timeline>>,
    /// For each stored message, when it was first acknowledged.
    first_us: Vec<Option<u64>>,
}

/// The newest seq or revision over time. Times and numbers both rise.
#[derive(Default, Clone)]
pub(super) struct Timeline(Vec<(u64, i64)>);

impl Timeline {
    pub(super) fn push(&mut self, at_us: u64, number: i64) {
        if self.0.last().is_none_or(|(_, newest)| number > *newest) {
            self.0.push((at_us, number));
        }
    }

    /// Returns the newest number before this time.
    pub(super) fn before(&self, at_us: u64) -> i64 {
        let passed = self.0.partition_point(|(at, _)| *at < at_us);
        self.0[..passed].last().map_or(0, |(_, number)| *number)
    }
}

impl Timely {
    pub(super) fn new(history: &History, store: &Store<'_>) -> Self {
        let timelines = vec![Timeline::default(); store.conversations()];
        Self { acknowledged: vec![timelines; history.nodes() + 1], first_us: vec![None; store.len()] }
    }

    pub(super) fn acknowledge(&mut self, at_us: u64, node: Node, index: usize, stored: &Stored<'_>) {
        let all = self.acknowledged.len() - 1;
        for node in [node, all] {
            self.acknowledged[node][stored.conversation].push(at_us, stored.message.seq);
        }
        self.first_us[index].get_or_insert(at_us);
    }

    fn by_node(&self, node: Node, conversation: usize, at_us: u64) -> i64 {
        self.acknowledged[node][conversation].before(at_us)
    }

    fn by_all(&self, conversation: usize, at_us: u64) -> i64 {
        self.by_node(self.acknowledged.len() - 1, conversation, at_us)
    }
}

impl Judge<'_> {
    /// Checks that a history shows what its node had acknowledged before the request, and what any node had
    /// acknowledged by the promised time before it.
    pub(super) fn check_look(&mut self, node: Node, asked_us: u64, conversation: &Conversation, newest: i64) {
        let Some(number) = self.store.number_of(conversation) else { return };
        let due = self.timely.by_node(node, number, asked_us);
        if newest < due {
            let what =
                || format!("node {node} shows {conversation:?} up to seq {newest}, but had acknowledged seq {due}");
            self.verdict.report(Kind::Stale, what);
        }
        let Some(due_us) = self.due_before(asked_us) else { return };
        let due = self.timely.by_all(number, due_us);
        if newest < due {
            let what = || {
                format!("node {node} shows {conversation:?} up to seq {newest}, long after seq {due} was acknowledged")
            };
            self.verdict.report(Kind::Late, what);
        }
    }

    /// Checks that an answer without more messages includes what was due by the time of the request.
    pub(super) fn check_promptness(&mut self, session: &Session, page: &Page, end: i64) {
        if page.more {
            return;
        }
        let due_us = self.due_before(page.asked_us);
        for &conversation in &session.reach.conversations {
            let own = self.timely.by_node(page.node, conversation, page.asked_us);
            let all = due_us.map_or(0, |due_us| self.timely.by_all(conversation, due_us));
            for (due, kind) in [(own, Kind::Stale), (all, Kind::Late)] {
                if due <= session.read_before.get(&conversation).copied().unwrap_or(0) {
                    continue;
                }
                let indices = self.store.indices_of(conversation);
                let index = indices.partition_point(|&index| self.store.at(index).message.seq < due);
                let message = indices.get(index).map(|&index| self.store.at(index).message);
                if let Some(message) = message.filter(|message| message.id > end) {
                    let what = || format!("node {} did not give {message:?} to {}", page.node, session.user);
                    self.verdict.report(kind, what);
                }
            }
        }
    }

    /// Checks that a waiting reader receives a message soon after its acknowledgement.
    pub(super) fn check_delays(&mut self, at_us: u64, session: &Session, page: &Page, new: &[i64]) {
        let promised = self.promised(at_us);
        for index in new.iter().filter_map(|id| self.store.find(*id)) {
            let acknowledged_us = self.timely.first_us[index].unwrap_or(at_us);
            let delay = at_us.saturating_sub(acknowledged_us.max(page.asked_us));
            if acknowledged_us >= page.asked_us {
                self.verdict.figures.delays.add(delay);
            }
            if promised.is_some_and(|promised| delay > promised) {
                let message = self.store.at(index).message;
                let what = || format!("{message:?} came to {} from node {} after {delay} µs", session.user, page.node);
                self.verdict.report(Kind::Late, what);
            }
        }
    }

    /// Returns the time by which a message must have been acknowledged to be due at `asked_us`.
    pub(super) fn due_before(&self, asked_us: u64) -> Option<u64> {
        asked_us.checked_sub(self.promised(asked_us)?)
    }

    /// Returns the promised time, or `None` if a fault excuses a delay.
    fn promised(&self, at_us: u64) -> Option<u64> {
        let promised = self.history.promises.visible_within_us?;
        // A message sent during a fault has the full time after its end.
        let is_explained = self.outages.explain(at_us) || self.outages.explain(at_us.saturating_sub(promised));
        (!is_explained).then_some(promised)
    }
}
