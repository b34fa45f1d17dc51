//! Whether the terminal has the focus. Knows no terminal.

use std::sync::atomic::{AtomicBool, Ordering};

/// A terminal that does not tell counts as having it.
static HAS_FOCUS: AtomicBool = AtomicBool::new(true);

/// Records whether the terminal has the focus.
pub(super) fn set(has_focus: bool) {
    HAS_FOCUS.store(has_focus, Ordering::SeqCst);
}

/// Returns whether the terminal has the focus, as far as it tells.
pub(super) fn is_here() -> bool {
    HAS_FOCUS.load(Ordering::SeqCst)
}
