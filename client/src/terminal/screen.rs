//! Output to the terminal, above the line being typed, or to a pipe. Threads print one text at a time, and none is
//! lost. Knows no messages.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard};

use rustix::termios::tcgetwinsize;
use rustyline::ExternalPrinter;

use super::{broken, escapes};
use crate::domain::Failure;

/// The assumed width of a terminal that does not report one.
const COLUMNS: usize = 80;
/// The screen, or the pipe in its place.
pub(crate) struct Screen {
    is_drawn_on: bool,
    /// Held while a text is printed, until it is visible.
    turn: Mutex<()>,
    state: Mutex<State>,
    changed: Condvar,
}

/// State shared by the typing thread and the printing ones.
///
/// rustyline prints above the line only while it reads keys. At any other moment it writes a text at once, or keeps it
/// until the next line. So it never gets a text, only an empty one to make it draw: whenever it draws, the helper draws
/// the pending text first. When the line ends, a pending text is written directly, and a late empty text does no harm.
struct State {
    prompt: Prompt,
    /// The text to print that is not visible yet.
    in_hand: Option<String>,
    /// Whether rustyline was asked to draw and has not done so yet. A second request would block.
    is_asked: bool,
    printer: Option<Box<dyn ExternalPrinter + Send>>,
    /// Whether another thread needs the typing thread.
    is_called: bool,
    /// The latest lines above the one being typed.
    recent: VecDeque<String>,
    /// How many rows the line has above and below the one that the cursor is in, at most.
    rows: (usize, usize),
}

/// How many lines are kept to be drawn again.
const RECENT: usize = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Prompt {
    /// No line is being read.
    Down,
    /// A line is being read.
    Up,
    /// A line was read, but the cursor is still on it.
    Leaving,
    /// No line will be read any more.
    Gone,
}

impl Screen {
    pub(crate) fn new(is_drawn_on: bool) -> Self {
        let state = State {
            prompt: Prompt::Down,
            in_hand: None,
            is_asked: false,
            printer: None,
            is_called: false,
            recent: VecDeque::new(),
            rows: (0, 0),
        };
        Self { is_drawn_on, turn: Mutex::default(), state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Forgets the latest lines: they may no longer be drawn again.
    pub(crate) fn forget(&self) {
        self.lock().recent.clear();
    }

    /// Runs a function that uses the terminal by itself, from the typing thread while it reads no line. Other threads
    /// print afterwards.
    pub(crate) fn alone<T>(&self, run: impl FnOnce() -> T) -> T {
        let _turn = self.turn.lock().expect(NO_PANIC);
        run()
    }

    /// Returns the width of the terminal, or `None` in a pipe.
    pub(crate) fn columns(&self) -> Option<usize> {
        self.is_drawn_on.then(|| match tcgetwinsize(io::stdout()) {
            Ok(size) if size.ws_col > 0 => usize::from(size.ws_col),
            _ => COLUMNS,
        })
    }

    /// Records how many rows the line has above and below the one that the cursor is in, at most.
    pub(super) fn has_rows(&self, above: usize, below: usize) {
        self.lock().rows = (above, below);
    }

    /// Draws the line anew below whatever was written there meanwhile, such as by a shell.
    pub(crate) fn draw_again(&self) -> Result<(), Failure> {
        let mut state = self.lock();
        if state.prompt == Prompt::Up {
            // rustyline will erase the rows that it remembers.
            let rows = state.room();
            escapes::write(&format!("\r{rows}"));
        }
        state.ask()
    }

    /// Clears the screen and writes the latest lines, because the rows of the line being typed are no longer where they
    /// were: terminals disagree about what happens to them when the width changes.
    pub(super) fn begin_again(&self) {
        let state = self.lock();
        let height = tcgetwinsize(io::stdout()).map_or(0, |size| usize::from(size.ws_row));
        let lines = state.recent.iter().skip((state.recent.len() + 1).saturating_sub(height));
        let lines: Vec<_> = lines.flat_map(|line| [line, "\r\n"]).collect();
        escapes::write(&format!("\x1b[H\x1b[2J{}{}", lines.concat(), state.room()));
    }

    /// Prints lines, and returns once they are visible. The typing thread must not call this: it would wait for itself.
    pub(crate) fn print(&self, text: &str) -> Result<(), Failure> {
        let _turn = self.turn.lock().expect(NO_PANIC);
        let mut state = self.lock();
        match state.prompt {
            Prompt::Down => {
                state.keep(text);
                return write(text);
            }
            // A message that was not shown must not count as read: this never returns.
            Prompt::Gone => {}
            Prompt::Up | Prompt::Leaving => state.in_hand = Some(text.to_owned()),
        }
        state.ask()?;
        while state.in_hand.is_some() || state.prompt == Prompt::Gone {
            state = self.wait(state);
        }
        Ok(())
    }

    /// Redraws the prompt, if there is one, after a change.
    pub(crate) fn redraw(&self) -> Result<(), Failure> {
        self.lock().ask()
    }

    /// Prints a notice; in a pipe, to standard error.
    pub(crate) fn print_notice(&self, text: &str) -> Result<(), Failure> {
        if self.is_drawn_on {
            return self.print(text);
        }
        super::print_notice(text);
        Ok(())
    }

    /// Prints lines from the typing thread, while it reads no line.
    pub(crate) fn say(&self, text: &str) -> Result<(), Failure> {
        self.lock().keep(text);
        write(text)
    }

    /// Clears the screen, from the typing thread.
    pub(crate) fn clear(&self) -> Result<(), Failure> {
        self.lock().recent.clear();
        let mut output = io::stdout();
        output.write_all(b"\x1b[H\x1b[2J").and_then(|()| output.flush()).map_err(broken)
    }

    /// Interrupts the typing thread, at the next text printed.
    pub(crate) fn call(&self) {
        self.lock().is_called = true;
    }

    /// Returns whether another thread called, and resets that.
    pub(super) fn take_call(&self) -> bool {
        std::mem::take(&mut self.lock().is_called)
    }

    /// Returns whether another thread called.
    pub(super) fn is_called(&self) -> bool {
        self.lock().is_called
    }

    pub(super) fn print_with(&self, printer: Box<dyn ExternalPrinter + Send>) {
        self.lock().printer = Some(printer);
    }

    /// Records that the prompt was drawn.
    pub(super) fn raised(&self) {
        self.set(|state| state.prompt = Prompt::Up);
    }

    /// Records that the line is being drawn. Returns the text to draw above it. `was_asked` tells whether this answers
    /// a request.
    pub(super) fn drawn(&self, was_asked: bool) -> Option<String> {
        let mut state = self.lock();
        state.is_asked = state.is_asked && !was_asked;
        let text = state.in_hand.take();
        if let Some(text) = &text {
            state.keep(text);
        }
        self.changed.notify_all();
        text
    }

    /// Marks the line as ending. Returns false if it already was.
    pub(super) fn leaving(&self) -> bool {
        let mut state = self.lock();
        let is_news = state.prompt == Prompt::Up;
        state.prompt = Prompt::Leaving;
        is_news
    }

    /// Records that the line has ended, and writes this before any other thread writes.
    pub(super) fn lowered(&self, last: &str) {
        self.set(|state| {
            let mut output = io::stdout();
            let _ = output.write_all(last.as_bytes()).and_then(|()| output.flush());
            state.finish();
            state.prompt = Prompt::Down;
        });
    }

    /// Ends all reading and printing.
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
    /// Returns what makes room for rustyline to erase the rows that it remembers.
    fn room(&self) -> String {
        let (above, below) = self.rows;
        let up = if below > 0 { format!("\x1b[{below}A") } else { String::new() };
        "\n".repeat(above + below) + &up
    }

    fn keep(&mut self, text: &str) {
        self.recent.extend(text.split('\n').map(str::to_owned));
        let excess = self.recent.len().saturating_sub(RECENT);
        self.recent.drain(..excess);
    }

    fn ask(&mut self) -> Result<(), Failure> {
        if self.prompt == Prompt::Up && !self.is_asked {
            self.is_asked = true;
            let printer = self.printer.as_mut().expect("an editor that raises a prompt has set the printer");
            printer.print(String::new()).map_err(broken)?;
        }
        Ok(())
    }

    fn finish(&mut self) {
        if let Some(text) = self.in_hand.take() {
            self.keep(&text);
            // The printing thread has gone on; the next write reports the failure.
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
