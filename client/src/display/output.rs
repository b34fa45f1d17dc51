//! A command's standard output: lines for people or JSON for programs. Knows nothing of their meaning.

use std::io::{self, ErrorKind, IsTerminal, Write};

use serde::Serialize;

use super::palette::{Color, Palette};
use crate::domain::{Failure, plain, visible_json};

/// The standard output of a command.
pub(crate) struct Output {
    is_json: bool,
    palette: Palette,
}

impl Output {
    pub(crate) fn new(is_json: bool, color: Color) -> Self {
        Self { is_json, palette: Palette::new(color.is_wanted(io::stdout().is_terminal())) }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.is_json
    }

    pub(crate) fn palette(&self) -> Palette {
        self.palette
    }

    /// Returns whether a table gets a heading: only on a terminal.
    pub(crate) fn has_heading(&self) -> bool {
        !self.is_json && io::stdout().is_terminal()
    }

    /// Prints an object as a line of JSON, or the words for it.
    ///
    /// # Errors
    ///
    /// [`Failure::OutputClosed`] if the reader is gone. Otherwise the output has taken the line.
    pub(crate) fn json_or(&mut self, object: &impl Serialize, words: impl FnOnce() -> String) -> Result<(), Failure> {
        let line = match self.is_json {
            true => visible_json(&serde_json::to_string(object).map_err(|error| Failure::Terminal(error.to_string()))?),
            false => words(),
        };
        self.print(format!("{line}\n").as_bytes())
    }

    /// Prints an object if the output is JSON, and nothing otherwise.
    pub(crate) fn json(&mut self, object: &impl Serialize) -> Result<(), Failure> {
        if self.is_json { self.json_or(object, String::new) } else { Ok(()) }
    }

    pub(crate) fn line(&mut self, words: &str) -> Result<(), Failure> {
        self.print(format!("{words}\n").as_bytes())
    }

    /// Prints bytes in a single write, so a kill cannot leave half of it unwritten.
    pub(crate) fn print(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        out.write_all(bytes).and_then(|()| out.flush()).map_err(|error| match error.kind() {
            ErrorKind::BrokenPipe => Failure::OutputClosed,
            _ => Failure::Terminal(format!("cannot write: {}", plain(error))),
        })
    }
}
