//! Whether the database is away, told in the log with one line when that begins and one when it ends. Every failure in
//! between has the same cause, and would bury the line that matters.

use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::{Store, StoreError};

/// A success ends an outage only after this long without a failure. When writing works and reading does not, the log
/// would otherwise flicker.
const CALM: Duration = Duration::from_secs(1);

/// How long an outage explains other failures after its end, such as that of an idle connection.
const RECENT: Duration = Duration::from_secs(5);

/// How long commits may go unconfirmed before that counts as an outage. A journal that is merely late catches up
/// sooner.
const SILENCE: Duration = Duration::from_secs(10);

/// The outage at the moment, or the last one.
#[derive(Debug, Default)]
pub(super) struct Outage(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    is_away: bool,
    began: Option<Instant>,
    last_failure: Option<Instant>,
    ended: Option<Instant>,
    /// Since when commits are not confirmed in time.
    silent_since: Option<Instant>,
}

impl Store {
    /// Logs why a transaction of the journal failed, or a look for other nodes' transactions.
    pub(crate) fn record_failure(&self, error: &StoreError) {
        let cause = error.to_string();
        if !error.is_transient() {
            tracing::error!(cause, "a transaction failed");
        } else if error.is_damage() {
            // It does not go away as an outage does.
            self.damage.notice(error);
        } else if self.is_first_failure() {
            match error.is_locked_by_another() {
                true => tracing::error!(cause, "another node holds the lock for writing"),
                false => tracing::error!(cause, "the database is away"),
            }
        }
    }

    /// Records that the database failed. Returns whether it is the first time in this outage; the caller then logs it
    /// as an error.
    pub(crate) fn is_first_failure(&self) -> bool {
        let mut state = self.outage.0.lock();
        let now = Instant::now();
        state.last_failure = Some(now);
        let was_away = std::mem::replace(&mut state.is_away, true);
        if !was_away {
            state.began = Some(now);
        }
        !was_away
    }

    /// Records that the journal did not confirm a commit in time, or that it failed. Why a transaction fails, the
    /// journal logs itself. So this returns true only if it keeps silent for long, and then once in this outage.
    pub(crate) fn is_first_after_silence(&self) -> bool {
        let since = *self.outage.0.lock().silent_since.get_or_insert_with(Instant::now);
        since.elapsed() > SILENCE && self.is_first_failure()
    }

    /// Records that a transaction was committed.
    pub(crate) fn record_success(&self) {
        let mut state = self.outage.0.lock();
        state.silent_since = None;
        if !state.is_away || state.last_failure.is_some_and(|last| last.elapsed() < CALM) {
            return;
        }
        let lasted = state.began.map_or(Duration::ZERO, |began| began.elapsed());
        (state.is_away, state.ended) = (false, Some(Instant::now()));
        drop(state);
        tracing::info!(seconds = lasted.as_secs(), "the database is back");
    }

    /// Returns whether the database is away, or was until a moment ago.
    pub(crate) fn had_outage(&self) -> bool {
        let state = self.outage.0.lock();
        state.is_away || state.ended.is_some_and(|ended| ended.elapsed() < RECENT)
    }
}
