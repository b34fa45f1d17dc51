//! Notices that the clock was set forward, while the server runs or before it started. Tokens that have expired by that
//! alone are not refused for good at once, because clients would throw them away, and the clock may be set right again.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// A smaller jump costs no token much of its life.
const LEAST_MS: i64 = 60 * 60 * 1000;

/// How long a jump is doubted. After that the clock is believed.
const DOUBTED: Duration = Duration::from_secs(10 * 60);

/// Compares the clock with one that is never set.
pub(super) struct Jumps(Mutex<Seen>);

struct Seen {
    clock_ms: i64,
    at: Instant,
    /// When the clock was last seen to have jumped, and what it would have shown otherwise.
    jump: Option<(Instant, i64)>,
}

impl Jumps {
    pub(super) fn new(clock_ms: i64) -> Self {
        Self(Mutex::new(Seen { clock_ms, at: Instant::now(), jump: None }))
    }

    /// Begins with a clock that was last seen at `seen_ms`. If it is far beyond that, either the server was stopped for
    /// long or the clock is wrong, and it is doubted like one that jumps.
    pub(super) fn since(seen_ms: i64, clock_ms: i64) -> Self {
        let jumps = Self::new(seen_ms);
        jumps.undo(clock_ms);
        jumps
    }

    /// Returns what the clock would show if it had not just jumped forward, and `clock_ms` itself if it has not.
    pub(super) fn undo(&self, clock_ms: i64) -> i64 {
        self.0.lock().undo(clock_ms, Instant::now())
    }
}

impl Seen {
    fn undo(&mut self, clock_ms: i64, now: Instant) -> i64 {
        let passed = |since: Instant| i64::try_from((now - since).as_millis()).unwrap_or(i64::MAX);
        let expected_ms = self.clock_ms.saturating_add(passed(self.at));
        // A second jump within the time of doubt leaves the first time in force.
        let doubted = self.jump.filter(|(at, _)| now - *at < DOUBTED);
        self.jump = doubted.or((clock_ms - expected_ms > LEAST_MS).then_some((now, expected_ms)));
        (self.clock_ms, self.at) = (clock_ms, now);
        match self.jump {
            Some((at, before_ms)) => clock_ms.min(before_ms.saturating_add(passed(at))),
            None => clock_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1000;

    #[test]
    fn a_jump_is_doubted_for_minutes_and_then_believed() {
        let begun = Instant::now();
        let mut seen = Seen { clock_ms: 0, at: begun, jump: None };
        let mut undo = |clock_ms, second: i64| {
            seen.undo(clock_ms + second * 1000, begun + Duration::from_secs(second.cast_unsigned()))
        };
        assert_eq!(undo(0, 7200), 7_200_000, "nothing was asked for two hours");
        assert_eq!(undo(1000, 7201), 7_202_000, "a small correction");
        assert_eq!(undo(40 * DAY, 7210), 7_211_000);
        assert_eq!(undo(40 * DAY, 7809), 7_810_000);
        assert_eq!(undo(0, 7809), 7_809_000, "set right");
    }

    #[test]
    fn a_clock_that_is_ahead_at_the_start_is_doubted() {
        let minute = 60_000;
        for (seen_ms, clock_ms, right_ms) in [
            (100 * DAY, 140 * DAY, 100 * DAY),
            (100 * DAY, 100 * DAY + minute, 100 * DAY + minute),
            (140 * DAY, 100 * DAY, 100 * DAY),
        ] {
            let undone = Jumps::since(seen_ms, clock_ms).undo(clock_ms);
            assert!((right_ms..right_ms + minute).contains(&undone), "{seen_ms} {clock_ms}: {undone}");
        }
    }

    #[test]
    fn a_clock_that_stays_ahead_is_believed() {
        let begun = Instant::now();
        let mut seen = Seen { clock_ms: 0, at: begun, jump: None };
        assert_eq!(seen.undo(2 * DAY, begun), 0);
        assert_eq!(seen.undo(2 * DAY + 700_000, begun + Duration::from_secs(700)), 2 * DAY + 700_000);
    }
}
