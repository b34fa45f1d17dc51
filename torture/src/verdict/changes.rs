//! Compares the changes that were asked for and acknowledged with what is stored.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::copies::Source;
use super::store::Stored;
use super::{Judge, Kind};
use crate::history::{Act, Change, Digest, Name, Node};

/// The number of users that a message names for each reaction.
const NAMED: usize = 10;

/// The state of all changes as of the current event.
#[derive(Default)]
pub(super) struct Changes<'a> {
    /// For each change, when it was first asked for, and how many more requests than outcomes there are.
    asked: HashMap<&'a Change, (u64, i64)>,
    messages: BTreeMap<i64, Changing<'a>>,
    /// The acknowledged changes with a known revision, by node and in the last one for all nodes together.
    pub(super) acknowledged: Vec<Vec<Acknowledged>>,
}

/// What was asked to be done to one message.
#[derive(Default)]
struct Changing<'a> {
    /// The newest acknowledged revision.
    revision: i64,
    /// The edits that were asked for.
    edits: HashMap<&'a str, &'a Name>,
    /// The last acknowledged edit.
    edited: Option<&'a str>,
    /// The edits with an unknown outcome. They may have taken effect at any time.
    open_edits: HashSet<&'a str>,
    is_deletion_asked: bool,
    is_deleted: bool,
    /// For each user and emoji, whether the user has the reaction; `None` if an unknown outcome leaves that open.
    reactions: HashMap<(&'a Name, &'a Name), Option<bool>>,
}

/// An acknowledged change.
pub(super) struct Acknowledged {
    pub(super) at_us: u64,
    pub(super) asked_us: u64,
    /// The index of its message.
    pub(super) index: usize,
    pub(super) revision: i64,
}

impl<'a> Changes<'a> {
    pub(super) fn new(nodes: usize) -> Self {
        let acknowledged = (0..=nodes).map(|_| Vec::new()).collect();
        Self { asked: HashMap::new(), messages: BTreeMap::new(), acknowledged }
    }

    /// Returns whether no change has been asked for.
    pub(super) fn is_none(&self) -> bool {
        self.asked.is_empty()
    }

    /// Returns the changes with more, or fewer, requests than outcomes, and the difference.
    pub(super) fn open(&self) -> Vec<(&'a Change, i64)> {
        self.asked.iter().filter(|(_, (_, open))| *open != 0).map(|(change, (_, open))| (*change, *open)).collect()
    }

    fn of(&mut self, change: &Change) -> &mut Changing<'a> {
        self.messages.entry(change.id).or_default()
    }

    /// Notes an outcome. Returns when the change was first asked for, or `None` if it never was.
    fn end(&mut self, change: &Change) -> Option<u64> {
        let (asked_us, open) = self.asked.get_mut(change)?;
        *open -= 1;
        Some(*asked_us)
    }
}

impl<'a> Judge<'a> {
    pub(super) fn check_changing(&mut self, at_us: u64, change: &'a Change) {
        self.changes.asked.entry(change).or_insert((at_us, 0)).1 += 1;
        let of = self.changes.of(change);
        match &change.act {
            Act::Edit(text) => drop(of.edits.insert(text, &change.by)),
            Act::Delete => of.is_deletion_asked = true,
            Act::React(_) | Act::Unreact(_) => {}
        }
    }

    pub(super) fn check_changed(&mut self, at_us: u64, change: &'a Change, node: Node, answer: &Digest) {
        self.verdict.figures.changed += 1;
        let Some(asked_us) = self.changes.end(change) else {
            return self.verdict.report(Kind::Unaccounted, || format!("{change:?} was acknowledged but never asked"));
        };
        let Some(index) = self.store.find(change.id) else {
            return self.verdict.report(Kind::Lost, || format!("{change:?} was acknowledged, but not its message"));
        };
        let stored = self.store.at(index);
        let of = self.changes.of(change);
        let mut revision = 0;
        match &change.act {
            Act::Edit(text) => {
                of.edited = Some(text);
                revision = answer.versions.first().map_or(0, |version| version.revision);
                self.check_copies(at_us, 0, (node, Source::Memory), answer, &|| {
                    format!("in the acknowledgement of {change:?}")
                });
            }
            Act::Delete => {
                of.is_deleted = true;
                // A deletion is a message's last change.
                revision = if stored.is_deleted() { stored.revision() } else { 0 };
            }
            Act::React(emoji) => of.react(&change.by, emoji, true),
            Act::Unreact(emoji) => of.react(&change.by, emoji, false),
        }
        if revision > 0 {
            let of = self.changes.of(change);
            of.revision = of.revision.max(revision);
            self.copies.acknowledge(at_us, node, change.id, revision);
            let all = self.changes.acknowledged.len() - 1;
            for node in [node, all] {
                self.changes.acknowledged[node].push(Acknowledged { at_us, asked_us, index, revision });
            }
        }
    }

    pub(super) fn check_unchanged(&mut self, at_us: u64, change: &'a Change, status: Option<u16>) {
        if self.changes.end(change).is_none() {
            return self.verdict.report(Kind::Unaccounted, || format!("{change:?} failed but was never asked"));
        }
        let of = self.changes.of(change);
        match &change.act {
            // Nothing was done, because the message is deleted.
            _ if status == Some(409) && of.is_deletion_asked => return,
            Act::Edit(text) => drop(of.open_edits.insert(text)),
            Act::React(emoji) | Act::Unreact(emoji) => drop(of.reactions.insert((&change.by, emoji), None)),
            Act::Delete => {}
        }
        self.check_failure(at_us, status, &|| format!("{change:?}"));
    }

    /// Checks that every acknowledged change is stored, and that every stored change was asked for.
    pub(super) fn check_stored_changes(&mut self) {
        let changes = std::mem::take(&mut self.changes.messages);
        let none = Changing::default();
        for stored in self.store.all() {
            let of = changes.get(&stored.message.id).unwrap_or(&none);
            for (kind, what) in of.compare(stored) {
                self.verdict.report(kind, || format!("{what}: {:?}", stored.message));
            }
        }
    }
}

impl<'a> Changing<'a> {
    /// Notes an acknowledged reaction, or that one was taken back.
    fn react(&mut self, by: &'a Name, emoji: &'a Name, gives: bool) {
        let has = self.reactions.entry((by, emoji)).or_insert(Some(gives));
        *has = has.map(|_| gives);
    }

    /// Returns what is wrong with a stored message.
    fn compare(&self, stored: &Stored<'_>) -> Vec<(Kind, String)> {
        let message = stored.message;
        let mut wrong = Vec::new();
        if stored.revision() < self.revision {
            wrong.push((Kind::Lost, format!("the change {} was acknowledged", self.revision)));
        }
        if stored.is_deleted() {
            if !self.is_deletion_asked || message.deleted_by.as_deref() != Some(&message.from) {
                wrong.push((Kind::Ghost, "nobody asked for this deletion".to_owned()));
            }
            if !message.text.is_empty() || !message.reactions.is_empty() {
                wrong.push((Kind::Restored, "this deletion left something".to_owned()));
            }
            return wrong;
        }
        if self.is_deleted {
            wrong.push((Kind::Lost, "its deletion was acknowledged".to_owned()));
        }
        let text = message.text.as_str();
        if message.edited_at.is_some() && self.edits.get(text).is_none_or(|by| ***by != *message.from) {
            wrong.push((Kind::Ghost, "nobody asked for this text".to_owned()));
        } else if self.edited.is_some_and(|edited| edited != text) && !self.open_edits.contains(text) {
            wrong.push((Kind::Lost, format!("the edit to {:?} was acknowledged", self.edited)));
        }
        for ((user, emoji), has) in &self.reactions {
            let reaction = message.reactions.iter().find(|reaction| *reaction.emoji == ***emoji);
            let users = reaction.map_or(&[][..], |reaction| reaction.users.as_slice());
            let is_shown = users.iter().any(|name| **name == ***user);
            if has.is_some_and(|has| has != is_shown && (is_shown || users.len() < NAMED)) {
                wrong.push((Kind::Lost, format!("{user} and {emoji}: {has:?} was acknowledged")));
            }
        }
        let asked = |user: &str, emoji: &str| self.reactions.keys().any(|(by, of)| ***by == *user && ***of == *emoji);
        for reaction in &message.reactions {
            if let Some(user) = reaction.users.iter().find(|user| !asked(user, &reaction.emoji)) {
                wrong.push((Kind::Ghost, format!("{user} did not ask for {}", reaction.emoji)));
            }
        }
        wrong
    }
}
