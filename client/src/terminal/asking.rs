//! Questions before there is a prompt: a name, a password. Knows no session.

use std::io::{self, IsTerminal, Write};

use super::{broken, hidden};
use crate::domain::Failure;

/// Whether somebody types the input.
pub(crate) fn is_typed() -> bool {
    io::stdin().is_terminal()
}

/// Whether input and output are a terminal that can be drawn on.
pub(crate) fn is_drawn_on() -> bool {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb" || term == "cons25" || term == "emacs");
    is_typed() && io::stdout().is_terminal() && !is_dumb
}

/// Asks for a line; nothing if there is none. A pipe knows what it has to answer.
pub(crate) fn ask(question: &str) -> Result<Option<String>, Failure> {
    if is_typed() {
        let _ = write!(io::stderr(), "{question}");
    }
    read_line()
}

/// Asks for a line that is not shown while it is typed; an empty one if there is none.
pub(crate) fn ask_hidden(question: &str) -> Result<String, Failure> {
    match is_typed() {
        true => hidden::ask(question),
        false => Ok(read_line()?.unwrap_or_default()),
    }
}

/// Prints what went wrong or is merely good to know, apart from what may be piped on.
pub(crate) fn print_notice(text: &str) {
    // Who has closed the error output does not want to know.
    let _ = writeln!(io::stderr(), "{text}");
}

/// The next line of the standard input.
pub(crate) fn read_line() -> Result<Option<String>, Failure> {
    let mut line = String::new();
    let length = io::stdin().read_line(&mut line).map_err(broken)?;
    let line = line.trim_end_matches(['\r', '\n']).to_owned();
    Ok((length > 0).then_some(line))
}
