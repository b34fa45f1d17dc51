//! The standard output of a command: lines for people or JSON for programs. Knows nothing of what they say.

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

use super::palette::{Color, Palette};
use crate::domain::{Failure, visible_json};

/// Where a command's answer goes.
pub(crate) struct Output {
    is_json: bool,
    palette: Palette,
}

impl Output {
    /// In JSON or in words, which may be coloured.
    pub(crate) fn new(is_json: bool, color: Color) -> Self {
        Self { is_json, palette: Palette::new(color.is_wanted(io::stdout().is_terminal())) }
    }

    /// What words are painted with.
    pub(crate) fn palette(&self) -> Palette {
        self.palette
    }

    /// Whether somebody looks at it: then a table has a heading.
    pub(crate) fn has_heading(&self) -> bool {
        !self.is_json && io::stdout().is_terminal()
    }

    /// One object as a line of JSON, or what it is in words.
    ///
    /// # Errors
    /// [`Failure::OutputClosed`] if nobody reads it. When this returns without one, the output has the line.
    pub(crate) fn json_or(&mut self, object: &impl Serialize, words: impl FnOnce() -> String) -> Result<(), Failure> {
        let line = match self.is_json {
            true => visible_json(&serde_json::to_string(object).map_err(|error| Failure::Terminal(error.to_string()))?),
            false => words(),
        };
        self.print(format!("{line}\n").as_bytes())
    }

    /// One object if it is JSON that is wanted, and else nothing.
    pub(crate) fn json(&mut self, object: &impl Serialize) -> Result<(), Failure> {
        if self.is_json { self.json_or(object, String::new) } else { Ok(()) }
    }

    /// A line of words.
    pub(crate) fn line(&mut self, words: &str) -> Result<(), Failure> {
        self.print(format!("{words}\n").as_bytes())
    }

    /// All of this at once: what is cut short by a kill is one write, not one of several.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Terminal(format!("cannot write: {error}")),
        })
    }
}
