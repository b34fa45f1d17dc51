//! Calls that are given up when the machine has slept. Knows nothing of what they ask.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// How often the clocks are looked at.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// How late a look may be on a busy machine.
const LATE: Duration = Duration::from_secs(2);

/// Makes a call on a thread of its own. Returns `None`, and leaves the call to its own time limit, if this process or
/// the whole machine has slept meanwhile, or if `is_stale` says so at one of the looks.
///
/// After a sleep the connection may be dead without a sign of it: the other end, or a router, has forgotten it.
pub(crate) fn attended<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
    mut is_stale: impl FnMut() -> bool,
) -> Option<T> {
    let (answer, answered) = mpsc::channel();
    thread::spawn(move || answer.send(call()));
    let mut clock = Clock::start();
    loop {
        match answered.recv_timeout(TICK) {
            Ok(answer) => return Some(answer),
            Err(RecvTimeoutError::Timeout) if clock.has_slept() || is_stale() => return None,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => unreachable!("a panic on any thread ends the process"),
        }
    }
}

/// Notices sleep between two looks at it, at most [`TICK`] apart.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    /// Stands still while the machine sleeps, and goes on while only the process is stopped.
    running: Instant,
    /// Goes on in both cases.
    wall: SystemTime,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { running: Instant::now(), wall: SystemTime::now() }
    }

    /// Returns whether much more time has passed since the last look than should have. A clock that is set forward
    /// looks the same, and does no harm.
    pub(crate) fn has_slept(&mut self) -> bool {
        let passed = self.running.elapsed().max(self.wall.elapsed().unwrap_or_default());
        *self = Self::start();
        passed > TICK + LATE
    }
}
