//! A pause that another thread can cut short. Knows no reason to pause.

use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::http::{Clock, TICK};

/// Wakes the threads that wait for the same event.
#[derive(Default)]
pub(super) struct Alarm {
    rung: Mutex<u64>,
    bell: Condvar,
}

impl Alarm {
    /// Waits for this long, or until the alarm rings or the machine has slept.
    pub(super) fn wait(&self, pause: Duration) {
        let mut rung = self.rung.lock().expect(NO_PANIC);
        let (before, until, mut clock) = (*rung, Instant::now() + pause, Clock::start());
        while *rung == before && !clock.has_slept() {
            let left = until.saturating_duration_since(Instant::now()).min(TICK);
            if left.is_zero() {
                break;
            }
            rung = self.bell.wait_timeout(rung, left).expect(NO_PANIC).0;
        }
    }

    /// Wakes all waiting threads.
    pub(super) fn ring(&self) {
        *self.rung.lock().expect(NO_PANIC) += 1;
        self.bell.notify_all();
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::thread;

    #[test]
    fn ringing_ends_a_pause() {
        let alarm = Arc::new(Alarm::default());
        let hour = Duration::from_secs(3600);
        let sleeper = thread::spawn({
            let alarm = Arc::clone(&alarm);
            move || alarm.wait(hour)
        });
        while !sleeper.is_finished() {
            alarm.ring();
            thread::yield_now();
        }
        sleeper.join().unwrap();
    }

    #[test]
    fn without_ringing_a_pause_takes_its_full_time() {
        let begun = Instant::now();
        let pause = Duration::from_millis(20);
        Alarm::default().wait(pause);
        assert!(begun.elapsed() >= pause);
    }
}
