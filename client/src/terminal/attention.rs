//! Getting the attention of a user who looks elsewhere: the bell, the window's title, and the terminal's own
//! notifications. Knows no messages.

use std::sync::Mutex;

use super::escapes::write;

/// Makes the terminal remember the window's title, and put it back.
const REMEMBER: &str = "\x1b[22;2t";
const PUT_BACK: &str = "\x1b[23;2t";

/// The title that the window has, if it was set.
static TITLE: Mutex<Option<String>> = Mutex::new(None);

/// Rings the bell.
pub(crate) fn ring() {
    write("\x07");
}

/// Makes the terminal show a notification. The text must be harmless.
pub(crate) fn notify(text: &str) {
    write(&format!("\x1b]9;{text}\x1b\\"));
}

/// Sets the window's title, until the terminal is restored. The text must be harmless.
pub(crate) fn entitle(title: &str) {
    let Ok(mut known) = TITLE.lock() else { return };
    if known.as_deref() == Some(title) {
        return;
    }
    let remember = if known.is_none() { REMEMBER } else { "" };
    *known = Some(title.to_owned());
    write(&format!("{remember}{}", set(title)));
}

/// Returns what puts the window's title back for a while.
pub(super) fn put_back() -> &'static str {
    if TITLE.lock().is_ok_and(|title| title.is_some()) { PUT_BACK } else { "" }
}

/// Returns what sets the title again.
pub(super) fn again() -> String {
    let title = TITLE.lock().ok().and_then(|title| title.clone());
    title.map(|title| format!("{REMEMBER}{}", set(&title))).unwrap_or_default()
}

/// Forgets the title.
pub(super) fn forget() {
    if let Ok(mut title) = TITLE.lock() {
        *title = None;
    }
}

fn set(title: &str) -> String {
    format!("\x1b]2;{title}\x1b\\")
}
