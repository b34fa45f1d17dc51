//! The shared recorder of all clients of a run.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::{Event, Recorded};

/// The events of a run in progress.
pub struct Recorder {
    begun: Instant,
    events: Mutex<Vec<Recorded>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self { begun: Instant::now(), events: Mutex::default() }
    }
}

impl Recorder {
    /// Records an event with the current time.
    pub fn record(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // The time is read under the lock, so that times rise in the order of events.
        events.push(Recorded { at_us: self.now_us(), event });
    }

    /// Returns the microseconds since the run began.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Returns all recorded events in order, and forgets them.
    #[must_use]
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
