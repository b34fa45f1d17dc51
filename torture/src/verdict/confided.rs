//! Checks that what was confided to a private room reaches nobody who was removed from it before.

use std::collections::HashMap;

use super::{Judge, Kind};
use crate::history::{Name, Node, Text};

/// What was sent to private rooms, and who is outside.
#[derive(Default)]
pub(super) struct Confided<'a> {
    /// When the sending of each text began, in microseconds, and its room.
    texts: HashMap<&'a str, (&'a str, u64)>,
    /// Since when each user is outside each room. Users who were never removed are not here.
    outside: HashMap<(&'a str, &'a str), u64>,
}

impl<'a> Judge<'a> {
    pub(super) fn check_confiding(&mut self, at_us: u64, room: &'a Name, text: &'a Text) {
        self.verdict.figures.confided += 1;
        self.confided.texts.insert(text, (room, at_us));
    }

    pub(super) fn check_removed(&mut self, at_us: u64, room: &'a Name, user: &'a Name) {
        self.verdict.figures.removals += 1;
        self.confided.outside.insert((room, user), at_us);
    }

    pub(super) fn check_admitting(&mut self, room: &'a Name, user: &'a Name) {
        self.confided.outside.remove(&(&**room, &**user));
    }

    /// Checks an answer with messages of a private room. A node follows commits in order, so it never has a message from
    /// after a removal without the removal. Older messages may come for as long as a node may take to follow.
    pub(super) fn check_overheard(
        &mut self,
        at_us: u64,
        asked_us: u64,
        (room, user, node): (&'a Name, &'a Name, Node),
        texts: &'a [Text],
    ) {
        self.verdict.figures.overheard += texts.len();
        let outside_since = self.confided.outside.get(&(&**room, &**user)).copied();
        let limit = self.history.promises.visible_within_us;
        for text in texts {
            let Some(&(of, begun_us)) = self.confided.texts.get(&**text) else {
                self.verdict.report(Kind::Ghost, || format!("{user} received {text:?}, which nobody sent to {room}"));
                continue;
            };
            let Some(since_us) = outside_since.filter(|_| of == &**room) else { continue };
            let ago = (at_us - since_us) / 1000;
            if begun_us > since_us {
                let what = || format!("node {node} gave {user} {text:?}, sent after the removal {ago} ms ago");
                self.verdict.report(Kind::Leaked, what);
            } else if limit.is_some_and(|limit| asked_us > since_us + limit) && !self.outages.explain(at_us) {
                let what = || format!("node {node} gave {user} {text:?}, though removed {ago} ms ago");
                self.verdict.report(Kind::Leaked, what);
            }
        }
    }
}
