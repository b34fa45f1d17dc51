//! Checks that what was confided to a private room reaches nobody who was shut out of it before.

use std::collections::HashMap;

use super::{Judge, Kind};
use crate::history::{Exit, Name, Node, Text};

/// How long a node may go on answering a user who was shut out, if nothing else is promised. Generous, because the
/// machine may be slow.
const SHUT_OUT_WITHIN_US: u64 = 10_000_000;

/// What was sent to private rooms, and who is outside.
#[derive(Default)]
pub(super) struct Confided<'a> {
    /// When the sending of each text began, in microseconds, and its room.
    texts: HashMap<&'a str, (&'a str, u64)>,
    /// The users who are outside each room, and were not at first.
    outside: HashMap<(&'a str, &'a str), Outside>,
}

/// How a user came to be outside a room.
#[derive(Clone, Copy)]
struct Outside {
    since_us: u64,
    how: Exit,
    /// The node that was asked to shut the user out.
    by: Node,
}

/// A room, a user, and the node that answered the user or the owner.
type Place<'a> = (&'a Name, &'a Name, Node);

impl<'a> Judge<'a> {
    pub(super) fn check_confiding(&mut self, at_us: u64, room: &'a Name, text: &'a Text) {
        self.verdict.figures.confided += 1;
        self.confided.texts.insert(text, (room, at_us));
    }

    pub(super) fn check_shut_out(&mut self, at_us: u64, (room, user, node): Place<'a>, how: Exit) {
        self.verdict.figures.exits += 1;
        self.verdict.figures.removals += usize::from(how == Exit::Removed);
        self.confided.outside.insert((room, user), Outside { since_us: at_us, how, by: node });
    }

    fn shut_out_within_us(&self) -> u64 {
        self.history.promises.visible_within_us.unwrap_or(SHUT_OUT_WITHIN_US)
    }

    pub(super) fn check_admitting(&mut self, room: &'a Name, user: &'a Name) {
        self.confided.outside.remove(&(&**room, &**user));
    }

    /// Measures how long another node held a request after its user was shut out.
    pub(super) fn check_turned_away(&mut self, at_us: u64, asked_us: u64, (room, user, node): Place<'a>) {
        let outside = self.confided.outside.get(&(&**room, &**user));
        if let Some(outside) = outside.filter(|outside| asked_us < outside.since_us && node != outside.by) {
            self.verdict.figures.endings.add(at_us - outside.since_us);
        }
    }

    /// Checks that a user who was shut out is answered no more: not about the room, and not at all without a session.
    pub(super) fn check_answered(&mut self, at_us: u64, (room, user, node): Place<'a>, is_about_room: bool) {
        let Some(&Outside { since_us, how, .. }) = self.confided.outside.get(&(&**room, &**user)) else { return };
        let is_refused = is_about_room || how != Exit::Removed;
        if is_refused && at_us > since_us + self.shut_out_within_us() && !self.outages.explain(at_us) {
            let ago = (at_us - since_us) / 1000;
            let what = || format!("node {node} answered {user}, who was shut out of {room} ({how:?}) {ago} ms ago");
            self.verdict.report(Kind::Leaked, what);
        }
    }

    /// Checks an answer with messages of a private room. A node follows commits in order, so it never has a message
    /// from after a removal without the removal. Older messages may come for as long as a node may take to follow, and
    /// newer ones too if only the session ended.
    pub(super) fn check_overheard(
        &mut self,
        at_us: u64,
        asked_us: u64,
        (room, user, node): Place<'a>,
        texts: &'a [Text],
    ) {
        self.verdict.figures.overheard += texts.len();
        let outside = self.confided.outside.get(&(&**room, &**user)).copied();
        let limit = self.shut_out_within_us();
        for text in texts {
            let Some(&(of, begun_us)) = self.confided.texts.get(&**text) else {
                self.verdict.report(Kind::Ghost, || format!("{user} received {text:?}, which nobody sent to {room}"));
                continue;
            };
            let Some(Outside { since_us, how, .. }) = outside.filter(|_| of == &**room) else { continue };
            let ago = (at_us - since_us) / 1000;
            if how == Exit::Removed && begun_us > since_us {
                let what = || format!("node {node} gave {user} {text:?}, sent after the removal {ago} ms ago");
                self.verdict.report(Kind::Leaked, what);
            } else if asked_us > since_us + limit && !self.outages.explain(at_us) {
                let what = || format!("node {node} gave {user} {text:?}, though shut out ({how:?}) {ago} ms ago");
                self.verdict.report(Kind::Leaked, what);
            }
        }
    }
}
