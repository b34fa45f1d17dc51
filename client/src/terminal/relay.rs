//! The way of the terminal's bytes to the line editor. Knows no lines.
//!
//! rustyline reads keys from standard input, and knows neither the focus nor lines that arrive at once. So it gets a
//! pseudoterminal as standard input, and a thread passes on what the terminal sends. Where no pseudoterminal is to be
//! had, rustyline reads the terminal itself.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, fcntl_setfl, open};
use rustix::io::{Errno, fcntl_dupfd_cloexec, read, write};
use rustix::pipe::pipe;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::stdio::dup2_stdin;
use rustix::termios::{OptionalActions, Termios, tcsetattr};

use super::focus;
use super::keys::Keys;

/// How long the terminal is silent after lines that arrive at once.
const QUIET: Duration = Duration::from_millis(8);

/// How long the thread may take to stop.
const PATIENCE: Duration = Duration::from_millis(200);

/// The terminal, and what the editor reads instead.
struct Relay {
    terminal: OwnedFd,
    inner: OwnedFd,
    /// Wakes the thread.
    bell: OwnedFd,
    phase: Mutex<Phase>,
    changed: Condvar,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The thread reads the terminal.
    Passing,
    /// The thread is to stop reading.
    Stopping,
    /// Others may read the terminal.
    Stopped,
    /// The terminal is gone.
    Ended,
}

static RELAY: OnceLock<Option<Relay>> = OnceLock::new();

/// Returns the terminal itself.
pub(super) fn with_terminal<T>(use_it: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
    match RELAY.get() {
        Some(Some(relay)) => use_it(relay.terminal.as_fd()),
        _ => use_it(io::stdin().as_fd()),
    }
}

/// Begins to pass on what the terminal sends. `keys` is the mode in which it delivers each key.
pub(super) fn begin(keys: &Termios) {
    if let Some(relay) = RELAY.get_or_init(|| Relay::open(keys).ok()) {
        relay.enter(Phase::Passing);
        let _ = dup2_stdin(&relay.inner);
    }
}

/// Leaves the terminal to whoever reads standard input.
pub(super) fn end() {
    let Some(Some(relay)) = RELAY.get() else { return };
    if *relay.lock() == Phase::Passing {
        relay.enter(Phase::Stopping);
        let _ = write(&relay.bell, b"!");
        // It may be the thread itself that has failed, or a shell has taken the key that it was about to read.
        let stopping = relay.changed.wait_timeout_while(relay.lock(), PATIENCE, |phase| *phase == Phase::Stopping);
        drop(stopping.expect(NO_PANIC));
    }
    let _ = dup2_stdin(&relay.terminal);
}

impl Relay {
    fn open(keys: &Termios) -> rustix::io::Result<Self> {
        let outer = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&outer)?;
        unlockpt(&outer)?;
        let inner = open(ptsname(&outer, [])?, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        tcsetattr(&inner, OptionalActions::Now, keys)?;
        // A reader that is slow must not keep the thread from stopping.
        fcntl_setfl(&outer, OFlags::RDWR | OFlags::NONBLOCK)?;
        let (woken, bell) = pipe()?;
        let terminal = fcntl_dupfd_cloexec(io::stdin(), 3)?;
        thread::spawn(move || {
            // The relay is set by the time that this returns.
            if let Some(relay) = RELAY.wait() {
                let _ = relay.pass_all(&outer, &woken);
                // The editor sees the end of its input once this is closed.
                drop(outer);
                relay.enter(Phase::Ended);
            }
        });
        Ok(Self { terminal, inner, bell, phase: Mutex::new(Phase::Passing), changed: Condvar::new() })
    }

    /// Passes on bytes until the terminal is gone.
    fn pass_all(&self, outer: &OwnedFd, woken: &OwnedFd) -> rustix::io::Result<()> {
        let (mut keys, mut unsent, mut buffer) = (Keys::default(), Vec::new(), [0; 4096]);
        loop {
            self.stop_if_asked();
            let (from, what) = match unsent.is_empty() {
                true => (&self.terminal, PollFlags::IN),
                false => (outer, PollFlags::OUT),
            };
            let is_waiting = unsent.is_empty() && keys.wants_more();
            let quiet = is_waiting.then(|| Timespec::try_from(QUIET).unwrap_or_default());
            let mut polled = [PollFd::new(from, what), PollFd::new(woken, PollFlags::IN)];
            match poll(&mut polled, quiet.as_ref()) {
                Err(Errno::INTR) => continue,
                outcome => outcome?,
            };
            let (is_ready, is_woken) = (!polled[0].revents().is_empty(), !polled[1].revents().is_empty());
            if is_woken {
                read(woken, &mut [0; 64])?;
                continue;
            }
            if !unsent.is_empty() {
                match write(outer, &unsent) {
                    Ok(sent) => drop(unsent.drain(..sent)),
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(error) => return Err(error),
                }
                continue;
            }
            if is_ready {
                match read(&self.terminal, &mut buffer) {
                    Ok(0) => return Ok(()),
                    Ok(length) => keys.add(&buffer[..length]),
                    Err(Errno::INTR) => continue,
                    Err(error) => return Err(error),
                }
            }
            if !is_ready || !keys.wants_more() {
                let passed = keys.take();
                if let Some(has_focus) = passed.has_focus {
                    focus::set(has_focus);
                }
                unsent = passed.bytes;
            }
        }
    }

    fn stop_if_asked(&self) {
        let mut phase = self.lock();
        if *phase == Phase::Stopping {
            *phase = Phase::Stopped;
            self.changed.notify_all();
        }
        drop(self.changed.wait_while(phase, |phase| *phase == Phase::Stopped).expect(NO_PANIC));
    }

    fn enter(&self, next: Phase) {
        let mut phase = self.lock();
        if *phase != Phase::Ended {
            *phase = next;
        }
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().expect(NO_PANIC)
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";
