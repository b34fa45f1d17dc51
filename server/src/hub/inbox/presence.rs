//! Whether a user is online. Presence is a lease, because a client that disappears is noticed late or never.

use std::sync::atomic::Ordering;

use super::Inbox;
use crate::domain::clock;
use crate::hub::SessionKey;

/// How long a user counts as online after the last call.
const ONLINE_MS: i64 = 60_000;

/// How long after the last call a user is dropped from memory. The database keeps everything.
const IDLE_MS: i64 = 10 * 60_000;

/// A call through a session, by [`clock::running_ms`]. Session 0 is none.
type Call = (SessionKey, i64);

/// When the user last called.
#[derive(Debug)]
pub(super) struct LastCalls {
    latest: Call,
    /// The last call through another session than that of the latest.
    other: Call,
    /// How often a session has gone away. What was held until then is no call any more when it ends.
    departures: usize,
}

impl LastCalls {
    pub(super) fn new() -> Self {
        Self { latest: (0, clock::running_ms()), other: Self::never(), departures: 0 }
    }

    fn never() -> Call {
        (0, clock::running_ms() - IDLE_MS)
    }
}

impl Inbox {
    /// Records that the user called just now, through this session.
    pub(crate) fn touch(&self, session: SessionKey) {
        let mut calls = self.calls.lock();
        if ![0, session].contains(&calls.latest.0) {
            calls.other = calls.latest;
        }
        calls.latest = (session, clock::running_ms());
    }

    /// Takes a session's word that its client is gone. Only calls through other sessions count from then on.
    pub(crate) fn depart(&self, session: SessionKey) {
        let mut calls = self.calls.lock();
        calls.departures += 1;
        if calls.latest.0 == session {
            calls.latest = calls.other;
            calls.other = LastCalls::never();
        } else if calls.other.0 == session {
            calls.other = LastCalls::never();
        }
    }

    /// Counts a held request until the returned guard is dropped.
    pub(in crate::hub) fn hold(&self, session: SessionKey) -> impl Drop + '_ {
        struct Held<'a>(&'a Inbox, SessionKey, usize);
        impl Drop for Held<'_> {
            fn drop(&mut self) {
                let Self(inbox, session, departures) = self;
                inbox.held.fetch_sub(1, Ordering::Relaxed);
                if inbox.calls.lock().departures == *departures {
                    inbox.touch(*session);
                }
            }
        }
        self.held.fetch_add(1, Ordering::Relaxed);
        Held(self, session, self.calls.lock().departures)
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
        clock::running_ms() - self.calls.lock().latest.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_who_only_holds_a_request_is_online() {
        let inbox = Inbox::new(1, &[], 0);
        let falls_silent = || inbox.calls.lock().latest.1 -= 2 * ONLINE_MS;
        falls_silent();
        assert!(!inbox.is_online());
        let (poll, stream) = (inbox.hold(7), inbox.hold(8));
        assert!(inbox.is_online());
        drop(poll);
        falls_silent();
        assert!(inbox.is_online(), "the stream is still held");
        drop(stream);
        assert!(inbox.is_online(), "it ended just now");
        falls_silent();
        assert!(!inbox.is_online());
    }

    #[test]
    fn a_user_who_holds_a_request_for_long_stays_in_memory() {
        let inbox = Inbox::new(1, &[], 0);
        inbox.calls.lock().latest.1 -= 2 * IDLE_MS;
        assert!(inbox.is_idle());
        let held = inbox.hold(7);
        assert!(!inbox.is_idle());
        drop(held);
    }
}
