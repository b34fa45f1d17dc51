//! How the terminal treats keys, and that it is put back as it was found. Knows no lines.
//!
//! rustyline sets the terminal for each line and puts it back after. Between two lines, keys would then be echoed
//! where they do not belong, and Ctrl-C would kill. So for as long as there is a session the terminal stays as
//! rustyline wants it, and what it puts back is that.

use std::io::{self, Write};
use std::sync::Mutex;

use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::broken;
use crate::domain::Failure;

/// As it was found; nothing while it is as it was found.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// What stands for no key at all (`_POSIX_VDISABLE`).
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// Ends a paste mode and a synchronized update that the end may have come in the middle of.
const AS_USUAL: &str = "\x1b[?2004l\x1b[?2026l";

/// Each key counts by itself, and none is echoed.
pub(super) fn take() -> Result<(), Failure> {
    let mut found = FOUND.lock().map_err(broken)?;
    if found.is_some() {
        return Ok(());
    }
    let original = tcgetattr(io::stdin()).map_err(broken)?;
    let mut keys = original.clone();
    keys.input_modes &=
        !(InputModes::BRKINT | InputModes::ICRNL | InputModes::INPCK | InputModes::ISTRIP | InputModes::IXON);
    keys.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG);
    tcsetattr(io::stdin(), OptionalActions::Drain, &keys).map_err(broken)?;
    *found = Some(original);
    Ok(())
}

/// Does something with Ctrl-C as a signal, while the other keys wait for the next line.
pub(crate) fn with_ctrl_c<T>(wait: impl FnOnce() -> T) -> Result<T, Failure> {
    let keys = tcgetattr(io::stdin()).map_err(broken)?;
    let mut signalling = keys.clone();
    signalling.local_modes |= LocalModes::ISIG;
    for other in [SpecialCodeIndex::VQUIT, SpecialCodeIndex::VSUSP] {
        signalling.special_codes[other] = DISABLED;
    }
    tcsetattr(io::stdin(), OptionalActions::Now, &signalling).map_err(broken)?;
    let outcome = wait();
    tcsetattr(io::stdin(), OptionalActions::Now, &keys).map_err(broken)?;
    Ok(outcome)
}

/// As [`restore`], in the middle of a line: what comes next begins below it.
pub(crate) fn abandon() {
    let is_taken = FOUND.lock().is_ok_and(|found| found.is_some());
    restore();
    if is_taken {
        let _ = writeln!(io::stdout());
    }
}

/// Puts the terminal back as it was found, from whichever thread and as often as one likes.
pub(crate) fn restore() {
    let found = FOUND.lock().map(|mut found| found.take());
    if let Ok(Some(original)) = found {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &original);
        let mut output = io::stdout();
        let _ = output.write_all(AS_USUAL.as_bytes()).and_then(|()| output.flush());
    }
}

/// Does something with the terminal as it was found, such as asking for a password.
pub(crate) fn cooked<T>(ask: impl FnOnce() -> T) -> Result<T, Failure> {
    restore();
    let answer = ask();
    take()?;
    Ok(answer)
}
