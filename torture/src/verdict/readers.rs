//! Compares what each client received with what its user must receive.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::copies::Source;
use super::news::Known;
use super::store::Reach;
use super::{Judge, Kind};
use crate::history::{Digest, Name, Node, Page};

/// What one client has received since it connected.
pub(super) struct Session {
    pub(super) user: Name,
    pub(super) reach: Rc<Reach>,
    /// For each conversation, the seq up to which messages may have been read before, and so need not arrive.
    pub(super) read_before: HashMap<usize, i64>,
    /// The id of the newest message received.
    pub(super) end: i64,
    /// The ids of messages that should have arrived before that, and did not.
    missing: BTreeSet<i64>,
    cursor: Option<u64>,
    /// Cursors of earlier answers.
    past: HashSet<u64>,
    /// What it knows of changes, if it asks for them.
    pub(super) changes: Option<Known>,
}

impl<'a> Judge<'a> {
    pub(super) fn begin_session(&mut self, at_us: u64, reader: usize, user: &Name, changes: bool) {
        let reach = self.store.reaching(user);
        let read_before =
            reach.conversations.iter().map(|&conversation| (conversation, self.furthest_read(user, conversation)));
        let read_before = read_before.collect();
        let (missing, past) = (BTreeSet::new(), HashSet::new());
        let changes = changes.then(|| Known::new(&self.changes, at_us));
        let session = Session { user: user.clone(), reach, read_before, end: 0, missing, cursor: None, past, changes };
        // A reconnecting client starts over: messages that it missed may arrive now.
        self.sessions.insert(reader, session);
    }

    /// Checks a page: it must hold everything between the end of the last page and its own end, once and in order.
    pub(super) fn check_answer(&mut self, at_us: u64, reader: usize, page: &Page, source: Source, taken: bool) {
        let Some(mut session) = self.sessions.remove(&reader) else {
            return self.verdict.report(Kind::Unaccounted, || format!("reader {reader} never connected"));
        };
        let begin = session.end;
        let whose = || format!("to {}, reader {reader}, from node {}", session.user, page.node);
        let mut ids = self.check_contents(&session.reach, &page.messages, &whose);
        self.verdict.figures.deliveries += ids.len();
        self.check_copies(at_us, page.asked_us, (page.node, source), &page.messages, &whose);
        let mut known = session.changes.take();
        self.check_news(at_us, &session, known.as_mut(), page, taken, &whose);
        let is_in_order = ids.is_sorted_by(|one, next| one < next);
        if !is_in_order {
            let unsorted = ids.clone();
            ids.sort_unstable();
            for twice in ids.windows(2).filter(|pair| pair[0] == pair[1]) {
                self.verdict.report(Kind::Doubled, || format!("message {} came twice {}", twice[0], whose()));
            }
            if !unsorted.is_sorted() {
                self.verdict.report(Kind::Disordered, || format!("{unsorted:?} came {}", whose()));
            }
            ids.dedup();
        }
        let (late, new) = ids.split_at(ids.partition_point(|id| *id <= begin));
        for id in late {
            let kind = if session.missing.contains(id) { Kind::Disordered } else { Kind::Doubled };
            self.verdict.report(kind, || format!("message {id} came after {begin} {}", whose()));
        }
        let missing = self.missing(&session, begin, new);
        for id in &missing {
            self.verdict.report(Kind::Hole, || format!("message {id} did not come after {begin} {}", whose()));
        }
        let end = new.last().copied().unwrap_or(begin);
        self.check_delays(at_us, &session, page, new);
        self.check_promptness(&session, page, end);
        self.check_cursor(&session, reader, page);
        session.changes = known;
        if taken {
            session.missing.extend(missing);
            session.missing.retain(|id| !late.contains(id));
            session.end = end;
            if session.cursor != Some(page.cursor) {
                session.past.extend(session.cursor);
                session.cursor = Some(page.cursor);
            }
        }
        self.sessions.insert(reader, session);
    }

    /// Returns the ids of stored messages that belong to the reader, and reports all others.
    pub(super) fn check_contents(&mut self, reach: &Reach, messages: &Digest, whose: &dyn Fn() -> String) -> Vec<i64> {
        let mut ids = Vec::with_capacity(messages.len());
        for id in messages.ids() {
            let Some(index) = self.store.find(id) else {
                self.verdict.report(Kind::Ghost, || format!("message {id}, which is not stored, came {}", whose()));
                continue;
            };
            let stored = self.store.at(index);
            if reach.covers(stored.conversation) {
                ids.push(id);
            } else {
                self.verdict.report(Kind::Leaked, || format!("{:?} came {}", stored.message, whose()));
            }
        }
        ids
    }

    /// Checks messages that a user asked for by name.
    pub(super) fn check_shown(&mut self, at_us: u64, asked_us: u64, node: Node, user: &Name, messages: &Digest) {
        let whose = || format!("to {user}, who asked for it, from node {node}");
        let reach = self.store.reaching(user);
        for id in messages.ids() {
            let Some(index) = self.store.find(id) else {
                self.verdict.report(Kind::Ghost, || format!("message {id}, which is not stored, came {}", whose()));
                continue;
            };
            let stored = self.store.at(index);
            // Everybody may read a room.
            if stored.message.room.is_none() && !reach.covers(stored.conversation) {
                self.verdict.report(Kind::Leaked, || format!("{:?} came {}", stored.message, whose()));
            }
        }
        self.check_copies(at_us, asked_us, (node, Source::Database), messages, &whose);
    }

    /// Returns the ids of due messages between `begin` and the end of `new` that are not in `new`, which is ascending.
    fn missing(&self, session: &Session, begin: i64, new: &[i64]) -> Vec<i64> {
        let Some(&end) = new.last() else { return Vec::new() };
        let mut got = new.iter().peekable();
        let mut missing = Vec::new();
        for (id, is_due) in self.reaching_after(session, begin).take_while(|(id, _)| *id <= end) {
            if got.next_if_eq(&&id).is_none() && is_due {
                missing.push(id);
            }
        }
        missing
    }

    /// Returns the ids of a reader's messages after `after`, and whether each is due. Messages that may have been read
    /// before are not.
    fn reaching_after(&self, session: &Session, after: i64) -> impl Iterator<Item = (i64, bool)> {
        let indices = &session.reach.indices;
        let begin = indices.partition_point(|&index| self.store.at(index).message.id <= after);
        indices[begin..].iter().map(|&index| {
            let stored = self.store.at(index);
            let read_before = session.read_before.get(&stored.conversation).copied().unwrap_or(0);
            (stored.message.id, stored.message.seq > read_before)
        })
    }

    /// Checks that a cursor moves with every page that has messages or changes, stays without news, and never goes
    /// back.
    fn check_cursor(&mut self, session: &Session, reader: usize, page: &Page) {
        let moved = session.cursor.is_some_and(|cursor| cursor != page.cursor);
        let has_news = !page.messages.is_empty() || !page.changed.is_empty();
        let wrong = if session.past.contains(&page.cursor) {
            "went back"
        } else if moved && !has_news && page.positions.is_empty() {
            "moved without anything new"
        } else if !moved && session.cursor.is_some() && has_news {
            "stayed where it was"
        } else {
            return;
        };
        let what = || format!("the cursor {wrong} of {}, reader {reader}, after {}", session.user, session.end);
        self.verdict.report(Kind::CursorMoved, what);
    }

    /// Checks that every reader has received everything, and knows each message as it is stored.
    pub(super) fn check_completeness(&mut self) {
        for (reader, session) in std::mem::take(&mut self.sessions) {
            self.check_revisions(reader, &session);
            let due = self.reaching_after(&session, session.end).filter(|(_, is_due)| *is_due);
            let missing: Vec<_> = due.map(|(id, _)| id).collect();
            for id in missing {
                let what = || format!("message {id} never came to {}, reader {reader}", session.user);
                self.verdict.report(Kind::Hole, what);
            }
        }
    }
}
