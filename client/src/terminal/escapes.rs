//! Escape sequences that are no text. Knows nothing of what they do.

use std::io::{self, Write};

/// Writes sequences at once. A failure is reported by the next text.
pub(super) fn write(escapes: &str) {
    let mut output = io::stdout();
    let _ = output.write_all(escapes.as_bytes()).and_then(|()| output.flush());
}
