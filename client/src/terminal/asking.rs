//! Questions outside of the prompt, such as a name or a password. Knows no session.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{broken, hidden, signals};
use crate::domain::Failure;

/// Returns whether the input is typed.
pub(crate) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

/// Returns whether input and output are a terminal that supports line editing.
pub(crate) fn is_drawn_on() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb" || term == "cons25" || term == "emacs");
    is_typed() && io::stdout().is_terminal() && !is_dumb
}

/// Asks for a line. Returns `None` at the end of the input. A pipe is not shown the question.
pub(crate) fn ask(question: &str) -> Result<Option<String>, Failure> {
    if is_typed() {
        let _ = write!(io::stderr(), "{question}");
    }
    read_line()
}

/// Asks for a line without echoing it. Returns an empty one at the end of the input.
pub(crate) fn ask_hidden(question: &str) -> Result<String, Failure> {
    match is_typed() {
        true => signals::guard().and_then(|()| hidden::ask(question)),
        false => Ok(read_line()?.unwrap_or_default()),
    }
}

/// Prints a notice or a failure to standard error.
pub(crate) fn print_notice(text: &str) {
    // Standard error may be closed.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Whether the first line of standard input has been read.
static IS_BEGUN: AtomicBool = AtomicBool::new(false);

/// Reads the next line of standard input, without a byte order mark before the first. Returns `None` at its end.
pub(crate) fn read_line() -> Result<Option<String>, Failure> {
    let mut line = String::new();
    let length = io::stdin().read_line(&mut line).map_err(broken)?;
    let line = line.trim_end_matches(['\r', '\n']);
    let line = if IS_BEGUN.swap(true, Ordering::Relaxed) { line } else { line.trim_start_matches('\u{feff}') };
    let line = line.to_owned();
    Ok((length > 0).then_some(line))
}
