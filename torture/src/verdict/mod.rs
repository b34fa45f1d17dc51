//! The verdict: judges a recorded history. Asks no server.
//!
//! In reading order: [`store`] is what the nodes showed at the end, and checks that it is sound; [`sends`] and
//! [`changes`] compare the acknowledgements with it; [`copies`] checks every message that was shown; [`readers`] and
//! [`news`] check what each client received; [`timely`] checks that it arrived in time; [`positions`] checks last-read
//! positions; [`confided`] checks who hears of private rooms; [`outages`] knows which failures a fault explains.

mod changes;
mod confided;
mod copies;
mod figures;
mod kind;
mod news;
mod outages;
mod positions;
mod readers;
mod sends;
mod store;
mod timely;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::history::{Event, History, Recorded};
use changes::Changes;
use confided::Confided;
use copies::{Copies, Source};
pub use figures::{Delays, Figures};
pub use kind::{Kind, Violation};
use outages::Outages;
use positions::Positions;
use readers::Session;
use sends::Sends;
use store::Store;
use timely::Timely;

/// The number of violations of each kind that are described. The others are only counted.
const MOST_DESCRIBED: usize = 50;

/// The violations in a history, and its figures.
#[derive(Debug, Default)]
pub struct Verdict {
    /// The number of violations of each kind.
    pub counts: BTreeMap<Kind, usize>,
    /// The first violations of each kind, in the order in which they were found.
    pub violations: Vec<Violation>,
    /// How much there was to judge.
    pub figures: Figures,
}

impl Verdict {
    /// Returns whether there are no violations.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.counts.is_empty()
    }

    /// Returns the number of violations of a kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.counts.get(&kind).copied().unwrap_or(0)
    }

    fn report(&mut self, kind: Kind, what: impl FnOnce() -> String) {
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        if *count <= MOST_DESCRIBED {
            self.violations.push(Violation { kind, what: what() });
        }
    }
}

/// Judges a history.
#[must_use]
pub fn judge(history: &History) -> Verdict {
    let mut verdict = Verdict::default();
    let store = Store::new(history, &mut verdict);
    let mut judge = Judge {
        history,
        store: &store,
        sends: Sends::default(),
        changes: Changes::new(history.nodes()),
        confided: Confided::default(),
        copies: Copies::default(),
        positions: Positions::default(),
        timely: Timely::new(history, &store),
        outages: Outages::new(history),
        sessions: BTreeMap::new(),
        polls: HashMap::new(),
        begun: HashSet::new(),
        verdict,
    };
    history.events.iter().for_each(|recorded| judge.check(recorded));
    judge.check_origins();
    judge.check_stored_changes();
    judge.check_outcomes();
    judge.check_completeness();
    judge.verdict
}

/// Goes through the events in order, and keeps the state as of each event.
struct Judge<'a> {
    history: &'a History,
    store: &'a Store<'a>,
    sends: Sends<'a>,
    changes: Changes<'a>,
    confided: Confided<'a>,
    copies: Copies,
    positions: Positions,
    timely: Timely,
    outages: Outages,
    sessions: BTreeMap<usize, Session>,
    /// For each reader, the number of polls that ended minus the number it says it made.
    polls: HashMap<usize, i64>,
    /// The texts whose sending has begun.
    begun: HashSet<&'a str>,
    verdict: Verdict,
}

impl<'a> Judge<'a> {
    fn check(&mut self, Recorded { at_us, event }: &'a Recorded) {
        match event {
            Event::Sending { by, to, text } => self.check_sending(*at_us, by, to, text),
            Event::Sent { text, node, message } => self.check_sent(*at_us, text, *node, message),
            Event::Unanswered { text, status } => {
                self.check_unanswered(text);
                self.check_failure(*at_us, *status, &|| format!("the send of {text:?}"));
            }
            Event::Changing(change) => self.check_changing(*at_us, change),
            Event::Changed { change, node, message } => self.check_changed(*at_us, change, *node, message),
            Event::Unchanged { change, status } => self.check_unchanged(*at_us, change, *status),
            Event::Shown { node, user, asked_us, messages } => {
                self.check_shown(*at_us, *asked_us, *node, user, messages)
            }
            Event::Connected { reader, user, changes, page } => {
                self.begin_session(*at_us, *reader, user, *changes);
                self.check_answer(*at_us, *reader, page, Source::Database, true);
            }
            Event::Acknowledging { reader } => self.acknowledge(*reader),
            Event::Answered { reader, page, taken } => {
                self.verdict.figures.polls += 1;
                *self.polls.entry(*reader).or_default() += 1;
                self.check_answer(*at_us, *reader, page, Source::Memory, *taken);
            }
            Event::Unheard { reader, status } => {
                *self.polls.entry(*reader).or_default() += 1;
                self.check_failure(*at_us, *status, &|| format!("a poll of reader {reader}"));
            }
            Event::Polled { reader, times } => {
                *self.polls.entry(*reader).or_default() -= i64::try_from(*times).unwrap_or(i64::MAX);
            }
            Event::Looked { node, asked_us, conversation, newest } => {
                self.check_look(*node, *asked_us, conversation, *newest);
            }
            Event::Status { user, conversation, newest, last_read } => {
                self.check_status(user, conversation, *newest, *last_read);
            }
            Event::Confiding { room, text } => self.check_confiding(*at_us, room, text),
            Event::Admitting { room, user } => self.check_admitting(room, user),
            Event::ShutOut { room, user, node, how } => self.check_shut_out(*at_us, (room, user, *node), *how),
            Event::TurnedAway { room, user, node, asked_us } => {
                self.check_turned_away(*at_us, *asked_us, (room, user, *node));
            }
            Event::Overheard { room, user, node, asked_us, is_about_room, texts } => {
                let by = (room, user, *node);
                self.check_answered(*at_us, by, *is_about_room);
                self.check_overheard(*at_us, *asked_us, by, texts);
            }
            Event::FaultBegins { .. } => self.verdict.figures.faults += 1,
            Event::FaultEnds { .. } => {}
            Event::Refused { what } => self.verdict.report(Kind::Refused, || what.clone()),
        }
    }

    /// Reports a failure that no fault explains. No fault explains any other status than 503.
    fn check_failure(&mut self, at_us: u64, status: Option<u16>, what: &dyn Fn() -> String) {
        self.verdict.figures.failures += 1;
        if status.is_some_and(|status| status != 503) || !self.outages.explain(at_us) {
            let how = status.map_or("not answered".to_owned(), |status| format!("answered with {status}"));
            self.verdict.report(Kind::Refused, || format!("{} was {how}, and no fault explains it", what()));
        }
    }

    fn check_outcomes(&mut self) {
        for (text, open) in self.sends.open() {
            let what = || format!("{text:?}: {open} more sends than outcomes");
            self.verdict.report(Kind::Unaccounted, what);
        }
        for (change, open) in self.changes.open() {
            let what = || format!("{change:?}: {open} more requests than outcomes");
            self.verdict.report(Kind::Unaccounted, what);
        }
        let finished: BTreeSet<_> = self
            .history
            .events
            .iter()
            .filter_map(|recorded| match recorded.event {
                Event::Polled { reader, .. } => Some(reader),
                _ => None,
            })
            .collect();
        for reader in finished {
            let rest = self.polls.get(&reader).copied().unwrap_or(0);
            if rest != 0 {
                let what = || format!("reader {reader}: {} more polls than outcomes", -rest);
                self.verdict.report(Kind::Unaccounted, what);
            }
        }
    }
}
