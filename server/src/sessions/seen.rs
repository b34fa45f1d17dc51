//! When a session made its last call, in whole minutes. Noting it is one atomic store; the database follows within some
//! minutes. A client may also say that it is gone.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Ended, Session, Sessions};
use crate::domain::clock;

const MINUTE_MS: i64 = 60_000;

/// How many minutes later a session has to be seen for it to be written down again.
const WRITE_AFTER: u32 = 5;

/// The minutes since 1970 in which a session was seen last, and last written down.
#[derive(Debug, Default)]
pub(super) struct Seen {
    at: AtomicU32,
    written: AtomicU32,
}

fn this_minute() -> u32 {
    u32::try_from(clock::now_ms() / MINUTE_MS).unwrap_or(u32::MAX)
}

impl Session {
    /// Records that the session, and so its user, makes a call just now.
    pub(crate) fn touch(&self) {
        self.seen.at.store(this_minute(), Ordering::Relaxed);
        self.inbox.touch(self.key);
    }

    /// Takes the word of the session's client that it is gone: ends its requests, and with them the user's presence,
    /// unless the user is here through another session.
    pub(crate) fn go_away(&self) {
        self.inbox.depart(self.key);
        for request in self.held.lock().requests.drain(..) {
            self.end(request, Ended::Away);
        }
    }

    /// Returns when the session was seen last by this node, in milliseconds since 1970. While it holds a request, that
    /// is now.
    pub(crate) fn seen_ms(&self) -> i64 {
        if !self.held.lock().requests.is_empty() {
            self.seen.at.store(this_minute(), Ordering::Relaxed);
        }
        i64::from(self.seen.at.load(Ordering::Relaxed)) * MINUTE_MS
    }
}

impl Sessions {
    /// Takes at most `most` of the sessions that were seen some minutes after they were written down, with the time in
    /// milliseconds since 1970.
    pub(crate) fn take_seen(&self, most: usize) -> Vec<(String, i64)> {
        let known = self.known.read();
        let seen = known.by_id.values().filter_map(|session| {
            let seen_ms = session.seen_ms();
            let (at, written) = (session.seen.at.load(Ordering::Relaxed), session.seen.written.load(Ordering::Relaxed));
            (at >= written.saturating_add(WRITE_AFTER)).then(|| {
                session.seen.written.store(at, Ordering::Relaxed);
                (session.id.clone(), seen_ms)
            })
        });
        seen.take(most).collect()
    }
}
