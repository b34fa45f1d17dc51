//! Keys that do something else than rustyline would do: Ctrl-C, Ctrl-Z and Escape. Knows nothing of what a line means.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Signal, getpgrp, getsid, kill_current_process_group};
use rustyline::{Cmd, ConditionalEventHandler, Event, EventContext, Movement, RepeatCount};

use super::screen::Screen;

/// How soon Ctrl-C has to follow another one to quit.
const AGAIN: Duration = Duration::from_secs(2);

/// Makes Ctrl-C clear a line, and quit on an empty one if it is pressed twice.
pub(super) struct ClearFirst {
    screen: Arc<Screen>,
    /// What is said at the first press.
    notice: String,
    /// Whether a question is asked: that ends at once.
    is_asking: Arc<AtomicBool>,
    pressed_at: Mutex<Option<Instant>>,
}

impl ClearFirst {
    pub(super) fn new(screen: Arc<Screen>, notice: String, is_asking: Arc<AtomicBool>) -> Self {
        Self { screen, notice, is_asking, pressed_at: Mutex::default() }
    }
}

impl ConditionalEventHandler for ClearFirst {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        if !context.line().is_empty() {
            return Some(Cmd::Kill(Movement::WholeBuffer));
        }
        let before = self.pressed_at.lock().ok()?.replace(Instant::now());
        if self.is_asking.load(Ordering::SeqCst) || before.is_some_and(|before| before.elapsed() < AGAIN) {
            return Some(Cmd::EndOfFile);
        }
        // This thread would wait for itself.
        let (screen, notice) = (Arc::clone(&self.screen), self.notice.clone());
        thread::spawn(move || screen.print(&notice));
        Some(Cmd::Noop)
    }
}

/// Makes Ctrl-Z stop the client. rustyline would leave the terminal in the mode that it found, which is the session's
/// and not the shell's.
pub(super) struct Suspend;

impl ConditionalEventHandler for Suspend {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        // Without a shell that knows jobs, nothing would continue the process.
        if getsid(None).is_ok_and(|session| session != getpgrp()) {
            // The thread that handles signals leaves the terminal, takes it again, and has the line drawn anew.
            let _ = kill_current_process_group(Signal::TSTP);
        }
        Some(Cmd::Noop)
    }
}

/// Makes Escape drop a message of several lines. On a single line it does nothing: it may be the beginning of Alt.
pub(super) struct DropLines;

impl ConditionalEventHandler for DropLines {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        Some(if context.line().contains('\n') { Cmd::Kill(Movement::WholeBuffer) } else { Cmd::Noop })
    }
}
