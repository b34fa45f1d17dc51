//! Checks what clients receive beside new messages: changes of messages, and their own positions.

use std::collections::HashMap;

use super::changes::Changes;
use super::copies::Source;
use super::readers::Session;
use super::store::Reach;
use super::{Judge, Kind};
use crate::history::Page;

/// The changes that a client knows.
pub(super) struct Known {
    /// For each message that it received, its revision, or 0.
    revisions: HashMap<i64, i64>,
    /// The time from which on it must learn of every change.
    since_us: u64,
    /// For each node, and in the last one for all nodes together, how many acknowledged changes have been looked for.
    checked: Vec<usize>,
}

impl Known {
    /// What a client knows that connects at this time.
    pub(super) fn new(changes: &Changes<'_>, at_us: u64) -> Self {
        let since_us = if changes.is_none() { 0 } else { at_us };
        Self { revisions: HashMap::new(), since_us, checked: vec![0; changes.acknowledged.len()] }
    }

    /// Takes the copies in an answer. Of two copies, the one with the larger revision counts.
    fn take(&mut self, page: &Page) {
        for id in page.messages.ids() {
            self.revisions.entry(id).or_default();
        }
        for version in page.messages.versions.iter().chain(&page.changed.versions) {
            let known = self.revisions.entry(version.id).or_default();
            *known = version.revision.max(*known);
        }
    }
}

impl Judge<'_> {
    /// Checks what an answer says beside new messages: changes, and conversations.
    pub(super) fn check_news(
        &mut self,
        at_us: u64,
        session: &Session,
        known: Option<&mut Known>,
        page: &Page,
        taken: bool,
        whose: &dyn Fn() -> String,
    ) {
        let ids = self.check_contents(&session.reach, &page.changed, whose);
        self.verdict.figures.redeliveries += ids.len();
        self.check_copies(at_us, page.asked_us, (page.node, Source::Memory), &page.changed, whose);
        if page.changed.versions.len() != page.changed.len() {
            self.verdict.report(Kind::Altered, || format!("a changed message without a revision came {}", whose()));
        }
        for (conversation, last_read) in &page.positions {
            self.check_position(&session.user, conversation, *last_read);
        }
        let Some(known) = known else {
            if !page.changed.is_empty() || !page.positions.is_empty() {
                self.verdict.report(Kind::Refused, || format!("changes that nobody asked for came {}", whose()));
            }
            return;
        };
        if taken {
            known.take(page);
            if !page.more {
                self.check_changes_of_node(known, &session.reach, page, whose);
            }
        }
    }

    /// Checks that a client knows every change that the node had acknowledged before the request, and what any node had
    /// acknowledged by the promised time before it.
    fn check_changes_of_node(&mut self, known: &mut Known, reach: &Reach, page: &Page, whose: &dyn Fn() -> String) {
        let all = self.changes.acknowledged.len() - 1;
        let due_us = self.due_before(page.asked_us).unwrap_or(0);
        for (node, before_us, kind) in [(page.node, page.asked_us, Kind::Stale), (all, due_us, Kind::Late)] {
            let changes = &self.changes.acknowledged[node];
            let end = changes.partition_point(|change| change.at_us < before_us).max(known.checked[node]);
            for change in &changes[known.checked[node]..end] {
                let stored = self.store.at(change.index);
                let revision = known.revisions.get(&stored.message.id).copied();
                let is_due = revision.is_some() || change.asked_us > known.since_us;
                if reach.covers(stored.conversation) && is_due && revision.unwrap_or(0) < change.revision {
                    let what =
                        || format!("the change {} of {:?} did not come {}", change.revision, stored.message, whose());
                    self.verdict.report(kind, what);
                }
            }
            known.checked[node] = end;
        }
    }

    /// Checks that a client that asks for changes knows the newest revision of each message. One that reconnected need
    /// not know messages that it has not received since.
    pub(super) fn check_revisions(&mut self, reader: usize, session: &Session) {
        let Some(known) = &session.changes else { return };
        for &index in &session.reach.indices {
            let stored = self.store.at(index);
            let revision = known.revisions.get(&stored.message.id).copied();
            let is_due = revision.is_some() || known.since_us == 0;
            if is_due && revision.unwrap_or(0) < stored.revision() {
                let what =
                    || format!("{} (reader {reader}) knows {:?} only at {revision:?}", session.user, stored.message);
                self.verdict.report(Kind::Outdated, what);
            }
        }
    }
}
