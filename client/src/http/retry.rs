//! Calls that are repeated if their answer is lost. Knows nothing of what they ask.

use std::thread;
use std::time::{Duration, Instant};

use super::Backoff;
use crate::domain::Failure;

/// How long the answer is worth waiting for. One that was waited for longer than that is asked for once more.
const PATIENCE: Duration = Duration::from_secs(2);

/// Makes a call with an idempotency key, and makes it again with the same key if no answer of the server comes.
pub(crate) fn with_key<T>(key: &str, call: impl Fn(&str) -> Result<T, Failure>) -> Result<T, Failure> {
    let give_up_at = Instant::now() + PATIENCE;
    let mut backoff = Backoff::new();
    let mut is_first = true;
    loop {
        match call(key) {
            Err(failure @ (Failure::Network(_) | Failure::Foreign { .. }))
                if Instant::now() < give_up_at || is_first && failure.is_unsure() =>
            {
                is_first = false;
                thread::sleep(backoff.next_pause(None));
            }
            outcome => return outcome,
        }
    }
}
