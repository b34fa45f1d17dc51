//! Where all clients of a run note what happens.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use super::{Event, Recorded};

/// The events of a run that goes on.
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
    /// Notes what happens now.
    pub fn record(&self, event: Event) {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock: times rise with the order of events.
        events.push(Recorded { at_us: self.now_us(), event });
    }

    /// Microseconds since the run began.
    #[must_use]
    pub fn now_us(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Everything that was noted, in its order.
    #[must_use]
    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
