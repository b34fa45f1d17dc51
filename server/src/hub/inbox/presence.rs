//! Whether a user is online. Presence is a lease, because a client that disappears is noticed late or never.

use std::sync::atomic::Ordering;

use super::Inbox;
use crate::domain::clock;

/// How long a user counts as online after the last call.
const ONLINE_MS: i64 = 60_000;

/// How long after the last call a user is dropped from memory. The database keeps everything.
const IDLE_MS: i64 = 10 * 60_000;

impl Inbox {
    /// Records that the user called just now.
    pub(crate) fn touch(&self) {
        self.last_seen_ms.store(clock::running_ms(), Ordering::Relaxed);
    }

    /// Counts a held request until the returned guard is dropped.
    pub(in crate::hub) fn hold(&self) -> impl Drop + '_ {
        struct Held<'a>(&'a Inbox);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                self.0.held.fetch_sub(1, Ordering::Relaxed);
                self.0.touch();
            }
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        Held(self)
    }

    pub(in crate::hub) fn held_requests(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Returns whether the user holds a request, or called in the last minute.
    pub(crate) fn is_online(&self) -> bool {
        self.held_requests() > 0 || self.silent_ms() < ONLINE_MS
    }

    /// Returns whether the user holds no request and has not called for long, and so need not stay in memory.
    pub(crate) fn is_idle(&self) -> bool {
        self.held_requests() == 0 && self.silent_ms() > IDLE_MS
    }

    fn silent_ms(&self) -> i64 {
        clock::running_ms() - self.last_seen_ms.load(Ordering::Relaxed)
    }
}
