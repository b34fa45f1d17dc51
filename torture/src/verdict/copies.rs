//! Checks the copies of messages that nodes show: each must be the message as it was sent or as one of its changes left
//! it, and none older than one that the same node has shown.

use std::collections::{HashMap, HashSet};

use super::store::Stored;
use super::timely::Timeline;
use super::{Judge, Kind};
use crate::history::{Digest, Node, Version};

/// Where a node takes what it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Source {
    /// From its memory, which follows the database: the answers to polls.
    Memory,
    /// From the database, which may be ahead of it: all other answers.
    Database,
}

/// The copies shown up to the current event.
#[derive(Default)]
pub(super) struct Copies {
    /// The fingerprint of each message at each revision.
    fingerprints: HashMap<(i64, i64), u64>,
    /// For each node, source and message, the newest revision over time. Messages that have never changed are left out.
    shown: HashMap<(Node, Source, i64), Timeline>,
    /// For each message, the newest acknowledged revision over time.
    acknowledged: HashMap<i64, Timeline>,
}

impl Copies {
    /// Notes that a node has shown a message at this revision.
    fn show(&mut self, at_us: u64, node: Node, source: Source, id: i64, revision: i64) {
        self.shown.entry((node, source, id)).or_default().push(at_us, revision);
    }

    /// Returns the newest revision that a node must show, given what it has shown before the request.
    fn due(&self, asked_us: u64, node: Node, source: Source, id: i64) -> i64 {
        let sources = match source {
            Source::Memory => &[Source::Memory][..],
            Source::Database => &[Source::Memory, Source::Database],
        };
        let shown = sources.iter().filter_map(|source| self.shown.get(&(node, *source, id)));
        shown.map(|shown| shown.before(asked_us)).max().unwrap_or(0)
    }

    /// Notes that a node has acknowledged a change, which is in its memory then.
    pub(super) fn acknowledge(&mut self, at_us: u64, node: Node, id: i64, revision: i64) {
        self.show(at_us, node, Source::Memory, id, revision);
        self.acknowledged.entry(id).or_default().push(at_us, revision);
    }
}

impl Judge<'_> {
    /// Checks copies that a node showed in an answer to a request at `asked_us`. Messages that are not stored are not
    /// checked here.
    pub(super) fn check_copies(
        &mut self,
        at_us: u64,
        asked_us: u64,
        (node, source): (Node, Source),
        copies: &Digest,
        whose: &dyn Fn() -> String,
    ) {
        let changed: HashSet<i64> = copies.versions.iter().map(|version| version.id).collect();
        let (mut sum, mut is_known) = (0_u64, true);
        for id in copies.ids().filter(|id| !changed.contains(id)) {
            match self.store.find(id) {
                Some(index) => {
                    let stored = self.store.at(index);
                    sum = sum.wrapping_add(stored.sum);
                    if stored.revision() > 0 {
                        self.check_age(asked_us, (node, source), stored, 0, whose);
                    }
                }
                None => is_known = false,
            }
        }
        if is_known && sum != copies.sum {
            let what = || format!("one of {copies:?} is neither as sent nor as changed; it came {}", whose());
            self.verdict.report(Kind::Altered, what);
        }
        for version in &copies.versions {
            let Some(index) = self.store.find(version.id) else { continue };
            let stored = self.store.at(index);
            self.check_version(version, stored, whose);
            self.check_age(asked_us, (node, source), stored, version.revision, whose);
            self.copies.show(at_us, node, source, version.id, version.revision);
        }
    }

    /// Checks that a message looks the same everywhere at this revision.
    fn check_version(&mut self, version: &Version, stored: &Stored<'_>, whose: &dyn Fn() -> String) {
        if version.revision > stored.revision() {
            let what = || format!("{version:?} of {:?}, which is not stored, came {}", stored.message, whose());
            return self.verdict.report(Kind::Ghost, what);
        }
        let known =
            *self.copies.fingerprints.entry((version.id, version.revision)).or_insert_with(|| {
                match Version::of(stored.message) {
                    Some(stored) if stored.revision == version.revision => stored.fingerprint,
                    _ => version.fingerprint,
                }
            });
        if known != version.fingerprint {
            let what = || format!("{version:?} of {:?} differs from other copies; it came {}", stored.message, whose());
            self.verdict.report(Kind::Altered, what);
        }
    }

    /// Checks that a copy is not older than one that the node had acknowledged or shown from this source before the
    /// request, nor than one that any node had acknowledged by the promised time before it.
    fn check_age(
        &mut self,
        asked_us: u64,
        (node, source): (Node, Source),
        stored: &Stored<'_>,
        revision: i64,
        whose: &dyn Fn() -> String,
    ) {
        let id = stored.message.id;
        let shown = self.copies.due(asked_us, node, source, id);
        let due_us = self.due_before(asked_us).unwrap_or(0);
        let acknowledged = self.copies.acknowledged.get(&id).map_or(0, |acknowledged| acknowledged.before(due_us));
        let is_restored = |due: i64| stored.is_deleted() && due == stored.revision();
        let kind = match (revision < shown, revision < acknowledged) {
            (true, _) if is_restored(shown) => Kind::Restored,
            (true, _) => Kind::Reverted,
            (false, true) if is_restored(acknowledged) => Kind::Restored,
            (false, true) => Kind::Late,
            (false, false) => return,
        };
        let what =
            || format!("message {id} came at revision {revision} {}, after {}", whose(), shown.max(acknowledged));
        self.verdict.report(kind, what);
    }
}
