//! What commands print. Unlike `println!`, nothing here panics if the terminal, pipe or disk takes nothing.

use std::io::{self, Write};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How long the reason for a failure may hold up the end of the process.
const LIMIT: Duration = Duration::from_secs(1);

/// Prints a line on standard output.
///
/// # Errors
/// If it cannot be written: the command has not done its work then.
pub fn say(line: &impl std::fmt::Display) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}").and_then(|()| output.flush())
}

/// Prints a line about progress on standard error, if it takes one.
pub fn progress(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Prints why the process ends on standard error, but does not wait for a pipe that nobody reads.
pub fn say_why(line: &str) {
    let (done, is_done) = mpsc::channel();
    let line = line.to_owned();
    let _ = thread::Builder::new().spawn(move || {
        progress(&line);
        let _ = done.send(());
    });
    let _ = is_done.recv_timeout(LIMIT);
}
