//! How far each user can have read: what was acknowledged, and own messages right behind it.

use std::collections::HashMap;

use super::{Judge, Kind};
use crate::history::{Conversation, Name};

/// The furthest seq that each user can have read in each conversation, up to the event that is looked at.
#[derive(Default)]
pub(super) struct Positions {
    read: HashMap<Name, HashMap<usize, i64>>,
}

impl Judge<'_> {
    /// Everything up to the end of what a client got counts as read from now on.
    pub(super) fn acknowledge(&mut self, reader: usize) {
        let Some(run) = self.runs.get(&reader) else { return };
        let (reach, end) = (&run.reach, run.end);
        let read = self.positions.read.entry(run.user.clone()).or_default();
        for &conversation in &reach.conversations {
            let places = self.store.places_of(conversation);
            let passed = places.partition_point(|&place| self.store.at(place).message.id <= end);
            let seq = places[..passed].last().map_or(0, |&place| self.store.at(place).message.seq);
            let furthest = read.entry(conversation).or_default();
            *furthest = seq.max(*furthest);
        }
    }

    pub(super) fn furthest_read(&mut self, user: &Name, conversation: usize) -> i64 {
        let read = self.positions.read.entry(user.clone()).or_default().entry(conversation).or_default();
        let places = self.store.places_of(conversation);
        let begin = places.partition_point(|&place| self.store.at(place).message.seq <= *read);
        for &place in &places[begin..] {
            let message = self.store.at(place).message;
            if *message.from != **user || !self.begun.contains(message.text.as_str()) {
                break;
            }
            *read = message.seq;
        }
        *read
    }

    /// What was acknowledged is there after every fault, and nobody has read more than they said.
    pub(super) fn check_status(&mut self, user: &Name, conversation: &Conversation, newest: i64, last_read: i64) {
        let Some(number) = self.store.number_of(conversation) else {
            return self.verdict.report(Kind::Leaked, || format!("{user} is told of {conversation:?}"));
        };
        let acknowledged = self.newest_acknowledged(number);
        if newest < acknowledged {
            let what = || format!("{conversation:?} ended at {newest} when {acknowledged} had been acknowledged");
            self.verdict.report(Kind::Lost, what);
        }
        let furthest = self.furthest_read(user, number);
        if last_read > furthest.min(newest) {
            let what = || format!("{user} has read {conversation:?} up to {last_read}, not {furthest}");
            self.verdict.report(Kind::ReadTooFar, what);
        }
    }
}
