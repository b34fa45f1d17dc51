//! What the clients of one node have seen so far.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// All of them together.
#[derive(Default, Serialize, Deserialize)]
pub struct Tally {
    /// Guests that came in.
    pub connected: usize,
    /// Polls that were asked and are not answered.
    pub held: usize,
    /// Polls that were answered with nothing, and asked again.
    pub renewed: usize,
    /// Guests who were told to come again later.
    pub postponed: usize,
    /// Clients that gave up.
    pub failed: usize,
    /// Why the first of them did.
    pub failure: Option<String>,
    /// What was said, by its text.
    pub messages: BTreeMap<String, Arrivals>,
}

/// What became of one message.
#[derive(Default, Clone, Serialize, Deserialize)]
pub struct Arrivals {
    /// Clients that got it.
    pub clients: usize,
    /// Clients that got it when they had it, or something newer.
    pub repeated: usize,
    /// When the last of them got it: microseconds of this machine's clock.
    pub last_us: u64,
}

impl Tally {
    /// A client got a message, which is newer than all that it had, or not.
    pub fn arrived(&mut self, text: &str, is_newer: bool, at_us: u64) {
        let arrivals = self.messages.entry(text.to_owned()).or_default();
        if is_newer {
            arrivals.clients += 1;
            arrivals.last_us = arrivals.last_us.max(at_us);
        } else {
            arrivals.repeated += 1;
        }
    }

    /// What became of a message.
    pub fn arrivals(&self, text: &str) -> Arrivals {
        self.messages.get(text).cloned().unwrap_or_default()
    }
}

/// Now, for all processes of this machine.
pub fn now_us() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_micros() as u64)
}
