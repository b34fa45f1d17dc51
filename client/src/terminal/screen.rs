//! Where text goes: above the line that is being typed, or just on. One text at a time and none lost, whoever
//! prints. Knows no messages.

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard};

use rustix::termios::tcgetwinsize;
use rustyline::ExternalPrinter;

use super::broken;
use crate::domain::Failure;

/// The columns of a terminal that does not say.
const COLUMNS: usize = 80;
/// The screen, or the pipe in its place.
pub(crate) struct Screen {
    is_drawn_on: bool,
    /// Held while a text is printed, until it is seen: the next one waits.
    turn: Mutex<()>,
    state: Mutex<State>,
    changed: Condvar,
}

/// What the one who types and the ones who print must agree on.
///
/// rustyline prints above the line while it reads keys; what it is given at any other moment it writes at once, or
/// keeps until it reads the next line. So it is never given a text, but only an empty one, to make it draw: whenever
/// it draws, the helper draws what is in hand first. When the line is over, what is still in hand is written as it
/// is, and an empty text that comes too late does no harm.
struct State {
    prompt: Prompt,
    /// To be printed, and not seen yet.
    in_hand: Option<String>,
    /// rustyline was asked to draw and has not done so yet. It can be asked once: the second would have to wait.
    is_asked: bool,
    printer: Option<Box<dyn ExternalPrinter + Send>>,
    /// Somebody wants the one who types to do something else.
    is_called: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompt {
    /// Nothing is being read.
    Down,
    /// A line is being read.
    Up,
    /// A line is read, but the cursor is still on it.
    Leaving,
    /// There will not be another.
    Gone,
}

impl Screen {
    /// Nothing is being read yet.
    pub(crate) fn new(is_drawn_on: bool) -> Self {
        let state = State { prompt: Prompt::Down, in_hand: None, is_asked: false, printer: None, is_called: false };
        Self { is_drawn_on, turn: Mutex::default(), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// How wide it is, where that matters.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.is_drawn_on.then(|| match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
            _ => COLUMNS,
        })
    }

    /// Prints lines, and returns once they are on the screen. Not for the thread that reads the line: it would
    /// wait for itself.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let _turn = self.turn.lock().expect(NO_PANIC);
        let mut state = self.lock();
        match state.prompt {
            Prompt::Down => return write(text),
            // Nobody is to take for read what nobody saw.
            Prompt::Gone => {}
            Prompt::Up | Prompt::Leaving => state.in_hand = Some(text.to_owned()),
        }
        state.ask()?;
        while state.in_hand.is_some() || state.prompt == Prompt::Gone {
            state = self.wait(state);
        }
        Ok(())
    }

    /// Has the prompt drawn anew, if one is up, because what it says has changed.
    pub(crate) fn redraw(&self) -> Result<(), Failure> {
        self.lock().ask()
    }

    /// Prints what is merely good to know; in a pipe, apart from what may be piped on.
    pub(crate) fn print_notice(&self, text: &str) -> Result<(), Failure> {
        if self.is_drawn_on {
            return self.print(text);
        }
        super::print_notice(text);
        Ok(())
    }

    /// Prints lines from the thread that reads the line, while it does not.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        let _state = self.lock();
        write(text)
    }

    /// Empties it, from the thread that reads the line.
    pub(crate) fn clear(&self) -> Result<(), Failure> {
        let _state = self.lock();
        let mut output = io::stdout();
        output.write_all(b"\x1b[H\x1b[2J").and_then(|()| output.flush()).map_err(broken)
    }

    /// Makes the one who types look up, once something is printed.
    pub(crate) fn call(&self) {
        self.lock().is_called = true;
    }

    /// Whether somebody called; forgets it.
    pub(super) fn take_call(&self) -> bool {
        std::mem::take(&mut self.lock().is_called)
    }

    /// Whether somebody called.
    pub(super) fn is_called(&self) -> bool {
        self.lock().is_called
    }

    pub(super) fn print_with(&self, printer: Box<dyn ExternalPrinter + Send>) {
        self.lock().printer = Some(printer);
    }

    /// The prompt was drawn.
    pub(super) fn raised(&self) {
        self.set(|state| state.prompt = Prompt::Up);
    }

    /// The line is drawn now. Returns what is to be drawn above it; `was_asked` for that, or for another reason.
    pub(super) fn drawn(&self, was_asked: bool) -> Option<String> {
        let mut state = self.lock();
        state.is_asked = state.is_asked && !was_asked;
        let text = state.in_hand.take();
        self.changed.notify_all();
        text
    }

    /// The line is about to be over. Says whether that is news.
    pub(super) fn leaving(&self) -> bool {
        let mut state = self.lock();
        let is_news = state.prompt == Prompt::Up;
        state.prompt = Prompt::Leaving;
        is_news
    }

    /// The line is over; before anybody else writes, this is written.
    pub(super) fn lowered(&self, last: &str) {
        self.set(|state| {
            let mut output = io::stdout();
            let _ = output.write_all(last.as_bytes()).and_then(|()| output.flush());
            state.finish();
            state.prompt = Prompt::Down;
        });
    }

    /// There will be no more lines, and nothing more is printed.
    pub(crate) fn end(&self) {
        self.set(|state| {
            state.finish();
            state.prompt = Prompt::Gone;
        });
    }

    fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(NO_PANIC)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).expect(NO_PANIC)
    }
}

impl State {
    fn ask(&mut self) -> Result<(), Failure> {
        if self.prompt == Prompt::Up && !self.is_asked {
            self.is_asked = true;
            let printer = self.printer.as_mut().expect("who raises a prompt can print above it");
            printer.print(String::new()).map_err(broken)?;
        }
        Ok(())
    }

    fn finish(&mut self) {
        if let Some(text) = self.in_hand.take() {
            // The one who printed it has gone on; whoever writes next hears of what is wrong.
            let _ = write(&text);
        }
    }
}

const NO_PANIC: &str = "nothing that holds the lock panics";

fn write(text: &str) -> Result<(), Failure> {
    let mut output = io::stdout();
    writeln!(output, "{text}").and_then(|()| output.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::OutputClosed,
        _ => broken(error),
    })
}
