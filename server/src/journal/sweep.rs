//! When expired rows are deleted: never because of a clock that is wrong for a while. The same transaction writes down
//! when sessions were seen.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::clock;
use crate::sessions::Sessions;
use crate::store::{Bulletin, StoreError, Transaction};

/// The most expired rows of each kind that one sweep deletes.
pub(super) const SWEEP_ROWS: u64 = 5000;

/// The most guests that one sweep retires.
const GUESTS: u64 = 500;

/// How often guests are looked at.
const GUESTS_EVERY: Duration = Duration::from_secs(60 * 60);

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

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
    /// How old a guest without a session is who is retired. `None` means that guests stay.
    guest_ms: Option<i64>,
    /// When guests are looked at next. It takes a look at every old one.
    guests_at: Instant,
}

impl Sweep {
    pub(super) fn new() -> Self {
        Self { last: None, at: Instant::now(), guest_ms: None, guests_at: Instant::now() }
    }

    /// Sets how many days after they came guests are retired, once they have no session left. 0 means never.
    pub(super) fn retire_guests_after(&mut self, days: u32) {
        self.guest_ms = (days > 0).then_some(i64::from(days) * DAY_MS);
    }

    /// Deletes expired sessions and codes, and old idempotency keys, and retires guests who have left. Writes down when
    /// sessions were seen. Returns the most rows of one kind that were deleted.
    pub(super) async fn sweep(
        &mut self,
        transaction: &mut Transaction,
        sessions: &Sessions,
        bulletin: &mut Bulletin,
    ) -> Result<u64, StoreError> {
        transaction.record_seen(&sessions.take_seen(SWEEP_ROWS as usize)).await?;
        let last = match self.last {
            Some(last) => Some(last),
            None => transaction.find_swept_until().await?,
        };
        let now = Instant::now();
        let upto = upto(last, (now - self.at).as_millis(), clock::now_ms());
        (self.last, self.at) = (Some(upto), now);
        transaction.set_swept_until(upto).await?;
        let codes = transaction.delete_expired_codes(upto, SWEEP_ROWS).await?;
        if let Some(guest_ms) = self.guest_ms.filter(|_| now >= self.guests_at) {
            let gone = transaction.retire_guests(upto - guest_ms, upto, GUESTS).await?;
            bulletin.members.extend(&gone);
            if (gone.len() as u64) < GUESTS {
                self.guests_at = now + GUESTS_EVERY;
            }
        }
        Ok(codes.max(transaction.delete_expired(upto, upto - KEEP_KEYS_MS, SWEEP_ROWS).await?))
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
    use std::time::Duration;

    use super::{Sweep, upto};
    use crate::domain::clock;
    use crate::sessions::Sessions;
    use crate::store::tests::{draft, guest, on_sqlite, post, sign_in, write};
    use crate::store::{Bulletin, CodeKind, Draft, NewCode, Newcomer, Outcome};

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    /// Sweeps twice, 70 seconds apart, by a clock that has been 40 days ahead since the sweep before.
    #[tokio::test]
    async fn a_sweep_while_the_clock_is_40_days_ahead_deletes_nothing_that_is_valid() {
        let (store, _folder) = on_sqlite().await;
        let right_ms = clock::now_ms() - 40 * DAY;
        let alice = guest(&store, "alice").await;
        sign_in(&store, "valid", &alice, right_ms + 30 * DAY).await;
        sign_in(&store, "ended", &alice, right_ms - MINUTE).await;
        let once = [Draft { key: Some("an hour ago".to_owned()), ..draft(1, &alice, "once") }];
        post(&store, &once).await;
        let code = NewCode {
            hash: "code".to_owned(),
            kind: CodeKind::Invitation,
            user_id: None,
            created_by: None,
            guest: true,
            admin: false,
            uses: 1,
            created_at: right_ms,
            expires_at: right_ms + DAY,
        };
        let gina = Newcomer { name: "gina".to_owned(), password_hash: None };
        let came_ms = right_ms - 20 * DAY;
        let gina = write(&store, async |transaction| {
            transaction.age_keys(40 * DAY + 60 * MINUTE).await?;
            transaction.insert_code(&code, &[]).await?;
            transaction.set_swept_until(right_ms).await?;
            transaction.insert_users(&[gina], came_ms).await
        });
        assert!(gina.await[0].is_some());

        let (sessions, mut sweep) = (Sessions::new().unwrap(), Sweep::new());
        sweep.retire_guests_after(30);
        for _ in 0..2 {
            let mut told = Bulletin::default();
            write(&store, async |transaction| sweep.sweep(transaction, &sessions, &mut told).await).await;
            assert_eq!(told.members, [] as [i64; 0], "gina came 20 days ago, and alice is signed in");
            (sweep.at, sweep.guests_at) = (sweep.at - Duration::from_secs(70), sweep.at);
        }
        let swept_ms = write(&store, async |transaction| transaction.find_swept_until().await).await.unwrap();
        assert!((right_ms..right_ms + 10 * MINUTE).contains(&swept_ms), "{}", swept_ms - right_ms);
        let open = store.list_open_sessions(&["valid", "ended"].map(str::to_owned)).await.unwrap();
        assert_eq!(open.keys().collect::<Vec<_>>(), ["valid"]);
        assert!(store.find_code("code").await.unwrap().is_some(), "it is valid for a day");
        assert!(matches!(post(&store, &once).await[0], Outcome::Repeated(_)), "the key is an hour old");
    }

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
