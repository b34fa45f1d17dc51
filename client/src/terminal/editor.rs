//! The line editor, from the prompt to the Enter key. Adapts rustyline, and knows nothing of what a line means.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Cmd, ColorMode, Config, EventHandler, GraphemeClusterMode, KeyCode, KeyEvent, Modifiers};

use super::asking::is_drawn_on;
use super::bindings::{ClearFirst, DropLines, Suspend};
use super::helper::{Drawn, Line};
use super::line_ui::LineUi;
use super::screen::Screen;
use super::tab::{Other, Tab};
use super::{broken, mode};
use crate::display::Extent;
use crate::domain::Failure;
use crate::files;

/// How many lines the history keeps.
const HISTORY: usize = 1000;
/// How long Escape waits for a key that it makes an Alt key of, in milliseconds.
const ESCAPE: u16 = 300;
/// Said at the first Ctrl-C on an empty line.
const AGAIN: &str = "Press Ctrl-C again to quit.";

/// Reads typed lines.
pub(crate) struct Editor {
    rustyline: rustyline::Editor<Line, FileHistory>,
    screen: Arc<Screen>,
    /// The line that was left: the parts before and after the cursor.
    begun: (String, String),
    /// The line that Tab has put in place of the current one.
    other: Other,
    is_asking: Arc<AtomicBool>,
}

/// The outcome of reading a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Typed {
    /// The user entered it.
    Line(String),
    /// Another thread called. The line is kept and continues later.
    Called,
    /// The input has ended.
    End,
}

impl Editor {
    /// Takes over the terminal. Returns `None` if input and output do not support line editing.
    ///
    /// # Errors
    ///
    /// [`Failure::Terminal`] if the terminal cannot be set up.
    pub(crate) fn open(screen: &Arc<Screen>, ui: LineUi) -> Result<Option<Self>, Failure> {
        if !is_drawn_on() {
            return Ok(None);
        }
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(broken)?
            .history_ignore_space(true)
            .keyseq_timeout(Some(ESCAPE))
            // The helper decides about colours. Without highlighting, rustyline would not call it when it draws.
            .color_mode(ColorMode::Forced)
            // The helper draws characters apart that terminals may join.
            .grapheme_cluster_mode(GraphemeClusterMode::WcWidth)
            .build();
        let mut rustyline = rustyline::Editor::with_config(config).map_err(broken)?;
        let other = Other::default();
        let tab = Tab::new(Arc::clone(&ui.names), Arc::clone(&other));
        let binding = || EventHandler::Conditional(Box::new(tab.clone()));
        let is_asking = Arc::<AtomicBool>::default();
        let clear = ClearFirst::new(Arc::clone(screen), ui.palette.dim(AGAIN), Arc::clone(&is_asking));
        rustyline.bind_sequence(KeyEvent::ctrl('C'), EventHandler::Conditional(Box::new(clear)));
        let escape = KeyEvent(KeyCode::Esc, Modifiers::NONE);
        rustyline.bind_sequence(escape, EventHandler::Conditional(Box::new(DropLines)));
        rustyline.bind_sequence(KeyEvent(KeyCode::Tab, Modifiers::NONE), binding());
        rustyline.bind_sequence(KeyEvent(KeyCode::BackTab, Modifiers::NONE), binding());
        rustyline.bind_sequence(KeyEvent::ctrl('Z'), EventHandler::Conditional(Box::new(Suspend)));
        rustyline.bind_sequence(KeyEvent(KeyCode::Enter, Modifiers::ALT), EventHandler::Simple(Cmd::Newline));
        // A terminal that cannot move its cursor has no printer, and gets no editing.
        let Ok(printer) = rustyline.create_external_printer() else {
            return Ok(None);
        };
        screen.print_with(Box::new(printer));
        if let Some(history) = &ui.history {
            // There is no history at first.
            let _ = rustyline.load_history(history);
        }
        rustyline.set_helper(Some(Line::new(Arc::clone(screen), ui)));
        mode::take()?;
        Ok(Some(Self { rustyline, screen: Arc::clone(screen), begun: Default::default(), other, is_asking }))
    }

    /// Sets how the next line begins.
    pub(crate) fn begin(&mut self, line: String) {
        self.begun = (line, String::new());
    }

    /// Asks a question. The answer stays on the screen and is not added to the history.
    pub(crate) fn ask(&mut self, question: &str) -> Result<Typed, Failure> {
        self.set_question(Some(question.to_owned()));
        let answer = self.read();
        self.set_question(None);
        answer
    }

    /// Reads a line, even if the prompt changes meanwhile. Ctrl-D and Ctrl-C end an empty line only.
    ///
    /// This is long because rustyline has one way out of a line for several reasons: Enter, a word from Tab, a new
    /// prompt, a call, and the end of the input. Each redraws and continues differently, and the order matters.
    ///
    /// # Errors
    ///
    /// [`Failure::Interrupted`] after a SIGINT from outside.
    pub(crate) fn read(&mut self) -> Result<Typed, Failure> {
        loop {
            let (before, after) = std::mem::take(&mut self.begun);
            let prompt = self.line().map(|line| line.text().0).unwrap_or_default();
            if let Some(line) = self.line() {
                line.begin();
            }
            let outcome = self.rustyline.readline_with_initial(&prompt, (&before, &after));
            match outcome {
                Ok(line) => {
                    self.is_left();
                    if let Some(other) = self.other.lock().ok().and_then(|mut other| other.take()) {
                        self.screen.lowered(&erase(self.rows(&format!("{prompt}{line}"))));
                        self.begun = other;
                        continue;
                    }
                    let is_answer = self.line().is_some_and(|line| line.question.is_some());
                    let vanishes = !is_answer && self.line().is_some_and(|helper| (helper.ui.vanishes)(&line));
                    let rows = vanishes.then(|| self.rows(&format!("{prompt}{line}")));
                    self.screen.lowered(&rows.map(erase).unwrap_or_default());
                    if !is_answer {
                        self.remember(&line);
                    }
                    return Ok(Typed::Line(line));
                }
                Err(ReadlineError::Interrupted) if self.is_left() => {
                    let drawn = self.line().map(|line| line.drawn.take()).unwrap_or_default();
                    let Drawn { line, cursor, hint } = drawn;
                    self.screen.lowered(&erase(self.rows(&format!("{prompt}{line}{hint}"))));
                    let (before, after) = line.split_at(cursor.min(line.len()));
                    self.begun = (before.to_owned(), after.to_owned());
                    if self.screen.take_call() {
                        return Ok(Typed::Called);
                    }
                }
                Err(ReadlineError::Eof) => {
                    self.screen.lowered("");
                    return Ok(Typed::End);
                }
                // Ctrl-C is a key here, so this is a signal from outside.
                Err(ReadlineError::Interrupted) => {
                    self.screen.lowered("");
                    return Err(Failure::Interrupted);
                }
                Err(error) => {
                    self.screen.lowered("");
                    return Err(broken(error));
                }
            }
        }
    }

    /// Returns whether the helper left the line, and not a signal from outside. Resets that.
    fn is_left(&self) -> bool {
        self.line().is_some_and(|line| line.is_left.replace(false))
    }

    fn set_question(&mut self, question: Option<String>) {
        self.is_asking.store(question.is_some(), Ordering::SeqCst);
        if let Some(line) = self.rustyline.helper_mut() {
            line.question = question;
        }
    }

    fn line(&self) -> Option<&Line> {
        self.rustyline.helper()
    }

    fn remember(&mut self, line: &str) {
        let history = self.line().and_then(|line| line.ui.history.clone());
        // A history that cannot be written is no reason to stop.
        let is_added = !line.trim().is_empty() && self.rustyline.add_history_entry(line).unwrap_or(false);
        if let (true, Some(history)) = (is_added, history) {
            if let Some(folder) = history.parent() {
                let _ = files::make_folder(folder);
            }
            let _ = self.rustyline.append_history(&history);
        }
    }

    /// Returns how many rows a text and the cursor behind it occupy.
    fn rows(&self, text: &str) -> usize {
        Extent::default().after(text, self.screen.columns().unwrap_or(usize::MAX)).row + 1
    }
}

/// Returns the escape sequence that erases the rows above the cursor.
fn erase(rows: usize) -> String {
    format!("\x1b[{rows}A\r\x1b[J")
}
