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
    /// Returns how often the alarm has rung.
    pub(super) fn rung(&self) -> u64 {
        *self.rung.lock().expect(NO_PANIC)
    }

    /// Waits for this long, or until the alarm has rung more often than `before` or the machine has slept. `before` is
    /// read before an attempt, since the alarm may ring while it fails.
    pub(super) fn wait(&self, before: u64, pause: Duration) {
        let mut rung = self.rung.lock().expect(NO_PANIC);
        let (until, mut clock) = (Instant::now() + pause, Clock::start());
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
            move || alarm.wait(alarm.rung(), hour)
        });
        while !sleeper.is_finished() {
            alarm.ring();
            thread::yield_now();
        }
        sleeper.join().unwrap();
    }

    #[test]
    fn an_alarm_that_has_rung_meanwhile_is_not_waited_for() {
        let alarm = Alarm::default();
        let before = alarm.rung();
        alarm.ring();
        alarm.wait(before, Duration::from_secs(3600));
    }

    #[test]
    fn without_ringing_a_pause_takes_its_full_time() {
        let begun = Instant::now();
        let pause = Duration::from_millis(20);
        Alarm::default().wait(0, pause);
        assert!(begun.elapsed() >= pause);
    }
}
