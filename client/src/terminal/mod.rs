//! The terminal, or the pipes in its place: reads lines, and prints text above the line being typed. Only this folder
//! names rustyline. Knows nothing of what lines mean.

mod asking;
mod attention;
mod bindings;
mod editor;
mod escapes;
mod focus;
mod helper;
mod hidden;
mod keys;
mod line_ui;
mod mode;
mod relay;
mod screen;
pub(crate) mod signals;
mod tab;
mod watched;

pub(crate) use self::asking::{ask, ask_hidden, is_drawn_on, is_typed, print_notice, read_line};
pub(crate) use self::attention::{entitle, notify, ring};
pub(crate) use self::editor::{Editor, Typed};
pub(crate) use self::line_ui::LineUi;
pub(crate) use self::mode::{cooked, restore, with_ctrl_c};
pub(crate) use self::screen::Screen;
pub(crate) use self::watched::is_watched;

use crate::domain::{Failure, plain};

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Terminal(plain(error))
}
