//! Counts of what the clients of one node have seen so far.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// The counts of all clients of a node.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    /// Guests that have signed in.
    pub(crate) connected: usize,
    /// Polls that are not answered.
    pub(crate) held: usize,
    /// Polls that timed out and were repeated.
    pub(crate) renewed: usize,
    /// Sign-ins that were answered with 503 and repeated.
    pub(crate) postponed: usize,
    /// Clients that gave up.
    pub(crate) failed: usize,
    /// Why the first of them did.
    pub(crate) failure: Option<String>,
    /// The deliveries of each message, by its text.
    pub(crate) messages: BTreeMap<String, Arrivals>,
}

/// The deliveries of one message.
#[derive(Default, Clone, Serialize, Deserialize)]
pub(crate) struct Arrivals {
    /// Clients that received it.
    pub(crate) clients: usize,
    /// Clients that received it although they had it, or a newer one.
    pub(crate) repeated: usize,
    /// When the last client received it, in microseconds of this machine's clock.
    pub(crate) last_us: u64,
}

impl Tally {
    /// Records that a client received a message, which is newer than all it had or not.
    pub(crate) fn arrived(&mut self, text: &str, is_newer: bool, at_us: u64) {
        let arrivals = self.messages.entry(text.to_owned()).or_default();
        if is_newer {
            arrivals.clients += 1;
            arrivals.last_us = arrivals.last_us.max(at_us);
        } else {
            arrivals.repeated += 1;
        }
    }

    /// Returns the deliveries of a message.
    pub(crate) fn arrivals(&self, text: &str) -> Arrivals {
        self.messages.get(text).cloned().unwrap_or_default()
    }
}

/// Returns the current time, which is comparable between processes.
pub(crate) fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_micros() as u64)
}
