//! Compares what each client received with what its user must receive.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use super::store::Reach;
use super::{Judge, Kind};
use crate::history::{Name, Page};

/// What one client has received since it connected.
pub(super) struct Run {
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
}

impl<'a> Judge<'a> {
    pub(super) fn begin_run(&mut self, reader: usize, user: &Name) {
        let reach = self.store.reaching(user);
        let read_before =
            reach.conversations.iter().map(|&conversation| (conversation, self.furthest_read(user, conversation)));
        let read_before = read_before.collect();
        let (missing, past) = (BTreeSet::new(), HashSet::new());
        let run = Run { user: user.clone(), reach, read_before, end: 0, missing, cursor: None, past };
        // A reconnecting client starts over: messages that it missed may arrive now.
        self.runs.insert(reader, run);
    }

    /// Checks a page: it must hold everything between the end of the last page and its own end, once and in order.
    pub(super) fn check_answer(&mut self, at_us: u64, reader: usize, page: &Page, taken: bool) {
        let Some(mut run) = self.runs.remove(&reader) else {
            return self.verdict.report(Kind::Unaccounted, || format!("reader {reader} never connected"));
        };
        let begin = run.end;
        let mut ids = self.check_contents(&run, reader, page);
        self.verdict.figures.deliveries += ids.len();
        let whose = || format!("to {}, reader {reader}, from node {}", run.user, page.node);
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
            let kind = if run.missing.contains(id) { Kind::Disordered } else { Kind::Doubled };
            self.verdict.report(kind, || format!("message {id} came after {begin} {}", whose()));
        }
        let missing = self.missing(&run, begin, new);
        for id in &missing {
            self.verdict.report(Kind::Hole, || format!("message {id} did not come after {begin} {}", whose()));
        }
        let end = new.last().copied().unwrap_or(begin);
        self.check_delays(at_us, &run, page, new);
        self.check_promptness(&run, page, end);
        self.check_cursor(&run, reader, page);
        if taken {
            run.missing.extend(missing);
            run.missing.retain(|id| !late.contains(id));
            run.end = end;
            if run.cursor != Some(page.cursor) {
                run.past.extend(run.cursor);
                run.cursor = Some(page.cursor);
            }
        }
        self.runs.insert(reader, run);
    }

    /// Returns the ids of stored messages that belong to the reader, and reports all others.
    fn check_contents(&mut self, run: &Run, reader: usize, page: &Page) -> Vec<i64> {
        let whose = || format!("to {}, reader {reader}, from node {}", run.user, page.node);
        let (mut sum, mut is_known) = (0_u64, true);
        let mut ids = Vec::with_capacity(page.messages.len());
        for id in page.messages.ids() {
            let Some(index) = self.store.find(id) else {
                is_known = false;
                self.verdict.report(Kind::Ghost, || format!("message {id}, which is not stored, came {}", whose()));
                continue;
            };
            let stored = self.store.at(index);
            sum = sum.wrapping_add(stored.sum);
            if run.reach.covers(stored.conversation) {
                ids.push(id);
            } else {
                self.verdict.report(Kind::Leaked, || format!("{:?} came {}", stored.message, whose()));
            }
        }
        if is_known && sum != page.messages.sum {
            self.verdict.report(Kind::Altered, || {
                format!("one of {:?} differs from what is stored; it came {}", page.messages, whose())
            });
        }
        ids
    }

    /// Returns the ids of due messages between `begin` and the end of `new` that are not in `new`, which is ascending.
    fn missing(&self, run: &Run, begin: i64, new: &[i64]) -> Vec<i64> {
        let Some(&end) = new.last() else { return Vec::new() };
        let mut got = new.iter().peekable();
        let mut missing = Vec::new();
        for (id, is_due) in self.reaching_after(run, begin).take_while(|(id, _)| *id <= end) {
            if got.next_if_eq(&&id).is_none() && is_due {
                missing.push(id);
            }
        }
        missing
    }

    /// Returns the ids of a reader's messages after `after`, and whether each is due. Messages that may have been read
    /// before are not.
    fn reaching_after(&self, run: &Run, after: i64) -> impl Iterator<Item = (i64, bool)> {
        let indices = &run.reach.indices;
        let begin = indices.partition_point(|&index| self.store.at(index).message.id <= after);
        indices[begin..].iter().map(|&index| {
            let stored = self.store.at(index);
            let read_before = run.read_before.get(&stored.conversation).copied().unwrap_or(0);
            (stored.message.id, stored.message.seq > read_before)
        })
    }

    /// Checks that a cursor changes with every page that has messages, stays without messages, and never goes back.
    fn check_cursor(&mut self, run: &Run, reader: usize, page: &Page) {
        let moved = run.cursor.is_some_and(|cursor| cursor != page.cursor);
        let wrong = if run.past.contains(&page.cursor) {
            "went back"
        } else if moved && page.messages.is_empty() {
            "moved without messages"
        } else if !moved && run.cursor.is_some() && !page.messages.is_empty() {
            "stayed where it was"
        } else {
            return;
        };
        let what = || format!("the cursor {wrong} of {}, reader {reader}, after {}", run.user, run.end);
        self.verdict.report(Kind::CursorMoved, what);
    }

    /// Checks that every reader has received everything.
    pub(super) fn check_ends(&mut self) {
        for (reader, run) in std::mem::take(&mut self.runs) {
            let due = self.reaching_after(&run, run.end).filter(|(_, is_due)| *is_due);
            let missing: Vec<_> = due.map(|(id, _)| id).collect();
            for id in missing {
                let what = || format!("message {id} never came to {}, reader {reader}", run.user);
                self.verdict.report(Kind::Hole, what);
            }
        }
    }
}
