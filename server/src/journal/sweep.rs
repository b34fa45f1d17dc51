//! When expired rows are deleted: never because of a clock that is wrong for a while.

use tokio::time::Instant;

use crate::domain::clock;
use crate::store::{StoreError, Transaction};

/// The most expired rows of each kind that one sweep deletes.
pub(super) const SWEEP_ROWS: u64 = 5000;

/// How long idempotency keys are kept. The API promises 24 hours.
const KEEP_KEYS_MS: i64 = 25 * 60 * 60 * 1000;

/// How many times faster than a running server's time the sweep may catch up with the clock. It catches up with a
/// weekend's pause within a day, and a clock that is weeks ahead for a minute costs sessions four minutes.
const CATCH_UP: i64 = 4;

/// The time up to which rows count as expired. It follows the clock, but no faster than [`CATCH_UP`] allows: what a
/// clock that is ahead has deleted would not come back when it is set right.
pub(super) struct Sweep {
    last: Option<i64>,
    at: Instant,
}

impl Sweep {
    pub(super) fn new() -> Self {
        Self { last: None, at: Instant::now() }
    }

    /// Deletes expired sessions and old idempotency keys. Returns the number of [`Transaction::delete_expired`].
    pub(super) async fn sweep(&mut self, transaction: &mut Transaction) -> Result<u64, StoreError> {
        let last = match self.last {
            Some(last) => Some(last),
            None => transaction.find_swept_until().await?,
        };
        let now = Instant::now();
        let upto = upto(last, (now - self.at).as_millis(), clock::now_ms());
        (self.last, self.at) = (Some(upto), now);
        transaction.set_swept_until(upto).await?;
        transaction.delete_expired(upto, upto - KEEP_KEYS_MS, SWEEP_ROWS).await
    }
}

/// Returns the time up to which rows count as expired, from the last such time and how long ago that was.
fn upto(last: Option<i64>, elapsed_ms: u128, now_ms: i64) -> i64 {
    let Some(last) = last else { return now_ms };
    let elapsed_ms = i64::try_from(elapsed_ms).unwrap_or(i64::MAX);
    last.saturating_add(elapsed_ms.saturating_mul(CATCH_UP)).min(now_ms)
}

#[cfg(test)]
mod tests {
    use super::upto;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    #[test]
    fn the_sweep_keeps_up_with_a_clock_that_is_right() {
        assert_eq!(upto(Some(100 * DAY), 60_000, 100 * DAY + MINUTE), 100 * DAY + MINUTE);
        assert_eq!(upto(None, 60_000, 100 * DAY), 100 * DAY);
    }

    #[test]
    fn a_clock_that_is_40_days_ahead_for_a_minute_costs_minutes() {
        let ahead = upto(Some(100 * DAY), 60_000, 140 * DAY + MINUTE);
        assert_eq!(ahead, 100 * DAY + 4 * MINUTE);
        assert_eq!(upto(Some(ahead), 60_000, 100 * DAY + 2 * MINUTE), 100 * DAY + 2 * MINUTE, "set right");
    }

    #[test]
    fn the_sweep_catches_up_after_a_pause() {
        let (mut last, mut minutes) = (100 * DAY, 0);
        while last < 102 * DAY + minutes * MINUTE {
            minutes += 1;
            last = upto(Some(last), 60_000, 102 * DAY + minutes * MINUTE);
        }
        assert!(minutes * MINUTE < DAY, "{minutes} minutes");
    }
}
