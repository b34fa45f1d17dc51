//! Looks now and then at what polls do not tell: rooms that the user has left elsewhere, and what they have read in
//! another run with the same sign-in. Knows nothing of messages.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::catching_up::look_elsewhere;
use super::parts::Parts;
use crate::domain::Failure;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_secs(10);

/// Looks for as long as the process lives.
pub(super) fn begin(parts: &Parts) {
    let (http, conversations) = (Arc::clone(&parts.http), Arc::clone(&parts.conversations));
    let view = Arc::clone(&parts.view);
    thread::spawn(move || {
        loop {
            thread::sleep(PAUSE);
            // The inbox reports an output that is gone.
            if let Err(Failure::Terminal(_) | Failure::OutputClosed) = look_elsewhere(&http, &conversations, &view) {
                return;
            }
        }
    });
}
