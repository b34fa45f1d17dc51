//! How far each user can have read: up to what was acknowledged, plus own messages directly after it.

use std::collections::HashMap;

use super::{Judge, Kind};
use crate::history::{Conversation, Name};

/// The furthest seq that each user can have read in each conversation, as of the current event.
#[derive(Default)]
pub(super) struct Positions {
    read: HashMap<Name, HashMap<usize, i64>>,
}

impl Judge<'_> {
    /// Counts everything that a client has received as read from now on.
    pub(super) fn acknowledge(&mut self, reader: usize) {
        let Some(session) = self.sessions.get(&reader) else { return };
        let (reach, end) = (&session.reach, session.end);
        let read = self.positions.read.entry(session.user.clone()).or_default();
        for &conversation in &reach.conversations {
            let indices = self.store.indices_of(conversation);
            let passed = indices.partition_point(|&index| self.store.at(index).message.id <= end);
            let seq = indices[..passed].last().map_or(0, |&index| self.store.at(index).message.seq);
            let furthest = read.entry(conversation).or_default();
            *furthest = seq.max(*furthest);
        }
    }

    pub(super) fn furthest_read(&mut self, user: &Name, conversation: usize) -> i64 {
        let read = self.positions.read.entry(user.clone()).or_default().entry(conversation).or_default();
        let indices = self.store.indices_of(conversation);
        let begin = indices.partition_point(|&index| self.store.at(index).message.seq <= *read);
        for &index in &indices[begin..] {
            let stored = self.store.at(index);
            if *stored.message.from != **user || !self.begun.contains(stored.sent) {
                break;
            }
            *read = stored.message.seq;
        }
        *read
    }

    /// Checks that no position that a client is told lies beyond what was acknowledged.
    pub(super) fn check_position(&mut self, user: &Name, conversation: &Conversation, last_read: i64) {
        let Some(number) = self.store.number_of(conversation) else {
            return self.verdict.report(Kind::Leaked, || format!("{user} was told about {conversation:?}"));
        };
        let furthest = self.furthest_read(user, number);
        if last_read > furthest {
            let what = || format!("{user} has last-read {last_read} in {conversation:?}, but acknowledged {furthest}");
            self.verdict.report(Kind::ReadTooFar, what);
        }
    }

    /// Checks that acknowledged messages survive every fault, and that no last-read position lies beyond what was
    /// acknowledged.
    pub(super) fn check_status(&mut self, user: &Name, conversation: &Conversation, newest: i64, last_read: i64) {
        let Some(number) = self.store.number_of(conversation) else {
            return self.verdict.report(Kind::Leaked, || format!("{user} was told about {conversation:?}"));
        };
        let acknowledged = self.newest_acknowledged(number);
        if newest < acknowledged {
            let what =
                || format!("{conversation:?} ended at seq {newest} after seq {acknowledged} had been acknowledged");
            self.verdict.report(Kind::Lost, what);
        }
        if last_read > newest {
            let what = || format!("{user} has last-read {last_read} in {conversation:?}, which ends at {newest}");
            self.verdict.report(Kind::ReadTooFar, what);
        } else {
            self.check_position(user, conversation, last_read);
        }
    }
}
