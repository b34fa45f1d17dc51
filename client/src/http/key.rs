//! Idempotency keys: the server carries a request out once per key, however often it is sent.

use std::time::{Duration, SystemTime};

use crate::domain::Failure;

/// How long the server surely keeps a key, less an hour for the clocks.
pub(crate) const KEPT: Duration = Duration::from_secs(23 * 60 * 60);

/// Returns a new key.
pub(crate) fn new_key() -> Result<String, Failure> {
    let random = || getrandom::u64().map_err(|error| Failure::Terminal(format!("no random numbers: {error}")));
    Ok(format!("{:016x}{:016x}", random()?, random()?))
}

/// Returns whether the server may have forgotten a key that was used first at this time, so that a retry could be
/// carried out a second time.
pub(crate) fn is_forgotten(first_used: SystemTime, now: SystemTime) -> bool {
    now.duration_since(first_used).is_ok_and(|passed| passed > KEPT)
}
