//! The terminal, or the pipes in its place: lines come in, text goes out above the line that is being typed. This
//! room alone names rustyline; it knows nothing of what the lines mean.

mod asking;
mod editor;
mod helper;
mod hidden;
mod mode;
mod screen;
mod tab;

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::sync::Arc;

pub use asking::{ask, ask_hidden, is_typed, print_notice, read_line};
pub use editor::{Editor, Typed};
pub use mode::{abandon, cooked, restore, with_ctrl_c};
pub use screen::Screen;

use crate::commands::completion::Names;
use crate::display::Palette;
use crate::domain::Failure;

/// What the prompt and the line under it are made of.
pub struct LineUi {
    /// The prompt at this moment, as it is and as it is painted.
    pub prompt: Box<dyn Fn() -> (String, String)>,
    /// Whether a line disappears once it is typed, because what comes of it is printed.
    pub vanishes: fn(&str) -> bool,
    /// What there is to complete.
    pub names: Arc<dyn Names + Send + Sync>,
    /// How hints are painted.
    pub palette: Palette,
    /// Where typed lines are kept for the next session.
    pub history: Option<PathBuf>,
}

/// Takes the terminal, if input and output are one that lines can be edited on; nothing if they are not.
///
/// # Errors
/// [`Failure::Terminal`] if it is one and does not do as it is told.
pub fn open(screen: &Arc<Screen>, ui: LineUi) -> Result<Option<Editor>, Failure> {
    Editor::open(screen, ui)
}

/// Whether input and output are a terminal that can be drawn on.
pub fn is_drawn_on() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb" || term == "cons25" || term == "emacs");
    is_typed() && io::stdout().is_terminal() && !is_dumb
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Terminal(error.to_string())
}
