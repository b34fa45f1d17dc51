//! rustyline's callbacks while a line is typed: drawing and hints. They also reveal what rustyline is doing, which
//! [`Screen`] must know. Knows no keys.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::Arc;

use rustix::process::{Signal, getpid, kill_process};
use rustyline::completion::Completer;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::line_ui::LineUi;
use super::screen::Screen;
use crate::commands::completion::{self, Excerpt};
use crate::display::{Extent, clip, width};
use crate::domain::visible;

/// How many columns of a message are shown behind its number.
const PREVIEW: usize = 40;

const LINE_UP: &str = "\x1b[A";

/// A line while it is being typed.
pub(super) struct Line {
    screen: Arc<Screen>,
    pub(super) ui: LineUi,
    /// The question shown instead of the prompt.
    pub(super) question: Option<String>,
    /// rustyline announces a change of the line before drawing it, but not a text to print above the line.
    is_changed: Cell<bool>,
    /// The line is being left, to continue under another prompt.
    pub(super) is_left: Cell<bool>,
    pub(super) drawn: RefCell<Drawn>,
    /// The prompt that was drawn, and the width of the screen then.
    layout: RefCell<(String, usize)>,
    /// The end of the line then.
    end: Cell<Extent>,
    /// Whether rustyline may count more than one row.
    is_tall: Cell<bool>,
    /// The widths that the screen has had since the line was begun.
    widths: RefCell<BTreeSet<usize>>,
    /// Whether rustyline may not know the width of the screen.
    is_unsure: Cell<bool>,
}

/// What is on the screen.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) line: String,
    /// The byte offset of the cursor.
    pub(super) cursor: usize,
    pub(super) hint: String,
}

impl Line {
    pub(super) fn new(screen: Arc<Screen>, ui: LineUi) -> Self {
        Self {
            screen,
            ui,
            question: None,
            is_changed: Cell::new(false),
            is_left: Cell::new(false),
            drawn: RefCell::default(),
            layout: RefCell::default(),
            end: Cell::default(),
            is_tall: Cell::new(false),
            widths: RefCell::default(),
            is_unsure: Cell::new(false),
        }
    }

    /// Makes the screen ready for drawing, if its width has changed since the line was drawn.
    ///
    /// rustyline notices that later, after the keys that it has read already, and then draws the same line once more.
    /// Until then it erases rows that are not there.
    fn prepare(&self, line: &str, position: usize) {
        let columns = self.columns();
        let (is_wrapped, is_resized) = {
            let ((_, old), end) = (&*self.layout.borrow(), self.end.get());
            (self.is_tall.get() || end.column >= columns, *old != 0 && *old != columns)
        };
        if is_resized {
            self.widths.borrow_mut().insert(columns);
            self.measure();
            self.is_unsure.set(true);
        }
        let is_same = {
            let drawn = self.drawn.borrow();
            drawn.line == line && drawn.cursor == position
        };
        let is_unsure = self.is_unsure.get();
        if is_same {
            self.is_unsure.set(false);
        }
        if is_wrapped && is_unsure {
            self.screen.begin_again();
        }
    }

    /// Records how many rows the line takes. rustyline may count them by an earlier width of the screen, so the most
    /// that it may count is what matters.
    fn measure(&self) {
        let (drawn, (prompt, columns)) = (self.drawn.borrow(), &*self.layout.borrow());
        let (mut above, mut below) = (0, 0);
        for width in self.widths.borrow().iter().chain([columns]) {
            let begin = Extent::default().after(prompt, *width);
            let cursor = begin.after(&drawn.line[..drawn.cursor.min(drawn.line.len())], *width);
            let end = begin.after(&format!("{}{}", drawn.line, drawn.hint), *width);
            (above, below) = (above.max(cursor.row), below.max(end.row - cursor.row));
            self.end.set(end);
        }
        self.is_tall.set(above + below > 0);
        self.screen.has_rows(above, below);
    }

    /// Forgets the line that was drawn before this one.
    pub(super) fn begin(&self) {
        self.layout.take();
        self.widths.take();
        self.is_unsure.set(false);
        self.is_tall.set(false);
        self.widths.borrow_mut().insert(self.columns());
        self.screen.has_rows(0, 0);
    }

    fn columns(&self) -> usize {
        self.screen.columns().unwrap_or(usize::MAX)
    }

    /// Returns the current prompt, plain and painted.
    pub(super) fn text(&self) -> (String, String) {
        match &self.question {
            Some(question) => (question.clone(), question.clone()),
            None => (self.ui.prompt)(),
        }
    }

    /// Returns the current prompt to draw over the old one. rustyline measures a prompt once per line: if the new one
    /// has another width, or another thread calls, the line is left and continues under a new prompt.
    fn prompt(&self, old: &str) -> String {
        let (plain, painted) = self.text();
        let fits = width(&plain) == width(old);
        if (!fits || self.screen.is_called()) && self.screen.leaving() {
            self.is_left.set(true);
            // rustyline offers no other way to leave a line from outside. It handles this signal while it reads;
            // otherwise the session's own handler ignores it.
            let _ = kill_process(getpid(), Signal::INT);
        }
        if fits { painted } else { old.to_owned() }
    }
}

impl Helper for Line {}

impl Completer for Line {
    type Candidate = String;
}

impl Validator for Line {}

impl Highlighter for Line {
    fn highlight<'l>(&self, line: &'l str, position: usize) -> Cow<'l, str> {
        let mut drawn = self.drawn.borrow_mut();
        line.clone_into(&mut drawn.line);
        drawn.cursor = position;
        let acts = |c: char| c.is_control() && c != '\n' && c != '\t';
        // Pasted text may contain escapes too. rustyline gives such characters no width.
        let line = if line.contains(acts) { Cow::Owned(line.replace(acts, "")) } else { Cow::Borrowed(line) };
        drop(drawn);
        self.measure();
        let (prompt, columns) = &*self.layout.borrow();
        Cow::Owned(Extent::default().after(prompt, *columns).draw(&line, *columns))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, is_default: bool) -> Cow<'b, str> {
        self.drawn.borrow_mut().hint.clear();
        *self.layout.borrow_mut() = (prompt.to_owned(), self.columns());
        let is_asked = !self.is_changed.replace(false);
        // rustyline ends an empty text with a line break.
        let mut above = if is_asked { LINE_UP.to_owned() } else { String::new() };
        if let Some(text) = self.screen.drawn(is_asked) {
            above.push_str(&text);
            above.push('\n');
        }
        match is_default {
            true => Cow::Owned(above + &self.prompt(prompt)),
            false => Cow::Owned(above + prompt),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        hint.clone_into(&mut self.drawn.borrow_mut().hint);
        self.measure();
        Cow::Owned(self.ui.palette.dim(hint))
    }

    /// Always returns true, so that every change is drawn through this helper.
    fn highlight_char(&self, line: &str, position: usize, kind: CmdKind) -> bool {
        self.is_changed.set(true);
        self.prepare(line, position);
        match kind {
            CmdKind::ForcedRefresh => {
                self.screen.leaving();
            }
            // Keys typed before the line was left.
            CmdKind::MoveCursor | CmdKind::Other if self.is_left.get() => {}
            CmdKind::MoveCursor | CmdKind::Other => self.screen.raised(),
        }
        true
    }
}

/// The rest of a command, and its arguments.
pub(super) struct Rest {
    shown: String,
    typed: String,
}

impl Hint for Rest {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        (!self.typed.is_empty()).then_some(&self.typed)
    }
}

/// Says which message a number names.
fn preview(line: &str, message: &Excerpt) -> String {
    let gap = if line.ends_with(' ') { "" } else { " " };
    let said = format!("{}: {}", message.from, message.text.replace('\n', " "));
    format!("{gap}({})", clip(&visible(&said), PREVIEW))
}

impl Hinter for Line {
    type Hint = Rest;

    /// Hints only where they can be dimmed, and so told from typed text.
    fn hint(&self, line: &str, position: usize, _: &Context<'_>) -> Option<Rest> {
        if position < line.len() || !self.ui.palette.has_colors() {
            return None;
        }
        if line.contains('\n') {
            // A line break at the end is not sent.
            let shown = match line.trim_end_matches('\n').split('\n').count() {
                1 => "  (1 line: Enter sends it, Escape drops it)".to_owned(),
                count => format!("  ({count} lines: Enter sends them, Escape drops them)"),
            };
            return Some(Rest { shown, typed: String::new() });
        }
        if let Some(message) = completion::message_named(line, &*self.ui.names) {
            return Some(Rest { shown: preview(line, &message), typed: String::new() });
        }
        let (typed, arguments) = completion::hint(line)?;
        Some(Rest { shown: format!("{typed}{arguments}"), typed })
    }
}
