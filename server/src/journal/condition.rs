//! The condition of the database, as far as the journal's reads and writes show: for health checks, and for the line in
//! the log that ends an outage. Knows no SQL and no memory.

use std::time::Duration;

use tokio::time::Instant;

use crate::store::{Store, StoreError};

/// A health check writes if nothing was written for this long. Checks come at short intervals, from any client.
const PROBE_EVERY: Duration = Duration::from_secs(1);

/// How long a health check reports a failed write if no larger write shows that the disk is well again. A write as
/// small as the check's own may find room on a disk that is full.
const REFUSED_FOR: Duration = Duration::from_secs(10);

pub(super) struct Condition {
    store: Store,
    away: Away,
    /// The last write of any kind that reached the disk.
    written: Option<Instant>,
    /// The last write that failed because the disk is full or broken, if none has succeeded since.
    refused: Option<Instant>,
}

/// Whether the journal found the database away, and what it takes to be back.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Away {
    No,
    UntilReadable,
    /// It can be read all the time: its disk is full, or another process has locked it.
    UntilWritable,
}

impl Condition {
    pub(super) fn new(store: Store) -> Self {
        Self { store, away: Away::No, written: None, refused: None }
    }

    /// Logs why reading or writing failed, but of an outage only the first failure. Damage is no outage.
    pub(super) fn record_failure(&mut self, error: &StoreError) {
        self.store.record_failure(error);
        if error.is_damage() {
            return;
        }
        self.away = match error {
            error if !error.is_transient() => Away::No,
            StoreError::Replaced(_) => Away::UntilReadable,
            error if self.store.is_shared() && !error.is_full() => Away::UntilReadable,
            _ => Away::UntilWritable,
        };
    }

    /// Records that the database was read. That ends an outage, unless it is writing that fails.
    pub(super) fn record_read(&mut self) {
        if self.away != Away::UntilWritable {
            self.record_success();
        }
    }

    /// Records that a transaction was committed, which ends an outage.
    pub(super) fn record_success(&mut self) {
        if self.is_well() {
            self.store.record_success();
            self.away = Away::No;
        }
    }

    /// Records that changes reached the disk, and whether they needed room there. Others do not show that it has any.
    pub(super) fn record_written(&mut self, needed_room: bool) {
        self.written = Some(Instant::now());
        if needed_room {
            self.refused = None;
        }
    }

    /// Records that changes could not be written.
    pub(super) fn record_refused(&mut self, error: &StoreError) {
        if error.is_full() {
            self.refused = Some(Instant::now());
        }
    }

    /// Returns whether a health check has to write, because nothing else has done so lately.
    pub(super) fn needs_probe(&self) -> bool {
        self.written.is_none_or(|written| written.elapsed() > PROBE_EVERY)
    }

    /// Returns whether writes succeed, as far as is known.
    pub(super) fn is_well(&self) -> bool {
        self.refused.is_none_or(|refused| refused.elapsed() > REFUSED_FOR)
    }
}
