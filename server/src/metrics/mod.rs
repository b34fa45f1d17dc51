//! Metrics for Prometheus. Counting is an atomic addition without allocation. Values that can be read from the server's
//! state are read at each scrape instead. Knows neither HTTP nor the modules that count.
//!
//! In reading order: [`Metrics`] is the handle that modules count with, [`requests`] counts answers, [`exposition`]
//! lists every family with its name and help, [`families`] writes them, and [`process`] asks the operating system.

mod exposition;
mod families;
mod process;
mod requests;

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

pub(crate) use exposition::{Gauges, MEDIA_TYPE};

use crate::domain::problem::Kind;
use requests::Requests;

/// Buckets in seconds, from a sync on a fast disk to the longest wait for a commit.
const COMMIT_SECONDS: [f64; 15] =
    [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// Buckets for the writes of one commit, up to the most that the journal takes.
const COMMIT_WRITES: [f64; 11] = [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Log lines that were dropped. The log belongs to the process and is there before the server, and so is its count.
pub(crate) static LOG_LINES_DROPPED: LazyLock<Counter> = LazyLock::new(Counter::default);

/// Counts of what has happened since this process started.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// Messages sent to this node that are on disk.
    pub(crate) sends: Counter,
    /// Sends that repeated an idempotency key and were answered with the stored message.
    pub(crate) repeated_sends: Counter,
    /// Messages delivered in answers and events, counted once per reader.
    pub(crate) deliveries: Counter,
    /// Answers and events that contained messages.
    pub(crate) answers: Counter,
    /// Readings that went to the database because the reader's position is older than the tail.
    pub(crate) tail_misses: Counter,
    /// Transactions that failed or whose outcome is unknown.
    pub(crate) commit_failures: Counter,
    /// The last notification on the wire between nodes.
    pub(crate) wire: LastTime,
    /// Memory has everything that was committed before this time.
    pub(crate) level: LastTime,
    requests: Requests,
    rejected: [Counter; Kind::ALL.len()],
    commit_seconds: Histogram,
    commit_writes: Histogram,
}

impl Metrics {
    /// Returns metrics at zero. `routes` are the method and path of each route.
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

    /// Counts a page of messages delivered to a reader.
    pub(crate) fn count_delivery(&self, messages: usize) {
        self.deliveries.inc_by(messages as u64);
        self.answers.inc();
    }

    /// Counts a committed transaction, with its number of writes and its duration.
    pub(crate) fn count_commit(&self, writes: usize, took: Duration) {
        self.commit_writes.observe(writes as f64);
        self.commit_seconds.observe(took.as_secs_f64());
    }

    /// Counts a request that was refused or failed.
    pub(crate) fn count_rejected(&self, kind: Kind) {
        self.rejected[kind as usize].inc();
    }

    /// Returns how many requests were refused or failed, by the last part of the problem's type, which kinds may share.
    fn rejections(&self) -> BTreeMap<&'static str, u64> {
        let mut rejections = BTreeMap::new();
        for kind in Kind::ALL {
            *rejections.entry(kind.name()).or_default() += self.rejected[kind as usize].get();
        }
        rejections
    }

    /// Counts an answered request; `route` is the method and path of its route, or `None` if no route matched.
    pub(crate) fn count_answered(&self, route: Option<(&str, &str)>, status: u16) {
        self.requests.count(route, status);
    }
}

/// The last time a condition held. Set a few times a second at most.
#[derive(Debug, Default)]
pub(crate) struct LastTime(Mutex<Option<Instant>>);

impl LastTime {
    /// Records that the condition held at `at`; never moves backwards.
    pub(crate) fn set(&self, at: Instant) {
        let mut last = self.0.lock();
        *last = (*last).max(Some(at));
    }

    /// Returns how long ago that was; zero if it never held.
    fn elapsed(&self) -> Duration {
        self.0.lock().map_or(Duration::ZERO, |at| at.elapsed())
    }
}
