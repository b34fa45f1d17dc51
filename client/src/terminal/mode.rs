//! The terminal's mode, and its restoration. Knows no lines.
//!
//! rustyline sets the mode for each line and restores it afterwards. Between two lines, keys would be echoed in the
//! wrong place and Ctrl-C would kill the client. So a session keeps the terminal in rustyline's mode throughout, and
//! that is what rustyline restores.

use std::io::{self, Write};
use std::sync::Mutex;

use rustix::termios::{InputModes, LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::escapes::write;
use super::relay::{self, with_terminal};
use super::{attention, broken, focus, hidden};
use crate::domain::Failure;

/// The original mode, while it is changed.
static FOUND: Mutex<Option<Termios>> = Mutex::new(None);

/// The mode in which keys are read, once it was taken.
static KEYS: Mutex<Option<Termios>> = Mutex::new(None);

/// The code that disables a special key (`_POSIX_VDISABLE`).
const DISABLED: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// Ends reports of the focus; and bracketed paste and a synchronized update, in case the process ends within one.
const AS_USUAL: &str = "\x1b[?1004l\x1b[?2004l\x1b[?2026l";
/// Begins reports of the focus.
const FOCUS: &str = "\x1b[?1004h";
/// Begins bracketed paste.
const PASTE: &str = "\x1b[?2004h";

/// Delivers each key at once, without echo.
pub(super) fn take() -> Result<(), Failure> {
    let mut found = FOUND.lock().map_err(broken)?;
    if found.is_some() {
        return Ok(());
    }
    let original = with_terminal(|terminal| tcgetattr(terminal)).map_err(broken)?;
    let mut keys = original.clone();
    keys.input_modes &=
        !(InputModes::BRKINT | InputModes::ICRNL | InputModes::INPCK | InputModes::ISTRIP | InputModes::IXON);
    keys.local_modes &= !(LocalModes::ECHO | LocalModes::ICANON | LocalModes::IEXTEN | LocalModes::ISIG);
    // As rustyline has them.
    keys.special_codes[SpecialCodeIndex::VMIN] = 1;
    keys.special_codes[SpecialCodeIndex::VTIME] = 0;
    set(OptionalActions::Drain, &keys).map_err(broken)?;
    *found = Some(original);
    relay::begin(&keys);
    *KEYS.lock().map_err(broken)? = Some(keys);
    write(FOCUS);
    Ok(())
}

/// Leaves the terminal to the shell for a while, below the line being typed.
pub(super) fn leave() {
    hidden::show();
    if let Ok(Some(original)) = FOUND.lock().as_deref() {
        let _ = set(OptionalActions::Now, original);
        write(&format!("{}{AS_USUAL}\r\n", attention::put_back()));
    }
}

/// Takes the terminal again. Returns whether it was left, or a shell has changed it.
pub(super) fn come_back() -> bool {
    hidden::hide_again();
    let is_taken = FOUND.lock().is_ok_and(|found| found.is_some());
    let keys = KEYS.lock().ok().and_then(|keys| keys.clone());
    let (true, Some(keys), Ok(present)) = (is_taken, keys, with_terminal(|terminal| tcgetattr(terminal))) else {
        return false;
    };
    if present.local_modes == keys.local_modes && present.input_modes == keys.input_modes {
        return false;
    }
    let _ = set(OptionalActions::Now, &keys);
    // Whoever has continued the process is here.
    focus::set(true);
    write(&format!("{PASTE}{FOCUS}{}", attention::again()));
    true
}

fn set(when: OptionalActions, mode: &Termios) -> rustix::io::Result<()> {
    with_terminal(|terminal| tcsetattr(terminal, when, mode))
}

/// Runs a function with Ctrl-C as a signal; other keys wait for the next line.
pub(crate) fn with_ctrl_c<T>(wait: impl FnOnce() -> T) -> Result<T, Failure> {
    let keys = with_terminal(|terminal| tcgetattr(terminal)).map_err(broken)?;
    let mut signalling = keys.clone();
    signalling.local_modes |= LocalModes::ISIG;
    for other in [SpecialCodeIndex::VQUIT, SpecialCodeIndex::VSUSP] {
        signalling.special_codes[other] = DISABLED;
    }
    set(OptionalActions::Now, &signalling).map_err(broken)?;
    let outcome = wait();
    set(OptionalActions::Now, &keys).map_err(broken)?;
    Ok(outcome)
}

/// Restores the mode in the middle of a line, and moves below it.
pub(super) fn abandon() {
    let is_taken = FOUND.lock().is_ok_and(|found| found.is_some());
    restore();
    if is_taken {
        let _ = writeln!(io::stdout());
    }
}

/// Restores the original mode. Any thread may call this, any number of times.
pub(crate) fn restore() {
    hidden::show();
    let found = FOUND.lock().map(|mut found| found.take());
    if let Ok(Some(original)) = found {
        relay::end();
        let _ = set(OptionalActions::Now, &original);
        write(&format!("{}{AS_USUAL}", attention::put_back()));
        attention::forget();
        focus::set(true);
    }
}

/// Runs a function in the original mode, such as a question for a password.
pub(crate) fn cooked<T>(ask: impl FnOnce() -> T) -> Result<T, Failure> {
    restore();
    let answer = ask();
    take()?;
    Ok(answer)
}
