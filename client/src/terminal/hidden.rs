//! A line that is not echoed. Knows nothing of its purpose.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Mutex;

use rpassword::{ConfigBuilder, read_password_with_config};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};

use super::broken;
use crate::domain::Failure;

const CTRL_C: u8 = 3;

/// While a line is read: the mode found, and the mode that hides what is typed.
static HIDING: Mutex<Option<(Termios, Termios)>> = Mutex::new(None);

/// Asks for a line on the terminal that is standard input.
///
/// # Errors
///
/// [`Failure::Interrupted`] after Ctrl-C, [`Failure::SignedOut`] after Ctrl-D.
pub(super) fn ask(question: &str) -> Result<String, Failure> {
    let found = tcgetattr(io::stdin()).map_err(broken)?;
    let mut hiding = found.clone();
    hiding.local_modes &= !(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
    hiding.special_codes[SpecialCodeIndex::VMIN] = 1;
    hiding.special_codes[SpecialCodeIndex::VTIME] = 0;
    *HIDING.lock().map_err(broken)? = Some((found.clone(), hiding.clone()));
    tcsetattr(io::stdin(), OptionalActions::Now, &hiding).map_err(broken)?;
    let _ = write!(io::stderr(), "{question}");
    let typed = read_password_with_config(ConfigBuilder::new().input_reader(Keys).output_discard().build());
    *HIDING.lock().map_err(broken)? = None;
    let put_back = tcsetattr(io::stdin(), OptionalActions::Now, &found).map_err(broken);
    let _ = writeln!(io::stderr());
    put_back?;
    typed.map_err(|error| match error.kind() {
        ErrorKind::Interrupted => Failure::Interrupted,
        ErrorKind::UnexpectedEof => Failure::SignedOut("no password was given".into()),
        _ => broken(error),
    })
}

/// Puts back the mode that was found, if a line is being read.
pub(super) fn show() {
    if let Ok(Some((found, _))) = HIDING.lock().as_deref() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, found);
    }
}

/// Hides what is typed again, after [`show`].
pub(super) fn hide_again() {
    if let Ok(Some((_, hiding))) = HIDING.lock().as_deref() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, hiding);
    }
}

/// Typed bytes, up to Ctrl-C. rpassword would answer that with a signal that ends the process before the terminal is
/// restored.
struct Keys;

impl Read for Keys {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match io::stdin().read(buffer)? {
            read if buffer[..read].contains(&CTRL_C) => Err(ErrorKind::Interrupted.into()),
            read => Ok(read),
        }
    }
}
