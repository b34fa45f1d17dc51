//! Whether what was acknowledged was shown in time: by the node that acknowledged it from then on, by every
//! other within what was promised.

use super::readers::Run;
use super::store::{Store, Stored};
use super::{Judge, Kind};
use crate::history::{Conversation, Event, History, Node, Page};

/// What had been acknowledged at any time up to the event that is looked at.
pub(super) struct Timely {
    /// By node, the last for all of them together; then by conversation.
    acknowledged: Vec<Vec<Line>>,
    /// By place: when it was first acknowledged.
    first_us: Vec<Option<u64>>,
}

/// The newest seq over time: both rise.
#[derive(Default, Clone)]
struct Line(Vec<(u64, i64)>);

impl Line {
    fn push(&mut self, at_us: u64, seq: i64) {
        if self.0.last().is_none_or(|(_, newest)| seq > *newest) {
            self.0.push((at_us, seq));
        }
    }

    /// The newest seq that had been acknowledged before then.
    fn before(&self, at_us: u64) -> i64 {
        let passed = self.0.partition_point(|(at, _)| *at < at_us);
        self.0[..passed].last().map_or(0, |(_, seq)| *seq)
    }
}

impl Timely {
    pub(super) fn new(history: &History, store: &Store<'_>) -> Self {
        let nodes = history.events.iter().filter_map(|recorded| match &recorded.event {
            Event::Sent { node, .. } | Event::Looked { node, .. } => Some(*node),
            Event::Connected { page, .. } | Event::Answered { page, .. } => Some(page.node),
            _ => None,
        });
        let nodes = nodes.max().unwrap_or(0) + 1;
        let lines = vec![Line::default(); store.conversations()];
        Self { acknowledged: vec![lines; nodes + 1], first_us: vec![None; store.len()] }
    }

    pub(super) fn acknowledge(&mut self, at_us: u64, node: Node, place: usize, stored: &Stored<'_>) {
        let all = self.acknowledged.len() - 1;
        for node in [node, all] {
            self.acknowledged[node][stored.conversation].push(at_us, stored.message.seq);
        }
        self.first_us[place].get_or_insert(at_us);
    }

    fn by_node(&self, node: Node, conversation: usize, at_us: u64) -> i64 {
        self.acknowledged[node][conversation].before(at_us)
    }

    fn by_all(&self, conversation: usize, at_us: u64) -> i64 {
        self.by_node(self.acknowledged.len() - 1, conversation, at_us)
    }
}

impl Judge<'_> {
    /// A history shows what its node had acknowledged before it was asked, and what all had a while before.
    pub(super) fn check_look(&mut self, node: Node, asked_us: u64, conversation: &Conversation, newest: i64) {
        let Some(number) = self.store.number_of(conversation) else { return };
        let due = self.timely.by_node(node, number, asked_us);
        if newest < due {
            let what = || format!("node {node} shows {conversation:?} up to {newest}, and had acknowledged {due}");
            self.verdict.report(Kind::Stale, what);
        }
        let Some(due_us) = self.due_before(asked_us) else { return };
        let due = self.timely.by_all(number, due_us);
        if newest < due {
            let what = || format!("node {node} shows {conversation:?} up to {newest}, long after {due}");
            self.verdict.report(Kind::Late, what);
        }
    }

    /// An answer that says that there is no more shows what its node had acknowledged before it was asked.
    pub(super) fn check_promptness(&mut self, run: &Run, page: &Page, end: i64) {
        if page.more {
            return;
        }
        let due_us = self.due_before(page.asked_us);
        for &conversation in &run.reach.conversations {
            let own = self.timely.by_node(page.node, conversation, page.asked_us);
            let all = due_us.map_or(0, |due_us| self.timely.by_all(conversation, due_us));
            for (due, kind) in [(own, Kind::Stale), (all, Kind::Late)] {
                if due <= run.read_before.get(&conversation).copied().unwrap_or(0) {
                    continue;
                }
                let places = self.store.places_of(conversation);
                let place = places.partition_point(|&place| self.store.at(place).message.seq < due);
                let message = places.get(place).map(|&place| self.store.at(place).message);
                if let Some(message) = message.filter(|message| message.id > end) {
                    let what = || format!("node {} had no {message:?} for {}", page.node, run.user);
                    self.verdict.report(kind, what);
                }
            }
        }
    }

    /// Who waits is given a message soon after it was acknowledged.
    pub(super) fn check_delays(&mut self, at_us: u64, run: &Run, page: &Page, new: &[i64]) {
        let promised = self.promised(at_us);
        for place in new.iter().filter_map(|id| self.store.find(*id)) {
            let acknowledged_us = self.timely.first_us[place].unwrap_or(at_us);
            let delay = at_us.saturating_sub(acknowledged_us.max(page.asked_us));
            if acknowledged_us >= page.asked_us {
                self.verdict.figures.delays.add(delay);
            }
            if promised.is_some_and(|promised| delay > promised) {
                let message = self.store.at(place).message;
                let what = || format!("{message:?} came to {} from node {} after {delay} µs", run.user, page.node);
                self.verdict.report(Kind::Late, what);
            }
        }
    }

    /// Before when something must have been acknowledged so that every node shows it now.
    fn due_before(&self, asked_us: u64) -> Option<u64> {
        asked_us.checked_sub(self.promised(asked_us)?)
    }

    /// What was promised, unless something is broken that explains the opposite.
    fn promised(&self, at_us: u64) -> Option<u64> {
        let promised = self.history.promises.visible_within_us?;
        // A message that was sent while it was broken has all of its time after that.
        let is_explained = self.troubles.explain(at_us) || self.troubles.explain(at_us.saturating_sub(promised));
        (!is_explained).then_some(promised)
    }
}
