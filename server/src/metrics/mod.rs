//! What is counted, for Prometheus. Whoever does something counts it here, which is an atomic addition, and takes
//! nothing from the heap; what can be read off the server's state is looked at when somebody asks, not kept up to
//! date. Knows neither HTTP nor the rooms that count.
//!
//! In reading order: [`Metrics`] is what the rooms are handed, [`requests`] counts answers, [`exposition`] lists every
//! family with its name and meaning, [`families`] writes it down, and [`process`] asks the operating system.

mod exposition;
mod families;
mod process;
mod requests;

use std::time::{Duration, Instant};

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

pub(crate) use exposition::{Gauges, MEDIA_TYPE};

use crate::domain::problem::Kind;
use requests::Requests;

/// Seconds, from a sync on a fast disk to the longest that anybody waits for a commit.
const COMMIT_SECONDS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Entries of one commit, up to as many as the journal takes.
const COMMIT_WRITES: [f64; 11] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// What has happened since this process started.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Messages that were sent here and are on disk.
    pub(crate) sends: Counter,
    /// Sends that repeated one that was on disk already, under its idempotency key.
    pub(crate) repeated_sends: Counter,
    /// Messages in answers and events, each as often as it was handed to a reader.
    pub(crate) deliveries: Counter,
    /// Answers and events with messages in them.
    pub(crate) answers: Counter,
    /// Readings that had to ask the database, because the reader stood before the tail.
    pub(crate) tail_misses: Counter,
    /// Transactions that failed, or of which nobody knows.
    pub(crate) commit_failures: Counter,
    /// When the wire between nodes was heard last.
    pub(crate) wire: LastTime,
    /// Memory has everything that was committed before this.
    pub(crate) level: LastTime,
    requests: Requests,
    rejected: [Counter; Kind::ALL.len()],
    commit_seconds: Histogram,
    commit_writes: Histogram,
}

impl Metrics {
    /// Nothing has happened. `routes` are the method and the path of each.
    pub(crate) fn new(routes: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self {
            sends: Counter::default(),
            repeated_sends: Counter::default(),
            deliveries: Counter::default(),
            answers: Counter::default(),
            tail_misses: Counter::default(),
            commit_failures: Counter::default(),
            wire: LastTime::default(),
            level: LastTime::default(),
            requests: Requests::new(routes),
            rejected: Default::default(),
            commit_seconds: Histogram::new(COMMIT_SECONDS),
            commit_writes: Histogram::new(COMMIT_WRITES),
        }
    }

    /// A page of messages was handed to a reader.
    pub(crate) fn count_delivery(&self, messages: usize) {
        self.deliveries.inc_by(messages as u64);
        self.answers.inc();
    }

    /// A transaction is on disk: how many entries it took along, and how long it was open.
    pub(crate) fn count_commit(&self, entries: usize, took: Duration) {
        self.commit_writes.observe(entries as f64);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// A request was refused, or failed.
    pub(crate) fn count_rejected(&self, kind: Kind) {
        self.rejected[kind as usize].inc();
    }

    /// A request was answered; `route` is the method and the path of the route, if any took it.
    pub(crate) fn count_answered(&self, route: Option<(&str, &str)>, status: u16) {
        self.requests.count(route, status);
    }
}

/// When something was so last. Set a few times a second at most.
#[derive(Debug, Default)]
pub(crate) struct LastTime(Mutex<Option<Instant>>);

impl LastTime {
    /// It was so then; a mark is not set back.
    pub(crate) fn set(&self, at: Instant) {
        let mut last = self.0.lock();
        *last = (*last).max(Some(at));
    }

    /// How long ago that is; nothing if it never was.
    fn elapsed(&self) -> Duration {
        self.0.lock().map_or(Duration::ZERO, |at| at.elapsed())
    }
}
